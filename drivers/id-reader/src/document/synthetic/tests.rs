use proptest::prelude::*;

use super::super::tests::{LAYOUTS, record};
use super::*;

fn synthetic_of(bytes: &[u8]) -> Vec<u8> {
    let mut made = bytes.to_vec();
    make_synthetic(&mut made);
    made
}

fn kind(bytes: &[u8]) -> Result<super::super::Kind, RecordFault> {
    Document::parse(bytes).map(|document| document.kind())
}

/// Whether `made` holds at the same place what is worth hiding of a field.
fn shows(made: &[u8], at: usize, text: &str) -> bool {
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    made[at..].starts_with(&bytes)
}

#[test]
fn every_layout_stays_what_it_was_and_says_nothing() {
    for fields in LAYOUTS {
        let bytes = record(fields);
        let made = synthetic_of(&bytes);
        assert_eq!(made.len(), bytes.len());
        assert_eq!(kind(&made), kind(&bytes));
        assert!(kind(&made).is_ok());
        for (at, text) in fields {
            let says_nothing = *at == layout::TYPE.at || *text == "长期" || text.chars().all(|c| c == '0');
            // Of sex and ethnic group the commonest code is kept, whatever it was.
            let is_code = text.chars().count() <= 2 && *at < 52;
            assert!(says_nothing || is_code || !shows(&made, *at, text), "{text} at {at}");
        }
    }
}

#[test]
fn whoever_it_is_the_synthetic_number_and_day_are_the_same() {
    let a = synthetic_of(&record(LAYOUTS[0]));
    let document = Document::parse(&a).unwrap();
    assert_eq!(document.birth().as_digits(), "20000101");
    assert!(document.number().starts_with("00000020000101000"));
    assert_eq!(document.name().as_str(), "某某", "as many characters as there were");
}

#[test]
fn characters_become_others_of_their_kind() {
    let units = [
        0x5F20_u16, 0x3402, 0xE863, 0xD842, 0xDFB7, 0xD842, 0x4E09, 0xDFB7, 0x41, 0x7A, 0x37, 0x2C, 0x20,
        0x3000, 0,
    ];
    let mut field: Vec<u8> = units.iter().flat_map(|u| u.to_le_bytes()).collect();
    make_alike(&mut field);
    let made: Vec<u16> = text::units(&field).collect();
    assert_eq!(
        made,
        [
            0x67D0, 0x67D0, 0xE000, 0xD842, 0xDFB7, 0xD842, 0x67D0, 0xDFB7, 0x58, 0x78, 0x30, 0x2D, 0x20,
            0x3000, 0
        ]
    );
    let mut odd = vec![0x37, 0, 0x41];
    make_alike(&mut odd);
    assert_eq!(odd, [0x30, 0, 0]);
}

#[test]
fn a_fault_stays_the_fault_it_was() {
    for (layout, at, text) in [
        (0, 0, "  "),
        (0, 30, "7"),
        (0, 32, "60"),
        (0, 36, "19490231"),
        (0, 122, "110105194912310021"),
        (0, 122, "11010519491231002x"),
        (0, 188, "2015030 "),
        (0, 204, "20140301"),
        (1, 0, "   "),
        (1, 122, "11010519491231002X"),
        (1, 122, "810000200001010018"),
        (2, 0, "                                                            "),
        (2, 120, "X"),
        (2, 122, "USA11008101050 "),
        (2, 152, "us "),
        (2, 220, "19811305"),
        (3, 122, "11010519491231002X"),
        (3, 122, "911300198802290118"),
        (3, 242, "DE1"),
    ] {
        let mut fields = LAYOUTS[layout].to_vec();
        fields.push((at, text));
        let bytes = record(&fields);
        let fault = kind(&bytes).unwrap_err();
        let made = synthetic_of(&bytes);
        assert_eq!(kind(&made), Err(fault), "layout {layout}, {text:?} at {at}");
        assert!(made.iter().any(|b| *b != 0), "not merely blanked: layout {layout}, {text:?} at {at}");
    }
    let mut nameless = LAYOUTS[3].to_vec();
    nameless.extend([(0, "  "), (52, "                                   "), (220, "         ")]);
    assert_eq!(kind(&synthetic_of(&record(&nameless))), Err(RecordFault::Field("English name")));
}

#[test]
fn a_record_of_another_length_is_blanked_where_it_is_none() {
    let mut long = record(LAYOUTS[0]);
    long.extend_from_slice(b"somebody");
    let made = synthetic_of(&long);
    assert_eq!(kind(&made), kind(&long));
    assert_eq!(made[256..], [0; 8]);
    assert_eq!(synthetic_of(&long[..200]), [0; 200]);
}

proptest! {
    #[test]
    fn whatever_is_wrong_stays_wrong(
        layout in 0..4_usize, damage in prop::collection::vec((0..256_usize, any::<u8>()), 0..8)
    ) {
        let mut bytes = record(LAYOUTS[layout]);
        for (at, byte) in damage {
            bytes[at] = byte;
        }
        prop_assert_eq!(kind(&synthetic_of(&bytes)), kind(&bytes));
    }

    #[test]
    fn any_record_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let made = synthetic_of(&bytes);
        prop_assert_eq!(made.len(), bytes.len());
        prop_assert_eq!(kind(&made), kind(&bytes));
    }
}
