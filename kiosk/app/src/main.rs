//! The appliance: the program that is the kiosk. It is started by the program `kiosk`, or by the system.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use clap::Parser;
use command::{Arguments, Fatal, Instead, OfKiosk, Stuck, exit, print};
use kiosk::closed::Reason;
use kiosk::commands::{Ask, Reply, ask, without_kiosk, written};
use kiosk::system::System;
use tokio_util::sync::CancellationToken;

/// Pause between two questions to a kiosk that may not run yet.
const AGAIN: Duration = Duration::from_secs(1);

/// Memory is wiped as it is given back: what a visitor's card said is nowhere once it is dropped.
#[global_allocator]
static WIPING: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    let Arguments { config, system, instead } = Arguments::parse();
    command::log(tracing::Level::INFO);
    match instead {
        None => match run(&config, system) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                tracing::error!(%error, "the kiosk cannot run");
                ExitCode::FAILURE
            }
        },
        Some(Instead::Files(files)) => exit(files.perform()),
        Some(Instead::Kiosk(OfKiosk::Devices)) => exit(devices()),
        Some(Instead::Kiosk(OfKiosk::Replay { file })) => exit(replay(&file)),
        Some(Instead::Kiosk(OfKiosk::Receipt { visit })) => exit(receipt(&config, &visit)),
        Some(Instead::Kiosk(OfKiosk::ExportReport { folder })) => exit(export_report(&config, &folder)),
        Some(Instead::Kiosk(OfKiosk::Status { json })) => exit(status(&config, json)),
        Some(Instead::Kiosk(OfKiosk::Idle)) => exit(idle(&config)),
        Some(Instead::Kiosk(OfKiosk::Good { within })) => exit(good(&config, within)),
        Some(Instead::Kiosk(OfKiosk::Closed { stuck, why })) => exit(closed(stuck, &why)),
        Some(Instead::Kiosk(OfKiosk::Diagnose { device, json })) => exit(diagnose(&config, device, json)),
    }
}

fn replay(file: &Path) -> Result<(), Fatal> {
    let performed = kiosk::replay::replay(file)?;
    print(performed.iter().map(|one| format!("{one}\n")))?;
    if performed.iter().all(|one| one.outcome.is_ok()) { Ok(()) } else { Err(DIFFERS.into()) }
}

fn status(config: &Path, json: bool) -> Result<(), Fatal> {
    let data = kiosk::Config::load(config)?.kiosk.data;
    say(&ask(&data, &Ask::Status)?, json)
}

fn idle(config: &Path) -> Result<(), Fatal> {
    let data = kiosk::Config::load(config)?.kiosk.data;
    say(&ask(&data, &Ask::Idle)?, false)
}

/// Asks again until it is good, or the time is over. Nothing tells when the kiosk has got so far: it may not run yet.
fn good(config: &Path, within: u64) -> Result<(), Fatal> {
    let data = kiosk::Config::load(config)?.kiosk.data;
    let end = Instant::now() + Duration::from_secs(within);
    loop {
        let answer = ask(&data, &Ask::Good);
        let good = matches!(&answer, Ok(Reply::Good { lacking }) if lacking.is_empty());
        if good || Instant::now() >= end {
            return say(&answer?, false);
        }
        std::thread::sleep(AGAIN);
    }
}

/// It is written by this program, so that it belongs to whoever asked for it.
fn export_report(config: &Path, folder: &Path) -> Result<(), Fatal> {
    let reply = asked(config, Ask::Report)?;
    if let Reply::Report { files, .. } = &reply {
        std::fs::create_dir_all(folder)?;
        for (name, content) in files {
            let name = Path::new(name).file_name().ok_or("a file of the report has no name")?;
            std::fs::write(folder.join(name), BASE64_STANDARD.decode(content)?)?;
        }
    }
    say(&reply, false)
}

fn diagnose(config: &Path, device: Option<String>, json: bool) -> Result<(), Fatal> {
    say(&asked(config, Ask::Diagnose { device })?, json)
}

/// Without a kiosk that runs, the devices are nobody's, and this program opens them itself.
fn asked(config: &Path, question: Ask) -> Result<Reply, Fatal> {
    let config = kiosk::Config::load(config)?;
    let reply = match ask(&config.kiosk.data, &question) {
        Err(error) if without_kiosk(&error) => {
            kiosk::diagnose_alone(config, &kiosk::Options::default(), question)?
        }
        answered => answered?,
    };
    Ok(reply)
}

fn say(reply: &Reply, json: bool) -> Result<(), Fatal> {
    print([if json { serde_json::to_string(reply)? + "\n" } else { written(reply) }])?;
    match reply {
        Reply::Status { .. } | Reply::Report { .. } | Reply::Idle { idle: true } => Ok(()),
        Reply::Idle { idle: false } => Err("somebody is at the kiosk".into()),
        Reply::Good { lacking } if lacking.is_empty() => Ok(()),
        Reply::Good { .. } => Err("this version is not good".into()),
        Reply::NoReport { why } => Err(why.clone().into()),
        Reply::Diagnosed(diagnosed) if diagnosed.passed => Ok(()),
        Reply::Diagnosed(_) => Err("not everything has passed".into()),
        Reply::Busy => Err("somebody is at the kiosk; try again later".into()),
        Reply::Unknown { why } => Err(why.clone().into()),
    }
}
const DIFFERS: &str = "not all is the same again: either this is of another version of the software, or it is \
                       the defect that is looked for";

/// The outbox is only read: the kiosk may be running.
fn receipt(config: &Path, visit: &str) -> Result<(), Fatal> {
    let outbox = kiosk::Config::load(config)?.kiosk.data.join("outbox");
    print([store::custody::receipt_command(&outbox, visit)?])
}

fn closed(stuck: Stuck, why: &str) -> Result<(), Fatal> {
    let stop = CancellationToken::new();
    stop_on_signals(&stop)?;
    Ok(kiosk::closed::show(Reason::told(stuck, why), screen_kind(), stop)?)
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

fn run(config: &Path, system: bool) -> Result<(), kiosk::StartError> {
    let stop = CancellationToken::new();
    stop_on_signals(&stop)?;
    if system {
        let config = config.to_owned();
        let screens = kiosk::Screens::of_machine();
        let backend = screens.shown(screen_kind());
        let (system, screens) = (Some(System::of_image()), Some(screens));
        let options = kiosk::Options { system, screens, ..kiosk::Options::default() };
        return kiosk::run(move || Ok(kiosk::Config::load(&config)?), options, backend, stop, |_| {});
    }
    // Without the image's system, whoever started it reads why it does not start.
    let config = kiosk::Config::load(config)?;
    kiosk::run(|| Ok(config), kiosk::Options::default(), screen_kind(), stop, |_| {})
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

/// What this program was built for: a window on a desktop, or the kiosk's bare display.
fn screen_kind() -> ui::Backend {
    if cfg!(feature = "desktop") { ui::Backend::Window } else { ui::Backend::Kms }
}
