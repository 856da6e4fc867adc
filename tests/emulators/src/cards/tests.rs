use super::*;

/// Decodes a field with surrogates paired, padding removed.
fn text(record: &[u8], offset: usize, bytes: usize) -> String {
    let units: Vec<u16> = record[offset..offset + bytes]
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    String::from_utf16(&units).expect("paired surrogates").trim_end_matches(' ').to_owned()
}

fn named(name: &str) -> Card {
    sample(name).unwrap_or_else(|| panic!("no sample {name}"))
}

#[test]
fn every_layout_covers_the_record_without_overlap() {
    for kind in [Kind::Resident, Kind::Hmt, Kind::Foreigner2017, Kind::Foreigner2023] {
        let mut used = [false; RECORD_BYTES];
        for field in fields::of(kind) {
            let mut flat = vec![0xEE; 2];
            flat.clear();
            let mut record = [0; RECORD_BYTES];
            field.put(&"字".repeat(RECORD_BYTES), &mut record);
            for (at, byte) in record.iter().enumerate() {
                if *byte != 0 {
                    assert!(!used[at], "{kind}: {} overlaps at {at}", field.name);
                    used[at] = true;
                }
            }
        }
        assert!(!used[fields::TYPE_OFFSET] && !used[fields::TYPE_OFFSET + 1], "{kind}");
    }
}

#[test]
fn samples_are_complete_and_show_every_kind() {
    let samples = samples();
    assert_eq!(samples.len(), 20);
    for kind in [Kind::Resident, Kind::Hmt, Kind::Foreigner2017, Kind::Foreigner2023] {
        assert!(samples.iter().any(|(_, card)| card.kind() == kind), "{kind}");
    }
    for (name, card) in &samples {
        if card.kind() == Kind::Foreigner2017 {
            continue;
        }
        let number = text(&card.record()[..], 122, 36);
        let right = number.chars().last() == check_character(&number[..17]);
        assert_eq!(right, *name != "bad_check_digit", "{name}");
    }
    assert!(text(&named("ends_in_x").record()[..], 122, 36).ends_with('X'));
    assert!(sample("nobody").is_none());
}

#[test]
fn records_hold_the_fields_where_the_tables_say() {
    type Expected = (usize, usize, &'static str);
    let cases: [(&str, &[Expected]); 6] = [
        (
            "man",
            &[
                (0, 30, "张示范"),
                (30, 2, "1"),
                (32, 4, "01"),
                (36, 16, "19900307"),
                (158, 30, "上海市公安局嘉定分局"),
                (188, 16, "20180612"),
                (204, 16, "20380612"),
                (220, 36, ""),
            ],
        ),
        ("old_man", &[(204, 16, "长期"), (248, 2, "")]),
        ("rare_ext_b", &[(0, 30, "𠮷𠀾𣗋")]),
        (
            "hong_kong",
            &[(32, 4, ""), (122, 12, "810000"), (220, 18, "H12345678"), (238, 4, "01"), (248, 2, "J")],
        ),
        (
            "foreigner_2017",
            &[
                (0, 120, "SPECIMEN, JONATHAN ALEXANDER"),
                (120, 2, "1"),
                (122, 30, "GBR310082040117"),
                (152, 6, "GBR"),
                (158, 30, "示乔森"),
                (220, 16, "19820401"),
                (236, 4, "01"),
                (240, 8, "3100"),
                (248, 2, "I"),
            ],
        ),
        (
            "foreigner_2023_long",
            &[
                (0, 30, ""),
                (52, 70, "VENKATASUBRAMANIAN, LAKSHMI NARASIM"),
                (220, 22, "HAN SPECIM"),
                (242, 6, "IND"),
                (248, 2, "Y"),
                (250, 6, "01A"),
            ],
        ),
    ];
    for (name, expected) in cases {
        let record = named(name).record();
        for &(offset, bytes, content) in expected {
            assert_eq!(text(&record[..], offset, bytes), content, "{name} at {offset}");
        }
    }
}

#[test]
fn the_longest_name_fills_its_field_and_one_more_character_is_refused() {
    let card = named("long_name");
    let name = text(&card.record()[..], 0, 30);
    assert_eq!(name.encode_utf16().count(), 15);
    let json = serde_json::to_string(&card).expect("a card is written").replace(&name, &format!("{name}多"));
    let error = Card::from_json(json.as_bytes()).expect_err("too long");
    assert!(error.to_string().contains("\"name\" must be at most 15 characters"), "{error}");
}

#[test]
fn json_goes_there_and_back() {
    for (name, card) in samples() {
        let json = serde_json::to_vec(&card).expect("written");
        assert_eq!(Card::from_json(&json).as_ref(), Ok(&card), "{name}");
        assert_eq!(serde_json::from_slice::<Card>(&json).expect("read"), card, "{name}");
    }
}

#[test]
fn malformed_cards_are_refused_with_the_field_and_without_the_content() {
    let good = serde_json::to_string(&named("man")).expect("written");
    let cases = [
        ("{", "EOF"),
        ("{}", "\"kind\" is missing"),
        ("[]", ""),
        (r#"{"kind":"dog"}"#, "dog"),
        (&good.replace("\"birth\"", "\"born\""), "unknown field `born`"),
        (&good.replace("\"birth\":\"19900307\",", ""), "a resident card needs the field \"birth\""),
        (&good.replace("\"19900307\"", "\"1990-03-07\""), "\"birth\" must be a date as YYYYMMDD"),
        (&good.replace("\"19900307\"", "19900307"), "wrong type"),
        (&good.replace("\"sex\":1", "\"sex\":3"), "\"sex\" must be 0, 1, 2 or 9"),
        (&good.replace("\"nation\":1", "\"nation\":256"), "wrong type"),
        (&good.replace("\"kind\":\"resident\"", "\"kind\":\"hmt\""), "needs the field \"travel_permit\""),
        (
            &good.replace("\"nation\":1", "\"nation\":1,\"travel_permit\":\"H1\""),
            "a resident card has no field \"travel_permit\"",
        ),
    ];
    for (json, expected) in cases {
        let error = Card::from_json(json.as_bytes()).expect_err(json).to_string();
        assert!(error.contains(expected), "{json}: {error}");
        assert!(!error.contains("1990"), "{error}");
    }
    assert_eq!(format!("{:?}", named("man")), "Card(resident)");
}

#[test]
fn photographs_differ_and_addresses_are_padded() {
    assert_ne!(named("man").photo()[..], named("woman").photo()[..]);
    assert!(named("man").appended_addresses().is_empty());
    let moved = named("moved").appended_addresses();
    assert_eq!((moved.len(), text(&moved, 0, 70).as_str()), (70, "上海市嘉定区新示例路8号"));
}

proptest::proptest! {
    #[test]
    fn any_text_gives_a_card_or_an_error(text in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
        let _ = Card::from_json(&text);
    }

    #[test]
    fn any_name_that_fits_is_read_back(name in "\\PC{1,7}") {
        let mut flat = named("man").flat.clone();
        flat.name = Some(name.clone());
        if let Ok(card) = Card::new(flat) {
            proptest::prop_assert_eq!(text(&card.record()[..], 0, 30), name.trim_end_matches(' '));
        }
    }
}
