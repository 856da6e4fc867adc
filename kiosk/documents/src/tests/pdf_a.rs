//! PDF/A-2b as veraPDF understands it, see tests/peers/VeraPdf.java.

use std::fs;
use std::path::{Path, PathBuf};

use super::{built, name, pages, run, titled, turned_pages};
use crate::assemble::assemble;
use crate::finish::Compression;
use crate::finish::scenes::{GREY, Scene};
use crate::format::Format;
use crate::page_command::{Form, page_command};
use crate::sample_images::{Kind, Picture, encode};

/// What veraPDF says of each file: `valid`, or the rules that are broken.
fn validate(files: &[PathBuf]) -> Vec<String> {
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers");
    let jar = peers.join("node_modules/@opendataloader/pdf/lib/opendataloader-pdf-cli.jar");
    assert!(jar.is_file(), "veraPDF is not there; run `make setup`");
    let jars = format!("{}:/usr/share/java/jaxb-runtime.jar:/usr/share/java/jaxb-core.jar", name(&jar));
    let program = peers.join("VeraPdf.java");
    let mut args = vec!["-cp", &jars, name(&program)];
    args.extend(files.iter().map(|file| name(file)));
    let said: Vec<_> = run("java", &args).lines().map(str::to_owned).collect();
    assert_eq!(said.len(), files.len(), "{said:?}");
    said
}

#[test]
fn all_documents_are_valid() {
    let (dir, pages) = pages();
    let (_turned_dir, turned) = turned_pages();
    let mut files = vec![];
    let mut document = |pages: &[_], title: &str| {
        let out = dir.path().join(format!("{}.pdf", files.len()));
        assemble(pages, &out, &titled(title, "m-1"), Format::Pdf).unwrap();
        files.push(out);
    };
    for page in &pages {
        document(std::slice::from_ref(page), "材料");
    }
    document(&turned, "]]> <!-- &lt; \" ' \\ ( ) 𠮷 é");
    document(&pages.iter().cycle().take(100).cloned().collect::<Vec<_>>(), &"字".repeat(500));

    // And what the command line makes of scans, one of which has a seal over its print.
    let seal = Scene { seal: true, ..Scene::new(1.0, GREY) }.scan();
    let scans: Vec<_> = [encode(Picture::Text, 620, 877, Kind::Color), seal]
        .iter()
        .enumerate()
        .map(|(number, scan)| {
            let path = dir.path().join(format!("scan-{number}.jpg"));
            fs::write(&path, scan).unwrap();
            path
        })
        .collect();
    for compression in [Compression::Faithful, Compression::Compact] {
        let out = dir.path().join(format!("{compression:?}.pdf"));
        page_command(&scans, &out, &titled("scan", "scan"), compression, Form::Text).unwrap();
        files.push(out);
    }

    assert_eq!(validate(&files), ["valid"; 8]);
}

#[test]
fn spoilt_documents_are_not() {
    let (dir, pages) = pages();
    let (out, _) = built(&dir, &pages[..1], Format::Pdf);
    let whole = fs::read(out).unwrap();
    // As long as what they replace, so that all offsets stay right.
    let cases: [(&[u8], &[u8], &str); 8] = [
        (b"\n%\xE2\xE3\xCF\xD3", b"\n%abcd", "6.1.2-2"),
        (b"/ID [", b"/IX [", "6.1.3-1"),
        (b"%%EOF\n", b"%%EOF\nrest", "6.1.3-3"),
        (b"\nendstream", b" endstream", "6.1.7.1-2"),
        (b"/Filter /DCTDecode", b"/Filter /LZWDecode", "6.1.7.2-1"),
        (b"/OutputIntents", b"/OutputIntentX", "6.2.4.3-2"),
        (b"/Metadata 4 0 R", b"/MetadatX 4 0 R", "6.6.2.1-1"),
        (b"<pdfaid:part>2<", b"<pdfaid:part>1<", "6.6.4-2"),
    ];
    let mut files = vec![];
    for (number, (from, to, _)) in cases.iter().enumerate() {
        let at = whole.windows(from.len()).position(|piece| piece == *from).unwrap();
        let spoilt = [&whole[..at], to, &whole[at + from.len()..]].concat();
        files.push(dir.path().join(format!("spoilt-{number}.pdf")));
        fs::write(&files[number], spoilt).unwrap();
    }
    for ((_, to, rule), said) in cases.iter().zip(validate(&files)) {
        let broken: Vec<_> = said.split(' ').collect();
        assert!(broken.contains(rule), "{}: {said}", to.escape_ascii());
    }
}
