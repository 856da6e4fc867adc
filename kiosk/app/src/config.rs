//! The kiosk's configuration file.
//!
//! One TOML file says where the devices are and where things are kept. It is read whole before
//! anything is opened; what is wrong with it is said with line and field.

use crate::report::Stick;
use jiff::civil::Time;
use link::Address;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use visit::desk::Patience;
use visit::number::Letter;

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("configuration {}: {why}; name the right file with --config", path.display())]
    Unreadable {
        /// which file
        path: PathBuf,
        /// what the system said
        why: std::io::Error,
    },
    /// Its form is wrong; `toml` names line, column and field.
    #[error("configuration {}: {why}", path.display())]
    Form {
        /// which file
        path: PathBuf,
        /// where and what
        why: Box<toml::de::Error>,
    },
    /// A value makes no sense.
    #[error("configuration: {field}: {what}")]
    Value {
        /// path of the field
        field: &'static str,
        /// what is wrong, and what would be right
        what: String,
    },
}

/// Everything that differs from kiosk to kiosk.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// the kiosk itself
    pub kiosk: KioskConfig,
    /// resident-ID reader
    pub reader: DeviceConfig,
    /// slot for social-security cards; without it there is none
    pub slot: Option<SlotConfig>,
    /// scanner of codes; without it there is none
    pub code_scanner: Option<DeviceConfig>,
    /// enterprises' USB keys; without it there are none
    pub company_key: Option<CompanyKeyConfig>,
    /// ticket printer
    pub printer: PrinterConfig,
    /// document scanner
    pub scanner: ScannerConfig,
    /// central store
    pub store: StoreConfig,
    /// the windows' feed; without it no number of people ahead is shown
    pub windows: Option<WindowsConfig>,
    /// how the screen is spoken
    #[serde(default)]
    pub speech: SpeechConfig,
    /// how long a visitor may think
    #[serde(default)]
    pub patience: PatienceConfig,
    /// who may open the kiosk's own room
    #[serde(default)]
    pub technician: TechnicianConfig,
    /// the log that an auditor can trust; without it there is none
    pub log: Option<LogConfig>,
    /// figures for whoever looks after many kiosks; without it they are shown to nobody
    pub metrics: Option<MetricsConfig>,
    /// SHA-256 of the file, so that the log can say which it was
    #[serde(skip)]
    pub digest: [u8; 32],
}

/// The kiosk itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KioskConfig {
    /// its name at the store and in logs
    pub name: String,
    /// the letter of its numbers, one of A…Z, different from its neighbours'
    pub letter: Letter,
    /// the hall's catalogue
    pub catalogue: PathBuf,
    /// the hall's logo, a PNG or JPEG; without one its name stands alone
    pub logo: Option<PathBuf>,
    /// folder for the ledger, the outbox and pages in work
    pub data: PathBuf,
    /// the hall's key for hashing document numbers; never in or below `data`
    pub hall_key: PathBuf,
    /// this kiosk's own key for documents that wait in the outbox; never in or below `data`
    pub outbox_key: PathBuf,
    /// days that ended visits and confirmed documents are remembered
    #[serde(default = "thirty")]
    pub retention_days: u16,
    /// MiB that must stay free: with less no page is scanned any more
    #[serde(default = "reserve")]
    pub reserve_mib: u64,
}

/// A device on a line of its own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceConfig {
    /// where it is, by a name that stays: `/dev/serial/by-path/…`, `usb:0400:c35a`, `tcp:10.0.0.7:9100`
    pub port: Address,
    /// bits per second
    #[serde(default = "baud")]
    pub baud: u32,
    /// what is known of the model; an unknown name gets the safest profile
    #[serde(default = "generic")]
    pub profile: String,
}

/// The ticket printer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrinterConfig {
    /// where it is, by a name that stays: `/dev/serial/by-path/…`, `usb:04b8:0e28`, `tcp:10.0.0.7:9100`
    pub port: Address,
    /// bits per second
    #[serde(default = "baud")]
    pub baud: u32,
    /// what is known of the model; an unknown name gets the safest profile
    #[serde(default = "generic")]
    pub profile: String,
    /// the font for characters that the printer lacks
    #[serde(default = "noto")]
    pub font: PathBuf,
}

/// A slot for social-security cards, served by pcscd.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlotConfig {
    /// a part of the reader's name as pcscd tells it; empty: the first one
    #[serde(default)]
    pub reader: String,
}

/// Enterprises' USB keys (法人一证通), reached through their vendor's library.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompanyKeyConfig {
    /// the vendor's SKF library (GM/T 0016)
    pub library: PathBuf,
    /// the program that alone loads it; by default beside the kiosk's own
    pub helper: Option<PathBuf>,
    /// variables that the library wants to find in its environment
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// where the certificates of this CA carry the company's code; an unknown name gets the safest profile
    #[serde(default = "generic")]
    pub profile: String,
}

/// The document scanner: by eSCL, or by SANE.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScannerConfig {
    /// where its eSCL root is, such as `http://127.0.0.1:60000/eSCL`
    pub url: Option<String>,
    /// the name of its SANE device, as `scanimage -L` tells it
    pub sane: Option<String>,
    /// the program that alone loads SANE; by default beside the kiosk's own
    pub helper: Option<PathBuf>,
    /// SANE itself, in place of the system's `libsane.so.1`
    pub library: Option<PathBuf>,
    /// the folder of SANE's configuration, in place of the system's
    pub sane_config: Option<PathBuf>,
    /// what is known of the model, with `url` and with `sane`; an unknown name gets the safest profile
    #[serde(default = "generic")]
    pub profile: String,
}

/// The central store.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// `https://host:port`
    pub url: String,
    /// the hall's own CA (PEM), the only one trusted
    pub ca: PathBuf,
    /// the kiosk's certificate (PEM)
    pub certificate: PathBuf,
    /// its key (PEM)
    pub key: PathBuf,
    /// the public key (PEM, SubjectPublicKeyInfo) of what the store countersigns; without one, receipts
    /// are taken without a countersignature
    pub custody_key: Option<PathBuf>,
    /// the district's own licence store, `https://host:port`, with the same certificates; without one
    /// only the city's is asked
    pub district: Option<String>,
    /// times of day at which documents may not take all of the hall's line
    #[serde(default)]
    pub bandwidth: Vec<BandwidthConfig>,
}

/// How much of the hall's line documents may take, and when.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BandwidthConfig {
    /// from this time of the hall's day, `HH:MM`
    pub from: Time,
    /// until this time; an earlier one is that of the next day
    pub to: Time,
    /// KiB a second, 4 or more
    pub kib_per_second: u32,
}

/// The windows' feed; same certificates as the store.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowsConfig {
    /// `https://host:port`
    pub url: String,
}

/// How long a visitor may think, in seconds; what is not given stays at its default.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PatienceConfig {
    idle: Option<u16>,
    papers: Option<u16>,
    number: Option<u16>,
    number_unprinted: Option<u16>,
    goodbye: Option<u16>,
    card_left: Option<u16>,
    warning: Option<u16>,
}

impl PatienceConfig {
    /// As the rules want it.
    pub fn patience(&self) -> Patience {
        let default = Patience::default();
        let or = |seconds: Option<u16>, default| seconds.map_or(default, |s| Duration::from_secs(s.into()));
        Patience {
            idle: or(self.idle, default.idle),
            papers: or(self.papers, default.papers),
            number: or(self.number, default.number),
            number_unprinted: or(self.number_unprinted, default.number_unprinted),
            goodbye: or(self.goodbye, default.goodbye),
            card_left: or(self.card_left, default.card_left),
            reminder: default.reminder,
            answer: default.answer,
            storing: default.storing,
            warning: or(self.warning, default.warning),
        }
    }
}

/// The log (`docs/events.md`).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// the key of its chain: a file of 32 bytes; never in or below `kiosk.data`
    pub key: PathBuf,
    /// the folder of its files; by default `log` in `kiosk.data`
    pub folder: Option<PathBuf>,
}

/// Figures for a Prometheus that reaches in, and for a hall that it does not reach.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsConfig {
    /// where the page is shown (OpenMetrics over TLS 1.3), such as `0.0.0.0:9464`; without it nowhere
    pub listen: Option<SocketAddr>,
    /// the CA (PEM) of those who may read it, and who is told
    pub ca: PathBuf,
    /// the kiosk's certificate (PEM)
    pub certificate: PathBuf,
    /// its key (PEM)
    pub key: PathBuf,
    /// how often the same is told to the windows' system, in seconds; without it never
    pub push_every: Option<u16>,
}

/// Who may open the technician's room.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TechnicianConfig {
    /// this kiosk's key for the codes of the hall's office, as `onedoor-answer kiosk-key` writes it; without one
    /// nobody comes in by a code. Never in or below `kiosk.data`
    pub key: Option<PathBuf>,
    /// cards of the hall's staff; without them nobody comes in by a card
    pub cards: Option<StaffCardsConfig>,
    /// USB sticks that reports may be written to; without them there are none
    pub sticks: Option<SticksConfig>,
}

/// USB sticks that are allowed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SticksConfig {
    /// where the system mounts a stick
    pub folder: PathBuf,
    /// each that is allowed: `VENDOR:PRODUCT:SERIAL`, as `lsusb -v` tells them
    pub allowed: BTreeSet<String>,
}

impl From<SticksConfig> for Stick {
    fn from(SticksConfig { folder, allowed }: SticksConfig) -> Self {
        Self { folder, allowed }
    }
}

/// Cards of the hall's staff: PIV, in a slot that pcscd serves.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StaffCardsConfig {
    /// a part of the reader's name as pcscd tells it; empty: the first one. It may be the slot for social-security
    /// cards
    #[serde(default)]
    pub reader: String,
    /// the hall's own authorities that sign technicians' certificates, their root among them (PEM)
    pub authorities: PathBuf,
    /// their lists of revoked certificates (PEM)
    pub revoked: PathBuf,
}

/// How the screen is spoken, and how it sounds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SpeechConfig {
    /// the program that speaks, with espeak-ng's options
    pub program: PathBuf,
    /// the program that plays samples from its standard input, with aplay's options
    pub player: PathBuf,
    /// words a minute, at the visitor's usual rate
    pub rate: u16,
    /// 1 to 200, at the visitor's usual volume
    pub volume: u8,
    /// the input device that reports headphones (SW_HEADPHONE_INSERT), by a name that stays:
    /// `/dev/input/by-path/…`; without one nothing is known of headphones
    pub jack: Option<PathBuf>,
}

impl Default for SpeechConfig {
    fn default() -> Self {
        Self { program: "espeak-ng".into(), player: "aplay".into(), rate: 170, volume: 100, jack: None }
    }
}

fn thirty() -> u16 {
    30
}

fn reserve() -> u64 {
    512
}

fn baud() -> u32 {
    115_200
}

fn generic() -> String {
    "generic".to_owned()
}

fn noto() -> PathBuf {
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc".into()
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`ConfigError`], naming file, line and field.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|why| ConfigError::Unreadable { path: path.to_owned(), why })?;
        Self::parse(path, &text)
    }

    /// Checks a text that came from `path`.
    ///
    /// # Errors
    /// [`ConfigError`], naming line and field.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let mut config: Self = toml::from_str(text)
            .map_err(|why| ConfigError::Form { path: path.to_owned(), why: Box::new(why) })?;
        config.digest = Sha256::digest(text).into();
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let bad = |field, what: &str| Err(ConfigError::Value { field, what: what.to_owned() });
        let name = &self.kiosk.name;
        if name.is_empty() || name.len() > 40 || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        {
            return bad("kiosk.name", "must be 1 to 40 letters, digits or hyphens");
        }
        if self.kiosk.hall_key.starts_with(&self.kiosk.data) {
            return bad(
                "kiosk.hall_key",
                "lies in kiosk.data, beside the database whose entries it protects; keep it elsewhere",
            );
        }
        if self.kiosk.outbox_key.starts_with(&self.kiosk.data) {
            return bad(
                "kiosk.outbox_key",
                "lies in kiosk.data, beside the documents that it protects; keep it elsewhere",
            );
        }
        if self.log.as_ref().is_some_and(|log| log.key.starts_with(&self.kiosk.data)) {
            return bad("log.key", "lies in kiosk.data, beside the log that it proves; keep it elsewhere");
        }
        if self.metrics.as_ref().is_some_and(|metrics| metrics.push_every.is_some_and(|every| every < 10)) {
            return bad("metrics.push_every", "must be at least 10 seconds");
        }
        if self.metrics.as_ref().is_some_and(|m| m.push_every.is_some()) && self.windows.is_none() {
            return bad("metrics.push_every", "needs the windows' system (windows.url) to tell it to");
        }
        if self.kiosk.retention_days == 0 {
            return bad("kiosk.retention_days", "must be at least 1");
        }
        for (field, url, scheme) in [
            ("scanner.url", self.scanner.url.as_ref(), "http://"),
            ("store.url", Some(&self.store.url), "https://"),
            ("store.district", self.store.district.as_ref(), "https://"),
            ("windows.url", self.windows.as_ref().map(|w| &w.url), "https://"),
        ] {
            if url.is_some_and(|u| !u.starts_with(scheme)) {
                return Err(ConfigError::Value { field, what: format!("must begin with {scheme}") });
            }
        }
        if !(80..=320).contains(&self.speech.rate) {
            return bad("speech.rate", "must be 80 to 320 words a minute");
        }
        if !(1..=200).contains(&self.speech.volume) {
            return bad("speech.volume", "must be 1 to 200");
        }
        if self.store.bandwidth.iter().any(|window| window.kib_per_second < 4) {
            return bad("store.bandwidth", "kib_per_second must be at least 4");
        }
        if self.scanner.url.is_some() == self.scanner.sane.is_some() {
            return bad("scanner", "needs either url (eSCL) or sane (the name of a SANE device)");
        }
        let bauds = [
            ("reader.baud", Some(self.reader.baud)),
            ("printer.baud", Some(self.printer.baud)),
            ("code_scanner.baud", self.code_scanner.as_ref().map(|c| c.baud)),
        ];
        for (field, baud) in bauds.into_iter().filter_map(|(field, baud)| Some((field, baud?))) {
            if ![9_600, 19_200, 38_400, 57_600, 115_200].contains(&baud) {
                return bad(field, "must be 9600, 19200, 38400, 57600 or 115200");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
[kiosk]
name = "lobby-1"
letter = "A"
catalogue = "c.toml"
data = "/var/lib/onedoor"
hall_key = "/etc/onedoor/hall.key"
outbox_key = "/etc/onedoor/outbox.key"
[reader]
port = "/dev/reader"
[printer]
port = "/dev/printer"
[scanner]
url = "http://127.0.0.1:60000/eSCL"
[store]
url = "https://store.hall.example"
ca = "ca.pem"
certificate = "kiosk.pem"
key = "kiosk.key"
"#;

    fn parse(text: &str) -> Result<Config, ConfigError> {
        Config::parse(Path::new("kiosk.toml"), text)
    }

    #[test]
    fn what_is_not_said_is_the_safest() {
        let config = parse(GOOD).expect("a good configuration");
        assert_eq!((config.reader.baud, config.reader.profile.as_str()), (115_200, "generic"));
        assert_eq!(config.patience.patience(), Patience::default());
        assert!(config.windows.is_none());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (from, to, said) in [
            ("letter = \"A\"", "letter = \"a\"", "one capital letter"),
            ("letter = \"A\"", "latter = \"A\"", "line 4"),
            ("name = \"lobby-1\"", "name = \"\"", "kiosk.name"),
            ("/etc/onedoor/hall.key", "/var/lib/onedoor/queue/hall.key", "kiosk.hall_key"),
            ("/etc/onedoor/outbox.key", "/var/lib/onedoor/outbox.key", "kiosk.outbox_key"),
            ("outbox_key = \"/etc/onedoor/outbox.key\"", "", "outbox_key"),
            ("http://127", "ftp://127", "scanner.url: must begin with http://"),
            ("https://store", "http://store", "store.url: must begin with https://"),
            ("port = \"/dev/reader\"", "port = \"/dev/reader\"\nbaud = 1200", "reader.baud"),
            ("port = \"/dev/reader\"", "port = \"reader\"", "reader"),
            ("port = \"/dev/printer\"", "port = \"tcp:printer:9100\"", "line 12"),
            ("url = \"http://127.0.0.1:60000/eSCL\"", "", "scanner: needs either url"),
            ("[scanner]", "[scanner]\nsane = \"test:0\"", "scanner: needs either url"),
            ("[store]", "[shop]", "shop"),
            ("[store]", "[speech]\nrate = 20\n[store]", "speech.rate"),
            ("[store]", "[speech]\nvolume = 0\n[store]", "speech.volume"),
        ] {
            let error = parse(&GOOD.replacen(from, to, 1)).expect_err(to).to_string();
            assert!(error.contains(said), "{to}: {error}");
        }
    }
}
