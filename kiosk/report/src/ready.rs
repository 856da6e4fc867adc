//! Whether the kiosk was ready.

use crate::report::{By, Device, Fault, Outcome, Report, Severity, Test};

/// What keeps a kiosk from being ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hindrance<'a> {
    /// No test is in the report that the kiosk performs alone: nothing is proven.
    NothingTested,
    /// A test that the kiosk performs alone failed.
    Failed(&'a Test),
    /// A test that the kiosk performs alone was not tried.
    Untried(&'a Test),
    /// A device has a fault that stops it.
    Stopped(&'a Device, &'a Fault),
}

/// What is worth a look, though the kiosk may be ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remark<'a> {
    /// A test failed that needs somebody's hand or judgement.
    Failed(&'a Test),
    /// A device has a fault that does not stop it.
    Fault(&'a Device, &'a Fault),
}

impl Report {
    /// Whether the kiosk was ready. That is so exactly when
    ///
    /// 1. there is at least one test that the kiosk performs alone ([`By::Kiosk`]),
    /// 2. each of them passed, none failed or was left out, and
    /// 3. no device has a fault that [stops](Severity::Stops) it.
    ///
    /// Tests by hand do not decide, as not every visit is long enough for all of them. One that failed is a
    /// [remark](Report::remarks), as are lesser faults.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.hindrances().is_empty()
    }

    /// What keeps the kiosk from being ready, in the order of tests and devices.
    #[must_use]
    pub fn hindrances(&self) -> Vec<Hindrance<'_>> {
        let mut alone = self.tests.iter().filter(|test| test.by == By::Kiosk).peekable();
        let nothing = alone.peek().is_none().then_some(Hindrance::NothingTested);
        let tests = alone.filter_map(|test| match test.outcome {
            Outcome::Passed { .. } => None,
            Outcome::Failed { .. } => Some(Hindrance::Failed(test)),
            Outcome::Untried => Some(Hindrance::Untried(test)),
        });
        let stopped = self.faults().filter(|(_, fault)| fault.severity == Severity::Stops);
        nothing
            .into_iter()
            .chain(tests)
            .chain(stopped.map(|(device, fault)| Hindrance::Stopped(device, fault)))
            .collect()
    }

    /// What is worth a look besides.
    #[must_use]
    pub fn remarks(&self) -> Vec<Remark<'_>> {
        let by_hand = self.tests.iter().filter(|test| test.by == By::Hand && test.failed());
        let lesser = self.faults().filter(|(_, fault)| fault.severity < Severity::Stops);
        by_hand
            .map(Remark::Failed)
            .chain(lesser.map(|(device, fault)| Remark::Fault(device, fault)))
            .collect()
    }

    /// Every fault, with its device.
    pub(crate) fn faults(&self) -> impl Iterator<Item = (&Device, &Fault)> {
        self.devices.iter().flat_map(|device| device.faults.iter().map(move |fault| (device, fault)))
    }
}

impl Test {
    pub(crate) fn failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::List;
    use crate::sample;

    fn with_tests(change: impl FnOnce(&mut Vec<Test>)) -> Report {
        let mut report = sample::ready();
        let mut tests = report.tests.to_vec();
        change(&mut tests);
        report.tests = List::new(tests).unwrap();
        report
    }

    fn fault(severity: Severity) -> Report {
        let mut report = sample::ready();
        let mut devices = report.devices.to_vec();
        devices[0].faults = List::new(vec![Fault { severity, ..sample::out_of_paper() }]).unwrap();
        report.devices = List::new(devices).unwrap();
        report
    }

    #[test]
    fn ready_is_a_closed_rule() {
        let at = |by: By, outcome: fn() -> Outcome| {
            with_tests(|tests| {
                tests.iter_mut().filter(|t| t.by == by).take(1).for_each(|t| t.outcome = outcome())
            })
        };
        for (report, ready, hindrances, remarks) in [
            (sample::ready(), true, 0, 0),
            (with_tests(Vec::clear), false, 1, 0),
            (with_tests(|tests| tests.retain(|t| t.by == By::Hand)), false, 1, 0),
            (at(By::Kiosk, || Outcome::Untried), false, 1, 0),
            (at(By::Kiosk, sample::failure), false, 1, 0),
            (at(By::Hand, || Outcome::Untried), true, 0, 0),
            (at(By::Hand, sample::failure), true, 0, 1),
            (fault(Severity::Notice), true, 0, 1),
            (fault(Severity::Degrades), true, 0, 1),
            (fault(Severity::Stops), false, 1, 0),
        ] {
            assert_eq!(report.ready(), ready);
            assert_eq!((report.hindrances().len(), report.remarks().len()), (hindrances, remarks));
        }
    }
}
