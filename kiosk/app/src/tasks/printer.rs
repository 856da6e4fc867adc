//! The ticket printer's owner: the only one who talks to it.
//!
//! The ledger has journalled the intention to print before this task hears of it. Each further state
//! is journalled before anyone is told; nothing is ever sent twice from here.

mod surroundings;
mod work;

pub use surroundings::Surroundings;
pub use work::UnderWay;

use crate::bus::{Health, Identity};
use crate::config::PrinterConfig;
use crate::counters::{KeptCounters, Printed};
use crate::device::{Line, Wire, reopening};
use crate::faults::printer::{printer_fault, refused_fault, status_faults, unknown_fault};
use crate::gauge::KeptGauge;
use crate::paper;
use crate::report::Made;
use crate::tasks::technician::LoopTicket;
use link::record::Recorder;
use link::{Backoff, LinkError};
use log_book::Event as Happened;
use log_book::field::Word;
use queue::ledger::PrintState;
use std::iter;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use ticket_printer::{
    Encoder, Evidence, Fault as Said, FontFile, Holds, Ladder, Outcome, PrintRefused, Printer, PrinterError,
    Profile, Proofs, Remedy, Rung, Status, Step, Ticket, TicketRedactor, Trouble, UnknownReason,
};
use visit::event::{Event, PrintJob, SessionId};
use visit::fault::Fault;
use visit::screen::TicketState;
use visit::technician::{Failure, Test};
use visit::ticket::{ReceiptContents, TicketContents};
use work::{Work, first_receipt};

/// How often an idle printer is asked how it is.
const HEALTH_EVERY: Duration = Duration::from_millis(500);
/// How long a preflight counts: the ticket it was made for follows within the time of one commit.
const FRESH: Duration = Duration::from_millis(500);
/// How long a ticket of which nothing has been sent waits for a printer that says nothing: a visitor
/// rather waits a moment than for somebody to mend what is not broken; and one that comes out later lies
/// there for the next.
const WAITED_FOR: Duration = Duration::from_secs(3);

/// What the printer's owner is asked.
#[derive(Debug)]
pub enum Ask {
    /// a ticket is coming: ask the printer how it is
    Prepare,
    /// print a ticket
    Print(PrintJob, Box<TicketContents>),
    /// print a receipt for whoever is in this session
    Receipt(SessionId, Box<ReceiptContents>),
    /// print a test ticket, for the technician's test of this name
    Test(SessionId),
    /// print a test ticket that is to be read back, for the technician's test of this name, and lend its layout
    Loop(SessionId, LoopTicket),
    /// print the short form of a readiness report for whoever is in the room
    Report(SessionId, Arc<Made>),
    /// ask the printer who it is
    Identify,
    /// tell the technician what was used up
    Counters(SessionId),
    /// a new roll is in the printer
    NewRoll(SessionId),
}

/// Owns the printer until nobody can ask for it any more.
///
/// `under_way` outlives it, `None` at first: an owner that is started again after a panic first says
/// what became of the ticket of the one before.
pub fn run(
    config: &PrinterConfig,
    asks: &Receiver<Ask>,
    under_way: &mut Option<UnderWay>,
    around: &Surroundings,
    health: &mut Health,
) {
    if let Some(left) = under_way.take() {
        around.give_up(left);
    }
    let profile = Profile { baud: config.baud, ..Profile::named(&config.profile) };
    // Without its font a ticket still comes out: 〓 stands for what the printer lacks.
    let font = FontFile::open(&config.font, FontFile::NOTO_SANS_CJK_SC)
        .inspect_err(|error| tracing::error!(%error, "ticket printer"))
        .ok();
    let recorder = Recorder::new(ticket_printer::DRIVER, &profile.model, TicketRedactor::new(profile.status));
    health.record(recorder.clone());
    let mut owner = Owner {
        standing: font.is_none().then_some(Fault::FontMissing).into_iter().collect(),
        encoder: Encoder::new(profile.clone(), font),
        health,
        lost_to: None,
        line: Line::new(config.port.clone(), config.baud, recorder),
        backoff: reopening(),
        gauge: KeptGauge::open(around.gauge.clone()),
        counters: KeptCounters::open(around.gauge.with_file_name("counters.json")),
        tickets_left: None,
        ladder: None,
        printer: None,
        owed: if around.cut_off || around.receipt_mark.exists() { Owed::Recovery } else { Owed::Nothing },
        receipts: first_receipt(),
        prepared: None,
        under_way,
        promised: profile.clone(),
        profile,
        around: around.clone(),
    };
    let mut pause = Duration::ZERO;
    loop {
        pause = match asks.recv_timeout(pause) {
            Ok(Ask::Prepare) => owner.prepare(),
            Ok(Ask::Print(job, ticket)) => owner.print(Work::Ticket(job), &paper::lay_out(&ticket)),
            Ok(Ask::Receipt(session, receipt)) => {
                owner.print(Work::Receipt(session), &paper::lay_out_receipt(&receipt))
            }
            Ok(Ask::Test(stay)) => {
                let at = owner.around.clock.now().wall;
                owner.print(Work::Test(stay), &paper::lay_out_test(at))
            }
            Ok(Ask::Loop(stay, ticket)) => owner.print_loop(stay, &ticket),
            Ok(Ask::Report(stay, made)) => {
                let (kiosk, at) = (owner.around.kiosk.clone(), owner.around.clock.now().wall);
                let laid_out = paper::lay_out_report(&kiosk, &made, at);
                owner.print(Work::Report(stay), &laid_out)
            }
            Ok(Ask::Identify) => owner.identify(),
            Ok(Ask::Counters(stay)) => owner.tell_counters(stay),
            Ok(Ask::NewRoll(stay)) => owner.new_roll(stay),
            Err(RecvTimeoutError::Timeout) => owner.look_after(),
            Err(RecvTimeoutError::Disconnected) => return,
        };
    }
}

struct Owner<'a> {
    line: Line,
    /// what is known of its model
    promised: Profile,
    /// the same, as far as it has kept it since it was opened
    profile: Profile,
    encoder: Encoder,
    around: Surroundings,
    health: &'a mut Health,
    /// what keeps the kiosk from speaking to it, while something does
    lost_to: Option<Fault>,
    backoff: Backoff,
    gauge: KeptGauge,
    counters: KeptCounters,
    /// what the desk was told of the paper
    tickets_left: Option<u16>,
    /// the way back, while the printer cannot be spoken to
    ladder: Option<Ladder>,
    printer: Option<Printer<Wire>>,
    under_way: &'a mut Option<UnderWay>,
    /// what must be done before the next ticket
    owed: Owed,
    /// counts receipts, so that the printer's proof of one is never taken for another's
    receipts: u32,
    /// when the printer last said that it can print
    prepared: Option<Instant>,
    /// what is wrong until somebody sees to it, whatever the printer says
    standing: Vec<Fault>,
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

impl Owner<'_> {
    /// Between tickets: is it there, and how is it?
    fn look_after(&mut self) -> Duration {
        if self.printer.is_none() {
            return match self.open() {
                Ok(()) => Duration::ZERO,
                Err(error) => self.lost(&error),
            };
        }
        let Some(printer) = &mut self.printer else { return Duration::ZERO };
        match printer.status() {
            // Well is who has been put in order.
            Ok(status) => match self.mend(status.fault()) {
                Ok(()) => {
                    self.well(&status);
                    HEALTH_EVERY
                }
                Err(error) => self.lost(&error),
            },
            Err(error) => self.lost(&error),
        }
    }

    /// It answers: what it says is wrong, and what is wrong anyway.
    fn well(&mut self, status: &Status) {
        if let Some(ladder) = self.ladder.take() {
            self.log_remedy(ladder.rung(), true);
        }
        if self.lost_to.take().is_some() {
            self.believe();
        }
        self.backoff.reset();
        self.gauge.saw(status);
        self.tell_paper();
        let said = status_faults(status).into_iter().chain(self.standing.iter().copied());
        self.health.tell_blocking(said.collect());
    }

    fn tell_paper(&mut self) {
        let left = self.gauge.tickets_left(&self.profile);
        if self.tickets_left != left {
            self.tickets_left = left;
            self.around.bus.send_blocking(Event::TicketsLeft(left));
        }
    }

    /// Pays what is owed as soon as the printer has no fault. A cutter that was freed stays off line
    /// until the printer is told to go on.
    fn mend(&mut self, fault: Option<Said>) -> Result<(), PrinterError> {
        let Some(printer) = &mut self.printer else { return Ok(()) };
        match (fault, self.owed) {
            (Some(Said::Cutter | Said::Mechanical | Said::Unnamed), _) => {
                self.owed = self.owed.max(Owed::Cut);
                if self.profile.has_enquiry { printer.apply(Remedy::LeaveError) } else { Ok(()) }
            }
            (Some(_), _) | (None, Owed::Nothing) => Ok(()),
            (None, owed) => {
                if owed == Owed::Recovery {
                    printer.recover()?;
                    // Answered once the printer has taken what ends a broken command.
                    printer.status()?;
                } else {
                    printer.init()?;
                }
                printer.abandon()?;
                self.paid();
                Ok(())
            }
        }
    }

    /// Nothing hangs out of it any more.
    fn paid(&mut self) {
        self.owed = Owed::Nothing;
        self.around.unmark_receipt();
    }

    /// Whether a ticket can go to the printer now; asked at once if that is not known already.
    fn ready(&mut self, until: Instant) -> Result<(), PrintRefused> {
        let prepared = self.prepared.take().is_some_and(|at| at.elapsed() < FRESH);
        let device = self.line.to_string();
        let absent =
            || PrinterError::Link { source: LinkError::NotFound(device.clone()), device: device.clone() };
        let printer = self.printer.as_mut().ok_or_else(absent)?;
        if prepared && self.owed == Owed::Nothing {
            return Ok(());
        }
        let status = loop {
            match printer.preflight() {
                Err(PrintRefused::Printer(PrinterError::NoAnswer { .. })) if Instant::now() < until => {}
                said => break said?,
            }
        };
        Ok(self.mend(status.fault())?)
    }

    /// What was used up: to the technician who asked, or to whoever counts.
    fn tell_used(&mut self, stay: Option<SessionId>) {
        let left = self.gauge.tickets_left(&self.profile);
        self.around.bus.send_blocking(Event::Counters(stay, self.counters.shown(left)));
    }

    fn tell_counters(&mut self, stay: SessionId) -> Duration {
        self.tell_used(Some(stay));
        HEALTH_EVERY
    }

    /// Whoever put it in says so: a sensor sees that there is paper, not how much.
    fn new_roll(&mut self, stay: SessionId) -> Duration {
        self.gauge.new_roll();
        let tickets = u32::try_from(self.counters.new_roll()).unwrap_or(u32::MAX);
        self.around.bus.log(Happened::RollChanged { tickets });
        self.tell_paper();
        self.tell_counters(stay)
    }

    fn prepare(&mut self) -> Duration {
        self.prepared = None;
        let Some(printer) = &mut self.printer else { return Duration::ZERO };
        if let Ok(status) = printer.preflight() {
            self.well(&status);
            self.prepared = Some(Instant::now());
        }
        HEALTH_EVERY
    }

    fn print(&mut self, work: Work, laid_out: &Ticket) -> Duration {
        *self.under_way = Some(UnderWay { work, begun: false });
        let ticket = self.encoder.encode(laid_out);
        let dots = ticket.paper_dots;
        let until = Instant::now() + WAITED_FOR;
        let ready = match self.ready(until) {
            // Switched off and on since it was last looked at, or not there yet: nothing has been sent, so
            // it may be opened and asked once more.
            Err(PrintRefused::Printer(PrinterError::Link { source, .. })) => {
                tracing::warn!(%source, "ticket printer: opened before a ticket");
                self.printer = None;
                let opened = loop {
                    match self.open() {
                        Err(PrinterError::NoAnswer { .. }) if Instant::now() < until => {}
                        opened => break opened,
                    }
                };
                opened.map_err(PrintRefused::from).and_then(|()| self.ready(until))
            }
            ready => ready,
        };
        let outcome = match (ready, &mut self.printer) {
            (Err(refused), _) => Outcome::FailedBeforeSending(refused),
            (Ok(()), None) => Outcome::FailedBeforeSending(PrintRefused::Fault(Said::Offline)),
            (Ok(()), Some(printer)) => {
                // From here on something lies on the paper until it is cut.
                self.owed = Owed::Cut;
                if !matches!(work, Work::Ticket(_)) {
                    self.receipts = self.receipts.wrapping_add(1) & 0x7FFF_FFFF;
                    self.around.mark_receipt();
                }
                *self.under_way = Some(UnderWay { work, begun: true });
                match printer.begin(&ticket.header) {
                    Err(error) => Outcome::FailedBeforeSending(error.into()),
                    Ok(()) => {
                        let around = &self.around;
                        let outcome = printer.finish(&ticket.body, work.id(self.receipts), &mut |step| {
                            if step == Step::BytesSent {
                                around.journal(work, PrintState::Sent, "all bytes sent");
                            }
                        });
                        with_cause(printer, outcome)
                    }
                }
            }
        };
        if !matches!(outcome, Outcome::FailedBeforeSending(_)) {
            self.gauge.printed(dots);
            let what =
                Printed { dots, ticket: matches!(work, Work::Ticket(_)), cut: self.profile.has_cutter };
            self.counters.printed(what, self.around.clock.now().wall.date());
            self.tell_paper();
            self.tell_used(None);
        }
        self.settle(work, outcome)
    }

    /// One that does not know the question may print it: only those are asked that their profile says speak.
    fn identify(&mut self) -> Duration {
        if self.profile.has_process_id
            && let Some(printer) = &mut self.printer
            && let Ok(own) = printer.identify()
        {
            let model = own.model.or_else(|| Some(self.profile.model.clone()));
            let identity = Identity { maker: own.maker, model, serial: None };
            self.around.bus.identify(self.health.device(), identity);
        }
        HEALTH_EVERY
    }

    /// The ticket is drawn for this printer's own head, and whoever reads it back is told for which.
    fn print_loop(&mut self, stay: SessionId, ticket: &LoopTicket) -> Duration {
        let Some(laid_out) = ticket.lay_out(self.profile.width_dots) else {
            let told = Event::Tried(stay, Test::Loop, visit::technician::Outcome::Failed(Failure::Unproven));
            self.around.bus.send_blocking(told);
            return HEALTH_EVERY;
        };
        self.print(Work::Loop(stay), &laid_out)
    }

    /// Journals how it ended, then tells.
    fn settle(&mut self, work: Work, outcome: Outcome) -> Duration {
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
        tracing::info!(?work, evidence, ?told, "printed");
        if let Some(state) = journal {
            self.around.journal(work, state, &evidence);
        }
        self.around.bus.send_blocking(work.event(told));
        *self.under_way = None;
        self.unproven();
        match outcome {
            // Its own cut is on its way, or was made.
            Outcome::Confirmed(Evidence::ProcessIdAfterCut) | Outcome::Sent(_) => self.paid(),
            Outcome::FailedBeforeSending(PrintRefused::Printer(error)) => return self.lost(&error),
            Outcome::Unknown(_, UnknownReason::Printer(error)) if self.printer.is_some() => {
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

    fn open(&mut self) -> Result<(), PrinterError> {
        let link = self
            .line
            .open()
            .map_err(|source| PrinterError::Link { device: self.line.to_string(), source })?;
        self.believe();
        let mut printer = Printer::over(link, self.profile.clone(), self.line.speed());
        let status = match printer.status() {
            // It may take the questions for the rest of a command that was broken off.
            Err(PrinterError::NoAnswer { .. }) if self.owed == Owed::Recovery => {
                printer.recover()?;
                self.owed = Owed::Cut;
                printer.status()?
            }
            said => said?,
        };
        if status.fault().is_none() {
            printer.init()?;
        } else {
            // It will be put into order once the fault has gone.
            self.owed = self.owed.max(Owed::Cut);
        }
        tracing::info!(port = %self.line, "ticket printer: ready");
        self.printer = Some(printer);
        // Whoever printed last may have been stopped in the middle of a command: this process at its
        // first look, or the connection that just broke.
        self.mend(status.fault())?;
        self.well(&status);
        Ok(())
    }

    /// It cannot be spoken to: one rung of the way back, and how long to wait before the next.
    fn lost(&mut self, error: &PrinterError) -> Duration {
        self.owed = Owed::Recovery;
        let fault = printer_fault(error);
        if self.lost_to.replace(fault) == Some(fault) {
            tracing::debug!(%error, "ticket printer");
        } else {
            tracing::warn!(%error, "ticket printer");
        }
        self.health.tell_blocking(iter::once(fault).chain(self.standing.iter().copied()).collect());
        let trouble = Trouble::from(error);
        let ladder = match self.ladder.take() {
            Some(mut ladder) if ladder.trouble() == trouble => {
                let tried = ladder.rung();
                ladder.did_not_help();
                // Each rung once, however often it is tried.
                if ladder.rung() != tried {
                    self.log_remedy(tried, false);
                }
                ladder
            }
            _ => Ladder::new(trouble, Holds::Ticket, &self.profile),
        };
        match ladder.rung() {
            // Asked again on the same connection.
            Rung::Wait => {}
            Rung::Send(remedy) => {
                // What comes of it shows when it is asked again.
                let sent = self.printer.as_mut().map(|printer| printer.apply(remedy));
                tracing::debug!(?remedy, ?sent, "ticket printer");
            }
            Rung::Reopen | Rung::People | Rung::PowerCycle | Rung::Service => self.printer = None,
            Rung::ResetPort => {
                self.printer = None;
                self.line.reset_port();
            }
        }
        self.ladder = Some(ladder);
        self.backoff.next_pause()
    }

    fn log_remedy(&self, rung: Rung, helped: bool) {
        let remedy = Word::of(match rung {
            Rung::Wait => "wait",
            Rung::People => "people",
            Rung::Send(_) => "send",
            Rung::Reopen => "reopen",
            Rung::ResetPort => "reset-port",
            Rung::PowerCycle => "power-cycle",
            Rung::Service => "service",
        });
        self.around.bus.log(Happened::RemedyTried { device: self.health.letter(), remedy, helped });
    }

    /// It was away: it may be another one now, or one that has been mended, and its promises are believed
    /// again.
    fn believe(&mut self) {
        if self.standing.contains(&Fault::PrinterUnproven) {
            self.standing.retain(|fault| *fault != Fault::PrinterUnproven);
            self.profile = self.promised.clone();
            if let Some(printer) = &mut self.printer {
                printer.set_profile(self.profile.clone());
            }
        }
    }

    /// A printer whose profile promises proofs that never come is believed no more, until it has been
    /// switched off and on: each further ticket would keep its visitor waiting for nothing.
    fn unproven(&mut self) {
        let Some(printer) = &mut self.printer else { return };
        if printer.proofs() == Proofs::Missing && self.profile.has_process_id {
            tracing::warn!(profile = self.profile.model, "ticket printer: promises proofs it does not give");
            self.profile = self.profile.clone().without_process_id();
            printer.set_profile(self.profile.clone());
            self.standing.push(Fault::PrinterUnproven);
        }
    }
}

/// A printer that kept silent about a ticket may still say what is wrong with it.
fn with_cause(printer: &mut Printer<Wire>, outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Unknown(evidence, why @ UnknownReason::NoReply { .. }) => {
            let fault = printer.status().ok().and_then(|status| status.fault());
            Outcome::Unknown(evidence, fault.map_or(why, UnknownReason::Fault))
        }
        outcome => outcome,
    }
}

#[cfg(test)]
#[path = "printer_tests.rs"]
mod tests;
