//! Draws the test ticket.

use qrcodegen::{Mask, QrCode, QrCodeEcc, QrSegment, Version};

use crate::bitmap::Bitmap;
use crate::font;
use crate::label::Label;
use crate::layout::{self, Layout, PITCH, RAIL, RAILS, RULER_MARGIN, RULERS, STEP};

/// The picture to be printed: [`Layout::width`] × [`Layout::HEIGHT`] dots, with nothing cut off or scaled.
pub fn test_ticket(layout: Layout, label: &Label) -> Bitmap {
    let mut picture = Bitmap::blank(layout.width(), layout::HEIGHT);
    bars_and_combs(&mut picture, layout);
    rulers(&mut picture, layout);
    rails(&mut picture);
    code(&mut picture, label);
    let cell = layout.cell();
    text(&mut picture, label.number(), (layout.number_left(), layout::NUMBER_TOP), cell);
    let below = layout::NUMBER_TOP + (font::CELLS.1 + 3) * cell;
    text(&mut picture, "TEST", (layout.number_left(), below), cell.div_ceil(2));
    picture
}

fn bars_and_combs(picture: &mut Bitmap, layout: Layout) {
    let width = layout.width();
    for bar in layout::BARS {
        picture.blacken(0, bar.start, width, bar.len());
    }
    for dot in 0..width {
        for group in [0, 1] {
            let rows = layout.comb(group, dot);
            picture.blacken(dot, rows.start, 1, rows.len());
        }
    }
    debug_assert!(width.is_multiple_of(PITCH));
}

fn rulers(picture: &mut Bitmap, layout: Layout) {
    for (which, rows) in RULERS.into_iter().enumerate() {
        for (step, _) in layout.ruler(which).into_iter().enumerate().filter(|(_, black)| *black) {
            picture.blacken(RULER_MARGIN + step * STEP, rows.start, STEP, rows.len());
        }
    }
}

fn rails(picture: &mut Bitmap) {
    let width = picture.width();
    for left in [0, width - RAIL] {
        picture.blacken(left, RAILS.start, RAIL, RAILS.len());
    }
    for rung in 0..layout::RUNGS {
        let top = layout::RUNG_FIRST + rung * layout::RUNG_PITCH;
        for left in [RAIL, width - RAIL - layout::RUNG_DOTS] {
            picture.blacken(left, top, layout::RUNG_DOTS, layout::RUNG_ROWS);
        }
    }
}

fn code(picture: &mut Bitmap, label: &Label) {
    let bytes = [QrSegment::make_bytes(label.to_string().as_bytes())];
    let version = Version::new(5);
    let any_mask: Option<Mask> = None;
    let quartile = QrCodeEcc::Quartile;
    // It always fits: a label is at most 52 bytes long, and the code holds 60.
    let drawn = QrCode::encode_segments_advanced(&bytes, quartile, version, version, any_mask, false);
    let Ok(code) = drawn else { return };
    let (left, top) = layout::CODE_AT;
    let side = code.size();
    let modules = (0..side).flat_map(|y| (0..side).map(move |x| (x, y)));
    for (x, y) in modules.filter(|(x, y)| code.get_module(*x, *y)) {
        let [x, y] = [x, y].map(|at| usize::try_from(at).unwrap_or_default() * layout::MODULE);
        picture.blacken(left + x, top + y, layout::MODULE, layout::MODULE);
    }
}

fn text(picture: &mut Bitmap, text: &str, (left, top): (usize, usize), cell: usize) {
    for (place, glyph) in text.chars().filter_map(font::glyph).enumerate() {
        let left = left + place * (font::CELLS.0 + 1) * cell;
        for row in 0..font::CELLS.1 {
            for column in (0..font::CELLS.0).filter(|column| font::is_black(glyph, *column, row)) {
                picture.blacken(left + column * cell, top + row * cell, cell, cell);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dot_prints_in_both_combs_alone_and_in_every_bar() {
        for width in [384, 576, 832] {
            let layout = Layout::new(width).expect("a width");
            let label = Label::new(&"k".repeat(24), "WWWWWW", u64::MAX).expect("a label");
            let picture = test_ticket(layout, &label);
            for dot in 0..width {
                for rows in layout::BARS {
                    assert!(rows.clone().all(|y| picture.is_black(dot, y)), "{dot} in a bar");
                }
                for group in [0, 1] {
                    for y in layout.comb(group, dot) {
                        assert!(picture.is_black(dot, y));
                        let near = [dot.wrapping_sub(2), dot.wrapping_sub(1), dot + 1, dot + 2];
                        assert!(near.iter().all(|x| !picture.is_black(*x, y)), "{dot} is not alone");
                    }
                }
            }
        }
    }

    /// Nothing lies on top of anything: black dots are as many as the parts have, for the widest text and
    /// the longest label, so that no part runs into another.
    #[test]
    fn parts_keep_apart() {
        for width in [384, 512, 576, 640, 832] {
            let layout = Layout::new(width).expect("a width");
            let label = Label::new(&"k".repeat(24), "MMMMMM", u64::MAX).expect("a label");
            let whole = test_ticket(layout, &label);
            let count = |p: &Bitmap| p.rows().iter().map(|b| b.count_ones()).sum::<u32>();
            let alone = |draw: &dyn Fn(&mut Bitmap)| {
                let mut part = Bitmap::blank(width, layout::HEIGHT);
                draw(&mut part);
                count(&part)
            };
            let cell = layout.cell();
            let below = layout::NUMBER_TOP + (font::CELLS.1 + 3) * cell;
            let parts = alone(&|p| bars_and_combs(p, layout))
                + alone(&|p| rulers(p, layout))
                + alone(&rails)
                + alone(&|p| code(p, &label))
                + alone(&|p| text(p, "MMMMMM", (layout.number_left(), layout::NUMBER_TOP), cell))
                + alone(&|p| text(p, "TEST", (layout.number_left(), below), cell.div_ceil(2)));
            assert_eq!(count(&whole), parts, "{width}");
        }
    }
}
