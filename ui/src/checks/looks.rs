//! What is written: whole, not over something else, in letters that the font has and that can be
//! told from their ground.

use super::{Bench, all};
use crate::fonts::FAMILY;
use crate::words;
use i_slint_backend_testing::{AccessibleRole, ElementHandle, ElementQuery};
use slint::fontique_011::{fontique, shared_collection};
use std::collections::BTreeSet;
use visit::fault::Fault;
use visit::screen::{Language, LicencesTold, PageWarning, ScanProblem, Screen, TicketState, View};

const HEAD: f32 = 160.;
const FOOT: f32 = 1920. - 172.;

struct Line {
    text: String,
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
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

fn lines(query: ElementQuery) -> Vec<Line> {
    let found = query.match_accessible_role(AccessibleRole::Text).find_all();
    found.iter().map(line).filter(|l| !l.text.is_empty()).collect()
}

/// Complains of text that is cut off, unfinished, or written over other text.
fn read(bench: &Bench, name: &str, view: &View) {
    // The countdown covers the title on purpose.
    bench.show(&View { ending_in: None, ..view.clone() });
    let kiosk = bench.live.stage.kiosk();
    let list = ElementHandle::find_by_element_id(kiosk, "Scroll::list").next();
    let (top, bottom) = list.as_ref().map(line).map_or((0., 0.), |l| (l.top, l.bottom));
    let scrolled: BTreeSet<String> = list
        .iter()
        .flat_map(|list| lines(list.query_descendants()))
        .filter(|l| l.top < top || l.bottom > bottom)
        .map(|l| l.text)
        .collect();
    let found = lines(ElementQuery::from_root(kiosk));
    assert!(found.len() >= 4, "{name}: hardly a word");
    // What does not fit between the bars is cut off whole, and cannot be found: the two buttons that a
    // page of notes ends with.
    if let Screen::Review(_) = view.screen {
        let buttons = ElementQuery::from_root(kiosk).match_accessible_role(AccessibleRole::Button).find_all();
        let within = buttons.iter().map(line).filter(|b| b.top > HEAD && b.bottom <= FOOT).count();
        assert!(within >= 2, "{name}: its buttons are behind the bottom bar");
    }
    let home = matches!(view.screen, Screen::Home(_));
    let shown: Vec<&Line> = found.iter().filter(|l| !scrolled.contains(&l.text)).collect();
    for (at, line) in shown.iter().enumerate() {
        let what = format!("{name} {:?}: {:?}", view.language, line.text);
        let Line { left, top, right, bottom, text } = line;
        let place = format!("{left},{top} to {right},{bottom}");
        assert!(!text.contains(['{', '}']), "unfinished: {what}");
        assert!(*left >= 0. && *right <= 1080.5 && *top >= -30. && *bottom <= 1920.5, "{what} at {place}");
        assert!(home || *bottom <= FOOT + 1. || *top >= FOOT, "behind the bottom bar: {what} at {place}");
        for other in shown.iter().skip(at + 1) {
            let apart = line.right <= other.left + 1.
                || other.right <= line.left + 1.
                || line.bottom <= other.top + 1.
                || other.bottom <= line.top + 1.;
            assert!(apart, "{what} at {place} runs into {:?} at {},{}", other.text, other.left, other.top);
        }
    }
}

#[test]
fn no_text_is_cut_off_or_runs_into_another() {
    let bench = Bench::new();
    for sample in all() {
        read(&bench, sample.name, &sample.view);
    }
}

#[test]
#[should_panic(expected = "behind the bottom bar")]
fn too_much_on_a_screen_is_noticed() {
    let mut view = super::named("review-jam");
    if let Screen::Review(review) = &mut view.screen {
        review.problem = None;
        review.warnings = [PageWarning::Blank; 12].to_vec();
    }
    read(&Bench::new(), "twelve warnings", &view);
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
            read(&bench, &format!("{} {}", sample.name, fault.code()), &view);
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
    let mut letters: BTreeSet<char> =
        [Language::Zh, Language::En].into_iter().flat_map(|l| words::file(l).chars()).collect();
    for sample in all() {
        bench.show(&sample.view);
        for line in lines(ElementQuery::from_root(bench.live.stage.kiosk())) {
            letters.extend(line.text.chars());
        }
    }
    letters.retain(|c| !c.is_control());
    for weight in [fontique::FontWeight::NORMAL, fontique::FontWeight::BOLD] {
        let mut fonts = shared_collection();
        let mut files = fontique::SourceCache::default();
        let mut query = fonts.query(&mut files);
        query.set_families([fontique::QueryFamily::Named(FAMILY)]);
        query.set_attributes(fontique::Attributes { weight, ..Default::default() });
        let mut asked = 0;
        query.matches_with(|font| {
            asked += 1;
            let letters_of = font.charmap().expect("a font with a character map");
            let absent: String =
                letters.iter().filter(|c| letters_of.map(**c).is_none_or(|g| g == 0)).collect();
            assert_eq!(absent, "", "not in {FAMILY} {weight:?}");
            fontique::QueryStatus::Stop
        });
        assert_eq!(asked, 1, "no font in {weight:?}");
    }
}

/// Relative luminance (WCAG 2.1) of `#rrggbb`.
fn luminance(colour: &str) -> f64 {
    let part = |at: usize| {
        let c = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

#[test]
fn what_is_written_stands_out_from_its_ground() {
    let theme = include_str!("../../screens/theme.slint");
    let colour = |name: &str| {
        let line = theme.lines().find(|l| l.contains(&format!("<color> {name}:"))).unwrap();
        let at = line.find('#').unwrap();
        luminance(&line[at..at + 7])
    };
    for (ink, grounds, least) in [
        ("ink", &["ground", "surface", "accent-soft", "problem-soft", "asleep"][..], 7.),
        ("ink-soft", &["ground", "surface", "accent-soft", "asleep"][..], 7.),
        ("accent", &["ground", "surface", "accent-soft"][..], 7.),
        ("on-accent", &["accent", "accent-pressed", "ink", "problem"][..], 7.),
        ("problem", &["ground", "surface", "problem-soft", "accent-soft"][..], 6.5),
        // What cannot be touched now is still read.
        ("ink-asleep", &["asleep", "surface"][..], 5.5),
    ] {
        for ground in grounds {
            let (a, b) = (colour(ink), colour(ground));
            let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(contrast >= least, "{ink} on {ground}: {contrast:.1}:1");
        }
    }
}
