//! What is printed, and how its outcome is told.

use ticket_printer::JobId;
use visit::event::{Event, PrintJob, SessionId};
use visit::screen::{ReportTaken, TicketState};
use visit::technician::{Failure, Outcome, Test};

/// What is printed: a ticket, of which the ledger has journalled the intention; or a receipt or a technician's
/// test, which give nobody a number and may be printed again at will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// a ticket
    Ticket(PrintJob),
    /// a receipt for whoever is in this session
    Receipt(SessionId),
    /// a test ticket, for the technician's test of this name
    Test(SessionId),
    /// one that is to be read back
    Loop(SessionId),
    /// the short form of a readiness report, for whoever is in the room
    Report(SessionId),
}

impl Work {
    /// How the printer's proofs name it; `receipts` counts those. Numbers of a kiosk's jobs stay far
    /// below 2³¹.
    pub(super) fn id(self, receipts: u32) -> JobId {
        JobId::new(match self {
            Self::Ticket(job) => u32::try_from(job.0 & 0x7FFF_FFFF).unwrap_or_default(),
            Self::Receipt(_) | Self::Test(_) | Self::Loop(_) | Self::Report(_) => 0x8000_0000 | receipts,
        })
    }

    pub(super) fn event(self, told: TicketState) -> Event {
        match self {
            Self::Ticket(job) => Event::Ticket(job, told),
            Self::Receipt(session) => Event::Receipt(session, told),
            Self::Test(stay) => Event::Tried(stay, Test::Print, tested(told)),
            Self::Report(stay) => Event::ReportTaken(stay, report(told)),
            // Whether it came out, whoever has to lay it on the glass sees for himself.
            Self::Loop(stay) => match tested(told) {
                Outcome::Passed(_) | Outcome::Failed(Failure::Unproven) => Event::LoopPrinted(stay),
                failed => Event::Tried(stay, Test::Loop, failed),
            },
        }
    }
}

/// What a print state says of a report.
fn report(told: TicketState) -> ReportTaken {
    match told {
        TicketState::Printing => ReportTaken::Printing,
        TicketState::Printed => ReportTaken::Printed,
        TicketState::Sent | TicketState::Unknown(_) => ReportTaken::Unknown,
        TicketState::NotPrinted(_) => ReportTaken::NotPrinted,
    }
}

/// What a print state says of a test.
fn tested(told: TicketState) -> Outcome {
    match told {
        TicketState::Printed => Outcome::Passed(None),
        // The printer cannot say: somebody has to look.
        TicketState::Sent | TicketState::Printing | TicketState::Unknown(None) => {
            Outcome::Failed(Failure::Unproven)
        }
        TicketState::Unknown(Some(fault)) | TicketState::NotPrinted(Some(fault)) => {
            Outcome::Failed(Failure::Fault(fault))
        }
        TicketState::NotPrinted(None) => Outcome::Failed(Failure::Silent),
    }
}

/// What the owner was asked to print and whose outcome has not been told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnderWay {
    pub(super) work: Work,
    /// something of it may have left the kiosk
    pub(super) begun: bool,
}

/// Where the count of receipts begins: other than at the last start, as far as the clock goes on.
pub(super) fn first_receipt() -> u32 {
    let seconds = jiff::Timestamp::now().as_second();
    u32::try_from(seconds & 0x00FF_FFFF).unwrap_or_default() << 7
}
