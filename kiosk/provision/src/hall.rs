//! What the hall's office does: keys, approving kiosks, sealing secrets, making bundles.

use crate::bundle::{Bundle, Files, Kiosk, LONGEST_BUNDLE, MOST_FILES, Secrets};
use crate::certificate;
use crate::disk::Disk;
use crate::pem;
use crate::places::{read, read_text};
use crate::problem::Problems;
use crate::request::Request;
use crate::sealed::OpeningKey;
use crate::signature;
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SanType, SerialNumber,
};
use serde::Deserialize;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::Duration;
use zeroize::Zeroizing;

const DAY: u64 = 86_400;
/// An authority's certificate is valid for so many years.
const AUTHORITY_YEARS: u64 = 20;
/// The file that names hall and kiosks in the folder of a bundle.
pub const DESCRIPTION: &str = "bundle.toml";
/// The file that remembers the last serial there.
const LAST: &str = "last-serial";

/// Why the office's work was not done.
#[derive(Debug, thiserror::Error)]
pub enum HallError {
    /// A file cannot be read or written.
    #[error("{0}")]
    File(#[from] io::Error),
    /// A bundle is wrong.
    #[error("{0}")]
    Wrong(#[from] Problems),
    /// Something else that is said in words.
    #[error("{0}")]
    Said(String),
}

fn said(what: impl std::fmt::Display) -> HallError {
    HallError::Said(what.to_string())
}

/// Writes a new file; one that is there stays as it is.
///
/// # Errors
/// There is one, or it cannot be written.
pub fn create(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    Disk::new().file(path, content, mode, None)
}

/// Writes a file in place of whatever has its name, whole or not at all.
///
/// # Errors
/// It cannot be written.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    Disk::new().replace(&std::path::absolute(path)?, content, 0o644, None)
}

fn day(now: Timestamp) -> Result<rcgen::CertificateParams, HallError> {
    let date = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let of = |n: i8| u8::try_from(n).map_err(said);
    let mut params = CertificateParams::default();
    // A day early, for clocks that are slow.
    params.not_before = rcgen::date_time_ymd(i32::from(date.year()), of(date.month())?, of(date.day())?)
        - Duration::from_secs(DAY);
    params.distinguished_name = DistinguishedName::new();
    Ok(params)
}

fn serial() -> Result<SerialNumber, HallError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(said)?;
    // Positive and never zero (RFC 5280, 4.1.2.2).
    bytes[0] = bytes[0] & 0x7f | 0x40;
    Ok(SerialNumber::from_slice(&bytes))
}

/// Makes the office's keys in a folder, which may be there: for signing bundles, for recovery keys, of the authority for kiosks, and
/// the hall's own.
///
/// # Errors
/// A file is there already, or cannot be written.
pub fn new_keys(folder: &Path, hall: &str, now: Timestamp) -> Result<(), HallError> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let new = || KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(said);
    let (bundle, authority, escrow) = (new()?, new()?, OpeningKey::make().map_err(said)?);
    let mut params = day(now)?;
    params.not_after = params.not_before + Duration::from_secs(DAY * 365 * AUTHORITY_YEARS);
    params.distinguished_name.push(DnType::CommonName, format!("{hall} kiosks"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.serial_number = Some(serial()?);
    let certificate = params.self_signed(&authority).map_err(said)?;
    let mut hall_key = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *hall_key).map_err(said)?;
    let secret = |key: &KeyPair| Zeroizing::new(key.serialize_pem());
    for (name, content) in [
        ("bundle.key", secret(&bundle).as_bytes()),
        ("bundle.pub", bundle.public_key_pem().as_bytes()),
        ("escrow.key", escrow.pem().as_bytes()),
        ("escrow.pub", escrow.public().pem().as_bytes()),
        ("ca.key", secret(&authority).as_bytes()),
        ("ca.pem", certificate.pem().as_bytes()),
        ("hall.key", &*hall_key),
    ] {
        create(&folder.join(name), content, 0o600)?;
    }
    Ok(())
}

/// Approves a request whose fingerprint somebody has compared: the certificate, in PEM.
///
/// # Errors
/// The request does not prove itself, or the authority cannot be read.
pub fn approve(
    authority: &Path,
    request: &Request,
    name: Option<&str>,
    days: u16,
    now: Timestamp,
) -> Result<String, HallError> {
    let pem = read_text(&authority.join("ca.pem"))?;
    let key = Zeroizing::new(read(&authority.join("ca.key"), 64 * 1024)?);
    let key = signature::pair(&key).ok_or_else(|| said("ca.key is no P-256 key in PEM (PKCS #8)"))?;
    let der = pem::certificates(pem.as_bytes()).and_then(|all| all.into_iter().next());
    let der = der.ok_or_else(|| said("ca.pem holds no certificate"))?;
    let csr = request.proven(&der).map_err(said)?;
    let issuer = Issuer::from_ca_cert_der(&der, key).map_err(said)?;
    // Nothing of what was asked for is granted but the key.
    let mut params = day(now)?;
    params.not_after = params.not_before + Duration::from_secs(DAY * (u64::from(days) + 1));
    let print = request.fingerprint.to_string();
    params.distinguished_name.push(DnType::CommonName, name.unwrap_or(&print));
    params.subject_alt_names =
        vec![SanType::URI(certificate::urn(request.fingerprint).try_into().map_err(said)?)];
    if let Some(name) = name {
        params.subject_alt_names.push(SanType::DnsName(name.to_owned().try_into().map_err(said)?));
    }
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    // The page of figures is served with it, too.
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
    params.serial_number = Some(serial()?);
    params.use_authority_key_identifier_extension = true;
    Ok(params.signed_by(&csr.public_key, &issuer).map_err(said)?.pem())
}

/// Seals a hall's secrets for the kiosk of a request.
///
/// # Errors
/// A key's file cannot be read, or has not 32 bytes.
pub fn seal(
    request: &Request,
    name: &str,
    hall_key: &Path,
    entry_key: Option<&Path>,
) -> Result<Vec<u8>, HallError> {
    let entry_key = entry_key.map(|path| read(path, 32)).transpose()?;
    let secrets = Secrets { hall_key: read(hall_key, 32)?, entry_key };
    let sealed = secrets.seal(name, request.fingerprint, request.sealing);
    sealed.ok_or_else(|| said("a key has not 32 bytes, or the kiosk's key cannot be sealed to"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    hall: String,
    #[serde(default)]
    kiosk: Vec<Kiosk>,
}

/// Makes a bundle of a folder; the serial is the last one's and one more, unless it is given.
///
/// # Errors
/// All that is wrong with it, as a kiosk would find it.
pub fn bundle(
    folder: &Path,
    key: &Path,
    serial: Option<u64>,
    now: Timestamp,
) -> Result<(u64, Vec<u8>), HallError> {
    let text = read_text(&folder.join(DESCRIPTION))?;
    let description: Description =
        toml::from_str(&text).map_err(|error| Problems::one(DESCRIPTION, "file", error.to_string()))?;
    let last = match read_text(&folder.join(LAST)) {
        Ok(text) => text.trim().parse().map_err(|_| said(format!("{LAST} holds no number")))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0_u64,
        Err(error) => return Err(error.into()),
    };
    let serial = serial.unwrap_or_else(|| last.saturating_add(1));
    if serial <= last {
        return Err(said(format!(
            "serial {serial} is not above the last one's, {last}; kiosks would refuse it"
        )));
    }
    let mut files = Files::new();
    collect(folder, "", &mut files)?;
    files.retain(|name, _| name != DESCRIPTION && name != LAST);
    let key = Zeroizing::new(read(key, 64 * 1024)?);
    let now = Timestamp::from_second(now.as_second()).map_err(said)?;
    let bytes = Bundle::make(&description.hall, serial, now, description.kiosk, &files, &key)?;
    Ok((serial, bytes))
}

/// Remembers the serial of a bundle that was made of a folder.
///
/// # Errors
/// The file cannot be written.
pub fn made(folder: &Path, serial: u64) -> io::Result<()> {
    replace(&folder.join(LAST), format!("{serial}\n").as_bytes())
}

fn collect(folder: &Path, below: &str, files: &mut Files) -> Result<(), HallError> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_str().ok_or_else(|| said("a file's name is no text"))?;
        // Editors and systems leave such behind.
        if name.starts_with('.') {
            continue;
        }
        let path = if below.is_empty() { name.to_owned() } else { format!("{below}/{name}") };
        if entry.path().is_dir() && path.split('/').count() < 4 {
            collect(&entry.path(), &path, files)?;
        } else {
            files.insert(path, read(&entry.path(), LONGEST_BUNDLE as u64)?);
        }
        if files.len() > MOST_FILES + 2 {
            return Err(said(format!("{} holds more than {MOST_FILES} files", folder.display())));
        }
    }
    Ok(())
}
