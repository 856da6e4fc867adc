//! What the screen shows until there is a bundle: `/run/onedoor/enrolment.json`.

use crate::disk::Disk;
use crate::fingerprint::Fingerprint;
use crate::keys::Keys;
use crate::places::{Places, read_text};
use crate::{apply, keys};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{fmt, io};

/// How far the kiosk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// nobody has been asked yet
    Starting,
    /// the image names no office: nobody can give it a certificate
    NoOffice,
    /// the office does not answer
    NoNetwork,
    /// the office has the request, and nobody has approved it
    Asked,
    /// the office has approved, and has no bundle yet
    Approved,
    /// the office's bundle does not name this kiosk
    NoBundleForThisKiosk,
    /// the office's bundle cannot be taken
    BundleRefused,
    /// a bundle is in force, and the kiosk has its certificate
    Ready,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// What went wrong last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trouble {
    /// no way to the office
    Unreachable,
    /// the office took too long to answer
    TooSlow,
    /// whoever answered is not the office
    Untrusted,
    /// the office does not accept this kiosk's certificate
    CertificateRefused,
    /// the office answered with something else than was asked for
    Answer,
    /// the office's answer is too long
    TooLong,
    /// the connection broke off
    Broken,
    /// the certificate is for another key
    CertificateOfAnother,
    /// the certificate is signed by nobody whom this kiosk knows, has ended, or is for something else
    CertificateUntrusted,
    /// the bundle is wrong
    BundleWrong,
    /// the bundle is older than one that was taken
    BundleOlder,
    /// the bundle's secrets were sealed for another kiosk
    Secrets,
    /// the disk failed, or a key on it is damaged
    Disk,
    /// what the image says of its site cannot be used
    Site,
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// what the kiosk is recognised by, to be read aloud
    pub fingerprint: Fingerprint,
    /// how far it is
    pub state: State,
    /// what went wrong last; `null` when nothing did
    pub trouble: Option<Trouble>,
    /// the same in words, for whoever knows the system
    pub said: Option<String>,
    /// serial of the bundle in force
    pub serial: Option<u64>,
    /// serial of the one before, which can be gone back to
    pub before: Option<u64>,
    /// when the certificate ends
    pub certificate_ends: Option<Timestamp>,
    /// when this was so
    pub at: Timestamp,
}

impl Enrolment {
    /// Writes it for the screen.
    ///
    /// # Errors
    /// The disk failed.
    pub fn write(&self, places: &Places, disk: &Disk<'_>) -> io::Result<()> {
        disk.folder(&places.run(), 0o755, None)?;
        let text = serde_json::to_vec(self).map_err(io::Error::other)?;
        disk.replace(&places.run().join("enrolment.json"), &text, 0o444, None)
    }

    /// What was written last.
    #[must_use]
    pub fn read(places: &Places) -> Option<Self> {
        serde_json::from_str(&read_text(&places.run().join("enrolment.json")).ok()?).ok()
    }
}

/// Says why what somebody wanted at the kiosk was not done, in words: a bundle from a stick, a step back. `None` when it
/// was. The next one, and who leaves the technician's room, wipes it away.
///
/// # Errors
/// The disk failed.
pub fn by_hand(places: &Places, disk: &Disk<'_>, why_not: Option<&str>) -> io::Result<()> {
    let path = places.run().join("by-hand");
    match why_not {
        Some(why) => disk.replace(&path, for_a_screen(why).as_bytes(), 0o444, None),
        None => disk.remove(&path),
    }
}

/// What is said is at most so many characters long: it is for a screen.
const LONGEST_SAID: usize = 600;

/// As much of it as a screen shows.
pub(crate) fn for_a_screen(said: &str) -> String {
    said.chars().take(LONGEST_SAID).collect()
}

/// Says what is so now, beside what was said last of the office: after a boot, a bundle from a stick, a step back.
///
/// # Errors
/// The disk failed.
pub fn renew(places: &Places, disk: &Disk<'_>, own: &Keys) -> io::Result<()> {
    let last = Enrolment::read(places);
    let serial = apply::current(places);
    let certificate_ends = keys::current(places)?.and_then(|pair| crate::certificate::ends(&pair));
    let state = match (serial, certificate_ends, &last) {
        (Some(_), Some(_), _) => State::Ready,
        (.., Some(last)) if last.state != State::Ready => last.state,
        _ => State::Starting,
    };
    let (trouble, said) = last.map_or((None, None), |last| (last.trouble, last.said));
    let (before, at) = (apply::previous(places), Timestamp::now());
    let fingerprint = own.fingerprint;
    Enrolment { fingerprint, state, trouble, said, serial, before, certificate_ends, at }.write(places, disk)
}
