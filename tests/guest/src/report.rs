//! What guest and host say to each other: one JSON value a line, on the guest's second serial port.

use serde::{Deserialize, Serialize};

/// A line of the guest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromGuest {
    /// The case of this name begins.
    Begin(String),
    /// A case has ended.
    Case(Case),
    /// The host is to do something; the guest waits for its [`Answer`].
    Ask(Ask),
    /// Every case has ended.
    Done,
}

/// How a case went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// Why it failed, if it did.
    pub failure: Option<String>,
    /// How long it took.
    pub millis: u64,
}

/// What only the host can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Pull a converter's plug.
    Unplug(Converter),
    /// Pull a converter's plug some milliseconds after the answer.
    UnplugSoon(Converter, u64),
    /// Plug a converter in again, into the same port.
    Plug(Converter),
    /// Lay a sample card on the serial reader, or lift it.
    Place(Option<String>),
    /// Let the serial reader keep silent, or speak again.
    Silence(bool),
    /// At which speed a converter sends.
    Speed(Converter),
    /// The texts of the serial printer's tickets.
    Tickets,
}

/// What came of an [`Ask`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Done.
    Done,
    /// Bits a second.
    Speed(u32),
    /// Texts of tickets, oldest first.
    Tickets(Vec<String>),
    /// It could not be done.
    Failed(String),
}

/// A USB-to-serial converter (FTDI), named by what hangs on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Converter {
    /// The reader of identity cards, in the controller's port 1, at 115200 bits a second.
    Reader,
    /// The ticket printer, in the controller's port 2, at 9600 bits a second.
    Printer,
}

impl Converter {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Reader, Self::Printer];

    /// Its name in QEMU.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Printer => "printer",
        }
    }

    /// The controller's port it is plugged into.
    #[must_use]
    pub fn port(self) -> u8 {
        match self {
            Self::Reader => 1,
            Self::Printer => 2,
        }
    }

    /// Bits a second of the device behind it.
    #[must_use]
    pub fn baud(self) -> u32 {
        match self {
            Self::Reader => 115_200,
            Self::Printer => 9_600,
        }
    }
}
