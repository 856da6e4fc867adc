use std::process::Command;

use super::*;
use crate::meta::Created;
use crate::sample_images::{Kind, Picture, encode};

fn meta() -> Meta {
    let created = Created::new((2026, 11, 23), (9, 30, 0), 480).unwrap();
    Meta::new("材料", created, "0.1.0", "m-1").unwrap()
}

fn scans(dir: &Path) -> Vec<PathBuf> {
    let pictures =
        [(Picture::Text, Kind::Color), (Picture::White, Kind::Grey), (Picture::Black, Kind::Color)];
    let write = |(number, (picture, kind)): (usize, (Picture, Kind))| {
        let path = dir.join(format!("scan \"{number}\".jpg"));
        fs::write(&path, encode(picture, 620, 877, kind)).unwrap();
        path
    };
    pictures.into_iter().enumerate().map(write).collect()
}

#[test]
fn pages_become_one_document_and_a_line_each() {
    let dir = tempfile::tempdir().unwrap();
    let (scans, out) = (scans(dir.path()), dir.path().join("out.pdf"));
    let report = page_command(&scans, &out, &meta(), Compression::Faithful, Form::Text).unwrap();
    let lines: Vec<_> = report.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(
        lines[0].contains("scan \"0\".jpg: ") && lines[0].ends_with("; now 620 × 877; cut off"),
        "{report}"
    );
    assert!(lines[1].ends_with("left as it lay; paper 620 × 877 pixels at 0, 0; now 620 × 877; seems blank"));
    assert!(lines[2].ends_with("; too dark to read"), "{report}");
    // Scans and document; nothing else is left.
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 4);
    let check = Command::new("qpdf").arg("--check").arg(&out).output().unwrap();
    assert!(check.status.success() && check.stderr.is_empty(), "{check:?}");
    let pages = Command::new("qpdf").arg("--show-npages").arg(&out).output().unwrap();
    assert_eq!(pages.stdout, b"3\n");
}

#[test]
fn the_name_says_what_the_document_becomes() {
    let dir = tempfile::tempdir().unwrap();
    let scans = scans(dir.path());
    for (name, pages, starts) in [
        ("a.ofd", 3, Some("PK\x03\x04")),
        ("a.OFD", 1, Some("PK\x03\x04")),
        ("a.zip", 3, Some("PK\x03\x04")),
        ("a.pdf", 1, Some("%PDF-1.7")),
        ("a.jpg", 3, None),
        ("a.zip", 1, None),
        ("a.png", 1, None),
        ("a", 1, None),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join(name);
        let done = page_command(&scans[..pages], &out, &meta(), Compression::Faithful, Form::Text);
        match starts {
            Some(starts) => assert!(fs::read(&out).unwrap().starts_with(starts.as_bytes()), "{done:?}"),
            None => assert_eq!(done, Err(PageError::Name { path: out })),
        }
    }
    // A single page is the finished page itself.
    let out = dir.path().join("a.jpg");
    page_command(&scans[..1], &out, &meta(), Compression::Faithful, Form::Text).unwrap();
    assert_eq!(crate::inspect(&out).unwrap().width, 620);
}

#[test]
fn programs_get_json() {
    let dir = tempfile::tempdir().unwrap();
    let (scans, out) = (scans(dir.path()), dir.path().join("out.pdf"));
    let report = page_command(&scans, &out, &meta(), Compression::Faithful, Form::Json).unwrap();
    let name = dir.path().join("scan \\\"1\\\".jpg");
    let expected = format!(
        "{{\"page\":\"{}\",\"angle\":0.0000,\"by\":\"nothing\",\
         \"box\":{{\"x\":0.00,\"y\":0.00,\"width\":620.00,\"height\":877.00}},\
         \"width\":620,\"height\":877,\"dpi\":null,\"blank\":true,\"warnings\":[\"blank\"],\
         \"turn\":0,\"cards\":[]}}",
        name.display()
    );
    assert_eq!(report.lines().nth(1), Some(expected.as_str()));
    assert!(report.lines().nth(2).unwrap().contains("\"blank\":false,\"warnings\":[\"too-dark\"],"));
    assert_eq!(
        report,
        page_command(&scans, &dir.path().join("2.pdf"), &meta(), Compression::Faithful, Form::Json).unwrap()
    );
    assert!(fs::read(&out).unwrap() == fs::read(dir.path().join("2.pdf")).unwrap());
}

/// Whatever ends the program, nothing of a page is left: what waits has no name.
#[test]
fn a_page_that_waits_for_its_document_has_no_name() {
    let dir = tempfile::tempdir().unwrap();
    let (scans, out) = (scans(dir.path()), dir.path().join("out.pdf"));
    let (file, finished) = finish_to(&scans[0], Compression::Faithful, &out).unwrap();
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), scans.len());
    let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    assert_eq!(crate::inspect(&path).unwrap().width, finished.width);
}

#[test]
fn no_scan_is_lost_to_its_own_document_and_no_pipe_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let scans = scans(dir.path());
    let before = fs::read(&scans[1]).unwrap();
    let taken = page_command(&scans[..2], &scans[1], &meta(), Compression::Faithful, Form::Text);
    // Of several JPEG pages a ZIP is made: that name is wrong before anything else is.
    assert_eq!(taken, Err(PageError::Name { path: scans[1].clone() }));
    let taken = page_command(&scans[1..2], &scans[1], &meta(), Compression::Faithful, Form::Text);
    assert_eq!(taken, Err(PageError::ItsOwn { path: scans[1].clone() }));
    assert!(fs::read(&scans[1]).unwrap() == before);

    let pipe = dir.path().join("pipe.jpg");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let out = dir.path().join("out.pdf");
    let read = page_command(std::slice::from_ref(&pipe), &out, &meta(), Compression::Faithful, Form::Text);
    assert_eq!(read, Err(PageError::NotJpeg { path: pipe }));

    let tiny = dir.path().join("tiny.jpg");
    fs::write(&tiny, encode(Picture::White, 8, 8, Kind::Grey)).unwrap();
    let small = page_command(std::slice::from_ref(&tiny), &out, &meta(), Compression::Faithful, Form::Text);
    assert_eq!(small, Err(PageError::Resolution { path: tiny, dpi: 300 }));
}

#[test]
fn what_json_must_not_hold_is_escaped() {
    assert_eq!(json_string("a\"\\\n\u{7f}页"), "\"a\\\"\\\\\\u000a\\u007f页\"");
    assert_eq!(
        [-0.00001, -1.5, 2.0].map(|value| decimal(value, 4)),
        ["0.0000", "-1.5000", "2.0000"].map(String::from)
    );
}

#[test]
fn one_bad_scan_leaves_the_old_document_and_no_rest() {
    let dir = tempfile::tempdir().unwrap();
    let (mut scans, out) = (scans(dir.path()), dir.path().join("out.pdf"));
    fs::write(&out, "older").unwrap();
    let bad = dir.path().join("bad.jpg");
    fs::write(&bad, "text").unwrap();
    scans.push(bad.clone());
    let error = page_command(&scans, &out, &meta(), Compression::Faithful, Form::Text).unwrap_err();
    assert_eq!(error, PageError::NotJpeg { path: bad });
    assert_eq!(fs::read(&out).unwrap(), b"older");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 5);
    assert_eq!(
        page_command(&[], &out, &meta(), Compression::Faithful, Form::Text),
        Err(PageError::PageCount { pages: 0 })
    );
    let nowhere = dir.path().join("gone/out.pdf");
    assert!(matches!(
        page_command(&scans[..1], &nowhere, &meta(), Compression::Faithful, Form::Text),
        Err(PageError::Unwritable { .. })
    ));
}

#[test]
fn compact_pages_become_documents_too_and_always_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let scans = scans(dir.path());
    for ending in ["pdf", "ofd"] {
        let file = |name: &str| dir.path().join(name).with_extension(ending);
        let page = |name: &str, compression| {
            page_command(&scans, &file(name), &meta(), compression, Form::Json).unwrap()
        };
        assert_eq!(page("1", Compression::Compact), page("faithful", Compression::Faithful));
        page("2", Compression::Compact);
        let bytes = fs::read(file("1")).unwrap();
        assert!(bytes == fs::read(file("2")).unwrap());
        assert!(bytes.len() as u64 * 2 < fs::metadata(file("faithful")).unwrap().len());
    }
    let jpeg = dir.path().join("1.zip");
    let refused = page_command(&scans, &jpeg, &meta(), Compression::Compact, Form::Json);
    assert_eq!(refused, Err(PageError::Compact { path: jpeg }));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 9);
}
