//! Files that hold a secret.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

/// The permission bits of a file that others than its owner and root may use; nothing if there is no such one.
///
/// The group of root may read: that is how systemd hands a secret to a service (its credentials), and root reads
/// everything.
pub(crate) fn too_open(about: &Metadata) -> Option<u32> {
    let forbidden = if about.gid() == 0 { 0o037 } else { 0o077 };
    (about.mode() & forbidden != 0).then_some(about.mode() & 0o7777)
}
