//! The PIV application: its answers to command APDUs, and what real cards do differently.

use serde::{Deserialize, Serialize};

use super::tlv::{read, tlv};
use super::{Key, KeyKind};
use crate::slot::Contacts;

/// T=0 and T=1, and four historical bytes without a meaning.
const ATR: [u8; 9] = [0x3B, 0x84, 0x80, 0x01, 0x50, 0x49, 0x56, 0x31, 0x7B];

/// The application's identifier, its version included.
const AID: [u8; 11] = [0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00];

/// The shortest part of it by which it may be selected: the authority's, without PIX.
const SHORTEST_AID: usize = 5;

/// X.509 certificate for PIV authentication.
const CERTIFICATE: [u8; 3] = [0x5F, 0xC1, 0x05];

const OK: u16 = 0x9000;
const TRIES_LEFT: u16 = 0x63C0;
const WRONG_LENGTH: u16 = 0x6700;
const NOT_SATISFIED: u16 = 0x6982;
const BLOCKED: u16 = 0x6983;
const WRONG_DATA: u16 = 0x6A80;
const NO_OBJECT: u16 = 0x6A82;
const WRONG_P1_P2: u16 = 0x6A86;
const NO_REFERENCE: u16 = 0x6A88;
const NO_INSTRUCTION: u16 = 0x6D00;
const NO_CLASS: u16 = 0x6E00;

/// The longest command that is put together from its pieces.
const LONGEST_COMMAND: usize = 4096;

/// What a card does otherwise than the plain one. In JSON: `"mute"`, `{"vanishes_at":3}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quirk {
    /// Cannot be powered up: what it gives is too long for an ATR.
    Mute,
    /// Is taken out when the so manieth command since its insertion arrives (from 1), unanswered.
    VanishesAt(u64),
    /// Is no PIV card: the application is not there.
    OtherApplication,
    /// Holds no certificate.
    NoCertificate,
    /// Says that its certificate is compressed.
    CompressedCertificate,
    /// Its certificate's object is none.
    GarbageCertificate,
    /// Answers GET DATA with 61 01 and one byte for ever.
    NeverEnds,
    /// Answers with 300 bytes at once.
    OverlongReplies,
    /// Answers GENERAL AUTHENTICATE with this word.
    RefusesSigning(u16),
    /// Signs something else than it was given.
    SignsOtherwise,
    /// Gives again what it signed first, whatever it is asked to sign.
    RepeatsSignature,
    /// Answers GENERAL AUTHENTICATE with bytes that are no answer.
    GarbageSignature,
    /// Gives at most so many bytes at a time, as cards with small buffers do.
    AnswersInPieces(u8),
}

/// How often the PIN may be wrong in a row, and how often still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tries {
    /// after a right PIN
    pub most: u8,
    /// now
    pub left: u8,
}

/// A PIV card with one key.
pub struct PivCard {
    key: Key,
    certificate: Vec<u8>,
    pin: Vec<u8>,
    tries: Tries,
    quirks: Vec<Quirk>,
    selected: bool,
    verified: bool,
    /// The pieces of a command that came so far.
    pieces: Vec<u8>,
    /// What GET RESPONSE will fetch.
    waiting: Vec<u8>,
    signed: Option<Vec<u8>>,
    commands: u64,
}

impl PivCard {
    /// A plain card with this key, its certificate (DER) and its PIN of six to eight digits.
    #[must_use]
    pub fn new(key: Key, certificate: Vec<u8>, pin: &str) -> Self {
        let mut padded = pin.as_bytes().to_vec();
        padded.resize(8, 0xFF);
        Self {
            key,
            certificate,
            pin: padded,
            tries: Tries { most: 3, left: 3 },
            quirks: Vec::new(),
            selected: false,
            verified: false,
            pieces: Vec::new(),
            waiting: Vec::new(),
            signed: None,
            commands: 0,
        }
    }

    /// The same card with a quirk more.
    #[must_use]
    pub fn with(mut self, quirk: Quirk) -> Self {
        self.quirks.push(quirk);
        self
    }

    /// The same card with so many tries; none left is a blocked PIN.
    #[must_use]
    pub fn with_tries(mut self, tries: Tries) -> Self {
        self.tries = tries;
        self
    }

    fn is(&self, quirk: Quirk) -> bool {
        self.quirks.contains(&quirk)
    }

    /// The answer to a whole command, its data put together.
    fn obey(&mut self, [instruction, p1, p2]: [u8; 3], data: &[u8]) -> Vec<u8> {
        match (instruction, self.selected) {
            (0xA4, _) => self.select(p1, p2, data),
            (_, false) => word(NO_INSTRUCTION),
            (0xCB, true) => self.get_data(p1, p2, data),
            (0x20, true) => self.verify(p1, p2, data),
            (0x87, true) => self.authenticate(p1, p2, data),
            _ => word(NO_INSTRUCTION),
        }
    }

    /// SP 800-73-4 part 2, 3.1.1.
    fn select(&mut self, p1: u8, p2: u8, data: &[u8]) -> Vec<u8> {
        if p1 != 0x04 || p2 != 0x00 {
            return word(WRONG_P1_P2);
        }
        if self.is(Quirk::OtherApplication) || data.len() < SHORTEST_AID || !AID.starts_with(data) {
            return word(NO_OBJECT);
        }
        self.selected = true;
        self.verified = false;
        let authority = tlv(0x79, &tlv(0x4F, &AID[..5]));
        self.deliver(tlv(0x61, &[tlv(0x4F, &AID[5..]), authority].concat()))
    }

    /// SP 800-73-4 part 2, 3.1.2, and part 1, table 10.
    fn get_data(&mut self, p1: u8, p2: u8, data: &[u8]) -> Vec<u8> {
        if (p1, p2) != (0x3F, 0xFF) {
            return word(WRONG_P1_P2);
        }
        match read(data) {
            Some((0x5C, tag, [])) if tag == CERTIFICATE && !self.is(Quirk::NoCertificate) => {}
            Some((0x5C, _, [])) => return word(NO_OBJECT),
            _ => return word(WRONG_DATA),
        }
        if self.is(Quirk::NeverEnds) {
            return vec![0x53, 0x61, 0x01];
        }
        if self.is(Quirk::GarbageCertificate) {
            return self.deliver(tlv(0x53, &[0x70, 0x82, 0xFF, 0xFF, 0x30]));
        }
        let info = u8::from(self.is(Quirk::CompressedCertificate));
        let parts = [tlv(0x70, &self.certificate), tlv(0x71, &[info]), tlv(0xFE, &[])];
        self.deliver(tlv(0x53, &parts.concat()))
    }

    /// SP 800-73-4 part 2, 3.2.1.
    fn verify(&mut self, p1: u8, p2: u8, data: &[u8]) -> Vec<u8> {
        let left =
            |tries: Tries| if tries.left == 0 { BLOCKED } else { TRIES_LEFT | u16::from(tries.left & 0xF) };
        match (p1, p2, data.len()) {
            (0xFF, 0x80, 0) => {
                self.verified = false;
                word(OK)
            }
            (0x00, 0x80, 0) if self.verified => word(OK),
            (0x00, 0x80, 0) => word(left(self.tries)),
            (0x00, 0x80, 8) if self.tries.left == 0 => word(BLOCKED),
            (0x00, 0x80, 8) if data == self.pin => {
                self.verified = true;
                self.tries.left = self.tries.most;
                word(OK)
            }
            (0x00, 0x80, 8) => {
                self.verified = false;
                self.tries.left = self.tries.left.saturating_sub(1);
                word(left(self.tries))
            }
            (0x00, 0x80, _) => word(WRONG_DATA),
            (0x00 | 0xFF, _, _) => word(NO_REFERENCE),
            _ => word(WRONG_P1_P2),
        }
    }

    /// SP 800-73-4 part 2, 3.2.4, and A.3: the reader signs with the card's key.
    fn authenticate(&mut self, p1: u8, p2: u8, data: &[u8]) -> Vec<u8> {
        let algorithm = match self.key.kind() {
            KeyKind::P256 => 0x11,
            KeyKind::Rsa2048 => 0x07,
        };
        if p2 != 0x9A || p1 != algorithm {
            return word(WRONG_P1_P2);
        }
        if !self.verified {
            return word(NOT_SATISFIED);
        }
        for quirk in &self.quirks {
            match quirk {
                Quirk::RefusesSigning(refusal) => return word(*refusal),
                Quirk::OverlongReplies => return [vec![0x82; 300], word(OK)].concat(),
                _ => {}
            }
        }
        if self.is(Quirk::GarbageSignature) {
            return self.deliver(vec![0x7C, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]);
        }
        let Some(mut challenge) = challenge(data) else { return word(WRONG_DATA) };
        if self.is(Quirk::SignsOtherwise)
            && let Some(last) = challenge.last_mut()
        {
            *last ^= 1;
        }
        let Some(mut signature) = self.key.sign(&challenge) else { return word(WRONG_DATA) };
        if self.is(Quirk::RepeatsSignature) {
            signature = self.signed.get_or_insert(signature).clone();
        }
        self.deliver(tlv(0x7C, &tlv(0x82, &signature)))
    }

    /// Data and 90 00, or the first of them and the announcement of the others.
    fn deliver(&mut self, data: Vec<u8>) -> Vec<u8> {
        self.waiting = data;
        self.next_piece(256)
    }

    fn next_piece(&mut self, asked: usize) -> Vec<u8> {
        let most = self.quirks.iter().find_map(|quirk| match quirk {
            Quirk::AnswersInPieces(most) => Some(usize::from(*most).max(1)),
            _ => None,
        });
        let count = asked.min(most.unwrap_or(256)).min(self.waiting.len());
        let piece: Vec<u8> = self.waiting.drain(..count).collect();
        let last = match self.waiting.len() {
            0 => OK,
            rest => 0x6100 | u16::try_from(rest.min(256) & 0xFF).unwrap_or(0),
        };
        [piece, word(last)].concat()
    }
}

impl Contacts for PivCard {
    fn atr(&self) -> Vec<u8> {
        if self.is(Quirk::Mute) { vec![0; 64] } else { ATR.to_vec() }
    }

    fn reset(&mut self) {
        (self.selected, self.verified) = (false, false);
        self.pieces.clear();
        self.waiting.clear();
    }

    fn answer(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        self.commands += 1;
        if self.is(Quirk::VanishesAt(self.commands)) {
            return None;
        }
        let [class, instruction, p1, p2, rest @ ..] = command else { return Some(word(WRONG_LENGTH)) };
        if *instruction == 0xC0 {
            let le = rest.first().copied().unwrap_or(0);
            let asked = if le == 0 { 256 } else { usize::from(le) };
            return Some(if self.is(Quirk::NeverEnds) {
                vec![0x53, 0x61, 0x01]
            } else if self.waiting.is_empty() {
                word(WRONG_P1_P2)
            } else {
                self.next_piece(asked)
            });
        }
        self.waiting.clear();
        let Some(data) = data(rest) else { return Some(word(WRONG_LENGTH)) };
        if self.pieces.len() + data.len() > LONGEST_COMMAND {
            self.pieces.clear();
            return Some(word(WRONG_LENGTH));
        }
        self.pieces.extend_from_slice(data);
        match class {
            // More of the same command follows.
            0x10 => Some(word(OK)),
            0x00 => {
                let whole = std::mem::take(&mut self.pieces);
                Some(self.obey([*instruction, *p1, *p2], &whole))
            }
            _ => {
                self.pieces.clear();
                Some(word(NO_CLASS))
            }
        }
    }
}

/// The data of a short command: behind Lc, before Le, if there are any.
fn data(rest: &[u8]) -> Option<&[u8]> {
    match rest {
        [] | [_] => Some(&[]),
        [length, rest @ ..] => match rest.split_at_checked(usize::from(*length))? {
            (data, [] | [_]) => Some(data),
            _ => None,
        },
    }
}

/// What is to be signed: 7C { 82 (empty), 81 challenge }, in either order.
fn challenge(data: &[u8]) -> Option<Vec<u8>> {
    let Some((0x7C, mut inside, [])) = read(data) else { return None };
    let (mut challenge, mut asked) = (None, false);
    while let Some((tag, value, behind)) = read(inside) {
        match tag {
            0x81 => challenge = Some(value.to_vec()),
            0x82 => asked = value.is_empty(),
            _ => return None,
        }
        inside = behind;
    }
    challenge.filter(|_| asked)
}

fn word(word: u16) -> Vec<u8> {
    word.to_be_bytes().to_vec()
}
