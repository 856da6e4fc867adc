//! A page in cells, some of which are marked.

/// Cells, and which of them are marked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grid {
    pub(super) width: usize,
    pub(super) height: usize,
    marked: Vec<bool>,
}

/// Cells from the first to before the second, across and down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) x: (usize, usize),
    pub(super) y: (usize, usize),
}

impl Grid {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { width, height, marked: vec![false; width * height] }
    }

    /// A grid of the cells for which `marked` is true.
    pub(super) fn of(width: usize, height: usize, mut marked: impl FnMut(usize, usize) -> bool) -> Self {
        let cells = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        Self { width, height, marked: cells.map(|(x, y)| marked(x, y)).collect() }
    }

    pub(super) fn is(&self, x: usize, y: usize) -> bool {
        self.row(y).get(x).copied().unwrap_or(false)
    }

    pub(super) fn row(&self, y: usize) -> &[bool] {
        self.marked.get(y * self.width..(y + 1) * self.width).unwrap_or_default()
    }

    pub(super) fn mark(&mut self, x: usize, y: usize) {
        let row = self.marked.get_mut(y * self.width..(y + 1) * self.width).unwrap_or_default();
        if let Some(cell) = row.get_mut(x) {
            *cell = true;
        }
    }

    pub(super) fn mark_all(&mut self, span: Span) {
        for (x, y) in span.cells() {
            self.mark(x, y);
        }
    }

    /// The marked cells and their neighbours on all eight sides.
    pub(super) fn grown(&self) -> Self {
        let near = |at: usize| at.saturating_sub(1)..at + 2;
        Self::of(self.width, self.height, |x, y| near(y).any(|y| near(x).any(|x| self.is(x, y))))
    }

    /// The marked cells in groups of neighbours.
    pub(super) fn groups(&self) -> Vec<Vec<(usize, usize)>> {
        let mut seen = Self::new(self.width, self.height);
        let mut groups = vec![];
        let all = Span { x: (0, self.width), y: (0, self.height) };
        for (x, y) in all.cells() {
            if !self.is(x, y) || seen.is(x, y) {
                continue;
            }
            let mut group = vec![(x, y)];
            seen.mark(x, y);
            let mut next = 0;
            while let Some(&(x, y)) = group.get(next) {
                next += 1;
                let beside = Span { x: (x.saturating_sub(1), x + 2), y: (y.saturating_sub(1), y + 2) };
                for (x, y) in beside.cells() {
                    if self.is(x, y) && !seen.is(x, y) {
                        seen.mark(x, y);
                        group.push((x, y));
                    }
                }
            }
            groups.push(group);
        }
        groups
    }
}

impl Span {
    /// The smallest that holds these cells; `None` when there are none.
    pub(super) fn around(cells: &[(usize, usize)]) -> Option<Self> {
        cells.iter().map(|&(x, y)| Self { x: (x, x + 1), y: (y, y + 1) }).reduce(Self::with)
    }

    /// The smallest that holds both.
    pub(super) fn with(self, other: Self) -> Self {
        let join = |a: (usize, usize), b: (usize, usize)| (a.0.min(b.0), a.1.max(b.1));
        Self { x: join(self.x, other.x), y: join(self.y, other.y) }
    }

    pub(super) fn meets(self, other: Self) -> bool {
        let meet = |a: (usize, usize), b: (usize, usize)| a.0 < b.1 && b.0 < a.1;
        meet(self.x, other.x) && meet(self.y, other.y)
    }

    pub(super) fn size(self) -> usize {
        (self.x.1 - self.x.0) * (self.y.1 - self.y.0)
    }

    pub(super) fn cells(self) -> impl Iterator<Item = (usize, usize)> {
        (self.y.0..self.y.1).flat_map(move |y| (self.x.0..self.x.1).map(move |x| (x, y)))
    }
}
