//! What a technician's hands and eyes try themselves: the cells of the touch panel, the keys of the tactile pad,
//! the colours of the screen.
//!
//! Sets of them are a few bits, so that what was missed fits into the outcome of a test and goes wherever that
//! goes.

/// One cell of the grid that the touch panel is divided into; counted from the upper left corner, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cell(u8);

impl Cell {
    /// Cells from left to right.
    pub const COLUMNS: u8 = 6;
    /// Cells from top to bottom.
    pub const ROWS: u8 = 10;

    /// The cell in this row and column, both from 0.
    pub fn at(row: u8, column: u8) -> Option<Self> {
        (row < Self::ROWS && column < Self::COLUMNS).then_some(Self(row * Self::COLUMNS + column))
    }

    /// Its row, from 0.
    pub fn row(self) -> u8 {
        self.0 / Self::COLUMNS
    }

    /// Its column, from 0.
    pub fn column(self) -> u8 {
        self.0 % Self::COLUMNS
    }

    fn bit(self) -> u64 {
        1 << self.0
    }

    /// Every cell, row by row.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::ROWS * Self::COLUMNS).map(Self)
    }
}

/// Some of the cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cells(u64);

impl Cells {
    /// Every cell.
    pub const ALL: Self = Self((1 << (Cell::ROWS * Cell::COLUMNS)) - 1);

    /// Adds one; whether it is new.
    pub fn insert(&mut self, cell: Cell) -> bool {
        let new = !self.contains(cell);
        self.0 |= cell.bit();
        new
    }

    /// Whether it is among them.
    pub fn contains(self, cell: Cell) -> bool {
        self.0 & cell.bit() != 0
    }

    /// How many.
    pub fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// All others.
    #[must_use]
    pub fn others(self) -> Self {
        Self(Self::ALL.0 & !self.0)
    }

    /// Each of them, row by row.
    pub fn iter(self) -> impl Iterator<Item = Cell> {
        Cell::all().filter(move |cell| self.contains(*cell))
    }

    /// The rows that are whole, from 0: a strip of the panel, from side to side.
    pub fn rows(self) -> impl Iterator<Item = u8> {
        (0..Cell::ROWS)
            .filter(move |row| Cell::all().filter(|cell| cell.row() == *row).all(|cell| self.contains(cell)))
    }

    /// The columns that are whole, from 0: a strip of the panel, from top to bottom.
    pub fn columns(self) -> impl Iterator<Item = u8> {
        (0..Cell::COLUMNS).filter(move |column| {
            Cell::all().filter(|cell| cell.column() == *column).all(|cell| self.contains(cell))
        })
    }

    /// Those in no strip: of neither a whole row nor a whole column.
    pub fn scattered(self) -> impl Iterator<Item = Cell> {
        self.iter().filter(move |cell| {
            !self.rows().any(|row| row == cell.row()) && !self.columns().any(|column| column == cell.column())
        })
    }
}

impl FromIterator<Cell> for Cells {
    fn from_iter<T: IntoIterator<Item = Cell>>(cells: T) -> Self {
        Self(cells.into_iter().fold(0, |all, cell| all | cell.bit()))
    }
}

/// A key of the tactile pad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PadKey {
    /// the line before
    Up,
    /// the line after
    Down,
    /// the screen's way out
    Back,
    /// the screen's way on
    Next,
    /// do what has the focus
    Select,
}

impl PadKey {
    /// Every key.
    pub const ALL: [Self; 5] = [Self::Up, Self::Down, Self::Back, Self::Next, Self::Select];

    /// The stable name, for ids and scripts.
    pub fn key(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Back => "back",
            Self::Next => "next",
            Self::Select => "select",
        }
    }

    /// The key with this name.
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pad| pad.key() == key)
    }

    fn bit(self) -> u8 {
        1 << match self {
            Self::Up => 0,
            Self::Down => 1,
            Self::Back => 2,
            Self::Next => 3,
            Self::Select => 4,
        }
    }
}

/// Some of the pad's keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Keys(u8);

impl Keys {
    /// All five.
    pub const ALL: Self = Self(0b1_1111);

    /// Adds one; whether it is new.
    pub fn insert(&mut self, key: PadKey) -> bool {
        let new = !self.contains(key);
        self.0 |= key.bit();
        new
    }

    /// Whether it is among them.
    pub fn contains(self, key: PadKey) -> bool {
        self.0 & key.bit() != 0
    }

    /// All others.
    #[must_use]
    pub fn others(self) -> Self {
        Self(Self::ALL.0 & !self.0)
    }

    /// Each of them, in the order of [`PadKey::ALL`].
    pub fn iter(self) -> impl Iterator<Item = PadKey> {
        PadKey::ALL.into_iter().filter(move |key| self.contains(*key))
    }
}

impl FromIterator<PadKey> for Keys {
    fn from_iter<T: IntoIterator<Item = PadKey>>(keys: T) -> Self {
        Self(keys.into_iter().fold(0, |all, key| all | key.bit()))
    }
}

/// What fills the whole screen while eyes look for what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Colour {
    /// one of the three that every point is made of
    Red,
    /// one of the three that every point is made of
    Green,
    /// one of the three that every point is made of
    Blue,
    /// dark spots are seen on it
    White,
    /// bright spots are seen on it, and light that comes through
    Black,
    /// from black to white in steps that can all be told apart
    Ramp,
    /// point by point black and white: flickers where the line to the screen is bad
    Checker,
}

impl Colour {
    /// Every one, in the order in which they are shown.
    pub const ALL: [Self; 7] =
        [Self::Red, Self::Green, Self::Blue, Self::White, Self::Black, Self::Ramp, Self::Checker];

    /// What is shown after it.
    pub fn next(self) -> Option<Self> {
        Self::ALL.into_iter().skip_while(|colour| *colour != self).nth(1)
    }
}

/// What hands did not get an answer from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    /// these cells of the touch panel
    Cells(Cells),
    /// these keys of the pad
    Keys(Keys),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_has_its_own_row_and_column() {
        for (at, cell) in Cell::all().enumerate() {
            assert_eq!(Cell::at(cell.row(), cell.column()), Some(cell));
            assert_eq!(usize::from(cell.row() * Cell::COLUMNS + cell.column()), at);
            assert!(Cells::ALL.contains(cell));
        }
        assert_eq!((Cell::at(Cell::ROWS, 0), Cell::at(0, Cell::COLUMNS)), (None, None));
        assert_eq!((Cell::all().count(), Cells::ALL.count()), (60, 60));
    }

    #[test]
    fn sets_hold_what_was_put_in() {
        let (mut cells, cell) = (Cells::default(), Cell::at(4, 3).unwrap());
        assert!(cells.insert(cell) && !cells.insert(cell));
        assert_eq!(cells.iter().collect::<Vec<_>>(), [cell]);
        assert_eq!((cells.others().count(), cells.others().others()), (59, cells));
        assert_eq!(Cell::all().collect::<Cells>(), Cells::ALL);
        let mut keys = Keys::default();
        assert!(keys.insert(PadKey::Next) && !keys.insert(PadKey::Next));
        assert_eq!(keys.others().iter().count(), 4);
        assert_eq!(PadKey::ALL.into_iter().collect::<Keys>(), Keys::ALL);
        for key in PadKey::ALL {
            assert_eq!(PadKey::parse(key.key()), Some(key));
        }
        assert_eq!(PadKey::parse("left"), None);
    }

    #[test]
    fn a_dead_strip_is_told_from_dead_spots() {
        let cell = |row, column| Cell::at(row, column).unwrap();
        let column = (0..Cell::ROWS).map(|row| cell(row, 2));
        let row = (0..Cell::COLUMNS).map(|column| cell(9, column));
        let missed: Cells = column.chain(row).chain([cell(0, 5), cell(3, 3)]).collect();
        assert_eq!(missed.columns().collect::<Vec<_>>(), [2]);
        assert_eq!(missed.rows().collect::<Vec<_>>(), [9]);
        assert_eq!(missed.scattered().collect::<Vec<_>>(), [cell(0, 5), cell(3, 3)]);
        assert_eq!(Cells::default().rows().chain(Cells::default().columns()).count(), 0);
    }

    #[test]
    fn colours_come_one_after_the_other() {
        let mut shown = vec![Colour::ALL[0]];
        while let Some(next) = shown.last().and_then(|colour| colour.next()) {
            shown.push(next);
        }
        assert_eq!(shown, Colour::ALL);
    }
}
