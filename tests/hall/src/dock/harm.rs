//! What no hand in a hall can do: a store that answers wrongly. For tests; not part of the dock's API.

use super::{Asked, Done, done};
use crate::setup::Hall;
use axum::extract::State;
use emulators::store::{At, Limits, Misbehaviour, Presentation};
use serde::Deserialize;
use std::time::Duration;

/// `POST /api/harm/store`
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(super) enum StoreHarm {
    /// so many requests of a kind are answered wrongly; several such orders queue up
    Answer { times: u32, at: At, what: Misbehaviour },
    /// whom it pretends to be
    Present(Presentation),
    /// what it takes from now on: the longest body of one request in bytes, and how many seconds it
    /// keeps an upload for which no more bytes come; what is not said is as usual
    Limit { max_body: Option<u64>, upload_lives_s: Option<u64> },
    /// all is well again
    Behave(()),
}

/// Makes the store go wrong.
pub(super) async fn store(State(hall): State<Hall>, Asked(harm): Asked<StoreHarm>) -> Done {
    match harm {
        StoreHarm::Answer { times, at, what } => hall.store.misbehave(times, at, what),
        StoreHarm::Present(presentation) => hall.store.present(presentation),
        StoreHarm::Limit { max_body, upload_lives_s } => {
            let usual = Limits::default();
            hall.store.limit(Limits {
                max_body: max_body.unwrap_or(usual.max_body),
                upload_lives: upload_lives_s.map_or(usual.upload_lives, Duration::from_secs),
                ..usual
            });
        }
        StoreHarm::Behave(()) => {
            hall.store.behave();
            hall.store.limit(Limits::default());
        }
    }
    done()
}
