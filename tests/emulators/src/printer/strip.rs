//! What has been printed on one length of paper, from cut to cut.

use super::command::{Align, Size};

/// Dots across the paper: 80 mm at 203 dots an inch.
pub(super) const PAPER_DOTS: u32 = 576;
/// Dots across a single-byte character.
pub(super) const ASCII_DOTS: u32 = 12;
/// Dots across a Chinese character, and down any character.
pub(super) const HAN_DOTS: u32 = 24;

/// Dots of paper (2 m) after which a host that never cuts has its ticket torn off.
pub(super) const LONGEST: u32 = 16_384;
/// Items after which it has, even if they move the paper by nothing.
const MOST_ITEMS: usize = 16_384;

/// One printed character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) glyph: char,
    /// Dots from the start of the line.
    pub(super) x: u32,
    pub(super) size: Size,
    pub(super) han: bool,
    pub(super) bold: bool,
    /// Thickness of the underline in dots.
    pub(super) underline: u8,
    pub(super) reverse: bool,
}

impl Cell {
    pub(super) fn width(&self) -> u32 {
        let dots = if self.han { HAN_DOTS } else { ASCII_DOTS };
        dots * u32::from(self.size.wide)
    }

    pub(super) fn height(&self) -> u32 {
        HAN_DOTS * u32::from(self.size.high)
    }
}

/// Something printed, from top to bottom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// A line of text, `feed` dots down to the next.
    Line { cells: Vec<Cell>, align: Align, feed: u32 },
    /// A picture of bits, most significant first; `width` dots and `row_bytes` bytes a row.
    Picture {
        width: u32,
        row_bytes: usize,
        rows: Vec<u8>,
        scale: Size,
        align: Align,
        /// The text of the QR code, if it is one.
        qr: Option<String>,
    },
    /// Blank paper.
    Feed(u32),
    /// The empty lines among it, for the text form.
    BlankLine(u32),
}

impl Item {
    /// Dots down the paper.
    pub(super) fn height(&self) -> u32 {
        match self {
            Self::Line { feed, .. } | Self::Feed(feed) | Self::BlankLine(feed) => *feed,
            Self::Picture { rows, row_bytes, scale, .. } => {
                let count = rows.len() / (*row_bytes).max(1);
                u32::try_from(count).unwrap_or(u32::MAX) * u32::from(scale.high)
            }
        }
    }

    fn is_blank(&self) -> bool {
        match self {
            Self::Line { cells, .. } => cells.iter().all(|cell| cell.glyph == ' ' && !cell.reverse),
            Self::Picture { rows, .. } => rows.iter().all(|&byte| byte == 0),
            Self::Feed(_) | Self::BlankLine(_) => true,
        }
    }
}

/// One length of paper.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Strip {
    pub(super) items: Vec<Item>,
    dots: u32,
}

impl Strip {
    pub(super) fn push(&mut self, item: Item) {
        self.dots = self.dots.saturating_add(item.height());
        self.items.push(item);
    }

    /// Adds a row to the picture printed last; the dots it takes.
    pub(super) fn push_row(&mut self, row: &[u8]) -> u32 {
        let Some(Item::Picture { rows, scale, .. }) = self.items.last_mut() else {
            return 0;
        };
        rows.extend_from_slice(row);
        let dots = u32::from(scale.high);
        self.dots = self.dots.saturating_add(dots);
        dots
    }

    /// Dots from top to bottom.
    pub(super) fn height(&self) -> u32 {
        self.dots
    }

    /// Whether it is longer than any ticket.
    pub(super) fn is_too_long(&self) -> bool {
        self.dots > LONGEST || self.items.len() > MOST_ITEMS
    }

    /// Whether no dot of it is black.
    pub(super) fn is_blank(&self) -> bool {
        self.items.iter().all(Item::is_blank)
    }

    /// The text, one line a line, whatever its size; QR codes and pictures as lines in brackets.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for item in &self.items {
            match item {
                Item::Line { cells, .. } => {
                    text.push_str(&line_text(cells));
                    text.push('\n');
                }
                Item::Picture { qr: Some(data), .. } => text.push_str(&format!("[QR {data}]\n")),
                Item::Picture { width, .. } => text.push_str(&format!("[image {width}x{}]\n", item.height())),
                Item::BlankLine(_) => text.push('\n'),
                Item::Feed(_) => {}
            }
        }
        text.truncate(text.trim_end().len());
        if !text.is_empty() {
            text.push('\n');
        }
        text
    }

    /// The queue number: one to three letters and three or four digits in the largest type that shows
    /// such a thing.
    pub(super) fn number(&self) -> Option<String> {
        let mut best: Option<(u32, String)> = None;
        for item in &self.items {
            let Item::Line { cells, .. } = item else { continue };
            for run in cells.chunk_by(|a, b| a.size == b.size && a.x + a.width() == b.x) {
                let size =
                    run.first().map_or(0, |cell| u32::from(cell.size.wide) * u32::from(cell.size.high));
                let text: String = run.iter().map(|cell| cell.glyph).collect();
                if best.as_ref().is_none_or(|(largest, _)| size > *largest)
                    && let Some(number) = queue_number(&text)
                {
                    best = Some((size, number));
                }
            }
        }
        best.map(|(_, number)| number)
    }

    /// Whether it says that it is printed again (补打).
    pub(super) fn is_reprint(&self) -> bool {
        self.text().contains("补打")
    }
}

/// The line as text; a gap left by a tab or a position becomes spaces.
fn line_text(cells: &[Cell]) -> String {
    let mut text = String::new();
    let mut end = 0;
    for cell in cells {
        let gap = cell.x.saturating_sub(end) / ASCII_DOTS;
        text.extend(std::iter::repeat_n(' ', gap as usize));
        text.push(cell.glyph);
        end = cell.x + cell.width();
    }
    text.truncate(text.trim_end_matches(' ').len());
    text
}

/// The first word of `text` that is one to three capital letters and then three or four digits.
fn queue_number(text: &str) -> Option<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric()).find_map(|word| {
        let digits = word.trim_start_matches(|c: char| c.is_ascii_uppercase());
        let letters = word.len() - digits.len();
        let fits = (1..=3).contains(&letters)
            && (3..=4).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| word.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, size: Size) -> Item {
        let mut x = 0;
        let mut cells = Vec::new();
        for glyph in text.chars() {
            let cell =
                Cell { glyph, x, size, han: !glyph.is_ascii(), bold: false, underline: 0, reverse: false };
            x += cell.width();
            cells.push(cell);
        }
        Item::Line { cells, align: Align::Left, feed: 30 }
    }

    #[test]
    fn the_number_is_the_largest_that_looks_like_one() {
        const BIG: Size = Size { wide: 4, high: 4 };
        type Lines = &'static [(&'static str, Size)];
        let cases: &[(Lines, Option<&str>)] = &[
            (&[("窗口 B101", Size::NORMAL), ("A048", BIG), ("C999", Size::NORMAL)], Some("A048")),
            (&[("号码：AB1234 请等候", Size::NORMAL)], Some("AB1234")),
            (&[("A12", BIG), ("A12345", BIG), ("ABCD123", BIG), ("xA123", BIG)], None),
            (&[("2026-03-18 09:41:25", Size::NORMAL)], None),
            (&[], None),
        ];
        for (lines, expected) in cases {
            let mut strip = Strip::default();
            for (text, size) in *lines {
                strip.push(line(text, *size));
            }
            assert_eq!(strip.number().as_deref(), *expected, "{lines:?}");
        }
    }

    #[test]
    fn text_is_flat_and_blank_paper_is_blank() {
        let mut strip = Strip::default();
        strip.push(Item::BlankLine(30));
        strip.push(Item::Feed(12));
        assert!(strip.is_blank());
        assert_eq!((strip.text().as_str(), strip.height()), ("", 42));
        strip.push(line("补打 A001", Size::NORMAL));
        strip.push(Item::Picture {
            width: 16,
            row_bytes: 2,
            rows: vec![1, 2, 3, 4],
            scale: Size { wide: 1, high: 2 },
            align: Align::Left,
            qr: None,
        });
        assert_eq!(strip.push_row(&[0, 0]), 2);
        assert_eq!(strip.text(), "\n补打 A001\n[image 16x6]\n");
        assert!(strip.is_reprint() && !strip.is_blank());
        assert_eq!(strip.height(), 78);
    }
}
