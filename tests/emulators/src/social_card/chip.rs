//! The chip: its files, its answers to command APDUs, and what real cards do differently.

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use super::Holder;

/// The ATR of a contact-less card as readers make it up (PC/SC part 3).
const ATR: [u8; 13] = [0x3B, 0x88, 0x80, 0x01, 0x00, 0x00, 0x00, 0x00, 0x33, 0x81, 0x81, 0x00, 0x3A];

/// The application's name: "sx1.sh." and 社会保障 in GBK.
const SSSE: [u8; 15] =
    [0x73, 0x78, 0x31, 0x2E, 0x73, 0x68, 0x2E, 0xC9, 0xE7, 0xBB, 0xE1, 0xB1, 0xA3, 0xD5, 0xCF];

const OK: u16 = 0x9000;
const WRONG_LENGTH: u16 = 0x6700;
const NOT_ALLOWED: u16 = 0x6985;
const NOT_SUPPORTED: u16 = 0x6A81;
const NO_FILE: u16 = 0x6A82;
const NO_RECORD: u16 = 0x6A83;
const WRONG_P1_P2: u16 = 0x6A86;
const NO_INSTRUCTION: u16 = 0x6D00;
const NO_CLASS: u16 = 0x6E00;

/// What a card does otherwise than the plain one. In JSON: `"mute"`, `{"vanishes_at":3}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quirk {
    /// Files are selected with P1 = 00; with 02 it answers 6A86.
    WantsP1Zero,
    /// Data wait for GET RESPONSE: 61 xx.
    AnswersLater,
    /// Data wait for GET RESPONSE and come at most so many bytes at a time.
    AnswersInPieces(u8),
    /// Records are two bytes longer than their content; any other Le is answered 6C xx.
    CorrectsLe,
    /// Records cannot be read by their number.
    ReadsOnlyByTag,
    /// Cannot be powered up: what it gives is too long for an ATR. (A card that gives none at all is
    /// no card to vpcd.)
    Mute,
    /// Is taken out when the so manieth command since its insertion arrives (from 1), unanswered.
    VanishesAt(u64),
    /// The check character of the number is another one.
    WrongCheckDigit,
    /// Is no social-security card: the application is not there.
    OtherApplication,
    /// Answers every READ RECORD with this word and no data.
    RefusesReading(u16),
    /// Records are no tag, length, value.
    GarbageRecords,
    /// Records come with 300 bytes of data.
    OverlongReplies,
    /// Answers READ RECORD with a single byte.
    HalfAnswers,
    /// Answers 61 01 and one byte for ever.
    NeverEnds,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Selected {
    Nothing,
    Application,
    Issuing,
    Holder,
}

/// A chip with a holder's data. The files are wiped when it is dropped.
pub struct Chip {
    issuing: Vec<(u8, Vec<u8>)>,
    holder: Vec<(u8, Vec<u8>)>,
    quirks: Vec<Quirk>,
    selected: Selected,
    /// What GET RESPONSE will fetch.
    waiting: Vec<u8>,
    commands: u64,
}

impl Chip {
    /// A plain chip, as the reference describes it.
    #[must_use]
    pub fn new(holder: &Holder) -> Self {
        Self {
            issuing: holder.issuing_file(),
            holder: holder.holder_file(),
            quirks: Vec::new(),
            selected: Selected::Nothing,
            waiting: Vec::new(),
            commands: 0,
        }
    }

    /// The same chip with a quirk more.
    #[must_use]
    pub fn with(mut self, quirk: Quirk) -> Self {
        if quirk == Quirk::WrongCheckDigit
            && let Some(check) = self.holder.first_mut().and_then(|(_, number)| number.last_mut())
        {
            *check = if *check == b'7' { b'8' } else { b'7' };
        }
        self.quirks.push(quirk);
        self
    }

    /// What the chip says when it is powered up.
    pub(super) fn atr(&self) -> &[u8] {
        if self.is(Quirk::Mute) { &[0; 64] } else { &ATR }
    }

    /// Powered up, or reset: nothing is selected.
    pub(super) fn reset(&mut self) {
        self.selected = Selected::Nothing;
        self.waiting.zeroize();
    }

    /// The answer to a command APDU; `None` when the card is taken out instead.
    pub(super) fn answer(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        self.commands += 1;
        if self.is(Quirk::VanishesAt(self.commands)) {
            return None;
        }
        let [class, instruction, p1, p2, rest @ ..] = command else { return Some(word(WRONG_LENGTH)) };
        if *class != 0 {
            return Some(word(NO_CLASS));
        }
        if *instruction != 0xC0 {
            self.waiting.zeroize();
        }
        Some(match (instruction, p1, p2) {
            (0xA4, 0x04, 0x00) => self.select_application(rest),
            (0xA4, p1, 0x00) => self.select_file(*p1, rest),
            (0xB2, p1, p2) => self.read_record(*p1, *p2, rest),
            (0xC0, 0x00, 0x00) => self.get_response(rest),
            _ => word(NO_INSTRUCTION),
        })
    }

    fn is(&self, quirk: Quirk) -> bool {
        self.quirks.contains(&quirk)
    }

    fn select_application(&mut self, rest: &[u8]) -> Vec<u8> {
        // Lc and the name; Le may follow.
        let named = rest.strip_prefix(&[0x0F]).and_then(|rest| rest.strip_prefix(&SSSE));
        match named {
            None => word(NO_FILE),
            Some(_) if self.is(Quirk::OtherApplication) => word(NO_FILE),
            Some(_) => {
                self.selected = Selected::Application;
                let name = [&[0x84, 0x0F], &SSSE[..]].concat();
                self.deliver([&[0x6F, 0x11], &name[..]].concat())
            }
        }
    }

    fn select_file(&mut self, p1: u8, rest: &[u8]) -> Vec<u8> {
        let wanted = if self.is(Quirk::WantsP1Zero) { 0x00 } else { 0x02 };
        if p1 != wanted {
            return word(WRONG_P1_P2);
        }
        if self.selected == Selected::Nothing {
            return word(NO_FILE);
        }
        self.selected = match rest {
            [0x02, 0xEF, 0x05, ..] => Selected::Issuing,
            [0x02, 0xEF, 0x06, ..] => Selected::Holder,
            _ => return word(NO_FILE),
        };
        word(OK)
    }

    fn read_record(&mut self, p1: u8, p2: u8, rest: &[u8]) -> Vec<u8> {
        for quirk in &self.quirks {
            match quirk {
                Quirk::RefusesReading(refusal) => return word(*refusal),
                Quirk::HalfAnswers => return vec![0x90],
                Quirk::NeverEnds => return word(0x6101),
                Quirk::OverlongReplies => return [vec![0x09; 300], word(OK)].concat(),
                _ => {}
            }
        }
        let file = match self.selected {
            Selected::Issuing => &self.issuing,
            Selected::Holder => &self.holder,
            Selected::Nothing | Selected::Application => return word(NOT_ALLOWED),
        };
        let record = match p2 {
            0x04 if self.is(Quirk::ReadsOnlyByTag) => return word(NOT_SUPPORTED),
            0x04 => usize::from(p1).checked_sub(1).and_then(|at| file.get(at)),
            0x00 => file.iter().find(|(tag, _)| *tag == p1),
            _ => return word(WRONG_P1_P2),
        };
        let Some((tag, value)) = record else { return word(NO_RECORD) };
        let length = u8::try_from(value.len()).unwrap_or(u8::MAX);
        let mut data = [&[*tag, length], &value[..]].concat();
        if self.is(Quirk::GarbageRecords) {
            data.fill(0xA5);
        }
        if self.is(Quirk::CorrectsLe) {
            data.extend([0, 0]);
        }
        match rest {
            [0x00] => self.deliver(data),
            [le] if usize::from(*le) == data.len() => self.deliver(data),
            [_] => word(0x6C00 | (data.len() as u16 & 0xFF)),
            _ => word(WRONG_LENGTH),
        }
    }

    /// Data and 90 00, or the announcement of them.
    fn deliver(&mut self, data: Vec<u8>) -> Vec<u8> {
        if self.piece().is_none() {
            return [data, word(OK)].concat();
        }
        self.waiting = data;
        self.announcement()
    }

    /// How many bytes come at once when they are to be fetched.
    fn piece(&self) -> Option<u8> {
        self.quirks.iter().find_map(|quirk| match quirk {
            Quirk::AnswersLater => Some(u8::MAX),
            Quirk::AnswersInPieces(bytes) => Some(*bytes),
            _ => None,
        })
    }

    fn announcement(&self) -> Vec<u8> {
        let next = self.waiting.len().min(usize::from(self.piece().unwrap_or(u8::MAX)));
        word(if next == 0 { OK } else { 0x6100 | (next as u16 & 0xFF) })
    }

    fn get_response(&mut self, rest: &[u8]) -> Vec<u8> {
        if self.is(Quirk::NeverEnds) {
            return [vec![0x00], word(0x6101)].concat();
        }
        let [le] = *rest else { return word(WRONG_LENGTH) };
        if self.waiting.is_empty() {
            return word(NOT_ALLOWED);
        }
        let next = self.waiting.len().min(usize::from(le));
        let mut data: Vec<u8> = self.waiting.drain(..next).collect();
        data.extend(self.announcement());
        data
    }
}

impl Drop for Chip {
    fn drop(&mut self) {
        self.waiting.zeroize();
        for (_, value) in self.issuing.iter_mut().chain(&mut self.holder) {
            value.zeroize();
        }
    }
}

fn word(status: u16) -> Vec<u8> {
    status.to_be_bytes().to_vec()
}
