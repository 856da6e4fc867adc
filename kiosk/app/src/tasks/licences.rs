//! The look into the licence stores, for a visitor who agreed to it.

use crate::bus::{Bus, Health};
use crate::chronicle::code;
use crate::clock::Clock;
use log_book::Event as Happened;
use log_book::field::Session;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use store::{CertStatus, Client, HolderKind, IdentifiedKind, Licence, LicenceFault, LicenceQuery};
use tokio::sync::Mutex;
use visit::catalogue::LicenceType;
use visit::event::{self, Event, Holder, LicencesFound, LicencesWanted, SessionId, Standing};
use visit::fault::{Device, Fault};
use visit::identity::{DocumentKind, masked_number};

/// How long a store that did not answer is told of.
const REMEMBERED: Duration = Duration::from_secs(300);

/// The stores that are asked: the city's, and the district's own where there is one.
pub struct Licences {
    municipal: Client,
    district: Option<Client>,
    kiosk: String,
    clock: Clock,
    bus: Bus,
    health: Mutex<Health>,
    looks: AtomicU64,
}

impl Licences {
    /// Asks these stores in the name of `kiosk`.
    pub fn new(municipal: Client, district: Option<Client>, kiosk: String, clock: Clock, bus: Bus) -> Self {
        let health = Mutex::new(Health::new(Device::Store, bus.clone()));
        Self { municipal, district, kiosk, clock, bus, health, looks: AtomicU64::new(0) }
    }

    /// Asks every store at once and tells the session what they know. A store that does not answer leaves
    /// what it may hold unknown; nothing of an answer stays here.
    pub async fn look(self: Arc<Self>, session: SessionId, wanted: LicencesWanted) {
        let (query, look) = (self.query(&wanted), wanted.look);
        // Why licences are looked at stands with the store, with the visit; here only that it was done.
        tracing::info!(visit = wanted.dossier.0, "licences are looked up");
        let begun = Instant::now();
        drop(wanted);
        let district = async {
            match &self.district {
                Some(district) => Some(district.licences(&query).await),
                None => None,
            }
        };
        let (municipal, district) = tokio::join!(self.municipal.licences(&query), district);
        let (mut complete, mut away) = (true, false);
        let mut heard = |answer: Result<Vec<Licence>, LicenceFault>, whose: &'static str| {
            answer.unwrap_or_else(|fault| {
                tracing::warn!(%fault, whose, "licences");
                complete = false;
                away |= matches!(fault, LicenceFault::Store(_));
                Vec::new()
            })
        };
        let municipal = heard(municipal, "municipal");
        let district = district.map_or_else(Vec::new, |answer| heard(answer, "district"));
        self.tell(away).await;
        let today = self.clock.now().wall.date();
        let merged = store::licences::merge(municipal, district);
        let licences: Vec<_> = merged.iter().filter_map(|licence| shown(licence, today)).collect();
        let of = Session::of(session.0);
        if away {
            self.bus.log(Happened::LicencesUnknown { session: of, fault: code(Fault::StoreLicencesDown) });
        }
        self.bus.log(Happened::LicencesLookedUp {
            session: of,
            found: u32::try_from(licences.len()).unwrap_or(u32::MAX),
            took: begun.elapsed().into(),
        });
        self.bus.send(Event::Licences(session, LicencesFound { licences, look, complete })).await;
    }

    /// Says whether a store is away. Nobody may look for a long time: what was wrong some minutes ago is
    /// not said to those who come later.
    async fn tell(self: &Arc<Self>, away: bool) {
        let look = self.looks.fetch_add(1, Ordering::Relaxed) + 1;
        let down = away.then_some(Fault::StoreLicencesDown);
        self.health.lock().await.tell(down.into_iter().collect()).await;
        if away {
            let this = Arc::clone(self);
            tokio::spawn(async move {
                // Until it is too old to be said to whoever comes then.
                tokio::time::sleep(REMEMBERED).await;
                if this.looks.load(Ordering::Relaxed) == look {
                    this.health.lock().await.tell(Vec::new()).await;
                }
            });
        }
    }

    fn query(&self, wanted: &LicencesWanted) -> LicenceQuery {
        let (kind, code) = match &wanted.holder {
            Holder::Person(person) => (HolderKind::Person(person_kind(person.kind)), person.number.reveal()),
            Holder::Company(code) => (HolderKind::Company, code.as_str()),
        };
        LicenceQuery {
            kind,
            code: code.to_owned().into(),
            use_cause: wanted.cause.clone(),
            visit: wanted.dossier.0.clone(),
            kiosk: self.kiosk.clone(),
        }
    }
}

/// The document that a number stands on.
fn person_kind(kind: DocumentKind) -> IdentifiedKind {
    match kind {
        // The number of a social-security card is its holder's citizen number.
        // Of somebody who showed nothing no papers are taken, and nothing is asked.
        DocumentKind::Resident | DocumentKind::SocialSecurity | DocumentKind::Nothing => {
            IdentifiedKind::Resident
        }
        DocumentKind::HmtResidence => IdentifiedKind::HmtResidence,
        DocumentKind::ForeignPermanent2017 => IdentifiedKind::ForeignPermanent2017,
        DocumentKind::ForeignPermanent2023 => IdentifiedKind::ForeignPermanent2023,
    }
}

/// A licence as the screen may have it; `None` for one of a type that no catalogue could name.
fn shown(licence: &Licence, today: jiff::civil::Date) -> Option<event::Licence> {
    let standing = match licence.status {
        _ if licence.counts(today) => Standing::Valid,
        // Valid by its status, and past its end all the same.
        CertStatus::Valid | CertStatus::Expired => Standing::Expired,
        CertStatus::Suspended
        | CertStatus::Revoked
        | CertStatus::Cancelled
        | CertStatus::Transferred
        | CertStatus::Withdrawn
        | CertStatus::Other => Standing::Void,
    };
    Some(event::Licence {
        licence_type: LicenceType::new(licence.identifier.licence_type())?,
        name: licence.name.clone(),
        number: masked_number(&licence.number),
        valid_until: licence.valid_until,
        standing,
    })
}
