//! The printer's paper gauge, kept in a file so that what it learnt outlives the kiosk's restarts.

use std::io::Write;
use std::path::{Path, PathBuf};
use ticket_printer::{PaperGauge, Profile, Status};

/// The longest file that can be a gauge's, in bytes.
const LONGEST: u64 = 64 * 1024;

/// A gauge and its file.
#[derive(Debug)]
pub struct KeptGauge {
    path: PathBuf,
    gauge: PaperGauge,
}

impl KeptGauge {
    /// Takes up what was learnt before; a file that cannot be read means to begin anew.
    pub fn open(path: PathBuf) -> Self {
        let gauge = read(&path).unwrap_or_else(|why| {
            if let Some(why) = why {
                tracing::warn!(path = %path.display(), why, "the paper gauge begins anew");
            }
            PaperGauge::new()
        });
        Self { path, gauge }
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
            && let Err(error) = self.write()
        {
            tracing::warn!(path = %self.path.display(), %error, "the paper gauge could not be kept");
        }
    }

    /// Whole or not at all; not synced, for the loss of one ticket's length harms nobody.
    fn write(&self) -> std::io::Result<()> {
        let fresh = self.path.with_extension("new");
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::File::create(&fresh)?.write_all(&serde_json::to_vec(&self.gauge)?)?;
        std::fs::rename(fresh, &self.path)
    }
}

/// `Err(None)`: there is no file yet.
fn read(path: &Path) -> Result<PaperGauge, Option<String>> {
    let said = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => None,
        _ => Some(error.to_string()),
    };
    if std::fs::metadata(path).map_err(said)?.len() > LONGEST {
        return Err(Some("too long to be a gauge".to_owned()));
    }
    serde_json::from_slice(&std::fs::read(path).map_err(said)?).map_err(|error| Some(error.to_string()))
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
        for content in [&b"{"[..], b"{\"since_new\": -1}", &[b' '; 70_000]] {
            std::fs::write(&path, content).expect("a file");
            assert_eq!(KeptGauge::open(path.clone()).gauge, PaperGauge::new());
        }
    }
}
