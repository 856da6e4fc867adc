//! Quarter turns.

/// By how many quarters, clockwise, a page is to be turned so that it stands upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Quarter {
    /// Not at all.
    #[default]
    None,
    /// By 90° clockwise.
    Right,
    /// By 180°.
    Half,
    /// By 270° clockwise.
    Left,
}

impl Quarter {
    const ALL: [Self; 4] = [Self::None, Self::Right, Self::Half, Self::Left];

    /// Degrees, clockwise: 0, 90, 180 or 270.
    #[must_use]
    pub fn degrees(self) -> u16 {
        match self {
            Self::None => 0,
            Self::Right => 90,
            Self::Half => 180,
            Self::Left => 270,
        }
    }

    /// Width and height after this turn; or before it, which is the same.
    pub(crate) fn swapped<T>(self, (width, height): (T, T)) -> (T, T) {
        match self {
            Self::None | Self::Half => (width, height),
            Self::Right | Self::Left => (height, width),
        }
    }

    /// One turn after the other.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let sum = (self.degrees() + other.degrees()) % 360;
        Self::ALL.into_iter().find(|turn| turn.degrees() == sum).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_add_up() {
        use Quarter::{Half, Left, None, Right};
        for (one, other, sum) in [
            (None, Left, Left),
            (Right, Right, Half),
            (Half, Left, Right),
            (Left, Right, None),
            (Half, Half, None),
        ] {
            assert_eq!(one.plus(other), sum);
            assert_eq!(other.plus(one), sum);
        }
        assert_eq!(Quarter::default().degrees(), 0);
        assert_eq!(Left.degrees(), 270);
    }
}
