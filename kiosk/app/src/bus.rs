//! The one way news travels to the desk, and what happened to the log.

use crate::capsules::Witness;
use link::record::Recorder;
use log_book::Log;
use log_book::field::Letter;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use visit::event::Event;
use visit::fault::{Device, DeviceStatus, Fault};
use visit::technician::{Looped, Test, Tried};

/// How much news may wait for the desk; more than any burst, so that a task is never held up long.
const ROOM: usize = 1024;

/// Where tasks put their news; cheap to clone.
#[derive(Clone, Debug)]
pub struct Bus {
    sender: mpsc::Sender<Event>,
    told: Arc<Told>,
    log: Arc<OnceLock<Log>>,
    identities: Arc<Mutex<BTreeMap<Device, Identity>>>,
    lately: Arc<Mutex<Lately>>,
}

/// What a technician tried not long ago.
#[derive(Debug, Default)]
struct Lately {
    tried: BTreeMap<Test, (Tried, Instant)>,
    looped: Option<(Looped, Instant)>,
}

/// What was tried longer ago says nothing of now.
const LATELY: Duration = Duration::from_secs(3600);

/// What a device says of itself; all of it is its maker's own, and hostile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// who made it
    pub maker: Option<String>,
    /// which model
    pub model: Option<String>,
    /// its number
    pub serial: Option<String>,
}

/// What every [`Health`] said last: a device can have several who speak for it.
#[derive(Debug, Default)]
struct Told {
    next: AtomicU32,
    faults: Mutex<BTreeMap<(Device, u32), Vec<Fault>>>,
    witness: Witness,
}

/// A bus, and the end at which the desk listens.
pub fn bus() -> (Bus, mpsc::Receiver<Event>) {
    let (sender, receiver) = mpsc::channel(ROOM);
    let (told, log) = (Arc::default(), Arc::default());
    (Bus { sender, told, log, identities: Arc::default(), lately: Arc::default() }, receiver)
}

impl Bus {
    /// From a task: waits if the desk is behind. A desk that has gone hears nothing.
    pub async fn send(&self, event: Event) {
        let _ = self.sender.send(event).await;
    }

    /// From an owner thread: waits if the desk is behind.
    pub fn send_blocking(&self, event: Event) {
        let _ = self.sender.blocking_send(event);
    }

    /// How a device is now, by all who speak for it. News of it may overtake each other on their way to
    /// the desk; this is what holds.
    pub fn status(&self, device: Device) -> DeviceStatus {
        let told = self.told.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let everybody = told.range((device, 0)..=(device, u32::MAX));
        let all: Vec<Fault> = everybody.flat_map(|(_, faults)| faults).copied().collect();
        DeviceStatus::of(&all)
    }

    /// Whether anybody has told how a device is. Of itself the kiosk tells when something is wrong, and not before.
    pub fn has_told(&self, device: Device) -> bool {
        let told = self.told.faults.lock().unwrap_or_else(PoisonError::into_inner);
        device == Device::Kiosk || told.range((device, 0)..=(device, u32::MAX)).next().is_some()
    }

    /// Whoever sees it all, for when a fault occurs.
    pub fn witness(&self) -> &Witness {
        &self.told.witness
    }

    /// From where nobody may wait, such as the screen; what finds no room is dropped.
    pub fn offer(&self, event: Event) -> bool {
        let taken = self.sender.try_send(event).is_ok();
        if !taken {
            tracing::warn!("the desk is behind; something was dropped");
            self.log(log_book::Event::NewsLeftOut {});
        }
        taken
    }

    /// From now on what happens is written to this log; there is one, and it stays.
    pub fn keep_log(&self, log: Log) {
        let _ = self.log.set(log);
    }

    /// Something happened. Never waits; a kiosk without a log does without.
    pub fn log(&self, event: log_book::Event) {
        if let Some(log) = self.log.get() {
            log.record(event);
        }
    }

    /// What a device says of itself, for whoever writes it down.
    pub fn identify(&self, device: Device, identity: Identity) {
        self.identities.lock().unwrap_or_else(PoisonError::into_inner).insert(device, identity);
    }

    /// What a device said of itself last.
    pub fn identity(&self, device: Device) -> Option<Identity> {
        self.identities.lock().unwrap_or_else(PoisonError::into_inner).get(&device).cloned()
    }

    /// A technician tried something.
    pub fn tried(&self, tried: Tried) {
        let mut lately = self.lately.lock().unwrap_or_else(PoisonError::into_inner);
        lately.tried.insert(tried.test, (tried, Instant::now()));
    }

    /// A test ticket was read back.
    pub fn looped(&self, looped: Looped) {
        self.lately.lock().unwrap_or_else(PoisonError::into_inner).looped = Some((looped, Instant::now()));
    }

    /// What was tried within the last hour, and what the last test ticket said.
    pub fn tried_lately(&self) -> (Vec<Tried>, Option<Looped>) {
        let lately = self.lately.lock().unwrap_or_else(PoisonError::into_inner);
        let tried = lately.tried.values().filter(|(_, at)| at.elapsed() < LATELY).map(|(tried, _)| *tried);
        let looped = lately.looped.as_ref().filter(|(_, at)| at.elapsed() < LATELY);
        (tried.collect(), looped.map(|(looped, _)| looped.clone()))
    }

    /// The log itself, for whoever asks how it is and for whoever closes it.
    pub fn the_log(&self) -> Option<&Log> {
        self.log.get()
    }
}

/// Speaks for a device: tells the desk of its status when that changes, and only then.
#[derive(Debug)]
pub struct Health {
    device: Device,
    voice: u32,
    faults: Option<Vec<Fault>>,
    bus: Bus,
    recorder: Option<Recorder>,
}

impl Health {
    /// Nothing has been told yet.
    pub fn new(device: Device, bus: Bus) -> Self {
        let voice = bus.told.next.fetch_add(1, Ordering::Relaxed);
        Self { device, voice, faults: None, bus, recorder: None }
    }

    /// Whose it is.
    pub fn device(&self) -> Device {
        self.device
    }

    /// Whose it is, as logs name it.
    pub fn letter(&self) -> Letter {
        Letter::of(self.device.letter())
    }

    /// From now on with what crosses its link, to be sealed when a fault begins.
    pub fn record(&mut self, recorder: Recorder) {
        self.bus.witness().record(self.device, recorder.clone());
        self.recorder = Some(recorder);
    }

    /// From an owner thread.
    pub fn tell_blocking(&mut self, faults: Vec<Fault>) {
        for event in self.changed(faults) {
            self.bus.send_blocking(event);
        }
    }

    /// From a task.
    pub async fn tell(&mut self, faults: Vec<Fault>) {
        for event in self.changed(faults) {
            self.bus.send(event).await;
        }
    }

    /// From anywhere, without waiting; what finds no room is told the next time.
    pub fn offer(&mut self, faults: Vec<Fault>) {
        for event in self.changed(faults) {
            if !self.bus.offer(event) {
                self.faults = None;
            }
        }
    }

    /// The status of every device that this changes: the own one, and others that it learnt about.
    fn changed(&mut self, faults: Vec<Fault>) -> Vec<Event> {
        if self.faults.as_ref() == Some(&faults) {
            return Vec::new();
        }
        let codes: Vec<_> = faults.iter().map(|f| f.code()).collect();
        tracing::info!(device = ?self.device, ?codes, "faults changed");
        let before = self.faults.replace(faults.clone()).unwrap_or_default();
        // Who tells that the device has failed does not speak with it at this moment: no frame is under way.
        let own = |fault: &Fault| fault.device() == self.device && !before.contains(fault);
        if let Some(recorder) = self.recorder.as_ref().filter(|_| faults.iter().any(own)) {
            recorder.settle();
        }
        let devices: BTreeSet<Device> =
            before.iter().chain(&faults).map(|f| f.device()).chain([self.device]).collect();
        let status = |device| {
            let own = faults.iter().copied().filter(|f| f.device() == device).collect();
            let mut told = self.bus.told.faults.lock().unwrap_or_else(PoisonError::into_inner);
            told.insert((device, self.voice), own);
            drop(told);
            Event::Status(device, self.bus.status(device))
        };
        let events = devices.into_iter().map(status).collect();
        self.bus.witness().changed(&before, &faults);
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(receiver: &mut mpsc::Receiver<Event>) -> Vec<(Device, Vec<Fault>)> {
        let mut heard = Vec::new();
        while let Ok(event) = receiver.try_recv() {
            let Event::Status(device, status) = event else { panic!("{event:?}") };
            heard.push((device, status.faults().collect()));
        }
        heard
    }

    #[test]
    fn a_status_is_told_when_it_changes_and_only_then() {
        let (bus, mut receiver) = bus();
        let mut reader = Health::new(Device::Reader, bus);
        for faults in [vec![], vec![], vec![Fault::ReaderSilent], vec![Fault::ReaderSilent], vec![]] {
            reader.tell_blocking(faults);
        }
        let told = heard(&mut receiver);
        let silent = vec![Fault::ReaderSilent];
        assert_eq!(told, [(Device::Reader, vec![]), (Device::Reader, silent), (Device::Reader, vec![])]);
    }

    #[test]
    fn who_has_told_nothing_is_not_known_to_work() {
        let (bus, _receiver) = bus();
        assert!(!bus.has_told(Device::Reader) && bus.has_told(Device::Kiosk));
        Health::new(Device::Reader, bus.clone()).tell_blocking(vec![]);
        assert!(bus.has_told(Device::Reader) && !bus.has_told(Device::Printer));
    }

    #[test]
    fn several_may_speak_for_a_device_and_one_for_several() {
        let (bus, mut receiver) = bus();
        let mut outbox = Health::new(Device::Store, bus.clone());
        let mut codes = Health::new(Device::CodeScanner, bus);
        outbox.tell_blocking(vec![Fault::StoreUnreachable]);
        codes.tell_blocking(vec![Fault::StoreCodesDown]);
        outbox.tell_blocking(vec![]);
        codes.tell_blocking(vec![]);
        let told: Vec<_> = heard(&mut receiver).into_iter().filter(|(d, _)| *d == Device::Store).collect();
        let faults: Vec<_> = told.into_iter().map(|(_, faults)| faults).collect();
        assert_eq!(
            faults,
            [
                vec![Fault::StoreUnreachable],
                vec![Fault::StoreUnreachable, Fault::StoreCodesDown],
                vec![Fault::StoreCodesDown],
                vec![],
            ]
        );
    }
}
