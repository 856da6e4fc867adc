//! How the printer is: the answers to DLE EOT and the automatic status, as one value.
//!
//! Each bit of each status byte is a [`Sign`], and each sign has one [`Meaning`]: a fault, a notice, or
//! nothing at all. The tables below are those of the command reference, bit 0 first.

use crate::error::Fault;
use crate::profile::StatusLayout;

/// What the printer says about itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// One bit for each sign, in the order of [`Sign::ALL`].
    signs: u32,
}

/// How much paper is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paper {
    /// Enough.
    Ok,
    /// The near-end sensor sees the core; some dozens of tickets are left.
    Low,
    /// None.
    Out,
}

/// The printer's cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover {
    /// Shut.
    Closed,
    /// Open: nothing prints.
    Open,
}

/// What one bit of a status byte says when it is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Level of the drawer connector's pin 3, which a kiosk leaves open.
    DrawerPin,
    /// It takes no data.
    OffLine,
    /// It waits to be brought back on line by its button.
    WaitingForRecovery,
    /// Its feed button is pressed.
    FeedButton,
    /// The cover is open.
    CoverOpen,
    /// Paper is being fed by the button.
    FeedingByButton,
    /// It stopped because the paper ended.
    PaperEndStop,
    /// Some error has occurred; others say which.
    Error,
    /// A mechanical error that ends once its cause is removed.
    Recoverable,
    /// The cutter is stuck.
    CutterError,
    /// An error that only repair ends.
    Unrecoverable,
    /// An error that ends by itself: the head is too hot (on some models: the cover is open).
    AutoRecoverable,
    /// The near-end sensor sees the core of the roll.
    NearEnd,
    /// There is no paper.
    PaperEnd,
    /// A ticket has not been taken out of the presenter or the outlet.
    TicketWaiting,
    /// KPM150: the length of paper it was told of is used up.
    VirtualPaperEnd,
    /// KPM150: a mark on the paper is under the sensor.
    Notch,
    /// KPM150: the print head is lifted.
    HeadUp,
    /// KPM150: data wait to be printed.
    Spooling,
    /// KPM150: the paper moves.
    MotorRuns,
    /// KPM150: its LF or its FF key is pressed.
    Key,
    /// KPM150: the print head is out of its range of temperature.
    HeadTemperature,
    /// KPM150: bytes arrived garbled.
    Communication,
    /// KPM150: its supply is out of range.
    SupplyVoltage,
    /// KPM150: it refused a command.
    CommandRefused,
    /// KPM150: the mark on the paper was not found.
    NotchMissing,
    /// A bit without a meaning.
    Reserved,
}

/// What a sign means for printing tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It cannot print.
    Fault(Fault),
    /// It prints, but the staff may want to know.
    Notice(Notice),
    /// Nothing to a kiosk.
    Nothing,
}

/// What the staff may want to know of a printer that prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The roll will soon be used up.
    PaperLow,
    /// Somebody presses its button.
    ButtonPressed,
    /// The last ticket has not been taken.
    TicketNotTaken,
    /// It is still printing.
    Busy,
    /// Bytes arrive garbled: its cable or its speed is wrong.
    GarbledLine,
    /// It refused a command: its profile asks for what it does not know.
    CommandRefused,
}

use Sign::{Reserved as R, *};

/// Bits 0, 1, 4 and 7: fixed in answers to DLE EOT and in the first byte of GS a, which are recognised by
/// them. They say nothing else.
const FIXED: u8 = 0x93;
/// DLE EOT 1 to 4.
const REAL_TIME: [[Sign; 8]; 4] = [
    [R, R, DrawerPin, OffLine, R, WaitingForRecovery, FeedButton, R],
    [R, R, CoverOpen, FeedingByButton, R, PaperEndStop, Error, R],
    [R, R, Recoverable, CutterError, R, Unrecoverable, AutoRecoverable, R],
    [R, R, NearEnd, NearEnd, R, PaperEnd, PaperEnd, R],
];
/// DLE EOT 4 of a PPU-231.
const PRESENTER: [Sign; 8] = [R, R, NearEnd, NearEnd, R, PaperEnd, TicketWaiting, R];
/// The four bytes of GS a.
const AUTOMATIC: [[Sign; 8]; 4] = [
    [R, R, DrawerPin, OffLine, R, CoverOpen, FeedingByButton, R],
    [WaitingForRecovery, FeedButton, Recoverable, CutterError, R, Unrecoverable, AutoRecoverable, R],
    [NearEnd, NearEnd, PaperEnd, PaperEnd, R, R, R, R],
    [R; 8],
];
/// The four bytes behind 10 0F of a KPM150's DLE EOT 14h: paper, user, errors that end, errors that
/// do not.
const FULL: [[Sign; 8]; 4] = [
    [PaperEnd, R, NearEnd, R, R, TicketWaiting, VirtualPaperEnd, Notch],
    [HeadUp, CoverOpen, Spooling, MotorRuns, R, Key, Key, R],
    [HeadTemperature, Communication, R, SupplyVoltage, R, CommandRefused, R, NotchMissing],
    [Unrecoverable; 8],
];

impl Sign {
    /// Every sign.
    pub const ALL: [Sign; 27] = [
        DrawerPin,
        OffLine,
        WaitingForRecovery,
        FeedButton,
        CoverOpen,
        FeedingByButton,
        PaperEndStop,
        Error,
        Recoverable,
        CutterError,
        Unrecoverable,
        AutoRecoverable,
        NearEnd,
        PaperEnd,
        TicketWaiting,
        VirtualPaperEnd,
        Notch,
        HeadUp,
        Spooling,
        MotorRuns,
        Key,
        HeadTemperature,
        Communication,
        SupplyVoltage,
        CommandRefused,
        NotchMissing,
        R,
    ];

    /// What it means for printing tickets.
    pub const fn meaning(self) -> Meaning {
        match self {
            OffLine => Meaning::Fault(Fault::Offline),
            FeedingByButton => Meaning::Fault(Fault::Feeding),
            WaitingForRecovery => Meaning::Fault(Fault::WaitingForButton),
            CoverOpen | HeadUp => Meaning::Fault(Fault::CoverOpen),
            PaperEndStop | PaperEnd => Meaning::Fault(Fault::PaperOut),
            Error => Meaning::Fault(Fault::Unnamed),
            Recoverable | NotchMissing => Meaning::Fault(Fault::Mechanical),
            CutterError => Meaning::Fault(Fault::Cutter),
            Unrecoverable => Meaning::Fault(Fault::Unrecoverable),
            SupplyVoltage => Meaning::Fault(Fault::Supply),
            AutoRecoverable | HeadTemperature => Meaning::Fault(Fault::HeadHot),
            NearEnd | VirtualPaperEnd => Meaning::Notice(Notice::PaperLow),
            FeedButton | Key => Meaning::Notice(Notice::ButtonPressed),
            TicketWaiting => Meaning::Notice(Notice::TicketNotTaken),
            Spooling | MotorRuns => Meaning::Notice(Notice::Busy),
            Communication => Meaning::Notice(Notice::GarbledLine),
            CommandRefused => Meaning::Notice(Notice::CommandRefused),
            DrawerPin | Notch | R => Meaning::Nothing,
        }
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

impl Status {
    /// Decodes the answers to DLE EOT 1, 2, 3 and 4, in this order.
    pub fn from_real_time(layout: StatusLayout, answers: [u8; 4]) -> Self {
        let [printer, offline, error, paper] = REAL_TIME;
        let paper = if layout == StatusLayout::Ppu231 { PRESENTER } else { paper };
        Status::decode([printer, offline, error, paper], answers.map(|answer| answer & !FIXED))
    }

    /// Decodes the four bytes of automatic status (GS a).
    pub fn from_auto([printer, error, paper, reserved]: [u8; 4]) -> Self {
        Status::decode(AUTOMATIC, [printer & !FIXED, error, paper, reserved])
    }

    /// Decodes the four bytes behind 10 0F of a KPM150's DLE EOT 14h.
    pub fn from_full(bytes: [u8; 4]) -> Self {
        Status::decode(FULL, bytes)
    }

    /// Decodes the answer to GS r 1, which tells of the paper alone: like the third byte of GS a.
    pub fn from_queued(byte: u8) -> Self {
        Status::decode(AUTOMATIC, [0, 0, byte & 0x0F, 0])
    }

    /// What two answers say together.
    #[must_use]
    pub fn and(self, other: Status) -> Self {
        Status { signs: self.signs | other.signs }
    }

    fn decode(table: [[Sign; 8]; 4], bytes: [u8; 4]) -> Self {
        let mut signs = 0;
        for (byte, meanings) in bytes.into_iter().zip(table) {
            for (bit, sign) in meanings.into_iter().enumerate() {
                if byte & (1 << bit) != 0 {
                    signs |= sign.bit();
                }
            }
        }
        Status { signs }
    }

    /// The same, for a printer whose near-end sensor is not fitted.
    pub(crate) fn without_near_end(self) -> Self {
        Status { signs: self.signs & !NearEnd.bit() }
    }

    /// Whether it shows this sign.
    pub fn shows(&self, sign: Sign) -> bool {
        self.signs & sign.bit() != 0
    }

    /// All the signs it shows.
    pub fn signs(&self) -> impl Iterator<Item = Sign> + use<> {
        let shown = *self;
        Sign::ALL.into_iter().filter(move |sign| shown.shows(*sign))
    }

    /// Whether it takes data and prints.
    pub fn is_online(&self) -> bool {
        !self.shows(OffLine)
    }

    /// The roll.
    pub fn paper(&self) -> Paper {
        if self.shows(PaperEnd) {
            Paper::Out
        } else if self.shows(NearEnd) || self.shows(VirtualPaperEnd) {
            Paper::Low
        } else {
            Paper::Ok
        }
    }

    /// The cover.
    pub fn cover(&self) -> Cover {
        if self.shows(CoverOpen) || self.shows(HeadUp) { Cover::Open } else { Cover::Closed }
    }

    /// What keeps it from printing, the cause people must remove first, first.
    ///
    /// Little paper is no fault.
    pub fn fault(&self) -> Option<Fault> {
        let faults = self.signs().filter_map(|sign| match sign.meaning() {
            Meaning::Fault(fault) => Some(fault),
            Meaning::Notice(_) | Meaning::Nothing => None,
        });
        faults.min()
    }

    /// What else there is to know; each once.
    pub fn notices(&self) -> Vec<Notice> {
        let mut notices = Vec::new();
        for sign in self.signs() {
            if let Meaning::Notice(notice) = sign.meaning()
                && !notices.contains(&notice)
            {
                notices.push(notice);
            }
        }
        notices
    }
}

/// The answers to one round of questions as they come in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answers {
    layout: StatusLayout,
    real_time: [u8; 4],
    pub(crate) have: usize,
    full: Option<[u8; 4]>,
    /// Whether the second question was put first.
    second_first: bool,
}

impl Answers {
    pub(crate) fn none(layout: StatusLayout) -> Self {
        Answers { layout, real_time: [0; 4], have: 0, full: None, second_first: false }
    }

    /// The same for a round whose second question was put first.
    pub(crate) fn second_first(layout: StatusLayout) -> Self {
        Answers { second_first: true, ..Answers::none(layout) }
    }

    /// Takes an answer to DLE EOT 1 to 4. More than four: the first were late answers to an earlier
    /// round.
    pub(crate) fn take(&mut self, byte: u8) {
        let [_, second, third, fourth] = self.real_time;
        self.real_time = [second, third, fourth, byte];
        self.have += 1;
    }

    /// Takes the answer to DLE EOT 14h.
    pub(crate) fn take_full(&mut self, bytes: [u8; 4]) {
        self.full = Some(bytes);
    }

    /// The status, once all have come.
    pub(crate) fn status(&self) -> Option<Status> {
        let whole = self.layout != StatusLayout::Kpm150 || self.full.is_some();
        if self.have < self.real_time.len() || !whole {
            return None;
        }
        let [first, second, third, fourth] = self.real_time;
        let ordered = if self.second_first { [second, first, third, fourth] } else { self.real_time };
        let status = Status::from_real_time(self.layout, ordered);
        Some(self.full.map_or(status, |full| status.and(Status::from_full(full))))
    }
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
