//! The driver and its helper against an emulated vendor's library, loaded as the real one would be.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use company_key::{
    Call, Challenge, CompanyCertificate, HelperConfig, KeyError, KeyFault, KeyHost, Keys, NextStep, Pin,
    Profile, Redactor, Sar, Signature,
};
use link::record::{Recorder, Recording};
use skf_vendor::{Company, Desk, Trouble, VARIABLE, sar};

const PIN: &str = "123456";
const HELPER: &str = env!("CARGO_BIN_EXE_onedoor-key-helper");

/// The library, which cargo builds beside the tests that depend on it.
fn library() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let path = tests.with_file_name("libskf_vendor.so");
    assert!(path.exists(), "{} was not built along with this test", path.display());
    path
}

struct Stage {
    dir: tempfile::TempDir,
    desk: Desk,
    host: KeyHost,
}

impl Stage {
    fn new() -> Self {
        Self::with(&library(), Profile::generic())
    }

    /// With a short wait for proofs, for tests of what never answers.
    fn impatient() -> Self {
        let mut profile = Profile::generic();
        profile.timeouts.prove = Duration::from_millis(300);
        Self::with(&library(), profile)
    }

    fn with(library: &Path, profile: Profile) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let desk = Desk::new(&dir.path().join("desk.json")).unwrap();
        let environment = vec![(VARIABLE.into(), desk.path().into())];
        let config = HelperConfig { helper: HELPER.into(), library: library.to_owned(), environment };
        Self { dir, desk, host: KeyHost::new(config, profile) }
    }

    fn plugged() -> Self {
        let stage = Self::new();
        stage.desk.plug(Company::Agency, PIN).unwrap();
        stage
    }

    fn prove(&mut self, certificate: &CompanyCertificate, pin: &str) -> Result<Signature, KeyError> {
        self.host.prove(certificate, Pin::new(pin.to_owned()).unwrap(), &challenge())
    }

    /// Goes on calling until the fault is over, as the owner of the keys does.
    fn recovered(&mut self) -> Keys {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            match self.host.poll() {
                Ok(keys) => return keys,
                Err(error) => assert!(Instant::now() < end, "it stays broken: {error}"),
            }
            std::thread::yield_now();
        }
    }
}

fn challenge() -> Challenge {
    Challenge::new(b"7d1f5c1e-88e2-4c5c-9d57-0a6d2b6c3f11 onedoor kiosk-1").unwrap()
}

fn fault<T: std::fmt::Debug>(outcome: Result<T, KeyError>) -> KeyFault {
    outcome.unwrap_err().fault
}

/// What OpenSSL makes of a signature by the key of this certificate.
fn openssl_verifies(certificate: &[u8], message: &[u8], signature: &Signature) -> bool {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let (certificate, message) = (file("c.der", certificate), file("message", message));
    let signature = file("signature", &signature.to_der());
    let public = dir.path().join("public.pem");
    let openssl = |command: &mut Command| {
        command.output().expect("openssl is not installed: run `make setup`").status.success()
    };
    assert!(openssl(
        Command::new("openssl")
            .args(["x509", "-inform", "DER", "-noout", "-pubkey", "-in"])
            .arg(&certificate)
            .arg("-out")
            .arg(&public)
    ));
    openssl(
        Command::new("openssl")
            .args(["pkeyutl", "-verify", "-rawin", "-digest", "sm3", "-pubin", "-inkey"])
            .arg(&public)
            .arg("-in")
            .arg(&message)
            .args(["-pkeyopt", "distid:1234567812345678", "-sigfile"])
            .arg(&signature),
    )
}

#[test]
fn a_key_is_found_read_and_proves_itself_to_openssl() {
    let mut stage = Stage::new();
    assert_eq!(stage.host.poll().unwrap(), Keys::None);
    assert_eq!(fault(stage.host.read()), KeyFault::NoKey);
    for company in [Company::Agency, Company::Shop] {
        stage.desk.plug(company, PIN).unwrap();
        assert!(matches!(stage.host.poll().unwrap(), Keys::One(_)));
        let certificate = stage.host.read().unwrap();
        assert_eq!(certificate.der(), company.certificate());
        let signature = stage.prove(&certificate, PIN).unwrap();
        assert!(openssl_verifies(certificate.der(), challenge().bytes(), &signature), "{company:?}");
        assert!(!openssl_verifies(certificate.der(), b"something else", &signature));
        stage.desk.pull(company).unwrap();
        assert_eq!(stage.host.poll().unwrap(), Keys::None);
    }
    stage.host.close();
    assert_eq!(stage.host.helper_id(), None);
    assert_eq!(stage.host.poll().unwrap(), Keys::None, "another helper is started");
}

#[test]
fn several_keys_are_too_many() {
    let mut stage = Stage::plugged();
    stage.desk.plug(Company::Shop, PIN).unwrap();
    assert_eq!(stage.host.poll().unwrap(), Keys::Several);
    let error = stage.host.read().unwrap_err();
    assert_eq!((&error.fault, error.fault.next_step()), (&KeyFault::SeveralKeys, NextStep::PlugIn));
}

#[test]
fn plugging_is_waited_for() {
    let mut stage = Stage::new();
    assert_eq!(stage.host.wait(Duration::ZERO).unwrap(), Keys::None);
    let desk = Desk::at(&stage.dir.path().join("desk.json"));
    let plug = std::thread::spawn(move || desk.plug(Company::Agency, PIN).unwrap());
    let keys = stage.host.wait(Duration::from_secs(20)).unwrap();
    plug.join().unwrap();
    assert!(matches!(keys, Keys::One(_)), "{keys:?}");
}

#[test]
fn wrong_pins_are_counted_until_the_key_locks_itself() {
    let mut stage = Stage::plugged();
    let certificate = stage.host.read().unwrap();
    assert_eq!(fault(stage.prove(&certificate, "123")), KeyFault::PinUnfit);
    for left in (1..=5).rev() {
        let wrong = fault(stage.prove(&certificate, "654321"));
        assert_eq!(
            (&wrong, wrong.next_step()),
            (&KeyFault::PinWrong { tries_left: Some(left) }, NextStep::EnterPin)
        );
    }
    stage.prove(&certificate, PIN).expect("the right PIN gives the tries back");
    assert_eq!(fault(stage.prove(&certificate, "654321")), KeyFault::PinWrong { tries_left: Some(5) });
    stage.desk.set_tries(Company::Agency, 1).unwrap();
    assert_eq!(fault(stage.prove(&certificate, "654321")), KeyFault::PinLocked);
    let locked = fault(stage.prove(&certificate, PIN));
    assert_eq!((&locked, locked.next_step()), (&KeyFault::PinLocked, NextStep::OtherDocument));
    stage.host.read().expect("a locked key is read all the same");
}

#[test]
fn a_key_that_is_pulled_exchanged_or_blank_is_told() {
    let mut stage = Stage::plugged();
    let certificate = stage.host.read().unwrap();
    for call in ["SKF_ExportCertificate", "SKF_VerifyPIN", "SKF_ECCSignData", "SKF_EnumContainer"] {
        stage.desk.trouble(Trouble::Pulled { call: call.to_owned() }).unwrap();
        let removed = fault(stage.prove(&certificate, PIN));
        assert_eq!((&removed, removed.next_step()), (&KeyFault::Removed, NextStep::PlugIn), "{call}");
        assert_eq!(stage.host.poll().unwrap(), Keys::None);
        stage.desk.plug(Company::Agency, PIN).unwrap();
        stage.prove(&certificate, PIN).expect("plugged in again");
    }
    stage.desk.set_blank(Company::Agency, true).unwrap();
    assert_eq!(fault(stage.host.read()), KeyFault::NoCertificate);
    stage.desk.pull(Company::Agency).unwrap();
    stage.desk.plug(Company::Shop, PIN).unwrap();
    assert_eq!(fault(stage.prove(&certificate, PIN)), KeyFault::Changed);
}

#[test]
fn a_crash_is_noticed_and_survived() {
    let mut stage = Stage::plugged();
    let certificate = stage.host.read().unwrap();
    for call in ["SKF_EnumDev", "SKF_ExportCertificate", "SKF_ECCSignData"] {
        let before = stage.host.helper_id();
        stage.desk.trouble(Trouble::Crash { call: call.to_owned() }).unwrap();
        let crashed = fault(stage.prove(&certificate, PIN));
        assert_eq!(
            (&crashed, crashed.next_step()),
            (&KeyFault::Crashed { signal: 11 }, NextStep::Retry),
            "{call}"
        );
        assert_eq!(stage.host.helper_id(), None);
        assert!(matches!(stage.recovered(), Keys::One(_)));
        assert_ne!(stage.host.helper_id(), before);
        stage.prove(&certificate, PIN).expect("as before");
    }
}

#[test]
fn a_library_that_always_crashes_is_not_started_without_pause() {
    let mut stage = Stage::plugged();
    stage.desk.lasting(Some(Trouble::Crash { call: "SKF_EnumDev".to_owned() })).unwrap();
    assert_eq!(fault(stage.host.poll()), KeyFault::Crashed { signal: 11 });
    // The pause doubles with each failure: while it lasts, calls fail at once and start nothing.
    let begun = Instant::now();
    while stage.host.starts() < 4 {
        assert_eq!(fault(stage.host.poll()), KeyFault::Crashed { signal: 11 });
        assert!(begun.elapsed() < Duration::from_secs(20));
    }
    assert!(begun.elapsed() >= Duration::from_millis(100 + 200 + 400), "{:?}", begun.elapsed());
    stage.desk.lasting(None).unwrap();
    assert!(matches!(stage.recovered(), Keys::One(_)));
}

#[test]
fn a_hang_is_ended_and_survived() {
    let mut stage = Stage::impatient();
    stage.desk.plug(Company::Agency, PIN).unwrap();
    let certificate = stage.host.read().unwrap();
    for call in ["SKF_OpenContainer", "SKF_VerifyPIN", "SKF_Digest"] {
        let helper = stage.host.helper_id().unwrap();
        stage.desk.trouble(Trouble::Hang { call: call.to_owned() }).unwrap();
        let waited = Duration::from_millis(300);
        assert_eq!(fault(stage.prove(&certificate, PIN)), KeyFault::Hung { waited }, "{call}");
        assert!(!Path::new(&format!("/proc/{helper}")).exists(), "killed and reaped");
        assert!(matches!(stage.recovered(), Keys::One(_)));
        stage.host.read().expect("as before");
    }
}

#[test]
fn what_the_library_prints_does_not_get_among_the_answers() {
    let mut stage = Stage::plugged();
    stage.desk.set_chatty(true).unwrap();
    let certificate = stage.host.read().unwrap();
    stage.prove(&certificate, PIN).unwrap();
}

#[test]
fn every_refusal_is_passed_on_and_every_lie_is_noticed() {
    let mut stage = Stage::plugged();
    let certificate = stage.host.read().unwrap();
    for call in Call::ALL {
        let trouble = || Trouble::Fail { call: call.name().to_owned(), code: sar::FAIL };
        stage.desk.trouble(trouble()).unwrap();
        if call == Call::ExportCertificate {
            stage.prove(&certificate, PIN).expect("the first container is empty anyway");
            stage.desk.trouble(trouble()).unwrap();
            stage.desk.trouble(trouble()).unwrap();
        }
        let refused = fault(stage.prove(&certificate, PIN));
        assert_eq!(refused, KeyFault::Library { call, code: Sar::Fail });
        stage.prove(&certificate, PIN).expect("the helper is still there");
    }
    for call in [
        Call::EnumDev,
        Call::EnumApplication,
        Call::EnumContainer,
        Call::ExportPublicKey,
        Call::Digest,
        Call::EccSignData,
    ] {
        stage.desk.trouble(Trouble::Overlong { call: call.name().to_owned() }).unwrap();
        assert_eq!(fault(stage.prove(&certificate, PIN)), KeyFault::Misbehaved(call));
        stage.recovered();
    }
}

#[test]
fn what_is_missing_or_no_library_is_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let good = std::fs::read(library()).unwrap();
    let mut foreign = good.clone();
    // The machine of the ELF header: one that nobody runs this on.
    foreign[18..20].copy_from_slice(&[0x08, 0x00]);
    let mut lacking = good.clone();
    while let Some(at) = lacking.windows(16).position(|part| part == b"SKF_ECCSignData\0") {
        lacking[at..at + 15].copy_from_slice(b"SKF_ECCSignatur");
    }
    let told = |library: &Path| {
        let error = Stage::with(library, Profile::generic()).host.poll().unwrap_err();
        assert_eq!(error.fault.next_step(), NextStep::CallStaff);
        assert!(error.to_string().starts_with(&format!("company key ({}): ", library.display())), "{error}");
        error.fault
    };
    assert_eq!(told(&dir.path().join("none.so")), KeyFault::LibraryMissing);
    assert_eq!(told(&file("empty.so", b"")), KeyFault::LibraryWrongKind);
    assert_eq!(told(&file("text.so", b"#!/bin/sh\necho no library at all\n")), KeyFault::LibraryWrongKind);
    assert_eq!(told(&file("foreign.so", &foreign)), KeyFault::LibraryWrongKind);
    // The loader maps what the headers promise: touching what is not there is a crash of its own.
    let torn = fault(Stage::with(&file("torn.so", &good[..4096]), Profile::generic()).host.poll());
    assert!(matches!(torn, KeyFault::LibraryRefused(_) | KeyFault::Crashed { .. }), "{torn:?}");
    assert_eq!(
        told(&file("lacking.so", &lacking)),
        KeyFault::LibraryIncomplete("SKF_ECCSignData".to_owned())
    );

    let helper = dir.path().join("no-helper");
    let config = HelperConfig { helper: helper.clone(), library: library(), environment: vec![] };
    assert_eq!(fault(KeyHost::new(config, Profile::generic()).poll()), KeyFault::HelperMissing(helper));
    let config = HelperConfig { helper: file("plain", b""), library: library(), environment: vec![] };
    let fault = fault(KeyHost::new(config, Profile::generic()).poll());
    assert!(matches!(fault, KeyFault::HelperFailed(_)), "{fault:?}");
    let config = HelperConfig { helper: "/bin/false".into(), library: library(), environment: vec![] };
    let error = KeyHost::new(config, Profile::generic()).poll().unwrap_err();
    assert_eq!(error.fault, KeyFault::Exited { code: Some(1) });
}

#[test]
fn a_crash_is_written_out_and_plays_again_without_the_company() {
    let recorder = Recorder::new("company-key", "generic", Redactor);
    let mut stage = Stage::plugged();
    stage.host = stage.host.recorded(recorder.clone());
    let certificate = stage.host.read().unwrap();
    assert_eq!(fault(stage.prove(&certificate, "654321")), KeyFault::PinWrong { tries_left: Some(5) });
    stage.desk.trouble(Trouble::Crash { call: "SKF_ECCSignData".to_owned() }).unwrap();
    let crashed = fault(stage.prove(&certificate, PIN));
    let recording = recorder.snapshot(crashed.code()).to_string();
    let recording = Recording::parse(&recording).unwrap();
    assert_eq!(recording.fault, "crashed");
    stage.recovered();
    stage.prove(&certificate, PIN).unwrap();
    let outcomes = |recording| {
        let played = company_key::replay(recording).unwrap();
        played.calls.into_iter().map(|call| call.outcome.unwrap_or_default()).collect::<Vec<_>>()
    };
    assert_eq!(outcomes(&recording), ["ready", "certificate", "pin-wrong", "hung-up"]);
    let whole = recorder.snapshot("later");
    assert_eq!(outcomes(&whole)[4..], ["ready", "one", "signature"]);
}

#[test]
fn a_helper_ends_with_its_kiosk() {
    let mut stage = Stage::plugged();
    stage.host.poll().unwrap();
    let helper = stage.host.helper_id().unwrap();
    drop(stage);
    assert!(!Path::new(&format!("/proc/{helper}")).exists(), "killed and reaped");
}
