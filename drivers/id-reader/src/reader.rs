//! The reader itself: find, select, read, and what to do when that fails.

use std::time::{Duration, Instant};

use link::{Link, LinkError};

use crate::buffer::{Answer, NoReply, ReplyBuffer};
use crate::{
    Command, Document, PresenceProbe, Profile, ReaderError, ReaderFault, SamIdentifier, StatusClass, Sw3,
    Text, payload,
};

/// How often an operation is tried again before it is given up.
const RETRIES: u8 = 2;

/// After damaged bytes the line must be silent for so long before it is used again.
const SILENCE: Duration = Duration::from_millis(50);

/// A device that is not silent for [`SILENCE`] within this time is asked all the same.
const SILENCE_BOUND: Duration = Duration::from_secs(1);

/// An ID-card reader on a link; every call blocks its thread, for a bounded time.
///
/// Let one thread own it: [`poll`](Self::poll) every [`Profile::poll_interval`] until it says
/// [`Poll::Found`], then [`read`](Self::read) at once. The card then answers like no card until it
/// is lifted; to learn whether it still lies there, ask [`probe_presence`](Self::probe_presence).
/// After a fault whose next step is [`Reopen`](crate::NextStep::Reopen), open a new link and make
/// a new reader of it.
pub struct Reader<L> {
    link: L,
    profile: Profile,
    name: String,
    buffer: ReplyBuffer,
    line: Line,
}

/// What is known about the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// Bytes of something else may be under way: to be drained before anything is asked.
    Suspect,
    /// Silent, but the module's status is not known.
    Quiet,
    /// The module said that it is ready.
    Ready,
}

impl Line {
    /// What is left of it when the module's status is in doubt.
    fn unconfirmed(self) -> Self {
        match self {
            Self::Suspect => Self::Suspect,
            Self::Quiet | Self::Ready => Self::Quiet,
        }
    }
}

/// What a poll found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Poll {
    /// No card; also a card that was read and has not been lifted since.
    NoCard,
    /// A card, to be read at once.
    Found,
}

/// Whether a card that was read still lies on the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It does.
    Present,
    /// It was taken.
    Absent,
    /// The reader did not say.
    Unknown,
}

/// How many more times an operation may be tried.
struct Tries(u8);

impl Tries {
    /// Takes one try; none left means that `fault` stands.
    fn spend(&mut self, fault: ReaderFault) -> Result<(), ReaderFault> {
        match self.0.checked_sub(1) {
            Some(left) => {
                tracing::debug!(%fault, left, "ID-card reader: trying again");
                self.0 = left;
                Ok(())
            }
            None => Err(fault),
        }
    }
}

impl<L: Link> Reader<L> {
    /// A reader behind `link`, which is open at [`Profile::baud`]. Sends nothing yet.
    #[must_use]
    pub fn new(link: L, profile: Profile) -> Self {
        let name = format!("{} on {}", profile.model, link.name());
        // What the module sent before we came, nobody asked for.
        Self { link, profile, name, buffer: ReplyBuffer::new(), line: Line::Suspect }
    }

    /// The profile the reader was made with.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Asks whether the module is ready (11 FF).
    ///
    /// # Errors
    /// [`ReaderFault::SamNotAuthorised`], [`ReaderFault::SelfTestFailed`], and those of the line.
    pub fn status(&mut self) -> Result<(), ReaderError> {
        self.line = self.line.unconfirmed();
        let outcome = self.make_ready(&mut Tries(RETRIES));
        self.conclude(outcome)
    }

    /// Resets the module (10 FF). Its status is asked before whatever is done next.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    pub fn reset(&mut self) -> Result<(), ReaderError> {
        let outcome = self.reset_module(&mut Tries(RETRIES));
        self.line = self.line.unconfirmed();
        self.conclude(outcome)
    }

    /// Asks for the security module's identifier (12 FF), which a service desk wants to know.
    ///
    /// # Errors
    /// As [`status`](Self::status); [`ReaderFault::Refused`] if the answer is no identifier.
    pub fn identifier(&mut self) -> Result<SamIdentifier, ReaderError> {
        let command = Command::SamIdentifier;
        let outcome = self.ask(command, &mut Tries(RETRIES)).and_then(|answer| {
            expect(command, &answer, Sw3::Success)?;
            SamIdentifier::from_data(self.buffer.data(&answer))
                .ok_or(ReaderFault::Refused { command, status: answer.status })
        });
        self.conclude(outcome)
    }

    /// Looks for a card, once (20 01).
    ///
    /// # Errors
    /// Every fault that is not the card's; a status other than “found” and “none” is tried again
    /// before it is one.
    pub fn poll(&mut self) -> Result<Poll, ReaderError> {
        let outcome = self.find(&mut Tries(RETRIES));
        self.conclude(outcome)
    }

    /// Selects the card just found and reads its text (20 02, 30 01).
    ///
    /// What can pass by itself (a card moved, a damaged reply) is tried again up to twice. The
    /// photo that comes with the text is wiped unread.
    ///
    /// # Errors
    /// Every [`ReaderFault`].
    pub fn read(&mut self) -> Result<Document, ReaderError> {
        let outcome = self.read_document(&mut Tries(RETRIES));
        self.conclude(outcome)
    }

    /// Reads the addresses that were appended to the card since its issue (30 03), the newest last.
    ///
    /// To be asked after [`read`](Self::read), while the card still lies there; most cards have
    /// none.
    ///
    /// # Errors
    /// As [`read`](Self::read), but without trying the card again.
    pub fn appended_addresses(&mut self) -> Result<Vec<Text>, ReaderError> {
        let command = Command::ReadNewestAddress;
        let outcome = self.ask(command, &mut Tries(RETRIES)).and_then(|answer| {
            if answer.status == Sw3::NoSuchItem {
                return Ok(Vec::new());
            }
            expect(command, &answer, Sw3::Success)?;
            Ok(payload::appended_addresses(self.buffer.data(&answer))?)
        });
        self.conclude(outcome)
    }

    /// Asks whether a card that was read still lies there, in the way the profile names.
    ///
    /// Anything but a clean answer is [`Presence::Unknown`]: to believe a forgotten card taken is
    /// the worse mistake. What went wrong shows again in the next poll.
    pub fn probe_presence(&mut self) -> Presence {
        let command = match self.profile.presence_probe {
            PresenceProbe::None => return Presence::Unknown,
            PresenceProbe::ReselectAndRead => Command::SelectCard,
            PresenceProbe::CardManagementNumber => Command::ReadCardManagementNumber,
        };
        let outcome = self.ask(command, &mut Tries(0));
        match self.conclude(outcome).map(|answer| answer.status) {
            Ok(Sw3::Success | Sw3::NoSuchItem) => Presence::Present,
            Ok(Sw3::ReadFailed | Sw3::FindFailed | Sw3::SelectFailed) => Presence::Absent,
            Ok(_) | Err(_) => Presence::Unknown,
        }
    }

    /// Gives the link back.
    #[must_use]
    pub fn into_link(self) -> L {
        self.link
    }

    fn find(&mut self, tries: &mut Tries) -> Result<Poll, ReaderFault> {
        loop {
            let answer = self.ask(Command::FindCard, tries)?;
            match answer.status {
                Sw3::CardFound => return Ok(Poll::Found),
                Sw3::FindFailed => return Ok(Poll::NoCard),
                _ => {}
            }
            let fault = ReaderFault::of(Command::FindCard, answer.status, answer.card_words);
            match answer.status.class() {
                StatusClass::TryAgain | StatusClass::StartOver => {
                    self.line = Line::Quiet;
                    tries.spend(fault)?;
                }
                _ => return Err(fault),
            }
        }
    }

    fn read_document(&mut self, tries: &mut Tries) -> Result<Document, ReaderFault> {
        // The card was found just now: the first selection follows at once.
        let mut find_first = false;
        loop {
            let fault = match self.read_once(find_first, tries) {
                Ok(document) => return Ok(document),
                Err(fault) => fault,
            };
            find_first = match fault {
                // The card did not do its part: find it anew.
                ReaderFault::CardUnreadable(_) => true,
                // It did, and the reply was lost on the line. To find, it would now answer like
                // no card.
                ReaderFault::Garbled(_) | ReaderFault::RequestsGarbled(_) => false,
                _ => return Err(fault),
            };
            tries.spend(fault)?;
        }
    }

    fn read_once(&mut self, find_first: bool, tries: &mut Tries) -> Result<Document, ReaderFault> {
        self.make_ready(tries)?;
        if find_first {
            // Whatever it answers: a card read before is there and not found. The selection tells.
            self.exchange(Command::FindCard)?;
        }
        let answer = self.exchange(Command::SelectCard)?;
        expect(Command::SelectCard, &answer, Sw3::Success)?;
        let answer = self.exchange(Command::ReadTextAndPhoto)?;
        expect(Command::ReadTextAndPhoto, &answer, Sw3::Success)?;
        // The photo stands after the text in these data; they are wiped when the read concludes.
        let record = payload::text_record(self.buffer.data(&answer))?;
        Ok(Document::parse(record)?)
    }

    fn reset_module(&mut self, tries: &mut Tries) -> Result<(), ReaderFault> {
        loop {
            let fault = match self.exchange(Command::ResetSam) {
                Ok(answer) if answer.status == Sw3::Success => return Ok(()),
                Ok(a) => ReaderFault::of(Command::ResetSam, a.status, a.card_words),
                Err(fault) => fault,
            };
            match fault {
                ReaderFault::Garbled(_) | ReaderFault::RequestsGarbled(_) => tries.spend(fault)?,
                _ => return Err(fault),
            }
        }
    }

    /// Asks `command` of a module that is ready, and again when the frame or its answer is damaged.
    fn ask(&mut self, command: Command, tries: &mut Tries) -> Result<Answer, ReaderFault> {
        loop {
            self.make_ready(tries)?;
            match self.exchange(command) {
                Ok(answer) if answer.status.class() == StatusClass::SendAgain => {
                    tries.spend(ReaderFault::RequestsGarbled(answer.status))?;
                }
                Ok(answer) => return Ok(answer),
                Err(fault @ ReaderFault::Garbled(_)) => tries.spend(fault)?,
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Asks for the status until the module is ready, unless it is known to be.
    fn make_ready(&mut self, tries: &mut Tries) -> Result<(), ReaderFault> {
        while self.line != Line::Ready {
            match self.exchange(Command::SamStatus) {
                Ok(answer) if answer.status == Sw3::Success => self.line = Line::Ready,
                Ok(a) => {
                    let fault = ReaderFault::of(Command::SamStatus, a.status, a.card_words);
                    if a.status.class() == StatusClass::DeviceFault {
                        return Err(fault);
                    }
                    tries.spend(fault)?;
                }
                Err(fault @ ReaderFault::Garbled(_)) => tries.spend(fault)?,
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    /// One request and its reply, after draining a line that is suspect.
    fn exchange(&mut self, command: Command) -> Result<Answer, ReaderFault> {
        if self.line == Line::Suspect {
            let thrown = self.link.drain(SILENCE, Instant::now() + SILENCE_BOUND);
            match thrown.map_err(|e| self.lost(e))? {
                0 => {}
                n => tracing::debug!(reader = %self.name, bytes = n, "threw away stray bytes"),
            }
            self.line = Line::Quiet;
        }
        let timeouts = self.profile.timeouts;
        let first = if command.reads_card() { timeouts.read } else { timeouts.find };
        self.link.write_all(&command.frame(), Instant::now() + first).map_err(|e| self.lost(e))?;
        match self.buffer.receive(&mut self.link, first, timeouts.reply) {
            Ok(answer) => {
                tracing::trace!(reader = %self.name, ?command, status = %answer.status);
                Ok(answer)
            }
            Err(NoReply::Link(e)) => Err(self.lost(e)),
            Err(NoReply::Silence) => {
                // Should it answer later, then not to what is asked next.
                self.line = Line::Suspect;
                Err(ReaderFault::NoAnswer { command, waited: first })
            }
            Err(NoReply::Garbled(fault)) => {
                self.line = Line::Suspect;
                Err(ReaderFault::Garbled(fault))
            }
        }
    }

    fn lost(&mut self, error: LinkError) -> ReaderFault {
        self.line = Line::Suspect;
        ReaderFault::Link(error)
    }

    /// Ends an operation: wipes what was received and gives a fault the reader's name.
    fn conclude<T>(&mut self, outcome: Result<T, ReaderFault>) -> Result<T, ReaderError> {
        self.buffer.wipe();
        outcome.map_err(|fault| {
            // After a fault the module's status is asked before anything else.
            self.line = self.line.unconfirmed();
            ReaderError { reader: self.name.clone(), fault }
        })
    }
}

fn expect(command: Command, answer: &Answer, wanted: Sw3) -> Result<(), ReaderFault> {
    if answer.status == wanted {
        Ok(())
    } else {
        Err(ReaderFault::of(command, answer.status, answer.card_words))
    }
}

#[cfg(test)]
mod tests;
