//! The slot for social-security cards: a private pcscd with a virtual reader, and the card in it.

use emulators::social_card::{Chip, Holder, PcscDaemon, Quirk, SocialCardEmulator};
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the service does.
#[derive(Clone, Copy, Deserialize)]
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
    service: Service,
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
                let inside = Inside { daemon, card: None, service: Service::Up };
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

    /// Takes the card out.
    pub fn remove(&self) {
        self.lock().remove();
    }

    /// Lets the service die, freeze, lose its reader, or run again.
    pub fn set(&self, wanted: Service) -> Result<(), String> {
        let mut inside = self.lock();
        if let Service::Frozen = inside.service {
            inside.daemon.freeze(false).map_err(|e| e.to_string())?;
        }
        let restarted = match wanted {
            Service::Up => {
                if let Service::NoReader = inside.service {
                    inside.remove();
                    inside.daemon.kill();
                }
                inside.daemon.start_again().map_err(|e| e.to_string())
            }
            Service::NoReader => {
                inside.remove();
                inside.daemon.kill();
                inside.daemon.start_without_reader().map_err(|e| e.to_string())
            }
            Service::Down => {
                inside.remove();
                inside.daemon.kill();
                Ok(())
            }
            Service::Frozen => inside.daemon.freeze(true).map_err(|e| e.to_string()),
        };
        inside.service = wanted;
        restarted
    }

    /// What stands with it.
    pub fn state(&self) -> Value {
        let inside = self.lock();
        let service = match inside.service {
            Service::Up => "up",
            Service::NoReader => "no_reader",
            Service::Down => "down",
            Service::Frozen => "frozen",
        };
        json!({ "service": service, "card": inside.card.is_some() })
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
}
