//! `kiosk replay FILE`: performs a recording again, with the driver that made it.

use link::record::{Recording, RecordingError, ReplayError, Transcript};
use std::path::{Path, PathBuf};

/// The longest recording that is read, in bytes: many times what a recorder keeps.
const LONGEST: u64 = 16 << 20;

/// Why a recording cannot be performed.
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
    /// It is no text, as every recording is.
    #[error("recording {}: this is no recording; they lie in the folder recordings of kiosk.data", .0.display())]
    NoText(PathBuf),
    /// Its form is wrong.
    #[error("recording {}: {why}", path.display())]
    Form {
        /// which
        path: PathBuf,
        /// where and what
        why: RecordingError,
    },
    /// No driver of this kiosk made it.
    #[error("recording {}: made by a driver {driver:?} that this kiosk does not have", path.display())]
    Driver {
        /// which
        path: PathBuf,
        /// the driver it names
        driver: String,
    },
    /// The driver does not do the same again.
    #[error(
        "recording {}: {why}. Either the recording is damaged or of another version, or this is the defect \
         that is looked for",
        path.display()
    )]
    Differs {
        /// which
        path: PathBuf,
        /// where and how
        why: ReplayError,
    },
}

/// Reads a recording and performs it again.
///
/// # Errors
/// [`CannotReplay`].
pub fn replay(path: &Path) -> Result<Transcript, CannotReplay> {
    let file = |why| CannotReplay::File { path: path.to_owned(), why };
    if std::fs::metadata(path).map_err(file)?.len() > LONGEST {
        return Err(CannotReplay::TooLong(path.to_owned()));
    }
    let text = String::from_utf8(std::fs::read(path).map_err(file)?)
        .map_err(|_| CannotReplay::NoText(path.to_owned()))?;
    let recording =
        Recording::parse(&text).map_err(|why| CannotReplay::Form { path: path.to_owned(), why })?;
    let played = match recording.driver.as_str() {
        "id-reader" => id_reader::replay(&recording),
        "ticket-printer" => ticket_printer::replay(&recording),
        "document-scanner" => document_scanner::replay(&recording),
        "social-card" => social_card::replay(&recording),
        "code-scanner" => code_scanner::replay(&recording),
        "company-key" => company_key::replay(&recording),
        "staff-card" => staff_card::replay(&recording),
        driver => {
            return Err(CannotReplay::Driver { path: path.to_owned(), driver: driver.to_owned() });
        }
    };
    played.map_err(|why| CannotReplay::Differs { path: path.to_owned(), why })
}
