//! Figures of small tiles of a page: how light and dark each is, and how steep its steepest step.

use multiversion::multiversion;

/// Pixels along each side of a tile.
pub(super) const TILE: usize = 8;

/// How far apart the two pixels of a step are.
pub(super) const STEP: usize = 2;

/// What is known of a tile.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tile {
    pub(super) darkest: u8,
    pub(super) lightest: u8,
    /// The largest difference between two pixels that are [`STEP`] apart in a row or a column.
    pub(super) step: u8,
    /// In how many of its pixels such a difference is more than grain, and than what shines through.
    pub(super) sharp: u8,
    pub(super) mean: u8,
}

/// The tiles of a page, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grid {
    pub(super) across: usize,
    pub(super) down: usize,
    tiles: Vec<Tile>,
}

impl Grid {
    pub(super) fn get(&self, x: usize, y: usize) -> Option<&Tile> {
        (x < self.across).then(|| self.tiles.get(y * self.across + x))?
    }
}

/// Makes tiles of rows.
pub(super) struct Tiles {
    across: usize,
    tiles: Vec<Tile>,
    rows: usize,
    /// The last rows before the present one, the latest last.
    before: [Vec<u8>; STEP],
    columns: Columns,
}

/// The figures of each column over the rows of the present tiles.
struct Columns {
    darkest: Vec<u8>,
    lightest: Vec<u8>,
    step: Vec<u8>,
    sharp: Vec<u8>,
    sum: Vec<u16>,
}

impl Tiles {
    /// For a page of `width × height` pixels.
    pub(super) fn new(width: usize, height: usize) -> Self {
        let across = width / TILE;
        let columns = across * TILE;
        Self {
            across,
            tiles: Vec::with_capacity(across * (height / TILE)),
            rows: 0,
            before: std::array::from_fn(|_| vec![]),
            columns: Columns {
                darkest: vec![255; columns],
                lightest: vec![0; columns],
                step: vec![0; columns],
                sharp: vec![0; columns],
                sum: vec![0; columns],
            },
        }
    }

    /// The next row.
    pub(super) fn row(&mut self, row: &[u8]) {
        let above = self.before.first().filter(|above| above.len() == row.len());
        add(&mut self.columns, row, above.map_or(row, |above| above));
        self.before.rotate_left(1);
        if let Some(last) = self.before.last_mut() {
            last.clear();
            last.extend_from_slice(row);
        }
        self.rows += 1;
        if self.rows.is_multiple_of(TILE) {
            self.columns.cut(&mut self.tiles);
        }
    }

    pub(super) fn finish(self) -> Grid {
        Grid { across: self.across, down: self.rows / TILE, tiles: self.tiles }
    }
}

/// Adds a row to the figures; `above` is [`STEP`] rows above it.
#[multiversion(targets("x86_64+avx2"))]
fn add(columns: &mut Columns, row: &[u8], above: &[u8]) {
    /// Larger than grain, and than print from the back, which paper blurs.
    const SHARP: u8 = 24;
    for (darkest, &grey) in columns.darkest.iter_mut().zip(row) {
        *darkest = grey.min(*darkest);
    }
    for (lightest, &grey) in columns.lightest.iter_mut().zip(row) {
        *lightest = grey.max(*lightest);
    }
    for (sum, &grey) in columns.sum.iter_mut().zip(row) {
        *sum += u16::from(grey);
    }
    // The last pixels of a row have no neighbour to the right, and are left out.
    let steps = columns.step.iter_mut().zip(&mut columns.sharp);
    let neighbours = row.iter().zip(above).zip(row.get(STEP..).unwrap_or_default());
    for ((step, sharp), ((&grey, &above), &right)) in steps.zip(neighbours) {
        let size = grey.abs_diff(above).max(grey.abs_diff(right));
        *step = size.max(*step);
        *sharp += u8::from(size >= SHARP);
    }
}

impl Columns {
    /// Makes tiles of the columns, and begins anew.
    fn cut(&mut self, tiles: &mut Vec<Tile>) {
        let [darkest, lightest, step, sharp] = [&self.darkest, &self.lightest, &self.step, &self.sharp]
            .map(|figures| figures.as_chunks::<TILE>().0);
        let sums = self.sum.as_chunks::<TILE>().0;
        let figures = darkest.iter().zip(lightest).zip(step).zip(sharp).zip(sums);
        tiles.extend(figures.map(|((((darkest, lightest), step), sharp), sums)| {
            let sum: u32 = sums.iter().map(|&sum| u32::from(sum)).sum();
            Tile {
                darkest: darkest.iter().fold(255, |all, &one| one.min(all)),
                lightest: lightest.iter().fold(0, |all, &one| one.max(all)),
                step: step.iter().fold(0, |all, &one| one.max(all)),
                sharp: sharp.iter().sum(),
                mean: (sum / (TILE * TILE) as u32) as u8,
            }
        }));
        self.darkest.fill(255);
        self.lightest.fill(0);
        self.step.fill(0);
        self.sharp.fill(0);
        self.sum.fill(0);
    }
}
