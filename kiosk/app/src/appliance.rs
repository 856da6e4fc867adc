//! The kiosk as a whole: everything opened, every device given its owner, the desk fed.

use crate::bus::{Bus, bus};
use crate::clock::Clock;
use crate::config::Config;
use crate::start::{Opened, Options, StartError};
use crate::tasks::{ledger, papers, printer, reader, scanner, windows};
use jiff::ToSpan;
use jiff::civil::Date;
use queue::ledger::Ledger;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc as blocking;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use visit::desk::Desk;
use visit::event::{Action, Event, Now, ReaderDo};
use visit::screen::View;

/// How much may wait for one owner; the desk asks for far less at a time.
const ROOM: usize = 64;
/// Pause before an owner that panicked is started again.
const RESTART: Duration = Duration::from_secs(1);

/// Runs the kiosk on this thread's screen until `stop` is cancelled.
///
/// # Errors
/// When something without which there is no kiosk cannot be opened: see [`StartError`].
pub fn run(
    config: Config,
    options: Options,
    backend: ui::Backend,
    stop: CancellationToken,
    on_ready: impl FnOnce(ui::Handle) + Send + 'static,
) -> Result<(), StartError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (bus, events) = bus();
    let opened = runtime.block_on(Opened::open(&config, &options, bus.clone()))?;
    let touches = bus.clone();
    let screen =
        ui::Options { backend, on_intent: Box::new(move |intent| touches.offer(Event::Touched(intent))) };
    let shown = ui::run(screen, |handle| {
        on_ready(handle.clone());
        let retention = config.kiosk.retention_days;
        let owners = Owners::start(config, opened, bus, &runtime, &stop);
        runtime.spawn(async move {
            owners.serve(events, &handle, retention, stop).await;
            handle.quit();
        });
    });
    // What is under way is journalled; what is not finished goes on at the next start.
    runtime.shutdown_timeout(Duration::from_secs(2));
    Ok(shown?)
}

/// The desk, and the ways to everyone it asks.
struct Owners {
    desk: Desk,
    clock: Clock,
    ledger: Arc<dyn Ledger>,
    papers: Arc<papers::Papers>,
    to_reader: blocking::Sender<ReaderDo>,
    to_printer: blocking::Sender<printer::Ask>,
    to_scanner: mpsc::Sender<scanner::Ask>,
    to_ledger: mpsc::Sender<ledger::Ask>,
}

impl Owners {
    fn start(
        config: Config,
        opened: Opened,
        bus: Bus,
        runtime: &tokio::runtime::Runtime,
        stop: &CancellationToken,
    ) -> Self {
        let Opened { catalogue, clock, ledger, key, papers, folders, outbox, wake, store, windows, .. } =
            opened;
        let (to_reader, for_reader) = blocking::channel();
        let (to_printer, for_printer) = blocking::channel();
        let (to_scanner, for_scanner) = mpsc::channel(ROOM);
        let (to_ledger, for_ledger) = mpsc::channel(ROOM);

        let (reader_config, reader_bus) = (config.reader, bus.clone());
        supervise("id-reader", move || reader::run(&reader_config, &for_reader, &reader_bus));

        let around = printer::Surroundings {
            ledger: ledger.clone(),
            bus: bus.clone(),
            clock,
            runtime: runtime.handle().clone(),
            cut_off: opened.prints_cut_off,
        };
        let printer_config = config.printer;
        supervise("ticket-printer", move || printer::run(&printer_config, &for_printer, &around));

        let scanning = scanner::ScannerTask {
            scanner: opened.scanner,
            folders,
            reserve: config.kiosk.reserve_mib * 1024 * 1024,
            bus: bus.clone(),
        };
        essential(runtime, stop, "scanner", scanning.run(for_scanner));

        let numbers = ledger::LedgerTask {
            ledger: ledger.clone(),
            key,
            papers: papers.clone(),
            bus: bus.clone(),
            clock,
        };
        essential(runtime, stop, "ledger", numbers.run(for_ledger));

        let (news, heard) = mpsc::channel(ROOM);
        let sending = store::run(outbox.clone(), store, opened.worker, news, wake, stop.child_token());
        essential(runtime, stop, "outbox", sending);
        essential(
            runtime,
            stop,
            "papers",
            papers::listen(heard, outbox, bus.clone(), opened.certificate_ending),
        );
        if let Some(windows) = windows {
            essential(runtime, stop, "windows", windows::follow(windows, ledger.clone(), bus, clock));
        }

        let desk = Desk::new(catalogue, config.patience.patience());
        Self { desk, clock, ledger, papers, to_reader, to_printer, to_scanner, to_ledger }
    }

    /// The desk's own loop: an event, what it asks for, what is shown.
    async fn serve(
        mut self,
        mut events: mpsc::Receiver<Event>,
        screen: &ui::Handle,
        retention_days: u16,
        stop: CancellationToken,
    ) {
        let mut now = self.clock.now();
        let mut shown: Option<View> = None;
        let mut day = now.wall.date();
        // A kiosk that is switched off every evening has its retention too.
        self.new_day(day, retention_days);
        loop {
            let view = self.desk.view(now);
            if shown.as_ref() != Some(&view) {
                screen.show(view.clone());
                shown = Some(view);
            }
            let event = tokio::select! {
                () = stop.cancelled() => return,
                event = events.recv() => match event {
                    Some(event) => event,
                    None => return,
                },
                () = tokio::time::sleep(self.until_next(now)) => Event::Tick,
            };
            now = self.clock.now();
            for action in self.desk.handle(event, now) {
                self.dispatch(action).await;
            }
            if now.wall.date() != day {
                day = now.wall.date();
                self.new_day(day, retention_days);
            }
        }
    }

    /// How long nothing changes by itself: the desk's deadline, or the next minute on the clock.
    fn until_next(&self, now: Now) -> Duration {
        let seconds = 60 - u64::try_from(now.wall.second()).unwrap_or(0);
        let minute = Duration::from_secs(seconds);
        match self.desk.next_deadline(now) {
            Some(at) => at.saturating_sub(now.tick).min(minute),
            None => minute,
        }
    }

    async fn dispatch(&self, action: Action) {
        // An owner that has gone has been reported as a fault of its device.
        match action {
            Action::Reader(ask) => drop(self.to_reader.send(ask)),
            Action::PreparePrinter => drop(self.to_printer.send(printer::Ask::Prepare)),
            Action::Print(job, ticket) => drop(self.to_printer.send(printer::Ask::Print(job, ticket))),
            Action::Ledger(session, what) => {
                let language = self.desk.language();
                drop(self.to_ledger.send(ledger::Ask { session, what, language }).await);
            }
            Action::Scan(session, source) => self.ask_scanner(scanner::Ask::Scan(session, source)).await,
            Action::StopScan(session) => self.ask_scanner(scanner::Ask::Stop(session)).await,
            Action::DropPages(session, pages) => self.ask_scanner(scanner::Ask::Drop(session, pages)).await,
            Action::Forget(session) => self.ask_scanner(scanner::Ask::Forget(session)).await,
            Action::Submit(submission) => drop(tokio::spawn(self.papers.clone().submit(*submission))),
        }
    }

    async fn ask_scanner(&self, ask: scanner::Ask) {
        drop(self.to_scanner.send(ask).await);
    }

    /// The visits of days before are over; what is past its retention goes.
    fn new_day(&self, day: Date, retention_days: u16) {
        let ledger = self.ledger.clone();
        tokio::spawn(async move {
            let Ok(yesterday) = day.yesterday() else { return };
            match ledger.close_day(yesterday).await {
                Ok(expired) => tracing::info!(%day, expired, "the service day"),
                Err(error) => tracing::error!(%error, "yesterday's visits could not be closed"),
            }
            let oldest = day.saturating_sub(i64::from(retention_days).days());
            if let Err(error) = ledger.purge(oldest).await {
                tracing::error!(%error, "visits past their retention could not be deleted");
            }
        });
    }
}

/// Runs a task without which there is no kiosk. Should it end or panic, the kiosk ends in good order
/// and its service manager starts it again, on what is durable.
fn essential(
    runtime: &tokio::runtime::Runtime,
    stop: &CancellationToken,
    name: &'static str,
    task: impl Future<Output = ()> + Send + 'static,
) {
    let task = runtime.spawn(task);
    let stop = stop.clone();
    runtime.spawn(async move {
        let ended = task.await;
        if !stop.is_cancelled() {
            tracing::error!(name, ?ended, "a task has ended; the kiosk starts again");
            stop.cancel();
        }
    });
}

/// Runs an owner on a thread of its own, and again should it panic: a defect in one driver takes
/// neither the kiosk nor the device away.
fn supervise(name: &'static str, mut owner: impl FnMut() + Send + 'static) {
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        while catch_unwind(AssertUnwindSafe(&mut owner)).is_err() {
            tracing::error!(name, "the owner of a device panicked and is started again");
            std::thread::sleep(RESTART);
        }
    });
    if let Err(error) = thread {
        tracing::error!(name, %error, "no thread for the owner of a device");
    }
}
