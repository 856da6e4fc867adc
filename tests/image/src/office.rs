//! The hall's office: approves a kiosk that asks, and gives it its settings.
//!
//! Everything is done as an office does it, with its program `onedoor-hall`; how that is called stands here alone.

use crate::built::Built;
use crate::hall::Hall;
use crate::running::{LOOPBACK, Running};
use crate::tools::{built_beside, run};
use crate::update_host::{NAME, UpdateHost};
use crate::words;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use toml::{Table, Value};

/// The name that the hall's certificate is for.
const SERVICES: &str = "store.hall.test";
/// How the kiosk is called.
const KIOSK: &str = "kiosk-a";
/// How often the update host's folder is looked at.
const GLANCE: Duration = Duration::from_millis(300);

/// What the office keeps of a hall with its kiosk.
pub struct Office {
    settings: TempDir,
    key: PathBuf,
}

impl Office {
    /// The hall's files as they go into a bundle.
    #[must_use]
    pub fn settings(&self) -> &Path {
        self.settings.path()
    }

    /// Signs them as they lie there.
    ///
    /// # Panics
    /// When the office's program refuses.
    pub fn bundle(&self, serial: u32, bundle: &Path) {
        let serial = serial.to_string();
        run(&program(), words!["bundle", self.settings(), bundle, "--key", &self.key, "--serial", &serial]);
    }
}

fn program() -> String {
    built_beside("onedoor-hall", "ONEDOOR_HALL_OFFICE").display().to_string()
}

/// Settles a kiosk that has never been here, as soon as it asks: approves its request, seals the hall's key for it, and
/// publishes a bundle that names it. The kiosk fetches all of it by itself, within a minute or two.
///
/// # Panics
/// When the kiosk does not ask by `deadline`, or the office's program refuses.
pub fn settle(built: &Built, hall: &Hall, host: &UpdateHost, deadline: Instant) {
    let _ = settle_with(built, hall, host, deadline, "");
}

/// The same, with this besides in the bundle's `network.toml`.
///
/// # Panics
/// As [`settle`].
#[must_use]
pub fn settle_with(built: &Built, hall: &Hall, host: &UpdateHost, deadline: Instant, more: &str) -> Office {
    let request = wait_request(host, deadline);
    let fingerprint = request.file_stem().and_then(|name| name.to_str()).expect("a fingerprint").to_owned();
    let program = program();
    let office =
        Office { settings: tempfile::tempdir().expect("a folder"), key: built.key("office/bundle.key") };
    lay_out(hall, &fingerprint, office.settings(), more);
    let sealed = office.settings().join(format!("secrets/{KIOSK}.sealed"));
    let hall_key = hall.data().join("secrets/hall.key");
    run(
        &program,
        words![
            "seal",
            &request,
            &sealed,
            "--name",
            KIOSK,
            "--hall-key",
            &hall_key,
            "--fingerprint",
            &fingerprint,
        ],
    );
    office.bundle(1, &host.folder().join("hall.bundle"));
    // Last, since with it the kiosk asks for the bundle.
    let certificate = host.folder().join("certificates").join(format!("{fingerprint}.pem"));
    let authority = built.key("office/ca.pem");
    let authority = authority.parent().expect("the office's folder");
    run(
        &program,
        words![
            "approve",
            "--ca",
            authority,
            &request,
            &certificate,
            "--name",
            KIOSK,
            "--fingerprint",
            &fingerprint,
        ],
    );
    office
}

/// Has the kiosk ask the office at once, which it would do by itself within a minute.
///
/// # Panics
/// When it cannot be asked.
pub fn hurry(running: &mut Running) {
    running.told("systemctl start onedoor-office.service");
}

fn wait_request(host: &UpdateHost, deadline: Instant) -> PathBuf {
    loop {
        let entries = fs::read_dir(host.folder().join("requests")).expect("a folder").flatten();
        let request =
            entries.map(|entry| entry.path()).find(|path| path.extension().is_some_and(|e| e == "request"));
        if let Some(request) = request {
            return request;
        }
        assert!(
            Instant::now() < deadline,
            "the kiosk did not ask; the update host heard {:?}",
            host.requests()
        );
        std::thread::sleep(GLANCE);
    }
}

/// The hall's files as the office keeps them for a bundle: the kiosk's settings, the catalogue with its pictures, whom
/// to trust, and how the wire is laid. What is sealed for the kiosk is not among them yet.
fn lay_out(hall: &Hall, fingerprint: &str, folder: &Path, more: &str) {
    let (data, settings) = (hall.data(), hall.settings());
    for name in ["examples", "kiosks", "trust", "secrets"] {
        fs::create_dir(folder.join(name)).expect("a folder");
    }
    let copy = |from: PathBuf, to: &str| {
        fs::copy(&from, folder.join(to)).unwrap_or_else(|e| panic!("{}: {e}", from.display()));
    };
    copy(data.join("catalogue.toml"), "catalogue.toml");
    copy(data.join("logo.png"), "logo.png");
    copy(data.join("pki/ca.pem"), "trust/store-ca.pem");
    copy(data.join("pki/custody.pub.pem"), "trust/custody.pem");
    // The hall has more pictures than its catalogue shows.
    let catalogue = fs::read_to_string(data.join("catalogue.toml")).expect("a catalogue");
    for entry in fs::read_dir(data.join("examples")).expect("pictures").flatten() {
        let name = format!("examples/{}", entry.file_name().to_string_lossy());
        if catalogue.contains(&name) {
            copy(entry.path(), &name);
        }
    }
    let write = |name: &str, text: String| fs::write(folder.join(name), text).expect("settings");
    write(
        "bundle.toml",
        format!("hall = \"trial\"\n[[kiosk]]\nname = \"{KIOSK}\"\nfingerprint = \"{fingerprint}\"\n"),
    );
    let (kiosk, ports) = inside(settings);
    write(&format!("kiosks/{KIOSK}.toml"), kiosk.to_string());
    write("network.toml", network(&ports) + more);
}

/// The settings that the hall wrote for a kiosk on this machine, as they are inside the guest: services at another
/// address, devices at other ports, files where a bundle has them. And the services' ports.
fn inside(mut settings: Table) -> (Table, BTreeSet<u16>) {
    let mut ports = BTreeSet::new();
    let mut set = |section: &str, key: &str, value: &str| {
        let section = settings.entry(section).or_insert_with(|| Value::Table(Table::new()));
        if let Some(section) = section.as_table_mut() {
            section.insert(key.to_owned(), value.into());
        }
    };
    set("kiosk", "name", KIOSK);
    set("reader", "port", "serial:/dev/ttyS2");
    set("printer", "port", "serial:/dev/ttyS1");
    for (section, host) in [("store", SERVICES), ("windows", SERVICES), ("scanner", LOOPBACK)] {
        let service = settings.get_mut(section).and_then(|section| section.get_mut("url"));
        let Some(Value::String(url)) = service else { continue };
        let (scheme, rest) = url.split_once("://").expect("a URL");
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let port = authority.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
        ports.insert(port);
        *url = format!("{scheme}://{host}:{port}/{path}").trim_end_matches('/').to_owned();
    }
    // What a bundle and the kiosk's own machine bring along is named by them.
    for (section, keys) in [
        ("kiosk", &["catalogue", "logo", "data", "hall_key", "outbox_key"][..]),
        ("store", &["ca", "certificate", "key", "custody_key"]),
        ("metrics", &["ca", "certificate", "key"]),
        ("log", &["key"]),
        ("technician", &["key", "cards"]),
    ] {
        let section = settings.get_mut(section).and_then(Value::as_table_mut);
        if let Some(section) = section {
            section.retain(|key, _| !keys.contains(&key));
        }
    }
    for absent in ["company_key", "code_scanner", "slot"] {
        settings.remove(absent);
    }
    settings.retain(|_, section| section.as_table().is_none_or(|section| !section.is_empty()));
    (settings, ports)
}

fn network(ports: &BTreeSet<u16>) -> String {
    let ports = Vec::from_iter(ports);
    let update_host = crate::running::UPDATE_HOST;
    format!(
        "[[host]]\nname = \"{SERVICES}\"\naddresses = [\"{LOOPBACK}\"]\n\
         [[host]]\nname = \"{NAME}\"\naddresses = [\"{update_host}\"]\n\
         [[reach]]\nto = \"{LOOPBACK}\"\nports = {ports:?}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_halls_settings_are_turned_inside_out() {
        let outside = "[reader]\nport = \"serial:/tmp/x\"\n[store]\nca = \"/x\"\nurl = \"https://localhost:31457\"\n\
            [scanner]\nurl = \"http://127.0.0.1:30833/eSCL\"\n[log]\nkey = \"/x\"\n[kiosk]\nname = \"a\"\ndata = \"/x\"\n";
        let (inside, ports) = inside(outside.parse().expect("settings"));
        let wanted = "[kiosk]\nname = \"kiosk-a\"\n[printer]\nport = \"serial:/dev/ttyS1\"\n[reader]\n\
            port = \"serial:/dev/ttyS2\"\n[scanner]\nurl = \"http://10.0.2.2:30833/eSCL\"\n[store]\n\
            url = \"https://store.hall.test:31457\"\n";
        assert_eq!(inside, wanted.parse::<Table>().expect("settings"));
        assert_eq!(ports, BTreeSet::from([30833, 31457]));
    }
}
