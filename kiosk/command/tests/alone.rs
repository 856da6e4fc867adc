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
        assert!(
            said.contains("kiosk-appliance") && said.contains("`page`, `verify` and `verify-log`"),
            "{said}"
        );
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
