//! What the files of a bundle say, each alone and all together.

use super::archive::{Files, is_plain};
use super::manifest::{Kiosk, is_name};
use super::network::{HostName, Network};
use super::settings::{ByName, Settings, at};
use crate::fingerprint::Fingerprint;
use crate::pem;
use crate::problem::Problems;
use crate::sealed::{self, OpeningKey, Purpose, SealingKey};
use crate::signature::SigningKeys;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::CertificateRevocationListDer;
use rustls_pki_types::pem::PemObject;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Cursor;
use visit::catalogue::Catalogue;
use x509_parser::prelude::FromDer;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const CATALOGUE: &str = "catalogue.toml";
const NETWORK: &str = "network.toml";
const LOGO: &str = "logo.png";

/// A file of settings or certificates is at most this long, in bytes.
const LONGEST_TEXT: usize = 256 * 1024;
/// A picture is at most this long, in bytes.
const LONGEST_PICTURE: usize = 2 * 1024 * 1024;
/// A PNG is at most this wide and high, in pixels: as much as the kiosk shows.
const LARGEST_PNG: u32 = 2048;
/// Bytes of a hall's key.
const KEY: usize = 32;
/// Bytes of a sealed file, at most.
const LONGEST_SEALED: usize = 4096;

/// What it all says.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// the wire, hosts, time, what hangs on the kiosks
    pub network: Network,
    /// each kiosk's configuration
    pub kiosks: ByName,
}

/// Checks the files of a bundle for these kiosks.
///
/// # Errors
/// Everything that is wrong with them.
pub fn check(files: &Files, kiosks: &[Kiosk]) -> Result<Content, Problems> {
    let mut wrong = Problems::default();
    let pictures = catalogue(files, &mut wrong);
    for (name, content) in files {
        file(name, content, kiosks, &pictures, &mut wrong);
    }
    let network = match files.get(NETWORK).map(|bytes| Network::parse(bytes)) {
        None => {
            wrong.add(NETWORK, "file", "is missing; an empty one means DHCP and nobody to reach");
            None
        }
        Some(read) => read.map_err(|problems| wrong.extend(problems)).ok(),
    };
    if !files.contains_key("trust/store-ca.pem") {
        wrong.add("trust/store-ca.pem", "file", "is missing; it is the CA of the store's certificate");
    }
    let proven = |network: &Network| network.time.iter().any(|time| !time.plain);
    if network.as_ref().is_some_and(proven) && !files.contains_key("trust/time-ca.pem") {
        let what =
            "is missing; it is the CA of the time servers' certificates (NTS), and the system knows no other";
        wrong.add("trust/time-ca.pem", "file", what);
    }
    let mut read = ByName::new();
    for Kiosk { name, .. } in kiosks {
        if !files.contains_key(&format!("secrets/{name}.sealed")) {
            let what = "is missing; make it with `onedoor-hall seal`";
            wrong.add(&format!("secrets/{name}.sealed"), "file", what);
        }
        let file = format!("kiosks/{name}.toml");
        match files.get(&file).map(|bytes| Settings::parse(name, bytes)) {
            None => wrong.add(&file, "file", "is missing; it is the kiosk's configuration"),
            Some(Err(problems)) => wrong.extend(problems),
            Some(Ok(settings)) => {
                if let Some(network) = &network {
                    together(name, &settings, network, files, &mut wrong);
                }
                read.insert(name.clone(), settings);
            }
        }
    }
    let mut letters = BTreeMap::new();
    for (name, settings) in &read {
        if let Some(other) = letters.insert(&settings.letter, name) {
            let what = format!("is {other}'s, too: both would give the same numbers");
            wrong.add(&format!("kiosks/{name}.toml"), "kiosk.letter", what);
        }
    }
    wrong.or(Content { network: network.unwrap_or_default(), kiosks: read })
}

/// Checks the catalogue, and says which pictures it wants.
fn catalogue(files: &Files, wrong: &mut Problems) -> Vec<String> {
    let Some(bytes) = files.get(CATALOGUE) else {
        wrong.add(CATALOGUE, "file", "is missing; it is what the hall offers");
        return Vec::new();
    };
    let Ok(text) = std::str::from_utf8(bytes) else {
        wrong.add(CATALOGUE, "file", "is no text");
        return Vec::new();
    };
    match Catalogue::parse(text) {
        Ok(catalogue) => {
            let pictures: Vec<String> =
                catalogue.materials.iter().filter_map(|m| m.example.clone()).collect();
            for picture in &pictures {
                if !is_plain(picture) {
                    let what = "names a picture that cannot lie in a bundle; use a plain name beside it";
                    wrong.add(CATALOGUE, picture, what);
                } else if !files.contains_key(picture) {
                    wrong.add(picture, "file", "is missing; the catalogue shows it");
                }
            }
            pictures
        }
        Err(errors) => {
            for error in errors.0 {
                wrong.add(CATALOGUE, &format!("line {}, {}", error.line, error.field), error.what);
            }
            Vec::new()
        }
    }
}

/// Checks one file alone.
fn file(name: &str, content: &[u8], kiosks: &[Kiosk], pictures: &[String], wrong: &mut Problems) {
    let of_a_kiosk = |folder: &str, ending: &str| {
        let kiosk = name.strip_prefix(folder).and_then(|rest| rest.strip_suffix(ending));
        kiosk.is_some_and(|kiosk| is_name(kiosk) && kiosks.iter().any(|known| known.name == kiosk))
    };
    let listed = pictures.iter().any(|picture| picture == name);
    let longest = if listed || name == LOGO { LONGEST_PICTURE } else { LONGEST_TEXT };
    if name != CATALOGUE && content.len() > longest {
        wrong.add(name, "file", format!("has more than {longest} bytes; make it smaller"));
        return;
    }
    let said = match name {
        CATALOGUE | NETWORK => None,
        LOGO => unshown(content),
        "trust/store-ca.pem" | "trust/staff-ca.pem" | "trust/metrics-ca.pem" | "trust/time-ca.pem" => {
            authorities(content)
        }
        "trust/staff-crl.pem" => revoked(content),
        "trust/custody.pem" => pem::public_keys(content)
            .is_none_or(|keys| keys.len() != 1 || SigningKeys::from_pem(content).is_err())
            .then(|| "is not one public key, P-256 or Ed25519, in PEM (SubjectPublicKeyInfo)".to_owned()),
        _ if of_a_kiosk("kiosks/", ".toml") => None,
        _ if of_a_kiosk("secrets/", ".sealed") => (content.len() <= sealed::OVERHEAD
            || content.len() > LONGEST_SEALED)
            .then(|| "is nothing sealed; make it with `onedoor-hall seal`".to_owned()),
        // The kiosk decodes a JPEG, bounded, and shows none that it cannot read.
        _ if listed && content.starts_with(&[0xff, 0xd8, 0xff]) => None,
        _ if listed && content.starts_with(b"\x89PNG\r\n\x1a\n") => unshown(content),
        _ if listed => Some("is neither a JPEG nor a PNG".to_owned()),
        _ => Some("has no place in a bundle, or belongs to no kiosk of it; take it out".to_owned()),
    };
    if let Some(said) = said {
        wrong.add(name, "file", said);
    }
}

/// Why a PNG is not shown.
fn unshown(content: &[u8]) -> Option<String> {
    let mut decoder =
        png::Decoder::new_with_limits(Cursor::new(content), png::Limits { bytes: 16 * 1024 * 1024 });
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let read = decoder.read_info().and_then(|mut reader| {
        let (width, height) = reader.info().size();
        if width > LARGEST_PNG || height > LARGEST_PNG {
            return Ok(false);
        }
        let mut pixels = vec![0; reader.output_buffer_size().unwrap_or_default()];
        reader.next_frame(&mut pixels)?;
        Ok(true)
    });
    match read {
        Ok(true) => None,
        Ok(false) => Some("is larger than 2048 by 2048 pixels; make it smaller".to_owned()),
        Err(error) => Some(format!("is no PNG that can be shown: {error}")),
    }
}

fn authorities(content: &[u8]) -> Option<String> {
    let Some(certificates) = pem::certificates(content) else {
        return Some("is not 1 to 16 certificates in PEM".to_owned());
    };
    let is_authority = |der: &rustls_pki_types::CertificateDer<'_>| {
        x509_parser::parse_x509_certificate(der).is_ok_and(|(rest, read)| rest.is_empty() && read.is_ca())
            && webpki::anchor_from_trusted_cert(der).is_ok()
    };
    (!certificates.iter().all(is_authority))
        .then(|| "holds a certificate that is no authority's (CA:TRUE); put in the CA's".to_owned())
}

fn revoked(content: &[u8]) -> Option<String> {
    let lists: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(content).collect();
    let is_list = |der: &CertificateRevocationListDer<'_>| {
        x509_parser::revocation_list::CertificateRevocationList::from_der(der).is_ok()
    };
    let fine = lists.is_ok_and(|lists| !lists.is_empty() && lists.iter().all(is_list));
    (!fine).then(|| "is no list of revoked certificates in PEM (X509 CRL)".to_owned())
}

/// What one kiosk's configuration means beside the rest.
fn together(name: &str, settings: &Settings, network: &Network, files: &Files, wrong: &mut Problems) {
    let file = format!("kiosks/{name}.toml");
    for need in &settings.needs {
        let by_name = need.host.parse::<std::net::IpAddr>().is_err() && need.host != "localhost";
        let found = need.host.parse::<HostName>().is_ok_and(|host| network.addresses(&host).is_some());
        if by_name && !found {
            let what = format!(
                "names {}, of which network.toml says no address; add it there as [[host]]: nothing asks DNS",
                need.host
            );
            wrong.add(&file, &need.field, what);
        }
    }
    if !network.wired.addresses.is_empty() && !network.wired.addresses.contains_key(name) {
        wrong.add(NETWORK, "wired.addresses", format!("gives {name} no address, but others; give it one"));
    }
    if at(&settings.table, "technician.cards").is_some() {
        for needed in ["trust/staff-ca.pem", "trust/staff-crl.pem"] {
            if !files.contains_key(needed) {
                wrong.add(needed, "file", format!("is missing; {name} takes technicians' cards"));
            }
        }
    }
    if settings.listen.is_some() && network.metrics.from.is_empty() {
        let what = format!("is empty, but {name} shows its figures; say who may read them");
        wrong.add(NETWORK, "metrics.from", what);
    }
}

/// What a hall shares with its kiosks.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Secrets {
    /// the hall's key for hashing document numbers
    pub hall_key: Vec<u8>,
    /// this kiosk's key for the codes of the hall's office
    pub entry_key: Option<Vec<u8>>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets")
    }
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Written {
    hall_key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    entry_key: Option<String>,
}

/// Name and fingerprint: what is sealed for one kiosk opens as no other's.
fn bond(kiosk: &str, fingerprint: Fingerprint) -> Vec<u8> {
    format!("{kiosk}\0{fingerprint}").into_bytes()
}

impl Secrets {
    /// Seals them for one kiosk; `None` when a key has not 32 bytes, or the kiosk's key cannot be sealed to.
    #[must_use]
    pub fn seal(&self, kiosk: &str, fingerprint: Fingerprint, to: SealingKey) -> Option<Vec<u8>> {
        let fits = |key: &Vec<u8>| key.len() == KEY;
        if !fits(&self.hall_key) || !self.entry_key.as_ref().is_none_or(fits) {
            return None;
        }
        let written = Written {
            hall_key: STANDARD.encode(&self.hall_key),
            entry_key: self.entry_key.as_ref().map(|key| STANDARD.encode(key)),
        };
        let text = Zeroizing::new(serde_json::to_vec(&written).ok()?);
        to.seal(Purpose::HallSecrets, &bond(kiosk, fingerprint), &text).ok()
    }

    /// Opens those for this kiosk; `None` when they are none.
    #[must_use]
    pub fn open(sealed: &[u8], kiosk: &str, fingerprint: Fingerprint, key: &OpeningKey) -> Option<Self> {
        let text = key.open(Purpose::HallSecrets, &bond(kiosk, fingerprint), sealed).ok()?;
        let written: Written = serde_json::from_slice(&text).ok()?;
        let decode = |text: &String| {
            let mut key = STANDARD.decode(text).ok()?;
            if key.len() == KEY {
                return Some(key);
            }
            key.zeroize();
            None
        };
        let entry_key = match &written.entry_key {
            Some(text) => Some(decode(text)?),
            None => None,
        };
        Some(Self { hall_key: decode(&written.hall_key)?, entry_key })
    }
}
