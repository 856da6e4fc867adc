//! How a JPEG image says that it is to be turned: the orientation of Exif (CIPA DC-008, 4.6.5).

use std::io::{self, Read};

use crate::quarter::Quarter;

/// Reads the beginning of a JPEG image and returns it with the turn told in it; nothing is read for an
/// image that is upright.
///
/// The segment comes after that of JFIF, which claims the first place for itself, and before any other:
/// of two orientations viewers believe the first.
pub(crate) fn told(from: &mut impl Read, turn: Quarter) -> io::Result<Vec<u8>> {
    let orientation = match turn {
        Quarter::None => return Ok(vec![]),
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

            let mut from = image;
            assert!(told(&mut from, Quarter::None).unwrap().is_empty());
            assert_eq!(from, image);
        }
    }
}
