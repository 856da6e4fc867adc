//! The program, given to somebody who has no kiosk.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Mutex, MutexGuard, PoisonError};

fn kiosk(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(folder.join("kiosk")).current_dir(folder).args(arguments).output().expect("the program")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder in which the program lies alone. One at a time: what another test starts meanwhile would hold
/// the copy open for writing, and a program that is written to cannot be started.
fn folder() -> (tempfile::TempDir, MutexGuard<'static, ()>) {
    static ONE: Mutex<()> = Mutex::new(());
    let turn = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::copy(env!("CARGO_BIN_EXE_kiosk"), folder.path().join("kiosk")).expect("a copy");
    (folder, turn)
}

#[test]
fn what_needs_the_kiosk_is_refused_with_a_word_on_why() {
    let (folder, _turn) = folder();
    for arguments in [&["devices"][..], &["replay", "a-capsule"], &["receipt", "visit-1"], &[]] {
        let done = kiosk(folder.path(), arguments);
        assert_eq!(done.status.code(), Some(1), "{arguments:?}");
        let said = said(&done);
        let alone = "`page`, `verify`, `verify-log` and `verify-report` alone";
        assert!(said.contains("kiosk-appliance") && said.contains(alone), "{said}");
    }
}

#[test]
fn what_needs_files_alone_is_done() {
    let (folder, _turn) = folder();
    let grey = turbojpeg::Image {
        pixels: vec![250u8; 1000 * 1400],
        width: 1000,
        pitch: 1000,
        height: 1400,
        format: turbojpeg::PixelFormat::GRAY,
    };
    let scan = turbojpeg::compress(grey.as_deref(), 80, turbojpeg::Subsamp::Gray).expect("a scan");
    std::fs::write(folder.path().join("scan.jpg"), scan).expect("a file");
    let done = kiosk(folder.path(), &["page", "scan.jpg", "page.pdf", "--json"]);
    assert!(done.status.success(), "{}", said(&done));
    assert!(String::from_utf8_lossy(&done.stdout).contains("\"blank\":true"), "{done:?}");
    assert_eq!(said(&done), "");
    assert!(std::fs::read(folder.path().join("page.pdf")).expect("a document").starts_with(b"%PDF-"));

    let done = kiosk(folder.path(), &["verify", "scan.jpg", "page.pdf"]);
    assert_eq!(done.status.code(), Some(1));
    assert!(said(&done).contains("no receipt"), "{}", said(&done));
}

#[test]
fn a_log_is_whole_or_is_not() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, _turn) = folder();
    let key = folder.path().join("log.key");
    std::fs::write(&key, [7; 32]).expect("a key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).expect("a key");
    let log = folder.path().join("log");
    let opened = log_book::LogKey::load(&key, &log).expect("a key");
    let stamp = log_book::Stamp::now();
    let mut book = log_book::Book::open(&log, opened, log_book::Limits::default(), &stamp).expect("a log");
    book.append(&log_book::Event::LogClosed {}, &stamp).expect("a line");
    book.sync().expect("synced");

    let verify = ["verify-log", "log", "--key", "log.key"];
    let done = kiosk(folder.path(), &verify);
    assert!(done.status.success(), "{}", said(&done));
    assert!(String::from_utf8_lossy(&done.stdout).ends_with("this log is whole\n"), "{done:?}");

    let file = log.join("00000001.log");
    let changed = std::fs::read_to_string(&file).expect("text").replace("LogClosed", "LogBroken");
    std::fs::write(&file, changed).expect("a file");
    let done = kiosk(folder.path(), &verify);
    assert_eq!(done.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&done.stdout).contains("line 2: CHANGED"), "{done:?}");
    assert!(said(&done).contains("not whole"), "{}", said(&done));

    for arguments in [
        &["verify-log", "log"][..],
        &["verify-log", "log", "--key", "absent"],
        &["verify-log", "absent", "--key", "log.key"],
    ] {
        assert!(!kiosk(folder.path(), arguments).status.success(), "{arguments:?}");
    }
}

/// A hall's authority, and files that a kiosk of it signed: `report.json` and `report.pdf`, not ready.
fn reports(folder: &Path, made: &str) {
    use readiness::{Key, Moment, Text, Words};
    let issuer = {
        let mut params = rcgen::CertificateParams::default();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        rcgen::CertifiedIssuer::self_signed(params, rcgen::KeyPair::generate().expect("a key")).expect("a CA")
    };
    let key = rcgen::KeyPair::generate().expect("a key");
    let params = rcgen::CertificateParams::new(["kiosk-7.example".to_owned()]).expect("a name");
    let chain = [params.signed_by(&key, &issuer).expect("a certificate").der().clone()];
    let random = ring::rand::SystemRandom::new();
    let kind = &ring::signature::ECDSA_P256_SHA256_ASN1_SIGNING;
    let pair = ring::signature::EcdsaKeyPair::from_pkcs8(kind, key.serialized_der(), &random).expect("a key");
    let sign = |message: &[u8]| {
        pair.sign(&random, message)
            .map(|signature| signature.as_ref().to_vec())
            .map_err(|_| "no signature".into())
    };
    let signer = readiness::Signer::new(&chain, &sign).expect("a signer");
    let made: Moment = made.parse().expect("a moment");
    let fault = readiness::Fault {
        code: Key::new("P02").expect("a code"),
        severity: readiness::Severity::Stops,
        words: Words::clipped("纸已用完", "Out of paper"),
        since: made,
    };
    let report = readiness::Report {
        form: readiness::Form,
        kiosk: Key::new("lobby-7").expect("a name"),
        hall: Words::clipped("大厅", "Hall"),
        made,
        software: readiness::Software { running: Text::clipped("1.4.0"), parts: readiness::List::default() },
        certificate: signer.certificate(),
        devices: readiness::List::new(vec![readiness::Device {
            key: Key::new("printer").expect("a key"),
            name: Words::clipped("取号机", "Ticket printer"),
            fitted: true,
            identity: None,
            faults: readiness::List::new(vec![fault]).expect("few"),
        }])
        .expect("few"),
        tests: readiness::List::default(),
        ticket_loop: None,
        counters: readiness::Counters { tickets: 0, paper_mm: 0, tickets_left: None, days_left: None },
        outbox: readiness::Outbox { waiting: 0, oldest: None, refused: 0 },
        self_test: None,
    };
    let font = |weight: &str| {
        let path = format!("/usr/share/fonts/opentype/noto/NotoSansCJK-{weight}.ttc");
        std::fs::read(path).expect("the package fonts-noto-cjk (tools/setup)")
    };
    let fonts = readiness::Fonts::new(font("Regular"), font("Bold")).expect("fonts");
    let sealed = readiness::Sealed::new(&report, &signer, &fonts).expect("a report");
    for (name, bytes) in [
        ("ca.pem", issuer.pem().as_bytes()),
        ("report.json", &sealed.json),
        ("report.json.jws", sealed.json_jws.as_bytes()),
        ("report.pdf", &sealed.pdf),
        ("report.pdf.jws", sealed.pdf_jws.as_bytes()),
    ] {
        std::fs::write(folder.join(name), bytes).expect("a file");
    }
}

#[test]
fn a_report_is_a_kiosks_or_is_not() {
    let (folder, _turn) = folder();
    reports(folder.path(), "2026-03-01T17:42:08+08:00");
    for file in ["report.json", "report.pdf"] {
        let done = kiosk(folder.path(), &["verify-report", file, "--ca", "ca.pem"]);
        assert!(done.status.success(), "{}", said(&done));
        let out = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(
            out.starts_with("kiosk lobby-7, onedoor 1.4.0\nmade at 2026-03-01T17:42:08+08:00\n"),
            "{out}"
        );
        assert!(out.contains("certificate of kiosk-7.example, SHA-256 "), "{out}");
        assert!(out.ends_with("\nNOT READY; faults: P02\n"), "{out}");

        let done = kiosk(folder.path(), &["verify-report", file, "--ca", "ca.pem", "--ready"]);
        assert_eq!(done.status.code(), Some(1));
        assert!(said(&done).contains("not ready"), "{}", said(&done));

        // Another hall's authority.
        let other = rcgen::generate_simple_self_signed([]).expect("a certificate");
        std::fs::write(folder.path().join("other.pem"), other.cert.pem()).expect("a file");
        for (ca, why) in
            [("other.pem", "other.pem: the authorities"), ("absent.pem", "absent.pem could not be read")]
        {
            let done = kiosk(folder.path(), &["verify-report", file, "--ca", ca]);
            assert_eq!(done.status.code(), Some(1));
            assert!(said(&done).contains(why), "{}", said(&done));
        }

        let path = folder.path().join(file);
        let mut bytes = std::fs::read(&path).expect("a file");
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        std::fs::write(&path, bytes).expect("a file");
        let done = kiosk(folder.path(), &["verify-report", file, "--ca", "ca.pem"]);
        assert_eq!(done.status.code(), Some(1));
        assert!(said(&done).contains("the signature is wrong") && done.stdout.is_empty(), "{done:?}");

        std::fs::remove_file(folder.path().join(format!("{file}.jws"))).expect("removed");
        let done = kiosk(folder.path(), &["verify-report", file, "--ca", "ca.pem"]);
        assert!(said(&done).contains(&format!("{file}.jws could not be read")), "{}", said(&done));
    }

    let tomorrow = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24);
    reports(folder.path(), &readiness::Moment::new(tomorrow, jiff::tz::Offset::UTC).to_string());
    let done = kiosk(folder.path(), &["verify-report", "report.json", "--ca", "ca.pem"]);
    assert_eq!(done.status.code(), Some(1));
    assert!(said(&done).contains("yet to come"), "{}", said(&done));
}

/// What the appliance beside it is told is what the program was told, and its exit is the program's.
#[test]
fn what_needs_the_kiosk_is_handed_on() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, _turn) = folder();
    let appliance = folder.path().join(command::APPLIANCE);
    std::fs::write(&appliance, "#!/bin/sh\necho \"$*\"\nexit 7\n").expect("a program");
    std::fs::set_permissions(&appliance, std::fs::Permissions::from_mode(0o755)).expect("a program");
    for arguments in [&["--config", "there.toml", "receipt", "visit-1"][..], &["devices"], &[]] {
        let done = kiosk(folder.path(), arguments);
        assert_eq!(done.status.code(), Some(7));
        assert_eq!(String::from_utf8_lossy(&done.stdout).trim_end(), arguments.join(" "));
    }
}
