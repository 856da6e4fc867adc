use proptest::prelude::*;

use super::*;

/// A record of spaces with `fields` written over it, offsets in bytes.
pub(crate) fn record(fields: &[(usize, &str)]) -> Vec<u8> {
    let mut bytes: Vec<u8> = [0x20, 0x00].repeat(128);
    for (at, text) in fields {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        for (to, from) in bytes[*at..].iter_mut().zip(units) {
            *to = from;
        }
    }
    bytes
}

/// A resident card with the specimen number of GB 11643.
pub(crate) fn specimen() -> Vec<u8> {
    record(SPECIMEN)
}

/// All four, as fields.
pub(crate) const LAYOUTS: [&[(usize, &str)]; 4] = [SPECIMEN, HMT, FOREIGN_2017, FOREIGN_2023];

const SPECIMEN: &[(usize, &str)] = &[
    (0, "张三"),
    (30, "2"),
    (32, "01"),
    (36, "19491231"),
    (52, "北京市朝阳区样本路1号"),
    (122, "11010519491231002X"),
    (158, "北京市公安局朝阳分局"),
    (188, "20150301"),
    (204, "长期"),
];

const HMT: &[(usize, &str)] = &[
    (0, "陳大文"),
    (30, "1"),
    (36, "19900101"),
    (52, "上海市嘉定区样本路2号"),
    (122, "810000199001010019"),
    (158, "上海市公安局嘉定分局"),
    (188, "20190901"),
    (204, "20240831"),
    (220, "H12345678"),
    (238, "01"),
    (248, "J"),
];

const FOREIGN_2017: &[(usize, &str)] = &[
    (0, "SPECIMEN, JANE ALEXANDRA"),
    (120, "2"),
    (122, "USA110081010501"),
    (152, "USA"),
    (158, "珍妮"),
    (188, "20171001"),
    (204, "20270930"),
    (220, "19810105"),
    (236, "01"),
    (240, "1500"),
    (248, "I"),
];

const FOREIGN_2023: &[(usize, &str)] = &[
    (0, "约翰"),
    (30, "1"),
    (32, "00"),
    (36, "19880229"),
    (52, "SPECIMEN JOHN JACOB JINGLEHEIMER XI"),
    (122, "911300198802290117"),
    (188, "20231201"),
    (204, "20331130"),
    (220, "I SCHMIDT"),
    (242, "DEU"),
    (248, "Y"),
    (250, "000"),
];

/// `fields` with the one at `at` replaced.
fn with(fields: &[(usize, &'static str)], at: usize, text: &'static str) -> Vec<u8> {
    let blank = "                                                            ";
    let mut fields = fields.to_vec();
    let old = fields.iter().find(|f| f.0 == at).map_or(0, |f| f.1.chars().count());
    fields.retain(|f| f.0 != at);
    fields.push((at, &blank[..old]));
    fields.push((at, text));
    record(&fields)
}

fn fault(bytes: &[u8]) -> RecordFault {
    Document::parse(bytes).map(|_| ()).unwrap_err()
}

#[test]
fn a_resident_card() {
    let document = Document::parse(&specimen()).unwrap();
    let Document::Resident(card) = &document else { panic!("{document:?}") };
    assert_eq!(card.name.as_str(), "张三");
    assert_eq!(card.name.raw().len(), 30);
    assert!(card.sex == Sex::Female);
    assert_eq!(card.ethnic_group.as_ref().unwrap().name(), "汉");
    assert_eq!(card.birth.as_digits(), "19491231");
    assert_eq!(card.address.as_str(), "北京市朝阳区样本路1号");
    assert_eq!(card.number.as_str(), "11010519491231002X");
    assert_eq!(card.issuing_authority.as_str(), "北京市公安局朝阳分局");
    assert!(card.validity.covers(2026, 11, 23));
    assert!(!card.validity.covers(2015, 2, 28));
    assert_eq!(document.number(), "11010519491231002X");
    assert_eq!(document.name().as_str(), "张三");
}

#[test]
fn a_residence_permit_for_hong_kong_macao_and_taiwan() {
    for (number, region) in [
        ("810000199001010019", HmtRegion::HongKong),
        ("820000198502280022", HmtRegion::Macao),
        ("830000197707070077", HmtRegion::Taiwan),
    ] {
        let document = Document::parse(&with(HMT, 122, number)).unwrap();
        let Document::HmtResidence(permit) = &document else { panic!("{document:?}") };
        assert_eq!(permit.name.as_str(), "陳大文");
        assert_eq!(permit.number.as_str(), number);
        assert!(permit.region == region);
        assert_eq!(permit.travel_permit_number.as_str(), "H12345678");
        assert_eq!(permit.issue_count.as_str(), "01");
        assert!(permit.validity.covers(2024, 8, 31) && !permit.validity.covers(2024, 9, 1));
    }
}

#[test]
fn a_foreigners_card_of_2017() {
    let document = Document::parse(&record(FOREIGN_2017)).unwrap();
    let Document::ForeignPermanent2017(card) = &document else { panic!("{document:?}") };
    assert_eq!(card.english_name.as_str(), "SPECIMEN, JANE ALEXANDRA");
    assert_eq!(card.chinese_name.as_str(), "珍妮");
    assert_eq!(card.number.as_str(), "USA110081010501");
    assert_eq!(card.nationality.as_str(), "USA");
    assert_eq!(card.birth.as_digits(), "19810105");
    assert_eq!(card.version.as_str(), "01");
    assert_eq!(card.accepting_authority.as_str(), "1500");
    assert_eq!(document.name().as_str(), "珍妮");
    let nameless = Document::parse(&with(FOREIGN_2017, 158, "")).unwrap();
    assert_eq!(nameless.name().as_str(), "SPECIMEN, JANE ALEXANDRA");
}

#[test]
fn a_foreigners_card_of_2023() {
    let document = Document::parse(&record(FOREIGN_2023)).unwrap();
    let Document::ForeignPermanent2023(card) = &document else { panic!("{document:?}") };
    assert_eq!(card.english_name.as_str(), "SPECIMEN JOHN JACOB JINGLEHEIMER XII SCHMIDT");
    assert_eq!(card.chinese_name.as_str(), "约翰");
    assert_eq!(card.number.as_str(), "911300198802290117");
    assert_eq!(card.nationality.as_str(), "DEU");
    assert_eq!(card.renewal_count.as_str(), "00");
    assert_eq!(card.old_number_link.as_str(), "000");
    assert_eq!(document.birth().as_digits(), "19880229");
    assert!(document.sex() == Sex::Male);
    assert!(document.validity().covers(2033, 11, 30));
}

#[test]
fn an_english_name_that_breaks_at_a_space_keeps_it() {
    let mut fields = FOREIGN_2023.to_vec();
    fields.retain(|f| f.0 != 52 && f.0 != 220);
    fields.extend([(52, "SPECIMEN JOHN JACOB JINGLEHEIMER"), (220, "SCHMIDT")]);
    let document = Document::parse(&record(&fields)).unwrap();
    let Document::ForeignPermanent2023(card) = &document else { panic!("{document:?}") };
    assert_eq!(card.english_name.as_str(), "SPECIMEN JOHN JACOB JINGLEHEIMER   SCHMIDT");
}

#[test]
fn any_other_type_is_a_resident_card() {
    for flag in [" ", "\0", "X", "j", "张"] {
        let document = Document::parse(&with(SPECIMEN, 248, flag)).unwrap();
        assert!(matches!(document, Document::Resident(_)), "{flag:?}");
    }
}

#[test]
fn rare_characters_in_a_name_are_kept() {
    let mut bytes = specimen();
    // a private-use character, a surrogate without its partner, one from extension B
    let units = [0xE863_u16, 0xD842, 0x5F20, 0xD842, 0xDFB7];
    for (to, from) in bytes.iter_mut().zip(units.into_iter().flat_map(u16::to_le_bytes)) {
        *to = from;
    }
    let document = Document::parse(&bytes).unwrap();
    assert_eq!(document.name().as_str(), "\u{E863}\u{FFFD}张𠮷");
    assert_eq!(document.name().raw(), &bytes[..30]);
}

#[test]
fn a_wrong_check_digit_is_told_apart_from_a_wrong_number() {
    assert_eq!(fault(&with(SPECIMEN, 122, "110105194912310021")), RecordFault::CheckDigit);
    assert_eq!(fault(&with(HMT, 122, "810000199001010018")), RecordFault::CheckDigit);
    assert_eq!(fault(&with(FOREIGN_2023, 122, "911300198802290118")), RecordFault::CheckDigit);
    let wrong = RecordFault::Field("citizen number");
    assert_eq!(fault(&with(SPECIMEN, 122, "11010519491231002x")), wrong);
    assert_eq!(fault(&with(SPECIMEN, 122, "110105491231002")), wrong);
    // right in itself, but not a number such a document has
    assert_eq!(fault(&with(HMT, 122, "11010519491231002X")), wrong);
    assert_eq!(fault(&with(FOREIGN_2023, 122, "11010519491231002X")), wrong);
}

#[test]
fn a_field_that_holds_no_such_thing_is_named() {
    for (bytes, name) in [
        (with(SPECIMEN, 0, ""), "name"),
        (with(SPECIMEN, 30, "7"), "sex"),
        (with(SPECIMEN, 32, "60"), "ethnic group"),
        (with(SPECIMEN, 36, "19490231"), "date of birth"),
        (with(SPECIMEN, 188, "2015030"), "validity"),
        (with(SPECIMEN, 204, "20140301"), "validity"),
        (with(FOREIGN_2017, 122, "USA11008101050"), "document number"),
        (with(FOREIGN_2017, 152, "us"), "nationality"),
        (with(FOREIGN_2017, 0, ""), "English name"),
    ] {
        assert_eq!(fault(&bytes), RecordFault::Field(name));
    }
}

#[test]
fn blank_fields_that_may_be_blank() {
    let document = Document::parse(&with(SPECIMEN, 32, "  ")).unwrap();
    assert!(matches!(document, Document::Resident(card) if card.ethnic_group.is_none()));
}

#[test]
fn a_record_of_another_length() {
    let mut bytes = specimen();
    bytes.extend_from_slice(&[0; 8]);
    assert!(Document::parse(&bytes).is_ok(), "what follows the record is left alone");
    assert_eq!(fault(&bytes[..255]), RecordFault::Lengths);
    assert_eq!(fault(&[]), RecordFault::Lengths);
}

#[test]
fn debug_shows_nothing() {
    for fields in [SPECIMEN, HMT, FOREIGN_2017, FOREIGN_2023] {
        let document = Document::parse(&record(fields)).unwrap();
        let shown = format!("{document:?} {:?}", document.name());
        assert!(shown.contains("(redacted)"), "{shown}");
        for (_, text) in fields.iter().filter(|f| f.1.len() > 2) {
            assert!(!shown.contains(text), "{shown}");
        }
    }
}

proptest! {
    #[test]
    fn any_record_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Document::parse(&bytes);
    }

    #[test]
    fn a_damaged_record_is_survived(
        layout in 0..4_usize, damage in prop::collection::vec((0..256_usize, any::<u8>()), 0..6)
    ) {
        let mut bytes = record([SPECIMEN, HMT, FOREIGN_2017, FOREIGN_2023][layout]);
        for (at, byte) in damage {
            bytes[at] = byte;
        }
        let _ = Document::parse(&bytes);
    }
}
