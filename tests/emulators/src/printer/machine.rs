//! The printer behind its line: receive buffer, real-time commands, printing, status.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::command::{Command, Decoded, Decoder};
use super::head::Head;
use super::realtime::{RealTime, Watch};
use super::status::{Condition, Cutter, Speech, watched};
use super::tickets::Archive;
use crate::changed::Changed;
use crate::pty::{Device, Output};

/// Bytes the receive buffer holds. A full buffer stops the line.
const BUFFER: usize = 4096;
/// Bytes still taken off the line when the buffer is full, to find real-time commands in: a real
/// printer, too, asks the host to stop while it has some room left.
const RESERVE: usize = 256;
/// Complaints kept, newest last.
const COMPLAINTS: usize = 64;

pub(super) struct Machine {
    pub(super) condition: Condition,
    /// Whether the printer knows GS ( H.
    pub(super) confirms: bool,
    /// Whether the printer knows DLE EOT 14h.
    pub(super) tells_all: bool,
    pub(super) speech: Speech,
    /// Dots a second the paper moves at; `None`: as fast as bytes come.
    pub(super) speed: Option<u32>,
    pub(super) head: Head,
    pub(super) archive: Archive,
    buffer: VecDeque<u8>,
    watch: Watch,
    decoder: Decoder,
    /// A cut that failed and is tried again on recovery.
    failed_cut: Option<Decoded>,
    /// The newest process id whose paper has not moved yet.
    process_id: Option<[u8; 4]>,
    busy_until: Option<Instant>,
    automatic: u8,
    automatic_sent: [u8; 4],
    offline_response: u8,
    was_online: bool,
    complaints: VecDeque<String>,
    changed: Arc<Changed>,
}

impl Machine {
    pub(super) fn new(archive: Archive, changed: Arc<Changed>) -> Self {
        Self {
            condition: Condition::default(),
            confirms: true,
            tells_all: false,
            speech: Speech::Clear,
            speed: None,
            head: Head::default(),
            archive,
            buffer: VecDeque::new(),
            watch: Watch::default(),
            decoder: Decoder::new(),
            failed_cut: None,
            process_id: None,
            busy_until: None,
            automatic: 0,
            automatic_sent: [0; 4],
            offline_response: 0,
            was_online: true,
            complaints: VecDeque::new(),
            changed,
        }
    }

    /// Changes the printer's condition by hand, tells the host, and goes on printing if it may.
    pub(super) fn alter(&mut self, out: &mut Output, change: impl FnOnce(&mut Condition)) {
        change(&mut self.condition);
        self.report(out);
        self.run(Instant::now(), out);
    }

    /// Power gone: what is not on paper is lost, and so is every setting.
    pub(super) fn power_off(&mut self) {
        self.buffer.clear();
        self.watch.reset();
        self.decoder = Decoder::new();
        self.head.power_off();
        self.archive.forget();
        self.failed_cut = None;
        self.process_id = None;
        self.busy_until = None;
        self.automatic = 0;
        self.offline_response = 0;
        self.condition.power_off();
    }

    /// Power back: what hung out of the slot has been torn off.
    pub(super) fn power_on(&mut self) {
        self.was_online = self.condition.is_online();
        let strip = self.head.take_strip();
        self.archive.close(strip, true);
    }

    pub(super) fn state(&self) -> Value {
        json!({
            "paper": self.condition.paper,
            "cover": self.condition.cover,
            "cutter": self.condition.cutter,
            "cutter_error": self.condition.cutter_error,
            "mechanism": self.condition.mechanism,
            "mechanism_error": self.condition.mechanism_error || self.condition.broken,
            "heat": self.condition.heat,
            "button": self.condition.button,
            "supply": self.condition.supply,
            "unnamed_error": self.condition.unnamed_error,
            "speech": self.speech,
            "online": self.condition.is_online(),
            "confirm": self.confirms,
            "full_status": self.tells_all,
            "automatic_status": self.automatic,
            "buffered": self.buffer.len(),
            "line_pending": self.head.has_line(),
            "uncut": !self.head.strip().is_blank(),
            "tickets": self.archive.shelf().count(),
            "complaints": self.complaints,
            "failure": self.archive.failure(),
        })
    }

    /// Prints from the buffer until it is empty or something stops the head.
    fn run(&mut self, now: Instant, out: &mut Output) {
        let mut done = Vec::new();
        while self.condition.is_online() && self.busy_until.is_none_or(|until| until <= now) {
            let Some(byte) = self.buffer.pop_front() else { break };
            self.decoder.push(byte, &mut done);
            for decoded in done.drain(..) {
                self.carry_out(decoded, now, out);
            }
        }
    }

    fn carry_out(&mut self, (command, raw): Decoded, now: Instant, out: &mut Output) {
        if matches!(command, Command::Cut { .. })
            && self.condition.cutter == Cutter::Jammed
            && !self.head.has_line()
        {
            self.condition.cutter_error = true;
            self.failed_cut = Some((command, raw));
            self.report(out);
            return;
        }
        if command == Command::Initialise {
            self.archive.drop_line();
            self.process_id = None;
            self.automatic = 0;
        }
        let motion = self.head.execute(&command);
        if let Some(complaint) = self.head.take_complaint() {
            self.complain(complaint);
        }
        if motion.before {
            self.archive.flush();
        }
        self.archive.note(&command, raw);
        if (motion.dots > 0 && !motion.before) || motion.cut {
            self.archive.flush();
        }
        if let (Some(speed), 1..) = (self.speed, motion.dots) {
            let nanos = u64::from(motion.dots) * 1_000_000_000 / u64::from(speed.max(1));
            let from = self.busy_until.unwrap_or(now).max(now);
            self.busy_until = Some(from + Duration::from_nanos(nanos));
        }
        if motion.cut || self.head.strip().is_too_long() {
            let strip = self.head.take_strip();
            self.archive.close(strip, !motion.cut);
        }
        if motion.dots > 0 && !self.head.has_line() {
            self.answer_process_id(out);
        }
        self.answer(command, out);
    }

    /// Replies to commands that ask something in their turn.
    fn answer(&mut self, command: Command, out: &mut Output) {
        match command {
            Command::ProcessId(id) if self.confirms => {
                if id.iter().all(|byte| (0x20..=0x7E).contains(byte)) {
                    self.process_id = Some(id);
                }
                if !self.head.has_line() {
                    self.answer_process_id(out);
                }
            }
            Command::OfflineResponse(mode) if self.confirms => self.offline_response = mode,
            Command::ProcessId(_) | Command::OfflineResponse(_) => {
                self.complain("unknown command 1D 28 48".to_owned());
            }
            Command::PaperStatus(1) => self.say(out, vec![self.condition.paper_bits()]),
            Command::PaperStatus(2) => self.say(out, vec![0]),
            Command::AutomaticStatus(enabled) => {
                self.automatic = enabled;
                if enabled != 0 {
                    self.send_automatic(out);
                }
            }
            Command::PrinterId(n) => self.identify(n, out),
            Command::Unknown(bytes) => {
                let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
                self.complain(format!("unknown command {}", hex.join(" ")));
            }
            _ => {}
        }
    }

    fn answer_process_id(&mut self, out: &mut Output) {
        if let Some([a, b, c, d]) = self.process_id.take() {
            self.say(out, vec![0x37, 0x22, a, b, c, d, 0x00]);
            self.changed.ring();
        }
    }

    fn identify(&mut self, n: u8, out: &mut Output) {
        let text = match n {
            1 | 0x31 => return self.say(out, vec![0x20]),
            // Bit 1: a cutter is fitted.
            2 | 0x32 => return self.say(out, vec![0x02]),
            3 | 0x33 => return self.say(out, vec![0x01]),
            0x41 => "1.00",
            0x42 => "VIRTUAL HALL",
            0x43 => "VH-80",
            0x44 => "VH80000001",
            0x45 => "CHINA GB18030",
            _ => return self.complain(format!("unknown command 1D 49 {n:02X}")),
        };
        let mut block = vec![0x5F];
        block.extend_from_slice(text.as_bytes());
        block.push(0);
        self.say(out, block);
    }

    fn carry_out_now(&mut self, command: RealTime, now: Instant, out: &mut Output) {
        match command {
            RealTime::Status(n) => self.say(out, vec![self.condition.real_time(n)]),
            RealTime::FullStatus if self.tells_all => self.say(out, self.condition.full().to_vec()),
            RealTime::FullStatus => {}
            RealTime::Clear => {
                self.clear();
                self.say(out, vec![0x37, 0x25, 0x00]);
            }
            // Recovery needs an error, and its cause removed.
            RealTime::Resume | RealTime::ClearAndRecover if !self.condition.is_mended() => {}
            RealTime::Resume => {
                self.condition.recover();
                self.report(out);
                if let Some(cut) = self.failed_cut.take() {
                    self.carry_out(cut, now, out);
                }
            }
            RealTime::ClearAndRecover => {
                self.clear();
                self.condition.recover();
                self.report(out);
            }
        }
        self.changed.ring();
    }

    /// Clears the receive buffer and the line under way.
    fn clear(&mut self) {
        self.buffer.clear();
        if let Some((frame, rows)) = self.decoder.abandon() {
            self.archive.shorten_picture(&frame, rows);
        }
        self.head.clear_line();
        self.archive.drop_line();
        self.process_id = None;
        self.failed_cut = None;
    }

    /// Tells the host what has changed, as far as it asked to be told.
    fn report(&mut self, out: &mut Output) {
        let seen = watched(self.condition.automatic(), self.automatic);
        if self.automatic != 0 && seen != watched(self.automatic_sent, self.automatic) {
            self.send_automatic(out);
        }
        let online = self.condition.is_online();
        if self.was_online && !online && self.offline_response != 0 {
            self.say(out, self.condition.offline_response(self.offline_response == 2));
        }
        self.was_online = online;
        self.changed.ring();
    }

    fn send_automatic(&mut self, out: &mut Output) {
        self.automatic_sent = self.condition.automatic();
        self.say(out, self.automatic_sent.to_vec());
    }

    /// Answers, as far as it can be understood.
    fn say(&self, out: &mut Output, mut bytes: Vec<u8>) {
        match self.speech {
            Speech::Clear => {}
            Speech::Silent => return,
            Speech::Garbled => bytes.iter_mut().for_each(|byte| *byte |= 0x80),
        }
        out.send(bytes);
    }

    fn complain(&mut self, text: String) {
        if self.complaints.len() == COMPLAINTS {
            self.complaints.pop_front();
        }
        self.complaints.push_back(text);
        self.changed.ring();
    }
}

impl Device for Machine {
    fn receive(&mut self, bytes: &[u8], now: Instant, out: &mut Output) {
        for &byte in bytes {
            self.buffer.push_back(byte);
            if let Some((command, length)) = self.watch.push(byte) {
                // A real-time command takes no room in the reserve, nor in an idle printer's empty
                // buffer, so that a host may go on asking for as long as the printer stands still.
                let before = self.buffer.len().saturating_sub(length);
                let alone = before == 0 && self.buffer.len() == length && self.decoder.is_idle();
                if before >= BUFFER || alone {
                    self.buffer.truncate(before);
                }
                self.carry_out_now(command, now, out);
            }
            self.run(now, out);
        }
    }

    fn room(&self) -> usize {
        (BUFFER + RESERVE).saturating_sub(self.buffer.len())
    }

    fn wake_at(&self) -> Option<Instant> {
        let waiting = self.condition.is_online() && !self.buffer.is_empty();
        self.busy_until.filter(|_| waiting)
    }

    fn wake(&mut self, now: Instant, out: &mut Output) {
        self.run(now, out);
    }
}
