//! How a JPEG image says that it is to be turned: the orientation of Exif (CIPA DC-008, 4.6.5).

use std::io::{self, Read};

use crate::quarter::Quarter;

/// How an image is to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    Turned(Quarter),
    /// Mirrored, and turned perhaps. No scanner writes it, and no page is kept so: print would be mirrored
    /// in every reader that does not know of orientations.
    Mirrored,
}

/// Reads what a segment APP1 says; `None` when it is no Exif, says nothing, or nothing that has a meaning.
pub(crate) fn shown(segment: &mut impl Read) -> io::Result<Option<Shown>> {
    let mut name = vec![];
    segment.take(6).read_to_end(&mut name)?;
    // The last byte is padding.
    if !matches!(name[..], [b'E', b'x', b'i', b'f', 0, _]) {
        return Ok(None);
    }
    let mut tiff = vec![];
    segment.read_to_end(&mut tiff)?;
    Ok(orientation(&tiff).and_then(|orientation| {
        Some(match orientation {
            1 => Shown::Turned(Quarter::None),
            3 => Shown::Turned(Quarter::Half),
            6 => Shown::Turned(Quarter::Right),
            8 => Shown::Turned(Quarter::Left),
            2 | 4 | 5 | 7 => Shown::Mirrored,
            _ => return None,
        })
    }))
}

/// The value of entry 0x0112 in the first directory (TIFF 6.0, section 2).
fn orientation(tiff: &[u8]) -> Option<u16> {
    const ENTRY: usize = 12;
    let little = match tiff.first_chunk()? {
        b"II" => true,
        b"MM" => false,
        _ => return None,
    };
    let short = |bytes: &[u8]| {
        let two = *bytes.first_chunk()?;
        Some(if little { u16::from_le_bytes(two) } else { u16::from_be_bytes(two) })
    };
    let long = |bytes: &[u8]| {
        let four = *bytes.first_chunk()?;
        Some(if little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) })
    };
    if short(tiff.get(2..)?)? != 42 {
        return None;
    }
    let directory = tiff.get(usize::try_from(long(tiff.get(4..)?)?).ok()?..)?;
    let count = usize::from(short(directory)?);
    let entry = directory.get(2..)?.chunks_exact(ENTRY).take(count).find(|e| short(e) == Some(0x0112))?;
    // SHORT, one of them.
    let sound = short(entry.get(2..)?)? == 3 && long(entry.get(4..)?)? == 1;
    short(entry.get(8..)?).filter(|_| sound)
}

/// Reads the beginning of a JPEG image and returns it with the turn told in it.
///
/// The segment comes after that of JFIF, which claims the first place for itself, and before any other:
/// of two orientations viewers believe the first.
pub(crate) fn told(from: &mut impl Read, turn: Quarter) -> io::Result<Vec<u8>> {
    let orientation = match turn {
        Quarter::None => 1,
        Quarter::Right => 6,
        Quarter::Half => 3,
        Quarter::Left => 8,
    };
    /// Start of image, and of the segment of JFIF all up to its name.
    const HEAD: u64 = 11;
    let mut head = vec![];
    from.take(HEAD).read_to_end(&mut head)?;
    let mut rest = vec![];
    match head[..] {
        [0xFF, 0xD8, 0xFF, 0xE0, high, low, b'J', b'F', b'I', b'F', 0] => {
            let length = u64::from(u16::from_be_bytes([high, low]));
            from.take((length + 4).saturating_sub(HEAD)).read_to_end(&mut head)?;
        }
        _ => rest = head.split_off(head.len().min(2)),
    }
    head.extend(segment(orientation));
    head.append(&mut rest);
    Ok(head)
}

/// The segment APP1 with a directory of one entry, 0x0112.
fn segment(orientation: u8) -> [u8; 36] {
    #[rustfmt::skip]
    let segment = [
        0xFF, 0xE1, 0, 34, b'E', b'x', b'i', b'f', 0, 0,
        // TIFF's header: the order of bytes, its number, and where the directory begins
        b'M', b'M', 0, 42, 0, 0, 0, 8,
        // one entry: its tag, SHORT, one value, and the value in the first half of four bytes
        0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0,
        // no further directory
        0, 0, 0, 0,
    ];
    segment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_segment_follows_that_of_jfif() {
        let jfif: &[u8] = b"\xFF\xD8\xFF\xE0\x00\x12JFIF\0\x01\x02\x01\x01\x2C\x01\x2C\0\0ab\xFF\xDBrest";
        let adobe: &[u8] = b"\xFF\xD8\xFF\xEE\x00\x0EAdobe\0\x64\0\0\0\0\0\xFF\xDBrest";
        for (image, before) in [(jfif, 22), (adobe, 2), (&jfif[..9], 2), (&jfif[..1], 1), (b"", 0)] {
            let mut from = image;
            let mut all = told(&mut from, Quarter::Left).unwrap();
            all.extend_from_slice(from);
            let mut expected = image[..before].to_vec();
            expected.extend(segment(8));
            expected.extend_from_slice(&image[before..]);
            assert_eq!(all, expected, "{before}");
        }
    }

    /// A directory in either order of bytes, with another entry before the orientation.
    fn told_by(little: bool, kind: u16, count: u32, value: u16) -> Vec<u8> {
        let short = |n: u16| if little { n.to_le_bytes() } else { n.to_be_bytes() };
        let long = |n: u32| if little { n.to_le_bytes() } else { n.to_be_bytes() };
        let mut segment = b"Exif\0\0".to_vec();
        segment.extend(if little { b"II" } else { b"MM" });
        segment.extend([&short(42)[..], &long(10), &[7, 7], &short(2)].concat());
        segment.extend([&short(0x0100)[..], &short(3), &long(1), &short(6), &[0; 2]].concat());
        segment.extend([&short(0x0112)[..], &short(kind), &long(count), &short(value), &[0; 2]].concat());
        segment.extend([0; 4]);
        segment
    }

    #[test]
    fn orientations_are_read_in_both_orders_of_bytes() {
        use Quarter::{Half, Left, None, Right};
        for little in [false, true] {
            for (value, expected) in [
                (1, Some(Shown::Turned(None))),
                (3, Some(Shown::Turned(Half))),
                (6, Some(Shown::Turned(Right))),
                (8, Some(Shown::Turned(Left))),
                (2, Some(Shown::Mirrored)),
                (4, Some(Shown::Mirrored)),
                (5, Some(Shown::Mirrored)),
                (7, Some(Shown::Mirrored)),
                (0, Option::None),
                (9, Option::None),
                (u16::MAX, Option::None),
            ] {
                let segment = told_by(little, 3, 1, value);
                assert_eq!(shown(&mut &segment[..]).unwrap(), expected, "{value}");
            }
        }
        for turn in [None, Right, Half, Left] {
            let mut image: &[u8] = b"";
            let all = told(&mut image, turn).unwrap();
            assert_eq!(shown(&mut &all[4..]).unwrap(), Some(Shown::Turned(turn)), "our own");
        }
    }

    #[test]
    fn what_makes_no_sense_says_nothing() {
        let good = told_by(false, 3, 1, 6);
        let with = |at: usize, byte: u8| {
            let mut segment = good.clone();
            segment[at] = byte;
            segment
        };
        let cases = [
            told_by(false, 4, 1, 6),
            told_by(false, 3, 2, 6),
            with(0, b'e'),
            with(6, b'I'),
            with(9, 43),
            with(10, 0xFF),
            with(13, 0xFF),
            // One entry only, and the orientation is the second.
            with(17, 1),
            b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>".to_vec(),
        ];
        for (number, segment) in cases.iter().enumerate() {
            assert_eq!(shown(&mut &segment[..]).unwrap(), Option::None, "{number}");
        }
        for end in 0..good.len() - 6 {
            assert_eq!(shown(&mut &good[..end]).unwrap(), Option::None, "{end}");
        }
    }
}
