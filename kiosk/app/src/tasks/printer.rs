//! The ticket printer's owner: the only one who talks to it.
//!
//! The ledger has journalled the intention to print before this task hears of it. Each further state
//! is journalled before anyone is told; nothing is ever sent twice from here.

use crate::bus::{Bus, Health};
use crate::clock::Clock;
use crate::config::PrinterConfig;
use crate::device::Reopening;
use crate::paper::lay_out;
use link::{LinkError, SerialLink};
use queue::ledger::{Ledger, PrintJobId, PrintState};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use ticket_printer::{
    Encoder, Evidence, Fault as Said, FontFile, JobId, Outcome, Paper, PrintRefused, Printer, PrinterError,
    Profile, Status, Step, UnknownReason,
};
use tokio::runtime::Handle;
use visit::event::{Event, PrintJob};
use visit::fault::{Device, Fault};
use visit::screen::TicketState;
use visit::ticket::TicketContents;

/// How often an idle printer is asked how it is.
const HEALTH_EVERY: Duration = Duration::from_secs(1);
/// How long a preflight counts: the ticket it was made for follows within the time of one commit.
const FRESH: Duration = Duration::from_millis(500);

/// What the printer's owner is asked.
#[derive(Debug)]
pub enum Ask {
    /// a ticket is coming: ask the printer how it is
    Prepare,
    /// print
    Print(PrintJob, Box<TicketContents>),
}

/// What the owner needs beside the printer.
#[derive(Clone)]
pub struct Surroundings {
    /// where print states are journalled
    pub ledger: Arc<dyn Ledger>,
    /// to the desk
    pub bus: Bus,
    /// the hall's clock
    pub clock: Clock,
    /// to reach the ledger from this thread
    pub runtime: Handle,
    /// a ticket was cut off when the kiosk last stopped: the printer may wait for the rest of it
    pub cut_off: bool,
}

/// Owns the printer until nobody can ask for it any more.
pub fn run(config: &PrinterConfig, asks: &Receiver<Ask>, around: &Surroundings) {
    let profile = Profile { baud: config.baud, ..Profile::named(&config.profile) };
    // Without its font a ticket still comes out: 〓 stands for what the printer lacks.
    let font = FontFile::open(&config.font, FontFile::NOTO_SANS_CJK_SC)
        .inspect_err(|error| tracing::error!(%error, "ticket printer"))
        .ok();
    let mut owner = Owner {
        encoder: Encoder::new(profile.clone(), font),
        health: Health::new(Device::Printer, around.bus.clone()),
        reopening: Reopening::default(),
        printer: None,
        owed: if around.cut_off { Owed::Recovery } else { Owed::Nothing },
        prepared: None,
        profile,
        config: config.clone(),
        around: around.clone(),
    };
    let mut pause = Duration::ZERO;
    loop {
        pause = match asks.recv_timeout(pause) {
            Ok(Ask::Prepare) => owner.prepare(),
            Ok(Ask::Print(job, ticket)) => owner.print(job, &ticket),
            Err(RecvTimeoutError::Timeout) => owner.look_after(),
            Err(RecvTimeoutError::Disconnected) => return,
        };
    }
}

struct Owner {
    config: PrinterConfig,
    profile: Profile,
    encoder: Encoder,
    around: Surroundings,
    health: Health,
    reopening: Reopening,
    printer: Option<Printer<SerialLink>>,
    /// what must be done before the next ticket
    owed: Owed,
    /// when the printer last said that it can print
    prepared: Option<Instant>,
}

/// What a printer must be told, once it has no fault, before another ticket goes to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Owed {
    Nothing,
    /// something of an earlier ticket may lie on the paper uncut: the next visitor must not find it on
    /// his own
    Cut,
    /// besides, it may wait for the rest of a command
    Recovery,
}

impl Owner {
    /// Between tickets: is it there, and how is it?
    fn look_after(&mut self) -> Duration {
        if self.printer.is_none() {
            return match self.open() {
                Ok(()) => Duration::ZERO,
                Err(fault) => {
                    self.health.tell_blocking(vec![fault]);
                    self.reopening.pause()
                }
            };
        }
        let Some(printer) = &mut self.printer else { return Duration::ZERO };
        match printer.status() {
            Ok(status) => {
                self.health.tell_blocking(status_faults(&status));
                self.mend(status.fault()).map_or_else(|error| self.lost(&error), |()| HEALTH_EVERY)
            }
            Err(error) => self.lost(&error),
        }
    }

    /// Pays what is owed as soon as the printer has no fault. A cutter that was freed stays off line
    /// until the printer is told to go on.
    fn mend(&mut self, fault: Option<Said>) -> Result<(), PrinterError> {
        let Some(printer) = &mut self.printer else { return Ok(()) };
        match (fault, self.owed) {
            (Some(Said::Cutter | Said::Mechanical), _) => {
                self.owed = self.owed.max(Owed::Cut);
                printer.leave_error()
            }
            (Some(_), _) | (None, Owed::Nothing) => Ok(()),
            (None, owed) => {
                if owed == Owed::Recovery { printer.recover() } else { printer.init() }?;
                printer.abandon()?;
                self.owed = Owed::Nothing;
                Ok(())
            }
        }
    }

    /// Whether a ticket can go to the printer now; asked at once if that is not known already.
    fn ready(&mut self) -> Result<(), PrintRefused> {
        let prepared = self.prepared.take().is_some_and(|at| at.elapsed() < FRESH);
        let absent = || PrinterError::Link {
            device: self.config.port.display().to_string(),
            source: LinkError::NotFound(self.config.port.display().to_string()),
        };
        let printer = self.printer.as_mut().ok_or_else(absent)?;
        if prepared && self.owed == Owed::Nothing {
            return Ok(());
        }
        let status = printer.preflight()?;
        Ok(self.mend(status.fault())?)
    }

    fn prepare(&mut self) -> Duration {
        self.prepared = None;
        let Some(printer) = &mut self.printer else { return Duration::ZERO };
        if let Ok(status) = printer.preflight() {
            self.health.tell_blocking(status_faults(&status));
            self.prepared = Some(Instant::now());
        }
        HEALTH_EVERY
    }

    fn print(&mut self, job: PrintJob, contents: &TicketContents) -> Duration {
        let ticket = self.encoder.encode(&lay_out(contents));
        let ready = match self.ready() {
            // Switched off and on since it was last looked at: nothing has been sent yet, so it may be
            // opened again and asked once more.
            Err(PrintRefused::Printer(PrinterError::Link { source, .. })) if self.printer.is_some() => {
                tracing::warn!(%source, "ticket printer: opened again before a ticket");
                self.printer = None;
                // Whether or not that works, the answer is in `ready`.
                let _ = self.open();
                self.ready()
            }
            ready => ready,
        };
        let outcome = match (ready, &mut self.printer) {
            (Err(refused), _) => Outcome::FailedBeforeSending(refused),
            (Ok(()), None) => Outcome::FailedBeforeSending(PrintRefused::Fault(Said::Offline)),
            (Ok(()), Some(printer)) => {
                // From here on something lies on the paper until it is cut.
                self.owed = Owed::Cut;
                match printer.begin(&ticket.header) {
                    Err(error) => Outcome::FailedBeforeSending(error.into()),
                    Ok(()) => {
                        let around = &self.around;
                        // Fits: job numbers of a kiosk stay far below 2³².
                        let id = JobId::new(u32::try_from(job.0 & 0xFFFF_FFFF).unwrap_or_default());
                        printer.finish(&ticket.body, id, &mut |step| {
                            if step == Step::BytesSent {
                                around.journal(job, PrintState::Sent, "all bytes sent");
                            }
                        })
                    }
                }
            }
        };
        self.settle(job, outcome)
    }

    /// Journals how it ended, then tells.
    fn settle(&mut self, job: PrintJob, outcome: Outcome) -> Duration {
        let (journal, evidence, told) = match &outcome {
            // On paper, but the cut was not proven: it may hang in the printer.
            Outcome::Confirmed(evidence)
                if self.profile.has_cutter && *evidence < Evidence::ProcessIdAfterCut =>
            {
                (Some(PrintState::Unknown), format!("{evidence:?}"), TicketState::Unknown(None))
            }
            Outcome::Confirmed(evidence) => {
                (Some(PrintState::Confirmed), format!("{evidence:?}"), TicketState::Printed)
            }
            Outcome::Sent(evidence) => (None, format!("{evidence:?}"), TicketState::Sent),
            Outcome::Unknown(evidence, why) => (
                Some(PrintState::Unknown),
                format!("{evidence:?}: {why}"),
                TicketState::Unknown(unknown_fault(why)),
            ),
            Outcome::FailedBeforeSending(why) => (
                Some(PrintState::FailedBeforeSending),
                why.to_string(),
                TicketState::NotPrinted(Some(refused_fault(why))),
            ),
        };
        tracing::info!(job = job.0, evidence, ?told, "ticket");
        if let Some(state) = journal {
            self.around.journal(job, state, &evidence);
        }
        self.around.bus.send_blocking(Event::Ticket(job, told));
        match outcome {
            // Its own cut is on its way, or was made.
            Outcome::Confirmed(Evidence::ProcessIdAfterCut) | Outcome::Sent(_) => self.owed = Owed::Nothing,
            Outcome::Unknown(_, UnknownReason::Printer(error))
            | Outcome::FailedBeforeSending(PrintRefused::Printer(error))
                if self.printer.is_some() =>
            {
                return self.lost(&error);
            }
            Outcome::Unknown(Evidence::SendStarted, _) => {
                // Half a command may lie in the printer's buffer.
                self.owed = Owed::Recovery;
                self.printer = None;
            }
            _ => {}
        }
        Duration::ZERO
    }

    fn open(&mut self) -> Result<(), Fault> {
        let port = self.config.port.display().to_string();
        let link = SerialLink::open(&port, self.config.baud).map_err(|e| link_fault(&e))?;
        let mut printer = Printer::new(link, self.profile.clone());
        let ready = printer.status().and_then(|status| {
            if status.fault().is_none() {
                printer.init()?;
            }
            Ok(status)
        });
        match ready {
            Ok(status) => {
                if status.fault().is_some() {
                    // It will be put into order once the fault has gone.
                    self.owed = self.owed.max(Owed::Cut);
                }
                tracing::info!(port, "ticket printer: ready");
                self.reopening.worked();
                self.health.tell_blocking(status_faults(&status));
                self.printer = Some(printer);
                // Whoever printed last may have been stopped in the middle of a command: this process
                // at its first look, or the connection that just broke.
                self.mend(status.fault()).map_err(|error| printer_fault(&error))
            }
            Err(error) => {
                tracing::debug!(%error, "ticket printer");
                Err(printer_fault(&error))
            }
        }
    }

    fn lost(&mut self, error: &PrinterError) -> Duration {
        tracing::warn!(%error, "ticket printer");
        self.owed = Owed::Recovery;
        self.printer = None;
        self.health.tell_blocking(vec![printer_fault(error)]);
        self.reopening.pause()
    }
}

impl Surroundings {
    /// Writes a print state down. What cannot be written stays as it was, and becomes unknown at the
    /// next start: never better than it is.
    fn journal(&self, job: PrintJob, state: PrintState, evidence: &str) {
        let at = self.clock.now().wall;
        let written = self.runtime.block_on(self.ledger.print_state(PrintJobId(job.0), state, evidence, at));
        if let Err(error) = written {
            tracing::error!(%error, job = job.0, "a print state could not be journalled");
        }
    }
}

fn status_faults(status: &Status) -> Vec<Fault> {
    let low = (status.paper == Paper::Low).then_some(Fault::PaperLow);
    status.fault().map(said_fault).into_iter().chain(low).collect()
}

fn said_fault(said: Said) -> Fault {
    match said {
        Said::PaperOut => Fault::PaperOut,
        Said::CoverOpen => Fault::CoverOpen,
        Said::Cutter => Fault::CutterJammed,
        Said::HeadHot => Fault::HeadHot,
        Said::Mechanical | Said::Unrecoverable | Said::Unnamed => Fault::PrinterMechanism,
        Said::WaitingForButton | Said::Offline => Fault::PrinterOffline,
    }
}

fn printer_fault(error: &PrinterError) -> Fault {
    match error {
        PrinterError::Link { source, .. } => link_fault(source),
        PrinterError::NoAnswer { .. } | PrinterError::Stalled { .. } | PrinterError::NeedsRecovery { .. } => {
            Fault::PrinterSilent
        }
    }
}

fn link_fault(error: &LinkError) -> Fault {
    match error {
        LinkError::NotFound(_) | LinkError::HungUp | LinkError::NotPermitted(_) | LinkError::Busy(_) => {
            Fault::PrinterAbsent
        }
        LinkError::Timeout { .. } | LinkError::Io(_) => Fault::PrinterSilent,
    }
}

fn refused_fault(why: &PrintRefused) -> Fault {
    match why {
        PrintRefused::Fault(said) => said_fault(*said),
        PrintRefused::Printer(error) => printer_fault(error),
    }
}

fn unknown_fault(why: &UnknownReason) -> Option<Fault> {
    match why {
        UnknownReason::Fault(said) => Some(said_fault(*said)),
        UnknownReason::NoReply { .. } => None,
        UnknownReason::Printer(error) => Some(printer_fault(error)),
    }
}
