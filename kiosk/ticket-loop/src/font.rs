//! Digits and capitals of 5 × 7 cells, drawn for this ticket so that it needs no font file.

/// Cells across and down.
pub(crate) const CELLS: (usize, usize) = (5, 7);

/// Rows of a character from the top, the highest of five bits left.
pub(crate) type Glyph = [u8; 7];

/// Every character there is, with its cells.
pub(crate) const GLYPHS: [(char, Glyph); 36] = [
    ('0', [0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110]),
    ('1', [0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110]),
    ('2', [0b01110, 0b10001, 0b00001, 0b00110, 0b01000, 0b10000, 0b11111]),
    ('3', [0b11111, 0b00010, 0b00100, 0b00010, 0b00001, 0b10001, 0b01110]),
    ('4', [0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010]),
    ('5', [0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110]),
    ('6', [0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110]),
    ('7', [0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000]),
    ('8', [0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110]),
    ('9', [0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100]),
    ('A', [0b00100, 0b01010, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001]),
    ('B', [0b11110, 0b01001, 0b01001, 0b01110, 0b01001, 0b01001, 0b11110]),
    ('C', [0b00111, 0b01000, 0b10000, 0b10000, 0b10000, 0b01000, 0b00111]),
    ('D', [0b11100, 0b10010, 0b10001, 0b10001, 0b10001, 0b10010, 0b11100]),
    ('E', [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111]),
    ('F', [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b10000]),
    ('G', [0b01111, 0b10000, 0b10000, 0b10111, 0b10001, 0b10001, 0b01111]),
    ('H', [0b10001, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001]),
    ('I', [0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b11111]),
    ('J', [0b00111, 0b00010, 0b00010, 0b00010, 0b00010, 0b10010, 0b01100]),
    ('K', [0b10001, 0b10010, 0b10100, 0b11000, 0b10100, 0b10010, 0b10001]),
    ('L', [0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b11111]),
    ('M', [0b10001, 0b11011, 0b10101, 0b10101, 0b10001, 0b10001, 0b10001]),
    ('N', [0b10001, 0b11001, 0b11101, 0b10101, 0b10111, 0b10011, 0b10001]),
    ('O', [0b11111, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b11111]),
    ('P', [0b11110, 0b10001, 0b10001, 0b11110, 0b10000, 0b10000, 0b10000]),
    ('Q', [0b01110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10011, 0b01111]),
    ('R', [0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001]),
    ('S', [0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110]),
    ('T', [0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100]),
    ('U', [0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110]),
    ('V', [0b10001, 0b10001, 0b10001, 0b01010, 0b01010, 0b01010, 0b00100]),
    ('W', [0b10001, 0b10001, 0b10001, 0b10101, 0b10101, 0b11011, 0b10001]),
    ('X', [0b10001, 0b01010, 0b00100, 0b00100, 0b00100, 0b01010, 0b10001]),
    ('Y', [0b10001, 0b10001, 0b01010, 0b00100, 0b00100, 0b00100, 0b00100]),
    ('Z', [0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b10000, 0b11111]),
];

/// Whether a cell of a glyph is black.
pub(crate) fn is_black(glyph: &Glyph, column: usize, row: usize) -> bool {
    glyph.get(row).is_some_and(|bits| bits & (0b10000 >> column.min(5)) != 0)
}

/// The cells of a character; `None` when it is neither a digit nor a capital.
pub(crate) fn glyph(character: char) -> Option<&'static Glyph> {
    GLYPHS.iter().find(|(c, _)| *c == character).map(|(_, cells)| cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read back by its cells has to differ in some: two characters one cell apart would be a guess.
    #[test]
    fn no_two_characters_look_nearly_alike() {
        for (i, (a, cells_a)) in GLYPHS.iter().enumerate() {
            for (b, cells_b) in &GLYPHS[i + 1..] {
                let apart: u32 = cells_a.iter().zip(cells_b).map(|(x, y)| (x ^ y).count_ones()).sum();
                assert!(apart >= 2, "{a} and {b} differ in {apart} cells");
            }
        }
    }
}
