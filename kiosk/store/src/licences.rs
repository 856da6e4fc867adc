//! Which licences somebody has (`POST /v1/licences/query` in openapi.yaml).

mod identifier;

use std::fmt;

use http::Method;
use jiff::civil::Date;
use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroizing;

pub use self::identifier::{CertIdentifier, IdentifierError};
use crate::http::Request;
use crate::material::is_line;
use crate::{Client, Deadlines, IdentifiedKind, StoreFault, ValueError};

/// Licences in one answer, at most.
const MOST_LICENCES: usize = 64;
/// Characters of a name of a licence or a department, at most.
const LONGEST_NAME: usize = 100;
/// Characters of a licence's number, at most.
const LONGEST_NUMBER: usize = 64;
/// Bytes of a holder's code, at most.
const LONGEST_CODE: usize = 32;
/// Characters of the reason for use, at most.
const LONGEST_CAUSE: usize = 200;
/// Characters of a visit or a kiosk, at most.
const LONGEST_ID: usize = 64;

/// The document, or the register, that a holder is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HolderKind {
    /// A person, known by a document.
    Person(IdentifiedKind),
    /// A company, known by its unified social credit code.
    Company,
}

impl Serialize for HolderKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Person(kind) => kind.serialize(serializer),
            Self::Company => serializer.serialize_str("company"),
        }
    }
}

/// Whose licences are looked for, by whom and why. The store records all of it.
pub struct LicenceQuery {
    /// What the holder is known by.
    pub kind: HolderKind,
    /// The document's number, or the company's code: 1 to 32 ASCII letters and digits.
    pub code: Zeroizing<String>,
    /// Why the licences are looked at; 1 to 200 characters.
    pub use_cause: String,
    /// The visit's opaque id; 1 to 64 characters.
    pub visit: String,
    /// This kiosk; 1 to 64 characters.
    pub kiosk: String,
}

impl fmt::Debug for LicenceQuery {
    /// Leaves out whose licences are asked for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LicenceQuery")
            .field("kind", &self.kind)
            .field("use_cause", &self.use_cause)
            .finish_non_exhaustive()
    }
}

/// What a store says of a licence's standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertStatus {
    /// 01
    Valid,
    /// 02
    Suspended,
    /// 03, 撤销
    Revoked,
    /// 04, 注销
    Cancelled,
    /// 05
    Expired,
    /// 06
    Transferred,
    /// 07, 吊销
    Withdrawn,
    /// 99, and any status that this program does not know
    Other,
}

impl CertStatus {
    /// Reads two digits.
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "01" => Self::Valid,
            "02" => Self::Suspended,
            "03" => Self::Revoked,
            "04" => Self::Cancelled,
            "05" => Self::Expired,
            "06" => Self::Transferred,
            "07" => Self::Withdrawn,
            _ if text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit()) => Self::Other,
            _ => return None,
        })
    }
}

/// An electronic licence that a store has. Its number is wiped when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Licence {
    /// Its identifier (电子证照标识), checked.
    pub identifier: CertIdentifier,
    /// What it is called.
    pub name: String,
    /// Its number; shown masked alone.
    pub number: Zeroizing<String>,
    /// Its standing.
    pub status: CertStatus,
    /// Who issued it.
    pub issue_dept: String,
    /// Its last day on the hall's calendar; none for one without an end.
    pub valid_until: Option<Date>,
}

impl Licence {
    /// Whether it stands for the paper on this day: valid, and not past its end.
    #[must_use]
    pub fn counts(&self, on: Date) -> bool {
        self.status == CertStatus::Valid && self.valid_until.is_none_or(|last| on <= last)
    }
}

impl fmt::Debug for Licence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Licence")
            .field("licence_type", &self.identifier.licence_type())
            .field("name", &self.name)
            .field("number", &"masked")
            .field("status", &self.status)
            .field("valid_until", &self.valid_until)
            .finish_non_exhaustive()
    }
}

/// Why it is not known which licences somebody has. Never a reason to take one for missing. Nothing
/// here tells of the holder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LicenceFault {
    /// A part of the question does not have the contract's shape.
    #[error("the licences cannot be asked for: {0}")]
    Query(#[from] ValueError),
    /// The store could not be asked, or its answer makes no sense.
    #[error("{0}")]
    Store(#[source] StoreFault),
}

/// The request's body. Lives on a buffer that is wiped; see [`LicenceQuery::json`].
#[derive(Serialize)]
struct Question<'a> {
    holder: Holder<'a>,
    use_cause: &'a str,
    visit: &'a str,
    kiosk: &'a str,
}

#[derive(Serialize)]
struct Holder<'a> {
    kind: HolderKind,
    code: &'a str,
}

impl LicenceQuery {
    /// The question as JSON, in a buffer that never grows: growing would leave copies of the holder's
    /// code behind.
    fn json(&self) -> Result<Zeroizing<Vec<u8>>, ValueError> {
        let Self { kind, code, use_cause, visit, kiosk } = self;
        if !(1..=LONGEST_CODE).contains(&code.len()) || !code.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(ValueError("holder code"));
        }
        for (text, longest, what) in [
            (use_cause, LONGEST_CAUSE, "use_cause"),
            (visit, LONGEST_ID, "visit"),
            (kiosk, LONGEST_ID, "kiosk"),
        ] {
            if !is_line(text, longest) {
                return Err(ValueError(what));
            }
        }
        // No character takes more than six bytes as an escape of JSON; the rest is names of fields.
        let most = 256 + 6 * (code.len() + use_cause.len() + visit.len() + kiosk.len());
        let mut json = Zeroizing::new(Vec::with_capacity(most));
        let question = Question { holder: Holder { kind: *kind, code }, use_cause, visit, kiosk };
        // Writing a plain struct to memory has no way to fail; an empty body would be a 400.
        let _ = serde_json::to_writer(&mut *json, &question);
        Ok(json)
    }
}

/// The answer's body. Fields beyond these are left aside, unread.
#[derive(Deserialize)]
pub(crate) struct Answer {
    licences: Vec<Told>,
}

#[derive(Deserialize)]
struct Told {
    #[serde(deserialize_with = "crate::http::wiped")]
    cert_identifier: Zeroizing<String>,
    cert_name: String,
    #[serde(deserialize_with = "crate::http::wiped")]
    holder_code: Zeroizing<String>,
    #[serde(deserialize_with = "crate::http::wiped")]
    cert_number: Zeroizing<String>,
    cert_status: String,
    issue_dept: String,
    // Without this a field that is not there would be one that is null: a licence without an end.
    #[serde(deserialize_with = "Option::deserialize")]
    valid_until: Option<Date>,
}

impl Answer {
    /// The licences of an answer after the contract, without those whose identifier does not hold. All of them
    /// are this holder's: a store that mixes people up is not believed in anything.
    pub(crate) fn check(self, holder: &str) -> Result<Vec<Licence>, StoreFault> {
        if self.licences.len() > MOST_LICENCES {
            return Err(StoreFault::Garbage("licences"));
        }
        if !self.licences.iter().all(|told| told.holder_code.eq_ignore_ascii_case(holder)) {
            return Err(StoreFault::Garbage("holder of a licence"));
        }
        let mut licences = Vec::with_capacity(self.licences.len());
        for told in self.licences {
            licences.extend(told.check()?);
        }
        Ok(licences)
    }
}

impl Told {
    fn check(self) -> Result<Option<Licence>, StoreFault> {
        let shaped = is_line(&self.cert_name, LONGEST_NAME)
            && is_line(&self.cert_number, LONGEST_NUMBER)
            && is_line(&self.issue_dept, LONGEST_NAME);
        let status = CertStatus::parse(&self.cert_status);
        let (true, Some(status)) = (shaped, status) else { return Err(StoreFault::Garbage("licences")) };
        let identifier = match CertIdentifier::parse(&self.cert_identifier) {
            Ok(identifier) => identifier,
            Err(error) => {
                tracing::warn!(%error, "a licence of the store's is left aside");
                return Ok(None);
            }
        };
        Ok(Some(Licence {
            identifier,
            name: self.cert_name,
            number: self.cert_number,
            status,
            issue_dept: self.issue_dept,
            valid_until: self.valid_until,
        }))
    }
}

impl Client {
    /// Asks which licences somebody has: of every standing, in the store's order. See
    /// [`Licence::counts`].
    ///
    /// Asked once, on a connection of its own, which a document that is being sent does not hold up.
    /// Takes 12 s at most.
    ///
    /// # Errors
    /// [`LicenceFault`].
    pub async fn licences(&self, query: &LicenceQuery) -> Result<Vec<Licence>, LicenceFault> {
        let request = Request::new(Method::POST, "/v1/licences/query").secret_json(query.json()?).once();
        let answer =
            self.send_within(request, Deadlines::VISITOR_WAITS).await.map_err(LicenceFault::Store)?;
        let read = match answer.status {
            200 => answer.json::<Answer>().and_then(|told| told.check(&query.code)),
            _ => Err(answer.setback().fault),
        };
        answer.wipe();
        read.map_err(LicenceFault::Store)
    }
}

/// What two stores say together: a licence that both have is there once. Of two versions the higher one
/// counts; of the same version in two standings the one that is not valid, and of two ends the earlier.
#[must_use]
pub fn merge(municipal: Vec<Licence>, district: Vec<Licence>) -> Vec<Licence> {
    let mut merged: Vec<Licence> = Vec::with_capacity(municipal.len() + district.len());
    for licence in municipal.into_iter().chain(district) {
        match merged.iter_mut().find(|known| known.identifier.same_licence(&licence.identifier)) {
            None => merged.push(licence),
            Some(known) => {
                let (ours, theirs) = (known.identifier.version(), licence.identifier.version());
                let end = |licence: &Licence| licence.valid_until.unwrap_or(jiff::civil::Date::MAX);
                let strict = |licence: &Licence| (licence.status == CertStatus::Valid, end(licence));
                let stricter = strict(&licence) < strict(known);
                if theirs > ours || (theirs == ours && stricter) {
                    *known = licence;
                }
            }
        }
    }
    merged
}

#[cfg(test)]
mod tests;
