//! The one way news travels to the desk.

use tokio::sync::mpsc;
use visit::event::Event;
use visit::fault::{Device, Fault};

/// How much news may wait for the desk; more than any burst, so that a task is never held up long.
const ROOM: usize = 1024;

/// Where tasks put their news; cheap to clone.
#[derive(Clone, Debug)]
pub struct Bus(mpsc::Sender<Event>);

/// A bus, and the end at which the desk listens.
pub fn bus() -> (Bus, mpsc::Receiver<Event>) {
    let (sender, receiver) = mpsc::channel(ROOM);
    (Bus(sender), receiver)
}

impl Bus {
    /// From a task: waits if the desk is behind. A desk that has gone hears nothing.
    pub async fn send(&self, event: Event) {
        let _ = self.0.send(event).await;
    }

    /// From an owner thread: waits if the desk is behind.
    pub fn send_blocking(&self, event: Event) {
        let _ = self.0.blocking_send(event);
    }

    /// From the screen, which must never wait; a touch that finds no room is dropped.
    pub fn offer(&self, event: Event) {
        if self.0.try_send(event).is_err() {
            tracing::warn!("the desk is behind; a touch was dropped");
        }
    }
}

/// Tells the desk of a device's faults when they change, and only then.
#[derive(Debug)]
pub struct Health {
    device: Device,
    faults: Option<Vec<Fault>>,
    bus: Bus,
}

impl Health {
    /// Nothing has been told yet.
    pub fn new(device: Device, bus: Bus) -> Self {
        Self { device, faults: None, bus }
    }

    /// From an owner thread.
    pub fn tell_blocking(&mut self, faults: Vec<Fault>) {
        if let Some(event) = self.changed(faults) {
            self.bus.send_blocking(event);
        }
    }

    /// From a task.
    pub async fn tell(&mut self, faults: Vec<Fault>) {
        if let Some(event) = self.changed(faults) {
            self.bus.send(event).await;
        }
    }

    fn changed(&mut self, faults: Vec<Fault>) -> Option<Event> {
        if self.faults.as_ref() == Some(&faults) {
            return None;
        }
        let codes: Vec<_> = faults.iter().map(|f| f.code()).collect();
        tracing::info!(device = ?self.device, ?codes, "faults changed");
        self.faults = Some(faults.clone());
        Some(Event::Faults(self.device, faults))
    }
}
