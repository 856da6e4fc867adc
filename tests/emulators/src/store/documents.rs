//! What the store holds, for whoever looks into it: uploads and materials alike.

use super::disk::{self, Id};
use super::materials::Material;
use super::{Store, tus};
use crate::files;
use serde::Serialize;
use serde_json::Value;
use std::collections::HashSet;
use std::path::Path;

/// A document the store holds, registered or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Doc {
    /// The material's identifier when registered, else the upload's.
    pub id: String,
    /// File name the kiosk gave; empty when it gave none.
    pub name: String,
    /// Media type the kiosk gave; empty when it gave none.
    pub media_type: String,
    /// Bytes held.
    pub bytes: u64,
    /// SHA-256 of the bytes held, lower-case hexadecimal.
    pub sha256: String,
    /// Whether all announced bytes are there.
    pub complete: bool,
    /// Whether it is registered as a material.
    pub registered: bool,
    /// The registration as the kiosk sent it, with its items, visit, number and custody.
    pub registration: Option<Value>,
}

impl Store {
    /// The documents held: registered materials first, then uploads that are no material yet, each
    /// sorted by identifier. One whose files cannot be read is left out.
    #[must_use]
    pub fn documents(&self) -> Vec<Doc> {
        let disk = &self.shared.disk;
        let mut docs = Vec::new();
        let mut registered = HashSet::new();
        for id in disk.material_ids().unwrap_or_default() {
            let note = disk.material_note::<Material>(&id);
            if let (Ok(Some(material)), Some(path)) = (note, disk.bytes_path(&id)) {
                registered.extend(material.upload());
                let request = material.request;
                let registration = serde_json::to_value(&request).ok();
                docs.extend(held(&path).map(|(bytes, sha256)| Doc {
                    id: id.as_str().to_owned(),
                    name: request.name,
                    media_type: request.media_type,
                    bytes,
                    sha256,
                    complete: bytes == request.bytes,
                    registered: true,
                    registration,
                }));
            }
        }
        for id in disk.upload_ids().unwrap_or_default() {
            if registered.contains(&id) || tus::drop_if_over(&self.shared, &id).is_err() {
                continue;
            }
            if let (Ok(Some((note, _))), Some(path)) = (disk.look(&id), disk.bytes_path(&id)) {
                let entry = |keys: [&str; 3]| {
                    keys.iter().find_map(|key| note.entries.get(*key).cloned()).unwrap_or_default()
                };
                docs.extend(held(&path).map(|(bytes, sha256)| Doc {
                    id: id.as_str().to_owned(),
                    name: entry(["filename", "name", "file_name"]),
                    media_type: entry(["filetype", "media_type", "type"]),
                    bytes,
                    sha256,
                    complete: bytes == note.length,
                    registered: false,
                    registration: None,
                }));
            }
        }
        docs
    }

    /// The bytes of a document; `None` when there is no such document.
    #[must_use]
    pub fn document_bytes(&self, id: &str) -> Option<Vec<u8>> {
        let path = self.shared.disk.bytes_path(&Id::parse(id)?)?;
        files::read_bounded(&path, self.shared.max_size()).ok()
    }
}

fn held(path: &Path) -> Option<(u64, String)> {
    let bytes = std::fs::metadata(path).ok()?.len();
    Some((bytes, disk::digest(path).ok()?))
}
