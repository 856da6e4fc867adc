//! A twin of the kiosk in the image: the same program in the virtual hall, in the same state, with devices of its
//! own. It tells what should be on the screen, and where on it a thing is to be touched.

use crate::hall::Hall;
use crate::running::Running;
use hands::{elements, enabled, name};
use machine::picture::Picture;
use std::fs;
use std::ops::Deref;
use std::time::Instant;

/// How much of two screens may differ that show the same: clocks and numbers are not the same.
pub const ALIKE: f64 = 0.02;

/// A kiosk in the virtual hall.
pub struct Twin(Hall);

impl Twin {
    /// A twin that has the same devices as the kiosk in the cabinet.
    ///
    /// # Panics
    /// When it does not come to its first screen.
    #[must_use]
    pub fn open() -> Self {
        // What the cabinet has no place for.
        let hall =
            Hall::with(&[], "[company_key]\nlibrary = \"\"\nenvironment = \"\"\n[technician]\nkey = \"\"\n");
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

    /// Waits until the machine shows what the twin shows.
    ///
    /// # Panics
    /// When it does not by `deadline`.
    pub fn wait_same(&self, what: &str, running: &mut Running, deadline: Instant) -> Picture {
        running.wait_screen(what, deadline, |picture| picture.difference(&self.picture()) < ALIKE)
    }

    /// Touches a thing on both screens, the machine's first; returns once the twin no longer shows what it did.
    ///
    /// # Panics
    /// When it cannot be touched.
    pub fn touch(&self, running: &mut Running, id: &str, deadline: Instant) {
        self.0.wait(&format!("element {id}"), |state| enabled(state, id));
        self.wait_same(&format!("the screen with {id}"), running, deadline);
        let state = self.0.state();
        let element = elements(&state).find(|element| element["id"] == id).expect("the element");
        let number = |key: &str| element[key].as_f64().expect("a number");
        let middle = |start: &str, length: &str| (number(start) + number(length) / 2.0) as u32;
        running.tap(middle("x", "w"), middle("y", "h"));
        self.0.touch(id);
    }
}

impl Deref for Twin {
    type Target = Hall;

    fn deref(&self) -> &Hall {
        &self.0
    }
}
