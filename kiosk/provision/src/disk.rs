//! Writing so that a power cut leaves the old or the new, never a half.
//!
//! Each system call that changes something is announced to a watcher first. Tests let it stop there, forget what
//! was not synced, and look what is left.

use crate::places::Owner;
use rustix::fs::{AtFlags, CWD, RenameFlags};
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// What is about to be done to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// a folder is made
    Folder,
    /// a file is created, empty
    Create,
    /// a file is written
    Write,
    /// owner and mode are set
    Own,
    /// a file or folder is synced
    Sync,
    /// something gets this name, in place of what had it
    Rename,
    /// two names change places
    Exchange,
    /// a symbolic link is made
    Link,
    /// something is removed
    Remove,
}

type Watch<'a> = dyn Fn(Step, &Path) -> io::Result<()> + 'a;

/// The disk.
pub struct Disk<'a> {
    watch: Option<&'a Watch<'a>>,
}

impl<'a> Disk<'a> {
    /// With nobody watching.
    #[must_use]
    pub const fn new() -> Self {
        Self { watch: None }
    }

    /// With a watcher, who stops all of it with an error.
    #[must_use]
    pub const fn watched(watch: &'a Watch<'a>) -> Self {
        Self { watch: Some(watch) }
    }

    fn step(&self, step: Step, path: &Path) -> io::Result<()> {
        self.watch.map_or(Ok(()), |watch| watch(step, path))
    }

    /// Makes a folder if there is none, and has it belong to whom it should.
    pub(crate) fn folder(&self, path: &Path, mode: u32, owner: Option<Owner>) -> io::Result<()> {
        if !path.is_dir() {
            self.step(Step::Folder, path)?;
            std::fs::DirBuilder::new().recursive(true).mode(mode).create(path).map_err(named(path))?;
            if let Some(parent) = path.parent() {
                self.sync(parent)?;
            }
        }
        self.step(Step::Own, path)?;
        own(path, mode, owner)
    }

    /// Creates a file with this content, synced; the name in its folder is not.
    pub(crate) fn file(
        &self,
        path: &Path,
        content: &[u8],
        mode: u32,
        owner: Option<Owner>,
    ) -> io::Result<()> {
        self.step(Step::Create, path)?;
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(named(path))?;
        self.step(Step::Write, path)?;
        file.write_all(content).map_err(named(path))?;
        self.step(Step::Own, path)?;
        own(path, mode, owner)?;
        self.step(Step::Sync, path)?;
        file.sync_all().map_err(named(path))
    }

    /// A file with this content in place of whatever has its name, durable on return.
    pub(crate) fn replace(
        &self,
        path: &Path,
        content: &[u8],
        mode: u32,
        owner: Option<Owner>,
    ) -> io::Result<()> {
        let new = beside(path)?;
        self.remove(&new)?;
        self.file(&new, content, mode, owner)?;
        self.rename(&new, path)
    }

    /// A symbolic link in place of whatever has its name, durable on return.
    pub(crate) fn link(&self, target: &Path, path: &Path) -> io::Result<()> {
        let new = beside(path)?;
        self.remove(&new)?;
        self.step(Step::Link, &new)?;
        std::os::unix::fs::symlink(target, &new).map_err(named(&new))?;
        self.rename(&new, path)
    }

    /// Another name, durable on return.
    pub(crate) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(Step::Rename, to)?;
        std::fs::rename(from, to).map_err(named(to))?;
        self.sync_parent(to)
    }

    /// Two things of one folder change names at once, durable on return.
    pub(crate) fn exchange(&self, one: &Path, other: &Path) -> io::Result<()> {
        self.step(Step::Exchange, one)?;
        rustix::fs::renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)
            .map_err(|error| named(one)(error.into()))?;
        self.sync_parent(one)
    }

    /// Syncs a folder.
    pub(crate) fn sync(&self, folder: &Path) -> io::Result<()> {
        self.step(Step::Sync, folder)?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(named(folder))
    }

    fn sync_parent(&self, path: &Path) -> io::Result<()> {
        path.parent().map_or(Ok(()), |parent| self.sync(parent))
    }

    /// Removes a file, a link or a whole folder, if it is there.
    pub(crate) fn remove(&self, path: &Path) -> io::Result<()> {
        let Ok(what) = path.symlink_metadata() else { return Ok(()) };
        self.step(Step::Remove, path)?;
        if what.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) }
            .map_err(named(path))
    }
}

impl Default for Disk<'_> {
    fn default() -> Self {
        Self::new()
    }
}

/// The name that something has until it is whole.
fn beside(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| io::Error::other(format!("{} has no name", path.display())))?;
    Ok(path.with_file_name(format!(".new-{name}")))
}

fn own(path: &Path, mode: u32, owner: Option<Owner>) -> io::Result<()> {
    if let Some(Owner { uid, gid }) = owner {
        let (uid, gid) = (rustix::fs::Uid::from_raw(uid), rustix::fs::Gid::from_raw(gid));
        rustix::fs::chownat(CWD, path, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|error| named(path)(error.into()))?;
    }
    std::fs::set_permissions(path, Permissions::from_mode(mode)).map_err(named(path))
}

fn named(path: &Path) -> impl Fn(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
