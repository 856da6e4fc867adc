//! Files beside a database, and their names: what of them a power cut leaves.
//!
//! They lie on the real disk; what was synced is noted. After a cut [`restore`] makes of the folder what a
//! disk may hold then.

use crate::disk::{Chance, Loss, cut_power, disk};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Names, each with the number of its file.
type Names = BTreeMap<OsString, u64>;
/// What files hold, by their numbers.
type Contents = BTreeMap<u64, Vec<u8>>;

/// A folder of files, as far as it was synced; and all that was there as the power was cut.
#[derive(Debug, Default)]
pub(crate) struct Folder {
    names: Names,
    contents: Contents,
    cut: Option<(Names, Contents, Loss)>,
}

/// From now on a power cut above `folder` takes what was not synced with [`sync`] of its files and their names.
/// What is there by now is synced.
///
/// # Errors
/// If the folder cannot be read.
pub fn watch(folder: &Path) -> io::Result<()> {
    let folder = folder.canonicalize()?;
    let (names, contents) = look(&folder)?;
    disk().folders.insert(folder, Folder { names, contents, cut: None });
    Ok(())
}

/// What fsync(2) is on this disk: of a file in a folder that is watched, or of the folder itself. It counts for
/// [`crate::cut_power_at_sync`].
///
/// # Errors
/// After a power cut, and from the one that is due.
pub fn sync(open: &File, path: &Path) -> io::Result<()> {
    let path = path.canonicalize()?;
    let due = disk().burn(&path);
    if let Some((dir, loss)) = due {
        cut_power(&dir, loss)?;
    }
    let about = open.metadata()?;
    let folder = if about.is_dir() { Some(path.as_path()) } else { path.parent() };
    let mut disk = disk();
    let Some(known) = folder.and_then(|folder| disk.folders.get_mut(folder)) else { return Ok(()) };
    if known.cut.is_some() {
        return Err(io::Error::other("the power is cut"));
    }
    if about.is_dir() {
        known.names = names(&path)?;
    } else {
        known.contents.insert(about.ino(), fs::read(&path)?);
    }
    Ok(())
}

/// The power is back: the folder holds what was synced before the cut, and of the rest what the cut left. Without
/// a cut nothing changes.
///
/// # Errors
/// If the folder cannot be written.
pub fn restore(folder: &Path) -> io::Result<()> {
    let folder = folder.canonicalize()?;
    let Some(known) = disk().folders.remove(&folder) else { return Ok(()) };
    if let Some((last_names, last_contents, loss)) = known.cut {
        let mut chance = Chance::of(loss);
        let old = known.names.keys().chain(last_names.keys()).cloned();
        let left: BTreeMap<OsString, Vec<u8>> = old
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .filter_map(|name| {
                let (synced, last) = (known.names.get(&name), last_names.get(&name));
                let file = if synced == last || chance.one_in_two() { synced } else { last }?;
                let content = match (known.contents.get(file), last_contents.get(file)) {
                    (Some(synced), Some(last)) if synced != last => chance.torn(synced, last),
                    (None, Some(last)) => chance.torn(&[], last),
                    (synced, last) => synced.or(last).cloned().unwrap_or_default(),
                };
                Some((name, content))
            })
            .collect();
        for name in names(&folder)?.keys() {
            fs::remove_file(folder.join(name))?;
        }
        for (name, content) in left {
            fs::write(folder.join(name), content)?;
        }
    }
    watch(&folder)
}

impl Folder {
    /// The power is cut: whatever happens to the folder now, a disk would not hold.
    pub(crate) fn cut(&mut self, folder: &Path, loss: Loss) -> io::Result<()> {
        if self.cut.is_none() {
            let (names, contents) = look(folder)?;
            self.cut = Some((names, contents, loss));
        }
        Ok(())
    }
}

fn look(folder: &Path) -> io::Result<(Names, Contents)> {
    let names = names(folder)?;
    let content = |(name, number): (&OsString, &u64)| Ok((*number, fs::read(folder.join(name))?));
    let contents = names.iter().map(content).collect::<io::Result<_>>()?;
    Ok((names, contents))
}

fn names(folder: &Path) -> io::Result<Names> {
    let mut names = Names::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            names.insert(entry.file_name(), entry.metadata()?.ino());
        }
    }
    Ok(names)
}
