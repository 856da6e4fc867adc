use std::io::{Seek, SeekFrom};

use proptest::prelude::*;

use super::*;
use crate::testing::document;

fn key() -> OutboxKey {
    OutboxKey::of(7)
}

fn id(text: &str) -> MaterialId {
    MaterialId::new(text).expect("an id")
}

fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(bytes).expect("written");
    file.seek(SeekFrom::Start(0)).expect("at its start");
    file
}

/// The container of a document, as bytes.
fn container(material: &str, clear: &[u8]) -> Vec<u8> {
    let mut to = file(&[]);
    let identity = Identity { material: &id(material), bytes: clear.len() as u64 };
    seal(&key(), identity, &mut file(clear), &mut to).expect("encrypted");
    let mut container = Vec::new();
    to.seek(SeekFrom::Start(0)).expect("at its start");
    to.read_to_end(&mut container).expect("read");
    container
}

fn open_under(key: &OutboxKey, material: &str, bytes: usize, container: &[u8]) -> Result<Sealed, DiskFault> {
    Sealed::open(key, Identity { material: &id(material), bytes: bytes as u64 }, file(container))
}

/// Opens a container and reads all of it.
fn read(material: &str, bytes: usize, container: &[u8]) -> Result<Vec<u8>, DiskFault> {
    let sealed = open_under(&key(), material, bytes, container)?;
    piece(&sealed, 0, bytes as u64)
}

/// Reads a part of a document.
fn piece(sealed: &Sealed, offset: u64, length: u64) -> Result<Vec<u8>, DiskFault> {
    let mut out = BytesMut::from(&b"before"[..]);
    sealed.read(offset, length, &mut out)?;
    assert!(out.starts_with(b"before"), "what was there stays");
    Ok(out.split_off(6).to_vec())
}

const WHOLE: usize = CHUNK as usize;
const SEALED: usize = (CHUNK + TAG) as usize;

#[test]
fn what_goes_in_comes_out_whatever_its_length() {
    for bytes in [0, 1, 79, WHOLE - 1, WHOLE, WHOLE + 1, 3 * WHOLE, 3 * WHOLE + 5] {
        let clear = document(bytes);
        let container = container("m-1", &clear);
        let chunks = bytes.div_ceil(WHOLE).max(1);
        assert_eq!(container.len(), HEADER + bytes + 16 * chunks, "{bytes}");
        assert!(read("m-1", bytes, &container) == Ok(clear), "{bytes}");
    }
}

#[test]
fn a_piece_is_read_exactly_or_not_at_all() {
    let clear = document(200_000);
    let sealed = open_under(&key(), "m-1", clear.len(), &container("m-1", &clear)).expect("open");
    for (offset, length) in [(0, 200_000), (1, 1), (65_535, 65_537), (131_071, 2), (199_999, 1), (9, 0)] {
        let got = piece(&sealed, offset as u64, length as u64).expect("readable");
        assert!(got == clear[offset..offset + length], "{offset} {length}");
    }
    for (offset, length) in [(199_998, 3), (200_000, 1), (u64::MAX, 0), (u64::MAX, u64::MAX), (1, u64::MAX)] {
        assert_eq!(piece(&sealed, offset, length), Err(DiskFault::Damaged), "{offset} {length}");
    }
}

#[test]
fn a_file_that_shrank_after_it_was_opened_is_damage() {
    let (clear, mut shrinking) = (document(5), tempfile::tempfile().expect("a temporary file"));
    shrinking.write_all(&container("m-1", &clear)).expect("written");
    let identity = Identity { material: &id("m-1"), bytes: 5 };
    let handle = shrinking.try_clone().expect("another handle");
    let sealed = Sealed::open(&key(), identity, handle).expect("open");
    shrinking.set_len(90).expect("cut short");
    assert_eq!(piece(&sealed, 0, 5), Err(DiskFault::Damaged));
}

#[test]
fn a_document_of_another_length_than_said_is_not_encrypted() {
    for (said, is) in [(5, 4), (5, 6), (WHOLE, WHOLE + 1), (WHOLE + 1, WHOLE), (0, 1)] {
        let identity = Identity { material: &id("m-1"), bytes: said as u64 };
        let sealed = seal(&key(), identity, &mut file(&document(is)), &mut file(&[]));
        assert!(matches!(sealed, Err(OutboxError::NotTheFile)), "{said} {is}");
    }
    let endless = Identity { material: &id("m-1"), bytes: i64::MAX as u64 };
    assert!(matches!(seal(&key(), endless, &mut file(b"x"), &mut file(&[])), Err(OutboxError::NotTheFile)));
}

#[test]
fn nothing_of_the_clear_text_shows_and_no_two_containers_are_alike() {
    let clear = b"a telling sentence ".repeat(10_000);
    let (one, two) = (container("m-1", &clear), container("m-1", &clear));
    let telling = b"telling";
    assert!(!one.windows(telling.len()).any(|window| window == telling));
    let same = one[HEADER..].iter().zip(&two[HEADER..]).filter(|(a, b)| a == b).count();
    assert!(same < one.len() / 64, "the same document is another one each time: {same}");
    // Two equal chunks of one document are different in it, too.
    let even = container("m-1", &vec![0; 2 * WHOLE]);
    assert!(even[HEADER..HEADER + WHOLE] != even[HEADER + SEALED..HEADER + SEALED + WHOLE]);
}

#[test]
fn every_damaged_bit_is_noticed() {
    let clear = document(40);
    let good = container("m-1", &clear);
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[at] ^= 1 << bit;
            assert_eq!(read("m-1", 40, &bad), Err(DiskFault::Damaged), "byte {at} bit {bit}");
        }
    }
}

#[test]
fn chunks_cannot_be_swapped_doubled_left_out_or_cut_off() {
    let bytes = 3 * WHOLE;
    let good = container("m-1", &document(bytes));
    let (head, chunks) = good.split_at(HEADER);
    let chunk = |n: usize| &chunks[n * SEALED..(n + 1) * SEALED];
    let of = |order: &[usize]| {
        let mut container = head.to_vec();
        order.iter().for_each(|n| container.extend_from_slice(chunk(*n)));
        container
    };
    assert!(of(&[0, 1, 2]) == good);
    for order in
        [&[1usize, 0, 2] as &[usize], &[0, 2, 1], &[0, 0, 2], &[0, 1, 1], &[0, 1], &[0, 1, 2, 2], &[]]
    {
        assert_eq!(read("m-1", bytes, &of(order)).err(), Some(DiskFault::Damaged), "{order:?}");
    }
    // Cut off or made longer by any number of bytes; also for somebody who believes the new length.
    for length in [0, 7, 8, HEADER - 1, HEADER, good.len() - SEALED, good.len() - 1] {
        assert_eq!(read("m-1", bytes, &good[..length]).err(), Some(DiskFault::Damaged), "{length}");
    }
    assert_eq!(read("m-1", 2 * WHOLE, &of(&[0, 1])).err(), Some(DiskFault::Damaged));
    let longer = [&good[..], &[0]].concat();
    assert_eq!(read("m-1", bytes, &longer).err(), Some(DiskFault::Damaged));
}

#[test]
fn a_chunk_is_not_the_last_one_by_standing_last() {
    // The head of the shorter document is genuine, the key the same: still its end is missing.
    let (bytes, material) = (2 * WHOLE, id("m-1"));
    let identity = Identity { material: &material, bytes: bytes as u64 };
    let salt = [1; 32];
    let chunk_key = identity.chunk_key(&key(), &salt).expect("a key");
    let mut part = document(WHOLE);
    chunk_key.seal(0, false, &mut part).expect("encrypted");
    assert!(chunk_key.open(0, true, &mut part.clone()).is_err());
    assert!(chunk_key.open(1, false, &mut part.clone()).is_err());
    assert!(chunk_key.open(0, false, &mut part).is_ok());
}

#[test]
fn a_container_is_of_one_document_only() {
    let clear = document(2 * WHOLE);
    let (one, two) = (container("m-1", &clear), container("m-2", &clear));
    assert_eq!(read("m-2", clear.len(), &one).err(), Some(DiskFault::Damaged));
    // Chunks under the other one's head, all at once and singly; of the same document, too.
    let again = container("m-1", &clear);
    for other in [two, again] {
        let mixed = [&one[..HEADER], &other[HEADER..]].concat();
        assert_eq!(read("m-1", clear.len(), &mixed).err(), Some(DiskFault::Damaged));
        let mixed = [&one[..HEADER + SEALED], &other[HEADER + SEALED..]].concat();
        assert_eq!(read("m-1", clear.len(), &mixed).err(), Some(DiskFault::Damaged));
    }
}

#[test]
fn a_wrong_key_is_told_from_damage() {
    let good = container("m-1", &document(1000));
    let wrong = OutboxKey::of(8);
    assert_eq!(open_under(&wrong, "m-1", 1000, &good).err(), Some(DiskFault::WrongKey));
    let mut renamed = good.clone();
    renamed[8..16].copy_from_slice(&wrong.name());
    assert_eq!(open_under(&wrong, "m-1", 1000, &renamed).err(), Some(DiskFault::Damaged));
    assert_eq!(open_under(&key(), "m-1", 1000, &renamed).err(), Some(DiskFault::Damaged));
}

#[test]
fn a_container_of_this_layout_is_read_for_ever() {
    // Salt 0, under the key of sevens; made by an independent implementation:
    // python3 with hmac, hashlib and cryptography.hazmat AESGCM.
    let golden = hex::decode(concat!(
        "31444f4f524f423179e6add24cedfad6000000000000000000000000000000000000000000000000",
        "00000000000000001d65142b360c8b8ebf8b073e6f2a16d76ddf230a395339d9702184ded56c1f43",
        "59896af24ca217f05717a5917ba958d47caf3a03b846bb",
    ));
    let read = read("m-1", 7, &golden.expect("hexadecimal digits"));
    assert_eq!(read.as_deref(), Ok(&b"onedoor"[..]));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_range_is_read_by_itself(
        bytes in 0usize..5 * WHOLE,
        places in prop::collection::vec(any::<(prop::sample::Index, prop::sample::Index)>(), 1..20),
    ) {
        let clear = document(bytes);
        let container = container("m-1", &clear);
        let sealed = open_under(&key(), "m-1", bytes, &container).expect("readable");
        for (place, length) in places {
            let offset = place.index(bytes + 1);
            let length = length.index(bytes - offset + 1);
            let got = piece(&sealed, offset as u64, length as u64).expect("readable");
            prop_assert!(got == clear[offset..offset + length]);
        }
    }

    #[test]
    fn damage_anywhere_in_a_long_one_is_noticed(
        bytes in 1usize..4 * WHOLE,
        at in any::<prop::sample::Index>(),
        change in 1u8..,
    ) {
        let clear = document(bytes);
        let mut container = container("m-1", &clear);
        let at = at.index(container.len());
        container[at] ^= change;
        prop_assert_eq!(read("m-1", bytes, &container).err(), Some(DiskFault::Damaged));
    }

    #[test]
    fn any_bytes_are_a_fault_and_no_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        begun in any::<bool>(),
        said in any::<u64>(),
    ) {
        let container = if begun { [&MAGIC[..], &bytes].concat() } else { bytes };
        let identity = Identity { material: &id("m-1"), bytes: said };
        let opened = Sealed::open(&key(), identity, file(&container));
        prop_assert!(matches!(opened.err(), Some(DiskFault::Damaged | DiskFault::WrongKey)));
    }
}
