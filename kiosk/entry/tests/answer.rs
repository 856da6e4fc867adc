//! The office's tool as the office uses it, and the kiosk that believes it.

use std::convert::Infallible;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use entry::{Answer, Attempts, Challenge, KioskKey, Pass, Persisted, Who};
use zeroize::Zeroizing;

fn tool(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_onedoor-answer")).args(arguments).output().unwrap()
}

#[track_caller]
fn said(arguments: &[&str]) -> String {
    let output = tool(arguments);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn refused(arguments: &[&str], why: &str) {
    let output = tool(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && output.stdout.is_empty() && said.contains(why), "{output:?}");
}

fn kiosk_key(path: &Path) -> KioskKey {
    let bytes: [u8; 32] = fs::read(path).unwrap().try_into().unwrap();
    KioskKey::from_bytes(Zeroizing::new(bytes))
}

#[test]
fn the_office_opens_the_kiosk_that_asked_and_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let office = at("office");
    assert!(said(&["new-key", &office]).contains("office's key"));
    let keys = ["lobby-1", "lobby-2"].map(|name| {
        said(&["kiosk-key", "--key", &office, "--kiosk", name, &at(name)]);
        kiosk_key(Path::new(&at(name)))
    });
    for file in [&office, &at("lobby-1")] {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_ne!(keys[0].as_bytes(), keys[1].as_bytes());

    let now = Duration::from_secs(3);
    let mut attempts = Attempts::restored(0, now);
    let counter = Persisted::next(41, |_| Ok::<_, Infallible>(())).unwrap();
    let mut challenge = Challenge::new(counter, [9; 8], now);
    let shown = challenge.question().to_string();
    let code = |kiosk: &str, shown: &str| {
        let text = said(&["--key", &office, "--kiosk", kiosk, shown]);
        assert!(text.contains(&format!("challenge 42 of {kiosk}")), "{text}");
        text.lines().next().unwrap().to_owned()
    };
    let other = code("lobby-2", &shown);
    let wrong = challenge.answer(&keys[0], &other, &mut attempts, now);
    assert_eq!(wrong, Answer::Wrong { left: 4 });
    // As one word or as many.
    let right = code("lobby-1", &shown.replace(' ', ""));
    assert_eq!(right, code("lobby-1", &shown));
    let mut words = vec!["--key", &office, "--kiosk", "lobby-1"];
    words.extend(shown.split(' '));
    assert!(said(&words).starts_with(&right));
    let opened = challenge.answer(&keys[0], &right, &mut attempts, now);
    let Answer::Open(pass) = opened else { panic!("{opened:?}") };
    assert_eq!(Pass::who(pass), Who::Office { counter: 42 });
}

#[test]
fn what_was_mistyped_and_what_is_no_key_gets_no_code() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let office = at("office");
    said(&["new-key", &office]);
    let before = fs::read(&office).unwrap();
    refused(&["new-key", &office], "never overwritten");
    assert_eq!(fs::read(&office).unwrap(), before);

    let ask = |key: &str, kiosk: &str, challenge: &str| -> Vec<String> {
        ["--key", key, "--kiosk", kiosk, challenge].map(str::to_owned).to_vec()
    };
    let counter = Persisted::next(0, |_| Ok::<_, Infallible>(())).unwrap();
    let right = Challenge::new(counter, [9; 8], Duration::ZERO).question().to_string();
    let last = if right.ends_with('1') { "2" } else { "1" };
    let wrong = format!("{}{last}", &right[..right.len() - 1]);
    fs::write(at("short"), [0; 31]).unwrap();
    fs::set_permissions(at("short"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(at("open"), [0; 32]).unwrap();
    fs::set_permissions(at("open"), fs::Permissions::from_mode(0o644)).unwrap();
    for (arguments, why) in [
        (ask(&office, "lobby-1", &wrong), "a digit is wrong"),
        (ask(&office, "lobby-1", "1234"), "misheard or mistyped"),
        (ask(&office, "lobby-1", "hello"), "only digits"),
        (ask(&office, "lobby 1", &right), "1 to 40 letters"),
        (ask(&at("short"), "lobby-1", &right), "exactly 32 bytes"),
        (ask(&at("open"), "lobby-1", &right), "mode 0644"),
        (ask(&at("nowhere"), "lobby-1", &right), "could not be read"),
        (ask(dir.path().to_str().unwrap(), "lobby-1", &right), "exactly 32 bytes"),
    ] {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        refused(&arguments, why);
    }
    refused(&[], "Usage");
    refused(&["--kiosk", "lobby-1", &right], "--key");
}
