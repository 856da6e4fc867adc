//! A disk that forgets what was not synced.
//!
//! A killed process loses nothing that it wrote: the kernel still holds it. A power cut does lose it.
//! This crate registers an SQLite VFS named [`NAME`] that wraps the default one. What SQLite writes
//! or truncates is held in memory and reaches the real file only when SQLite syncs that file; reads
//! see it at once. So a process that is killed forgets exactly what a power cut may take, and a test
//! can tell a commit that was synced from one that merely returned.
//!
//! Within one process [`cut_power`] does the same without killing anybody, and can leave behind a torn
//! half of what was unsynced, as a real disk may; [`cut_power_at_sync`] does it at a chosen sync. [`fill`] makes a disk full, [`limit`] a small
//! one. [`files`] does the same for files beside a database.
//!
//! What it does not model: a creation or deletion of a file takes effect at once (a created file is
//! empty until its first sync), and the -shm file belongs to the real VFS (SQLite rebuilds it at the
//! first opening after a crash). Two processes may not use the same file through it at a time.

mod disk;
pub mod files;
#[allow(unsafe_code)]
mod shim;

pub use disk::{Loss, cut_power, cut_power_at_sync, empty, fill, limit, syncs, used};
pub use shim::{RegisterError, register};

/// The name under which the VFS is registered.
pub const NAME: &str = "forgetful";
