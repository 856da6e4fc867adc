//! What `kiosk receipt` and `kiosk verify` do.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::verify::LONGEST_RECEIPT;
use super::{CustodyKey, ReceiptFile, Report, VerifyError, verify};
use crate::OutboxError;
use crate::material::open_plain;
use crate::outbox::{FoundVisit, look_up};

/// The receipt file (JSON) of a visit, named by its id or by a custody code as it was typed off a
/// printed receipt; from the outbox in `dir`, which a running kiosk may be working with.
///
/// # Errors
/// [`OutboxError::Unknown`], [`OutboxError::Unusable`] or [`OutboxError::Database`].
pub fn receipt_command(dir: &Path, wanted: &str) -> Result<String, OutboxError> {
    let FoundVisit { visit, kiosk, documents } = look_up(dir, wanted)?.ok_or(OutboxError::Unknown)?;
    Ok(ReceiptFile::new(visit, kiosk, documents).to_json())
}

/// Compares files with a receipt file, and with the store's key if there is one.
///
/// # Errors
/// [`VerifyError`] when there is nothing to compare.
pub fn verify_command(
    receipt: &Path,
    files: &[PathBuf],
    key: Option<&CustodyKey>,
) -> Result<Report, VerifyError> {
    let mut json = Vec::new();
    open_plain(receipt)
        .and_then(|file| file.take(LONGEST_RECEIPT + 1).read_to_end(&mut json))
        .map_err(|why| VerifyError::File { path: receipt.to_owned(), why })?;
    verify(&json, files, key)
}
