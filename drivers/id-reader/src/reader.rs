//! The reader itself: find, select, read, and what to do when that fails.

use std::time::{Duration, Instant};

use link::{Link, LinkError};

use crate::buffer::{Answer, NoReply, ReplyBuffer};
use crate::{
    Baud, CardManagementNumber, Command, Document, PresenceProbe, Profile, ReaderError, ReaderFault,
    SamIdentifier, StatusClass, Sw3, Text, payload,
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
pub(crate) enum Line {
    /// Bytes of something else may be under way: to be drained before anything is asked.
    Suspect,
    /// Silent, but the module's status is not known.
    Quiet,
    /// The module said that it is ready.
    Ready,
}

impl Line {
    /// Every state, beside the word for it in a recording.
    pub(crate) const WORDS: [(Self, &'static str); 3] =
        [(Self::Suspect, "suspect"), (Self::Quiet, "quiet"), (Self::Ready, "ready")];

    fn word(self) -> &'static str {
        match self {
            Self::Suspect => "suspect",
            Self::Quiet => "quiet",
            Self::Ready => "ready",
        }
    }

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
        self.noted(
            "status",
            |reader| {
                reader.line = reader.line.unconfirmed();
                reader.make_ready(&mut Tries(RETRIES))
            },
            done,
        )
    }

    /// Throws away what is on the line, then asks for the status: the lowest rung of a
    /// [`Ladder`](link::Ladder).
    ///
    /// # Errors
    /// As [`status`](Self::status).
    pub fn resynchronise(&mut self) -> Result<(), ReaderError> {
        self.noted(
            "resynchronise",
            |reader| {
                reader.line = Line::Suspect;
                reader.make_ready(&mut Tries(RETRIES))
            },
            done,
        )
    }

    /// Resets the module (10 FF). Its status is asked before whatever is done next.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    pub fn reset(&mut self) -> Result<(), ReaderError> {
        self.noted(
            "reset",
            |reader| {
                let outcome = reader.plainly(Command::ResetSam);
                reader.line = reader.line.unconfirmed();
                outcome
            },
            done,
        )
    }

    /// Sets the speed of the module's serial line (60 nn). It answers at the old speed: open the
    /// link anew at the new one.
    ///
    /// # Errors
    /// As [`status`](Self::status); [`ReaderFault::Refused`] by a module without a serial line.
    pub fn set_speed(&mut self, baud: Baud) -> Result<(), ReaderError> {
        self.noted(
            &format!("set-speed:{}", baud.rate()),
            |reader| {
                reader.make_ready(&mut Tries(RETRIES))?;
                let outcome = reader.plainly(Command::SetBaud(baud));
                reader.line = Line::Suspect;
                outcome
            },
            done,
        )
    }

    /// Sets the largest frame on the radio side, in bytes (61 FF xx): 50 or 58 in hexadecimal.
    ///
    /// # Errors
    /// As [`status`](Self::status); [`ReaderFault::Refused`] by a module that does not know it.
    pub fn set_max_rf_frame(&mut self, bytes: u8) -> Result<(), ReaderError> {
        self.noted(
            &format!("set-rf-frame:{bytes}"),
            |reader| {
                reader.make_ready(&mut Tries(RETRIES))?;
                reader.plainly(Command::SetMaxRfFrame(bytes))
            },
            done,
        )
    }

    /// Asks for the security module's identifier (12 FF), which a service desk wants to know.
    ///
    /// # Errors
    /// As [`status`](Self::status); [`ReaderFault::Refused`] if the answer is no identifier.
    pub fn identifier(&mut self) -> Result<SamIdentifier, ReaderError> {
        let command = Command::SamIdentifier;
        self.noted(
            "identifier",
            |reader| {
                let answer = reader.ask(command, &mut Tries(RETRIES))?;
                expect(command, &answer, Sw3::Success)?;
                SamIdentifier::from_data(reader.buffer.data(&answer))
                    .ok_or(ReaderFault::Refused { command, status: answer.status })
            },
            ToString::to_string,
        )
    }

    /// Looks for a card, once (20 01).
    ///
    /// # Errors
    /// Every fault that is not the card's; a status other than “found” and “none” is tried again
    /// before it is one.
    pub fn poll(&mut self) -> Result<Poll, ReaderError> {
        self.noted("poll", |reader| reader.find(&mut Tries(RETRIES)), |poll| format!("{poll:?}"))
    }

    /// Selects the card just found and reads its text (20 02, 30 01).
    ///
    /// What can pass by itself (a card moved, a damaged reply) is tried again up to twice. The
    /// photo that comes with the text is wiped unread.
    ///
    /// # Errors
    /// Every [`ReaderFault`].
    pub fn read(&mut self) -> Result<Document, ReaderError> {
        let act = |reader: &mut Self| reader.read_document(Command::ReadTextAndPhoto, &mut Tries(RETRIES));
        self.noted("read", act, |document| format!("{document:?}"))
    }

    /// As [`read`](Self::read), with the fingerprints in the reply (20 02, 30 10), which a reader
    /// may be bound to check. They are wiped unread, as the photo is; a card without any reads
    /// alike.
    ///
    /// # Errors
    /// Every [`ReaderFault`].
    pub fn read_with_fingerprint(&mut self) -> Result<Document, ReaderError> {
        let command = Command::ReadTextPhotoAndFingerprint;
        let act = |reader: &mut Self| reader.read_document(command, &mut Tries(RETRIES));
        self.noted("read-with-fingerprint", act, |document| format!("{document:?}"))
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
        self.noted(
            "addresses",
            |reader| {
                let answer = reader.ask(command, &mut Tries(RETRIES))?;
                if answer.status == Sw3::NoSuchItem {
                    return Ok(Vec::new());
                }
                expect(command, &answer, Sw3::Success)?;
                Ok(payload::appended_addresses(reader.buffer.data(&answer))?)
            },
            |addresses| format!("{} addresses", addresses.len()),
        )
    }

    /// Reads the number that the card's management keeps it under (30 05); `None` if it has none.
    ///
    /// # Errors
    /// As [`appended_addresses`](Self::appended_addresses).
    pub fn card_management_number(&mut self) -> Result<Option<CardManagementNumber>, ReaderError> {
        let command = Command::ReadCardManagementNumber;
        self.noted(
            "management-number",
            |reader| {
                let answer = reader.ask(command, &mut Tries(RETRIES))?;
                if answer.status == Sw3::NoSuchItem {
                    return Ok(None);
                }
                expect(command, &answer, Sw3::Success)?;
                Ok(Some(CardManagementNumber::from_data(reader.buffer.data(&answer))?))
            },
            |number| if number.is_some() { "one".to_owned() } else { "none".to_owned() },
        )
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
        let asked = self.noted(
            "presence",
            |reader| reader.ask(command, &mut Tries(0)),
            |answer| format!("{:?}", presence(answer.status)),
        );
        asked.map_or(Presence::Unknown, |answer| presence(answer.status))
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

    fn read_document(&mut self, command: Command, tries: &mut Tries) -> Result<Document, ReaderFault> {
        // The card was found just now: the first selection follows at once.
        let mut find_first = false;
        loop {
            let fault = match self.read_once(command, find_first, tries) {
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

    fn read_once(
        &mut self,
        command: Command,
        find_first: bool,
        tries: &mut Tries,
    ) -> Result<Document, ReaderFault> {
        self.make_ready(tries)?;
        if find_first {
            // Whatever it answers: a card read before is there and not found. The selection tells.
            self.exchange(Command::FindCard)?;
        }
        let answer = self.exchange(Command::SelectCard)?;
        expect(Command::SelectCard, &answer, Sw3::Success)?;
        let answer = self.exchange(command)?;
        expect(command, &answer, Sw3::Success)?;
        // The photo stands after the text in these data; they are wiped when the read concludes.
        let with_fingerprint = command == Command::ReadTextPhotoAndFingerprint;
        let record = payload::text_record(self.buffer.data(&answer), with_fingerprint)?;
        Ok(Document::parse(record)?)
    }

    /// A command to the module itself whose answer carries nothing.
    fn plainly(&mut self, command: Command) -> Result<(), ReaderFault> {
        let mut tries = Tries(RETRIES);
        loop {
            let fault = match self.exchange(command) {
                Ok(answer) if answer.status == Sw3::Success => return Ok(()),
                Ok(a) => ReaderFault::of(command, a.status, a.card_words),
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

    /// One operation, with a note as it begins and one as it ends. The note of the call says what
    /// is known of the line, the only thing kept from one call to the next.
    fn noted<T>(
        &mut self,
        call: &str,
        act: impl FnOnce(&mut Self) -> Result<T, ReaderFault>,
        outcome: impl FnOnce(&T) -> String,
    ) -> Result<T, ReaderError> {
        let line = self.line.word();
        self.link.note(&format!("call {call} {line}"));
        let result = act(self);
        let ended = match &result {
            Ok(value) => outcome(value),
            Err(fault) => fault.noted(),
        };
        self.link.note(&format!("= {ended}"));
        self.conclude(result)
    }

    /// Takes up what was known of the line when a call was recorded.
    pub(crate) fn take_up(&mut self, line: Line) {
        self.line = line;
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

fn done((): &()) -> String {
    "done".to_owned()
}

fn presence(status: Sw3) -> Presence {
    match status {
        Sw3::Success | Sw3::NoSuchItem => Presence::Present,
        Sw3::ReadFailed | Sw3::FindFailed | Sw3::SelectFailed => Presence::Absent,
        _ => Presence::Unknown,
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
pub(crate) mod tests;
