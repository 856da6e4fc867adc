use super::*;
use crate::testing::{copy, event, ids, key, log, paths, report, small, stamp};
use crate::verify::Finding;

fn open(folder: &Path) -> Book {
    Book::open(folder, key(), Limits::default(), &stamp(100)).expect("a log")
}

#[test]
fn what_is_appended_is_there_after_a_restart() {
    let folder = log(5, Limits::default());
    let before = report(folder.path());
    assert!(before.is_whole(), "{before}");
    assert_eq!((before.lines, before.files), (7, 1));
    let mut book = open(folder.path());
    assert!(book.in_order());
    let written = book.append(&event(0), &stamp(101)).expect("a line");
    assert_eq!(written.seq, 8);
    // Not synced, but written.
    drop(book);
    let after = report(folder.path());
    assert!(after.is_whole(), "{after}");
    assert_eq!(after.last.map(|(seq, _, mac)| (seq, mac)), Some((8, hex::encode(written.mac.0))));
    assert!(!open(folder.path()).in_order());
}

#[test]
fn a_log_has_one_owner() {
    let folder = log(1, Limits::default());
    let _book = open(folder.path());
    let second = Book::open(folder.path(), key(), Limits::default(), &stamp(0));
    assert_eq!(second.expect_err("it is open").kind(), io::ErrorKind::WouldBlock);
}

#[test]
fn files_are_rotated_within_bounds() {
    for most in [2, 3, 5] {
        let folder = log(200, small(most));
        let there = paths(folder.path());
        assert_eq!(there.len(), most as usize);
        for path in &there {
            assert!(std::fs::metadata(path).expect("a file").len() <= 4 * LONGEST_LINE as u64);
        }
        let report = report(folder.path());
        assert!(report.is_whole(), "{report}");
        let (first, last) = (report.first.expect("a line").0, report.last.expect("a line").0);
        assert_eq!(first - 1, u64::from(report.dropped));
        assert_eq!(report.lines, last - first + 1);
        // 200, the closing one, and one for each file that there ever was
        let last_file: u64 =
            there.last().and_then(|p| p.file_stem()?.to_str()?.parse().ok()).expect("a number");
        assert_eq!(last, 201 + last_file);
    }
}

#[test]
fn bounds_can_be_made_narrower() {
    let folder = log(200, small(9));
    assert_eq!(paths(folder.path()).len(), 9);
    let mut book = Book::open(folder.path(), key(), small(3), &stamp(0)).expect("a log");
    for n in 0..20 {
        book.append(&event(n), &stamp(n)).expect("a line");
    }
    assert_eq!(paths(folder.path()).len(), 3);
    book.sync().expect("synced");
    assert!(report(folder.path()).is_whole());
}

/// Before the last write is known to be on the disk, any part of it may be.
#[test]
fn the_power_goes_at_every_byte_of_the_last_write() {
    let folder = log(3, Limits::default());
    let head = std::fs::read(folder.path().join("head")).expect("a head");
    let path = paths(folder.path()).remove(0);
    let synced = std::fs::read(&path).expect("a file").len();
    let mut book = open(folder.path());
    for n in 0..2 {
        book.append(&event(n), &stamp(101)).expect("a line");
    }
    drop(book);
    let whole = std::fs::read(&path).expect("a file");
    assert!(whole.len() > synced + 300);
    std::fs::write(folder.path().join("head"), &head).expect("a head");
    for cut in synced..=whole.len() {
        // What was not written may be nothing, or a piece of the file that is still empty.
        for filled in [false, true] {
            let cut_off = copy(folder.path());
            let path = paths(cut_off.path()).remove(0);
            let mut bytes = whole[..cut].to_vec();
            bytes.resize(if filled { whole.len() } else { cut }, 0);
            std::fs::write(&path, &bytes).expect("a file");
            let at_an_end = bytes.is_empty() || bytes.ends_with(b"\n");
            assert_eq!(report(cut_off.path()).is_whole(), at_an_end, "at {cut}");
            if !at_an_end {
                let findings = report(cut_off.path()).findings;
                assert!(matches!(findings[..], [Finding::Torn { .. }]), "{findings:?}");
            }

            drop(open(cut_off.path()));
            let report = report(cut_off.path());
            assert!(report.is_whole(), "at {cut}: {report}");
            assert_eq!(report.healed, u32::from(!at_an_end), "at {cut}");
            assert_eq!(ids(cut_off.path()).last().map(String::as_str) == Some("L1002"), !at_an_end);
        }
    }
}

/// The power goes between any two steps of a rotation, and at any byte of the first line of the new file.
#[test]
fn the_power_goes_while_a_file_is_begun() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut book = Book::open(folder.path(), key(), small(2), &stamp(0)).expect("a log");
    let mut before = copy(folder.path());
    let mut n = 0;
    // until the first file goes
    while book.at.file < 3 {
        book.sync().expect("synced");
        before = copy(folder.path());
        book.append(&event(n), &stamp(n)).expect("a line");
        n += 1;
    }
    drop(book);
    let begun = std::fs::read(&paths(folder.path())[1]).expect("a file");
    let first = begun.iter().position(|b| *b == b'\n').expect("a line") + 1;
    for cut in 0..=first {
        let cut_off = copy(before.path());
        std::fs::write(file_path(cut_off.path(), 3), &begun[..cut]).expect("a file");
        let mut book = Book::open(cut_off.path(), key(), small(2), &stamp(0)).expect("a log");
        book.append(&event(0), &stamp(0)).expect("a line");
        book.sync().expect("synced");
        let report = report(cut_off.path());
        assert!(report.is_whole(), "at {cut}: {report}");
        assert_eq!(report.healed, u32::from(cut < first), "at {cut}");
    }
    // the head is on the disk, and the oldest file still there
    let left = copy(folder.path());
    std::fs::copy(file_path(before.path(), 1), file_path(left.path(), 1)).expect("a copy");
    let said = report(left.path());
    assert!(said.is_whole() && said.files == 3, "{said}");
}

/// The very first start.
#[test]
fn the_power_goes_while_the_first_file_is_begun() {
    let begun = log(0, Limits::default());
    let bytes = std::fs::read(&paths(begun.path())[0]).expect("a file");
    let first = bytes.iter().position(|b| *b == b'\n').expect("a line");
    for cut in 0..=first {
        let folder = tempfile::tempdir().expect("a folder");
        write_head(folder.path(), &key(), &Head::default()).expect("a head");
        std::fs::write(file_path(folder.path(), 1), &bytes[..cut]).expect("a file");
        drop(open(folder.path()));
        let report = report(folder.path());
        assert!(report.is_whole() && report.healed == 1, "at {cut}: {report}");
        assert_eq!(report.lines, 2);
    }
    let folder = tempfile::tempdir().expect("a folder");
    write_head(folder.path(), &key(), &Head::default()).expect("a head");
    assert_eq!(report(folder.path()).findings, [Finding::Empty]);
    drop(open(folder.path()));
    assert!(report(folder.path()).is_whole());
}

/// What no power cut does is told of by the kiosk itself at its next start, and stays to be seen.
#[test]
fn damage_is_told_of_and_stays() {
    type Harm = fn(&Path);
    fn file(folder: &Path) -> (PathBuf, Vec<u8>) {
        let path = paths(folder).pop().expect("a file");
        let bytes = std::fs::read(&path).expect("a file");
        (path, bytes)
    }
    let harms: [(&str, Harm); 7] = [
        ("head", |folder| std::fs::remove_file(folder.join("head")).expect("gone")),
        ("head", |folder| std::fs::write(folder.join("head"), "{}").expect("changed")),
        ("end", |folder| {
            let (path, bytes) = file(folder);
            std::fs::write(path, &bytes[..bytes.len() - 1]).expect("changed");
        }),
        ("end", |folder| std::fs::remove_file(file(folder).0).expect("gone")),
        ("lines", |folder| {
            let (path, mut bytes) = file(folder);
            bytes[400] ^= 1;
            std::fs::write(path, bytes).expect("changed");
        }),
        ("lines", |folder| std::fs::write(file(folder).0, "").expect("emptied")),
        ("lines", |folder| std::fs::write(file(folder).0, vec![b' '; 17 << 20]).expect("blown up")),
    ];
    for (at, (_what, harm)) in harms.into_iter().enumerate() {
        for limits in [Limits::default(), small(4)] {
            let folder = log(40, limits);
            harm(folder.path());
            assert!(!report(folder.path()).is_whole(), "{at}");
            let mut book = Book::open(folder.path(), key(), limits, &stamp(50)).expect("a log");
            assert!(!book.in_order());
            book.append(&event(0), &stamp(51)).expect("a line");
            drop(book);
            let said = report(folder.path());
            assert!(said.findings.iter().any(|f| matches!(f, Finding::Told { .. })), "{at}: {said}");
            let mut book = Book::open(folder.path(), key(), limits, &stamp(60)).expect("a log");
            book.append(&event(1), &stamp(61)).expect("a line");
            drop(book);
            let again = report(folder.path());
            assert_eq!(again.findings, said.findings, "told of once: {at}");
            assert_eq!(again.lines, said.lines + 1);
        }
    }
}

/// Another program's key, or a stranger's: nothing of the log is taken for its own, and nothing is overwritten.
#[test]
fn another_key_begins_another_chain() {
    let folder = log(3, Limits::default());
    let bytes = std::fs::read(&paths(folder.path())[0]).expect("a file");
    let other = LogKey::new(zeroize::Zeroizing::new([8; 32]));
    drop(Book::open(folder.path(), other, Limits::default(), &stamp(9)).expect("a log"));
    assert_eq!(std::fs::read(&paths(folder.path())[0]).expect("a file"), bytes);
    assert_eq!(paths(folder.path()).len(), 2);
}
