//! A connection to pcscd, and what is known through it. Lives on the slot's own thread.

use std::ffi::{CStr, CString};
use std::time::{Duration, Instant};

use pcsc::{
    Card, Context, Disposition, PNP_NOTIFICATION, Protocols, ReaderState, ShareMode, State, Transaction,
};
use zeroize::Zeroizing;

use super::{Presence, Slot, service};
use crate::exchange::MAX_REPLY;
use crate::record::{Tape, Taped};
use crate::{Exchange, Profile, Share, SlotFault, SocialCard, read_card};

pub(super) struct Session {
    profile: Profile,
    context: Option<Context>,
    watch: Watch,
    /// The service has answered since it last turned us away.
    served: bool,
    /// The reader and its count of cards when a card was read.
    was_read: Option<(CString, u32)>,
}

/// What was seen of the slot, and what was said of it.
#[derive(Default)]
struct Watch {
    /// First PC/SC's word on readers that come and go, then the reader that is watched, if any.
    states: Vec<ReaderState>,
    /// Until the reader's state was asked once, nothing is known.
    is_asked: bool,
    /// What was said last, and the reader's count of cards then.
    said: Option<(Slot, u32)>,
}

impl Session {
    pub(super) fn new(profile: Profile) -> Self {
        Self { profile, context: None, watch: Watch::default(), served: false, was_read: None }
    }

    pub(super) fn poll(&mut self, wait: Duration) -> Result<Slot, SlotFault> {
        let deadline = Instant::now() + wait;
        self.with_new_context_if_lost(|session| session.watch_until(deadline))
    }

    pub(super) fn read(&mut self, tape: &Tape) -> Result<SocialCard, SlotFault> {
        let deadline = Instant::now() + self.profile.read;
        let connected = self.with_new_context_if_lost(Self::connect);
        let (mut card, reader) = connected.inspect_err(|_| tape.failed(&SlotFault::NoCard))?;
        let outcome = match card.transaction() {
            Ok(card) => {
                let exchange = CardExchange { card, share: self.share(), deadline };
                read_card(&mut Taped { exchange, tape })
            }
            Err(error) => {
                tape.failed(&SlotFault::NoCard);
                Err(failed_before(error))
            }
        };
        // What it says is of no use any more.
        let _ = card.disconnect(Disposition::LeaveCard);
        if let Err(SlotFault::ServiceLost) = outcome {
            self.forget_context();
        } else if outcome.is_ok() {
            self.was_read = self.count(&reader).map(|(_, count)| (reader, count));
        }
        outcome
    }

    pub(super) fn presence(&mut self) -> Presence {
        let Some((reader, count)) = self.was_read.clone() else { return Presence::Unknown };
        match self.count(&reader) {
            Some((Slot::Inserted, now)) if now == count => Presence::Present,
            Some(_) => Presence::Absent,
            None => Presence::Unknown,
        }
    }

    /// Once pcscd has ended, a context is of no use for ever.
    fn forget_context(&mut self) {
        // It may still be counted by libpcsclite, but has nobody to talk to.
        self.context = None;
        self.watch = Watch::default();
        self.was_read = None;
    }

    /// Asks, and once more on a new connection when the one there was turns out to be lost.
    fn with_new_context_if_lost<T>(
        &mut self,
        mut ask: impl FnMut(&mut Self) -> Result<T, SlotFault>,
    ) -> Result<T, SlotFault> {
        let had_one = self.context.is_some();
        let mut outcome = ask(self);
        if had_one && matches!(outcome, Err(SlotFault::ServiceLost)) {
            self.forget_context();
            outcome = ask(self);
        }
        if matches!(outcome, Err(SlotFault::NotPermitted)) && std::mem::take(&mut self.served) {
            // It served us until now: rather than refusing us it is just ending. The next call tells.
            outcome = Err(SlotFault::ServiceLost);
        }
        self.served |= outcome.is_ok();
        if matches!(outcome, Err(SlotFault::ServiceLost)) {
            self.forget_context();
        }
        outcome
    }

    fn context(&mut self) -> Result<&Context, SlotFault> {
        let context = match self.context.take() {
            Some(context) => context,
            None => service::connect()?,
        };
        Ok(self.context.insert(context))
    }

    /// The name of the reader that the profile means, if it is there.
    fn reader(&mut self) -> Result<Option<CString>, SlotFault> {
        let names = match self.context()?.list_readers_owned() {
            Ok(names) => names,
            Err(pcsc::Error::NoReadersAvailable) => Vec::new(),
            Err(error) => return Err(SlotFault::of(error)),
        };
        let texts = names.iter().filter_map(|name| name.to_str().ok());
        let chosen = self.profile.choose(texts);
        Ok(names.iter().find(|name| name.to_str().ok() == chosen && chosen.is_some()).cloned())
    }

    fn watch_until(&mut self, deadline: Instant) -> Result<Slot, SlotFault> {
        let mut has_asked = false;
        loop {
            let reader = self.reader()?;
            self.watch.follow(reader.as_deref());
            if let Some(reader) = reader.filter(|_| has_asked && self.watch.is_held())
                && self.stays_held(&reader)
            {
                return Err(SlotFault::Busy);
            }
            if self.watch.is_asked
                && let Some(slot) = self.watch.news()
            {
                return Ok(slot);
            }
            // The first time nothing is known, and the answer comes at once.
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero()
                && has_asked
                && let Some((slot, _)) = self.watch.said
            {
                return Ok(slot);
            }
            let wait = left.min(LIST_AGAIN);
            let mut watch = std::mem::take(&mut self.watch);
            let changed = self.context()?.get_status_change(wait, &mut watch.states);
            self.watch = watch;
            has_asked = true;
            match changed {
                Ok(()) => self.watch.note_asked(),
                Err(pcsc::Error::Timeout) if self.watch.is_asked || !left.is_zero() => {}
                // Unplugged since it was listed.
                Err(pcsc::Error::UnknownReader) => return Ok(self.watch.lose_reader()),
                Err(error) => return Err(SlotFault::of(error)),
            }
        }
    }

    /// What is in this reader now, and its count of cards.
    fn count(&mut self, reader: &CStr) -> Option<(Slot, u32)> {
        let mut states = [ReaderState::new(reader, State::UNAWARE)];
        match self.context().ok()?.get_status_change(Duration::ZERO, &mut states) {
            Ok(()) => Some((slot_of(&states[0]), states[0].event_count())),
            Err(error) => {
                if let SlotFault::ServiceLost = SlotFault::of(error) {
                    self.forget_context();
                }
                None
            }
        }
    }

    /// Whether another program keeps the reader for itself, rather than being done with it in a moment.
    fn stays_held(&mut self, reader: &CStr) -> bool {
        let end = Instant::now() + HELD;
        loop {
            let mut states = [ReaderState::new(reader, State::UNAWARE)];
            let asked = self.context().ok().map(|c| c.get_status_change(Duration::ZERO, &mut states));
            if !matches!(asked, Some(Ok(()))) || !states[0].event_state().contains(State::EXCLUSIVE) {
                return false;
            }
            if Instant::now() >= end {
                return true;
            }
            std::thread::sleep(HELD_AGAIN);
        }
    }

    fn connect(&mut self) -> Result<(Card, CString), SlotFault> {
        let reader = self.reader()?.ok_or(SlotFault::NoReader)?;
        let share = self.share();
        let card = self.context()?.connect(&reader, share, PROTOCOLS).map_err(failed_before)?;
        Ok((card, reader))
    }

    fn share(&self) -> ShareMode {
        match self.profile.share {
            Share::Exclusive => ShareMode::Exclusive,
            Share::Shared => ShareMode::Shared,
        }
    }
}

const PROTOCOLS: Protocols = Protocols::ANY;

/// PC/SC tells of readers that come and go; should one be missed, it is found this soon.
const LIST_AGAIN: Duration = Duration::from_secs(1);

/// Who has the reader for himself so long is in the way. A program that looks what is there is done
/// sooner.
const HELD: Duration = Duration::from_secs(1);
/// How often it is asked meanwhile.
const HELD_AGAIN: Duration = Duration::from_millis(50);

impl Watch {
    /// Watches this reader, and whether readers come and go.
    fn follow(&mut self, reader: Option<&CStr>) {
        if self.states.is_empty() {
            self.states.push(ReaderState::new(PNP_NOTIFICATION(), State::UNAWARE));
            self.is_asked = reader.is_none();
        }
        if self.states.get(1).map(ReaderState::name) != reader {
            self.states.truncate(1);
            self.states.extend(reader.map(|name| ReaderState::new(name, State::UNAWARE)));
            // That there is none is known without asking.
            self.is_asked = reader.is_none();
        }
    }

    fn lose_reader(&mut self) -> Slot {
        self.states.truncate(1);
        self.is_asked = true;
        self.said = Some((Slot::NoReader, 0));
        Slot::NoReader
    }

    /// Whether another program has the reader for itself now. This one does so only while it reads.
    fn is_held(&self) -> bool {
        self.states.get(1).is_some_and(|state| state.event_state().contains(State::EXCLUSIVE))
    }

    fn note_asked(&mut self) {
        self.is_asked = true;
        for state in &mut self.states {
            state.sync_current_state();
        }
    }

    /// What is in the slot, if that is to be said. Remembers what it says.
    fn news(&mut self) -> Option<Slot> {
        let (slot, count) = match self.states.get(1) {
            None => (Slot::NoReader, 0),
            Some(state) => (slot_of(state), state.event_count()),
        };
        let slot = match self.said {
            Some((said, at)) if said == slot && at == count => return None,
            // A card was there and a card is there, but not the same one.
            Some((Slot::Inserted | Slot::Mute, at))
                if at != count && matches!(slot, Slot::Inserted | Slot::Mute) =>
            {
                Slot::Empty
            }
            // Cards came and went, and none is there.
            Some((said, _)) if said == slot => {
                self.said = Some((slot, count));
                return None;
            }
            _ => slot,
        };
        self.said = Some((slot, count));
        Some(slot)
    }
}

fn slot_of(state: &ReaderState) -> Slot {
    let state = state.event_state();
    if state.intersects(State::UNKNOWN | State::UNAVAILABLE | State::IGNORE) {
        Slot::NoReader
    } else if !state.contains(State::PRESENT) {
        Slot::Empty
    } else if state.contains(State::MUTE) {
        Slot::Mute
    } else {
        Slot::Inserted
    }
}

/// A reading that did not begin is the slot's fault, or there is no card any more.
fn failed_before(error: pcsc::Error) -> SlotFault {
    match SlotFault::of(error) {
        SlotFault::CardGone => SlotFault::NoCard,
        SlotFault::CardReset => SlotFault::Busy,
        fault => fault,
    }
}

/// The card as the file logic sees it, in one transaction that no other program comes between.
struct CardExchange<'a> {
    card: Transaction<'a>,
    share: ShareMode,
    deadline: Instant,
}

impl Exchange for CardExchange<'_> {
    fn transmit(&mut self, command: &[u8], reply: &mut Vec<u8>) -> Result<(), SlotFault> {
        if Instant::now() >= self.deadline {
            return Err(SlotFault::TooSlow);
        }
        let mut buffer = Zeroizing::new([0; MAX_REPLY]);
        let got =
            self.card.transmit(command, &mut buffer[..]).map_err(|error| match SlotFault::of(error) {
                // In mid-reading there was one.
                SlotFault::NoCard => SlotFault::CardGone,
                fault => fault,
            })?;
        reply.extend_from_slice(got);
        Ok(())
    }

    fn renew(&mut self) -> Result<(), SlotFault> {
        self.card.reconnect(self.share, PROTOCOLS, Disposition::LeaveCard).map_err(SlotFault::of)
    }
}
