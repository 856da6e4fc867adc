//! The desk and its owners: every device is given one, and what the desk asks for goes to it.

use crate::bus::{Bus, Health};
use crate::capsules::Sealer;
use crate::chronicle::Chronicle;
use crate::clock::Clock;
use crate::commands::{Commanded, Commands, SOCKET};
use crate::config::Config;
use crate::figures::{self, Figures, Found};
use crate::heart::{Asked, DeskLine};
use crate::pictures::Examples;
use crate::report::{Reporter, Stick};
use crate::start::Opened;
use crate::supervise::{Essential, essential, supervise};
use crate::system::System;
use crate::tasks::people::People;
use crate::tasks::{ledger, licences, papers, printer, scanner, speech, technician, windows};
use jiff::ToSpan;
use jiff::civil::Date;
use log_book::Event as Happened;
use metrics_page::Facts;
use queue::ledger::Ledger;
use std::path::PathBuf;
use std::sync::{Arc, mpsc as blocking};
use std::time::Duration;
use tokio::sync::{Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;
use visit::desk::Desk;
use visit::event::{Action, Event, Now, ReaderDo, RoomDo, Way};
use visit::fault::Device;
use visit::identity::Ways;
use visit::screen::View;

/// How much may wait for one owner; the desk asks for far less at a time.
const ROOM: usize = 64;
/// Until the hall's logo is read.
const LOGO_AFTER: Duration = Duration::from_secs(1);
/// How often what was counted is kept.
const KEEP_EVERY: Duration = Duration::from_secs(60);
/// What is around the desk.
pub struct Around {
    /// where it is shown
    pub screen: Option<ui::Handle>,
    /// the system that the kiosk runs on
    pub system: Option<System>,
}

/// The desk, and the ways to everyone it asks.
pub struct Owners {
    desk: Desk,
    chronicle: Chronicle,
    /// what was counted, on its way to the disk
    writing: Option<tokio::task::JoinHandle<()>>,
    /// the kiosk's name
    kiosk: String,
    mouth: speech::Mouth,
    /// what materials look like
    examples: Arc<Examples>,
    bus: Bus,
    clock: Clock,
    ledger: Arc<dyn Ledger>,
    papers: Arc<papers::Papers>,
    licences: Arc<licences::Licences>,
    windows: Option<Arc<store::Client>>,
    to_identity: Vec<(Way, blocking::Sender<ReaderDo>)>,
    to_printer: blocking::Sender<printer::Ask>,
    to_scanner: mpsc::Sender<scanner::Ask>,
    to_ledger: mpsc::Sender<ledger::Ask>,
    to_technician: mpsc::Sender<RoomDo>,
    commanded: Commanded,
    /// who answers those who ask the kiosk over its socket
    pub commands: Arc<Commands>,
    /// where the kiosk's data lie
    data: PathBuf,
    /// who wants to know whether somebody is there
    asked: mpsc::Receiver<Asked>,
    system: Option<System>,
}

impl Owners {
    /// Gives everything its owner.
    pub fn start(
        config: Config,
        opened: Opened,
        mouth: speech::Mouth,
        bus: Bus,
        surroundings: Around,
        runtime: &tokio::runtime::Handle,
        stop: &CancellationToken,
    ) -> Self {
        let Opened { catalogue, clock, ledger, key, papers, folders, outbox, wake, store, windows, .. } =
            opened;
        let (licences, reviews) = (opened.licences, opened.reviews);
        let (to_printer, for_printer) = blocking::channel();
        let (to_scanner, for_scanner) = mpsc::channel(ROOM);
        let (to_ledger, for_ledger) = mpsc::channel(ROOM);

        let ways = Ways {
            reader: true,
            slot: config.slot.is_some(),
            code: config.code_scanner.is_some(),
            key: config.company_key.is_some(),
        };
        let folder = config.kiosk.data.join("capsules");
        let sealer = Sealer { folder, kiosk: config.kiosk.name.clone(), clock, bus: bus.clone() };
        supervise("capsules", &bus, move || sealer.run());
        let people = People { bus: bus.clone() };
        let mut to_identity = vec![(Way::Reader, people.reader(config.reader))];
        to_identity.extend(config.slot.map(|slot| (Way::Slot, people.slot(slot))));
        if let (Some(codes), Some(store)) = (config.code_scanner, opened.codes) {
            let owner = people.codes(codes, Arc::new(store), runtime.clone());
            to_identity.push((Way::Code, owner));
        }
        if let Some(keys) = config.company_key {
            people.keys(keys);
        }

        let around = printer::Surroundings {
            ledger: ledger.clone(),
            kiosk: config.kiosk.name.clone(),
            bus: bus.clone(),
            gauge: config.kiosk.data.join("printer").join("paper.json"),
            receipt_mark: config.kiosk.data.join("printer").join("receipt"),
            clock,
            runtime: runtime.clone(),
            cut_off: opened.prints_cut_off,
        };
        let (font, printer_model) = (config.printer.font.clone(), config.printer.profile.clone());
        let printer_config = config.printer;
        let mut health = Health::new(Device::Printer, bus.clone());
        let mut around = around;
        let mut under_way = None;
        supervise("ticket-printer", &bus, move || {
            let now = around.clone();
            // Should this run end in a panic, something may lie in the printer or hang out of it.
            around.cut_off = true;
            printer::run(&printer_config, &for_printer, &mut under_way, &now, &mut health);
        });

        let scanning = scanner::ScannerTask {
            scanner: Arc::clone(&opened.scanner),
            recorder: opened.scanner_recorder,
            folders: folders.clone(),
            reserve: config.kiosk.reserve_mib * 1024 * 1024,
            bus: bus.clone(),
        };
        let essential = |name, task: Essential| essential(runtime, &bus, stop, name, task);
        essential("scanner", Box::pin(scanning.run(for_scanner)));

        let numbers = ledger::LedgerTask {
            ledger: ledger.clone(),
            key,
            papers: papers.clone(),
            bus: bus.clone(),
            clock,
        };
        essential("ledger", Box::pin(numbers.run(for_ledger)));

        let (to_technician, for_technician) = mpsc::channel(ROOM);
        let (to_door, for_door) = blocking::channel();
        let (found_out, found) = watch::channel(Found::default());
        let (to_facts, facts) = watch::channel(Facts::default());
        let fitted: Vec<Device> =
            Device::ALL.iter().copied().filter(|device| is_fitted(*device, ways)).collect();
        let look = Arc::new(Notify::new());
        let technician = technician::Technician {
            store: opened.probe,
            outbox: outbox.clone(),
            wake: wake.clone(),
            kiosk: config.kiosk.name.clone(),
            folders: folders.clone(),
            loops: technician::Loops::new(config.kiosk.data.join("printer").join("loop.json")),
            data: config.kiosk.data.clone(),
            reserve: config.kiosk.reserve_mib * 1024 * 1024,
            printer: to_printer.clone(),
            door: to_door,
            bus: bus.clone(),
            clock,
            reporter: Reporter {
                kiosk: config.kiosk.name.clone(),
                hall: catalogue.hall.name.clone(),
                fitted: fitted.clone(),
                tls: opened.certificate.clone(),
                font,
                folder: config.kiosk.data.join("reports"),
                clock,
                bus: bus.clone(),
            },
            facts: facts.clone(),
            last_report: technician::LastReport::default(),
            scanner: opened.scanner,
            printer_model,
            stick: config.technician.sticks.clone().map(Stick::from),
            found: found_out,
            settings: surroundings.system.as_ref().and_then(|system| system.settings(None)?.serial),
            system: surroundings.system.clone(),
            look: look.clone(),
        };
        let technician = Arc::new(technician);
        essential("technician", Box::pin(Arc::clone(&technician).run(for_technician)));
        let kept = config.kiosk.data.join("entry").join("entry.json");
        let cards =
            opened.cards.map(|cards| technician::Cards::new(cards, config.kiosk.name.clone(), found.clone()));
        let with_cards = cards.is_some();
        let mut door = technician::Door::new(opened.entry_key, cards, kept, bus.clone(), clock);
        supervise("door", &bus, move || door.run(&for_door));

        let (news, heard) = mpsc::channel(ROOM);
        let name = config.kiosk.name.clone();
        let reviewed = store::reviews::run(outbox.clone(), reviews, name, news.clone(), stop.child_token());
        essential("reviews", Box::pin(reviewed));
        let sending = store::run(outbox.clone(), store, opened.worker, news, wake, stop.child_token());
        essential("outbox", Box::pin(sending));
        let certificate = opened.certificate;
        let told = papers::listen(heard, outbox.clone(), bus.clone(), certificate.clone(), look);
        essential("papers", Box::pin(told));
        // A poll that waits for news does not hold up a call for staff: each request has a line of its own.
        let windows = windows.map(Arc::new);
        if let Some(windows) = windows.clone() {
            let follow = windows::follow(windows, ledger.clone(), bus.clone(), clock);
            essential("windows", Box::pin(follow));
        }

        let past = opened.history.past();
        let (chronicle, known) = Chronicle::new(bus.clone(), clock, opened.history);
        let waiting = (0, None);
        let (desk_line, asked): (DeskLine, _) = mpsc::channel(ROOM);
        let boots = opened.boots;
        let figures = Figures { known, found, outbox, certificate, clock, boots, bus: bus.clone(), waiting };
        runtime.spawn(figures.run(to_facts));
        if let Some(page) = opened.page {
            runtime.spawn(page.serve(facts.clone(), bus.clone(), stop.child_token()));
        }
        let commanded = Commanded::default();
        let commands = Arc::new(Commands {
            bus: bus.clone(),
            commanded: commanded.clone(),
            technician,
            facts: facts.clone(),
            fitted,
            turn: tokio::sync::Mutex::default(),
            desk: desk_line,
            screen: surroundings.screen,
            data: config.kiosk.data.clone(),
        });
        let every = config.metrics.and_then(|metrics| metrics.push_every);
        if let (Some(every), Some(windows)) = (every, windows.clone()) {
            let every = Duration::from_secs(every.into());
            runtime.spawn(figures::push(windows, config.kiosk.name.clone(), every, facts, bus.clone()));
        }

        let examples = Arc::new(Examples::new(Arc::clone(&catalogue), &config.kiosk.catalogue));
        let (logo, told) = (config.kiosk.logo, bus.clone());
        drop(runtime.spawn(async move {
            // For the first screen and the devices to be there: until then they have the processors.
            tokio::time::sleep(LOGO_AFTER).await;
            let logo = tokio::task::spawn_blocking(move || crate::pictures::logo(&logo?)).await;
            if let Ok(Some(logo)) = logo {
                told.send(Event::Logo(logo)).await;
            }
        }));
        let mut desk = Desk::new(catalogue, config.patience.patience(), ways).with_past(past);
        if windows.is_some() {
            desk = desk.with_staff();
        }
        if with_cards {
            desk = desk.with_technicians_cards();
        }
        let (kiosk, data) = (config.kiosk.name, config.kiosk.data);
        Self {
            desk,
            chronicle,
            writing: None,
            kiosk,
            mouth,
            examples,
            bus,
            clock,
            ledger,
            papers,
            licences,
            windows,
            to_identity,
            to_printer,
            to_scanner,
            to_ledger,
            to_technician,
            commanded,
            commands,
            data,
            asked,
            system: surroundings.system,
        }
    }

    /// The desk's own loop: an event, what it asks for, what is shown.
    pub async fn serve(
        mut self,
        mut events: mpsc::Receiver<Event>,
        mut show: impl FnMut(View) + Send,
        retention_days: u16,
        stop: CancellationToken,
    ) {
        let commands = tokio::spawn(Arc::clone(&self.commands).run(self.data.join(SOCKET)));
        let mut now = self.clock.now();
        let mut shown: Option<View> = None;
        let mut day = now.wall.date();
        let mut keep_at = now.tick;
        let mut inside = false;
        // A kiosk that is switched off every evening has its retention too.
        self.new_day(day, retention_days);
        loop {
            let (somebody, until_next) = (self.desk.is_somebody_there(), self.until_next(now));
            let view = self.desk.view(now);
            if shown.as_ref() != Some(&view) {
                self.bus.witness().shown(&view.screen);
                show(view.clone());
                shown = Some(view);
            }
            let mut event = tokio::select! {
                () = stop.cancelled() => break,
                Some(answer) = self.asked.recv() => {
                    answer(somebody);
                    continue;
                }
                event = events.recv() => match event {
                    Some(Event::Status(device, _)) => Event::Status(device, self.bus.status(device)),
                    Some(event) => event,
                    None => break,
                },
                () = tokio::time::sleep(until_next) => Event::Tick,
            };
            now = self.clock.now();
            self.bus.witness().heard(&event, events.len());
            self.chronicle.heard(&mut event, now);
            for action in self.desk.handle(event, now) {
                self.bus.witness().asked(&action);
                self.chronicle.asked(&action, now);
                self.dispatch(action).await;
            }
            self.chronicle.stands(&self.desk, now);
            if inside != self.desk.is_technician_inside() {
                inside = !inside;
                self.system.iter().for_each(|system| system.technician(inside));
            }
            if now.wall.date() != day {
                day = now.wall.date();
                self.new_day(day, retention_days);
            }
            if now.tick >= keep_at {
                keep_at = now.tick + KEEP_EVERY;
                self.keep_history();
            }
        }
        commands.abort();
        if let Some(writing) = self.writing.take() {
            let _ = writing.await;
        }
        self.chronicle.history().remember(self.desk.past());
        self.chronicle.history().end();
    }

    /// What was counted is written elsewhere: it takes time, and nobody waits for it.
    fn keep_history(&mut self) {
        // One at a time, for both would write to the same place.
        if self.writing.as_ref().is_some_and(|writing| !writing.is_finished()) {
            return;
        }
        let history = self.chronicle.history();
        history.remember(self.desk.past());
        if let Some(write) = history.writing() {
            self.writing = Some(tokio::task::spawn_blocking(write));
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
            Action::Reader(ask) => {
                for (_, owner) in &self.to_identity {
                    let _ = owner.send(ask);
                }
            }
            Action::Watch(way, session) => {
                for (_, owner) in self.to_identity.iter().filter(|(of, _)| *of == way) {
                    let _ = owner.send(ReaderDo::Watch(session));
                }
            }
            Action::PreparePrinter => drop(self.to_printer.send(printer::Ask::Prepare)),
            Action::Print(job, ticket) => drop(self.to_printer.send(printer::Ask::Print(job, ticket))),
            Action::PrintReceipt(session, receipt) => {
                drop(self.to_printer.send(printer::Ask::Receipt(session, receipt)));
            }
            Action::Licences(session, wanted) => {
                drop(tokio::spawn(self.licences.clone().look(session, *wanted)));
            }
            Action::Example(material) => {
                let (examples, bus) = (Arc::clone(&self.examples), self.bus.clone());
                drop(tokio::spawn(async move {
                    let read = material.clone();
                    let picture = tokio::task::spawn_blocking(move || examples.read(&read)).await;
                    if let Ok(Some(picture)) = picture {
                        bus.send(Event::Example(material, picture)).await;
                    }
                }));
            }
            Action::Remind => self.mouth.chime(),
            // It was for the log.
            Action::Note(_) => {}
            Action::Commanded(tried) => self.commanded.told(tried),
            // Whatever the room's owner waits for, visitors do not.
            Action::Room(what) => {
                if self.to_technician.try_send(what).is_err() {
                    tracing::error!("the technician's room is behind; something was dropped");
                    self.bus.log(Happened::NewsLeftOut {});
                }
            }
            Action::CallStaff(call, screen) => {
                if let Some(windows) = self.windows.clone() {
                    let (kiosk, bus) = (self.kiosk.clone(), self.bus.clone());
                    drop(tokio::spawn(windows::call(windows, kiosk, call, screen, bus)));
                }
            }
            Action::Ledger(session, what) => {
                let language = self.desk.language();
                drop(self.to_ledger.send(ledger::Ask { session, what, language }).await);
            }
            Action::Scan(session, source, sheets, keep) => {
                self.ask_scanner(scanner::Ask::Scan(session, source, sheets, keep)).await;
            }
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
        let (ledger, bus) = (self.ledger.clone(), self.bus.clone());
        tokio::spawn(async move {
            let Ok(yesterday) = day.yesterday() else { return };
            match ledger.close_day(yesterday).await {
                Ok(expired) => bus.log(Happened::DayBegun { expired }),
                Err(error) => tracing::error!(%error, "yesterday's visits could not be closed"),
            }
            let oldest = day.saturating_sub(i64::from(retention_days).days());
            match ledger.purge(oldest).await {
                Ok(purged) if purged.visits > 0 => bus.log(Happened::VisitsDeleted { visits: purged.visits }),
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "visits past their retention could not be deleted"),
            }
        });
    }
}

/// Whether a kiosk has a device, by the ways that it was given.
fn is_fitted(device: Device, ways: Ways) -> bool {
    match device {
        Device::Reader => ways.reader,
        Device::CardSlot => ways.slot,
        Device::CodeScanner => ways.code,
        Device::CompanyKey => ways.key,
        Device::Printer | Device::Scanner | Device::Store | Device::Kiosk => true,
    }
}
