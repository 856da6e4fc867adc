//! What is signed is believed, and nothing else.

use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use rustls_pki_types::CertificateDer;

use super::*;
use crate::short::verify_short;
use crate::testing::{Ca, Identity, Purpose, fonts};
use crate::{LONGEST_SHORT, SealError, Sealed, SignError, Signer, sample};

fn at() -> Timestamp {
    "2026-03-01T10:00:00Z".parse().unwrap()
}

fn sealed(identity: &Identity) -> Sealed {
    identity.seal(sample::broken(), &fonts()).unwrap()
}

#[test]
fn both_files_and_the_short_form_are_the_kiosks() {
    for kind in [&rcgen::PKCS_ECDSA_P256_SHA256, &rcgen::PKCS_ED25519] {
        let ca = Ca::new("hall");
        let kiosk = ca.issue("jiading-lobby-1", kind, Purpose::Kiosk);
        let sealed = sealed(&kiosk);
        let pem = ca.pem();
        for (file, jws, content) in
            [(&sealed.json, &sealed.json_jws, Content::Json), (&sealed.pdf, &sealed.pdf_jws, Content::Pdf)]
        {
            for signed in [
                verify(file, jws, pem.as_bytes(), at()).unwrap(),
                verify_report(file, &format!("{jws}\n"), pem.as_bytes()).unwrap(),
            ] {
                assert_eq!(signed.content, content);
                assert_eq!(signed.name.unwrap().as_str(), "jiading-lobby-1.kiosks.example");
                assert_eq!(signed.certificate.sha256, crate::Fingerprint::of(&kiosk.chain[0]));
                assert_eq!(signed.certificate.ends.to_string(), "2029-12-31T00:00:00+00:00");
                assert_eq!(signed.summary.kiosk.as_str(), "jiading-lobby-1");
                assert!(!signed.summary.ready);
            }
        }
        assert!(sealed.short.len() <= LONGEST_SHORT);
        let summary = verify_short(&sealed.short, &kiosk.chain[0]).unwrap();
        let report = Report::from_json(&sealed.json).unwrap();
        assert_eq!(summary, Summary::of(&report));
        let keys = |keys: &[crate::Key]| keys.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(keys(&summary.failed), ["print", "upload"]);
        assert_eq!(keys(&summary.faults), ["P02", "S07"]);
        assert_eq!(summary.more, 0);
    }
}

#[test]
fn whatever_is_changed_is_noticed() {
    let ca = Ca::new("hall");
    let sealed = sealed(&ca.kiosk("jiading-lobby-1"));
    let pem = ca.pem();
    for (file, jws) in [(&sealed.json, &sealed.json_jws), (&sealed.pdf, &sealed.pdf_jws)] {
        for place in [0, file.len() / 2, file.len() - 1] {
            let mut changed = file.clone();
            changed[place] ^= 1;
            let error = verify_report(&changed, jws, pem.as_bytes()).unwrap_err();
            assert!(matches!(error, VerifyError::Signature), "{error}");
        }
        for changed in [&[file.as_slice(), b" "].concat(), &file[..file.len() - 1], b""] {
            let error = verify_report(changed, jws, pem.as_bytes()).unwrap_err();
            assert!(matches!(error, VerifyError::Signature), "{error}");
        }
    }
    // One file's signature is not the other's.
    assert!(matches!(
        verify_report(&sealed.json, &sealed.pdf_jws, pem.as_bytes()),
        Err(VerifyError::Signature)
    ));
    // A header with something else in it.
    let header = sealed.json_jws.split('.').next().unwrap();
    let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    let error = |from: &str, to: &str| {
        let changed = plain.replacen(from, to, 1);
        assert_ne!(changed, plain);
        let jws = sealed.json_jws.replace(header, &URL_SAFE_NO_PAD.encode(changed));
        verify_report(&sealed.json, &jws, pem.as_bytes()).unwrap_err()
    };
    assert!(matches!(error("\"ready\":false", "\"ready\":true"), VerifyError::Signature));
    assert!(matches!(error("ES256", "none"), VerifyError::Form));
    assert!(matches!(error("ES256", "HS256"), VerifyError::Form));
    assert!(matches!(error("ES256", "EdDSA"), VerifyError::Kind));
    assert!(matches!(error("{", "{\"crit\":[\"b64\"],\"b64\":false,"), VerifyError::Form));
    assert!(matches!(error("\"x5c\":[\"", "\"x5c\":[\"AAAA\",\""), VerifyError::Certificate));
}

#[test]
fn what_is_no_detached_signature_is_refused() {
    let ca = Ca::new("hall");
    let sealed = sealed(&ca.kiosk("jiading-lobby-1"));
    let jws = &sealed.json_jws;
    let attached = jws.replace("..", &format!(".{}.", URL_SAFE_NO_PAD.encode(&sealed.json)));
    for strange in [
        String::new(),
        "..".to_owned(),
        attached,
        format!("{jws}.x"),
        jws.replace("..", "."),
        format!("{jws}="),
        sealed.short.clone(),
        "x".repeat(LONGEST_JWS + 1),
    ] {
        let error = verify(&sealed.json, &strange, ca.pem().as_bytes(), at()).unwrap_err();
        assert!(matches!(error, VerifyError::Form), "{strange}: {error}");
    }
}

#[test]
fn certificates_of_others_and_for_other_things_are_refused() {
    let (ca, stranger) = (Ca::new("hall"), Ca::new("hall"));
    let (p256, unsaid) = (&rcgen::PKCS_ECDSA_P256_SHA256, Purpose::Unsaid);
    for (identity, refused) in [
        (ca.kiosk("k"), None),
        (ca.issue("k", p256, unsaid), None),
        // The same name and another key.
        (stranger.kiosk("k"), Some("is not of this hall")),
        (ca.issue("store", p256, Purpose::Store), Some("is not a kiosk's")),
    ] {
        let sealed = sealed(&identity);
        let done = verify(&sealed.json, &sealed.json_jws, ca.pem().as_bytes(), at());
        match refused {
            None => assert!(done.is_ok()),
            Some(why) => assert!(done.unwrap_err().to_string().contains(why)),
        }
    }
    let p384 = ca.issue("k", &rcgen::PKCS_ECDSA_P384_SHA384, Purpose::Kiosk);
    let refused = p384.seal(sample::ready(), &fonts());
    assert!(matches!(refused, Err(SealError::Sign(SignError::Certificate))));
}

#[test]
fn an_authority_between_is_in_the_signature_or_with_the_root() {
    let root = Ca::new("hall");
    let between = root.below("kiosks");
    let mut kiosk = between.kiosk("k");
    let alone = sealed(&kiosk);
    let both = [root.pem(), between.pem()].concat();
    let done = |sealed: &Sealed, pem: &str| verify(&sealed.json, &sealed.json_jws, pem.as_bytes(), at());
    assert!(matches!(done(&alone, &root.pem()), Err(VerifyError::NotOurs)));
    assert!(done(&alone, &both).is_ok());
    kiosk.chain.push(between.der.clone());
    assert!(done(&sealed(&kiosk), &root.pem()).is_ok());
    // An authority in the middle alone is no root, and a kiosk is no authority.
    assert!(matches!(done(&alone, &between.pem()), Err(VerifyError::Authorities)));
    for strange in [
        "",
        "no PEM",
        &root.pem().repeat(9),
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        assert!(matches!(done(&alone, strange), Err(VerifyError::Authorities)), "{strange}");
    }
}

#[test]
fn time_is_that_of_the_report() {
    let ca = Ca::new("hall");
    let kiosk = ca.kiosk("k");
    let sealed = sealed(&kiosk);
    let done = |at: &str| verify(&sealed.json, &sealed.json_jws, ca.pem().as_bytes(), at.parse().unwrap());
    assert!(done("2029-12-31T00:00:00Z").is_ok());
    assert!(matches!(done("2029-12-31T00:00:01Z"), Err(VerifyError::Expired)));
    assert!(matches!(done("2019-12-31T23:59:59Z"), Err(VerifyError::NotYetValid)));
    for (made, refused) in [
        ("2030-01-01T00:00:00+08:00", true),
        ("2019-12-31T00:00:00+08:00", true),
        ("2026-03-01T00:00:00+08:00", false),
    ] {
        let report = Report { made: sample::moment(made), ..sample::ready() };
        let sealed = kiosk.seal(report, &fonts()).unwrap();
        assert_eq!(
            verify_report(&sealed.json, &sealed.json_jws, ca.pem().as_bytes()).is_err(),
            refused,
            "{made}"
        );
        assert_eq!(verify_short(&sealed.short, &kiosk.chain[0]).is_err(), refused, "{made}");
    }
}

#[test]
fn a_report_that_says_something_else_than_its_signature_is_refused() {
    let ca = Ca::new("hall");
    let kiosk = ca.kiosk("k");
    let sign = |message: &[u8]| kiosk.sign(message);
    let signer = Signer::new(&kiosk.chain, &sign).unwrap();
    let (ready, broken) = (sample::ready(), sample::broken());
    // Signed by the kiosk's own key, but not by its software.
    for (json, summary, contradicts) in [
        (broken.to_json(), Summary::of(&ready), true),
        // The report names another certificate.
        (ready.to_json(), Summary::of(&ready), true),
    ] {
        let jws = signer.detached(Content::Json, &json, &summary).unwrap();
        assert!(verify(&json, &jws, ca.pem().as_bytes(), at()).is_ok());
        let done = verify_report(&json, &jws, ca.pem().as_bytes());
        assert_eq!(matches!(done, Err(VerifyError::Contradiction)), contradicts);
    }
    let jws = signer.detached(Content::Json, b"{}", &Summary::of(&ready)).unwrap();
    assert!(matches!(verify_report(b"{}", &jws, ca.pem().as_bytes()), Err(VerifyError::Report(_))));
    let refused = Sealed::new(&ready, &signer, &fonts());
    assert!(matches!(refused, Err(SealError::Sign(SignError::OtherCertificate))));
}

#[test]
fn a_key_that_is_not_the_certificates_signs_nothing() {
    let ca = Ca::new("hall");
    let (one, other) = (ca.kiosk("k"), ca.kiosk("k"));
    for (sign, said) in [
        (Box::new(|m: &[u8]| other.sign(m)) as Box<crate::Sign<'_>>, "do not belong together"),
        (Box::new(|_: &[u8]| Ok(vec![1, 2, 3])), "do not belong together"),
        (Box::new(|_: &[u8]| Err("the chip is gone".into())), "the chip is gone"),
    ] {
        let signer = Signer::new(&one.chain, &*sign).unwrap();
        let error = signer.detached(Content::Json, b"{}", &Summary::of(&sample::ready())).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
    }
    assert!(matches!(Signer::new(&[], &|_| Ok(vec![])), Err(SignError::Certificate)));
}

#[test]
fn a_short_form_is_one_certificates() {
    let ca = Ca::new("hall");
    let (kiosk, other) = (ca.kiosk("k"), ca.kiosk("k"));
    let short = sealed(&kiosk).short;
    let refused = |text: &str, der: &CertificateDer<'_>| verify_short(text, der).unwrap_err();
    assert!(matches!(refused(&short, &other.chain[0]), VerifyError::OtherCertificate));
    assert!(matches!(refused(&short, &CertificateDer::from(vec![0; 9])), VerifyError::Certificate));
    assert!(matches!(refused("", &kiosk.chain[0]), VerifyError::Form));
    let [header, payload, signature] = short.split('.').collect::<Vec<_>>().try_into().unwrap();
    let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    let ready = URL_SAFE_NO_PAD.encode(plain.replace("false", "true"));
    let changed = [header, &ready, signature].join(".");
    assert!(matches!(refused(&changed, &kiosk.chain[0]), VerifyError::Signature));
}

#[test]
fn the_longest_report_has_a_short_form_too() {
    let ca = Ca::new("hall");
    let kiosk = ca.kiosk("k");
    let sealed = kiosk.seal(sample::longest(), &fonts()).unwrap();
    assert!(sealed.short.len() <= LONGEST_SHORT, "{}", sealed.short.len());
    let summary = verify_short(&sealed.short, &kiosk.chain[0]).unwrap();
    assert_eq!(summary.failed.len() + summary.faults.len() + summary.more as usize, 64 + 16 * 16);
    assert!(!summary.failed.is_empty() && !summary.faults.is_empty());
    assert!(verify_report(&sealed.json, &sealed.json_jws, ca.pem().as_bytes()).is_ok());
}

/// openssl knows nothing of JSON or of this program: it gets what is signed, the public key and the signature.
#[test]
fn openssl_finds_the_signatures_right() {
    for kind in [&rcgen::PKCS_ECDSA_P256_SHA256, &rcgen::PKCS_ED25519] {
        let ca = Ca::new("hall");
        let kiosk = ca.issue("k", kind, Purpose::Kiosk);
        let sealed = sealed(&kiosk);
        let folder = tempfile::tempdir().unwrap();
        let openssl = |arguments: &[&str]| {
            let done = Command::new("openssl").current_dir(&folder).args(arguments).output();
            done.expect("openssl (tools/setup)")
        };
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
        write("kiosk.der", &kiosk.chain[0]);
        write("ca.pem", ca.pem().as_bytes());
        let key = openssl(&["x509", "-inform", "DER", "-in", "kiosk.der", "-pubkey", "-noout"]);
        write("kiosk.pub", &key.stdout);
        for (jws, file) in [
            (&sealed.json_jws, Some(&sealed.json)),
            (&sealed.pdf_jws, Some(&sealed.pdf)),
            (&sealed.short, None),
        ] {
            let [header, payload, signature] = jws.split('.').collect::<Vec<_>>().try_into().unwrap();
            let payload = file.map_or(payload.to_owned(), |file| URL_SAFE_NO_PAD.encode(file));
            write("signed", format!("{header}.{payload}").as_bytes());
            let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
            let check: &[&str] = if kind == &rcgen::PKCS_ED25519 {
                write("signature", &signature);
                &[
                    "pkeyutl",
                    "-verify",
                    "-pubin",
                    "-inkey",
                    "kiosk.pub",
                    "-rawin",
                    "-in",
                    "signed",
                    "-sigfile",
                    "signature",
                ]
            } else {
                // openssl itself makes DER of the two numbers.
                let number = |half: &[u8]| half.iter().map(|b| format!("{b:02X}")).collect::<String>();
                let numbers = format!(
                    "asn1=SEQUENCE:s\n[s]\nr=INTEGER:0x{}\ns=INTEGER:0x{}\n",
                    number(&signature[..32]),
                    number(&signature[32..])
                );
                write("numbers", numbers.as_bytes());
                assert!(
                    openssl(&["asn1parse", "-genconf", "numbers", "-noout", "-out", "signature"])
                        .status
                        .success()
                );
                &["dgst", "-sha256", "-verify", "kiosk.pub", "-signature", "signature", "signed"]
            };
            let done = openssl(check);
            assert!(done.status.success(), "{done:?}");
            write("signed", format!("{header}.{payload}x").as_bytes());
            assert!(!openssl(check).status.success(), "openssl must be able to say no");
        }
        let header = sealed.pdf_jws.split('.').next().unwrap();
        let header: serde_json::Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
        let certificate = header["x5c"][0].as_str().unwrap();
        write("x5c.der", &base64::engine::general_purpose::STANDARD.decode(certificate).unwrap());
        let done = openssl(&["verify", "-CAfile", "ca.pem", "-purpose", "sslclient", "x5c.der"]);
        assert!(done.status.success(), "{done:?}");
    }
}

proptest! {
    #[test]
    fn no_signature_is_too_strange(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 32u8..127), 1..4),
    ) {
        static SEALED: std::sync::LazyLock<(Sealed, String, CertificateDer<'static>)> =
            std::sync::LazyLock::new(|| {
                let ca = Ca::new("hall");
                let kiosk = ca.kiosk("k");
                (sealed(&kiosk), ca.pem(), kiosk.chain[0].clone())
            });
        let (sealed, pem, certificate) = &*SEALED;
        let changed = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            for (at, byte) in &changes {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            String::from_utf8(bytes).unwrap()
        };
        let jws = changed(&sealed.json_jws);
        prop_assert!(jws == sealed.json_jws || verify(&sealed.json, &jws, pem.as_bytes(), at()).is_err());
        let short = changed(&sealed.short);
        prop_assert!(short.trim() == sealed.short || verify_short(&short, certificate).is_err());
    }
}
