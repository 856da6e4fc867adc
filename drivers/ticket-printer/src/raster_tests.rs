use super::*;
use proptest::prelude::*;

fn picture(rows: &[&str]) -> Bitmap {
    let mut bitmap = Bitmap::blank(rows[0].len(), rows.len());
    for (y, row) in rows.iter().enumerate() {
        for (x, dot) in row.bytes().enumerate() {
            if dot == b'#' {
                bitmap.blacken(x, y);
            }
        }
    }
    bitmap
}

/// What white rows cost where paper can be fed by the dot.
fn fed(_: usize) -> usize {
    3
}

/// All the bytes of a picture.
fn printed(bitmap: &Bitmap, align: Align, scale: u8) -> Vec<u8> {
    let mut out = Vec::new();
    if let Some(ink) = bitmap.ink(align, 72, fed) {
        for band in ink.bands() {
            ink.print(*band, scale, &mut out);
        }
    }
    out
}

/// Puts the bands back onto paper of 72 bytes, and gives all dots that are black on it.
fn on_paper(bitmap: &Bitmap, align: Align) -> Vec<(usize, usize)> {
    let Some(ink) = bitmap.ink(align, 72, fed) else { return Vec::new() };
    let mut dots = Vec::new();
    let mut y = ink.first;
    for band in ink.bands() {
        match *band {
            Band::White(rows) => y += rows,
            Band::Dots { rows, left, right, .. } => {
                let mut bytes = Vec::new();
                ink.print(*band, 0, &mut bytes);
                let width = right - left;
                let x0 = match align {
                    Align::Left => 0,
                    Align::Centre => (72 * 8 - width * 8) / 2,
                    Align::Right => 72 * 8 - width * 8,
                };
                for (at, byte) in bytes[8..].iter().enumerate() {
                    for bit in (0..8).filter(|bit| byte & (0x80 >> bit) != 0) {
                        dots.push((x0 + at % width * 8 + bit, y + at / width));
                    }
                }
                y += rows;
            }
        }
    }
    dots
}

#[test]
fn sides_and_length_are_checked() {
    assert!(Bitmap::new(0, 1, vec![]).is_err());
    assert!(Bitmap::new(833, 1, vec![0; 105]).is_err());
    assert_eq!(Bitmap::new(9, 2, vec![0; 3]), Err(BitmapError::Length { have: 3, want: 4 }));
    assert!(Bitmap::new(9, 2, vec![0; 4]).is_ok());
}

#[test]
fn margins_fall_away() {
    let p = picture(&["................#.......", "................##......"]);
    assert_eq!(p.tight(Align::Left, 72).width, 24);
    assert_eq!(p.tight(Align::Right, 72).width, 8);
    // four blank dots on both sides at least: 24 - 2 · 6 = 12 dots, in two bytes
    assert_eq!(p.tight(Align::Centre, 72).width, 16);
    let right = p.tight(Align::Right, 72);
    assert!(right.is_black(0, 0) && right.is_black(1, 1));
    // wider than the paper: cut off
    assert_eq!(p.tight(Align::Left, 2).width, 16);
}

#[test]
fn a_picture_goes_in_bands_that_can_be_cleared() {
    let black = Bitmap::new(576, 300, vec![0xFF; 72 * 300]).expect("within limits");
    let out = printed(&black, Align::Left, 0);
    assert_eq!(out.len(), 72 * 300 + 3 * 8);
    let ink = black.ink(Align::Left, 72, fed).expect("ink");
    for band in ink.bands() {
        let mut one = Vec::new();
        ink.print(*band, 0, &mut one);
        assert!(one.len() <= LONGEST_COMMAND && one[..6] == [0x1D, 0x76, 0x30, 0, 72, 0]);
    }
}

#[test]
fn white_and_narrow_rows_cost_next_to_nothing() {
    let wide = "#".repeat(320);
    let narrow = format!("{}{}", "#".repeat(8), ".".repeat(312));
    let white = ".".repeat(320);
    let rows: Vec<&str> =
        [&wide[..]; 4].into_iter().chain([&white[..]; 40]).chain([&narrow[..]; 40]).collect();
    let p = picture(&rows);
    let ink = p.ink(Align::Left, 72, fed).expect("ink");
    assert_eq!(
        ink.bands(),
        [
            Band::Dots { top: 0, rows: 4, left: 0, right: 40 },
            Band::White(40),
            Band::Dots { top: 44, rows: 40, left: 0, right: 1 },
        ]
    );
    // Where white is as dear as ink, it stays within its band if that is cheaper.
    let short = picture(&[&narrow, &white, &narrow]);
    assert_eq!(short.ink(Align::Left, 72, |n| 8 + n).expect("ink").bands().len(), 1);
    assert!(Bitmap::blank(300, 40).ink(Align::Left, 72, fed).is_none());
}

/// Finds what a printer takes for a real-time command: DLE and one of EOT, ENQ, DC4.
fn real_time(bytes: &[u8]) -> Option<usize> {
    let mut after_dle = false;
    for (at, byte) in bytes.iter().enumerate() {
        if after_dle && [0x04, 0x05, 0x14].contains(byte) {
            return Some(at);
        }
        after_dle = *byte == 0x10;
    }
    None
}

proptest! {
    #[test]
    fn no_real_time_command_is_ever_inside(
        width in 1usize..200, height in 1usize..40,
        seed in proptest::collection::vec(prop_oneof![Just(0x10u8), Just(4), Just(5), Just(0x14), any::<u8>()], 1000),
        align in prop_oneof![Just(Align::Left), Just(Align::Centre), Just(Align::Right)],
    ) {
        let len = width.div_ceil(8) * height;
        let rows: Vec<u8> = seed.iter().cycle().take(len).copied().collect();
        let bitmap = Bitmap::new(width, height, rows.clone()).expect("within limits");
        prop_assert_eq!(real_time(&printed(&bitmap, align, 3)), None);
        // all else prints as it was
        let mut data = rows.clone();
        make_harmless(&mut data);
        let changed = rows.iter().zip(&data).filter(|(a, b)| a != b);
        for (a, b) in changed {
            prop_assert_eq!((a ^ b).count_ones(), 1);
        }
    }

    #[test]
    fn tight_prints_the_same(dots in proptest::collection::vec(any::<bool>(), 40 * 5), shift in 0usize..30) {
        let mut p = Bitmap::blank(80, 5);
        for (i, _) in dots.iter().enumerate().filter(|(_, d)| **d) {
            p.blacken(i % 40 + shift, i / 40);
        }
        let left = p.tight(Align::Left, 72);
        let right = p.tight(Align::Right, 72);
        for y in 0..5 {
            for x in 0..80 {
                prop_assert_eq!(p.is_black(x, y), left.is_black(x, y));
                let from_right = (x + right.width()).checked_sub(80);
                prop_assert_eq!(p.is_black(x, y), from_right.is_some_and(|x| right.is_black(x, y)));
            }
        }
    }

    #[test]
    fn bands_put_together_are_the_picture(
        inked in proptest::collection::btree_set((0usize..576, 0usize..60), 1..120),
        align in prop_oneof![Just(Align::Left), Just(Align::Centre), Just(Align::Right)],
    ) {
        // As wide as the paper, so that every alignment puts it at the same place.
        let mut p = Bitmap::blank(576, 60);
        for (x, y) in &inked {
            p.blacken(*x, *y);
        }
        let mut seen = on_paper(&p, align);
        seen.sort_unstable();
        // Only what is made harmless may be more, and what stands in the middle may lie off it by
        // the dots that fill its last byte.
        if align == Align::Left {
            for dot in &inked {
                prop_assert!(seen.contains(dot));
            }
            prop_assert!(seen.len() <= inked.len() * 2);
        }
        let rows = |dots: &[(usize, usize)]| dots.iter().map(|d| d.1).collect::<std::collections::BTreeSet<_>>();
        prop_assert_eq!(rows(&seen), rows(&inked.iter().copied().collect::<Vec<_>>()));
        let whole = printed(&p, align, 0).len();
        prop_assert!(whole <= 72 * 60 + 8, "{} bytes", whole);
    }
}
