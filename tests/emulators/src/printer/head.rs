//! The print mechanism: settings, the line being put together, and the paper under the head.

use qrcode::{Color, EcLevel, QrCode};

use super::command::{Align, Command, Graphic, RasterFrame, Size};
use super::strip::{ASCII_DOTS, Cell, HAN_DOTS, Item, LONGEST, PAPER_DOTS, Strip};

/// Dots from one line to the next at power-up.
const LINE_SPACING: u32 = 30;
/// Dots from the head to the cutter, fed before a cut of the kind that feeds.
const CUTTER_DISTANCE: u32 = 96;
/// Dots from one tab stop to the next: eight single-byte characters.
const TAB_DOTS: u32 = 8 * ASCII_DOTS;
/// Characters a line holds at most, over each other if the host goes back.
const LINE_CELLS: usize = 512;
/// What is printed for a byte that has no character.
const NO_GLYPH: char = '\u{FFFD}';

/// What a command did to the paper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Motion {
    /// Dots the paper moved.
    pub(super) dots: u32,
    /// Whether the motion came before the command's own character, as a full line is printed to make
    /// room for it.
    pub(super) before: bool,
    /// Whether the paper is to be cut now.
    pub(super) cut: bool,
}

impl Motion {
    fn by(dots: u32) -> Self {
        Self { dots, ..Self::default() }
    }
}

/// What ESC @ sets back.
#[derive(Clone, Debug)]
struct Settings {
    align: Align,
    ascii: Size,
    han: Size,
    bold: bool,
    underline: u8,
    han_underline: bool,
    reverse: bool,
    spacing: u32,
    qr_module: u8,
    qr_level: EcLevel,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            align: Align::Left,
            ascii: Size::NORMAL,
            han: Size::NORMAL,
            bold: false,
            underline: 0,
            han_underline: false,
            reverse: false,
            spacing: LINE_SPACING,
            qr_module: 3,
            qr_level: EcLevel::L,
        }
    }
}

/// The mechanism and the paper in it.
#[derive(Debug, Default)]
pub(super) struct Head {
    settings: Settings,
    line: Vec<Cell>,
    x: u32,
    qr_data: Vec<u8>,
    graphic: Option<Graphic>,
    strip: Strip,
    complaint: Option<String>,
}

impl Head {
    /// Carries out a command; commands that do not concern the paper do nothing.
    pub(super) fn execute(&mut self, command: &Command) -> Motion {
        match command {
            Command::Char(byte) => {
                let glyph = if byte.is_ascii() { char::from(*byte) } else { NO_GLYPH };
                self.put(glyph, false)
            }
            Command::Han(pair) => {
                let glyph = encoding_rs::GBK
                    .decode_without_bom_handling_and_without_replacement(pair)
                    .and_then(|text| text.chars().next());
                if glyph.is_none() {
                    self.complain(format!("no character {:02X}{:02X} in GBK", pair[0], pair[1]));
                }
                self.put(glyph.unwrap_or(NO_GLYPH), true)
            }
            Command::LoneLead(byte) => {
                self.complain(format!("{byte:02X} does not begin a pair of GBK here"));
                self.put(NO_GLYPH, false)
            }
            Command::Tab => {
                self.x = (self.x / TAB_DOTS + 1) * TAB_DOTS;
                Motion::default()
            }
            Command::Position { dots, relative } => {
                let from = if *relative { i64::from(self.x) } else { 0 };
                let to = (from + i64::from(*dots)).clamp(0, i64::from(PAPER_DOTS));
                self.x = u32::try_from(to).unwrap_or_default();
                Motion::default()
            }
            Command::LineFeed => Motion::by(self.feed_lines(1)),
            Command::FeedLines(lines) => Motion::by(self.feed_lines(u32::from(*lines))),
            Command::FeedDots(dots) => {
                let printed = self.print_line(u32::from(*dots));
                let rest = u32::from(*dots).saturating_sub(printed);
                Motion::by(printed + self.feed(rest))
            }
            Command::RasterRow { frame, first, row } => self.raster_row(frame, *first, row),
            Command::GraphicPrint => self.print_graphic(),
            Command::QrPrint => self.print_qr(),
            Command::Cut { feed } => self.cut(*feed),
            other => {
                self.set(other);
                Motion::default()
            }
        }
    }

    fn set(&mut self, command: &Command) {
        let settings = &mut self.settings;
        match command {
            Command::Initialise => {
                *settings = Settings::default();
                self.clear_line();
            }
            Command::Align(_) if !self.line.is_empty() => {
                self.complain("alignment changed in the middle of a line".to_owned());
            }
            Command::Align(align) => settings.align = *align,
            Command::Size(size) => (settings.ascii, settings.han) = (*size, *size),
            Command::Mode(n) => {
                settings.ascii = Size::doubled(n & 0x20 != 0, n & 0x10 != 0);
                settings.bold = n & 0x08 != 0;
                settings.underline = u8::from(n & 0x80 != 0);
            }
            Command::HanMode(n) => {
                settings.han = Size::doubled(n & 0x04 != 0, n & 0x08 != 0);
                settings.han_underline = n & 0x80 != 0;
            }
            Command::HanQuadruple(on) => settings.han = Size::doubled(*on, *on),
            Command::Bold(on) => settings.bold = *on,
            Command::Underline(dots) => settings.underline = *dots,
            Command::Reverse(on) => settings.reverse = *on,
            Command::LineSpacing(dots) => settings.spacing = dots.map_or(LINE_SPACING, u32::from),
            Command::QrModule(dots) => settings.qr_module = *dots,
            Command::QrLevel(level) => {
                settings.qr_level = match level {
                    0x31 => EcLevel::M,
                    0x32 => EcLevel::Q,
                    0x33 => EcLevel::H,
                    _ => EcLevel::L,
                }
            }
            Command::QrStore(data) => self.qr_data.clone_from(data),
            Command::GraphicStore(graphic) => self.graphic = Some(graphic.clone()),
            _ => {}
        }
    }

    /// Adds a character to the line, printing the line first if it is full.
    fn put(&mut self, glyph: char, han: bool) -> Motion {
        let settings = &self.settings;
        let mut cell = Cell {
            glyph,
            x: self.x,
            size: if han { settings.han } else { settings.ascii },
            han,
            bold: settings.bold,
            underline: settings.underline.max(u8::from(han && settings.han_underline)),
            reverse: settings.reverse,
        };
        let mut motion = Motion::default();
        let full = self.x > 0 && self.x + cell.width() > PAPER_DOTS;
        if full || self.line.len() >= LINE_CELLS {
            motion = Motion { dots: self.feed_lines(1), before: true, cut: false };
            cell.x = 0;
        }
        self.x = cell.x + cell.width();
        self.line.push(cell);
        motion
    }

    /// Prints what stands in the line, if anything does; the dots fed, at least `least`.
    fn print_line(&mut self, least: u32) -> u32 {
        self.x = 0;
        if self.line.is_empty() {
            return 0;
        }
        let cells = std::mem::take(&mut self.line);
        let height = cells.iter().map(Cell::height).max().unwrap_or(HAN_DOTS);
        let feed = height.max(least);
        self.strip.push(Item::Line { cells, align: self.settings.align, feed });
        feed
    }

    fn feed_lines(&mut self, lines: u32) -> u32 {
        let spacing = self.settings.spacing;
        let least = if lines == 0 { 0 } else { spacing };
        let printed = self.print_line(least);
        let blank = if printed > 0 { lines.saturating_sub(1) } else { lines };
        for _ in 0..blank {
            self.strip.push(Item::BlankLine(spacing));
        }
        printed + blank * spacing
    }

    fn feed(&mut self, dots: u32) -> u32 {
        if dots > 0 {
            self.strip.push(Item::Feed(dots));
        }
        dots
    }

    fn raster_row(&mut self, frame: &RasterFrame, first: bool, row: &[u8]) -> Motion {
        let mut dots = 0;
        // Dots beyond the paper's edge are not printed.
        let kept = frame.row_bytes.min(PAPER_DOTS as usize / 8);
        if first {
            dots = self.print_line(self.settings.spacing);
            self.strip.push(Item::Picture {
                width: u32::try_from(kept * 8).unwrap_or(PAPER_DOTS),
                row_bytes: kept,
                rows: Vec::new(),
                scale: frame.scale,
                align: self.settings.align,
                qr: None,
            });
        }
        dots += self.strip.push_row(row.get(..kept).unwrap_or_default());
        Motion::by(dots)
    }

    fn print_graphic(&mut self) -> Motion {
        let Some(graphic) = self.graphic.take() else {
            self.complain("no graphic is stored to be printed".to_owned());
            return Motion::default();
        };
        let picture = Item::Picture {
            width: u32::try_from(graphic.width).unwrap_or(PAPER_DOTS),
            row_bytes: graphic.width.div_ceil(8),
            rows: graphic.rows,
            scale: graphic.scale,
            align: self.settings.align,
            qr: None,
        };
        self.print_picture(picture)
    }

    fn print_qr(&mut self) -> Motion {
        let code = match QrCode::with_error_correction_level(&self.qr_data, self.settings.qr_level) {
            Ok(code) if !self.qr_data.is_empty() => code,
            _ => {
                self.complain("no QR code can be made of what is stored".to_owned());
                return Motion::default();
            }
        };
        let module = self.settings.qr_module;
        if code.width() * usize::from(module) > PAPER_DOTS as usize {
            self.complain("the QR code is wider than the paper".to_owned());
            return Motion::default();
        }
        let width = code.width();
        let mut rows = Vec::with_capacity(width * width.div_ceil(8));
        for row in code.to_colors().chunks(width) {
            rows.extend(row.chunks(8).map(|dots| {
                let bits = dots.iter().enumerate();
                bits.fold(0, |byte, (at, dot)| if *dot == Color::Dark { byte | (0x80 >> at) } else { byte })
            }));
        }
        self.print_picture(Item::Picture {
            width: u32::try_from(width).unwrap_or(PAPER_DOTS),
            row_bytes: width.div_ceil(8),
            rows,
            scale: Size { wide: module, high: module },
            align: self.settings.align,
            qr: Some(String::from_utf8_lossy(&self.qr_data).into_owned()),
        })
    }

    fn print_picture(&mut self, picture: Item) -> Motion {
        let before = self.print_line(self.settings.spacing);
        let dots = picture.height();
        if dots > LONGEST {
            self.complain("the picture is longer than any ticket".to_owned());
            return Motion::by(before);
        }
        self.strip.push(picture);
        Motion::by(before + dots)
    }

    fn cut(&mut self, feed: Option<u8>) -> Motion {
        if !self.line.is_empty() {
            self.complain("a cut in the middle of a line is not carried out".to_owned());
            return Motion::default();
        }
        let fed = feed.map_or(0, |dots| self.feed(CUTTER_DISTANCE + u32::from(dots)));
        Motion { dots: fed, before: false, cut: true }
    }

    /// Whether characters wait in the line.
    pub(super) fn has_line(&self) -> bool {
        !self.line.is_empty()
    }

    /// Forgets the characters waiting in the line.
    pub(super) fn clear_line(&mut self) {
        self.line.clear();
        self.x = 0;
    }

    /// Power gone: settings and memory are lost, the paper stays.
    pub(super) fn power_off(&mut self) {
        *self = Self { strip: std::mem::take(&mut self.strip), ..Self::default() };
    }

    /// The paper printed since the last cut.
    pub(super) fn strip(&self) -> &Strip {
        &self.strip
    }

    /// Takes the paper off, as a cut does.
    pub(super) fn take_strip(&mut self) -> Strip {
        std::mem::take(&mut self.strip)
    }

    /// What the last command was refused for, if it was.
    pub(super) fn take_complaint(&mut self) -> Option<String> {
        self.complaint.take()
    }

    fn complain(&mut self, text: String) {
        self.complaint = Some(text);
    }
}
