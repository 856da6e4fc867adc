//! One bulk pair of a USB device as a link.

use std::time::Instant;

use super::{UsbDevice, UsbEndpoint, UsbIdentity, UsbInterface};
use crate::{Link, LinkError};

/// The interface class of printers (USB printer class 1.1, section 4.2): 7, 1, and the protocol.
const PRINTER: [u8; 2] = [7, 1];

/// The most bytes of a device identifier (IEEE 1284) that are read.
const IDENTIFIER: usize = 1_024;

/// A printer, or a device with a single pair of bulk endpoints.
#[derive(Debug)]
pub struct UsbLink {
    device: UsbDevice,
    interface: UsbInterface,
    to_device: UsbEndpoint,
    from_device: UsbEndpoint,
    /// What a packet held that did not fit the last read.
    left_over: zeroize::Zeroizing<Vec<u8>>,
}

impl UsbLink {
    /// Opens the device that `identity` means and claims its printer interface, or the only
    /// interface with one bulk endpoint each way.
    ///
    /// # Errors
    /// Those of [`UsbDevice::open`] and [`UsbDevice::claim`]; [`LinkError::Io`] when the device has
    /// no such interface or several.
    pub fn open(identity: &UsbIdentity) -> Result<Self, LinkError> {
        Self::over(UsbDevice::open(identity)?)
    }

    /// As [`open`](Self::open), over a device that is open already.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn over(mut device: UsbDevice) -> Result<Self, LinkError> {
        let Some((interface, to_device, from_device)) = choose(device.interfaces()) else {
            let why = format!("{}: neither a printer nor a single pair of bulk endpoints", device.name());
            return Err(LinkError::Io(std::io::Error::other(why)));
        };
        device.claim(&interface)?;
        Ok(Self { device, interface, to_device, from_device, left_over: zeroize::Zeroizing::default() })
    }

    /// The device behind it.
    #[must_use]
    pub fn device(&self) -> &UsbDevice {
        &self.device
    }

    /// Whether the interface is that of a printer, so that the three requests below are known.
    #[must_use]
    pub fn is_printer(&self) -> bool {
        self.interface.class.starts_with(&PRINTER)
    }

    /// GET_PORT_STATUS: bit 5 paper empty, bit 4 selected, bit 3 no error.
    ///
    /// # Errors
    /// [`LinkError::Halted`] when the device does not know the request.
    pub fn port_status(&mut self, deadline: Instant) -> Result<u8, LinkError> {
        let mut status = [0];
        let request = (0xA1, 1, 0, u16::from(self.interface.number));
        match self.device.control_read(request, &mut status, deadline)? {
            0 => Err(LinkError::Timeout { taken: 0 }),
            _ => Ok(status[0]),
        }
    }

    /// SOFT_RESET: the printer throws away what it has and ends its transfers.
    ///
    /// # Errors
    /// [`LinkError::Halted`] when the device does not know the request.
    pub fn soft_reset(&mut self, deadline: Instant) -> Result<(), LinkError> {
        self.left_over.clear();
        self.device.control((0x21, 2, 0, u16::from(self.interface.number)), deadline)
    }

    /// GET_DEVICE_ID: what the printer is, such as `MFG:…;MDL:…;CMD:ESC/POS;` (IEEE 1284), with
    /// everything unprintable left out.
    ///
    /// # Errors
    /// [`LinkError::Halted`] when the device does not know the request.
    pub fn device_id(&mut self, deadline: Instant) -> Result<String, LinkError> {
        let mut answer = vec![0; IDENTIFIER];
        let index = u16::from(self.interface.number) << 8 | u16::from(self.interface.alternate);
        let count = self.device.control_read((0xA1, 0, 0, index), &mut answer, deadline)?;
        answer.truncate(count);
        Ok(identifier(&answer))
    }
}

impl Link for UsbLink {
    fn read(&mut self, buf: &mut [u8], deadline: Instant) -> Result<usize, LinkError> {
        if buf.is_empty() {
            return Ok(0);
        }
        if self.left_over.is_empty() {
            // One packet: a transfer for more would wait for a packet that is not full, and a
            // device whose answer fills its packets exactly need not send one.
            let mut packet =
                zeroize::Zeroizing::new(vec![0; usize::from(self.from_device.max_packet).max(1)]);
            let count = self.device.read(self.from_device, &mut packet, deadline)?;
            packet.truncate(count);
            self.left_over = packet;
        }
        let count = self.left_over.len().min(buf.len());
        for (to, from) in buf.iter_mut().zip(self.left_over.drain(..count)) {
            *to = from;
        }
        Ok(count)
    }

    fn write_all(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), LinkError> {
        self.device.write_all(self.to_device, bytes, deadline)
    }

    fn name(&self) -> &str {
        self.device.name()
    }
}

/// The printer interface, both ways rather than one way only; else the only pair there is.
fn choose(interfaces: &[UsbInterface]) -> Option<(UsbInterface, UsbEndpoint, UsbEndpoint)> {
    let pairs: Vec<_> = interfaces.iter().filter_map(pair).collect();
    // Protocol 2 is bidirectional, 1 unidirectional, 3 packets of IEEE 1284.4.
    let printer = |protocol: u8| {
        let class = [PRINTER[0], PRINTER[1], protocol];
        pairs.iter().find(|(interface, ..)| interface.class == class).cloned()
    };
    let only = || {
        let (first, rest) = pairs.split_first()?;
        rest.iter().all(|(interface, ..)| interface.number == first.0.number).then(|| first.clone())
    };
    printer(2).or_else(|| printer(1)).or_else(only)
}

/// The interface with its bulk endpoints, if it has exactly one each way.
fn pair(interface: &UsbInterface) -> Option<(UsbInterface, UsbEndpoint, UsbEndpoint)> {
    let bulk: Vec<_> = interface.endpoints.iter().filter(|e| e.is_bulk()).collect();
    match bulk[..] {
        [a, b] if a.is_in() && !b.is_in() => Some((interface.clone(), *b, *a)),
        [a, b] if b.is_in() && !a.is_in() => Some((interface.clone(), *a, *b)),
        _ => None,
    }
}

/// The text after its two bytes of length, which some devices count in the other order.
fn identifier(answer: &[u8]) -> String {
    let text = answer.get(2..).unwrap_or_default();
    text.iter().filter(|b| (b' '..=b'~').contains(*b)).map(|b| char::from(*b)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::TransferKind;
    use super::*;

    fn interface(number: u8, alternate: u8, class: [u8; 3], endpoints: &[u8]) -> UsbInterface {
        let endpoint =
            |address: &u8| UsbEndpoint { address: *address, kind: TransferKind::Bulk, max_packet: 64 };
        UsbInterface { number, alternate, class, endpoints: endpoints.iter().map(endpoint).collect() }
    }

    #[test]
    fn the_printer_or_the_only_pair_is_chosen() {
        let vendor = interface(0, 0, [255, 0, 0], &[0x81, 0x02]);
        let one_way = interface(1, 0, [7, 1, 1], &[0x01, 0x82]);
        let both_ways = interface(1, 1, [7, 1, 2], &[0x01, 0x82]);
        let split = interface(0, 0, [255, 0, 0], &[0x02, 0x06, 0x81, 0x85]);
        let same_way = interface(2, 0, [255, 0, 0], &[0x01, 0x02]);
        for (offered, chosen) in [
            (vec![&vendor], Some((0, 0, 0x02, 0x81))),
            (vec![&vendor, &one_way], Some((1, 0, 0x01, 0x82))),
            (vec![&one_way, &both_ways], Some((1, 1, 0x01, 0x82))),
            (vec![&split], None),
            (vec![&same_way], None),
            (vec![&split, &vendor], Some((0, 0, 0x02, 0x81))),
            (vec![], None),
        ] {
            let offered: Vec<UsbInterface> = offered.into_iter().cloned().collect();
            let told =
                choose(&offered).map(|(i, to, from)| (i.number, i.alternate, to.address, from.address));
            assert_eq!(told, chosen, "{offered:?}");
        }
        let two = [vendor, interface(3, 0, [255, 0, 0], &[0x83, 0x04])];
        assert!(choose(&two).is_none(), "which of two pairs is meant is not guessed");
    }

    #[test]
    fn an_identifier_is_printable() {
        assert_eq!(identifier(b"\x00\x0cMFG:K;\n\xFFMDL:T;"), "MFG:K;MDL:T;");
        assert_eq!(identifier(b"\x00"), "");
    }
}
