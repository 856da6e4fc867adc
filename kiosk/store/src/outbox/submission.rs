//! A document as it is handed in.

use std::fmt;
use std::path::PathBuf;

use crate::custody::MOST_PAGES;
use crate::material::is_line;
use crate::{Applicant, Digest, MaterialId, ServedItem, ValueError};

/// Items that one document is handed in for, at most.
const MOST_ITEMS: usize = 64;

/// A document to be sent. Bounds are those of `Material` in openapi.yaml.
#[derive(Clone, PartialEq, Eq)]
pub struct Submission {
    /// The document's id, never used before.
    pub material_id: MaterialId,
    /// Name for people to read; 1 to 255 characters.
    pub name: String,
    /// Media type (RFC 6838), such as `application/pdf`.
    pub media_type: String,
    /// The file. Its content is encrypted into the outbox, then it is removed.
    pub path: PathBuf,
    /// Digest of the file.
    pub sha256: Digest,
    /// Length of the file, in bytes.
    pub bytes: u64,
    /// Code of the material in the hall's catalogue.
    pub material: String,
    /// SHA-256 of each page as the visitor accepted it, in order; 1 to 999.
    pub pages: Vec<Digest>,
    /// The items that it is handed in for; at most 64.
    pub items: Vec<ServedItem>,
    /// The visit it belongs to.
    pub visit: String,
    /// For whom; `None` only of what an older version took.
    pub applicant: Option<Applicant>,
    /// The visit's queue number, if it has one.
    pub number: Option<String>,
    /// This kiosk.
    pub kiosk: String,
}

impl fmt::Debug for Submission {
    /// Leaves out what tells about the visitor: name, path, visit, applicant and number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submission")
            .field("material_id", &self.material_id)
            .field("bytes", &self.bytes)
            .field("material", &self.material)
            .finish_non_exhaustive()
    }
}

impl Submission {
    /// Checks every bound of the contract.
    pub(super) fn check(&self) -> Result<(), ValueError> {
        check_text(&self.name, 255, "name")?;
        check_text(&self.material, 64, "material")?;
        check_text(&self.visit, 64, "visit")?;
        check_text(&self.kiosk, 64, "kiosk")?;
        self.applicant.as_ref().map_or(Ok(()), Applicant::check)?;
        if !(1..=MOST_PAGES).contains(&self.pages.len()) {
            return Err(ValueError("pages"));
        }
        check_items(&self.items)?;
        self.number.as_deref().map_or(Ok(()), check_number)?;
        check_media_type(&self.media_type)?;
        if self.bytes == 0 || i64::try_from(self.bytes).is_err() {
            return Err(ValueError("bytes"));
        }
        Ok(())
    }
}

pub(super) fn check_items(items: &[ServedItem]) -> Result<(), ValueError> {
    if items.len() > MOST_ITEMS {
        return Err(ValueError("items"));
    }
    items.iter().try_for_each(check_item)
}

/// The codes of the national catalogue may be unknown, and then are empty.
fn check_item(item: &ServedItem) -> Result<(), ValueError> {
    let code = |text: &str, longest: usize, what| match text {
        "" => Ok(()),
        _ => check_text(text, longest, what),
    };
    check_text(&item.code, 64, "items")?;
    code(&item.task_code, 31, "items: task_code")?;
    code(&item.dept_code, 18, "items: dept_code")
}

fn check_text(text: &str, longest: usize, what: &'static str) -> Result<(), ValueError> {
    if is_line(text, longest) { Ok(()) } else { Err(ValueError(what)) }
}

pub(super) fn check_number(number: &str) -> Result<(), ValueError> {
    check_text(number, 16, "number")
}

/// `type/subtype` of RFC 6838 section 4.2 characters, without parameters.
fn check_media_type(text: &str) -> Result<(), ValueError> {
    let name = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    let shaped = text.split_once('/').is_some_and(|(kind, subtype)| name(kind) && name(subtype));
    if shaped && text.len() <= 127 { Ok(()) } else { Err(ValueError("media_type")) }
}
