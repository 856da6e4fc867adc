//! SW3, the reader's status word (GA/T 467-2019, chapter 7).

/// The third status word of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sw3 {
    /// 90: done.
    Success,
    /// 91: the card has no such item.
    NoSuchItem,
    /// 9F: a card was found.
    CardFound,
    /// 10: the request reached the module with a wrong checksum.
    ChecksumWrong,
    /// 11: the request reached the module with a wrong length.
    LengthWrong,
    /// 21: no such command or parameter.
    CommandWrong,
    /// 23: not permitted now, such as a read before a selection.
    NotPermittedNow,
    /// 24: unknown error.
    UnknownError,
    /// 31: the card rejected the SAM; SW1 and SW2 hold its words.
    CardRejectedSam,
    /// 32: the SAM rejected the card.
    SamRejectedCard,
    /// 33: the information on the card failed its verification.
    InformationVerification,
    /// 37: the fingerprint on the card failed its verification.
    FingerprintVerification,
    /// 3F: the information has a wrong length.
    InformationLength,
    /// 40: a card of a type the module does not know.
    CardTypeUnknown,
    /// 41: reading the card failed.
    ReadFailed,
    /// 47: getting a random number failed.
    RandomNumberFailed,
    /// 60: the SAM failed its self-test and accepts no command.
    SelfTestFailed,
    /// 66: the SAM is not authorised.
    NotAuthorised,
    /// 80: no card was found.
    FindFailed,
    /// 81: selecting the card failed.
    SelectFailed,
    /// A value the standard does not name.
    Unknown(u8),
}

/// What a status asks the host to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusClass {
    /// Carry on.
    Done,
    /// Carry on without the item: the card has none, or there is no card.
    Nothing,
    /// Send the same frame again.
    SendAgain,
    /// Try the card again.
    TryAgain,
    /// Begin again with finding and selecting the card.
    StartOver,
    /// Give this card up.
    CardFault,
    /// Give the reader up until somebody has looked at it.
    DeviceFault,
    /// The host asked for something the module does not know.
    Misunderstood,
}

/// Every status the standard names, beside its byte.
const NAMED: [(u8, Sw3); 20] = [
    (0x90, Sw3::Success),
    (0x91, Sw3::NoSuchItem),
    (0x9F, Sw3::CardFound),
    (0x10, Sw3::ChecksumWrong),
    (0x11, Sw3::LengthWrong),
    (0x21, Sw3::CommandWrong),
    (0x23, Sw3::NotPermittedNow),
    (0x24, Sw3::UnknownError),
    (0x31, Sw3::CardRejectedSam),
    (0x32, Sw3::SamRejectedCard),
    (0x33, Sw3::InformationVerification),
    (0x37, Sw3::FingerprintVerification),
    (0x3F, Sw3::InformationLength),
    (0x40, Sw3::CardTypeUnknown),
    (0x41, Sw3::ReadFailed),
    (0x47, Sw3::RandomNumberFailed),
    (0x60, Sw3::SelfTestFailed),
    (0x66, Sw3::NotAuthorised),
    (0x80, Sw3::FindFailed),
    (0x81, Sw3::SelectFailed),
];

impl From<u8> for Sw3 {
    fn from(code: u8) -> Self {
        NAMED.iter().find(|(c, _)| *c == code).map_or(Self::Unknown(code), |(_, named)| *named)
    }
}

impl Sw3 {
    /// The byte on the wire.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0x90,
            Self::NoSuchItem => 0x91,
            Self::CardFound => 0x9F,
            Self::ChecksumWrong => 0x10,
            Self::LengthWrong => 0x11,
            Self::CommandWrong => 0x21,
            Self::NotPermittedNow => 0x23,
            Self::UnknownError => 0x24,
            Self::CardRejectedSam => 0x31,
            Self::SamRejectedCard => 0x32,
            Self::InformationVerification => 0x33,
            Self::FingerprintVerification => 0x37,
            Self::InformationLength => 0x3F,
            Self::CardTypeUnknown => 0x40,
            Self::ReadFailed => 0x41,
            Self::RandomNumberFailed => 0x47,
            Self::SelfTestFailed => 0x60,
            Self::NotAuthorised => 0x66,
            Self::FindFailed => 0x80,
            Self::SelectFailed => 0x81,
            Self::Unknown(code) => code,
        }
    }

    /// What to do about it.
    ///
    /// | status | class | because |
    /// |---|---|---|
    /// | 90, 9F | done | |
    /// | 91, 80 | nothing | the card has no such item; there is no card |
    /// | 10, 11 | send again | the request came damaged |
    /// | 24, 3F, 41, 47, 81 | try again | moved too early, as a rule |
    /// | 23 | start over | out of turn: find and select come first |
    /// | 31, 32, 33, 37, 40 | card's fault | another try ends alike; never the reader's |
    /// | 60, 66 | device's fault | never the visitor's or the card's |
    /// | 21, unnamed | misunderstood | the module is older, newer or another |
    #[must_use]
    pub fn class(self) -> StatusClass {
        match self {
            Self::Success | Self::CardFound => StatusClass::Done,
            Self::NoSuchItem | Self::FindFailed => StatusClass::Nothing,
            Self::ChecksumWrong | Self::LengthWrong => StatusClass::SendAgain,
            Self::UnknownError
            | Self::InformationLength
            | Self::ReadFailed
            | Self::RandomNumberFailed
            | Self::SelectFailed => StatusClass::TryAgain,
            Self::NotPermittedNow => StatusClass::StartOver,
            Self::CardRejectedSam
            | Self::SamRejectedCard
            | Self::InformationVerification
            | Self::FingerprintVerification
            | Self::CardTypeUnknown => StatusClass::CardFault,
            Self::SelfTestFailed | Self::NotAuthorised => StatusClass::DeviceFault,
            Self::CommandWrong | Self::Unknown(_) => StatusClass::Misunderstood,
        }
    }
}

/// The byte and what it says, such as `41 (reading the card failed)`.
impl std::fmt::Display for Sw3 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let said = match self {
            Self::Success => "done",
            Self::NoSuchItem => "the card has no such item",
            Self::CardFound => "a card was found",
            Self::ChecksumWrong => "the request came with a wrong checksum",
            Self::LengthWrong => "the request came with a wrong length",
            Self::CommandWrong => "no such command",
            Self::NotPermittedNow => "not permitted now",
            Self::UnknownError => "unknown error",
            Self::CardRejectedSam => "the card rejected the security module",
            Self::SamRejectedCard => "the security module rejected the card",
            Self::InformationVerification => "the information failed its verification",
            Self::FingerprintVerification => "the fingerprint failed its verification",
            Self::InformationLength => "the information has a wrong length",
            Self::CardTypeUnknown => "unknown type of card",
            Self::ReadFailed => "reading the card failed",
            Self::RandomNumberFailed => "getting a random number failed",
            Self::SelfTestFailed => "the security module failed its self-test",
            Self::NotAuthorised => "the security module is not authorised",
            Self::FindFailed => "no card was found",
            Self::SelectFailed => "selecting the card failed",
            Self::Unknown(_) => "not in the standard",
        };
        write!(f, "{:02X} ({said})", self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_a_status_and_every_status_its_byte() {
        for code in 0..=u8::MAX {
            let status = Sw3::from(code);
            assert_eq!(status.code(), code);
            let named = NAMED.iter().any(|(c, _)| *c == code);
            assert_eq!(matches!(status, Sw3::Unknown(_)), !named, "{code:02X}");
        }
    }

    #[test]
    fn every_status_has_its_documented_class() {
        use StatusClass::*;
        for (codes, class) in [
            (&[0x90, 0x9F][..], Done),
            (&[0x91, 0x80], Nothing),
            (&[0x10, 0x11], SendAgain),
            (&[0x24, 0x3F, 0x41, 0x47, 0x81], TryAgain),
            (&[0x23], StartOver),
            (&[0x31, 0x32, 0x33, 0x37, 0x40], CardFault),
            (&[0x60, 0x66], DeviceFault),
            (&[0x21, 0x00, 0xAB], Misunderstood),
        ] {
            for code in codes {
                assert_eq!(Sw3::from(*code).class(), class, "{code:02X}");
            }
        }
    }

    #[test]
    fn a_status_says_its_byte_and_its_meaning() {
        assert_eq!(Sw3::ReadFailed.to_string(), "41 (reading the card failed)");
        assert_eq!(Sw3::from(0x0B).to_string(), "0B (not in the standard)");
    }
}
