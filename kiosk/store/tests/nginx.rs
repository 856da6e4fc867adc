//! The client against stores that others wrote, `@tus/server` and rustus, behind nginx, which wants the
//! kiosk's certificate; over a line that breaks. See tests/peers/tus-store.mjs.

use sha2::{Digest as _, Sha256};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use store::{
    Backoff, Client, CustodyKey, Deadlines, Digest, DocId, DocState, MaterialId, Outbox, OutboxKey,
    ServedItem, StoreEvent, StoreFault, Submission, Tls, TlsFiles, WorkerConfig,
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
        self.client_as(PathBuf::from(self.told("certificate")), PathBuf::from(self.told("key")))
    }

    fn client_as(&self, certificate: PathBuf, key: PathBuf) -> Client {
        let files = TlsFiles { ca: PathBuf::from(self.told("ca")), certificate, key };
        let tls = Tls::load(&files).expect("certificates");
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
fn document(length: usize) -> Vec<u8> {
    let blocks = (0_u64..).flat_map(|block| Sha256::digest(block.to_be_bytes()));
    blocks.take(length).collect()
}

/// An outbox in a folder, beside its key.
fn outbox(folder: &Path) -> Outbox {
    let key = OutboxKey::create(&folder.join("outbox.key")).expect("a key");
    Outbox::open(&folder.join("outbox"), key).expect("an outbox")
}

/// Puts a document of one page into the outbox.
fn hand_in(outbox: &Outbox, folder: &Path, document: &[u8]) -> DocId {
    let sha256 = Digest(Sha256::digest(document).into());
    let path = folder.join("document");
    std::fs::write(&path, document).expect("writing");
    let submission = Submission {
        material_id: MaterialId::new("m-1").expect("an id"),
        name: "large.pdf".into(),
        media_type: "application/pdf".into(),
        path,
        sha256,
        bytes: document.len() as u64,
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
    };
    outbox.add(submission).expect("the document in the outbox")
}

fn worker(peer: &Peer) -> WorkerConfig {
    let custody = CustodyKey::load(Path::new(peer.told("custody_key"))).expect("the peer's key");
    let backoff =
        Backoff { first: Duration::from_millis(50), last: Duration::from_secs(1), ..Backoff::default() };
    WorkerConfig { backoff, custody: Some(custody), ..WorkerConfig::default() }
}

async fn arrives(buffering: &str, rustus: Option<&str>) {
    let peer = Peer::start(buffering, rustus);
    let keys = tempfile::tempdir().expect("a folder");
    let outbox = outbox(keys.path());
    let document = document(LENGTH);
    let doc = hand_in(&outbox, keys.path(), &document);
    let sha256 = Digest(Sha256::digest(&document).into());

    let (events, mut told) = mpsc::channel(64);
    let stop = CancellationToken::new();
    let work =
        store::run(outbox, peer.client(), worker(&peer), events, Arc::new(Notify::new()), stop.clone());
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

/// A certificate of a kiosk and its key in two files: of this authority, or of one that nobody knows, and until
/// the end of a year.
fn certificate(folder: &Path, authority: Option<(&str, &str)>, until: i32) -> (PathBuf, PathBuf) {
    let own = rcgen::KeyPair::generate().expect("a key");
    let issuer = match authority {
        Some((pem, key)) => {
            let key = rcgen::KeyPair::from_pem(key).expect("the authority's key");
            rcgen::Issuer::from_ca_cert_pem(pem, key).expect("the authority")
        }
        None => rcgen::Issuer::new(
            rcgen::CertificateParams::default(),
            rcgen::KeyPair::generate().expect("a key"),
        ),
    };
    let mut params = rcgen::CertificateParams::new(["kiosk".to_owned()]).expect("a name");
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(until, 12, 31);
    let certificate = params.signed_by(&own, &issuer).expect("a certificate");
    let put = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("a mode");
        path
    };
    (put("kiosk.pem", &certificate.pem()), put("kiosk.key", &own.serialize_pem()))
}

/// nginx ends the handshake well and refuses the certificate on a page, for every request.
#[tokio::test(flavor = "multi_thread")]
async fn a_kiosk_whose_certificate_nginx_refuses_keeps_its_documents() {
    let peer = Peer::start("off", None);
    let pem = |name: &str| std::fs::read_to_string(peer.folder.path().join("pki").join(name)).expect("PEM");
    let (ca, ca_key) = (pem("ca.pem"), pem("ca.key"));
    let known = Some((ca.as_str(), ca_key.as_str()));
    let document = document(10_000);
    for (what, authority, until) in [("expired", known, 2021), ("of a stranger", None, 2090)] {
        let folder = tempfile::tempdir().expect("a folder");
        let outbox = outbox(folder.path());
        let doc = hand_in(&outbox, folder.path(), &document);
        let (certificate, key) = certificate(folder.path(), authority, until);
        let client = peer.client_as(certificate, key);
        let refused = |fault: &StoreFault| matches!(fault, StoreFault::ClientCertificateRefused(_));
        let greeted = client.greet().await.expect_err("a fault");
        assert!(refused(&greeted), "{what}: {greeted:?}");
        let (events, mut told) = mpsc::channel(64);
        let stop = CancellationToken::new();
        let work =
            store::run(outbox.clone(), client, worker(&peer), events, Arc::new(Notify::new()), stop.clone());
        let working = tokio::spawn(work);
        // Once with each way in which the worker begins: what the store can do, and the document itself.
        for _ in 0..3 {
            let event = tokio::time::timeout(Duration::from_secs(60), told.recv()).await.expect("in time");
            let Some(StoreEvent::Waiting { fault, .. }) = event else { panic!("{what}: {event:?}") };
            assert!(refused(&fault), "{what}: {fault:?}");
        }
        stop.cancel();
        working.await.expect("the worker ends");
        assert_eq!(outbox.state(doc).expect("read"), Some(DocState::Waiting), "{what}");
        assert!(folder.path().join("outbox/documents/m-1.doc").exists(), "{what}");
        assert_eq!(peer.log(), Vec::<String>::new(), "{what}: nothing got past nginx");
    }
}
