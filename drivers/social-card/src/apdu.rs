//! Command APDUs and status words (ISO 7816-4; LD/T 32.5-2015).

use std::fmt;

use crate::File;

/// The application's name: "sx1.sh." and 社会保障 in GBK.
const SSSE: [u8; 15] =
    [0x73, 0x78, 0x31, 0x2E, 0x73, 0x68, 0x2E, 0xC9, 0xE7, 0xBB, 0xE1, 0xB1, 0xA3, 0xD5, 0xCF];

/// What is asked of the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// 00 A4 04 00: select the application SSSE.
    SelectApplication,
    /// 00 A4 02 00, on some cards 00 A4 00 00: select a file.
    SelectFile {
        /// which
        file: File,
        /// P1
        p1: u8,
    },
    /// 00 B2 nn 04 Le: read a record by its number.
    ReadRecord {
        /// from 1
        number: u8,
        /// bytes asked for
        le: u8,
    },
    /// 00 B2 tt 00 Le: read a record by its tag.
    ReadTag {
        /// the record's first byte
        tag: u8,
        /// bytes asked for
        le: u8,
    },
    /// 00 C0 00 00 Le: fetch what 61 xx announced.
    GetResponse {
        /// bytes asked for
        le: u8,
    },
}

impl Command {
    /// The command APDU. It holds nothing personal.
    #[must_use]
    pub fn bytes(self) -> Vec<u8> {
        match self {
            Self::SelectApplication => [&[0x00, 0xA4, 0x04, 0x00, 0x0F], &SSSE[..]].concat(),
            Self::SelectFile { file, p1 } => [&[0x00, 0xA4, p1, 0x00, 0x02], &file.id()[..]].concat(),
            Self::ReadRecord { number, le } => vec![0x00, 0xB2, number, 0x04, le],
            Self::ReadTag { tag, le } => vec![0x00, 0xB2, tag, 0x00, le],
            Self::GetResponse { le } => vec![0x00, 0xC0, 0x00, 0x00, le],
        }
    }

    /// The same command with another Le, as 6C xx asks for; `None` if it has none.
    pub(crate) fn with_le(self, le: u8) -> Option<Self> {
        match self {
            Self::SelectApplication | Self::SelectFile { .. } => None,
            Self::ReadRecord { number, .. } => Some(Self::ReadRecord { number, le }),
            Self::ReadTag { tag, .. } => Some(Self::ReadTag { tag, le }),
            Self::GetResponse { .. } => Some(Self::GetResponse { le }),
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SelectApplication => f.write_str("selecting the application SSSE"),
            Self::SelectFile { file, .. } => write!(f, "selecting EF{:02X}", file.id()[1]),
            Self::ReadRecord { number, .. } => write!(f, "reading record {number}"),
            Self::ReadTag { tag, .. } => write!(f, "reading tag {tag:02X}"),
            Self::GetResponse { .. } => f.write_str("fetching a response"),
        }
    }
}

/// SW1 and SW2, the card's verdict at the end of each reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusWord(pub u16);

impl StatusWord {
    /// 90 00; also 62 82, which says that a record ended before Le.
    pub(crate) fn is_success(self) -> bool {
        matches!(self.0, 0x9000 | 0x6282)
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

    /// The application or the command is none that the card knows.
    pub(crate) fn says_unknown(self) -> bool {
        matches!(self.0, 0x6A81 | 0x6A82 | 0x6A86 | 0x6A87 | 0x6B00 | 0x6D00 | 0x6E00)
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

    #[test]
    fn every_command_has_its_published_bytes() {
        let table: [(Command, &[u8]); 7] = [
            (
                Command::SelectApplication,
                &[
                    0x00, 0xA4, 0x04, 0x00, 0x0F, 0x73, 0x78, 0x31, 0x2E, 0x73, 0x68, 0x2E, 0xC9, 0xE7, 0xBB,
                    0xE1, 0xB1, 0xA3, 0xD5, 0xCF,
                ],
            ),
            (Command::SelectFile { file: File::Issue, p1: 2 }, &[0x00, 0xA4, 0x02, 0x00, 0x02, 0xEF, 0x05]),
            (Command::SelectFile { file: File::Holder, p1: 0 }, &[0x00, 0xA4, 0x00, 0x00, 0x02, 0xEF, 0x06]),
            (Command::ReadRecord { number: 1, le: 0x14 }, &[0x00, 0xB2, 0x01, 0x04, 0x14]),
            (Command::ReadRecord { number: 7, le: 0x0B }, &[0x00, 0xB2, 0x07, 0x04, 0x0B]),
            (Command::ReadTag { tag: 9, le: 0x20 }, &[0x00, 0xB2, 0x09, 0x00, 0x20]),
            (Command::GetResponse { le: 0x20 }, &[0x00, 0xC0, 0x00, 0x00, 0x20]),
        ];
        for (command, bytes) in table {
            assert_eq!(command.bytes(), bytes, "{command}");
        }
    }

    #[test]
    fn words_are_told_apart() {
        assert!(StatusWord(0x9000).is_success() && StatusWord(0x6282).is_success());
        assert!(!StatusWord(0x6283).is_success() && !StatusWord(0x9001).is_success());
        assert_eq!(StatusWord(0x6114).waiting(), Some(0x14));
        assert_eq!(StatusWord(0x6C20).right_le(), Some(0x20));
        assert_eq!((StatusWord(0x9000).waiting(), StatusWord(0x6114).right_le()), (None, None));
        assert!(StatusWord(0x6A82).says_unknown() && !StatusWord(0x6982).says_unknown());
        assert!(StatusWord(0x6581).is_trouble() && StatusWord(0x6F00).is_trouble());
        assert!(!StatusWord(0x6985).is_trouble());
        assert_eq!(StatusWord(0x6A82).to_string(), "6A 82");
    }
}
