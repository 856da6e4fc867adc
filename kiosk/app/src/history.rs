//! What is counted since the kiosk was put up, and what was wrong lately: kept over a restart.
//!
//! The loss of the last minute in a power cut harms nobody: numbers and documents are kept elsewhere, and not so.

use crate::kept::{self, Sync};
use jiff::civil::{Date, DateTime};
use metrics_page::Tickets;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use visit::fault::Fault;
use visit::technician::Past;

/// What is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct Kept {
    /// the version of the software that ran last
    version: String,
    /// it has not ended in order, or runs still
    runs: bool,
    printed: u64,
    unknown: u64,
    failed: u64,
    pages: u64,
    documents: u64,
    faults: BTreeMap<String, KeptPast>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct KeptPast {
    since: DateTime,
    days: BTreeMap<Date, u32>,
}

/// What was counted, and its file.
#[derive(Debug)]
pub struct History {
    path: PathBuf,
    kept: Kept,
    /// as it lies on the disk
    written: Kept,
}

/// How the program before this one ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Before {
    /// not in order
    pub uncleanly: bool,
    /// its version, if it was another
    pub other_version: Option<String>,
}

impl History {
    /// Goes on from what was kept before, for a program of this version; a file that cannot be read means to begin
    /// anew.
    pub fn begin(path: PathBuf, version: &str) -> (Self, Before) {
        let kept: Option<Kept> = kept::read(&path).unwrap_or_else(|error| {
            tracing::warn!(path = %path.display(), %error, "what was counted begins anew");
            None
        });
        let first = kept.is_none();
        let written = kept.unwrap_or_default();
        let before = Before {
            uncleanly: written.runs,
            other_version: (!first && written.version != version).then(|| written.version.clone()),
        };
        let kept = Kept { version: version.to_owned(), runs: true, ..written.clone() };
        (Self { path, kept, written }, before)
    }

    /// What became of tickets.
    pub fn tickets(&mut self, more: impl FnOnce(&mut Tickets)) {
        let mut tickets = self.all_tickets();
        more(&mut tickets);
        let Tickets { printed, unknown, failed } = tickets;
        (self.kept.printed, self.kept.unknown, self.kept.failed) = (printed, unknown, failed);
    }

    /// What became of all tickets.
    pub fn all_tickets(&self) -> Tickets {
        Tickets { printed: self.kept.printed, unknown: self.kept.unknown, failed: self.kept.failed }
    }

    /// A page was scanned.
    pub fn page(&mut self) {
        self.kept.pages = self.kept.pages.saturating_add(1);
    }

    /// All pages.
    pub fn pages(&self) -> u64 {
        self.kept.pages
    }

    /// The store has confirmed a document.
    pub fn document(&mut self) {
        self.kept.documents = self.kept.documents.saturating_add(1);
    }

    /// All documents that it has confirmed.
    pub fn documents(&self) -> u64 {
        self.kept.documents
    }

    /// What was wrong lately. A code that this version does not know is left out.
    pub fn past(&self) -> BTreeMap<Fault, Past> {
        let past = |(code, kept): (&String, &KeptPast)| {
            Some((Fault::parse(code)?, Past { since: kept.since, days: kept.days.clone() }))
        };
        self.kept.faults.iter().filter_map(past).collect()
    }

    /// Takes over what was wrong lately.
    pub fn remember(&mut self, past: &BTreeMap<Fault, Past>) {
        let kept = |(fault, past): (&Fault, &Past)| {
            (fault.code().to_owned(), KeptPast { since: past.since, days: past.days.clone() })
        };
        self.kept.faults = past.iter().map(kept).collect();
    }

    /// Something to write, if anything has changed: it may be done elsewhere, for it takes time.
    pub fn writing(&mut self) -> Option<impl FnOnce() + Send + 'static> {
        if self.kept == self.written {
            return None;
        }
        self.written = self.kept.clone();
        let (path, kept) = (self.path.clone(), self.kept.clone());
        Some(move || write(&path, &kept))
    }

    /// The program ends in order.
    pub fn end(&mut self) {
        self.kept.runs = false;
        write(&self.path, &self.kept);
    }
}

fn write(path: &Path, kept: &Kept) {
    if let Err(error) = kept::write(path, kept, Sync::Later) {
        tracing::warn!(path = %path.display(), %error, "what was counted could not be kept");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn what_was_counted_outlives_a_restart() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("history.json");
        let (mut history, before) = History::begin(path.clone(), "1.0.0");
        assert_eq!(before, Before { uncleanly: false, other_version: None }, "nothing is known of before");
        history.tickets(|tickets| tickets.printed += 2);
        history.page();
        history.document();
        let past = BTreeMap::from([(Fault::PaperOut, Past::begun(date(2026, 11, 26).at(9, 0, 0, 0)))]);
        history.remember(&past);
        history.writing().expect("something has changed")();
        assert!(history.writing().is_none());
        let (mut history, before) = History::begin(path.clone(), "1.0.0");
        assert_eq!(before, Before { uncleanly: true, other_version: None });
        assert_eq!((history.all_tickets().printed, history.pages(), history.documents()), (2, 1, 1));
        assert_eq!(history.past(), past);
        history.end();
        let (_, before) = History::begin(path, "1.0.1");
        assert_eq!(before, Before { uncleanly: false, other_version: Some("1.0.0".to_owned()) });
    }
}
