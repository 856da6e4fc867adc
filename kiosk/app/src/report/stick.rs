//! A USB stick that is allowed: known by what the stick says of itself, not by where it was plugged in.

use rustix::fs::{major, minor, stat};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Folders of a device that are looked at, upwards from its partition.
const MOST_FOLDERS: usize = 12;

/// Where the system mounts sticks, and which may be written.
#[derive(Clone, Debug)]
pub struct Stick {
    /// the mount point
    pub folder: PathBuf,
    /// `VENDOR:PRODUCT:SERIAL` of each, as sysfs tells them
    pub allowed: BTreeSet<String>,
}

/// Why nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StickError {
    /// There is none.
    #[error("no USB stick is there")]
    None,
    /// It is none of those that are allowed.
    #[error("the USB stick is none of those that are allowed")]
    NotAllowed,
}

impl Stick {
    /// The folder of an allowed stick that is mounted now.
    ///
    /// # Errors
    /// [`StickError`].
    pub fn mounted(&self) -> Result<&Path, StickError> {
        let device = |path: &Path| stat(path).map(|stat| stat.st_dev).ok();
        let own = device(&self.folder).ok_or(StickError::None)?;
        let above = self.folder.parent().and_then(device);
        // Nothing is mounted there.
        if above == Some(own) {
            return Err(StickError::None);
        }
        let sysfs = PathBuf::from(format!("/sys/dev/block/{}:{}", major(own), minor(own)));
        if self.is_allowed(&sysfs) { Ok(&self.folder) } else { Err(StickError::NotAllowed) }
    }

    /// Whether the USB device that this block device belongs to is allowed.
    fn is_allowed(&self, block: &Path) -> bool {
        let Ok(block) = block.canonicalize() else { return false };
        let said = |folder: &Path, what: &str| {
            std::fs::read_to_string(folder.join(what)).ok().map(|text| text.trim().to_owned())
        };
        let usb = block.ancestors().take(MOST_FOLDERS).find_map(|folder| {
            let (vendor, product) = (said(folder, "idVendor")?, said(folder, "idProduct")?);
            Some(format!("{vendor}:{product}:{}", said(folder, "serial").unwrap_or_default()))
        });
        usb.is_some_and(|usb| self.allowed.contains(&usb))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stick(folder: &Path) -> Stick {
        Stick { folder: folder.to_owned(), allowed: BTreeSet::from(["0951:1666:E0D55E".to_owned()]) }
    }

    #[test]
    fn a_stick_is_known_by_what_it_says_of_itself() {
        let sysfs = tempfile::tempdir().expect("a folder");
        let usb = sysfs.path().join("devices/usb1/1-2");
        let block = usb.join("1-2:1.0/host0/block/sda/sda1");
        std::fs::create_dir_all(&block).expect("a folder");
        let stick = stick(sysfs.path());
        assert!(!stick.is_allowed(&block), "it says nothing");
        for (vendor, product, serial, allowed) in [
            ("0951", "1666", "E0D55E", true),
            ("0951", "1666", "E0D55F", false),
            ("0951", "1667", "E0D55E", false),
        ] {
            for (what, text) in [("idVendor", vendor), ("idProduct", product), ("serial", serial)] {
                std::fs::write(usb.join(what), format!("{text}\n")).expect("a file");
            }
            assert_eq!(stick.is_allowed(&block), allowed, "{vendor}:{product}:{serial}");
        }
        assert!(!stick.is_allowed(&sysfs.path().join("nowhere")));
    }

    #[test]
    fn a_folder_on_which_nothing_is_mounted_is_no_stick() {
        let folder = tempfile::tempdir().expect("a folder");
        let below = folder.path().join("stick");
        assert_eq!(stick(&below).mounted(), Err(StickError::None));
        std::fs::create_dir(&below).expect("a folder");
        assert_eq!(stick(&below).mounted(), Err(StickError::None));
        // Something is mounted there, and it is no USB stick.
        assert_eq!(stick(Path::new("/proc")).mounted(), Err(StickError::NotAllowed));
    }
}
