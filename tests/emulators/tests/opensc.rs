//! The emulated PIV card by what OpenSC, which no one here wrote, makes of it.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use emulators::slot::EmulatedCard;
use emulators::social_card::PcscDaemon;
use emulators::staff_card::{Authority, Key, KeyKind, PivCard, Quirk, Wanted};

const PIN: &str = "271828";

/// Runs one of OpenSC's programs with this pcscd.
fn opensc(pcscd: &PcscDaemon, program: &str, arguments: &[&str]) -> Output {
    let output = Command::new(program)
        .args(arguments)
        .env("PCSCLITE_CSOCK_NAME", pcscd.socket())
        .env_remove("OPENSC_DEBUG")
        .output();
    output.unwrap_or_else(|error| panic!("{program}: {error}; run `make setup`"))
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Has OpenSC sign a file with key 9A (to which it gives the number 01), under a PIN.
fn sign(pcscd: &PcscDaemon, kind: KeyKind, pin: &str, folder: &Path) -> Output {
    let at = |name: &str| folder.join(name).to_str().expect("UTF-8").to_owned();
    let mechanism = match kind {
        KeyKind::P256 => "ECDSA-SHA256",
        KeyKind::Rsa2048 => "SHA256-RSA-PKCS",
    };
    let (message, signature) = (at("message"), at("signature"));
    let mut arguments = vec!["--login", "--pin", pin, "--sign", "--id", "01", "--mechanism", mechanism];
    if kind == KeyKind::P256 {
        arguments.extend(["--signature-format", "openssl"]);
    }
    arguments.extend(["--input-file", &message, "--output-file", &signature]);
    opensc(pcscd, "pkcs11-tool", &arguments)
}

#[test]
fn opensc_reads_the_certificate_and_signs_with_the_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let pcscd = PcscDaemon::start(folder.path()).expect("run `make setup`");
    std::fs::write(at("message"), "a message").expect("a file");
    for (kind, quirk) in [
        (KeyKind::P256, None),
        (KeyKind::Rsa2048, None),
        (KeyKind::Rsa2048, Some(Quirk::AnswersInPieces(100))),
    ] {
        let key = Key::new(kind);
        let certificate = Authority::root("Hall").certify(key.pair(), &Wanted::default());
        std::fs::write(at("public.pem"), key.pair().public_key_pem()).expect("a file");
        let card = PivCard::new(key, certificate.clone(), PIN);
        let card = quirk.into_iter().fold(card, PivCard::with);
        let card = EmulatedCard::insert(pcscd.port(), card).expect("the slot waits");
        assert!(card.wait_until(Duration::from_secs(20), |seen| seen.power_ups > 0));

        let named = opensc(&pcscd, "opensc-tool", &["--name"]);
        assert!(said(&named).contains("Personal Identity Verification"), "{}", said(&named));
        let read = opensc(&pcscd, "pkcs15-tool", &["--read-certificate", "01"]);
        std::fs::write(at("read.pem"), &read.stdout).expect("a file");
        let der = Command::new("openssl")
            .args(["x509", "-outform", "DER", "-in"])
            .arg(at("read.pem"))
            .output()
            .expect("openssl runs");
        assert_eq!(der.stdout, certificate, "{}", said(&read));

        let wrong = sign(&pcscd, kind, "000000", folder.path());
        assert!(said(&wrong).contains("CKR_PIN_INCORRECT"), "{}", said(&wrong));
        let signed = sign(&pcscd, kind, PIN, folder.path());
        assert!(signed.status.success(), "{}", said(&signed));
        let verified = Command::new("openssl")
            .args(["dgst", "-sha256", "-verify"])
            .arg(at("public.pem"))
            .arg("-signature")
            .arg(at("signature"))
            .arg(at("message"))
            .output()
            .expect("openssl runs");
        assert_eq!(String::from_utf8_lossy(&verified.stdout).trim(), "Verified OK", "{kind:?} {quirk:?}");
        card.remove();
    }
}
