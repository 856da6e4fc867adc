//! The head of a JPEG image, read marker by marker (ISO/IEC 10918-1, annex B) without decoding.
//!
//! This reading decides what the decoder and the PDF are allowed to see. It looks no further than
//! the first scan header and needs only as much memory as the segments it understands.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read};
use std::path::Path;

use crate::error::PageError;
use crate::exif::{self, Shown};
use crate::quarter::Quarter;

/// Largest page file, in bytes.
pub const MAX_PAGE_BYTES: u64 = 64 << 20;

/// Largest width and height, in pixels.
pub const MAX_SIDE: u32 = 20_000;

/// Most pixels of a page.
pub const MAX_PIXELS: u64 = 100_000_000;

/// Most pixels of an image that a decoder must hold as coefficients: progressive images and those
/// whose components come one after the other. A4 at 600 dots per inch still fits.
pub const MAX_BUFFERED_PIXELS: u64 = 36_000_000;

/// Most segments before the first scan; real images have about ten.
const MAX_SEGMENTS: usize = 500;

/// What the head of an acceptable JPEG image says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) components: Components,
    /// Resolution from the JFIF segment, when it is the same in both directions.
    pub(crate) dpi: Option<u32>,
    /// The turn after which it is to be shown, as the image itself says (Exif).
    pub(crate) turn: Quarter,
}

/// How the samples are to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Components {
    Grey,
    YCbCr,
    Rgb,
}

/// What is wrong with a head, before it is known whose it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    NotJpeg,
    Truncated,
    Corrupt(&'static str),
    Cmyk,
    Unsupported(&'static str),
    Dimensions(u32, u32),
    Io(String),
}

/// Opens a page file, checks its size and reads the head of the image.
pub(crate) fn open(path: &Path) -> Result<(File, u64, Header), PageError> {
    let failed = |e: io::Error| PageError::reading(path, &e);
    // To open a FIFO would be to wait for whoever writes into it.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(PageError::NotJpeg { path: path.to_owned() });
    }
    let file = File::open(path).map_err(failed)?;
    let info = file.metadata().map_err(failed)?;
    if !info.is_file() {
        return Err(PageError::NotJpeg { path: path.to_owned() });
    }
    let bytes = info.len();
    match bytes {
        0 => return Err(PageError::Empty { path: path.to_owned() }),
        1..=MAX_PAGE_BYTES => {}
        _ => return Err(PageError::TooLarge { path: path.to_owned(), bytes }),
    }
    let header = read(BufReader::new(&file)).map_err(|flaw| flaw.of(path))?;
    Ok((file, bytes, header))
}

/// Reads the head of an image inside the file `path`.
pub(crate) fn of(from: impl Read, path: &Path) -> Result<Header, PageError> {
    read(BufReader::new(from)).map_err(|flaw| flaw.of(path))
}

impl Flaw {
    fn of(self, path: &Path) -> PageError {
        let path = path.to_owned();
        match self {
            Self::NotJpeg => PageError::NotJpeg { path },
            Self::Truncated => PageError::Truncated { path },
            Self::Corrupt(why) => PageError::Corrupt { path, why: why.into() },
            Self::Cmyk => PageError::Cmyk { path },
            Self::Unsupported(what) => PageError::Unsupported { path, what },
            Self::Dimensions(width, height) => PageError::Dimensions { path, width, height },
            Self::Io(why) => PageError::Unreadable { path, why },
        }
    }
}

impl From<io::Error> for Flaw {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::UnexpectedEof => Self::Truncated,
            _ => Self::Io(error.to_string()),
        }
    }
}

/// The frame header, SOFn (B.2.2).
#[derive(Debug, Clone, Copy)]
struct Frame {
    progressive: bool,
    width: u32,
    height: u32,
    count: u8,
    /// The identifiers of the first three components; 0 where there is none.
    ids: [u8; 3],
}

fn read(mut from: impl Read) -> Result<Header, Flaw> {
    let mut start = [0; 2];
    from.read_exact(&mut start).map_err(|_| Flaw::NotJpeg)?;
    if start != [0xFF, 0xD8] {
        return Err(Flaw::NotJpeg);
    }
    let mut frame = None;
    let (mut jfif, mut adobe, mut shown) = (None, None, None);
    for _ in 0..MAX_SEGMENTS {
        let marker = next_marker(&mut from)?;
        match marker {
            0xD9 => return Err(Flaw::Truncated),
            // TEM and RSTn stand alone.
            0x01 | 0xD0..=0xD7 => continue,
            0xD8 => return Err(Flaw::Corrupt("a second start of image")),
            _ => {}
        }
        let mut body = segment(&mut from)?;
        match marker {
            0xC0..=0xC2 if frame.is_some() => return Err(Flaw::Corrupt("a second frame")),
            0xC0..=0xC2 => frame = Some(frame_header(marker == 0xC2, &mut body)?),
            0xC3 | 0xC7 | 0xCB | 0xCF => return Err(Flaw::Unsupported("lossless JPEG")),
            0xC5 | 0xC6 | 0xCD | 0xCE | 0xDE => return Err(Flaw::Unsupported("hierarchical JPEG")),
            0xC9 | 0xCA | 0xCC => return Err(Flaw::Unsupported("JPEG with arithmetic coding")),
            0xDC => return Err(Flaw::Unsupported("JPEG with a height that follows later")),
            0xE0 => jfif = jfif.or(jfif_density(&mut body)?),
            0xE1 => shown = shown.or(exif::shown(&mut body)?),
            0xEE => adobe = adobe.or(adobe_transform(&mut body)?),
            0xDA => {
                let frame = frame.ok_or(Flaw::Corrupt("a scan before the frame"))?;
                let in_first_scan = byte(&mut body)?;
                drain(&mut body)?;
                return judge(frame, in_first_scan, jfif, adobe, shown);
            }
            _ => {}
        }
        drain(&mut body)?;
    }
    Err(Flaw::Corrupt("too many segments before the image"))
}

fn judge(
    frame: Frame,
    in_first_scan: u8,
    jfif: Option<Option<u32>>,
    adobe: Option<u8>,
    shown: Option<Shown>,
) -> Result<Header, Flaw> {
    let Frame { width, height, count, .. } = frame;
    let components = match count {
        1 => Components::Grey,
        3 => color_of_three(frame.ids, jfif.is_some(), adobe),
        4 => return Err(Flaw::Cmyk),
        _ => return Err(Flaw::Unsupported("JPEG with this number of components")),
    };
    let sides = 1..=MAX_SIDE;
    let buffered = frame.progressive || in_first_scan < count;
    let most = if buffered { MAX_BUFFERED_PIXELS } else { MAX_PIXELS };
    let pixels = u64::from(width) * u64::from(height);
    if !sides.contains(&width) || !sides.contains(&height) || pixels > most {
        return Err(Flaw::Dimensions(width, height));
    }
    let turn = match shown {
        Some(Shown::Turned(turn)) => turn,
        Some(Shown::Mirrored) => return Err(Flaw::Unsupported("JPEG that is to be shown mirrored")),
        None => Quarter::None,
    };
    Ok(Header { width, height, components, dpi: jfif.flatten(), turn })
}

/// What three components mean, decided as libjpeg does: a JFIF segment says YCbCr, an Adobe segment
/// says it outright, and else only the identifiers R, G, B mean RGB.
fn color_of_three(ids: [u8; 3], jfif: bool, adobe: Option<u8>) -> Components {
    match (jfif, adobe) {
        (true, _) => Components::YCbCr,
        (false, Some(0)) => Components::Rgb,
        (false, Some(_)) => Components::YCbCr,
        (false, None) if ids == *b"RGB" => Components::Rgb,
        (false, None) => Components::YCbCr,
    }
}

/// The code of the next marker; any number of fill bytes FF may precede it (B.1.1.2).
pub(crate) fn next_marker(from: &mut impl Read) -> Result<u8, Flaw> {
    if byte(from)? != 0xFF {
        return Err(Flaw::Corrupt("a marker is missing"));
    }
    /// Fill is legal without bound, but nobody needs more.
    const MAX_FILL: usize = 1024;
    for _ in 0..MAX_FILL {
        match byte(from)? {
            0xFF => {}
            0x00 => return Err(Flaw::Corrupt("a marker is missing")),
            code => return Ok(code),
        }
    }
    Err(Flaw::Corrupt("a marker is missing"))
}

/// The body of a segment: as many bytes as its length field announces.
fn segment<R: Read>(from: &mut R) -> Result<io::Take<&mut R>, Flaw> {
    let length = word(from)?;
    let body = length.checked_sub(2).ok_or(Flaw::Corrupt("a segment has no length"))?;
    Ok(from.take(body.into()))
}

fn frame_header(progressive: bool, body: &mut impl Read) -> Result<Frame, Flaw> {
    if byte(body)? != 8 {
        return Err(Flaw::Unsupported("JPEG with other than 8 bits a sample"));
    }
    let (height, width) = (word(body)?.into(), word(body)?.into());
    let count = byte(body)?;
    let mut ids = [0; 3];
    for id in ids.iter_mut().take(count.into()) {
        let mut component = [0; 3];
        body.read_exact(&mut component)?;
        *id = component[0];
    }
    Ok(Frame { progressive, width, height, count, ids })
}

/// The resolution in a JFIF segment (JFIF 1.02): `None` when the segment is another application's,
/// `Some(None)` when it gives no usable resolution.
fn jfif_density(body: &mut io::Take<impl Read>) -> Result<Option<Option<u32>>, Flaw> {
    /// As long as the segment is without a thumbnail; shorter ones libjpeg does not know either.
    const LENGTH: u64 = 14;
    let mut head = [0; 12];
    if body.limit() < LENGTH {
        return Ok(None);
    }
    body.read_exact(&mut head)?;
    let [b'J', b'F', b'I', b'F', 0, _, _, units, x1, x0, y1, y0] = head else {
        return Ok(None);
    };
    let (x, y) = (u16::from_be_bytes([x1, x0]), u16::from_be_bytes([y1, y0]));
    let per_inch = match units {
        1 => Some(u32::from(x)),
        // Dots per centimetre; 118 means 300 dots per inch, so round to the nearest.
        2 => Some((u32::from(x) * 254 + 50) / 100),
        _ => None,
    };
    Ok(Some(per_inch.filter(|dpi| x == y && (50..=2400).contains(dpi))))
}

/// The transform in an Adobe segment: 0 = none, 1 = YCbCr, 2 = YCCK.
fn adobe_transform(body: &mut io::Take<impl Read>) -> Result<Option<u8>, Flaw> {
    let mut head = [0; 12];
    if body.limit() < head.len() as u64 {
        return Ok(None);
    }
    body.read_exact(&mut head)?;
    Ok(head.starts_with(b"Adobe").then_some(head[11]))
}

/// Skips what is left of a segment; all of it must be there.
fn drain(body: &mut io::Take<impl Read>) -> Result<(), Flaw> {
    io::copy(body, &mut io::sink())?;
    if body.limit() > 0 { Err(Flaw::Truncated) } else { Ok(()) }
}

/// The next byte.
pub(crate) fn byte(from: &mut impl Read) -> Result<u8, Flaw> {
    let mut one = [0; 1];
    from.read_exact(&mut one)?;
    Ok(one[0])
}

/// The next two bytes, as a number.
pub(crate) fn word(from: &mut impl Read) -> Result<u16, Flaw> {
    let mut two = [0; 2];
    from.read_exact(&mut two)?;
    Ok(u16::from_be_bytes(two))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn image(segments: &[&[u8]]) -> Vec<u8> {
        let mut bytes = vec![0xFF, 0xD8];
        for segment in segments {
            bytes.extend_from_slice(segment);
        }
        bytes
    }

    fn frame(marker: u8, width: u16, height: u16, ids: &[u8]) -> Vec<u8> {
        let mut body = vec![8];
        body.extend(height.to_be_bytes());
        body.extend(width.to_be_bytes());
        body.push(ids.len() as u8);
        ids.iter().for_each(|id| body.extend([*id, 0x11, 0]));
        let mut segment = vec![0xFF, marker];
        segment.extend((body.len() as u16 + 2).to_be_bytes());
        segment.extend(body);
        segment
    }

    const SCAN3: &[u8] = &[0xFF, 0xDA, 0, 6, 3, 0, 0, 0];
    const SCAN1: &[u8] = &[0xFF, 0xDA, 0, 6, 1, 0, 0, 0];
    const JFIF_300: &[u8] = b"\xFF\xE0\x00\x10JFIF\0\x01\x02\x01\x01\x2C\x01\x2C\0\0";
    const JFIF_118_CM: &[u8] = b"\xFF\xE0\x00\x10JFIF\0\x01\x02\x02\0\x76\0\x76\0\0";
    const ADOBE_RGB: &[u8] = b"\xFF\xEE\x00\x0EAdobe\0\x64\0\0\0\0\0";

    #[test]
    fn heads_that_are_fine() {
        let three = frame(0xC0, 2480, 3508, &[1, 2, 3]);
        let named = frame(0xC1, 2480, 3508, b"RGB");
        let grey = frame(0xC0, 2480, 3508, &[1]);
        let fill = [0xFF, 0xFF, 0xFF, 0xFE, 0, 3, 0];
        let cases: [(Vec<u8>, Components, Option<u32>); 7] = [
            (image(&[JFIF_300, &three, SCAN3]), Components::YCbCr, Some(300)),
            (image(&[JFIF_118_CM, &three, SCAN3]), Components::YCbCr, Some(300)),
            (image(&[ADOBE_RGB, &three, SCAN3]), Components::Rgb, None),
            (image(&[JFIF_300, ADOBE_RGB, &three, SCAN3]), Components::YCbCr, Some(300)),
            (image(&[&named, SCAN3]), Components::Rgb, None),
            (image(&[&fill, &three, SCAN3]), Components::YCbCr, None),
            (image(&[&grey, SCAN1]), Components::Grey, None),
        ];
        for (bytes, components, dpi) in cases {
            let expected = Header { width: 2480, height: 3508, components, dpi, turn: Quarter::None };
            assert_eq!(read(&bytes[..]), Ok(expected));
        }
    }

    #[test]
    fn heads_that_are_refused() {
        let three = |marker, width, height| frame(marker, width, height, &[1, 2, 3]);
        let cases: [(Vec<u8>, Flaw); 16] = [
            (b"GIF89a".to_vec(), Flaw::NotJpeg),
            (vec![0xFF], Flaw::NotJpeg),
            (image(&[]), Flaw::Truncated),
            (image(&[&[0xFF, 0xD9]]), Flaw::Truncated),
            (image(&[b"xx"]), Flaw::Corrupt("a marker is missing")),
            (image(&[&[0xFF, 0xE1, 0, 1]]), Flaw::Corrupt("a segment has no length")),
            (image(&[&[0xFF, 0xE1, 0xFF, 0xFF, 1, 2]]), Flaw::Truncated),
            (image(&[SCAN3]), Flaw::Corrupt("a scan before the frame")),
            (image(&[&three(0xC0, 9, 9), &three(0xC0, 9, 9)]), Flaw::Corrupt("a second frame")),
            (image(&[&frame(0xC0, 9, 9, b"CMYK"), SCAN3]), Flaw::Cmyk),
            (image(&[&three(0xC3, 9, 9)]), Flaw::Unsupported("lossless JPEG")),
            (image(&[&three(0xC9, 9, 9)]), Flaw::Unsupported("JPEG with arithmetic coding")),
            (image(&[&three(0xC0, 0, 9), SCAN3]), Flaw::Dimensions(0, 9)),
            (image(&[&three(0xC0, 20_001, 9), SCAN3]), Flaw::Dimensions(20_001, 9)),
            (image(&[&three(0xC0, 20_000, 20_000), SCAN3]), Flaw::Dimensions(20_000, 20_000)),
            (image(&[&three(0xC2, 9_000, 9_000), SCAN3]), Flaw::Dimensions(9_000, 9_000)),
        ];
        for (bytes, flaw) in cases {
            assert_eq!(read(&bytes[..]), Err(flaw));
        }
        // One component after the other costs a decoder as much memory as progressive coding.
        let apart = image(&[&three(0xC0, 9_000, 9_000), SCAN1]);
        assert_eq!(read(&apart[..]), Err(Flaw::Dimensions(9_000, 9_000)));
        let comments = image(&[&[0xFF, 0xFE, 0, 2].repeat(600)]);
        assert_eq!(read(&comments[..]), Err(Flaw::Corrupt("too many segments before the image")));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = read(&bytes[..]);
            let mut after_start = vec![0xFF, 0xD8, 0xFF];
            after_start.extend(bytes);
            let _ = read(&after_start[..]);
        }
    }
}
