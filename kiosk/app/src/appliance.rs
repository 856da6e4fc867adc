//! The kiosk as a whole: everything opened, every device given its owner, the desk fed.

use crate::bus::{Bus, bus};
use crate::closed;
use crate::commands::{Ask, Reply};
use crate::config::Config;
use crate::heart::Heart;
use crate::owners::{Around, Owners};
use crate::screens::Screens;
use crate::start::{Opened, Options, StartError};
use crate::supervise::supervise;
use crate::system::System;
use crate::tasks::speech;
use log_book::Event as Happened;
use std::sync::{Arc, mpsc as blocking};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use visit::event::Event;

/// A log that is not on the disk by then never will be.
const LOG_CLOSES_IN: Duration = Duration::from_secs(2);
/// By then every device has told how it is, or tells that it is away.
const SETTLED_IN: Duration = Duration::from_secs(15);

/// Runs the kiosk on this thread's screen until `stop` is cancelled.
///
/// Where a system is around it, the screen says that the kiosk is starting until that has laid out what is to be
/// loaded, and then why nobody is served, if that is so.
///
/// # Errors
/// When something without which there is no kiosk cannot be opened: see [`StartError`].
pub fn run(
    load: impl FnOnce() -> Result<Config, StartError> + Send + 'static,
    options: Options,
    backend: ui::Backend,
    stop: CancellationToken,
    on_ready: impl FnOnce(ui::Handle) + Send + 'static,
) -> Result<(), StartError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (bus, events) = bus();
    let (mouth, asks) = speech::Mouth::new();
    let (touches, told) = (bus.clone(), bus.clone());
    let screen = ui::Options {
        backend,
        on_intent: Box::new(move |intent| {
            touches.offer(Event::Touched(intent));
        }),
        voice: Some(Box::new(mouth.clone())),
    };
    // What the kiosk stands on is opened while the toolkit starts: the first frame waits for the slower alone.
    let screens = options.screens.clone();
    let seen = screens.as_ref().is_none_or(Screens::is_seen);
    let (inside, opening_bus, system) = (runtime.handle().clone(), bus.clone(), options.system.clone());
    let opening = std::thread::Builder::new().name("opening".to_owned()).spawn(move || {
        options.system.as_ref().map_or(Ok(()), System::wait_laid_out)?;
        let config = load()?;
        let opened = inside.block_on(Opened::open(&config, &options, opening_bus))?;
        Ok((config, options, opened))
    })?;
    let mut opening = Some(opening);
    let (fails, failed) = blocking::channel();
    let (heart, waits) = (Heart::default(), system.is_some());
    let (inside, beats, stopped) = (runtime.handle().clone(), heart.clone(), stop.clone());
    let begin = move |handle: ui::Handle, opening: Opening| {
        let watch = |desk| {
            if let Some(screens) = screens {
                drop(inside.spawn(screens.watch(desk, bus.clone(), stop.clone())));
            }
        };
        let (config, options, opened) = match finished(opening) {
            Ok(opened) => opened,
            Err(error) => {
                // Whoever is called to a kiosk without a laptop sees on its screen why there is none.
                match system.filter(|_| !matches!(error, StartError::Turned)) {
                    Some(system) => {
                        beats.serves_nobody();
                        watch(None);
                        let reason = closed::Reason::of(&error, system.enrolment);
                        drop(inside.spawn(closed::keep(handle, events, reason, stop)));
                    }
                    None => handle.quit(),
                }
                return drop(fails.send(error));
            }
        };
        speak(&config, &options, asks, &mouth, &bus);
        on_ready(handle.clone());
        let retention = config.kiosk.retention_days;
        let around = Around { screen: seen.then(|| handle.clone()), system };
        let owners = Owners::start(config, opened, mouth, bus.clone(), around, &inside, &stop);
        beats.serves(owners.commands.desk.clone());
        watch(Some(owners.commands.desk.clone()));
        inside.spawn(async move {
            let screen = handle.clone();
            let show = move |view| {
                screen.show(view);
            };
            owners.serve(events, show, retention, stop).await;
            handle.quit();
        });
    };
    let shown = ui::run(screen, |handle| {
        let Some(opening) = opening.take() else { return handle.quit() };
        heart.start(handle.clone());
        if !waits {
            return begin(handle, opening);
        }
        handle.show(closed::starting());
        let screen = handle.clone();
        let begun = runtime.spawn_blocking(move || begin(handle, opening));
        runtime.spawn(async move {
            tokio::select! {
                // After a panic there is no kiosk, and whoever started this one starts it again.
                begun = begun => if begun.is_err() { screen.quit() },
                () = stopped.cancelled() => screen.quit(),
            }
        });
    });
    // A screen that does not start says less than a kiosk that could not start anyhow.
    let failed = failed.try_recv().ok().or_else(|| finished(opening.filter(|_| !waits)?).err());
    // What is under way is journalled; what is not finished goes on at the next start.
    runtime.shutdown_timeout(Duration::from_secs(2));
    if let Some(log) = told.the_log() {
        log.record(Happened::Stopping {});
        log.close(LOG_CLOSES_IN);
    }
    match failed {
        Some(error) => Err(error),
        None => Ok(shown?),
    }
}

/// Tries the devices without a kiosk that runs: opens them as it would, and closes them again. Nobody is served
/// meanwhile, and nothing is shown.
///
/// # Errors
/// As [`run`].
pub fn diagnose_alone(config: Config, options: &Options, ask: Ask) -> Result<Reply, StartError> {
    // What another user left behind the kiosk could not write any more.
    let data = &config.kiosk.data;
    if let Ok(about) = std::fs::metadata(data)
        && std::os::unix::fs::MetadataExt::uid(&about) != rustix::process::geteuid().as_raw()
    {
        let why = std::io::Error::other("it is another user's; run this as the kiosk's own");
        return Err(StartError::Folder { path: data.clone(), why });
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (bus, events) = bus();
    let (mouth, asks) = speech::Mouth::new();
    speak(&config, options, asks, &mouth, &bus);
    let stop = CancellationToken::new();
    let opened = runtime.block_on(Opened::open(&config, options, bus.clone()))?;
    let retention = config.kiosk.retention_days;
    let around = Around { screen: None, system: None };
    let owners = Owners::start(config, opened, mouth, bus.clone(), around, runtime.handle(), &stop);
    let commands = Arc::clone(&owners.commands);
    let served = runtime.spawn(owners.serve(events, |_| {}, retention, stop.clone()));
    let reply = runtime.block_on(async {
        commands.until_all_told(SETTLED_IN).await;
        commands.answer(ask).await
    });
    stop.cancel();
    // It may not end: its devices are closed with this program.
    let _ = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(5), served).await });
    runtime.shutdown_timeout(Duration::from_secs(2));
    if let Some(log) = bus.the_log() {
        log.close(LOG_CLOSES_IN);
    }
    Ok(reply)
}

type Opening = std::thread::JoinHandle<Result<(Config, Options, Opened), StartError>>;

/// What came of it; a panic goes on in whoever waits.
fn finished(opening: Opening) -> Result<(Config, Options, Opened), StartError> {
    opening.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Gives the voice its owner; what the screen says goes to it directly, and waits for nobody.
fn speak(config: &Config, options: &Options, asks: speech::Asks, mouth: &speech::Mouth, bus: &Bus) {
    speech::listen(&config.speech, mouth, bus);
    let (config, heard) = (config.speech.clone(), options.heard.clone());
    supervise("speech", bus, move || speech::run(&config, &asks, &heard));
}
