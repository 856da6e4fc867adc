//! Pale ink of a colour, where darker ink is too: rules below a pen.

use super::bitmap::Bitmap;
use super::draft::Draft;
use super::faint;
use super::inks::{CELL, FEWEST, KINDS, Kind};
use super::small::Small;

/// Side of a cell of faint ink.
const SIDE: usize = faint::CELL;

/// How much brighter a paler ink is.
const APART: u8 = 60;

/// Faint ink that is not of the same kind as its cell's.
pub(super) struct Strays {
    /// The cells of faint ink that it lies in.
    pub(super) places: Bitmap,
    /// Of which kind it is in each cell of ink.
    pub(super) kinds: Vec<Option<Kind>>,
}

/// Finds the pale ink that would be painted with darker ink, as it shares a cell with that: rules between the
/// letters that stand on them. `cores` are the colours of all cells, and `ink` tells as what pale ink of a colour
/// is painted.
///
/// Without a colour there is none: that is how thin strokes of black print look.
pub(super) fn strays(draft: &Draft, cores: &[Option<[u8; 3]>], ink: impl Fn(Kind) -> Option<Kind>) -> Strays {
    let mut places = Bitmap::new(draft.faint.width(), draft.faint.height());
    let mut kinds = vec![None; cores.len()];
    let width = draft.small.width.div_ceil(CELL).max(1);
    for (row, (cores, kinds)) in cores.chunks(width).zip(kinds.chunks_mut(width)).enumerate() {
        // Rules go on beside the print.
        if !cores.iter().flatten().any(|core| Kind::of(*core).paler().is_some()) {
            continue;
        }
        for y in row * CELL / SIDE..(row + 1) * CELL / SIDE {
            for x in draft.faint.places(y) {
                let cell = x * SIDE / CELL;
                if let (Some(Some([core, ..])), Some(kind)) = (cores.get(cell), kinds.get_mut(cell))
                    && let Some(found) =
                        colour(&draft.small, (x, y), core.saturating_add(APART)).and_then(&ink)
                {
                    *kind = Some(found);
                    places.set(x, y);
                }
            }
        }
    }
    Strays { places, kinds }
}

/// Which colour there is in a cell of faint ink and right beside it, if nothing there is darker than that.
fn colour(small: &Small, (x, y): (usize, usize), least: u8) -> Option<Kind> {
    let near = |at: usize, size: usize| (at * SIDE).saturating_sub(1)..((at + 1) * SIDE + 1).min(size);
    let mut found = None;
    for (x, y) in near(y, small.height).flat_map(|y| near(x, small.width).map(move |x| (x, y))) {
        let [luma, blue, red] = small.colour(x, y);
        if luma < least {
            return None;
        }
        found = Some(Kind::of([luma, blue, red])).filter(|kind| kind.paler().is_some()).or(found);
    }
    found
}

/// Parts the cells of each colour, if it has two inks: a page of pale rules may be written on with a pen.
pub(super) fn part(kinds: &mut [Option<Kind>], cores: &[Option<[u8; 3]>]) {
    for colour in KINDS {
        let Some(paler) = colour.paler() else { continue };
        let mut counts = [0; 256];
        let cells = || kinds.iter().zip(cores).filter(|(kind, _)| **kind == Some(colour));
        for [luma, ..] in cells().filter_map(|(_, core)| *core) {
            if let Some(count) = counts.get_mut(usize::from(luma)) {
                *count += 1;
            }
        }
        let Some(limit) = brightness(&counts) else { continue };
        for (kind, core) in kinds.iter_mut().zip(cores) {
            if *kind == Some(colour) && core.is_some_and(|[luma, ..]| luma >= limit) {
                *kind = Some(paler);
            }
        }
    }
}

/// From which brightness on cells are of a paler ink, when so many have each. `None` when there is but one ink.
fn brightness(counts: &[u64; 256]) -> Option<u8> {
    let all: u64 = counts.iter().sum();
    let total: u64 = counts.iter().zip(0..).map(|(count, luma)| count * luma).sum();
    let (mut darker, mut sum) = (0, 0);
    let mut best = None;
    for (&count, luma) in counts.iter().zip(0..) {
        let paler = all - darker;
        if darker.min(paler) >= FEWEST as u64 {
            let (dark, pale) = (sum / darker, (total - sum) / paler);
            // A few words on a page of rules are an ink, too.
            let weight = darker.min(all / 8) * paler.min(all / 8) * (pale - dark).pow(2);
            best = best.max(Some((weight, dark, pale)));
        }
        darker += count;
        sum += count * luma;
    }
    let (_, dark, pale) = best.filter(|(_, dark, pale)| pale - dark >= u64::from(APART))?;
    // Beyond the middle, since thin strokes of the darker one seem paler.
    u8::try_from(pale - (pale - dark) / 4).ok()
}
