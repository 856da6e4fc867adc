//! Pages as mixed raster content: print as bitmaps of the full resolution, each painted in the colour of
//! its ink, above pictures of a lower resolution that hold all the rest: photographs, seals, tints.
//!
//! A page comes band by band, and of it remain a [`draft`]: one bit a pixel that tells ink from the rest,
//! [`faint`] ink too, and the page in small. When all has been seen it is decided where [`photo`]graphs are, which hold no
//! print, and [`texture`]s, which hold no faint print; print is taken out of the small page and what was below it is [`fill`]ed in; what is not white
//! then becomes [`pictures`], and print becomes one bitmap for each of its [`inks`].

mod bitmap;
mod draft;
mod faint;
mod file;
mod fill;
mod grid;
mod held;
mod inks;
mod jbig2;
mod mq;
mod pale;
mod photo;
mod pictures;
mod small;
mod stencil;
mod texture;

#[cfg(test)]
mod light_tests;
#[cfg(test)]
mod tests;

use std::io;

use turbojpeg::Error;

use crate::finish::{Layout, Samples};

use draft::{Draft, Drafter};

#[cfg(test)]
pub(crate) use file::Layer;
pub(crate) use file::{Page, Paint, copy, is_compact, open, read};
pub(crate) use stencil::png;

/// Takes a page apart, band by band.
pub(crate) struct Separator(Box<Drafter>);

impl Separator {
    /// For a page whose planes are arranged like that, of so many dots per inch.
    ///
    /// # Errors
    /// When the system has no memory for what is kept of it.
    pub(crate) fn new(layout: Layout, dpi: Option<u32>) -> io::Result<Self> {
        Ok(Self(Box::new(Drafter::new(layout, dpi)?)))
    }

    /// Takes the next band: `band_rows` rows of each plane.
    pub(crate) fn band(&mut self, planes: &[Samples<&[u8]>]) {
        self.0.band(planes);
    }

    /// Decides what is what, once there are no more bands.
    pub(crate) fn finish(self) -> Result<Page<Vec<u8>>, Error> {
        let mut draft = self.0.finish();
        photo::keep_out(&mut draft);
        texture::keep_out(&mut draft);
        let (covered, inks) = inks::separate(&draft);
        // The bitmap is in its inks now.
        let Draft { scale, small, ink, .. } = draft;
        let (width, height) = (ink.width() as u32, ink.height() as u32);
        drop(ink);
        let mut layers = pictures::take(small, &covered, scale)?;
        layers.extend(inks);
        Ok(Page { width, height, layers })
    }
}
