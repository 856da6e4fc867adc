//! What a technician sees. It holds nothing of any visitor.

use crate::fault::{Device, Fault};
use crate::technician::{Cells, Colour, Keys, Looped, Outcome, Test};
use jiff::civil::DateTime;
use std::time::Duration;

/// The technician's room, from its door on.
#[derive(Clone, Debug, PartialEq)]
pub enum Room {
    /// who is there?
    Door(Door),
    /// every device at a glance, and how the kiosk itself is, once that is known
    Overview(Vec<DeviceShown>, Option<KioskShown>),
    /// one device, with all that is wrong with it
    Device(DeviceShown, Vec<FaultShown>),
    /// how a fault is mended
    Repair(Repair),
    /// what can be tried
    Tests(Tests),
    /// what waits to be sent
    Outbox(Option<OutboxShown>),
    /// what was used up
    Counters(Option<Counters>),
    /// what came of a test ticket that was read back
    Looped(Option<Looped>),
    /// something is tried for somebody who is not here; a touch ends it
    Remote,
    /// what the hall set for this kiosk
    Settings(Option<SettingsShown>),
    /// proof of how the kiosk is; `None` while it is made
    Report(Option<ReportShown>),
    /// the touch panel
    Touch(TouchShown),
    /// the screen's colours
    Colours(ColoursShown),
    /// the tactile pad
    Pad(PadShown),
}

impl Room {
    /// The stable name of each of its screens, for tests and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Door(_) => "door",
            Self::Overview(..) => "overview",
            Self::Device(..) => "device",
            Self::Repair(_) => "repair",
            Self::Tests(_) => "tests",
            Self::Outbox(_) => "outbox",
            Self::Counters(_) => "counters",
            Self::Looped(_) => "looped",
            Self::Remote => "remote",
            Self::Settings(_) => "settings",
            Self::Report(_) => "report",
            Self::Touch(touch) if touch.state == TestState::Running => "touch",
            Self::Touch(_) => "touch-result",
            Self::Colours(ColoursShown { colour: Some(_), .. }) => "colour",
            Self::Colours(_) => "colours",
            Self::Pad(_) => "pad",
        }
    }
}

/// Before the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    /// how to get in
    pub way: DoorWay,
    /// the kiosk reads technicians' cards
    pub cards: bool,
    /// how much has been typed; a PIN is never shown
    pub typed: Typed,
    /// why not
    pub refused: Option<DoorRefusal>,
    /// seconds until the next attempt
    pub wait: u32,
}

/// How to get in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DoorWay {
    /// a technician's card is wanted
    Card,
    /// it is there: its PIN is wanted
    Pin,
    /// without a card: the office is told this, and answers with a code
    Code(String),
    /// something is being looked at
    Checking,
}

/// What has been typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// so many digits that nobody sees
    Hidden(usize),
    /// these
    Shown(String),
}

/// Why somebody stays out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoorRefusal {
    /// wrong PIN, with so many attempts left
    WrongPin(u8),
    /// the card takes no PIN any more
    Blocked,
    /// the card is of another hall, or none of a technician
    NotOurs,
    /// the card's certificate has ended, or does not hold yet
    NotNow,
    /// the card was revoked
    Revoked,
    /// the card could not be read
    Unreadable,
    /// not so soon: it was not looked at
    TooSoon,
    /// a digit was mistyped: it costs no attempt
    Mistyped,
    /// the code is another's, or of another question
    WrongCode,
    /// the question has ended: there is a new one
    Ended,
    /// the kiosk cannot check anybody now
    Unable,
}

/// One device at a glance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceShown {
    /// which
    pub device: Device,
    /// the kiosk has it by its configuration
    pub fitted: bool,
    /// what is wrong, the gravest first
    pub faults: Vec<Fault>,
    /// since when it is as it is; `None` since the kiosk started
    pub since: Option<DateTime>,
    /// how often something began to be wrong with it within the last seven days
    pub times: u32,
}

/// One fault of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultShown {
    /// which
    pub fault: Fault,
    /// it is there now
    pub now: bool,
    /// when it was last seen to begin
    pub since: DateTime,
    /// how often it began within the last seven days
    pub times: u32,
}

/// A fault being mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// which
    pub fault: Fault,
    /// it is still there
    pub still: bool,
    /// each step but the last, which is the test
    pub steps: Vec<StepState>,
    /// the test that proves it mended
    pub test: Test,
    /// how it stands
    pub outcome: TestState,
}

/// A step of a repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    /// to be ticked off by hand
    Open,
    /// ticked off by hand
    Ticked,
    /// the device will say when it is done
    Awaited,
    /// the device says that it is done
    Seen,
}

/// How a test stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TestState {
    /// not tried since the room was opened
    #[default]
    Untried,
    /// its turn comes
    Waiting,
    /// under way
    Running,
    /// done; the technician says how it was
    Asking,
    /// ended
    Done(Outcome, Duration),
}

/// What can be tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tests {
    /// each with how it stands
    pub tests: Vec<(Test, TestState)>,
    /// something is under way
    pub busy: bool,
}

/// The touch panel while it is tried, as large as it is; then how that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TouchShown {
    /// cells that a finger has crossed
    pub done: Cells,
    /// how it stands
    pub state: TestState,
}

/// The screen while it is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColoursShown {
    /// what fills the screen; `None` before the first and after the last
    pub colour: Option<Colour>,
    /// how it stands
    pub state: TestState,
}

/// The tactile pad while it is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PadShown {
    /// keys that came
    pub pressed: Keys,
    /// how it stands
    pub state: TestState,
}

/// What waits to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutboxShown {
    /// documents that wait
    pub waiting: usize,
    /// when the oldest of them was accepted
    pub oldest: Option<DateTime>,
    /// why they wait, if something is wrong
    pub why: Option<Fault>,
    /// documents that the store refused for good
    pub refused: usize,
}

/// What was used up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// tickets that were printed since the roll was changed
    pub tickets: u64,
    /// how often the cutter has cut since then
    pub cuts: u64,
    /// paper that was used since then, in millimetres
    pub paper_mm: u64,
    /// how often the cutter has cut since the printer was put in
    pub all_cuts: u64,
    /// paper that was used since then, in millimetres
    pub all_paper_mm: u64,
    /// pages that were scanned since the kiosk was put up
    pub pages: Option<u64>,
    /// how often something began to be wrong within the last seven days
    pub faults: Option<u32>,
    /// tickets that the rest of the roll is enough for
    pub tickets_left: Option<u32>,
    /// days that it is enough for, by this hall's own days
    pub days_left: Option<u32>,
}

/// How the kiosk itself is, at a glance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KioskShown {
    /// days until its certificate ends; negative once it has
    pub certificate_days: i64,
    /// seconds by which its clock is ahead of the store's; `None` while that is not known
    pub clock_ahead: Option<i64>,
    /// free room on its disk, in mebibytes; `None` when the disk does not say
    pub free: Option<u64>,
    /// the last self-test: when, how many tests were passed, and how many were not
    pub self_test: Option<(DateTime, u32, u32)>,
    /// what the hall set for it; `None` where the system does not look after that
    pub settings: Option<SettingsShown>,
}

/// What the hall set for this kiosk, as the system around it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingsShown {
    /// number of the settings in use
    pub serial: Option<u64>,
    /// number of those that are used from the program's next start, where they are others
    pub next: Option<u64>,
    /// number of those before, which can be gone back to; of newer ones, after that was done
    pub before: Option<u64>,
    /// why others were not taken, a line for each reason
    pub refused: Vec<String>,
    /// somebody in this room wants those before
    pub going_back: bool,
}

/// A readiness report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportShown {
    /// the kiosk was ready; `None` when no report could be made
    pub ready: Option<bool>,
    /// so many things keep it from being ready
    pub hindrances: u32,
    /// so many more are worth a look
    pub remarks: u32,
    /// when it was made
    pub made: DateTime,
    /// its short form, signed, as one QR code says it
    pub code: String,
    /// what became of it last
    pub taken: Option<ReportTaken>,
}

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportTaken {
    /// its short form is with the printer
    Printing,
    /// the printer said that it printed and cut
    Printed,
    /// nobody knows whether it came out
    Unknown,
    /// it certainly did not come out
    NotPrinted,
    /// it is on the USB stick, synced
    OnStick,
    /// no USB stick is there
    NoStick,
    /// a USB stick is there, and is none of those that are allowed
    StickNotAllowed,
    /// the USB stick could not be written
    StickFailed,
}
