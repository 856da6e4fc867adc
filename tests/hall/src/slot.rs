//! The slots for social-security cards and for technicians' own: a private pcscd with two virtual readers, and the
//! cards in them.

use crate::occupant::Occupant;
use emulators::slot::EmulatedCard;
use emulators::social_card::{Chip, Holder, Impostor, Manner, PcscDaemon, Quirk, SocialCardEmulator};
use emulators::staff_card::PivCard;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the service does.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Service {
    /// it runs, with its reader
    Up,
    /// it runs, and the reader is unplugged
    NoReader,
    /// it has died
    Down,
    /// it answers nobody
    Frozen,
    /// it turns everybody away
    Refusing,
    /// it says that something has gone wrong inside
    Failing,
    /// it runs, and another program keeps the card that is in the slot
    Taken,
}

/// What is strange about the next card.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Strange {
    /// it lies in the slot the wrong way round
    Mute,
    /// its number has another check character
    WrongCheckDigit,
    /// it is no social-security card
    OtherApplication,
    /// what it answers makes no sense
    Garbage,
    /// it is taken out at this command
    VanishesAt(u64),
    /// it gives its answers only when asked again
    AnswersLater,
}

impl From<Strange> for Quirk {
    fn from(strange: Strange) -> Self {
        match strange {
            Strange::Mute => Self::Mute,
            Strange::WrongCheckDigit => Self::WrongCheckDigit,
            Strange::OtherApplication => Self::OtherApplication,
            Strange::Garbage => Self::GarbageRecords,
            Strange::VanishesAt(n) => Self::VanishesAt(n),
            Strange::AnswersLater => Self::AnswersLater,
        }
    }
}

/// The slot, with whatever is in it.
pub(crate) struct Slot {
    inside: Mutex<Inside>,
    /// a short path: a socket's name may not be long
    _folder: tempfile::TempDir,
    socket: PathBuf,
}

struct Inside {
    daemon: PcscDaemon,
    card: Option<SocialCardEmulator>,
    staff: Option<EmulatedCard>,
    service: Service,
    impostor: Option<Impostor>,
    occupant: Option<Occupant>,
}

impl Slot {
    /// Starts the service; `None`, with a word on why, where it is not installed.
    pub fn start() -> Option<Self> {
        let started = tempfile::tempdir()
            .map_err(|e| e.to_string())
            .and_then(|folder| Ok((PcscDaemon::start(folder.path()).map_err(|e| e.to_string())?, folder)));
        match started {
            Ok((daemon, folder)) => {
                let socket = daemon.socket();
                let inside = Inside {
                    daemon,
                    card: None,
                    staff: None,
                    service: Service::Up,
                    impostor: None,
                    occupant: None,
                };
                Some(Self { inside: Mutex::new(inside), _folder: folder, socket })
            }
            Err(why) => {
                tracing::warn!(why, "no slot for social-security cards");
                None
            }
        }
    }

    /// Where the kiosk finds the service.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Puts somebody's card in.
    pub fn insert(&self, name: &str, strange: Option<Strange>) -> Result<(), String> {
        let holder = Holder::sample(name).ok_or_else(|| format!("nobody called {name} has such a card"))?;
        let chip = Chip::new(&holder);
        let chip = strange.map_or_else(|| Chip::new(&holder), |strange| chip.with(strange.into()));
        let mut inside = self.lock();
        inside.remove();
        let port = inside.daemon.port();
        inside.card = Some(SocialCardEmulator::insert(port, chip).map_err(|e| e.to_string())?);
        Ok(())
    }

    /// Puts a technician's card into his slot, or takes out the one that is there.
    pub fn set_staff(&self, card: Option<PivCard>) -> Result<(), String> {
        let mut inside = self.lock();
        if let Some(before) = inside.staff.take() {
            before.remove();
        }
        if let Some(card) = card {
            let port = inside.daemon.second_port();
            inside.staff = Some(EmulatedCard::insert(port, card).map_err(|e| e.to_string())?);
        }
        Ok(())
    }

    /// Takes the card out.
    pub fn remove(&self) {
        self.lock().remove();
    }

    /// Lets the service die, freeze, lose its reader, turn people away, or run again.
    pub fn set(&self, wanted: Service) -> Result<(), String> {
        self.lock().set(wanted)
    }

    /// What stands with it.
    pub fn state(&self) -> Value {
        let inside = self.lock();
        json!({ "service": inside.service, "card": inside.card.is_some() })
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn remove(&mut self) {
        if let Some(card) = self.card.take() {
            card.remove();
        }
    }

    fn set(&mut self, wanted: Service) -> Result<(), String> {
        self.impostor = None;
        self.occupant = None;
        if self.service == Service::Frozen {
            self.daemon.freeze(false).map_err(|e| e.to_string())?;
        }
        if self.service == Service::NoReader
            || !matches!(wanted, Service::Up | Service::Frozen | Service::Taken)
        {
            self.remove();
            self.staff = None;
            self.daemon.kill();
        }
        // Should what follows fail.
        self.service = Service::Down;
        let impostor = |manner| Impostor::start(&self.daemon.socket(), manner).map_err(|e| e.to_string());
        match wanted {
            Service::Up => self.daemon.start_again().map_err(|e| e.to_string())?,
            Service::NoReader => self.daemon.start_without_reader().map_err(|e| e.to_string())?,
            Service::Down => {}
            Service::Frozen => self.daemon.freeze(true).map_err(|e| e.to_string())?,
            Service::Refusing => self.impostor = Some(impostor(Manner::TurnsAway)?),
            Service::Failing => self.impostor = Some(impostor(Manner::Fails)?),
            Service::Taken => {
                self.daemon.start_again().map_err(|e| e.to_string())?;
                self.occupant = Some(Occupant::start(&self.daemon.socket())?);
            }
        }
        self.service = wanted;
        Ok(())
    }
}
