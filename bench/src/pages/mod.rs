//! A scanned page made clean by `kiosk page`, beside the same by `djpeg` (which merely decodes it),
//! ImageMagick and leptonica: whole programs on one processor, on pages whose truth is known.
//!
//! With BENCH_PAGES set in the environment, the figures of each page are printed, too.

mod compact;
mod faithful;
mod feeder;
mod reading;
mod scan;
mod scenes;
mod sheet;

use crate::process::{self, Meter, Program, Spent};
use crate::rows::Row;
use scenes::Page;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// The pages, drawn, and what was measured of them as JPEG: what all other figures are compared with.
pub struct Pages {
    desk: Desk,
    pages: Vec<Page>,
    faithful: Vec<faithful::Figures>,
}

impl Pages {
    /// Draws and measures all pages.
    ///
    /// # Errors
    /// When a program or a peer is missing or fails.
    pub fn measure() -> Result<Self, Fatal> {
        let desk = Desk::set_up()?;
        let pages = scenes::draw(desk.folder.path())?;
        let faithful = faithful::measure(&desk, &pages)?;
        Ok(Self { desk, pages, faithful })
    }

    /// The figures of pages as JPEG.
    ///
    /// # Errors
    /// None, as long as there are pages.
    pub fn faithful(&self) -> Result<Vec<Row>, Fatal> {
        faithful::rows(&self.faithful)
    }

    /// The figures of pages as print and pictures.
    ///
    /// # Errors
    /// When a program fails.
    pub fn compact(&self) -> Result<Vec<Row>, Fatal> {
        compact::rows(&self.desk, &self.pages, &self.faithful)
    }

    /// The figures of pages from a feeder.
    ///
    /// # Errors
    /// When a program fails.
    pub fn feeder(&self) -> Result<Vec<Row>, Fatal> {
        feeder::rows(&self.desk, &self.pages)
    }
}

/// What measuring needs.
struct Desk {
    /// Everything made here lies in it, and goes with it.
    folder: TempDir,
    meter: Meter,
    kiosk: PathBuf,
    leptonica: PathBuf,
    /// The kiosk's program when it does nothing.
    idle: Spent,
}

impl Desk {
    fn set_up() -> Result<Self, Fatal> {
        process::require("djpeg", "libjpeg-turbo-progs")?;
        process::require("convert", "imagemagick")?;
        reading::ready()?;
        let folder = tempfile::tempdir()?;
        let meter = Meter::new(folder.path())?;
        let kiosk = process::ours("kiosk")?;
        let leptonica = process::compile("leptonica.c", &["-llept"], folder.path())?;
        let [idle] = meter.medians([&Program::new(&kiosk).arg("--version")])?;
        Ok(Self { folder, meter, kiosk, leptonica, idle })
    }

    /// `kiosk page` of one scan.
    fn kiosk_page(&self, page: &Page, out: &Path) -> Program {
        Program::new(&self.kiosk).arg("page").arg("--json").arg(&page.scan).arg(out)
    }

    /// Where something made of a page lies.
    fn made(&self, page: &Page, suffix: &str) -> PathBuf {
        let name = page.scan.file_stem().unwrap_or_default().to_string_lossy();
        self.folder.path().join(format!("{name}.{suffix}"))
    }
}

/// The page on which a figure is farthest from its goal, and the figure there; `None` without pages.
fn worst<T>(pages: &[T], figure: impl Fn(&T) -> f64) -> Option<(&T, f64)> {
    pages.iter().map(|page| (page, figure(page))).max_by(|(_, a), (_, b)| a.total_cmp(b))
}

/// Whether the figures of each page are wanted, too.
fn in_detail() -> bool {
    std::env::var_os("BENCH_PAGES").is_some()
}
