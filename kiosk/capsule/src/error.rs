//! Why something is no capsule.

use crate::LONGEST;
use std::path::PathBuf;

/// Why bytes are no capsule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CapsuleError {
    /// They begin as none does.
    #[error("this is no capsule; they lie in the folder capsules of kiosk.data")]
    NoCapsule,
    /// A form that this program does not know.
    #[error("a capsule of another form than this program knows; use the software that made it, or newer")]
    OtherForm,
    /// More bytes than any capsule has.
    #[error("longer than any capsule: more than {LONGEST} bytes")]
    TooLong,
    /// The last line is not the seal.
    #[error("its last line is no seal (sha256 …): the file is cut short, or was changed")]
    NoSeal,
    /// The seal is that of other bytes.
    #[error("its seal does not fit: the file is damaged, or was changed")]
    Damaged,
    /// A line is not what it should be.
    #[error("line {line}: {wanted}")]
    Line {
        /// which line, counted from 1
        line: usize,
        /// what should stand there
        wanted: &'static str,
    },
}

/// Why a file cannot be read as a capsule.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file.
    #[error("capsule {}: {why}", path.display())]
    File {
        /// which
        path: PathBuf,
        /// what the system said
        why: std::io::Error,
    },
    /// What is in it.
    #[error("capsule {}: {why}", path.display())]
    Form {
        /// which
        path: PathBuf,
        /// where and what
        why: CapsuleError,
    },
}
