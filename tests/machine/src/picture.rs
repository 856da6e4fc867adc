//! What a screen shows: pixels, looked at as a person would, from afar.

use std::io::{self, BufReader};
use std::path::Path;

/// The most pixels of a screen: 4096 by 4096.
const MOST: u64 = 1 << 24;

/// Red, green, blue.
pub type Colour = [u8; 3];

/// A screen's pixels, row by row.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    pixels: Vec<Colour>,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (width, height, colours) = (self.width, self.height, self.colours());
        write!(f, "a picture of {width} × {height} with {colours} colours")
    }
}

impl Picture {
    /// A picture of one colour.
    #[must_use]
    pub fn plain(width: u32, height: u32, colour: Colour) -> Self {
        Self { width, height, pixels: vec![colour; (width * height) as usize] }
    }

    /// Reads a PNG file of eight bits a sample, with or without transparency.
    ///
    /// # Errors
    /// When there is none, or one of another kind.
    pub fn read(file: &Path) -> io::Result<Self> {
        let mut reader = png::Decoder::new(BufReader::new(std::fs::File::open(file)?)).read_info()?;
        let (width, height) = reader.info().size();
        let size = reader.output_buffer_size().filter(|_| u64::from(width) * u64::from(height) <= MOST);
        let mut bytes = vec![0; size.ok_or_else(|| io::Error::other("a picture too large"))?];
        let frame = reader.next_frame(&mut bytes)?;
        let samples = match (frame.color_type, frame.bit_depth) {
            (png::ColorType::Rgb, png::BitDepth::Eight) => 3,
            (png::ColorType::Rgba, png::BitDepth::Eight) => 4,
            other => return Err(io::Error::other(format!("a picture of another kind: {other:?}"))),
        };
        let pixels = bytes.chunks_exact(samples).filter_map(|pixel| pixel.first_chunk().copied()).collect();
        Ok(Self { width, height, pixels })
    }

    /// Across, in pixels.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Down, in pixels.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The colour at a place; `None` outside.
    #[must_use]
    pub fn at(&self, x: u32, y: u32) -> Option<Colour> {
        let inside = x < self.width && y < self.height;
        inside.then(|| self.pixels.get((y * self.width + x) as usize).copied()).flatten()
    }

    /// What lies in a rectangle, as far as it is inside.
    #[must_use]
    pub fn part(&self, x: u32, y: u32, width: u32, height: u32) -> Self {
        let (across, down) =
            (x.min(self.width)..x.saturating_add(width).min(self.width), y..y.saturating_add(height));
        let rows = down.start.min(self.height)..down.end.min(self.height);
        let pixels = rows.clone().flat_map(|y| across.clone().filter_map(move |x| self.at(x, y))).collect();
        Self { width: across.len() as u32, height: rows.len() as u32, pixels }
    }

    /// Turned by 90 degrees to the left.
    #[must_use]
    pub fn turned_left(&self) -> Self {
        let (width, height) = (self.height, self.width);
        let from = |x: u32, y: u32| self.at(self.width - 1 - y, x);
        let pixels = (0..height).flat_map(|y| (0..width).filter_map(move |x| from(x, y))).collect();
        Self { width, height, pixels }
    }

    /// How many different colours there are: a console or a firmware has a handful, a screen with smooth
    /// letters hundreds.
    #[must_use]
    pub fn colours(&self) -> usize {
        let mut colours = self.pixels.clone();
        colours.sort_unstable();
        colours.dedup();
        colours.len()
    }

    /// Which share of the pixels has about this colour, 0 to 1; `near` is what each of red, green and blue
    /// may differ by.
    #[must_use]
    pub fn share(&self, colour: Colour, near: u8) -> f64 {
        let alike = |pixel: &&Colour| pixel.iter().zip(colour).all(|(a, b)| a.abs_diff(b) <= near);
        let count = self.pixels.iter().filter(alike).count();
        count as f64 / self.pixels.len().max(1) as f64
    }

    /// Which share of the pixels differs visibly from another picture's, 0 to 1; all, when that one has
    /// another size.
    #[must_use]
    pub fn difference(&self, other: &Self) -> f64 {
        if (self.width, self.height) != (other.width, other.height) {
            return 1.0;
        }
        let pairs = self.pixels.iter().zip(&other.pixels);
        let differ = pairs.filter(|(a, b)| a.iter().zip(*b).any(|(a, b)| a.abs_diff(*b) > 8)).count();
        differ as f64 / self.pixels.len().max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_read_and_looked_at() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("screen.png");
        let mut encoder = png::Encoder::new(std::fs::File::create(&path).expect("a file"), 2, 2);
        encoder.set_color(png::ColorType::Rgb);
        let pixels = [9, 9, 9, 10, 10, 10, 200, 0, 0, 255, 255, 255];
        encoder.write_header().and_then(|mut w| w.write_image_data(&pixels)).expect("a picture");
        let picture = Picture::read(&path).expect("the picture");
        assert_eq!((picture.width(), picture.height(), picture.colours()), (2, 2, 4));
        assert_eq!(picture.at(0, 1), Some([200, 0, 0]));
        assert_eq!(picture.at(2, 0), None);
        let right = picture.part(1, 0, 9, 9);
        assert_eq!((right.width(), right.height()), (1, 2));
        assert_eq!((right.at(0, 0), right.at(0, 1)), (Some([10; 3]), Some([255; 3])));
        let share = picture.share([10, 10, 10], 1);
        assert!((share - 0.5).abs() < 1e-9, "{share}");
    }

    #[test]
    fn pictures_differ_by_what_can_be_seen() {
        let (grey, other) = (Picture::plain(4, 4, [10; 3]), Picture::plain(4, 4, [12; 3]));
        assert!(grey.difference(&other).abs() < 1e-9);
        assert!((grey.difference(&Picture::plain(4, 4, [90; 3])) - 1.0).abs() < 1e-9);
        assert!((grey.difference(&Picture::plain(4, 5, [10; 3])) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("screen.png");
        std::fs::write(&path, b"half a pict").expect("a file");
        assert!(Picture::read(&path).is_err());
    }
}
