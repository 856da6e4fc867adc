//! Opening what the kiosk stands on, before anything is shown.

use crate::bus::{Bus, Health};
use crate::clock::Clock;
use crate::config::{Config, ConfigError, LogConfig, ScannerConfig, StaffCardsConfig};
use crate::figures::Page;
use crate::history::{Before, History};
use crate::screens::Screens;
use crate::system::{Boots, System};
use crate::tasks::licences::Licences;
use crate::tasks::papers::Papers;
use crate::tasks::scanner::{BackEnd, PageFolders};
use crate::tasks::speech::HeardObserver;
use document_scanner::sane::{self, HelperProgram, SaneProfile, SaneScanner};
use entry::{KEY_LENGTH, KioskKey};
use jiff::SignedDuration;
use link::record::Recorder;
use log_book::field::{self, Version};
use log_book::{Event as Happened, Log, LogKey, Settings, Stamp, Trouble};
use queue::key::{HallKey, KeyError};
use queue::ledger::{Ledger, LedgerError};
use queue::sqlite::{Durability, SqliteLedger};
use sha2::{Digest, Sha256};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::pace::{Pace, Window};
use store::{
    Client, CustodyKey, CustodyKeyError, Deadlines, Outbox, OutboxConfig, OutboxError, OutboxKey,
    OutboxKeyError, Tls, TlsFiles, TlsSetupError, WorkerConfig,
};
use tokio::sync::Notify;
use visit::catalogue::{Catalogue, CatalogueErrors};
use visit::fault::{Device, Fault};
use zeroize::Zeroizing;

/// Told of each journalled step.
pub type StepObserver = Arc<dyn Fn(&'static str) + Send + Sync>;

/// What a hall does not configure.
#[derive(Clone)]
pub struct Options {
    /// by how much the hall's clock is ahead of the machine's
    pub clock_shift: SignedDuration,
    /// told of each journalled step
    pub step: StepObserver,
    /// a registered SQLite VFS for the ledger, other than the default
    pub vfs: Option<String>,
    /// whether the ledger syncs; anything but the default loses numbers in a power cut
    pub durability: Durability,
    /// how the outbox is emptied
    pub worker: WorkerConfig,
    /// told of everything that is said
    pub heard: HeardObserver,
    /// the system around the kiosk; `None` where that is none of its own
    pub system: Option<System>,
    /// where the screen is, when it may be plugged in and out
    pub screens: Option<Screens>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clock_shift: SignedDuration::ZERO,
            step: Arc::new(|_| {}),
            vfs: None,
            durability: Durability::Full,
            worker: WorkerConfig::default(),
            heard: Arc::new(|_| {}),
            system: None,
            screens: None,
        }
    }
}

/// Why there is no kiosk.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration file.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The catalogue cannot be read.
    #[error("catalogue {}: {why}; correct kiosk.catalogue in the configuration", path.display())]
    CatalogueFile {
        /// which file
        path: PathBuf,
        /// what the system said
        why: std::io::Error,
    },
    /// The catalogue is wrong.
    #[error("catalogue {}: {why}", path.display())]
    Catalogue {
        /// which file
        path: PathBuf,
        /// every line and field that is wrong
        why: CatalogueErrors,
    },
    /// The hall's key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The outbox's key.
    #[error(transparent)]
    OutboxKey(#[from] OutboxKeyError),
    /// The number ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The outbox.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// Certificates and keys for the store.
    #[error(transparent)]
    Tls(#[from] TlsSetupError),
    /// The key that the store countersigns with.
    #[error(transparent)]
    CustodyKey(#[from] CustodyKeyError),
    /// An address in the configuration.
    #[error("configuration: {field}: not a usable address: {why}")]
    Address {
        /// path of the field
        field: &'static str,
        /// what is wrong
        why: String,
    },
    /// The times of day at which documents may not take all of the line.
    #[error("configuration: store.bandwidth: {0}; correct it")]
    Bandwidth(store::ValueError),
    /// A folder below `kiosk.data`.
    #[error("folder {}: {why}; correct kiosk.data in the configuration or the folder's owner", path.display())]
    Folder {
        /// which
        path: PathBuf,
        /// what the system said
        why: std::io::Error,
    },
    /// Threads and timers.
    #[error("the system gives no threads: {0}")]
    System(#[from] std::io::Error),
    /// The key for technicians' codes.
    #[error("{}: {why}; make it with onedoor-answer kiosk-key", path.display())]
    EntryKey {
        /// which file
        path: PathBuf,
        /// why not
        why: std::io::Error,
    },
    /// The log's key.
    #[error("log.key: {0}")]
    LogKey(#[from] log_book::LogKeyError),
    /// The screen.
    #[error(transparent)]
    Screen(#[from] ui::UiError),
    /// It was begun with what the settings said of the screen before.
    #[error("the screen is turned otherwise: starting again")]
    Turned,
    /// The system has laid out no settings.
    #[error("the system has laid out no settings for {} s; see what failed before", .0.as_secs())]
    NotLaidOut(std::time::Duration),
}

/// Everything opened; no device is needed for it.
pub(crate) struct Opened {
    pub catalogue: Arc<Catalogue>,
    pub clock: Clock,
    pub ledger: Arc<dyn Ledger>,
    pub key: Arc<HallKey>,
    pub papers: Arc<Papers>,
    pub folders: PageFolders,
    pub outbox: Outbox,
    pub wake: Arc<Notify>,
    pub store: Client,
    /// the store once more, for the look-up of codes
    pub codes: Option<Client>,
    pub windows: Option<Client>,
    /// the store once more, for what the back office found
    pub reviews: Client,
    /// for codes of the hall's office
    pub entry_key: Option<KioskKey>,
    /// for cards of the hall's staff
    pub cards: Option<StaffCardsConfig>,
    /// the store once more, for whoever looks for what is wrong with it
    pub probe: Client,
    pub licences: Arc<Licences>,
    pub scanner: Arc<BackEnd>,
    pub scanner_recorder: Option<Recorder>,
    pub worker: WorkerConfig,
    pub certificate: Tls,
    /// a ticket was cut off when the kiosk last stopped: the printer may wait for the rest of it
    pub prints_cut_off: bool,
    /// what was counted, and what was wrong lately
    pub history: History,
    /// the page of figures
    pub page: Option<Page>,
    /// what the boot loader had to tell
    pub boots: Option<Boots>,
}

impl Opened {
    pub async fn open(config: &Config, options: &Options, bus: Bus) -> Result<Self, StartError> {
        let (catalogue, digest) = read_catalogue(&config.kiosk.catalogue)?;
        let catalogue = Arc::new(catalogue);
        let clock = Clock::new(catalogue.hall.utc_offset_minutes, options.clock_shift);

        let data = &config.kiosk.data;
        std::fs::create_dir_all(data).map_err(|why| StartError::Folder { path: data.clone(), why })?;
        // First, for it takes the lock: a second kiosk on the same data ends here and has touched nothing.
        let outbox_key = OutboxKey::load(&config.kiosk.outbox_key, data)?;
        let outbox = Outbox::open_with(
            &data.join("outbox"),
            outbox_key,
            OutboxConfig { keep_days: config.kiosk.retention_days, observer: options.step.clone() },
        )?;
        if let Some(log) = &config.log {
            bus.keep_log(open_log(log, data, &bus)?);
        }
        let (history, before) = History::begin(data.join("history.json"), VERSION);
        tell_start(&bus, &before, config, &catalogue, &digest);
        let boots = options.system.as_ref().and_then(System::boots);
        tell_boots(&bus, boots.as_ref());
        // Figures are no reason for a kiosk not to run.
        let page = config.metrics.as_ref().map(Page::open).transpose().unwrap_or_else(|error| {
            tracing::error!(%error, "metrics: nobody can read them");
            None
        });
        let page = page.flatten();
        let database = data.join("queue").join("numbers.db");
        let queue_dir = data.join("queue");
        std::fs::create_dir_all(&queue_dir).map_err(|why| StartError::Folder { path: queue_dir, why })?;
        let key = Arc::new(HallKey::load(&config.kiosk.hall_key, &database)?);
        let ledger = SqliteLedger::open(
            &database,
            queue::sqlite::Options {
                vfs: options.vfs.clone(),
                durability: options.durability,
                step: options.step.clone(),
                ..queue::sqlite::Options::new(config.kiosk.letter)
            },
        )?;
        let ledger: Arc<dyn Ledger> = Arc::new(ledger);
        let reconciled = ledger.reconcile(clock.now().wall).await?;
        if !reconciled.unknown.is_empty() {
            let jobs = u32::try_from(reconciled.unknown.len()).unwrap_or(u32::MAX);
            bus.log(Happened::JobsUnknown { jobs });
            tracing::warn!(
                prints = reconciled.unknown.len(),
                "tickets of unknown fate from before the start"
            );
        }

        let pages = data.join("pages");
        let folders =
            PageFolders::open(pages.clone()).map_err(|why| StartError::Folder { path: pages, why })?;
        let wake = Arc::new(Notify::new());
        let papers = Arc::new(Papers {
            outbox: outbox.clone(),
            folders: folders.clone(),
            wake: wake.clone(),
            bus: bus.clone(),
            clock,
            kiosk: config.kiosk.name.clone(),
            key: key.clone(),
            catalogue: catalogue.clone(),
        });

        let tls = Tls::load(&TlsFiles {
            ca: config.store.ca.clone(),
            certificate: config.store.certificate.clone(),
            key: config.store.key.clone(),
        })?;
        let client = |field, url: &str| {
            Client::new(url, &tls, Deadlines::default())
                .map_err(|why| StartError::Address { field, why: why.to_string() })
        };
        let (scanner, recorder) = scanner(&config.scanner)?;
        let district = config.store.district.as_ref().map(|url| client("store.district", url)).transpose()?;
        let licences = Licences::new(
            client("store.url", &config.store.url)?,
            district,
            config.kiosk.name.clone(),
            clock,
            bus,
        );
        Ok(Self {
            licences: Arc::new(licences),
            reviews: client("store.url", &config.store.url)?,
            cards: config.technician.cards.clone(),
            entry_key: config.technician.key.as_deref().map(|path| entry_key(path, data)).transpose()?,
            probe: client("store.url", &config.store.url)?,
            certificate: tls.clone(),
            store: client("store.url", &config.store.url)?,
            codes: config
                .code_scanner
                .as_ref()
                .map(|_| client("store.url", &config.store.url))
                .transpose()?,
            windows: config.windows.as_ref().map(|w| client("windows.url", &w.url)).transpose()?,
            scanner: Arc::new(scanner),
            scanner_recorder: recorder,
            worker: WorkerConfig {
                custody: config.store.custody_key.as_deref().map(CustodyKey::load).transpose()?,
                pace: pace(config, catalogue.hall.utc_offset_minutes)?,
                ..options.worker.clone()
            },
            prints_cut_off: !reconciled.unknown.is_empty(),
            history,
            page,
            boots,
            catalogue,
            clock,
            ledger,
            key,
            papers,
            folders,
            outbox,
            wake,
        })
    }
}

/// The version of the software.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The log, and its health told as the kiosk's own.
fn open_log(config: &LogConfig, data: &Path, bus: &Bus) -> Result<Log, StartError> {
    let folder = config.folder.clone().unwrap_or_else(|| data.join("log"));
    let key = LogKey::load(&config.key, &folder)?;
    let mut health = Health::new(Device::Kiosk, bus.clone());
    let tell = move |trouble| match trouble {
        Trouble::Failed(error) => {
            tracing::error!(%error, "the log cannot be written");
            health.offer(vec![Fault::LogFailed]);
        }
        Trouble::Over => health.offer(vec![]),
    };
    Ok(Log::start(Settings::new(&folder, key), tell)?)
}

/// What the log begins with.
fn tell_start(bus: &Bus, before: &Before, config: &Config, catalogue: &Catalogue, digest: &[u8; 32]) {
    bus.log(Happened::Started { version: Version::of(VERSION), up: Stamp::now().up.into() });
    if before.uncleanly {
        bus.log(Happened::EndedUncleanly {});
    }
    if let Some(other) = &before.other_version {
        bus.log(Happened::Updated { from: Version::of(other), to: Version::of(VERSION) });
    }
    bus.log(Happened::ConfigurationLoaded { digest: field::Digest::of(&config.digest) });
    let matters = u32::try_from(catalogue.packages.len() + catalogue.items.len()).unwrap_or(u32::MAX);
    bus.log(Happened::CatalogueLoaded { digest: field::Digest::of(digest), matters });
}

/// The hall hears of a version that did not become good.
fn tell_boots(bus: &Bus, boots: Option<&Boots>) {
    let Some(Boots { version, left }) = boots else { return };
    for left in left {
        tracing::error!(left, runs = version, "a version of the system did not become good and was left");
        bus.log(Happened::VersionLeft { left: Version::of(left), runs: Version::of(version) });
    }
}

/// The key for the office's codes: 32 bytes, for its owner alone, not among the kiosk's data.
fn entry_key(path: &Path, data: &Path) -> Result<KioskKey, StartError> {
    let refused = |why: std::io::Error| StartError::EntryKey { path: path.to_owned(), why };
    let (real, data) = (path.canonicalize().map_err(refused)?, data.canonicalize().map_err(refused)?);
    if real.starts_with(&data) {
        return Err(refused(std::io::Error::other("it lies among the kiosk's data")));
    }
    let about = std::fs::metadata(path).map_err(refused)?;
    if about.permissions().mode() & 0o077 != 0 {
        return Err(refused(std::io::Error::other("others may read it: chmod 600")));
    }
    if about.len() != KEY_LENGTH as u64 {
        return Err(refused(std::io::Error::other("it is no key: its length is not 32 bytes")));
    }
    let mut bytes = Zeroizing::new([0; KEY_LENGTH]);
    std::fs::File::open(path).and_then(|mut file| file.read_exact(bytes.as_mut_slice())).map_err(refused)?;
    Ok(KioskKey::from_bytes(bytes))
}

/// The times of day at which documents may not take all of the line.
fn pace(config: &Config, utc_offset_minutes: i16) -> Result<Pace, StartError> {
    let windows = config.store.bandwidth.iter().map(|window| Window {
        from: window.from,
        to: window.to,
        bytes_per_second: u64::from(window.kib_per_second) * 1024,
    });
    Pace::new(windows.collect(), utc_offset_minutes).map_err(StartError::Bandwidth)
}

/// The scanner as the configuration says it is spoken to, and what records it.
fn scanner(config: &ScannerConfig) -> Result<(BackEnd, Option<Recorder>), StartError> {
    if let Some(device) = &config.sane {
        let mut program = match &config.helper {
            Some(program) => HelperProgram::new(program),
            // A helper that is not found is a fault of the scanner's, not an end of the kiosk.
            None => HelperProgram::beside_this_program()
                .unwrap_or_else(|_| HelperProgram::new("onedoor-sane-helper")),
        };
        program.library = config.library.clone();
        program.config_dir = config.sane_config.clone();
        let profile = SaneProfile::named(&config.profile)
            .with_device(device)
            .map_err(|why| StartError::Address { field: "scanner.sane", why: why.to_string() })?;
        let recorder = sane::recorder(&profile);
        let scanner = SaneScanner::recorded(program, profile, recorder.clone());
        return Ok((BackEnd::Sane(Box::new(scanner)), Some(recorder)));
    }
    let url = config.url.as_deref().unwrap_or_default();
    let endpoint = document_scanner::Endpoint::parse(url)
        .map_err(|why| StartError::Address { field: "scanner.url", why: why.to_string() })?;
    let profile = document_scanner::Profile::named(&config.profile);
    let recorder = document_scanner::recorder(&profile);
    let scanner = document_scanner::Scanner::recorded(endpoint, profile, recorder.clone());
    Ok((BackEnd::Escl(Box::new(scanner)), Some(recorder)))
}

/// Whether a kiosk could be started with this configuration, as far as files tell: it and the
/// catalogue it names are sound.
///
/// # Errors
/// [`StartError::CatalogueFile`] and [`StartError::Catalogue`].
pub fn check(config: &Config) -> Result<(), StartError> {
    read_catalogue(&config.kiosk.catalogue).map(drop)
}

/// The catalogue, and the SHA-256 of its file.
fn read_catalogue(path: &Path) -> Result<(Catalogue, [u8; 32]), StartError> {
    let text = std::fs::read_to_string(path)
        .map_err(|why| StartError::CatalogueFile { path: path.to_owned(), why })?;
    let catalogue =
        Catalogue::parse(&text).map_err(|why| StartError::Catalogue { path: path.to_owned(), why })?;
    Ok((catalogue, Sha256::digest(text).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scanner_behind_sane_is_treated_as_the_configuration_says() {
        for (settings, called, profile) in [
            (
                "sane = \"avision:libusb:*\"\nprofile = \"avision\"",
                "avision at SANE avision:libusb:*",
                "avision",
            ),
            ("sane = \"test:0\"", "document scanner at SANE test:0", "generic"),
            ("sane = \"test:0\"\nprofile = \"no such\"", "no such at SANE test:0", "no such"),
        ] {
            let config: ScannerConfig = toml::from_str(settings).expect("a configuration");
            let Ok((BackEnd::Sane(scanner), Some(recorder))) = scanner(&config) else { panic!("{settings}") };
            assert_eq!(scanner.device(), called);
            assert_eq!(recorder.snapshot("none").profile, profile);
        }
    }

    #[test]
    fn a_scanner_behind_sane_without_a_usable_name_is_no_other_one() {
        for device in ["", "avision:*:*"] {
            let settings = format!("sane = {device:?}");
            let config: ScannerConfig = toml::from_str(&settings).expect("a configuration");
            let Err(StartError::Address { field, .. }) = scanner(&config) else { panic!("{settings}") };
            assert_eq!(field, "scanner.sane");
        }
    }
}
