//! The printer's type, cut from an outline font.

use std::fs;
use std::sync::OnceLock;

use ab_glyph::{Font, FontVec, PxScale, point};

/// A face whose Latin letters are half as wide as Chinese characters, as in a printer's ROM.
const COLLECTION: &str = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc";
/// Noto Sans Mono CJK SC within the collection.
const FACE: u32 = 7;
/// How much of a dot an outline must cover to make it black. A little under a half keeps thin strokes
/// of small type whole.
const COVERAGE: f32 = 0.42;
/// Where the baseline stands in the em box.
const BASELINE: f32 = 0.86;

fn face() -> Option<&'static FontVec> {
    static FONT: OnceLock<Option<FontVec>> = OnceLock::new();
    FONT.get_or_init(|| {
        let data = fs::read(COLLECTION).ok()?;
        FontVec::try_from_vec_and_index(data, FACE).ok()
    })
    .as_ref()
}

/// Calls `black` for each dot of `glyph` in a cell of `width` by `height` dots. A machine without the
/// font prints boxes: what was printed is still told by the text.
pub(super) fn draw(glyph: char, width: u32, height: u32, mut black: impl FnMut(u32, u32)) {
    if glyph == ' ' || glyph == '\u{3000}' {
        return;
    }
    match face() {
        Some(font) if font.glyph_id(glyph).0 != 0 => outline(font, glyph, (width, height), black),
        _ => {
            for x in 2..width.saturating_sub(2) {
                black(x, 2);
                black(x, height.saturating_sub(3));
            }
            for y in 2..height.saturating_sub(2) {
                black(2, y);
                black(width.saturating_sub(3), y);
            }
        }
    }
}

fn outline(font: &FontVec, glyph: char, cell: (u32, u32), mut black: impl FnMut(u32, u32)) {
    let id = font.glyph_id(glyph);
    let (width, height) = (cell.0 as f32, cell.1 as f32);
    let units = font.units_per_em().unwrap_or(1000.0);
    // The scale is given for ascent plus descent; the cell is one em high, and as wide as the
    // character's own advance.
    let per_em = font.height_unscaled() / units;
    let advance = font.h_advance_unscaled(id) / units;
    let em_wide = if advance > 0.0 { width / advance } else { height };
    let scale = PxScale { x: em_wide * per_em, y: height * per_em };
    let placed = id.with_scale_and_position(scale, point(0.0, height * BASELINE));
    let Some(outlined) = font.outline_glyph(placed) else { return };
    let bounds = outlined.px_bounds();
    outlined.draw(|x, y, coverage| {
        let (x, y) = (x as f32 + bounds.min.x, y as f32 + bounds.min.y);
        if coverage >= COVERAGE && x >= 0.0 && y >= 0.0 && x < width && y < height {
            black(x as u32, y as u32);
        }
    });
}
