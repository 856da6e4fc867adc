//! `network.toml`: the wire, who is reached, what time it is, and what hangs on the kiosk.

use super::manifest::is_name;
use crate::problem::Problems;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Its name in a bundle.
const FILE: &str = "network.toml";
/// Things of a kind, at most.
const MOST: usize = 64;

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Network {
    /// the wired interface
    pub wired: Wired,
    /// hosts by name: nothing is resolved by DNS
    pub host: Vec<Host>,
    /// who may be reached besides those that the kiosk's configuration names
    pub reach: Vec<Reach>,
    /// time servers
    pub time: Vec<Time>,
    /// who may read the kiosk's figures
    pub metrics: Metrics,
    /// the tactile pad
    pub pad: Pad,
    /// technicians' USB sticks
    pub sticks: Sticks,
    /// the screen
    pub screen: Screen,
    /// the loudspeaker
    pub sound: Sound,
}

/// The wired interface: by DHCP, unless addresses are given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wired {
    /// its name; without one, whichever wire there is
    pub interface: Option<String>,
    /// `ADDRESS/PREFIX` of each kiosk, by name
    pub addresses: BTreeMap<String, Net>,
    /// the way out, with addresses alone
    pub gateway: Option<IpAddr>,
}

/// A host.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// its name
    pub name: HostName,
    /// where it is
    pub addresses: Vec<IpAddr>,
}

/// Somebody who may be reached.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reach {
    /// an address, or `ADDRESS/PREFIX`
    pub to: Net,
    /// which ports
    pub ports: BTreeSet<u16>,
    /// over what; TCP unless it is said
    #[serde(default)]
    pub protocol: Protocol,
}

/// A protocol with ports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// TCP
    #[default]
    Tcp,
    /// UDP
    Udp,
}

/// A time server: by NTS (RFC 8915).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Time {
    /// one of the hosts; with `plain`, an address will do
    pub server: Peer,
    /// by NTP without any proof, because the hall has nothing better
    #[serde(default)]
    pub plain: bool,
}

/// Who may read the kiosk's figures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    /// their addresses
    pub from: Vec<Net>,
}

/// The tactile pad: no other keyboard is listened to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pad {
    /// `VENDOR:PRODUCT` of each model
    pub ids: BTreeSet<UsbId>,
}

/// Technicians' USB sticks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sticks {
    /// `VENDOR:PRODUCT:SERIAL` of each
    pub allowed: BTreeSet<String>,
}

/// The screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Screen {
    /// how it is turned
    pub rotation: Rotation,
    /// percent, 5 to 100
    pub brightness: u8,
}

impl Default for Screen {
    fn default() -> Self {
        Self { rotation: Rotation::None, brightness: 80 }
    }
}

/// The loudspeaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sound {
    /// percent, 0 to 100
    pub volume: u8,
}

impl Default for Sound {
    fn default() -> Self {
        Self { volume: 70 }
    }
}

/// How the screen is turned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u16")]
pub enum Rotation {
    /// not at all
    #[default]
    None,
    /// by 90 degrees
    Quarter,
    /// by 180 degrees
    Half,
    /// by 270 degrees
    ThreeQuarters,
}

impl TryFrom<u16> for Rotation {
    type Error = &'static str;

    fn try_from(degrees: u16) -> Result<Self, Self::Error> {
        match degrees {
            0 => Ok(Self::None),
            90 => Ok(Self::Quarter),
            180 => Ok(Self::Half),
            270 => Ok(Self::ThreeQuarters),
            _ => Err("must be 0, 90, 180 or 270"),
        }
    }
}

impl Rotation {
    /// In degrees.
    #[must_use]
    pub const fn degrees(self) -> u16 {
        match self {
            Self::None => 0,
            Self::Quarter => 90,
            Self::Half => 180,
            Self::ThreeQuarters => 270,
        }
    }
}

/// Values that are texts in the file.
macro_rules! texts {
    ($($name:ident),*) => {$(
        impl TryFrom<String> for $name {
            type Error = &'static str;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }
    )*};
}

texts!(HostName, Net, Peer, UsbId);

/// A host's name: letters, digits, hyphens and dots (RFC 1123, 2.1), small.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct HostName(String);

impl FromStr for HostName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        // What looks like an address is none that everybody reads alike.
        let letters = text.bytes().any(|b| b.is_ascii_alphabetic());
        if text.len() > 253
            || !letters
            || text.eq_ignore_ascii_case("localhost")
            || !text.split('.').all(label)
        {
            return Err("must be a host's name, such as store.hall.example");
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Addresses that begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Net {
    /// one of them
    pub address: IpAddr,
    /// bits that are the same in all of them
    pub prefix: u8,
}

impl Net {
    /// This one alone.
    #[must_use]
    pub const fn only(address: IpAddr) -> Self {
        let prefix = if address.is_ipv4() { 32 } else { 128 };
        Self { address, prefix }
    }

    /// Whether the bits behind the prefix are zero.
    fn is_whole(self) -> bool {
        let (bits, length) = match self.address {
            IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
            IpAddr::V6(address) => (address.to_bits(), 128),
        };
        let behind = u32::from(length - self.prefix);
        bits.checked_shr(behind).and_then(|front| front.checked_shl(behind)).unwrap_or(0) == bits
    }
}

impl FromStr for Net {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "must be an address such as 10.0.0.7, or 10.0.0.0/24";
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let whole = Self::only(address.parse().map_err(|_| wrong)?);
        let Some(prefix) = prefix else { return Ok(whole) };
        let prefix = prefix.parse().ok().filter(|p| (1..=whole.prefix).contains(p)).ok_or(wrong)?;
        Ok(Self { prefix, ..whole })
    }
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::only(self.address) {
            write!(f, "{}", self.address)
        } else {
            write!(f, "{}/{}", self.address, self.prefix)
        }
    }
}

/// A host by name or by address.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Peer {
    /// one of the hosts
    Name(HostName),
    /// where it is
    Address(IpAddr),
}

impl FromStr for Peer {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bare = text.trim_start_matches('[').trim_end_matches(']');
        bare.parse().map(Self::Address).or_else(|_| text.parse().map(Self::Name))
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Address(address) => address.fmt(f),
        }
    }
}

/// `VENDOR:PRODUCT` of a USB device, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct UsbId {
    /// the vendor
    pub vendor: String,
    /// the product
    pub product: String,
}

fn is_hex(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

impl FromStr for UsbId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (vendor, product) = text
            .split_once(':')
            .filter(|(vendor, product)| is_hex(vendor) && is_hex(product))
            .ok_or("must be VENDOR:PRODUCT, such as 04d9:1400")?;
        Ok(Self { vendor: vendor.to_ascii_lowercase(), product: product.to_ascii_lowercase() })
    }
}

fn is_stick(text: &str) -> bool {
    let mut parts = text.splitn(3, ':');
    let ids = parts.next().is_some_and(is_hex) && parts.next().is_some_and(is_hex);
    let serial = |serial: &str| {
        (1..=64).contains(&serial.len())
            && serial.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    ids && parts.next().is_some_and(serial)
}

impl Network {
    /// Reads one.
    ///
    /// # Errors
    /// Everything that is wrong with it; a form that is wrong is one error, where the reading stopped.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problems> {
        let problem = |what: String| Problems::one(FILE, "file", what);
        let text = std::str::from_utf8(bytes).map_err(|_| problem("is no text".to_owned()))?;
        let this: Self = toml::from_str(text).map_err(|error| problem(error.to_string()))?;
        let mut wrong = Problems::default();
        this.check(&mut |field, what| wrong.add(FILE, field, what));
        wrong.or(this)
    }

    fn check(&self, add: &mut dyn FnMut(&str, &str)) {
        let counts = [
            ("host", self.host.len()),
            ("reach", self.reach.len()),
            ("time", self.time.len()),
            ("metrics.from", self.metrics.from.len()),
            ("pad.ids", self.pad.ids.len()),
            ("sticks.allowed", self.sticks.allowed.len()),
            ("wired.addresses", self.wired.addresses.len()),
        ];
        for (field, _) in counts.into_iter().filter(|(_, count)| *count > MOST) {
            add(field, "has more than 64 entries; take some out");
        }
        self.check_wired(add);
        let mut names = BTreeSet::new();
        for (number, host) in self.host.iter().enumerate() {
            if host.addresses.is_empty() || host.addresses.len() > 8 {
                add(&format!("host[{number}].addresses"), "must be 1 to 8 addresses: nothing asks DNS");
            }
            if host.addresses.iter().any(|address| !is_somebody(*address)) {
                add(&format!("host[{number}].addresses"), "must be addresses of other machines");
            }
            if !names.insert(&host.name) {
                add(&format!("host[{number}].name"), "stands here twice; put its addresses together");
            }
        }
        for (number, reach) in self.reach.iter().enumerate() {
            if reach.ports.is_empty() || reach.ports.len() > MOST || reach.ports.contains(&0) {
                add(&format!("reach[{number}].ports"), "must be 1 to 64 ports from 1 to 65535");
            }
            if !reach.to.is_whole() {
                add(&format!("reach[{number}].to"), "has bits behind its prefix; write the first address");
            }
            let widest = if reach.to.address.is_ipv4() { 16 } else { 48 };
            if reach.to.prefix < widest {
                add(&format!("reach[{number}].to"), "is too wide; name the machines that are meant");
            }
        }
        for (number, time) in self.time.iter().enumerate() {
            let field = format!("time[{number}].server");
            match &time.server {
                Peer::Name(name) if self.addresses(name).is_none() => {
                    add(&field, "is not among the hosts; add it as [[host]] with its addresses");
                }
                Peer::Address(_) if !time.plain => {
                    add(&field, "must be a name: NTS proves names; or say plain = true");
                }
                _ => {}
            }
        }
        if self.metrics.from.iter().any(|net| !net.is_whole()) {
            add("metrics.from", "has bits behind a prefix; write the first address");
        }
        if self.sticks.allowed.iter().any(|stick| !is_stick(stick)) {
            add("sticks.allowed", "must be VENDOR:PRODUCT:SERIAL of each, as `lsusb -v` tells them");
        }
        if !(5..=100).contains(&self.screen.brightness) {
            add("screen.brightness", "must be 5 to 100 percent");
        }
        if self.sound.volume > 100 {
            add("sound.volume", "must be 0 to 100 percent");
        }
    }

    fn check_wired(&self, add: &mut dyn FnMut(&str, &str)) {
        let Wired { interface, addresses, gateway } = &self.wired;
        let named = |name: &String| {
            (1..=15).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        if interface.as_ref().is_some_and(|name| !named(name)) {
            add("wired.interface", "must be an interface's name, such as enp1s0");
        }
        for (name, net) in addresses {
            let field = format!("wired.addresses.{:.40}", name.escape_debug());
            if !is_name(name) {
                add(&field, "is no kiosk's name");
            }
            if *net == Net::only(net.address) || !is_somebody(net.address) {
                add(&field, "must be an address with its prefix, such as 10.0.0.7/24");
            }
        }
        if gateway.is_some() && addresses.is_empty() {
            add("wired.gateway", "comes by DHCP, as there are no wired.addresses; take it out");
        }
        let mut known = BTreeSet::new();
        if addresses.values().any(|net| !known.insert(net.address)) {
            add("wired.addresses", "gives two kiosks one address");
        }
    }

    /// Where a host is; `None` if nobody said.
    #[must_use]
    pub fn addresses(&self, name: &HostName) -> Option<&[IpAddr]> {
        self.host.iter().find(|host| host.name == *name).map(|host| host.addresses.as_slice())
    }
}

/// Whether this can be another machine's address.
fn is_somebody(address: IpAddr) -> bool {
    !(address.is_unspecified() || address.is_multicast() || address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
[wired]
interface = "enp1s0"
gateway = "10.0.0.1"
addresses = { lobby-1 = "10.0.0.7/24" }
[[host]]
name = "time.hall.example"
addresses = ["10.0.0.3"]
[[reach]]
to = "10.0.9.0/24"
ports = [9100]
[[time]]
server = "time.hall.example"
[metrics]
from = ["10.0.0.50"]
[pad]
ids = ["04D9:1400"]
[sticks]
allowed = ["0951:1666:E0D55EA573F0"]
[screen]
rotation = 90
brightness = 60
"#;

    #[test]
    fn what_is_not_said_is_the_safest() {
        let network = Network::parse(b"").unwrap();
        assert_eq!(network, Network::default());
        assert_eq!((network.screen.brightness, network.sound.volume), (80, 70));
        let network = Network::parse(GOOD.as_bytes()).unwrap();
        assert_eq!(network.reach[0].protocol, Protocol::Tcp);
        assert!(!network.time[0].plain);
        assert_eq!(network.pad.ids.first().unwrap().vendor, "04d9");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (from, to, said) in [
            ("enp1s0", "en p", "wired.interface"),
            ("10.0.0.7/24", "10.0.0.7", "wired.addresses.lobby-1"),
            ("addresses = { lobby-1 = \"10.0.0.7/24\" }", "", "wired.gateway"),
            ("lobby-1 = ", "lobby-2 = \"10.0.0.7/24\", lobby-1 = ", "two kiosks"),
            ("[\"10.0.0.3\"]", "[]", "host[0].addresses"),
            ("[\"10.0.0.3\"]", "[\"127.0.0.1\"]", "host[0].addresses"),
            ("\"time.hall.example\"\naddresses", "\"10.0.0.3\"\naddresses", "line 7"),
            ("[9100]", "[]", "reach[0].ports"),
            ("[9100]", "[0]", "reach[0].ports"),
            ("10.0.9.0/24", "10.0.9.1/24", "reach[0].to"),
            ("10.0.9.0/24", "10.0.0.0/8", "reach[0].to"),
            ("10.0.9.0/24", "everywhere", "must be an address"),
            ("server = \"time.hall.example\"", "server = \"other.hall.example\"", "time[0].server"),
            ("server = \"time.hall.example\"", "server = \"10.0.0.3\"", "time[0].server"),
            ("04D9:1400", "04D9", "VENDOR:PRODUCT"),
            ("0951:1666:E0D55EA573F0", "0951:1666", "sticks.allowed"),
            ("rotation = 90", "rotation = 45", "0, 90, 180 or 270"),
            ("brightness = 60", "brightness = 0", "screen.brightness"),
            ("[screen]", "[sound]\nvolume = 101\n[screen]", "sound.volume"),
            ("[screen]", "[scream]", "scream"),
        ] {
            let text = GOOD.replacen(from, to, 1);
            assert_ne!(text, GOOD, "{from}");
            let error = Network::parse(text.as_bytes()).expect_err(to).to_string();
            assert!(error.contains(said), "{to}: {error}");
        }
        let both = GOOD.replace("= 60", "= 0").replace("[9100]", "[]");
        assert_eq!(Network::parse(both.as_bytes()).unwrap_err().list().len(), 2);
    }
}
