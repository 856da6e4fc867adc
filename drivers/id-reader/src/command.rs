//! What the host can ask of the module (GA/T 467-2019, chapter 7).

use crate::frame;

/// A command to the security module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// 10 FF: reset the SAM.
    ResetSam,
    /// 11 FF: does the SAM work, and is it authorised?
    SamStatus,
    /// 12 FF: the SAM's identifier, 16 bytes.
    SamIdentifier,
    /// 20 01: look for a card; answered with 9F and 4 bytes when there is one.
    FindCard,
    /// 20 02: select the card found; answered with 8 bytes.
    SelectCard,
    /// 30 01: read text and photo.
    ReadTextAndPhoto,
    /// 30 10: read text, photo and fingerprint.
    ReadTextPhotoAndFingerprint,
    /// 30 03: read the addresses appended later, 70 bytes each, at most four.
    ReadNewestAddress,
    /// 30 05: read the card management number, 28 bytes.
    ReadCardManagementNumber,
    /// 60 nn: set the speed of the serial line.
    SetBaud(Baud),
    /// 61 FF xx: set the largest frame on the radio side, in bytes.
    SetMaxRfFrame(u8),
}

impl Command {
    /// The whole request, from preamble to checksum.
    #[must_use]
    pub fn frame(self) -> Vec<u8> {
        match self {
            Self::ResetSam => frame::request(0x10, 0xFF, &[]),
            Self::SamStatus => frame::request(0x11, 0xFF, &[]),
            Self::SamIdentifier => frame::request(0x12, 0xFF, &[]),
            Self::FindCard => frame::request(0x20, 0x01, &[]),
            Self::SelectCard => frame::request(0x20, 0x02, &[]),
            Self::ReadTextAndPhoto => frame::request(0x30, 0x01, &[]),
            Self::ReadTextPhotoAndFingerprint => frame::request(0x30, 0x10, &[]),
            Self::ReadNewestAddress => frame::request(0x30, 0x03, &[]),
            Self::ReadCardManagementNumber => frame::request(0x30, 0x05, &[]),
            Self::SetBaud(baud) => frame::request(0x60, baud.code(), &[]),
            Self::SetMaxRfFrame(bytes) => frame::request(0x61, 0xFF, &[bytes]),
        }
    }

    /// Whether the module talks to a card to carry this out, rather than answering for itself.
    #[must_use]
    pub fn concerns_card(self) -> bool {
        match self {
            Self::FindCard
            | Self::SelectCard
            | Self::ReadTextAndPhoto
            | Self::ReadTextPhotoAndFingerprint
            | Self::ReadNewestAddress
            | Self::ReadCardManagementNumber => true,
            Self::ResetSam
            | Self::SamStatus
            | Self::SamIdentifier
            | Self::SetBaud(_)
            | Self::SetMaxRfFrame(_) => false,
        }
    }

    /// Whether the module reads out of the card, which takes it longer than finding one.
    #[must_use]
    pub fn reads_card(self) -> bool {
        self.concerns_card() && !matches!(self, Self::FindCard | Self::SelectCard)
    }
}

/// A speed the module's serial line can be set to, in bits per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Baud {
    /// 115200, which a module starts with.
    B115200,
    /// 57600
    B57600,
    /// 38400
    B38400,
    /// 19200
    B19200,
    /// 9600
    B9600,
}

impl Baud {
    /// Every speed, the fastest first.
    pub const ALL: [Self; 5] = [Self::B115200, Self::B57600, Self::B38400, Self::B19200, Self::B9600];

    /// The speed of so many bits per second, if the module knows it.
    #[must_use]
    pub fn from_rate(rate: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|baud| baud.rate() == rate)
    }

    /// Bits per second.
    #[must_use]
    pub fn rate(self) -> u32 {
        match self {
            Self::B115200 => 115_200,
            Self::B57600 => 57_600,
            Self::B38400 => 38_400,
            Self::B19200 => 19_200,
            Self::B9600 => 9_600,
        }
    }

    /// The parameter of command 60.
    fn code(self) -> u8 {
        match self {
            Self::B115200 => 0x00,
            Self::B57600 => 0x01,
            Self::B38400 => 0x02,
            Self::B19200 => 0x03,
            Self::B9600 => 0x04,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_its_published_frame() {
        let table: [(Command, &[u8]); 16] = [
            (Command::ResetSam, &[0x00, 0x03, 0x10, 0xFF, 0xEC]),
            (Command::SamStatus, &[0x00, 0x03, 0x11, 0xFF, 0xED]),
            (Command::SamIdentifier, &[0x00, 0x03, 0x12, 0xFF, 0xEE]),
            (Command::FindCard, &[0x00, 0x03, 0x20, 0x01, 0x22]),
            (Command::SelectCard, &[0x00, 0x03, 0x20, 0x02, 0x21]),
            (Command::ReadTextAndPhoto, &[0x00, 0x03, 0x30, 0x01, 0x32]),
            (Command::ReadTextPhotoAndFingerprint, &[0x00, 0x03, 0x30, 0x10, 0x23]),
            (Command::ReadNewestAddress, &[0x00, 0x03, 0x30, 0x03, 0x30]),
            (Command::ReadCardManagementNumber, &[0x00, 0x03, 0x30, 0x05, 0x36]),
            (Command::SetBaud(Baud::B115200), &[0x00, 0x03, 0x60, 0x00, 0x63]),
            (Command::SetBaud(Baud::B57600), &[0x00, 0x03, 0x60, 0x01, 0x62]),
            (Command::SetBaud(Baud::B38400), &[0x00, 0x03, 0x60, 0x02, 0x61]),
            (Command::SetBaud(Baud::B19200), &[0x00, 0x03, 0x60, 0x03, 0x60]),
            (Command::SetBaud(Baud::B9600), &[0x00, 0x03, 0x60, 0x04, 0x67]),
            (Command::SetMaxRfFrame(0x50), &[0x00, 0x04, 0x61, 0xFF, 0x50, 0xCA]),
            (Command::SetMaxRfFrame(0x58), &[0x00, 0x04, 0x61, 0xFF, 0x58, 0xC2]),
        ];
        for (command, tail) in table {
            let whole = [&[0xAA, 0xAA, 0xAA, 0x96, 0x69], tail].concat();
            assert_eq!(command.frame(), whole, "{command:?}");
        }
    }

    #[test]
    fn speeds_are_found_by_their_rate() {
        for baud in Baud::ALL {
            assert_eq!(Baud::from_rate(baud.rate()), Some(baud));
        }
        assert_eq!(Baud::from_rate(14_400), None);
    }
}
