//! Sample papers to scan: invented documents of a restaurant that does not exist, drawn as A4 pages at
//! 300 dpi. They serve whoever has no files of his own at hand.
//!
//! District, people and numbers are made up and cannot be real ones: the citizen number holds a 30th
//! of February, the credit code letters that such codes never have.

mod canvas;
mod pages;

use crate::files;
use crate::scanner::state_density;
use canvas::{Canvas, Fonts};
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

const DPI: u32 = 300;
const QUALITY: i32 = 88;

/// Why a paper cannot be drawn.
#[derive(Debug, Error)]
pub enum PapersError {
    /// No font with Chinese characters.
    #[error("sample papers: no Noto CJK font found; install the package fonts-noto-cjk")]
    NoFont,
    /// What should lie on the glass is no picture of a ticket.
    #[error("a ticket on the glass: this is no picture of one")]
    NoTicket,
    /// The page cannot be compressed.
    #[error("sample papers: the JPEG library refused the page: {0}")]
    Jpeg(#[from] turbojpeg::Error),
    /// The file cannot be written.
    #[error("sample papers: {path}: {source}; make the folder writable")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The sample papers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Paper {
    /// 营业执照, with a red seal.
    BusinessLicence,
    /// First page of a lease, 房屋租赁合同.
    Lease,
    /// Floor plan of the premises, 平面布置图.
    FloorPlan,
    /// Photocopy of both sides of an identity card.
    IdCopy,
    /// Nothing on it.
    Blank,
}

impl Paper {
    /// Every sample paper.
    pub const ALL: [Self; 5] =
        [Self::BusinessLicence, Self::Lease, Self::FloorPlan, Self::IdCopy, Self::Blank];

    /// The file's name in the folder.
    #[must_use]
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::BusinessLicence => "business-licence.jpg",
            Self::Lease => "lease.jpg",
            Self::FloorPlan => "floor-plan.jpg",
            Self::IdCopy => "id-copy.jpg",
            Self::Blank => "blank.jpg",
        }
    }

    fn draw(self, canvas: &mut Canvas, fonts: &Fonts) {
        match self {
            Self::BusinessLicence => pages::business_licence(canvas, fonts),
            Self::Lease => pages::lease(canvas, fonts),
            Self::FloorPlan => pages::floor_plan(canvas, fonts),
            Self::IdCopy => pages::id_copy(canvas, fonts),
            Self::Blank => {}
        }
    }
}

/// Draws all sample papers that are not yet in `folder` (usually `DIR/papers`) and returns the paths
/// of all, in the order of [`Paper::ALL`]. Takes about a second for each; blocks meanwhile.
///
/// # Errors
/// [`PapersError`] when there is no font or the folder cannot be written.
pub fn draw_all(folder: &Path) -> Result<Vec<PathBuf>, PapersError> {
    let failed = |path: &Path, source| PapersError::File { path: path.to_path_buf(), source };
    std::fs::create_dir_all(folder).map_err(|source| failed(folder, source))?;
    let mut fonts = None;
    Paper::ALL
        .into_iter()
        .map(|paper| {
            let path = folder.join(paper.file_name());
            if !path.is_file() {
                if fonts.is_none() {
                    fonts = Some(Fonts::load().ok_or(PapersError::NoFont)?);
                }
                let fonts = fonts.as_ref().ok_or(PapersError::NoFont)?;
                let jpeg = jpeg(paper, fonts)?;
                files::write_whole(&path, &jpeg).map_err(|source| failed(&path, source))?;
            }
            Ok(path)
        })
        .collect()
}

fn jpeg(paper: Paper, fonts: &Fonts) -> Result<Vec<u8>, PapersError> {
    let mut canvas = Canvas::a4();
    paper.draw(&mut canvas, fonts);
    Ok(page(canvas.pixels(), Canvas::WIDTH, Canvas::HEIGHT)?)
}

/// Pixels in three colours as a scanner's JPEG of 300 dpi.
pub(crate) fn page(pixels: &[u8], width: usize, height: usize) -> Result<Vec<u8>, turbojpeg::Error> {
    let mut compressor = Compressor::new()?;
    compressor.set_quality(QUALITY)?;
    compressor.set_subsamp(Subsamp::Sub2x2)?;
    let image = Image { pixels, width, pitch: width * 3, height, format: PixelFormat::RGB };
    let mut jpeg = compressor.compress_to_vec(image)?;
    state_density(&mut jpeg, DPI);
    Ok(jpeg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn papers_are_a4_pages_and_drawn_once() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let folder = dir.path().join("papers");
        let paths = draw_all(&folder).expect("the papers");
        assert_eq!(paths.len(), Paper::ALL.len());
        for path in &paths {
            let bytes = std::fs::read(path).expect("a paper");
            let header = turbojpeg::read_header(&bytes).expect("a JPEG");
            assert_eq!((header.width, header.height), (2480, 3508), "{}", path.display());
            assert_eq!(bytes.get(13..18), Some([1, 1, 44, 1, 44].as_slice()));
        }
        let blank = folder.join(Paper::Blank.file_name());
        std::fs::write(&blank, "a user's own").expect("replacing");
        assert_eq!(draw_all(&folder).expect("the papers"), paths);
        assert_eq!(std::fs::read(blank).expect("kept"), b"a user's own");
    }
}
