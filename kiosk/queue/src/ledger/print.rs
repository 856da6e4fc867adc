//! The journal of what was printed, as far as one can know.

use jiff::civil::DateTime;
use std::fmt;
use visit::screen::Language;

/// How many characters of evidence are kept with a print job.
pub const EVIDENCE_LENGTH: usize = 200;

/// How many print jobs one visit may have.
pub const REPRINTS: usize = 100;

/// One attempt to print a ticket; never given twice in a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PrintJobId(pub i64);

/// What is to be printed, journalled before anything is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TicketIntent {
    /// the language that the visitor reads; a reprint is in the same
    pub language: Language,
}

/// How far a print job has got. States follow the evidence (protocol notes, 3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PrintState {
    /// journalled; nothing has been sent
    Intended,
    /// journalled right before the first byte leaves
    Sent,
    /// the printer has proved it
    Confirmed,
    /// bytes may have left, and nothing proves either way; never reprinted without asking
    Unknown,
    /// it is certain that no byte left
    FailedBeforeSending,
}

impl PrintState {
    /// Every state.
    pub const ALL: [Self; 5] =
        [Self::Intended, Self::Sent, Self::Confirmed, Self::Unknown, Self::FailedBeforeSending];

    /// Whether a job may go from this state to `next`. A proof that arrives late still counts; what is
    /// proved or certain stays so.
    pub fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Intended, Self::Sent | Self::Unknown | Self::FailedBeforeSending)
                | (Self::Sent, Self::Confirmed | Self::Unknown)
                | (Self::Unknown, Self::Confirmed)
        )
    }

    /// The word a ledger keeps.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Intended => "intended",
            Self::Sent => "sent",
            Self::Confirmed => "confirmed",
            Self::Unknown => "unknown",
            Self::FailedBeforeSending => "failed-before-sending",
        }
    }

    /// Reads what [`PrintState::as_str`] gives.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

impl fmt::Display for PrintState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One print job of a visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintRecord {
    /// which job
    pub job: PrintJobId,
    /// what was to be printed
    pub ticket: TicketIntent,
    /// how far it has got
    pub state: PrintState,
    /// why one believes so
    pub evidence: String,
    /// when it was journalled
    pub intended_at: DateTime,
    /// when its state last changed
    pub changed_at: DateTime,
}

/// The print jobs of one visit, oldest first; at most [`REPRINTS`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrintHistory {
    /// the jobs
    pub jobs: Vec<PrintRecord>,
}

impl PrintHistory {
    /// Whether the visitor may hold a ticket already: then the next one is marked 补打.
    pub fn may_have_printed(&self) -> bool {
        self.jobs.iter().any(|job| job.state != PrintState::FailedBeforeSending)
    }

    /// The newest job.
    pub fn last(&self) -> Option<&PrintRecord> {
        self.jobs.last()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PrintState::*;

    #[test]
    fn the_legal_steps_are_these_and_no_others() {
        let legal = [
            (Intended, Sent),
            (Intended, Unknown),
            (Intended, FailedBeforeSending),
            (Sent, Confirmed),
            (Sent, Unknown),
            (Unknown, Confirmed),
        ];
        for from in PrintState::ALL {
            for to in PrintState::ALL {
                assert_eq!(from.may_become(to), legal.contains(&(from, to)), "{from} to {to}");
            }
            assert_eq!(PrintState::parse(from.as_str()), Some(from));
        }
        assert_eq!(PrintState::parse("printed"), None);
    }
}
