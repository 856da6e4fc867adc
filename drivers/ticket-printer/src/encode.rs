//! A ticket into the fewest bytes that print it.

use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::command;
use crate::font::{FontError, FontFile, Glyphs};
use crate::page::Page;
use crate::profile::{BuiltInFont, Profile};
use crate::qr::Code;
use crate::text::{self, GETA};
use crate::ticket::{Align, Level, Line, ModuleDots, QrText, Scale, Size, Ticket};

/// Turns tickets into the bytes of one printer model.
#[derive(Clone)]
pub struct Encoder {
    profile: Profile,
    font: Option<FontFile>,
    /// Where every line is drawn, the font stays in memory once it was read.
    kept: Arc<OnceLock<Arc<Glyphs>>>,
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder").field("profile", &self.profile).field("font", &self.font).finish()
    }
}

/// A ticket as bytes, without its cut and its proofs, which the printer's owner adds.
#[derive(Clone, PartialEq, Eq)]
pub struct Encoded {
    /// What stands before [`Line::Commit`], and the printer's initialisation: carries no number.
    pub header: Vec<u8>,
    /// What stands after it: leaves only when the number is durable.
    pub body: Vec<u8>,
    /// Characters neither the printer nor the font has, and that 〓 stands for.
    pub substituted: usize,
    /// Why the font file could not be used, when the ticket needed it.
    pub font_error: Option<FontError>,
    /// Dots of paper it takes, its cut or its way to the tear bar included: an eighth of a
    /// millimetre each at 203 dpi.
    pub paper_dots: u32,
}

impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoded")
            .field("header", &self.header.len())
            .field("body", &self.body.len())
            .field("substituted", &self.substituted)
            .field("font_error", &self.font_error)
            .field("paper_dots", &self.paper_dots)
            .finish()
    }
}

impl Encoder {
    /// An encoder for printers of this profile. `font` draws the characters the printer lacks;
    /// without one, 〓 is printed in their place.
    pub fn new(profile: Profile, font: Option<FontFile>) -> Self {
        Encoder { profile, font, kept: Arc::default() }
    }

    /// Encodes `ticket`. There always is a ticket: what cannot be printed is substituted and
    /// counted.
    pub fn encode(&self, ticket: &Ticket) -> Encoded {
        let commit = ticket.lines.iter().position(|line| *line == Line::Commit).unwrap_or(0);
        let (before, after) = ticket.lines.split_at(commit);
        let mut run = Run {
            profile: &self.profile,
            page: Page::new(&self.profile),
            font: match (self.kept.get(), &self.font) {
                (Some(glyphs), _) => Drawing::Ready(Arc::clone(glyphs)),
                (None, Some(file)) => Drawing::Possible(file),
                (None, None) => Drawing::Impossible,
            },
            kept: &self.kept,
            substituted: 0,
            font_error: None,
        };
        before.iter().for_each(|line| run.line(line));
        let header = run.page.take();
        after.iter().for_each(|line| run.line(line));
        let body = run.page.take();
        if let Some(error) = &run.font_error {
            tracing::error!(%error, "ticket printed with substitutes");
        }
        let end = if self.profile.has_cutter {
            u32::from(self.profile.cutter_dots)
        } else {
            u32::from(command::LINES_TO_TEAR_BAR) * u32::from(self.profile.line_dots)
        };
        Encoded {
            header,
            body,
            substituted: run.substituted,
            font_error: run.font_error,
            paper_dots: run.page.dots() + end,
        }
    }
}

/// The encoding of one ticket.
struct Run<'a> {
    profile: &'a Profile,
    page: Page,
    font: Drawing<'a>,
    kept: &'a OnceLock<Arc<Glyphs>>,
    substituted: usize,
    font_error: Option<FontError>,
}

/// Whether characters can be drawn; the file is read on first need.
enum Drawing<'a> {
    Impossible,
    Possible(&'a FontFile),
    Ready(Arc<Glyphs>),
}

impl Run<'_> {
    fn line(&mut self, line: &Line) {
        match line {
            Line::Text { text, align, size, bold } => self.text(text, *align, *size, *bold),
            Line::Rule if self.draws_all() => self.page.drawn_rule(),
            Line::Rule => self.page.rule(self.profile),
            Line::Qr { data, module, level } => {
                // One that cannot be made would be of no use to a printer either.
                if let Ok(code) = Code::new(data, *level) {
                    self.qr(data, &code, *module, *level);
                }
            }
            Line::Feed(lines) => self.page.feed(*lines),
            Line::Image(image) => self.page.image(image),
            Line::Commit => {}
        }
    }

    fn qr(&mut self, data: &QrText, code: &Code, wanted: ModuleDots, level: Level) {
        let module = code.module_that_fits(wanted, self.profile.width_dots);
        if self.profile.has_qr {
            self.page.qr(data, module, level, code.side(module));
        } else {
            let doubled = module.is_multiple_of(2);
            let dots = if doubled { module / 2 } else { module };
            self.page.drawn_qr(&code.draw(dots), doubled, module);
        }
    }

    fn text(&mut self, text: &str, align: Align, size: Size, bold: bool) {
        // At least one Chinese character must fit on a line.
        let most = Scale::new((self.profile.columns / 2).clamp(1, 8)).unwrap_or(Scale::ONE);
        let size = Size { width: size.width.min(most), height: size.height };
        let columns = usize::from(self.profile.columns / size.width.times());
        let text = text::clean(text);
        if text.is_empty() {
            self.page.feed(1);
        }
        for line in text::wrap(&text, columns) {
            if let Some(line) = text.get(line) {
                self.printed_line(line, align, size, bold);
            }
        }
    }

    fn printed_line(&mut self, line: &[char], align: Align, size: Size, bold: bool) {
        let font = self.profile.font;
        if !self.draws_all() && self.page.text(line, align, size, bold, font).is_some() {
            return;
        }
        if let Some(glyphs) = self.glyphs() {
            // Where the printer can double dots, as it does in its own characters, a quarter of
            // the bytes will do.
            let (width, across) = halved(size.width);
            let (height, down) = halved(size.height);
            let (drawn, missing) = glyphs.draw(line, Size { width, height }, bold);
            self.substituted += missing;
            self.page.drawn_text(&drawn, align, size, across | (down << 1));
            return;
        }
        let stand_in = if text::is_printable(GETA, font) { GETA } else { '?' };
        let mut substitute = line.to_vec();
        for c in substitute.iter_mut().filter(|c| !text::is_printable(**c, font)) {
            *c = stand_in;
            self.substituted += 1;
        }
        // Every character is now one the printer has.
        let _ = self.page.text(&substitute, align, size, bold, font);
    }

    /// Whether even letters go as dots.
    fn draws_all(&self) -> bool {
        self.profile.font == BuiltInFont::None && !matches!(self.font, Drawing::Impossible)
    }

    fn glyphs(&mut self) -> Option<Arc<Glyphs>> {
        if let Drawing::Possible(file) = self.font {
            self.font = match file.load().map(Arc::new) {
                Ok(glyphs) if self.profile.font == BuiltInFont::None => {
                    Drawing::Ready(Arc::clone(self.kept.get_or_init(|| glyphs)))
                }
                Ok(glyphs) => Drawing::Ready(glyphs),
                Err(error) => {
                    self.font_error = Some(error);
                    Drawing::Impossible
                }
            };
        }
        match &self.font {
            Drawing::Ready(glyphs) => Some(Arc::clone(glyphs)),
            Drawing::Impossible | Drawing::Possible(_) => None,
        }
    }
}

/// The factor to draw with, and 1 if the printer is to double it.
fn halved(scale: Scale) -> (Scale, u8) {
    match Scale::new(scale.times() / 2) {
        Some(half) if scale.times().is_multiple_of(2) => (half, 1),
        _ => (scale, 0),
    }
}

#[cfg(test)]
#[path = "encode_tests.rs"]
mod tests;
