//! Documents on their way to the store: our client beside curl, and what cuts and encryption cost.

mod cuts;
mod kiosk;
mod outbox;
mod relay;
mod transfer;

use crate::rows::Row;
use emulators::pki::{Authority, Pki};
use emulators::store::Store;
use kiosk::Kiosk;
use sha2::{Digest as _, Sha256};
use std::path::Path;
use store::{Digest, MaterialId, OutboxKey, Submission};
use tokio::runtime::Runtime;

type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// Bytes of the document that is sent.
const BYTES: usize = 20_000_000;

/// All figures of uploads.
///
/// # Errors
/// When curl is missing, or anything fails.
pub fn rows() -> Result<Vec<Row>, Fatal> {
    let place = Place::set_up()?;
    let mut rows = transfer::rows(&place)?;
    rows.push(cuts::resent_per_cut(&place)?);
    place.runtime.block_on(place.store.stop());
    rows.push(outbox::overhead()?);
    Ok(rows)
}

/// A store that streams what it gets to its disk, and a kiosk's folder beside it.
struct Place {
    folder: tempfile::TempDir,
    runtime: Runtime,
    store: Store,
}

impl Place {
    fn set_up() -> Result<Self, Fatal> {
        let folder = tempfile::tempdir()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let store = runtime.block_on(Store::start(folder.path()))?;
        let kiosk = Kiosk::at(folder.path())?;
        OutboxKey::create(&kiosk.key())?;
        let (pki, tls) = (Pki::open(&folder.path().join("pki"))?, kiosk.tls());
        std::fs::copy(pki.ca(Authority::Hall), tls.ca)?;
        std::fs::copy(pki.client_certificate(Authority::Hall), tls.certificate)?;
        std::fs::copy(pki.client_key(Authority::Hall), tls.key)?;
        Ok(Self { folder, runtime, store })
    }

    fn kiosk(&self) -> Result<Kiosk, Fatal> {
        Kiosk::at(self.folder.path())
    }

    /// Puts a new document of [`BYTES`] into the kiosk's outbox.
    fn put(&self, id: &str) -> Result<(), Fatal> {
        let scan = self.folder.path().join("scan.pdf");
        std::fs::write(&scan, content(BYTES))?;
        self.kiosk()?.outbox()?.add(submission(id, &scan, &content(BYTES))?)?;
        Ok(())
    }

    /// That the store has a document, as it was.
    fn check(&self, id: &str) -> Result<(), Fatal> {
        let arrived = self.store.document_bytes(id).is_some_and(|bytes| bytes == content(BYTES));
        if arrived { Ok(()) } else { Err(format!("{id} did not arrive as it was sent").into()) }
    }
}

fn submission(id: &str, file: &Path, content: &[u8]) -> Result<Submission, Fatal> {
    Ok(Submission {
        material_id: MaterialId::new(id)?,
        name: "扫描件.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        path: file.to_owned(),
        sha256: Digest(Sha256::digest(content).into()),
        bytes: content.len() as u64,
        material: "business-licence".to_owned(),
        pages: vec![Digest(Sha256::digest(b"a page").into())],
        items: Vec::new(),
        visit: "bench-1".to_owned(),
        applicant: Some(store::Applicant::Oneself),
        number: None,
        kiosk: "bench".to_owned(),
    })
}

/// Bytes that no compression makes smaller.
fn content(bytes: usize) -> Vec<u8> {
    let mut random = Random(0x1D00_0001);
    let mut content = Vec::with_capacity(bytes + 8);
    while content.len() < bytes {
        content.extend(random.next().to_le_bytes());
    }
    content.truncate(bytes);
    content
}

/// Numbers that look random and are the same each time (splitmix64: Steele, Lea, Flood, OOPSLA 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}
