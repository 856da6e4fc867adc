//! The office's bundle that was refused last: `/run/onedoor/refused.json`. It is not fetched again each minute, which
//! would keep a slow line busy with up to 32 MiB, but told again.

use crate::apply;
use crate::disk::Disk;
use crate::places::{Places, read_text};
use crate::status::{State, Trouble};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::PathBuf;

/// What was refused, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refused {
    /// entity tag that the office gave it
    pub(crate) etag: String,
    /// serial of the bundle that was in force then: beside another one it may be fine
    pub(crate) beside: Option<u64>,
    /// how far the kiosk was with it
    pub(crate) state: State,
    /// what was wrong
    pub(crate) trouble: Trouble,
    /// the same in words
    pub(crate) said: String,
}

fn path(places: &Places) -> PathBuf {
    places.run().join("refused.json")
}

impl Refused {
    /// What would be refused again. After a boot it is fetched once more: another version may understand it.
    pub(crate) fn read(places: &Places) -> Option<Self> {
        let refused: Self = serde_json::from_str(&read_text(&path(places)).ok()?).ok()?;
        (refused.beside == apply::current(places)).then_some(refused)
    }

    /// Remembers it.
    pub(crate) fn write(&self, places: &Places, disk: &Disk<'_>) -> io::Result<()> {
        let text = serde_json::to_vec(self).map_err(io::Error::other)?;
        disk.replace(&path(places), &text, 0o444, None)
    }
}
