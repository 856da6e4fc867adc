//! Fault capsules: who sees what is around a fault, and who seals it.
//!
//! The [`Witness`] is told of everything by those who see it, and keeps nobody waiting. The sealer, on a thread
//! of its own, writes a capsule at once when a fault begins, so that a power cut that the fault announced does
//! not take it along, and once more in its place a little later, with what followed. A capsule holds nothing of
//! a person: the drivers redacted what crossed the lines, and of the rest there are names and codes alone.

use crate::bus::{Bus, Health};
use crate::clock::Clock;
use capsule::{
    Capsule, Course, DeviceState, Folder, Limits, Moment, Name, Recorded, Ring, Seen, State, Word,
};
use jiff::Timestamp;
use link::record::Recorder;
use log_book::field::KiB;
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use visit::event::{Action, Event, ReaderDo};
use visit::fault::{Device, Fault};
use visit::screen::Screen;

/// A fault that comes and goes is not sealed again before this.
const PAUSE: Duration = Duration::from_secs(600);
/// How much of what followed stands in a capsule.
const AFTER: Duration = Duration::from_secs(2);
/// How many faults may wait for the sealer; more is one failure that many tell of.
const MOST_WAITING: usize = 32;

/// Sees what a capsule is made of.
#[derive(Debug, Default)]
pub struct Witness {
    ring: Ring,
    recorders: Mutex<BTreeMap<Device, Recorder>>,
    begun: Mutex<Vec<Begun>>,
    told: Condvar,
}

/// A fault that has occurred.
#[derive(Debug)]
struct Begun {
    fault: Fault,
    at: Instant,
    stamp: Timestamp,
    screen: Option<&'static str>,
    /// those of then: an owner that panicked is started again with another
    recorders: BTreeMap<Device, Recorder>,
}

impl Witness {
    /// The desk is given an event, behind which so many wait.
    pub fn heard(&self, event: &Event, waiting: usize) {
        if waiting > 0 {
            self.state(State::EventsWaiting, waiting);
        }
        self.ring.see(Seen::Event(event.name()));
        match event {
            Event::TicketsLeft(Some(left)) => self.state(State::TicketsLeft, *left),
            Event::Waiting(Some(waiting)) => self.state(State::NumbersWaiting, waiting.count),
            _ => {}
        }
    }

    /// The desk asks for something.
    pub fn asked(&self, action: &Action) {
        if let Action::Reader(ReaderDo::Watch(session)) = action {
            self.state(State::Session, session.0);
        }
        self.ring.see(Seen::Asked(action.name()));
    }

    /// This is shown now.
    pub fn shown(&self, screen: &Screen) {
        self.ring.see(Seen::Screen(screen.name()));
    }

    /// From now on this is what crosses a device's line.
    pub fn record(&self, device: Device, recorder: Recorder) {
        if let Some(before) = lock(&self.recorders).insert(device, recorder) {
            // Whoever fed it has gone: nothing that it holds back goes on.
            before.settle();
        }
    }

    /// What is wrong by one of those who speak for a device has changed.
    pub fn changed(&self, before: &[Fault], now: &[Fault]) {
        let at = Instant::now();
        for ended in before.iter().filter(|fault| !now.contains(fault)) {
            self.ring.see_at(at, Seen::Fault(*ended, Course::Ended));
        }
        for begun in now.iter().filter(|fault| !before.contains(fault)) {
            self.ring.see_at(at, Seen::Fault(*begun, Course::Began));
            self.seal(*begun, at);
        }
    }

    /// A fault has occurred that nobody will say the end of.
    pub fn occurred(&self, fault: Fault) {
        let at = Instant::now();
        self.ring.see_at(at, Seen::Fault(fault, Course::Once));
        self.seal(fault, at);
    }

    fn state(&self, state: State, value: impl TryInto<i64>) {
        self.ring.see(Seen::State(state, value.try_into().unwrap_or(i64::MAX)));
    }

    fn seal(&self, fault: Fault, at: Instant) {
        if !is_sealed(fault) {
            return;
        }
        let recorders = lock(&self.recorders).clone();
        let screen = self.ring.screen();
        let begun = Begun { fault, at, stamp: Timestamp::now(), screen, recorders };
        let mut waiting = lock(&self.begun);
        if waiting.len() < MOST_WAITING {
            waiting.push(begun);
            self.told.notify_one();
        }
    }

    /// What has begun since the last time; waits for it, if need be so long, or without an end.
    fn begun(&self, patience: Option<Duration>) -> Vec<Begun> {
        let waiting = lock(&self.begun);
        let nothing = |waiting: &mut Vec<Begun>| waiting.is_empty();
        let mut waiting = match patience {
            Some(patience) => {
                let woken = self.told.wait_timeout_while(waiting, patience, nothing);
                woken.unwrap_or_else(PoisonError::into_inner).0
            }
            None => self.told.wait_while(waiting, nothing).unwrap_or_else(PoisonError::into_inner),
        };
        std::mem::take(&mut *waiting)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a fault is sealed. Of the line to the store no frames are kept, and it comes and goes with the
/// network: its capsules would push out those of devices. That a capsule cannot be written is told, and no
/// more can be done about it.
fn is_sealed(fault: Fault) -> bool {
    match fault.device() {
        Device::Store => false,
        Device::Kiosk => fault != Fault::RecorderFailed,
        Device::Reader
        | Device::Printer
        | Device::Scanner
        | Device::CardSlot
        | Device::CodeScanner
        | Device::CompanyKey => true,
    }
}

/// Writes capsules of what the bus's witness saw.
pub struct Sealer {
    /// where they lie
    pub folder: PathBuf,
    /// the kiosk's name
    pub kiosk: String,
    /// the hall's clock
    pub clock: Clock,
    /// how devices are, and who is told when a capsule cannot be written
    pub bus: Bus,
}

impl Sealer {
    /// Seals for ever.
    pub fn run(&self) {
        let mut sealing = Sealing::new(self, AFTER);
        loop {
            sealing.step();
        }
    }
}

struct Sealing<'a> {
    sealer: &'a Sealer,
    after: Duration,
    folder: Option<Folder>,
    health: Health,
    last: BTreeMap<Fault, Instant>,
    /// Those that are sealed once more, the next first.
    pending: VecDeque<(Begun, Vec<DeviceState>)>,
}

impl<'a> Sealing<'a> {
    fn new(sealer: &'a Sealer, after: Duration) -> Self {
        let health = Health::new(Device::Kiosk, sealer.bus.clone());
        let folder = Folder::open(sealer.folder.clone(), Limits::default())
            .inspect_err(|error| tracing::error!(%error, "the folder of capsules"));
        Self { sealer, after, folder: folder.ok(), health, last: BTreeMap::new(), pending: VecDeque::new() }
    }

    /// Waits for the next fault, or until one is to be sealed once more, and seals it.
    fn step(&mut self) {
        let next = self.pending.front().map(|(begun, _)| self.after.saturating_sub(begun.at.elapsed()));
        for begun in self.sealer.bus.witness().begun(next) {
            if self.last.get(&begun.fault).is_some_and(|at| begun.at.saturating_duration_since(*at) < PAUSE) {
                continue;
            }
            let devices: Vec<_> = Device::ALL.iter().map(|device| self.state(*device)).collect();
            if self.seal(&begun, &devices) {
                self.last.insert(begun.fault, begun.at);
                self.pending.push_back((begun, devices));
            }
        }
        while self.pending.front().is_some_and(|(begun, _)| begun.at.elapsed() >= self.after)
            && let Some((begun, devices)) = self.pending.pop_front()
        {
            self.seal(&begun, &devices);
        }
    }

    fn state(&self, device: Device) -> DeviceState {
        let faults = self.sealer.bus.status(device).faults().map(|fault| Word::of(fault.code())).collect();
        DeviceState { device: Word::of(device.key()), faults }
    }

    /// A capsule that cannot be written is a fault of the kiosk's own and never keeps a device from its work.
    fn seal(&mut self, begun: &Begun, devices: &[DeviceState]) -> bool {
        let code = begun.fault.code();
        let text = self.capsule(begun, devices).seal();
        let written = match self.folder.take().map_or_else(|| self.open(), Ok) {
            Ok(folder) => self.folder.insert(folder).keep(&Name::new(code, begun.stamp), &text),
            Err(error) => Err(error),
        };
        let fault = crate::chronicle::code(begun.fault);
        match &written {
            Ok(path) => {
                tracing::info!(code, path = %path.display(), "capsule kept");
                let size = KiB::of(text.len() / 1024);
                self.sealer.bus.log(log_book::Event::CapsuleKept { fault, size });
            }
            Err(error) => {
                tracing::error!(code, %error, "a capsule could not be kept");
                self.sealer.bus.log(log_book::Event::CapsuleLost { fault });
            }
        }
        let faults = if written.is_ok() { vec![] } else { vec![Fault::RecorderFailed] };
        self.health.offer(faults);
        written.is_ok()
    }

    fn open(&self) -> std::io::Result<Folder> {
        Folder::open(self.sealer.folder.clone(), Limits::default())
    }

    fn capsule(&self, begun: &Begun, devices: &[DeviceState]) -> Capsule {
        let Sealer { kiosk, clock, bus, .. } = self.sealer;
        let code = begun.fault.code();
        let passed = begun.at.elapsed();
        let own = begun.fault.device();
        // Whoever has begun to record since then is in it, too.
        let mut recorders = lock(&bus.witness().recorders).clone();
        recorders.extend(begun.recorders.clone());
        let (first, others): (Vec<_>, Vec<_>) = recorders.into_iter().partition(|(device, _)| *device == own);
        let recorded = |(_, recorder): (_, Recorder)| {
            let (recording, began) = recorder.so_far(code);
            let began = began.map_or(Moment::FAULT, |began| Moment::of(began, begun.at));
            Recorded { began, left_out: 0, recording }
        };
        Capsule {
            version: Word::of(env!("CARGO_PKG_VERSION")),
            build: option_env!("ONEDOOR_BUILD").map(Word::of),
            kiosk: kiosk.clone(),
            clock: clock.wall(begun.stamp),
            up: clock.now().tick.saturating_sub(passed),
            fault: Word::of(code),
            screen: begun.screen.map(Word::of),
            sealed: Moment::FAULT.after(passed),
            devices: devices.to_vec(),
            timeline: bus.witness().ring.timeline(begun.at),
            recordings: first.into_iter().chain(others).map(recorded).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::bus;
    use link::record::{Direction, Plain};
    use std::path::Path;
    use tokio::sync::mpsc::Receiver;

    struct Kiosk {
        sealer: Sealer,
        heard: Receiver<Event>,
        _above: tempfile::TempDir,
    }

    fn kiosk() -> Kiosk {
        let above = tempfile::tempdir().expect("a folder");
        let (bus, heard) = bus();
        let clock = Clock::new(480, jiff::SignedDuration::ZERO);
        let folder = above.path().join("capsules");
        Kiosk { sealer: Sealer { folder, kiosk: "hall-1".to_owned(), clock, bus }, heard, _above: above }
    }

    fn kept(folder: &Path) -> Vec<Capsule> {
        let mut paths: Vec<_> = std::fs::read_dir(folder).expect("a folder").flatten().collect();
        paths.sort_by_key(std::fs::DirEntry::file_name);
        paths.iter().map(|entry| Capsule::read(&entry.path()).expect("a capsule")).collect()
    }

    fn timeline(capsule: &Capsule) -> Vec<String> {
        capsule.timeline.entries.iter().map(|entry| entry.what.to_string()).collect()
    }

    #[test]
    fn a_fault_is_sealed_at_once_and_with_what_followed_and_not_again() {
        let Kiosk { sealer, _above, heard: _heard } = kiosk();
        let witness = sealer.bus.witness();
        let mut reader = Health::new(Device::Reader, sealer.bus.clone());
        let mut printer = Health::new(Device::Printer, sealer.bus.clone());
        let (of_reader, of_printer) =
            (Recorder::new("id-reader", "generic", Plain), Recorder::new("ticket-printer", "generic", Plain));
        printer.record(of_printer.clone());
        reader.record(of_reader.clone());
        of_printer.note("call status");
        of_reader.crossed(Direction::FromDevice, &[0xAA]);
        witness.heard(&Event::Tick, 3);
        witness.shown(&Screen::Look);
        printer.offer(vec![Fault::PrinterSilent]);
        reader.offer(vec![Fault::ReaderGarbled]);

        let mut sealing = Sealing::new(&sealer, Duration::MAX);
        sealing.step();
        let [silent, garbled] = <[Capsule; 2]>::try_from(kept(&sealer.folder)).expect("two");
        assert_eq!(silent.fault.as_str(), Fault::PrinterSilent.code());
        let drivers = |capsule: &Capsule| -> Vec<String> {
            capsule.recordings.iter().map(|one| one.recording.driver.clone()).collect()
        };
        assert_eq!(drivers(&silent), ["ticket-printer", "id-reader"], "its own first");
        assert_eq!(drivers(&garbled), ["id-reader", "ticket-printer"]);
        assert_eq!(garbled.screen.as_ref().map(Word::as_str), Some("look"));
        assert_eq!(
            timeline(&garbled),
            ["state events-waiting 3", "event tick", "screen look", "fault P02 began", "fault R03 began"]
        );
        let states: Vec<String> = garbled.devices.iter().map(|s| format!("{s:?}")).collect();
        assert_eq!(states.len(), Device::ALL.len());
        assert!(states[0].contains("R03") && states[1].contains("P02") && !states[2].contains("S0"));

        // What follows stands in the same capsule, once it is time.
        of_reader.crossed(Direction::FromDevice, &[0xBB]);
        reader.offer(vec![]);
        reader.offer(vec![Fault::ReaderGarbled]);
        sealing.after = Duration::ZERO;
        sealing.step();
        let again = kept(&sealer.folder);
        assert_eq!(again.len(), 2, "the same fault is not sealed again so soon");
        assert_eq!(again[1].recordings[0].recording.events.len(), 2);
        assert!(again[1].sealed > garbled.sealed);
        assert!(timeline(&again[1]).contains(&"fault R03 ended".to_owned()));
        assert_eq!(again[1].devices, garbled.devices, "as they were then");
        assert!(sealing.pending.is_empty());
    }

    /// Its recorder is the one that it had, whole, although the owner has begun anew with another.
    #[test]
    fn what_crossed_before_a_panic_is_in_its_capsule() {
        let Kiosk { sealer, _above, heard: _heard } = kiosk();
        let mut reader = Health::new(Device::Reader, sealer.bus.clone());
        let before = Recorder::new("id-reader", "generic", Holding);
        reader.record(before.clone());
        before.crossed(Direction::FromDevice, &[0xAA]);
        Health::new(Device::Kiosk, sealer.bus.clone()).offer(vec![Fault::OwnerRestarted]);
        let mut sealing = Sealing::new(&sealer, Duration::MAX);
        sealing.step();
        assert_eq!(kept(&sealer.folder)[0].recordings[0].recording.events.len(), 0, "it is held back");
        reader.record(Recorder::new("id-reader", "generic", Plain));
        sealing.after = Duration::ZERO;
        sealing.sealer.bus.witness().occurred(Fault::ReaderGarbled);
        sealing.step();
        let of_panic = &kept(&sealer.folder)[0];
        assert_eq!(of_panic.fault.as_str(), "K06");
        assert_eq!(of_panic.recordings[0].recording.events.len(), 1);
    }

    struct Holding;

    impl link::record::Redactor for Holding {
        fn redact(&mut self, _: Direction, pending: &mut [u8], ended: bool) -> usize {
            if ended { pending.len() } else { 0 }
        }
    }

    #[test]
    fn what_is_not_worth_a_capsule_gets_none() {
        let Kiosk { sealer, _above, heard: _heard } = kiosk();
        for fault in [Fault::StoreUnreachable, Fault::RecorderFailed] {
            sealer.bus.witness().occurred(fault);
        }
        assert!(lock(&sealer.bus.witness().begun).is_empty());
        for _ in 0..MOST_WAITING + 9 {
            sealer.bus.witness().occurred(Fault::PagesMissing);
        }
        assert_eq!(lock(&sealer.bus.witness().begun).len(), MOST_WAITING);
        Sealing::new(&sealer, Duration::MAX).step();
        assert_eq!(kept(&sealer.folder).len(), 1);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_said() {
        let Kiosk { mut sealer, mut heard, _above } = kiosk();
        let file = tempfile::NamedTempFile::new().expect("a file");
        sealer.folder = file.path().join("below-a-file");
        sealer.bus.witness().occurred(Fault::ReaderGarbled);
        let mut sealing = Sealing::new(&sealer, Duration::MAX);
        sealing.step();
        let told = heard.try_recv();
        let Ok(Event::Status(Device::Kiosk, status)) = told else { panic!("{told:?}") };
        assert!(status.has(Fault::RecorderFailed));
        // The same fault is tried again, and the folder opened then.
        let path = file.path().to_owned();
        file.close().expect("gone");
        sealer.bus.witness().occurred(Fault::ReaderGarbled);
        sealing.step();
        let told = heard.try_recv();
        let Ok(Event::Status(Device::Kiosk, status)) = told else { panic!("{told:?}") };
        assert!(!status.has(Fault::RecorderFailed));
        assert_eq!(kept(&sealer.folder).len(), 1);
        std::fs::remove_dir_all(path).expect("removed");
    }
}
