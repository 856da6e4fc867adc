//! All that is told of a kiosk.

use serde::Serialize;

/// How the kiosk is. What nobody knows is `None`, and is left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Facts {
    /// the version of the software
    pub version: &'static str,
    /// the version of the system that it runs on; `None` where it is no kiosk's system
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// versions of the system that did not become good and were left
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub systems_left: Vec<String>,
    /// how long the kiosk's program has run
    pub uptime_seconds: u64,
    /// each device, and all that is wrong with it
    pub devices: Vec<Device>,
    /// tickets since the kiosk was put up
    pub tickets: Tickets,
    /// how often the printer has cut since it was put in
    pub cuts: u64,
    /// how much paper was used since the printer was put in
    pub paper_used_metres: f64,
    /// how much paper is left on the roll, about
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper_left_metres: Option<f64>,
    /// how long it lasts, by this hall's own days
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper_left_seconds: Option<f64>,
    /// pages scanned since the kiosk was put up
    pub pages: u64,
    /// documents that the store has confirmed, since the kiosk was put up
    pub documents_received: u64,
    /// documents that wait to be sent
    pub outbox_documents: u64,
    /// how long the oldest of them waits; 0 if there is none
    pub outbox_oldest_seconds: u64,
    /// whole days until the kiosk's certificate ends; negative once it has
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_days: Option<i64>,
    /// the last self-test
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_test: Option<SelfTest>,
    /// by how much the kiosk's clock is ahead of the hall's
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_skew_seconds: Option<f64>,
    /// whether the log can be written
    pub log_writes: bool,
    /// events that are not in the log since the program started
    pub log_lost: u64,
}

/// A device and all that is wrong with it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Device {
    /// its name, such as `printer`
    pub name: &'static str,
    /// whether it does what it is there for
    pub ready: bool,
    /// what is wrong
    pub faults: Vec<Fault>,
    /// how many faults it has had since the program started
    pub faults_total: u64,
}

/// What is wrong with a device.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fault {
    /// its code in the catalogue of faults
    pub code: &'static str,
    /// since when, in seconds since the beginning of 1970
    pub since: i64,
}

/// What became of tickets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tickets {
    /// the printer proved it
    pub printed: u64,
    /// nobody can know
    pub unknown: u64,
    /// nothing came out
    pub failed: u64,
}

/// A self-test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SelfTest {
    /// when it was done, in seconds since the beginning of 1970
    pub at: i64,
    /// how many tests were passed
    pub passed: u32,
    /// how many were not
    pub failed: u32,
}

impl Facts {
    /// One small JSON object (RFC 8259), to be sent to the hall.
    pub fn json(&self) -> String {
        // It has no map with keys that are no texts, which is all that serde_json could refuse.
        serde_json::to_string(self).unwrap_or_default()
    }

    #[cfg(test)]
    pub(crate) fn example() -> Self {
        Self {
            version: "0.1.0",
            system: Some("7".to_owned()),
            systems_left: vec!["8".to_owned()],
            uptime_seconds: 86_400,
            devices: vec![
                Device { name: "reader", ready: true, faults: vec![], faults_total: 3 },
                Device {
                    name: "printer",
                    ready: false,
                    faults: vec![
                        Fault { code: "P03", since: 1_795_680_000 },
                        Fault { code: "P05", since: 1_795_680_001 },
                    ],
                    faults_total: 7,
                },
            ],
            tickets: Tickets { printed: 1_234, unknown: 2, failed: 1 },
            cuts: 1_236,
            paper_used_metres: 185.25,
            paper_left_metres: Some(12.5),
            paper_left_seconds: Some(90_000.0),
            pages: 4_321,
            documents_received: 999,
            outbox_documents: 4,
            outbox_oldest_seconds: 61,
            certificate_days: Some(-1),
            self_test: Some(SelfTest { at: 1_795_600_000, passed: 11, failed: 1 }),
            clock_skew_seconds: Some(-0.25),
            log_writes: true,
            log_lost: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_is_small_and_tells_the_same() {
        let facts = Facts::example();
        let json = facts.json();
        assert!(json.len() < 1024, "{}", json.len());
        let read: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(read["devices"][1]["faults"][0]["code"], "P03");
        assert_eq!(read["tickets"]["unknown"], 2);
        assert_eq!(read["self_test"]["failed"], 1);
        assert_eq!(read["certificate_days"], -1);
        let unknown: serde_json::Value = serde_json::from_str(&Facts::default().json()).expect("JSON");
        assert!(unknown.get("certificate_days").is_none() && unknown.get("self_test").is_none());
    }

    #[test]
    fn what_is_no_number_breaks_nothing() {
        let facts =
            Facts { paper_left_metres: Some(f64::NAN), paper_used_metres: f64::INFINITY, ..Facts::example() };
        let read: serde_json::Value = serde_json::from_str(&facts.json()).expect("JSON");
        assert!(read["paper_left_metres"].is_null() && read["paper_used_metres"].is_null());
    }
}
