//! What hands can do in the hall. Each request may name any of its keys; what it does not name stays.

use super::{Asked, Done, Refused, done};
use crate::setup::Hall;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use emulators::cards::{Card, sample};
use emulators::printer::{Button, Cover, Cutter, Heat, Mechanism, Paper, Speech, Supply};
use emulators::pty::Access;
use emulators::reader::{Command, Fault, Timing};
use emulators::windows::WindowEvent;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use std::time::Duration;

/// On or off.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Power {
    On,
    Off,
}

/// Whom a port lets in once it is plugged in again.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Entry {
    /// whoever comes first
    Free,
    /// nobody: its permissions are missing
    Forbidden,
    /// nobody: another program holds it
    Taken,
}

impl From<Entry> for Access {
    fn from(entry: Entry) -> Self {
        match entry {
            Entry::Free => Self::Free,
            Entry::Forbidden => Self::Forbidden,
            Entry::Taken => Self::Taken,
        }
    }
}

/// Tells `null` from a key that is not there.
pub(super) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    value: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(value).map(Some)
}

/// `POST /api/reader`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReaderHands {
    #[serde(default, deserialize_with = "given")]
    card: Option<Option<Value>>,
    cable: Option<Power>,
    port: Option<Entry>,
    #[serde(default, deserialize_with = "given")]
    fault: Option<Option<ReaderFault>>,
    read_ms: Option<u16>,
}

/// What goes wrong with the replies that follow. `null` takes back what has not happened yet.
#[derive(Clone, Copy, Deserialize)]
#[serde(
    untagged,
    expecting = "\"garble\", \"babble\", {\"truncate\": N}, {\"silence\": N} or {\"command\", \"sw3\", \"times\"}"
)]
enum ReaderFault {
    Word(ReaderFaultWord),
    /// the next reply ends after so many bytes
    Truncate {
        truncate: usize,
    },
    /// so many replies do not come
    Silence {
        silence: u32,
    },
    /// so many replies to one command carry this SW3
    Status {
        command: ReaderCommand,
        sw3: u8,
        times: u32,
    },
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ReaderFaultWord {
    /// the next reply's checksum is wrong
    Garble,
    /// every reply's checksum is wrong
    Babble,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ReaderCommand {
    Status,
    Find,
    Select,
    Read,
}

impl From<ReaderFault> for Fault {
    fn from(fault: ReaderFault) -> Self {
        match fault {
            ReaderFault::Word(ReaderFaultWord::Garble) => Self::Garble,
            ReaderFault::Word(ReaderFaultWord::Babble) => Self::Babble,
            ReaderFault::Truncate { truncate } => Self::Truncate(truncate),
            ReaderFault::Silence { silence } => Self::Silence(silence),
            ReaderFault::Status { command, sw3, times } => {
                let command = match command {
                    ReaderCommand::Status => Command::ModuleStatus,
                    ReaderCommand::Find => Command::Find,
                    ReaderCommand::Select => Command::Select,
                    ReaderCommand::Read => Command::Read,
                };
                Self::Status { command, sw3, times }
            }
        }
    }
}

/// Lays a card, lifts it, pulls the cable, makes replies go wrong, makes reading take as long as a
/// real card does.
pub(super) async fn reader(State(hall): State<Hall>, Asked(hands): Asked<ReaderHands>) -> Done {
    match hands.fault {
        None => {}
        Some(None) => hall.reader.clear_faults(),
        Some(Some(fault)) => hall.reader.inject(fault.into()),
    }
    if let Some(ms) = hands.read_ms {
        hall.reader.set_timing(Timing { read: Duration::from_millis(ms.into()), ..Timing::default() });
    }
    match hands.card {
        None => {}
        Some(None) => hall.reader.place(None),
        Some(Some(Value::String(name))) => {
            let card = sample(&name)
                .ok_or_else(|| Refused::missing(format!("no sample card {name}; see GET /api/cards")))?;
            hall.reader.place(Some(card));
        }
        Some(Some(card)) => {
            let text = serde_json::to_vec(&card).map_err(Refused::bad)?;
            hall.reader.place(Some(Card::from_json(&text).map_err(Refused::bad)?));
        }
    }
    if let Some(entry) = hands.port {
        hall.reader.unplug();
        hall.reader.plug_for(entry.into()).map_err(Refused::bad)?;
    }
    match hands.cable {
        Some(Power::Off) => hall.reader.unplug(),
        Some(Power::On) => hall.reader.plug().map_err(Refused::bad)?,
        None => {}
    }
    done()
}

/// `POST /api/printer`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PrinterHands {
    paper: Option<Paper>,
    cover: Option<Cover>,
    cutter: Option<Cutter>,
    mechanism: Option<Mechanism>,
    heat: Option<Heat>,
    button: Option<Button>,
    supply: Option<Supply>,
    unnamed_error: Option<bool>,
    speech: Option<Speech>,
    power: Option<Power>,
    port: Option<Entry>,
    confirm: Option<bool>,
    full_status: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    dots_per_second: Option<Option<u32>>,
}

/// Takes paper out, opens the cover, jams the cutter, pulls the plug, slows the paper down.
pub(super) async fn printer(State(hall): State<Hall>, Asked(hands): Asked<PrinterHands>) -> Done {
    let printer = &hall.printer;
    hands.confirm.inspect(|confirm| printer.set_confirm(*confirm));
    hands.full_status.inspect(|known| printer.set_full_status(*known));
    hands.dots_per_second.inspect(|speed| printer.set_head_speed(*speed));
    hands.paper.inspect(|paper| printer.set_paper(*paper));
    hands.cover.inspect(|cover| printer.set_cover(*cover));
    hands.cutter.inspect(|cutter| printer.set_cutter(*cutter));
    hands.mechanism.inspect(|mechanism| printer.set_mechanism(*mechanism));
    hands.heat.inspect(|heat| printer.set_heat(*heat));
    hands.button.inspect(|button| printer.set_button(*button));
    hands.supply.inspect(|supply| printer.set_supply(*supply));
    hands.unnamed_error.inspect(|error| printer.set_unnamed_error(*error));
    hands.speech.inspect(|speech| printer.set_speech(*speech));
    if let Some(entry) = hands.port {
        printer.power_for(entry.into()).map_err(Refused::bad)?;
    }
    if let Some(power) = hands.power {
        printer.set_power(matches!(power, Power::On)).map_err(Refused::bad)?;
    }
    done()
}

/// `POST /api/network`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NetworkHands {
    store: Line,
}

/// The line to the store.
#[derive(Deserialize)]
#[serde(untagged, expecting = "\"up\", \"down\", {\"kbit_s\": N} or {\"cut_after_bytes\": N}")]
enum Line {
    Word(LineWord),
    Slow { kbit_s: u32 },
    Cut { cut_after_bytes: u64 },
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum LineWord {
    Up,
    Down,
}

/// Cuts and slows the line to the store.
pub(super) async fn network(State(hall): State<Hall>, Asked(hands): Asked<NetworkHands>) -> Done {
    let network = &hall.network;
    match hands.store {
        Line::Word(LineWord::Up) => {
            network.kbit_s(None);
            network.cut_after_bytes(None);
            network.up().await.map_err(Refused::bad)?;
        }
        Line::Word(LineWord::Down) => network.down().await,
        Line::Slow { kbit_s } => network.kbit_s(Some(kbit_s)),
        Line::Cut { cut_after_bytes } => network.cut_after_bytes(Some(cut_after_bytes)),
    }
    done()
}

/// `POST /api/staff`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StaffHands {
    /// somebody goes to every kiosk that called
    #[serde(default)]
    gone: bool,
    /// whether calls are taken
    bell: Option<Power>,
}

/// The staff see to calls, or cannot hear them.
pub(super) async fn staff(State(hall): State<Hall>, Asked(hands): Asked<StaffHands>) -> Done {
    if let Some(bell) = hands.bell {
        hall.windows.set_bell(matches!(bell, Power::On));
    }
    if hands.gone {
        hall.windows.see_to_calls();
    }
    done()
}

/// `POST /api/window`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WindowHands {
    number: String,
    event: WindowEvent,
}

/// A window calls a number, serves it, or waits in vain.
pub(super) async fn window(
    State(hall): State<Hall>,
    Asked(hands): Asked<WindowHands>,
) -> Result<impl IntoResponse, Refused> {
    let seq = hall.windows.post(&hands.number, hands.event).map_err(Refused::bad)?;
    Ok(Json(json!({ "seq": seq })))
}
