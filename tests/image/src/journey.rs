//! A visitor at the kiosk in the cabinet. What he sees and where he touches it is told by the twin ([`crate::twin`]),
//! which goes the same way; the machine's own screen has to show the same before each touch.
//!
//! The power may go at a moment that is set before, whatever he is doing then.

use crate::hall::Hall;
use crate::running::Running;
use crate::twin::{ALIKE, Twin};
use hands::{elements, enabled, name, word};
use machine::picture::Picture;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The kiosk's settings for journeys: a machine without KVM is slow, and nobody is sent home for it.
pub const PATIENT: &str = "[patience]\nidle = 1800\npapers = 1800\nnumber = 1800\nnumber_unprinted = 1800\n\
    card_left = 1800\nwarning = 60\ngoodbye = 4\n";
/// What visitors come for.
pub const MATTER: &str = "package.open-restaurant";
/// What they hand in for it.
pub const MATERIAL: &str = "premises";

/// How long the machine may take to show what the twin shows.
const SLOW: Duration = Duration::from_secs(120);
/// The most often that the machine's screen is looked at: each look stops the guest for a moment.
const GLANCE: Duration = Duration::from_millis(300);
/// How much of one row may differ that says the same.
const ROW_ALIKE: f64 = 0.01;
/// For how long a new screen takes no notice of what may be the second touch of two.
const DOUBLE: Duration = Duration::from_millis(1500);
/// How long a list of the twin's may take to turn; it may be short and already show the same.
const TURN: Duration = Duration::from_secs(2);

/// The moment has come at which the power is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut;

/// What the machine has told the visitor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// His number stood on the screen.
    pub number: bool,
    /// The screen called his document received.
    pub stored: bool,
}

/// A visitor who is at the kiosk.
pub struct Journey<'a> {
    /// Who tells what is to be seen.
    pub twin: &'a Twin,
    /// The devices of the kiosk in the cabinet.
    pub hall: &'a Hall,
    /// The kiosk in the cabinet.
    pub running: &'a mut Running,
    /// When the power is to go; never without.
    pub cut_at: Option<Instant>,
    /// What he was told so far.
    pub told: Told,
}

impl<'a> Journey<'a> {
    /// A visitor before both first screens.
    pub fn new(twin: &'a Twin, hall: &'a Hall, running: &'a mut Running) -> Self {
        Self { twin, hall, running, cut_at: None, told: Told::default() }
    }

    /// Waits until the machine shows what the twin shows.
    ///
    /// # Errors
    /// [`Cut`] when the moment has come.
    ///
    /// # Panics
    /// When the machine never does.
    pub fn same(&mut self, what: &str) -> Result<Picture, Cut> {
        // The machine has given more numbers than the twin, and they are what is largest on a screen.
        let numbered = name(&self.twin.state()) == "number";
        self.look(what, |picture, twin| {
            let differ = if numbered {
                below_number(picture).difference(&below_number(twin))
            } else {
                picture.difference(twin)
            };
            differ < ALIKE
        })
    }

    fn look(&mut self, what: &str, same: impl Fn(&Picture, &Picture) -> bool) -> Result<Picture, Cut> {
        let deadline = Instant::now() + SLOW;
        loop {
            let looked = Instant::now();
            if let Some(picture) =
                self.running.try_screen().ok().filter(|seen| same(seen, &self.twin.picture()))
            {
                return Ok(picture);
            }
            if looked >= deadline {
                let twin = self.twin.state();
                self.running.in_vain(&format!("{what}; the twin is at {}", name(&twin)));
            }
            self.pause(GLANCE.saturating_sub(looked.elapsed()))?;
        }
    }

    /// Lets so much time pass, or as much as is left.
    fn pause(&self, length: Duration) -> Result<(), Cut> {
        let Some(cut_at) = self.cut_at else {
            std::thread::sleep(length);
            return Ok(());
        };
        let left = cut_at.saturating_duration_since(Instant::now());
        std::thread::sleep(length.min(left));
        if left <= length { Err(Cut) } else { Ok(()) }
    }

    /// Touches a thing on both screens, the machine's first.
    ///
    /// # Errors
    /// [`Cut`] when the moment has come.
    pub fn touch(&mut self, id: &str) -> Result<(), Cut> {
        self.twin.wait(&format!("element {id}"), |state| enabled(state, id));
        self.same(&format!("the screen with {id}"))?;
        let [x, y, width, height] = place(&self.twin.state(), id);
        self.running.tap(x + width / 2, y + height / 2);
        self.twin.touch(id);
        self.pause(Duration::ZERO)
    }

    /// Touches what turns a list, and waits until the twin's shows something else, if it does.
    fn turn(&mut self, id: &str) -> Result<(), Cut> {
        let before = self.twin.state()["elements"].clone();
        self.touch(id)?;
        let end = Instant::now() + TURN;
        while self.twin.state()["elements"] == before && Instant::now() < end {
            self.pause(hands::GLANCE)?;
        }
        Ok(())
    }

    /// Lays a card, on both readers.
    fn lay(&self, card: &Value) {
        self.hall.lay(card.clone());
        self.twin.lay(card.clone());
    }

    fn lift(&self) {
        self.hall.lift();
        self.twin.lift();
    }

    /// From the first screen through a door to the list of matters, and on with the one.
    fn choose(&mut self, door: &str, card: &Value) -> Result<(), Cut> {
        self.touch(door)?;
        self.twin.wait_screen("identify");
        self.same("the invitation to lay a card")?;
        self.lay(card);
        self.twin.wait_screen("choose");
        if !enabled(&self.twin.state(), "confirm") {
            let there = |twin: &Twin| elements(&twin.state()).any(|e| e["id"] == MATTER);
            if !there(self.twin) {
                self.turn("tab.packages")?;
            }
            while !there(self.twin) && enabled(&self.twin.state(), "page.next") {
                self.turn("page.next")?;
            }
            self.touch(MATTER)?;
        }
        self.touch("confirm")
    }

    /// The whole way to a number, and home.
    ///
    /// # Errors
    /// [`Cut`] when the moment has come.
    ///
    /// # Panics
    /// When the machine goes another way, or prints no ticket.
    pub fn take_number(&mut self, card: &Value) -> Result<(), Cut> {
        let before = self.hall.tickets().len();
        self.choose("home.number", card)?;
        self.twin.wait_screen("number");
        self.same("the number")?;
        self.told.number = true;
        let deadline = Instant::now() + SLOW;
        while self.hall.tickets().len() == before {
            assert!(Instant::now() < deadline, "no ticket came out");
            self.pause(GLANCE)?;
        }
        self.leave()
    }

    /// The whole way to a document in the store, and home.
    ///
    /// # Errors
    /// [`Cut`] when the moment has come.
    ///
    /// # Panics
    /// When the machine goes another way.
    pub fn hand_in(&mut self, card: &Value, papers: &[&str]) -> Result<(), Cut> {
        self.choose("home.scan", card)?;
        let there = |state: &Value| ["licences", "materials"].contains(&name(state));
        if name(&self.twin.wait("the checklist, or the question before it", there)) == "licences" {
            self.touch("back")?;
        }
        self.twin.wait_screen("materials");
        for hall in [self.hall, &**self.twin] {
            let papers: Vec<_> = papers.iter().map(|name| hall.paper(name)).collect();
            hall.post("/api/scanner", json!({ "feeder": papers }));
        }
        let row = format!("material.{MATERIAL}");
        while !elements(&self.twin.state()).any(|e| e["id"] == row.as_str()) {
            self.turn("page.next")?;
        }
        self.touch(&row)?;
        self.twin.wait_screen("scan");
        self.touch("scan.start")?;
        self.twin.wait("the pages", |state| name(state) == "review" && enabled(state, "scan.accept"));
        self.touch("scan.accept")?;
        let received = word("materials.received");
        let said = |e: &Value| {
            e["id"] == row.as_str() && e["label"].as_str().is_some_and(|l| l.ends_with(&received))
        };
        let state = self.twin.wait("the document to be called received", |state| elements(state).any(said));
        // The word is small: the row itself has to be the same.
        let [x, y, width, height] = place(&state, &row);
        self.look("the document to be called received", |picture, twin| {
            picture.difference(twin) < ALIKE
                && picture.part(x, y, width, height).difference(&twin.part(x, y, width, height)) < ROW_ALIKE
        })?;
        self.told.stored = true;
        self.leave()
    }

    /// Takes the card and goes.
    fn leave(&mut self) -> Result<(), Cut> {
        self.touch("finish")?;
        self.lift();
        let ways = ["home", "goodbye", "receipt"];
        if name(&self.twin.wait("home, goodbye or the receipt", |state| ways.contains(&name(state))))
            == "receipt"
        {
            self.same("the receipt")?;
            self.pause(DOUBLE)?;
            self.touch("finish")?;
        }
        self.twin.wait_screen("home");
        self.same("the first screen")?;
        Ok(())
    }
}

/// What stands below the number on its screen: which windows, the ticket, what to have ready.
fn below_number(picture: &Picture) -> Picture {
    let top = picture.height() * 2 / 5;
    picture.part(0, top, picture.width(), picture.height() - top)
}

/// Where an element lies: left, top, width, height.
fn place(state: &Value, id: &str) -> [u32; 4] {
    let element = elements(state).find(|element| element["id"] == id);
    let element = element.unwrap_or_else(|| panic!("no element {id}: {state:#}"));
    ["x", "y", "w", "h"].map(|key| element[key].as_f64().expect("a number").max(0.0) as u32)
}

/// The card of the `nth` resident, each another person.
#[must_use]
pub fn resident(nth: u32) -> Value {
    let digits = format!("31011419800101{:03}", nth % 1000);
    // ISO 7064 MOD 11-2, as GB 11643 has it: the running remainder doubles with each digit.
    let sum = digits.chars().fold(0, |sum, digit| (sum + digit.to_digit(10).unwrap_or_default()) * 2 % 11);
    let check = (12 - sum) % 11;
    let check = if check == 10 { 'X' } else { char::from_digit(check, 10).unwrap_or_default() };
    json!({
        "kind": "resident", "name": "无痕", "number": format!("{digits}{check}"), "sex": 1, "nation": 1,
        "birth": "19800101", "address": "上海市嘉定区无痕示例路1号", "issuer": "上海市公安局嘉定分局",
        "valid_from": "20200101", "valid_until": "20400101",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn residents_are_different_people_with_sound_numbers() {
        let numbers: Vec<_> =
            (0..3).map(|n| resident(n)["number"].as_str().expect("a number").to_owned()).collect();
        for number in &numbers {
            assert_eq!(number.len(), 18);
            // The sum over all weights leaves 1 (GB 11643).
            let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2, 1];
            let digit = |c: char| c.to_digit(10).unwrap_or(10);
            assert_eq!(
                number.chars().zip(weights).map(|(c, w)| digit(c) * w).sum::<u32>() % 11,
                1,
                "{number}"
            );
        }
        assert!(numbers.windows(2).all(|two| two[0] != two[1]));
    }

    #[test]
    fn where_a_thing_lies_is_told() {
        let state = json!({ "elements": [{ "id": "confirm", "x": 10.5, "y": 20.0, "w": 100.0, "h": 50.9 }] });
        assert_eq!(place(&state, "confirm"), [10, 20, 100, 50]);
    }
}
