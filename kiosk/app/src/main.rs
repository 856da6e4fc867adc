//! The kiosk's program.

use clap::{Parser, Subcommand};
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

/// Memory is wiped as it is given back: what a visitor's card said is nowhere once it is dropped.
#[global_allocator]
static WIPING: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

/// One door, one number, one window, one thing done.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// the configuration file
    #[arg(long, default_value = "/etc/onedoor/kiosk.toml")]
    config: PathBuf,
    #[command(subcommand)]
    instead: Option<Instead>,
}

/// What to do instead of running the kiosk.
#[derive(Subcommand)]
enum Instead {
    /// List the devices that are there, and those that are there but not permitted
    Devices,
    /// Perform a recording again, with the driver that made it
    Replay {
        /// a file of `kiosk.data/recordings`
        file: PathBuf,
    },
    /// Make scans into clean pages, and those into a PDF/A-2b or an OFD, by the name of the document
    Page {
        /// scans (JPEG), and last the document to write: .pdf, .ofd, or for the pages themselves .jpg or .zip
        #[arg(required = true, num_args = 2.., value_names = ["IN.jpg", "OUT.pdf|OUT.ofd"])]
        files: Vec<PathBuf>,
        /// keep print as bitmaps and all else as small pictures: a twelfth of the size
        #[arg(long)]
        compact: bool,
        /// say what was found on each page as a JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Write down what was received of a visit, as a file that `verify` reads
    Receipt {
        /// the visit, or the code on its printed receipt
        #[arg(value_name = "VISIT|CODE")]
        visit: String,
    },
    /// Check that files are what a receipt says was received
    Verify {
        /// the file that `receipt` wrote
        receipt: PathBuf,
        /// documents and pages
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// the store's public key (PEM), to check that it countersigned
        #[arg(long)]
        key: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::builder()
                .with_default_directive(tracing::Level::INFO.into())
                .from_env_lossy(),
        )
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let done = match &arguments.instead {
        None => run(&arguments).map_err(Fatal::from),
        Some(Instead::Devices) => devices(),
        Some(Instead::Replay { file }) => replay(file),
        Some(Instead::Page { files, compact, json }) => page(files, *compact, *json),
        Some(Instead::Receipt { visit }) => receipt(&arguments.config, visit),
        Some(Instead::Verify { receipt, files, key }) => verify(receipt, files, key.as_deref()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            match arguments.instead {
                None => tracing::error!(%error, "the kiosk cannot run"),
                Some(_) => eprintln!("kiosk: {error}"),
            }
            ExitCode::FAILURE
        }
    }
}

/// What ends the program with a message.
type Fatal = Box<dyn std::error::Error>;

fn replay(file: &Path) -> Result<(), Fatal> {
    let played = kiosk::replay::replay(file)?;
    let calls = played.calls.iter().map(|call| format!("{call}\n"));
    let end = format!(
        "the same again: {} calls, {} bytes to the device, {} from it\n",
        played.calls.len(),
        played.to_device,
        played.from_device
    );
    print(calls.chain([end]))
}

/// The same scans give the same bytes, so the document tells of no time: the beginning of 1970 stands
/// for none.
fn page(files: &[PathBuf], compact: bool, json: bool) -> Result<(), Fatal> {
    let Some((out, scans)) = files.split_last() else { return Err("name scans and a document".into()) };
    let title = out.file_stem().and_then(|name| name.to_str()).unwrap_or("document");
    let created = documents::Created::new((1970, 1, 1), (0, 0, 0), 0)?;
    let meta = documents::Meta::new(title, created, env!("CARGO_PKG_VERSION"), title)?;
    let compression =
        if compact { documents::Compression::Compact } else { documents::Compression::Faithful };
    let form = if json { documents::Form::Json } else { documents::Form::Text };
    print([documents::page_command(scans, out, &meta, compression, form)?])
}

/// The outbox is only read: the kiosk may be running.
fn receipt(config: &Path, visit: &str) -> Result<(), Fatal> {
    let outbox = kiosk::Config::load(config)?.kiosk.data.join("outbox");
    print([store::custody::receipt_command(&outbox, visit)?])
}

fn verify(receipt: &Path, files: &[PathBuf], key: Option<&Path>) -> Result<(), Fatal> {
    let key = key.map(store::CustodyKey::load).transpose()?;
    let report = store::custody::verify_command(receipt, files, key.as_ref())?;
    print([report.to_string()])?;
    if report.holds() { Ok(()) } else { Err("the files and the receipt do not agree".into()) }
}

fn devices() -> Result<(), Fatal> {
    let found = link::discover();
    let heading = format!(
        "{} on serial ports and USB. Card slots (pcscd), scanners on the network and SANE's are not \
         looked for here.\n",
        found.len()
    );
    print([heading].into_iter().chain(found.iter().map(|found| format!("{found}\n"))))
}

/// Writes to standard output. Whoever has read enough, such as `head`, closes it, and that is no error.
fn print(lines: impl IntoIterator<Item = String>) -> Result<(), Fatal> {
    let mut out = std::io::stdout().lock();
    for line in lines {
        match out.write_all(line.as_bytes()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => break,
            written => written?,
        }
    }
    Ok(())
}

fn run(arguments: &Arguments) -> Result<(), kiosk::StartError> {
    let config = kiosk::Config::load(&arguments.config)?;
    let stop = CancellationToken::new();
    stop_on_signals(&stop)?;
    kiosk::run(config, kiosk::Options::default(), screen_kind(), stop, |_| {})
}

/// SIGTERM and SIGINT end the kiosk in good order.
fn stop_on_signals(stop: &CancellationToken) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let (mut term, mut int) = {
        let _inside = runtime.enter();
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)
    };
    let stop = stop.clone();
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(async {
            tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
            stop.cancel();
        });
    })?;
    Ok(())
}

/// What this program was built for: the kiosk's bare display, or a window on a desktop.
fn screen_kind() -> ui::Backend {
    if cfg!(feature = "kms") { ui::Backend::Kms } else { ui::Backend::Window }
}
