//! Where a device is: what a configuration says, in one string.

use std::fmt::{Display, Formatter};
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Instant;

use serde::Deserialize;

use crate::{Link, LinkError, SerialLink, TcpLink, UsbDevice, UsbIdentity, UsbLink, discover};

/// The longest path of a serial port, in bytes.
const LONGEST_PATH: usize = 255;

/// Where a device is.
///
/// | written | meant |
/// |---|---|
/// | `/dev/serial/by-path/…`, `serial:PATH` | a serial port |
/// | `usb:0400:c35a` | the USB device of this vendor and product |
/// | `usb:0400:c35a:SERIAL` | the one with this serial number |
/// | `usb:0400:c35a@1-2.3` | the one plugged in there |
/// | `tcp:192.0.2.7:9100`, `tcp:[2001:db8::7]:9100` | a device on the network |
///
/// A name that depends on the order in which devices were found, such as `/dev/ttyUSB0`, is taken,
/// but [`advice`](Self::advice) speaks against it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub enum Address {
    /// A serial port, by its path.
    Serial(String),
    /// A USB device, by its identity.
    Usb(UsbIdentity),
    /// A device on the network. A number and not a name: the resolver knows no deadline.
    Tcp(SocketAddr),
}

/// Why a text is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{text}” is no device's address: {right}")]
pub struct AddressError {
    text: String,
    right: &'static str,
}

impl Address {
    /// Opens it: a serial port at `baud` bits per second, a socket before `deadline`, a USB device
    /// by its printer interface or its only pair of bulk endpoints.
    ///
    /// # Errors
    /// Those of [`SerialLink::open`], [`TcpLink::connect`] and [`UsbLink::open`].
    pub fn open(&self, baud: u32, deadline: Instant) -> Result<Box<dyn Link>, LinkError> {
        Ok(match self {
            Self::Serial(path) => Box::new(SerialLink::open(path, baud)?),
            Self::Usb(identity) => Box::new(UsbLink::open(identity)?),
            Self::Tcp(address) => Box::new(TcpLink::connect(*address, deadline)?),
        })
    }

    /// Resets the USB port that the device or its serial converter is plugged into: the last rung
    /// of a [`Ladder`](crate::Ladder). The device is then to be opened anew.
    ///
    /// # Errors
    /// [`LinkError::NotFound`] when the device is not on USB or not there, and those of
    /// [`UsbDevice::reset_port`].
    pub fn reset_port(&self) -> Result<(), LinkError> {
        let identity = match self {
            Self::Serial(path) => discover::usb_behind(path),
            Self::Usb(identity) => Some(identity.clone()),
            Self::Tcp(_) => None,
        };
        let identity = identity.ok_or_else(|| LinkError::NotFound(format!("a USB port behind {self}")))?;
        UsbDevice::open(&identity)?.reset_port()
    }

    /// A warning for the log when the address need not mean the same device tomorrow, with the
    /// address to write instead if discovery knows one.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        match self {
            Self::Serial(path) if is_numbered(path) => Some(match discover::stable_name(path) {
                Some(stable) => {
                    format!("{path} can be another device after the next start: write {stable} instead")
                }
                None => format!(
                    "{path} can be another device after the next start: write the name under \
                     /dev/serial/by-path that points to it"
                ),
            }),
            Self::Usb(identity) => {
                let found = discover::usb_devices().into_iter().filter(|there| identity.means(there));
                let places: Vec<String> = found.filter_map(|there| there.topology).collect();
                (places.len() > 1).then(|| {
                    format!("{self} is said of several devices, at {}: add @PLACE", places.join(", "))
                })
            }
            Self::Serial(_) | Self::Tcp(_) => None,
        }
    }
}

/// Whether the kernel numbers such ports in the order in which it finds them.
fn is_numbered(path: &str) -> bool {
    ["/dev/ttyUSB", "/dev/ttyACM"].iter().any(|prefix| path.starts_with(prefix))
}

impl Display for Address {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Serial(path) if path.starts_with("/dev/") => f.write_str(path),
            Self::Serial(path) => write!(f, "serial:{path}"),
            Self::Usb(identity) => write!(f, "usb:{identity}"),
            Self::Tcp(address) => write!(f, "tcp:{address}"),
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let wrong = |right| AddressError { text: text.chars().take(80).collect(), right };
        if let Some(path) = text.strip_prefix("serial:") {
            return path_of(path).map(Self::Serial).ok_or_else(|| wrong("serial:/PATH of a port"));
        }
        if let Some(identity) = text.strip_prefix("usb:") {
            let right = "usb:VVVV:PPPP, usb:VVVV:PPPP:SERIAL or usb:VVVV:PPPP@1-2.3, V and P hexadecimal";
            return identity.parse().map(Self::Usb).map_err(|_| wrong(right));
        }
        if let Some(address) = text.strip_prefix("tcp:") {
            let right = "tcp:IP:PORT, such as tcp:192.0.2.7:9100, with a number and not a name";
            let address: SocketAddr = address.parse().map_err(|_| wrong(right))?;
            return if address.port() == 0 { Err(wrong(right)) } else { Ok(Self::Tcp(address)) };
        }
        if text.starts_with("/dev/") {
            return path_of(text).map(Self::Serial).ok_or_else(|| wrong("/dev/serial/by-path/…"));
        }
        Err(wrong("write /dev/serial/by-path/…, serial:/PATH, usb:VVVV:PPPP or tcp:IP:PORT"))
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse()
    }
}

fn path_of(text: &str) -> Option<String> {
    let fits =
        text.starts_with('/') && (2..=LONGEST_PATH).contains(&text.len()) && !text.contains(char::is_control);
    fits.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_way_to_write_one() {
        let usb = |text: &str| Address::Usb(text.parse().unwrap());
        for (text, address) in [
            ("/dev/serial/by-path/pci-0:1", Address::Serial("/dev/serial/by-path/pci-0:1".to_owned())),
            ("serial:/run/hall/reader", Address::Serial("/run/hall/reader".to_owned())),
            ("usb:0400:c35a", usb("0400:c35a")),
            ("usb:0400:c35a:S 1", usb("0400:c35a:S 1")),
            ("usb:0400:c35a@1-2.3", usb("0400:c35a@1-2.3")),
            ("tcp:192.0.2.7:9100", Address::Tcp("192.0.2.7:9100".parse().unwrap())),
            ("tcp:[2001:db8::7]:9100", Address::Tcp("[2001:db8::7]:9100".parse().unwrap())),
        ] {
            assert_eq!(text.parse().as_ref(), Ok(&address));
            assert_eq!(address.to_string(), text);
        }
        let longer: Address = "serial:/dev/ttyS0".parse().unwrap();
        assert_eq!(longer.to_string(), "/dev/ttyS0");
    }

    #[test]
    fn a_wrong_one_says_what_would_be_right() {
        for (text, said) in [
            ("", "write /dev/serial/by-path"),
            ("ttyUSB0", "write /dev/serial/by-path"),
            ("serial:ttyUSB0", "serial:/PATH"),
            ("/dev/\n", "/dev/serial/by-path"),
            ("usb:0400", "usb:VVVV:PPPP"),
            ("tcp:printer:9100", "with a number and not a name"),
            ("tcp:192.0.2.7", "tcp:IP:PORT"),
            ("tcp:192.0.2.7:0", "tcp:IP:PORT"),
        ] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
        let long = format!("/dev/{}", "x".repeat(10_000)).parse::<Address>().unwrap_err().to_string();
        assert!(long.len() < 300);
    }

    #[test]
    fn a_numbered_port_is_advised_against() {
        let advice = |text: &str| text.parse::<Address>().unwrap().advice();
        assert!(advice("/dev/ttyUSB73").unwrap().contains("/dev/serial/by-path"));
        assert!(advice("/dev/ttyACM9").is_some());
        assert!(advice("/dev/serial/by-path/x").is_none());
        assert!(advice("/dev/ttyS0").is_none(), "built in: always the same");
        assert!(advice("tcp:192.0.2.7:9100").is_none());
    }

    #[test]
    fn what_is_not_there_says_so() {
        let soon = || Instant::now() + Duration::from_secs(2);
        let absent =
            |text: &str| text.parse::<Address>().unwrap().open(115_200, soon()).map(|_| ()).unwrap_err();
        assert!(matches!(absent("/dev/serial/by-path/none"), LinkError::NotFound(n) if n.contains("none")));
        assert!(matches!(absent("usb:0400:c35a:NONE"), LinkError::NotFound(n) if n.contains("NONE")));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = Address::Tcp(listener.local_addr().unwrap());
        assert!(address.open(0, soon()).is_ok());
        assert!(matches!(address.reset_port(), Err(LinkError::NotFound(_))));
    }

    proptest! {
        #[test]
        fn any_text_is_survived_and_what_is_read_is_written_alike(
            text in "(serial:|usb:|tcp:|/dev/)?[ -~]{0,40}"
        ) {
            if let Ok(address) = text.parse::<Address>() {
                prop_assert_eq!(address.to_string().parse(), Ok(address));
            }
        }
    }
}
