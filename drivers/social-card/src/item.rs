//! The items on the card: which file, which record, which tag, how long (V2.0 of the file structure).

/// A file of the application SSSE that anybody may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// EF05: the card's issue.
    Issue,
    /// EF06: the card's holder.
    Holder,
}

impl File {
    /// The file identifier.
    #[must_use]
    pub fn id(self) -> [u8; 2] {
        match self {
            Self::Issue => [0xEF, 0x05],
            Self::Holder => [0xEF, 0x06],
        }
    }

    /// The file with this identifier.
    pub(crate) fn with_id(id: [u8; 2]) -> Option<Self> {
        [Self::Issue, Self::Holder].into_iter().find(|file| file.id() == id)
    }
}

/// An item on the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// 01: card identification code
    Identification,
    /// 02: card category
    Category,
    /// 03: specification version
    Version,
    /// 04: initialising organisation
    Organisation,
    /// 05: issue date
    Issued,
    /// 06: valid until
    ValidUntil,
    /// 07: card number
    CardNumber,
    /// 08: social-security number, which is the citizen number
    Number,
    /// 09: name
    Name,
    /// 0A: sex
    Sex,
    /// 0B: ethnic group
    EthnicGroup,
    /// 0C: place of birth
    Birthplace,
    /// 0D: birth date
    Birth,
}

impl Item {
    /// Every item, by its tag.
    pub const ALL: [Self; 13] = [
        Self::Identification,
        Self::Category,
        Self::Version,
        Self::Organisation,
        Self::Issued,
        Self::ValidUntil,
        Self::CardNumber,
        Self::Number,
        Self::Name,
        Self::Sex,
        Self::EthnicGroup,
        Self::Birthplace,
        Self::Birth,
    ];

    /// Its tag, which is its own within both files.
    #[must_use]
    pub fn tag(self) -> u8 {
        match self {
            Self::Identification => 0x01,
            Self::Category => 0x02,
            Self::Version => 0x03,
            Self::Organisation => 0x04,
            Self::Issued => 0x05,
            Self::ValidUntil => 0x06,
            Self::CardNumber => 0x07,
            Self::Number => 0x08,
            Self::Name => 0x09,
            Self::Sex => 0x0A,
            Self::EthnicGroup => 0x0B,
            Self::Birthplace => 0x0C,
            Self::Birth => 0x0D,
        }
    }

    /// The file it is in.
    #[must_use]
    pub fn file(self) -> File {
        if self.tag() <= Self::CardNumber.tag() { File::Issue } else { File::Holder }
    }

    /// The number of its record within the file, from 1.
    #[must_use]
    pub fn record(self) -> u8 {
        match self.file() {
            File::Issue => self.tag(),
            File::Holder => self.tag() - Self::CardNumber.tag(),
        }
    }

    /// Bytes of its value.
    #[must_use]
    pub fn length(self) -> u8 {
        match self {
            Self::Category | Self::Sex | Self::EthnicGroup => 1,
            Self::Birthplace => 3,
            Self::Version | Self::Issued | Self::ValidUntil | Self::Birth => 4,
            Self::CardNumber => 9,
            Self::Organisation => 12,
            Self::Identification => 16,
            Self::Number => 18,
            Self::Name => 30,
        }
    }

    /// The item with this tag.
    pub(crate) fn with_tag(tag: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|item| item.tag() == tag)
    }

    /// Takes its value out of a record: tag, length, value. A value may be shorter than the standard has
    /// it, and padding may follow the record.
    ///
    /// # Errors
    /// [`RecordFault`]; nothing of the record is in it.
    pub(crate) fn value_in(self, record: &[u8]) -> Result<&[u8], RecordFault> {
        let [tag, length, rest @ ..] = record else { return Err(RecordFault::Structure) };
        if *tag != self.tag() {
            return Err(RecordFault::OtherTag);
        }
        if *length > self.length() {
            return Err(RecordFault::Structure);
        }
        rest.get(..usize::from(*length)).ok_or(RecordFault::Structure)
    }
}

/// What is wrong with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordFault {
    /// It begins with the tag of another item.
    #[error("has another item's tag")]
    OtherTag,
    /// It is not tag, length and so many bytes of value.
    #[error("is no tag, length and value")]
    Structure,
    /// The value is not of the item's kind.
    #[error("has a value that it cannot have")]
    Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_stand_where_the_file_structure_has_them() {
        let table: [(Item, File, u8, u8, u8); 13] = [
            (Item::Identification, File::Issue, 1, 0x01, 16),
            (Item::Category, File::Issue, 2, 0x02, 1),
            (Item::Version, File::Issue, 3, 0x03, 4),
            (Item::Organisation, File::Issue, 4, 0x04, 12),
            (Item::Issued, File::Issue, 5, 0x05, 4),
            (Item::ValidUntil, File::Issue, 6, 0x06, 4),
            (Item::CardNumber, File::Issue, 7, 0x07, 9),
            (Item::Number, File::Holder, 1, 0x08, 0x12),
            (Item::Name, File::Holder, 2, 0x09, 0x1E),
            (Item::Sex, File::Holder, 3, 0x0A, 1),
            (Item::EthnicGroup, File::Holder, 4, 0x0B, 1),
            (Item::Birthplace, File::Holder, 5, 0x0C, 3),
            (Item::Birth, File::Holder, 6, 0x0D, 4),
        ];
        for (at, (item, file, record, tag, length)) in table.into_iter().enumerate() {
            assert_eq!(Item::ALL[at], item);
            assert_eq!((item.file(), item.record(), item.tag(), item.length()), (file, record, tag, length));
            assert_eq!(Item::with_tag(tag), Some(item));
        }
        assert_eq!(Item::with_tag(0x0E), None);
    }

    #[test]
    fn values_are_taken_out_of_whole_records_only() {
        for (record, value) in [
            (&[0x0A, 0x01, 0x1F][..], Ok(&[0x1F][..])),
            (&[0x0A, 0x01, 0x1F, 0x00, 0x00], Ok(&[0x1F])),
            (&[0x0A, 0x00], Ok(&[])),
            (&[0x0A, 0x02, 0x1F, 0x1F], Err(RecordFault::Structure)),
            (&[0x0A, 0x01], Err(RecordFault::Structure)),
            (&[0x0A], Err(RecordFault::Structure)),
            (&[], Err(RecordFault::Structure)),
            (&[0x0B, 0x01, 0x01], Err(RecordFault::OtherTag)),
        ] {
            assert_eq!(Item::Sex.value_in(record), value, "{record:02X?}");
        }
    }
}
