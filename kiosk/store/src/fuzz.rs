//! Entries for fuzzing: each runs one decoder over arbitrary bytes and asserts what always holds.

use std::sync::LazyLock;

use crate::custody::{CustodyKey, ReceiptFile, Signed, verify};
use crate::tus::{Abilities, UploadPath, parse_expires, parse_number};
use crate::{CertIdentifier, MaterialId, OutboxKey, Receipt, identity, licences, outbox, reviews, window};

/// A public key of a store that nobody has: RFC 8032 section 7.1, test 1.
const KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
    MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";

/// The same, read.
static KEY_OF_NOBODY: LazyLock<CustodyKey> =
    LazyLock::new(|| CustodyKey::from_pem(KEY.as_bytes()).expect("a key"));

/// The answer to a question for licences.
///
/// # Panics
/// When a licence holds what none may hold.
pub fn licences(data: &[u8]) {
    let Ok(answer) = serde_json::from_slice::<licences::Answer>(data) else { return };
    let Ok(licences) = answer.check("91310114MA1GT0KX2F") else { return };
    assert!(licences.len() <= 64);
    for licence in &licences {
        let text = licence.identifier.to_text();
        assert!(CertIdentifier::parse(&text).as_ref() == Ok(&licence.identifier));
        assert!(licence.identifier.licence_type().len() == 21 && !licence.number.contains(char::is_control));
        assert!(!licence.name.contains(char::is_control) && !licence.name.is_empty());
    }
    let length = licences.len();
    assert!(licences::merge(licences.clone(), licences).len() <= length);
}

/// The answer of the feed of reviews.
///
/// # Panics
/// When what is taken breaks a promise of the feed.
pub fn reviews(data: &[u8]) {
    let Ok(answer) = serde_json::from_slice::<reviews::Answer>(data) else { return };
    let Some(reviews) = answer.check(0) else { return };
    assert!(reviews.found.len() <= 200 && reviews.found.len() as u64 <= reviews.last);
    for found in reviews.found {
        let (code, text) = found.result.to_code();
        assert!(text.is_none_or(|text| !text.contains(char::is_control)));
        let kept = reviews::ReviewResult::from_code(code, text.map(str::to_owned));
        assert!(kept.as_ref() == Some(&found.result));
    }
}

/// A receipt with its countersignature, which is nobody's.
///
/// # Panics
/// When the countersignature holds, or a time is not kept to the letter.
pub fn receipt(data: &[u8]) {
    let Ok(receipt) = serde_json::from_slice::<Receipt>(data) else { return };
    assert!(!receipt.received_at.as_str().contains(char::is_whitespace));
    let Some(custody) = &receipt.custody else { return };
    let Receipt { material_id, received_at, .. } = &receipt;
    assert!(!KEY_OF_NOBODY.holds(&custody.code, "visit", material_id, received_at, &custody.signature));
}

/// The fields of tus, a line each: `Location`, `Upload-Offset`, `Upload-Expires`, then those of
/// OPTIONS: version, extensions, checksums, size.
///
/// # Panics
/// When a path could leave the folder of uploads.
pub fn tus(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.split('\n');
    if let Some(path) = lines.next().and_then(UploadPath::from_location) {
        assert!(path.as_str().starts_with("/files/") && !path.as_str().contains("/../"));
        assert!(path.as_str().parse::<http::uri::PathAndQuery>().is_ok());
        assert!(UploadPath::parse(path.as_str()).as_ref() == Some(&path));
    }
    let _ = lines.next().and_then(parse_number);
    let _ = lines.next().and_then(parse_expires);
    let fields: Vec<&str> = lines.take(4).collect();
    let names = ["tus-version", "tus-extension", "tus-checksum-algorithm", "tus-max-size"];
    let field = |wanted: &str| {
        let place = names.iter().position(|name| *name == wanted)?;
        fields.get(place).copied().filter(|text| !text.is_empty())
    };
    if let Ok(abilities) = Abilities::read(field) {
        assert!(abilities.max_size != Some(0));
    }
}

/// The answer of the windows' feed.
///
/// # Panics
/// When what is taken breaks a promise of the feed.
pub fn window(data: &[u8]) {
    let Ok(feed) = serde_json::from_slice::<window::WindowEvents>(data) else { return };
    if window::sound(&feed, 0) {
        assert!(feed.events.len() <= 200);
        assert!(feed.events.last().map_or(0, |event| event.seq) == feed.last);
    }
}

/// The answer to the question whose a code is.
///
/// # Panics
/// When a person holds what none may hold.
pub fn identity(data: &[u8]) {
    let Ok(answer) = serde_json::from_slice::<identity::Answer>(data) else { return };
    let Ok(person) = identity::checked(answer) else { return };
    assert!((1..=32).contains(&person.number.len()));
    assert!(person.number.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    assert!(!person.name.is_empty() && !person.name.contains(char::is_control));
}

/// The head of a document's file in the outbox.
///
/// # Panics
/// When a head passes that was not written under the key.
pub fn container(data: &[u8]) {
    let material = MaterialId::new("m-1").expect("an id");
    assert!(!outbox::head_passes(&OutboxKey::for_fuzzing(), &material, data));
}

/// A receipt file as `kiosk verify` reads it.
///
/// # Panics
/// When a signature of nobody's holds, or the file is not read back as it was.
pub fn receipt_file(data: &[u8]) {
    let Ok(report) = verify(data, &[], Some(&KEY_OF_NOBODY)) else { return };
    assert!(!report.signed.contains(&Signed::Holds) && !report.proven().contains(&true));
    assert!(report.to_string().lines().count() > report.receipt.documents.len());
    let again = ReceiptFile::parse(report.receipt.to_json().as_bytes());
    assert!(again.is_ok_and(|again| again == report.receipt));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    type Target = fn(&[u8]);
    const ALL: [Target; 8] = [
        super::licences,
        super::reviews,
        super::receipt,
        super::tus,
        super::window,
        super::identity,
        super::container,
        super::receipt_file,
    ];

    proptest! {
        #[test]
        fn anything_is_survived(data in prop::collection::vec(any::<u8>(), 0..500), text in "\\PC{0,200}") {
            for target in ALL {
                target(&data);
                target(text.as_bytes());
            }
        }
    }
}
