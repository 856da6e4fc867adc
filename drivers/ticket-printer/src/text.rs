//! Text on its way to the paper: cleaned, wrapped, and in the printer's own encoding.

use std::ops::Range;

use encoding_rs::{EncoderResult, GBK};

use crate::profile::BuiltInFont;

/// The most characters one line of a ticket may have; what follows is cut off with an ellipsis, so
/// that no text from outside can use up the roll.
const MOST_CHARACTERS: usize = 400;

/// What stands for a character that cannot be printed: 〓, the geta mark of GB/T 2312 (A1 FE).
pub(crate) const GETA: char = '\u{3013}';

/// The characters of `text` that leave ink or space.
///
/// Control characters are dropped, so that text from a catalogue can never inject a command;
/// so are invisible ones, which no printer's font has.
pub(crate) fn clean(text: &str) -> Vec<char> {
    let mut visible = text.chars().filter(|c| !is_dropped(*c)).map(|c| match c {
        '\u{A0}' => ' ',
        c => c,
    });
    let mut kept: Vec<char> = visible.by_ref().take(MOST_CHARACTERS).collect();
    if visible.next().is_some() {
        kept.pop();
        kept.push('…');
    }
    // Trailing space leaves no ink.
    while kept.last() == Some(&' ') {
        kept.pop();
    }
    kept
}

fn is_dropped(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' // soft hyphen
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' // layout
            | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' // variation selectors
            | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
}

/// Half-width columns of `c` at normal size: one for ASCII, two for all else, as in the printer.
pub(crate) fn columns(c: char) -> usize {
    if c.is_ascii() { 1 } else { 2 }
}

/// Cuts `text` into printed lines of at most `width` columns (at least two).
///
/// Lines end where Chinese text may, never within a word or number that fits on a line, and no line
/// begins with a closing mark.
pub(crate) fn wrap(text: &[char], width: usize) -> Vec<Range<usize>> {
    let width = width.max(2);
    let mut lines = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let Some(full) = overflow(text, start, width) else {
            lines.push(start..text.len());
            break;
        };
        let end = (start + 1..=full).rev().find(|i| may_break(text, *i)).unwrap_or(full);
        let ink = (start..end).rev().find(|i| text.get(*i) != Some(&' ')).map_or(start, |i| i + 1);
        lines.push(start..ink);
        start = (end..text.len()).find(|i| text.get(*i) != Some(&' ')).unwrap_or(text.len());
    }
    lines
}

/// The first character from `start` that does not fit into `width` columns.
fn overflow(text: &[char], start: usize, width: usize) -> Option<usize> {
    let mut used = 0;
    text.iter().enumerate().skip(start).find_map(|(i, c)| {
        used += columns(*c);
        (used > width && i > start).then_some(i)
    })
}

/// Whether a line may end before character `i`.
fn may_break(text: &[char], i: usize) -> bool {
    let (Some(before), Some(after)) = (i.checked_sub(1).and_then(|b| text.get(b)), text.get(i)) else {
        return true;
    };
    let space = *before == ' ' || *after == ' ';
    let wide = !before.is_ascii() || !after.is_ascii();
    (space || wide)
        && !"，。、；：？！）》」』】〉”’…·%),.;:?!".contains(*after)
        && !"（《「『【〈“‘(".contains(*before)
}

/// Adds the bytes that print `text` in the printer's own font, two for each character that is not
/// ASCII; `None` when it lacks a character, and `out` may then hold a part.
pub(crate) fn encode(text: &[char], font: BuiltInFont, out: &mut Vec<u8>) -> Option<()> {
    for c in text {
        match code(*c, font)? {
            Code::Ascii(byte) => out.push(byte),
            Code::Chinese(bytes) => out.extend(bytes),
        }
    }
    Some(())
}

/// Whether the printer's own font has `c`.
pub(crate) fn is_printable(c: char, font: BuiltInFont) -> bool {
    code(c, font).is_some()
}

enum Code {
    Ascii(u8),
    Chinese([u8; 2]),
}

fn code(c: char, font: BuiltInFont) -> Option<Code> {
    if let ' '..='~' = c {
        return u8::try_from(c).ok().map(Code::Ascii);
    }
    if matches!(font, BuiltInFont::Ascii | BuiltInFont::None) {
        return None;
    }
    let mut utf8 = [0; 4];
    let mut bytes = [0; 4];
    let (result, _, written) =
        GBK.new_encoder().encode_from_utf8_without_replacement(c.encode_utf8(&mut utf8), &mut bytes, true);
    match (result, written, bytes) {
        (EncoderResult::InputEmpty, 2, [lead, trail, ..]) if is_in_font(c, lead, trail, font) => {
            Some(Code::Chinese([lead, trail]))
        }
        // Also the euro sign, which is the single byte 80h and in no printer's font.
        _ => None,
    }
}

fn is_in_font(c: char, lead: u8, trail: u8, font: BuiltInFont) -> bool {
    match font {
        BuiltInFont::Ascii | BuiltInFont::None => false,
        BuiltInFont::Gb2312 => is_gb2312(lead, trail),
        BuiltInFont::Gbk => {
            // What GB 18030 added to GBK 1.0, and what nobody has defined.
            let added = matches!(
                (lead, trail),
                (0xFE, 0x50..=0xA0) | (0xA8, 0xBF) | (0xA9, 0x89..=0x95) | (0xA2, 0xE3)
            );
            let vertical = matches!(c, '\u{FE10}'..='\u{FE19}');
            let private = matches!(c, '\u{E000}'..='\u{F8FF}');
            // GB 18030-2022 gave these codes, empty in GBK 1.0, to characters of the basic block.
            !added && !vertical && !private && !matches!(c, '\u{9FB4}'..='\u{9FFF}' | '\u{1E3F}')
        }
    }
}

/// Whether the code is assigned in GB/T 2312-1980: rows 1 to 9 are symbols, 16 to 87 characters.
fn is_gb2312(lead: u8, trail: u8) -> bool {
    let (Some(row), Some(cell)) = (lead.checked_sub(0xA0), trail.checked_sub(0xA0)) else {
        return false;
    };
    match row {
        1 | 3 | 16..=54 | 56..=87 => (1..=94).contains(&cell),
        2 => matches!(cell, 17..=66 | 69..=78 | 81..=92),
        4 => (1..=83).contains(&cell),
        5 => (1..=86).contains(&cell),
        6 => matches!(cell, 1..=24 | 33..=56),
        7 => matches!(cell, 1..=33 | 49..=81),
        8 => matches!(cell, 1..=26 | 37..=73),
        9 => (4..=79).contains(&cell),
        55 => (1..=89).contains(&cell),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(text: &str, width: usize) -> Vec<String> {
        let text = clean(text);
        wrap(&text, width).into_iter().map(|r| text[r].iter().collect()).collect()
    }

    #[test]
    fn control_and_invisible_characters_are_dropped() {
        let table = [
            ("a\u{1b}@b\u{10}\u{4}\u{1}c\r\nd\u{7f}\u{85}", "a@bcd"),
            ("企\u{200b}业\u{202e}\u{feff}", "企业"),
            ("葛\u{e0100}", "葛"),
            ("12\u{a0}人  ", "12 人"),
        ];
        for (text, expected) in table {
            assert_eq!(clean(text).into_iter().collect::<String>(), expected);
        }
        let long = clean(&"号".repeat(5000));
        assert_eq!((long.len(), long.last()), (MOST_CHARACTERS, Some(&'…')));
    }

    #[test]
    fn lines_end_where_they_may() {
        let table: [(&str, usize, &[&str]); 7] = [
            ("", 48, &[]),
            ("不动产登记", 10, &["不动产登记"]),
            ("不动产登记，请", 10, &["不动产登", "记，请"]),
            ("ticket A048 ready", 12, &["ticket A048", "ready"]),
            ("窗口3-8号", 6, &["窗口", "3-8号"]),
            ("abcdefghij", 4, &["abcd", "efgh", "ij"]),
            ("号", 1, &["号"]),
        ];
        for (text, width, expected) in table {
            assert_eq!(lines(text, width), expected, "{text} at {width}");
        }
    }

    #[test]
    fn known_codes() {
        let table: [(&str, BuiltInFont, Option<&[u8]>); 9] = [
            ("A048", BuiltInFont::Ascii, Some(b"A048")),
            ("门", BuiltInFont::Ascii, None),
            ("门诊", BuiltInFont::Gb2312, Some(&[0xC3, 0xC5, 0xD5, 0xEF])),
            ("〓", BuiltInFont::Gb2312, Some(&[0xA1, 0xFE])),
            ("镕", BuiltInFont::Gb2312, None),
            ("镕", BuiltInFont::Gbk, Some(&[0xE9, 0x46])),
            ("€", BuiltInFont::Gbk, None),
            ("㑇", BuiltInFont::Gbk, None),
            ("\u{e5e5}", BuiltInFont::Gbk, None),
        ];
        for (text, font, expected) in table {
            let mut out = Vec::new();
            let encoded = encode(&clean(text), font, &mut out).map(|()| out.as_slice());
            assert_eq!(encoded, expected, "{text} in {font:?}");
        }
    }

    /// The standards say how many characters there are.
    #[test]
    fn the_fonts_have_as_many_characters_as_their_standards() {
        let count = |font| ('\u{80}'..=char::MAX).filter(|c| is_printable(*c, font)).count();
        assert_eq!(count(BuiltInFont::Gb2312), 7445);
        // GBK 1.0 less 95 codes without a code point when it was drawn up.
        assert_eq!(count(BuiltInFont::Gbk), 21_791);
    }

    proptest! {
        #[test]
        fn wrapping_keeps_every_character_and_the_width(text in "[ a-z0-9号，（）]{0,80}", width in 1usize..50) {
            let text = clean(&text);
            let lines = wrap(&text, width);
            let kept: String = lines.iter().flat_map(|r| text[r.clone()].iter()).filter(|c| **c != ' ').collect();
            let all: String = text.iter().filter(|c| **c != ' ').collect();
            prop_assert_eq!(kept, all);
            for line in lines {
                let used: usize = text[line].iter().map(|c| columns(*c)).sum();
                prop_assert!(used <= width.max(2));
            }
        }

        #[test]
        fn whatever_comes_only_printable_bytes_leave(text in "\\PC{0,60}|.{0,60}") {
            for font in [BuiltInFont::Ascii, BuiltInFont::Gb2312, BuiltInFont::Gbk] {
                let mut out = Vec::new();
                for c in clean(&text) {
                    let _ = encode(&[c], font, &mut out);
                }
                prop_assert!(out.iter().all(|b| *b >= 0x20 && *b != 0x7F || *b >= 0x40));
            }
        }
    }
}
