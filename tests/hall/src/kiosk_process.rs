//! The kiosk in its own process: the real one, with a screen that can be asked.

use crate::heard::Log;
use crate::{Fatal, Harm, screen};
use clap::Args;
use jiff::SignedDuration;
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
    socket: String,
    #[arg(long)]
    window: bool,
    /// seconds that the hall's clock is ahead of the machine's
    #[arg(long, default_value_t = 0, allow_hyphen_values = true)]
    clock_shift: i64,
    /// the hall's process, with which this one dies
    #[arg(long)]
    hall: Option<i32>,
    #[command(flatten)]
    harm: Harm,
}

/// Runs the kiosk until SIGTERM, or until the hall dies.
pub(crate) fn run(arguments: KioskArguments) -> Result<(), Fatal> {
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    let parent = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get());
    if arguments.hall.is_some_and(|hall| parent != Some(hall)) {
        // The hall died before it could take this process with it. A kiosk that lived on would open
        // terminals that belong to somebody else by now.
        return Err("the hall has died".into());
    }
    let config = kiosk::Config::load(&arguments.config)?;
    let mut options = kiosk::Options {
        clock_shift: SignedDuration::from_secs(arguments.clock_shift),
        ..kiosk::Options::default()
    };
    let heard = Log::default();
    options.heard = heard.observer();
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
    kiosk::run(
        || Ok(config),
        options,
        backend,
        stop,
        move |shown| {
            handle.spawn(async move {
                if let Err(error) = screen::serve(&socket, shown, heard).await {
                    tracing::error!(%error, "the screen cannot be asked");
                }
            });
        },
    )?;
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

/// By how many seconds the clock must be ahead to show now what `--clock` says; a time alone is meant
/// for today.
pub(crate) fn clock_shift(text: &str) -> Result<i64, Fatal> {
    let china = jiff::tz::Offset::constant(8);
    let now = china.to_datetime(jiff::Timestamp::now());
    let at = text
        .parse::<DateTime>()
        .or_else(|_| text.parse::<Time>().map(|time| now.date().to_datetime(time)))
        .map_err(|_| format!("--clock {text}: write HH:MM, HH:MM:SS or YYYY-MM-DDTHH:MM:SS"))?;
    Ok(at.duration_since(now).as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_a_time_or_a_day_and_a_time() {
        for good in ["23:59", "23:59:50", "2026-11-23T08:00:00", "2026-11-23T08:00"] {
            assert!(clock_shift(good).is_ok(), "{good}");
        }
        for bad in ["", "25:00", "noon", "2026-13-01T00:00:00"] {
            assert!(clock_shift(bad).is_err(), "{bad}");
        }
        assert!(clock_shift("1970-01-01T00:00:00").is_ok_and(|shift| shift < 0));
    }
}
