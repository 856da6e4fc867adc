//! `kiosk replay FILE`: performs again what crossed devices' lines, each with the driver that recorded it.

use capsule::{Capsule, ReadError};
use link::record::{Recording, RecordingError, ReplayError, Transcript};
use std::fmt;
use std::path::{Path, PathBuf};

/// The longest recording that is read, in bytes: many times what a recorder keeps.
const LONGEST: u64 = 16 << 20;

/// Why a file cannot be performed.
#[derive(Debug, thiserror::Error)]
pub enum CannotReplay {
    /// The file.
    #[error("recording {}: {why}", path.display())]
    File {
        /// which
        path: PathBuf,
        /// what the system said
        why: std::io::Error,
    },
    /// It is too long to be one.
    #[error("recording {}: longer than any recording; is this the right file?", .0.display())]
    TooLong(PathBuf),
    /// It is no text, as every capsule and recording is.
    #[error("recording {}: this is neither a capsule nor a recording; capsules lie in the folder capsules of kiosk.data", .0.display())]
    NoText(PathBuf),
    /// Its form is wrong.
    #[error("recording {}: {why}", path.display())]
    Form {
        /// which
        path: PathBuf,
        /// where and what
        why: RecordingError,
    },
    /// A capsule, and it cannot be read.
    #[error(transparent)]
    Capsule(#[from] ReadError),
}

/// Why a recording is not the same again.
#[derive(Debug, thiserror::Error)]
pub enum NotTheSame {
    /// No driver of this kiosk made it.
    #[error("made by a driver that this kiosk does not have")]
    Driver,
    /// The driver does something else.
    #[error("{0}")]
    Differs(#[from] ReplayError),
    /// The driver panicked.
    #[error("the driver panicked")]
    Panicked,
}

/// What came of one recording.
#[derive(Debug)]
pub struct Performed {
    /// the driver that recorded it
    pub driver: String,
    /// the calls that were performed, or where they differ
    pub outcome: Result<Transcript, NotTheSame>,
}

/// Calls that were performed, if there are any, and then in one line what came of it.
impl fmt::Display for Performed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let driver = &self.driver;
        match &self.outcome {
            Ok(played) => {
                for call in &played.calls {
                    writeln!(f, "  {call}")?;
                }
                let Transcript { calls, to_device, from_device } = played;
                let calls = calls.len();
                write!(
                    f,
                    "{driver}: the same again: {calls} calls, {to_device} bytes to the device, {from_device} from it"
                )
            }
            Err(why) => write!(f, "{driver}: NOT the same again: {why}"),
        }
    }
}

/// Reads a capsule or a recording, and performs all that is in it again.
///
/// # Errors
/// [`CannotReplay`], when it cannot be read. What is not the same again is no error of this.
pub fn replay(path: &Path) -> Result<Vec<Performed>, CannotReplay> {
    Ok(read(path)?.iter().map(perform).collect())
}

fn read(path: &Path) -> Result<Vec<Recording>, CannotReplay> {
    let file = |why| CannotReplay::File { path: path.to_owned(), why };
    if std::fs::metadata(path).map_err(file)?.len() > LONGEST {
        return Err(CannotReplay::TooLong(path.to_owned()));
    }
    let bytes = std::fs::read(path).map_err(file)?;
    if capsule::is_capsule(&bytes) {
        let form = |why| ReadError::Form { path: path.to_owned(), why };
        let capsule = Capsule::parse(&bytes).map_err(form)?;
        return Ok(capsule.recordings.into_iter().map(|one| one.recording).collect());
    }
    let text = String::from_utf8(bytes).map_err(|_| CannotReplay::NoText(path.to_owned()))?;
    let form = |why| CannotReplay::Form { path: path.to_owned(), why };
    Ok(vec![Recording::parse(&text).map_err(form)?])
}

fn perform(recording: &Recording) -> Performed {
    let driver = recording.driver.clone();
    // What is replayed may be what a driver panicked at.
    let played = std::panic::catch_unwind(|| with_driver(recording));
    Performed { driver, outcome: played.unwrap_or(Err(NotTheSame::Panicked)) }
}

fn with_driver(recording: &Recording) -> Result<Transcript, NotTheSame> {
    let replay = match recording.driver.as_str() {
        "id-reader" => id_reader::replay,
        "ticket-printer" => ticket_printer::replay,
        "document-scanner" => document_scanner::replay,
        "social-card" => social_card::replay,
        "code-scanner" => code_scanner::replay,
        "company-key" => company_key::replay,
        "staff-card" => staff_card::replay,
        _ => return Err(NotTheSame::Driver),
    };
    Ok(replay(recording)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(text.as_bytes()).expect("written");
        file
    }

    fn recording(driver: &str) -> String {
        format!(
            "onedoor-recording 1\ndriver {driver}\nprofile generic\nlink l\nfault R03\n\n+0.000000 ! opened\n"
        )
    }

    #[test]
    fn a_single_recording_is_performed() {
        let performed = replay(file(&recording("id-reader")).path()).expect("read");
        let said: Vec<String> = performed.iter().map(ToString::to_string).collect();
        assert_eq!(said, ["id-reader: the same again: 0 calls, 0 bytes to the device, 0 from it"]);
    }

    #[test]
    fn what_is_not_the_same_is_said() {
        let unknown = recording("id-reader") + "+0.100000 # call dance now\n";
        for (text, said) in [
            (recording("x-ray"), "x-ray: NOT the same again: made by a driver that this kiosk does not have"),
            (unknown, "id-reader: NOT the same again: at +100ms: the driver has no call “dance now”"),
        ] {
            let performed = replay(file(&text).path()).expect("read");
            assert_eq!(performed[0].to_string(), said);
        }
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for (text, said) in [
            ("onedoor-capsule 1\nversion 0.1.0\n", "its last line is no seal"),
            ("onedoor-recording 1\n", "line 2"),
            ("", "line 1"),
        ] {
            let file = file(text);
            let error = replay(file.path()).expect_err("refused").to_string();
            assert!(error.contains(said) && error.contains(&file.path().display().to_string()), "{error}");
        }
    }
}
