//! The reader on USB, 0400:C35A, in the two layouts found in the field.
//!
//! | layout | to the module | from the module |
//! |---|---|---|
//! | split | 7 bytes of head through one pipe (02), the rest through another (06) | head from one (81), rest from another (85) |
//! | single | whole frames through the one OUT pipe | whole frames from the one IN pipe |

use std::time::{Duration, Instant};

use link::{
    Address, Link, LinkError, SerialLink, TcpLink, UsbDevice, UsbEndpoint, UsbIdentity, UsbInterface,
};

use crate::{Profile, frame};

/// How long one of two pipes is listened to before it is the other's turn.
const TURN: Duration = Duration::from_millis(5);

/// Opens the link to a reader: a serial port or a serial server at the profile's speed, or USB in
/// whichever layout the device has.
///
/// # Errors
/// Those of [`SerialLink::open`], [`TcpLink::connect`] and [`ReaderUsb::open`].
pub fn open(address: &Address, profile: &Profile, deadline: Instant) -> Result<Box<dyn Link>, LinkError> {
    Ok(match address {
        Address::Serial(path) => Box::new(SerialLink::open(path, profile.baud.rate())?),
        Address::Usb(identity) => Box::new(ReaderUsb::open(identity)?),
        Address::Tcp(address) => Box::new(TcpLink::connect(*address, deadline)?),
    })
}

/// Which pipes a reader has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Heads and bodies through pipes of their own.
    Split,
    /// Whole frames through one pair.
    Single,
}

/// A reader on USB: a link that carries frames, whatever the layout.
#[derive(Debug)]
pub struct ReaderUsb {
    device: UsbDevice,
    pipes: Pipes,
    /// Bytes that the frame under way still lacks, by its head.
    due: usize,
    /// Whether something may be under way that no head announces: then all pipes are listened to.
    is_suspect: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pipes {
    Split { head_out: UsbEndpoint, body_out: UsbEndpoint, head_in: UsbEndpoint, body_in: UsbEndpoint },
    Single { out: UsbEndpoint, r#in: UsbEndpoint },
}

impl ReaderUsb {
    /// What readers say they are.
    pub const VENDOR: u16 = 0x0400;
    /// What readers say they are.
    pub const PRODUCT: u16 = 0xC35A;

    /// Opens the reader that `identity` means and finds out its layout.
    ///
    /// # Errors
    /// Those of [`UsbDevice::open`] and [`UsbDevice::claim`]; [`LinkError::Io`] when the device has
    /// neither layout.
    pub fn open(identity: &UsbIdentity) -> Result<Self, LinkError> {
        let mut device = UsbDevice::open(identity)?;
        let found = device.interfaces().iter().find_map(|i| Some((i.clone(), pipes(i)?)));
        let Some((interface, pipes)) = found else {
            let why = format!("{}: the endpoints are not those of an ID-card reader", device.name());
            return Err(LinkError::Io(std::io::Error::other(why)));
        };
        device.claim(&interface)?;
        tracing::debug!(name = device.name(), ?pipes, "ID-card reader on USB");
        Ok(Self { device, pipes, due: 0, is_suspect: true })
    }

    /// The layout that was found.
    #[must_use]
    pub fn layout(&self) -> Layout {
        match self.pipes {
            Pipes::Split { .. } => Layout::Split,
            Pipes::Single { .. } => Layout::Single,
        }
    }

    /// Reads the head of a frame; where there is one pipe, with what follows it in its packet.
    fn read_head(
        &mut self,
        pipe: UsbEndpoint,
        buf: &mut [u8],
        deadline: Instant,
    ) -> Result<usize, LinkError> {
        // One packet and not what there is room for: a transfer of more would not end with it if
        // the frame filled its packets exactly.
        let packet = usize::from(pipe.max_packet).min(buf.len());
        let room = buf.get_mut(..packet).unwrap_or_default();
        let count = self.device.read(pipe, room, deadline)?;
        let head = room.get(..count).unwrap_or_default();
        match frame::length(head) {
            Some(length) if frame::LENGTHS.contains(&length) => {
                self.due = (frame::HEADER + length).saturating_sub(count);
            }
            // No head: the driver throws it away, and whatever else is under way.
            Some(_) | None => self.is_suspect = true,
        }
        Ok(count)
    }

    /// Reads what the frame under way still lacks.
    fn read_body(
        &mut self,
        pipe: UsbEndpoint,
        buf: &mut [u8],
        deadline: Instant,
    ) -> Result<usize, LinkError> {
        let room = buf.len().min(self.due);
        let read = self.device.read(pipe, buf.get_mut(..room).unwrap_or_default(), deadline);
        match &read {
            Ok(count) => self.due = self.due.saturating_sub(*count),
            Err(_) => self.forget(),
        }
        read
    }

    /// Nothing is known of what is under way any more.
    fn forget(&mut self) {
        self.due = 0;
        self.is_suspect = true;
    }

    /// Listens to both pipes by turns: a body may come without its head.
    fn read_any(
        &mut self,
        pipes: [UsbEndpoint; 2],
        buf: &mut [u8],
        deadline: Instant,
    ) -> Result<usize, LinkError> {
        loop {
            for pipe in pipes {
                let turn = (Instant::now() + TURN).min(deadline);
                let packet = usize::from(pipe.max_packet).min(buf.len());
                match self.device.read(pipe, buf.get_mut(..packet).unwrap_or_default(), turn) {
                    Err(LinkError::Timeout { .. }) => {}
                    other => return other,
                }
            }
            if Instant::now() >= deadline {
                return Err(LinkError::Timeout { taken: 0 });
            }
        }
    }
}

impl Link for ReaderUsb {
    fn read(&mut self, buf: &mut [u8], deadline: Instant) -> Result<usize, LinkError> {
        if buf.is_empty() {
            return Ok(0);
        }
        match self.pipes {
            Pipes::Single { r#in, .. } if self.due > 0 => self.read_body(r#in, buf, deadline),
            Pipes::Single { r#in, .. } => self.read_head(r#in, buf, deadline),
            Pipes::Split { body_in, .. } if self.due > 0 => self.read_body(body_in, buf, deadline),
            Pipes::Split { head_in, body_in, .. } if self.is_suspect => {
                self.read_any([head_in, body_in], buf, deadline)
            }
            Pipes::Split { head_in, .. } => self.read_head(head_in, buf, deadline),
        }
    }

    fn write_all(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), LinkError> {
        // A request: what comes next begins with a head.
        (self.due, self.is_suspect) = (0, false);
        let written = match self.pipes {
            Pipes::Single { out, .. } => self.device.write_all(out, bytes, deadline),
            Pipes::Split { head_out, body_out, .. } => {
                let (head, body) = bytes.split_at(frame::HEADER.min(bytes.len()));
                self.device.write_all(head_out, head, deadline).and_then(|()| {
                    self.device.write_all(body_out, body, deadline).map_err(|error| match error {
                        LinkError::Timeout { taken } => LinkError::Timeout { taken: head.len() + taken },
                        other => other,
                    })
                })
            }
        };
        if written.is_err() {
            self.forget();
        }
        written
    }

    fn name(&self) -> &str {
        self.device.name()
    }
}

/// The pipes of an interface, if they are those of a reader: the first pair carries heads and the
/// second bodies, or the only pair carries both.
fn pipes(interface: &UsbInterface) -> Option<Pipes> {
    let bulk = |towards_host: bool| {
        let wanted = interface.endpoints.iter().filter(move |e| e.is_bulk() && e.is_in() == towards_host);
        let mut sorted: Vec<UsbEndpoint> = wanted.copied().collect();
        // Descriptors may list them in any order; their numbers tell which is which.
        sorted.sort_by_key(|endpoint| endpoint.address);
        sorted
    };
    match (&bulk(false)[..], &bulk(true)[..]) {
        ([out], [r#in]) => Some(Pipes::Single { out: *out, r#in: *r#in }),
        ([head_out, body_out], [head_in, body_in]) => Some(Pipes::Split {
            head_out: *head_out,
            body_out: *body_out,
            head_in: *head_in,
            body_in: *body_in,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use link::TransferKind;

    use super::*;

    fn interface(addresses: &[u8]) -> UsbInterface {
        let endpoint =
            |address: &u8| UsbEndpoint { address: *address, kind: TransferKind::Bulk, max_packet: 64 };
        let endpoints = addresses.iter().map(endpoint).collect();
        UsbInterface { number: 0, alternate: 0, class: [255, 0, 0], endpoints }
    }

    #[test]
    fn the_layout_is_told_by_the_endpoints() {
        for split in [&[0x02, 0x06, 0x81, 0x85][..], &[0x85, 0x81, 0x06, 0x02]] {
            let Some(Pipes::Split { head_out, body_out, head_in, body_in }) = pipes(&interface(split)) else {
                panic!("{split:02X?}");
            };
            let addresses = [head_out, body_out, head_in, body_in].map(|e| e.address);
            assert_eq!(addresses, [0x02, 0x06, 0x81, 0x85]);
        }
        let Some(Pipes::Single { out, r#in }) = pipes(&interface(&[0x81, 0x02])) else { panic!() };
        assert_eq!((out.address, r#in.address), (0x02, 0x81));
        for neither in [&[][..], &[0x81], &[0x01, 0x02, 0x81], &[0x02, 0x06, 0x81, 0x85, 0x87]] {
            assert_eq!(pipes(&interface(neither)), None, "{neither:02X?}");
        }
    }
}
