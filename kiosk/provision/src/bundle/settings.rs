//! `kiosks/NAME.toml`: one kiosk's configuration, without what the kiosk knows better itself.
//!
//! The fields are those of the kiosk's own `Config`, which this room cannot know: it pulls in the screen. They are
//! listed here once more, and a test holds the list against that source. What a value means is for the kiosk;
//! what is checked here is all that would keep it from starting, since a bundle that does that is worse than none.

use super::network::Peer;
use crate::problem::Problems;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use toml::{Table, Value};

/// What a field may hold.
#[derive(Clone, Copy)]
enum Kind {
    /// a text of at most 600 bytes, without control characters
    Text,
    /// a whole number from the first to the second
    Whole(i64, i64),
    /// bits a second
    Baud,
    /// a capital letter
    Letter,
    /// a URL of this scheme
    Url(&'static str),
    /// a device's address
    Device,
    /// a file of the read-only system
    System,
    /// a program, by name or in the read-only system
    Program,
    /// an input device
    Input,
    /// variables of an environment
    Environment,
    /// `store.bandwidth`
    Bandwidth,
    /// an address to listen at
    Listen,
    /// the kiosk fills it in; the text says from what
    Filled(&'static str),
}

use Kind::{
    Bandwidth, Baud, Device, Environment, Filled, Input, Letter, Listen, Program, System, Text, Url, Whole,
};

const OWN: &str = "the kiosk's own place; take it out";
const PAIR: &str = "the certificate that the office gives the kiosk; take it out";

/// Every field of the kiosk's configuration.
const FIELDS: &[(&str, Kind)] = &[
    ("kiosk.name", Text),
    ("kiosk.letter", Letter),
    ("kiosk.catalogue", Filled("catalogue.toml of the bundle; take it out")),
    ("kiosk.logo", Filled("logo.png of the bundle; take it out")),
    ("kiosk.data", Filled(OWN)),
    ("kiosk.hall_key", Filled("secrets/NAME.sealed; take it out")),
    ("kiosk.outbox_key", Filled(OWN)),
    ("kiosk.retention_days", Whole(1, 65_535)),
    ("kiosk.reserve_mib", Whole(0, i64::MAX)),
    ("reader.port", Device),
    ("reader.baud", Baud),
    ("reader.profile", Text),
    ("slot.reader", Text),
    ("code_scanner.port", Device),
    ("code_scanner.baud", Baud),
    ("code_scanner.profile", Text),
    ("company_key.library", System),
    ("company_key.helper", System),
    ("company_key.environment", Environment),
    ("company_key.profile", Text),
    ("printer.port", Device),
    ("printer.baud", Baud),
    ("printer.profile", Text),
    ("printer.font", System),
    ("scanner.url", Url("http://")),
    ("scanner.sane", Text),
    ("scanner.helper", System),
    ("scanner.library", System),
    ("scanner.sane_config", System),
    ("scanner.profile", Text),
    ("store.url", Url("https://")),
    ("store.ca", Filled("trust/store-ca.pem; take it out")),
    ("store.certificate", Filled(PAIR)),
    ("store.key", Filled(PAIR)),
    ("store.custody_key", Filled("trust/custody.pem; take it out")),
    ("store.district", Url("https://")),
    ("store.bandwidth", Bandwidth),
    ("windows.url", Url("https://")),
    ("speech.program", Program),
    ("speech.player", Program),
    ("speech.rate", Whole(80, 320)),
    ("speech.volume", Whole(1, 200)),
    ("speech.jack", Input),
    ("patience.idle", Whole(0, 65_535)),
    ("patience.papers", Whole(0, 65_535)),
    ("patience.number", Whole(0, 65_535)),
    ("patience.number_unprinted", Whole(0, 65_535)),
    ("patience.goodbye", Whole(0, 65_535)),
    ("patience.card_left", Whole(0, 65_535)),
    ("patience.warning", Whole(0, 65_535)),
    ("technician.key", Filled("secrets/NAME.sealed; take it out")),
    ("technician.cards.reader", Text),
    ("technician.cards.authorities", Filled("trust/staff-ca.pem; take it out")),
    ("technician.cards.revoked", Filled("trust/staff-crl.pem; take it out")),
    ("technician.sticks.folder", Filled("network.toml; take it out")),
    ("technician.sticks.allowed", Filled("network.toml, sticks.allowed; put them there")),
    ("log.key", Filled(OWN)),
    ("log.folder", Filled(OWN)),
    ("metrics.listen", Listen),
    ("metrics.ca", Filled("trust/metrics-ca.pem or trust/store-ca.pem; take it out")),
    ("metrics.certificate", Filled(PAIR)),
    ("metrics.key", Filled(PAIR)),
    ("metrics.push_every", Whole(10, 65_535)),
];

/// Without these a kiosk does not start.
const NEEDED: &[&str] = &["kiosk.name", "kiosk.letter", "reader.port", "printer.port", "store.url"];

/// Somebody on the network whom the configuration names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// which field names it
    pub field: String,
    /// who; a name has to be one of the hosts
    pub host: String,
    /// where it listens (TCP)
    pub port: u16,
}

/// One kiosk's configuration, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// as it was written
    pub table: Table,
    /// the letter of its numbers
    pub letter: String,
    /// whom it has to reach
    pub needs: BTreeSet<Need>,
    /// where its figures are read, if anywhere
    pub listen: Option<SocketAddr>,
}

impl Settings {
    /// Reads `kiosks/NAME.toml` of the kiosk with this name.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, Problems> {
        let file = format!("kiosks/{name}.toml");
        let text = std::str::from_utf8(bytes).map_err(|_| Problems::one(&file, "file", "is no text"))?;
        let table: Table =
            toml::from_str(text).map_err(|error| Problems::one(&file, "file", error.to_string()))?;
        let mut reading = Reading { file, wrong: Problems::default(), needs: BTreeSet::new() };
        reading.table("", &table);
        reading.together(name, &table);
        let letter = at(&table, "kiosk.letter").and_then(Value::as_str).unwrap_or_default().to_owned();
        let listen = at(&table, "metrics.listen").and_then(Value::as_str);
        let listen = listen.and_then(|listen| listen.parse().ok());
        reading.wrong.or(Self { table, letter, needs: reading.needs, listen })
    }
}

/// The value of a field.
pub(crate) fn at<'a>(table: &'a Table, field: &str) -> Option<&'a Value> {
    let (first, rest) = field.split_once('.').map_or((field, None), |(first, rest)| (first, Some(rest)));
    let value = table.get(first)?;
    rest.map_or(Some(value), |rest| at(value.as_table()?, rest))
}

struct Reading {
    file: String,
    wrong: Problems,
    needs: BTreeSet<Need>,
}

impl Reading {
    fn add(&mut self, field: &str, what: impl Into<String>) {
        self.wrong.add(&self.file, field, what);
    }

    fn table(&mut self, above: &str, table: &Table) {
        for (key, value) in table {
            let field = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
            let below = format!("{field}.");
            // A key in quotes that only looks like a path is none that the kiosk knows.
            let whole = !key.contains('.');
            match (FIELDS.iter().find(|(known, _)| whole && *known == field), value) {
                (Some((_, kind)), value) => self.value(&field, *kind, value),
                (None, Value::Table(inner))
                    if whole && FIELDS.iter().any(|(known, _)| known.starts_with(&below)) =>
                {
                    self.table(&field, inner);
                }
                (None, _) => {
                    let field: String = field.chars().flat_map(char::escape_debug).take(80).collect();
                    self.add(&field, "is not known; look for a slip in its name");
                }
            }
        }
    }

    fn value(&mut self, field: &str, kind: Kind, value: &Value) {
        let text = value.as_str().filter(|text| text.len() <= 600 && !text.chars().any(char::is_control));
        let wrong: Option<String> = match kind {
            Text => text.is_none().then(|| "must be a text of one line".to_owned()),
            Whole(from, to) => (!value.as_integer().is_some_and(|n| (from..=to).contains(&n)))
                .then(|| format!("must be a whole number from {from} to {to}")),
            Baud => (![9_600, 19_200, 38_400, 57_600, 115_200].map(Some).contains(&value.as_integer()))
                .then(|| "must be 9600, 19200, 38400, 57600 or 115200".to_owned()),
            Letter => (!text.is_some_and(|t| t.len() == 1 && t.bytes().all(|b| b.is_ascii_uppercase())))
                .then(|| "must be one capital letter, A to Z".to_owned()),
            Url(scheme) => match text.and_then(|text| reached(text, scheme)) {
                Some((host, port)) => {
                    self.needs.insert(Need { field: field.to_owned(), host, port });
                    None
                }
                None => Some(format!("must begin with {scheme}, followed by a host's name or address")),
            },
            Device => match text.and_then(device) {
                Some(Some(to)) => {
                    let (host, port) = (to.ip().to_string(), to.port());
                    self.needs.insert(Need { field: field.to_owned(), host, port });
                    None
                }
                Some(None) => None,
                None => Some("must be /dev/serial/by-path/…, usb:VVVV:PPPP or tcp:IP:PORT".to_owned()),
            },
            System => (!text.is_some_and(is_system))
                .then(|| "must lie in the system, below /usr, /opt or /etc: only that is proven".to_owned()),
            Program => {
                let bare =
                    |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
                (!text.is_some_and(|t| bare(t) || is_system(t)))
                    .then(|| "must be a program of the system, by name or below /usr or /opt".to_owned())
            }
            Input => (!text.is_some_and(|t| t.starts_with("/dev/input/") && !t.contains("..")))
                .then(|| "must be /dev/input/by-path/…".to_owned()),
            Environment => (!value.as_table().is_some_and(is_harmless))
                .then(|| "must be texts, and none of the linker's (LD_…) or of PATH".to_owned()),
            Bandwidth => (!value.as_array().is_some_and(|w| w.iter().all(is_window))).then(|| {
                "must be tables with from and to (\"HH:MM\") and kib_per_second of at least 4".to_owned()
            }),
            Listen => text
                .and_then(|text| text.parse::<SocketAddr>().ok())
                .is_none_or(|to| to.port() < 1024)
                .then(|| "must be IP:PORT such as 0.0.0.0:9464, with a port from 1024".to_owned()),
            Filled(from) => Some(format!("is filled in by the kiosk, from {from}")),
        };
        if let Some(wrong) = wrong {
            self.add(field, wrong);
        }
    }

    /// What fields mean together.
    fn together(&mut self, name: &str, table: &Table) {
        for field in NEEDED.iter().filter(|field| at(table, field).is_none()) {
            self.add(field, "is missing; no kiosk starts without it");
        }
        let has = |field: &str| at(table, field).is_some();
        let text = |field: &str| at(table, field).and_then(Value::as_str);
        if text("kiosk.name").is_some_and(|written| written != name) {
            self.add("kiosk.name", format!("must be {name}, as the file's own name says"));
        }
        if has("scanner.url") == has("scanner.sane") {
            self.add("scanner", "needs either url (eSCL) or sane (the name of a SANE device)");
        }
        for (section, needed) in [
            ("code_scanner", "code_scanner.port"),
            ("company_key", "company_key.library"),
            ("windows", "windows.url"),
        ] {
            if has(section) && !has(needed) {
                self.add(needed, format!("is missing; without one take [{section}] out"));
            }
        }
        if has("metrics.push_every") && !has("windows.url") {
            self.add("metrics.push_every", "needs the windows' system (windows.url) to tell it to");
        }
        if has("technician.sticks") {
            self.add("technician.sticks", "is filled in by the kiosk, from network.toml, sticks.allowed");
        }
    }
}

/// Host and port of a URL.
fn reached(url: &str, scheme: &str) -> Option<(String, u16)> {
    let uri: http::Uri = url.parse().ok().filter(|_| url.starts_with(scheme))?;
    let authority = uri.authority()?;
    let port = match authority.as_str().strip_prefix(authority.host())? {
        "" if scheme == "https://" => 443,
        "" => 80,
        _ => authority.port_u16().filter(|port| *port > 0)?,
    };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let fits = host == "localhost" || host.parse::<Peer>().is_ok();
    fits.then(|| (host.to_ascii_lowercase(), port))
}

/// A device's address (`link::Address`), and where it is if it is on the network.
fn device(text: &str) -> Option<Option<SocketAddr>> {
    if let Some(address) = text.strip_prefix("tcp:") {
        return address.parse().ok().filter(|to: &SocketAddr| to.port() > 0).map(Some);
    }
    if let Some(identity) = text.strip_prefix("usb:") {
        let (ids, place) = identity.split_once('@').map_or((identity, None), |(a, b)| (a, Some(b)));
        let mut parts = ids.splitn(3, ':');
        let id =
            |part: Option<&str>| part.is_some_and(|p| p.len() == 4 && u16::from_str_radix(p, 16).is_ok());
        let ids = id(parts.next()) && id(parts.next()) && parts.next() != Some("");
        return (ids && place != Some("")).then_some(None);
    }
    let path = text.strip_prefix("serial:").unwrap_or(text);
    let fits = path.starts_with("/dev/") && path.len() <= 255 && !path.contains("..");
    fits.then_some(None)
}

fn is_system(path: &str) -> bool {
    ["/usr/", "/opt/", "/etc/"].iter().any(|top| path.starts_with(top)) && !path.contains("..")
}

fn is_harmless(variables: &Table) -> bool {
    let name = |name: &str| !name.starts_with("LD_") && name != "PATH" && name.len() <= 100;
    variables.len() <= 32 && variables.iter().all(|(key, value)| name(key) && value.is_str())
}

fn is_window(value: &Value) -> bool {
    let time = |value: Option<&Value>| {
        value.and_then(Value::as_str).is_some_and(|text| text.parse::<jiff::civil::Time>().is_ok())
    };
    value.as_table().is_some_and(|window| {
        window.len() == 3
            && time(window.get("from"))
            && time(window.get("to"))
            && window
                .get("kib_per_second")
                .and_then(Value::as_integer)
                .is_some_and(|kib| (4..=i64::from(u32::MAX)).contains(&kib))
    })
}

/// What the kiosk fills in.
pub(crate) struct Fill<'a> {
    /// the folder of the applied bundle, by the name that stays
    pub(crate) current: &'a str,
    /// the folder of the kiosk's own keys
    pub(crate) keys: &'a str,
    /// the kiosk's data
    pub(crate) data: &'a str,
    /// where the system mounts a stick
    pub(crate) stick: &'a str,
    /// files that the bundle has
    pub(crate) has: &'a dyn Fn(&str) -> bool,
    /// the hall gave a key for technicians' codes
    pub(crate) entry_key: bool,
    /// technicians' sticks
    pub(crate) sticks: &'a BTreeSet<String>,
}

impl Settings {
    /// The configuration that the kiosk starts with.
    pub(crate) fn effective(&self, fill: &Fill<'_>) -> Table {
        let mut table = self.table.clone();
        let mut set = |section: &str, values: &[(&str, String)]| {
            let entry = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(entry) = entry {
                entry.extend(
                    values.iter().map(|(key, value)| ((*key).to_owned(), Value::String(value.clone()))),
                );
            }
        };
        let Fill { current, keys, data, .. } = fill;
        let pair = |ca: &str| {
            [
                ("ca", format!("{current}/trust/{ca}")),
                ("certificate", format!("{keys}/kiosk.pem")),
                ("key", format!("{keys}/kiosk-key.pem")),
            ]
        };
        set(
            "kiosk",
            &[
                ("catalogue", format!("{current}/catalogue.toml")),
                ("data", (*data).to_owned()),
                ("hall_key", format!("{keys}/hall.key")),
                ("outbox_key", format!("{keys}/outbox.key")),
            ],
        );
        if (fill.has)("logo.png") {
            set("kiosk", &[("logo", format!("{current}/logo.png"))]);
        }
        set("store", &pair("store-ca.pem"));
        if (fill.has)("trust/custody.pem") {
            set("store", &[("custody_key", format!("{current}/trust/custody.pem"))]);
        }
        set("log", &[("key", format!("{keys}/log.key"))]);
        if self.table.contains_key("metrics") {
            let own = (fill.has)("trust/metrics-ca.pem");
            set("metrics", &pair(if own { "metrics-ca.pem" } else { "store-ca.pem" }));
        }
        if fill.entry_key {
            set("technician", &[("key", format!("{keys}/entry.key"))]);
        }
        if !fill.sticks.is_empty() {
            let allowed = fill.sticks.iter().cloned().map(Value::String).collect();
            let folder = Value::String(fill.stick.to_owned());
            let sticks = [("folder".to_owned(), folder), ("allowed".to_owned(), Value::Array(allowed))];
            let technician = table.entry("technician").or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(technician) = technician {
                technician.insert("sticks".to_owned(), Value::Table(sticks.into_iter().collect()));
            }
        }
        if let Some(Value::Table(cards)) =
            table.get_mut("technician").and_then(Value::as_table_mut).and_then(|t| t.get_mut("cards"))
        {
            for (key, file) in [("authorities", "staff-ca.pem"), ("revoked", "staff-crl.pem")] {
                cards.insert(key.to_owned(), Value::String(format!("{current}/trust/{file}")));
            }
        }
        table
    }
}

/// Kiosks by name.
pub type ByName = BTreeMap<String, Settings>;

#[cfg(test)]
pub(crate) const SAMPLE: &str = r#"
[kiosk]
name = "lobby-1"
letter = "A"
[reader]
port = "usb:0400:c35a"
profile = "sam-v-cmn"
[printer]
port = "tcp:10.0.0.9:9100"
[scanner]
url = "http://127.0.0.1:60000/eSCL"
[store]
url = "https://store.hall.example"
[windows]
url = "https://windows.hall.example:8443"
[metrics]
listen = "0.0.0.0:9464"
[technician.cards]
reader = "ACS"
"#;

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Settings, Problems> {
        Settings::parse("lobby-1", text.as_bytes())
    }

    #[test]
    fn whom_a_kiosk_has_to_reach_is_known() {
        let settings = parse(SAMPLE).unwrap();
        let needs: Vec<_> =
            settings.needs.iter().map(|n| (n.field.as_str(), n.host.as_str(), n.port)).collect();
        assert_eq!(
            needs,
            [
                ("printer.port", "10.0.0.9", 9100),
                ("scanner.url", "127.0.0.1", 60_000),
                ("store.url", "store.hall.example", 443),
                ("windows.url", "windows.hall.example", 8443),
            ]
        );
        assert_eq!(settings.listen.unwrap().port(), 9464);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (from, to, said) in [
            ("name = \"lobby-1\"", "name = \"lobby-2\"", "kiosk.name: must be lobby-1"),
            ("letter = \"A\"", "letter = \"AB\"", "kiosk.letter"),
            ("letter = \"A\"", "", "kiosk.letter: is missing"),
            ("letter", "latter", "kiosk.latter: is not known"),
            ("[kiosk]", "[kiosk]\ndata = \"/tmp\"", "kiosk.data: is filled in"),
            ("[kiosk]", "[kiosk]\nhall_key = \"/tmp\"", "kiosk.hall_key: is filled in"),
            ("[store]", "[store]\nca = \"/tmp\"", "store.ca: is filled in"),
            ("[store]", "[log]\nkey = \"/tmp\"\n[store]", "log.key: is filled in"),
            ("[technician.cards]", "[technician]\nkey = \"x\"\n[technician.cards]", "technician.key"),
            ("[technician.cards]", "[technician.sticks]\n[technician.cards]", "technician.sticks"),
            ("usb:0400:c35a", "usb:04:c35a", "reader.port"),
            ("usb:0400:c35a", "tcp:printer:9100", "reader.port"),
            ("port = \"usb:0400:c35a\"", "port = \"/dev/x\"\nbaud = 1200", "reader.baud"),
            ("http://127.0.0.1:60000/eSCL", "ftp://127.0.0.1", "scanner.url"),
            ("[scanner]", "[scanner]\nsane = \"test:0\"", "scanner: needs either"),
            ("https://store", "http://store", "store.url"),
            ("https://store.hall.example", "https://user@store.hall.example", "store.url"),
            ("https://store.hall.example", "https://store.hall.example:0", "store.url"),
            ("[scanner]", "[scanner]\nhelper = \"/data/onedoor/x\"", "scanner.helper"),
            ("[scanner]", "[scanner]\nlibrary = \"/usr/../data/x\"", "scanner.library"),
            ("[store]", "[speech]\nprogram = \"/tmp/x\"\n[store]", "speech.program"),
            ("[store]", "[speech]\nvolume = 0\n[store]", "speech.volume"),
            ("[store]", "[shop]\n[store]", "shop: is not known"),
            // A key in quotes is one key, and none that the kiosk knows.
            ("[metrics]\nlisten", "\"metrics.listen\"", "metrics.listen: is not known"),
            ("[store]", "[[store.bandwidth]]\nfrom = \"25:00\"\n[store]", "store.bandwidth: must be"),
            ("0.0.0.0:9464", "0.0.0.0:22", "metrics.listen"),
            ("listen = \"0.0.0.0:9464\"", "push_every = 5", "metrics.push_every"),
            ("[store]", "[company_key]\n[store]", "company_key.library: is missing"),
        ] {
            let text = SAMPLE.replacen(from, to, 1);
            assert_ne!(text, SAMPLE, "{from}");
            let error = parse(&text).expect_err(to).to_string();
            assert!(error.contains(said) && error.starts_with("kiosks/lobby-1.toml"), "{to}: {error}");
        }
        let both = SAMPLE.replace("\"A\"", "\"a\"").replace("https://store", "store");
        assert_eq!(parse(&both).unwrap_err().list().len(), 2);
    }

    #[test]
    fn a_line_of_bandwidth_is_known() {
        let window = "\n[[store.bandwidth]]\nfrom = \"08:00\"\nto = \"18:00\"\nkib_per_second = 64\n";
        let with = |window: &str| SAMPLE.replace("[windows]", &format!("{window}[windows]"));
        assert!(parse(&with(window)).is_ok());
        for (from, to) in [("64", "3"), ("18:00", "25:00"), ("to =", "until =")] {
            assert!(parse(&with(&window.replace(from, to))).is_err(), "{to}");
        }
    }

    /// The list is held against the kiosk's own source: what that knows and this does not would be refused, what
    /// this knows and that does not would keep the kiosk from starting.
    #[test]
    fn the_fields_are_those_of_the_kiosks_own_configuration() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../app/src/config.rs");
        let source = std::fs::read_to_string(path).unwrap();
        let mut structs: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        let mut inside = None;
        for line in source.lines() {
            if let Some(name) = line.strip_prefix("pub struct ").and_then(|l| l.split(' ').next()) {
                inside = Some(name.to_owned());
            } else if line == "}" {
                inside = None;
            } else if let Some(name) = &inside {
                let field = line.trim().trim_start_matches("pub ");
                if let Some((field, kind)) = field.split_once(": ").filter(|(f, _)| !f.contains(['/', ' '])) {
                    let kind = kind.trim_end_matches(',').trim_start_matches("Option<").trim_end_matches('>');
                    structs.entry(name.clone()).or_default().push((field.to_owned(), kind.to_owned()));
                }
            }
        }
        fn walk(
            structs: &BTreeMap<String, Vec<(String, String)>>,
            of: &str,
            above: &str,
            into: &mut BTreeSet<String>,
        ) {
            for (field, kind) in &structs[of] {
                let path = if above.is_empty() { field.clone() } else { format!("{above}.{field}") };
                if structs.contains_key(kind) {
                    walk(structs, kind, &path, into);
                } else if path != "digest" {
                    into.insert(path);
                }
            }
        }
        let mut theirs = BTreeSet::new();
        walk(&structs, "Config", "", &mut theirs);
        let ours: BTreeSet<String> = FIELDS.iter().map(|(field, _)| (*field).to_owned()).collect();
        assert_eq!(ours, theirs);
    }
}
