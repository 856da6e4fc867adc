//! A central store that others wrote: see tests/peers/tus-store.mjs.

use crate::hall::Opening;
use crate::papers::{assert_is_of, in_outbox, leave, scan, sha256, to_materials, wait_is};
use crate::scan::wait_until;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running peer; ends when dropped.
struct Peer {
    process: Child,
    folder: tempfile::TempDir,
    /// its word on where it is and which certificates a kiosk needs
    said: Value,
}

impl Peer {
    /// With `cut`, the line to it breaks once after so many bytes.
    fn start(cut: Option<u64>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../peers/tus-store.mjs");
        let mut process = Command::new("node")
            .arg(script)
            .arg(folder.path())
            .args(cut.map(|bytes| format!("--cut={bytes}")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node; run `make setup`");
        let mut first = String::new();
        let out = process.stdout.take().expect("its output");
        BufReader::new(out).read_line(&mut first).expect("its first line");
        let said = serde_json::from_str(&first).unwrap_or_else(|e| panic!("the peer said {first:?}: {e}"));
        Self { process, folder, said }
    }

    /// The kiosk's settings for it.
    fn settings(&self) -> String {
        let keys = ["url", "ca", "certificate", "key", "custody_key"];
        let line = |key: &&str| format!("{key} = {}\n", self.said[*key]);
        format!("[store]\n{}", keys.iter().map(line).collect::<String>())
    }

    /// Every request so far: method, path, status, TLS version.
    fn requests(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.folder.path().join("requests.log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    fn files(&self, folder: &str) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder.path().join(folder)).expect("a folder").flatten();
        entries.map(|entry| entry.path()).collect()
    }

    /// The one material that was handed over, and the bytes that the tus server stored for it.
    fn material(&self) -> (Value, Vec<u8>) {
        let materials = self.files("materials");
        assert_eq!(materials.len(), 1, "{materials:?}");
        let note: Value =
            serde_json::from_slice(&std::fs::read(&materials[0]).expect("a note")).expect("JSON");
        let uploads = self.files("files");
        let bytes: Vec<_> = uploads.iter().filter(|file| file.extension().is_none()).collect();
        assert_eq!(bytes.len(), 1, "one upload: {uploads:?}");
        (note, std::fs::read(bytes[0]).expect("the document"))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// "Interop with one independent tus server from the npm registry behind TLS": a scanned document arrives
/// there bit by bit, over TLS 1.3 with certificates of a CA that openssl made, and the kiosk deletes its
/// copy when that store has told the digest.
#[test]
fn a_tus_server_of_others_takes_a_document() {
    let peer = Peer::start(None);
    let hall = Opening::default().settings(&peer.settings()).open();
    to_materials(&hall, "man");
    scan(&hall, "premises", &["lease", "business-licence"]);
    hall.touch("scan.accept");
    wait_is(&hall, "premises", "received");
    let (note, document) = peer.material();
    assert_is_of(&hall, &document, &["lease", "business-licence"]);
    assert_eq!(note["said"]["sha256"], sha256(&document));
    assert_eq!(
        (&note["said"]["material"], &note["said"]["name"]),
        (&"premises".into(), &"经营场所产权证明或租赁合同.pdf".into())
    );
    wait_until("the kiosk's copy to go", || in_outbox(hall.folder()).is_empty());
    let requests = peer.requests();
    assert!(requests.iter().all(|request| request.ends_with("TLSv1.3")), "{requests:#?}");
    leave(&hall);
}

/// The same with the line broken in the middle of the document: the kiosk asks that server for its offset
/// and goes on from there.
#[test]
fn a_tus_server_of_others_over_a_line_that_breaks() {
    let peer = Peer::start(Some(600_000));
    let hall = Opening::default().settings(&peer.settings()).open();
    to_materials(&hall, "man");
    scan(&hall, "premises", &["lease", "business-licence"]);
    hall.touch("scan.accept");
    wait_is(&hall, "premises", "received");
    let (_, document) = peer.material();
    assert_is_of(&hall, &document, &["lease", "business-licence"]);
    let requests = peer.requests();
    let broke = requests.iter().position(|line| line == "the line broke").expect("the break");
    assert!(requests[broke..].iter().any(|line| line.starts_with("HEAD /files/")), "{requests:#?}");
    assert_eq!(requests.iter().filter(|line| line.starts_with("POST ")).count(), 1, "{requests:#?}");
    wait_until("the kiosk's copy to go", || in_outbox(hall.folder()).is_empty());
}
