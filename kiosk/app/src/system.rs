//! The system that the kiosk runs on, as an appliance: what it tells the kiosk, and what it wants to know.

use serde::Deserialize;
use std::io::Read;
use std::path::PathBuf;

/// The longest file, in bytes.
const LONGEST: u64 = 4096;
/// The most versions that are told.
const MOST: usize = 8;

/// Where system and kiosk leave each other word.
#[derive(Clone, Debug)]
pub struct System {
    /// what the boot loader had to tell, as JSON: the version that runs, and those that were left
    pub boots: PathBuf,
    /// what the office said of this kiosk's request, as JSON
    pub enrolment: PathBuf,
    /// a file that is there while a technician is in his room
    pub room: PathBuf,
}

impl System {
    /// As the system image has it.
    pub fn of_image() -> Self {
        Self {
            boots: PathBuf::from("/run/onedoor/boots.json"),
            enrolment: PathBuf::from("/run/onedoor/enrolment.json"),
            room: PathBuf::from("/run/kiosk/room"),
        }
    }

    /// What the boot loader had to tell; nothing, where it cannot be read.
    pub fn boots(&self) -> Option<Boots> {
        let mut text = String::new();
        std::fs::File::open(&self.boots).ok()?.take(LONGEST).read_to_string(&mut text).ok()?;
        let mut boots: Boots = serde_json::from_str(&text).ok()?;
        boots.left.truncate(MOST);
        Some(boots)
    }

    /// Says whether a technician is in his room; the system lets USB sticks in only then.
    pub fn technician(&self, inside: bool) {
        let said = if inside {
            std::fs::write(&self.room, []).map_err(|error| (error, "the system lets no USB stick in"))
        } else {
            match std::fs::remove_file(&self.room) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err((error, "the system still lets USB sticks in"))
                }
                _ => Ok(()),
            }
        };
        if let Err((error, what)) = said {
            tracing::error!(%error, "{what}");
        }
    }
}

/// What the boot loader had to tell.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Boots {
    /// the version of the system that runs
    pub version: String,
    /// versions that did not become good
    pub left: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(folder: &std::path::Path) -> System {
        System {
            boots: folder.join("boots.json"),
            enrolment: folder.join("enrolment.json"),
            room: folder.join("room"),
        }
    }

    #[test]
    fn what_the_boot_loader_tells_is_read_and_bounded() {
        let folder = tempfile::tempdir().expect("a folder");
        let system = system(folder.path());
        assert_eq!(system.boots(), None, "there is none");
        let many = format!(r#"{{"version":"7","left":[{}]}}"#, ["\"8\""; 20].join(","));
        for (text, told) in [
            (r#"{"version":"7","left":[]}"#, Some(("7", 0))),
            (r#"{"version":"7","left":["8","9"]}"#, Some(("7", 2))),
            (many.as_str(), Some(("7", MOST))),
            (r#"{"version":7}"#, None),
            ("", None),
        ] {
            std::fs::write(&system.boots, text).expect("a file");
            let boots = system.boots();
            let boots = boots.as_ref().map(|boots| (boots.version.as_str(), boots.left.len()));
            assert_eq!(boots, told, "{text}");
        }
        std::fs::write(&system.boots, vec![b' '; 1 << 20]).expect("a file");
        assert_eq!(system.boots(), None, "longer than any");
    }

    #[test]
    fn the_system_is_told_that_a_technician_is_in_his_room() {
        let folder = tempfile::tempdir().expect("a folder");
        let system = system(folder.path());
        for inside in [false, true, true, false, false] {
            system.technician(inside);
            assert_eq!(system.room.exists(), inside);
        }
    }
}
