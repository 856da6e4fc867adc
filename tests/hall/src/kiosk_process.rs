//! The kiosk in its own process: the real one, with a screen that can be asked.

use crate::{Fatal, Harm, screen};
use clap::Args;
use jiff::civil::{DateTime, Time};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio_util::sync::CancellationToken;

/// The screen of a kiosk, in pixels.
const SCREEN: (u32, u32) = (1080, 1920);
/// The file system that forgets.
const FORGETFUL: &str = "forgetful";

/// What the kiosk's process is told.
#[derive(Args)]
pub(crate) struct KioskArguments {
    #[arg(long)]
    config: PathBuf,
    #[arg(long)]
    socket: PathBuf,
    #[arg(long)]
    window: bool,
    #[arg(long)]
    clock: Option<String>,
    #[command(flatten)]
    harm: Harm,
}

/// Runs the kiosk until SIGTERM, or until the hall dies.
pub(crate) fn run(arguments: KioskArguments) -> Result<(), Fatal> {
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    let config = kiosk::Config::load(&arguments.config)?;
    let mut options = kiosk::Options::default();
    if let Some(clock) = &arguments.clock {
        options.clock = Some(clock.parse().map_err(|e| format!("--clock {clock}: {e}"))?);
    }
    if let Some(step) = &arguments.harm.kill_at {
        options.step = kill_at(step)?;
    }
    if arguments.harm.forgetful {
        forgetful_vfs::register()?;
        options.vfs = Some(FORGETFUL.to_owned());
    }
    if arguments.harm.no_sync {
        options.durability = queue::sqlite::Durability::OffForTests;
    }

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let stop: CancellationToken = runtime.block_on(async { crate::stop_on_signals() })?;
    let (handle, socket) = (runtime.handle().clone(), arguments.socket);
    let backend = if arguments.window {
        ui::Backend::Window
    } else {
        ui::Backend::Headless { width: SCREEN.0, height: SCREEN.1 }
    };
    kiosk::run(config, options, backend, stop, move |shown| {
        handle.spawn(async move {
            if let Err(error) = screen::serve(&socket, shown).await {
                tracing::error!(%error, "the screen cannot be asked");
            }
        });
    })?;
    runtime.shutdown_background();
    Ok(())
}

/// Kills hall and kiosk at once, as a power cut would, when a step is reached for the Nth time.
fn kill_at(wanted: &str) -> Result<kiosk::StepObserver, Fatal> {
    let (step, nth) = match wanted.split_once(':') {
        Some((step, nth)) => {
            (step.to_owned(), nth.parse().map_err(|_| format!("--kill-at {wanted}: STEP:N"))?)
        }
        None => (wanted.to_owned(), 1),
    };
    let seen = AtomicU32::new(0);
    Ok(Arc::new(move |reached| {
        if reached == step && seen.fetch_add(1, Ordering::SeqCst) + 1 == nth {
            // The hall takes this process with it; its own end is only in case it is slower.
            if let Some(hall) = rustix::process::getppid() {
                let _ = rustix::process::kill_process(hall, rustix::process::Signal::KILL);
            }
            let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        }
    }))
}

/// What `--clock` says, as a whole date and time; a time alone is meant for today.
pub(crate) fn check_clock(text: &str) -> Result<String, Fatal> {
    let china = jiff::tz::Offset::constant(8);
    let today = china.to_datetime(jiff::Timestamp::now()).date();
    let at = text
        .parse::<DateTime>()
        .or_else(|_| text.parse::<Time>().map(|time| today.to_datetime(time)))
        .map_err(|_| format!("--clock {text}: write HH:MM, HH:MM:SS or YYYY-MM-DDTHH:MM:SS"))?;
    Ok(at.to_string())
}
