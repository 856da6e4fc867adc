//! How a visitor wants the screen to look.

/// How large what is written is: of what is read most, capitals of 7, 9, 10 and 12 mm on a screen of 3.2 pixels
/// a millimetre.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TextSize {
    /// more on the screen
    Small,
    /// read at arm's length
    #[default]
    Standard,
    /// a fifth larger
    Large,
    /// two fifths larger
    Largest,
}

impl TextSize {
    /// Every size, smallest first.
    pub const ALL: [Self; 4] = [Self::Small, Self::Standard, Self::Large, Self::Largest];
}

/// The colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Contrast {
    /// the hall's own
    #[default]
    Standard,
    /// black on white
    BlackOnWhite,
    /// white on black
    WhiteOnBlack,
    /// yellow on black
    YellowOnBlack,
}

impl Contrast {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Standard, Self::BlackOnWhite, Self::WhiteOnBlack, Self::YellowOnBlack];
}

/// How the screen looks to one visitor; forgotten when he leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Look {
    /// how large
    pub size: TextSize,
    /// in which colours
    pub contrast: Contrast,
    /// everything that can be touched is in the lower part, within reach of a wheelchair
    pub reach: bool,
    /// less at a time, and more time for it
    pub plain: bool,
}
