//! What is plugged in, as the kernel tells it, also what this user may not open.
//!
//! Everything comes from `/sys`, which anyone may read; nothing is asked of a device. Only whether a
//! serial port is in use takes opening it, for that moment.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use crate::{Address, UsbIdentity};

/// The most of an attribute that is read, in bytes.
const LONGEST_ATTRIBUTE: usize = 512;

/// The most entries of a folder that are looked at.
const MOST_ENTRIES: usize = 1_024;

/// Interface classes that a kiosk's devices have: printer, smart card, vendor's own.
const OF_INTEREST: [u8; 3] = [0x07, 0x0B, 0xFF];

/// A device that is plugged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// How to name it in the configuration: by its own identity or its place.
    pub address: Address,
    /// Other names of the same port, such as `/dev/ttyUSB0`.
    pub names: Vec<String>,
    /// What it is, for people.
    pub description: String,
    /// Whether it could be opened.
    pub permitted: Permitted,
}

/// Whether a device could be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permitted {
    /// It could.
    Yes,
    /// Not by this user; what to do about it.
    No(String),
    /// Not now: a program holds it.
    InUse,
}

/// `ADDRESS  DESCRIPTION; whether it can be opened; other names`, on one line.
impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}  {}; {}", self.address, self.description, self.permitted)?;
        if !self.names.is_empty() {
            write!(f, "; also {}", self.names.join(", "))?;
        }
        Ok(())
    }
}

impl std::fmt::Display for Permitted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Yes => f.write_str("can be opened"),
            Self::No(why) => write!(f, "cannot be opened: {why}"),
            Self::InUse => f.write_str("in use by another program"),
        }
    }
}

/// Lists serial ports, and USB devices that could be a kiosk's.
#[must_use]
pub fn discover() -> Vec<Found> {
    Roots::default().discover()
}

/// Every USB device there is, with its serial number and place.
pub(crate) fn usb_devices() -> Vec<UsbIdentity> {
    let roots = Roots::default();
    roots.usb_folders().iter().filter_map(|folder| roots.identity(folder)).collect()
}

/// The USB device that a serial port belongs to.
pub(crate) fn usb_behind(path: &str) -> Option<UsbIdentity> {
    Roots::default().usb_behind(path)
}

/// The name of a serial port that stays the same.
pub(crate) fn stable_name(path: &str) -> Option<String> {
    let roots = Roots::default();
    let node = fs::canonicalize(path).ok()?;
    roots.stable_names().remove(&node)?.into_iter().next()
}

/// An attribute of the USB device at `place`, read by the kernel when it was plugged in.
pub(crate) fn usb_attribute(place: &str, name: &str) -> Option<String> {
    attribute(&Roots::default().sys.join("bus/usb/devices").join(place), name)
}

/// Where the kernel's folders are: elsewhere in tests.
struct Roots {
    dev: PathBuf,
    sys: PathBuf,
}

impl Default for Roots {
    fn default() -> Self {
        Self { dev: PathBuf::from("/dev"), sys: PathBuf::from("/sys") }
    }
}

impl Roots {
    fn discover(&self) -> Vec<Found> {
        let mut found = self.serial_ports();
        found.extend(self.usb_folders().iter().filter_map(|folder| self.usb_device(folder)));
        found
    }

    fn serial_ports(&self) -> Vec<Found> {
        let mut stable = self.stable_names();
        let ports = entries(&self.sys.join("class/tty")).into_iter().filter(|port| is_hardware(port));
        ports
            .filter_map(|port| {
                let node = self.dev.join(port.file_name()?);
                let mut names =
                    fs::canonicalize(&node).ok().and_then(|n| stable.remove(&n)).unwrap_or_default();
                names.push(node.to_str()?.to_owned());
                let address = Address::Serial(names.remove(0));
                let description = match self.usb_above(&port) {
                    Some(folder) => format!("serial port on USB {}", self.describe(&folder)),
                    None => format!("serial port {}", port.file_name()?.to_str()?),
                };
                Some(Found { address, names, description, permitted: serial_permitted(&node) })
            })
            .collect()
    }

    /// The stable names of each node: by place, then by identity.
    fn stable_names(&self) -> BTreeMap<PathBuf, Vec<String>> {
        let mut names: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
        for folder in ["serial/by-path", "serial/by-id"] {
            for link in entries(&self.dev.join(folder)) {
                if let (Ok(node), Some(name)) = (fs::canonicalize(&link), link.to_str()) {
                    names.entry(node).or_default().push(name.to_owned());
                }
            }
        }
        names
    }

    fn usb_behind(&self, path: &str) -> Option<UsbIdentity> {
        let node = fs::canonicalize(path).ok()?;
        let folder = self.usb_above(&self.sys.join("class/tty").join(node.file_name()?))?;
        self.identity(&folder)
    }

    /// The folder of the USB device that a port's folder lies in.
    fn usb_above(&self, port: &Path) -> Option<PathBuf> {
        let folder = fs::canonicalize(port.join("device")).ok()?;
        folder.ancestors().find(|above| above.join("idVendor").exists()).map(Path::to_owned)
    }

    /// The folders of USB devices; those of hubs and interfaces are left out.
    fn usb_folders(&self) -> Vec<PathBuf> {
        let all = entries(&self.sys.join("bus/usb/devices"));
        all.into_iter()
            .filter(|f| attribute(f, "idVendor").is_some() && hex8(f, "bDeviceClass") != Some(9))
            .collect()
    }

    fn usb_device(&self, folder: &Path) -> Option<Found> {
        let identity = self.identity(folder)?;
        let place = identity.topology.clone()?;
        let interfaces: Vec<PathBuf> = entries(&self.sys.join("bus/usb/devices"))
            .into_iter()
            .filter(|f| {
                f.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.starts_with(&format!("{place}:")))
            })
            .collect();
        let classes =
            interfaces.iter().filter_map(|f| hex8(f, "bInterfaceClass")).chain(hex8(folder, "bDeviceClass"));
        let drivers: Vec<String> = interfaces.iter().filter_map(|f| driver(f)).collect();
        // What has become a serial port is listed as one.
        let is_port = drivers.iter().any(|d| !["usbfs", "usblp"].contains(&d.as_str()));
        if is_port || !classes.into_iter().any(|class| OF_INTEREST.contains(&class)) {
            return None;
        }
        let number = |name| attribute(folder, name)?.parse::<u16>().ok();
        let node = format!("bus/usb/{:03}/{:03}", number("busnum")?, number("devnum")?);
        let permitted = if drivers.iter().any(|d| d == "usbfs") {
            Permitted::InUse
        } else {
            access(&self.dev.join(node))
        };
        let description = format!("USB {}", self.describe(folder));
        // The serial number says which device it is; without one the place has to.
        let topology = if identity.serial.is_some() { None } else { Some(place) };
        let address = Address::Usb(UsbIdentity { topology, ..identity });
        Some(Found { address, names: Vec::new(), description, permitted })
    }

    fn identity(&self, folder: &Path) -> Option<UsbIdentity> {
        let id = |name| u16::from_str_radix(&attribute(folder, name)?, 16).ok();
        Some(UsbIdentity {
            vendor: id("idVendor")?,
            product: id("idProduct")?,
            serial: attribute(folder, "serial"),
            topology: folder.file_name().and_then(|name| name.to_str()).map(str::to_owned),
        })
    }

    fn describe(&self, folder: &Path) -> String {
        let identity = self.identity(folder).map(|i| i.to_string());
        let names = ["manufacturer", "product"].iter().filter_map(|name| attribute(folder, name));
        names.chain(identity).collect::<Vec<_>>().join(" ")
    }
}

/// A folder's entries in the order of their names.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(listed) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = listed.take(MOST_ENTRIES).filter_map(|e| Some(e.ok()?.path())).collect();
    paths.sort();
    paths
}

/// An attribute, if it is one line of printable text.
fn attribute(folder: &Path, name: &str) -> Option<String> {
    let text = fs::read(folder.join(name)).ok().filter(|text| text.len() <= LONGEST_ATTRIBUTE)?;
    let text = String::from_utf8(text).ok()?;
    let text = text.trim();
    (!text.is_empty() && !text.contains(char::is_control)).then(|| text.to_owned())
}

fn hex8(folder: &Path, name: &str) -> Option<u8> {
    u8::from_str_radix(&attribute(folder, name)?, 16).ok()
}

fn driver(interface: &Path) -> Option<String> {
    let target = fs::read_link(interface.join("driver")).ok()?;
    Some(target.file_name()?.to_str()?.to_owned())
}

/// Whether a terminal has a device behind it: consoles have none, and a serial port that the
/// kernel only reckons with is of type 0.
fn is_hardware(port: &Path) -> bool {
    port.join("device").exists() && attribute(port, "type").as_deref() != Some("0")
}

fn serial_permitted(node: &Path) -> Permitted {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match rustix::fs::open(node, flags, Mode::empty()) {
        Ok(port) => match rustix::fs::flock(&port, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => Permitted::InUse,
            Ok(()) | Err(_) => Permitted::Yes,
        },
        Err(Errno::BUSY) => Permitted::InUse,
        Err(error) => refused(node, error),
    }
}

fn access(node: &Path) -> Permitted {
    match rustix::fs::access(node, Access::READ_OK | Access::WRITE_OK) {
        Ok(()) => Permitted::Yes,
        Err(error) => refused(node, error),
    }
}

fn refused(node: &Path, error: Errno) -> Permitted {
    let node = node.display();
    Permitted::No(match error {
        Errno::ACCESS | Errno::PERM => {
            format!("{node} is not this user's to open: add the user to its group, or a udev rule for it")
        }
        other => format!("{node}: {other}"),
    })
}

#[cfg(test)]
mod tests;
