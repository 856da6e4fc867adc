//! Scans that mean harm: whatever is given, an answer comes, and holds no number that is none.

mod sim;

use proptest::prelude::*;
use sim::Rng;
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use ticket_loop::{Findings, Grey, Label, Layout, grade, read, test_ticket};

/// A scan of a ticket as it should be.
static WELL: LazyLock<sim::Picture> = LazyLock::new(|| {
    let label = Label::new("jiading-lobby-1", "T0042", 7).expect("a label");
    let (print, mut scan) = sim::well(384, &mut Rng(5));
    (scan.dpi, scan.glass, scan.middle, scan.degrees) = (200, (90.0, 110.0), (45.0, 55.0), 3.0);
    sim::scan(&test_ticket(Layout::new(384).expect("a head"), &label), &print, &scan, &mut Rng(6))
});

fn finite(f: &Findings) -> bool {
    let cuts = f.cut_degrees.iter().flatten();
    let stripes = f.stripes.iter().flat_map(|s| [&s.at_mm, &s.width_mm, &s.contrast]);
    let g = &f.geometry;
    let single = [
        &f.fading,
        &f.feed_percent,
        &f.feed_unevenness,
        &f.dirt.area_mm2,
        &g.degrees,
        &g.across,
        &g.along,
        &g.shear_degrees,
    ];
    f.density.len() == Findings::BINS
        && f.density.iter().chain(cuts).chain(stripes).chain(single).all(|v| v.is_finite())
}

/// Reads and grades; an error is an answer, too.
fn answered(width: usize, height: usize, dpi: u32, pixels: &[u8], head: usize) -> bool {
    let scan = Grey::new(width, height, dpi, pixels).expect("within limits");
    match read(&scan, Layout::new(head).expect("a head")) {
        Ok(findings) => {
            let _ = grade(&findings);
            finite(&findings)
        }
        Err(_) => true,
    }
}

/// A picture of something: noise, lines, boxes, all of one level.
fn drawing(kind: u8, width: usize, height: usize, rng: &mut Rng) -> Vec<u8> {
    let step = 1 + rng.below(60);
    let (low, high) = (rng.below(256) as u8, rng.below(256) as u8);
    let place = |i: usize| (i % width, i / width);
    (0..width * height)
        .map(|i| {
            let (x, y) = place(i);
            let marked = match kind {
                0 => return rng.next() as u8,
                1 => rng.below(step) == 0,
                2 => (x / step).is_multiple_of(2),
                3 => (y / step).is_multiple_of(2),
                4 => (x / step + y / step).is_multiple_of(2),
                5 => (x.abs_diff(width / 2) + y.abs_diff(height / 2)) % (step + 2) < 2,
                _ => false,
            };
            if marked { low } else { high }
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_picture_is_answered(kind in 0u8..7, width in 1usize..900, height in 1usize..900, dpi in 200u32..=1200, seed: u64) {
        let pixels = drawing(kind, width, height, &mut Rng(seed));
        prop_assert!(answered(width, height, dpi, &pixels, 384));
    }

    #[test]
    fn thin_pictures_are_answered(wide: bool, long in 1usize..40_000, thin in 1usize..4, seed: u64) {
        let (width, height) = if wide { (long, thin) } else { (thin, long) };
        let pixels = drawing(1, width, height, &mut Rng(seed));
        prop_assert!(answered(width, height, 300, &pixels, 576));
    }

    /// A true ticket with boxes painted over it, read at another resolution or as another head's.
    #[test]
    fn a_mangled_ticket_is_answered(
        boxes in prop::collection::vec((0usize..700, 0usize..860, 1usize..300, 1usize..300, any::<u8>()), 0..12),
        dpi in prop::sample::select(vec![200u32, 200, 200, 205, 230, 300, 1200]),
        head in prop::sample::select(vec![384usize, 384, 384, 392, 832]),
        rolled in 0usize..100_000,
    ) {
        let well = &*WELL;
        let mut pixels = well.pixels.clone();
        for (left, top, wide, high, level) in boxes {
            for y in top..(top + high).min(well.height) {
                let row = &mut pixels[y * well.width..(y + 1) * well.width];
                row[left.min(well.width)..(left + wide).min(well.width)].fill(level);
            }
        }
        if rolled > 90_000 {
            let places = rolled % pixels.len();
            pixels.rotate_left(places);
        }
        prop_assert!(answered(well.width, well.height, dpi, &pixels, head));
    }
}

/// Many tickets on one glass, and noise that hangs together everywhere, take no longer than a few times what
/// one ticket does.
#[test]
fn work_is_bounded() {
    let well = &*WELL;
    let one = Instant::now();
    assert!(answered(well.width, well.height, 200, &well.pixels, 384));
    let one = one.elapsed();
    let (width, height) = (well.width * 2, well.height * 3);
    let tiled: Vec<u8> = (0..width * height)
        .map(|i| well.pixels[(i / width % well.height) * well.width + i % width % well.width])
        .collect();
    for head in [384, 576] {
        let start = Instant::now();
        assert!(answered(width, height, 200, &tiled, head));
        assert!(
            start.elapsed() < one * 60 + Duration::from_secs(2),
            "{:?} for six, {one:?} for one",
            start.elapsed()
        );
    }
    for kind in 0..6 {
        let noise = drawing(kind, width, height, &mut Rng(3));
        let start = Instant::now();
        assert!(answered(width, height, 200, &noise, 384));
        assert!(
            start.elapsed() < one * 60 + Duration::from_secs(2),
            "{:?} for noise, {one:?} for one",
            start.elapsed()
        );
    }
}
