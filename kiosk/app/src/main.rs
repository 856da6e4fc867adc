//! The kiosk's program.

use clap::Parser;
use std::path::PathBuf;
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
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the kiosk cannot run");
            ExitCode::FAILURE
        }
    }
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
