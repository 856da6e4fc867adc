//! The virtual hall's devices and services, without a kiosk of its own.

use crate::built::Built;
use crate::tools::built_beside;
use hands::Hands;
use machine::held::{self, Held};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tempfile::TempDir;

/// A hall's process and its dock.
pub struct Hall {
    hands: Hands,
    folder: TempDir,
    _process: Held,
}

impl Hall {
    /// With these arguments, and settings that replace the hall's own (TOML).
    ///
    /// # Panics
    /// When the hall does not open.
    #[must_use]
    pub fn with(arguments: &[&str], settings: &str) -> Self {
        Self::prepared(arguments, settings, |_| {})
    }

    /// With the devices and services alone, for a kiosk that the office of this image certifies.
    ///
    /// # Panics
    /// When the hall does not open.
    #[must_use]
    pub fn of(built: &Built, settings: &str) -> Self {
        Self::prepared(&["--no-kiosk"], settings, |data| crate::pki::lay_out(built, &data.join("pki")))
    }

    fn prepared(arguments: &[&str], settings: &str, prepare: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::Builder::new().prefix("hall").tempdir().expect("a folder");
        let place = |name: &str| folder.path().join(name);
        prepare(&place("data"));
        std::fs::write(place("settings.toml"), settings).expect("settings");
        let mut command = held::command(built_beside("hall", "ONEDOOR_HALL"));
        command.args(["--dock", "127.0.0.1:0", "--no-window", "--no-slot", "--no-codes", "--data"]);
        command.arg(place("data")).arg("--config").arg(place("settings.toml")).args(arguments);
        let log = File::create(place("hall.log")).expect("a log");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut process = Held::start(&mut command).expect("the hall");
        let mut first = String::new();
        BufReader::new(process.stdout.take().expect("its output"))
            .read_line(&mut first)
            .expect("its first line");
        let address = first.trim().rsplit('/').next().unwrap_or_default().to_owned();
        let said = || std::fs::read_to_string(place("hall.log")).unwrap_or_default();
        assert!(address.contains(':'), "the hall did not open; it said {first:?} {}", said());
        Self { hands: Hands::at(address), folder, _process: process }
    }

    /// All its state.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The file of a sample paper.
    ///
    /// # Panics
    /// When there is none of this name.
    #[must_use]
    pub fn paper(&self, name: &str) -> PathBuf {
        let file = self.data().join("papers").join(format!("{name}.jpg"));
        file.canonicalize().unwrap_or_else(|e| panic!("{}: {e}", file.display()))
    }

    /// The settings it wrote for a kiosk that is started by hand.
    ///
    /// # Panics
    /// When it wrote none.
    #[must_use]
    pub fn settings(&self) -> toml::Table {
        let text = std::fs::read_to_string(self.data().join("kiosk.toml")).expect("kiosk.toml");
        text.parse().expect("settings")
    }

    /// The serial port of a device, as the settings name it.
    ///
    /// # Panics
    /// When it has none.
    #[must_use]
    pub fn port(&self, device: &str) -> PathBuf {
        let settings = self.settings();
        let port = settings.get(device).and_then(|device| device.get("port")).and_then(toml::Value::as_str);
        let port = port.and_then(|port| port.strip_prefix("serial:"));
        // QEMU wants the device itself, not the name under which the hall shows it.
        Path::new(port.expect("a serial port")).canonicalize().expect("the port")
    }
}

impl Deref for Hall {
    type Target = Hands;

    fn deref(&self) -> &Hands {
        &self.hands
    }
}

impl Drop for Hall {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.folder.path().join("hall.log")).unwrap_or_default();
            println!("--- what the hall logged\n{log}");
        }
    }
}
