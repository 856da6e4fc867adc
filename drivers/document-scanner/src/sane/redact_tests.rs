use proptest::collection::vec;
use proptest::prelude::*;
use sane_helper::{Device, Value};

use super::*;
use crate::jpeg::Look;
use crate::jpeg::tests::jpeg;

/// What is kept of bytes that cross in pieces of `size`.
fn kept(direction: Direction, bytes: &[u8], size: usize) -> Vec<u8> {
    kept_for("*", direction, bytes, size)
}

/// The same where a device of this name or pattern is looked for.
fn kept_for(device: &str, direction: Direction, bytes: &[u8], size: usize) -> Vec<u8> {
    let mut frames = Frames::new(direction, device);
    let mut all: Vec<Kept> = bytes.chunks(size).flat_map(|piece| frames.crossed(piece)).collect();
    all.extend(frames.ended());
    let bytes = |kept| match kept {
        Kept::Bytes(bytes) => bytes,
        Kept::Zeros(count) => vec![0; count],
    };
    all.into_iter().flat_map(bytes).collect()
}

fn device_named(name: &str) -> Device {
    Device { name: name.into(), vendor: "Noname".into(), model: "A4".into(), kind: "scanner".into() }
}

/// A page in pieces of `size`, between its beginning and its end.
fn page(size: usize) -> (Vec<u8>, Vec<u8>) {
    let mut page = jpeg(2480, 3508, 300, 4_000);
    page[3_000..3_004].copy_from_slice(&[0xFF, 0x00, 0xFF, 0xD3]);
    let mut stream = Reply::Started { width: 2480, lines: None, color: true }.encode().unwrap();
    for piece in page.chunks(size) {
        stream.extend(Reply::Piece(piece.to_vec()).encode().unwrap());
    }
    stream.extend(Reply::PageEnd { height_at: 25, lines: 3508 }.encode().unwrap());
    (stream, page)
}

/// The replies in a stream.
fn replies(mut stream: &[u8]) -> Vec<Reply> {
    let mut replies = vec![];
    while let Some((prefix, rest)) = stream.split_first_chunk::<LENGTH_BYTES>() {
        let (frame, rest) = rest.split_at(body_length(*prefix).unwrap());
        replies.push(Reply::decode(frame).unwrap());
        stream = rest;
    }
    replies
}

#[test]
fn pages_keep_their_form_and_lose_their_picture() {
    for size in [1, 7, 100, 3_001, 4_000] {
        // Two, so that the second begins anew.
        let (stream, whole) = page(size);
        let stream = [stream.as_slice(), &stream].concat();
        for crossing in [1, 13, stream.len()] {
            let kept = kept(Direction::FromDevice, &stream, crossing);
            assert_eq!(kept.len(), stream.len());
            assert!(!kept.windows(2).any(|pair| pair == [0x55; 2]), "no picture");
            let replies = replies(&kept);
            let pieces: Vec<&[u8]> = replies
                .iter()
                .filter_map(
                    |reply| if let Reply::Piece(piece) = reply { Some(piece.as_slice()) } else { None },
                )
                .collect();
            for image in pieces.concat().chunks(whole.len()) {
                let mut look = Look::default();
                look.over(image).unwrap();
                assert_eq!(look.end().unwrap().0.width, 2480);
            }
        }
    }
}

#[test]
fn devices_are_listed_and_opened_under_other_names() {
    let wanted = "avision:libusb:001:*";
    let open = Request::Open { device: "avision:libusb:001:004".into() }.encode().unwrap();
    let kept_open = kept_for(wanted, Direction::ToDevice, &open, 5);
    assert_eq!(kept_open, Request::Open { device: "avision:xxxxxx:000:000".into() }.encode().unwrap());
    let listed = ["avision:libusb:002:0031", "avision:libusb:001:004"].map(device_named);
    let list = Reply::Devices(listed.into()).encode().unwrap();
    let kept_list = kept_for(wanted, Direction::FromDevice, &list, 5);
    let shown = ["avision:xxxxxx:001:0000", "avision:xxxxxx:000:000"]
        .map(|name| Device { model: "X0".into(), ..device_named(name) });
    assert_eq!(kept_list, Reply::Devices(shown.into()).encode().unwrap());
}

#[test]
fn other_messages_stay_and_what_is_none_becomes_zeros() {
    let set = Request::Set { option: "source".into(), value: Value::Text("ADF".into()) }.encode().unwrap();
    assert_eq!(kept(Direction::ToDevice, &set, 3), set);
    let options = Reply::Options(vec![]).encode().unwrap();
    assert_eq!(kept(Direction::FromDevice, &options, 3), options);
    for (said, kept_of_it) in [
        (&b"zzzz: printed"[..], &b"\xFF\xFF\xFF\xFF\0\0\0\0\0\0\0\0\0"[..]),
        (b"\0\0\0\x04Jabc\0\0\0\x02Xy", b"\0\0\0\x04J\0\0\0\0\0\0\x02\0\0"),
        (b"\0\0\0\x09J\"do", b"\0\0\0\x09J\0\0\0"),
        (b"\0\0", b"\0\0"),
    ] {
        assert_eq!(kept(Direction::FromDevice, said, 4), kept_of_it);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_made_safe_in_any_pieces(data in vec(any::<u8>(), 0..300), at in 0usize..4_000, size in 1usize..60) {
        super::super::fuzz::recorded(&data);
        let (mut stream, _) = page(500);
        let at = at % stream.len();
        stream.splice(at..at, data);
        for direction in [Direction::ToDevice, Direction::FromDevice] {
            let whole = kept(direction, &stream, stream.len());
            prop_assert_eq!(whole.len(), stream.len());
            prop_assert_eq!(kept(direction, &stream, size), whole);
        }
    }
}
