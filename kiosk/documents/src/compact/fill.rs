//! What lies below print: the page in small, with the print taken out.

use super::bitmap::Bitmap;
use super::small::Small;

/// Gives the pixels `holes` of the page the colours of what lies beside them, from their rims inwards.
/// Where that is not reached nobody will see it, for print lies above.
pub(super) fn fill(small: &mut Small, mut holes: Bitmap) {
    /// Two from the rim that is visible, and as many again for what shines through at the print's edge.
    const PASSES: usize = 4;
    let mut left = holes.clone();
    for _ in 0..PASSES {
        for y in 0..small.height {
            for x in holes.places(y) {
                if let Some(colour) = beside(small, &holes, (x, y)) {
                    for (plane, sample) in colour.into_iter().enumerate() {
                        if let Some(to) = small.row_mut(plane, y).get_mut(x) {
                            *to = sample;
                        }
                    }
                    left.clear(x, y);
                }
            }
        }
        holes.copy_from(&left);
    }
    for plane in 0..small.planes {
        for y in 0..small.height {
            let row = small.row_mut(plane, y);
            for x in holes.places(y) {
                let before = x.checked_sub(1).and_then(|x| row.get(x)).copied();
                if let (Some(before), Some(to)) = (before, row.get_mut(x)) {
                    *to = before;
                }
            }
        }
    }
}

/// The mean colour of those neighbours that are no holes; `None` when all are.
fn beside(small: &Small, holes: &Bitmap, (x, y): (usize, usize)) -> Option<[u8; 3]> {
    let (mut sums, mut count) = ([0u16; 3], 0);
    for near_y in y.saturating_sub(1)..(y + 2).min(small.height) {
        for near_x in x.saturating_sub(1)..(x + 2).min(small.width) {
            if !holes.is(near_x, near_y) {
                let colour = small.colour(near_x, near_y);
                sums.iter_mut().zip(colour).for_each(|(sum, sample)| *sum += u16::from(sample));
                count += 1;
            }
        }
    }
    (count > 0).then(|| sums.map(|sum| ((sum + count / 2) / count) as u8))
}
