//! The security module: what it answers to which command (protocols.md §1.4 to §1.8).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use zeroize::Zeroize;

use super::faults::Faults;
use super::frame::{self, FrameError, Intake, Request};
use super::{Command, Timing};
use crate::cards::{Card, FINGERPRINT_BYTES, PHOTO_BYTES, RECORD_BYTES};
use crate::changed::Changed;
use crate::pty::{Device, Output};

/// SW3: success.
pub(super) const OK: u8 = 0x90;
/// SW3: the card has no such item.
pub(super) const NO_ITEM: u8 = 0x91;
/// SW3: a card was found.
pub(super) const FOUND: u8 = 0x9F;
/// SW3: checksum of the received data wrong.
pub(super) const CHECKSUM_WRONG: u8 = 0x10;
/// SW3: length wrong.
pub(super) const LENGTH_WRONG: u8 = 0x11;
/// SW3: command or parameter wrong.
pub(super) const COMMAND_WRONG: u8 = 0x21;
/// SW3: operation not permitted now.
pub(super) const NOT_NOW: u8 = 0x23;
/// SW3: read failed.
pub(super) const READ_FAILED: u8 = 0x41;
/// SW3: find failed.
pub(super) const NOT_FOUND: u8 = 0x80;
/// SW3: select failed.
pub(super) const NOT_SELECTED: u8 = 0x81;

/// A frame whose next byte does not come within this time is forgotten.
const BYTE_GAP: Duration = Duration::from_millis(500);

/// Requests the module remembers while it is busy; further ones are lost.
const QUEUE_LIMIT: usize = 8;

/// The module's identifier, shown as `05.03-20160101-0012345678-0123456789`.
const IDENTIFIER: (u16, u16, u32, u32, u32) = (5, 3, 20_160_101, 12_345_678, 123_456_789);

/// Where the card on the reader stands in the course of a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Laid on, not yet found.
    Fresh,
    /// Found, not yet selected.
    Found,
    /// Selected: may be read.
    Selected,
}

struct Laid {
    card: Card,
    stage: Stage,
    /// Read once: not found again until lifted.
    latched: bool,
}

pub(super) struct Module {
    pub(super) timing: Timing,
    pub(super) faults: Faults,
    pub(super) fingerprints: bool,
    pub(super) requests: u64,
    pub(super) reads: u64,
    laid: Option<Laid>,
    intake: Intake,
    last_byte: Option<Instant>,
    queue: VecDeque<Result<Request, FrameError>>,
    /// When the request at the head of the queue is done.
    due: Option<Instant>,
    changed: Arc<Changed>,
}

/// SW3 and data of a reply, and the speed to change to after it.
struct Answer {
    sw3: u8,
    data: Vec<u8>,
    baud: Option<u32>,
}

impl Answer {
    fn word(sw3: u8) -> Self {
        Self::data(sw3, Vec::new())
    }

    fn data(sw3: u8, data: Vec<u8>) -> Self {
        Self { sw3, data, baud: None }
    }
}

impl Module {
    pub(super) fn new(timing: Timing, changed: Arc<Changed>) -> Self {
        Self {
            timing,
            faults: Faults::default(),
            fingerprints: true,
            requests: 0,
            reads: 0,
            laid: None,
            intake: Intake::default(),
            last_byte: None,
            queue: VecDeque::new(),
            due: None,
            changed,
        }
    }

    /// Lays a card on or lifts the one that lies there, which is wiped with its drop.
    pub(super) fn place(&mut self, card: Option<Card>) {
        self.laid = card.map(|card| Laid { card, stage: Stage::Fresh, latched: false });
    }

    pub(super) fn card(&self) -> Option<&Card> {
        self.laid.as_ref().map(|laid| &laid.card)
    }

    pub(super) fn is_latched(&self) -> bool {
        self.laid.as_ref().is_some_and(|laid| laid.latched)
    }

    /// Power gone: everything is forgotten but the card that lies there.
    pub(super) fn power_off(&mut self) {
        self.intake.reset();
        self.queue.clear();
        self.due = None;
        if let Some(laid) = &mut self.laid {
            laid.stage = Stage::Fresh;
            laid.latched = false;
        }
    }

    /// Starts the request at the head of the queue, unless one is under way.
    fn start(&mut self, now: Instant) {
        if self.due.is_some() {
            return;
        }
        let Some(request) = self.queue.front() else { return };
        let command = request.as_ref().ok().and_then(Command::of);
        self.due = Some(now + self.timing.of(command));
    }

    fn finish(&mut self, now: Instant, out: &mut Output) {
        while self.due.is_some_and(|due| due <= now) {
            self.due = None;
            if let Some(request) = self.queue.pop_front() {
                self.reply(request, out);
            }
            self.start(now);
        }
    }

    fn reply(&mut self, request: Result<Request, FrameError>, out: &mut Output) {
        self.requests += 1;
        let mut answer = match request {
            Err(FrameError::Checksum) => Answer::word(CHECKSUM_WRONG),
            Err(FrameError::Length) => Answer::word(LENGTH_WRONG),
            Ok(request) => match Command::of(&request) {
                None => Answer::word(COMMAND_WRONG),
                Some(command) => match self.faults.status_of(command) {
                    Some(sw3) => Answer::word(sw3),
                    None => self.execute(command, &request),
                },
            },
        };
        let frame = frame::reply(answer.sw3, &answer.data);
        answer.data.zeroize();
        if let Some(frame) = self.faults.spoil(frame) {
            out.send(frame);
        }
        if let Some(baud) = answer.baud {
            out.set_baud(baud);
        }
        self.changed.ring();
    }

    fn execute(&mut self, command: Command, request: &Request) -> Answer {
        match command {
            Command::ResetModule => {
                if let Some(laid) = &mut self.laid {
                    laid.stage = Stage::Fresh;
                }
                Answer::word(OK)
            }
            Command::ModuleStatus => Answer::word(OK),
            Command::ModuleIdentifier => Answer::data(OK, identifier()),
            Command::SetSpeed => set_speed(request.para),
            Command::SetMaxFrame if request.data.len() == 1 => Answer::word(OK),
            Command::SetMaxFrame => Answer::word(COMMAND_WRONG),
            Command::Find => self.find(),
            Command::Select => self.select(),
            Command::Read | Command::ReadWithFingerprints => self.read(command),
            Command::ReadNewAddress => match self.readable() {
                Err(sw3) => Answer::word(sw3),
                Ok(laid) => match laid.card.appended_addresses() {
                    bytes if bytes.is_empty() => Answer::word(NO_ITEM),
                    bytes => Answer::data(OK, bytes.to_vec()),
                },
            },
            Command::ReadManagementNumber => match self.readable() {
                Err(sw3) => Answer::word(sw3),
                Ok(_) => Answer::data(OK, (0x40..0x40 + 28).collect()),
            },
        }
    }

    fn find(&mut self) -> Answer {
        match &mut self.laid {
            Some(laid) if !laid.latched => {
                laid.stage = Stage::Found;
                Answer::data(FOUND, vec![0; 4])
            }
            _ => Answer::word(NOT_FOUND),
        }
    }

    fn select(&mut self) -> Answer {
        match &mut self.laid {
            Some(laid) if laid.stage != Stage::Fresh || laid.latched => {
                laid.stage = Stage::Selected;
                Answer::data(OK, vec![0; 8])
            }
            _ => Answer::word(NOT_SELECTED),
        }
    }

    fn read(&mut self, command: Command) -> Answer {
        let with_prints = self.fingerprints;
        let laid = match self.readable() {
            Ok(laid) => laid,
            Err(sw3) => return Answer::word(sw3),
        };
        laid.latched = true;
        let prints_length = if with_prints { FINGERPRINT_BYTES } else { 0 };
        let mut data = Vec::with_capacity(6 + RECORD_BYTES + PHOTO_BYTES + FINGERPRINT_BYTES);
        data.extend_from_slice(&length(RECORD_BYTES));
        data.extend_from_slice(&length(PHOTO_BYTES));
        let prints = command == Command::ReadWithFingerprints;
        if prints {
            data.extend_from_slice(&length(prints_length));
        }
        data.extend_from_slice(&laid.card.record()[..]);
        data.extend_from_slice(&laid.card.photo()[..]);
        if prints && with_prints {
            data.extend_from_slice(&laid.card.fingerprints()[..]);
        }
        self.reads += 1;
        Answer::data(OK, data)
    }

    /// The card that may be read now, or why none may.
    fn readable(&mut self) -> Result<&mut Laid, u8> {
        match &mut self.laid {
            None => Err(READ_FAILED),
            Some(laid) if laid.stage == Stage::Selected || laid.latched => Ok(laid),
            Some(_) => Err(NOT_NOW),
        }
    }
}

impl Device for Module {
    fn receive(&mut self, bytes: &[u8], now: Instant, out: &mut Output) {
        let late = self.last_byte.is_some_and(|last| now.saturating_duration_since(last) > BYTE_GAP);
        if late && self.intake.is_partial() {
            self.intake.reset();
        }
        self.last_byte = Some(now);
        for &byte in bytes {
            if let Some(request) = self.intake.push(byte)
                && self.queue.len() < QUEUE_LIMIT
            {
                self.queue.push_back(request);
            }
        }
        self.start(now);
        self.finish(now, out);
    }

    fn wake_at(&self) -> Option<Instant> {
        self.due
    }

    fn wake(&mut self, now: Instant, out: &mut Output) {
        self.finish(now, out);
    }
}

fn length(bytes: usize) -> [u8; 2] {
    u16::try_from(bytes).unwrap_or(u16::MAX).to_be_bytes()
}

fn identifier() -> Vec<u8> {
    let (a, b, c, d, e) = IDENTIFIER;
    let mut bytes = Vec::with_capacity(16);
    bytes.extend_from_slice(&a.to_le_bytes());
    bytes.extend_from_slice(&b.to_le_bytes());
    for number in [c, d, e] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    bytes
}

/// The reply still goes at the old speed.
fn set_speed(code: u8) -> Answer {
    let baud = match code {
        0 => 115_200,
        1 => 57_600,
        2 => 38_400,
        3 => 19_200,
        4 => 9_600,
        _ => return Answer::word(COMMAND_WRONG),
    };
    Answer { baud: Some(baud), ..Answer::word(OK) }
}
