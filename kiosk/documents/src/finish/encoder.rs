//! What becomes of the bands of a finished page: one JPEG image, or the layers of a compact page.

use crate::compact::Separator;

use super::Compression;
use super::planes::{Flaw, Layout, Samples, Writer};

/// Takes bands, and returns what is to be written.
pub(super) enum Encoder {
    Faithful(Writer),
    Compact(Separator),
}

impl Encoder {
    pub(super) fn start(compression: Compression, layout: Layout, dpi: Option<u32>) -> Result<Self, Flaw> {
        /// Print stays sharp, and seals smooth.
        const QUALITY: u8 = 75;
        match compression {
            Compression::Faithful => Writer::start(layout, QUALITY, dpi).map(Self::Faithful),
            Compression::Compact => {
                Separator::new(layout, dpi).map(Self::Compact).map_err(|error| Flaw(error.to_string()))
            }
        }
    }

    /// Takes the next band, `band_rows` rows of each plane.
    pub(super) fn band(&mut self, planes: &mut [Samples<&[u8]>]) -> Result<&[u8], Flaw> {
        match self {
            Self::Faithful(writer) => writer.band(planes),
            Self::Compact(separator) => {
                separator.band(planes);
                Ok(&[])
            }
        }
    }

    /// Ends the page.
    pub(super) fn finish(self) -> Result<Vec<u8>, Flaw> {
        match self {
            Self::Faithful(mut writer) => writer.finish().map(<[u8]>::to_vec),
            Self::Compact(separator) => {
                separator.finish().map(|page| page.file()).map_err(|error| Flaw(error.to_string()))
            }
        }
    }
}
