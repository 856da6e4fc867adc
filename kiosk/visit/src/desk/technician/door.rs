//! Before the room: a technician's card with its PIN, or a code of the hall's office.

use super::{IDLE, ON_THE_TELEPHONE, Page};
use crate::desk::Desk;
use crate::event::{Action, DoorNews, Now, Pin, RoomDo, SessionId};
use crate::intent::Intent;
use crate::screen::{Door, DoorRefusal, DoorWay, Typed};
use std::time::Duration;

/// A PIN of a card (NIST SP 800-73-4, part 2, 2.4.3: six to eight digits).
const PIN: std::ops::RangeInclusive<usize> = 6..=8;
/// Digits of a code; whoever checks it says how many it needs.
const CODE: usize = 24;

/// How long the room stays open without the card that opened it, and without a touch.
const CARD_DRAWN: Duration = Duration::from_secs(30);

/// What somebody before the door has done so far.
#[derive(Debug, Default)]
pub(super) struct Entry {
    way: Way,
    typed: Pin,
    refused: Option<DoorRefusal>,
    /// no attempt before then
    wait_until: Duration,
}

#[derive(Debug, Default)]
enum Way {
    #[default]
    Card,
    Pin,
    Code(String),
    Checking,
}

impl Entry {
    pub fn touched(&mut self, intent: Intent, id: SessionId, now: Now, actions: &mut Vec<Action>) {
        let most = match self.way {
            Way::Pin => *PIN.end(),
            Way::Code(_) => CODE,
            Way::Card | Way::Checking => 0,
        };
        match intent {
            Intent::Key(digit) if digit.is_ascii_digit() && self.typed.len() < most => {
                self.typed.push(digit);
                self.refused = None;
            }
            Intent::KeyDelete => self.typed.pop(),
            Intent::DoorCode if !matches!(self.way, Way::Checking) => {
                self.typed = Pin::default();
                self.refused = None;
                actions.push(Action::Room(RoomDo::NewCode(id)));
            }
            Intent::DoorCard => {
                self.typed = Pin::default();
                self.way = Way::Card;
                actions.push(Action::Room(RoomDo::Knock(id)));
            }
            Intent::Confirm if now.tick >= self.wait_until => self.confirm(id, actions),
            _ => {}
        }
    }

    fn confirm(&mut self, id: SessionId, actions: &mut Vec<Action>) {
        let typed = std::mem::take(&mut self.typed);
        match self.way {
            Way::Pin if PIN.contains(&typed.len()) => actions.push(Action::Room(RoomDo::Pin(id, typed))),
            Way::Code(_) if !typed.is_empty() => actions.push(Action::Room(RoomDo::Code(id, typed))),
            _ => {
                self.typed = typed;
                return;
            }
        }
        self.way = Way::Checking;
    }

    /// Takes news; whether the door is open now.
    fn hear(&mut self, news: DoorNews, now: Now) -> bool {
        match news {
            DoorNews::Opened => return true,
            DoorNews::Card(true) if matches!(self.way, Way::Card) => self.way = Way::Pin,
            DoorNews::Card(false) if !matches!(self.way, Way::Code(_)) => {
                self.way = Way::Card;
                self.typed = Pin::default();
                // What was said was of the card that has gone.
                self.refused = None;
            }
            DoorNews::Card(_) => {}
            DoorNews::Question(text) => {
                self.way = Way::Code(text);
                self.typed = Pin::default();
            }
            DoorNews::Refused(why, wait) => {
                self.refused = Some(why);
                self.wait_until = now.tick + wait;
                if matches!(self.way, Way::Checking) {
                    self.way = Way::Card;
                }
            }
        }
        false
    }

    pub fn shown(&self, cards: bool, now: Now) -> Door {
        let left = self.wait_until.saturating_sub(now.tick);
        Door {
            way: match &self.way {
                // Not yet asked.
                Way::Card if !cards => DoorWay::Checking,
                Way::Card => DoorWay::Card,
                Way::Pin => DoorWay::Pin,
                Way::Code(question) => DoorWay::Code(question.clone()),
                Way::Checking => DoorWay::Checking,
            },
            cards,
            typed: match self.way {
                Way::Code(_) => Typed::Shown(self.typed.grouped()),
                Way::Card | Way::Pin | Way::Checking => Typed::Hidden(self.typed.len()),
            },
            refused: self.refused,
            wait: u32::try_from(left.as_millis().div_ceil(1000)).unwrap_or(u32::MAX),
        }
    }

    /// When what is shown changes by itself: the wait is counted down.
    pub fn next_change(&self, now: Now) -> Option<Duration> {
        (self.wait_until > now.tick).then(|| (now.tick + Duration::from_secs(1)).min(self.wait_until))
    }
}

impl Desk {
    /// What whoever checks says of somebody before the door.
    pub(in crate::desk) fn door(&mut self, id: SessionId, news: DoorNews, now: Now) {
        let Some(room) = self.room.as_mut().filter(|room| room.id == id) else { return };
        let Page::Door(entry) = &mut room.page else {
            // Who draws his card is about to go; a touch shows that he is not.
            if news == DoorNews::Card(false) {
                room.ends_at = room.ends_at.min(now.tick + CARD_DRAWN);
            }
            return;
        };
        if matches!(news, DoorNews::Question(_)) {
            room.ends_at = now.tick + ON_THE_TELEPHONE;
        }
        if entry.hear(news, now) {
            room.page = Page::Overview;
            room.ends_at = now.tick + IDLE;
        }
    }
}
