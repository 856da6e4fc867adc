use sha2::{Digest as _, Sha256};

use super::*;
use crate::custody::{CustodyCode, Received, receipt_command, verify_command};
use crate::outbox::OutboxError;
use crate::testing::{Kiosk, Signer, SignerKind};
use crate::{DocId, Outbox, ReceivedAt, Submission};

/// A kiosk with three documents of one visit, whose pages and documents are files here.
struct Visit {
    kiosk: Kiosk,
    outbox: Outbox,
    signer: Signer,
    docs: Vec<DocId>,
    files: Vec<PathBuf>,
}

impl Visit {
    fn new() -> Self {
        let kiosk = Kiosk::new();
        let outbox = kiosk.outbox();
        let folder = kiosk.dir.path().join("copies");
        std::fs::create_dir(&folder).expect("a folder");
        let (mut docs, mut files) = (Vec::new(), Vec::new());
        let mut keep = |name: String, content: &str| {
            std::fs::write(folder.join(&name), content).expect("written");
            files.push(folder.join(name));
            Digest(Sha256::digest(content).into())
        };
        for id in ["m-1", "m-2", "m-3"] {
            let pages = ["a", "b"].map(|page| keep(format!("{id}{page}"), &format!("page {id}{page}")));
            let content = format!("document {id}");
            keep(id.to_owned(), &content);
            let scan = Submission { pages: pages.to_vec(), ..kiosk.scan(id, content.as_bytes()) };
            docs.push(outbox.add(scan).expect("added"));
        }
        Self { kiosk, outbox, signer: Signer::new(SignerKind::Ed25519), docs, files }
    }

    /// The store receives a document and countersigns it.
    fn receive(&self, number: usize) {
        let at = ReceivedAt::parse("2026-11-23T01:02:03.50Z").expect("a time");
        let kept = self.outbox.custody_of("visit-1").expect("read").remove(number - 1);
        let (code, id) = (kept.code, kept.material_id);
        let lines = format!("onedoor-custody-1\n{code}\nvisit-1\n{id}\n{at}\n");
        let received = Received { at, signature: Some(self.signer.sign(&lines)) };
        self.outbox.set_confirmed(self.docs[number - 1], &received, None).expect("confirmed");
        self.outbox.bury(self.docs[number - 1], &id).expect("buried");
    }

    /// As somebody else gets it, while the outbox is open.
    fn receipt(&self) -> String {
        receipt_command(&self.kiosk.outbox_dir(), "visit-1").expect("a receipt")
    }

    fn verify(&self, receipt: &str) -> Report {
        verify(receipt.as_bytes(), &self.files, Some(&self.signer.key())).expect("compared")
    }
}

#[test]
fn files_are_found_and_only_its_own_signature_proves_a_document() {
    let visit = Visit::new();
    visit.receive(2);
    let report = visit.verify(&visit.receipt());
    let page = |page, document| Place::Page { page, document };
    let places: Vec<_> = report.files.iter().map(|(_, place)| *place).collect();
    let all = (1..=3).flat_map(|n| [page(1, n), page(2, n), Place::Document(n)]).collect::<Vec<_>>();
    assert_eq!(places, all);
    assert_eq!(report.chained, [true; 3]);
    assert_eq!(report.signed, [Signed::No, Signed::Holds, Signed::No]);
    assert_eq!(report.proven(), [false, true, false]);
    assert!(!report.holds(), "nobody countersigned the first and the third");
    let said = report.to_string();
    assert!(said.contains("m-3b: is page 2 of document 3, which NO COUNTERSIGNATURE stands for"), "{said}");
    assert!(said.contains("THIS DOES NOT AGREE"), "{said}");
    let (receipt, key) = (visit.receipt(), visit.signer.key());
    assert!(said.contains("kept in the kiosk; named in what the store countersigned later, not"), "{said}");
    let second = |key| verify(receipt.as_bytes(), &visit.files[3..6], key).expect("compared");
    assert!(second(Some(&key)).holds() && second(None).holds());
    let said = second(Some(&key)).to_string();
    assert!(said.ends_with("countersigned what it says so of above, and no more\n"), "{said}");
    assert!(second(None).to_string().contains("was not checked"));
    // A time that nobody signed is the word of whoever wrote the receipt.
    let mut forged = ReceiptFile::parse(receipt.as_bytes()).expect("a receipt");
    forged.documents[0].received_at = ReceivedAt::parse("1999-01-01T00:00:00Z").ok();
    let report = visit.verify(&forged.to_json());
    assert!(!report.holds() && !report.to_string().contains("1999"), "{report}");
    visit.receive(1);
    visit.receive(3);
    assert!(visit.verify(&visit.receipt()).holds());
}

#[test]
fn whatever_was_changed_is_said() {
    let visit = Visit::new();
    (1..=3).for_each(|number| visit.receive(number));
    let receipt = visit.receipt();
    let parsed = ReceiptFile::parse(receipt.as_bytes()).expect("a receipt");
    assert!(visit.verify(&receipt).holds());
    let changed = |change: &dyn Fn(&mut ReceiptFile)| {
        let mut file = parsed.clone();
        change(&mut file);
        visit.verify(&file.to_json())
    };
    let code = CustodyCode::parse("0123456789ABCDEF").expect("a code");
    type Change<'a> = &'a dyn Fn(&mut ReceiptFile);
    let cases: [(&str, Change<'_>); 8] = [
        ("a page", &|file| file.documents[1].pages[0] = Digest([7; 32])),
        ("a document", &|file| file.documents[1].sha256 = Digest([7; 32])),
        ("a code", &|file| file.documents[2].code = code),
        ("the code before", &|file| file.documents[1].previous = Some(code)),
        ("the order", &|file| file.documents.swap(0, 1)),
        ("one left out", &|file| drop(file.documents.remove(1))),
        ("the visit", &|file| file.visit = "visit-2".into()),
        ("the time", &|file| {
            file.documents[0].received_at = ReceivedAt::parse("2026-11-23T01:02:03.5Z").ok()
        }),
    ];
    for (what, change) in cases {
        assert!(!changed(change).holds(), "{what}");
    }
    // Another's key, another file, a file of nobody's.
    let stranger = Signer::new(SignerKind::EcdsaP256).key();
    let report = verify(receipt.as_bytes(), &visit.files, Some(&stranger)).expect("compared");
    assert_eq!((report.signed[0], report.holds()), (Signed::Wrong, false));
    std::fs::write(&visit.files[4], "page m-2B").expect("written");
    let report = visit.verify(&receipt);
    assert_eq!((report.files[4].1, report.holds()), (Place::Nowhere, false));
    assert!(report.to_string().contains("m-2b: IS NOT in this receipt"));
}

#[test]
fn what_no_code_stands_for_is_not_said_to_be_countersigned() {
    let visit = Visit::new();
    (1..=3).for_each(|number| visit.receive(number));
    let mut altered = ReceiptFile::parse(visit.receipt().as_bytes()).expect("a receipt");
    altered.kiosk = "hall \u{202e}2 号机".into();
    let report = visit.verify(&altered.to_json());
    let said = report.to_string();
    assert!(report.holds(), "its documents are what was received");
    assert!(said.contains("is the receipt's own word"), "{said}");
    assert!(said.contains(r"hall \u{202e}2 号机"), "spelled out: {said}");
}

#[test]
fn what_would_have_to_be_waited_for_is_refused() {
    let visit = Visit::new();
    let fifo = visit.kiosk.dir.path().join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status().expect("mkfifo");
    assert!(made.success());
    assert!(matches!(verify_command(&fifo, &[], None), Err(VerifyError::File { .. })));
    assert!(matches!(CustodyKey::load(&fifo), Err(crate::custody::CustodyKeyError::Unreadable { .. })));
}

#[test]
fn a_forged_receipt_without_signatures_proves_nothing() {
    let visit = Visit::new();
    (1..=3).for_each(|number| visit.receive(number));
    let mut forged = ReceiptFile::parse(visit.receipt().as_bytes()).expect("a receipt");
    let mut previous = None;
    for document in &mut forged.documents {
        document.signature = None;
        document.previous = previous;
        document.code = code(previous.as_ref(), &document.pages, &document.sha256);
        previous = Some(document.code);
    }
    let report = visit.verify(&forged.to_json());
    assert_eq!((report.chained.clone(), report.holds()), (vec![true; 3], false));
}

#[test]
fn a_receipt_is_found_by_visit_or_by_a_typed_code_while_the_kiosk_runs() {
    let visit = Visit::new();
    visit.receive(1);
    let code = visit.outbox.custody_of("visit-1").expect("read")[1].code.to_string();
    let typed = format!("{} {}", code[..8].to_lowercase(), &code[8..]);
    let dir = visit.kiosk.outbox_dir();
    assert_eq!(receipt_command(&dir, &typed).expect("found"), visit.receipt());
    let parsed = ReceiptFile::parse(visit.receipt().as_bytes()).expect("a receipt");
    assert_eq!((parsed.visit.as_str(), parsed.kiosk.as_str()), ("visit-1", "kiosk-1"));
    for unknown in ["visit-2", "0123456789ABCDEF", ""] {
        assert!(matches!(receipt_command(&dir, unknown), Err(OutboxError::Unknown)), "{unknown}");
    }
    assert!(receipt_command(&dir.join("none"), "visit-1").is_err());
    // And from the file that it was written to.
    let path = visit.kiosk.dir.path().join("receipt.json");
    std::fs::write(&path, visit.receipt()).expect("written");
    let report = verify_command(&path, &visit.files[..3], Some(&visit.signer.key())).expect("compared");
    assert!(report.holds(), "{report}");
}

#[test]
fn what_is_no_receipt_or_no_file_is_an_error() {
    let visit = Visit::new();
    let receipt = visit.receipt();
    let bad: [String; 7] = [
        String::new(),
        "[]".into(),
        receipt.replacen("\"version\": 1", "\"version\": 2", 1),
        receipt.replacen("\"visit\"", "\"visitor\"", 1),
        receipt.replacen("visit-1", &"v".repeat(65), 1),
        receipt.replacen("visit-1", "visit\\u001b", 1),
        " ".repeat(9 << 20),
    ];
    for bad in bad {
        let refused = verify(bad.as_bytes(), &[], None);
        assert!(matches!(refused, Err(VerifyError::NotAReceipt(_))), "{:.80}", bad);
    }
    let empty = ReceiptFile::new("visit-1".into(), "kiosk-1".into(), Vec::new()).to_json();
    assert!(matches!(verify(empty.as_bytes(), &[], None), Err(VerifyError::NotAReceipt(_))));
    for path in [visit.kiosk.dir.path().join("none"), visit.kiosk.dir.path().to_owned(), "/dev/zero".into()] {
        let refused = verify(receipt.as_bytes(), std::slice::from_ref(&path), None);
        assert!(matches!(refused, Err(VerifyError::File { path: named, .. }) if named == path));
    }
    let many = vec![visit.files[0].clone(); 10_001];
    assert!(matches!(verify(receipt.as_bytes(), &many, None), Err(VerifyError::TooMany)));
}
