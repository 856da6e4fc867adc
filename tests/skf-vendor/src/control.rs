//! The file that says which keys are plugged in and what goes wrong.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The environment variable that names the file.
pub const VARIABLE: &str = "SKF_VENDOR_DESK";

/// The invented companies whose keys can be plugged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Company {
    /// 上海示例企业服务有限公司, 91310114MA1GAMP1XF: the code in an extension of its certificate.
    Agency,
    /// 嘉定样板小吃店, 92310114MA1DEMQ2LE: the code in the subject, behind a prefix.
    Shop,
}

impl Company {
    /// The name the key is listed under.
    #[must_use]
    pub fn device(self) -> &'static str {
        match self {
            Self::Agency => "YZT-AGENCY-0001",
            Self::Shop => "YZT-SHOP-0002",
        }
    }

    /// Its certificate, DER.
    #[must_use]
    pub fn certificate(self) -> &'static [u8] {
        match self {
            Self::Agency => include_bytes!("../pki/agency.crt.der"),
            Self::Shop => include_bytes!("../pki/shop.crt.der"),
        }
    }

    pub(crate) fn private_key(self) -> &'static [u8] {
        match self {
            Self::Agency => include_bytes!("../pki/agency.key.der"),
            Self::Shop => include_bytes!("../pki/shop.key.der"),
        }
    }
}

/// What goes wrong with one function of the library, by its name in C.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// The process dies of an invalid memory access.
    Crash {
        /// the function
        call: String,
    },
    /// The call never returns.
    Hang {
        /// the function
        call: String,
    },
    /// The call does nothing and returns this code.
    Fail {
        /// the function
        call: String,
        /// the code
        code: u32,
    },
    /// The call returns success, and lengths beyond every buffer.
    Overlong {
        /// the function
        call: String,
    },
    /// The key is pulled just before this call does its work.
    Pulled {
        /// the function
        call: String,
    },
}

impl Trouble {
    fn call(&self) -> &str {
        match self {
            Self::Crash { call }
            | Self::Hang { call }
            | Self::Fail { call, .. }
            | Self::Overlong { call }
            | Self::Pulled { call } => call,
        }
    }
}

/// One key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) company: Company,
    pub(crate) pin: String,
    pub(crate) most_tries: u32,
    pub(crate) tries: u32,
    /// A key that was never given a certificate.
    pub(crate) blank: bool,
    /// Goes up with each plugging in: handles of before are dead.
    pub(crate) plugged: Option<u64>,
}

/// What the file holds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) keys: Vec<Key>,
    pub(crate) troubles: Vec<Trouble>,
    /// The library prints to standard output with every call, as debug builds do that were shipped.
    pub(crate) chatty: bool,
    /// How often a key was plugged in.
    pub(crate) pluggings: u64,
    /// What goes wrong with every call of its function, in every process that loads the library.
    pub(crate) lasting: Option<Trouble>,
}

impl State {
    pub(crate) fn load(path: &Path) -> io::Result<Self> {
        Ok(serde_json::from_slice(&fs::read(path)?)?)
    }

    pub(crate) fn store(&self, path: &Path) -> io::Result<()> {
        let fresh = path.with_extension(format!("{}.new", std::process::id()));
        fs::write(&fresh, serde_json::to_vec_pretty(self)?)?;
        fs::rename(fresh, path)
    }

    /// Takes the trouble that this call is in for, if any; what lasts stays.
    pub(crate) fn take_trouble(&mut self, call: &str) -> Option<Trouble> {
        match self.troubles.iter().position(|trouble| trouble.call() == call) {
            Some(at) => Some(self.troubles.remove(at)),
            None => self.lasting.clone().filter(|trouble| trouble.call() == call),
        }
    }
}

/// The desk at which keys are plugged in and out: the other end of the library.
///
/// Every method rewrites the file; the library looks at it with each call. Both sides write: use the
/// desk while no call is under way.
#[derive(Debug)]
pub struct Desk {
    path: PathBuf,
}

impl Desk {
    /// A desk without keys, whose file is `path`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn new(path: &Path) -> io::Result<Self> {
        State::default().store(path)?;
        Ok(Self { path: path.to_owned() })
    }

    /// The desk whose file is there already.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// The file, for [`VARIABLE`].
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Plugs in a company's key with this PIN, six tries; a key of before keeps its tries and PIN.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn plug(&self, company: Company, pin: &str) -> io::Result<()> {
        self.change(|state| {
            state.pluggings += 1;
            let plugged = Some(state.pluggings);
            match state.keys.iter_mut().find(|key| key.company == company) {
                Some(key) => key.plugged = plugged,
                None => state.keys.push(Key {
                    company,
                    pin: pin.to_owned(),
                    most_tries: 6,
                    tries: 6,
                    blank: false,
                    plugged,
                }),
            }
        })
    }

    /// Pulls a company's key.
    ///
    /// # Errors
    /// As [`Desk::plug`].
    pub fn pull(&self, company: Company) -> io::Result<()> {
        self.change(|state| {
            for key in state.keys.iter_mut().filter(|key| key.company == company) {
                key.plugged = None;
            }
        })
    }

    /// Sets how many tries a key's PIN has left; none, and it is locked.
    ///
    /// # Errors
    /// As [`Desk::plug`].
    pub fn set_tries(&self, company: Company, tries: u32) -> io::Result<()> {
        self.change(|state| {
            for key in state.keys.iter_mut().filter(|key| key.company == company) {
                key.tries = tries;
            }
        })
    }

    /// Takes a key's certificate away, or gives it back.
    ///
    /// # Errors
    /// As [`Desk::plug`].
    pub fn set_blank(&self, company: Company, blank: bool) -> io::Result<()> {
        self.change(|state| {
            for key in state.keys.iter_mut().filter(|key| key.company == company) {
                key.blank = blank;
            }
        })
    }

    /// The next call of the trouble's function goes wrong.
    ///
    /// # Errors
    /// As [`Desk::plug`].
    pub fn trouble(&self, trouble: Trouble) -> io::Result<()> {
        self.change(|state| state.troubles.push(trouble))
    }

    /// Every call of the trouble's function goes wrong, in every process that loads the library; `None`
    /// ends that.
    ///
    /// # Errors
    /// As [`Desk::plug`].
    pub fn lasting(&self, trouble: Option<Trouble>) -> io::Result<()> {
        self.change(|state| state.lasting = trouble)
    }

    /// Whether the library prints to standard output.
    ///
    /// # Errors
    /// As [`Desk::plug`].
    pub fn set_chatty(&self, chatty: bool) -> io::Result<()> {
        self.change(|state| state.chatty = chatty)
    }

    fn change(&self, change: impl FnOnce(&mut State)) -> io::Result<()> {
        let mut state = State::load(&self.path)?;
        change(&mut state);
        state.store(&self.path)
    }
}
