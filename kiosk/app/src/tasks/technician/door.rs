//! The technician's door: who may come in by a card of the hall's staff, or by an answer of the hall's office.
//!
//! It has a thread of its own, for it waits for cards and writes to the disk before it says anything. The counter
//! of questions and the number of failures are there, synced, before anything of them is shown: switching the kiosk
//! off and on asks a new question and gains no attempt. Both ways in share the failures: who is slowed at one is
//! slowed at the other.

mod cards;
mod codes;

pub use cards::Cards;

use crate::bus::Bus;
use crate::clock::Clock;
use crate::kept::{self, Sync};
use codes::Codes;
use entry::{Attempts, KioskKey, TooSoon};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;
use visit::event::{DoorNews, Event, RoomDo, SessionId};
use visit::screen::DoorRefusal;

/// How long one look for a card waits for it.
const LOOK: Duration = Duration::from_millis(250);

/// Who may come in.
pub struct Door {
    record: Record,
    codes: Codes,
    cards: Option<Cards>,
    bus: Bus,
    clock: Clock,
    /// who stands there, while somebody does
    at: Option<SessionId>,
    /// he has come in by his card: whether it is still there
    inside: bool,
}

/// What outlives a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    counter: u64,
    failures: u32,
}

/// What outlives a restart, in its file, and what follows from it.
struct Record {
    path: PathBuf,
    kept: Kept,
    attempts: Attempts,
    /// the file could be read
    sound: bool,
}

impl Record {
    /// No file is a kiosk on which nobody has asked yet.
    fn open(path: PathBuf, clock: &Clock) -> Self {
        let kept = kept::read::<Kept>(&path);
        if let Err(error) = &kept {
            tracing::error!(path = %path.display(), %error, "no technician comes in by a code: the counter cannot be read");
        }
        let sound = kept.is_ok();
        let kept = kept.ok().flatten().unwrap_or_default();
        let attempts = Attempts::restored(kept.failures, clock.now().tick);
        Self { path, kept, attempts, sound }
    }

    /// How long nobody's attempt is looked at.
    fn wait(&self, clock: &Clock) -> Duration {
        self.attempts.allowed(clock.now().tick).err().map_or(Duration::ZERO, |TooSoon(left)| left)
    }

    /// Writes down how many attempts have failed, if that has changed.
    fn keep_failures(&mut self) {
        let failures = self.attempts.failures();
        if failures == self.kept.failures {
            return;
        }
        let kept = Kept { failures, ..self.kept };
        match kept::write(&self.path, &kept, Sync::Now) {
            Ok(()) => self.kept = kept,
            Err(error) => tracing::error!(%error, "failures at the technician's door are not kept"),
        }
    }
}

impl Door {
    /// A door that opens for codes under this key and for these cards, as far as there are any; what must outlive
    /// a restart lies in `path`.
    pub fn new(key: Option<KioskKey>, cards: Option<Cards>, path: PathBuf, bus: Bus, clock: Clock) -> Self {
        let record = Record::open(path, &clock);
        // A counter that begins anew would ask an old question again.
        let codes = Codes::new(key.filter(|_| record.sound));
        Self { record, codes, cards, bus, clock, at: None, inside: false }
    }

    /// Answers until nobody can ask any more.
    pub fn run(&mut self, asks: &Receiver<RoomDo>) {
        // Whoever stood there when this ended in a panic knocks again.
        (self.at, self.inside) = (None, false);
        loop {
            let pause = self.look();
            let ask = match asks.recv_timeout(pause) {
                Ok(ask) => ask,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            match ask {
                RoomDo::Knock(stay) => {
                    (self.at, self.inside) = (Some(stay), false);
                    if let Some(cards) = &mut self.cards {
                        cards.begin();
                    }
                }
                RoomDo::NewCode(stay) => {
                    let news = self.codes.ask(&mut self.record, &self.clock);
                    self.tell(stay, news);
                }
                RoomDo::Code(stay, typed) => {
                    let news = self.codes.answer(&typed, &mut self.record, &self.clock);
                    self.answered(stay, news, false);
                }
                RoomDo::Pin(stay, pin) => {
                    let news = match &mut self.cards {
                        Some(cards) => cards.pin(&pin, &mut self.record, &self.clock),
                        None => vec![DoorNews::Refused(DoorRefusal::Unable, Duration::ZERO)],
                    };
                    self.answered(stay, news, true);
                }
                RoomDo::Leave => {
                    (self.at, self.inside) = (None, false);
                    self.codes.leave();
                    if let Some(cards) = &mut self.cards {
                        cards.leave();
                    }
                }
                // Those are not the door's.
                RoomDo::Try(..)
                | RoomDo::ReadLoop(..)
                | RoomDo::MakeReport(..)
                | RoomDo::PrintReport(_)
                | RoomDo::ExportReport(_)
                | RoomDo::LookOutbox(_)
                | RoomDo::SendNow(_)
                | RoomDo::LookCounters(_)
                | RoomDo::LookKiosk(_)
                | RoomDo::RollChanged(_)
                | RoomDo::SettingsBack(_) => {}
            }
        }
    }

    /// Looks once whether a card is there; how long nothing else is to be done.
    fn look(&mut self) -> Duration {
        let (Some(stay), Some(cards)) = (self.at, &mut self.cards) else { return Duration::from_secs(3600) };
        let news = if self.inside { cards.drawn(LOOK) } else { cards.look(LOOK, &self.record, &self.clock) };
        self.tell(stay, news);
        Duration::from_millis(1)
    }

    /// Who has come in stands before the door no more; only his card is looked after.
    fn answered(&mut self, stay: SessionId, news: Vec<DoorNews>, by_card: bool) {
        if news.contains(&DoorNews::Opened) {
            self.inside = by_card;
            self.at = self.at.filter(|_| by_card);
        }
        self.tell(stay, news);
    }

    fn tell(&self, stay: SessionId, news: Vec<DoorNews>) {
        news.into_iter().for_each(|news| self.bus.send_blocking(Event::Door(stay, news)));
    }
}

/// Random bytes that nobody can guess.
fn chance<const N: usize>() -> Option<[u8; N]> {
    let mut chance = [0; N];
    match getrandom::fill(&mut chance) {
        Ok(()) => Some(chance),
        Err(error) => {
            tracing::error!(%error, "no technician comes in: there are no random numbers");
            None
        }
    }
}
