//! What no hand in a hall can do: a store that answers wrongly. For tests; not part of the dock's API.

use super::{Asked, Done, done};
use crate::setup::Hall;
use axum::extract::State;
use emulators::store::{At, Misbehaviour, Presentation};
use serde::Deserialize;

/// `POST /api/harm/store`
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(super) enum StoreHarm {
    /// so many requests of a kind are answered wrongly; several such orders queue up
    Answer { times: u32, at: At, what: Misbehaviour },
    /// whom it pretends to be
    Present(Presentation),
    /// all is well again
    Behave(()),
}

/// Makes the store go wrong.
pub(super) async fn store(State(hall): State<Hall>, Asked(harm): Asked<StoreHarm>) -> Done {
    match harm {
        StoreHarm::Answer { times, at, what } => hall.store.misbehave(times, at, what),
        StoreHarm::Present(presentation) => hall.store.present(presentation),
        StoreHarm::Behave(()) => hall.store.behave(),
    }
    done()
}
