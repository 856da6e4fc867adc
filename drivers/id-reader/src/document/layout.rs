//! Where the fields of the four records are: offsets and lengths in bytes.
//!
//! The resident card is that of GA/T 467; the others are known by what readers' makers publish.

/// A record's length in bytes.
pub(super) const RECORD: usize = 256;

/// A field of a record.
#[derive(Clone, Copy)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) at: usize,
    pub(super) len: usize,
}

const fn field(name: &'static str, at: usize, len: usize) -> Field {
    Field { name, at, len }
}

/// One character that says which layout the record has: J, I, Y, or blank for a resident card.
pub(super) const TYPE: Field = field("type", 248, 2);
/// First day of validity, in every layout.
pub(super) const VALID_FROM: Field = field("valid from", 188, 16);
/// Last day of validity, in every layout.
pub(super) const VALID_UNTIL: Field = field("valid until", 204, 16);

/// Resident card.
pub(super) mod resident {
    use super::{Field, field};

    pub(crate) const NAME: Field = field("name", 0, 30);
    pub(crate) const SEX: Field = field("sex", 30, 2);
    pub(crate) const ETHNIC_GROUP: Field = field("ethnic group", 32, 4);
    pub(crate) const BIRTH: Field = field("date of birth", 36, 16);
    pub(crate) const ADDRESS: Field = field("address", 52, 70);
    pub(crate) const NUMBER: Field = field("citizen number", 122, 36);
    pub(crate) const ISSUING_AUTHORITY: Field = field("issuing authority", 158, 30);
}

/// Residence permit for residents of Hong Kong, Macao and Taiwan.
pub(super) mod hmt {
    use super::{Field, field};

    pub(crate) use super::resident::{ADDRESS, BIRTH, ISSUING_AUTHORITY, NAME, NUMBER, SEX};
    pub(crate) const TRAVEL_PERMIT_NUMBER: Field = field("travel permit number", 220, 18);
    pub(crate) const ISSUE_COUNT: Field = field("issue count", 238, 4);
}

/// Foreigner's permanent residence card of 2017.
pub(super) mod foreign_2017 {
    use super::{Field, field};

    pub(crate) const ENGLISH_NAME: Field = field("English name", 0, 120);
    pub(crate) const SEX: Field = field("sex", 120, 2);
    pub(crate) const NUMBER: Field = field("document number", 122, 30);
    pub(crate) const NATIONALITY: Field = field("nationality", 152, 6);
    pub(crate) const CHINESE_NAME: Field = field("Chinese name", 158, 30);
    pub(crate) const BIRTH: Field = field("date of birth", 220, 16);
    pub(crate) const VERSION: Field = field("version", 236, 4);
    pub(crate) const ACCEPTING_AUTHORITY: Field = field("accepting authority", 240, 8);
}

/// Foreigner's permanent residence card of 2023.
pub(super) mod foreign_2023 {
    use super::{Field, field};

    pub(crate) use super::resident::{BIRTH, NUMBER, SEX};
    pub(crate) const CHINESE_NAME: Field = field("Chinese name", 0, 30);
    pub(crate) const RENEWAL_COUNT: Field = field("renewal count", 32, 4);
    pub(crate) const ENGLISH_NAME: Field = field("English name", 52, 70);
    pub(crate) const ENGLISH_NAME_REST: Field = field("English name, continued", 220, 22);
    pub(crate) const NATIONALITY: Field = field("nationality", 242, 6);
    pub(crate) const OLD_NUMBER_LINK: Field = field("link to old number", 250, 6);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sorted by offset, the fields and the gaps between them must tile the record.
    fn assert_tiles(mut fields: Vec<Field>, reserved: &[(usize, usize)]) {
        fields.extend(reserved.iter().map(|&(at, len)| field("reserved", at, len)));
        fields.extend([TYPE, VALID_FROM, VALID_UNTIL]);
        fields.sort_by_key(|f| f.at);
        let end = fields.iter().fold(0, |end, f| {
            assert_eq!(f.at, end, "{}", f.name);
            end + f.len
        });
        assert_eq!(end, RECORD);
    }

    #[test]
    fn every_layout_fills_its_record() {
        {
            use resident::*;
            let fields = [NAME, SEX, ETHNIC_GROUP, BIRTH, ADDRESS, NUMBER, ISSUING_AUTHORITY];
            assert_tiles(fields.to_vec(), &[(220, 28), (250, 6)]);
        }
        {
            use hmt::*;
            let fields =
                [NAME, SEX, BIRTH, ADDRESS, NUMBER, ISSUING_AUTHORITY, TRAVEL_PERMIT_NUMBER, ISSUE_COUNT];
            assert_tiles(fields.to_vec(), &[(32, 4), (242, 6), (250, 6)]);
        }
        {
            use foreign_2017::*;
            let fields =
                [ENGLISH_NAME, SEX, NUMBER, NATIONALITY, CHINESE_NAME, BIRTH, VERSION, ACCEPTING_AUTHORITY];
            assert_tiles(fields.to_vec(), &[(250, 6)]);
        }
        {
            use foreign_2023::*;
            let fields = [
                CHINESE_NAME,
                SEX,
                RENEWAL_COUNT,
                BIRTH,
                ENGLISH_NAME,
                NUMBER,
                ENGLISH_NAME_REST,
                NATIONALITY,
                OLD_NUMBER_LINK,
            ];
            assert_tiles(fields.to_vec(), &[(158, 30)]);
        }
    }
}
