//! How a device is, in one word and with all that is wrong with it.

use super::{Fault, Severity};

/// How a device is now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DeviceStatus {
    /// nothing is wrong with it
    #[default]
    Ready,
    /// it works, and something should be looked after; at least one fault, as its owner listed them
    Degraded(Vec<Fault>),
    /// it is not there
    Absent {
        /// how one knows
        fault: Fault,
        /// what else was listed
        also: Vec<Fault>,
    },
    /// it does nothing until it is mended
    Faulty {
        /// why; of several, the one that its owner listed first
        fault: Fault,
        /// what else is wrong
        also: Vec<Fault>,
    },
}

impl DeviceStatus {
    /// The status of a device with these faults. A device that is not there is nothing else; one
    /// fault that takes it down makes it faulty; what is left, notices too, makes it degraded.
    pub fn of(faults: &[Fault]) -> Self {
        let mut rest: Vec<Fault> = Vec::with_capacity(faults.len());
        for fault in faults {
            if !rest.contains(fault) {
                rest.push(*fault);
            }
        }
        if let Some(at) = rest.iter().position(|f| f.is_absence()) {
            return Self::Absent { fault: rest.remove(at), also: rest };
        }
        if let Some(at) = rest.iter().position(|f| f.severity() == Severity::Down) {
            return Self::Faulty { fault: rest.remove(at), also: rest };
        }
        if rest.is_empty() { Self::Ready } else { Self::Degraded(rest) }
    }

    /// All that is wrong, the decisive fault first.
    pub fn faults(&self) -> impl Iterator<Item = Fault> + '_ {
        let (first, rest) = match self {
            Self::Ready => (None, &[][..]),
            Self::Degraded(all) => (None, &all[..]),
            Self::Absent { fault, also } | Self::Faulty { fault, also } => (Some(*fault), &also[..]),
        };
        first.into_iter().chain(rest.iter().copied())
    }

    /// Whether this is wrong with it.
    pub fn has(&self, fault: Fault) -> bool {
        self.faults().any(|f| f == fault)
    }

    /// Whether the device does anything at all.
    pub fn works(&self) -> bool {
        match self {
            Self::Ready | Self::Degraded(_) => true,
            Self::Absent { .. } | Self::Faulty { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Fault::*;

    #[test]
    fn a_status_is_the_worst_of_it_and_forgets_nothing() {
        let absent = |fault, also: &[Fault]| DeviceStatus::Absent { fault, also: also.to_vec() };
        let faulty = |fault, also: &[Fault]| DeviceStatus::Faulty { fault, also: also.to_vec() };
        for (faults, status, works) in [
            (vec![], DeviceStatus::Ready, true),
            (vec![PaperLow], DeviceStatus::Degraded(vec![PaperLow]), true),
            (vec![PaperLow, HeadHot], DeviceStatus::Degraded(vec![PaperLow, HeadHot]), true),
            (vec![PaperLow, CoverOpen, PaperOut], faulty(CoverOpen, &[PaperLow, PaperOut]), false),
            (vec![PrinterAbsent], absent(PrinterAbsent, &[]), false),
            (vec![CoverOpen, PrinterAbsent, CoverOpen], absent(PrinterAbsent, &[CoverOpen]), false),
        ] {
            let got = DeviceStatus::of(&faults);
            assert_eq!(got, status);
            assert_eq!(got.works(), works, "{got:?}");
            assert!(faults.iter().all(|f| got.has(*f)), "{got:?} lost a fault");
            assert!(!got.has(StoreBusy));
            let again: Vec<Fault> = got.faults().collect();
            assert_eq!(DeviceStatus::of(&again), status, "a status says itself");
        }
    }
}
