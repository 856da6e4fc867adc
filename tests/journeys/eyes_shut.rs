//! Whole journeys with eyes shut: five keys, and nothing but what is heard. Hands lay cards and paper.

use crate::hall::{Hall, Opening, name, tickets};
use crate::papers::paper;
use crate::people::{numbered, resident};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(40);
/// The first digits of a person's number; no other text of a journey ends like it.
const DIGITS: &str = "31011419680229773";
const NAME: &str = "欧阳听";

/// One thing that was said.
#[derive(Clone, Debug)]
struct Said {
    text: String,
    voice: String,
    ended: bool,
    cut: bool,
}

/// Somebody with eyes shut in a hall.
struct Listener {
    hall: Hall,
    folder: tempfile::TempDir,
}

impl Listener {
    /// In the loudspeaker's place, a program that takes its time.
    fn with_voice(script: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("voice");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("a program");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("its rights");
        let settings = format!("[speech]\nprogram = \"{}\"\n", program.display());
        Self { hall: Opening::default().settings(&settings).open(), folder }
    }

    fn open() -> Self {
        Self::with_voice("exec sleep 0.05")
    }

    /// Everything that was said so far.
    fn said(&self) -> Vec<Said> {
        self.heard("/api/heard")
    }

    fn heard(&self, path: &str) -> Vec<Said> {
        let said: Value = serde_json::from_slice(&self.hall.get(path)).expect("JSON");
        let text = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
        let of = |one: &Value| Said {
            text: text(one, "text"),
            voice: text(one, "voice"),
            ended: one["ended"] == true,
            cut: one["cut"] == true,
        };
        said.as_array().into_iter().flatten().map(of).collect()
    }

    /// Waits until something is said, after the first `from` things, and returns it.
    fn hear_after(&self, from: usize, what: &str) -> String {
        let end = Instant::now() + PATIENCE;
        let mut said = self.said();
        loop {
            if let Some(found) = said.iter().skip(from).find(|said| said.text.contains(what)) {
                return found.text.clone();
            }
            assert!(
                Instant::now() < end,
                "{what:?} is never said; at last: {:#?}",
                said.iter().rev().take(12).collect::<Vec<_>>()
            );
            // Once more has been said, or after a while.
            said = self.heard(&format!("/api/heard?after={}", said.len()));
        }
    }

    /// Waits until what was said last of this is not being said any more.
    fn end_of(&self, what: &str) -> Said {
        let end = Instant::now() + PATIENCE;
        loop {
            let said = self.said();
            let last = said.iter().rev().find(|said| said.text.contains(what)).expect("it was said");
            if last.ended {
                return last.clone();
            }
            assert!(Instant::now() < end, "{what:?} is said and said: {said:#?}");
            // What comes after it begins when it has ended.
            self.heard(&format!("/api/heard?after={}", said.len()));
        }
    }

    /// Presses a key, and returns how much had been said before.
    fn press(&self, key: &str) -> usize {
        let before = self.said().len();
        self.hall.post("/api/keys", json!({ "key": key }));
        before
    }

    /// Presses a key and waits until this is said.
    fn press_and_hear(&self, key: &str, what: &str) -> String {
        let before = self.press(key);
        self.hear_after(before, what)
    }

    /// Goes down until the line in focus says this, and once more from the top. `place`: what every line's
    /// place is told by.
    fn find(&self, what: &str, place: Place) {
        let mut last = String::new();
        for key in ["down", "up"] {
            for _ in 0..80 {
                let heard = self.press_and_hear(key, place.mark);
                if heard.contains(what) {
                    return;
                }
                if heard == last {
                    // The end of the screen says itself again.
                    break;
                }
                last = heard;
            }
        }
        panic!("{what:?} is not on this screen; the last line is {last:?}");
    }

    /// Finds a line and does it.
    fn choose(&self, what: &str, place: Place) -> usize {
        self.find(what, place);
        self.press("select")
    }

    /// No number of a person, nor its end, nor his name was ever said.
    fn heard_nothing_private(&self) {
        let number = numbered(DIGITS);
        for said in self.said() {
            let close = said.text.replace([' ', ','], "");
            assert!(!close.contains(&number[14..]) && !close.contains(&number[6..14]), "{said:?}");
            assert!(!close.contains("欧") && !close.contains('*'), "{said:?}");
        }
    }
}

/// How a language tells a line's place.
#[derive(Clone, Copy)]
struct Place {
    mark: &'static str,
}

const ZH: Place = Place { mark: " 项，共 " };
const EN: Place = Place { mark: " of " };

#[test]
fn a_number_in_chinese() {
    let blind = Listener::open();
    blind.press_and_hear("select", "您好，请选择要办的事。第 1 项");
    let before = blind.choose("取号。", ZH);
    blind.hear_after(before, "请放上身份证。第 1 项");
    let before = blind.said().len();
    blind.hall.lay(resident(NAME, DIGITS));
    blind.hear_after(before, "您要办什么事？");
    let before = blind.choose("开饭店", ZH);
    blind.hear_after(before, "。已勾选");
    let before = blind.press("next");
    blind.hear_after(before, "您的号码。A 0 0 1");
    blind.hear_after(before, "请取走号票");
    assert_eq!(tickets(&blind.hall.state()).len(), 1);
    blind.hall.lift();
    let before = blind.press("back");
    blind.hear_after(before, "号码已取好");
    blind.press("back");
    blind.hall.wait_screen("home");
    assert!(blind.said().iter().all(|said| said.voice != "en"));
    blind.heard_nothing_private();
}

#[test]
fn a_number_in_english() {
    let blind = Listener::open();
    blind.press_and_hear("down", "第 1 项");
    let before = blind.choose("English", ZH);
    blind.hear_after(before, "How can we help you?");
    let before = blind.choose("Take a number", EN);
    blind.hear_after(before, "Place your ID card. 1 of ");
    let before = blind.said().len();
    blind.hall.lay(resident(NAME, DIGITS));
    blind.hear_after(before, "What is it about?");
    let before = blind.choose("restaurant", EN);
    blind.hear_after(before, ". ticked");
    let before = blind.press("next");
    blind.hear_after(before, "Your number. A 0 0 1");
    blind.hear_after(before, "Please take your ticket");
    blind.hall.lift();
    blind.press("back");
    blind.hear_after(before, "You have your number");
    assert_eq!(tickets(&blind.hall.state())[0].number, "A001");
    assert!(blind.said().iter().any(|said| said.voice == "en"));
    blind.heard_nothing_private();
}

/// Hands in one page: from a door to the checklist, to the scanner, and out again.
fn hands_in(blind: &Listener, words: &[&str; 9], place: Place) {
    let [door, card, what, matter, licences, list, material, scanned, goodbye] = *words;
    let before = blind.choose(door, place);
    blind.hear_after(before, card);
    let before = blind.said().len();
    blind.hall.lay(resident(NAME, DIGITS));
    blind.hear_after(before, what);
    blind.choose(matter, place);
    blind.hall.wait("something to confirm", |state| crate::hall::enabled(state, "confirm"));
    let before = blind.press("next");
    blind.hear_after(before, licences);
    let before = blind.press("back");
    blind.hear_after(before, list);
    let page = paper(&blind.hall, "lease");
    blind.hall.post("/api/scanner", json!({ "feeder": [page] }));
    blind.choose(material, place);
    blind.hall.wait_screen("scan");
    let before = blind.press("next");
    blind.hear_after(before, scanned);
    let before = blind.press("next");
    blind.hear_after(before, list);
    blind.hall.lift();
    blind.hall.wait("the paper to arrive", |state| {
        state["store"]["documents"].as_array().is_some_and(|d| d.iter().any(|d| d["complete"] == true))
    });
    let before = blind.press("back");
    blind.hall.wait_screen("receipt");
    // It takes no notice of what may be the second of a double tap.
    blind.hall.wait("the receipt to go", |state| {
        let there = name(state) == "receipt";
        if there {
            blind.press("back");
        }
        !there
    });
    blind.hear_after(before, goodbye);
    blind.heard_nothing_private();
}

#[test]
fn one_page_in_chinese() {
    let blind = Listener::open();
    blind.press_and_hear("down", "第 1 项");
    let words = [
        "交材料",
        "请放上身份证",
        "为哪件事交材料",
        "开饭店",
        "先查一查",
        "材料清单",
        "经营场所",
        "请看一看，清楚吗",
        "还没有齐",
    ];
    hands_in(&blind, &words, ZH);
}

#[test]
fn one_page_in_english() {
    let blind = Listener::open();
    blind.press_and_hear("down", "第 1 项");
    let before = blind.choose("English", ZH);
    blind.hear_after(before, "How can we help you?");
    let words = [
        "Hand in papers",
        "Place your ID card",
        "Papers for which matter",
        "restaurant",
        "You may have to hand in less",
        "Your checklist",
        "premises",
        "Can you read every page",
        "not complete yet",
    ];
    hands_in(&blind, &words, EN);
}

#[test]
fn a_touch_cuts_speech_off_and_a_new_screen_does_not() {
    // Each thing is being said until it is told to end, or cut off.
    let blind =
        Listener::with_voice("while [ -e \"$0\" ] && ! rm \"$0.ends\" 2>/dev/null; do sleep 0.02; done");
    blind.press_and_hear("down", "您好");
    let before = blind.press("next");
    blind.hear_after(before, "取号");
    // A card is all it takes to come to another screen; the door itself was a key.
    let before = blind.press("select");
    blind.hear_after(before, "请放上身份证");
    blind.hall.lay(resident(NAME, DIGITS));
    blind.hall.wait("the list", |state| name(state) == "choose");
    let said = blind.said();
    let last = said.last().expect("something was said");
    assert!(
        last.text.contains("请放上身份证") && !last.ended,
        "still said while the list is on the screen: {said:#?}"
    );

    let at = said.len();
    std::fs::write(blind.folder.path().join("voice.ends"), "").expect("told to end");
    blind.hear_after(at, "您要办什么事");
    assert!(!blind.end_of("请放上身份证").cut, "said to its end: {said:#?}");

    blind.hall.touch("package.open-restaurant");
    assert!(blind.end_of("您要办什么事").cut, "cut off by a finger");
}
