//! A twin of the kiosk in the image: the same program in the virtual hall, in the same state, with devices of its
//! own. It tells what should be on the screen, and where on it a thing is to be touched.

use crate::hall::Hall;
use hands::name;
use machine::picture::Picture;
use std::fs;
use std::ops::Deref;

/// How much of two screens may differ that show the same: clocks and numbers are not the same.
pub const ALIKE: f64 = 0.02;
/// Without what the cabinet has no place for.
const LESS: &str =
    "company_key = \"\"\ncode_scanner = \"\"\nslot = \"\"\n[technician]\nkey = \"\"\ncards = \"\"\n";

/// A kiosk in the virtual hall.
pub struct Twin(Hall);

impl Twin {
    /// A twin that has the same devices as the kiosk in the cabinet, and these settings (TOML), on its first screen.
    ///
    /// # Panics
    /// When it does not come to it.
    #[must_use]
    pub fn open(settings: &str) -> Self {
        let hall = Hall::with(&[], &format!("{LESS}{settings}"));
        hall.wait("the first screen", |state| name(state) == "home");
        Self(hall)
    }

    /// What it shows.
    ///
    /// # Panics
    /// When it shows nothing.
    #[must_use]
    pub fn picture(&self) -> Picture {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("screen.png");
        fs::write(&file, self.0.get("/api/screen.png")).expect("a picture");
        Picture::read(&file).expect("a picture")
    }
}

impl Deref for Twin {
    type Target = Hall;

    fn deref(&self) -> &Hall {
        &self.0
    }
}
