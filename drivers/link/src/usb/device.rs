//! One USB device: what it offers, and transfers with deadlines.

use std::time::{Duration, Instant};

use rusb::{Context, Device, DeviceHandle, Direction, TransferType, UsbContext};
use zeroize::{Zeroize, Zeroizing};

use super::UsbIdentity;
use crate::LinkError;

/// The most that one transfer carries. The kernel splits larger ones, and a deadline would then
/// leave it unclear how much was taken.
const TRANSFER: usize = 16 * 1024;

/// How long the bus may take to tell that a device is gone after transfers with it have begun to
/// fail: a hub says so when it is asked, every 255 ms at the latest (USB 2.0, section 11.12.1).
const GOING: Duration = Duration::from_millis(300);

/// What an interface's endpoint does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsbEndpoint {
    /// Its address; bit 7 set means towards the host.
    pub address: u8,
    /// How it transfers.
    pub kind: TransferKind,
    /// Its largest packet, in bytes.
    pub max_packet: u16,
}

/// How an endpoint transfers (USB 2.0, section 5.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferKind {
    /// Requests and answers.
    Control,
    /// Streams in time.
    Isochronous,
    /// Bytes in order, when there is room.
    Bulk,
    /// Small, regular news.
    Interrupt,
}

/// An interface of a device, in one of its alternate settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsbInterface {
    /// Its number.
    pub number: u8,
    /// The alternate setting.
    pub alternate: u8,
    /// Class, subclass and protocol, such as 7, 1, 2 of a printer.
    pub class: [u8; 3],
    /// Its endpoints, in the order of the descriptor.
    pub endpoints: Vec<UsbEndpoint>,
}

impl UsbEndpoint {
    /// Whether it carries bytes from the device.
    #[must_use]
    pub fn is_in(&self) -> bool {
        self.address & 0x80 != 0
    }

    /// Whether it is a bulk endpoint.
    #[must_use]
    pub fn is_bulk(&self) -> bool {
        self.kind == TransferKind::Bulk
    }
}

/// An open USB device. Its interfaces are given back when it is dropped.
pub struct UsbDevice {
    handle: DeviceHandle<Context>,
    identity: UsbIdentity,
    name: String,
    interfaces: Vec<UsbInterface>,
    /// Where packets arrive: a transfer has room for whole ones only. Wiped.
    packets: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for UsbDevice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("UsbDevice").field(&self.name).finish()
    }
}

impl UsbDevice {
    /// Opens the first device that `identity` means, and learns what it offers. Claims nothing.
    ///
    /// # Errors
    /// [`LinkError::NotFound`] when there is none; [`LinkError::NotPermitted`] when its node under
    /// `/dev/bus/usb` is not this user's to open.
    pub fn open(identity: &UsbIdentity) -> Result<Self, LinkError> {
        let name = format!("usb {identity}");
        // One of its own for each opening: nothing of a device that has gone is kept.
        let context = Context::new().map_err(|e| from_usb(e, &name))?;
        let devices = context.devices().map_err(|e| from_usb(e, &name))?;
        let mut found = devices.iter().filter_map(|device| Some((identity_of(&device)?, device)));
        let Some((identity, device)) = found.find(|(there, _)| identity.means(there)) else {
            return Err(LinkError::NotFound(name));
        };
        let name = format!("usb {identity}");
        let interfaces = interfaces_of(&device).map_err(|e| from_usb(e, &name))?;
        let handle = device.open().map_err(|e| from_usb(e, &name))?;
        // Without this, a claim fails where the kernel has a driver of its own, such as usblp.
        if let Err(error) = handle.set_auto_detach_kernel_driver(true) {
            tracing::debug!(%name, %error, "kernel drivers cannot be detached");
        }
        tracing::debug!(%name, "opened");
        Ok(Self { handle, identity, name, interfaces, packets: Zeroizing::new(vec![0; TRANSFER]) })
    }

    /// The device's identity, with all that is known of it.
    #[must_use]
    pub fn identity(&self) -> &UsbIdentity {
        &self.identity
    }

    /// What a log line calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its interfaces in the active configuration, with all their alternate settings.
    #[must_use]
    pub fn interfaces(&self) -> &[UsbInterface] {
        &self.interfaces
    }

    /// Claims an interface and chooses its alternate setting. A kernel driver that holds it is
    /// detached until the device is dropped.
    ///
    /// # Errors
    /// [`LinkError::Busy`] when another program has it, and those of the device.
    pub fn claim(&mut self, interface: &UsbInterface) -> Result<(), LinkError> {
        self.handle.claim_interface(interface.number).map_err(|e| self.error(e))?;
        // Most interfaces have one setting only, and many devices refuse to be told to use it.
        let choices = self.interfaces.iter().filter(|i| i.number == interface.number).count();
        if choices > 1 {
            let chosen = self.handle.set_alternate_setting(interface.number, interface.alternate);
            chosen.map_err(|e| self.error(e))?;
        }
        Ok(())
    }

    /// Reads from a bulk or interrupt endpoint: one transfer of whole packets with room for at
    /// least `buf`, of which `buf` is filled.
    ///
    /// A transfer ends with the first packet that is not full, or when it is. So a `buf` of one
    /// packet never waits for more than the device has sent, and one of the length that is due
    /// takes one transfer only.
    ///
    /// # Errors
    /// [`LinkError::Timeout`] when the device had nothing to say before `deadline`;
    /// [`LinkError::Halted`] when it refused, after the endpoint was made ready again;
    /// [`LinkError::Overrun`]; [`LinkError::HungUp`].
    pub fn read(&mut self, from: UsbEndpoint, buf: &mut [u8], deadline: Instant) -> Result<usize, LinkError> {
        if buf.is_empty() {
            return Ok(0);
        }
        let packet = usize::from(from.max_packet).clamp(1, TRANSFER);
        let wanted = buf.len().div_ceil(packet).saturating_mul(packet).min(TRANSFER / packet * packet);
        let count = loop {
            let room = self.packets.get_mut(..wanted).unwrap_or_default();
            let read = match from.kind {
                TransferKind::Interrupt => self.handle.read_interrupt(from.address, room, left(deadline)),
                _ => self.handle.read_bulk(from.address, room, left(deadline)),
            };
            match read {
                Ok(0) if Instant::now() >= deadline => return Err(LinkError::Timeout { taken: 0 }),
                // A packet of length zero says that there is nothing more, which is nothing yet;
                // a device that says so all the time must not keep a processor busy.
                Ok(0) => std::thread::sleep(Duration::from_millis(1)),
                Ok(count) => break count,
                Err(error) => return Err(self.transfer_error(error, from, deadline)),
            }
        };
        let came = self.packets.get_mut(..count).unwrap_or_default();
        let result = match buf.get_mut(..count) {
            Some(buf) => {
                buf.copy_from_slice(came);
                Ok(count)
            }
            // More than was due: which of it is what was asked for is not to be known.
            None => Err(LinkError::Overrun),
        };
        came.zeroize();
        result
    }

    /// Writes all of `bytes` to a bulk endpoint.
    ///
    /// # Errors
    /// Those of [`read`](Self::read); a time-out says how many bytes the device took.
    pub fn write_all(&mut self, to: UsbEndpoint, bytes: &[u8], deadline: Instant) -> Result<(), LinkError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let piece = rest.get(..TRANSFER).unwrap_or(rest);
            match self.handle.write_bulk(to.address, piece, left(deadline)) {
                Ok(taken) => rest = rest.get(taken..).unwrap_or_default(),
                Err(rusb::Error::Timeout) => {}
                Err(error) => return Err(self.transfer_error(error, to, deadline)),
            }
            if !rest.is_empty() && Instant::now() >= deadline {
                return Err(LinkError::Timeout { taken: bytes.len() - rest.len() });
            }
        }
        Ok(())
    }

    /// A control request that reads (USB 2.0, section 9.3): `request` is bmRequestType, bRequest,
    /// wValue and wIndex.
    ///
    /// # Errors
    /// [`LinkError::Halted`] when the device does not know the request, and those of
    /// [`read`](Self::read).
    pub fn control_read(
        &mut self,
        (kind, request, value, index): (u8, u8, u16, u16),
        buf: &mut [u8],
        deadline: Instant,
    ) -> Result<usize, LinkError> {
        self.handle.read_control(kind, request, value, index, buf, left(deadline)).map_err(|e| self.error(e))
    }

    /// A control request without data.
    ///
    /// # Errors
    /// As [`control_read`](Self::control_read).
    pub fn control(
        &mut self,
        (kind, request, value, index): (u8, u8, u16, u16),
        deadline: Instant,
    ) -> Result<(), LinkError> {
        let done = self.handle.write_control(kind, request, value, index, &[], left(deadline));
        done.map(|_| ()).map_err(|e| self.error(e))
    }

    /// Resets the port that the device is plugged into, as if it had been pulled and plugged in
    /// again. The last resort: open the device anew afterwards.
    ///
    /// # Errors
    /// Those of the device; one that came back as another device is [`LinkError::HungUp`].
    pub fn reset_port(self) -> Result<(), LinkError> {
        tracing::info!(name = %self.name, "resetting the port");
        match self.handle.reset() {
            Ok(()) => Ok(()),
            Err(rusb::Error::NotFound) => Err(LinkError::HungUp),
            Err(error) => Err(self.error(error)),
        }
    }

    fn transfer_error(&self, error: rusb::Error, endpoint: UsbEndpoint, deadline: Instant) -> LinkError {
        match error {
            rusb::Error::Pipe => {
                if let Err(still) = self.handle.clear_halt(endpoint.address) {
                    tracing::debug!(name = %self.name, error = %still, "the endpoint stays halted");
                }
            }
            // A device that is being pulled answers wrongly before it is gone.
            rusb::Error::Io if self.is_gone_before(deadline.min(Instant::now() + GOING)) => {
                return LinkError::HungUp;
            }
            _ => {}
        }
        self.error(error)
    }

    /// Whether the kernel lets go of the device before `until`; looks once at least.
    fn is_gone_before(&self, until: Instant) -> bool {
        let Some(place) = &self.identity.topology else { return false };
        let number = self.handle.device().address().to_string();
        loop {
            // Another number is another device, plugged in there since.
            if crate::discover::usb_attribute(place, "devnum").as_ref() != Some(&number) {
                return true;
            }
            if Instant::now() >= until {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn error(&self, error: rusb::Error) -> LinkError {
        from_usb(error, &self.name)
    }
}

/// What a deadline leaves, in the whole milliseconds of libusb, to which 0 means for ever.
fn left(deadline: Instant) -> Duration {
    let left = deadline.saturating_duration_since(Instant::now()).as_micros().div_ceil(1_000);
    Duration::from_millis(u64::try_from(left).unwrap_or(u64::MAX).clamp(1, 600_000))
}

fn from_usb(error: rusb::Error, name: &str) -> LinkError {
    match error {
        rusb::Error::Timeout => LinkError::Timeout { taken: 0 },
        rusb::Error::NoDevice => LinkError::HungUp,
        rusb::Error::Pipe => LinkError::Halted,
        rusb::Error::Overflow => LinkError::Overrun,
        rusb::Error::Access => LinkError::NotPermitted(name.to_owned()),
        rusb::Error::Busy => LinkError::Busy(name.to_owned()),
        rusb::Error::NotFound => LinkError::NotFound(name.to_owned()),
        rusb::Error::Io
        | rusb::Error::InvalidParam
        | rusb::Error::Interrupted
        | rusb::Error::NoMem
        | rusb::Error::NotSupported
        | rusb::Error::BadDescriptor
        | rusb::Error::Other => LinkError::Io(std::io::Error::other(format!("{name}: {error}"))),
    }
}

/// Where a device is plugged in, as the kernel writes it; `None` for a root hub.
fn topology(device: &Device<Context>) -> Option<String> {
    let ports = device.port_numbers().ok().filter(|ports| !ports.is_empty())?;
    let ports: Vec<String> = ports.iter().map(u8::to_string).collect();
    Some(format!("{}-{}", device.bus_number(), ports.join(".")))
}

/// All that is known of a device without opening it: the kernel has read its strings.
fn identity_of(device: &Device<Context>) -> Option<UsbIdentity> {
    let descriptor = device.device_descriptor().ok()?;
    let topology = topology(device);
    let serial = topology.as_deref().and_then(|place| crate::discover::usb_attribute(place, "serial"));
    Some(UsbIdentity { vendor: descriptor.vendor_id(), product: descriptor.product_id(), serial, topology })
}

fn interfaces_of(device: &Device<Context>) -> rusb::Result<Vec<UsbInterface>> {
    let configuration = device.active_config_descriptor().or_else(|_| device.config_descriptor(0))?;
    let settings =
        configuration.interfaces().flat_map(|interface| interface.descriptors().collect::<Vec<_>>());
    let interfaces = settings.map(|setting| UsbInterface {
        number: setting.interface_number(),
        alternate: setting.setting_number(),
        class: [setting.class_code(), setting.sub_class_code(), setting.protocol_code()],
        endpoints: setting.endpoint_descriptors().map(|e| endpoint(&e)).collect(),
    });
    Ok(interfaces.collect())
}

fn endpoint(descriptor: &rusb::EndpointDescriptor<'_>) -> UsbEndpoint {
    let kind = match descriptor.transfer_type() {
        TransferType::Control => TransferKind::Control,
        TransferType::Isochronous => TransferKind::Isochronous,
        TransferType::Bulk => TransferKind::Bulk,
        TransferType::Interrupt => TransferKind::Interrupt,
    };
    let direction = if descriptor.direction() == Direction::In { 0x80 } else { 0 };
    UsbEndpoint {
        address: descriptor.number() | direction,
        kind,
        max_packet: descriptor.max_packet_size() & 0x07FF,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_bus_are_told_apart() {
        let told = |error| from_usb(error, "usb 0400:c35a");
        assert!(matches!(told(rusb::Error::Timeout), LinkError::Timeout { taken: 0 }));
        assert!(matches!(told(rusb::Error::NoDevice), LinkError::HungUp));
        assert!(matches!(told(rusb::Error::Pipe), LinkError::Halted));
        assert!(matches!(told(rusb::Error::Overflow), LinkError::Overrun));
        assert!(matches!(told(rusb::Error::Access), LinkError::NotPermitted(n) if n.contains("0400:c35a")));
        assert!(matches!(told(rusb::Error::Busy), LinkError::Busy(_)));
        assert!(matches!(told(rusb::Error::NotFound), LinkError::NotFound(_)));
        assert!(matches!(told(rusb::Error::Io), LinkError::Io(e) if e.to_string().contains("0400:c35a")));
    }

    #[test]
    fn a_deadline_is_never_for_ever() {
        assert_eq!(left(Instant::now()), Duration::from_millis(1));
        let day = left(Instant::now() + Duration::from_secs(86_400));
        assert_eq!(day, Duration::from_secs(600));
        let soon = left(Instant::now() + Duration::from_micros(2_500));
        assert!(soon <= Duration::from_millis(3));
    }
}
