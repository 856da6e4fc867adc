//! A picture in memory.

/// Pixels, three bytes each: red, green, blue, row by row from the top.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// in pixels
    pub width: u32,
    /// in pixels
    pub height: u32,
    /// `3 × width × height` bytes
    pub rgb: Vec<u8>,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({}×{})", self.width, self.height)
    }
}

impl Picture {
    /// The picture as a PNG file.
    ///
    /// # Errors
    /// When `rgb` has not the length that width and height ask for.
    pub fn png(&self) -> Result<Vec<u8>, png::EncodingError> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Fast);
        encoder.write_header()?.write_image_data(&self.rgb)?;
        Ok(file)
    }
}
