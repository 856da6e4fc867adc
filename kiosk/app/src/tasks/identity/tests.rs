use super::*;
use crate::bus::bus;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::channel;
use visit::fault::Device;

const SESSION: SessionId = SessionId(7);

/// A source with a defect: it panics on whatever is shown.
struct Defective {
    is_shown_something: bool,
}

impl IdentitySource for Defective {
    const NAME: &'static str = "defective";

    fn is_open(&self) -> bool {
        true
    }

    fn open(&mut self) -> Result<(), Trouble> {
        Ok(())
    }

    fn climb(&mut self, _how: Failure) -> Duration {
        Duration::ZERO
    }

    fn look(&mut self) -> Result<Sight, Trouble> {
        Ok(if self.is_shown_something { Sight::Something } else { Sight::Nothing })
    }

    fn read(&mut self) -> Result<Reading, Trouble> {
        panic!("a defect")
    }

    fn presence(&mut self) -> Result<CardReminder, Trouble> {
        Ok(CardReminder::Present)
    }

    fn rest(&mut self) -> Result<(), Trouble> {
        Ok(())
    }

    fn pace(&self) -> Duration {
        Duration::ZERO
    }
}

/// A panic does not leave the visitor before a screen that waits for ever: he is told to show it again.
#[test]
fn an_owner_started_again_goes_on_with_what_it_was_asked() {
    let (bus, mut heard) = bus();
    let mut health = Health::new(Device::Reader, bus.clone());
    let (to, asks) = channel();
    let mut wish = Wish::NONE;
    let mut panics = |is_shown_something| {
        let source = Defective { is_shown_something };
        catch_unwind(AssertUnwindSafe(|| run(source, &asks, &mut wish, &bus, &mut health))).is_err()
    };
    to.send(ReaderDo::Watch(SESSION)).expect("an owner");
    assert!(panics(true));
    drop(to);
    assert!(!panics(false), "nobody asks any more");
    assert_eq!(wish.asked, ReaderDo::Watch(SESSION));
    let cards: Vec<CardEvent> = std::iter::from_fn(|| heard.try_recv().ok())
        .filter_map(|event| match event {
            Event::Card(session, event) => {
                assert_eq!(session, SESSION);
                Some(event)
            }
            _ => None,
        })
        .collect();
    let [CardEvent::Found, CardEvent::Problem(CardProblem::Unreadable)] = cards[..] else {
        panic!("{cards:?}")
    };
}

/// The desk asks after the card in a session of its own at goodbye; and whoever did not read it says
/// nothing of it, also when he was started again.
#[test]
fn only_who_read_a_card_looks_after_it_whatever_the_session() {
    for read_here in [true, false] {
        let (bus, mut heard) = bus();
        let mut health = Health::new(Device::Reader, bus.clone());
        let (to, asks) = channel();
        let mut wish = Wish { asked: ReaderDo::Presence(SESSION), reading: false, read_here, lying: None };
        let goodbye = SessionId(8);
        to.send(ReaderDo::Presence(goodbye)).expect("an owner");
        drop(to);
        run(Defective { is_shown_something: false }, &asks, &mut wish, &bus, &mut health);
        let told = std::iter::from_fn(|| heard.try_recv().ok()).any(|event| {
            matches!(event, Event::Card(session, CardEvent::Presence(CardReminder::Present)) if session == goodbye)
        });
        assert_eq!(told, read_here);
    }
}

/// A place where things lie: the one that was read, and another.
struct Place<'a> {
    /// what is there at each look, one after the other; nobody asks any more once there is none
    looks: &'a mut Vec<bool>,
    asks: &'a mut Option<std::sync::mpsc::Sender<ReaderDo>>,
}

impl Place<'_> {
    fn next(&mut self) -> bool {
        let there = self.looks.pop();
        if there.is_none() {
            *self.asks = None;
        }
        there.unwrap_or(false)
    }
}

impl IdentitySource for Place<'_> {
    const NAME: &'static str = "place";

    fn is_open(&self) -> bool {
        true
    }

    fn open(&mut self) -> Result<(), Trouble> {
        Ok(())
    }

    fn climb(&mut self, _how: Failure) -> Duration {
        Duration::ZERO
    }

    fn look(&mut self) -> Result<Sight, Trouble> {
        Ok(if self.next() { Sight::Something } else { Sight::Nothing })
    }

    fn read(&mut self) -> Result<Reading, Trouble> {
        Ok(Reading::Refused(CardProblem::UnknownKind))
    }

    fn presence(&mut self) -> Result<CardReminder, Trouble> {
        Ok(CardReminder::Taken)
    }

    fn is_something_else(&mut self) -> Result<bool, Trouble> {
        Ok(self.next())
    }

    fn rest(&mut self) -> Result<(), Trouble> {
        Ok(())
    }

    fn pace(&self) -> Duration {
        Duration::ZERO
    }
}

/// A card that somebody laid down in another's visit is told as left behind there, and is not the next visitor's:
/// it is read once it was lifted and laid again. In the same visit it is read: a relative's was laid down early.
#[test]
fn what_was_laid_down_in_a_visit_is_not_the_next_visitors() {
    let later = SessionId(9);
    for (asked, lying, looks, read) in [
        (later, Some(SESSION), [true, true].as_slice(), false),
        (later, Some(SESSION), &[true, false, true], true),
        (SESSION, Some(SESSION), &[true], true),
        (later, None, &[true], true),
    ] {
        let (bus, mut heard) = bus();
        let mut health = Health::new(Device::Reader, bus.clone());
        let (to, asks) = channel();
        let lying = lying.map(|session| (session, Instant::now()));
        let mut wish = Wish { asked: ReaderDo::Watch(asked), reading: false, read_here: false, lying };
        let (mut looks, mut to) = (looks.iter().rev().copied().collect(), Some(to));
        run(Place { looks: &mut looks, asks: &mut to }, &asks, &mut wish, &bus, &mut health);
        let found = std::iter::from_fn(|| heard.try_recv().ok())
            .any(|event| matches!(event, Event::Card(_, CardEvent::Found)));
        assert_eq!(found, read, "{asked:?} {lying:?}");
    }

    let (bus, mut heard) = bus();
    let mut health = Health::new(Device::Reader, bus.clone());
    let (to, asks) = channel();
    let mut wish = Wish { asked: ReaderDo::Presence(SESSION), reading: false, read_here: true, lying: None };
    let (mut looks, mut to) = (vec![true], Some(to));
    run(Place { looks: &mut looks, asks: &mut to }, &asks, &mut wish, &bus, &mut health);
    let told: Vec<_> = std::iter::from_fn(|| heard.try_recv().ok())
        .filter_map(|event| match event {
            Event::Card(_, CardEvent::Presence(reminder)) => Some(reminder),
            _ => None,
        })
        .collect();
    assert_eq!(told, [CardReminder::Present, CardReminder::Taken], "left behind, then lifted");
}
