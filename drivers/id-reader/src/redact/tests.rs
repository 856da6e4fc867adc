use link::record::{Mark, Plain, Recorder, Recording, What};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::document::tests::{LAYOUTS, record, specimen};
use crate::reader::tests::{found, record_reply, reply, selected};
use crate::{Command, fuzz};

fn kept(pieces: &[(Command, &[u8])]) -> Vec<Vec<u8>> {
    let recorder = Recorder::new("id-reader", "generic", CardRedactor::default());
    for (command, answer) in pieces {
        recorder.crossed(Direction::ToDevice, &command.frame());
        recorder.crossed(Direction::FromDevice, answer);
    }
    from_device(&recorder.snapshot("test"))
}

fn from_device(recording: &Recording) -> Vec<Vec<u8>> {
    let pieces = recording.events.iter().filter_map(|event| match &event.what {
        What::Crossed(Direction::FromDevice, bytes) => Some(bytes.clone()),
        _ => None,
    });
    pieces.collect()
}

/// What is kept of one answer.
fn kept_of(command: Command, answer: &[u8]) -> Vec<u8> {
    kept(&[(command, answer)]).concat()
}

fn is_sound(bytes: &[u8]) -> bool {
    matches!(frame::scan(bytes), Ok(frame::Scan::Complete { end, .. }) if end == bytes.len())
}

#[test]
fn status_words_and_the_modules_identifier_stay() {
    let identifier = frame::reply([0, 0], 0x90, &[5; 16]);
    for (command, answer) in [
        (Command::SamStatus, reply(0x90)),
        (Command::SamStatus, reply(0x66)),
        (Command::SamIdentifier, identifier),
        (Command::FindCard, reply(0x80)),
        (Command::ReadTextAndPhoto, reply(0x41)),
        (Command::SelectCard, frame::reply([0x69, 0x85], 0x31, &[])),
    ] {
        assert_eq!(kept_of(command, &answer), answer, "{command:?}");
    }
}

#[test]
fn what_tells_a_card_from_another_is_blanked_and_summed_up_anew() {
    for (command, status, data) in [
        (Command::FindCard, 0x9F, vec![1; 4]),
        (Command::SelectCard, 0x90, vec![2; 8]),
        (Command::ReadCardManagementNumber, 0x90, vec![3; 28]),
        (Command::SamStatus, 0x90, vec![4; 5]),
        (Command::SamIdentifier, 0x90, vec![6; 17]),
        (Command::ReadTextAndPhoto, 0x41, vec![5; 9]),
    ] {
        let kept = kept_of(command, &frame::reply([0, 0], status, &data));
        assert!(is_sound(&kept), "{command:?}");
        assert_eq!(kept, frame::reply([0, 0], status, &vec![0; data.len()]), "{command:?}");
    }
}

#[test]
fn nothing_is_kept_of_a_record_its_photo_and_its_fingerprint() {
    for fields in LAYOUTS {
        for with_fingerprint in [false, true] {
            let lengths: Vec<u8> = if with_fingerprint { vec![1, 0, 4, 0, 4, 0] } else { vec![1, 0, 4, 0] };
            let pictures = vec![0xD7; if with_fingerprint { 2_048 } else { 1_024 }];
            let data = [&lengths[..], &record(fields), &pictures].concat();
            let command = if with_fingerprint {
                Command::ReadTextPhotoAndFingerprint
            } else {
                Command::ReadTextAndPhoto
            };
            let answer = frame::reply([0, 0], 0x90, &data);
            let kept = kept_of(command, &answer);
            assert!(is_sound(&kept));
            assert_eq!(kept.len(), answer.len());
            assert!(!kept.contains(&0xD7));
            for (_, text) in
                fields.iter().filter(|(_, text)| text.chars().count() > 3 && !text.starts_with("00"))
            {
                let ucs2: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                assert!(!kept.windows(ucs2.len()).any(|w| w == ucs2), "{text}");
                assert!(!kept.windows(text.len()).any(|w| w == text.as_bytes()), "{text}");
            }
            let head = frame::HEADER + 3;
            assert_eq!(kept[head..head + lengths.len()], lengths);
        }
    }
}

#[test]
fn appended_addresses_become_as_many_others() {
    let address: Vec<u8> =
        format!("{:<35}", "嘉定区甲路12号").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let answer = frame::reply([0, 0], 0x90, &[&address[..], &address].concat());
    let kept = kept_of(Command::ReadNewestAddress, &answer);
    assert!(is_sound(&kept));
    let read = payload::appended_addresses(&kept[10..kept.len() - 1]).unwrap();
    let read: Vec<&str> = read.iter().map(crate::Text::as_str).collect();
    assert_eq!(read, ["某某某某某00某"; 2]);
    let odd = kept_of(Command::ReadNewestAddress, &frame::reply([0, 0], 0x90, &[0x41; 100]));
    assert!(is_sound(&odd) && odd[10..110].iter().all(|b| *b == 0));
}

#[test]
fn a_record_that_answers_something_else_is_blanked() {
    let late = record_reply(&specimen());
    for command in [Command::SamIdentifier, Command::ReadNewestAddress, Command::FindCard] {
        let kept = kept_of(command, &late);
        assert!(is_sound(&kept) && kept[10..kept.len() - 1].iter().all(|b| *b == 0), "{command:?}");
    }
}

#[test]
fn damaged_cut_and_stray_bytes_say_nothing() {
    let whole = record_reply(&specimen());
    let mut damaged = whole.clone();
    damaged[600] ^= 0x10;
    let kept = kept_of(Command::ReadTextAndPhoto, &damaged);
    assert_eq!(frame::scan(&kept), Err(frame::FrameFault::Checksum));
    assert!(kept[7..kept.len() - 1].iter().all(|b| *b == 0));

    let kept = kept_of(Command::ReadTextAndPhoto, &whole[..700]);
    assert_eq!(kept[..7], whole[..7]);
    assert!(kept.len() == 700 && kept[7..].iter().all(|b| *b == 0));

    // A record without its head, and one whose head has an impossible length.
    let kept = kept_of(Command::ReadTextAndPhoto, &whole[8..]);
    assert!(kept.iter().all(|b| *b == 0));
    let mut impossible = whole.clone();
    impossible[5] = 0xFF;
    let kept = kept_of(Command::ReadTextAndPhoto, &impossible);
    assert!(kept[..7] == impossible[..7] && kept[7..].iter().all(|b| *b == 0));
}

#[test]
fn what_could_begin_a_frame_stays_where_it_is() {
    let noise = [0x31, 0xAA, 0xAA, 0x33, 0xAA, 0xAA, 0xAA, 0xAA, 0x96, 0x33, 0x96, 0x69, 0xAA];
    let answer = [&noise[..], &reply(0x90)].concat();
    let kept = kept_of(Command::SamStatus, &answer);
    let wanted = [0, 0xAA, 0xAA, 0, 0xAA, 0xAA, 0xAA, 0xAA, 0x96, 0, 0, 0, 0xAA];
    assert_eq!(kept, [&wanted[..], &reply(0x90)].concat());
}

#[test]
fn a_new_request_ends_what_was_under_way() {
    let whole = record_reply(&specimen());
    let found = found();
    let kept = kept(&[(Command::ReadTextAndPhoto, &whole[..50]), (Command::FindCard, &found)]);
    assert!(kept[0][7..].iter().all(|b| *b == 0));
    assert_eq!(kept[1], found, "the next reply is seen for itself");
}

#[test]
fn a_record_that_no_request_was_seen_for_is_blanked() {
    let recorder = Recorder::new("id-reader", "generic", CardRedactor::default());
    recorder.crossed(Direction::FromDevice, &record_reply(&specimen()));
    let kept = from_device(&recorder.snapshot("test")).concat();
    assert!(is_sound(&kept) && kept[10..kept.len() - 1].iter().all(|b| *b == 0));
}

#[test]
fn requests_are_followed_in_any_pieces() {
    let recorder = Recorder::new("id-reader", "generic", CardRedactor::default());
    for byte in Command::SelectCard.frame().iter().chain(&Command::SamIdentifier.frame()) {
        recorder.crossed(Direction::ToDevice, &[*byte]);
    }
    let identifier = frame::reply([0, 0], 0x90, &[5; 16]);
    for byte in &identifier {
        recorder.crossed(Direction::FromDevice, &[*byte]);
    }
    let kept = from_device(&recorder.snapshot("test"));
    assert_eq!(kept.len(), identifier.len(), "the pieces stay");
    assert_eq!(kept.concat(), identifier);
}

#[test]
fn a_slow_line_that_gives_one_byte_at_a_time_is_followed_too() {
    let recorder = Recorder::new("id-reader", "generic", CardRedactor::default());
    recorder.crossed(Direction::ToDevice, &Command::ReadTextAndPhoto.frame());
    for byte in record_reply(&specimen()) {
        recorder.crossed(Direction::FromDevice, &[byte]);
    }
    assert!(is_sound(&from_device(&recorder.snapshot("test")).concat()));
}

#[test]
fn the_two_redactors_agree_on_where_nothing_is_personal() {
    // The same session, kept plainly and redacted: only bytes differ, nothing else.
    let session = |recorder: &Recorder| {
        for answer in [reply(0x90), found(), selected(), record_reply(&specimen())] {
            recorder.note("call x quiet");
            recorder.crossed(Direction::ToDevice, &Command::ReadTextAndPhoto.frame());
            recorder.crossed(Direction::FromDevice, &answer);
            recorder.timed_out(Direction::FromDevice);
        }
        recorder.snapshot("test")
    };
    let plain = session(&Recorder::new("id-reader", "generic", Plain));
    let redacted = session(&Recorder::new("id-reader", "generic", CardRedactor::default()));
    let shape = |recording: &Recording| -> Vec<String> {
        recording
            .events
            .iter()
            .map(|event| match &event.what {
                What::Crossed(direction, bytes) => format!("{direction:?} {}", bytes.len()),
                What::Note(note) => note.clone(),
                What::Mark(mark) => format!("{mark:?}"),
            })
            .collect()
    };
    assert_eq!(shape(&plain), shape(&redacted));
    assert!(matches!(redacted.events.last().unwrap().what, What::Mark(Mark::TimedOut)));
}

proptest! {
    #[test]
    fn any_stream_is_redacted_alike_in_any_pieces(bytes in vec(any::<u8>(), 0..3_000)) {
        fuzz::redactor(&bytes);
    }

    #[test]
    fn nothing_is_kept_whatever_happens_to_a_record(
        asked in prop::sample::select(vec![
            Command::ReadTextAndPhoto, Command::ReadTextPhotoAndFingerprint, Command::ReadNewestAddress,
            Command::SamIdentifier, Command::SelectCard, Command::ReadCardManagementNumber,
        ]),
        layout in 0..4_usize, cut in 0..1_295_usize, end in 0..1_295_usize,
        damage in vec((0..20_usize, any::<u8>()), 0..3), piece in 1..400_usize,
        before in vec(any::<u8>(), 0..9)
    ) {
        let mut answer = record_reply(&record(LAYOUTS[layout]));
        for (at, byte) in damage {
            answer[at] = byte;
        }
        let recorder = Recorder::new("id-reader", "generic", CardRedactor::default());
        recorder.crossed(Direction::ToDevice, &asked.frame());
        recorder.crossed(Direction::FromDevice, &before);
        answer[..end].chunks(piece).for_each(|bytes| recorder.crossed(Direction::FromDevice, bytes));
        recorder.crossed(Direction::ToDevice, &Command::SamStatus.frame());
        answer[cut..].chunks(piece).for_each(|bytes| recorder.crossed(Direction::FromDevice, bytes));
        let kept = from_device(&recorder.snapshot("test")).concat();
        // Names, addresses, numbers and authorities: the fields of four characters and more that no
        // synthetic record has.
        for (_, text) in LAYOUTS[layout].iter().filter(|(_, t)| t.chars().count() > 3 && !t.ends_with("0101")) {
            for part in text.chars().collect::<Vec<_>>().chunks_exact(4).filter(|part| part.iter().any(|c| *c > '0')) {
                let ucs2: Vec<u8> =
                    part.iter().collect::<String>().encode_utf16().flat_map(u16::to_le_bytes).collect();
                let synthetic = ["2000", "0101", "2020", "2040"].contains(&part.iter().collect::<String>().as_str());
                prop_assert!(synthetic || !kept.windows(ucs2.len()).any(|w| w == ucs2), "{:?}", part);
            }
        }
        prop_assert!(!kept.windows(4).any(|w| w == [0xD7; 4]), "something of the photo");
    }

    #[test]
    fn good_and_damaged_frames_are_redacted_alike_in_any_pieces(
        piece in any::<u8>(), layout in 0..4_usize, damage in vec((0..1_300_usize, any::<u8>()), 0..3),
        before in vec(any::<u8>(), 0..20), after in vec(any::<u8>(), 0..20)
    ) {
        let mut frame = record_reply(&record(LAYOUTS[layout]));
        for (at, byte) in damage {
            if let Some(b) = frame.get_mut(at) { *b = byte }
        }
        fuzz::redactor(&[&[0x30, 0x01, piece], &before[..], &frame, &after].concat());
    }
}
