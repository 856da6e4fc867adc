//! Since when each fault is there, and how many there were.

use super::code;
use crate::bus::Bus;
use log_book::Event as Happened;
use log_book::field::Letter;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use visit::fault::{Device, DeviceStatus, Fault};

/// All devices that have told how they are.
#[derive(Debug, Default)]
pub struct Devices {
    known: BTreeMap<Device, Known>,
}

#[derive(Debug, Default)]
struct Known {
    faults: BTreeMap<Fault, Since>,
    total: u64,
}

#[derive(Clone, Copy, Debug)]
struct Since {
    tick: Duration,
    /// seconds since the beginning of 1970
    at: i64,
}

impl Devices {
    /// How a device is now: what that means for the log.
    pub fn status(
        &mut self,
        device: Device,
        status: &DeviceStatus,
        tick: Duration,
        at: i64,
    ) -> Vec<Happened> {
        let letter = Letter::of(device.letter());
        let first = !self.known.contains_key(&device);
        let known = self.known.entry(device).or_default();
        let now: BTreeSet<Fault> = status.faults().collect();
        let mut happened = Vec::new();
        let was = !known.faults.is_empty();
        known.faults.retain(|fault, since| {
            let stays = now.contains(fault);
            if !stays {
                let lasted = tick.saturating_sub(since.tick).into();
                happened.push(Happened::FaultEnded { device: letter, fault: code(*fault), lasted });
            }
            stays
        });
        for fault in now {
            known.faults.entry(fault).or_insert_with(|| {
                known.total = known.total.saturating_add(1);
                happened.push(Happened::FaultBegun { device: letter, fault: code(fault) });
                Since { tick, at }
            });
        }
        if known.faults.is_empty() && (first || was) {
            happened.push(Happened::DeviceReady { device: letter });
        }
        happened
    }

    /// For the figures. Whether a device works is the bus's to say, by all who speak for it.
    pub fn facts(&self, bus: &Bus) -> Vec<metrics_page::Device> {
        let fault =
            |(fault, since): (&Fault, &Since)| metrics_page::Fault { code: fault.code(), since: since.at };
        self.known
            .iter()
            .map(|(device, known)| metrics_page::Device {
                name: device.key(),
                ready: bus.status(*device).works(),
                faults: known.faults.iter().map(fault).collect(),
                faults_total: known.total,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_begins_and_ends_once() {
        let mut devices = Devices::default();
        let mut tell = |faults: &[Fault], tick| {
            let happened =
                devices.status(Device::Printer, &DeviceStatus::of(faults), Duration::from_secs(tick), 0);
            happened.iter().map(|event| event.entry().name).collect::<Vec<_>>()
        };
        assert_eq!(tell(&[], 0), ["DeviceReady"]);
        assert_eq!(tell(&[Fault::PaperOut], 1), ["FaultBegun"]);
        assert_eq!(tell(&[Fault::PaperOut, Fault::CoverOpen], 2), ["FaultBegun"]);
        assert_eq!(tell(&[Fault::CoverOpen], 3), ["FaultEnded"]);
        assert_eq!(tell(&[], 9), ["FaultEnded", "DeviceReady"]);
        assert_eq!(tell(&[], 10), [""; 0]);
        let facts = devices.facts(&crate::bus::bus().0);
        assert_eq!((facts[0].name, facts[0].faults_total, facts[0].faults.len()), ("printer", 2, 0));
    }
}
