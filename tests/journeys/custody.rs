//! What was received is proven: the receipt, the countersignature, and what the back office says.

use crate::hall::{Hall, enabled, name, says, word};
use crate::papers::{
    Document, assert_is_of, bytes, documents, feed, hand_in, in_outbox, is, kiosk_program, open,
    registration, says_fault, to_materials, wait_held, wait_is,
};
use crate::scan::wait_until;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};

fn kiosk(arguments: &[&str]) -> Output {
    Command::new(kiosk_program()).args(arguments).output().expect("the kiosk's program")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The code on the screen, such as `0123-4567-89AB-CDEF`, without its hyphens.
fn code(state: &Value) -> String {
    let texts = state["screen"]["texts"].as_array().cloned().unwrap_or_default();
    let codes = texts.iter().filter_map(Value::as_str).map(|text| text.replace('-', ""));
    let is_code = |text: &String| text.len() == 16 && text.bytes().all(|b| b.is_ascii_alphanumeric());
    codes.filter(is_code).find(|text| text.bytes().any(|b| b.is_ascii_digit())).expect("a code on the screen")
}

/// "Receipt of custody … `kiosk verify RECEIPT FILES…` lets anyone check later that these files are what
/// was received": two documents, a printed receipt with the code that the store countersigned, and the
/// proof checked with the store's public key; a file changed by one bit is found out, and so is a forged
/// receipt.
#[test]
fn a_receipt_proves_what_was_received() {
    let hall = Hall::open();
    to_materials(&hall, "man");
    hand_in(&hall, "id-card", &["id-copy"]);
    wait_is(&hall, "id-card", "received");
    hand_in(&hall, "premises", &["lease", "floor-plan"]);
    wait_is(&hall, "premises", "received");
    hall.touch("finish");
    let state = hall.wait_screen("receipt");
    let code = code(&state);
    let last = wait_held(&hall, 2);
    let told = |material: &str| {
        let of = |d: &&crate::papers::Document| registration(&hall, d)["material"] == material;
        registration(&hall, last.iter().find(of).expect("the document"))
    };
    assert_eq!(told("premises")["custody"]["code"], code.as_str());
    assert_eq!(told("premises")["custody"]["previous"], told("id-card")["custody"]["code"]);

    hall.touch("receipt.print");
    hall.wait_word("receipt.printed.title");
    let printed = hall.ticket_text(1);
    assert!(printed.contains(&code[..4]) && printed.contains("电子证照库已收到"), "{printed}");
    assert!(!printed.contains("补打"), "{printed}");
    hall.touch("receipt.print");
    hall.wait("the second", |state| crate::hall::tickets(state).len() == 2);
    assert!(hall.ticket_text(2).contains("补打"), "a second one is marked");
    hall.leave();

    // By whoever has the code, while the kiosk runs.
    let config = hall.folder().join("kiosk.toml").display().to_string();
    let receipt = kiosk(&["--config", &config, "receipt", &code]);
    assert!(receipt.status.success(), "{}", text(&receipt.stderr));
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(at("receipt.json"), &receipt.stdout).expect("a file");
    for (n, document) in last.iter().enumerate() {
        std::fs::write(at(&format!("{n}.pdf")), bytes(&hall, document)).expect("a file");
    }
    let key = hall.folder().join("pki/custody.pub.pem").display().to_string();
    let verify = |receipt: &str, files: &[String]| {
        let mut arguments = vec!["verify", "--key", &key, receipt];
        arguments.extend(files.iter().map(String::as_str));
        kiosk(&arguments)
    };
    let good = verify(&at("receipt.json"), &[at("0.pdf"), at("1.pdf")]);
    assert!(good.status.success(), "{} {}", text(&good.stdout), text(&good.stderr));

    let mut changed = std::fs::read(at("0.pdf")).expect("a document");
    changed[1000] ^= 1;
    std::fs::write(at("changed.pdf"), changed).expect("a file");
    let bad = verify(&at("receipt.json"), &[at("changed.pdf")]);
    assert!(!bad.status.success(), "{}", text(&bad.stdout));
    let forged = text(&receipt.stdout).replace(&code, "0000000000000000");
    std::fs::write(at("forged.json"), forged).expect("a file");
    let bad = verify(&at("forged.json"), &[at("0.pdf")]);
    assert!(!bad.status.success(), "{}", text(&bad.stdout));
}

/// Whether the receipt with this code proves each of these documents, by the store's key.
pub fn assert_proven(hall: &Hall, code: &str, documents: &[Document]) {
    let config = hall.folder().join("kiosk.toml").display().to_string();
    let receipt = kiosk(&["--config", &config, "receipt", code]);
    assert!(receipt.status.success(), "{}", text(&receipt.stderr));
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, content: &[u8]| {
        std::fs::write(folder.path().join(name), content).expect("a file");
        folder.path().join(name).display().to_string()
    };
    let receipt = file("receipt.json", &receipt.stdout);
    let key = hall.folder().join("pki/custody.pub.pem").display().to_string();
    for document in documents {
        let proven = kiosk(&["verify", "--key", &key, &receipt, &file(&document.id, &bytes(hall, document))]);
        assert!(proven.status.success(), "{} {}", text(&proven.stdout), text(&proven.stderr));
    }
}

/// "Someone else's countersignature", none at all, or one of another code: nothing is deleted, the screen
/// and the technician are told (N20), and once the store signs rightly the document is received.
#[test]
fn a_countersignature_that_is_not_the_stores() {
    for what in ["wrong_countersignature", "no_countersignature", "wrong_custody_code"] {
        let hall = Hall::open();
        to_materials(&hall, "man");
        for at in ["register", "lookup"] {
            hall.post("/api/harm/store", json!({ "answer": { "times": 1000, "at": at, "what": what } }));
        }
        hand_in(&hall, "id-card", &["id-copy"]);
        let state = hall.wait("the doubt", |state| says_fault(state, "N20"));
        assert!(!is(&state, "id-card", "received"), "{what}: {state:#}");
        assert_eq!(in_outbox(hall.folder()).len(), 1, "{what}: nothing is deleted");
        hall.post("/api/harm/store", json!({ "behave": null }));
        wait_is(&hall, "id-card", "received");
        assert_is_of(&hall, &bytes(&hall, &wait_held(&hall, 1)[0]), &["id-copy"]);
        wait_until("the kiosk's copy to go", || in_outbox(hall.folder()).is_empty());
    }
}

/// "Review result (accepted, or returned with reason: the visitor is told at once and can scan again)".
#[test]
fn the_back_office_sends_a_paper_back() {
    let hall = Hall::open();
    to_materials(&hall, "man");
    hand_in(&hall, "id-card", &["id-copy"]);
    wait_is(&hall, "id-card", "received");
    let first = wait_held(&hall, 1).remove(0);
    let returned =
        json!({ "material": first.id, "result": "returned", "reason": "illegible", "text": "右下角看不清" });
    hall.post("/api/store", json!({ "review": returned }));
    let state = wait_is(&hall, "id-card", "spoken.returned");
    assert!(
        label_says(&state, &word("returned.illegible")) && label_says(&state, "右下角看不清"),
        "{state:#}"
    );
    feed(&hall, &["business-licence"]);
    open(&hall, "id-card");
    hall.touch("scan.start");
    hall.wait("the page", |state| name(state) == "review");
    hall.touch("scan.accept");
    wait_is(&hall, "id-card", "received");
    let again = wait_held(&hall, 2).into_iter().find(|d| d.id != first.id).expect("another document");
    hall.post("/api/store", json!({ "review": { "material": again.id, "result": "accepted" } }));
    wait_is(&hall, "id-card", "accepted");
    hall.leave();
    hall.wait_screen("home");
    // It stands there too when the visitor comes back.
    let state = to_materials(&hall, "man");
    assert!(is(&state, "id-card", "accepted") && !enabled(&state, "material.id-card"), "{state:#}");
    assert_eq!(documents(&state).len(), 2);
}

/// What happens to the visitor's own while he is at the scanner is told there; of two the call is more urgent.
#[test]
fn a_call_and_a_paper_that_is_sent_back_are_told_at_the_scanner() {
    let hall = Hall::open();
    hall.take_number("man", "package.open-restaurant");
    to_materials(&hall, "man");
    hand_in(&hall, "id-card", &["id-copy"]);
    wait_is(&hall, "id-card", "received");
    let card = wait_held(&hall, 1).remove(0);
    open(&hall, "premises");
    let returned = json!({ "material": card.id, "result": "returned", "reason": "illegible" });
    hall.post("/api/store", json!({ "review": returned }));
    let sent_back = word("frame.sent_back").replace("{name}", "申请人身份证");
    hall.wait("what was sent back", |state| name(state) == "scan" && says(state, &sent_back));
    hall.post("/api/window", json!({ "number": "A001", "event": "called" }));
    let called = word("frame.called").replace("{number}", "A001");
    hall.wait("the call", |state| name(state) == "scan" && says(state, &called) && !says(state, &sent_back));
    // The list shows what was sent back; the call stands there, too, until he goes.
    hall.touch("back");
    let state = wait_is(&hall, "id-card", "spoken.returned");
    assert!(says(&state, &called), "{state:#}");
    hall.touch("finish");
    hall.wait_screen("receipt");
    hall.leave_receipt();
    hall.wait("goodbye", |state| {
        name(state) == "goodbye" && says(state, &word("goodbye.title_called")) && !says(state, &called)
    });
}

fn label_says(state: &Value, text: &str) -> bool {
    crate::hall::elements(state).any(|e| e["label"].as_str().is_some_and(|label| label.contains(text)))
}

/// A receipt that nobody made is refused with a clear word.
#[test]
fn what_is_no_receipt_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, content: &[u8]| {
        std::fs::write(folder.path().join(name), content).expect("a file");
        folder.path().join(name).display().to_string()
    };
    let document = file("a.pdf", b"%PDF-");
    for (name, content) in [("empty", &b""[..]), ("text", b"hello"), ("deep", &[b'['; 100_000])] {
        let refused = kiosk(&["verify", &file(name, content), &document]);
        let said = text(&refused.stderr);
        assert!(!refused.status.success() && said.starts_with("kiosk: "), "{name}: {said}");
    }
    assert!(!kiosk(&["verify", &Path::new("/nowhere").display().to_string(), &document]).status.success());
}
