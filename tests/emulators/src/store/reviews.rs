//! `/v1/review-events`: what the back office found of a kiosk's materials.

use super::disk::Id;
use super::materials::Material;
use super::{Shared, Store, refuse};
use crate::feed::{Events, FeedError, Sequenced};
use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use thiserror::Error;

/// Characters of a reviewer's sentence.
const MOST_TEXT: usize = 120;

/// Why a material cannot be reviewed.
#[derive(Debug, Error)]
pub enum ReviewError {
    /// Never registered here.
    #[error("emulated store: no material {0} was handed in")]
    Unknown(String),
    /// The sentence to the visitor.
    #[error("emulated store: a reviewer's text has at most 120 characters and no control characters")]
    Text,
    /// The feed cannot be kept.
    #[error("emulated store: {0}")]
    Feed(#[from] FeedError),
}

/// What was found of a material.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Review {
    /// It will do.
    Accepted,
    /// It will not do.
    Returned {
        /// why
        reason: Reason,
        /// a sentence to the visitor
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
}

/// Why a material was returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the words of the contract
pub enum Reason {
    Illegible,
    Incomplete,
    WrongDocument,
    OutOfDate,
    NotNeeded,
    Other,
}

/// One entry of the feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewEvent {
    /// Sequence number, rising by 1 from 1 over all kiosks.
    pub seq: u64,
    /// The material.
    pub material_id: String,
    /// What was found.
    #[serde(flatten)]
    pub review: Review,
    /// When, RFC 3339 in UTC.
    pub at: String,
}

/// An entry with the kiosk that it is for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    kiosk: String,
    pub(super) event: ReviewEvent,
}

impl Sequenced for Kept {
    fn seq(&self) -> u64 {
        self.event.seq
    }
}

impl Store {
    /// Says what was found of a registered material, and returns the event's sequence number; it is on
    /// disk before anyone is told.
    ///
    /// # Errors
    /// [`ReviewError`]: no such material, a text that the contract does not allow, or no disk.
    pub fn review(&self, material_id: &str, review: Review) -> Result<u64, ReviewError> {
        if let Review::Returned { text: Some(text), .. } = &review
            && (text.chars().count() > MOST_TEXT || text.chars().any(char::is_control))
        {
            return Err(ReviewError::Text);
        }
        let note = |id| self.shared.disk.material_note::<Material>(&id).ok().flatten();
        let unknown = || ReviewError::Unknown(material_id.to_owned());
        let kiosk = Id::parse(material_id).and_then(note).ok_or_else(unknown)?.request.kiosk;
        let material_id = material_id.to_owned();
        let seq = self.shared.reviews.append(|seq, at| {
            let event = ReviewEvent { seq, material_id, review, at };
            Kept { kiosk, event }
        })?;
        self.shared.changed.ring();
        Ok(seq)
    }

    /// All reviews kept, oldest first.
    #[must_use]
    pub fn reviews(&self) -> Vec<ReviewEvent> {
        self.shared.reviews.events().into_iter().map(|kept| kept.event).collect()
    }
}

#[derive(Deserialize)]
pub(super) struct Question {
    kiosk: String,
    after: u64,
    wait: u64,
}

pub(super) async fn events(
    State(shared): State<Arc<Shared>>,
    Query(question): Query<Question>,
) -> Result<Json<Events<ReviewEvent>>, Response> {
    let Question { kiosk, after, wait } = question;
    let bad = || refuse(StatusCode::BAD_REQUEST, "kiosk has 1 to 64 characters, wait is 0 to 60");
    if !(1..=64).contains(&kiosk.chars().count()) {
        return Err(bad());
    }
    let found = shared.reviews.wait(after, wait, |kept| kept.kiosk == kiosk).await;
    let Events { last, events } = found.ok_or_else(bad)?;
    Ok(Json(Events { last, events: events.into_iter().map(|kept| kept.event).collect() }))
}
