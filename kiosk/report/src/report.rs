//! What a report says. Every text and list is bounded, so that a report is a report once it is there.

use serde::{Deserialize, Serialize};

use crate::fingerprint::Fingerprint;
use crate::list::List;
use crate::moment::Moment;
use crate::text::{Key, Text, Words};

/// How a kiosk was when a technician left it.
///
/// As JSON ([`Report::to_json`]) the names of the fields are those here, with hyphens for underscores.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Report {
    /// That it is such a report, and of which form
    #[serde(rename = "onedoor-report")]
    pub form: Form,
    /// The kiosk's name
    pub kiosk: Key,
    /// The hall's name
    pub hall: Words<60>,
    /// When the report was made, by the kiosk's clock
    pub made: Moment,
    /// What runs on the kiosk
    pub software: Software,
    /// The kiosk's certificate, with whose key the report is signed
    pub certificate: Certificate,
    /// Its devices
    pub devices: List<Device, 16>,
    /// What was tested
    pub tests: List<Test, 64>,
    /// What the last test ticket said, if one was printed and read back
    pub ticket_loop: Option<TicketLoop>,
    /// What was used up, and what is left
    pub counters: Counters,
    /// What waits to be sent to the store
    pub outbox: Outbox,
    /// When the kiosk last tested itself unasked, if it ever did
    pub self_test: Option<Moment>,
}

/// The form of a report: 1, the only one there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Form;

impl TryFrom<u32> for Form {
    type Error = &'static str;

    fn try_from(number: u32) -> Result<Self, Self::Error> {
        if number == 1 { Ok(Self) } else { Err("onedoor-report must be 1: this program knows no other form") }
    }
}

impl From<Form> for u32 {
    fn from(Form: Form) -> Self {
        1
    }
}

/// Programs, by name and version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Software {
    /// The version of the kiosk's own program that was running
    pub running: Text<32>,
    /// Whatever else belongs to it: the image, helpers, drivers
    pub parts: List<Part, 16>,
}

/// A program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Part {
    /// What it is called
    pub name: Text<40>,
    /// Its version
    pub version: Text<40>,
}

/// The kiosk's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Certificate {
    /// SHA-256 of the certificate (DER)
    pub sha256: Fingerprint,
    /// Its last second
    pub ends: Moment,
}

/// A device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Device {
    /// Its stable name
    pub key: Key,
    /// What people call it
    pub name: Words<40>,
    /// Whether this kiosk is to have one
    pub fitted: bool,
    /// What it says of itself, if it says anything
    pub identity: Option<Identity>,
    /// What is wrong with it
    pub faults: List<Fault, 16>,
}

/// What a device says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Identity {
    /// Who made it
    pub maker: Option<Text<60>>,
    /// Which model
    pub model: Option<Text<60>>,
    /// Its number
    pub serial: Option<Text<60>>,
    /// The version of its own program
    pub firmware: Option<Text<60>>,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fault {
    /// Its stable code
    pub code: Key,
    /// How much it takes away
    pub severity: Severity,
    /// What it is
    pub words: Words<120>,
    /// Since when
    pub since: Moment,
}

/// How much a fault takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// everything still works; somebody should look
    Notice,
    /// something works less well than it should
    Degrades,
    /// something does not work: the kiosk is not [ready](Report::ready)
    Stops,
}

/// Something that can be tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Test {
    /// Its stable name
    pub key: Key,
    /// What people call it
    pub name: Words<40>,
    /// Who performs it
    pub by: By,
    /// How it ended
    pub outcome: Outcome,
}

/// Who performs a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// the kiosk alone: no card laid, no paper used, nothing heard
    Kiosk,
    /// somebody has to do or to judge something
    Hand,
}

/// How a test ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Outcome {
    /// as it should
    Passed {
        /// how long it took, in milliseconds
        took_ms: u32,
        /// what was measured, with its unit
        measured: Option<Text<60>>,
    },
    /// not as it should
    Failed {
        /// a stable code for why
        code: Key,
        /// why
        words: Words<120>,
        /// how long it took, in milliseconds
        took_ms: u32,
        /// what was measured, with its unit
        measured: Option<Text<60>>,
    },
    /// not at all
    Untried,
}

/// What a test ticket said of the printer and of the scanner that read it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TicketLoop {
    /// The printer's grade
    pub printer: Grade,
    /// The scanner's grade
    pub scanner: Grade,
    /// What is to be expected
    pub forecast: Words<120>,
}

/// How well a machine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// as new
    Good,
    /// works, but not as new: look again soon
    Watch,
    /// has to be mended
    Bad,
}

/// What was used up, and what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Counters {
    /// Tickets printed in all
    pub tickets: u32,
    /// Paper used in all, in millimetres
    pub paper_mm: u32,
    /// Tickets that the paper still gives, if that is known
    pub tickets_left: Option<u32>,
    /// Days that it will last, if that is known
    pub days_left: Option<u32>,
}

/// What waits to be sent to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Outbox {
    /// How many documents
    pub waiting: u32,
    /// Since when the oldest waits
    pub oldest: Option<Moment>,
    /// How many the store refused
    pub refused: u32,
}
