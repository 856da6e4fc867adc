//! The hall's pictures: its logo, and what materials look like. Each is read when it is wanted, and none is kept here.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use visit::catalogue::{Catalogue, MaterialCode};
use visit::screen::Preview;

/// Room for an example, in pixels; a screen shows it smaller.
const EXAMPLE: (u32, u32) = (320, 640);
/// Room for the logo, in pixels: what `ui/screens/bars.slint` leaves it beside the hall's name.
const LOGO: (u32, u32) = (128, 92);

/// The hall's logo, if it can be read.
pub fn logo(file: &Path) -> Option<Arc<Preview>> {
    picture(file, LOGO)
}

/// What materials look like: pictures below the folder of the catalogue's file.
pub struct Examples {
    catalogue: Arc<Catalogue>,
    folder: PathBuf,
}

impl Examples {
    /// Those of a catalogue that was read from this file.
    pub fn new(catalogue: Arc<Catalogue>, file: &Path) -> Self {
        Self { catalogue, folder: file.parent().unwrap_or(Path::new("")).to_owned() }
    }

    /// Reads the picture of a material, if it has one that can be read.
    pub fn read(&self, material: &MaterialCode) -> Option<Arc<Preview>> {
        let file = self.catalogue.material(material)?.example.as_ref()?;
        picture(&self.folder.join(file), EXAMPLE)
    }
}

fn picture(path: &Path, room: (u32, u32)) -> Option<Arc<Preview>> {
    match documents::picture(path, room) {
        Ok(documents::Preview { width, height, rgb }) => Some(Arc::new(Preview { width, height, rgb })),
        Err(error) => {
            tracing::warn!(%error, file = %path.display(), "a picture of the hall is not shown");
            None
        }
    }
}
