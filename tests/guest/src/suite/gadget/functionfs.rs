//! A vendor-specific function on FunctionFS: its descriptors, and the files of its endpoints.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use usb_gadget::function::custom::{Custom, Endpoint, EndpointDirection, Interface};
use usb_gadget::{Class, function};
use zeroize::Zeroizing;

/// Magic, length, flags, and the counts of four lists.
const HEADER: usize = 28;
/// The type of an endpoint descriptor (USB 2.0, table 9-5).
const ENDPOINT: u8 = 5;
/// Set in the type of a control request that asks for data (USB 2.0, table 9-2).
const TOWARDS_HOST: u8 = 0x80;
/// The largest packet of a bulk endpoint at full speed (USB 2.0, 5.8.3).
const FULL_SPEED_PACKET: u8 = 64;

/// The direction of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// IN.
    ToHost,
    /// OUT.
    FromHost,
}

/// A function that is not switched on yet.
pub struct FunctionFs {
    custom: Custom,
    descriptors: Vec<u8>,
    strings: Vec<u8>,
}

impl FunctionFs {
    /// One interface with bulk endpoints, in this order, and the handle by which a gadget takes it.
    ///
    /// # Errors
    /// When the descriptors do not fit together.
    pub fn new(name: &str, endpoints: &[Way]) -> io::Result<(Self, function::Handle)> {
        let mut interface = Interface::new(Class::vendor_specific(0, 0), name);
        for way in endpoints {
            let direction = match way {
                Way::ToHost => EndpointDirection::device_to_host().1,
                Way::FromHost => EndpointDirection::host_to_device().1,
            };
            interface = interface.with_endpoint(Endpoint::bulk(direction));
        }
        let mut builder = Custom::builder().with_interface(interface);
        // The library leaves the packets of full speed to the controller, whose are too large for it.
        builder.ffs_no_init = true;
        let (mut descriptors, strings) = builder.ffs_descriptors_and_strings()?;
        size_packets(&mut descriptors)
            .ok_or_else(|| io::Error::other("the descriptors are not in the form of FunctionFS"))?;
        let (custom, handle) = builder.build();
        Ok((Self { custom, descriptors, strings }, handle))
    }

    /// Hands the descriptors to the kernel, refuses from now on what comes on the control endpoint,
    /// and returns the folder of the endpoints' files.
    ///
    /// # Errors
    /// When the gadget is not registered, or the kernel refuses it.
    pub fn start(mut self) -> io::Result<PathBuf> {
        let folder = self.custom.ffs_dir()?;
        let mut control = open(&folder.join("ep0"))?;
        control.write_all(&self.descriptors)?;
        control.write_all(&self.strings)?;
        refuse(control)?;
        Ok(folder)
    }
}

/// Gives endpoints without a packet size, which are those of full speed, the largest.
fn size_packets(descriptors: &mut [u8]) -> Option<()> {
    let mut rest = descriptors.get_mut(HEADER..)?;
    while let [length, kind, ..] = *rest {
        let (descriptor, after) = rest.split_at_mut_checked(usize::from(length).max(1))?;
        if kind == ENDPOINT && descriptor.get(4..6)? == [0, 0] {
            *descriptor.get_mut(4)? = FULL_SPEED_PACKET;
        }
        rest = after;
    }
    Some(())
}

/// Answers every request on the control endpoint that the kernel leaves to the function with STALL.
fn refuse(mut control: File) -> io::Result<()> {
    /// Setup packet, kind, padding.
    const EVENT: usize = 12;
    const SETUP: u8 = 4;
    thread::Builder::new().spawn(move || {
        let mut event = [0; EVENT];
        loop {
            let Ok(EVENT) = control.read(&mut event) else { continue };
            if event[8] == SETUP {
                // The error that it gives says that the endpoint is halted now.
                let _ = match event[0] & TOWARDS_HOST {
                    0 => control.write(&[0]),
                    _ => control.read(&mut [0]),
                };
            }
        }
    })?;
    Ok(())
}

/// A pipe towards the host. What is given to it waits until the host has taken what was given before.
pub struct Towards {
    items: Sender<Item>,
}

enum Item {
    Bytes(Zeroizing<Vec<u8>>),
    Halt,
    Then(Box<dyn FnOnce() + Send>),
}

impl Towards {
    /// The pipe from the function's endpoint `number`, with a thread that serves it to the end of the program.
    ///
    /// # Errors
    /// When the file cannot be opened or the thread not be had.
    pub fn open(folder: &Path, number: usize) -> io::Result<Self> {
        let mut file = open(&endpoint(folder, number))?;
        let (items, queue) = channel();
        thread::Builder::new().spawn(move || {
            for item in queue {
                match item {
                    // A host that is gone loses bytes.
                    Item::Bytes(bytes) => drop(file.write(&bytes)),
                    // Input and output in the wrong direction halts an endpoint (Linux,
                    // Documentation/usb/functionfs.rst).
                    Item::Halt => drop(file.read(&mut [0])),
                    Item::Then(work) => work(),
                }
            }
        })?;
        Ok(Self { items })
    }

    /// Sends `bytes` in one transfer.
    pub fn send(&self, bytes: &[u8]) {
        self.give(Item::Bytes(Zeroizing::new(bytes.to_vec())));
    }

    /// Answers with STALL until the host clears it.
    pub fn halt(&self) {
        self.give(Item::Halt);
    }

    /// Does `work` when the host has taken everything given so far.
    pub fn then(&self, work: impl FnOnce() + Send + 'static) {
        self.give(Item::Then(Box::new(work)));
    }

    fn give(&self, item: Item) {
        // The thread ends with this value alone.
        let _ = self.items.send(item);
    }
}

/// Gives every transfer on the function's endpoint `number` to `take`, to the end of the program.
///
/// # Errors
/// When the file cannot be opened or the thread not be had.
pub fn receive(folder: &Path, number: usize, mut take: impl FnMut(&[u8]) + Send + 'static) -> io::Result<()> {
    let mut file = open(&endpoint(folder, number))?;
    thread::Builder::new().spawn(move || {
        let mut buffer = Zeroizing::new([0; 4096]);
        loop {
            // Unplugged, a read ends with an error, and the next one waits until it is plugged in.
            if let Ok(n) = file.read(&mut buffer[..]) {
                take(&buffer[..n]);
            }
        }
    })?;
    Ok(())
}

/// Endpoints are numbered from 1, in the order of their descriptors.
fn endpoint(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("ep{number}"))
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_without_a_packet_size_get_that_of_full_speed() {
        let header = [0; HEADER];
        let endpoint = |size: u16| {
            let [low, high] = size.to_le_bytes();
            [7, ENDPOINT, 0x81, 2, low, high, 0]
        };
        let interface = [9, 4, 0, 0, 2, 0xFF, 0, 0, 1];
        let joined =
            |first: u16| [&header[..], &interface, &endpoint(first), &interface, &endpoint(512)].concat();
        let mut descriptors = joined(0);
        assert_eq!(size_packets(&mut descriptors), Some(()));
        assert_eq!(descriptors, joined(64));
        let mut broken = [&header[..], &[200, ENDPOINT, 0]].concat();
        assert_eq!(size_packets(&mut broken), None);
    }
}
