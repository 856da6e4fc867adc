//! The upper part: what this is, of which kiosk, when, and whether it was ready.

use std::num::NonZeroU16;

use krilla::tagging::Tag;

use super::pen::{Ink, Lang, Pen, Style};
use super::words::{self, Both};
use super::{LEFT, RIGHT, WIDTH};
use crate::lines::Mark;
use crate::qr::Code;
use crate::report::{By, Outcome, Report};

/// The code's side, without its quiet zone, in points: 36 mm.
const CODE: f32 = 102.0;
/// Where the code begins, from above.
const TOP: f32 = 42.0;

/// Draws title, hall and facts on the left, the short form's code on the right; ends at 154.
pub(super) fn head(pen: &mut Pen<'_, '_>, report: &Report, code: &Code) {
    let room = WIDTH - CODE - 28.0;
    pen.within(Tag::Hn(NonZeroU16::MIN, Some(words::TITLE.0.to_owned())), |pen| {
        let ink = if report.ready() { Ink::Good } else { Ink::Bad };
        let style = Style::bold(9.0, ink);
        let x = pen.text((LEFT, TOP + 8.0), style, Lang::Zh, words::TITLE.0);
        pen.text((x + 6.0, TOP + 8.0), Style::plain(9.0, Ink::Grey), Lang::En, words::TITLE.1);
    });
    pen.within(Tag::P, |pen| {
        pen.fit((LEFT, TOP + 34.0), Style::bold(20.0, Ink::Black), Lang::Zh, report.hall.zh.as_str(), room);
        pen.fit((LEFT, TOP + 49.0), Style::plain(10.0, Ink::Grey), Lang::En, report.hall.en.as_str(), room);
    });
    let self_test = report.self_test.map(|moment| moment.spaced());
    let (kiosk, made) = (report.kiosk.as_str(), report.made.spaced());
    let facts = [
        (words::KIOSK, kiosk.to_owned()),
        (words::MADE, made),
        (words::VERSION, report.software.running.to_string()),
        (words::SELF_TEST, self_test.unwrap_or_else(|| [words::NEVER.0, words::NEVER.1].join(" "))),
    ];
    for ((name, value), place) in facts.into_iter().zip(0u8..) {
        let (column, row) = (f32::from(place / 2), f32::from(place % 2));
        let at = (LEFT + column * 196.0, TOP + 77.0 + row * 17.0);
        pen.within(Tag::P, |pen| fact(pen, at, name, &value));
    }
    draw_code(pen, code);
}

fn fact(pen: &mut Pen<'_, '_>, at: (f32, f32), name: Both, value: &str) {
    label(pen, at, 8.0, name);
    pen.fit((at.0 + 62.0, at.1), Style::bold(9.0, Ink::Black), Lang::En, value, 128.0);
}

/// A name in both languages, grey; returns where it ends.
pub(super) fn label(pen: &mut Pen<'_, '_>, at: (f32, f32), size: f32, name: Both) -> f32 {
    let style = Style::plain(size, Ink::Grey);
    let x = pen.text(at, style, Lang::Zh, name.0);
    pen.text((x + size * 0.4, at.1), style, Lang::En, name.1)
}

/// How wide that is.
pub(super) fn label_width(pen: &Pen<'_, '_>, size: f32, name: Both) -> f32 {
    let style = Style::plain(size, Ink::Grey);
    pen.width(style, name.0) + size * 0.4 + pen.width(style, name.1)
}

fn draw_code(pen: &mut Pen<'_, '_>, code: &Code) {
    let side = u16::try_from(code.modules()).unwrap_or(u16::MAX);
    let module = CODE / f32::from(side.max(1));
    let left = RIGHT - CODE;
    let alt = format!("{} {}", words::CODE.0, words::CODE.1);
    pen.within(Tag::Figure(Some(alt)), |pen| {
        let mut parts = Vec::new();
        for y in 0..side {
            // Modules beside each other as one, so that no seam between them shows.
            let mut x = 0;
            while x < side {
                let run = (x..side).take_while(|x| code.is_black((*x).into(), y.into())).count();
                let run = u16::try_from(run).unwrap_or(u16::MAX);
                if run > 0 {
                    let at = (left + f32::from(x) * module, TOP + f32::from(y) * module);
                    parts.push((at.0, at.1, f32::from(run) * module, module));
                }
                x = x.saturating_add(run.max(1));
            }
        }
        pen.picture(parts, Ink::Black);
    });
    pen.within(Tag::P, |pen| {
        let width = label_width(pen, 7.0, words::SCAN);
        label(pen, (RIGHT - CODE / 2.0 - width / 2.0, TOP + CODE + 11.0), 7.0, words::SCAN);
    });
}

/// Where the verdict begins, from above, and how high it is.
pub(super) const VERDICT: (f32, f32) = (166.0, 62.0);

/// Draws the verdict over the whole width.
pub(super) fn verdict(pen: &mut Pen<'_, '_>, report: &Report) {
    let (top, height) = VERDICT;
    let ready = report.ready();
    let (ink, both) = if ready { (Ink::Good, words::READY) } else { (Ink::Bad, words::NOT_READY) };
    pen.panel((LEFT, top), (WIDTH, height), 7.0, ink);
    let (x, y) = (LEFT + 36.0, top + height / 2.0);
    if ready {
        pen.strokes(&[&[(x - 12.0, y + 1.0), (x - 3.5, y + 9.5), (x + 12.5, y - 9.0)]], 4.5, Ink::White);
    } else {
        let (low, high) =
            ([(x - 9.5, y - 9.5), (x + 9.5, y + 9.5)], [(x - 9.5, y + 9.5), (x + 9.5, y - 9.5)]);
        pen.strokes(&[&low, &high], 4.5, Ink::White);
    }
    pen.within(Tag::Hn(NonZeroU16::MIN.saturating_add(1), Some(both.0.to_owned())), |pen| {
        let at = LEFT + 68.0;
        let zh = pen.text((at, y + 10.5), Style::bold(28.0, Ink::White), Lang::Zh, both.0);
        pen.text((zh + 12.0, y + 10.5), Style::bold(20.0, Ink::White), Lang::En, both.1);
    });
    pen.within(Tag::P, |pen| {
        for ((zh, en), row) in reasons(report).iter().zip(0u8..) {
            let line = y - 12.5 + f32::from(row) * 14.5;
            let style = Style::plain(8.5, Ink::White);
            let x = RIGHT - 16.0 - pen.width(style, en) - 5.0 - pen.width(Style::bold(8.5, Ink::White), zh);
            let x = pen.text((x, line), Style::bold(8.5, Ink::White), Lang::Zh, zh);
            pen.text((x + 5.0, line), style, Lang::En, en);
        }
    });
}

/// The rule in figures, and what else is worth a look.
fn reasons(report: &Report) -> Vec<(String, String)> {
    let alone: Vec<_> = report.tests.iter().filter(|test| test.by == By::Kiosk).collect();
    let passed = alone.iter().filter(|test| matches!(test.outcome, Outcome::Passed { .. })).count();
    let stopped = report.faults().filter(|(_, fault)| fault.severity == crate::Severity::Stops).count();
    let others = report.remarks().len();
    let tests = (
        format!("自动测试 {passed}/{} 通过", alone.len()),
        format!("{passed} of {} automatic tests passed", alone.len()),
    );
    let stopping = match stopped {
        0 => ("无停用故障".to_owned(), "no fault that stops it".to_owned()),
        1 => ("1 个停用故障".to_owned(), "1 fault that stops it".to_owned()),
        n => (format!("{n} 个停用故障"), format!("{n} faults that stop it")),
    };
    let look = match others {
        0 => ("无须留意".to_owned(), "nothing else to look at".to_owned()),
        1 => ("另有 1 处须留意".to_owned(), "1 other thing to look at".to_owned()),
        n => (format!("另有 {n} 处须留意"), format!("{n} other things to look at")),
    };
    vec![tests, stopping, look]
}

/// A small tick, cross or dash, whose middle is there.
pub(super) fn mark(pen: &mut Pen<'_, '_>, (x, y): (f32, f32), mark: Mark, ink: Ink) {
    match mark {
        Mark::Passed => {
            pen.strokes(&[&[(x - 3.0, y + 0.2), (x - 0.9, y + 2.4), (x + 3.2, y - 2.4)]], 1.3, ink);
        }
        Mark::Failed => {
            let down = [(x - 2.5, y - 2.5), (x + 2.5, y + 2.5)];
            let up = [(x - 2.5, y + 2.5), (x + 2.5, y - 2.5)];
            pen.strokes(&[&down, &up], 1.5, ink);
        }
        Mark::Untried => pen.strokes(&[&[(x - 2.6, y), (x + 2.6, y)]], 1.3, ink),
    }
}
