//! What draws on the page, and at the same time tells a screen reader what it is (ISO 14289-1): words belong
//! to headings, paragraphs and cells, all else is decoration.

use krilla::color::rgb;
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::paint::{Fill, LineCap, LineJoin, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Node, SpanTag, TagGroup, TagKind, TagTree};

use super::fonts::Letters;

/// The colours of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    Black,
    Grey,
    Hair,
    White,
    Good,
    Watch,
    Bad,
}

impl Ink {
    fn color(self) -> rgb::Color {
        let (red, green, blue) = match self {
            Self::Black => (0x1b, 0x23, 0x2d),
            Self::Grey => (0x5c, 0x67, 0x75),
            Self::Hair => (0xd7, 0xdc, 0xe2),
            Self::White => (0xff, 0xff, 0xff),
            Self::Good => (0x1d, 0x75, 0x4c),
            Self::Watch => (0x9a, 0x5b, 0x00),
            Self::Bad => (0xb3, 0x26, 0x1e),
        };
        rgb::Color::new(red, green, blue)
    }
}

/// How letters look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) size: f32,
    pub(crate) bold: bool,
    pub(crate) ink: Ink,
}

impl Style {
    pub(crate) const fn plain(size: f32, ink: Ink) -> Self {
        Self { size, bold: false, ink }
    }

    pub(crate) const fn bold(size: f32, ink: Ink) -> Self {
        Self { size, bold: true, ink }
    }
}

/// The language of some words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lang {
    Zh,
    En,
}

impl Lang {
    fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }
}

/// Draws on the page.
pub(crate) struct Pen<'a, 's> {
    surface: Surface<'s>,
    regular: &'a Letters<'a>,
    bold: &'a Letters<'a>,
    tree: TagTree,
    open: Vec<TagGroup>,
}

impl<'a, 's> Pen<'a, 's> {
    pub(crate) fn new(surface: Surface<'s>, regular: &'a Letters<'a>, bold: &'a Letters<'a>) -> Self {
        let tree = TagTree::new().with_lang(Some(Lang::Zh.tag().to_owned()));
        Self { surface, regular, bold, tree, open: Vec::new() }
    }

    /// What was drawn, as a screen reader is told.
    pub(crate) fn finish(self) -> TagTree {
        self.surface.finish();
        self.tree
    }

    /// Whatever is drawn belongs to this.
    pub(crate) fn within(&mut self, tag: impl Into<TagKind>, draw: impl FnOnce(&mut Self)) {
        self.open.push(TagGroup::new(tag));
        draw(self);
        if let Some(group) = self.open.pop() {
            self.belongs(group);
        }
    }

    fn belongs(&mut self, node: impl Into<Node>) {
        match self.open.last_mut() {
            Some(group) => group.push(node),
            None => self.tree.push(node),
        }
    }

    fn letters(&self, style: Style) -> &'a Letters<'a> {
        if style.bold { self.bold } else { self.regular }
    }

    /// How wide a text is.
    pub(crate) fn width(&self, style: Style, text: &str) -> f32 {
        let letters = self.letters(style);
        letters.width(&letters.known(text)) * style.size
    }

    /// The text, or as much of it as fits, with an ellipsis.
    pub(crate) fn fitted(&self, style: Style, text: &str, room: f32) -> String {
        if self.width(style, text) <= room {
            return text.to_owned();
        }
        let mut cut = text.to_owned();
        while cut.pop().is_some() {
            let with = format!("{}…", cut.trim_end());
            if self.width(style, &with) <= room {
                return with;
            }
        }
        String::new()
    }

    /// Writes on the line `y`, from `x` on, and returns where it ends.
    pub(crate) fn text(&mut self, (x, y): (f32, f32), style: Style, lang: Lang, text: &str) -> f32 {
        let letters = self.letters(style);
        let known = letters.known(text);
        let width = letters.width(&known) * style.size;
        // A space after each piece keeps words apart for whoever reads the text without the page.
        let spaced = format!("{known} ");
        let (glyphs, _) = letters.glyphs(&spaced);
        self.fill(style.ink);
        let span = SpanTag::empty().with_lang(Some(lang.tag()));
        let id = self.surface.start_tagged(ContentTag::Span(span));
        self.surface.draw_glyphs(Point::from_xy(x, y), &glyphs, letters.font(), &spaced, style.size, false);
        self.surface.end_tagged();
        self.belongs(id);
        x + width
    }

    /// The same, as much as fits.
    pub(crate) fn fit(&mut self, at: (f32, f32), style: Style, lang: Lang, text: &str, room: f32) -> f32 {
        let text = self.fitted(style, text, room);
        if text.is_empty() { at.0 } else { self.text(at, style, lang, &text) }
    }

    /// Writes so that the text ends at `x`, and returns where it begins.
    pub(crate) fn text_before(&mut self, (x, y): (f32, f32), style: Style, lang: Lang, text: &str) -> f32 {
        let begins = x - self.width(style, text);
        self.text((begins, y), style, lang, text);
        begins
    }

    fn fill(&mut self, ink: Ink) {
        self.surface.set_stroke(None);
        self.surface.set_fill(Some(Fill { paint: ink.color().into(), ..Fill::default() }));
    }

    fn decoration(&mut self, path: Option<Path>) {
        let Some(path) = path else { return };
        let kind = ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout));
        self.surface.start_tagged(kind);
        self.surface.draw_path(&path);
        self.surface.end_tagged();
    }

    /// A line across.
    pub(crate) fn rule(&mut self, (x, y): (f32, f32), width: f32, thick: f32, ink: Ink) {
        self.fill(ink);
        self.decoration(rectangles([(x, y - thick / 2.0, width, thick)]));
    }

    /// An area with round corners.
    pub(crate) fn panel(&mut self, (x, y): (f32, f32), (width, height): (f32, f32), round: f32, ink: Ink) {
        // How far the handles of a cubic curve lie to be a quarter of a circle.
        let near = round * 0.447_715;
        let (right, low) = (x + width, y + height);
        let mut path = PathBuilder::new();
        path.move_to(x + round, y);
        path.line_to(right - round, y);
        path.cubic_to(right - near, y, right, y + near, right, y + round);
        path.line_to(right, low - round);
        path.cubic_to(right, low - near, right - near, low, right - round, low);
        path.line_to(x + round, low);
        path.cubic_to(x + near, low, x, low - near, x, low - round);
        path.line_to(x, y + round);
        path.cubic_to(x, y + near, x + near, y, x + round, y);
        path.close();
        self.fill(ink);
        self.decoration(path.finish());
    }

    /// A line through these points, as drawn by hand: a tick, a cross, a dash.
    pub(crate) fn strokes(&mut self, lines: &[&[(f32, f32)]], thick: f32, ink: Ink) {
        let mut path = PathBuilder::new();
        for line in lines {
            for (number, (x, y)) in line.iter().enumerate() {
                if number == 0 { path.move_to(*x, *y) } else { path.line_to(*x, *y) }
            }
        }
        self.surface.set_fill(None);
        self.surface.set_stroke(Some(Stroke {
            paint: ink.color().into(),
            width: thick,
            line_cap: LineCap::Round,
            line_join: LineJoin::Round,
            ..Stroke::default()
        }));
        self.decoration(path.finish());
    }

    /// A picture made of rectangles (x, y, width, height), which is no decoration: it belongs to the figure that
    /// is open.
    pub(crate) fn picture(&mut self, parts: impl IntoIterator<Item = (f32, f32, f32, f32)>, ink: Ink) {
        let Some(path) = rectangles(parts) else { return };
        self.fill(ink);
        let id = self.surface.start_tagged(ContentTag::Other);
        self.surface.draw_path(&path);
        self.surface.end_tagged();
        self.belongs(id);
    }
}

fn rectangles(parts: impl IntoIterator<Item = (f32, f32, f32, f32)>) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (x, y, width, height) in parts {
        path.push_rect(Rect::from_xywh(x, y, width, height)?);
    }
    path.finish()
}
