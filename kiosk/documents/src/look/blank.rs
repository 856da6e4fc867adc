//! Is there anything on a page?
//!
//! Ink has sharp edges, however pale it is; what shines through from the back of a thin page is blurred
//! by the paper, however dark. So a page is looked at by its tiles with sharp steps, in groups: a group
//! of one or two tiles is dust, and a ring near the edge a punched hole.

use super::tiles::{Grid, TILE, Tile};

/// Whether nothing is on a page of which `scale` pixels are a millimetre.
pub(super) fn is_blank(grid: &Grid, scale: f64) -> bool {
    /// More specks than this are no dust.
    const MOST_DUST: usize = 60;
    /// So many tiles that are dark without any sharp step are a picture out of focus.
    const SOFT: usize = 4;
    let tile = TILE as f64 / scale;
    let mut holes = vec![];
    let mut dust = 0;
    for group in groups(grid) {
        if group.is_dust() {
            dust += 1;
        } else if group.is_hole(grid, tile) {
            holes.push(group);
        } else {
            return false;
        }
    }
    let soft = inside(grid)
        .filter(|&(x, y)| {
            grid.get(x, y).is_some_and(is_soft_ink) && !holes.iter().any(|hole| hole.holds(x, y))
        })
        .count();
    dust <= MOST_DUST && soft < SOFT + dust
}

fn has_edges(tile: &Tile) -> bool {
    /// One pixel of grain does not count.
    const FEWEST: u8 = 3;
    tile.sharp >= FEWEST
}

/// Darker as a whole than any print that shines through.
fn is_soft_ink(tile: &Tile) -> bool {
    const PAPER: u8 = 255;
    tile.mean < PAPER - 50
}

/// The tiles apart from a narrow margin, where the scanner's own shadows lie.
fn inside(grid: &Grid) -> impl Iterator<Item = (usize, usize)> {
    let margin = |side: usize| (side * 3).div_ceil(100);
    let (left, top) = (margin(grid.across), margin(grid.down));
    let columns = left..grid.across.saturating_sub(left);
    (top..grid.down.saturating_sub(top)).flat_map(move |y| columns.clone().map(move |x| (x, y)))
}

/// Tiles with edges that touch, and the box around them: both corners belong to it.
struct Group {
    from: (usize, usize),
    to: (usize, usize),
}

impl Group {
    fn size(&self) -> (usize, usize) {
        (self.to.0 - self.from.0 + 1, self.to.1 - self.from.1 + 1)
    }

    fn holds(&self, x: usize, y: usize) -> bool {
        (self.from.0..=self.to.0).contains(&x) && (self.from.1..=self.to.1).contains(&y)
    }

    fn is_dust(&self) -> bool {
        self.size().0 <= 2 && self.size().1 <= 2
    }

    /// A ring of 3 to 10 mm, even inside, whose middle is within 25 mm of an edge.
    fn is_hole(&self, grid: &Grid, tile: f64) -> bool {
        const SIZES: std::ops::Range<f64> = 3.0..10.0;
        const NEAR: f64 = 25.0;
        const EVEN: u8 = 40;
        let (across, down) = self.size();
        let middle = ((self.from.0 + self.to.0) / 2, (self.from.1 + self.to.1) / 2);
        let to_edge = middle.0.min(grid.across - middle.0).min(middle.1).min(grid.down - middle.1);
        // The ring touches one tile more than it is wide.
        let width = (across.max(down) - 1) as f64 * tile;
        let even = grid.get(middle.0, middle.1).is_some_and(|t| t.lightest - t.darkest < EVEN);
        across.abs_diff(down) <= 1 && SIZES.contains(&width) && even && to_edge as f64 * tile < NEAR
    }
}

/// The groups of a page, from its top down, each sought when it is asked for.
fn groups(grid: &Grid) -> impl Iterator<Item = Group> {
    let mut wanted = vec![false; grid.across * grid.down];
    for (x, y) in inside(grid) {
        if let Some(slot) = wanted.get_mut(y * grid.across + x) {
            *slot = grid.get(x, y).is_some_and(has_edges);
        }
    }
    let mut waiting = vec![];
    inside(grid).filter_map(move |(x, y)| {
        if !wanted.get(y * grid.across + x).is_some_and(|wanted| *wanted) {
            return None;
        }
        waiting.push((x, y));
        let mut group = Group { from: (x, y), to: (x, y) };
        while let Some((x, y)) = waiting.pop() {
            let Some(slot) = wanted.get_mut(y * grid.across + x).filter(|slot| **slot) else { continue };
            *slot = false;
            group.from = (group.from.0.min(x), group.from.1.min(y));
            group.to = (group.to.0.max(x), group.to.1.max(y));
            // The margin keeps neighbours within the grid.
            for near_y in y.saturating_sub(1)..=(y + 1).min(grid.down - 1) {
                for near_x in x.saturating_sub(1)..=(x + 1).min(grid.across - 1) {
                    waiting.push((near_x, near_y));
                }
            }
        }
        Some(group)
    })
}
