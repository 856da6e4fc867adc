//! For each fault, what a hand does at each step of its repair.

use crate::toolkit::Drawing as D;
use visit::fault::Fault;
use visit::technician::Test;

/// The drawing of each step, the first first, as the steps stand in the language files. The last one says how one
/// sees that it is mended: that is [`of_test`].
pub(super) fn of_fault(fault: Fault) -> &'static [D] {
    use Fault::*;
    match fault {
        ReaderAbsent | SlotAbsent | CodeScannerAbsent => &[D::Cable, D::Replug, D::Exchange],
        ReaderSilent | PrinterSilent => &[D::Mains, D::Switch, D::Exchange],
        ReaderGarbled => &[D::Cable, D::Exchange, D::Exchange],
        ReaderNotAuthorised => &[D::Look, D::Telephone, D::Kiosk],
        ReaderSelfTest | PrinterBroken => &[D::Switch, D::Exchange, D::Exchange],
        ReaderAuthentication => &[D::Card, D::Desk, D::Exchange],
        ReaderNotPermitted
        | PrinterNotPermitted
        | ScannerNotPermitted
        | SlotNotPermitted
        | CodeScannerNotPermitted => &[D::Replug, D::Kiosk, D::Telephone],
        ReaderInUse | PrinterInUse | SlotInUse | CodeScannerInUse => &[D::Kiosk, D::Telephone],
        ReaderRefuses => &[D::Switch, D::Kiosk, D::Exchange],
        PrinterAbsent => &[D::Mains, D::Cable, D::Exchange],
        PaperOut => &[D::CoverOpen, D::Roll, D::CoverClose],
        PaperLow => &[D::Roll, D::CoverClose],
        CoverOpen => &[D::Jam, D::CoverClose],
        CutterJammed => &[D::Jam, D::Cutter, D::CoverClose],
        HeadHot => &[D::Wait, D::Vents],
        PrinterMechanism => &[D::Jam, D::CoverClose, D::Switch],
        PrinterOffline => &[D::CoverClose, D::Press, D::Switch],
        PrinterWaitsForButton => &[D::CoverClose, D::Press],
        PrinterFeeding => &[D::LetGo, D::Switch],
        PrinterUnproven => &[D::Ticket, D::Switch, D::Telephone],
        PrinterGarbled => &[D::Cable, D::Switch, D::Exchange],
        PrinterPower => &[D::Mains, D::Mains, D::Exchange],
        ScannerAbsent => &[D::Mains, D::Cable, D::Switch],
        ScannerJam => &[D::ScannerOpen, D::ScannerJam, D::ScannerClose],
        ScannerHatchOpen => &[D::ScannerJam, D::ScannerClose],
        ScannerMispick => &[D::Sheets, D::Sheets, D::Wipe],
        ScannerMultipick => &[D::Sheets, D::Wipe, D::Exchange],
        ScannerBusy => &[D::Look, D::Switch],
        ScannerProtocol => &[D::Cable, D::Switch, D::Telephone],
        ScannerService => &[D::Look, D::Switch, D::Telephone],
        ScannerSheetUnsuitable => &[D::Look, D::Glass],
        FeederOverloaded => &[D::Fewer, D::Sheets],
        ScannerRefusesSettings => &[D::Glass, D::Switch, D::Telephone],
        ScannerHelperDied => &[D::Wait, D::Switch, D::Telephone],
        ScannerNoBackEnd | KeyLibraryMissing | KeyHelperMissing | OutboxFailed | FontMissing => {
            &[D::Kiosk, D::Telephone]
        }
        PagesMissing => &[D::Look, D::Glass, D::Wipe],
        ScannerSilent => &[D::Look, D::Switch, D::Cable],
        ScannerOutOfMemory => &[D::Switch, D::Fewer],
        ScannerBadPage => &[D::Glass, D::Cable, D::Exchange],
        SlotService => &[D::Wait, D::Kiosk, D::Telephone],
        SlotGarbled => &[D::Replug, D::Slot, D::Exchange],
        SlotSilent => &[D::SlotOut, D::Replug, D::Exchange],
        CodeScannerGarbled => &[D::Wipe, D::Cable, D::Code],
        KeyHelperDied => &[D::Key, D::Key, D::Telephone],
        KeyLibraryFails => &[D::Key, D::Look, D::Telephone],
        KeyHelperSilent => &[D::Key, D::Kiosk, D::Telephone],
        StoreUnreachable => &[D::Network, D::Mains, D::Telephone],
        StoreUntrusted => &[D::Stop, D::Telephone, D::Telephone],
        StoreRefusesKiosk
        | StoreProtocol
        | CertificateEnding
        | StoreNoTls13
        | StoreVersion
        | StoreCountersignature => &[D::Telephone, D::Telephone],
        StoreBusy | StoreUploadGone | StoreOffsetConflict => &[D::Wait, D::Telephone],
        StoreError => &[D::Telephone, D::Wait],
        StoreRefusedDocument => &[D::Glass, D::Desk, D::Telephone],
        StoreDigest => &[D::Glass, D::Network, D::Telephone],
        StoreNameUnknown | StoreCodesDown | StoreLicencesDown => &[D::Network, D::Telephone],
        StoreCertificateEnded => &[D::Look, D::Telephone],
        StoreClockDisagrees => &[D::Look, D::Kiosk, D::Telephone],
        StoreChecksum => &[D::Network, D::Network, D::Telephone],
        StoreTooLarge => &[D::Fewer, D::Telephone],
        DiskFull => &[D::Network, D::Network, D::Telephone],
        LedgerFailed => &[D::Kiosk, D::Telephone, D::Desk],
        DocumentFailed => &[D::Look, D::Glass, D::Telephone],
        ClockWrong => &[D::Network, D::Kiosk, D::Telephone],
        OwnerRestarted => &[D::Look, D::Telephone],
        ScreenUnplugged => &[D::Cable, D::Wait, D::Telephone],
        RecorderFailed | LogFailed => &[D::Look, D::Kiosk, D::Telephone],
    }
}

/// What a hand does for the test that proves a repair; nothing where the kiosk tries by itself.
pub(super) fn of_test(test: Test) -> D {
    match test {
        Test::Read => D::Card,
        Test::Print => D::Ticket,
        Test::Scan => D::Glass,
        Test::Feed => D::Sheets,
        Test::Slot => D::Slot,
        Test::Code => D::Code,
        _ => D::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Words;
    use visit::screen::Language;

    #[test]
    fn every_step_of_every_repair_has_its_drawing() {
        for language in [Language::Zh, Language::En] {
            let words = Words::read(language).unwrap();
            for fault in Fault::ALL {
                let steps = words.fault(*fault).expect("its words").steps.len();
                let drawn = of_fault(*fault);
                // The last step in the words is the test.
                assert_eq!(drawn.len(), steps - 1, "{language:?} {}", fault.code());
                assert!(!drawn.contains(&D::None), "{}", fault.code());
            }
        }
    }

    #[test]
    fn what_needs_a_hand_is_drawn_and_what_needs_none_is_not() {
        for fault in Fault::ALL {
            let proof = fault.proof();
            assert_eq!(of_test(proof) == D::None, proof.is_automatic(), "{proof:?}");
        }
    }
}
