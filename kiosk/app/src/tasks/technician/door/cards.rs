//! The way in with a card of the hall's staff, its PIN, and a challenge that the card's key signs.

use super::{Record, chance};
use crate::clock::Clock;
use crate::config::StaffCardsConfig;
use crate::figures::Found;
use entry::{Calendar, CardChallenge, CardKey, KioskName, Refusal, StaffCertificates, Technician, TooSoon};
use staff_card::{KeyKind, Slot, SlotFault, StaffSlot};
use std::io::Read;
use std::path::Path;
use std::time::Duration;
use tokio::sync::watch;
use visit::event::{DoorNews, Pin};
use visit::screen::DoorRefusal;

/// Certificates and lists of a hall are far shorter than this, in bytes.
const LONGEST: u64 = 4 << 20;
/// One of these files is there once a time server has set the clock: of the system image's (onedoor-clock.service), of
/// another system's with systemd-timesyncd(8).
const SET: [&str; 2] = ["/run/onedoor/clock-set", "/run/systemd/timesync/synchronized"];
/// The kiosk's clock is right if the store's is no further from it, in seconds.
const RIGHT: f64 = 120.0;

/// Who may come in by a card.
pub struct Cards {
    slot: StaffSlot,
    kiosk: String,
    config: StaffCardsConfig,
    /// as they were last read; without them nobody comes in
    hall: Option<StaffCertificates>,
    /// what was found out of the clock
    found: watch::Receiver<Found>,
    /// what was last said of the slot
    told: Option<Slot>,
    /// whose card lies there, once it was read
    card: Option<Technician>,
}

impl Cards {
    /// Cards of this hall, as the configuration says.
    pub fn new(config: StaffCardsConfig, kiosk: String, found: watch::Receiver<Found>) -> Self {
        let slot = StaffSlot::open(&config.reader);
        let mut cards = Self { slot, kiosk, config, hall: None, found, told: None, card: None };
        cards.read_hall();
        cards
    }

    /// Reads the hall's authorities and their lists, which are renewed while the kiosk runs. What cannot be used
    /// leaves what was read before; without either nobody comes in by a card, and all else goes on.
    fn read_hall(&mut self) {
        match read_hall(&self.config) {
            Ok(hall) => self.hall = Some(hall),
            Err(why) => tracing::error!(why, "technicians' cards: the hall's files cannot be used"),
        }
    }

    /// Somebody has come: a card that lies there already is his.
    pub fn begin(&mut self) {
        self.read_hall();
        self.leave();
    }

    /// Nobody stands there any more.
    pub fn leave(&mut self) {
        (self.told, self.card) = (None, None);
    }

    /// Looks for a card, for so long; a new one is read and judged at once, before any PIN is asked for.
    pub(super) fn look(&mut self, wait: Duration, record: &Record, clock: &Clock) -> Vec<DoorNews> {
        let seen = match self.slot.poll(wait) {
            Ok(seen) => seen,
            Err(error) => {
                tracing::debug!(%error, "technicians' cards");
                // Not to ask again at once what fails at once.
                std::thread::sleep(wait);
                Slot::NoReader
            }
        };
        if self.told.replace(seen) == Some(seen) {
            return Vec::new();
        }
        self.card = None;
        match seen {
            Slot::Inserted => self.read(record, clock),
            Slot::NoReader => vec![DoorNews::Card(false), refused(DoorRefusal::Unable)],
            Slot::Mute => vec![DoorNews::Card(false), refused(DoorRefusal::Unreadable)],
            Slot::Empty => vec![DoorNews::Card(false)],
        }
    }

    /// Looks for so long whether the card of whoever has come in was drawn; tells it once. Nothing is asked of it.
    pub(super) fn drawn(&mut self, wait: Duration) -> Vec<DoorNews> {
        let seen = self.slot.poll(wait).unwrap_or_else(|error| {
            tracing::debug!(%error, "technicians' cards");
            std::thread::sleep(wait);
            Slot::NoReader
        });
        let was = self.told.replace(seen);
        let drawn = seen == Slot::Empty && was != Some(seen);
        drawn.then_some(DoorNews::Card(false)).into_iter().collect()
    }

    fn read(&mut self, record: &Record, clock: &Clock) -> Vec<DoorNews> {
        let certificate = match self.slot.certificate() {
            Ok(certificate) => certificate,
            Err(error) => {
                tracing::warn!(code = error.fault.code(), "a technician's card");
                return vec![refused(of_slot(&error.fault))];
            }
        };
        let Some(hall) = &self.hall else { return vec![refused(DoorRefusal::Unable)] };
        match hall.check(&certificate, self.calendar(clock)) {
            Ok(technician) => {
                self.card = Some(technician);
                let wait = record.wait(clock);
                let slowed = (!wait.is_zero()).then_some(DoorNews::Refused(DoorRefusal::TooSoon, wait));
                [DoorNews::Card(true)].into_iter().chain(slowed).collect()
            }
            Err(refusal) => {
                tracing::warn!(code = refusal.code(), "a technician's card");
                vec![refused(of_refusal(refusal))]
            }
        }
    }

    /// Has the card sign a challenge under this PIN, and judges what it signed.
    pub(super) fn pin(&mut self, pin: &Pin, record: &mut Record, clock: &Clock) -> Vec<DoorNews> {
        let Some(technician) = self.card.take() else { return vec![DoorNews::Card(false)] };
        let now = clock.now().tick;
        let unable = || vec![refused(DoorRefusal::Unable)];
        let Some(chance) = chance() else { return unable() };
        let Ok(pin) = pin.digits().parse::<staff_card::Pin>() else { return unable() };
        let Ok(kiosk) = self.kiosk.parse::<KioskName>() else { return unable() };
        let challenge = match CardChallenge::new(&kiosk, chance, &record.attempts, now) {
            Ok(challenge) => challenge,
            Err(TooSoon(wait)) => {
                self.card = Some(technician);
                return vec![DoorNews::Refused(DoorRefusal::TooSoon, wait), DoorNews::Card(true)];
            }
        };
        let kind = match technician.key() {
            CardKey::P256 => KeyKind::P256,
            CardKey::Rsa2048 => KeyKind::Rsa2048,
        };
        let signature = match self.slot.sign(pin, kind, challenge.message()) {
            Ok(signature) => signature,
            Err(error) => {
                tracing::warn!(code = error.fault.code(), "a technician's card");
                if matches!(error.fault, SlotFault::WrongPin { .. } | SlotFault::PinBlocked) {
                    record.attempts.failed(now);
                    record.keep_failures();
                }
                self.card = Some(technician);
                let why = DoorNews::Refused(of_slot(&error.fault), record.wait(clock));
                return vec![why, DoorNews::Card(true)];
            }
        };
        let judged = challenge.signed(technician, &signature, &mut record.attempts, clock.now().tick);
        record.keep_failures();
        match judged {
            Ok(_) => vec![DoorNews::Opened],
            Err(refusal) => {
                tracing::warn!(code = refusal.code(), "a technician's card");
                vec![DoorNews::Refused(of_refusal(refusal), record.wait(clock))]
            }
        }
    }

    /// What day it is, as far as it is known.
    fn calendar(&self, clock: &Clock) -> Calendar {
        let skew = self.found.borrow().clock_skew_seconds;
        // What the store's clock says was measured now.
        let is_right = match skew {
            Some(skew) => skew.abs() <= RIGHT,
            None => SET.iter().any(|file| Path::new(file).exists()),
        };
        if is_right {
            Calendar::Known(u64::try_from(clock.timestamp().as_second()).unwrap_or(0))
        } else {
            // What is sure is held all the same: the hall's list of revoked cards says when it was made.
            Calendar::NotBefore(0)
        }
    }
}

/// The hall's authorities and their lists; what is wrong, and with which file.
fn read_hall(config: &StaffCardsConfig) -> Result<StaffCertificates, String> {
    let read = |path: &Path| {
        let said = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path).map_err(|why| said(&why))?;
        file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(|why| said(&why))?;
        if bytes.len() as u64 > LONGEST { Err(said(&"it is too long")) } else { Ok(bytes) }
    };
    let (authorities, revoked) = (read(&config.authorities)?, read(&config.revoked)?);
    StaffCertificates::new(&authorities, &revoked)
        .map_err(|why| format!("{}: {why}", config.authorities.display()))
}

fn refused(why: DoorRefusal) -> DoorNews {
    DoorNews::Refused(why, Duration::ZERO)
}

fn of_slot(fault: &SlotFault) -> DoorRefusal {
    match fault {
        SlotFault::WrongPin { left } => DoorRefusal::WrongPin(*left),
        SlotFault::PinBlocked => DoorRefusal::Blocked,
        SlotFault::OtherCard(_) => DoorRefusal::NotOurs,
        SlotFault::NoService
        | SlotFault::NotPermitted
        | SlotFault::NoReader
        | SlotFault::Hung { .. }
        | SlotFault::ServiceLost => DoorRefusal::Unable,
        _ => DoorRefusal::Unreadable,
    }
}

fn of_refusal(refusal: Refusal) -> DoorRefusal {
    match refusal {
        Refusal::Expired | Refusal::NotYetValid => DoorRefusal::NotNow,
        Refusal::Revoked => DoorRefusal::Revoked,
        Refusal::ListTooOld | Refusal::NoList => DoorRefusal::Unable,
        Refusal::Unreadable | Refusal::TooLate => DoorRefusal::Unreadable,
        Refusal::NotOurs | Refusal::WrongUse | Refusal::WrongSignature => DoorRefusal::NotOurs,
    }
}
