//! Where capsules lie.

use crate::capsule::Word;
use jiff::Timestamp;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Result, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// How the name of a capsule ends, and that of one that is being written.
const CAPSULE: &str = ".capsule";
const PART: &str = ".part";

/// How much a folder holds.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// how many capsules
    pub number: usize,
    /// how many bytes they have together
    pub bytes: u64,
}

impl Default for Limits {
    /// 40 capsules, 16 MiB.
    fn default() -> Self {
        Self { number: 40, bytes: 16 << 20 }
    }
}

/// A folder of capsules, which is made when the first is written. Nothing else should lie in it.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    limits: Limits,
}

/// What a capsule is called: `R03-20260302T101530.123Z.capsule`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// By its fault's code, and the machine's clock at the fault.
    #[must_use]
    pub fn new(fault: &str, at: Timestamp) -> Self {
        Self(format!("{}-{}{CAPSULE}", Word::of(fault), at.strftime("%Y%m%dT%H%M%S%.3fZ")))
    }
}

impl Folder {
    /// The folder at `path`. What an interrupted write has left there goes.
    ///
    /// # Errors
    /// When it is there and cannot be read or cleared.
    pub fn open(path: PathBuf, limits: Limits) -> Result<Self> {
        match std::fs::read_dir(&path) {
            Ok(entries) => {
                for entry in entries.flatten().filter(|e| e.file_name().to_string_lossy().ends_with(PART)) {
                    std::fs::remove_file(entry.path())?;
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        Ok(Self { path, limits })
    }

    /// Writes a capsule whole or not at all; one of the same name is replaced. First the oldest go that
    /// would be too many with it.
    ///
    /// # Errors
    /// What the system says. No half of it stays then, and the one of the same name does.
    pub fn keep(&self, name: &Name, text: &str) -> Result<PathBuf> {
        std::fs::create_dir_all(&self.path)?;
        self.make_room(name, text.len() as u64)?;
        let path = self.path.join(&name.0);
        let part = self.path.join(format!("{}{PART}", name.0));
        let written = write(&part, text).and_then(|()| std::fs::rename(&part, &path));
        if let Err(error) = written {
            // What cannot be removed now goes at the next start.
            let _ = std::fs::remove_file(&part);
            return Err(error);
        }
        sync(&self.path)?;
        // Where the folder itself is new, so is its name.
        if let Some(above) = self.path.parent().filter(|above| !above.as_os_str().is_empty()) {
            sync(above)?;
        }
        Ok(path)
    }

    /// Removes the oldest, so that there is room for one more of this name and length.
    fn make_room(&self, name: &Name, length: u64) -> Result<()> {
        let mut kept = Vec::new();
        for entry in std::fs::read_dir(&self.path)?.flatten() {
            let Ok(file) = entry.file_name().into_string() else { continue };
            if let Some(at) = time(&file)
                && file != name.0
            {
                kept.push((at.to_owned(), entry.path(), entry.metadata().map_or(0, |about| about.len())));
            }
        }
        kept.sort();
        let mut number = kept.len() + 1;
        let mut bytes = kept.iter().map(|(_, _, bytes)| bytes).sum::<u64>() + length;
        for (_, path, freed) in kept {
            if number <= self.limits.number && bytes <= self.limits.bytes {
                break;
            }
            std::fs::remove_file(path)?;
            number -= 1;
            bytes -= freed;
        }
        Ok(())
    }
}

/// The time in the name of a capsule, which sorts as it went.
fn time(file: &str) -> Option<&str> {
    file.strip_suffix(CAPSULE)?.split_once('-').map(|(_, at)| at)
}

fn write(path: &Path, text: &str) -> Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn sync(folder: &Path) -> Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn name(second: i64) -> Name {
        Name::new("R03", Timestamp::from_second(1_770_000_000 + second).expect("a time"))
    }

    fn names(path: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(path).expect("a folder").flatten();
        let mut names: Vec<_> = entries.map(|e| e.file_name().into_string().expect("a name")).collect();
        names.sort();
        names
    }

    fn few() -> Limits {
        Limits { number: 3, bytes: 100 }
    }

    #[test]
    fn a_capsule_is_for_its_owner_alone_and_replaced_whole() {
        let above = tempfile::tempdir().expect("a folder");
        let folder = Folder::open(above.path().join("capsules"), few()).expect("not there yet");
        let path = folder.keep(&name(0), "once").expect("written");
        assert_eq!(path.file_name().and_then(|n| n.to_str()), Some("R03-20260202T024000.000Z.capsule"));
        assert_eq!(folder.keep(&name(0), "once more").expect("replaced"), path);
        assert_eq!(std::fs::read_to_string(&path).expect("text"), "once more");
        assert_eq!(std::fs::metadata(&path).expect("about it").permissions().mode() & 0o777, 0o600);
        assert_eq!(names(&above.path().join("capsules")).len(), 1);
    }

    #[test]
    fn the_oldest_go_first_by_number_and_by_size() {
        let path = tempfile::tempdir().expect("a folder");
        let folder = Folder::open(path.path().to_owned(), few()).expect("a folder");
        let kept = |seconds: &[i64]| {
            let expected: Vec<String> = seconds.iter().map(|s| name(*s).0).collect();
            assert_eq!(names(path.path()), expected);
        };
        // A fault whose code sorts last is as old as it is.
        for second in 0..4 {
            folder.keep(&name(second), &"x".repeat(20)).expect("written");
        }
        kept(&[1, 2, 3]);
        folder.keep(&name(4), &"x".repeat(70)).expect("written");
        kept(&[3, 4]);
        // A replacement is not one more.
        folder.keep(&name(4), &"x".repeat(75)).expect("written");
        kept(&[3, 4]);
        // Whatever the clock says, what was written last stays.
        folder.keep(&name(-9), &"x".repeat(90)).expect("written");
        kept(&[-9]);
    }

    #[test]
    fn the_code_says_nothing_of_the_age() {
        let path = tempfile::tempdir().expect("a folder");
        let folder =
            Folder::open(path.path().to_owned(), Limits { number: 1, bytes: 100 }).expect("a folder");
        let at = |second| Timestamp::from_second(second).expect("a time");
        folder.keep(&Name::new("S02", at(1_000)), "old").expect("written");
        folder.keep(&Name::new("P03", at(2_000)), "new").expect("written");
        assert_eq!(names(path.path()), [Name::new("P03", at(2_000)).0]);
    }

    #[test]
    fn what_an_interrupted_write_left_goes_and_all_else_stays() {
        let path = tempfile::tempdir().expect("a folder");
        for file in ["R03-20260202T024000.000Z.capsule.part", "R03-20260202T024000.000Z.capsule", "other"] {
            std::fs::write(path.path().join(file), "half").expect("a file");
        }
        let folder = Folder::open(path.path().to_owned(), few()).expect("a folder");
        assert_eq!(names(path.path()), ["R03-20260202T024000.000Z.capsule", "other"]);
        for second in 1..9 {
            folder.keep(&name(second), "x").expect("written");
        }
        assert!(path.path().join("other").exists(), "it is no capsule");
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing() {
        let path = tempfile::tempdir().expect("a folder");
        let folder = Folder::open(path.path().to_owned(), few()).expect("a folder");
        // A folder of that name cannot be replaced by a file.
        std::fs::create_dir(path.path().join(&name(0).0)).expect("a folder");
        std::fs::write(path.path().join(&name(0).0).join("in it"), "").expect("a file");
        folder.keep(&name(0), "x").expect_err("refused");
        assert_eq!(names(path.path()), [name(0).0]);
        let below = Folder::open(path.path().join(&name(0).0).join("in it").join("x"), few());
        below.and_then(|folder| folder.keep(&name(1), "x")).expect_err("below a file");
    }
}
