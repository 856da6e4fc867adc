//! The stream of one ticket, with the settings in force, so that none is sent twice.

use crate::command;
use crate::profile::{BuiltInFont, Profile};
use crate::raster::Bitmap;
use crate::text;
use crate::ticket::{Align, Level, QrText, Scale, Size};

/// Blank rows below a drawn line, before doubling: about the gap the printer leaves below text.
const GAP_BELOW: usize = 4;

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
        }
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

    /// One line of text drawn at half its size where the printer can double the dots itself.
    pub(crate) fn drawn_text(&mut self, drawn: &Bitmap, align: Align, scale: u8, paper: usize) {
        let Some((first, last)) = drawn.inked_rows() else {
            self.out.push(command::LINE_FEED);
            return;
        };
        self.set_align(align);
        let paper = if scale & 1 == 1 { paper / 2 } else { paper };
        drawn.rows_between(first, last, GAP_BELOW).tight(align, paper).print(scale, &mut self.out);
    }

    /// A picture in the middle.
    pub(crate) fn image(&mut self, image: &Bitmap, paper: usize) {
        self.set_align(Align::Centre);
        image.tight(Align::Centre, paper).print(0, &mut self.out);
    }

    /// A rule across the paper: a box-drawing dash, as wide as the printer can make it.
    pub(crate) fn rule(&mut self, profile: &Profile) {
        let (dash, dash_columns) = match profile.font {
            BuiltInFont::None => ('-', 1),
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

    /// A QR code in the middle, by the printer's own command.
    pub(crate) fn qr(&mut self, data: &QrText, module: u8, level: Level) {
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
    }

    /// Empty lines.
    pub(crate) fn feed(&mut self, lines: u8) {
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
