//! The printer on its line: asked how it is, and given the first part of a ticket.

use std::fmt;
use std::time::{Duration, Instant};

use link::{Link, LinkError};

use crate::command::{self, LONGEST_COMMAND};
use crate::error::{Fault, PrintRefused, PrinterError};
use crate::outcome::Proofs;
use crate::profile::{LineSpeed, Profile, StatusLayout};
use crate::recovery::Remedy;
use crate::replay::{BROKEN, Told};
use crate::reply::{Classifier, PrinterId, Reply};
use crate::status::{Answers, Status};

/// What a write may take beyond twice its time on the line: the printer's buffer is larger than a
/// ticket, so that only a fault or a long picture holds it up.
const WRITE_SLACK: Duration = Duration::from_secs(1);
/// How long real-time status may take. It is answered even when the buffer is full.
pub(crate) const STATUS_WAIT: Duration = Duration::from_secs(1);
/// Silence after which nothing of an unanswered question comes any more.
const UNSETTLED: Duration = Duration::from_millis(50);
/// The order of the questions before which all that was unfinished has been forgotten. A recording shows
/// by it where that was.
pub(crate) const ANEW: [u8; 4] = [1, 2, 3, 4];
/// Their order in the midst of other answers.
pub(crate) const IN_BETWEEN: [u8; 4] = [2, 1, 3, 4];
/// How long a printer may take to empty its buffers, or to say what it is once all before that was
/// processed.
const TURN_WAIT: Duration = Duration::from_secs(2);
/// The longest time spent on throwing away what came before a question.
const LONGEST_DRAIN: Duration = Duration::from_millis(500);

/// A ticket printer on a link. It has one owner and blocks; no call waits without end.
///
/// A ticket goes in steps, between which the owner may write its journal: [`preflight`], [`begin`],
/// [`finish`]. Nothing is ever sent a second time.
///
/// [`preflight`]: Printer::preflight
/// [`begin`]: Printer::begin
/// [`finish`]: Printer::finish
#[derive(Debug)]
pub struct Printer<L: Link> {
    pub(crate) link: L,
    pub(crate) profile: Profile,
    pub(crate) speed: LineSpeed,
    pub(crate) proofs: Proofs,
    classifier: Classifier,
    /// Answers to an earlier question may still be under way.
    pub(crate) unsettled: bool,
    /// A transfer was broken off: the printer may take what comes next for the rest of a command.
    pub(crate) broken: bool,
}

impl<L: Link> Printer<L> {
    /// A printer of the given profile, on a serial line of the profile's speed. Nothing is sent yet;
    /// [`Printer::init`] comes next, or [`Printer::recover`] when the connection before this one broke.
    pub fn new(link: L, profile: Profile) -> Self {
        let speed = LineSpeed::Serial(profile.baud);
        Printer::over(link, profile, speed)
    }

    /// The same on a line of another speed, or on none: USB, a network.
    pub fn over(link: L, profile: Profile, speed: LineSpeed) -> Self {
        let classifier = Classifier::new(profile.status);
        let proofs = Proofs::Untried;
        Printer { link, profile, speed, proofs, classifier, unsettled: true, broken: false }
    }

    /// What is known about its model.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Another profile for the same printer, from the next ticket on; such as one
    /// [without process identifiers](Profile::without_process_id) once they have shown to be
    /// [missing](Proofs::Missing).
    pub fn set_profile(&mut self, profile: Profile) {
        self.classifier = Classifier::new(profile.status);
        self.profile = profile;
        self.proofs = Proofs::Untried;
        self.unsettled = true;
    }

    /// Whether it has kept what its profile promises of GS ( H.
    pub fn proofs(&self) -> Proofs {
        self.proofs
    }

    /// Gives the link back, to be closed or opened again.
    pub fn into_link(self) -> L {
        self.link
    }

    /// Puts the printer into its power-up state, with automatic status where the profile has it.
    ///
    /// # Errors
    /// When the connection fails or does not take the bytes.
    pub fn init(&mut self) -> Result<(), PrinterError> {
        self.noted(format_args!("init"), Self::initialise)
    }

    /// Ends whatever command a broken transfer left unfinished, then initialises.
    ///
    /// As many zeros as the longest command has bytes end it, and print at most white dots. They
    /// take 0.7 s at 115200 baud, so this is for a connection opened again and not for every start.
    ///
    /// # Errors
    /// Those of [`Printer::init`].
    pub fn recover(&mut self) -> Result<(), PrinterError> {
        self.noted(format_args!("recover"), Self::resynchronise)
    }

    /// Sends what one rung of the [ladder](crate::recovery) says.
    ///
    /// [`Remedy::GoOn`] and [`Remedy::LeaveError`] end an error that somebody has mended, such as a
    /// stuck cutter; one that is not mended yet stays, and it may be told again. What it had still to
    /// print is forgotten by all but [`Remedy::GoOn`]: nothing comes out by itself after whoever it
    /// was for has gone. When its status is clean again, [`Printer::init`] and [`Printer::abandon`]
    /// come next.
    ///
    /// # Errors
    /// When the connection fails or does not take the bytes; [`PrinterError::NotCleared`].
    pub fn apply(&mut self, remedy: Remedy) -> Result<(), PrinterError> {
        self.noted(format_args!("apply {}", remedy.name()), |printer| match remedy {
            Remedy::GoOn => printer.write(&command::GO_ON),
            Remedy::LeaveError => printer.write(&command::LEAVE_ERROR),
            Remedy::Clear => printer.clear(),
            Remedy::Resynchronise => printer.resynchronise(),
            Remedy::Initialise => printer.initialise(),
        })
    }

    /// Asks the printer who made it and what it is (GS I 66, 67), as far as it says so.
    ///
    /// It is asked in its turn: only a printer without a fault answers, and one that does not know the
    /// question may print it.
    ///
    /// # Errors
    /// Those of the connection.
    pub fn identify(&mut self) -> Result<PrinterId, PrinterError> {
        self.noted(format_args!("identify"), |printer| {
            printer.ready()?;
            printer.drain()?;
            let maker = printer.ask_identity(command::WHOSE)?;
            let model = printer.ask_identity(command::WHICH)?;
            printer.unsettled = maker.is_none() || model.is_none();
            Ok(PrinterId { maker, model })
        })
    }

    /// Asks the printer how it is: DLE EOT 1 to 4 at once, after throwing away older answers.
    ///
    /// # Errors
    /// [`PrinterError::NoAnswer`] when not all came in time, and those of the connection.
    pub fn status(&mut self) -> Result<Status, PrinterError> {
        self.noted(format_args!("status"), Self::ask_and_wait)
    }

    /// Whether a ticket can be printed now. Little paper is no reason to refuse.
    ///
    /// # Errors
    /// The fault that keeps it from printing, or why it cannot be asked. After a broken transfer
    /// it refuses until [`Printer::recover`].
    pub fn preflight(&mut self) -> Result<Status, PrintRefused> {
        self.noted(format_args!("preflight"), |printer| {
            printer.ready()?;
            let status = printer.ask_and_wait()?;
            match status.fault() {
                Some(fault) => Err(fault.into()),
                None => Ok(status),
            }
        })
    }

    /// Sends the header of a ticket, which carries no number. It prints at once.
    ///
    /// # Errors
    /// When the connection fails or does not take the bytes. No number has left the kiosk then.
    pub fn begin(&mut self, header: &[u8]) -> Result<(), PrinterError> {
        self.noted(format_args!("begin {}", header.len()), |printer| {
            printer.ready()?;
            printer.write(header)
        })
    }

    /// Ends a ticket of which only the header was sent: cuts it off, so that the next one is clean.
    ///
    /// # Errors
    /// When the connection fails or does not take the bytes.
    pub fn abandon(&mut self) -> Result<(), PrinterError> {
        self.noted(format_args!("abandon"), |printer| {
            printer.ready()?;
            let mut bytes = Vec::new();
            printer.end_ticket(&mut bytes);
            printer.write(&bytes)
        })
    }

    fn initialise(&mut self) -> Result<(), PrinterError> {
        let mut bytes = command::INITIALISE.to_vec();
        if self.profile.has_asb {
            bytes.extend(command::AUTO_STATUS);
        }
        self.write(&bytes)
    }

    fn resynchronise(&mut self) -> Result<(), PrinterError> {
        self.unsettled = true;
        self.write(&[0; LONGEST_COMMAND])?;
        self.broken = false;
        self.initialise()
    }

    /// Empties the printer's buffers and waits until it says that it has; nothing is sent meanwhile,
    /// and nothing afterwards if it does not.
    fn clear(&mut self) -> Result<(), PrinterError> {
        self.unsettled = true;
        self.broken = true;
        self.write(&command::CLEAR)?;
        let wait = TURN_WAIT + self.speed.time(command::CLEAR.len());
        let deadline = Instant::now() + wait;
        while !self.link.is_late(deadline) {
            let Some(replies) = self.replies(deadline)? else { break };
            if replies.contains(&Reply::Cleared) {
                self.broken = false;
                return self.initialise();
            }
        }
        Err(PrinterError::NotCleared { device: self.device(), waited: wait })
    }

    fn ask_identity(&mut self, question: [u8; 3]) -> Result<Option<String>, PrinterError> {
        self.write(&question)?;
        let deadline = Instant::now() + TURN_WAIT.min(self.profile.reply_timeout) + self.speed.time(100);
        while !self.link.is_late(deadline) {
            let Some(replies) = self.replies(deadline)? else { return Ok(None) };
            let said = replies.into_iter().find_map(|reply| match reply {
                Reply::Identity(text) => Some(text),
                _ => None,
            });
            if said.is_some() {
                return Ok(said);
            }
        }
        Ok(None)
    }

    fn ask_and_wait(&mut self) -> Result<Status, PrinterError> {
        self.drain()?;
        self.unsettled = true;
        self.ask_status(ANEW)?;
        let wait = STATUS_WAIT.min(self.profile.reply_timeout) + self.speed.time(24);
        let deadline = Instant::now() + wait;
        let mut answers = Answers::none(self.profile.status);
        // One more look after the deadline finds what came while this program was held up.
        let mut late = false;
        let mut strange = 0;
        while !late {
            late = self.link.is_late(deadline);
            for reply in self.replies(deadline)?.unwrap_or_default() {
                match reply {
                    Reply::RealTime(byte) => answers.take(byte),
                    Reply::Full(bytes) => answers.take_full(bytes),
                    Reply::Noise(_) => strange += 1,
                    _ => {}
                }
            }
            if let Some(status) = answers.status() {
                self.unsettled = answers.have > 4;
                return Ok(self.seen(status));
            }
        }
        let answers = answers.have.min(4);
        Err(PrinterError::NoAnswer { device: self.device(), answers, strange, waited: wait })
    }

    /// Does what `call` names, and says so to whoever records the link.
    fn noted<T: Told, E: Told>(
        &mut self,
        call: fmt::Arguments<'_>,
        run: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.note_call(call);
        let done = run(self);
        self.link.note(&match &done {
            Ok(done) => format!("= {}", done.told()),
            Err(error) => format!("= {}", error.told()),
        });
        done
    }

    /// What is kept from one call to the next stands with it.
    pub(crate) fn note_call(&mut self, call: fmt::Arguments<'_>) {
        let broken = if self.broken { BROKEN } else { "" };
        self.link.note(&format!("call {call}{broken}"));
    }

    /// Refuses while a command may be unfinished.
    pub(crate) fn ready(&self) -> Result<(), PrinterError> {
        if self.broken {
            return Err(PrinterError::NeedsRecovery { device: self.device() });
        }
        Ok(())
    }

    /// The bytes that bring the ticket into the visitor's hand.
    pub(crate) fn end_ticket(&self, out: &mut Vec<u8>) {
        if self.profile.has_cutter {
            out.extend(command::FEED_AND_CUT);
        } else {
            out.extend(command::feed(command::LINES_TO_TEAR_BAR));
        }
    }

    /// Sends all questions of real-time status in one write, in this order; a printer takes up to eight at
    /// once.
    pub(crate) fn ask_status(&mut self, order: [u8; 4]) -> Result<(), PrinterError> {
        let mut questions = order.map(command::real_time_status).as_flattened().to_vec();
        if self.profile.status == StatusLayout::Kpm150 {
            questions.extend(command::FULL_STATUS);
        }
        self.write(&questions)
    }

    /// Hands all of `bytes` to the line, within a time that follows from their number.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), PrinterError> {
        let deadline = Instant::now() + self.speed.time(bytes.len()) * 2 + WRITE_SLACK;
        match self.link.write_all(bytes, deadline) {
            Ok(()) => Ok(()),
            Err(LinkError::Timeout { taken }) => {
                self.broken |= taken > 0;
                Err(PrinterError::Stalled { device: self.device(), sent: taken, of: bytes.len() })
            }
            Err(source) => {
                self.broken = true;
                Err(PrinterError::Link { device: self.device(), source })
            }
        }
    }

    /// What has come by `deadline`, as soon as something has; `None` when nothing has.
    pub(crate) fn replies(&mut self, deadline: Instant) -> Result<Option<Vec<Reply>>, PrinterError> {
        let mut buffer = [0; 64];
        match self.link.read(&mut buffer, deadline) {
            Ok(n) => {
                let bytes = buffer.get(..n).unwrap_or(&buffer);
                Ok(Some(bytes.iter().filter_map(|b| self.classifier.push(*b)).collect()))
            }
            Err(LinkError::Timeout { .. }) => Ok(None),
            Err(source) => Err(PrinterError::Link { device: self.device(), source }),
        }
    }

    /// The fault the printer has reported unasked since it was last listened to. Does not wait.
    pub(crate) fn reported_fault(&mut self) -> Result<Option<Fault>, PrinterError> {
        let mut fault = None;
        // A printer that babbles is not listened to for ever: 16 × 64 bytes.
        for _ in 0..16 {
            let Some(replies) = self.replies(Instant::now())? else { break };
            for reply in replies {
                if let Reply::AutoStatus(bytes) = reply {
                    fault = self.seen(Status::from_auto(bytes)).fault();
                }
            }
        }
        Ok(fault)
    }

    /// A status as far as this model's sensors can be believed.
    pub(crate) fn seen(&self, status: Status) -> Status {
        if self.profile.near_end_sensor { status } else { status.without_near_end() }
    }

    /// What messages call this printer's connection.
    fn device(&self) -> String {
        self.link.name().to_owned()
    }

    /// Throws away what came before a question, so that it is not taken for the answer.
    fn drain(&mut self) -> Result<(), PrinterError> {
        let quiet = if self.unsettled { UNSETTLED } else { Duration::ZERO };
        self.classifier.reset();
        let thrown = self
            .link
            .drain(quiet, Instant::now() + LONGEST_DRAIN)
            .map_err(|source| PrinterError::Link { device: self.device(), source })?;
        if thrown > 0 {
            tracing::debug!(thrown, "ticket printer: older answers thrown away");
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "printer_tests.rs"]
mod tests;
