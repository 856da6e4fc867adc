use proptest::prelude::*;

use super::*;
use crate::folder::file_path;
use crate::testing::{copy, key, log, paths, report, small};

/// A log of three files, and one in which the first ones were rotated away.
fn logs() -> [tempfile::TempDir; 2] {
    [log(55, small(9)), log(90, small(3))]
}

fn lines(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path).expect("text").lines().map(str::to_owned).collect()
}

fn put(path: &Path, lines: &[String]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(path, text).expect("a file");
}

#[test]
fn a_whole_log_is_whole() {
    for folder in logs() {
        let report = report(folder.path());
        assert!(report.is_whole(), "{report}");
        assert!(report.files >= 3);
        assert!(report.to_string().ends_with("this log is whole\n"), "{report}");
    }
}

#[test]
fn another_key_proves_nothing() {
    let [folder, _] = logs();
    let other = LogKey::new(zeroize::Zeroizing::new([8; 32]));
    let report = verify(folder.path(), &other).expect("a folder");
    assert!(!report.is_whole() && report.lines == 0);
    assert!(report.to_string().starts_with("no line holds; is this the key of this log?\n"), "{report}");
}

#[test]
fn nothing_is_no_log() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(report(folder.path()).findings, [Finding::Empty]);
    assert!(verify(&folder.path().join("absent"), &key()).is_err());
}

/// Each kind of harm is called by its name.
#[test]
fn harm_is_told_apart() {
    type Harm<'a> = &'a dyn Fn(&Path, &mut Vec<String>);
    let whole = log(55, small(9));
    let seq = |path: &Path, at: usize| {
        let line: serde_json::Value = serde_json::from_str(&lines(path)[at]).expect("JSON");
        line["seq"].as_u64().expect("a number")
    };
    let harmed = |harm: Harm<'_>| {
        let folder = copy(whole.path());
        let path = file_path(folder.path(), 2);
        let mut of_file = lines(&path);
        harm(folder.path(), &mut of_file);
        put(&path, &of_file);
        report(folder.path())
    };
    let second = file_path(whole.path(), 2);
    let (first, sixth) = (seq(&second, 0), seq(&second, 5));
    let length = lines(&second).len() as u64;
    let last = report(whole.path()).last.expect("a line").0;

    let table: &[(Harm<'_>, &[Finding])] = &[
        (&|_, _| {}, &[]),
        (
            &|_, lines| lines[5] = lines[5].replace("2026", "2025"),
            &[Finding::Changed { file: 2, line: 6, seq: sixth }],
        ),
        // the hash alone
        (
            &|_, lines| {
                let line = &mut lines[5];
                let end = line.len() - 3;
                let digit = if line.as_bytes()[end] == b'0' { "1" } else { "0" };
                line.replace_range(end..=end, digit);
            },
            &[Finding::Changed { file: 2, line: 6, seq: sixth }],
        ),
        (&|_, lines| drop(lines.remove(5)), &[Finding::Missing { from: sixth, to: sixth }]),
        (&|_, lines| drop(lines.drain(5..8)), &[Finding::Missing { from: sixth, to: sixth + 2 }]),
        (&|_, lines| lines.swap(5, 6), &[Finding::OutOfPlace { file: 2, line: 7, seq: sixth }]),
        (
            &|_, lines| lines.insert(5, lines[5].clone()),
            &[Finding::OutOfPlace { file: 2, line: 7, seq: sixth }],
        ),
        (&|_, lines| lines.insert(5, "{}".to_owned()), &[Finding::NoLine { file: 2, line: 6 }]),
        (
            &|_, lines| drop(lines.remove(0)),
            &[Finding::Missing { from: first, to: first }, Finding::NoBeginning { file: 2 }],
        ),
        (&|_, lines| lines.truncate(5), &[Finding::Missing { from: sixth, to: first + length - 1 }]),
        (
            &|folder, _| std::fs::remove_file(file_path(folder, 1)).expect("gone"),
            &[Finding::OldestGone { from: 1, to: 1 }],
        ),
        (&|folder, _| std::fs::remove_file(folder.join("head")).expect("gone"), &[Finding::HeadGone]),
        (&|folder, _| std::fs::write(folder.join("head"), "x").expect("changed"), &[Finding::HeadChanged]),
        (
            &|folder, _| {
                let newest = paths(folder).pop().expect("a file");
                let mut of_file = lines(&newest);
                of_file.pop();
                put(&newest, &of_file);
            },
            &[Finding::EndGone { from: last, to: last }],
        ),
    ];
    for (at, (harm, findings)) in table.iter().enumerate() {
        let report = harmed(harm);
        assert_eq!(report.findings, *findings, "{at}: {report}");
        for finding in *findings {
            assert!(report.to_string().contains(&finding.to_string()), "{report}");
        }
    }

    let folder = copy(whole.path());
    std::fs::remove_file(file_path(folder.path(), 2)).expect("gone");
    let (gone, to) = (Finding::FilesGone { from: 2, to: 2 }, first + length - 1);
    assert_eq!(report(folder.path()).findings, [gone, Finding::Missing { from: first, to }]);
}

/// A line or a file of an older state of the same log is no good in another place.
#[test]
fn an_older_head_tells_of_what_is_there() {
    let folder = log(30, small(9));
    let old = std::fs::read(folder.path().join("head")).expect("a head");
    let mut book =
        crate::Book::open(folder.path(), key(), small(9), &crate::testing::stamp(0)).expect("a log");
    book.append(&crate::testing::event(0), &crate::testing::stamp(1)).expect("a line");
    book.sync().expect("synced");
    drop(book);
    // Behind the lines, as after a power cut between the two.
    std::fs::write(folder.path().join("head"), &old).expect("a head");
    assert!(report(folder.path()).is_whole());
    // And of a line that is there no more in that form.
    let path = paths(folder.path()).pop().expect("a file");
    let of_file = lines(&path);
    put(&path, &of_file[..of_file.len() - 3]);
    let findings = report(folder.path()).findings;
    assert!(matches!(findings[..], [Finding::EndGone { .. }]), "{findings:?}");
}

#[test]
fn what_is_wrong_is_listed_within_bounds() {
    let folder = log(3, crate::Limits::default());
    let path = paths(folder.path()).remove(0);
    std::fs::write(path, "x\n".repeat(5_000)).expect("a file");
    let report = report(folder.path());
    assert_eq!(report.findings.len(), MOST_FINDINGS);
    assert_eq!(report.more, 5_000 + 2 - MOST_FINDINGS as u64);
}

/// Any one byte of any file, changed to any other.
#[test]
fn every_byte_counts() {
    // Of the longer log some bytes, at any place in a line.
    for (folder, step) in [(log(4, crate::Limits::default()), 1), (log(30, small(2)), 13)] {
        for path in paths(folder.path()).into_iter().chain([folder.path().join("head")]) {
            let whole = std::fs::read(&path).expect("a file");
            for at in (0..whole.len()).step_by(step) {
                let mut bytes = whole.clone();
                bytes[at] = bytes[at].wrapping_add(1 + (at % 255) as u8);
                std::fs::write(&path, &bytes).expect("a file");
                assert!(!report(folder.path()).is_whole(), "{} {at}", path.display());
                // Letters in the other case may mean the same to a lenient reader.
                bytes[at] = whole[at] ^ 0x20;
                std::fs::write(&path, &bytes).expect("a file");
                assert!(!report(folder.path()).is_whole(), "{} {at}", path.display());
            }
            std::fs::write(&path, &whole).expect("a file");
        }
        assert!(report(folder.path()).is_whole());
    }
}

/// Cut off at any third byte of any file.
#[test]
fn every_cut_is_seen() {
    let folder = log(30, small(2));
    for path in paths(folder.path()).into_iter().chain([folder.path().join("head")]) {
        let whole = std::fs::read(&path).expect("a file");
        for length in (0..whole.len()).step_by(3) {
            std::fs::write(&path, &whole[..length]).expect("a file");
            assert!(!report(folder.path()).is_whole(), "{} {length}", path.display());
        }
        std::fs::write(&path, &whole).expect("a file");
    }
    assert!(report(folder.path()).is_whole());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Lines removed, doubled, swapped or moved, within a file or between files.
    #[test]
    fn every_line_counts(rotated: bool, from: prop::sample::Index, to: prop::sample::Index, how in 0..4) {
        let folder = if rotated { log(60, small(3)) } else { log(30, small(9)) };
        let all: Vec<(PathBuf, Vec<String>)> =
            paths(folder.path()).into_iter().map(|path| (path.clone(), lines(&path))).collect();
        let places: Vec<(usize, usize)> =
            all.iter().enumerate().flat_map(|(file, (_, lines))| (0..lines.len()).map(move |line| (file, line))).collect();
        let (from, to) = (places[from.index(places.len())], places[to.index(places.len())]);
        let mut harmed = all.clone();
        let line = all[from.0].1[from.1].clone();
        match how {
            0 => drop(harmed[from.0].1.remove(from.1)),
            1 => harmed[to.0].1.insert(to.1, line),
            2 => {
                harmed[from.0].1[from.1] = all[to.0].1[to.1].clone();
                harmed[to.0].1[to.1] = line;
            }
            _ => {
                harmed[from.0].1.remove(from.1);
                let end = harmed[to.0].1.len();
                harmed[to.0].1.insert(to.1.min(end), line);
            }
        }
        for (path, lines) in &harmed {
            put(path, lines);
        }
        prop_assert_eq!(report(folder.path()).is_whole(), harmed == all);
    }

    /// Whatever is in the folder, it is read to its end, and opened.
    #[test]
    fn any_bytes_are_survived(files: Vec<Vec<u8>>, head: Vec<u8>, cut: prop::sample::Index) {
        let folder = log(5, crate::Limits::default());
        let good = std::fs::read(&paths(folder.path())[0]).expect("a file");
        for (number, bytes) in (2..).zip(&files) {
            let mixed = [&good[..cut.index(good.len())], bytes].concat();
            std::fs::write(file_path(folder.path(), number), mixed).expect("a file");
        }
        std::fs::write(folder.path().join("head"), head).expect("a head");
        prop_assert!(!report(folder.path()).is_whole());
        let stamp = crate::testing::stamp(0);
        prop_assert!(crate::Book::open(folder.path(), key(), crate::Limits::default(), &stamp).is_ok());
    }
}
