//! What the fuzzers of this driver begin with does what its name says.

use std::path::PathBuf;

use link::record::Recording;
use ticket_printer::{PaperGauge, Profile, fuzz, replay};

fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let named = files.flatten().filter_map(|file| {
        let name = file.file_name().into_string().ok()?;
        // What a fuzzer found bears a digest, and no name that says what it is for.
        (name.len() < 40).then_some(())?;
        Some((name, std::fs::read(file.path()).ok()?))
    });
    named.collect()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

#[test]
fn every_seed_is_survived() {
    type Target = (&'static str, fn(&[u8]));
    let targets: [Target; 6] = [
        ("ticket_printer_replies", fuzz::replies),
        ("ticket_printer_print", fuzz::print),
        ("ticket_printer_profile", fuzz::profile),
        ("ticket_printer_gauge", fuzz::gauge),
        ("ticket_printer_redact", fuzz::redact),
        ("ticket_printer_replay", fuzz::replay),
    ];
    for (name, target) in targets {
        let seeds = seeds(name);
        assert!(seeds.len() >= 4, "{name} has {} seeds", seeds.len());
        seeds.iter().for_each(|(_, bytes)| target(bytes));
    }
}

#[test]
fn the_seeds_reach_what_they_are_for() {
    for (name, bytes) in seeds("ticket_printer_profile") {
        let refused = ["without-a-key", "columns-too-many", "empty"].contains(&name.as_str());
        assert_eq!(Profile::from_toml(text(&bytes)).is_err(), refused, "{name}");
    }
    for (name, bytes) in seeds("ticket_printer_gauge") {
        assert_eq!(toml::from_str::<PaperGauge>(text(&bytes)).is_err(), name == "negative", "{name}");
    }
    for (name, bytes) in seeds("ticket_printer_replay") {
        let played = Recording::parse(text(&bytes)).map(|recording| replay(&recording));
        let refused = ["unknown-call", "another-profile"].contains(&name.as_str());
        assert!(matches!(&played, Ok(played) if played.is_err() == refused), "{name}: {played:?}");
    }
}
