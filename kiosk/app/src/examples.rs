//! The pictures of what materials look like. They are read when the first screen is there already.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use visit::catalogue::{Catalogue, MaterialCode};
use visit::screen::Preview;

/// Width of a picture, in pixels; a screen shows it smaller.
const WIDTH: u32 = 320;

/// Every material that has one, from the folder of the catalogue's file; one that cannot be read is not shown.
/// Materials that look alike share it.
pub fn read(catalogue: &Catalogue, file: &Path) -> BTreeMap<MaterialCode, Arc<Preview>> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut pictures: BTreeMap<PathBuf, Option<Arc<Preview>>> = BTreeMap::new();
    let mut picture = |material: &visit::catalogue::Material| {
        let path = folder.join(material.example.as_ref()?);
        let picture = pictures.entry(path).or_insert_with_key(|path| picture(path)).clone()?;
        Some((material.code.clone(), picture))
    };
    catalogue.materials.iter().filter_map(&mut picture).collect()
}

fn picture(path: &Path) -> Option<Arc<Preview>> {
    match documents::preview(path, WIDTH, documents::Quarter::None) {
        Ok(documents::Preview { width, height, rgb }) => Some(Arc::new(Preview { width, height, rgb })),
        Err(error) => {
            tracing::warn!(%error, "the picture of an example is not shown");
            None
        }
    }
}
