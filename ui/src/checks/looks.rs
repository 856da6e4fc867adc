//! What is written: whole, not over something else, in letters that the font has and that can be
//! told from their ground.

use super::{Bench, all};
use crate::fonts::{FAMILY, FILES};
use crate::inspect::{elements, tap};
use crate::words;
use i_slint_backend_testing::{AccessibleRole, ElementHandle, ElementQuery};
use slint::fontique_011::{fontique, shared_collection};
use std::collections::{BTreeMap, BTreeSet};
use visit::fault::Fault;
use visit::look::{Contrast, Look, TextSize};
use visit::screen::{Language, LicencesTold, ScanProblem, Screen, TicketState, View, Wait};

/// What stands on one screen: where a text or a thing to touch is, in pixels.
#[derive(Clone, Default, PartialEq)]
struct Line {
    text: String,
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
}

impl Line {
    fn is_apart_from(&self, other: &Self) -> bool {
        self.right <= other.left + 1.
            || other.right <= self.left + 1.
            || self.bottom <= other.top + 1.
            || other.bottom <= self.top + 1.
    }

    fn is_within(&self, outer: &Self, give: f32) -> bool {
        self.left >= outer.left - give
            && self.right <= outer.right + give
            && self.top >= outer.top - give
            && self.bottom <= outer.bottom + give
    }

    fn place(&self) -> String {
        format!("{},{} to {},{}", self.left, self.top, self.right, self.bottom)
    }
}

fn line(element: &ElementHandle) -> Line {
    let (at, size) = (element.absolute_position(), element.size());
    Line {
        text: element.accessible_label().unwrap_or_default().into(),
        left: at.x,
        top: at.y,
        right: at.x + size.width,
        bottom: at.y + size.height,
    }
}

fn buttons(query: ElementQuery) -> Vec<Line> {
    query.match_accessible_role(AccessibleRole::Button).find_all().iter().map(line).collect()
}

fn lines(query: ElementQuery) -> Vec<Line> {
    let found = query.match_accessible_role(AccessibleRole::Text).find_all();
    found.iter().map(line).filter(|l| !l.text.is_empty()).collect()
}

/// What most visitors do next on a screen.
const MAIN: [&str; 8] = [
    "home.number",
    "home.scan",
    "confirm",
    "finish",
    "scan.start",
    "scan.accept",
    "licences.yes",
    "help.call",
];

/// What letters reach beyond their own line: a line is taller than what is written in it.
const GIVE: f32 = 30.;

/// Complains of text that is cut off, unfinished, or written over other text. A page that is longer than the
/// screen is leafed through.
fn read(bench: &Bench, name: &str, view: &View) -> Vec<String> {
    let mut wrong = Vec::new();
    // The countdown covers the title on purpose.
    let view = &View { ending_in: None, ..view.clone() };
    bench.show(&View { screen: Screen::Wait(Wait::Number), ..view.clone() });
    let _ = elements(&bench.live);
    bench.show(view);
    let what = format!("{name} {:?} {:?}", view.language, view.look);
    let mut seen = BTreeMap::new();
    let (mut texts, mut touchables) = (BTreeSet::new(), BTreeSet::new());
    for leaf in 0.. {
        assert!(leaf < 40, "{what}: a page without an end");
        look_at(bench, &what, &mut seen, &mut wrong);
        let found = elements(&bench.live);
        let kiosk = bench.live.stage.kiosk();
        texts.extend(lines(ElementQuery::from_root(kiosk)).into_iter().map(|line| line.text));
        let there = ElementQuery::from_root(kiosk).match_accessible_role(AccessibleRole::Button).find_all();
        touchables.extend(there.iter().filter_map(|e| e.accessible_id()).map(String::from));
        let Some(down) = found.iter().find(|e| e.id == "scroll.down" && e.enabled) else { break };
        tap(&bench.live, down.x + down.w / 2, down.y + down.h / 2);
    }
    let _ = bench.heard.try_iter().count();
    let never: Vec<_> = seen.iter().filter(|(_, seen)| !seen.is_whole()).map(|(text, _)| text).collect();
    if !never.is_empty() {
        wrong.push(format!("{what}: never seen whole: {never:?}"));
    }
    // What lies beyond the end of a page is not found on it at all: everything that is read must have been there.
    for line in super::reading::reading(view).lines {
        // What is typed stands letter by letter.
        let shown =
            |piece: &String| texts.contains(piece) || piece.chars().all(|c| texts.contains(&c.to_string()));
        let missed = match &line.act {
            Some(act) => !touchables.contains(&act.id),
            None => !line.pieces.iter().all(shown),
        };
        if missed {
            wrong.push(format!("{what}: never in sight: {:?}", line.pieces));
        }
    }
    wrong
}

/// How much of a text has been in sight.
#[derive(Default)]
struct Seen {
    height: f32,
    parts: Vec<(f32, f32)>,
}

impl Seen {
    fn add(&mut self, line: &Line, sight: &Line) {
        self.height = line.bottom - line.top;
        self.parts.push((sight.top - line.top - GIVE, sight.bottom - line.top + GIVE));
    }

    fn is_whole(&self) -> bool {
        let mut parts = self.parts.clone();
        parts.sort_by(|a, b| a.0.total_cmp(&b.0));
        let reached = parts.iter().fold(0f32, |at, (from, to)| if *from <= at { at.max(*to) } else { at });
        reached >= self.height
    }
}

/// One position of a page.
fn look_at(bench: &Bench, what: &str, seen: &mut BTreeMap<String, Seen>, wrong: &mut Vec<String>) {
    let kiosk = bench.live.stage.kiosk();
    // What fills the whole screen is no page.
    let page = ElementHandle::find_by_element_id(kiosk, "Page::list").next();
    let sight = page.as_ref().map_or_else(Line::default, line);
    let of_page = |page: &ElementHandle| (lines(page.query_descendants()), buttons(page.query_descendants()));
    let (mut page_lines, page_buttons) = page.as_ref().map(of_page).unwrap_or_default();
    let mut lines = lines(ElementQuery::from_root(kiosk));
    lines.retain(|line| !page_lines.contains(line));
    let mut buttons = buttons(ElementQuery::from_root(kiosk));
    buttons.retain(|button| !page_buttons.contains(button));
    if page.is_some() && lines.len() + page_lines.len() < 4 {
        wrong.push(format!("{what}: hardly a word"));
    }
    for line in &page_lines {
        seen.entry(line.text.clone()).or_default().add(line, &sight);
    }
    page_lines.retain(|line| line.is_within(&sight, GIVE));
    let screen = Line { left: 0., top: 0., right: 1080., bottom: 1920., text: String::new() };
    // What is on the page is cut off where the page ends, and runs into nothing beyond.
    for (lines, buttons, room) in [(&lines, &buttons, &screen), (&page_lines, &page_buttons, &sight)] {
        for (at, line) in lines.iter().enumerate() {
            let place = line.place();
            let what = format!("{what}: {:?}", line.text);
            if line.text.contains(['{', '}']) {
                wrong.push(format!("unfinished: {what}"));
            }
            if line.left < room.left - 1. || line.right > room.right + 1. {
                wrong.push(format!("{what} at {place} leaves the screen"));
            }
            for other in lines.iter().skip(at + 1).filter(|other| !line.is_apart_from(other)) {
                wrong.push(format!("{what} at {place} runs into {:?} at {}", other.text, other.place()));
            }
            for button in buttons.iter().filter(|b| !line.is_apart_from(b) && !line.is_within(b, 6.)) {
                wrong.push(format!("{what} at {place} does not fit {:?} at {}", button.text, button.place()));
            }
        }
    }
    // At least 20 mm in every size of the letters (3.2 pixels a millimetre), and the main actions 30.
    for button in page_buttons.iter().filter(|b| b.is_within(&sight, 1.)).chain(&buttons) {
        if button.right - button.left < 63.5 || button.bottom - button.top < 63.5 {
            wrong.push(format!("{what}: {:?} at {} is too small", button.text, button.place()));
        }
    }
    for main in elements(&bench.live).iter().filter(|e| MAIN.contains(&e.id.as_str())) {
        if main.w < 96 || main.h < 96 {
            wrong.push(format!("{what}: the main action {main:?} is too small"));
        }
    }
    // Nothing is pushed into the margins, where the page shows how long it is.
    for wide in page_buttons.iter().chain(&page_lines).filter(|b| b.left < 44. || b.right > 1036.) {
        wrong.push(format!("{what}: {:?} at {} is in the margin", wide.text, wide.place()));
    }
    for line in lines.iter().filter(|l| !l.is_apart_from(&sight)) {
        wrong.push(format!("{what}: {:?} at {} lies over the page", line.text, line.place()));
    }
}

/// Every size of the letters, with and without everything in the lower part; colours change no place. The plain
/// mode has fewer words on the same screens: its narrowest and its widest.
fn looks() -> impl Iterator<Item = Look> {
    let usual = TextSize::ALL
        .into_iter()
        .flat_map(|size| [false, true].map(|reach| Look { size, reach, ..Look::default() }));
    let plain = [(TextSize::Standard, false), (TextSize::Largest, true)];
    usual.chain(plain.map(|(size, reach)| Look { size, reach, plain: true, ..Look::default() }))
}

#[test]
fn no_chinese_text_is_cut_off_or_runs_into_another() {
    read_all(Language::Zh);
}

#[test]
fn no_english_text_is_cut_off_or_runs_into_another() {
    read_all(Language::En);
}

fn read_all(language: Language) {
    let bench = Bench::new();
    let mut wrong = Vec::new();
    for sample in crate::samples::samples(language) {
        for look in looks() {
            wrong.extend(read(&bench, sample.name, &View { look, ..sample.view.clone() }));
        }
    }
    assert!(wrong.is_empty(), "{} things are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn too_much_on_a_screen_is_noticed() {
    let mut view = super::named("home");
    view.hall = visit::catalogue::Label { zh: "大厅".repeat(40), en: String::new() };
    let wrong = read(&Bench::new(), "a long name", &view);
    assert!(wrong.iter().any(|what| what.contains("大厅大厅")), "{wrong:?}");
}

#[test]
fn every_fault_can_be_read_wherever_it_is_told() {
    let bench = Bench::new();
    for sample in all() {
        for fault in Fault::ALL {
            let mut view = sample.view.clone();
            match &mut view.screen {
                Screen::Review(review) if sample.name == "review-jam" => {
                    review.problem = Some(ScanProblem::Fault(*fault));
                }
                Screen::Scan(scan) if sample.name == "scan-jam" => {
                    scan.problem = Some(ScanProblem::Fault(*fault));
                }
                Screen::Number(number) if sample.name == "number-everything" => {
                    number.ticket = TicketState::Unknown(Some(*fault));
                }
                Screen::Materials(_) if sample.name == "materials-offline" => view.faults = vec![*fault],
                Screen::Identify(_) if sample.name == "identify-by-others" => view.faults = vec![*fault],
                Screen::Service(service) if sample.name == "service" => service.fault = Some(*fault),
                _ => break,
            }
            let wrong = read(&bench, &format!("{} {}", sample.name, fault.code()), &view);
            assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        }
    }
}

#[test]
fn a_look_up_that_failed_is_told_to_whoever_asked_and_to_whoever_mends() {
    let bench = Bench::new();
    for sample in all() {
        let mut view = sample.view;
        view.faults = vec![Fault::StoreLicencesDown];
        bench.show(&view);
        let words = words::Words::read(view.language).unwrap();
        let title = words.fault(Fault::StoreLicencesDown).unwrap().told.title.plain();
        let told = lines(ElementQuery::from_root(bench.live.stage.kiosk()))
            .iter()
            .any(|line| line.text.contains(title) || line.text.contains("N21"));
        let asked = match &view.screen {
            Screen::Materials(materials) => materials.licences == LicencesTold::Incomplete,
            _ => false,
        };
        assert_eq!(told, asked, "{}", sample.name);
    }
    let mut view = super::named("service");
    if let Screen::Service(service) = &mut view.screen {
        service.fault = Some(Fault::StoreLicencesDown);
    }
    bench.show(&view);
    let found = lines(ElementQuery::from_root(bench.live.stage.kiosk()));
    assert!(found.iter().any(|line| line.text.contains("N21")));
}

#[test]
fn the_font_has_every_letter_in_both_weights() {
    let bench = Bench::new();
    let mut letters: BTreeSet<char> = [Language::Zh, Language::En]
        .into_iter()
        .flat_map(|l| words::file(l).chars().chain(words::plain_file(l).chars()))
        .collect();
    for sample in all() {
        bench.show(&sample.view);
        for line in lines(ElementQuery::from_root(bench.live.stage.kiosk())) {
            letters.extend(line.text.chars());
        }
    }
    letters.retain(|c| !c.is_control());
    for (weight, file) in [fontique::FontWeight::NORMAL, fontique::FontWeight::BOLD].into_iter().zip(FILES) {
        let mut fonts = shared_collection();
        let mut files = fontique::SourceCache::default();
        let mut query = fonts.query(&mut files);
        query.set_families([fontique::QueryFamily::Named(FAMILY)]);
        query.set_attributes(fontique::Attributes { weight, ..Default::default() });
        let mut asked = 0;
        query.matches_with(|font| {
            asked += 1;
            assert_eq!(font.blob.len(), file.len(), "not the font that we bring, {weight:?}");
            let letters_of = font.charmap().expect("a font with a character map");
            let absent: String =
                letters.iter().filter(|c| letters_of.map(**c).is_none_or(|g| g == 0)).collect();
            assert_eq!(absent, "", "not in {FAMILY} {weight:?}");
            let absent_names: String =
                RARE_IN_NAMES.chars().filter(|c| letters_of.map(*c).is_none_or(|g| g == 0)).collect();
            assert_eq!(absent_names, "", "not in {FAMILY} {weight:?}");
            let absent = two_byte_ideographs().filter(|c| letters_of.map(*c).is_none_or(|g| g == 0)).count();
            assert_eq!(absent, 0, "of GB 18030's two-byte part, {weight:?}");
            fontique::QueryStatus::Stop
        });
        assert_eq!(asked, 1, "no font in {weight:?}");
    }
}

/// From extensions A to E, in names of people and in the Table of General Standard Chinese Characters.
const RARE_IN_NAMES: &str = "㛃㛚㺹㻬䒟䶮䴖䴗㸌㤘𫖯𬀩𬱖𫍯𬤇𬭬𬸚𫰛𫟹𬍛𬭼𫔍";

/// The ideographs of GB 18030's two-byte part: all of Unicode's first block (GBK/3 and GBK/4, GB 2312).
fn two_byte_ideographs() -> impl Iterator<Item = char> {
    '\u{4e00}'..='\u{9fa5}'
}

/// Relative luminance (WCAG 2.1).
fn luminance(pixel: [u8; 3]) -> f64 {
    let [r, g, b] = pixel.map(|c| {
        let c = f64::from(c) / 255.;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// How a text stands out from its ground: the colour that there is most of around it, and of the others that
/// which its strokes are filled with, which stands out most.
fn contrast_of(line: &Line, picture: &crate::Picture) -> Option<f64> {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let (left, right) = (line.left.max(0.) as usize, (line.right as usize).min(width));
    let (top, bottom) = (line.top.max(0.) as usize, (line.bottom as usize).min(height));
    let mut count: BTreeMap<[u8; 3], u32> = BTreeMap::new();
    // Every third row is enough: strokes are thicker.
    let rows = picture.rgb.chunks_exact(3 * width).skip(top).take(bottom.saturating_sub(top));
    for row in rows.step_by(3) {
        let span = row.get(3 * left..3 * right).unwrap_or_default();
        // Run by run: most of it is ground.
        for run in span.as_chunks::<3>().0.chunk_by(|a, b| a == b) {
            *count.entry(run[0]).or_default() += run.len() as u32;
        }
    }
    let (ground, _) = count.iter().max_by_key(|(_, n)| **n)?;
    // A stroke has pixels that are covered whole; one pixel alone may be anything.
    let inks = count.iter().filter(|(_, n)| **n >= 3).map(|(ink, _)| contrast(*ink, *ground));
    inks.max_by(f64::total_cmp)
}

#[test]
fn what_is_written_stands_out_from_its_ground() {
    let bench = Bench::new();
    let mut wrong = BTreeSet::new();
    for sample in all() {
        for colours in Contrast::ALL {
            let look = Look { contrast: colours, ..Look::default() };
            let view = View { look, ending_in: None, ..sample.view.clone() };
            bench.show(&view);
            bench.live.paint();
            let picture = bench.live.canvas.as_ref().expect("a canvas").picture();
            let kiosk = bench.live.stage.kiosk();
            let page = ElementHandle::find_by_element_id(kiosk, "Page::list").next();
            let of_page = |page: &ElementHandle| (line(page), lines(page.query_descendants()));
            let (sight, on_page) = page.as_ref().map(of_page).unwrap_or_default();
            for line in lines(ElementQuery::from_root(kiosk)) {
                if on_page.contains(&line) && !line.is_within(&sight, 0.) {
                    continue;
                }
                match contrast_of(&line, &picture) {
                    Some(contrast) if contrast >= 7. => {}
                    low => {
                        wrong.insert(format!("{} {colours:?} {:?}: {low:.1?}:1", sample.name, line.text));
                    }
                }
            }
        }
    }
    let told: Vec<_> = wrong.iter().map(String::as_str).collect();
    assert!(wrong.is_empty(), "{} are hard to read:\n{}", wrong.len(), told.join("\n"));
}

#[test]
fn grey_on_grey_is_hard_to_read() {
    let (ground, ink) = ([0xe2, 0xe8, 0xea], [0x9a, 0xa5, 0xaa]);
    let rgb = (0..400).flat_map(|at| if at % 7 == 0 { ink } else { ground }).collect();
    let picture = crate::Picture { width: 20, height: 20, rgb };
    let line = Line { text: String::new(), left: 0., top: 0., right: 20., bottom: 20. };
    assert!((1.5..3.).contains(&contrast_of(&line, &picture).unwrap()));
    assert!((contrast([0; 3], [255; 3]) - 21.).abs() < 1e-9);
}
