//! Which USB device is meant.

use std::fmt::{Display, Formatter};
use std::str::FromStr;

/// The longest serial number taken: a string descriptor holds no more characters.
const LONGEST_SERIAL: usize = 126;

/// A USB device by its own identity.
///
/// Written `0400:c35a`, `0400:c35a:SERIAL`, `0400:c35a@1-2.3` or with both: vendor and product in
/// four hexadecimal digits each, the serial number that the device gives itself, and the place
/// where it is plugged in as the kernel writes it (bus, then ports from the root).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UsbIdentity {
    /// Vendor, `idVendor`.
    pub vendor: u16,
    /// Product, `idProduct`.
    pub product: u16,
    /// Serial number; without one every device of the product is meant.
    pub serial: Option<String>,
    /// Place, such as `1-2.3`; without one any place will do.
    pub topology: Option<String>,
}

/// Why a text names no USB device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a USB device is written VVVV:PPPP, VVVV:PPPP:SERIAL or VVVV:PPPP@1-2.3, V and P hexadecimal")]
pub struct IdentityError;

impl UsbIdentity {
    /// Any device of this product, wherever it is plugged in.
    #[must_use]
    pub fn product(vendor: u16, product: u16) -> Self {
        Self { vendor, product, serial: None, topology: None }
    }

    /// Whether a device that is `there`, with all that is known of it, is the one meant.
    #[must_use]
    pub fn means(&self, there: &Self) -> bool {
        (self.vendor, self.product) == (there.vendor, there.product)
            && (self.serial.is_none() || self.serial == there.serial)
            && (self.topology.is_none() || self.topology == there.topology)
    }
}

impl Display for UsbIdentity {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04x}:{:04x}", self.vendor, self.product)?;
        if let Some(serial) = &self.serial {
            write!(f, ":{serial}")?;
        }
        if let Some(topology) = &self.topology {
            write!(f, "@{topology}")?;
        }
        Ok(())
    }
}

impl FromStr for UsbIdentity {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let (head, topology) = match text.rsplit_once('@') {
            // A serial number may have an @ in it; what follows the place's own is a place.
            Some((head, place)) if is_topology(place) => (head, Some(place.to_owned())),
            _ => (text, None),
        };
        let mut parts = head.splitn(3, ':');
        let vendor = parts.next().and_then(four_digits).ok_or(IdentityError)?;
        let product = parts.next().and_then(four_digits).ok_or(IdentityError)?;
        let serial = match parts.next() {
            None => None,
            Some(serial) if is_serial(serial) => Some(serial.to_owned()),
            Some(_) => return Err(IdentityError),
        };
        Ok(Self { vendor, product, serial, topology })
    }
}

fn four_digits(text: &str) -> Option<u16> {
    let hexadecimal = text.len() == 4 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if hexadecimal { u16::from_str_radix(text, 16).ok() } else { None }
}

fn is_serial(text: &str) -> bool {
    let count = text.chars().count();
    (1..=LONGEST_SERIAL).contains(&count) && !text.contains(char::is_control)
}

/// Bus, a hyphen, then at most seven ports (USB 2.0, section 4.1.1), such as `1-2.3`.
fn is_topology(text: &str) -> bool {
    let number = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    text.split_once('-').is_some_and(|(bus, ports)| {
        number(bus) && ports.split('.').count() <= 7 && ports.split('.').all(number)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn identity(serial: Option<&str>, topology: Option<&str>) -> UsbIdentity {
        let (serial, topology) = (serial.map(str::to_owned), topology.map(str::to_owned));
        UsbIdentity { vendor: 0x0400, product: 0xC35A, serial, topology }
    }

    #[test]
    fn every_way_to_write_one() {
        for (text, wanted) in [
            ("0400:c35a", identity(None, None)),
            ("0400:c35a:AB 12", identity(Some("AB 12"), None)),
            ("0400:c35a@1-2.3", identity(None, Some("1-2.3"))),
            ("0400:c35a:a@b:c@2-1", identity(Some("a@b:c"), Some("2-1"))),
            ("0400:c35a:a@b", identity(Some("a@b"), None)),
        ] {
            let read: UsbIdentity = text.parse().unwrap();
            assert_eq!(read, wanted);
            assert_eq!(read.to_string(), text);
        }
        assert_eq!("0400:C35A".parse(), Ok(identity(None, None)));
        for wrong in
            ["", "0400", "400:c35a", "0400:c35g", "0400:c35a:", "+400:c35a", "0400:c35a@1", "0400:c35a:\n"]
        {
            assert_eq!(wrong.parse::<UsbIdentity>(), Err(IdentityError), "{wrong:?}");
        }
    }

    #[test]
    fn what_is_not_said_may_be_anything() {
        let there = identity(Some("A"), Some("1-2"));
        for (meant, yes) in [
            (identity(None, None), true),
            (identity(Some("A"), None), true),
            (identity(Some("B"), None), false),
            (identity(None, Some("1-2")), true),
            (identity(Some("A"), Some("1-3")), false),
            (UsbIdentity::product(0x0400, 0xC35B), false),
        ] {
            assert_eq!(meant.means(&there), yes, "{meant}");
        }
        assert!(!identity(Some("A"), None).means(&identity(None, None)), "a serial number is asked for");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            vendor in any::<u16>(), product in any::<u16>(),
            serial in prop::option::of("[!-?A-~]{1,20}"), topology in prop::option::of("[1-9]-[1-9](\\.[1-9]){0,6}")
        ) {
            let identity = UsbIdentity { vendor, product, serial, topology };
            prop_assert_eq!(identity.to_string().parse(), Ok(identity));
        }

        #[test]
        fn any_text_is_survived(text in "\\PC{0,60}") {
            let _ = text.parse::<UsbIdentity>();
        }
    }
}
