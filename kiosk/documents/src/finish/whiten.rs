//! How bright the paper is: whether there is anything on it, and what makes it white.

use crate::decode::Pixels;
use crate::inspect::DARKEST_PAPER;

use super::paper::REDUCTION;
use super::warp::{Gain, Turn};

/// How often each grey occurs on the paper, apart from a narrow margin: inside the box of
/// `width × height` pixels of the scan that lies at `turn`.
pub(super) fn histogram(picture: &Pixels, turn: Turn, (width, height): (f64, f64)) -> [u64; 256] {
    const MARGIN: f64 = 0.03;
    let mut histogram = [0; 256];
    let inside = |at: f64, size: f64| at > size * MARGIN && at < size * (1.0 - MARGIN);
    for (y, row) in picture.bytes.chunks_exact(picture.width.max(1)).enumerate() {
        let down = (y as f64 + 0.5) * REDUCTION - turn.corner.1;
        for (x, &grey) in row.iter().enumerate() {
            let right = (x as f64 + 0.5) * REDUCTION - turn.corner.0;
            let across = right * turn.cos + down * turn.sin;
            let along = down * turn.cos - right * turn.sin;
            if inside(across, width)
                && inside(along, height)
                && let Some(count) = histogram.get_mut(usize::from(grey))
            {
                *count += 1;
            }
        }
    }
    histogram
}

/// Whether a good part of what occurs so often is paper: one light grey, and not the many of a photograph.
pub(super) fn has_paper(histogram: &[u64; 256]) -> bool {
    /// How uneven paper is in a small picture, where its grain is lost.
    const EVEN: usize = 8;
    /// Darker than this is no paper.
    const DARKEST: usize = 110;
    let all: u64 = histogram.iter().sum();
    let around = |grey: usize| -> u64 {
        histogram.get(grey - EVEN..=(grey + EVEN).min(255)).unwrap_or_default().iter().sum()
    };
    all > 0 && (DARKEST..256).any(|grey| around(grey) * 4 >= all)
}

/// What makes the paper white. Everything is brightened alike, so that photographs keep their tones;
/// where no grey is common enough to be paper, as on a page that is one photograph, nothing changes. Nor is
/// a grey paper on which much else is clearly lighter: a tinted form, or a photograph of the sky, is not
/// to lose its lightest parts.
pub(super) fn gain(histogram: &[u64; 256]) -> Gain {
    /// How far paper is from even: below its commonest grey and above.
    const SPREAD: usize = 20;
    /// Of so many pixels one may be lighter than paper: glare, and what shines.
    const ONE_OF: u64 = 50;
    /// The grain of single pixels, which the small picture no longer shows.
    const GRAIN: usize = 5;
    let around = |grey: usize| -> u64 {
        let near = grey.saturating_sub(4)..=(grey + 4).min(255);
        histogram.get(near).unwrap_or_default().iter().sum()
    };
    let all: u64 = histogram.iter().sum();
    let lighter = |grey: usize| -> u64 { histogram.iter().skip(grey).sum() };
    let mut darkest = DARKEST_PAPER;
    let peak = loop {
        let Some(peak) = (darkest..256).max_by_key(|&grey| around(grey)) else { return Gain::NONE };
        if lighter(peak + SPREAD) * ONE_OF <= all {
            break peak;
        }
        darkest = peak + SPREAD;
    };
    let paper: Vec<_> = histogram.iter().enumerate().skip(peak - SPREAD).collect();
    let on_paper: u64 = paper.iter().map(|(_, count)| **count).sum();
    // Paper is nearly one grey, even in uneven light; a photograph is of many.
    if on_paper * 5 < all || on_paper == 0 || around(peak) * 10 < all {
        return Gain::NONE;
    }
    // All but the darkest tenth of the paper becomes white.
    let mut seen = 0;
    let tenth = paper.into_iter().find(|(_, count)| {
        seen += **count;
        seen * 10 >= on_paper
    });
    let white = tenth.map_or(peak, |(grey, _)| grey).saturating_sub(GRAIN).max(1);
    let gain = (255 * usize::from(Gain::NONE.0)).div_ceil(white);
    Gain(u16::try_from(gain).unwrap_or(u16::MAX).clamp(Gain::NONE.0, Gain::MOST.0))
}
