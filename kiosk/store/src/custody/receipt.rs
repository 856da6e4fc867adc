//! What a kiosk knows of a visit's documents, and the file that tells it to others.

use serde::{Deserialize, Serialize};

use super::code::MOST_PAGES;
use super::{CustodyCode, Signature, VerifyError};
use crate::{Digest, DocState, MaterialId, ReceivedAt};

/// The version of the file's form.
const VERSION: u32 = 1;
/// Documents in one file, at most: what the outbox tells of a visit.
const MOST_DOCUMENTS: usize = 1000;

/// The store's word that it holds a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// When, as the store wrote it.
    pub at: ReceivedAt,
    /// The countersignature, once it was checked.
    pub signature: Option<Signature>,
}

/// The custody of a visit's documents as a file (JSON), for [`super::verify()`] by anyone at any time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptFile {
    /// Version of this form: 1.
    pub version: u32,
    /// The visit's opaque id.
    pub visit: String,
    /// The kiosk.
    pub kiosk: String,
    /// The documents, in the order of their chain.
    pub documents: Vec<ReceiptDocument>,
}

/// What is kept of one document's custody, and stands in a receipt. See
/// [`crate::Outbox::custody_of`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptDocument {
    /// The document's id.
    pub material_id: MaterialId,
    /// Code of the material in the hall's catalogue.
    pub material: String,
    /// Digest of the document.
    pub sha256: Digest,
    /// Length of the document, in bytes.
    pub bytes: u64,
    /// Digests of its pages, in order.
    pub pages: Vec<Digest>,
    /// The code of the visit's document before; none for its first.
    pub previous: Option<CustodyCode>,
    /// Its own code.
    pub code: CustodyCode,
    /// Where it stood when this was read.
    pub state: Standing,
    /// When the store received it, as the store wrote it.
    pub received_at: Option<ReceivedAt>,
    /// The store's countersignature.
    pub signature: Option<Signature>,
}

/// Where a document stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Kept in the kiosk, to be sent.
    Waiting,
    /// Refused by the store, and kept in the kiosk.
    Refused,
    /// Held by the store.
    Received,
}

impl From<&DocState> for Standing {
    fn from(state: &DocState) -> Self {
        match state {
            DocState::Waiting | DocState::Uploading | DocState::Uploaded => Self::Waiting,
            DocState::Refused(_) => Self::Refused,
            DocState::Confirmed => Self::Received,
        }
    }
}

impl ReceiptFile {
    /// The file for a visit's documents.
    #[must_use]
    pub fn new(visit: String, kiosk: String, documents: Vec<ReceiptDocument>) -> Self {
        Self { version: VERSION, visit, kiosk, documents }
    }

    /// The file's content: JSON for people to read, too.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Plain structs have no way to fail; an empty file would be no receipt.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Reads a file's content.
    ///
    /// # Errors
    /// [`VerifyError::NotAReceipt`] for anything that [`Self::to_json`] does not write.
    pub fn parse(json: &[u8]) -> Result<Self, VerifyError> {
        let file: Self =
            serde_json::from_slice(json).map_err(|error| VerifyError::NotAReceipt(error.to_string()))?;
        let text = |text: &str, longest| text.chars().count() <= longest && !text.contains(char::is_control);
        let sound = |document: &ReceiptDocument| {
            (1..=MOST_PAGES).contains(&document.pages.len()) && text(&document.material, 64)
        };
        let wrong = |what: &str| Err(VerifyError::NotAReceipt(what.to_owned()));
        match &file {
            file if file.version != VERSION => wrong("it has another version than 1"),
            file if !(1..=MOST_DOCUMENTS).contains(&file.documents.len()) => {
                wrong("it names no document, or too many")
            }
            file if !text(&file.visit, 64) || !text(&file.kiosk, 64) => wrong("visit or kiosk"),
            file if !file.documents.iter().all(sound) => wrong("a document's pages or material"),
            _ => Ok(file),
        }
    }
}
