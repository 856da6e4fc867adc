//! The real kiosk in this process, among emulated devices at true pace.

use emulators::network::Network;
use emulators::pki::{Authority, Pki};
use emulators::printer::Printer;
use emulators::reader::{Reader, Timing};
use emulators::scanner::{Scanner, ScannerOptions};
use emulators::store::Store;
use emulators::windows::Windows;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// Bits per second of reader and printer.
pub const BAUD: u32 = 115_200;
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a measurement has in hand.
pub struct Bench {
    /// the reader
    pub reader: Arc<Reader>,
    /// the printer
    pub printer: Arc<Printer>,
    /// the kiosk's screen
    pub screen: ui::Handle,
    painted: Receiver<ui::Painted>,
}

impl Bench {
    /// Waits until a screen has been painted; when its pixels were written.
    pub fn painted(&self, wanted: &str) -> Result<Instant, Fatal> {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.painted.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(painted) if painted.screen_name == wanted => return Ok(painted.at),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    return Err(format!("the screen {wanted} was not painted").into());
                }
            }
        }
    }
}

/// Emulated devices and services, and a kiosk's configuration that names them.
pub struct Emulated {
    folder: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
    store: Store,
    network: Network,
    windows: Windows,
    scanner: Scanner,
    reader: Arc<Reader>,
    printer: Arc<Printer>,
}

impl Emulated {
    /// Starts them, in a hall with this catalogue.
    pub fn start(catalogue: &str) -> Result<Self, Fatal> {
        let folder = tempfile::tempdir()?;
        let dir = folder.path().to_owned();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let (store, network, windows, scanner) = runtime.block_on(async {
            let store = Store::start(&dir).await?;
            let network = Network::start(&dir, store.address()).await?;
            let windows = Windows::start(&dir).await?;
            let scanner = Scanner::start(ScannerOptions::default()).await?;
            Ok::<_, Fatal>((store, network, windows, scanner))
        })?;
        let reader = Arc::new(Reader::start(&dir, BAUD, Timing::default())?);
        let printer = Arc::new(Printer::start(&dir, BAUD)?);
        let secrets = dir.join("secrets");
        std::fs::create_dir_all(&secrets)?;
        queue::key::HallKey::create(&secrets.join("hall.key"))?;
        store::OutboxKey::create(&secrets.join("outbox.key"))?;
        std::fs::write(dir.join("catalogue.toml"), catalogue)?;
        let hall = Self { folder, runtime, store, network, windows, scanner, reader, printer };
        std::fs::write(hall.config(), hall.settings(&secrets)?)?;
        Ok(hall)
    }

    /// Where all its files are; it ends with the hall.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The kiosk's configuration file.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("kiosk.toml")
    }

    fn settings(&self, secrets: &Path) -> Result<String, Fatal> {
        let dir = self.folder.path();
        let pki = Pki::open(&dir.join("pki"))?;
        Ok(format!(
            r#"
            [kiosk]
            name = "bench"
            letter = "A"
            catalogue = {catalogue:?}
            data = {data:?}
            hall_key = {key:?}
            outbox_key = {outbox_key:?}
            [reader]
            port = {reader:?}
            profile = "sam-v-cmn"
            [printer]
            port = {printer:?}
            profile = "epson-tm-compatible"
            [scanner]
            url = {scanner:?}
            [store]
            url = {store:?}
            ca = {ca:?}
            certificate = {certificate:?}
            key = {client_key:?}
            [windows]
            url = "https://localhost:{windows}"
            "#,
            catalogue = dir.join("catalogue.toml"),
            data = dir.join("kiosk"),
            key = secrets.join("hall.key"),
            outbox_key = secrets.join("outbox.key"),
            reader = format!("serial:{}", self.reader.path().display()),
            printer = format!("serial:{}", self.printer.path().display()),
            scanner = self.scanner.url(),
            store = self.network.url(),
            ca = pki.ca(Authority::Hall),
            certificate = pki.client_certificate(Authority::Hall),
            client_key = pki.client_key(Authority::Hall),
            windows = self.windows.address().port(),
        ))
    }

    /// Ends them.
    pub fn stop(self) {
        let Self { store, network, windows, scanner, runtime, .. } = self;
        runtime
            .block_on(async { tokio::join!(store.stop(), network.stop(), windows.stop(), scanner.stop()) });
        runtime.shutdown_timeout(Duration::from_secs(1));
    }
}

/// Runs `measure` beside a kiosk in the sample hall; see [`with_kiosk_in`].
pub fn with_kiosk<T: Send + 'static>(
    measure: impl FnOnce(&Bench) -> Result<T, Fatal> + Send + 'static,
) -> Result<T, Fatal> {
    with_kiosk_in(&without_hours(include_str!("../../halls/jiading.toml")), measure)
}

/// Runs `measure` beside a kiosk in a hall with this catalogue. The kiosk takes this thread for its screen.
pub fn with_kiosk_in<T: Send + 'static>(
    catalogue: &str,
    measure: impl FnOnce(&Bench) -> Result<T, Fatal> + Send + 'static,
) -> Result<T, Fatal> {
    let hall = Emulated::start(catalogue)?;
    let config = kiosk::Config::load(&hall.config())?;
    let (reader, printer) = (hall.reader.clone(), hall.printer.clone());
    let stop = CancellationToken::new();
    let (done, result) = channel();
    let end = stop.clone();
    let ready = move |screen: ui::Handle| {
        std::thread::spawn(move || {
            let (tell, painted) = channel();
            screen.set_observer(Box::new(move |frame| {
                let _ = tell.send(frame);
            }));
            let bench = Bench { reader, printer, screen, painted };
            let _ = done.send(measure(&bench));
            end.cancel();
        });
    };
    let screen = ui::Backend::Headless { width: 1080, height: 1920 };
    kiosk::run(|| Ok(config), kiosk::Options::default(), screen, stop, ready)?;
    let measured = result.recv().map_err(|_| "the measurement ended early")?;
    hall.stop();
    measured
}

/// A hall that is open at any hour.
pub fn without_hours(catalogue: &str) -> String {
    let mut kept = true;
    let mut lines = Vec::new();
    for line in catalogue.lines() {
        if line.starts_with('[') {
            kept = !matches!(line.trim(), "[[hall.openings]]" | "[hall.lunch]");
        }
        if kept {
            lines.push(line);
        }
    }
    lines.join("\n")
}
