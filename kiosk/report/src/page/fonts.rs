//! The letters of the page: which there are, and how wide.

use std::borrow::Cow;
use std::sync::Arc;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use ttf_parser::name_id::FAMILY;

use super::PdfError;

/// Fonts of a collection that are looked at.
const MOST_FACES: u32 = 64;

/// A font in two weights. Of what is given (OpenType, TrueType, or a collection of them) the page embeds the
/// letters that it uses alone.
///
/// Reading the two takes milliseconds. Keep them for the next page, or drop them to have their memory back.
pub struct Fonts {
    pub(crate) regular: Face,
    pub(crate) bold: Face,
}

impl Fonts {
    /// Takes the files' bytes, such as Debian's `NotoSansCJK-Regular.ttc` and `NotoSansCJK-Bold.ttc`. In a
    /// collection the font with the mainland's forms is chosen (its family ends in `SC`), else the first.
    /// Whoever has one weight alone gives it twice.
    ///
    /// # Errors
    /// [`PdfError::Font`] when one cannot be read, [`PdfError::Letters`] when the words of the page itself
    /// cannot be written in it.
    pub fn new(
        regular: impl Into<Cow<'static, [u8]>>,
        bold: impl Into<Cow<'static, [u8]>>,
    ) -> Result<Self, PdfError> {
        Ok(Self { regular: Face::new(regular.into())?, bold: Face::new(bold.into())? })
    }
}

/// A font.
pub(crate) struct Face {
    data: Arc<Cow<'static, [u8]>>,
    index: u32,
    font: Font,
}

impl Face {
    fn new(data: Cow<'static, [u8]>) -> Result<Self, PdfError> {
        let index = mainland(&data);
        let data = Arc::new(data);
        let shared: Arc<dyn AsRef<[u8]> + Send + Sync> = Arc::new(Shared(Arc::clone(&data)));
        let font = Font::new(shared.into(), index).ok_or(PdfError::Font)?;
        let this = Self { data, index, font };
        let letters = this.letters()?;
        if "可以使用有故障READY0✓".chars().filter(|c| *c != '✓').any(|c| letters.glyph(c).is_none())
        {
            return Err(PdfError::Letters);
        }
        Ok(this)
    }

    pub(crate) fn letters(&self) -> Result<Letters<'_>, PdfError> {
        let face = ttf_parser::Face::parse(&self.data, self.index).map_err(|_| PdfError::Font)?;
        Ok(Letters { face, font: self.font.clone() })
    }
}

struct Shared(Arc<Cow<'static, [u8]>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Which font of a collection has the forms of the mainland.
fn mainland(data: &[u8]) -> u32 {
    let faces = ttf_parser::fonts_in_collection(data).unwrap_or(1).min(MOST_FACES);
    let is_sc = |index: &u32| {
        ttf_parser::Face::parse(data, *index).is_ok_and(|face| {
            let mut names = face.names().into_iter().filter(|name| name.name_id == FAMILY);
            names.any(|name| name.to_string().is_some_and(|family| family.ends_with(" SC")))
        })
    };
    (0..faces).find(is_sc).unwrap_or(0)
}

/// A font, opened.
pub(crate) struct Letters<'a> {
    face: ttf_parser::Face<'a>,
    font: Font,
}

impl Letters<'_> {
    pub(crate) fn font(&self) -> Font {
        self.font.clone()
    }

    fn glyph(&self, letter: char) -> Option<ttf_parser::GlyphId> {
        self.face.glyph_index(letter).filter(|glyph| glyph.0 != 0)
    }

    /// The text with a box for every letter that the font does not have: a page says that there was one.
    pub(crate) fn known(&self, text: &str) -> String {
        let instead = if self.glyph('□').is_some() { '□' } else { '?' };
        let is_known = |c: char| self.glyph(c).is_some() && !is_private(c);
        text.chars().map(|c| if is_known(c) { c } else { instead }).collect()
    }

    /// What is drawn for a text, one glyph a letter, and how wide that is at a size of 1.
    pub(crate) fn glyphs(&self, text: &str) -> (Vec<KrillaGlyph>, f32) {
        let mut width = 0.0;
        let glyphs = text.char_indices().filter_map(|(at, letter)| {
            let glyph = self.glyph(letter)?;
            let advance = self.advance(glyph);
            width += advance;
            let range = at..at + letter.len_utf8();
            Some(KrillaGlyph::new(GlyphId::new(glyph.0.into()), advance, 0.0, 0.0, 0.0, range, None))
        });
        (glyphs.collect(), width)
    }

    /// How wide a text is at a size of 1.
    pub(crate) fn width(&self, text: &str) -> f32 {
        text.chars().filter_map(|letter| self.glyph(letter)).map(|glyph| self.advance(glyph)).sum()
    }

    fn advance(&self, glyph: ttf_parser::GlyphId) -> f32 {
        let units = f32::from(self.face.units_per_em().max(1));
        f32::from(self.face.glyph_hor_advance(glyph).unwrap_or_default()) / units
    }
}

/// What private letters stand for nobody else can tell (ISO 19005-3, 6.2.11.7.3).
fn is_private(letter: char) -> bool {
    matches!(letter, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{ffffd}' | '\u{100000}'..='\u{10fffd}')
}
