//! Paper as a picture: one bit a dot, 576 dots across.

use super::command::{Align, Size};
use super::font;
use super::strip::{Cell, Item, PAPER_DOTS, Strip};

/// Blank dots above the first line, as the cutter leaves them.
const TOP_MARGIN: u32 = 32;
/// Blank dots below, so that the last line is not at the edge.
const BOTTOM_MARGIN: u32 = 16;

/// A one-bit picture.
#[derive(Debug)]
pub(super) struct Canvas {
    height: u32,
    /// One byte a dot, 1 is black.
    dots: Vec<u8>,
}

impl Canvas {
    fn new(height: u32) -> Self {
        Self { height, dots: vec![0; PAPER_DOTS as usize * height as usize] }
    }

    fn index(&self, x: u32, y: u32) -> Option<usize> {
        (x < PAPER_DOTS && y < self.height).then_some(y as usize * PAPER_DOTS as usize + x as usize)
    }

    /// Blackens a dot; outside the paper there is none.
    pub(super) fn blacken(&mut self, x: u32, y: u32) {
        if let Some(at) = self.index(x, y)
            && let Some(dot) = self.dots.get_mut(at)
        {
            *dot = 1;
        }
    }

    fn invert(&mut self, x: u32, y: u32) {
        if let Some(at) = self.index(x, y)
            && let Some(dot) = self.dots.get_mut(at)
        {
            *dot ^= 1;
        }
    }

    /// The picture as a PNG file: grey of one bit, white paper.
    pub(super) fn to_png(&self) -> Result<Vec<u8>, png::EncodingError> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, PAPER_DOTS, self.height);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        let mut writer = encoder.write_header()?;
        let packed: Vec<u8> =
            self.dots.chunks(8).map(|dots| dots.iter().fold(0, |byte, dot| byte << 1 | (dot ^ 1))).collect();
        writer.write_image_data(&packed)?;
        writer.finish()?;
        Ok(file)
    }
}

/// Draws a strip.
pub(super) fn draw(strip: &Strip) -> Canvas {
    let mut canvas = Canvas::new(TOP_MARGIN + strip.height() + BOTTOM_MARGIN);
    let mut y = TOP_MARGIN;
    for item in &strip.items {
        match item {
            Item::Line { cells, align, .. } => draw_line(&mut canvas, y, cells, *align),
            Item::Picture { width, row_bytes, rows, scale, align, .. } => {
                let left = indent(*align, width * u32::from(scale.wide));
                draw_bits(&mut canvas, (left, y), (*width, *row_bytes), rows, *scale);
            }
            Item::Feed(_) | Item::BlankLine(_) => {}
        }
        y += item.height();
    }
    canvas
}

fn indent(align: Align, width: u32) -> u32 {
    let free = PAPER_DOTS.saturating_sub(width);
    match align {
        Align::Left => 0,
        Align::Centre => free / 2,
        Align::Right => free,
    }
}

/// Characters of different sizes stand on one bottom line.
fn draw_line(canvas: &mut Canvas, y: u32, cells: &[Cell], align: Align) {
    let height = cells.iter().map(Cell::height).max().unwrap_or_default();
    let width = cells.last().map_or(0, |cell| cell.x + cell.width());
    let left = indent(align, width);
    for cell in cells {
        let (x, top) = (left + cell.x, y + height - cell.height());
        font::draw(cell.glyph, cell.width(), cell.height(), |dx, dy| {
            canvas.blacken(x + dx, top + dy);
            if cell.bold {
                canvas.blacken(x + dx + 1, top + dy);
            }
        });
        for thick in 0..u32::from(cell.underline) {
            for dx in 0..cell.width() {
                canvas.blacken(x + dx, y + height - 1 - thick);
            }
        }
        if cell.reverse {
            for dy in 0..cell.height() {
                for dx in 0..cell.width() {
                    canvas.invert(x + dx, top + dy);
                }
            }
        }
    }
}

fn draw_bits(canvas: &mut Canvas, at: (u32, u32), size: (u32, usize), rows: &[u8], scale: Size) {
    let (wide, high) = (u32::from(scale.wide), u32::from(scale.high));
    for (row, y) in rows.chunks(size.1.max(1)).zip((at.1..).step_by(scale.high.into())) {
        for column in 0..size.0 {
            let byte = row.get(column as usize / 8).copied().unwrap_or_default();
            if byte & (0x80 >> (column % 8)) == 0 {
                continue;
            }
            for dy in 0..high {
                for dx in 0..wide {
                    canvas.blacken(at.0 + column * wide + dx, y + dy);
                }
            }
        }
    }
}
