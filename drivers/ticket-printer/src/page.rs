//! The stream of one ticket, with the settings in force, so that none is sent twice.

use crate::command;
use crate::font::{CELL, MARGIN};
use crate::profile::{BuiltInFont, Profile};
use crate::raster::{Band, Bitmap};
use crate::text;
use crate::ticket::{Align, Level, QrText, Scale, Size};

/// White modules around a QR code (ISO/IEC 18004 clause 5.3.8).
const QUIET_MODULES: u32 = 4;

/// What has been written, and the settings the printer is in once it has read it.
pub(crate) struct Page {
    out: Vec<u8>,
    /// The line being encoded.
    line: Vec<u8>,
    align: Align,
    size: Size,
    bold: bool,
    chinese: bool,
    qr_model: bool,
    qr_module: Option<u8>,
    qr_level: Option<Level>,
    /// White dots that are fed before the next ink.
    white: u32,
    /// Dots of paper used so far, without `white`.
    dots: u32,
    line_dots: u32,
    feed_units: u8,
    /// Width of the paper in bytes.
    paper: usize,
}

impl Page {
    /// A page on a printer put into its power-up state.
    pub(crate) fn new(profile: &Profile) -> Self {
        let mut out = Vec::with_capacity(512);
        out.extend(command::INITIALISE);
        if profile.has_asb {
            out.extend(command::AUTO_STATUS); // ESC @ has just switched it off
        }
        Page {
            out,
            line: Vec::with_capacity(128),
            align: Align::Left,
            size: Size::NORMAL,
            bold: false,
            chinese: false,
            qr_model: false,
            qr_module: None,
            qr_level: None,
            white: 0,
            dots: 0,
            line_dots: profile.line_dots.into(),
            feed_units: profile.feed_units_per_dot,
            paper: profile.width_bytes(),
        }
    }

    /// Dots of paper used so far.
    pub(crate) fn dots(&self) -> u32 {
        self.dots
    }

    /// Takes what has been written so far; the settings stay in force.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// One printed line of text, when `font` has every character; else nothing is written.
    pub(crate) fn text(
        &mut self,
        line: &[char],
        align: Align,
        size: Size,
        bold: bool,
        font: BuiltInFont,
    ) -> Option<()> {
        self.line.clear();
        text::encode(line, font, &mut self.line)?;
        self.feed_white();
        self.dots += self.advance(size);
        if !line.is_empty() {
            self.set_align(align);
            self.set_size(size);
            self.set_bold(bold);
            if self.line.len() > line.len() && !self.chinese {
                self.chinese = true;
                self.out.extend(command::CHINESE_ON);
            }
            self.out.extend_from_slice(&self.line);
        }
        self.out.push(command::LINE_FEED);
        Some(())
    }

    /// One line of text, drawn. Where `scale` has the printer double the dots (bit 0 across, bit 1
    /// down), `drawn` has half of `size` in that direction. It stands where the printer's own line
    /// would.
    pub(crate) fn drawn_text(&mut self, drawn: &Bitmap, align: Align, size: Size, scale: u8) {
        let down = 1 << (scale >> 1);
        let margin = MARGIN * usize::from(size.height.times());
        let advance = self.advance(size);
        // The cell's top edge lies `margin` rows below the picture's.
        let top = i64::from(self.white) - i64::try_from(margin).unwrap_or(0);
        let Some(below) = self.dots_of(drawn, align, scale, top) else {
            self.white += advance;
            return;
        };
        let used = (below * down).saturating_sub(margin);
        self.white = advance.saturating_sub(u32::try_from(used).unwrap_or(u32::MAX));
    }

    /// A picture in the middle.
    pub(crate) fn image(&mut self, image: &Bitmap) {
        let top = i64::from(self.white);
        self.white = match self.dots_of(image, Align::Centre, 0, top) {
            Some(below) => height(image.height().saturating_sub(below)),
            None => self.white + height(image.height()),
        };
    }

    /// Sends what of `picture` has ink, its upper edge `top` dots below what was printed last; gives
    /// how many of its rows are above the end of the ink.
    fn dots_of(&mut self, picture: &Bitmap, align: Align, scale: u8, top: i64) -> Option<usize> {
        let paper = if scale & 1 == 1 { self.paper / 2 } else { self.paper };
        let down = 1u32 << (scale >> 1);
        let units = self.feed_units;
        let white = |rows: usize| white_bytes(height(rows) * down, units);
        let ink = picture.ink(align, paper, white)?;
        // Strokes that reach above their line push it down where there is no room.
        self.white = u32::try_from(top + i64::from(height(ink.first) * down)).unwrap_or(0);
        self.set_align(align);
        for band in ink.bands() {
            match band {
                Band::White(rows) => self.white += height(*rows) * down,
                Band::Dots { rows, .. } => {
                    self.feed_white();
                    ink.print(*band, scale, &mut self.out);
                    self.dots += height(*rows) * down;
                }
            }
        }
        Some(ink.first + ink.height())
    }

    /// Moves the paper by the white that is due.
    fn feed_white(&mut self) {
        self.dots += self.white;
        command::white(std::mem::take(&mut self.white), self.feed_units, &mut self.out);
    }

    /// Dots from a line of this size to the next.
    fn advance(&self, size: Size) -> u32 {
        self.line_dots.max(height(CELL) * u32::from(size.height.times()))
    }

    /// A rule across the paper: a box-drawing dash, as wide as the printer can make it.
    pub(crate) fn rule(&mut self, profile: &Profile) {
        let (dash, dash_columns) = match profile.font {
            BuiltInFont::Ascii | BuiltInFont::None => ('-', 1),
            BuiltInFont::Gb2312 | BuiltInFont::Gbk => ('─', 2),
        };
        // The factor that leaves the least blank; of equals the widest, for the fewest bytes.
        let dashes = |scale: u8| profile.columns / (scale * dash_columns);
        let covered = |scale: &u8| (dashes(*scale) * scale, *scale);
        let scale = (1..=8).max_by_key(covered).unwrap_or(1);
        let line = vec![dash; usize::from(dashes(scale))];
        let size = Size { width: Scale::new(scale).unwrap_or(Scale::ONE), height: Scale::ONE };
        let align = self.align; // it fills the line
        let bold = self.bold;
        let _ = self.text(&line, align, size, bold, profile.font);
    }

    /// A rule across the paper, as dots: two high in the middle of its line.
    pub(crate) fn drawn_rule(&mut self) {
        let line = Bitmap::new(self.paper / 2 * 8, 1, vec![0xFF; self.paper / 2]);
        let above = (self.line_dots - 2) / 2;
        let top = i64::from(self.white + above);
        if let Ok(line) = line {
            let _ = self.dots_of(&line, self.align, 3, top);
        }
        self.white = self.line_dots - 2 - above;
    }

    /// A QR code in the middle, as dots: modules of `module` dots, of which the printer makes two out
    /// of each where that is even.
    pub(crate) fn drawn_qr(&mut self, code: &Bitmap, doubled: bool, module: u8) {
        let quiet = QUIET_MODULES * u32::from(module);
        let top = i64::from(self.white.max(quiet));
        // No QR code is without ink.
        let _ = self.dots_of(code, Align::Centre, if doubled { 3 } else { 0 }, top);
        self.white = quiet;
    }

    /// A QR code of `side` dots in the middle, by the printer's own command.
    pub(crate) fn qr(&mut self, data: &QrText, module: u8, level: Level, side: u32) {
        // The white around it is not the printer's business. A line of it above and below is more than
        // enough for any size but the largest, and takes a byte.
        let quiet = QUIET_MODULES * u32::from(module);
        let lines = u8::try_from(quiet.div_ceil(self.line_dots)).unwrap_or(u8::MAX);
        self.feed_white();
        self.feed(lines);
        self.dots += side;
        self.set_align(Align::Centre);
        if !self.qr_model {
            self.qr_model = true;
            self.out.extend(command::QR_MODEL_2);
        }
        if self.qr_module != Some(module) {
            self.qr_module = Some(module);
            self.out.extend(command::qr_module(module));
        }
        if self.qr_level != Some(level) {
            self.qr_level = Some(level);
            self.out.extend(command::qr_level(match level {
                Level::L => 0x30,
                Level::M => 0x31,
                Level::Q => 0x32,
                Level::H => 0x33,
            }));
        }
        let data = data.as_str().as_bytes();
        self.out.extend(command::qr_store(u16::try_from(data.len()).unwrap_or(0)));
        self.out.extend_from_slice(data);
        self.out.extend(command::QR_PRINT);
        self.feed(lines);
    }

    /// Empty lines.
    pub(crate) fn feed(&mut self, lines: u8) {
        self.dots += self.line_dots * u32::from(lines);
        match lines {
            0 => {}
            1 | 2 => self.out.extend(std::iter::repeat_n(command::LINE_FEED, lines.into())),
            _ => self.out.extend(command::feed(lines)),
        }
    }

    fn set_align(&mut self, align: Align) {
        if self.align != align {
            self.align = align;
            self.out.extend(command::align(match align {
                Align::Left => 0,
                Align::Centre => 1,
                Align::Right => 2,
            }));
        }
    }

    fn set_size(&mut self, size: Size) {
        if self.size != size {
            self.size = size;
            self.out.extend(command::size(size.width.times(), size.height.times()));
        }
    }

    fn set_bold(&mut self, bold: bool) {
        if self.bold != bold {
            self.bold = bold;
            self.out.extend(command::bold(bold));
        }
    }
}

/// Rows as dots of paper.
fn height(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(0)
}

/// What [`command::white`] takes for so many dots.
fn white_bytes(dots: u32, units: u8) -> usize {
    let mut out = Vec::new();
    command::white(dots, units, &mut out);
    out.len()
}
