//! Every fuzz target, and its corpus run over on the stable toolchain.
//!
//! `fuzz/` makes a libFuzzer program of each target (`make fuzz`); the tests here replay what lies in
//! `fuzz/corpus`, so that whatever was once of interest to a fuzzer stays tried in every test run.

/// A target: its name, and what it does with arbitrary bytes. It panics when something does not hold.
type Target = (&'static str, fn(&[u8]));

/// Every target, by room.
pub const TARGETS: &[Target] = &[
    ("capsule", capsule::fuzz::capsule),
    ("code_scanner_redact", code_scanner::fuzz::redact),
    ("code_scanner_scan", code_scanner::fuzz::scan),
    ("company_key_certificate", company_key::fuzz::certificate),
    ("company_key_protocol", company_key::fuzz::protocol),
    ("company_key_redact", company_key::fuzz::redact),
    ("document_scanner_capabilities", document_scanner::fuzz::capabilities),
    ("document_scanner_job", document_scanner::fuzz::job),
    ("document_scanner_jpeg", document_scanner::fuzz::jpeg),
    ("document_scanner_location", document_scanner::fuzz::location),
    ("document_scanner_profile", document_scanner::fuzz::profile),
    ("document_scanner_recorded", document_scanner::fuzz::recorded),
    ("document_scanner_replay", document_scanner::fuzz::replay),
    ("document_scanner_sane", document_scanner::sane::fuzz::messages),
    ("document_scanner_sane_job", document_scanner::sane::fuzz::job),
    ("document_scanner_sane_profile", document_scanner::sane::fuzz::profile),
    ("document_scanner_sane_recorded", document_scanner::sane::fuzz::recorded),
    ("document_scanner_status", document_scanner::fuzz::status),
    ("documents_page", documents::fuzz::page),
    ("documents_scan", documents::fuzz::scan),
    ("id_reader_exchange", id_reader::fuzz::exchange),
    ("id_reader_frame", id_reader::fuzz::frame),
    ("id_reader_payloads", id_reader::fuzz::payloads),
    ("id_reader_record", id_reader::fuzz::record),
    ("id_reader_redactor", id_reader::fuzz::redactor),
    ("id_reader_text", id_reader::fuzz::text),
    ("link_address", link::fuzz::address),
    ("link_recording", link::fuzz::recording),
    ("provision_bundle", provision::fuzz::bundle),
    ("provision_request", provision::fuzz::request),
    ("social_card_reading", social_card::fuzz::reading),
    ("social_card_record", social_card::fuzz::record),
    ("social_card_recording", social_card::fuzz::recording),
    ("social_card_redactor", social_card::fuzz::redactor),
    ("social_card_values", social_card::fuzz::values),
    ("staff_card_objects", staff_card::fuzz::objects),
    ("staff_card_recording", staff_card::fuzz::recording),
    ("staff_card_redactor", staff_card::fuzz::redactor),
    ("staff_card_talk", staff_card::fuzz::talk),
    ("store_container", store::fuzz::container),
    ("store_identity", store::fuzz::identity),
    ("store_licences", store::fuzz::licences),
    ("store_receipt", store::fuzz::receipt),
    ("store_receipt_file", store::fuzz::receipt_file),
    ("store_reviews", store::fuzz::reviews),
    ("store_tus", store::fuzz::tus),
    ("store_window", store::fuzz::window),
    ("ticket_printer_gauge", ticket_printer::fuzz::gauge),
    ("ticket_printer_print", ticket_printer::fuzz::print),
    ("ticket_printer_profile", ticket_printer::fuzz::profile),
    ("ticket_printer_redact", ticket_printer::fuzz::redact),
    ("ticket_printer_replay", ticket_printer::fuzz::replay),
    ("ticket_printer_replies", ticket_printer::fuzz::replies),
];

/// Runs the target of this name.
///
/// # Panics
/// When there is no such target, and when something does not hold.
pub fn run(name: &str, data: &[u8]) {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).expect("a target");
    target(data);
}

#[cfg(test)]
mod tests {
    use super::TARGETS;
    use std::collections::BTreeSet;
    use std::path::PathBuf;

    fn fuzz(below: &str) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz").join(below)
    }

    #[test]
    fn every_corpus_is_survived() {
        for (name, target) in TARGETS {
            let files = std::fs::read_dir(fuzz("corpus").join(name))
                .unwrap_or_else(|e| panic!("{name} has no corpus: {e}"));
            let mut run = 0;
            for file in files.flatten() {
                let data = std::fs::read(file.path()).expect("a corpus file");
                let survived = std::panic::catch_unwind(|| target(&data));
                assert!(survived.is_ok(), "{name}: {}", file.path().display());
                run += 1;
            }
            assert!(run > 0, "{name} has an empty corpus");
        }
    }

    #[test]
    fn every_target_is_a_program_and_every_corpus_a_target() {
        let manifest = std::fs::read_to_string(fuzz("Cargo.toml")).expect("fuzz/Cargo.toml");
        let programs: BTreeSet<&str> = manifest
            .lines()
            .filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
            .filter(|name| *name != "fuzz")
            .collect();
        let targets: BTreeSet<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
        assert_eq!(programs, targets, "fuzz/Cargo.toml lists other programs than there are targets");
        for corpus in std::fs::read_dir(fuzz("corpus")).expect("corpora").flatten() {
            let name = corpus.file_name().into_string().expect("a name");
            assert!(targets.contains(name.as_str()), "fuzz/corpus/{name} belongs to no target");
        }
    }
}
