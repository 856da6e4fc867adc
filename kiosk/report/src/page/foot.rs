//! The lower part: the ticket loop, paper, the outbox, versions, and by what the page is proven.

use std::num::NonZeroU16;

use krilla::tagging::Tag;

use super::head::label;
use super::pen::{Ink, Lang, Pen, Style};
use super::words::{self, Both};
use super::{LEFT, RIGHT, WIDTH};
use crate::report::{Grade, Report};

/// Where the cards begin, from above.
pub(super) const TOP: f32 = 668.0;

const SIZE: f32 = 7.8;
const LINE: f32 = 12.0;
const GAP: f32 = 16.0;

/// Draws it.
pub(super) fn foot(pen: &mut Pen<'_, '_>, report: &Report) {
    let narrow = 136.0;
    let wide = WIDTH - 2.0 * (narrow + GAP);
    ticket_loop(pen, report, (LEFT, wide));
    counters(pen, report, (LEFT + wide + GAP, narrow));
    outbox(pen, report, (RIGHT - narrow, narrow));
    proof(pen, report);
}

fn card(pen: &mut Pen<'_, '_>, (x, width): (f32, f32), both: Both) {
    pen.rule((x, TOP), width, 0.9, Ink::Black);
    let level = NonZeroU16::MIN.saturating_add(1);
    pen.within(Tag::Hn(level, Some(both.0.to_owned())), |pen| {
        let x = pen.text((x, TOP + 14.0), Style::bold(9.0, Ink::Black), Lang::Zh, both.0);
        pen.text((x + 4.0, TOP + 14.0), Style::plain(8.2, Ink::Grey), Lang::En, both.1);
    });
}

fn line(row: u8) -> f32 {
    TOP + 29.0 + f32::from(row) * LINE
}

/// A name on the left, a value on the right.
fn value(pen: &mut Pen<'_, '_>, (x, width): (f32, f32), row: u8, name: Both, value: &str, ink: Ink) {
    pen.within(Tag::P, |pen| {
        let begins = label(pen, (x, line(row)), SIZE, name) + 6.0;
        let style = Style::bold(SIZE, ink);
        let value = pen.fitted(style, value, x + width - begins);
        pen.text_before((x + width, line(row)), style, Lang::En, &value);
    });
}

fn ticket_loop(pen: &mut Pen<'_, '_>, report: &Report, place: (f32, f32)) {
    card(pen, place, words::TICKET_LOOP);
    let Some(result) = &report.ticket_loop else {
        pen.within(Tag::P, |pen| {
            label(pen, (place.0, line(0)), SIZE, words::NO_LOOP);
        });
        return;
    };
    let half = place.1 / 2.0;
    for (x, name, grade) in
        [(place.0, words::PRINTER, result.printer), (place.0 + half, words::SCANNER, result.scanner)]
    {
        let ((zh, en), ink) = match grade {
            Grade::Good => (words::GOOD, Ink::Good),
            Grade::Watch => (words::WATCH, Ink::Watch),
            Grade::Bad => (words::BAD, Ink::Bad),
        };
        pen.within(Tag::P, |pen| {
            let x = label(pen, (x, line(0)), SIZE, name) + 5.0;
            let x = pen.text((x, line(0)), Style::bold(SIZE, ink), Lang::Zh, zh) + 3.0;
            pen.text((x, line(0)), Style::plain(SIZE, ink), Lang::En, en);
        });
    }
    pen.within(Tag::P, |pen| {
        let (zh, en) = (Style::plain(SIZE, Ink::Black), Style::plain(SIZE - 0.4, Ink::Grey));
        let mut row = 1;
        for (style, lang, text) in
            [(zh, Lang::Zh, result.forecast.zh.as_str()), (en, Lang::En, result.forecast.en.as_str())]
        {
            for text in wrapped(pen, style, text, place.1) {
                pen.text((place.0, line(row)), style, lang, &text);
                row += 1;
            }
        }
    });
}

/// A text on two lines at most, broken between words, or between Chinese characters.
fn wrapped(pen: &Pen<'_, '_>, style: Style, text: &str, room: f32) -> Vec<String> {
    if pen.width(style, text) <= room {
        return vec![text.to_owned()];
    }
    let mut end = 0;
    for (at, letter) in text.char_indices() {
        let next = at + letter.len_utf8();
        let Some(before) = text.get(..next) else { break };
        if pen.width(style, before.trim_end()) > room {
            break;
        }
        let follows = text.get(next..).and_then(|rest| rest.chars().next());
        // A line ends after a space, or at a character that is a word by itself, but not before a full stop.
        let ends = letter == ' ' || !letter.is_ascii();
        if ends && !follows.is_some_and(|c| "，。；：、！？）”".contains(c)) {
            end = next;
        }
    }
    match text.split_at_checked(end) {
        Some((first, rest)) if end > 0 => {
            vec![first.trim_end().to_owned(), pen.fitted(style, rest.trim_start(), room)]
        }
        _ => vec![pen.fitted(style, text, room)],
    }
}

fn counters(pen: &mut Pen<'_, '_>, report: &Report, place: (f32, f32)) {
    card(pen, place, words::COUNTERS);
    let counters = &report.counters;
    let unknown = || [words::UNKNOWN.0, words::UNKNOWN.1].join(" ");
    let known = |number: Option<u32>| number.map_or_else(unknown, grouped);
    let metres = format!("{}.{} m", grouped(counters.paper_mm / 1000), counters.paper_mm % 1000 / 100);
    value(pen, place, 0, words::TICKETS, &grouped(counters.tickets), Ink::Black);
    value(pen, place, 1, words::PAPER, &metres, Ink::Black);
    value(pen, place, 2, words::TICKETS_LEFT, &known(counters.tickets_left), Ink::Black);
    value(pen, place, 3, words::DAYS_LEFT, &known(counters.days_left), Ink::Black);
}

fn outbox(pen: &mut Pen<'_, '_>, report: &Report, place: (f32, f32)) {
    card(pen, place, words::OUTBOX);
    let outbox = &report.outbox;
    let refused = if outbox.refused > 0 { Ink::Watch } else { Ink::Black };
    let oldest = outbox.oldest.map_or_else(|| "–".to_owned(), |moment| moment.spaced());
    let oldest = oldest.get(..16).unwrap_or(&oldest);
    value(pen, place, 0, words::WAITING, &grouped(outbox.waiting), Ink::Black);
    value(pen, place, 1, words::OLDEST, oldest, Ink::Black);
    value(pen, place, 2, words::REFUSED, &grouped(outbox.refused), refused);
}

/// Digits in threes.
fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

fn proof(pen: &mut Pen<'_, '_>, report: &Report) {
    let top = TOP + 92.0;
    pen.rule((LEFT, top), WIDTH, 0.4, Ink::Hair);
    let (small, dark) = (6.8, Style::plain(6.8, Ink::Black));
    let value = LEFT + 68.0;
    pen.within(Tag::P, |pen| {
        label(pen, (LEFT, top + 12.0), small, words::VERSIONS);
        let versions = versions(pen, report, dark, RIGHT - value);
        pen.text((value, top + 12.0), dark, Lang::En, &versions);
    });
    pen.within(Tag::P, |pen| {
        label(pen, (LEFT, top + 22.5), small, words::CERTIFICATE);
        let print = report.certificate.sha256.to_string();
        let x = pen.text((value, top + 22.5), dark, Lang::En, &format!("SHA-256 {print}"));
        let x = label(pen, (x + 8.0, top + 22.5), small, words::UNTIL);
        pen.text((x + 3.0, top + 22.5), dark, Lang::En, &report.certificate.ends.day());
    });
    pen.within(Tag::P, |pen| {
        label(pen, (LEFT, top + 33.0), small, words::SIGNED);
    });
}

/// Programs with their versions, as many as fit, and how many are not named.
fn versions(pen: &Pen<'_, '_>, report: &Report, style: Style, room: f32) -> String {
    let mut named = vec![format!("onedoor {}", report.software.running)];
    named.extend(report.software.parts.iter().map(|part| format!("{} {}", part.name, part.version)));
    let all = named.len();
    loop {
        let left_out = all - named.len();
        let mut line = named.join("  ·  ");
        if left_out > 0 {
            line = format!("{line}  ·  另有 {left_out} 项 and {left_out} more");
        }
        if named.len() <= 1 || pen.width(style, &line) <= room {
            return pen.fitted(style, &line, room);
        }
        named.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_threes() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1 000"), (u32::MAX, "4 294 967 295")] {
            assert_eq!(grouped(number), text);
        }
    }
}
