//! Taking a bundle: all of it or nothing, and one step back.
//!
//! ```text
//! /data/hall/7/        an applied bundle, with the configuration that the kiosk starts with and opened secrets
//! /data/hall/current   → 7
//! /data/hall/previous  → 6
//! ```
//!
//! A new one is written to `.new-8`, synced, and renamed to `8`: from then on it is whole, and a switch that a power
//! cut interrupts is finished at boot. Then `previous` is made to lead to what is current, then `current` to the new
//! one. Going back exchanges the two names at once. The configuration is filled in anew at boot, by the version that runs.

mod configuration;

use self::configuration::{Said, filled, refill};
use crate::bundle::Files;
use crate::bundle::{Bundle, MANIFEST, SIGNATURE, Secrets};
use crate::disk::Disk;
use crate::keys::Keys;
use crate::places::{Owner, Places, read};
use crate::problem::Problems;
use crate::signature::SigningKeys;
use std::io;
use std::path::{Path, PathBuf};

/// The kiosk's configuration in an applied bundle.
pub const CONFIGURATION: &str = "kiosk.toml";
/// Says which kiosk it was applied for.
pub(crate) const NAME: &str = "kiosk.name";

/// What became of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// it is in force now
    New(u64),
    /// it was in force already
    Same(u64),
}

/// Why a bundle was not taken. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// It is wrong.
    #[error("{0}")]
    Wrong(Problems),
    /// One that is newer was taken before.
    #[error(
        "the bundle has serial {offered}, and {known} was taken before; give it a higher one, or have \
         a technician go back"
    )]
    Older {
        /// its serial
        offered: u64,
        /// the highest one that was taken
        known: u64,
    },
    /// It was in force, until somebody went back from it.
    #[error(
        "somebody went back from the bundle with serial {0}; whoever is in the technician's room returns to it, and \
         a new one needs a higher serial"
    )]
    GoneBackFrom(u64),
    /// Two different ones bear one serial.
    #[error("another bundle with serial {0} was taken before; give this one a higher serial")]
    Another(u64),
    /// It is for other kiosks.
    #[error("the bundle names no kiosk with the fingerprint {0}; add it as [[kiosk]] in bundle.toml")]
    NotForThisKiosk(crate::fingerprint::Fingerprint),
    /// Its secrets do not open.
    #[error(
        "secrets/{0}.sealed was not sealed for this kiosk under this name; seal it again with its request"
    )]
    Secrets(String),
    /// The disk failed.
    #[error("the bundle could not be written: {0}")]
    Disk(#[from] io::Error),
}

fn serial_of(places: &Places, link: &str) -> Option<u64> {
    std::fs::read_link(places.hall().join(link)).ok()?.to_str()?.parse().ok()
}

/// The serial of the bundle in force.
#[must_use]
pub fn current(places: &Places) -> Option<u64> {
    serial_of(places, "current").filter(|serial| places.hall().join(serial.to_string()).is_dir())
}

/// The serial of the one that `back` returns to.
#[must_use]
pub fn previous(places: &Places) -> Option<u64> {
    serial_of(places, "previous").filter(|serial| places.hall().join(serial.to_string()).is_dir())
}

/// Takes a bundle. Whoever calls holds the lock.
///
/// # Errors
/// [`NotTaken`]; nothing has changed then, but for a disk that failed in the middle, which [`settle`] puts right.
pub fn take(
    places: &Places,
    disk: &Disk<'_>,
    keys: &Keys,
    signing: &SigningKeys,
    bytes: &[u8],
) -> Result<Taken, NotTaken> {
    settle(places, disk)?;
    let bundle = Bundle::parse(bytes, signing).map_err(NotTaken::Wrong)?;
    let serial = bundle.manifest.serial;
    let (now, before) = (current(places), previous(places));
    let same = |serial: u64| {
        let path = places.hall().join(serial.to_string()).join(MANIFEST);
        std::fs::read(path).is_ok_and(|manifest| manifest == bundle.manifest_bytes)
    };
    match now.max(before) {
        Some(_) if now == Some(serial) && same(serial) => return Ok(Taken::Same(serial)),
        Some(_) if before == Some(serial) && before > now && same(serial) => {
            return Err(NotTaken::GoneBackFrom(serial));
        }
        Some(_) if (now == Some(serial) || before == Some(serial)) && !same(serial) => {
            return Err(NotTaken::Another(serial));
        }
        Some(known) if serial < known => return Err(NotTaken::Older { offered: serial, known }),
        _ => {}
    }
    let kiosk = bundle.manifest.kiosk.iter().find(|kiosk| kiosk.fingerprint == keys.fingerprint);
    let name = &kiosk.ok_or(NotTaken::NotForThisKiosk(keys.fingerprint))?.name;
    let sealed = bundle.files.get(&format!("secrets/{name}.sealed")).map(Vec::as_slice).unwrap_or_default();
    let secrets = Secrets::open(sealed, name, keys.fingerprint, &keys.opening)
        .ok_or_else(|| NotTaken::Secrets(name.clone()))?;
    let settings = bundle.content.kiosks.get(name).ok_or_else(|| io::Error::other("has no such kiosk"))?;
    let configuration = filled(
        places,
        &Said {
            manifest: &bundle.manifest,
            name,
            settings,
            network: &bundle.content.network,
            has: &|file| bundle.files.contains_key(file),
            entry_key: secrets.entry_key.is_some(),
        },
    )?;
    write(places, disk, &bundle, name, &secrets, configuration.as_bytes())?;
    switch(places, disk, serial)?;
    Ok(Taken::New(serial))
}

/// Writes an applied bundle under its own name, whole and synced.
fn write(
    places: &Places,
    disk: &Disk<'_>,
    bundle: &Bundle,
    name: &str,
    secrets: &Secrets,
    configuration: &[u8],
) -> io::Result<()> {
    let owner = places.owner()?;
    let of_root = Owner { uid: rustix::process::geteuid().as_raw(), gid: owner.gid };
    let hall = places.hall();
    disk.folder(&hall, 0o755, None)?;
    let serial = bundle.manifest.serial.to_string();
    let new = hall.join(format!(".new-{serial}"));
    disk.remove(&new)?;
    disk.folder(&new, 0o755, None)?;
    let mut files = Files::new();
    files.extend([
        (MANIFEST.to_owned(), bundle.manifest_bytes.clone()),
        (SIGNATURE.to_owned(), bundle.jws.clone()),
        (CONFIGURATION.to_owned(), configuration.to_owned()),
        (NAME.to_owned(), name.as_bytes().to_owned()),
    ]);
    // What is other kiosks' is none of this one's business.
    let ours = |path: &str| !path.starts_with("kiosks/") && !path.starts_with("secrets/");
    let own = |(path, _): &(&String, &Vec<u8>)| ours(path) || **path == format!("kiosks/{name}.toml");
    let shared = bundle.files.iter().filter(own).map(|(path, content)| (path.clone(), content.clone()));
    files.extend(shared);
    let mut folders = vec![new.clone()];
    for (path, content) in &files {
        let path = new.join(path);
        if let Some(folder) = path.parent().filter(|folder| !folder.is_dir()) {
            make_folders(disk, &new, folder, &mut folders)?;
        }
        disk.file(&path, content, 0o444, None)?;
    }
    let secret = new.join("secrets");
    disk.folder(&secret, 0o750, Some(of_root))?;
    disk.file(&secret.join("hall.key"), &secrets.hall_key, 0o400, Some(owner))?;
    if let Some(key) = &secrets.entry_key {
        disk.file(&secret.join("entry.key"), key, 0o400, Some(owner))?;
    }
    folders.push(secret);
    for folder in folders.iter().rev() {
        disk.sync(folder)?;
    }
    disk.rename(&new, &hall.join(serial))
}

fn make_folders(disk: &Disk<'_>, top: &Path, folder: &Path, made: &mut Vec<PathBuf>) -> io::Result<()> {
    if let Some(parent) = folder.parent().filter(|parent| *parent != top && !parent.is_dir()) {
        make_folders(disk, top, parent, made)?;
    }
    disk.folder(folder, 0o755, None)?;
    made.push(folder.to_owned());
    Ok(())
}

/// Has a whole one be in force.
fn switch(places: &Places, disk: &Disk<'_>, serial: u64) -> io::Result<()> {
    let hall = places.hall();
    if let Some(now) = current(places).filter(|now| *now != serial) {
        disk.link(Path::new(&now.to_string()), &hall.join("previous"))?;
    }
    disk.link(Path::new(&serial.to_string()), &hall.join("current"))?;
    tidy(places, disk)
}

/// Removes what is neither in force nor the one before.
fn tidy(places: &Places, disk: &Disk<'_>) -> io::Result<()> {
    let kept = [current(places), previous(places)];
    let Ok(entries) = std::fs::read_dir(places.hall()) else { return Ok(()) };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let old = name.parse().is_ok_and(|serial: u64| !kept.contains(&Some(serial)));
        let dangles = name == "previous" && kept[1].is_none();
        if old || dangles || name.starts_with(".new-") {
            disk.remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Finishes or cleans up what a power cut interrupted.
///
/// # Errors
/// The disk failed.
pub fn settle(places: &Places, disk: &Disk<'_>) -> io::Result<()> {
    let Ok(entries) = std::fs::read_dir(places.hall()) else { return Ok(()) };
    let whole = entries.flatten().filter(|entry| entry.path().is_dir());
    let newest = whole.filter_map(|entry| entry.file_name().to_str()?.parse::<u64>().ok()).max();
    match newest {
        // Only what was renamed has a number for a name, and only a switch that did not end leaves it unknown.
        Some(newest) if Some(newest) > current(places).max(previous(places)) => switch(places, disk, newest)?,
        _ => tidy(places, disk)?,
    }
    refill(places, disk);
    Ok(())
}

/// Goes back to the bundle before, or forth again. Where a certain one is `wanted`, to that and no other; not at all,
/// where it is in force already.
///
/// # Errors
/// There is none, it is not the one that is wanted, or the disk failed.
pub fn back(places: &Places, disk: &Disk<'_>, wanted: Option<u64>) -> io::Result<u64> {
    settle(places, disk)?;
    if let Some(wanted) = wanted {
        if current(places) == Some(wanted) {
            return Ok(wanted);
        }
        if previous(places) != Some(wanted) {
            let why = format!("settings with serial {wanted} are not the ones before any more");
            return Err(io::Error::other(why));
        }
    }
    let (Some(_), Some(before)) = (current(places), previous(places)) else {
        return Err(io::Error::other("there is no bundle before this one to go back to"));
    };
    let hall = places.hall();
    disk.exchange(&hall.join("current"), &hall.join("previous"))?;
    refill(places, disk);
    Ok(before)
}

/// A file of the bundle in force; `None` when there is none.
pub(crate) fn file(places: &Places, name: &str) -> Option<Vec<u8>> {
    read(&places.hall().join("current").join(name), 1024 * 1024).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys;
    use crate::sample::Hall;
    use crate::testing::{cut, places, steps};

    fn read_link(places: &Places, name: &str) -> String {
        let link = std::fs::read_link(places.hall().join(name));
        link.map(|target| target.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// A kiosk that has taken bundles with these serials.
    fn kiosk(serials: &[u64]) -> (tempfile::TempDir, Places, Hall, Keys) {
        let (folder, places) = places();
        let keys = keys::ensure(&places, &Disk::new()).unwrap();
        let hall = Hall::of(&keys);
        for serial in serials {
            hall.take(&places, &keys, *serial).unwrap();
        }
        (folder, places, hall, keys)
    }

    #[test]
    fn the_order_of_serials_is_kept() {
        let (_folder, places, hall, keys) = kiosk(&[3]);
        assert_eq!((current(&places), previous(&places)), (Some(3), None));
        assert!(matches!(hall.take(&places, &keys, 3), Ok(Taken::Same(3))));
        assert!(back(&places, &Disk::new(), None).is_err());
        assert!(matches!(hall.take(&places, &keys, 5), Ok(Taken::New(5))));
        assert!(matches!(hall.take(&places, &keys, 4), Err(NotTaken::Older { offered: 4, known: 5 })));
        assert!(matches!(hall.take(&places, &keys, 2), Err(NotTaken::Older { offered: 2, known: 5 })));
        assert!(matches!(hall.take(&places, &keys, 6), Ok(Taken::New(6))));
        assert_eq!((current(&places), previous(&places)), (Some(6), Some(5)));
        assert!(!places.hall().join("3").exists());
        // The one before, unchanged, is older and nothing else.
        assert!(matches!(hall.take(&places, &keys, 5), Err(NotTaken::Older { offered: 5, known: 6 })));
        assert_eq!(back(&places, &Disk::new(), None).unwrap(), 5);
        assert!(matches!(hall.take(&places, &keys, 6), Err(NotTaken::GoneBackFrom(6))));
        assert!(matches!(hall.take(&places, &keys, 5), Ok(Taken::Same(5))));
        // The same want twice is one step; another than the one before is none.
        assert_eq!(back(&places, &Disk::new(), Some(5)).unwrap(), 5);
        assert!(back(&places, &Disk::new(), Some(4)).is_err());
        assert_eq!((current(&places), previous(&places)), (Some(5), Some(6)));
        assert_eq!(back(&places, &Disk::new(), Some(6)).unwrap(), 6);
        assert_eq!((current(&places), previous(&places)), (Some(6), Some(5)));
        assert_eq!(back(&places, &Disk::new(), None).unwrap(), 5);
        assert!(matches!(hall.take(&places, &keys, 7), Ok(Taken::New(7))));
        assert_eq!((current(&places), previous(&places)), (Some(7), Some(5)));
        let turned = crate::sample::NETWORK.replace("rotation = 90", "rotation = 180");
        let other = hall.changed(7, "network.toml", turned.as_bytes());
        let taken = take(&places, &Disk::new(), &keys, &hall.signing(), &other);
        assert!(matches!(taken, Err(NotTaken::Another(7))), "{taken:?}");
    }

    #[test]
    fn a_bundle_is_taken_by_whom_it_is_for() {
        let (_folder, here, hall, _) = kiosk(&[]);
        let (_other, elsewhere) = places();
        let keys = keys::ensure(&elsewhere, &Disk::new()).unwrap();
        let taken = hall.take(&elsewhere, &keys, 1);
        assert!(matches!(taken, Err(NotTaken::NotForThisKiosk(_))), "{taken:?}");
        assert_eq!((current(&here), current(&elsewhere)), (None, None));
        let sealed = Hall::of(&keys);
        let mut stolen = Hall::of(&keys);
        stolen.files.insert("secrets/lobby-1.sealed".into(), hall.files["secrets/lobby-1.sealed"].clone());
        let taken = stolen.take(&elsewhere, &keys, 1);
        assert!(matches!(taken, Err(NotTaken::Secrets(_))), "{taken:?}");
        assert!(matches!(sealed.take(&elsewhere, &keys, 1), Ok(Taken::New(1))));
    }

    #[test]
    fn what_is_applied_is_whole() {
        let (_folder, places, hall, _) = kiosk(&[1]);
        let now = places.hall().join("current");
        let read = |name: &str| std::fs::read_to_string(now.join(name)).unwrap();
        assert_eq!(read("catalogue.toml").as_bytes(), hall.files["catalogue.toml"]);
        assert!(!now.join("kiosks/lobby-2.toml").exists(), "another's");
        assert!(!now.join("secrets/lobby-1.sealed").exists());
        assert_eq!(std::fs::read(places.keys().join("hall.key")).unwrap(), [7; 32]);
        assert_eq!(std::fs::read(places.keys().join("entry.key")).unwrap(), [8; 32]);
        let root = places.data();
        let root = root.to_str().unwrap();
        let effective = read(CONFIGURATION).replace(root, "/data");
        let effective = effective.replace(places.run().to_str().unwrap(), "/run/onedoor");
        assert_eq!(effective, include_str!("apply/kiosk.toml"));
    }

    /// What a newer version wrote would keep an older one from starting.
    #[test]
    fn the_version_that_runs_fills_the_configuration_in() {
        let (_folder, places, hall, keys) = kiosk(&[1]);
        let path = places.hall().join("1").join(CONFIGURATION);
        let own = std::fs::read_to_string(&path).unwrap();
        let newer = own.replace("[log]", "[surprise]\nnew = 1\n\n[log]");
        let write = |text: &str| {
            std::fs::remove_file(&path).unwrap();
            std::fs::write(&path, text).unwrap();
        };
        for found in [&newer, ""] {
            write(found);
            crate::boot::boot(&places, &Disk::new()).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), own);
        }
        write(&newer);
        hall.take(&places, &keys, 2).unwrap();
        back(&places, &Disk::new(), None).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), own);
        // Of a bundle that it does not understand it leaves what there is.
        let settings = places.hall().join("1/kiosks/lobby-1.toml");
        std::fs::remove_file(&settings).unwrap();
        std::fs::write(&settings, "surprise = 1").unwrap();
        write(&newer);
        settle(&places, &Disk::new()).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), newer);
    }

    /// Wherever the power is cut while a bundle is taken, boot finds the old one or the new one, whole.
    #[test]
    fn a_power_cut_at_any_step_leaves_the_old_or_the_new() {
        for taken in [&[][..], &[1], &[1, 2]] {
            let total = steps(|disk| {
                let (_folder, places, hall, keys) = kiosk(taken);
                let bytes = hall.bundle(9);
                take(&places, disk, &keys, &hall.signing(), &bytes).map(drop).map_err(io::Error::other)
            });
            assert!(total > 60, "{total}");
            let (mut old, mut new) = (0, 0);
            for at in 0..total {
                let (_folder, places, hall, keys) = kiosk(taken);
                let bytes = hall.bundle(9);
                cut(at, |disk| {
                    take(&places, disk, &keys, &hall.signing(), &bytes).map(drop).map_err(io::Error::other)
                });
                crate::boot::boot(&places, &Disk::new()).unwrap();
                let before = taken.last().copied();
                match current(&places) {
                    Some(9) => {
                        new += 1;
                        assert_eq!(previous(&places), before, "cut at {at}");
                        let now = places.hall().join("9");
                        for (name, content) in &hall.files {
                            if !name.starts_with("kiosks/") && !name.starts_with("secrets/") {
                                assert_eq!(std::fs::read(now.join(name)).unwrap(), *content, "cut at {at}");
                            }
                        }
                        assert_eq!(std::fs::read(places.keys().join("hall.key")).unwrap(), [7; 32]);
                        assert!(now.join(CONFIGURATION).metadata().unwrap().len() > 100);
                    }
                    found => {
                        old += 1;
                        assert_eq!(found, before, "cut at {at}");
                        assert_eq!(previous(&places), taken.len().checked_sub(2).map(|n| taken[n]));
                    }
                }
                let left: Vec<_> = std::fs::read_dir(places.hall())
                    .into_iter()
                    .flatten()
                    .map(|e| e.unwrap().file_name().into_string().unwrap())
                    .filter(|name| name.starts_with('.'))
                    .collect();
                assert!(left.is_empty(), "{left:?}");
                // And the next one is taken as if nothing had been.
                assert!(matches!(hall.take(&places, &keys, 10), Ok(Taken::New(10))), "cut at {at}");
            }
            assert!(old > 0 && new > 0, "{old} {new}");
        }
    }

    #[test]
    fn a_power_cut_while_going_back_leaves_one_of_the_two() {
        let total = steps(|disk| back(&kiosk(&[1, 2]).1, disk, None).map(drop));
        for at in 0..total {
            let (_folder, places, ..) = kiosk(&[1, 2]);
            cut(at, |disk| back(&places, disk, None).map(drop));
            settle(&places, &Disk::new()).unwrap();
            let found = (read_link(&places, "current"), read_link(&places, "previous"));
            assert!(found == ("1".into(), "2".into()) || found == ("2".into(), "1".into()), "{found:?}");
        }
    }
}
