//! How the printer is: the answers to DLE EOT 1 to 4 and the automatic status, as one value.

use crate::error::Fault;

/// What the printer says about itself (DLE EOT 1 to 4, or the four bytes of GS a).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// It takes data and prints.
    pub online: bool,
    /// The roll.
    pub paper: Paper,
    /// The cover.
    pub cover: Cover,
    /// The cutter is stuck.
    pub cutter_error: bool,
    /// An error that ends by itself: the head is too hot (on some models: the cover is open).
    pub auto_recoverable: bool,
    /// A mechanical error that ends once its cause is removed.
    pub recoverable: bool,
    /// An error that only repair ends.
    pub unrecoverable: bool,
    /// Some error has occurred; the flags above say which.
    pub error: bool,
    /// It waits to be brought back on line by its button.
    pub waiting_for_recovery: bool,
    /// It stopped because the paper ended.
    pub stopped_by_paper_end: bool,
    /// Its feed button is pressed.
    pub feed_button: bool,
    /// Paper is being fed by the button.
    pub feeding_by_button: bool,
    /// Level of the drawer connector's pin 3, which a kiosk leaves open.
    pub drawer_pin: bool,
}

/// How much paper is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paper {
    /// Enough.
    Ok,
    /// The near-end sensor sees the core; some dozens of tickets are left.
    Low,
    /// None.
    Out,
}

/// The printer's cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover {
    /// Shut.
    Closed,
    /// Open: nothing prints.
    Open,
}

/// Whether all of the bits `mask` or some of them are set in `byte`.
const fn any(byte: u8, mask: u8) -> bool {
    byte & mask != 0
}

impl Status {
    /// Decodes the answers to DLE EOT 1, 2, 3 and 4, in this order.
    pub fn from_real_time([printer, offline, error, paper]: [u8; 4]) -> Self {
        Status {
            drawer_pin: any(printer, 0x04),
            online: !any(printer, 0x08),
            waiting_for_recovery: any(printer, 0x20),
            feed_button: any(printer, 0x40),
            cover: Cover::from_bit(any(offline, 0x04)),
            feeding_by_button: any(offline, 0x08),
            stopped_by_paper_end: any(offline, 0x20),
            error: any(offline, 0x40),
            recoverable: any(error, 0x04),
            cutter_error: any(error, 0x08),
            unrecoverable: any(error, 0x20),
            auto_recoverable: any(error, 0x40),
            paper: Paper::from_bits(any(paper, 0x0C), any(paper, 0x60)),
        }
    }

    /// Decodes the four bytes of automatic status. The fourth is reserved.
    pub fn from_auto([printer, error, paper, _]: [u8; 4]) -> Self {
        let out = any(paper, 0x0C);
        Status {
            drawer_pin: any(printer, 0x04),
            online: !any(printer, 0x08),
            cover: Cover::from_bit(any(printer, 0x20)),
            feeding_by_button: any(printer, 0x40),
            waiting_for_recovery: any(error, 0x01),
            feed_button: any(error, 0x02),
            recoverable: any(error, 0x04),
            cutter_error: any(error, 0x08),
            unrecoverable: any(error, 0x20),
            auto_recoverable: any(error, 0x40),
            error: any(error, 0x6C),
            stopped_by_paper_end: out,
            paper: Paper::from_bits(any(paper, 0x03), out),
        }
    }

    /// The same, for a printer whose near-end sensor is not fitted.
    pub(crate) fn without_near_end(mut self) -> Self {
        if self.paper == Paper::Low {
            self.paper = Paper::Ok;
        }
        self
    }

    /// What keeps it from printing, the cause people must remove first, first.
    ///
    /// Little paper is no fault.
    pub fn fault(&self) -> Option<Fault> {
        if self.unrecoverable {
            Some(Fault::Unrecoverable)
        } else if self.cover == Cover::Open {
            Some(Fault::CoverOpen)
        } else if self.paper == Paper::Out || self.stopped_by_paper_end {
            Some(Fault::PaperOut)
        } else if self.cutter_error {
            Some(Fault::Cutter)
        } else if self.recoverable {
            Some(Fault::Mechanical)
        } else if self.auto_recoverable {
            Some(Fault::HeadHot)
        } else if self.error {
            Some(Fault::Unnamed)
        } else if self.waiting_for_recovery {
            Some(Fault::WaitingForButton)
        } else if !self.online || self.feeding_by_button {
            Some(Fault::Offline)
        } else {
            None
        }
    }
}

impl Cover {
    const fn from_bit(open: bool) -> Self {
        if open { Cover::Open } else { Cover::Closed }
    }
}

impl Paper {
    const fn from_bits(low: bool, out: bool) -> Self {
        match (low, out) {
            (_, true) => Paper::Out,
            (true, false) => Paper::Low,
            (false, false) => Paper::Ok,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As seen on an independent emulator: DLE EOT 1, 2, 4, with no error cause in 3.
    #[test]
    fn real_time_answers_as_seen() {
        let table = [
            ([0x12, 0x12, 0x12, 0x12], None, Paper::Ok, Cover::Closed, true),
            ([0x1A, 0x32, 0x12, 0x7E], Some(Fault::PaperOut), Paper::Out, Cover::Closed, false),
            ([0x12, 0x12, 0x12, 0x1E], None, Paper::Low, Cover::Closed, true),
            ([0x1A, 0x16, 0x12, 0x12], Some(Fault::CoverOpen), Paper::Ok, Cover::Open, false),
        ];
        for (bytes, fault, paper, cover, online) in table {
            let status = Status::from_real_time(bytes);
            assert_eq!(
                (status.fault(), status.paper, status.cover, status.online),
                (fault, paper, cover, online),
                "{bytes:02X?}"
            );
        }
    }

    #[test]
    fn automatic_status_as_seen() {
        let table = [
            ([0x10, 0, 0, 0], None, Paper::Ok),
            ([0x10, 0, 3, 0], None, Paper::Low),
            ([0x18, 0, 0x0F, 0], Some(Fault::PaperOut), Paper::Out),
            ([0x38, 0, 0, 0], Some(Fault::CoverOpen), Paper::Ok),
            ([0x18, 0x08, 0, 0], Some(Fault::Cutter), Paper::Ok),
            ([0x18, 0x20, 0, 0], Some(Fault::Unrecoverable), Paper::Ok),
        ];
        for (bytes, fault, paper) in table {
            let status = Status::from_auto(bytes);
            assert_eq!((status.fault(), status.paper), (fault, paper), "{bytes:02X?}");
        }
    }

    /// Every defined bit of DLE EOT changes exactly what it stands for.
    #[test]
    fn every_bit_is_read() {
        let clear = Status::from_real_time([0x12; 4]);
        assert_eq!(clear.fault(), None);
        let set = |n: usize, bit: u8| {
            let mut bytes = [0x12; 4];
            bytes[n - 1] |= 1 << bit;
            Status::from_real_time(bytes)
        };
        assert_eq!(set(1, 2), Status { drawer_pin: true, ..clear });
        assert_eq!(set(1, 3), Status { online: false, ..clear });
        assert_eq!(set(1, 5), Status { waiting_for_recovery: true, ..clear });
        assert_eq!(set(1, 6), Status { feed_button: true, ..clear });
        assert_eq!(set(2, 2), Status { cover: Cover::Open, ..clear });
        assert_eq!(set(2, 3), Status { feeding_by_button: true, ..clear });
        assert_eq!(set(2, 5), Status { stopped_by_paper_end: true, ..clear });
        assert_eq!(set(2, 6), Status { error: true, ..clear });
        assert_eq!(set(3, 2), Status { recoverable: true, ..clear });
        assert_eq!(set(3, 3), Status { cutter_error: true, ..clear });
        assert_eq!(set(3, 5), Status { unrecoverable: true, ..clear });
        assert_eq!(set(3, 6), Status { auto_recoverable: true, ..clear });
        for bit in [2, 3] {
            assert_eq!(set(4, bit), Status { paper: Paper::Low, ..clear });
        }
        for bit in [5, 6] {
            assert_eq!(set(4, bit), Status { paper: Paper::Out, ..clear });
        }
    }

    #[test]
    fn a_missing_sensor_is_not_believed() {
        let low = Status::from_real_time([0x12, 0x12, 0x12, 0x1E]).without_near_end();
        assert_eq!(low.paper, Paper::Ok);
        let out = Status::from_real_time([0x12, 0x12, 0x12, 0x72]).without_near_end();
        assert_eq!(out.paper, Paper::Out);
    }
}
