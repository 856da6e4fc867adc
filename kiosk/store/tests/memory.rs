//! What a document costs in memory as it goes into the outbox. Alone in its program: the peak that
//! the kernel tells is the whole process's.

use std::fs::File;

use store::{Digest, MaterialId, Outbox, OutboxKey, Submission};

/// Far more than what may be in memory.
const DOCUMENT: u64 = 192 << 20;
/// One chunk and its surroundings, generously.
const MOST_KIB: u64 = 2048;

/// The most memory that this process had since it was last asked to forget, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[test]
fn a_document_of_any_length_needs_the_memory_of_one_chunk() {
    let (keys, dir) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let key = OutboxKey::create(&keys.path().join("outbox.key")).expect("a key");
    let outbox = Outbox::open(&dir.path().join("outbox"), key).expect("an outbox");
    let submit = |id: &str, bytes| {
        let path = dir.path().join(id);
        File::create(&path).expect("a file").set_len(bytes).expect("its length");
        let added = outbox.add(Submission {
            material_id: MaterialId::new(id).expect("an id"),
            name: "large.pdf".into(),
            media_type: "application/pdf".into(),
            path,
            sha256: Digest([0; 32]),
            bytes,
            material: "premises".into(),
            pages: vec![Digest([0; 32])],
            items: Vec::new(),
            visit: "visit-1".into(),
            applicant: Some(store::Applicant::Oneself),
            number: None,
            kiosk: "kiosk-1".into(),
        });
        added.expect("added");
    };
    submit("small", 1);
    let before = peak();
    submit("large", DOCUMENT);
    let more = peak() - before;
    assert!(more <= MOST_KIB, "{more} KiB more for a document of {} KiB", DOCUMENT >> 10);
}
