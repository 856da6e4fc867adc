//! Papers: laying them in, handing them in, and looking at what arrived.

use crate::hall::{Hall, elements, enabled, name, says, says_word, word};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// The package whose materials are handed in.
pub const MATTER: &str = "package.open-restaurant";

/// The file of a sample paper of the hall.
pub fn paper(hall: &Hall, name: &str) -> PathBuf {
    hall.folder().canonicalize().expect("the folder").join("papers").join(format!("{name}.jpg"))
}

/// Lays sample papers into the feeder, the first on top.
pub fn feed(hall: &Hall, papers: &[&str]) {
    let papers: Vec<_> = papers.iter().map(|name| paper(hall, name)).collect();
    hall.post("/api/scanner", json!({ "feeder": papers }));
}

/// From home to the checklist of the package.
pub fn to_materials(hall: &Hall, card: &str) -> Value {
    hall.identify("home.scan", card);
    if !enabled(&hall.state(), "confirm") {
        hall.pick(MATTER);
    }
    hall.touch("confirm");
    let there = |state: &Value| ["licences", "materials"].contains(&name(state));
    if name(&hall.wait("the checklist, or the question before it", there)) == "licences" {
        // These journeys hand everything in.
        hall.touch("back");
    }
    hall.wait_screen("materials")
}

/// Opens a material of the checklist, on whatever page of it.
pub fn open(hall: &Hall, material: &str) {
    let id = format!("material.{material}");
    let there = |state: &Value| elements(state).any(|e| e["id"] == id.as_str());
    let mut state = hall.wait_screen("materials");
    // The list goes on where it was left: back to its first page, then through all of them.
    for turn in ["page.previous", "page.next"] {
        while !there(&state) && (turn == "page.next" || enabled(&state, turn)) {
            let before = state["elements"].clone();
            hall.touch(turn);
            state = hall.wait("another page of the list", |state| state["elements"] != before);
        }
    }
    hall.touch(&id);
    hall.wait_screen("scan");
    // Cards are expected on the glass: these visitors bring copies.
    hall.touch("source.feeder");
}

/// From the checklist to the pages of a material, for review.
pub fn scan(hall: &Hall, material: &str, papers: &[&str]) -> Value {
    feed(hall, papers);
    open(hall, material);
    hall.touch("scan.start");
    let pages = counted("review.pages", papers.len());
    hall.wait("the pages", |state| name(state) == "review" && crate::hall::says(state, &pages))
}

/// From the checklist through the scanner and back to it: handed in.
pub fn hand_in(hall: &Hall, material: &str, papers: &[&str]) {
    scan(hall, material, papers);
    hall.touch("scan.accept");
    hall.wait_screen("materials");
}

/// Says goodbye and waits for home.
pub fn leave(hall: &Hall) {
    hall.leave();
    hall.wait_screen("home");
}

/// From the checklist to the goodbye, which tells of one document that waits here.
pub fn finish_with_one_stored(hall: &Hall) {
    hall.touch("finish");
    hall.wait_screen("receipt");
    hall.leave_receipt();
    hall.wait("goodbye", |state| name(state) == "goodbye" && says(state, &counted("goodbye.stored", 1)));
}

/// Words with a count in them.
pub fn counted(key: &str, count: usize) -> String {
    match count {
        0 => word(&format!("{key}.zero")),
        1 => word(&format!("{key}.one")),
        n => word(&format!("{key}.many")).replace("{count}", &n.to_string()),
    }
}

/// Whether the checklist says this of a material, in the words of `materials.KEY`.
pub fn is(state: &Value, material: &str, key: &str) -> bool {
    let (id, said) = (format!("material.{material}"), word(&format!("materials.{key}")));
    elements(state).any(|e| e["id"] == id.as_str() && e["label"].as_str().is_some_and(|l| l.ends_with(&said)))
}

/// Waits until the checklist, its first page, says so.
pub fn wait_is(hall: &Hall, material: &str, key: &str) -> Value {
    hall.wait(&format!("{material} to be {key}"), |state| is(state, material, key))
}

/// A document of the store.
#[derive(Debug, Clone)]
pub struct Document {
    pub id: String,
    pub name: String,
    pub sha256: String,
    pub bytes: u64,
    /// whole, and a material of somebody's visit
    pub held: bool,
}

/// The documents that the store holds, wholly or in part.
pub fn documents(state: &Value) -> Vec<Document> {
    let text = |d: &Value, key: &str| d[key].as_str().unwrap_or_default().to_owned();
    let document = |d: &Value| Document {
        id: text(d, "id"),
        name: text(d, "name"),
        sha256: text(d, "sha256"),
        bytes: d["bytes"].as_u64().unwrap_or_default(),
        held: d["complete"] == true && d["registered"] == true,
    };
    state["store"]["documents"].as_array().into_iter().flatten().map(document).collect()
}

/// Waits until the store holds so many documents, each whole and once, and nothing beside them.
pub fn wait_held(hall: &Hall, count: usize) -> Vec<Document> {
    let state = hall.wait(&format!("{count} documents held by the store"), |state| {
        documents(state).iter().filter(|d| d.held).count() >= count
    });
    let all = documents(&state);
    assert!(all.len() == count && all.iter().all(|d| d.held), "{all:#?}");
    all
}

/// The bytes of a document, checked against the digest that the store tells.
pub fn bytes(hall: &Hall, document: &Document) -> Vec<u8> {
    let bytes = hall.get(&format!("/api/store/{}", document.id));
    assert_eq!((bytes.len() as u64, sha256(&bytes)), (document.bytes, document.sha256.clone()));
    bytes
}

/// What the kiosk told the store of a document when it handed it over.
pub fn registration(hall: &Hall, document: &Document) -> Value {
    let note = hall.folder().join("store/materials").join(format!("{}.json", document.id));
    let note: Value = serde_json::from_slice(&std::fs::read(note).expect("a note")).expect("JSON");
    note["request"].clone()
}

/// SHA-256, lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The files of documents that the kiosk still has.
pub fn in_outbox(folder: &Path) -> Vec<PathBuf> {
    files(&folder.join("kiosk/outbox/documents"))
}

/// Pages that nobody has accepted yet, and their folders.
pub fn pages_on_disk(folder: &Path) -> Vec<PathBuf> {
    files(&folder.join("kiosk/pages"))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        }
        found.push(path);
    }
    found.sort();
    found
}

/// The images of a PDF's pages as they stand in it. Poppler and qpdf find nothing wrong with it.
pub fn page_images(pdf: &[u8]) -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("document.pdf");
    std::fs::write(&file, pdf).expect("a file");
    let said = run(Command::new("qpdf").arg("--check").arg(&file));
    assert!(said.contains("No syntax or stream encoding errors found"), "{said}");
    let pages = run(Command::new("pdfinfo").arg(&file));
    let pages = pages.lines().find_map(|line| line.strip_prefix("Pages:")).expect("a count of pages").trim();
    run(Command::new("pdfimages").arg("-j").arg(&file).arg(folder.path().join("page")));
    let images: Vec<_> = files(folder.path())
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "jpg"))
        .map(|path| std::fs::read(path).expect("an image"))
        .collect();
    assert_eq!(images.len().to_string(), pages, "one image a page");
    images
}

/// The first page of a PDF as Poppler draws it, in grey at 36 dots per inch: its rows.
pub fn drawn(pdf: &[u8]) -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, out) = (folder.path().join("document.pdf"), folder.path().join("page"));
    std::fs::write(&file, pdf).expect("a file");
    run(Command::new("pdftoppm").args(["-gray", "-r", "36", "-singlefile"]).args([&file, &out]));
    let image = std::fs::read(out.with_extension("pgm")).expect("a picture");
    // P5, width, height and the largest grey, each behind white space; then one byte a pixel (pgm(5)).
    let mut words = image.splitn(4, u8::is_ascii_whitespace).skip(1);
    let mut number = || std::str::from_utf8(words.next()?).ok()?.parse::<usize>().ok();
    let (width, height) = (number().expect("a width"), number().expect("a height"));
    let pixels = image.get(image.len() - width * height..).expect("all pixels");
    pixels.chunks_exact(width).map(<[u8]>::to_vec).collect()
}

/// Of each image in a PDF: width, height, components, dots per inch across and down.
pub fn images_listed(pdf: &[u8]) -> Vec<[String; 5]> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("document.pdf");
    std::fs::write(&file, pdf).expect("a file");
    let list = run(Command::new("pdfimages").arg("-list").arg(&file));
    // page num type width height color comp bpc enc interp object ID x-ppi y-ppi size ratio
    let columns = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        [3, 4, 6, 12, 13].map(|n| words.get(n).map(ToString::to_string).unwrap_or_default())
    };
    list.lines().skip(2).map(columns).collect()
}

/// Whether a PDF consists of exactly these sample papers, bit by bit as the visitor saw and accepted
/// them: cut out, straight and white.
pub fn assert_is_of(hall: &Hall, pdf: &[u8], papers: &[&str]) {
    let images = page_images(pdf);
    assert_eq!(images.len(), papers.len(), "pages");
    for (n, (image, name)) in images.iter().zip(papers).enumerate() {
        assert!(*image == finished(hall, name), "page {} is not {name} as it was scanned", n + 1);
    }
}

/// A sample paper as the kiosk's own command line finishes it.
pub fn finished(hall: &Hall, name: &str) -> Vec<u8> {
    static FINISHED: Mutex<BTreeMap<String, Vec<u8>>> = Mutex::new(BTreeMap::new());
    let mut known = FINISHED.lock().unwrap_or_else(PoisonError::into_inner);
    let make = || {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("page.pdf");
        run(Command::new(kiosk_program()).arg("page").arg(paper(hall, name)).arg(&out));
        page_images(&std::fs::read(&out).expect("a document")).swap_remove(0)
    };
    known.entry(name.to_owned()).or_insert_with(make).clone()
}

/// The kiosk's own program, which is built beside the hall's.
pub fn kiosk_program() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_hall")).with_file_name("kiosk")
}

fn run(command: &mut Command) -> String {
    let done = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}; run `make setup`"));
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{command:?}: {said} {}", String::from_utf8_lossy(&done.stderr));
    said
}

/// Whether the screen tells the visitor of a fault, by its code.
pub fn says_fault(state: &Value, code: &str) -> bool {
    says_word(state, &format!("fault.{code}.title"))
}
