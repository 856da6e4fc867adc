//! A compact page on disk: what it consists of, then its layers one after the other.
//!
//! | bytes | |
//! |---|---|
//! | 8 | [`MAGIC`] |
//! | 4, 4 | width and height of the page in pixels |
//! | 4 | number of layers, from the lowest |
//! | 24 each | x, y, width, height (4 bytes each); paint: its kind, red, green, blue; length (4) |
//! | | the layers: JPEG for pictures, embedded JBIG2 for ink |
//!
//! Numbers are big-endian. The file is the kiosk's own and never leaves it, but it is read as if it came
//! from anyone.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

use crate::error::PageError;
use crate::jpeg_header::{self, Components, MAX_PAGE_BYTES, MAX_PIXELS, MAX_SIDE};
use crate::output::copy_page;

use super::jbig2;

/// How such a file begins.
const MAGIC: [u8; 8] = *b"\x89ODpage1";

/// Most layers of a page.
pub(super) const MAX_LAYERS: usize = 64;

const HEAD: usize = 20;
const ENTRY: usize = 24;

/// A page taken apart; `T` is where each layer's bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page<T> {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// From the lowest. What none of them covers is white.
    pub(crate) layers: Vec<Layer<T>>,
}

/// A picture, or a bitmap in the colour of its ink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layer<T> {
    pub(crate) area: Area,
    pub(crate) paint: Paint,
    pub(crate) bytes: T,
}

/// A box on the page, in its pixels. Pictures may reach up to [`MAX_BEYOND`] pixels beyond the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// What a layer is painted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    /// A JPEG image in grey.
    Grey,
    /// A JPEG image in colour.
    Colour,
    /// Red, green and blue, wherever the layer's bitmap (JBIG2) is black.
    Ink([u8; 3]),
}

/// Where in the file a layer's bytes are, and how many pixels its image has, across and down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) offset: u64,
    pub(crate) length: u64,
    pub(crate) pixels: (u32, u32),
}

const MAX_BEYOND: u32 = 8;

impl Page<Vec<u8>> {
    /// All bytes of the file.
    pub(crate) fn file(&self) -> Vec<u8> {
        let mut file = MAGIC.to_vec();
        for number in [self.width, self.height, self.layers.len() as u32] {
            file.extend(number.to_be_bytes());
        }
        for Layer { area: Area { x, y, width, height }, paint, bytes } in &self.layers {
            for number in [x, y, width, height] {
                file.extend(number.to_be_bytes());
            }
            file.extend(match paint {
                Paint::Grey => [0; 4],
                Paint::Colour => [1, 0, 0, 0],
                Paint::Ink([red, green, blue]) => [2, *red, *green, *blue],
            });
            file.extend((bytes.len() as u32).to_be_bytes());
        }
        self.layers.iter().for_each(|layer| file.extend_from_slice(&layer.bytes));
        file
    }
}

/// Whether a file begins as compact pages do.
pub(crate) fn is_compact(path: &Path) -> Result<bool, PageError> {
    let mut begin = [0; MAGIC.len()];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut begin));
    match read {
        Err(e) if e.kind() != ErrorKind::UnexpectedEof => Err(PageError::reading(path, &e)),
        read => Ok(read.is_ok() && begin == MAGIC),
    }
}

/// Opens a compact page and checks that every layer is what its entry says, as far as can be told without
/// decoding.
///
/// # Errors
/// [`PageError`] when the file cannot be read, is too large, ends too early or is none of ours.
pub(crate) fn open(path: &Path) -> Result<(File, Page<Stored>), PageError> {
    let mut file = File::open(path).map_err(|e| PageError::reading(path, &e))?;
    let bytes = file.metadata().map_err(|e| PageError::reading(path, &e))?.len();
    if bytes > MAX_PAGE_BYTES {
        return Err(PageError::TooLarge { path: path.to_owned(), bytes });
    }
    let failed = |e: io::Error| match e.kind() {
        ErrorKind::UnexpectedEof => PageError::Truncated { path: path.to_owned() },
        _ => PageError::reading(path, &e),
    };
    let mut page = contents(&mut file, path, failed)?;
    let end = page.layers.last().map_or(HEAD as u64, |last| last.bytes.offset + last.bytes.length);
    match end.cmp(&bytes) {
        std::cmp::Ordering::Greater => return Err(PageError::Truncated { path: path.to_owned() }),
        std::cmp::Ordering::Less => return Err(PageError::corrupt(path, "there is more than its layers")),
        std::cmp::Ordering::Equal => {}
    }
    for layer in &mut page.layers {
        file.seek(SeekFrom::Start(layer.bytes.offset)).map_err(failed)?;
        layer.bytes.pixels = check(layer, &mut file, path, failed)?;
    }
    Ok((file, page))
}

fn contents(
    file: &mut File,
    path: &Path,
    failed: impl Fn(io::Error) -> PageError,
) -> Result<Page<Stored>, PageError> {
    let mut head = [0; HEAD];
    file.read_exact(&mut head).map_err(&failed)?;
    let (magic, numbers) = head.split_at(MAGIC.len());
    let [width, height, count] = be(numbers);
    let possible = (1..=MAX_SIDE).contains(&width) && (1..=MAX_SIDE).contains(&height);
    if magic != MAGIC || count as usize > MAX_LAYERS {
        return Err(PageError::corrupt(path, "it is no compact page"));
    }
    if !possible || u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(PageError::Dimensions { path: path.to_owned(), width, height });
    }
    let mut offset = (HEAD + ENTRY * count as usize) as u64;
    let mut layers = vec![];
    for _ in 0..count {
        let mut entry = [0; ENTRY];
        file.read_exact(&mut entry).map_err(&failed)?;
        let [x, y, w, h, _, length] = be(&entry);
        let paint = match entry.get(16..20) {
            Some([0, 0, 0, 0]) => Paint::Grey,
            Some([1, 0, 0, 0]) => Paint::Colour,
            Some([2, red, green, blue]) => Paint::Ink([*red, *green, *blue]),
            _ => return Err(PageError::corrupt(path, "a layer has an unknown paint")),
        };
        let within = |at: u32, size: u32, all: u32| {
            size > 0 && at.checked_add(size).is_some_and(|end| end <= all + MAX_BEYOND)
        };
        if !within(x, w, width) || !within(y, h, height) {
            return Err(PageError::corrupt(path, "a layer lies beside the page"));
        }
        let area = Area { x, y, width: w, height: h };
        let length = u64::from(length);
        layers.push(Layer { area, paint, bytes: Stored { offset, length, pixels: (w, h) } });
        offset += length;
    }
    Ok(Page { width, height, layers })
}

/// Numbers of four bytes; those that are not there are 0.
fn be<const COUNT: usize>(bytes: &[u8]) -> [u32; COUNT] {
    let mut numbers = [0; COUNT];
    for (number, bytes) in numbers.iter_mut().zip(bytes.as_chunks().0) {
        *number = u32::from_be_bytes(*bytes);
    }
    numbers
}

/// Checks the layer that begins where the file stands, and returns how many pixels it has.
fn check(
    layer: &Layer<Stored>,
    file: &mut File,
    path: &Path,
    failed: impl Fn(io::Error) -> PageError,
) -> Result<(u32, u32), PageError> {
    let Layer { area: Area { width, height, .. }, paint, bytes: Stored { length, .. } } = *layer;
    let components = match paint {
        Paint::Grey => Components::Grey,
        Paint::Colour => Components::YCbCr,
        Paint::Ink(_) => {
            let mut begin = vec![];
            file.take(jbig2::LOOKED_AT).read_to_end(&mut begin).map_err(failed)?;
            let ours = jbig2::is_ours(&begin, length, (width, height));
            let other = || PageError::corrupt(path, "a layer is not the bitmap it should be");
            return ours.then_some((width, height)).ok_or_else(other);
        }
    };
    let header = jpeg_header::of(file.take(length), path)?;
    let pixels = (header.width, header.height);
    let fits = [1, 2, 4, 8].iter().any(|scale| (pixels.0 * scale, pixels.1 * scale) == (width, height));
    let other = || PageError::corrupt(path, "a layer is not the picture it should be");
    (fits && header.components == components).then_some(pixels).ok_or_else(other)
}

/// Reads a layer's bytes, which are not more than those of the page.
pub(crate) fn read(file: &mut File, stored: Stored, path: &Path) -> Result<Vec<u8>, PageError> {
    let mut bytes = vec![];
    copy(file, stored, (path, path), |piece| {
        bytes.extend_from_slice(piece);
        Ok(())
    })?;
    Ok(bytes)
}

/// Hands a layer's bytes on, piece by piece; `path` and `out` name page and document in errors.
pub(crate) fn copy(
    file: &mut File,
    stored: Stored,
    (path, out): (&Path, &Path),
    to: impl FnMut(&[u8]) -> io::Result<()>,
) -> Result<(), PageError> {
    file.seek(SeekFrom::Start(stored.offset)).map_err(|e| PageError::reading(path, &e))?;
    copy_page(file, stored.length, (path, out), to)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::super::bitmap::Bitmap;
    use super::*;

    fn sample() -> Page<Vec<u8>> {
        let picture = turbojpeg::Image {
            pixels: &[130; 3 * 24 * 16][..],
            width: 24,
            pitch: 72,
            height: 16,
            format: turbojpeg::PixelFormat::RGB,
        };
        let jpeg = turbojpeg::compress(picture, 50, turbojpeg::Subsamp::None).unwrap().to_vec();
        let mut bitmap = Bitmap::new(70, 30);
        (0..30).for_each(|y| bitmap.set(y * 2, y));
        let area = |x, y, width, height| Area { x, y, width, height };
        let layers = vec![
            Layer { area: area(64, 8, 48, 32), paint: Paint::Colour, bytes: jpeg },
            Layer { area: area(0, 20, 70, 30), paint: Paint::Ink([1, 2, 3]), bytes: jbig2::encode(&bitmap) },
        ];
        Page { width: 110, height: 60, layers }
    }

    fn opened(bytes: &[u8]) -> Result<Page<Stored>, PageError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("page");
        fs::write(&path, bytes).unwrap();
        open(&path).map(|(_, page)| page)
    }

    #[test]
    fn what_is_opened_is_what_was_written() {
        let page = sample();
        let bytes = page.file();
        let found = opened(&bytes).unwrap();
        assert_eq!((found.width, found.height, found.layers.len()), (110, 60, 2));
        for (found, layer) in found.layers.iter().zip(&page.layers) {
            assert_eq!((found.area, found.paint), (layer.area, layer.paint));
            let Stored { offset, length, .. } = found.bytes;
            assert_eq!(&bytes[offset as usize..(offset + length) as usize], &layer.bytes[..]);
        }
        assert_eq!(found.layers[0].bytes.pixels, (24, 16));
        assert_eq!(found.layers[1].bytes.pixels, (70, 30));
    }

    #[test]
    fn pages_without_layers_are_pages() {
        let page = Page { width: 3, height: 2, layers: vec![] };
        assert_eq!(opened(&page.file()).unwrap().layers, []);
    }

    #[test]
    fn files_that_are_no_pages_are_refused() {
        let good = sample().file();
        let changed = |at: usize, bytes: &[u8]| {
            let mut file = good.clone();
            file[at..at + bytes.len()].copy_from_slice(bytes);
            file
        };
        let (first, second) = (HEAD, HEAD + ENTRY);
        type Expected = fn(&PageError) -> bool;
        let corrupt: Expected = |e| matches!(e, PageError::Corrupt { .. });
        let cut: Expected = |e| matches!(e, PageError::Truncated { .. });
        let size: Expected = |e| matches!(e, PageError::Dimensions { .. });
        let cases: [(&str, Vec<u8>, Expected); 17] = [
            ("empty", vec![], cut),
            ("other magic", changed(0, b"%PDF"), corrupt),
            ("no width", changed(8, &[0; 4]), size),
            ("far too wide", changed(8, &[0xFF; 4]), size),
            ("too many layers", changed(16, &[0, 0, 0, 65]), corrupt),
            ("more layers than there are", changed(16, &[0, 0, 0, 60]), |_| true),
            ("fewer layers than there are", changed(16, &[0, 0, 0, 1]), |_| true),
            ("beside the page", changed(first, &[0, 0, 0, 120]), corrupt),
            ("beyond all numbers", changed(first, &[0xFF; 4]), corrupt),
            ("of no size", changed(first + 8, &[0; 4]), corrupt),
            ("unknown paint", changed(first + 16, &[3]), corrupt),
            ("a picture in ink", changed(first + 16, &[1, 5]), corrupt),
            ("a grey picture in colours", changed(first + 16, &[0]), corrupt),
            ("a picture of another size", changed(first + 8, &[0, 0, 0, 40]), corrupt),
            ("a bitmap of another size", changed(second + 8, &[0, 0, 0, 69]), corrupt),
            ("a length beyond the file", changed(second + 20, &[0xFF; 4]), cut),
            ("something behind", [&good[..], b"x"].concat(), corrupt),
        ];
        for (name, file, expected) in cases {
            let error = opened(&file).expect_err(name);
            assert!(expected(&error), "{name}: {error}");
        }
        for end in 0..good.len() {
            assert!(opened(&good[..end]).is_err(), "cut at {end}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(changes in proptest::collection::vec((0usize..200, any::<u8>()), 1..8)) {
            let mut file = sample().file();
            for (at, byte) in changes {
                file[at] = byte;
            }
            let _ = opened(&file);
        }
    }
}
