//! A JPEG stream looked over as it passes: whole or not, and what its header says (ISO/IEC 10918-1,
//! annex B; JFIF as in ITU-T T.871).
//!
//! Nothing is decoded and nothing is kept but a few numbers, so that a page of any size costs the same.

/// Bytes after the end of the image that a page may have; some scanners pad to a block.
pub(crate) const MAX_TRAILER: u64 = 64;

/// Bytes kept from the start of a segment; a frame header needs 6, a JFIF header 12.
const KEPT: usize = 12;

/// What the header of a page says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PageImage {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels; `None` when the scanner knew it only at the end of the page and did not say.
    pub height: Option<u32>,
    /// One channel instead of three.
    pub grey: bool,
    /// Dots per inch as the JFIF header states them, the same in both directions.
    pub stated_dpi: Option<u32>,
}

/// Looks over one stream, piece by piece.
#[derive(Debug, Default)]
pub(crate) struct Look {
    at: At,
    kept: Kept,
    frame: Option<PageImage>,
    stated_dpi: Option<u32>,
    scans: bool,
    trailer: u64,
}

/// What a stretch of a stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Markers, lengths of segments, and what is read of their contents.
    Structure,
    /// All else in segments, and what follows the image.
    Remark,
    /// Entropy-coded bytes: the picture itself.
    Entropy,
    /// FF among entropy-coded bytes: what it is, the next byte tells.
    MaybeMarker,
}

/// Where in the stream the next byte belongs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum At {
    /// FF of start of image.
    #[default]
    Begin,
    /// D8 of start of image.
    Begun,
    /// FF of a marker.
    Marker,
    /// The marker's code; any number of FF may stand before it.
    Code,
    /// First byte of a segment's length.
    LengthHigh(u8),
    /// Second byte of it.
    LengthLow(u8, u8),
    /// Inside a segment, of which so many bytes are to come.
    Segment(u8, u16),
    /// Between markers after a start of scan.
    Entropy,
    /// After an FF there.
    EntropyFf,
    /// After the end of the image.
    End,
}

/// The first bytes of the segment under way.
#[derive(Debug, Default)]
struct Kept {
    bytes: [u8; KEPT],
    len: usize,
}

const SOI: u8 = 0xD8;
const EOI: u8 = 0xD9;
const SOS: u8 = 0xDA;
const DNL: u8 = 0xDC;
const APP0: u8 = 0xE0;
/// How the content of an APP0 segment begins that is a JFIF header.
const JFIF: &[u8] = b"JFIF\0";

/// What a frame header's length says of itself: 8 bytes and 3 for each of one to four components (B.2.2).
const FRAME_LENGTHS: [u16; 4] = [11, 14, 17, 20];

/// Whether a segment is a frame header: SOF0 to SOF15 without DHT, JPG and DAC (B.2.2).
fn is_frame(code: u8) -> bool {
    matches!(code, 0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF)
}

impl Kept {
    /// What has come of them.
    fn begun(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl Look {
    /// Looks over the next piece.
    ///
    /// # Errors
    /// Why the stream is no JPEG image.
    pub(crate) fn over(&mut self, piece: &[u8]) -> Result<(), &'static str> {
        let mut rest = piece;
        while !rest.is_empty() {
            rest = self.stretch(rest)?.1;
        }
        Ok(())
    }

    /// Looks over the first bytes of a piece, as many as are of one kind, and returns the rest.
    ///
    /// # Errors
    /// As [`Look::over`].
    pub(crate) fn stretch<'a>(&mut self, piece: &'a [u8]) -> Result<(Part, &'a [u8]), &'static str> {
        let Some((&byte, after)) = piece.split_first() else { return Ok((Part::Structure, piece)) };
        Ok(match self.at {
            At::Segment(code, left) => {
                let part = if self.is_read(code, byte) { Part::Structure } else { Part::Remark };
                // Of the first bytes each is judged by itself; nothing is read of those behind them.
                let most = if self.kept.len < KEPT { 1 } else { left.into() };
                let (own, rest) = piece.split_at(piece.len().min(most));
                self.segment(code, left, own);
                (part, rest)
            }
            At::Entropy => {
                let ff = piece.iter().position(|b| *b == 0xFF).unwrap_or(piece.len());
                if ff == 0 {
                    self.at = At::EntropyFf;
                    (Part::MaybeMarker, after)
                } else {
                    (Part::Entropy, piece.get(ff..).unwrap_or_default())
                }
            }
            At::End => {
                self.trailer = self.trailer.saturating_add(piece.len() as u64);
                if self.trailer > MAX_TRAILER {
                    return Err("it goes on after the end of the image");
                }
                (Part::Remark, &[])
            }
            at => {
                self.at = self.after(at, byte)?;
                let part = if self.at == At::Entropy { Part::Entropy } else { Part::Structure };
                (part, after)
            }
        })
    }

    /// Whether the next byte of a segment is one of those that are read when it has ended. Whatever a
    /// damaged code or length makes of a page, those are too few in a row to show any of it.
    fn is_read(&self, code: u8, byte: u8) -> bool {
        match (code, self.kept.len) {
            (APP0, at) if at < JFIF.len() => {
                self.kept.begun() == JFIF.get(..at).unwrap_or_default() && JFIF.get(at) == Some(&byte)
            }
            (APP0, at) => at < KEPT && self.kept.begun().starts_with(JFIF),
            (DNL, at) => at < 2,
            (_, at) => is_frame(code) && (1..6).contains(&at),
        }
    }

    /// The height is written into the header afterwards.
    pub(crate) fn set_height(&mut self, lines: u16) {
        if let Some(frame) = &mut self.frame {
            frame.height = (lines > 0).then_some(lines.into());
        }
    }

    /// What the header said and how many bytes follow the end of the image; for a stream that is whole.
    ///
    /// # Errors
    /// Why the stream is no whole JPEG image.
    pub(crate) fn end(&self) -> Result<(PageImage, u64), &'static str> {
        match (self.at, self.frame) {
            (At::End, Some(frame)) if self.scans => {
                Ok((PageImage { stated_dpi: self.stated_dpi, ..frame }, self.trailer))
            }
            (At::End, _) => Err("it has no image in it"),
            _ => Err("it ends before the end of the image"),
        }
    }

    fn after(&mut self, at: At, byte: u8) -> Result<At, &'static str> {
        const NO_START: &str = "it does not begin like a JPEG image";
        Ok(match (at, byte) {
            (At::Begin, 0xFF) => At::Begun,
            (At::Begun, SOI) => At::Marker,
            (At::Begin | At::Begun, _) => return Err(NO_START),
            (At::Marker, 0xFF) => At::Code,
            (At::Marker, _) => return Err("a marker is missing in it"),
            (At::Code | At::EntropyFf, 0xFF) => at,
            // A stuffed zero and restart markers belong to the image.
            (At::EntropyFf, 0x00 | 0xD0..=0xD7) => At::Entropy,
            (At::Code | At::EntropyFf, EOI) => At::End,
            (At::Code | At::EntropyFf, 0x00..=0x01 | 0xD0..=SOI) => {
                return Err("a marker in it makes no sense");
            }
            (At::Code | At::EntropyFf, code) => At::LengthHigh(code),
            (At::LengthHigh(code), high) => At::LengthLow(code, high),
            (At::LengthLow(code, high), low) => {
                self.kept.len = 0;
                let length = u16::from_be_bytes([high, low]);
                if is_frame(code) && !FRAME_LENGTHS.contains(&length) {
                    return Err("its frame header has an impossible length");
                }
                match length.checked_sub(2) {
                    None => return Err("a segment in it is too short"),
                    Some(0) => self.closed(code),
                    Some(left) => At::Segment(code, left),
                }
            }
            // These take whole stretches, not bytes.
            (At::Segment(..) | At::Entropy | At::End, _) => at,
        })
    }

    /// Takes bytes of a segment, no more than there are left of it.
    fn segment(&mut self, code: u8, left: u16, own: &[u8]) {
        for (slot, byte) in self.kept.bytes.iter_mut().skip(self.kept.len).zip(own) {
            *slot = *byte;
        }
        self.kept.len = (self.kept.len + own.len()).min(KEPT);
        let left = left.saturating_sub(u16::try_from(own.len()).unwrap_or(left));
        self.at = if left == 0 { self.closed(code) } else { At::Segment(code, left) };
    }

    /// A segment has ended; says what follows.
    fn closed(&mut self, code: u8) -> At {
        match (code, self.kept.begun()) {
            // Precision, lines, samples a line, components.
            (_, &[_, y1, y0, x1, x0, components, ..]) if is_frame(code) => {
                let height = u32::from(u16::from_be_bytes([y1, y0]));
                self.frame = Some(PageImage {
                    width: u16::from_be_bytes([x1, x0]).into(),
                    height: (height > 0).then_some(height),
                    grey: components == 1,
                    stated_dpi: None,
                });
            }
            // The number of lines, known only after the first scan (B.2.5).
            (DNL, &[y1, y0, ..]) => {
                if let Some(frame) = &mut self.frame {
                    frame.height = Some(u16::from_be_bytes([y1, y0]).into());
                }
            }
            // T.871, 10.1: identifier, version, units (1: an inch, 2: a centimetre), densities.
            (APP0, &[b'J', b'F', b'I', b'F', 0, _, _, unit, x1, x0, y1, y0]) => {
                let (x, y) = (u16::from_be_bytes([x1, x0]), u16::from_be_bytes([y1, y0]));
                self.stated_dpi = match unit {
                    1 if x == y && x > 0 => Some(x.into()),
                    2 if x == y && x > 0 => Some((u32::from(x) * 254 + 50) / 100),
                    _ => None,
                };
            }
            _ => {}
        }
        match code {
            SOS => {
                self.scans = true;
                At::Entropy
            }
            // DNL stands between scans: entropy-coded bytes never follow it.
            _ => At::Marker,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A stream of `size` bytes that is a JPEG image by its structure, in colour, 300 dots per inch.
    pub(crate) fn jpeg(width: u16, height: u16, dpi: u16, size: usize) -> Vec<u8> {
        let [d1, d0] = dpi.to_be_bytes();
        let [y1, y0] = height.to_be_bytes();
        let [x1, x0] = width.to_be_bytes();
        let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xE0, 0, 16];
        bytes.extend([b'J', b'F', b'I', b'F', 0, 1, 1, 1, d1, d0, d1, d0, 0, 0]);
        bytes.extend([0xFF, 0xC0, 0, 17, 8, y1, y0, x1, x0, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
        bytes.extend([0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0x11, 3, 0x11, 0, 0x3F, 0]);
        assert!(size >= bytes.len() + 2, "a page has at least {} bytes", bytes.len() + 2);
        bytes.resize(size - 2, 0x55);
        bytes.extend([0xFF, 0xD9]);
        bytes
    }

    fn look(pieces: &[&[u8]]) -> Result<(PageImage, u64), &'static str> {
        let mut look = Look::default();
        for piece in pieces {
            look.over(piece)?;
        }
        look.end()
    }

    #[test]
    fn the_header_is_read_in_any_pieces() {
        let page = jpeg(2480, 3508, 300, 400);
        let image = PageImage { width: 2480, height: Some(3508), grey: false, stated_dpi: Some(300) };
        for size in 1..page.len() {
            let pieces: Vec<_> = page.chunks(size).collect();
            assert_eq!(look(&pieces), Ok((image, 0)), "{size}");
        }
        assert_eq!(look(&[&page, &[0; 64]]), Ok((image, 64)));
    }

    #[test]
    fn a_thumbnail_with_its_own_end_is_no_end() {
        let mut page = jpeg(100, 100, 300, 200);
        let thumbnail = [0xFF, 0xE1, 0, 8, 0xFF, 0xD8, 0xFF, 0xD9, 0xFF, 0xD9];
        page.splice(2..2, thumbnail);
        assert_eq!(look(&[&page]).map(|(image, _)| image.width), Ok(100));
        page.truncate(page.len() - 2);
        assert_eq!(look(&[&page]), Err("it ends before the end of the image"));
    }

    #[test]
    fn lines_may_be_counted_at_the_end_and_restarts_are_no_end() {
        let mut page = jpeg(640, 0, 300, 300);
        assert_eq!(look(&[&page]).unwrap().0.height, None);
        let at = page.len() - 2;
        page.splice(at..at, [0xFF, 0xD3, 1, 0xFF, 0x00, 0xFF, 0xFF, 0xDC, 0, 4, 0x03, 0x20]);
        assert_eq!(look(&[&page]).unwrap().0.height, Some(800));
    }

    #[test]
    fn densities() {
        for (unit, x, y, dpi) in [
            (1, 300, 300, Some(300)),
            (2, 118, 118, Some(300)),
            (0, 1, 1, None),
            (1, 200, 100, None),
            (1, 0, 0, None),
        ] {
            let mut page = jpeg(10, 10, x, 100);
            page[13] = unit;
            page[16..18].copy_from_slice(&u16::to_be_bytes(y));
            assert_eq!(look(&[&page]).unwrap().0.stated_dpi, dpi, "{unit} {x} {y}");
        }
    }

    #[test]
    fn damage_is_named() {
        let page = jpeg(10, 10, 300, 100);
        for (bytes, why) in [
            (b"<html>".to_vec(), "it does not begin like a JPEG image"),
            (vec![0xFF, 0xD8, 0x00], "a marker is missing in it"),
            (vec![0xFF, 0xD8, 0xFF, 0xD0], "a marker in it makes no sense"),
            (vec![0xFF, 0xD8, 0xFF, 0xE0, 0, 1], "a segment in it is too short"),
            (vec![0xFF, 0xD8, 0xFF, 0xC2, 0, 0xFF], "its frame header has an impossible length"),
            (vec![0xFF, 0xD8, 0xFF, 0xD9], "it has no image in it"),
            (page[..60].to_vec(), "it ends before the end of the image"),
            (vec![], "it ends before the end of the image"),
            ([&page[..], &[0; 65]].concat(), "it goes on after the end of the image"),
        ] {
            assert_eq!(look(&[&bytes]), Err(why));
        }
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(mut bytes: Vec<u8>, at in 0usize..100, cut in 0usize..150, damage: u8) {
            let mut page = jpeg(10, 10, 300, 120);
            page[at] = damage;
            page.append(&mut bytes);
            let (first, second) = page.split_at(cut.min(page.len()));
            prop_assert_eq!(look(&[first, second]), look(&[&page]));
        }
    }
}
