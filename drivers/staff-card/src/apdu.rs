//! Command APDUs and status words (ISO/IEC 7816-4; NIST SP 800-73-4 part 2, section 3).

use std::fmt;

use zeroize::Zeroizing;

use crate::{KeyKind, Pin};

/// The PIV application without its version, which selects any (SP 800-73-4 part 1, 2.2).
const PIV: [u8; 9] = [0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00];

/// The tag list that asks for the certificate of key 9A (SP 800-73-4 part 1, table 3).
const CERTIFICATE: [u8; 5] = [0x5C, 0x03, 0x5F, 0xC1, 0x05];

/// The key for PIV authentication.
const KEY: u8 = 0x9A;

/// The PIN of the PIV application.
const PIN: u8 = 0x80;

/// Data in one piece of a command, at most.
const PIECE: usize = 255;

/// What the card was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// SELECT: to be a PIV card.
    Select,
    /// GET DATA: the certificate.
    Certificate,
    /// VERIFY: to take the PIN.
    Verify,
    /// GENERAL AUTHENTICATE: to sign.
    Sign,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Select => "selecting PIV",
            Self::Certificate => "reading the certificate",
            Self::Verify => "giving the PIN",
            Self::Sign => "signing",
        })
    }
}

/// A command before it is cut into pieces. Wiped when dropped.
pub(crate) struct Command {
    pub(crate) step: Step,
    instruction: u8,
    p1: u8,
    p2: u8,
    data: Zeroizing<Vec<u8>>,
    /// An answer with data is expected.
    answered: bool,
}

impl Command {
    /// 00 A4 04 00
    pub(crate) fn select() -> Self {
        Self::new(Step::Select, [0xA4, 0x04, 0x00], PIV.to_vec(), true)
    }

    /// 00 CB 3F FF
    pub(crate) fn certificate() -> Self {
        Self::new(Step::Certificate, [0xCB, 0x3F, 0xFF], CERTIFICATE.to_vec(), true)
    }

    /// 00 20 00 80
    pub(crate) fn verify(pin: &Pin) -> Self {
        Self::new(Step::Verify, [0x20, 0x00, PIN], pin.padded().to_vec(), false)
    }

    /// 00 87, algorithm, 9A: the dynamic authentication template that asks for what `block` is signed as.
    pub(crate) fn sign(kind: KeyKind, block: &[u8]) -> Self {
        Self::new(Step::Sign, [0x87, kind.algorithm(), KEY], kind.template(block), true)
    }

    fn new(step: Step, [instruction, p1, p2]: [u8; 3], data: Vec<u8>, answered: bool) -> Self {
        Self { step, instruction, p1, p2, data: Zeroizing::new(data), answered }
    }

    /// Whether the last byte of its last APDU is Le.
    pub(crate) fn has_le(&self) -> bool {
        self.answered
    }

    /// The APDUs that the command is sent in: more than one where its data are long (command chaining,
    /// ISO/IEC 7816-4, 5.3.3), the last with `le` as the length of the answer, 0 being 256.
    pub(crate) fn pieces(&self, le: u8) -> impl Iterator<Item = Zeroizing<Vec<u8>>> {
        let last = self.data.len().div_ceil(PIECE).saturating_sub(1);
        self.data.chunks(PIECE).enumerate().map(move |(at, data)| {
            let class = if at == last { 0x00 } else { 0x10 };
            let length = u8::try_from(data.len()).unwrap_or(u8::MAX);
            let mut apdu = Zeroizing::new(Vec::with_capacity(data.len() + 6));
            apdu.extend_from_slice(&[class, self.instruction, self.p1, self.p2, length]);
            apdu.extend_from_slice(data);
            if at == last && self.answered {
                apdu.push(le);
            }
            apdu
        })
    }
}

/// 00 C0 00 00 Le: fetch what 61 xx announced.
pub(crate) fn get_response(le: u8) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(vec![0x00, 0xC0, 0x00, 0x00, le])
}

/// SW1 and SW2, the card's verdict at the end of each reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusWord(pub u16);

impl StatusWord {
    /// 90 00.
    pub(crate) fn is_success(self) -> bool {
        self.0 == 0x9000
    }

    /// 61 xx: so many bytes (0: 256) are to be fetched.
    pub(crate) fn waiting(self) -> Option<u8> {
        let [sw1, sw2] = self.0.to_be_bytes();
        (sw1 == 0x61).then_some(sw2)
    }

    /// 6C xx: the right Le.
    pub(crate) fn right_le(self) -> Option<u8> {
        let [sw1, sw2] = self.0.to_be_bytes();
        (sw1 == 0x6C).then_some(sw2)
    }

    /// 63 Cx: the PIN is wrong, and so many tries are left.
    pub(crate) fn tries_left(self) -> Option<u8> {
        (self.0 & 0xFFF0 == 0x63C0).then_some(self.0.to_be_bytes()[1] & 0x0F)
    }

    /// 69 83: no tries are left.
    pub(crate) fn is_blocked(self) -> bool {
        self.0 == 0x6983
    }

    /// The application is none that the card knows.
    pub(crate) fn says_unknown(self) -> bool {
        matches!(self.0, 0x6A81 | 0x6A82 | 0x6A86 | 0x6A87 | 0x6B00 | 0x6D00 | 0x6E00)
    }

    /// The object is not there.
    pub(crate) fn says_not_found(self) -> bool {
        matches!(self.0, 0x6A82 | 0x6A88)
    }

    /// The card's own trouble (execution or memory errors): it may pass.
    pub(crate) fn is_trouble(self) -> bool {
        matches!(self.0.to_be_bytes()[0], 0x64..=0x66 | 0x6F)
    }
}

impl fmt::Display for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [sw1, sw2] = self.0.to_be_bytes();
        write!(f, "{sw1:02X} {sw2:02X}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(command: &Command) -> Vec<Vec<u8>> {
        command.pieces(0).map(|piece| piece.to_vec()).collect()
    }

    #[test]
    fn every_command_has_its_published_bytes() {
        let pin: Pin = "123456".parse().unwrap();
        let select =
            [0x00, 0xA4, 0x04, 0x00, 0x09, 0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x00];
        let certificate = [0x00, 0xCB, 0x3F, 0xFF, 0x05, 0x5C, 0x03, 0x5F, 0xC1, 0x05, 0x00];
        let verify = [0x00, 0x20, 0x00, 0x80, 0x08, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0xFF, 0xFF];
        for (command, bytes) in [
            (Command::select(), &select[..]),
            (Command::certificate(), &certificate),
            (Command::verify(&pin), &verify),
        ] {
            assert_eq!(sent(&command), [bytes], "{}", command.step);
        }
        assert_eq!(*get_response(0x20), [0x00, 0xC0, 0x00, 0x00, 0x20]);
    }

    #[test]
    fn a_short_block_is_signed_in_one_piece_and_a_long_one_in_two() {
        let short = sent(&Command::sign(KeyKind::P256, &[0xAB; 32]));
        let head = [0x00, 0x87, 0x11, 0x9A, 0x26, 0x7C, 0x24, 0x82, 0x00, 0x81, 0x20];
        assert_eq!(short, [[&head[..], &[0xAB; 32], &[0x00]].concat()]);
        let long = sent(&Command::sign(KeyKind::Rsa2048, &[0xAB; 256]));
        let head = [0x10, 0x87, 0x07, 0x9A, 0xFF, 0x7C, 0x82, 0x01, 0x06, 0x82, 0x00, 0x81, 0x82, 0x01, 0x00];
        let first = [&head[..], &[0xAB; 245]].concat();
        let second = [&[0x00, 0x87, 0x07, 0x9A, 0x0B][..], &[0xAB; 11], &[0x00]].concat();
        assert_eq!(long, [first, second]);
    }

    #[test]
    fn words_are_told_apart() {
        assert!(StatusWord(0x9000).is_success() && !StatusWord(0x9001).is_success());
        assert_eq!((StatusWord(0x6114).waiting(), StatusWord(0x6C20).right_le()), (Some(0x14), Some(0x20)));
        assert_eq!((StatusWord(0x9000).waiting(), StatusWord(0x6114).right_le()), (None, None));
        assert_eq!(StatusWord(0x63C2).tries_left(), Some(2));
        assert_eq!((StatusWord(0x6300).tries_left(), StatusWord(0x6983).tries_left()), (None, None));
        assert!(StatusWord(0x6983).is_blocked() && !StatusWord(0x6982).is_blocked());
        assert!(StatusWord(0x6A82).says_unknown() && !StatusWord(0x6982).says_unknown());
        assert!(StatusWord(0x6F00).is_trouble() && !StatusWord(0x6985).is_trouble());
        assert_eq!(StatusWord(0x6A82).to_string(), "6A 82");
    }
}
