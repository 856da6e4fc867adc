//! The client against stores that others wrote, `@tus/server` and rustus, behind nginx, which wants the
//! kiosk's certificate; over a line that breaks. See tests/peers/tus-store.mjs.

use sha2::{Digest as _, Sha256};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use store::{
    Backoff, Client, CustodyKey, Deadlines, Digest, MaterialId, Outbox, OutboxKey, ServedItem, StoreEvent,
    Submission, Tls, TlsFiles, WorkerConfig,
};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

/// Bytes of the document.
const LENGTH: usize = 20_000_000;

/// After how many bytes of a connection the line breaks: soon, in the middle of a request, late.
const CUTS: [u64; 6] = [70_000, 300_000, 4_000_000, 130_000, 7_777_777, 1_000_000];

/// A running store; ends when dropped.
struct Peer {
    process: Child,
    folder: tempfile::TempDir,
    /// where it is, and which certificates and keys a kiosk needs
    said: serde_json::Value,
}

impl Peer {
    /// Behind an nginx that buffers requests (`on`) or passes them on as they come (`off`); `@tus/server`,
    /// or the program rustus.
    fn start(buffering: &str, rustus: Option<&str>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers/tus-store.mjs");
        let mut process = Command::new("node")
            .arg(script)
            .arg(folder.path())
            .args(["--nginx", buffering, "--cut", &CUTS.map(|cut| cut.to_string()).join(",")])
            .args(rustus.map(|program| ["--rustus", program]).iter().flatten())
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

    fn told(&self, key: &str) -> &str {
        self.said[key].as_str().expect("a text")
    }

    fn client(&self) -> Client {
        let file = |key| PathBuf::from(self.told(key));
        let files = TlsFiles { ca: file("ca"), certificate: file("certificate"), key: file("key") };
        let tls = Tls::load(&files).expect("the peer's certificates");
        Client::new(self.told("url"), &tls, Deadlines::default()).expect("the peer's address")
    }

    /// Every request so far, method, path, status and TLS version, and every break of the line.
    fn log(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.folder.path().join("requests.log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    /// The bytes of the one upload.
    fn upload(&self) -> Vec<u8> {
        let entries = std::fs::read_dir(self.folder.path().join("files")).expect("a folder").flatten();
        let files: Vec<_> = entries.map(|e| e.path()).filter(|file| file.extension().is_none()).collect();
        assert_eq!(files.len(), 1, "one upload: {files:?}");
        std::fs::read(&files[0]).expect("the upload")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // nginx ends with it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Bytes that nothing makes shorter, the same in every run.
fn document() -> Vec<u8> {
    let blocks = (0_u64..).flat_map(|block| Sha256::digest(block.to_be_bytes()));
    blocks.take(LENGTH).collect()
}

async fn arrives(buffering: &str, rustus: Option<&str>) {
    let peer = Peer::start(buffering, rustus);
    let (keys, dir) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let key = OutboxKey::create(&keys.path().join("outbox.key")).expect("a key");
    let outbox = Outbox::open(&dir.path().join("outbox"), key).expect("an outbox");
    let document = document();
    let sha256 = Digest(Sha256::digest(&document).into());
    let path = dir.path().join("document");
    std::fs::write(&path, &document).expect("writing");
    let doc = outbox
        .add(Submission {
            material_id: MaterialId::new("m-1").expect("an id"),
            name: "large.pdf".into(),
            media_type: "application/pdf".into(),
            path,
            sha256,
            bytes: LENGTH as u64,
            material: "premises".into(),
            pages: vec![sha256],
            items: vec![ServedItem {
                code: "food-licence".into(),
                task_code: String::new(),
                dept_code: "11310114990001079M".into(),
            }],
            visit: "visit-1".into(),
            applicant: Some(store::Applicant::Oneself),
            number: Some("A001".into()),
            kiosk: "kiosk-1".into(),
        })
        .expect("the document in the outbox");

    let custody = CustodyKey::load(Path::new(peer.told("custody_key"))).expect("the peer's key");
    let backoff =
        Backoff { first: Duration::from_millis(50), last: Duration::from_secs(1), ..Backoff::default() };
    let config = WorkerConfig { backoff, custody: Some(custody), ..WorkerConfig::default() };
    let (events, mut told) = mpsc::channel(64);
    let stop = CancellationToken::new();
    let work = store::run(outbox, peer.client(), config, events, Arc::new(Notify::new()), stop.clone());
    let working = tokio::spawn(work);
    let receipt = tokio::time::timeout(Duration::from_secs(240), async {
        loop {
            match told.recv().await.expect("the worker works") {
                StoreEvent::Confirmed { doc: confirmed, receipt } if confirmed == doc => return receipt,
                StoreEvent::Refused { fault, .. } => panic!("refused: {fault}"),
                _ => {}
            }
        }
    });
    let receipt = receipt.await.unwrap_or_else(|_| panic!("not received in time: {:#?}", peer.log()));
    stop.cancel();
    working.await.expect("the worker ends");

    assert_eq!((receipt.sha256, receipt.bytes), (sha256, LENGTH as u64));
    assert!(peer.upload() == document, "bit by bit");
    let log = peer.log();
    let count = |start: &str| log.iter().filter(|line| line.starts_with(start)).count();
    assert_eq!(count("the line broke"), CUTS.len(), "{log:#?}");
    assert_eq!(count("POST /files/"), 1, "one upload for all of it: {log:#?}");
    assert!(count("HEAD /files/") > 0, "after a break the store is asked: {log:#?}");
    let requests = || log.iter().filter(|line| *line != "the line broke");
    assert!(requests().all(|line| line.ends_with(" TLSv1.3")), "{log:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_arrives_through_nginx_that_passes_on_what_comes() {
    arrives("off", None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_arrives_through_nginx_that_buffers_requests() {
    arrives("on", None).await;
}

/// rustus has checksums, too: what a break leaves of a piece is not kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_document_arrives_at_rustus() {
    let setup = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers/setup-rustus");
    let said = Command::new(setup).stderr(Stdio::inherit()).output().expect("setup-rustus");
    let program = String::from_utf8(said.stdout).expect("a path");
    for buffering in ["off", "on"] {
        arrives(buffering, Some(program.trim())).await;
    }
}
