//! The real kiosk in this process, among emulated devices at true pace.

use emulators::network::Network;
use emulators::pki::{Authority, Pki};
use emulators::printer::Printer;
use emulators::reader::{Reader, Timing};
use emulators::scanner::{Scanner, ScannerOptions};
use emulators::store::Store;
use emulators::windows::Windows;
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
    pub reader: Reader,
    /// the printer
    pub printer: Printer,
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

/// Runs `measure` beside a kiosk, which takes this thread for its screen.
pub fn with_kiosk<T: Send + 'static>(
    measure: impl FnOnce(&Bench) -> Result<T, Fatal> + Send + 'static,
) -> Result<T, Fatal> {
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
    let reader = Reader::start(&dir, BAUD, Timing::default())?;
    let printer = Printer::start(&dir, BAUD)?;
    let secrets = dir.join("secrets");
    std::fs::create_dir_all(&secrets)?;
    queue::key::HallKey::create(&secrets.join("hall.key"))?;
    store::OutboxKey::create(&secrets.join("outbox.key"))?;
    let catalogue = dir.join("catalogue.toml");
    std::fs::write(&catalogue, without_hours(include_str!("../../halls/jiading.toml")))?;
    let pki = Pki::open(&dir.join("pki"))?;
    let settings = format!(
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
        data = dir.join("kiosk"),
        key = secrets.join("hall.key"),
        outbox_key = secrets.join("outbox.key"),
        reader = format!("serial:{}", reader.path().display()),
        printer = format!("serial:{}", printer.path().display()),
        scanner = scanner.url(),
        store = network.url(),
        ca = pki.ca(Authority::Hall),
        certificate = pki.client_certificate(Authority::Hall),
        client_key = pki.client_key(Authority::Hall),
        windows = windows.address().port(),
    );
    let config = kiosk::Config::parse(&dir.join("kiosk.toml"), &settings)?;

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
    kiosk::run(config, kiosk::Options::default(), screen, stop, ready)?;
    let measured = result.recv().map_err(|_| "the measurement ended early")?;
    runtime.block_on(async { tokio::join!(store.stop(), network.stop(), windows.stop(), scanner.stop()) });
    runtime.shutdown_timeout(Duration::from_secs(1));
    measured
}

/// A hall that is open at any hour.
fn without_hours(catalogue: &str) -> String {
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
