//! What the files hold, synced or not, and what a power cut leaves of it.

use crate::files::Folder;
use std::collections::HashMap;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

/// The largest file that is held, in bytes. Databases of tests are far smaller.
const LARGEST: u64 = 256 << 20;

/// Something written that the real file does not know of yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Write(u64, Vec<u8>),
    Truncate(u64),
}

/// Why a file does not do what it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// the power was cut while the file was open
    PowerCut,
    /// the disk is full
    Full,
}

/// One file as its readers see it.
#[derive(Debug, Default)]
pub(crate) struct Image {
    path: PathBuf,
    content: Vec<u8>,
    pending: Vec<Change>,
    synced: u64,
    dark: bool,
}

pub(crate) type Shared = Arc<Mutex<Image>>;

impl Image {
    pub(crate) fn new(path: PathBuf, content: Vec<u8>) -> Self {
        Self { path, content, ..Self::default() }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn powered(&self) -> Result<(), Refusal> {
        if self.dark { Err(Refusal::PowerCut) } else { Ok(()) }
    }

    /// Fills `into` from `offset` on; what lies beyond the end is zeros, and the answer is false.
    pub(crate) fn read(&self, into: &mut [u8], offset: u64) -> Result<bool, Refusal> {
        self.powered()?;
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.content.len());
        let there = self.content.get(start..).unwrap_or_default();
        let count = there.len().min(into.len());
        into.fill(0);
        into.iter_mut().zip(there).for_each(|(to, from)| *to = *from);
        Ok(count == into.len())
    }

    pub(crate) fn write(&mut self, bytes: &[u8], offset: u64) -> Result<(), Refusal> {
        self.powered()?;
        if bytes.is_empty() {
            return Ok(());
        }
        let end =
            offset.checked_add(bytes.len() as u64).filter(|end| *end <= LARGEST).ok_or(Refusal::Full)?;
        disk().take_room(&self.path, self.content.len() as u64, end)?;
        apply(&mut self.content, &Change::Write(offset, bytes.to_vec()), end);
        self.pending.push(Change::Write(offset, bytes.to_vec()));
        Ok(())
    }

    pub(crate) fn truncate(&mut self, size: u64) -> Result<(), Refusal> {
        self.powered()?;
        if size > LARGEST {
            return Err(Refusal::Full);
        }
        apply(&mut self.content, &Change::Truncate(size), size);
        disk().sizes.insert(self.path.clone(), size);
        self.pending.push(Change::Truncate(size));
        Ok(())
    }

    pub(crate) fn size(&self) -> Result<u64, Refusal> {
        self.powered()?;
        Ok(self.content.len() as u64)
    }

    /// What has to reach the real file now.
    pub(crate) fn pending(&self) -> Result<&[Change], Refusal> {
        self.powered()?;
        Ok(&self.pending)
    }

    /// The real file has everything.
    pub(crate) fn synced(&mut self) {
        self.pending.clear();
        self.synced += 1;
    }
}

fn apply(content: &mut Vec<u8>, change: &Change, end: u64) {
    let end = usize::try_from(end).unwrap_or(usize::MAX);
    match change {
        Change::Truncate(_) => content.resize(end, 0),
        Change::Write(_, bytes) => {
            if content.len() < end {
                content.resize(end, 0);
            }
            let start = end - bytes.len();
            content.iter_mut().skip(start).zip(bytes).for_each(|(to, from)| *to = *from);
        }
    }
}

/// Every file that was opened in this process, like the page cache of a kernel.
#[derive(Default)]
pub(crate) struct Disk {
    images: HashMap<PathBuf, Shared>,
    full: Vec<PathBuf>,
    /// how much room there is below a folder
    limits: HashMap<PathBuf, u64>,
    /// lengths of what is held here; the real files may still be shorter
    sizes: HashMap<PathBuf, u64>,
    fuses: Vec<Fuse>,
    /// folders of files that no database is
    pub(crate) folders: HashMap<PathBuf, Folder>,
}

/// The power below `dir` is cut when `left` more syncs were asked for.
struct Fuse {
    dir: PathBuf,
    left: u64,
    loss: Loss,
}

static DISK: LazyLock<Mutex<Disk>> = LazyLock::new(Mutex::default);

/// The one disk. Hold an image's lock before this one, never the other way about.
pub(crate) fn disk() -> MutexGuard<'static, Disk> {
    DISK.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn lock(image: &Mutex<Image>) -> MutexGuard<'_, Image> {
    image.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Disk {
    pub(crate) fn find(&self, path: &Path) -> Option<Shared> {
        self.images.get(path).cloned()
    }

    pub(crate) fn keep(&mut self, path: PathBuf, image: Shared, size: u64) -> Shared {
        self.sizes.insert(path.clone(), size);
        self.images.entry(path).or_insert(image).clone()
    }

    pub(crate) fn forget(&mut self, path: &Path) {
        self.images.remove(path);
        self.sizes.remove(path);
    }

    /// Takes room for a file that is to grow, or refuses it.
    fn take_room(&mut self, path: &Path, before: u64, after: u64) -> Result<(), Refusal> {
        if self.is_full(path) {
            return Err(Refusal::Full);
        }
        if after <= before {
            return Ok(());
        }
        let limit = self.limits.iter().find(|(dir, _)| path.starts_with(dir));
        if limit.is_some_and(|(dir, room)| self.used(dir) + (after - before) > *room) {
            return Err(Refusal::Full);
        }
        self.sizes.insert(path.to_owned(), after);
        Ok(())
    }

    /// Bytes of all files below a folder, those that others write with them.
    fn used(&self, dir: &Path) -> u64 {
        let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
        let size = |entry: std::fs::DirEntry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => self.used(&entry.path()),
            _ => self
                .sizes
                .get(&entry.path())
                .copied()
                .unwrap_or_else(|| entry.metadata().map_or(0, |about| about.len())),
        };
        entries.map(size).sum()
    }

    fn is_full(&self, path: &Path) -> bool {
        self.full.iter().any(|dir| path.starts_with(dir))
    }

    /// Counts a sync that is asked for; answers the power cut that is due now.
    pub(crate) fn burn(&mut self, path: &Path) -> Option<(PathBuf, Loss)> {
        let at = self.fuses.iter().position(|fuse| path.starts_with(&fuse.dir))?;
        let fuse = self.fuses.get_mut(at)?;
        fuse.left = fuse.left.saturating_sub(1);
        if fuse.left > 0 {
            return None;
        }
        let fuse = self.fuses.remove(at);
        Some((fuse.dir, fuse.loss))
    }

    fn under(&self, dir: &Path) -> Vec<(PathBuf, Shared)> {
        let inside = self.images.iter().filter(|(path, _)| path.starts_with(dir));
        inside.map(|(path, image)| (path.clone(), image.clone())).collect()
    }
}

/// What a power cut takes of that which was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// all of it
    All,
    /// some of it: of each write, by chance from this seed, all, nothing or the first half survives
    Torn(u64),
}

/// Cuts the power of every file below `dir`.
///
/// What was not synced is gone, as far as `loss` says. Whoever has such a file open gets I/O errors
/// from it until it is closed; opening it again afterwards finds what the real file holds. Close
/// everything open below `dir` before that: locks of the dead are still held by this process.
///
/// # Errors
/// If `dir` is no directory, or a surviving half cannot be written.
pub fn cut_power(dir: &Path, loss: Loss) -> io::Result<()> {
    let dir = dir.canonicalize()?;
    let below = disk().under(&dir);
    for (path, image) in below {
        let mut image = lock(&image);
        image.dark = true;
        let pending = std::mem::take(&mut image.pending);
        drop(image);
        disk().forget(&path);
        if let Loss::Torn(seed) = loss {
            leave_torn(&path, &pending, seed)?;
        }
    }
    let mut disk = disk();
    let folders = disk.folders.iter_mut().filter(|(folder, _)| folder.starts_with(&dir));
    folders.into_iter().try_for_each(|(path, folder)| folder.cut(path, loss))
}

/// Cuts the power as [`cut_power`] does when SQLite asks for the `nth` sync (1 is the next) of a file below
/// `dir`; that sync does nothing any more. Going through `nth` = 1, 2, 3 … tries every moment at which a
/// power cut can make a difference. A fuse that was set before for `dir` is replaced; 0 sets none.
///
/// # Errors
/// If `dir` is no directory.
pub fn cut_power_at_sync(dir: &Path, nth: u64, loss: Loss) -> io::Result<()> {
    let dir = dir.canonicalize()?;
    let mut disk = disk();
    disk.fuses.retain(|fuse| fuse.dir != dir);
    if nth > 0 {
        disk.fuses.push(Fuse { dir, left: nth, loss });
    }
    Ok(())
}

fn leave_torn(path: &Path, pending: &[Change], seed: u64) -> io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).open(path)?;
    let mut chance = Chance::of(Loss::Torn(seed));
    for change in pending {
        match (chance.next() % 3, change) {
            (0, _) => {}
            (1, Change::Write(offset, bytes)) => {
                file.write_all_at(bytes.get(..bytes.len() / 2).unwrap_or_default(), *offset)?;
            }
            (_, Change::Write(offset, bytes)) => file.write_all_at(bytes, *offset)?,
            (_, Change::Truncate(size)) => file.set_len(*size)?,
        }
    }
    file.flush()
}

/// What of the unsynced survives.
pub(crate) struct Chance(Option<u64>);

impl Chance {
    pub(crate) fn of(loss: Loss) -> Self {
        match loss {
            Loss::All => Self(None),
            Loss::Torn(seed) => Self(Some(seed | 1)),
        }
    }

    /// 0, without end, where nothing survives.
    fn next(&mut self) -> u64 {
        let Some(chance) = &mut self.0 else { return 0 };
        // xorshift64: any even spread will do
        *chance ^= *chance << 13;
        *chance ^= *chance >> 7;
        *chance ^= *chance << 17;
        *chance
    }

    pub(crate) fn one_in_two(&mut self) -> bool {
        self.next().is_multiple_of(2)
    }

    /// What was synced, what was written last, or the first half of that.
    pub(crate) fn torn(&mut self, synced: &[u8], last: &[u8]) -> Vec<u8> {
        match self.next() % 3 {
            0 => synced.to_vec(),
            1 => last.get(..last.len() / 2).unwrap_or_default().to_vec(),
            _ => last.to_vec(),
        }
    }
}

/// Makes the disk under `dir` full: every further write there fails with `SQLITE_FULL`.
///
/// # Errors
/// If `dir` is no directory.
pub fn fill(dir: &Path) -> io::Result<()> {
    let dir = dir.canonicalize()?;
    disk().full.push(dir);
    Ok(())
}

/// Gives the disk under `dir` room again after [`fill`].
///
/// # Errors
/// If `dir` is no directory.
pub fn empty(dir: &Path) -> io::Result<()> {
    let dir = dir.canonicalize()?;
    disk().full.retain(|full| *full != dir);
    Ok(())
}

/// Bytes of all files below `dir`, synced or not, those that others wrote with them.
///
/// # Errors
/// If `dir` is no directory.
pub fn used(dir: &Path) -> io::Result<u64> {
    let dir = dir.canonicalize()?;
    Ok(disk().used(&dir))
}

/// Leaves room for so many bytes below `dir`, in all files there: a write of a database that would take more fails
/// with `SQLITE_FULL`. What it writes over needs none, and what is deleted there, by whomever, gives some.
///
/// # Errors
/// If `dir` is no directory.
pub fn limit(dir: &Path, bytes: u64) -> io::Result<()> {
    let dir = dir.canonicalize()?;
    disk().limits.insert(dir, bytes);
    Ok(())
}

/// How many times the files below `dir` were synced since they were first opened or last forgotten.
///
/// # Errors
/// If `dir` is no directory.
pub fn syncs(dir: &Path) -> io::Result<u64> {
    let dir = dir.canonicalize()?;
    let below = disk().under(&dir);
    Ok(below.iter().map(|(_, image)| lock(image).synced).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn change() -> impl Strategy<Value = Change> {
        let bytes = proptest::collection::vec(any::<u8>(), 1..40);
        prop_oneof![
            4 => (0..200u64, bytes).prop_map(|(at, bytes)| Change::Write(at, bytes)),
            1 => (0..200u64).prop_map(Change::Truncate),
        ]
    }

    proptest! {
        #[test]
        fn an_image_reads_like_a_real_file(changes in proptest::collection::vec(change(), 0..40)) {
            let file = tempfile::tempfile().unwrap();
            let mut image = Image::new("/nowhere".into(), Vec::new());
            for change in &changes {
                match change {
                    Change::Write(at, bytes) => {
                        image.write(bytes, *at).unwrap();
                        file.write_all_at(bytes, *at).unwrap();
                    }
                    Change::Truncate(size) => {
                        image.truncate(*size).unwrap();
                        file.set_len(*size).unwrap();
                    }
                }
            }
            let size = file.metadata().unwrap().len();
            prop_assert_eq!(image.size().unwrap(), size);
            let (mut ours, mut theirs) = (vec![1; 300], vec![0; 300]);
            prop_assert_eq!(image.read(&mut ours, 0), Ok(size >= 300));
            file.read_at(&mut theirs, 0).unwrap();
            prop_assert_eq!(ours, theirs);
            prop_assert_eq!(image.pending().unwrap(), changes.as_slice());
        }
    }

    #[test]
    fn refusals() {
        let mut image = Image::new("/nowhere".into(), b"abc".to_vec());
        assert_eq!(image.write(b"x", u64::MAX), Err(Refusal::Full));
        assert_eq!(image.write(b"x", LARGEST), Err(Refusal::Full));
        assert_eq!(image.truncate(LARGEST + 1), Err(Refusal::Full));
        let mut two = [9; 2];
        assert_eq!((image.read(&mut two, u64::MAX), two), (Ok(false), [0, 0]));
        image.dark = true;
        assert_eq!(image.read(&mut two, 0), Err(Refusal::PowerCut));
        assert_eq!(image.write(b"x", 0), Err(Refusal::PowerCut));
    }
}
