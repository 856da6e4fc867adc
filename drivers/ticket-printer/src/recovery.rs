//! The way back from each trouble, as a ladder: what costs least first, and never a ticket twice.
//!
//! | trouble | rungs, in this order |
//! |---|---|
//! | no paper, cover open, waits for its button | people; initialise |
//! | cutter, mechanics | people; leave the error (DLE ENQ 2, or 1 when only the cut is missing); off and on; service |
//! | head too hot, paper fed by hand | wait |
//! | off line | wait; initialise; off and on; service |
//! | error without a name | leave the error; clear; resynchronise; off and on; service |
//! | broken, supply | off and on; service |
//! | says nothing | wait; resynchronise; reopen; reset the port; off and on; service |
//! | transfer broken off | clear, where it can; resynchronise; reopen; reset the port; off and on; service |
//! | connection gone | reopen; reset the port; off and on; service |
//!
//! Rungs that a model does not know (its [`Profile`] says so) are left out.

use crate::error::{Fault, PrinterError};
use crate::profile::Profile;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It says so itself.
    Fault(Fault),
    /// It does not answer.
    Silent,
    /// A transfer was broken off: it may wait for the rest of a command.
    BrokenOff,
    /// The connection has gone.
    Gone,
}

/// What the printer may still hold of the ticket that was under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Perhaps a number: it must not come out by itself once its visitor has gone.
    Ticket,
    /// Its text is on paper, and the visitor still stands there: only the cut is missing.
    OnlyTheCut,
}

/// One step of the way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rung {
    /// Ask again: it ends by itself.
    Wait,
    /// People remove the cause; the fault says which.
    People,
    /// Send something: [`Printer::apply`](crate::Printer::apply).
    Send(Remedy),
    /// Open the connection again.
    Reopen,
    /// Reset the port it hangs on.
    ResetPort,
    /// People switch it off and on.
    PowerCycle,
    /// Nothing a kiosk or its staff can do is left.
    Service,
}

/// What can be sent to a printer to bring it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// DLE ENQ 1: leave the error and go on printing where it occurred.
    GoOn,
    /// DLE ENQ 2: leave the error and forget what was still to be printed.
    LeaveError,
    /// DLE DC4 8: empty both buffers, and say when that is done.
    Clear,
    /// Zeros that end any half-received command, then the power-up state.
    Resynchronise,
    /// ESC @: the power-up state.
    Initialise,
}

impl Remedy {
    /// Every remedy.
    pub const ALL: [Remedy; 5] =
        [Remedy::GoOn, Remedy::LeaveError, Remedy::Clear, Remedy::Resynchronise, Remedy::Initialise];

    /// What a recording calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Remedy::GoOn => "go-on",
            Remedy::LeaveError => "leave-error",
            Remedy::Clear => "clear",
            Remedy::Resynchronise => "resynchronise",
            Remedy::Initialise => "initialise",
        }
    }
}

impl Rung {
    /// How often it is tried before the next one.
    pub const fn tries(self) -> u32 {
        match self {
            Rung::Wait => 5,
            // As long as it takes: they are asked by the screen.
            Rung::People | Rung::Service => u32::MAX,
            Rung::Send(Remedy::GoOn | Remedy::LeaveError) => 3,
            Rung::Send(Remedy::Clear | Remedy::Resynchronise | Remedy::Initialise) => 1,
            Rung::Reopen => 3,
            Rung::ResetPort => 2,
            Rung::PowerCycle => u32::MAX,
        }
    }
}

/// The rungs from a trouble, lowest first.
pub fn rungs(trouble: Trouble, holds: Holds, profile: &Profile) -> Vec<Rung> {
    use Rung::{People, PowerCycle, Reopen, ResetPort, Send, Service, Wait};
    let leave = match holds {
        Holds::OnlyTheCut => Remedy::GoOn,
        Holds::Ticket => Remedy::LeaveError,
    };
    let mut rungs = match trouble {
        Trouble::Fault(Fault::PaperOut | Fault::CoverOpen | Fault::WaitingForButton) => {
            vec![People, Send(Remedy::Initialise)]
        }
        Trouble::Fault(Fault::Cutter | Fault::Mechanical) => {
            vec![People, Send(leave), PowerCycle, Service]
        }
        Trouble::Fault(Fault::HeadHot | Fault::Feeding) => vec![Wait],
        Trouble::Fault(Fault::Offline) => vec![Wait, Send(Remedy::Initialise), PowerCycle, Service],
        Trouble::Fault(Fault::Unnamed) => vec![
            Send(Remedy::LeaveError),
            Send(Remedy::Clear),
            Send(Remedy::Resynchronise),
            PowerCycle,
            Service,
        ],
        Trouble::Fault(Fault::Unrecoverable | Fault::Supply) => vec![PowerCycle, Service],
        Trouble::Silent => {
            vec![Wait, Send(Remedy::Resynchronise), Reopen, ResetPort, PowerCycle, Service]
        }
        Trouble::BrokenOff => {
            vec![Send(Remedy::Clear), Send(Remedy::Resynchronise), Reopen, ResetPort, PowerCycle, Service]
        }
        Trouble::Gone => vec![Reopen, ResetPort, PowerCycle, Service],
    };
    rungs.retain(|rung| match rung {
        Send(Remedy::GoOn | Remedy::LeaveError) => profile.has_enquiry,
        Send(Remedy::Clear) => profile.has_clear,
        Send(Remedy::Resynchronise | Remedy::Initialise) => true,
        Wait | People | Reopen | ResetPort | PowerCycle | Service => true,
    });
    rungs
}

/// Where its owner stands on the ladder. It climbs one rung after as many tries as that rung is worth,
/// and stays on the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ladder {
    trouble: Trouble,
    rungs: Vec<Rung>,
    at: usize,
    tried: u32,
}

impl Ladder {
    /// At the foot of the ladder.
    pub fn new(trouble: Trouble, holds: Holds, profile: &Profile) -> Self {
        Ladder { trouble, rungs: rungs(trouble, holds, profile), at: 0, tried: 0 }
    }

    /// What it leads out of.
    pub fn trouble(&self) -> Trouble {
        self.trouble
    }

    /// What is to be done next.
    pub fn rung(&self) -> Rung {
        // No ladder is without rungs: each trouble has one that every model knows.
        self.rungs.get(self.at).copied().unwrap_or(Rung::Service)
    }

    /// It was tried, and the trouble is still there.
    pub fn did_not_help(&mut self) {
        self.tried = self.tried.saturating_add(1);
        if self.tried >= self.rung().tries() {
            self.climb();
        }
    }

    /// People say that they have done their part: on to the next rung at once.
    pub fn people_are_done(&mut self) {
        if matches!(self.rung(), Rung::People | Rung::PowerCycle) {
            self.climb();
        }
    }

    fn climb(&mut self) {
        if self.at + 1 < self.rungs.len() {
            self.at += 1;
            self.tried = 0;
        }
    }
}

/// The trouble behind an error between the kiosk and the printer.
impl From<&PrinterError> for Trouble {
    fn from(error: &PrinterError) -> Self {
        match error {
            PrinterError::NoAnswer { .. } => Trouble::Silent,
            PrinterError::Stalled { .. }
            | PrinterError::NeedsRecovery { .. }
            | PrinterError::NotCleared { .. } => Trouble::BrokenOff,
            PrinterError::Link { .. } => Trouble::Gone,
        }
    }
}

#[cfg(test)]
mod tests;
