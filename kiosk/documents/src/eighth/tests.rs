//! Beside libjpeg: the same picture, or none.

use proptest::prelude::*;
use turbojpeg::{Decompressor, Image, PixelFormat, ScalingFactor, Subsamp};

use super::{Wanted, read};
use crate::decode::Pixels;
use crate::finish::scenes::{Coding, encode, hash};
use crate::jpeg_header;

/// A picture of many shades, with edges and grain, as a scanner codes it.
fn image(width: usize, height: usize, coding: Coding) -> Vec<u8> {
    let sample = |i: usize| {
        let (x, y) = (i / 3 % width, i / 3 / width);
        let grain = hash(x as u32, y as u32) % 60;
        let shade = (x * 3 + y * 2 + i % 3 * 40) as u32 % 190;
        if (x / 9 + y / 17).is_multiple_of(3) { grain as u8 } else { (shade + grain) as u8 }
    };
    encode(&(0..width * height * 3).map(sample).collect::<Vec<_>>(), width, height, coding, 300)
}

/// What libjpeg makes of it.
fn by_libjpeg(jpeg: &[u8], scale: ScalingFactor) -> turbojpeg::Result<Pixels> {
    let mut decoder = Decompressor::new()?;
    let header = decoder.read_header(jpeg)?;
    decoder.set_scaling_factor(scale)?;
    let (width, height) = (scale.scale(header.width), scale.scale(header.height));
    let mut image =
        Image { pixels: vec![0; width * height], width, pitch: width, height, format: PixelFormat::GRAY };
    decoder.decompress(jpeg, image.as_deref_mut())?;
    Ok(Pixels { width, height, bytes: image.pixels })
}

/// Whether there is a picture; it is libjpeg's then.
fn is_there(jpeg: &[u8]) -> bool {
    let Ok(header) = jpeg_header::of(jpeg, "page".as_ref()) else { return false };
    let with_slopes = read(jpeg, &header, Wanted::Slopes);
    let Some(ours) = read(jpeg, &header, Wanted::Means).map(|eighth| eighth.picture) else {
        assert!(with_slopes.is_none(), "slopes of no picture");
        return false;
    };
    assert!(with_slopes.is_some_and(|with| with.picture.bytes == ours.bytes), "slopes make another picture");
    let theirs = by_libjpeg(jpeg, ScalingFactor::ONE_EIGHTH).expect("nothing that libjpeg finds wrong");
    assert_eq!((ours.width, ours.height), (theirs.width, theirs.height));
    assert!(ours.bytes == theirs.bytes, "other samples");
    true
}

#[test]
fn it_is_libjpeg_s_picture() {
    for coding in Coding::ALL {
        for (width, height) in [(1, 1), (8, 8), (9, 17), (33, 64), (250, 131), (640, 37)] {
            let there = is_there(&image(width, height, coding));
            // What a scanner writes is taken here; the other two are for libjpeg.
            let wanted = !matches!(coding, Coding::Progressive | Coding::Rgb);
            assert_eq!(there, wanted, "{coding:?}, {width} × {height}");
        }
    }
}

/// Waves down the page, which `light` lets begin on what a white lid may be.
fn waves(width: usize, height: usize, light: bool, coding: Coding) -> Vec<u8> {
    let sample = |i: usize| {
        let (x, y) = (i / 3 % width, i / 3 / width);
        let wave = (y as f64 * 0.3 + x as f64 * 0.02).sin() * 60.0;
        if y < 104 { if light { 240 } else { 190 } } else { (130.0 + wave) as u8 }
    };
    encode(&(0..width * height * 3).map(sample).collect::<Vec<_>>(), width, height, coding, 300)
}

#[test]
fn slopes_make_means_of_the_halves_of_blocks() {
    for coding in [Coding::Colour(Subsamp::Sub2x2), Coding::Colour(Subsamp::None), Coding::Grey] {
        let jpeg = waves(200, 300, true, coding);
        let header = jpeg_header::of(&*jpeg, "page".as_ref()).unwrap();
        let halves = read(&jpeg, &header, Wanted::Slopes).unwrap().halves().unwrap();
        let quarters = by_libjpeg(&jpeg, ScalingFactor::ONE_QUARTER).unwrap();
        assert_eq!((halves.width, halves.height), (25, 76));
        for (y, row) in quarters.bytes.chunks_exact(quarters.width).enumerate() {
            for (x, pair) in row.chunks_exact(2).enumerate() {
                let (mean, half) = (pair[0].midpoint(pair[1]), halves.bytes[y * halves.width + x]);
                assert!(half.abs_diff(mean) <= 4, "{half}, not {mean}, at {x}, {y}, {coding:?}");
            }
        }
    }
}

#[test]
fn slopes_are_read_under_white_lids_alone() {
    for light in [true, false] {
        let jpeg = waves(200, 300, light, Coding::Colour(Subsamp::Sub2x2));
        let header = jpeg_header::of(&*jpeg, "page".as_ref()).unwrap();
        let has_slopes = |wanted| read(&jpeg, &header, wanted).unwrap().halves().is_some();
        assert_eq!(has_slopes(Wanted::SlopesOnWhite), light);
        assert!(has_slopes(Wanted::Slopes) && !has_slopes(Wanted::Means));
        // But for those near the upper end, they are the same.
        let halves = |wanted| read(&jpeg, &header, wanted).unwrap().halves().unwrap().bytes;
        assert!(!light || halves(Wanted::SlopesOnWhite)[25 * 16..] == halves(Wanted::Slopes)[25 * 16..]);
    }
}

/// The picture with markers put between its coded units, as some scanners do: made anew by libjpeg's own program.
#[test]
fn restart_markers_are_got_over() {
    for interval in ["1", "2B", "7B", "1000B"] {
        for coding in [Coding::Colour(Subsamp::Sub2x2), Coding::Colour(Subsamp::None), Coding::Grey] {
            let jpeg = jpegtran(&image(250, 131, coding), &["-restart", interval]);
            assert!(jpeg.windows(2).any(|pair| pair == [0xFF, 0xDD]), "no interval");
            assert!(is_there(&jpeg), "{interval}, {coding:?}");
            // One that is missing, or another than is due.
            let marker = jpeg.windows(2).position(|pair| matches!(pair, [0xFF, 0xD0..=0xD7]));
            if let Some(at) = marker {
                let mut other = jpeg.clone();
                other[at + 1] = 0xD5;
                assert!(!is_there(&other), "{interval}, {coding:?}");
                other.drain(at..at + 2);
                assert!(!is_there(&other), "{interval}, {coding:?}");
            }
        }
    }
}

/// Codes that were made for the picture, with words of all lengths, and few of the usual ones.
#[test]
fn codes_are_the_image_s_own() {
    for coding in Coding::ALL {
        // What was progressive is not any more.
        let jpeg = jpegtran(&image(400, 300, coding), &["-optimize"]);
        assert_eq!(is_there(&jpeg), coding != Coding::Rgb, "{coding:?}");
    }
}

fn jpegtran(jpeg: &[u8], how: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.jpg");
    std::fs::write(&path, jpeg).unwrap();
    let done = std::process::Command::new("jpegtran").args(["-copy", "all"]).args(how).arg(path).output();
    let done = done.expect("jpegtran, from libjpeg-turbo-progs");
    assert!(done.status.success(), "{done:?}");
    done.stdout
}

#[test]
fn what_is_not_whole_is_left_to_libjpeg() {
    let jpeg = image(250, 131, Coding::Colour(Subsamp::Sub2x2));
    for end in (0..jpeg.len()).step_by(7) {
        assert!(!is_there(&jpeg[..end]), "cut at {end}");
    }
    let more = |between: &[u8]| [&jpeg[..jpeg.len() - 2], between, &[0xFF, 0xD9]].concat();
    assert!(!is_there(&more(&[0])), "a byte too many");
    assert!(!is_there(&more(&[0xFF, 0xFE, 0, 2])), "a segment behind the scan");
    assert!(is_there(&[&jpeg[..], b"and more"].concat()), "behind the image's end anything may follow");
}

/// Bytes, written in hexadecimal.
fn hex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks_exact(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// A word as long as they get, with as many bits behind it as there are, and then another such: once more bits were
/// taken than were there.
#[test]
fn the_longest_words_follow_each_other() {
    let quanta = "10".repeat(64);
    let jpeg = hex(&format!(
        "ffd8ffdb004300{quanta}ffc0000b08000800b001011100\
         ffc4002a00010101000000000000000000000000000100051001000000000000000000000100000001000f0f\
         ffda0008010100003f00da8010800100100000492492492492483fffd9"
    ));
    assert!(is_there(&jpeg));
}

/// An image of one minimum coded unit, whose brightness has so many blocks across and down; all of them are grey.
fn one_unit(side: u8) -> Vec<u8> {
    let quanta = [&[0xFF, 0xDB, 0, 67, 0][..], &[16; 64]].concat();
    let frame =
        [0xFF, 0xC0, 0, 17, 8, 0, side * 8, 0, side * 8, 3, 1, side << 4 | side, 0, 2, 0x11, 0, 3, 0x11, 0];
    // One word of one bit for both: no difference, and the end.
    let code = |kind: u8| [&[0xFF, 0xC4, 0, 20, kind, 1][..], &[0; 15], &[0]].concat();
    let scan = [0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0];
    let bits = 2 * (usize::from(side * side) + 2);
    let mut blocks = vec![0; bits.div_ceil(8)];
    if let Some(last) = blocks.last_mut().filter(|_| bits % 8 > 0) {
        *last = 0xFF >> (bits % 8);
    }
    [&[0xFF, 0xD8][..], &quanta, &frame, &code(0), &code(0x10), &scan, &blocks, &[0xFF, 0xD9]].concat()
}

#[test]
fn more_blocks_than_a_unit_may_have_are_left_to_libjpeg() {
    for (side, wanted) in [(1, true), (2, true), (3, false), (4, false)] {
        let jpeg = one_unit(side);
        assert_eq!(
            (is_there(&jpeg), by_libjpeg(&jpeg, ScalingFactor::ONE_EIGHTH).is_ok()),
            (wanted, wanted),
            "{side}"
        );
    }
}

/// An image with its segment of that marker changed.
fn changed(jpeg: &[u8], marker: u8, change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let at = jpeg.windows(2).position(|pair| pair == [0xFF, marker]).expect("the segment");
    let length = usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
    let mut body = jpeg[at + 4..at + 2 + length].to_vec();
    change(&mut body);
    [&jpeg[..at + 2], &(body.len() as u16 + 2).to_be_bytes(), &body, &jpeg[at + 2 + length..]].concat()
}

#[test]
fn heads_that_libjpeg_takes_otherwise_are_left_to_it() {
    let (grey, colour) = (image(40, 30, Coding::Grey), image(40, 30, Coding::Colour(Subsamp::None)));
    let framed = |jpeg: &[u8], samplings: &[u8]| {
        changed(jpeg, 0xC0, |body| {
            samplings.iter().zip(0..).for_each(|(&sampling, i)| body[7 + 3 * i] = sampling)
        })
    };
    let behind = |jpeg: &[u8], segment: &[u8]| {
        let length = (segment.len() as u16 + 1).to_be_bytes();
        [&jpeg[..2], &[0xFF, segment[0]], &length, &segment[1..], &jpeg[2..]].concat()
    };
    let profile = |body: &[u8]| [b"\xE2ICC_PROFILE\0", body].concat();
    for (what, jpeg, wanted) in [
        ("alone, whatever its sampling", framed(&grey, &[0x22]), true),
        ("no blocks", framed(&grey, &[0x01]), false),
        ("quanta of nothing", changed(&grey, 0xDB, |body| body[1] = 0), false),
        ("a JFIF of another version", changed(&grey, 0xE0, |body| body[5] = 2), false),
        ("Adobe's segment", behind(&colour, b"\xEEAdobe\0\x64\0\0\0\0\x01"), false),
        ("a profile", behind(&colour, &profile(&[1, 1, 7])), true),
        ("an empty profile", behind(&colour, &profile(&[1, 1])), false),
        ("half a profile", behind(&colour, &profile(&[1, 2, 7])), false),
        ("no first piece of a profile", behind(&colour, &profile(&[0, 1, 7])), false),
        ("two profiles", behind(&behind(&colour, &profile(&[1, 1, 7])), &profile(&[1, 1, 7])), false),
        ("another's segment", behind(&colour, b"\xE1Exif\0"), true),
    ] {
        assert_eq!(is_there(&jpeg), wanted, "{what}");
    }
    // Without a whole JFIF segment the components' names say what they are.
    let short = changed(&colour, 0xE0, |body| body.truncate(12));
    let named =
        changed(&short, 0xC0, |body| b"RGB".iter().zip(0..).for_each(|(&id, i)| body[6 + 3 * i] = id));
    let named =
        changed(&named, 0xDA, |body| b"RGB".iter().zip(0..).for_each(|(&id, i)| body[1 + 2 * i] = id));
    assert!(is_there(&short) && !is_there(&named));
}

/// Whether a picture of [`image`] that was damaged in these places, as parts of its length, is still there.
fn damaged(coding: Coding, damage: &[(f64, u8)], head: bool) -> bool {
    let mut jpeg = image(70, 50, coding);
    let reach = if head { 620.min(jpeg.len()) } else { jpeg.len() };
    for (at, value) in damage {
        let at = (at * reach as f64) as usize;
        jpeg[at] = *value;
    }
    is_there(&jpeg)
}

/// Damaged anywhere, it is still libjpeg's picture, without anything that libjpeg finds wrong.
#[test]
fn damage_makes_no_other_picture() {
    let config = ProptestConfig { source_file: Some(file!()), ..ProptestConfig::with_cases(400) };
    let damage = proptest::collection::vec((0.0..1.0_f64, any::<u8>()), 1..4);
    let cases = (proptest::sample::select(&Coding::ALL[..]), damage, any::<bool>());
    let there = std::cell::Cell::new(0);
    proptest::test_runner::TestRunner::new(config)
        .run(&cases, |(coding, damage, head)| {
            there.set(there.get() + u32::from(damaged(coding, &damage, head)));
            Ok(())
        })
        .unwrap();
    assert!(there.get() > 10, "{} of 400: nothing was compared", there.get());
}
