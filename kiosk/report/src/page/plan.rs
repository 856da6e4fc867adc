//! What of long lists the page has room for. What is left out is counted, and what is worse stays.

use std::cmp::Reverse;

use crate::lines::Mark;
use crate::report::{Device, Fault, Report, Test};

/// Rows of devices, tests and faults that fit at the least height.
pub(crate) const MOST_ROWS: usize = 29;
const MOST_DEVICES: usize = 9;
const MOST_FAULTS: usize = 6;

/// A device, and those of its faults that are named.
pub(crate) struct DeviceRow<'a> {
    pub(crate) device: &'a Device,
    pub(crate) faults: Vec<&'a Fault>,
}

/// What stands on the page.
pub(crate) struct Plan<'a> {
    pub(crate) devices: Vec<DeviceRow<'a>>,
    /// Devices that are not named, and how many of them have faults
    pub(crate) more_devices: Option<(usize, usize)>,
    /// Faults that are not named, of devices that are
    pub(crate) more_faults: usize,
    pub(crate) tests: Vec<&'a Test>,
    /// Tests that are not named: how many failed, were not tried, and passed
    pub(crate) more_tests: Option<[usize; 3]>,
    /// Rows in all
    pub(crate) rows: usize,
}

impl<'a> Plan<'a> {
    pub(crate) fn of(report: &'a Report) -> Self {
        let worst = |device: &Device| device.faults.iter().map(|fault| fault.severity).max();
        let (shown, hidden) = chosen(&report.devices, MOST_DEVICES, |device| Reverse(worst(device)));
        let more_devices = (!hidden.is_empty())
            .then(|| (hidden.len(), hidden.iter().filter(|device| !device.faults.is_empty()).count()));

        let of_device =
            |(at, device): (usize, &&'a Device)| device.faults.iter().map(move |fault| (at, fault));
        let faults: Vec<(usize, &Fault)> = shown.iter().enumerate().flat_map(of_device).collect();
        let (named, unnamed) = chosen(&faults, MOST_FAULTS, |(_, fault)| Reverse(fault.severity));
        let more_faults = unnamed.len();
        let faults_of = |at| named.iter().filter(move |(of, _)| *of == at).map(|(_, fault)| *fault).collect();
        let rows = shown.iter().enumerate();
        let devices: Vec<_> = rows.map(|(at, device)| DeviceRow { device, faults: faults_of(at) }).collect();
        let above =
            devices.len() + named.len() + usize::from(more_devices.is_some()) + usize::from(more_faults > 0);

        let (tests, untold) =
            chosen(&report.tests, MOST_ROWS.saturating_sub(above), |test| Mark::of(&test.outcome));
        let count = |mark: Mark| untold.iter().filter(|test| Mark::of(&test.outcome) == mark).count();
        let more_tests = (!untold.is_empty()).then(|| [Mark::Failed, Mark::Untried, Mark::Passed].map(count));
        let rows = above + tests.len() + usize::from(more_tests.is_some());
        Self { devices, more_devices, more_faults, tests, more_tests, rows }
    }
}

/// The first ones by a key, `room` at most, in their own order, and the others. One row is kept for the line
/// that counts them.
fn chosen<T, K: Ord>(all: &[T], room: usize, key: impl Fn(&T) -> K) -> (Vec<&T>, Vec<&T>) {
    if all.len() <= room {
        return (all.iter().collect(), Vec::new());
    }
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|index| all.get(*index).map(&key));
    let mut shown = order;
    let mut hidden = shown.split_off(room.saturating_sub(1));
    shown.sort_unstable();
    hidden.sort_unstable();
    let of = |indices: Vec<usize>| indices.into_iter().filter_map(|index| all.get(index)).collect();
    (of(shown), of(hidden))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::List;
    use crate::sample;
    use crate::text::Key;

    #[test]
    fn short_lists_stand_whole() {
        let report = sample::broken();
        let plan = Plan::of(&report);
        assert_eq!((plan.devices.len(), plan.tests.len()), (report.devices.len(), report.tests.len()));
        assert_eq!((plan.more_devices, plan.more_faults, plan.more_tests), (None, 0, None));
        assert_eq!(plan.rows, report.devices.len() + report.tests.len() + report.faults().count());
    }

    #[test]
    fn what_is_left_out_is_counted_and_what_is_worse_stays() {
        let report = sample::longest();
        let plan = Plan::of(&report);
        assert!(plan.rows <= MOST_ROWS, "{}", plan.rows);
        let (devices, tests) = (plan.devices.len(), plan.tests.len());
        assert_eq!(plan.more_devices, Some((report.devices.len() - devices, report.devices.len() - devices)));
        let named: usize = plan.devices.iter().map(|row| row.faults.len()).sum();
        let theirs: usize = plan.devices.iter().map(|row| row.device.faults.len()).sum();
        assert_eq!(named + plan.more_faults, theirs);
        assert_eq!(plan.more_tests.map(|more| more.iter().sum()), Some(report.tests.len() - tests));
    }

    #[test]
    fn the_last_test_of_many_is_named_when_it_failed() {
        let mut report = sample::ready();
        let mut tests: Vec<Test> = (0..63)
            .map(|n| Test { key: Key::new(&format!("t{n}")).unwrap(), ..report.tests[0].clone() })
            .collect();
        tests.push(Test {
            key: Key::new("last").unwrap(),
            outcome: sample::failure(),
            ..report.tests[0].clone()
        });
        report.tests = List::new(tests).unwrap();
        let plan = Plan::of(&report);
        assert_eq!(plan.tests.last().map(|test| test.key.as_str()), Some("last"));
        assert_eq!(plan.tests.first().map(|test| test.key.as_str()), Some("t0"));
        assert_eq!(plan.more_tests, Some([0, 0, 64 - plan.tests.len()]));
    }
}
