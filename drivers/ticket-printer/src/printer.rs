//! The printer on its line: asked how it is, and given the first part of a ticket.

use std::time::{Duration, Instant};

use link::{Link, LinkError};

use crate::command::{self, LONGEST_COMMAND};
use crate::error::{Fault, PrintRefused, PrinterError};
use crate::profile::Profile;
use crate::reply::{Classifier, Reply};
use crate::status::Status;

/// What a write may take beyond twice its time on the line: the printer's buffer is larger than a
/// ticket, so that only a fault or a long picture holds it up.
const WRITE_SLACK: Duration = Duration::from_secs(1);
/// How long real-time status may take. It is answered even when the buffer is full.
pub(crate) const STATUS_WAIT: Duration = Duration::from_secs(1);
/// Silence after which nothing of an unanswered question comes any more.
const UNSETTLED: Duration = Duration::from_millis(50);
/// The longest time spent on throwing away what came before a question.
const LONGEST_DRAIN: Duration = Duration::from_millis(500);
/// Empty lines that bring the last printed one over the tear bar.
const LINES_TO_TEAR_BAR: u8 = 4;

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
    link: L,
    pub(crate) profile: Profile,
    classifier: Classifier,
    /// Answers to an earlier question may still be under way.
    pub(crate) unsettled: bool,
    /// A transfer was broken off: the printer may take what comes next for the rest of a command.
    broken: bool,
}

impl<L: Link> Printer<L> {
    /// A printer of the given profile. Nothing is sent yet; [`Printer::init`] comes next, or
    /// [`Printer::recover`] when the connection before this one broke.
    pub fn new(link: L, profile: Profile) -> Self {
        Printer { link, profile, classifier: Classifier::new(), unsettled: true, broken: false }
    }

    /// What is known about its model.
    pub fn profile(&self) -> &Profile {
        &self.profile
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
        let mut bytes = command::INITIALISE.to_vec();
        if self.profile.has_asb {
            bytes.extend(command::AUTO_STATUS);
        }
        self.write(&bytes)
    }

    /// Ends whatever command a broken transfer left unfinished, then initialises.
    ///
    /// As many zeros as the longest command has bytes end it, and print at most white dots. They
    /// take 0.7 s at 115200 baud, so this is for a connection opened again and not for every start.
    ///
    /// # Errors
    /// Those of [`Printer::init`].
    pub fn recover(&mut self) -> Result<(), PrinterError> {
        self.unsettled = true;
        self.write(&[0; LONGEST_COMMAND])?;
        self.broken = false;
        self.init()
    }

    /// Has the printer leave an error that somebody has mended, such as a stuck cutter. One that is
    /// not mended yet stays in it; it may be asked again.
    ///
    /// What it still had to print is forgotten: nothing comes out by itself after whoever it was for
    /// has gone. When its status is clean again, [`Printer::init`] and [`Printer::abandon`] come next.
    ///
    /// # Errors
    /// When the connection fails or does not take the bytes.
    pub fn leave_error(&mut self) -> Result<(), PrinterError> {
        self.write(&command::LEAVE_ERROR)
    }

    /// Asks the printer how it is: DLE EOT 1 to 4 at once, after throwing away older answers.
    ///
    /// # Errors
    /// [`PrinterError::NoAnswer`] when not all four came in time, and those of the connection.
    pub fn status(&mut self) -> Result<Status, PrinterError> {
        self.drain()?;
        self.unsettled = true;
        self.ask_status()?;
        let wait = STATUS_WAIT.min(self.profile.reply_timeout) + self.profile.wire_time(16);
        let deadline = Instant::now() + wait;
        let mut answers = [0; 4];
        let mut have = 0;
        while have < answers.len() {
            let Some(replies) = self.replies(deadline)? else {
                return Err(PrinterError::NoAnswer { device: self.device(), answers: have, waited: wait });
            };
            for reply in replies {
                if let Reply::RealTime(byte) = reply {
                    // More than four: the first were late answers to an earlier question.
                    let [_, second, third, fourth] = answers;
                    answers = [second, third, fourth, byte];
                    have += 1;
                }
            }
        }
        self.unsettled = have > answers.len();
        Ok(self.seen(Status::from_real_time(answers)))
    }

    /// Whether a ticket can be printed now. Little paper is no reason to refuse.
    ///
    /// # Errors
    /// The fault that keeps it from printing, or why it cannot be asked. After a broken transfer
    /// it refuses until [`Printer::recover`].
    pub fn preflight(&mut self) -> Result<Status, PrintRefused> {
        self.ready()?;
        let status = self.status()?;
        match status.fault() {
            Some(fault) => Err(fault.into()),
            None => Ok(status),
        }
    }

    /// Sends the header of a ticket, which carries no number. It prints at once.
    ///
    /// # Errors
    /// When the connection fails or does not take the bytes. No number has left the kiosk then.
    pub fn begin(&mut self, header: &[u8]) -> Result<(), PrinterError> {
        self.ready()?;
        self.write(header)
    }

    /// Ends a ticket of which only the header was sent: cuts it off, so that the next one is clean.
    ///
    /// # Errors
    /// When the connection fails or does not take the bytes.
    pub fn abandon(&mut self) -> Result<(), PrinterError> {
        self.ready()?;
        let mut bytes = Vec::new();
        self.end_ticket(&mut bytes);
        self.write(&bytes)
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
            out.extend(command::feed(LINES_TO_TEAR_BAR));
        }
    }

    /// Sends the four questions of real-time status in one write.
    pub(crate) fn ask_status(&mut self) -> Result<(), PrinterError> {
        let questions = [1, 2, 3, 4].map(command::real_time_status);
        self.write(questions.as_flattened())
    }

    /// Hands all of `bytes` to the line, within a time that follows from their number.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), PrinterError> {
        let deadline = Instant::now() + self.profile.wire_time(bytes.len()) * 2 + WRITE_SLACK;
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
