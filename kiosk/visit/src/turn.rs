//! Quarter turns, by which a page that lies on its side is put upright.

use crate::screen::Preview;

/// How far something is turned, clockwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Turn {
    /// not at all
    #[default]
    None,
    /// a quarter to the right
    Right,
    /// upside down
    Half,
    /// a quarter to the left
    Left,
}

impl Turn {
    /// A quarter further to the right.
    #[must_use]
    pub fn further(self) -> Self {
        match self {
            Self::None => Self::Right,
            Self::Right => Self::Half,
            Self::Half => Self::Left,
            Self::Left => Self::None,
        }
    }
}

impl Preview {
    /// The picture, a quarter turned to the right.
    #[must_use]
    pub fn turned_right(&self) -> Self {
        let (width, height) = (self.width as usize, self.height as usize);
        let mut rgb = Vec::with_capacity(self.rgb.len());
        for column in 0..width {
            for row in (0..height).rev() {
                let at = (row * width + column) * 3;
                rgb.extend_from_slice(self.rgb.get(at..at + 3).unwrap_or(&[0; 3]));
            }
        }
        Self { width: self.height, height: self.width, rgb }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_quarters_are_a_whole() {
        let turns: Vec<Turn> =
            std::iter::successors(Some(Turn::None), |t| Some(t.further())).take(5).collect();
        assert_eq!(turns, [Turn::None, Turn::Right, Turn::Half, Turn::Left, Turn::None]);
    }

    #[test]
    fn a_picture_turns_to_the_right() {
        // a b c        d a
        // d e f   ->   e b
        //              f c
        let pixel = |n: u8| [n, n, n];
        let picture = Preview { width: 3, height: 2, rgb: [1, 2, 3, 4, 5, 6].map(pixel).concat() };
        let turned = picture.turned_right();
        assert_eq!((turned.width, turned.height), (2, 3));
        assert_eq!(turned.rgb, [4, 1, 5, 2, 6, 3].map(pixel).concat());
        let whole = turned.turned_right().turned_right().turned_right();
        assert!(whole == picture);
    }
}
