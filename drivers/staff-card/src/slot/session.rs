//! A connection to pcscd, and what is known through it. Lives on the slot's own thread.

use std::ffi::{CStr, CString};
use std::time::{Duration, Instant};

use pcsc::{
    Card, Context, Disposition, PNP_NOTIFICATION, Protocols, ReaderState, ShareMode, State, Transaction,
};
use zeroize::Zeroizing;

use super::{Slot, service};
use crate::exchange::MAX_REPLY;
use crate::record::{Tape, Taped};
use crate::{Exchange, KeyKind, Pin, SlotFault, piv};

/// PC/SC tells of readers that come and go; should one be missed, it is found this soon.
const LIST_AGAIN: Duration = Duration::from_secs(1);

pub(super) struct Session {
    /// A part of the reader's name, in lower case.
    wanted: String,
    context: Option<Context>,
    /// What was said last.
    said: Option<Slot>,
    /// The service has answered since it last turned us away.
    served: bool,
}

impl Session {
    pub(super) fn new(wanted: String) -> Self {
        Self { wanted: wanted.to_lowercase(), context: None, said: None, served: false }
    }

    pub(super) fn poll(&mut self, wait: Duration) -> Result<Slot, SlotFault> {
        let deadline = Instant::now() + wait;
        let slot = self.with_new_context_if_lost(|session| session.watch_until(deadline))?;
        self.said = Some(slot);
        Ok(slot)
    }

    pub(super) fn certificate(
        &mut self,
        tape: &Tape,
        limit: Duration,
    ) -> Result<Zeroizing<Vec<u8>>, SlotFault> {
        self.talk(tape, limit, Disposition::LeaveCard, |exchange| piv::read_certificate(exchange))
    }

    pub(super) fn sign(
        &mut self,
        tape: &Tape,
        limit: Duration,
        pin: &Pin,
        kind: KeyKind,
        message: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SlotFault> {
        // A reset takes the PIN back.
        self.talk(tape, limit, Disposition::ResetCard, |exchange| piv::sign(exchange, pin, kind, message))
    }

    /// Talks to the card in one transaction, which leaves it as `after` says.
    fn talk<T>(
        &mut self,
        tape: &Tape,
        limit: Duration,
        after: Disposition,
        talk: impl FnOnce(&mut Taped<'_, CardExchange<'_>>) -> Result<T, SlotFault>,
    ) -> Result<T, SlotFault> {
        let deadline = Instant::now() + limit;
        let connected = self.with_new_context_if_lost(Self::connect);
        let mut card = connected.inspect_err(|_| tape.failed(&SlotFault::NoCard))?;
        let outcome = match card.transaction() {
            Ok(card) => talk(&mut Taped { exchange: CardExchange { card, deadline }, tape }),
            Err(error) => {
                tape.failed(&SlotFault::NoCard);
                Err(failed_before(error))
            }
        };
        // A card that has gone has forgotten by itself, and pcscd does not get over resetting one.
        let after = if is_there(&outcome) { after } else { Disposition::LeaveCard };
        // What it says is of no use any more.
        let _ = card.disconnect(after);
        if let Err(SlotFault::ServiceLost) = outcome {
            self.forget_context();
        }
        outcome
    }

    /// Once pcscd has ended, a context is of no use for ever.
    fn forget_context(&mut self) {
        (self.context, self.said) = (None, None);
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

    /// The name of the reader that is meant, if it is there.
    fn reader(&mut self) -> Result<Option<CString>, SlotFault> {
        let names = match self.context()?.list_readers_owned() {
            Ok(names) => names,
            Err(pcsc::Error::NoReadersAvailable) => Vec::new(),
            Err(error) => return Err(SlotFault::of(error)),
        };
        let lower = |name: &CString| name.to_string_lossy().to_lowercase();
        let named = names.iter().find(|name| match &*self.wanted {
            "" => !lower(name).contains("virtual"),
            part => lower(name).contains(part),
        });
        let any = names.first().filter(|_| self.wanted.is_empty());
        Ok(named.or(any).cloned())
    }

    fn watch_until(&mut self, deadline: Instant) -> Result<Slot, SlotFault> {
        let mut states = Vec::new();
        loop {
            let reader = self.reader()?;
            let slot = follow(&mut states, reader.as_deref());
            let left = deadline.saturating_duration_since(Instant::now());
            match slot {
                Some(slot) if self.said != Some(slot) || left.is_zero() => return Ok(slot),
                _ => {}
            }
            // Of a reader that was not asked before the answer comes at once.
            match self.context()?.get_status_change(left.min(LIST_AGAIN), &mut states) {
                Ok(()) => states.iter_mut().for_each(ReaderState::sync_current_state),
                // Unplugged since it was listed.
                Err(pcsc::Error::Timeout | pcsc::Error::UnknownReader) => {}
                Err(error) => return Err(SlotFault::of(error)),
            }
        }
    }

    fn connect(&mut self) -> Result<Card, SlotFault> {
        let reader = self.reader()?.ok_or(SlotFault::NoReader)?;
        self.context()?.connect(&reader, ShareMode::Exclusive, Protocols::ANY).map_err(failed_before)
    }
}

/// Watches this reader, and whether readers come and go. What is in it, as far as it was asked.
fn follow(states: &mut Vec<ReaderState>, reader: Option<&CStr>) -> Option<Slot> {
    if states.is_empty() {
        states.push(ReaderState::new(PNP_NOTIFICATION(), State::UNAWARE));
    }
    let Some(reader) = reader else {
        states.truncate(1);
        return Some(Slot::NoReader);
    };
    if states.get(1).map(ReaderState::name) != Some(reader) {
        states.truncate(1);
        states.push(ReaderState::new(reader, State::UNAWARE));
    }
    let state = states.get(1)?.event_state();
    if state.is_empty() {
        None
    } else if state.intersects(State::UNKNOWN | State::UNAVAILABLE | State::IGNORE) {
        Some(Slot::NoReader)
    } else if !state.contains(State::PRESENT) {
        Some(Slot::Empty)
    } else if state.contains(State::MUTE) {
        Some(Slot::Mute)
    } else {
        Some(Slot::Inserted)
    }
}

/// Whether the card answered until the end.
fn is_there<T>(outcome: &Result<T, SlotFault>) -> bool {
    !matches!(
        outcome,
        Err(SlotFault::CardGone
            | SlotFault::CardUnreadable(_)
            | SlotFault::CardReset
            | SlotFault::Mute
            | SlotFault::NoCard
            | SlotFault::NoReader
            | SlotFault::ServiceLost)
    )
}

/// A call that did not begin is the slot's fault, or there is no card any more.
fn failed_before(error: pcsc::Error) -> SlotFault {
    match SlotFault::of(error) {
        SlotFault::CardGone => SlotFault::NoCard,
        SlotFault::CardReset => SlotFault::Busy,
        fault => fault,
    }
}

/// The card as PIV's rules see it, in one transaction that no other program comes between.
struct CardExchange<'a> {
    card: Transaction<'a>,
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
                // There was one until now.
                SlotFault::NoCard => SlotFault::CardGone,
                fault => fault,
            })?;
        reply.extend_from_slice(got);
        Ok(())
    }
}
