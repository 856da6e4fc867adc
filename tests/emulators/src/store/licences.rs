//! `/v1/licences/query`: the licences that a store has of somebody.

use super::{Shared, Store, locked, refuse};
use crate::cards::{Card, Kind};
use crate::serve;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

const MOST_BODY: usize = 16 * 1024;
/// Queries remembered; older ones are forgotten.
const MOST_QUERIES: usize = 1000;

/// By which document somebody is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HolderKind {
    /// Resident identity card.
    Resident,
    /// Residence permit for Hong Kong, Macao and Taiwan residents.
    HmtResidence,
    /// Foreigner's permanent residence card of 2017.
    #[serde(rename = "foreign_permanent_2017")]
    ForeignPermanent2017,
    /// Foreigner's permanent residence card of 2023.
    #[serde(rename = "foreign_permanent_2023")]
    ForeignPermanent2023,
    /// A company, by its unified social credit code.
    Company,
}

impl From<Kind> for HolderKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Resident => Self::Resident,
            Kind::Hmt => Self::HmtResidence,
            Kind::Foreigner2017 => Self::ForeignPermanent2017,
            Kind::Foreigner2023 => Self::ForeignPermanent2023,
        }
    }
}

/// Whose licences.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// the kind of the number
    pub kind: HolderKind,
    /// the number, as it stands on the document
    pub code: String,
}

impl Holder {
    /// The holder of a card.
    #[must_use]
    pub fn of(card: &Card) -> Self {
        Self { kind: card.kind().into(), code: card.number().to_owned() }
    }

    /// A company.
    #[must_use]
    pub fn company(code: &str) -> Self {
        Self { kind: HolderKind::Company, code: code.to_owned() }
    }

    /// The number as a log may hold it: its first three and last two characters.
    #[must_use]
    pub fn masked(&self) -> String {
        let count = self.code.chars().count();
        let shown = |place: usize| count > 8 && (place < 3 || place + 2 >= count);
        self.code.chars().enumerate().map(|(place, c)| if shown(place) { c } else { '*' }).collect()
    }
}

impl std::fmt::Debug for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Holder({:?} {})", self.kind, self.masked())
    }
}

/// A licence as a store answers it. Its fields are believed, so that a kiosk can be shown wrong ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Licence {
    /// 电子证照标识 (GB/T 36904)
    pub cert_identifier: String,
    /// its name
    pub cert_name: String,
    /// whose it is; none: whoever holds it here
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder_code: Option<String>,
    /// the number that stands on it
    pub cert_number: String,
    /// two digits, `01` valid
    pub cert_status: String,
    /// name of the issuer
    pub issue_dept: String,
    /// last day, `2030-12-31`; none: without an end
    pub valid_until: Option<String>,
}

/// A query that was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LicenceQuery {
    /// when, RFC 3339 in UTC
    pub at: String,
    /// which kiosk asked
    pub kiosk: String,
    /// in which visit
    pub visit: String,
    /// why
    pub use_cause: String,
    /// about whom: the kind of the number
    pub holder_kind: HolderKind,
    /// about whom: the number, masked
    pub holder: String,
    /// licences answered
    pub licences: usize,
}

/// What a store has, and who asked. Held in memory only: a store that starts has its first licences.
#[derive(Debug, Default)]
pub(super) struct Licences {
    held: BTreeMap<Holder, Vec<Licence>>,
    queries: VecDeque<LicenceQuery>,
}

impl Licences {
    pub(super) fn give(&mut self, holder: Holder, licence: Licence) {
        self.held.entry(holder).or_default().push(licence);
    }

    /// How many licences there are.
    pub(super) fn count(&self) -> usize {
        self.held.values().map(Vec::len).sum()
    }

    /// Every licence and whose it is.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Holder, &Licence)> {
        self.held.iter().flat_map(|(holder, held)| held.iter().map(move |licence| (holder, licence)))
    }

    fn answer(&mut self, question: Question) -> Vec<Licence> {
        let mut found = self.held.get(&question.holder).cloned().unwrap_or_default();
        for licence in &mut found {
            licence.holder_code.get_or_insert_with(|| question.holder.code.clone());
        }
        self.queries.truncate(MOST_QUERIES - 1);
        self.queries.push_front(LicenceQuery {
            at: jiff::Timestamp::now().to_string(),
            kiosk: question.kiosk,
            visit: question.visit,
            use_cause: question.use_cause,
            holder_kind: question.holder.kind,
            holder: question.holder.masked(),
            licences: found.len(),
        });
        found
    }
}

impl Store {
    /// Puts a licence into the store, beside those that the holder has.
    pub fn give_licence(&self, holder: Holder, licence: Licence) {
        locked(&self.shared.licences).give(holder, licence);
        self.shared.changed.ring();
    }

    /// Takes all of a holder's licences out of the store.
    pub fn take_licences(&self, holder: &Holder) -> Vec<Licence> {
        let taken = locked(&self.shared.licences).held.remove(holder).unwrap_or_default();
        self.shared.changed.ring();
        taken
    }

    /// The queries answered, oldest first; at most the last thousand.
    #[must_use]
    pub fn licence_queries(&self) -> Vec<LicenceQuery> {
        locked(&self.shared.licences).queries.iter().rev().cloned().collect()
    }
}

/// What the kiosk asks. Unknown fields are refused: the kiosk must not send more than was agreed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    holder: Holder,
    use_cause: String,
    visit: String,
    kiosk: String,
}

impl Question {
    fn parse(body: &[u8]) -> Option<Self> {
        let question: Self = serde_json::from_slice(body).ok()?;
        let chars = |text: &str, most: usize| (1..=most).contains(&text.chars().count());
        let code = &question.holder.code;
        let fits = chars(code, 32)
            && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && chars(&question.use_cause, 200)
            && chars(&question.visit, 64)
            && chars(&question.kiosk, 64);
        fits.then_some(question)
    }
}

pub(super) async fn query(State(shared): State<Arc<Shared>>, body: Body) -> Response {
    let Some(body) = serve::whole_body(body, MOST_BODY).await else {
        return refuse(StatusCode::BAD_REQUEST, "the body is longer than any query");
    };
    let Some(question) = Question::parse(&body) else {
        // What is wrong is not said in detail: the details could be a person's.
        return refuse(StatusCode::BAD_REQUEST, "the body is no query for licences");
    };
    let licences = locked(&shared.licences).answer(question);
    ([(header::CACHE_CONTROL, "no-store")], Json(json!({ "licences": licences }))).into_response()
}

#[cfg(test)]
#[path = "licences_tests.rs"]
mod tests;
