//! What has to be there before anything else of the kiosk starts.

use crate::bundle::{Network, Settings};
use crate::disk::Disk;
use crate::keys::{self, Keys};
use crate::places::{Places, user};
use crate::site::Site;
use crate::system::{self, Changes};
use crate::{apply, status};
use std::io;

/// The user as whom chronyd runs, and remembers the clock's drift.
const CLOCK: &str = "_chrony";

/// Makes folders and keys, settles what a power cut interrupted, and writes what the system reads.
///
/// # Errors
/// The disk failed, or a key is damaged.
pub fn boot(places: &Places, disk: &Disk<'_>) -> io::Result<(Keys, Changes)> {
    let owner = places.owner()?;
    disk.folder(&places.data(), 0o755, None)?;
    disk.folder(&places.hall(), 0o755, None)?;
    disk.folder(&places.kiosk(), 0o700, Some(owner))?;
    let clock = if rustix::process::geteuid().is_root() { user(CLOCK)? } else { None };
    disk.folder(&places.data().join("time"), 0o755, clock)?;
    let keys = keys::ensure(places, disk)?;
    apply::settle(places, disk)?;
    let changes = write(places, disk)?;
    status::renew(places, disk, &keys)?;
    Ok((keys, changes))
}

/// Writes what the system reads, from the bundle in force; without one, so that the office can be reached.
///
/// # Errors
/// The disk failed.
pub fn write(places: &Places, disk: &Disk<'_>) -> io::Result<Changes> {
    // A site that cannot be read is no reason for an open door: nobody is reached then.
    let site = Site::load(places).unwrap_or_default();
    let name = apply::file(places, apply::NAME).and_then(|name| String::from_utf8(name).ok());
    let network = network(places);
    let settings = name.as_ref().and_then(|name| {
        let bytes = apply::file(places, &format!("kiosks/{name}.toml"))?;
        Settings::parse(name, &bytes).ok()
    });
    let time_ca = if apply::file(places, "trust/time-ca.pem").is_some() {
        Some(places.hall().join("current/trust/time-ca.pem"))
    } else {
        Some(places.site().join("time-ca.pem")).filter(|path| path.exists())
    };
    system::write(
        places,
        disk,
        &system::Facts {
            site: &site,
            name: name.as_deref().unwrap_or_default(),
            network: &network,
            settings: settings.as_ref(),
            time_ca,
            drift: places.data().join("time"),
        },
    )
}

/// The network as the bundle in force says it is; as if nothing were said, where it does not.
pub(crate) fn network(places: &Places) -> Network {
    let said = apply::file(places, "network.toml").and_then(|bytes| Network::parse(&bytes).ok());
    said.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Hall;
    use crate::testing::places;
    use std::path::Path;

    const SITE: &str = "office = \"https://10.0.2.100\"\nupdates = \"https://10.0.2.100/updates\"\n";

    fn text(path: &Path) -> String {
        std::fs::read_to_string(path).unwrap()
    }

    fn kiosk(site: &str) -> (tempfile::TempDir, Places) {
        let (folder, places) = places();
        std::fs::create_dir_all(places.site()).unwrap();
        std::fs::write(places.site().join("site.toml"), site).unwrap();
        (folder, places)
    }

    /// Whom the firewall lets the kiosk reach.
    fn reached(places: &Places) -> Vec<String> {
        let firewall = text(&places.run().join("firewall.nft"));
        let ways = firewall.lines().filter_map(|line| line.split_once("daddr ")?.1.split_once(" counter"));
        let mut ways: Vec<String> = ways.map(|(way, _)| way.to_owned()).collect();
        ways.dedup();
        ways
    }

    #[test]
    fn before_any_bundle_the_office_is_reached_and_nobody_else() {
        let (_folder, places) = kiosk(SITE);
        let (keys, changes) = boot(&places, &Disk::new()).unwrap();
        assert!(!places.hall().join("current").exists());
        assert_eq!(changes.len(), 2);
        assert!(text(&places.networkd().join("10-onedoor.network")).contains("DHCP=ipv4\n"));
        assert_eq!(reached(&places), ["10.0.2.100 tcp dport 443"]);
        assert_eq!(text(&places.run().join("hosts")).lines().count(), 3);
        assert_eq!(text(&places.run().join("updates")), "https://10.0.2.100/updates\n");
        assert!(!text(&places.run().join("chrony.conf")).contains("ntstrustedcerts"));
        assert!(text(&places.run().join("kiosk.env")).contains("ONEDOOR_BRIGHTNESS=80\n"));
        let said = status::Enrolment::read(&places).unwrap();
        assert_eq!((said.fingerprint, said.state), (keys.fingerprint, status::State::Starting));
        // With nothing new there is nothing to do.
        assert!(boot(&places, &Disk::new()).unwrap().1.is_empty());
    }

    /// Until there is a bundle, whom the image names.
    #[test]
    fn the_image_may_say_who_signs_for_time_servers() {
        let (_folder, places) = kiosk(SITE);
        std::fs::write(places.site().join("time-ca.pem"), "").unwrap();
        let (keys, _) = boot(&places, &Disk::new()).unwrap();
        let trusted = || {
            text(&places.run().join("chrony.conf"))
                .lines()
                .find_map(|line| line.strip_prefix("ntstrustedcerts ").map(str::to_owned))
        };
        assert_eq!(trusted().as_deref(), places.site().join("time-ca.pem").to_str());
        Hall::of(&keys).take(&places, &keys, 1).unwrap();
        write(&places, &Disk::new()).unwrap();
        assert_eq!(trusted().as_deref(), places.hall().join("current/trust/time-ca.pem").to_str());
    }

    #[test]
    fn a_site_that_cannot_be_read_opens_nothing() {
        for site in ["office = 7", "office = \"http://10.0.2.100\"", "\0"] {
            let (_folder, places) = kiosk(site);
            boot(&places, &Disk::new()).unwrap();
            assert!(reached(&places).is_empty(), "{site}");
            assert_eq!(text(&places.run().join("updates")), "\n", "{site}");
        }
    }

    /// A newer system that no longer understands a bundle still reaches the office for another.
    #[test]
    fn with_a_bundle_that_cannot_be_read_the_office_is_reached() {
        let (_folder, places) = kiosk(SITE);
        let (keys, _) = boot(&places, &Disk::new()).unwrap();
        Hall::of(&keys).take(&places, &keys, 1).unwrap();
        write(&places, &Disk::new()).unwrap();
        assert!(reached(&places).len() > 5);
        for name in ["network.toml", "kiosks/lobby-1.toml"] {
            let path = places.hall().join("1").join(name);
            std::fs::remove_file(&path).unwrap();
            std::fs::write(path, "surprise = 1").unwrap();
        }
        write(&places, &Disk::new()).unwrap();
        assert_eq!(reached(&places), ["10.0.2.100 tcp dport 443"]);
    }
}
