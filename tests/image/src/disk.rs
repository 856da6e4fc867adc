//! A disk's image from outside: its partitions, the files of its EFI system partition, its bits.

use crate::tools::{attempt, run};
use crate::words;
use serde_json::Value;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Bytes of a sector.
const SECTOR: u64 = 512;

/// A raw image of a disk that may be changed.
#[derive(Clone, Debug)]
pub struct Disk(PathBuf);

/// Where a partition lies, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// From the disk's first byte.
    pub start: u64,
    /// How many.
    pub length: u64,
}

impl Disk {
    /// The image in `file`.
    #[must_use]
    pub fn new(file: &Path) -> Self {
        Self(file.to_owned())
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The partition with this label.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn part(&self, label: &str) -> Part {
        let told: Value =
            serde_json::from_str(&run("sfdisk", words!["--json", &self.0])).expect("sfdisk's JSON");
        let parts = told["partitiontable"]["partitions"].as_array().cloned().unwrap_or_default();
        let part = parts.iter().find(|part| part["name"] == label);
        let part = part.unwrap_or_else(|| panic!("no partition {label}: {told:#}"));
        let sectors = |key: &str| part[key].as_u64().expect("a number of sectors") * SECTOR;
        Part { start: sectors("start"), length: sectors("size") }
    }

    /// The EFI system partition, as mtools name it.
    fn esp(&self) -> String {
        format!("{}@@{}", self.0.display(), self.part("esp").start)
    }

    /// Puts a file on the EFI system partition, at a path with `/`, making the folders above it.
    ///
    /// # Panics
    /// When there is no room for it.
    pub fn put(&self, file: &Path, path: &str) {
        let esp = self.esp();
        let above: Vec<_> = path.match_indices('/').filter_map(|(end, _)| path.get(..end)).collect();
        for folder in above.into_iter().filter(|folder| !folder.is_empty()) {
            if attempt("mdir", words!["-i", &esp, &format!("::{folder}")]).is_none() {
                run("mmd", words!["-i", &esp, &format!("::{folder}")]);
            }
        }
        run("mcopy", words!["-o", "-i", &esp, file, &format!("::{path}")]);
    }

    /// Takes a file of the EFI system partition.
    ///
    /// # Panics
    /// When it is not there.
    pub fn take(&self, path: &str, to: &Path) {
        run("mcopy", words!["-o", "-i", &self.esp(), &format!("::{path}"), to]);
    }

    /// The names in a folder of the EFI system partition.
    #[must_use]
    pub fn names(&self, folder: &str) -> Vec<String> {
        let listed = attempt("mdir", words!["-b", "-i", &self.esp(), &format!("::{folder}")]);
        let name = |line: &str| line.trim_end_matches('/').rsplit('/').next().map(str::to_owned);
        listed.unwrap_or_default().lines().filter_map(name).collect()
    }

    /// Turns one bit of a partition around.
    ///
    /// # Panics
    /// When the partition is shorter.
    pub fn flip(&self, part: Part, at: u64) {
        assert!(at < part.length, "byte {at} is not in {part:?}");
        flip(&self.0, part.start + at);
    }
}

/// Turns the lowest bit of a file's byte around.
///
/// # Panics
/// When it cannot be read or written.
pub fn flip(file: &Path, at: u64) {
    let file = File::options().read(true).write(true).open(file).expect("a file");
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).expect("a byte");
    file.write_all_at(&byte.map(|byte| byte ^ 1), at).expect("room for a byte");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk with an EFI system partition and an empty one.
    fn disk() -> (tempfile::TempDir, Disk) {
        let folder = tempfile::tempdir().expect("a folder");
        let (esp, file) = (folder.path().join("esp"), folder.path().join("disk.img"));
        let length = |file: &Path, mib: u64| {
            File::create(file).and_then(|file| file.set_len(mib << 20)).expect("a file");
        };
        length(&esp, 8);
        length(&file, 12);
        run("mkfs.fat", words![&esp]);
        let table = folder.path().join("table");
        std::fs::write(
            &table,
            "label: gpt\nstart=2048, size=8M, type=uefi, name=\"esp\"\nsize=1M, type=linux, name=\"onedoor_1\"\n",
        )
        .expect("a table");
        run("sh", words!["-c", "sfdisk -q \"$0\" < \"$1\"", &file, &table]);
        let esp = std::fs::read(esp).expect("the partition");
        File::options().write(true).open(&file).and_then(|f| f.write_all_at(&esp, 1 << 20)).expect("room");
        (folder, Disk::new(&file))
    }

    #[test]
    fn files_of_the_esp_are_put_and_taken() {
        let (folder, disk) = disk();
        let file = folder.path().join("file");
        std::fs::write(&file, "an add-on").expect("a file");
        disk.put(&file, "/loader/addons/probe.addon.efi");
        disk.put(&file, "/loader/addons/other.addon.efi");
        let mut names = disk.names("/loader/addons");
        names.sort();
        assert_eq!(names, ["other.addon.efi", "probe.addon.efi"]);
        assert!(disk.names("/EFI").is_empty());
        let taken = folder.path().join("taken");
        disk.take("/loader/addons/probe.addon.efi", &taken);
        assert_eq!(std::fs::read_to_string(taken).expect("the file"), "an add-on");
    }

    #[test]
    fn one_bit_is_turned_and_back() {
        let (_folder, disk) = disk();
        let part = disk.part("onedoor_1");
        assert_eq!((part.start, part.length), (9 << 20, 1 << 20));
        let before = std::fs::read(disk.path()).expect("the disk");
        disk.flip(part, 5);
        let after = std::fs::read(disk.path()).expect("the disk");
        let differ: Vec<_> = (0..before.len()).filter(|n| before[*n] != after[*n]).collect();
        assert_eq!(differ, [(9 << 20) + 5]);
        disk.flip(part, 5);
        assert!(std::fs::read(disk.path()).expect("the disk") == before);
    }
}
