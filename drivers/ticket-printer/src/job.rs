//! The part of a ticket that carries its number, and the proof that it was printed.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use link::Link;

use crate::command;
use crate::error::{Fault, PrinterError, UnknownReason};
use crate::outcome::{Evidence, JobId, Outcome, Proofs, Step};
use crate::printer::{IN_BETWEEN, Printer, STATUS_WAIT};
use crate::replay::Told;
use crate::reply::Reply;
use crate::status::{Answers, Status};

/// How often the printer is asked how it is while it prints.
const POLL: Duration = Duration::from_millis(250);
/// How long an answer already under way is still awaited once a fault was seen.
const GRACE: Duration = Duration::from_millis(50);
/// Once a question behind the ticket was answered, all of it was processed and only the paper still
/// moves: the proof is awaited for this part of the time it has otherwise.
const PART_WHEN_PROCESSED: u32 = 4;
/// However lively the printer answers, a ticket is given up after so many reply time-outs.
const MOST_TIMEOUTS: u32 = 3;
/// How often is read after the deadline what came before it, while this program was held up.
const MOST_OVERTIME: u32 = 16;

impl<L: Link> Printer<L> {
    /// Sends the part of a ticket that carries its number, cuts it, and waits for the proof.
    ///
    /// Tells `on_step` of each step as it happens. Never sends anything twice: on
    /// [`Outcome::Unknown`] a person decides.
    pub fn finish(&mut self, body: &[u8], job: JobId, on_step: &mut dyn FnMut(Step)) -> Outcome {
        let ids = if self.profile.has_process_id { "ids" } else { "no-ids" };
        self.note_call(format_args!("finish {} {} {ids}", body.len(), job.number()));
        let outcome = self.send_and_prove(body, job, on_step);
        self.link.note(&format!("= {}", outcome.told()));
        outcome
    }

    fn send_and_prove(&mut self, body: &[u8], job: JobId, on_step: &mut dyn FnMut(Step)) -> Outcome {
        if let Err(e) = self.ready() {
            return Outcome::FailedBeforeSending(e.into());
        }
        match self.reported_fault() {
            Ok(Some(fault)) if !fault.passes() => {
                return Outcome::FailedBeforeSending(fault.into());
            }
            Ok(_) => {}
            Err(e) => return Outcome::FailedBeforeSending(e.into()),
        }
        let bytes = self.with_questions(body, job);
        match self.write(&bytes) {
            Ok(()) => {}
            Err(e @ PrinterError::Stalled { sent: 0, .. }) => {
                return Outcome::FailedBeforeSending(e.into());
            }
            Err(e) => return Outcome::Unknown(Evidence::SendStarted, self.why_broken(e)),
        }
        on_step(Step::BytesSent);
        self.unsettled = true;
        let mut proof = Proof::new(self, job, bytes.len(), on_step);
        let outcome = proof.wait();
        let settled =
            proof.questions.is_empty() && proof.queued_answered && matches!(outcome, Outcome::Confirmed(_));
        self.unsettled = !settled;
        match &outcome {
            Outcome::Confirmed(_) => self.proofs = Proofs::Given,
            Outcome::Unknown(_, UnknownReason::ProofNeverComes { .. }) => self.proofs = Proofs::Missing,
            Outcome::Unknown(..) | Outcome::Sent(_) | Outcome::FailedBeforeSending(_) => {}
        }
        outcome
    }

    /// The body, its end, and the questions whose answers prove it.
    fn with_questions(&self, body: &[u8], job: JobId) -> Vec<u8> {
        let mut bytes = body.to_vec();
        if self.profile.has_process_id {
            bytes.extend(command::process_id(job.behind_text()));
            self.end_ticket(&mut bytes);
            if self.profile.has_cutter {
                bytes.extend(command::process_id(job.behind_cut()));
            }
        } else {
            self.end_ticket(&mut bytes);
        }
        // Beside identifiers it tells a printer that is slow from one that does not know them.
        bytes.extend(command::QUEUED_PAPER_STATUS);
        bytes
    }

    /// The fault behind a broken transfer, if the printer has reported one by itself.
    fn why_broken(&mut self, error: PrinterError) -> UnknownReason {
        match self.reported_fault() {
            Ok(Some(fault)) => UnknownReason::Fault(fault),
            Ok(None) | Err(_) => UnknownReason::Printer(error),
        }
    }
}

/// A question put to the printer in real time, whose answer is still out.
enum Question {
    /// All of the status.
    Status(Answers),
    /// DLE EOT 3, once the cut was processed.
    Cutter,
}

/// The wait for the proof of one ticket.
struct Proof<'a, L: Link> {
    printer: &'a mut Printer<L>,
    on_step: &'a mut dyn FnMut(Step),
    text_id: [u8; 4],
    cut_id: [u8; 4],
    evidence: Evidence,
    /// Answered in the order they were put.
    questions: VecDeque<Question>,
    /// What the last whole status said: `None` before the first.
    last: Option<Result<(), Fault>>,
    /// Only what is already under way is awaited: a fault was seen, or the cut is being proven.
    closing: bool,
    queued_answered: bool,
    sent: Instant,
    deadline: Instant,
    last_deadline: Instant,
    /// When a printer that is well should have proven the ticket.
    proof_due: Instant,
    next_poll: Instant,
}

impl<'a, L: Link> Proof<'a, L> {
    fn new(printer: &'a mut Printer<L>, job: JobId, bytes: usize, on_step: &'a mut dyn FnMut(Step)) -> Self {
        let sent = Instant::now();
        let arrived = sent + printer.speed.time(bytes);
        let patience = printer.profile.reply_timeout;
        Proof {
            on_step,
            text_id: job.behind_text(),
            cut_id: job.behind_cut(),
            evidence: Evidence::BytesSent,
            questions: VecDeque::new(),
            last: None,
            closing: false,
            queued_answered: false,
            sent,
            deadline: arrived + patience,
            last_deadline: arrived + patience * MOST_TIMEOUTS,
            proof_due: arrived + printer.profile.proof_timeout,
            next_poll: arrived + poll_interval(patience),
            printer,
        }
    }

    fn wait(&mut self) -> Outcome {
        let mut overtime = 0;
        while overtime < MOST_OVERTIME {
            // The clock is asked through the link, and each question follows from the one before, so
            // that a recording of the answers tells what was done.
            let may_poll = self.questions.is_empty() && !self.closing;
            let over = self.over();
            let due = if may_poll { over.min(self.next_poll) } else { over };
            let is_due = self.printer.link.is_late(due);
            let expired = is_due && (!may_poll || self.printer.link.is_late(over));
            if is_due && !expired {
                if let Err(e) = self.ask_status() {
                    return self.lost(e);
                }
                continue;
            }
            overtime = if expired { overtime + 1 } else { 0 };
            match self.printer.replies(due) {
                Ok(Some(replies)) => {
                    for reply in replies {
                        if let Some(outcome) = self.hear(reply) {
                            return outcome;
                        }
                    }
                }
                Ok(None) if expired => break,
                Ok(None) => {}
                Err(e) => return self.lost(e),
            }
        }
        self.conclude()
    }

    /// When the wait is over.
    fn over(&self) -> Instant {
        if self.is_well_without_proof() { self.deadline.min(self.proof_due) } else { self.deadline }
    }

    /// Takes one reply; gives the outcome once nothing more is to be learnt.
    fn hear(&mut self, reply: Reply) -> Option<Outcome> {
        // What was never asked for proves nothing, whatever it looks like.
        let asked = self.printer.profile.has_process_id;
        match reply {
            Reply::ProcessId(id) if asked && id == self.text_id => {
                self.text_proven();
                // Without a cutter there is nothing more to prove.
                (!self.printer.profile.has_cutter).then_some(Outcome::Confirmed(self.evidence))
            }
            Reply::ProcessId(id) if asked && self.printer.profile.has_cutter && id == self.cut_id => {
                // The printer may answer only the newest identifier; the cut is behind the text.
                self.text_proven();
                self.ask_cutter()
            }
            Reply::Queued(_) if !self.queued_answered => self.processed(),
            Reply::RealTime(byte) => self.answer(byte),
            Reply::Full(bytes) => self.answer_full(bytes),
            // Why, it is asked at once.
            Reply::WentOffLine(_) => {
                self.next_poll = Instant::now();
                None
            }
            Reply::AutoStatus(bytes) => self.judge(Status::from_auto(bytes)),
            _ => None,
        }
    }

    fn text_proven(&mut self) {
        self.still_alive();
        if self.evidence < Evidence::ProcessId {
            self.evidence = Evidence::ProcessId;
            (self.on_step)(Step::TextProven);
        }
    }

    /// The question behind the ticket was answered: all of it was processed.
    fn processed(&mut self) -> Option<Outcome> {
        self.queued_answered = true;
        self.still_alive();
        if self.evidence < Evidence::QueuedStatusAnswered {
            self.evidence = Evidence::QueuedStatusAnswered;
        }
        if self.printer.profile.has_process_id {
            let soon = Instant::now() + self.printer.profile.proof_timeout / PART_WHEN_PROCESSED;
            self.proof_due = self.proof_due.min(soon);
            return None;
        }
        self.ask_status().err().map(|e| self.lost(e))
    }

    /// Whether the printer has answered that it is well, and the proof that its profile promises is
    /// still out.
    fn is_well_without_proof(&self) -> bool {
        let promised = self.printer.profile.has_process_id && self.evidence < Evidence::ProcessId;
        promised && !self.closing && self.questions.is_empty() && matches!(self.last, Some(Ok(())))
    }

    fn ask_status(&mut self) -> Result<(), PrinterError> {
        self.next_poll = Instant::now() + poll_interval(self.printer.profile.reply_timeout);
        self.questions.push_back(Question::Status(Answers::second_first(self.printer.profile.status)));
        self.printer.ask_status(IN_BETWEEN)
    }

    /// Asks whether the cut that was just processed went well.
    fn ask_cutter(&mut self) -> Option<Outcome> {
        self.questions.push_back(Question::Cutter);
        self.close_within(STATUS_WAIT);
        self.printer.write(&command::real_time_status(3)).err().map(|e| self.lost(e))
    }

    /// Takes the answer to the oldest question still out.
    fn answer(&mut self, byte: u8) -> Option<Outcome> {
        match self.questions.front_mut()? {
            Question::Cutter => {
                self.questions.pop_front();
                let cutter = Status::from_real_time(self.printer.profile.status, [0x12, 0x12, byte, 0x12]);
                if cutter.fault().is_none() {
                    self.evidence = Evidence::ProcessIdAfterCut;
                    (self.on_step)(Step::CutProven);
                }
                Some(Outcome::Confirmed(self.evidence))
            }
            Question::Status(answers) => {
                answers.take(byte);
                let status = answers.status()?;
                self.questions.pop_front();
                self.judge(status)
            }
        }
    }

    /// Takes the six bytes of a KPM150, which belong to the oldest status still out.
    fn answer_full(&mut self, bytes: [u8; 4]) -> Option<Outcome> {
        let Some(Question::Status(answers)) = self.questions.front_mut() else { return None };
        answers.take_full(bytes);
        let status = answers.status()?;
        self.questions.pop_front();
        self.judge(status)
    }

    /// Draws the conclusions from a whole status.
    fn judge(&mut self, status: Status) -> Option<Outcome> {
        if self.closing {
            return None; // the first fault is the cause; a proven cut is past all faults
        }
        match status.fault() {
            None => {
                self.last = Some(Ok(()));
                if self.printer.profile.has_process_id {
                    self.still_alive();
                }
                let proven =
                    !self.printer.profile.has_process_id && self.evidence == Evidence::QueuedStatusAnswered;
                (proven && self.questions.is_empty()).then_some(Outcome::Sent(self.evidence))
            }
            Some(fault) => {
                self.last = Some(Err(fault));
                if fault.passes() {
                    self.still_alive();
                    self.proof_due = self.proof_due.max(Instant::now() + self.printer.profile.proof_timeout);
                } else {
                    // What it printed before the fault may still be reported.
                    self.close_within(GRACE);
                }
                None
            }
        }
    }

    /// The printer answers: it is given more time, but not for ever.
    fn still_alive(&mut self) {
        if !self.closing {
            let more = Instant::now() + self.printer.profile.reply_timeout;
            self.deadline = self.deadline.max(more.min(self.last_deadline));
        }
    }

    fn close_within(&mut self, time: Duration) {
        self.closing = true;
        self.deadline = self.deadline.min(Instant::now() + time);
    }

    /// The connection failed while waiting.
    fn lost(&self, error: PrinterError) -> Outcome {
        match self.evidence {
            Evidence::ProcessId | Evidence::ProcessIdAfterCut => Outcome::Confirmed(self.evidence),
            _ => Outcome::Unknown(self.evidence, UnknownReason::Printer(error)),
        }
    }

    /// Nothing more will come.
    fn conclude(&self) -> Outcome {
        let proven = self.evidence >= Evidence::ProcessId;
        let can_prove = self.printer.profile.has_process_id;
        match self.last {
            _ if proven => Outcome::Confirmed(self.evidence),
            Some(Err(fault)) => Outcome::Unknown(self.evidence, UnknownReason::Fault(fault)),
            Some(Ok(())) if !can_prove && self.questions.is_empty() => Outcome::Sent(self.evidence),
            _ if self.is_well_without_proof() => {
                let waited = self.sent.elapsed();
                Outcome::Unknown(self.evidence, UnknownReason::ProofNeverComes { waited })
            }
            _ => {
                let waited = self.sent.elapsed();
                Outcome::Unknown(self.evidence, UnknownReason::NoReply { waited })
            }
        }
    }
}

/// How often to ask a printer whose patience is `timeout`.
fn poll_interval(timeout: Duration) -> Duration {
    POLL.min(timeout / 8)
}

#[cfg(test)]
#[path = "job_tests.rs"]
mod tests;
