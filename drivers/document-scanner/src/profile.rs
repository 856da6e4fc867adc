//! Bounds and peculiarities of a scanner model, read from TOML.

use std::time::Duration;

use serde::Deserialize;

/// How to treat one model of scanner: its waits, its limits and where it departs from the rules.
///
/// [`Profile::default`] suits a scanner that follows the specification; a profile file names only
/// what differs. The departures known so far were found by the users of sane-airscan.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Profile {
    /// What messages call this scanner, such as its model.
    pub name: String,
    /// What the `Host` header says.
    pub host_header: HostHeader,
    /// Longest wait for the TCP connection, in milliseconds.
    pub connect_ms: u32,
    /// Longest wait for the head of a response, in milliseconds.
    pub response_ms: u32,
    /// Longest wait for the head of a page's response, in milliseconds: many scanners answer only
    /// once the sheet has gone through.
    pub page_response_ms: u32,
    /// Longest silence between two pieces of a body, in milliseconds.
    pub chunk_ms: u32,
    /// Longest time for the body of one page, in milliseconds, however steadily it trickles.
    pub page_ms: u32,
    /// Pause before asking again after "not ready" (503), in milliseconds.
    pub retry_wait_ms: u32,
    /// Times a job is offered to a scanner that answers 503.
    pub post_tries: u32,
    /// Times the first page of a job is asked for.
    pub first_page_tries: u32,
    /// Times every later page is asked for.
    pub later_page_tries: u32,
    /// Statuses of `NextDocument` that mean "ask again": 503, for Xerox B205 and B215 also 404, 410.
    pub retry_statuses: Vec<u16>,
    /// Pause before the next page: half the time the last one took, at most this many milliseconds.
    /// Brother wants 1000.
    pub page_pause_max_ms: u32,
    /// The scanner reports a jam when its feeder is only empty (Xerox WorkCentre 3345).
    pub jam_means_empty: bool,
    /// The scanner reports "processing" when its feeder is empty (Kyocera).
    pub processing_means_empty: bool,
    /// Largest page accepted, in bytes.
    pub max_page_bytes: u64,
    /// Most pages accepted in one job.
    pub max_pages: u32,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            name: "document scanner".into(),
            host_header: HostHeader::HostAndPort,
            connect_ms: 3_000,
            response_ms: 15_000,
            page_response_ms: 60_000,
            chunk_ms: 20_000,
            page_ms: 180_000,
            retry_wait_ms: 1_000,
            post_tries: 5,
            first_page_tries: 30,
            later_page_tries: 10,
            retry_statuses: vec![503],
            page_pause_max_ms: 0,
            jam_means_empty: false,
            processing_means_empty: false,
            max_page_bytes: 64 << 20,
            max_pages: 200,
        }
    }
}

impl Profile {
    /// Reads a profile; what the text leaves out is as in [`Profile::default`].
    ///
    /// # Errors
    /// [`ProfileError`] for text that is no TOML, for unknown keys and for values out of bounds.
    pub fn from_toml(text: &str) -> Result<Self, ProfileError> {
        let profile: Self =
            toml::from_str(text).map_err(|e| ProfileError::Unreadable(e.message().to_owned()))?;
        profile.checked()
    }

    fn checked(self) -> Result<Self, ProfileError> {
        /// No single wait may outlast the patience of the person at the kiosk by far.
        const LONGEST_WAIT_MS: u32 = 600_000;
        let waits = [
            ("connect_ms", self.connect_ms),
            ("response_ms", self.response_ms),
            ("page_response_ms", self.page_response_ms),
            ("chunk_ms", self.chunk_ms),
            ("page_ms", self.page_ms),
            ("retry_wait_ms", self.retry_wait_ms),
        ];
        for (key, ms) in waits {
            bounded(key, ms.into(), 1, LONGEST_WAIT_MS.into())?;
        }
        bounded("page_pause_max_ms", self.page_pause_max_ms.into(), 0, 10_000)?;
        bounded("post_tries", self.post_tries.into(), 1, 100)?;
        bounded("first_page_tries", self.first_page_tries.into(), 1, 100)?;
        bounded("later_page_tries", self.later_page_tries.into(), 1, 100)?;
        bounded("max_page_bytes", self.max_page_bytes, 1024, 1 << 30)?;
        bounded("max_pages", self.max_pages.into(), 1, 999)?;
        for status in &self.retry_statuses {
            bounded("retry_statuses", (*status).into(), 400, 599)?;
        }
        Ok(self)
    }

    pub(crate) fn retries(&self, status: u16) -> bool {
        self.retry_statuses.contains(&status)
    }

    pub(crate) fn retry_wait(&self) -> Duration {
        Duration::from_millis(self.retry_wait_ms.into())
    }

    /// The pause that this model wants after a page that took `page_time`.
    pub(crate) fn page_pause(&self, page_time: Duration) -> Duration {
        (page_time / 2).min(Duration::from_millis(self.page_pause_max_ms.into()))
    }
}

fn bounded(key: &'static str, value: u64, min: u64, max: u64) -> Result<(), ProfileError> {
    if (min..=max).contains(&value) {
        Ok(())
    } else {
        Err(ProfileError::OutOfBounds { key, value, min, max })
    }
}

/// What the `Host` header of a request says; some scanners answer only to one form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostHeader {
    /// Host and port, always both: Epson refuses a bare host.
    HostAndPort,
    /// The host alone.
    Host,
    /// `localhost`, which HP wants over USB.
    Localhost,
}

/// A scanner profile that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ProfileError {
    /// The text is no TOML or holds an unknown key.
    #[error("scanner profile: {0}; correct the profile file")]
    Unreadable(String),
    /// A value lies outside its bounds.
    #[error("scanner profile: {key} is {value}, allowed are {min} to {max}; correct the profile file")]
    OutOfBounds {
        /// The key in the file.
        key: &'static str,
        /// The value found.
        value: u64,
        /// Smallest value allowed.
        min: u64,
        /// Largest value allowed.
        max: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_names_only_what_differs() {
        assert_eq!(Profile::from_toml("").unwrap(), Profile::default());
        let brother = Profile::from_toml("name = \"Brother ADS\"\npage_pause_max_ms = 1000\n").unwrap();
        assert_eq!(brother.page_pause(Duration::from_millis(900)), Duration::from_millis(450));
        assert_eq!(brother.page_pause(Duration::from_secs(9)), Duration::from_secs(1));
        let xerox = Profile::from_toml("retry_statuses = [503, 404, 410]\njam_means_empty = true").unwrap();
        assert!(xerox.retries(410) && xerox.jam_means_empty && !Profile::default().retries(410));
        let hp = Profile::from_toml("host_header = \"localhost\"").unwrap();
        assert_eq!(hp.host_header, HostHeader::Localhost);
    }

    #[test]
    fn mistakes_are_named() {
        assert!(matches!(Profile::from_toml("retry_wiat_ms = 5"), Err(ProfileError::Unreadable(_))));
        assert!(matches!(Profile::from_toml("= ="), Err(ProfileError::Unreadable(_))));
        for text in ["chunk_ms = 0", "max_pages = 0", "retry_statuses = [200]", "max_page_bytes = 9999999999"]
        {
            assert!(matches!(Profile::from_toml(text), Err(ProfileError::OutOfBounds { .. })), "{text}");
        }
    }
}
