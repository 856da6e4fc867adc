//! The middle part: devices with their faults, and tests.

use std::num::{NonZeroU16, NonZeroU32};

use krilla::tagging::{TableHeaderScope, Tag};

use super::head::{label, label_width, mark};
use super::pen::{Ink, Lang, Pen, Style};
use super::plan::{DeviceRow, Plan};
use super::words::{self, Both};
use super::{LEFT, RIGHT, WIDTH};
use crate::lines::Mark;
use crate::report::{By, Device, Fault, Identity, Outcome, Severity, Test};
use crate::text::Words;

/// How high titles and heads of columns are.
pub(super) const TITLE: f32 = 24.0;
pub(super) const HEAD: f32 = 13.0;

const SIZE: f32 = 8.2;
/// Names begin behind their marks.
const NAME: f32 = LEFT + 14.0;
// Columns of devices.
const MODEL: f32 = LEFT + 150.0;
const SERIAL: f32 = LEFT + 268.0;
const FIRMWARE: f32 = LEFT + 362.0;
const STATE: f32 = LEFT + 446.0;
// Columns of tests.
const RESULT: f32 = LEFT + 196.0;
const MEASURED: f32 = LEFT + 276.0;
const TOOK: f32 = RIGHT;

const GAP: f32 = 6.0;

/// Where letters stand in a row, so that they are in its middle.
fn baseline(top: f32, row: f32) -> f32 {
    top + row / 2.0 + SIZE * 0.37
}

/// A section's title, with a line below; returns where it ends.
pub(super) fn title(pen: &mut Pen<'_, '_>, top: f32, both: Both) -> f32 {
    let level = NonZeroU16::MIN.saturating_add(1);
    pen.within(Tag::Hn(level, Some(both.0.to_owned())), |pen| {
        let x = pen.text((LEFT, top + 16.0), Style::bold(11.0, Ink::Black), Lang::Zh, both.0);
        pen.text((x + 5.0, top + 16.0), Style::plain(9.5, Ink::Grey), Lang::En, both.1);
    });
    pen.rule((LEFT, top + TITLE - 2.0), WIDTH, 0.9, Ink::Black);
    top + TITLE
}

fn header(pen: &mut Pen<'_, '_>, top: f32, columns: &[(f32, Both)], last: Option<Both>) -> f32 {
    pen.within(Tag::TR, |pen| {
        for (x, both) in columns {
            pen.within(Tag::TH(TableHeaderScope::Column), |pen| {
                label(pen, (*x, top + 9.0), 6.8, *both);
            });
        }
        if let Some(both) = last {
            let width = label_width(pen, 6.8, both);
            pen.within(Tag::TH(TableHeaderScope::Column), |pen| {
                label(pen, (TOOK - width, top + 9.0), 6.8, both);
            });
        }
    });
    top + HEAD
}

/// A name in Chinese, and in English as far as there is room before `end`.
fn name<const MOST: usize>(pen: &mut Pen<'_, '_>, (x, y): (f32, f32), words: &Words<MOST>, end: f32) -> f32 {
    let x = pen.fit((x, y), Style::plain(SIZE, Ink::Black), Lang::Zh, words.zh.as_str(), end - x);
    let begins = x + SIZE * 0.5;
    pen.fit((begins, y), Style::plain(SIZE, Ink::Grey), Lang::En, words.en.as_str(), end - begins)
}

/// Draws the devices; returns where they end.
pub(super) fn devices(pen: &mut Pen<'_, '_>, plan: &Plan<'_>, top: f32, row: f32) -> f32 {
    let mut y = title(pen, top, words::DEVICES);
    pen.within(Tag::Table.with_summary(Some(words::DEVICES.1.to_owned())), |pen| {
        let columns = [
            (NAME, words::DEVICE),
            (MODEL, words::MODEL),
            (SERIAL, words::SERIAL),
            (FIRMWARE, words::FIRMWARE),
            (STATE, words::STATE),
        ];
        y = header(pen, y, &columns, None);
        for shown in &plan.devices {
            device(pen, shown, y, row);
            y += row;
            for fault in &shown.faults {
                whole_row(pen, 5, |pen| draw_fault(pen, fault, baseline(y, row)));
                y += row;
            }
            pen.rule((LEFT, y), WIDTH, 0.4, Ink::Hair);
        }
        for (zh, en) in rest_of_devices(plan) {
            whole_row(pen, 5, |pen| more(pen, baseline(y, row), &zh, &en));
            y += row;
        }
    });
    y
}

/// A row of one cell over so many columns.
fn whole_row(pen: &mut Pen<'_, '_>, columns: u32, draw: impl FnOnce(&mut Pen<'_, '_>)) {
    pen.within(Tag::TR, |pen| pen.within(Tag::TD.with_col_span(NonZeroU32::new(columns)), draw));
}

fn device(pen: &mut Pen<'_, '_>, shown: &DeviceRow<'_>, top: f32, row: f32) {
    let DeviceRow { device, .. } = shown;
    let y = baseline(top, row);
    let worst = device.faults.iter().map(|fault| fault.severity).max();
    let (state, ink, sign) = state(device, worst);
    mark(pen, (LEFT + 5.0, y - 3.0), sign, ink);
    let nothing = Identity::default();
    let identity = device.identity.as_ref().unwrap_or(&nothing);
    let maker = identity.maker.as_ref().map(|maker| maker.as_str());
    let model = identity.model.as_ref().map(|model| model.as_str());
    let what = match (maker, model) {
        // Many a model's name begins with its maker's.
        (Some(maker), Some(model)) if !model.starts_with(maker) => format!("{maker} {model}"),
        (_, Some(one)) | (Some(one), None) => one.to_owned(),
        (None, None) => "–".to_owned(),
    };
    let or_dash = |text: Option<&crate::Text<60>>| text.map_or("–".to_owned(), ToString::to_string);
    let cells = [
        (MODEL, SERIAL, what),
        (SERIAL, FIRMWARE, or_dash(identity.serial.as_ref())),
        (FIRMWARE, STATE, or_dash(identity.firmware.as_ref())),
    ];
    pen.within(Tag::TR, |pen| {
        pen.within(Tag::TH(TableHeaderScope::Row), |pen| {
            name(pen, (NAME, y), &device.name, MODEL - GAP);
        });
        for (x, end, text) in cells {
            pen.within(Tag::TD, |pen| {
                pen.fit((x, y), Style::plain(SIZE, Ink::Black), Lang::En, &text, end - GAP - x);
            });
        }
        pen.within(Tag::TD, |pen| outcome(pen, (STATE, y), state, ink));
    });
}

fn state(device: &Device, worst: Option<Severity>) -> (Both, Ink, Mark) {
    match worst {
        Some(Severity::Stops) => (words::STOPPED, Ink::Bad, Mark::Failed),
        Some(Severity::Degrades) => (words::DEGRADED, Ink::Watch, Mark::Failed),
        Some(Severity::Notice) => (words::NOTICE, Ink::Watch, Mark::Passed),
        None if device.fitted => (words::FINE, Ink::Good, Mark::Passed),
        None => (words::NOT_FITTED, Ink::Grey, Mark::Untried),
    }
}

fn outcome(pen: &mut Pen<'_, '_>, (x, y): (f32, f32), both: Both, ink: Ink) {
    let x = pen.text((x, y), Style::bold(SIZE, ink), Lang::Zh, both.0);
    pen.text((x + SIZE * 0.4, y), Style::plain(SIZE, ink), Lang::En, both.1);
}

fn draw_fault(pen: &mut Pen<'_, '_>, fault: &Fault, y: f32) {
    let ink = if fault.severity == Severity::Stops { Ink::Bad } else { Ink::Watch };
    let (since, small) = (fault.since.spaced(), Style::plain(7.2, Ink::Grey));
    let width = label_width(pen, 7.2, words::SINCE) + 4.0 + pen.width(small, &since);
    let end = RIGHT - width - 10.0;
    let x = pen.fit((NAME, y), Style::bold(7.8, ink), Lang::En, fault.code.as_str(), 60.0) + GAP;
    let x = pen.fit((x, y), Style::bold(7.8, ink), Lang::Zh, fault.words.zh.as_str(), end - x) + GAP;
    pen.fit((x, y), Style::plain(7.8, ink), Lang::En, fault.words.en.as_str(), end - x);
    let x = label(pen, (RIGHT - width, y), 7.2, words::SINCE);
    pen.text((x + 4.0, y), small, Lang::En, &since);
}

fn more(pen: &mut Pen<'_, '_>, y: f32, zh: &str, en: &str) {
    let style = Style::plain(SIZE, Ink::Grey);
    let x = pen.text((NAME, y), style, Lang::Zh, zh);
    pen.text((x + GAP, y), style, Lang::En, en);
}

fn rest_of_devices(plan: &Plan<'_>) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    if plan.more_faults > 0 {
        let n = plan.more_faults;
        let s = if n == 1 { "" } else { "s" };
        lines.push((format!("以上设备另有 {n} 个故障"), format!("and {n} more fault{s} of these devices")));
    }
    if let Some((devices, with_faults)) = plan.more_devices {
        lines.push((
            format!("另有 {devices} 台设备，其中 {with_faults} 台有故障"),
            format!("and {devices} more, {with_faults} of them with faults"),
        ));
    }
    lines
}

/// Draws the tests; returns where they end.
pub(super) fn tests(pen: &mut Pen<'_, '_>, plan: &Plan<'_>, top: f32, row: f32) -> f32 {
    let mut y = title(pen, top, words::TESTS);
    pen.within(Tag::Table.with_summary(Some(words::TESTS.1.to_owned())), |pen| {
        let columns = [(NAME, words::TEST), (RESULT, words::RESULT), (MEASURED, words::MEASURED)];
        y = header(pen, y, &columns, Some(words::TOOK));
        for shown in &plan.tests {
            test(pen, shown, baseline(y, row));
            y += row;
            pen.rule((LEFT, y), WIDTH, 0.4, Ink::Hair);
        }
        if plan.tests.is_empty() {
            whole_row(pen, 4, |pen| more(pen, baseline(y, row), words::NONE.0, words::NONE.1));
            y += row;
        }
        if let Some([failed, untried, passed]) = plan.more_tests {
            let n = failed + untried + passed;
            let zh = format!("另有 {n} 项：未通过 {failed}，未测 {untried}，通过 {passed}");
            let en = format!("and {n} more: {failed} failed, {untried} not tried, {passed} passed");
            whole_row(pen, 4, |pen| more(pen, baseline(y, row), &zh, &en));
            y += row;
        }
    });
    y
}

fn test(pen: &mut Pen<'_, '_>, test: &Test, y: f32) {
    let sign = Mark::of(&test.outcome);
    let (result, ink) = match sign {
        Mark::Passed => (words::PASSED, Ink::Good),
        Mark::Failed => (words::FAILED, Ink::Bad),
        Mark::Untried => (words::UNTRIED, Ink::Grey),
    };
    mark(pen, (LEFT + 5.0, y - 3.0), sign, ink);
    pen.within(Tag::TR, |pen| {
        pen.within(Tag::TH(TableHeaderScope::Row), |pen| {
            let room = if test.by == By::Hand { 54.0 } else { GAP };
            name(pen, (NAME, y), &test.name, RESULT - room);
            if test.by == By::Hand {
                let width = label_width(pen, 6.8, words::BY_HAND);
                label(pen, (RESULT - width - GAP - 2.0, y), 6.8, words::BY_HAND);
            }
        });
        pen.within(Tag::TD, |pen| outcome(pen, (RESULT, y), result, ink));
        let took = took(&test.outcome);
        let end =
            TOOK - 10.0 - pen.width(Style::plain(SIZE, Ink::Black), took.as_deref().unwrap_or_default());
        pen.within(Tag::TD, |pen| measured(pen, &test.outcome, y, end));
        pen.within(Tag::TD, |pen| {
            pen.text_before(
                (TOOK, y),
                Style::plain(SIZE, Ink::Black),
                Lang::En,
                took.as_deref().unwrap_or("–"),
            );
        });
    });
}

fn measured(pen: &mut Pen<'_, '_>, outcome: &Outcome, y: f32, end: f32) {
    let black = Style::plain(SIZE, Ink::Black);
    match outcome {
        Outcome::Passed { measured, .. } => {
            let text = measured.as_ref().map_or("–", |measured| measured.as_str());
            pen.fit((MEASURED, y), black, Lang::En, text, end - MEASURED);
        }
        Outcome::Failed { code, words, measured, .. } => {
            let (bold, plain) = (Style::bold(7.8, Ink::Bad), Style::plain(7.8, Ink::Bad));
            let mut x = pen.fit((MEASURED, y), bold, Lang::En, code.as_str(), 60.0) + GAP;
            if let Some(measured) = measured {
                x = pen.fit((x, y), black, Lang::En, measured.as_str(), (end - x) / 2.0) + GAP;
            }
            let x = pen.fit((x, y), bold, Lang::Zh, words.zh.as_str(), end - x) + GAP;
            pen.fit((x, y), plain, Lang::En, words.en.as_str(), end - x);
        }
        Outcome::Untried => {
            pen.text((MEASURED, y), black, Lang::En, "–");
        }
    }
}

/// How long it took: milliseconds below a second, then tenths, and whole seconds from a hundred on.
fn took(outcome: &Outcome) -> Option<String> {
    let ms = match outcome {
        Outcome::Passed { took_ms, .. } | Outcome::Failed { took_ms, .. } => *took_ms,
        Outcome::Untried => return None,
    };
    Some(match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..100_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        _ => format!("{} s", ms / 1000),
    })
}

#[cfg(test)]
mod tests_of_times {
    use super::*;

    #[test]
    fn times_are_said_as_people_say_them() {
        for (took_ms, said) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (1_000, "1.0 s"),
            (1_290, "1.2 s"),
            (99_999, "99.9 s"),
            (100_000, "100 s"),
        ] {
            assert_eq!(took(&Outcome::Passed { took_ms, measured: None }).unwrap(), said);
        }
        assert_eq!(took(&Outcome::Untried), None);
    }
}
