//! Asking the hall's office: for a certificate, for the bundle; and giving it the disk's recovery key.
//!
//! Each run asks for what is missing and ends. Whatever the office answers, what was in force stays so until
//! something better is whole.

use crate::apply::{self, NotTaken, Taken};
use crate::bundle::LONGEST_BUNDLE;
use crate::certificate::{self, NotOurs};
use crate::disk::Disk;
use crate::escrow;
use crate::keys::{self, Keys, LONGEST_CHAIN, Pair};
use crate::places::{Places, read, read_text};
use crate::refused::Refused;
use crate::site::{Site, certificates};
use crate::status::{Enrolment, State, Trouble, for_a_screen};
use crate::system::{self, Change, Changes};
use crate::web::{Answer, Identity, Office, WebFault};
use crate::{boot, pem, request};
use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::io;
use std::time::Duration;

/// What a run came to.
#[derive(Debug)]
pub struct Outcome {
    /// what has to be done so that it takes effect
    pub changes: Changes,
    /// how far the kiosk is
    pub enrolment: Enrolment,
}

/// Why a run did not come further.
#[derive(Debug, thiserror::Error)]
#[error("{said}")]
struct Stop {
    trouble: Trouble,
    said: String,
}

fn stop(trouble: Trouble, said: impl std::fmt::Display) -> Stop {
    Stop { trouble, said: said.to_string() }
}

impl From<WebFault> for Stop {
    fn from(fault: WebFault) -> Self {
        stop(fault.trouble, &fault)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        stop(Trouble::Disk, error)
    }
}

impl From<NotTaken> for Stop {
    fn from(error: NotTaken) -> Self {
        let trouble = match &error {
            NotTaken::Older { .. } | NotTaken::GoneBackFrom(_) => Trouble::BundleOlder,
            NotTaken::Wrong(_) | NotTaken::Another(_) | NotTaken::NotForThisKiosk(_) => Trouble::BundleWrong,
            NotTaken::Secrets(_) => Trouble::Secrets,
            NotTaken::Disk(_) => Trouble::Disk,
        };
        stop(trouble, error)
    }
}

struct Run<'a> {
    places: &'a Places,
    disk: &'a Disk<'a>,
    keys: &'a Keys,
    now: Timestamp,
    changes: Changes,
    state: State,
}

/// Asks once. Whoever calls holds the lock. `deadline` is for each request, and three of
/// them for the bundle; 20 s unless a test says otherwise.
///
/// # Errors
/// The disk failed, so that not even that could be said.
pub async fn run(
    places: &Places,
    disk: &Disk<'_>,
    keys: &Keys,
    now: Timestamp,
    deadline: Duration,
) -> io::Result<Outcome> {
    let mut run = Run { places, disk, keys, now, changes: Changes::new(), state: State::Starting };
    let stopped = run.all(deadline).await.err();
    let serial = apply::current(places);
    let certificate_ends = keys::current(places)?.and_then(|pair| certificate::ends(&pair));
    // With both a kiosk serves; what is in the way of something newer is said beside it.
    let ready = serial.is_some() && certificate_ends.is_some_and(|ends| ends > now);
    let (trouble, said) =
        stopped.map_or((None, None), |stop| (Some(stop.trouble), Some(for_a_screen(&stop.said))));
    let enrolment = Enrolment {
        fingerprint: keys.fingerprint,
        before: apply::previous(places),
        state: if ready { State::Ready } else { run.state },
        trouble,
        said,
        serial,
        certificate_ends,
        at: now,
    };
    enrolment.write(places, disk)?;
    Ok(Outcome { changes: run.changes, enrolment })
}

impl Run<'_> {
    async fn all(&mut self, deadline: Duration) -> Result<(), Stop> {
        let site = Site::load(self.places).map_err(|error| stop(Trouble::Site, error))?;
        let Some(server) = site.office.clone() else {
            self.state = State::NoOffice;
            return Ok(());
        };
        self.state = State::NoNetwork;
        let authorities = Site::authorities(self.places).map_err(|error| stop(Trouble::Site, error))?;
        // As the firewall has it: the bundle, being newer than the image, knows better where the office is.
        let addresses = system::addresses(&boot::network(self.places), &site, &server.host);
        let office = |identity| {
            Office::new(server.clone(), addresses.clone(), &authorities, identity)
                .map(|office| office.with_deadline(deadline))
        };
        let own = self.pair()?;
        // One that has ended is shown to nobody: the office would end the connection instead of answering.
        let now = self.now;
        let is_valid = |pair: &Pair| certificate::ends(pair).is_some_and(|ends| ends > now);
        let valid = is_valid(&own);
        let mut asked = office(if valid { identity(&own) } else { None })?;
        // In the last third of its time, a kiosk whose certificate was withdrawn asks as one that never had any.
        if let Err(refused) = self.enrol(&asked, &own, &authorities).await {
            if !(valid && refused.trouble == Trouble::CertificateRefused) {
                return Err(refused);
            }
            asked = office(None)?;
            self.enrol(&asked, &own, &authorities).await?;
        }
        // From here on with the certificate that has just come, if one has.
        let own = self.pair()?;
        let valid = is_valid(&own);
        if valid {
            self.state = State::Approved;
            asked = office(identity(&own))?;
        }
        if !valid {
            return Ok(());
        }
        // Only now: the office takes it from nobody whom it does not know, or anybody might put another in its place.
        let given = self.recovery(&asked).await;
        // It is much longer than all else, and lines are slow.
        self.bundle(&asked.with_deadline(deadline.saturating_mul(3))).await?;
        given
    }

    fn pair(&self) -> Result<Pair, Stop> {
        keys::current(self.places)?.ok_or_else(|| stop(Trouble::Disk, "there is no key; boot makes one"))
    }

    /// Sees to a certificate, or a new one when the old one wanes.
    async fn enrol(
        &mut self,
        office: &Office,
        own: &Pair,
        authorities: &[CertificateDer<'static>],
    ) -> Result<(), Stop> {
        let wanes = certificate::validity(own).is_none_or(|validity| validity.is_waning(self.now));
        if !wanes {
            return Ok(());
        }
        let renews = own.certificate.is_some();
        let next = if renews { Some(keys::next(self.places, self.disk, own)?) } else { None };
        let pair = next.as_ref().unwrap_or(own);
        let print = self.keys.fingerprint;
        let answer = office.get(&format!("/certificates/{print}.pem"), None, as_size(LONGEST_CHAIN)).await?;
        let found = match answer.status {
            200 => self.certificate(&answer, pair, authorities),
            404 => Ok(false),
            status => Err(unexpected("the certificate", status)),
        };
        if !matches!(found, Ok(true)) {
            // Also when it is a wrong one: whoever looks after requests finds this one, and may answer it anew.
            let body = self.request(pair, renews.then_some(own))?;
            let answer = office.put(&format!("/requests/{print}.request"), body).await?;
            if !(200..300).contains(&answer.status) {
                return Err(unexpected("the request", answer.status));
            }
            self.state = State::Asked;
        }
        match found {
            // With a new key the answer to the old request lies there until the office has approved the new one.
            Err(stop) if renews && stop.trouble == Trouble::CertificateOfAnother => Ok(()),
            other => other.map(drop),
        }
    }

    /// Takes a certificate, if it is this kiosk's.
    fn certificate(
        &mut self,
        answer: &Answer,
        pair: &Pair,
        authorities: &[CertificateDer<'static>],
    ) -> Result<bool, Stop> {
        // The image knows the authority of kiosks, or the bundle that is in force does.
        let mut known = authorities.to_vec();
        let of_bundle = self.places.hall().join("current/trust/store-ca.pem");
        known.extend(certificates(&of_bundle).unwrap_or_default());
        match certificate::check(&answer.body, &pair.public(), &known, self.now) {
            Ok(()) => {
                keys::use_pair(self.places, self.disk, pair, &answer.body)?;
                self.changes.insert(Change::RestartKiosk);
                Ok(true)
            }
            Err(error) => {
                let trouble = match error {
                    NotOurs::Form => Trouble::Answer,
                    NotOurs::OtherKey => Trouble::CertificateOfAnother,
                    NotOurs::Untrusted(_) => Trouble::CertificateUntrusted,
                };
                Err(stop(trouble, format!("the certificate {error}")))
            }
        }
    }

    /// The request for a pair: the same each time, so that what the office looked at is what it approves.
    fn request(&self, pair: &Pair, renews: Option<&Pair>) -> Result<Vec<u8>, Stop> {
        make_request(self.places, self.disk, self.keys, pair, renews, self.now).map_err(Stop::from)
    }

    /// Gives the office the disk's recovery key, if it has not got it.
    async fn recovery(&mut self, office: &Office) -> Result<(), Stop> {
        let path = self.places.keys().join(escrow::SEALED);
        let Ok(sealed) = read(&path, escrow::LONGEST_SEALED as u64) else { return Ok(()) };
        let answer = office.put(&format!("/escrow/{}.sealed", self.keys.fingerprint), sealed).await?;
        if !(200..300).contains(&answer.status) {
            return Err(unexpected("the disk's recovery key", answer.status));
        }
        self.disk.remove(&path)?;
        Ok(())
    }

    async fn bundle(&mut self, office: &Office) -> Result<(), Stop> {
        let path = self.places.hall().join("etag");
        let taken = read_text(&path).ok().filter(|_| apply::current(self.places).is_some());
        let refused = Refused::read(self.places);
        let tags = match (taken, &refused) {
            (Some(taken), Some(refused)) => Some(format!("{taken}, {}", refused.etag)),
            (taken, refused) => taken.or_else(|| Some(refused.as_ref()?.etag.clone())),
        };
        let answer = office.get("/hall.bundle", tags.as_deref(), LONGEST_BUNDLE).await?;
        let again = refused.filter(|refused| answer.etag.as_ref() == Some(&refused.etag));
        if let (304, Some(refused)) = (answer.status, again) {
            self.state = refused.state;
            return Err(stop(refused.trouble, refused.said));
        }
        match answer.status {
            // Nothing is wrong with an office that has not made one yet.
            304 | 404 => return Ok(()),
            200 => {}
            status => return Err(unexpected("the bundle", status)),
        }
        let (_, changes) = match take(self.places, self.disk, self.keys, &answer.body) {
            Ok(taken) => taken,
            Err(error) => return Err(self.refuse(error, answer.etag)),
        };
        self.changes.extend(changes);
        if let Some(tag) = answer.etag {
            self.disk.replace(&path, tag.as_bytes(), 0o444, None)?;
        }
        Ok(())
    }

    /// Says why a bundle is not taken, and remembers it if that lies with the bundle.
    fn refuse(&mut self, error: TakeError, etag: Option<String>) -> Stop {
        self.state = match error {
            TakeError::NotTaken(NotTaken::NotForThisKiosk(_)) => State::NoBundleForThisKiosk,
            TakeError::NotTaken(_) | TakeError::Site(_) => State::BundleRefused,
        };
        let its_own = !matches!(error, TakeError::NotTaken(NotTaken::Disk(_)) | TakeError::Site(_));
        let stop = match error {
            TakeError::NotTaken(error) => Stop::from(error),
            TakeError::Site(error) => stop(Trouble::Site, error),
        };
        if let Some(etag) = etag.filter(|_| its_own) {
            let refused = Refused {
                etag,
                beside: apply::current(self.places),
                state: self.state,
                trouble: stop.trouble,
                said: stop.said.clone(),
            };
            if let Err(error) = refused.write(self.places, self.disk) {
                return error.into();
            }
        }
        stop
    }
}

fn as_size(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

fn unexpected(what: &str, status: u16) -> Stop {
    // A redirect is one, too: who the office is says the image, not whoever answers.
    let trouble = if status == 401 || status == 403 { Trouble::CertificateRefused } else { Trouble::Answer };
    stop(trouble, format!("the office answered {status} to {what}"))
}

fn identity(pair: &Pair) -> Option<Identity> {
    let chain = pem::certificates(pair.certificate.as_ref()?)?;
    let key = pem::private_key(&pair.key_pem)?;
    Some((chain, PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.to_vec()))))
}

/// The request for a pair, made once and kept beside its key.
///
/// # Errors
/// The disk failed.
pub fn make_request(
    places: &Places,
    disk: &Disk<'_>,
    keys: &Keys,
    pair: &Pair,
    renews: Option<&Pair>,
    now: Timestamp,
) -> io::Result<Vec<u8>> {
    let path = pair.folder.join("request.json");
    let kept = read(&path, request::LONGEST_REQUEST as u64).ok();
    if let Some(kept) = kept.filter(|kept| request::Request::parse(kept).is_ok()) {
        return Ok(kept);
    }
    let made = request::make(keys, pair, renews, (places.version(), places.board()), now)?;
    disk.replace(&path, &made, 0o444, None)?;
    Ok(made)
}

/// Why a bundle was not taken.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// It is not to be taken.
    #[error("{0}")]
    NotTaken(#[from] NotTaken),
    /// It cannot be checked.
    #[error("{0}")]
    Site(io::Error),
}

/// Takes a bundle, and writes what the system reads. Whoever calls holds the lock.
///
/// # Errors
/// [`TakeError`].
pub fn take(
    places: &Places,
    disk: &Disk<'_>,
    keys: &Keys,
    bytes: &[u8],
) -> Result<(Taken, Changes), TakeError> {
    let signing = Site::signing_keys(places).map_err(TakeError::Site)?;
    let before = apply::current(places);
    let taken = apply::take(places, disk, keys, &signing, bytes)?;
    let mut changes = boot::write(places, disk).map_err(NotTaken::Disk)?;
    // Also when it only went through with what was interrupted before.
    if apply::current(places) != before {
        changes.insert(Change::RestartKiosk);
    }
    Ok((taken, changes))
}
