//! The hall's devices and services, and the kiosk's settings to match.

use crate::district::District;
use crate::slot::Slot;
use crate::staff::Staff;
use crate::telephone::Office;
use crate::{Fatal, HallArguments};
use emulators::code_scanner::CodeScannerEmulator;
use emulators::network::Network;
use emulators::pki::{Authority, Pki};
use emulators::printer::Printer;
use emulators::reader::{Reader, Timing};
use emulators::scanner::{Quirks, Scanner, ScannerOptions};
use emulators::store::Store;
use emulators::windows::Windows;
use skf_vendor::Desk;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio::process::Command;

/// The sample hall.
const CATALOGUE: &str = include_str!("../../../halls/jiading.toml");
const LOGO: &[u8] = include_bytes!("../../../halls/logo.png");
/// The kiosk's name.
const KIOSK: &str = "kiosk-a";
/// Bits per second of reader and printer.
const BAUD: u32 = 115_200;
/// Bits per second of the code scanner.
const CODE_BAUD: u32 = 9_600;

/// Everything around the kiosk; cheap to clone.
#[derive(Clone)]
pub(crate) struct Hall {
    pub reader: Arc<Reader>,
    pub printer: Arc<Printer>,
    pub scanner: Scanner,
    /// in what the scanner differs from its model
    pub quirks: Arc<Mutex<Quirks>>,
    /// where codes are shown
    pub codes: Arc<CodeScannerEmulator>,
    /// where companies' keys are plugged in; not without their vendor's library
    pub keys: Option<Arc<Desk>>,
    /// for social-security cards; not everywhere
    pub slot: Option<Arc<Slot>>,
    pub store: Store,
    /// its own store, where the district has one
    pub district: Option<District>,
    pub windows: Windows,
    pub network: Network,
    /// the abstract name under which the kiosk's screen answers
    pub socket: String,
    /// where sample papers lie
    pub papers: Vec<PathBuf>,
    config: PathBuf,
    /// its technicians
    pub staff: Staff,
    /// who answers technicians' questions, where its program is there
    pub office: Option<Office>,
}

impl Hall {
    /// Starts the devices on the state in the data folder, and writes the kiosk's settings.
    pub async fn open(arguments: &HallArguments) -> Result<Self, Fatal> {
        std::fs::create_dir_all(&arguments.data)?;
        let dir = arguments.data.canonicalize()?;
        let store = Store::start(&dir).await?;
        let district = match arguments.district {
            true => Some(District::start(&dir).await?),
            false => None,
        };
        let network = Network::start(&dir, store.address()).await?;
        let windows = Windows::start(&dir).await?;
        let scanner = Scanner::start(ScannerOptions::default()).await?;
        let reader = Arc::new(Reader::start(&dir, BAUD, Timing::default())?);
        let printer = Arc::new(Printer::start(&dir, BAUD)?);
        let codes = Arc::new(CodeScannerEmulator::start(&dir, CODE_BAUD)?);
        let slot = if arguments.no_slot { None } else { Slot::start().map(Arc::new) };
        let library = vendor_library()?;
        let keys = match &library {
            Some(_) => Some(Arc::new(Desk::new(&dir.join("keys.json"))?)),
            None => None,
        };
        let papers = emulators::papers::draw_all(&dir.join("papers"))?;
        // Not a file: a folder's name may be longer than a socket's address.
        let socket = format!("onedoor-hall-{}", std::process::id());

        let secrets = dir.join("secrets");
        std::fs::create_dir_all(&secrets)?;
        let (key, outbox_key) = (secrets.join("hall.key"), secrets.join("outbox.key"));
        if !key.exists() {
            queue::key::HallKey::create(&key)?;
        }
        if !outbox_key.exists() {
            store::OutboxKey::create(&outbox_key)?;
        }
        let catalogue = dir.join("catalogue.toml");
        std::fs::write(&catalogue, around_the_clock(CATALOGUE)?)?;
        copy_examples(&dir.join("examples"))?;
        let logo = dir.join("logo.png");
        std::fs::write(&logo, LOGO)?;
        let pki = Pki::open(&dir.join("pki"))?;
        let entry_key = secrets.join("entry.key");
        let office = Office::open(&secrets, KIOSK, &entry_key)?;
        let staff = Staff::open(&secrets)?;
        let log_key = secrets.join("log.key");
        if !log_key.exists() {
            make_key(&log_key)?;
        }
        let mut settings = toml::Table::new();
        let mut set = |section: &str, key: &str, value: toml::Value| {
            let table = settings.entry(section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            if let Some(table) = table.as_table_mut() {
                table.insert(key.to_owned(), value);
            }
        };
        let path = |p: &Path| toml::Value::from(p.display().to_string());
        let port = |p: &Path| toml::Value::from(format!("serial:{}", p.display()));
        set("kiosk", "name", KIOSK.into());
        set("kiosk", "letter", "A".into());
        set("kiosk", "catalogue", path(&catalogue));
        set("kiosk", "logo", path(&logo));
        set("kiosk", "data", path(&dir.join("kiosk")));
        set("kiosk", "hall_key", path(&key));
        set("kiosk", "outbox_key", path(&outbox_key));
        set("reader", "port", port(reader.path()));
        set("reader", "profile", "sam-v-cmn".into());
        set("printer", "port", port(printer.path()));
        set("printer", "profile", "epson-tm-compatible".into());
        if let (Some(library), Some(keys)) = (&library, &keys) {
            set("company_key", "library", path(library));
            let mut environment = toml::Table::new();
            environment.insert(skf_vendor::VARIABLE.to_owned(), path(keys.path()));
            set("company_key", "environment", environment.into());
        }
        if !arguments.no_codes {
            set("code_scanner", "port", port(codes.path()));
            set("code_scanner", "baud", CODE_BAUD.into());
        }
        if slot.is_some() {
            set("slot", "reader", "Virtual PCD 00 00".into());
            let mut cards = toml::Table::new();
            cards.insert("reader".to_owned(), "Virtual PCD 00 01".into());
            cards.insert("authorities".to_owned(), path(&staff.authorities));
            cards.insert("revoked".to_owned(), path(&staff.revoked));
            set("technician", "cards", cards.into());
        }
        if office.is_some() {
            set("technician", "key", path(&entry_key));
        }
        set("scanner", "url", scanner.url().into());
        set("store", "url", network.url().into());
        set("store", "ca", path(&pki.ca(Authority::Hall)));
        set("store", "certificate", path(&pki.client_certificate(Authority::Hall)));
        set("store", "key", path(&pki.client_key(Authority::Hall)));
        set("store", "custody_key", path(&pki.custody_public(Authority::Hall)));
        if let Some(district) = &district {
            set("store", "district", district.url().into());
        }
        set("log", "key", path(&log_key));
        set("metrics", "ca", path(&pki.ca(Authority::Hall)));
        set("metrics", "certificate", path(&pki.client_certificate(Authority::Hall)));
        set("metrics", "key", path(&pki.client_key(Authority::Hall)));
        set("metrics", "push_every", 10.into());
        let windows_port = windows.address().port();
        set("windows", "url", format!("https://localhost:{windows_port}").into());
        if let Some(file) = &arguments.config {
            replace(&mut settings, read_table(file)?);
        }
        let config = dir.join("kiosk.toml");
        std::fs::write(&config, toml::to_string(&settings)?)?;
        // A kiosk that could never start is said at once, with the file that the mistake came from.
        let sound = kiosk::Config::load(&config).map_err(kiosk::StartError::from);
        if let Err(error) = sound.and_then(|config| kiosk::start::check(&config)) {
            let from =
                arguments.config.as_ref().map_or(String::new(), |f| format!("settings {}: ", f.display()));
            return Err(format!("{from}{error}").into());
        }
        Ok(Self {
            reader,
            printer,
            scanner,
            quirks: Arc::default(),
            codes,
            keys,
            slot,
            store,
            district,
            windows,
            network,
            socket,
            papers,
            config,
            staff,
            office,
        })
    }

    /// How the kiosk's process is started.
    pub fn kiosk_command(&self, arguments: &HallArguments) -> Result<Command, Fatal> {
        let mut command = as_plain_user(&std::env::current_exe()?);
        command.arg("kiosk").arg("--config").arg(&self.config).arg("--socket").arg(&self.socket);
        command.arg("--hall").arg(std::process::id().to_string());
        if let Some(slot) = &self.slot {
            command.env("PCSCLITE_CSOCK_NAME", slot.socket());
        }
        let display = std::env::var_os("DISPLAY").is_some_and(|d| !d.is_empty());
        if display && !arguments.no_window {
            command.arg("--window");
        }
        if let Some(clock) = &arguments.clock {
            // Said once, here: a restarted kiosk goes on from the hall's clock, not from its start.
            let shift = crate::kiosk_process::clock_shift(clock)?;
            command.arg("--clock-shift").arg(shift.to_string());
        }
        let harm = &arguments.harm;
        if let Some(step) = &harm.kill_at {
            command.arg("--kill-at").arg(step);
        }
        for (flag, name) in [(harm.forgetful, "--forgetful"), (harm.no_sync, "--no-sync")] {
            if flag {
                command.arg(name);
            }
        }
        Ok(command)
    }

    /// Puts everything away.
    pub async fn close(&self) {
        tokio::join!(self.scanner.stop(), self.network.stop(), self.windows.stop(), self.store.stop());
        if let Some(district) = &self.district {
            district.switch_off().await;
        }
    }
}

/// A key of 32 bytes that nobody else may read.
fn make_key(path: &Path) -> Result<(), Fatal> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut key = [0; 32];
    getrandom::fill(&mut key)?;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(&key)?;
    Ok(())
}

/// The emulated vendor's library, which cargo builds beside this program.
fn vendor_library() -> Result<Option<PathBuf>, Fatal> {
    let folder = std::env::current_exe()?.with_file_name("");
    let places = [folder.join("libskf_vendor.so"), folder.join("deps/libskf_vendor.so")];
    Ok(places.into_iter().find(|library| library.exists()))
}

/// A program that has given up what only root may: a kiosk in the field runs as a user of its own, for
/// whom a port without permissions is shut and one that another program holds is taken.
fn as_plain_user(program: &Path) -> Command {
    if !rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--bounding-set", "-all", "--inh-caps", "-all", "--"]).arg(program);
    command
}

fn read_table(file: &Path) -> Result<toml::Table, Fatal> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("settings {}: {e}", file.display()))?;
    text.parse().map_err(|e| format!("settings {}: {e}", file.display()).into())
}

/// The pictures that the sample hall's catalogue names, beside it.
fn copy_examples(folder: &Path) -> Result<(), Fatal> {
    std::fs::create_dir_all(folder)?;
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../halls/examples"))? {
        let path = entry?.path();
        if let (true, Some(name)) = (path.extension().is_some_and(|e| e == "jpg"), path.file_name()) {
            std::fs::copy(&path, folder.join(name))?;
        }
    }
    Ok(())
}

/// The sample hall, open at any hour: whoever tries it out should not find it shut.
fn around_the_clock(catalogue: &str) -> Result<String, Fatal> {
    let mut table: toml::Table = catalogue.parse()?;
    if let Some(hall) = table.get_mut("hall").and_then(toml::Value::as_table_mut) {
        hall.remove("openings");
        hall.remove("lunch");
    }
    Ok(toml::to_string(&table)?)
}

/// Puts `ours` in place of what `settings` says, key by key.
fn replace(settings: &mut toml::Table, ours: toml::Table) {
    for (key, value) in ours {
        match (settings.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(ours)) => replace(below, ours),
            // An empty text takes a setting away.
            (_, toml::Value::String(text)) if text.is_empty() => {
                settings.remove(&key);
            }
            (_, value) => {
                settings.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_hall_is_never_shut() {
        let text = around_the_clock(CATALOGUE).expect("the sample hall");
        assert!(!text.contains("openings") && !text.contains("[hall.lunch]"));
    }

    #[test]
    fn settings_are_replaced_key_by_key() {
        let mut settings: toml::Table = "[a]\nx = 1\ny = 2\n".parse().expect("a table");
        replace(&mut settings, "b = 3\n[a]\ny = 4\n".parse().expect("a table"));
        assert_eq!(settings.to_string(), "b = 3\n\n[a]\nx = 1\ny = 4\n");
    }
}
