//! What can go wrong with the code scanner, and what to do next.

use link::LinkError;

/// Something went wrong with the code scanner.
#[derive(Debug, thiserror::Error)]
#[error("code scanner ({scanner}): {fault}")]
pub struct CodeError {
    /// Which scanner: its model and where it is connected.
    pub scanner: String,
    /// What happened.
    #[source]
    pub fault: CodeFault,
}

/// What happened to the scanner or to a code. Nothing here holds a byte of a code.
#[derive(Debug, thiserror::Error)]
pub enum CodeFault {
    /// The connection itself failed.
    #[error("{0}; open the port again, and if that fails check cable and power")]
    Link(#[source] LinkError),
    /// A line was longer than any code; it was thrown away whole.
    #[error(
        "more than {longest} bytes without an end of line; scan the code again, and if that fails set the \
         scanner to end codes with CR"
    )]
    TooLong {
        /// the profile's limit, bytes
        longest: usize,
    },
    /// A line held control bytes; it was thrown away whole.
    #[error(
        "control bytes in a code; scan it again, and if that fails check the scanner's speed, cable and \
         terminator"
    )]
    ControlBytes,
    /// A line was no UTF-8 text; it was thrown away whole.
    #[error("a code is no text; scan it again, and if that fails set the scanner to UTF-8")]
    NotText,
    /// Bytes came and then stopped without an end of line; they were thrown away.
    #[error(
        "a code broke off after {bytes} bytes; scan it again, and if that fails set the scanner to end codes \
         with CR"
    )]
    Unterminated {
        /// how many bytes had come
        bytes: usize,
    },
}

/// What to do after a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// Open the connection again and make a new scanner of it.
    Reopen,
    /// Ask the visitor to show the code again. When every scan ends so, the scanner's settings are
    /// wrong: tell the staff.
    ScanAgain,
}

impl CodeFault {
    /// How it is noted in a recording.
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Self::Link(_) => "= link",
            Self::TooLong { .. } => "= too-long",
            Self::ControlBytes => "= control-bytes",
            Self::NotText => "= not-text",
            Self::Unterminated { .. } => "= unterminated",
        }
    }

    /// What to do next.
    #[must_use]
    pub fn next_step(&self) -> NextStep {
        match self {
            Self::Link(_) => NextStep::Reopen,
            Self::TooLong { .. } | Self::ControlBytes | Self::NotText | Self::Unterminated { .. } => {
                NextStep::ScanAgain
            }
        }
    }
}
