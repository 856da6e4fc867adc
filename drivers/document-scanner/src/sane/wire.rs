//! Where helpers come from.

use std::fmt;
use std::io;
use std::sync::Arc;

use tokio::process::Child;

use crate::record::{Crossings, NO_CONNECTION};
use crate::sane::program::HelperProgram;
use crate::wire::{Dial, Dialled, Notes, Stream};

/// The heading of the note that says how a helper ended that was not told to.
pub(crate) const ENDED: &str = "helper ended: ";

/// Starts helpers, or plays them.
#[derive(Clone)]
pub(crate) enum Helpers {
    /// Processes.
    Programs(HelperProgram),
    /// The same, with a recorder beside their pipes.
    Recorded(HelperProgram, Crossings),
    /// Something in memory that behaves like one, and for which nothing is waited.
    Memory(Arc<dyn Dial>),
}

/// A helper that was started.
pub(crate) struct Started {
    /// `None`: it is none but behaves like one.
    pub(crate) child: Option<Child>,
    pub(crate) pipes: Box<dyn Stream>,
}

impl Helpers {
    /// What messages call the helper.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Programs(program) | Self::Recorded(program, _) => program.program.display().to_string(),
            Self::Memory(_) => "memory".into(),
        }
    }

    /// Another helper.
    pub(crate) async fn start(&self) -> io::Result<Started> {
        let started = match self {
            Self::Programs(program) => program.start(),
            Self::Recorded(program, crossings) => program.start().map(|started| {
                let pipes = crossings.opened(started.pipes);
                Started { pipes, ..started }
            }),
            Self::Memory(dial) => match dial.dial() {
                Dialled::Stream(pipes) => Ok(Started { child: None, pipes }),
                Dialled::Refused(why) => Err(why),
                Dialled::Never => std::future::pending().await,
            },
        };
        if started.is_err() {
            self.note(NO_CONNECTION);
        }
        started
    }

    /// The driver notes something while a helper goes on.
    pub(crate) fn note_meanwhile(&self, note: &str) {
        match self {
            Self::Programs(_) => {}
            Self::Recorded(_, crossings) => crossings.note_meanwhile(note),
            Self::Memory(dial) => dial.note(note),
        }
    }

    /// The driver has waited long enough for a helper.
    pub(crate) fn timed_out(&self) {
        match self {
            Self::Programs(_) | Self::Memory(_) => {}
            Self::Recorded(_, crossings) => crossings.timed_out(),
        }
    }

    /// Whether the caller cancels here, as is known beforehand of what is played again.
    pub(crate) fn cancels(&self) -> bool {
        match self {
            Self::Programs(_) | Self::Recorded(..) => false,
            Self::Memory(dial) => dial.cancels(),
        }
    }

    /// How a helper ended that is none.
    pub(crate) fn told(&self) -> Option<String> {
        match self {
            Self::Programs(_) | Self::Recorded(..) => None,
            Self::Memory(dial) => dial.told(ENDED),
        }
    }

    /// A moment in which the driver waits for a process to end. Where there is none nothing is waited
    /// for; but the caller may have given up just here.
    pub(crate) async fn moment(&self) {
        if let Self::Memory(dial) = self
            && dial.drops()
        {
            std::future::pending::<()>().await;
        }
    }

    /// Whether helpers need time.
    pub(crate) fn takes_time(&self) -> bool {
        match self {
            Self::Programs(_) | Self::Recorded(..) => true,
            Self::Memory(_) => false,
        }
    }
}

impl Notes for Helpers {
    fn note(&self, note: &str) {
        match self {
            Self::Programs(_) => {}
            Self::Recorded(_, crossings) => crossings.note(note),
            Self::Memory(dial) => dial.note(note),
        }
    }
}

impl fmt::Debug for Helpers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Programs(program) => f.debug_tuple("Programs").field(program).finish(),
            Self::Recorded(program, _) => f.debug_tuple("Recorded").field(program).finish_non_exhaustive(),
            Self::Memory(_) => f.write_str("Memory"),
        }
    }
}
