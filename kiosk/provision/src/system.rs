//! What the system below the kiosk reads: network, hosts, firewall, time, input devices, screen.
//!
//! All of it is written to `/run`, anew with each boot and each bundle.

mod env;
mod firewall;
mod hosts;
mod pad;
mod time;
mod wire;

pub(crate) use hosts::addresses;

use crate::bundle::{Network, Settings, Time};
use crate::disk::Disk;
use crate::places::Places;
use crate::site::Site;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// What has to be done so that a change takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// start the kiosk again
    RestartKiosk,
    /// load network, firewall, time servers and rules for input devices again
    ReloadNetwork,
}

impl Change {
    /// As the programs say it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::RestartKiosk => "restart-kiosk",
            Self::ReloadNetwork => "reload-network",
        }
    }
}

/// Several.
pub type Changes = BTreeSet<Change>;

/// What all of it is made from.
pub(crate) struct Facts<'a> {
    /// where the office is
    pub(crate) site: &'a Site,
    /// the kiosk's name; empty until there is a bundle
    pub(crate) name: &'a str,
    /// the bundle's network
    pub(crate) network: &'a Network,
    /// the kiosk's configuration
    pub(crate) settings: Option<&'a Settings>,
    /// the authorities of time servers; the system knows none
    pub(crate) time_ca: Option<PathBuf>,
    /// where the clock's drift is remembered
    pub(crate) drift: PathBuf,
}

impl Facts<'_> {
    /// Time servers: until there is a bundle that says otherwise, the image's own.
    fn time(&self) -> &[Time] {
        let own = &self.network.time;
        if own.is_empty() { &self.site.time } else { own }
    }
}

/// Writes all of it, and says what changed.
pub(crate) fn write(places: &Places, disk: &Disk<'_>, facts: &Facts<'_>) -> io::Result<Changes> {
    let (run, networkd, udev) = (places.run(), places.networkd(), places.udev());
    for folder in [&run, &networkd, &udev] {
        disk.folder(folder, 0o755, None)?;
    }
    let mut changes = Changes::new();
    for (path, text, change) in [
        (networkd.join("10-onedoor.network"), wire::text(facts), Some(Change::ReloadNetwork)),
        (run.join("hosts"), hosts::text(facts), Some(Change::ReloadNetwork)),
        (run.join("firewall.nft"), firewall::text(facts), Some(Change::ReloadNetwork)),
        (run.join("chrony.conf"), time::text(facts), Some(Change::ReloadNetwork)),
        (udev.join("80-onedoor-pad.rules"), pad::text(facts.network), Some(Change::ReloadNetwork)),
        (run.join("kiosk.env"), env::text(facts.network), Some(Change::RestartKiosk)),
        // Read anew by each look for an update.
        (run.join("updates"), format!("{}\n", facts.site.updates_from), None),
    ] {
        if is_other(&path, &text) {
            // A program that has the old one open, or mounted over another, keeps it until it is told.
            disk.replace(&path, text.as_bytes(), 0o444, None)?;
            changes.extend(change);
        }
    }
    Ok(changes)
}

fn is_other(path: &Path, text: &str) -> bool {
    std::fs::read(path).map_or(true, |now| now != text.as_bytes())
}

#[cfg(test)]
mod tests;
