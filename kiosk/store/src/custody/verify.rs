//! Whether files are what a receipt says was received.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::{CustodyKey, ReceiptDocument, ReceiptFile, Standing, code};
use crate::Digest;

/// A receipt is at most this long, in bytes: some hundred documents of many pages.
pub(super) const LONGEST_RECEIPT: u64 = 8 << 20;
/// Files looked at in one go, at most.
const MOST_FILES: usize = 10_000;

/// Why nothing can be said.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// The receipt is none.
    #[error("this is no receipt of a kiosk ({0}); take the file that `kiosk receipt` wrote")]
    NotAReceipt(String),
    /// A file cannot be looked at.
    #[error("{} cannot be compared: {why}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        why: io::Error,
    },
    /// Too many files.
    #[error("more than {MOST_FILES} files; compare them in several parts")]
    TooMany,
}

/// What a file is to a receipt. Documents and pages are counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The document of this number.
    Document(usize),
    /// A page, and the document that it is in.
    Page {
        /// Which page.
        page: usize,
        /// Of which document.
        document: usize,
    },
    /// Nothing that this receipt tells of.
    Nowhere,
}

/// What is to be said of a document's countersignature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// There is none.
    No,
    /// There is one, and no key to check it with.
    NotChecked,
    /// It is the store's.
    Holds,
    /// It is not the store's, or for something else.
    Wrong,
}

/// What came out of a comparison. Its `Display` is for people to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The receipt.
    pub receipt: ReceiptFile,
    /// Of each document: whether its code follows from its pages, itself and the code before, and
    /// whether the code before is that of the document before it in the receipt.
    pub chained: Vec<bool>,
    /// Of each document: its countersignature.
    pub signed: Vec<Signed>,
    /// Each file and where it stands in the receipt.
    pub files: Vec<(PathBuf, Place)>,
    /// Whether a key was there to check signatures with.
    pub with_key: bool,
}

/// Compares files with a receipt. With a key, the store's countersignatures are checked.
///
/// # Errors
/// [`VerifyError`] when the receipt or a file cannot be read. What does not agree is no error; see
/// [`Report::holds`].
pub fn verify(receipt: &[u8], files: &[PathBuf], key: Option<&CustodyKey>) -> Result<Report, VerifyError> {
    if receipt.len() as u64 > LONGEST_RECEIPT {
        return Err(VerifyError::NotAReceipt("it is too long".to_owned()));
    }
    if files.len() > MOST_FILES {
        return Err(VerifyError::TooMany);
    }
    let receipt = ReceiptFile::parse(receipt)?;
    let place = |path: &PathBuf| {
        let digest = Digest::of_file(path).map_err(|why| VerifyError::File { path: path.clone(), why })?;
        Ok((path.clone(), find(&receipt, &digest)))
    };
    let files = files.iter().map(place).collect::<Result<_, _>>()?;
    let chained = chained(&receipt.documents);
    let signed = receipt.documents.iter().map(|document| signed(&receipt, document, key)).collect();
    Ok(Report { receipt, chained, signed, files, with_key: key.is_some() })
}

/// A document rather than a page: a document of one page may be that page.
fn find(receipt: &ReceiptFile, digest: &Digest) -> Place {
    let documents = || receipt.documents.iter().zip(1..);
    if let Some((_, number)) = documents().find(|(document, _)| document.sha256 == *digest) {
        return Place::Document(number);
    }
    let page = documents().find_map(|(document, number)| {
        let page = document.pages.iter().position(|page| page == digest)?;
        Some(Place::Page { page: page + 1, document: number })
    });
    page.unwrap_or(Place::Nowhere)
}

fn chained(documents: &[ReceiptDocument]) -> Vec<bool> {
    let before = std::iter::once(None).chain(documents.iter().map(|document| Some(document.code)));
    let holds = |(document, before): (&ReceiptDocument, Option<_>)| {
        let own = code(document.previous.as_ref(), &document.pages, &document.sha256) == document.code;
        own && (before.is_none() || document.previous == before)
    };
    documents.iter().zip(before).map(holds).collect()
}

fn signed(receipt: &ReceiptFile, document: &ReceiptDocument, key: Option<&CustodyKey>) -> Signed {
    match (&document.received_at, &document.signature, key) {
        (_, None, _) => Signed::No,
        (_, Some(_), None) => Signed::NotChecked,
        (Some(at), Some(signature), Some(key))
            if key.holds(&document.code, &receipt.visit, &document.material_id, at, signature) =>
        {
            Signed::Holds
        }
        (_, Some(_), Some(_)) => Signed::Wrong,
    }
}

impl Report {
    /// Whether everything agrees: every file is in the receipt, the chain of codes holds, no
    /// countersignature is wrong, and with a key every document that a file belongs to is proven.
    #[must_use]
    pub fn holds(&self) -> bool {
        let proven = self.proven();
        let found = self.files.iter().all(|(_, place)| self.is_sound(&proven, *place));
        found && self.chained.iter().all(|holds| *holds) && !self.signed.contains(&Signed::Wrong)
    }

    fn is_sound(&self, proven: &[bool], place: Place) -> bool {
        match place {
            Place::Nowhere => false,
            Place::Document(document) | Place::Page { document, .. } => {
                let proven = document.checked_sub(1).and_then(|at| proven.get(at).copied());
                !self.with_key || proven.unwrap_or_default()
            }
        }
    }

    /// Of each document: whether the store's own countersignature proves that it was received, and when.
    #[must_use]
    pub fn proven(&self) -> Vec<bool> {
        let both = |(chained, signed): (&bool, &Signed)| *chained && *signed == Signed::Holds;
        self.chained.iter().zip(&self.signed).map(both).collect()
    }

    /// Of each document: whether it is at least named in what the store has signed. A code stands for all
    /// that the kiosk took before it; whether the store received that, too, it does not say.
    fn named(&self) -> Vec<bool> {
        let mut named = self.proven();
        let mut later = false;
        for (to, chained) in named.iter_mut().zip(&self.chained).rev() {
            *to = *chained && (*to || later);
            later = *to;
        }
        named
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ReceiptFile { visit, kiosk, documents, .. } = &self.receipt;
        let (visit, kiosk) = (printable(visit), printable(kiosk));
        writeln!(f, "visit {visit} at {}", if kiosk.is_empty() { "a kiosk" } else { &kiosk })?;
        if let Some(earlier) = documents.first().and_then(|first| first.previous) {
            writeln!(f, "documents up to code {earlier} came before those of this receipt")?;
        }
        let (proven, named) = (self.proven(), self.named());
        for (place, document) in documents.iter().enumerate() {
            let at = |list: &[bool]| list.get(place).copied().unwrap_or_default();
            let chain = if at(&self.chained) { "" } else { " DOES NOT FOLLOW from pages and code before;" };
            let material = printable(&document.material.to_string());
            write!(f, "document {} ({material}): code {};{chain} ", place + 1, document.code)?;
            let signed = self.signed.get(place).copied().unwrap_or(Signed::No);
            match (&document.received_at, document.state) {
                (Some(time), _) if signed == Signed::Holds => write!(f, "received by the store at {time}; ")?,
                // Whoever wrote the receipt may have written this, too.
                (Some(_), _) | (None, Standing::Received) => {
                    f.write_str("received by the store, as the receipt says; ")?;
                }
                (None, Standing::Waiting | Standing::Refused) => f.write_str("kept in the kiosk; ")?,
            }
            f.write_str(match signed {
                Signed::No if at(&named) => {
                    "named in what the store countersigned later, not countersigned itself\n"
                }
                Signed::No => "not countersigned\n",
                Signed::NotChecked => "countersigned, not checked: no key was given\n",
                Signed::Holds => "countersigned by the store\n",
                Signed::Wrong => "WRONG COUNTERSIGNATURE\n",
            })?;
        }
        for (path, place) in &self.files {
            let path = printable(&path.to_string_lossy());
            match place {
                Place::Document(document) => write!(f, "{path}: is document {document}")?,
                Place::Page { page, document } => {
                    write!(f, "{path}: is page {page} of document {document}")?;
                }
                Place::Nowhere => write!(f, "{path}: IS NOT in this receipt")?,
            }
            let unproven = *place != Place::Nowhere && !self.is_sound(&proven, *place);
            f.write_str(if unproven { ", which NO COUNTERSIGNATURE stands for\n" } else { "\n" })?;
        }
        f.write_str(
            "what kiosk and materials are called is the receipt's own word: no code stands for it\n",
        )?;
        let all_proven = proven.iter().all(|proven| *proven);
        f.write_str(match (self.holds(), self.with_key) {
            (true, true) if !all_proven => {
                "all of this agrees; the store has countersigned what it says so of above, and no more\n"
            }
            (true, true) => {
                "all of this agrees, and the store has countersigned each document and its time\n"
            }
            (true, false) => "all of this agrees; whether the store countersigned it was not checked\n",
            (false, _) => "THIS DOES NOT AGREE\n",
        })
    }
}

/// Text out of a file, as it may stand on a terminal: what moves the cursor, changes the direction of reading or is
/// not to be seen is spelled out.
fn printable(text: &str) -> String {
    let spelled = |c: char| match c {
        '"' | '\'' | '\\' => c.to_string(),
        other => other.escape_debug().to_string(),
    };
    text.chars().map(spelled).collect()
}

#[cfg(test)]
mod tests;
