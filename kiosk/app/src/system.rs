//! The system that the kiosk runs on, as an appliance: what it tells the kiosk, and what it wants to know.

use crate::start::StartError;
use serde::Deserialize;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use visit::screen::SettingsShown;

/// The longest file, in bytes.
const LONGEST: u64 = 16 * 1024;
/// Troubles with the office that are about settings.
const ABOUT_SETTINGS: [&str; 5] = ["bundle-wrong", "bundle-older", "secrets", "too-long", "disk"];
/// What turns the toolkit's picture.
const ROTATION: &str = "SLINT_KMS_ROTATION";
/// That it does not.
const UPRIGHT: &str = "0";
/// How long the system may take for the hall's settings; a disk that does not open is told by the system before.
const LAID_OUT_WITHIN: Duration = Duration::from_secs(240);
/// How often it is looked.
const GLANCE: Duration = Duration::from_millis(50);
/// The most versions that are told, and lines of why settings were not taken.
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
    /// a file with the number of the settings that a technician wants instead
    pub settings_back: PathBuf,
    /// why settings were not taken from a stick, or not gone back to, in words
    pub by_hand: PathBuf,
    /// a file that is there once the hall's settings are laid out
    pub laid_out: PathBuf,
    /// what these say of the screen, as lines `NAME=VALUE`
    pub environment: PathBuf,
}

impl System {
    /// As the system image has it.
    pub fn of_image() -> Self {
        Self {
            boots: PathBuf::from("/run/onedoor/boots.json"),
            enrolment: PathBuf::from("/run/onedoor/enrolment.json"),
            room: PathBuf::from("/run/kiosk/room"),
            settings_back: PathBuf::from("/run/kiosk/settings-back"),
            by_hand: PathBuf::from("/run/onedoor/by-hand"),
            laid_out: PathBuf::from("/run/onedoor/laid-out"),
            environment: PathBuf::from("/run/onedoor/kiosk.env"),
        }
    }

    /// Waits until the hall's settings are laid out. Nothing tells of it: the kiosk is there before the system is.
    ///
    /// # Errors
    /// [`StartError::NotLaidOut`] when they never are, [`StartError::Turned`] when the screen was begun otherwise than
    /// they have it.
    pub fn wait_laid_out(&self) -> Result<(), StartError> {
        let end = Instant::now() + LAID_OUT_WITHIN;
        while !self.laid_out.exists() {
            if Instant::now() >= end {
                return Err(StartError::NotLaidOut(LAID_OUT_WITHIN));
            }
            // Until the system has laid them out.
            std::thread::sleep(GLANCE);
        }
        if self.is_turned_as(std::env::var(ROTATION).ok().as_deref()) {
            Ok(())
        } else {
            Err(StartError::Turned)
        }
    }

    /// Whether the settings have the screen turned so many degrees; not at all, where they do not say.
    fn is_turned_as(&self, degrees: Option<&str>) -> bool {
        let mut text = String::new();
        let file = std::fs::File::open(&self.environment);
        let read = file.and_then(|file| file.take(LONGEST).read_to_string(&mut text));
        let said = text.lines().find_map(|line| line.strip_prefix(ROTATION)?.strip_prefix('='));
        said.filter(|_| read.is_ok()).unwrap_or(UPRIGHT) == degrees.unwrap_or(UPRIGHT)
    }

    /// What the boot loader had to tell; nothing, where it cannot be read.
    pub fn boots(&self) -> Option<Boots> {
        let mut text = String::new();
        std::fs::File::open(&self.boots).ok()?.take(LONGEST).read_to_string(&mut text).ok()?;
        let mut boots: Boots = serde_json::from_str(&text).ok()?;
        boots.left.truncate(MOST);
        Some(boots)
    }

    /// What the hall set for this kiosk, and why other settings were not taken; nothing, where it cannot be read.
    /// `begun` is the number of the settings that this program began with.
    pub fn settings(&self, begun: Option<u64>) -> Option<SettingsShown> {
        let read = |path: &Path| {
            let mut text = String::new();
            std::fs::File::open(path).ok()?.take(LONGEST).read_to_string(&mut text).ok()?;
            Some(text)
        };
        let Settings { serial, before, trouble, said } =
            serde_json::from_str(&read(&self.enrolment)?).ok()?;
        // An office that is not reached says nothing about settings.
        let of_settings = trouble.is_some_and(|trouble| ABOUT_SETTINGS.contains(&trouble.as_str()));
        let refused = [said.filter(|_| of_settings), read(&self.by_hand)].into_iter().flatten();
        let lines = |why: String| why.lines().map(str::to_owned).collect::<Vec<_>>();
        let refused = refused.flat_map(lines).take(MOST).collect();
        let next = serial.filter(|_| begun.is_some() && begun != serial);
        Some(SettingsShown { serial: begun.or(serial), next, before, refused, going_back: false })
    }

    /// Wants the settings with this number in force.
    pub fn want_settings(&self, serial: u64) {
        if let Err(error) = std::fs::write(&self.settings_back, serial.to_string()) {
            tracing::error!(%error, "the system is not told to go back to the settings before");
        }
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

/// What the system says of settings, as `provision::status` writes it.
#[derive(Deserialize)]
struct Settings {
    serial: Option<u64>,
    #[serde(default)]
    before: Option<u64>,
    trouble: Option<String>,
    said: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(folder: &std::path::Path) -> System {
        System {
            boots: folder.join("boots.json"),
            enrolment: folder.join("enrolment.json"),
            room: folder.join("room"),
            settings_back: folder.join("settings-back"),
            by_hand: folder.join("by-hand"),
            laid_out: folder.join("laid-out"),
            environment: folder.join("kiosk.env"),
        }
    }

    #[test]
    fn a_screen_that_was_begun_otherwise_than_the_settings_have_it_is_begun_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let system = system(folder.path());
        for (settings, degrees, same) in [
            (None, None, true),
            (None, Some("90"), false),
            (Some("# by\nSLINT_KMS_ROTATION=90\nONEDOOR_VOLUME=70\n"), Some("90"), true),
            (Some("SLINT_KMS_ROTATION=90\n"), None, false),
            (Some("SLINT_KMS_ROTATION=0\n"), None, true),
            (Some("SLINT_KMS_ROTATION=0\n"), Some("270"), false),
            (Some("\u{fffd}"), Some("0"), true),
        ] {
            if let Some(settings) = settings {
                std::fs::write(&system.environment, settings).expect("a file");
            }
            assert_eq!(system.is_turned_as(degrees), same, "{settings:?} {degrees:?}");
        }
    }

    #[test]
    fn settings_are_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let system = system(folder.path());
        let (waiting, waited) = (system.clone(), std::sync::mpsc::channel());
        std::thread::spawn(move || waited.0.send(waiting.wait_laid_out()));
        assert!(waited.1.recv_timeout(GLANCE * 4).is_err(), "they are not there yet");
        std::fs::write(&system.laid_out, []).expect("a file");
        assert!(waited.1.recv().expect("it ends").is_ok());
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
    fn what_is_written_of_settings_is_shown() {
        use provision::status::{Enrolment, State, Trouble};
        let folder = tempfile::tempdir().expect("a folder");
        let system = system(folder.path());
        assert_eq!(system.settings(None), None, "there is none");
        for (trouble, stick, refused) in [
            (None, None, &[][..]),
            (Some(Trouble::BundleWrong), None, &["said by the office"]),
            (Some(Trouble::BundleOlder), None, &["said by the office"]),
            (Some(Trouble::Secrets), Some("on\nthe stick"), &["said by the office", "on", "the stick"]),
            (Some(Trouble::Unreachable), Some("on the stick"), &["on the stick"]),
        ] {
            let written = Enrolment {
                fingerprint: "3F2A-91C0-77DE-4B18-A05C".parse().expect("a fingerprint"),
                state: State::Ready,
                trouble,
                said: trouble.map(|_| "said by the office".to_owned()),
                serial: Some(7),
                before: Some(6),
                certificate_ends: None,
                at: jiff::Timestamp::UNIX_EPOCH,
            };
            std::fs::write(&system.enrolment, serde_json::to_vec(&written).expect("JSON")).expect("a file");
            let refused = refused.iter().map(ToString::to_string).collect();
            if let Some(why) = stick {
                std::fs::write(&system.by_hand, why).expect("a file");
            }
            let shown =
                SettingsShown { serial: Some(7), before: Some(6), refused, ..SettingsShown::default() };
            assert_eq!(system.settings(Some(7)).as_ref(), Some(&shown), "{trouble:?}");
            assert_eq!(system.settings(None), Some(shown), "{trouble:?}");
        }
        // The links lead elsewhere already, and this program still goes by what it began with.
        let later = system.settings(Some(6)).expect("settings");
        assert_eq!((later.serial, later.next), (Some(6), Some(7)));
        system.want_settings(6);
        assert_eq!(std::fs::read_to_string(&system.settings_back).expect("a file"), "6");
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
