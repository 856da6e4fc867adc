use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn parse(bytes: &[u8]) -> Reply<'_> {
    match scan(bytes).unwrap() {
        Scan::Complete { reply, end } => {
            assert_eq!(end, bytes.len());
            reply
        }
        incomplete => panic!("{incomplete:?}"),
    }
}

/// The published replies, with their data.
fn typical() -> Vec<(Vec<u8>, Sw3, Vec<u8>)> {
    let with_preamble = |tail: &[u8]| [&PREAMBLE[..], tail].concat();
    vec![
        (with_preamble(&[0, 4, 0, 0, 0x90, 0x94]), Sw3::Success, vec![]),
        (with_preamble(&[0, 8, 0, 0, 0x9F, 0, 0, 0, 0, 0x97]), Sw3::CardFound, vec![0; 4]),
        (with_preamble(&[0, 0x0C, 0, 0, 0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0x9C]), Sw3::Success, vec![0; 8]),
        (with_preamble(&[0, 4, 0, 0, 0x80, 0x84]), Sw3::FindFailed, vec![]),
        (with_preamble(&[0, 4, 0, 0, 0x81, 0x85]), Sw3::SelectFailed, vec![]),
        (with_preamble(&[0, 4, 0, 0, 0x41, 0x45]), Sw3::ReadFailed, vec![]),
        (with_preamble(&[0, 4, 0, 0, 0x66, 0x62]), Sw3::NotAuthorised, vec![]),
    ]
}

#[test]
fn the_published_replies_are_understood_and_built_alike() {
    for (bytes, status, data) in typical() {
        let reply = parse(&bytes);
        assert_eq!(reply.card_words, [0, 0]);
        assert_eq!(reply.status, status);
        assert_eq!(reply.data, data);
        assert_eq!(super::reply([0, 0], status.code(), &data), bytes);
    }
}

#[test]
fn a_frame_is_incomplete_until_its_last_byte() {
    for (bytes, ..) in typical() {
        for n in 0..bytes.len() {
            assert_eq!(scan(&bytes[..n]), Ok(Scan::Incomplete { garbage: 0 }), "{n} bytes");
        }
    }
}

#[test]
fn the_preamble_is_found_in_garbage() {
    let frame = reply([0, 0], 0x90, &[1, 2, 3]);
    let cases: [&[u8]; 6] = [
        &[0x00],
        &[0xAA],
        &[0xAA, 0xAA, 0xAA, 0xAA, 0xAA],
        &[0xAA, 0xAA, 0xAA, 0x96],
        &[0x69, 0x96, 0xAA, 0xAA, 0x00],
        b"Ready\r\n",
    ];
    for noise in cases {
        let bytes = [noise, &frame].concat();
        let Ok(Scan::Complete { reply, end }) = scan(&bytes) else {
            panic!("no frame after {noise:02X?}");
        };
        assert_eq!(reply.data, [1, 2, 3]);
        assert_eq!(end, bytes.len());
    }
}

#[test]
fn a_tail_that_may_begin_a_frame_is_kept() {
    let cases: [(&[u8], usize); 6] = [
        (&[], 0),
        (&[0x01, 0x02], 2),
        (&[0x01, 0xAA], 1),
        (&[0xAA, 0xAA, 0xAA, 0xAA], 1),
        (&[0x00, 0xAA, 0xAA, 0xAA, 0x96], 1),
        (&[0xAA, 0xAA, 0xAA, 0x96, 0x00], 5),
    ];
    for (bytes, garbage) in cases {
        assert_eq!(scan(bytes), Ok(Scan::Incomplete { garbage }), "{bytes:02X?}");
    }
}

#[test]
fn bytes_after_the_frame_are_told() {
    let mut bytes = reply([0, 0], 0x90, &[]);
    let whole = bytes.len();
    bytes.extend_from_slice(b"stray");
    assert!(matches!(scan(&bytes), Ok(Scan::Complete { end, .. }) if end == whole));
}

#[test]
fn an_impossible_length_is_never_waited_for() {
    for field in [0_u16, 1, 3, 4097, 0xFFFF] {
        let bytes = [&PREAMBLE[..], &field.to_be_bytes()].concat();
        assert_eq!(scan(&bytes), Err(FrameFault::Length(field)));
    }
    for field in [4_u16, 0x0508, 4096] {
        let bytes = [&PREAMBLE[..], &field.to_be_bytes()].concat();
        assert_eq!(scan(&bytes), Ok(Scan::Incomplete { garbage: 0 }));
    }
}

#[test]
fn debug_shows_no_data() {
    let bytes = reply([0, 0], 0x90, b"secret");
    let shown = format!("{:?}", parse(&bytes));
    assert!(shown.contains("6 bytes (redacted)"), "{shown}");
    assert!(!shown.contains("115"), "{shown}");
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in vec(any::<u8>(), 0..6_000)) {
        if let Ok(Scan::Complete { end, .. }) = scan(&bytes) {
            prop_assert!(end <= bytes.len());
        }
    }

    #[test]
    fn any_bytes_after_a_preamble_are_survived(bytes in vec(any::<u8>(), 0..64)) {
        let bytes = [&PREAMBLE[..], &bytes].concat();
        let _ = scan(&bytes);
    }

    #[test]
    fn what_is_built_is_parsed(
        words in any::<[u8; 2]>(), status in any::<u8>(), data in vec(any::<u8>(), 0..MAX_LENGTH - 4)
    ) {
        let bytes = reply(words, status, &data);
        let reply = parse(&bytes);
        prop_assert_eq!(reply.card_words, words);
        prop_assert_eq!(reply.status.code(), status);
        prop_assert_eq!(reply.data, data);
    }

    #[test]
    fn a_request_carries_its_own_length_and_checksum(
        cmd in any::<u8>(), para in any::<u8>(), data in vec(any::<u8>(), 0..8)
    ) {
        let bytes = request(cmd, para, &data);
        prop_assert_eq!(&bytes[..5], &PREAMBLE);
        prop_assert_eq!(usize::from(u16::from_be_bytes([bytes[5], bytes[6]])), bytes.len() - 7);
        prop_assert_eq!(&bytes[7..9], &[cmd, para]);
        prop_assert_eq!(&bytes[9..bytes.len() - 1], &data[..]);
        prop_assert_eq!(xor(&bytes[5..]), 0);
    }

    #[test]
    fn one_damaged_byte_is_never_a_valid_frame_of_the_same_extent(
        data in vec(any::<u8>(), 0..200), at in any::<prop::sample::Index>(), flip in 1_u8..
    ) {
        let mut bytes = reply([0, 0], 0x90, &data);
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        let whole = bytes.len();
        let taken = matches!(scan(&bytes), Ok(Scan::Complete { end, .. }) if end == whole);
        prop_assert!(!taken);
    }
}
