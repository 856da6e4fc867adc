//! What hangs together in a picture of marked pixels.

/// One label for each pixel; equal ones hang together, 0 is not dark.
pub(crate) struct Labels {
    pub(crate) of: Vec<u32>,
    /// One more than the highest label.
    pub(crate) count: usize,
}

impl Labels {
    pub(crate) fn rows(&self, width: usize) -> impl Iterator<Item = &[u32]> {
        self.of.chunks_exact(width.max(1))
    }

    /// Two passes: labels that meet are noted, and then made one. `marked` says of each pixel, row by row,
    /// whether it counts.
    pub(crate) fn of(width: usize, marked: impl Iterator<Item = bool>) -> Self {
        let mut parents: Vec<u32> = vec![0];
        let mut of: Vec<u32> = Vec::with_capacity(marked.size_hint().0);
        for (here, marked) in marked.enumerate() {
            if !marked {
                of.push(0);
                continue;
            }
            let before = |steps: usize| here.checked_sub(steps).and_then(|i| of.get(i).copied()).unwrap_or(0);
            let left = if here.is_multiple_of(width.max(1)) { 0 } else { before(1) };
            of.push(match (left, before(width)) {
                (0, 0) => {
                    let new = u32::try_from(parents.len()).unwrap_or(0);
                    parents.push(new);
                    new
                }
                (one, 0) | (0, one) => one,
                (one, other) => join(&mut parents, one, other),
            });
        }
        for label in &mut of {
            *label = root(&mut parents, *label);
        }
        Self { of, count: parents.len() }
    }
}

fn root(parents: &mut [u32], mut label: u32) -> u32 {
    while let Some(parent) = parents.get(label as usize).copied().filter(|p| *p != label) {
        let above = parents.get(parent as usize).copied().unwrap_or(parent);
        if let Some(slot) = parents.get_mut(label as usize) {
            *slot = above;
        }
        label = parent;
    }
    label
}

fn join(parents: &mut [u32], one: u32, other: u32) -> u32 {
    let (one, other) = (root(parents, one), root(parents, other));
    let (low, high) = (one.min(other), one.max(other));
    if let Some(slot) = parents.get_mut(high as usize) {
        *slot = low;
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_meets_below_is_one() {
        let picture = "x.x...x xxx..x. ......x";
        let rows: Vec<&str> = picture.split(' ').collect();
        let labels = Labels::of(7, rows.concat().chars().map(|c| c == 'x').collect::<Vec<_>>().into_iter());
        let at = |x: usize, y: usize| labels.of[y * 7 + x];
        assert_eq!(at(0, 0), at(2, 0), "both arms of the U");
        let all = [at(0, 0), at(6, 0), at(5, 1), at(6, 2)];
        let mut different = all.to_vec();
        different.sort_unstable();
        different.dedup();
        assert_eq!(different.len(), 4, "corners do not touch: {all:?}");
        assert_eq!(at(1, 0), 0);
    }
}
