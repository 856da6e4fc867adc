//! Print that is not black: all of it is print, as light as it was, and nothing else is.

use super::tests::{Drawn, Rgb, inside, is_print, separate};
use crate::finish::{Colour, hash};

const SIZE: (usize, usize) = (520, 460);

/// How much of a pixel ink covers: strokes of 4 pixels with soft edges, as scanners see them.
fn cover(x: usize, y: usize) -> f64 {
    let around = (y.saturating_sub(1)..y + 2).flat_map(|y| (x.saturating_sub(1)..x + 2).map(move |x| (x, y)));
    around.filter(|&(x, y)| is_print(x + 60, y + 30)).count() as f64 / 9.0
}

/// Whether all or none of a place and its neighbours is a stroke; `None` at edges.
fn sure(x: usize, y: usize) -> Option<bool> {
    let mut around = (y - 2..y + 3).flat_map(|y| (x - 2..x + 3).map(move |x| is_print(x + 60, y + 30)));
    let inner = (y - 1..y + 2).all(|y| (x - 1..x + 2).all(|x| is_print(x + 60, y + 30)));
    if inner { Some(true) } else { (!around.any(|print| print)).then_some(false) }
}

fn inner() -> impl Iterator<Item = (usize, usize)> {
    (4..SIZE.1 - 4).flat_map(|y| (4..SIZE.0 - 4).map(move |x| (x, y)))
}

/// Grain of a scan.
fn grain(x: usize, y: usize) -> f64 {
    f64::from(hash(x as u32, y as u32) % 9) - 4.0
}

fn printed(paper: Rgb, ink: Rgb, x: usize, y: usize) -> Rgb {
    let cover = cover(x, y);
    let mut channels =
        paper.into_iter().zip(ink).map(|(paper, ink)| paper + (ink - paper) * cover + grain(x, y));
    [(); 3].map(|()| channels.next().unwrap_or_default().clamp(0.0, 255.0))
}

#[test]
fn strokes_of_any_grey_are_whole_and_keep_their_tone() {
    let white = [250.0; 3];
    for (paper, ink) in [
        (white, [60.0; 3]),
        (white, [110.0; 3]),
        (white, [130.0; 3]),
        (white, [150.0; 3]),
        (white, [165.0; 3]),
        (white, [190.0; 3]),
        (white, [110.0, 150.0, 225.0]),
        (white, [90.0, 165.0, 100.0]),
        ([225.0; 3], [120.0; 3]),
        ([246.0, 226.0, 230.0], [130.0, 120.0, 122.0]),
    ] {
        for (dpi, planes) in [(300, Colour::YCbCr), (600, Colour::YCbCr), (300, Colour::Grey)] {
            let name = format!("{ink:?} on {paper:?}, {dpi} dpi, {planes:?}");
            let ratio = if planes == Colour::Grey { (1, 1) } else { (2, 2) };
            let page = separate(SIZE, Some(dpi), planes, ratio, |x, y| printed(paper, ink, x, y));
            let drawn = Drawn::new(&page);
            let (mut missing, mut strokes, mut off) = (0, 0, 0.0);
            for (x, y) in inner() {
                match sure(x, y) {
                    Some(true) => {
                        strokes += 1;
                        missing += usize::from(!drawn.is_print(x, y));
                        let brightness = |[r, g, b]: Rgb| 0.299 * r + 0.587 * g + 0.114 * b;
                        off += brightness(drawn.at(x, y).map(f64::from)) - brightness(ink);
                    }
                    Some(false) => assert!(!drawn.is_print(x, y), "paper is print at {x}, {y}: {name}"),
                    None => {}
                }
            }
            assert!(missing * 500 < strokes, "{missing} of {strokes} are missing: {name}");
            let off: f64 = off / f64::from(strokes as u32);
            assert!(off.abs() < 30.0, "{off} too light: {name}");
        }
    }
}

#[test]
fn pencil_is_whole_where_it_is_pale_and_where_it_is_dark() {
    let ink = |x: usize| [140.0 + 55.0 * (x as f64 / 30.0).sin(); 3];
    let colour = |x: usize, y: usize| printed([248.0; 3], ink(x), x, y);
    let drawn = Drawn::new(&separate(SIZE, Some(300), Colour::YCbCr, (2, 2), colour));
    let strokes: Vec<_> = inner().filter(|&(x, y)| sure(x, y) == Some(true)).collect();
    let missing = strokes.iter().filter(|&&(x, y)| !drawn.is_print(x, y)).count();
    assert!(missing * 200 < strokes.len(), "{missing} of {}", strokes.len());
}

/// Lines of print are 60 pixels apart.
#[test]
fn grey_lines_stay_grey_between_black_ones() {
    let level = |y: usize| [40.0, 165.0, 40.0, 120.0][(y + 30) / 60 % 4];
    let colour = |x: usize, y: usize| printed([250.0; 3], [level(y); 3], x, y);
    let drawn = Drawn::new(&separate(SIZE, Some(300), Colour::YCbCr, (2, 2), colour));
    let (mut off, mut strokes) = (0, 0);
    for (x, y) in inner().filter(|&(x, y)| sure(x, y) == Some(true)) {
        strokes += 1;
        off += usize::from((f64::from(drawn.at(x, y)[1]) - level(y)).abs() > 45.0);
    }
    assert!(off * 20 < strokes, "{off} of {strokes}");
}

#[test]
fn black_print_stays_print_on_a_pattern_and_the_pattern_does_not_become_any() {
    let colour = |x: usize, y: usize| {
        let wave = ((y as f64 + 12.0 * (x as f64 / 40.0).sin()) % 13.0) < 3.0;
        printed([if wave { 188.0 } else { 250.0 }; 3], [40.0; 3], x, y)
    };
    let drawn = Drawn::new(&separate(SIZE, Some(300), Colour::YCbCr, (2, 2), colour));
    let (mut missing, mut wrong, mut blank) = (0, 0, 0);
    for (x, y) in inner() {
        missing += usize::from(sure(x, y) == Some(true) && !drawn.is_print(x, y));
        blank += usize::from(sure(x, y) == Some(false));
        wrong += usize::from(sure(x, y) == Some(false) && drawn.is_print(x, y));
    }
    assert_eq!(missing, 0);
    // Right beside print the pattern is as dark as its soft edge.
    assert!(wrong * 100 < blank, "{wrong} of {blank}");
}

#[test]
fn pale_print_of_a_coarse_scan_is_not_torn_apart() {
    for ink in [150.0, 180.0] {
        let colour = |x: usize, y: usize| printed([250.0; 3], [ink; 3], x, y);
        let drawn = Drawn::new(&separate(SIZE, Some(150), Colour::Grey, (1, 1), colour));
        assert!(inner().all(|(x, y)| !drawn.is_print(x, y)), "{ink}");
    }
}

/// How much of a pixel white letters cover: strokes of 3 pixels, 24 pixels high, as of 8 points.
fn letters(x: usize, y: usize) -> f64 {
    let stroke = |x: usize, y: usize| {
        let (line, column, down, right) = (y / 52, x / 15, y % 52, x % 15);
        let level = (hash(line as u32, column as u32) % 22) as usize;
        (12..36).contains(&down)
            && right < 11
            && (!(3..8).contains(&right) || (level..level + 3).contains(&(down - 12)))
    };
    let around = (y.saturating_sub(1)..y + 2).flat_map(|y| (x.saturating_sub(1)..x + 2).map(move |x| (x, y)));
    around.filter(|&(x, y)| stroke(x, y)).count() as f64 / 9.0
}

#[test]
fn white_print_on_a_tint_is_not_struck_through() {
    for tint in [[205.0, 230.0, 205.0], [150.0, 195.0, 230.0], [205.0; 3], [225.0, 210.0, 235.0]] {
        let colour = |x: usize, y: usize| {
            let letters = if inside([66, 66, 454, 394], x, y) { letters(x, y) } else { 0.0 };
            let share = if inside([40, 40, 480, 420], x, y) { 1.0 - letters } else { 0.0 };
            let mut channels = tint.into_iter().map(|tint| 250.0 + (tint - 250.0) * share + grain(x, y));
            [(); 3].map(|()| channels.next().unwrap_or_default().clamp(0.0, 255.0))
        };
        let drawn = Drawn::new(&separate(SIZE, Some(300), Colour::YCbCr, (2, 2), colour));
        let print = inner().filter(|&(x, y)| drawn.is_print(x, y)).count();
        assert!(print < 20, "{tint:?}: {print} pixels");
    }
}

/// Strokes of a pen between rules that are as blue, and paler.
#[test]
fn a_pen_and_rules_of_its_colour_keep_their_tones() {
    let (rule, pen) = ([170.0, 200.0, 240.0], [30.0, 40.0, 140.0]);
    let is_rule = |y: usize| (y % 60) / 3 == 9;
    for words in [[40, 60, 110, 100], [20, 20, 500, 440]] {
        let ink = |x: usize, y: usize| inside(words, x, y) && is_print(x + 60, y + 30);
        let colour = |x: usize, y: usize| match (ink(x, y), is_rule(y)) {
            (true, _) => pen,
            (false, true) => rule,
            (false, false) => [250.0; 3],
        };
        let drawn = Drawn::new(&separate(SIZE, Some(300), Colour::YCbCr, (2, 2), colour));
        let near = |x: usize, y: usize, by: usize, is: &dyn Fn(usize, usize) -> bool| {
            (y - by..=y + by).any(|y| (x - by..=x + by).any(|x| is(x, y)))
        };
        let (mut off, mut seen) = ([0; 2], [0; 2]);
        for (x, y) in (24..SIZE.1 - 24).flat_map(|y| (24..SIZE.0 - 24).map(move |x| (x, y))) {
            let (number, expected) = match (ink(x, y), is_rule(y)) {
                (true, false) if !near(x, y, 1, &|x, y| !ink(x, y)) => (0, pen),
                (false, true) if y % 60 == 28 && !near(x, y, 4, &ink) => (1, rule),
                _ => continue,
            };
            seen[number] += 1;
            let darker = expected[0] - f64::from(drawn.at(x, y)[0]);
            // Beside the pen there may be nothing of a rule.
            off[number] += usize::from(darker > 45.0 || number == 0 && darker < -45.0);
        }
        assert!(seen[0] > 0 && off[0] * 50 < seen[0], "pen: {off:?} of {seen:?}");
        // What the pen's edge touches of them is as dark.
        assert!(seen[1] > 0 && off[1] * 8 < seen[1], "rules: {off:?} of {seen:?}");
    }
}

#[test]
fn a_lone_black_letter_stays_black_amid_light_print() {
    let level = |x: usize, y: usize| if inside([228, 150, 264, 210], x, y) { 25.0 } else { 175.0 };
    let colour = |x: usize, y: usize| printed([250.0; 3], [level(x, y); 3], x, y);
    let drawn = Drawn::new(&separate(SIZE, Some(300), Colour::YCbCr, (2, 2), colour));
    let (mut off, mut black, mut light) = (0, 0, 0);
    for (x, y) in inner().filter(|&(x, y)| sure(x, y) == Some(true)) {
        let is_black = level(x, y) < 100.0;
        black += usize::from(is_black);
        light += usize::from(!is_black && drawn.at(x, y)[1] < 130);
        off += usize::from(is_black && drawn.at(x, y)[1] > 70);
    }
    assert!(black > 100 && off * 20 < black, "{off} of {black}");
    assert!(light < black, "{light} beside it");
}

/// Tints, their edges, lines of a security pattern, what shines through, a seal: none is print.
#[test]
fn what_is_no_print_does_not_become_print() {
    let field = |x: usize, y: usize| {
        inside([60, 60, 400, 200], x, y) || (x as f64 - 300.0).hypot(y as f64 - 330.0) < 70.0
    };
    let wave = |x: usize, y: usize| ((y as f64 + 12.0 * (x as f64 / 40.0).sin()) % 13.0) < 3.0;
    let over = |share: f64, ink: Rgb, x: usize, y: usize| {
        let mut channels = ink.into_iter().map(|ink| 250.0 + (ink - 250.0) * share + grain(x, y));
        [(); 3].map(|()| channels.next().unwrap_or_default().clamp(0.0, 255.0))
    };
    let tinted = |ink: Rgb| move |x: usize, y: usize| over(f64::from(u8::from(field(x, y))), ink, x, y);
    type Scene<'a> = (&'a str, Box<dyn Fn(usize, usize) -> Rgb>);
    let scenes: Vec<Scene<'_>> = vec![
        ("grey field", Box::new(tinted([195.0; 3]))),
        ("pale field", Box::new(tinted([225.0; 3]))),
        ("blue field", Box::new(tinted([190.0, 210.0, 240.0]))),
        ("security pattern", Box::new(move |x, y| over(f64::from(u8::from(wave(x, y))), [188.0; 3], x, y))),
        (
            "pale lines",
            Box::new(move |x, y| over(f64::from(u8::from(wave(x, y))), [236.0, 232.0, 238.0], x, y)),
        ),
        ("shining through", Box::new(move |x, y| over(cover(x, y), [236.0; 3], x, y))),
        ("letters of a seal", Box::new(move |x, y| over(0.8 * cover(x, y), [200.0, 30.0, 36.0], x, y))),
        ("a pale seal", Box::new(move |x, y| over(0.5 * cover(x, y), [200.0, 30.0, 36.0], x, y))),
        ("slow shade", Box::new(|x, y| [250.0 - x as f64 / 5.0 + grain(x, y); 3])),
    ];
    for (name, colour) in scenes {
        for dpi in [150, 300, 600] {
            let drawn = Drawn::new(&separate(SIZE, Some(dpi), Colour::YCbCr, (2, 2), &colour));
            let print = inner().filter(|&(x, y)| drawn.is_print(x, y)).count();
            assert!(print < 20, "{name}, {dpi} dpi: {print} pixels");
        }
    }
}
