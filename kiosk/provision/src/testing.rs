//! For the tests of this room: a root of one's own, and power cuts.

use crate::disk::{Disk, Step};
use crate::places::Places;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// A root that is empty; the kiosk's user is whoever runs the test.
pub(crate) fn places() -> (tempfile::TempDir, Places) {
    // In memory, where syncing takes no time: that a power cut forgets what was not synced is played here anyway.
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let uid = rustix::process::geteuid().as_raw().to_string();
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap();
    let line = passwd.lines().find(|line| line.split(':').nth(2) == Some(&uid)).unwrap();
    let user = line.split(':').next().unwrap();
    let places = Places::new(folder.path(), user);
    (folder, places)
}

/// How many steps something takes.
pub(crate) fn steps(work: impl FnOnce(&Disk<'_>) -> io::Result<()>) -> usize {
    let count = Cell::new(0);
    let watch = |_: Step, _: &Path| {
        count.set(count.get() + 1);
        Ok(())
    };
    work(&Disk::watched(&watch)).unwrap();
    count.get()
}

/// Does something until the power is cut before step `at`; what was written and not synced is lost.
pub(crate) fn cut(at: usize, work: impl FnOnce(&Disk<'_>) -> io::Result<()>) {
    let count = Cell::new(0);
    let unsynced: RefCell<BTreeSet<PathBuf>> = RefCell::default();
    let watch = |step: Step, path: &Path| {
        if count.get() == at {
            return Err(io::Error::other("the power is cut"));
        }
        count.set(count.get() + 1);
        match step {
            Step::Create | Step::Write => unsynced.borrow_mut().insert(path.to_owned()),
            Step::Sync => unsynced.borrow_mut().remove(path),
            _ => true,
        };
        Ok(())
    };
    work(&Disk::watched(&watch)).expect_err("the power is cut");
    for path in unsynced.into_inner() {
        if path.is_file() {
            let file = std::fs::OpenOptions::new().write(true).open(&path);
            if let Ok(file) = file {
                file.set_len(0).unwrap();
            }
        }
    }
}
