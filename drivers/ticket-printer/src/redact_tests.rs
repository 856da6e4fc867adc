use super::*;
use proptest::prelude::*;

use crate::encode::Encoder;
use crate::profile::{BuiltInFont, Profile};
use crate::sample;

/// Redacts `bytes`, which come in pieces of `size`.
fn redacted(direction: Direction, bytes: &[u8], size: usize) -> Vec<u8> {
    let mut redactor = TicketRedactor::new(StatusLayout::Epson);
    let (mut pending, mut done) = (Vec::new(), Vec::new());
    for piece in bytes.chunks(size.max(1)) {
        pending.extend_from_slice(piece);
        let last = redactor.redact(direction, &mut pending, false);
        done.extend(pending.drain(..last));
    }
    let last = redactor.redact(direction, &mut pending, true);
    assert_eq!(last, pending.len());
    done.extend(pending);
    done
}

#[test]
fn words_go_and_commands_stay() {
    let table: [(&[u8], &[u8]); 7] = [
        (b"\x1b@\x1ba\x01A048 b\n", b"\x1b@\x1ba\x01A000 a\n"),
        (b"\x1c&\xD5\xC5\xC8\xFD: 12\n\x1dVB\x00", b"\x1c&\xD6\xD0\xD6\xD0: 00\n\x1dVB\x00"),
        (b"\x1d(k\x07\x001P0Ab-1\x1d(k\x03\x001Q0", b"\x1d(k\x07\x001P0Aa-0\x1d(k\x03\x001Q0"),
        (b"\x1d(H\x06\x00000047\x1dr\x01", b"\x1d(H\x06\x00000047\x1dr\x01"),
        (b"\x1dv0\x00\x01\x00\x03\x00A04\x1b@", b"\x1dv0\x00\x01\x00\x03\x00\0\0\0\x1b@"),
        (b"\x1dv0\x00\x01\x00\x08\x00A0\x10\x04\x01zz", b"\x1dv0\x00\x01\x00\x08\x00\0\0\x10\x04\x01\0\0"),
        // Clearing ends whatever was half received.
        (
            b"\x1d(k\x40\x001P0Ab\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08\x1b@x",
            b"\x1d(k\x40\x001P0Aa\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08\x1b@a",
        ),
    ];
    for (bytes, expected) in table {
        for size in [1, 2, 3, 1000] {
            assert_eq!(redacted(Direction::ToDevice, bytes, size), expected, "{bytes:02X?} by {size}");
        }
    }
}

#[test]
fn answers_stay_and_echoes_go() {
    let answers = b"\x12\x1A\x10\x00\x03\x00\x37\x220047\x00\x37\x25\x00\x5FTM-T88VI\x00\x0C";
    for size in [1, 4, 100] {
        assert_eq!(redacted(Direction::FromDevice, answers, size), answers);
        let echo = redacted(Direction::FromDevice, b"5A048\n=Zhang\x00_A048", size);
        assert_eq!(echo, b"5A000\n=Aaaaa\x00_A000", "by {size}");
    }
}

/// Nothing that can be read stands in what is kept of the measured ticket.
#[test]
fn the_measured_ticket_says_nothing_any_more() {
    for font in [BuiltInFont::Gbk, BuiltInFont::None] {
        for has_qr in [true, false] {
            let profile = Profile { font, has_qr, ..Profile::named("epson-tm-compatible") };
            let font = crate::font::tests::noto();
            let encoded = Encoder::new(profile, font).encode(&sample::ticket());
            let bytes = [encoded.header, encoded.body].concat();
            let kept = redacted(Direction::ToDevice, &bytes, 64);
            assert_eq!(kept.len(), bytes.len());
            let held = |text: &[u8]| kept.windows(text.len()).any(|window| window == text);
            assert!(!held(b"A048") && !held(b"q.example") && !held(b"2026"), "{kept:02X?}");
            // 前方 in GBK
            assert!(!held(&[0xC7, 0xB0, 0xB7, 0xBD]));
        }
    }
}

proptest! {
    #[test]
    fn nothing_depends_on_the_pieces(
        bytes in proptest::collection::vec(prop_oneof![
            Just(0x10u8), Just(0x1B), Just(0x1D), Just(b'v'), Just(b'('), Just(b'k'), Just(0x14), Just(4), any::<u8>()
        ], 0..120),
        size in 1usize..20,
    ) {
        for direction in [Direction::ToDevice, Direction::FromDevice] {
            let kept = redacted(direction, &bytes, size);
            prop_assert_eq!(kept.len(), bytes.len());
            prop_assert_eq!(&kept, &redacted(direction, &bytes, 4096));
            // What is redacted is so already.
            prop_assert_eq!(&redacted(direction, &kept, 7), &kept);
        }
    }

    #[test]
    fn no_word_of_a_text_stays(number in "[1-9]{4}", name in "[b-z]{5}") {
        let text = format!("{number} {name}\n");
        let kept = redacted(Direction::ToDevice, text.as_bytes(), 3);
        prop_assert!(!kept.windows(2).any(|w| w.iter().all(|b| matches!(b, b'1'..=b'9' | b'b'..=b'z'))));
    }
}
