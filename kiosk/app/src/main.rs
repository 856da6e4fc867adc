//! The kiosk's program.

use clap::{Parser, Subcommand};
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
        .init();
    let done = match &arguments.instead {
        None => run(&arguments).map_err(Fatal::from),
        Some(Instead::Devices) => devices(),
        Some(Instead::Replay { file }) => replay(file),
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
    for call in &played.calls {
        println!("{call}");
    }
    println!(
        "the same again: {} calls, {} bytes to the device, {} from it",
        played.calls.len(),
        played.to_device,
        played.from_device
    );
    Ok(())
}

fn devices() -> Result<(), Fatal> {
    for found in link::discover() {
        println!("{found}");
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
