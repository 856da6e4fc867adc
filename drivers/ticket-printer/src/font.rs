//! Characters the printer's own font lacks, drawn from a font file.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use ab_glyph::{Font, FontVec, PxScale, point};

use crate::raster::Bitmap;
use crate::text::{GETA, columns};
use crate::ticket::Size;

/// Side of a Chinese character's cell at normal size, in dots.
pub(crate) const CELL: usize = 24;
/// Blank rows kept free above and below the cell for strokes that leave it.
pub(crate) const MARGIN: usize = 4;
/// How much of a dot the outline must cover to make it black: a little less than half, because
/// thin strokes of a text face otherwise break up at 203 dpi.
const COVERAGE: f32 = 0.42;
/// The largest font file read, in bytes. Noto Sans CJK has 20 MB.
const LARGEST_FILE: u64 = 64 << 20;

/// A font file, and which of its faces to use.
///
/// Where a printer has a font of its own, this one is read only for a ticket that needs it and let go
/// afterwards: rare characters are rare, and a Chinese font takes 20 MB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FontFile {
    path: PathBuf,
    face: u32,
}

/// A font file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FontError {
    /// It cannot be read.
    #[error("ticket font {path}: {cause}; install the font or correct the path")]
    Unreadable {
        /// the file
        path: PathBuf,
        /// what the system said
        cause: String,
    },
    /// It is no font, or has no such face.
    #[error("ticket font {path}: no font with a face {face}; install a TrueType or OpenType font")]
    NotAFont {
        /// the file
        path: PathBuf,
        /// the face asked for
        face: u32,
    },
}

impl FontFile {
    /// The face for Simplified Chinese in the collections of Noto Sans CJK.
    pub const NOTO_SANS_CJK_SC: u32 = 2;

    /// Checks that `path` is a font with the face `face` (0 in a file of one font).
    ///
    /// # Errors
    /// When it is not; the encoder then prints 〓 for the characters the printer lacks.
    pub fn open(path: impl AsRef<Path>, face: u32) -> Result<Self, FontError> {
        let file = FontFile { path: path.as_ref().to_path_buf(), face };
        file.load()?;
        Ok(file)
    }

    pub(crate) fn load(&self) -> Result<Glyphs, FontError> {
        let unreadable =
            |e: std::io::Error| FontError::Unreadable { path: self.path.clone(), cause: e.to_string() };
        let mut data = Vec::new();
        File::open(&self.path)
            .and_then(|file| file.take(LARGEST_FILE).read_to_end(&mut data))
            .map_err(unreadable)?;
        FontVec::try_from_vec_and_index(data, self.face)
            .ok()
            .filter(|font| font.height_unscaled() > 0.0 && font.units_per_em().is_some_and(|u| u > 0.0))
            .map(|font| Glyphs { font })
            .ok_or_else(|| FontError::NotAFont { path: self.path.clone(), face: self.face })
    }
}

/// A font ready to draw with.
pub(crate) struct Glyphs {
    font: FontVec,
}

impl Glyphs {
    /// Draws one line of text in the printer's own grid: 12 dots a half-width column, 24 a Chinese
    /// character, times `size`. Gives the picture and how many characters the font lacks too.
    pub(crate) fn draw(&self, text: &[char], size: Size, bold: bool) -> (Bitmap, usize) {
        let across = usize::from(size.width.times());
        let down = usize::from(size.height.times());
        let total: usize = text.iter().map(|c| columns(*c)).sum();
        let mut picture = Bitmap::blank(total * CELL / 2 * across, (CELL + 2 * MARGIN) * down);
        let mut left = 0;
        let mut missing = 0;
        for c in text {
            let cell = columns(*c) * CELL / 2 * across;
            missing += usize::from(self.draw_one(*c, left, cell, size, bold, &mut picture));
            left += cell;
        }
        (picture, missing)
    }

    /// Draws `c` in the middle of its cell; says whether it is missing and 〓 stands for it.
    fn draw_one(
        &self,
        c: char,
        left: usize,
        cell: usize,
        size: Size,
        bold: bool,
        picture: &mut Bitmap,
    ) -> bool {
        let mut id = self.font.glyph_id(c);
        let missing = id.0 == 0 && c != ' ';
        if missing {
            id = self.font.glyph_id(GETA);
        }
        // ab_glyph scales the whole line height; the em is what fills the cell.
        let height = self.font.height_unscaled();
        let em = self.font.units_per_em().unwrap_or(height);
        let across = (CELL * usize::from(size.width.times())) as f32;
        let down = (CELL * usize::from(size.height.times())) as f32;
        let advance = self.font.h_advance_unscaled(id) / em * across;
        // Latin letters may be wider than half an em; the printer's grid is not.
        let squeeze = if advance > cell as f32 { cell as f32 / advance } else { 1.0 };
        let scale = PxScale { x: across * height / em * squeeze, y: down * height / em };
        let x = left as f32 + (cell as f32 - advance * squeeze) / 2.0;
        // The ideographic em box reaches 0.88 above and 0.12 below the baseline.
        let y = (MARGIN * usize::from(size.height.times())) as f32 + down * 0.88;
        let Some(outline) = self.font.outline_glyph(id.with_scale_and_position(scale, point(x, y))) else {
            return missing;
        };
        let bounds = outline.px_bounds();
        let (from_x, from_y) = (bounds.min.x as i64, bounds.min.y as i64);
        outline.draw(|dx, dy, coverage| {
            let at = (usize::try_from(from_x + i64::from(dx)), usize::try_from(from_y + i64::from(dy)));
            if let ((Ok(x), Ok(y)), true) = (at, coverage >= COVERAGE) {
                picture.blacken(x, y);
                if bold {
                    picture.blacken(x + 1, y);
                }
            }
        });
        missing
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The font the image ships; tests that draw are skipped where it is not installed.
    pub(crate) fn noto() -> Option<FontFile> {
        FontFile::open("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", FontFile::NOTO_SANS_CJK_SC)
            .ok()
    }

    #[test]
    fn a_missing_or_broken_file_is_a_clear_error() {
        let missing = FontFile::open("/nonexistent/font.ttc", 0);
        assert!(matches!(missing, Err(FontError::Unreadable { .. })));
        let text = missing.expect_err("missing").to_string();
        assert!(text.contains("/nonexistent/font.ttc") && text.contains("install"), "{text}");
        let no_font = FontFile::open(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), 0);
        assert!(matches!(no_font, Err(FontError::NotAFont { .. })));
    }

    #[test]
    fn characters_stand_in_the_grid() {
        let Some(glyphs) = noto().and_then(|f| f.load().ok()) else { return };
        let (picture, missing) = glyphs.draw(&['㐂', 'A', '\u{10ffff}'], Size::NORMAL, false);
        assert_eq!((picture.width(), picture.height(), missing), (60, 32, 1));
        let (first, last) = picture.inked_rows().expect("ink");
        assert!(first >= 2 && last < 32 && last - first >= 18, "{first} {last}");
        for cell in [0..24, 24..36, 36..60] {
            let inked = cell.clone().any(|x| (0..32).any(|y| picture.is_black(x, y)));
            assert!(inked, "no ink in {cell:?}");
        }
    }
}
