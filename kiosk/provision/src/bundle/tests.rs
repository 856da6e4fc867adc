//! Bundles that are whole, and those that are not.

use super::*;
use crate::keys;
use crate::sample::{Hall, NETWORK};
use crate::testing::places;
use proptest::prelude::*;
use std::sync::LazyLock;

/// A hall, and a bundle of it.
static GOOD: LazyLock<(Hall, Vec<u8>)> = LazyLock::new(|| {
    let (_folder, places) = places();
    let hall = Hall::of(&keys::ensure(&places, &crate::Disk::new()).unwrap());
    let bytes = hall.bundle(7);
    (hall, bytes)
});

/// A bundle whose parts were changed before they were signed and put together; nobody checked them.
fn forged(change: impl FnOnce(&mut String, &mut Files)) -> Vec<u8> {
    let (hall, _) = &*GOOD;
    let mut files = hall.files.clone();
    let issued = "2026-11-27T00:00:00Z".parse().unwrap();
    let mut manifest = Manifest::of("jiading", 7, issued, hall.kiosks.clone(), &files).text().unwrap();
    change(&mut manifest, &mut files);
    pack(&manifest, &signature::sign(manifest.as_bytes(), hall.key()).unwrap(), &files).unwrap()
}

#[track_caller]
fn refused(bytes: &[u8], said: &str) {
    let error = Bundle::parse(bytes, &GOOD.0.signing()).expect_err(said).to_string();
    assert!(error.contains(said), "{said}: {error}");
}

#[test]
fn a_bundle_holds_what_it_was_made_of() {
    let (hall, bytes) = &*GOOD;
    let bundle = Bundle::parse(bytes, &hall.signing()).unwrap();
    assert_eq!((bundle.manifest.serial, bundle.manifest.hall.as_str()), (7, "jiading"));
    assert_eq!(bundle.files, hall.files);
    assert_eq!(bundle.content.kiosks.len(), 2);
    assert_eq!(hall.bundle(7).len(), bytes.len());
    assert!(Bundle::parse(&forged(|_, _| ()), &hall.signing()).is_ok());
}

type Change = fn(&mut String, &mut Files);

#[test]
fn what_differs_from_what_was_signed_is_refused() {
    let cases: &[(Change, &str)] = &[
        (
            |_, files| files.get_mut("network.toml").unwrap().push(b'\n'),
            "is another than the one that was signed",
        ),
        (|_, files| drop(files.remove("network.toml")), "is listed and missing"),
        (|_, files| drop(files.insert("more.txt".into(), vec![])), "is not listed"),
        (|manifest, _| *manifest = manifest.replace("format = 1", "format = 2"), "needs a newer system"),
        (|manifest, _| *manifest = manifest.replace("serial = 7", "serial = 0"), "serial: must be 1 or more"),
        (|manifest, _| *manifest = manifest.replace("serial = 7", "serial = -1"), "manifest.toml: file"),
        (|manifest, _| *manifest = manifest.replace("\"jiading\"", "\"../..\""), "hall: must be"),
        (|manifest, _| *manifest = manifest.replace("lobby-2", "lobby-1"), "is another kiosk's, too"),
        (|manifest, _| *manifest = manifest.replace("lobby-1", "../keys"), "kiosk[0].name: must be"),
        (
            |manifest, _| *manifest = manifest.replace("\"network.toml\"", "\"../network.toml\""),
            "no plain name",
        ),
        (
            |manifest, _| *manifest = manifest.replace("\"network.toml\"", "\"catalogue.toml\""),
            "listed twice",
        ),
        (|manifest, _| *manifest += "surprise = 1\n", "unknown field"),
        (|manifest, _| manifest.clear(), "missing field"),
    ];
    for (change, said) in cases {
        refused(&forged(*change), said);
    }
    let (hall, _) = &*GOOD;
    let strange = Hall::of(&keys::ensure(&places().1, &crate::Disk::new()).unwrap());
    let manifest = "format = 1";
    let jws = signature::sign(manifest.as_bytes(), strange.key()).unwrap();
    refused(&pack(manifest, &jws, &hall.files).unwrap(), "a key that this kiosk does not know");
    let jws = signature::sign(b"format = 2", hall.key()).unwrap();
    refused(&pack(manifest, &jws, &hall.files).unwrap(), "does not fit the manifest");
    refused(&pack(manifest, "", &hall.files).unwrap(), "is no signature of a bundle");
}

/// A public key that signs nothing (RFC 8410, section 10.1): the kiosk would not start with it.
const X25519: &[u8] = b"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEAhSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=\n-----END PUBLIC KEY-----\n";

/// Signed, and nothing that a kiosk could work with: whoever makes it is told, and no kiosk takes it.
#[test]
fn what_no_kiosk_could_work_with_is_refused() {
    let cases: &[(&str, &[u8], &str)] = &[
        ("catalogue.toml", b"", "catalogue.toml: line"),
        ("catalogue.toml", b"\xff", "is no text"),
        ("network.toml", b"\xff", "is no text"),
        ("network.toml", b"", "of which network.toml says no address"),
        ("trust/store-ca.pem", b"", "is not 1 to 16 certificates"),
        ("trust/staff-crl.pem", b"", "is no list of revoked certificates"),
        ("trust/custody.pem", b"x", "is not one public key"),
        ("trust/custody.pem", X25519, "is not one public key"),
        ("logo.png", b"GIF89a", "is no PNG"),
        ("examples/id-card.jpg", b"GIF89a", "is neither a JPEG nor a PNG"),
        ("examples/other.jpg", b"\xff\xd8\xff", "has no place in a bundle"),
        ("kiosks/lobby-1.toml", b"", "kiosk.name: is missing"),
        ("kiosks/lobby-9.toml", b"", "belongs to no kiosk"),
        ("secrets/lobby-1.sealed", b"short", "is nothing sealed"),
        ("trust/other.pem", b"", "has no place in a bundle"),
        ("kiosk.toml", b"", "has no place in a bundle"),
    ];
    let (hall, _) = &*GOOD;
    for (name, content, said) in cases {
        let mut files = hall.files.clone();
        files.insert((*name).to_owned(), content.to_vec());
        let error = check(&files, &hall.kiosks).expect_err(said).to_string();
        assert!(error.contains(said), "{name}: {error}");
        let made =
            Bundle::make("jiading", 7, jiff::Timestamp::UNIX_EPOCH, hall.kiosks.clone(), &files, hall.key());
        assert_eq!(made.unwrap_err().to_string(), error);
    }
    for name in [
        "catalogue.toml",
        "network.toml",
        "trust/store-ca.pem",
        "kiosks/lobby-1.toml",
        "secrets/lobby-1.sealed",
    ] {
        let mut files = hall.files.clone();
        files.remove(name);
        let error = check(&files, &hall.kiosks).expect_err(name).to_string();
        assert!(error.contains(&format!("{name}: file: is missing")), "{error}");
    }
}

#[test]
fn a_bundle_that_is_cut_off_anywhere_is_refused() {
    let (hall, bytes) = &*GOOD;
    for length in (0..bytes.len()).step_by(97).chain(bytes.len() - 30..bytes.len()) {
        assert!(Bundle::parse(&bytes[..length], &hall.signing()).is_err(), "{length}");
    }
}

/// A text with something of it changed.
fn spoilt(good: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    let places = (0..good.len(), 0..good.len(), 0..good.len());
    let inserted = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..8),
        "[\\[\\]{}\"'=.,\n#0-9a-z-]{0,8}".prop_map(String::into_bytes),
    ];
    (places, inserted).prop_map(move |((at, from, length), inserted)| {
        let mut bytes = good.to_vec();
        let to = (from + length % 16).min(bytes.len());
        bytes.drain(from..to);
        let at = at.min(bytes.len());
        bytes.splice(at..at, inserted);
        bytes
    })
}

fn leaked(text: &str) -> &'static [u8] {
    text.to_owned().leak().as_bytes()
}

static MANIFEST_TEXT: LazyLock<&'static [u8]> =
    LazyLock::new(|| leaked(std::str::from_utf8(&unpack(&GOOD.1).unwrap()[MANIFEST]).unwrap()));

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        fuzz(&bytes);
        prop_assert!(Bundle::parse(&bytes, &GOOD.0.signing()).is_err());
        fuzz(&[b"PK\x03\x04", &bytes[..]].concat());
        _ = Manifest::parse(&bytes);
        _ = Network::parse(&bytes);
        _ = Settings::parse("lobby-1", &bytes);
    }

    /// Whatever is done to a bundle: it is refused, or says what was signed.
    #[test]
    fn what_is_taken_is_what_was_signed(bytes in spoilt(GOOD.1.as_slice())) {
        let (hall, good) = &*GOOD;
        fuzz(&bytes);
        if let Ok(bundle) = Bundle::parse(&bytes, &hall.signing()) {
            prop_assert_eq!(bundle, Bundle::parse(good, &hall.signing()).unwrap());
        }
    }

    #[test]
    fn a_manifest_is_sensible_or_refused(bytes in spoilt(*MANIFEST_TEXT)) {
        if let Ok(manifest) = Manifest::parse(&bytes) {
            prop_assert!(is_name(&manifest.hall) && manifest.serial > 0);
            prop_assert!(manifest.kiosk.iter().all(|kiosk| is_name(&kiosk.name)));
            prop_assert!((1..=26).contains(&manifest.kiosk.len()));
            prop_assert_eq!(Manifest::parse(manifest.text().unwrap().as_bytes()), Ok(manifest));
        }
    }

    #[test]
    fn settings_are_sensible_or_refused(
        network in spoilt(NETWORK.as_bytes()),
        settings in spoilt(SAMPLE.as_bytes()),
    ) {
        if let Ok(network) = Network::parse(&network) {
            prop_assert!(network.host.iter().all(|host| !host.addresses.is_empty()));
            prop_assert!((5..=100).contains(&network.screen.brightness) && network.sound.volume <= 100);
        }
        if let Ok(settings) = Settings::parse("lobby-1", &settings) {
            prop_assert!(settings.needs.iter().all(|need| need.port > 0 && !need.host.is_empty()));
        }
    }
}
