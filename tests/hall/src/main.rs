//! The virtual hall: the real kiosk among emulated devices on real wires, and a dock to handle them.
//!
//! Two processes. The hall holds the devices, the store and the dock; the kiosk runs in a child of
//! its own, so that what is said of the kiosk's memory and of its death is true of the kiosk alone.

mod child;
mod district;
mod dock;
mod heard;
mod kiosk_process;
mod occupant;
mod page;
mod replay;
mod screen;
mod setup;
mod slot;
mod staff;
mod telephone;

use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

/// As in the kiosk's own program: memory is wiped as it is given back.
#[global_allocator]
static WIPING: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

#[derive(Parser)]
#[command(version, about = "The virtual hall: a kiosk, its devices, and a dock in your browser")]
struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// instead of a hall: what stands in a fault capsule, in the order of time, and whether the kiosk's drivers
    /// do the same again
    #[arg(long, value_name = "CAPSULE")]
    replay: Option<PathBuf>,
    #[command(flatten)]
    hall: HallArguments,
}

#[derive(Subcommand)]
enum Part {
    /// The kiosk in its own process; started by the hall
    #[command(hide = true)]
    Kiosk(kiosk_process::KioskArguments),
    /// Another program that keeps the card in the slot; started by the hall
    #[command(hide = true, name = occupant::PART)]
    OccupySlot,
}

/// What the hall is told.
#[derive(Args, Clone)]
pub(crate) struct HallArguments {
    /// where the dock is served
    #[arg(long, default_value = "127.0.0.1:7800")]
    dock: SocketAddr,
    /// all the state there is
    #[arg(long, default_value = "data/hall")]
    data: PathBuf,
    /// settings of the kiosk that replace the hall's own, key by key (TOML)
    #[arg(long)]
    config: Option<PathBuf>,
    /// no window, even where there is a display
    #[arg(long)]
    no_window: bool,
    /// no scanner of codes
    #[arg(long)]
    no_codes: bool,
    /// no slot for social-security cards
    #[arg(long)]
    no_slot: bool,
    /// the devices and services alone: the kiosk is started by hand, with `kiosk.toml` in the data folder
    #[arg(long)]
    no_kiosk: bool,
    /// the district has a store of its own, which is asked for licences
    #[arg(long)]
    district: bool,
    /// what the hall's clock shows at the start: HH:MM, HH:MM:SS or YYYY-MM-DDTHH:MM:SS
    #[arg(long)]
    clock: Option<String>,
    #[command(flatten)]
    harm: Harm,
}

/// Ways to hurt the kiosk, for tests.
#[derive(Args, Clone, Default)]
pub(crate) struct Harm {
    /// kill hall and kiosk at the Nth time of a journalled step: STEP or STEP:N
    #[arg(long, hide = true)]
    kill_at: Option<String>,
    /// the ledger's file system forgets what was not synced when the kiosk is killed
    #[arg(long, hide = true)]
    forgetful: bool,
    /// the ledger does not sync
    #[arg(long, hide = true)]
    no_sync: bool,
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
    let done = match arguments.part {
        Some(Part::Kiosk(kiosk)) => kiosk_process::run(kiosk),
        Some(Part::OccupySlot) => occupant::run(),
        None => match &arguments.replay {
            Some(capsule) => replay::run(capsule),
            None => run_hall(arguments.hall),
        },
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hall: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What a program that ends with a message says.
pub(crate) type Fatal = Box<dyn std::error::Error + Send + Sync>;

fn run_hall(arguments: HallArguments) -> Result<(), Fatal> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let done = runtime.block_on(async {
        let stop = stop_on_signals()?;
        let hall = setup::Hall::open(&arguments).await?;
        let child = match arguments.no_kiosk {
            true => None,
            false => Some(child::Child::keep(hall.kiosk_command(&arguments)?, stop.clone())),
        };
        let served = dock::serve(hall.clone(), arguments.dock, stop.clone()).await;
        stop.cancel();
        if let Some(child) = child {
            child.gone().await;
        }
        hall.close().await;
        served
    });
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    done
}

/// SIGTERM and SIGINT end the program in good order.
pub(crate) fn stop_on_signals() -> std::io::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
        told.cancel();
    });
    Ok(stop)
}
