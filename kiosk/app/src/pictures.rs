//! The hall's pictures: its logo, and what materials look like. They are read when the first screen is there already.

use std::collections::BTreeMap;
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

/// Every material that has one, from the folder of the catalogue's file; one that cannot be read is not shown.
/// Materials that look alike share it.
pub fn read(catalogue: &Catalogue, file: &Path) -> BTreeMap<MaterialCode, Arc<Preview>> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut pictures: BTreeMap<PathBuf, Option<Arc<Preview>>> = BTreeMap::new();
    let mut picture = |material: &visit::catalogue::Material| {
        let path = folder.join(material.example.as_ref()?);
        let picture = pictures.entry(path).or_insert_with_key(|path| picture(path, EXAMPLE)).clone()?;
        Some((material.code.clone(), picture))
    };
    catalogue.materials.iter().filter_map(&mut picture).collect()
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
