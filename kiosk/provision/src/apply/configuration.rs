//! The configuration that a kiosk starts with: what its bundle says, and what the kiosk knows better itself.

use super::{CONFIGURATION, NAME, current};
use crate::bundle::{Fill, MANIFEST, Manifest, Network, Settings};
use crate::disk::Disk;
use crate::places::Places;
use std::io;
use std::path::PathBuf;

/// What of a bundle goes into it.
pub(super) struct Said<'a> {
    pub(super) manifest: &'a Manifest,
    pub(super) name: &'a str,
    pub(super) settings: &'a Settings,
    pub(super) network: &'a Network,
    /// whether the bundle has this file
    pub(super) has: &'a dyn Fn(&str) -> bool,
    /// whether its secrets have a key for the technician's room
    pub(super) entry_key: bool,
}

/// The configuration, filled in.
pub(super) fn filled(places: &Places, said: &Said<'_>) -> io::Result<String> {
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    let table = said.settings.effective(&Fill {
        current: &text(places.hall().join("current")),
        keys: &text(places.keys()),
        data: &text(places.kiosk()),
        stick: &text(places.run().join("stick")),
        has: said.has,
        entry_key: said.entry_key,
        sticks: &said.network.sticks.allowed,
    });
    let head = format!(
        "# Of {}, from the bundle with serial {} of {}. Changes belong into the next bundle.\n\n",
        said.name, said.manifest.serial, said.manifest.hall
    );
    toml::to_string(&table).map(|table| head + &table).map_err(io::Error::other)
}

/// Fills in the configuration of the bundle in force as this version does. Another version, newer or older, may have
/// written in it what the kiosk beside this one does not know, and then it would not start; or left out what it does.
/// Where this one does not understand the bundle, or the disk takes nothing more, what is there has to do.
pub(super) fn refill(places: &Places, disk: &Disk<'_>) {
    let (Some(serial), Some(wanted)) = (current(places), again(places)) else { return };
    if super::file(places, CONFIGURATION).as_deref() == Some(wanted.as_bytes()) {
        return;
    }
    let path = places.hall().join(serial.to_string()).join(CONFIGURATION);
    if let Err(error) = disk.replace(&path, wanted.as_bytes(), 0o444, None) {
        eprintln!("onedoor-provision: the kiosk's configuration stays as another version left it: {error}");
    }
}

fn again(places: &Places) -> Option<String> {
    let read = |name: &str| super::file(places, name);
    let name = String::from_utf8(read(NAME)?).ok()?;
    let said = Said {
        manifest: &Manifest::parse(&read(MANIFEST)?).ok()?,
        name: &name,
        settings: &Settings::parse(&name, &read(&format!("kiosks/{name}.toml"))?).ok()?,
        network: &Network::parse(&read("network.toml")?).ok()?,
        has: &|file| places.hall().join("current").join(file).is_file(),
        entry_key: places.hall().join("current/secrets/entry.key").is_file(),
    };
    filled(places, &said).ok()
}
