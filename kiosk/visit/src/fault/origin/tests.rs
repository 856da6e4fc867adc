//! The tables of the standards, listed once more and apart from the mapping: it must have them all.

use super::*;
use std::collections::BTreeSet;

fn origins(pick: impl Fn(Origin) -> bool) -> usize {
    all().filter(|(origin, _)| pick(*origin)).count()
}

/// Exactly these are mapped, each once.
fn complete(what: &str, listed: impl IntoIterator<Item = Origin>, pick: impl Fn(Origin) -> bool) {
    let listed: Vec<Origin> = listed.into_iter().collect();
    for origin in &listed {
        assert!(pick(*origin), "{what}: {origin:?} is of another table");
        assert_eq!(all().filter(|(known, _)| known == origin).count(), 1, "{what}: {origin:?}");
    }
    assert_eq!(origins(pick), listed.len(), "{what}: mapped what no table has");
}

#[test]
fn every_sw3_of_the_reader_and_every_answer_of_card_and_key() {
    let sw3 = [
        0x90, 0x91, 0x9F, 0x10, 0x11, 0x21, 0x23, 0x24, 0x31, 0x32, 0x33, 0x37, 0x3F, 0x40, 0x41, 0x47, 0x60,
        0x66, 0x80, 0x81,
    ];
    complete("SW3", sw3.map(Origin::ReaderSw3), |o| matches!(o, Origin::ReaderSw3(_)));
    let words = [
        CardSw::Done,
        CardSw::MoreData,
        CardSw::WrongLength,
        CardSw::Warning,
        CardSw::Execution,
        CardSw::Checking,
    ];
    complete("SW1 SW2", words.map(Origin::CardSw), |o| matches!(o, Origin::CardSw(_)));
    let sar = [0, 1, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x2E]
        .map(|low| Origin::Skf(if low == 0 { 0 } else { 0x0A00_0000 + low }));
    complete("SAR", sar, |o| matches!(o, Origin::Skf(_)));
}

#[test]
fn every_bit_of_the_printer_that_can_differ() {
    // The bits that DLE EOT fixes (0xx1xx10) are 0, 1, 4 and 7.
    let eot = (1..=4).flat_map(|n| [2, 3, 5, 6].map(|bit| Origin::DleEot { n, bit }));
    complete("DLE EOT", eot, |o| matches!(o, Origin::DleEot { .. }));
    let asb = [(1, &[2, 3, 5, 6][..]), (2, &[0, 1, 2, 3, 5, 6]), (3, &[0, 1, 2, 3])];
    let asb =
        asb.into_iter().flat_map(|(byte, bits)| bits.iter().map(move |bit| Origin::Asb { byte, bit: *bit }));
    complete("ASB", asb, |o| matches!(o, Origin::Asb { .. }));
    complete("GS r 1", [0, 1, 2, 3].map(Origin::GsR), |o| matches!(o, Origin::GsR(_)));
    complete("presenter", [5, 6].map(Origin::PresenterEot4), |o| matches!(o, Origin::PresenterEot4(_)));
    let full = [('P', &[0, 2, 5, 6, 7][..]), ('U', &[0, 1, 2, 3, 5, 6]), ('R', &[0, 1, 3])];
    let full = full
        .into_iter()
        .flat_map(|(byte, bits)| bits.iter().map(move |bit| Origin::FullStatus { byte, bit: *bit }));
    complete("DLE EOT 20", full, |o| matches!(o, Origin::FullStatus { .. }));
}

#[test]
fn every_state_of_the_scanner() {
    let adf = [
        "Processing",
        "Empty",
        "Loaded",
        "Jam",
        "Mispick",
        "HatchOpen",
        "DoorOpen",
        "DuplexPageTooShort",
        "DuplexPageTooLong",
        "MultipickDetected",
        "InputTrayFailed",
        "InputTrayOverloaded",
    ];
    complete("AdfState", adf.map(Origin::AdfState), |o| matches!(o, Origin::AdfState(_)));
    let states = ["Idle", "Processing", "Testing", "Stopped", "Down"];
    complete("State", states.map(Origin::ScannerState), |o| matches!(o, Origin::ScannerState(_)));
    let answers = [("ScanJobs", [201, 400, 409, 503]), ("NextDocument", [200, 404, 410, 503])];
    let answers = answers
        .into_iter()
        .flat_map(|(request, statuses)| statuses.map(|status| Origin::Escl { request, status }));
    complete("eSCL", answers, |o| matches!(o, Origin::Escl { .. }));
    complete("SANE_Status", (0..=11).map(Origin::Sane), |o| matches!(o, Origin::Sane(_)));
}

#[test]
fn every_answer_of_the_store_and_every_failure_of_tls() {
    let tus = [200, 201, 204, 400, 403, 404, 409, 410, 412, 413, 415, 423, 429, 460, 500, 502, 503, 504];
    complete("tus", tus.map(Origin::Tus), |o| matches!(o, Origin::Tus(_)));
    // RFC 8446, section 6, in its order; before them what never reaches TLS or what the kiosk finds.
    let tls = [
        "the name has no address",
        "connection refused",
        "no route",
        "time-out",
        "connection reset",
        "issuer not the hall's",
        "certificate for another name",
        "certificate not usable",
        "certificate expired",
        "certificate not valid yet",
        "no TLS 1.3",
        "close_notify",
        "unexpected_message",
        "bad_record_mac",
        "record_overflow",
        "handshake_failure",
        "bad_certificate",
        "unsupported_certificate",
        "certificate_revoked",
        "certificate_expired",
        "certificate_unknown",
        "illegal_parameter",
        "unknown_ca",
        "access_denied",
        "decode_error",
        "decrypt_error",
        "protocol_version",
        "insufficient_security",
        "internal_error",
        "inappropriate_fallback",
        "user_canceled",
        "missing_extension",
        "unsupported_extension",
        "unrecognized_name",
        "bad_certificate_status_response",
        "unknown_psk_identity",
        "certificate_required",
        "no_application_protocol",
    ];
    complete("TLS", tls.map(Origin::Tls), |o| matches!(o, Origin::Tls(_)));
}

#[test]
fn an_answer_speaks_of_its_own_device() {
    use crate::fault::Device;
    for (origin, mapping) in all() {
        let Mapping::Fault(fault) = mapping else { continue };
        let device = match origin {
            Origin::ReaderSw3(_) => Device::Reader,
            Origin::CardSw(_) => Device::CardSlot,
            Origin::Skf(_) => Device::CompanyKey,
            Origin::DleEot { .. }
            | Origin::PresenterEot4(_)
            | Origin::FullStatus { .. }
            | Origin::Asb { .. }
            | Origin::GsR(_) => Device::Printer,
            Origin::ScannerState(_) | Origin::AdfState(_) | Origin::Escl { .. } | Origin::Sane(_) => {
                Device::Scanner
            }
            Origin::Tus(_) | Origin::Tls(_) => Device::Store,
        };
        assert_eq!(fault.device(), device, "{origin:?} leads to {fault:?}");
        assert!(leading_to(fault).any(|o| o == origin));
    }
}

#[test]
fn asked_by_itself() {
    assert_eq!(mapping(Origin::ReaderSw3(0x66)), Some(Mapping::Fault(Fault::ReaderNotAuthorised)));
    assert_eq!(mapping(Origin::ReaderSw3(0xAB)), None);
    let causes: BTreeSet<String> = leading_to(Fault::ScannerJam).map(|o| format!("{o:?}")).collect();
    assert_eq!(causes, ["AdfState(\"Jam\")".to_owned(), "Sane(6)".to_owned()].into());
}
