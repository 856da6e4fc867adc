//! The printer's paper gauge, kept in a file so that what it learnt outlives the kiosk's restarts.

use crate::kept::{self, Sync};
use std::path::PathBuf;
use ticket_printer::{PaperGauge, Profile, Status};

/// A gauge and its file.
#[derive(Debug)]
pub struct KeptGauge {
    path: PathBuf,
    gauge: PaperGauge,
}

impl KeptGauge {
    /// Takes up what was learnt before; a file that cannot be read means to begin anew.
    pub fn open(path: PathBuf) -> Self {
        let gauge = kept::read(&path).unwrap_or_else(|error| {
            tracing::warn!(path = %path.display(), %error, "the paper gauge begins anew");
            None
        });
        Self { path, gauge: gauge.unwrap_or_else(PaperGauge::new) }
    }

    /// A ticket was printed, `dots` long.
    pub fn printed(&mut self, dots: u32) {
        self.change(|gauge| gauge.printed(dots));
    }

    /// The printer has said how it is.
    pub fn saw(&mut self, status: &Status) {
        self.change(|gauge| gauge.saw(status));
    }

    /// About how many tickets the roll still has room for; `None` while nobody can tell.
    pub fn tickets_left(&self, profile: &Profile) -> Option<u16> {
        self.gauge.tickets_left(profile).map(|left| u16::try_from(left).unwrap_or(u16::MAX))
    }

    /// A new roll was put in.
    pub fn new_roll(&mut self) {
        self.change(PaperGauge::new_roll);
    }

    fn change(&mut self, change: impl FnOnce(&mut PaperGauge)) {
        let before = self.gauge.clone();
        change(&mut self.gauge);
        if self.gauge != before
            && let Err(error) = kept::write(&self.path, &self.gauge, Sync::Later)
        {
            tracing::warn!(path = %self.path.display(), %error, "the paper gauge could not be kept");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_learnt_outlives_a_restart() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("printer").join("paper.json");
        let mut gauge = KeptGauge::open(path.clone());
        gauge.saw(&Status::from_auto([0x10, 0x00, 0x00, 0x00]));
        gauge.printed(900);
        gauge.saw(&Status::from_auto([0x10, 0x00, 0x03, 0x00]));
        assert_eq!(KeptGauge::open(path).gauge, gauge.gauge);
        assert_ne!(gauge.gauge, PaperGauge::new());
    }

    #[test]
    fn a_damaged_file_means_to_begin_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("paper.json");
        for content in [&b"{"[..], b"{\"since_new\": -1}", &[b' '; 300_000]] {
            std::fs::write(&path, content).expect("a file");
            assert_eq!(KeptGauge::open(path.clone()).gauge, PaperGauge::new());
        }
    }
}
