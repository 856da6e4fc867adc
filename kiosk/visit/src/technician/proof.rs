//! For each fault: what its device can say of the steps of its repair, and which test proves it mended.

use super::{Evidence, Test};
use crate::fault::{Device, Fault};

impl Fault {
    /// The test of exactly what was broken.
    pub fn proof(self) -> Test {
        use Fault::*;
        match self {
            StoreNameUnknown => Test::Name,
            StoreUnreachable => Test::Connection,
            StoreUntrusted
            | StoreRefusesKiosk
            | CertificateEnding
            | StoreCertificateEnded
            | StoreClockDisagrees
            | StoreNoTls13 => Test::Trust,
            StoreCodesDown => Test::Code,
            StoreOffsetConflict | StoreChecksum | StoreUploadGone | StoreTooLarge | StoreDigest => {
                Test::Upload
            }
            ScannerJam
            | ScannerHatchOpen
            | ScannerMispick
            | ScannerMultipick
            | ScannerSheetUnsuitable
            | FeederOverloaded
            | PagesMissing => Test::Feed,
            FontMissing => Test::Print,
            DocumentFailed => Test::Scan,
            ClockWrong => Test::RoundTrip,
            other => match other.device() {
                Device::Reader => Test::Read,
                Device::Printer => Test::Print,
                Device::Scanner => Test::Scan,
                Device::CardSlot => Test::Slot,
                Device::CodeScanner => Test::Code,
                // A company's key is no technician's; what its place needs is the kiosk's own.
                Device::CompanyKey | Device::Kiosk => Test::Storage,
                Device::Store => Test::RoundTrip,
            },
        }
    }

    /// What the device can say of each step of the repair, the first first; steps that no sensor sees have none.
    /// The last step in the words says how one sees that it is mended: that is [`Fault::proof`].
    pub fn evidence(self) -> &'static [Option<Evidence>] {
        use Evidence::{Answers, CameAndWent, Gone};
        use Fault::*;
        match self {
            // open the cover · put the roll in · close the cover
            PaperOut => &[None, Some(Gone(PaperOut)), Some(CameAndWent(CoverOpen))],
            PaperLow => &[None, Some(CameAndWent(CoverOpen))],
            CoverOpen => &[None, Some(Gone(CoverOpen))],
            CutterJammed => &[None, Some(Gone(CutterJammed)), Some(CameAndWent(CoverOpen))],
            PrinterMechanism => &[None, Some(CameAndWent(CoverOpen)), Some(Gone(PrinterMechanism))],
            HeadHot => &[Some(Gone(HeadHot))],
            PrinterFeeding => &[Some(Gone(PrinterFeeding))],
            PrinterWaitsForButton => &[None, Some(Gone(PrinterWaitsForButton))],
            PrinterOffline => &[None, None, Some(Gone(PrinterOffline))],
            ScannerJam => &[None, None, Some(Gone(ScannerJam))],
            ScannerHatchOpen => &[None, Some(Gone(ScannerHatchOpen))],
            FeederOverloaded => &[None, Some(Gone(FeederOverloaded))],
            ReaderAbsent | ReaderSilent => &[None, Some(Answers(Device::Reader))],
            PrinterAbsent | PrinterSilent => &[None, Some(Answers(Device::Printer))],
            ScannerAbsent | ScannerSilent => &[None, None, Some(Answers(Device::Scanner))],
            SlotAbsent => &[None, Some(Answers(Device::CardSlot))],
            CodeScannerAbsent => &[None, Some(Answers(Device::CodeScanner))],
            StoreUnreachable => &[Some(Answers(Device::Store))],
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_speaks_of_what_can_say_so() {
        for fault in Fault::ALL {
            for evidence in fault.evidence().iter().flatten() {
                let device = match evidence {
                    Evidence::Gone(seen) | Evidence::CameAndWent(seen) => seen.device(),
                    Evidence::Answers(device) => *device,
                };
                assert_eq!(device, fault.device(), "{fault:?}");
            }
        }
    }

    #[test]
    fn tests_and_their_names_are_inverse() {
        for test in Test::ALL {
            assert_eq!(Test::parse(test.key()), Some(*test));
        }
        assert_eq!(Test::parse("prints"), None);
        for fault in Fault::ALL {
            assert!(Test::ALL.contains(&fault.proof()), "{fault:?}");
        }
    }
}
