//! The screen without eyes: everything on it is read, nothing private is said, five keys reach all.

use super::{Bench, all, named};
use crate::inspect::{elements, press, tap};
use crate::reader::Key;
use crate::reading::{Keys, Kind, Reading, Told, read};
use crate::speech::{Turn, Utterance, Voice};
use crate::toolkit::Hand;
use crate::wording::word;
use crate::words::Words;
use i_slint_backend_testing::{AccessibleRole, ElementQuery};
use slint::platform::{Key as ToolkitKey, WindowEvent};
use slint::{ComponentHandle, SharedString};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use visit::intent::Intent;
use visit::screen::{Language, View};
use visit::speech::{Rate, Speech, Volume};

pub(super) fn reading(view: &View) -> Reading {
    let words = words(view);
    read(&words, view, &word(&words, view))
}

fn words(view: &View) -> Words {
    let read = if view.look.plain { Words::read_plain } else { Words::read };
    read(view.language).unwrap()
}

/// What lies on the screen: touchable things (also those of a list that are out of sight) and texts.
fn on_screen(bench: &Bench) -> (Vec<(String, bool)>, BTreeSet<String>) {
    let kiosk = bench.live.stage.kiosk();
    let touchables = ElementQuery::from_root(kiosk).match_accessible_role(AccessibleRole::Button).find_all();
    let touchable = |e: &i_slint_backend_testing::ElementHandle| {
        let id = e.accessible_id().filter(|id| !id.is_empty())?;
        Some((id.to_string(), e.accessible_enabled().unwrap_or(true)))
    };
    let texts = ElementQuery::from_root(kiosk).match_accessible_role(AccessibleRole::Text).find_all();
    let texts = texts.iter().filter_map(|e| e.accessible_label()).map(String::from);
    (touchables.iter().filter_map(touchable).collect(), texts.filter(|text| !text.is_empty()).collect())
}

/// What rows show in a word and say in a sentence, and what is for eyes alone.
fn said_otherwise(words: &Words) -> Vec<String> {
    let (materials, about) = (&words.materials, &words.choose.about);
    let shown = [&materials.missing, &materials.refused, &materials.returned, &materials.unknown];
    let more = [&materials.checking, &materials.not_applicable, about];
    let moves = [&words.frame.up, &words.frame.down];
    shown.into_iter().chain(more).chain(moves).map(|text| text.plain().to_owned()).collect()
}

#[test]
fn everything_on_the_screen_is_read_and_nothing_else() {
    let bench = Bench::new();
    for sample in all() {
        bench.show(&sample.view);
        let told = format!("{} {:?}", sample.name, sample.view.language);
        let words = words(&sample.view);
        let read = reading(&sample.view);
        let (mut touchables, texts) = on_screen(&bench);
        let acts = read.lines.iter().filter_map(|line| line.act.as_ref());
        let mut acts: Vec<_> = acts.map(|act| (act.id.clone(), act.enabled)).collect();
        // A page that is longer than the screen: what is out of sight is not found. What moves it is for eyes.
        let longer = touchables.iter().any(|(id, _)| id == "scroll.down");
        touchables.retain(|(id, _)| !id.starts_with("scroll."));
        touchables.sort();
        acts.sort();
        acts.retain(|act| touchables.contains(act) || !longer);
        assert_eq!(acts, touchables, "{told}");

        let name = sample.view.screen.name();
        let company = name == "company";
        let otherwise = said_otherwise(&words);
        for text in &texts {
            let piece = |piece: &String| piece.contains(text.as_str());
            let found = read.lines.iter().any(|line| line.pieces.iter().any(piece));
            assert!(found || otherwise.contains(text), "{told}: {text:?} is not read");
        }
        for line in read.lines.iter().filter(|line| line.act.is_none()) {
            for piece in &line.pieces {
                let typed = company && piece.chars().all(|c| texts.contains(&c.to_string()));
                assert!(texts.contains(piece) || typed || longer, "{told}: {piece:?} is not on the screen");
            }
        }
    }
}

#[test]
fn nothing_private_is_said() {
    for sample in all() {
        for line in reading(&sample.view).lines {
            let told = format!("{} {:?}: {:?}", sample.name, sample.view.language, line);
            let close = line.said.replace([' ', ','], "");
            assert!(!line.said.is_empty(), "{told}");
            assert!(!close.contains("002X") && !close.contains('*'), "{told}");
            assert!(!close.contains("张某") && !line.said.contains(['[', ']', '{', '}']), "{told}");
            let digits = |c: char| c.is_ascii_digit();
            let longest = close.split(|c: char| !digits(c)).map(str::len).max();
            // A company's code has letters, a custody code stands in groups, and a question is no secret.
            let question = sample.name.starts_with("door-code");
            assert!(longest < Some(15) || close.contains("0123456789") || question, "{told}");
        }
    }
}

#[test]
fn the_reading_is_short_enough_to_be_listened_to() {
    for sample in all() {
        let read = reading(&sample.view);
        let lines = read.lines.iter().filter(|line| line.told != Told::WhenAsked).count();
        // A colour is for eyes: it says how one goes on.
        let fewest = if sample.view.screen.name() == "colour" { 1 } else { 2 };
        assert!((fewest..=40).contains(&lines), "{}: {lines} lines", sample.name);
    }
}

/// What a voice was asked for; `None`: to be silent.
#[derive(Clone, Default)]
struct Ear(Rc<RefCell<Vec<Option<Utterance>>>>);

impl Voice for Ear {
    fn say(&self, utterance: Utterance) {
        self.0.borrow_mut().push(Some(utterance));
    }

    fn hush(&self) {
        self.0.borrow_mut().push(None);
    }
}

impl Ear {
    fn heard(&self) -> Vec<Option<Utterance>> {
        std::mem::take(&mut self.0.borrow_mut())
    }

    fn texts(&self) -> Vec<String> {
        self.heard().into_iter().flatten().map(|u| u.text).collect()
    }
}

fn listening() -> (Bench, Ear) {
    let ear = Ear::default();
    (Bench::with_voice(Some(Box::new(ear.clone()))), ear)
}

fn aloud(mut view: View) -> View {
    view.speech.on = true;
    view
}

fn key(bench: &Bench, key: Key) {
    press(&bench.live, &key.text());
}

fn focused(bench: &Bench) -> String {
    bench.live.stage.kiosk().global::<Hand>().get_focused().into()
}

#[test]
fn keys_reach_everything_and_do_what_fingers_do() {
    let bench = Bench::new();
    for sample in all() {
        bench.live.stage.kiosk().global::<Hand>().invoke_down();
        bench.show(&aloud(sample.view.clone()));
        let told = format!("{} {:?}", sample.name, sample.view.language);
        let Reading { lines, keys, .. } = reading(&aloud(sample.view.clone()));
        if keys == Keys::Tried {
            continue;
        }
        key(&bench, Key::Down);
        let begun = lines.iter().position(|line| line.act.is_none()).unwrap_or(0);
        let mut reached = BTreeSet::new();
        for _ in begun..lines.len() {
            key(&bench, Key::Down);
            reached.insert(focused(&bench));
        }
        for _ in 0..=lines.len() {
            key(&bench, Key::Up);
            reached.insert(focused(&bench));
        }
        bench.heard.try_iter().for_each(|intent| assert_eq!(intent, Intent::Stay, "{told}"));
        for line in &lines {
            assert!(line.act.as_ref().is_none_or(|act| reached.contains(&act.id)), "{told}: {line:?}");
            assert_eq!(focused(&bench), line.id().unwrap_or_default(), "{told}");
            key(&bench, Key::Select);
            let want = line.act.as_ref().filter(|act| act.enabled).map_or("stay", |act| &act.id);
            assert_eq!(bench.heard.try_iter().map(|i| i.to_string()).collect::<Vec<_>>(), [want], "{told}");
            key(&bench, Key::Down);
            bench.heard.try_iter().for_each(drop);
        }
    }
}

#[test]
fn the_ways_out_and_on() {
    let bench = Bench::new();
    for (name, back, next) in [
        ("home", "stay", "stay"),
        ("choose", "back", "stay"),
        ("choose-picked", "back", "confirm"),
        ("scan", "back", "scan.start"),
        ("review", "back", "scan.accept"),
        ("number", "finish", "stay"),
        ("cancel", "back", "stay"),
    ] {
        bench.live.stage.kiosk().global::<Hand>().invoke_down();
        bench.show(&aloud(named(name)));
        key(&bench, Key::Up);
        bench.heard.try_iter().for_each(drop);
        for (pressed, want) in [(Key::Back, back), (Key::Next, next)] {
            key(&bench, pressed);
            let heard: Vec<String> = bench.heard.try_iter().map(|i| i.to_string()).collect();
            assert_eq!(heard, [want], "{name} {pressed:?}");
        }
    }
    // Without a way on, the next thing to touch; with one that is asleep, that one.
    bench.show(&aloud(named("home")));
    for want in ["home.number", "home.scan"] {
        key(&bench, Key::Next);
        assert_eq!(focused(&bench), want);
    }
    bench.show(&aloud(named("choose")));
    key(&bench, Key::Next);
    assert_eq!(focused(&bench), "confirm");
}

#[test]
fn all_other_keys_are_dead() {
    let (bench, ear) = listening();
    bench.show(&aloud(named("choose-picked")));
    ear.heard();
    let window = bench.live.stage.kiosk().window();
    let down = |key: ToolkitKey| window.dispatch_event(WindowEvent::KeyPressed { text: key.into() });
    let up = |key: ToolkitKey| window.dispatch_event(WindowEvent::KeyReleased { text: key.into() });
    for (key, name) in [(ToolkitKey::F4, "F4"), (ToolkitKey::Delete, "delete"), (ToolkitKey::Menu, "menu")] {
        down(key);
        up(key);
        assert!(ear.heard().is_empty() && bench.heard.try_recv().is_err(), "{name}");
    }
    for held in [ToolkitKey::Control, ToolkitKey::Alt, ToolkitKey::Meta] {
        down(held);
        for key in [ToolkitKey::Backspace, ToolkitKey::Delete, ToolkitKey::Return, ToolkitKey::DownArrow] {
            down(key);
            up(key);
        }
        up(held);
    }
    press(&bench.live, &SharedString::from("q"));
    window.dispatch_event(WindowEvent::KeyPressRepeated { text: ToolkitKey::DownArrow.into() });
    assert!(ear.heard().is_empty() && bench.heard.try_recv().is_err());
    press(&bench.live, &char::from(ToolkitKey::Escape).into());
    assert_eq!(ear.heard().len(), 2, "escape is the pad's other way back: silence, then the title");
}

#[test]
fn the_first_key_turns_speech_on_and_a_finger_hides_the_ring() {
    let (bench, ear) = listening();
    bench.show(&named("home"));
    assert_eq!(ear.heard(), [], "nobody listens");
    key(&bench, Key::Select);
    assert_eq!(bench.heard.try_iter().collect::<Vec<_>>(), [Intent::SpeechOn]);
    bench.show(&aloud(named("home")));
    let heard = ear.texts();
    assert_eq!(heard[0], "您好，请选择要办的事。第 1 项，共 10 项", "{heard:?}");
    key(&bench, Key::Down);
    assert_eq!(focused(&bench), "home.number");
    let heard = ear.heard();
    assert_eq!(heard[0], None, "what was being said is cut off");
    let said = heard[1].clone().unwrap();
    assert!(said.text.starts_with("取号。") && said.text.ends_with("。按钮。第 2 项，共 10 项"), "{said:?}");
    assert_eq!(bench.heard.try_iter().collect::<Vec<_>>(), [Intent::Stay]);
    tap(&bench.live, 540, 300);
    assert_eq!((focused(&bench).as_str(), ear.heard()), ("", vec![None]));
}

#[test]
fn a_screen_waits_for_its_turn_and_only_news_is_told_of_the_same() {
    let (bench, ear) = listening();
    bench.show(&aloud(named("identify")));
    let first = ear.heard();
    assert!(first.iter().all(Option::is_some), "a new screen cuts nobody off");
    let turns: Vec<Turn> = first.iter().flatten().map(|u| u.turn).collect();
    assert!(turns[0] == Turn::Next && turns[1..].iter().all(|t| *t == Turn::Last) && turns.len() > 3);
    bench.show(&aloud(named("identify")));
    assert_eq!(ear.heard(), []);
    bench.show(&View { ending_in: Some(14), ..aloud(named("identify")) });
    assert_eq!(ear.texts(), ["14 秒后自动结束"]);
    bench.show(&View { ending_in: Some(13), ..aloud(named("identify")) });
    assert_eq!(ear.heard(), [], "not every second");
    let mut english = aloud(named("identify"));
    english.language = Language::En;
    english.speech = Speech { on: true, rate: Rate::Fast, volume: Volume::Low };
    bench.show(&english);
    let heard = ear.heard();
    let said = heard[0].clone().unwrap();
    assert_eq!((said.language, said.rate, said.volume), (Language::En, Rate::Fast, Volume::Low));
    assert_eq!(said.text, "Place your ID card");
    bench.show(&View { speech: Speech::default(), ..named("home") });
    assert_eq!(ear.heard(), [None], "speech is off: nothing is said any more, and nothing else");
    bench.show(&aloud(named("home")));
    assert!(!ear.heard().is_empty(), "turned on where one is, the screen is told");
}

#[test]
fn the_focus_stays_on_its_line_while_the_screen_is_renewed() {
    let (bench, ear) = listening();
    let view = aloud(named("choose"));
    bench.show(&view);
    key(&bench, Key::Down);
    let lines = reading(&named("choose-picked")).lines;
    let ticked =
        lines.iter().filter_map(|l| l.act.as_ref()).find(|act| act.kind == Kind::Tick(true)).unwrap();
    while focused(&bench) != ticked.id {
        key(&bench, Key::Down);
    }
    ear.heard();
    bench.show(&View { ending_in: Some(9), ..aloud(named("choose-picked")) });
    assert_eq!(focused(&bench), ticked.id);
    let heard = ear.texts();
    assert!(heard[0].contains("。已勾选"), "what a touch did is told first: {heard:?}");
    bench.show(&aloud(named("scan")));
    assert_eq!(focused(&bench), "", "another screen begins at its title");
}

#[test]
fn a_row_in_focus_is_brought_into_sight() {
    let bench = Bench::new();
    bench.show(&aloud(named("choose-all-picked")));
    bench.live.paint();
    let lines = reading(&named("choose-all-picked")).lines;
    key(&bench, Key::Down);
    let mut rows = 0;
    for direction in [Key::Down, Key::Up] {
        for _ in &lines {
            key(&bench, direction);
            bench.live.paint();
            let id = focused(&bench);
            if id.starts_with("package.") || id.starts_with("option.") {
                rows += 1;
                assert!(elements(&bench.live).iter().any(|e| e.id == id), "{id} is out of sight");
            }
        }
    }
    assert!(rows > 16, "{rows}");
}
