//! Runs a test again with an emulated USB device plugged in, under `umockdev-wrapper`.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Says to a test's second run where its device listens.
const SOCKET: &str = "ONEDOOR_USB_DEVICE";

/// The hand at the emulated device.
pub struct Hand {
    line: BufReader<UnixStream>,
}

impl Hand {
    /// Gives a command (see `device.c`) and waits until it is done; the number it answers.
    pub fn tell(&mut self, command: &str) -> usize {
        writeln!(self.line.get_mut(), "{command}").unwrap();
        let mut answer = String::new();
        self.line.read_line(&mut answer).unwrap();
        answer.trim().strip_prefix("ok ").unwrap().parse().unwrap()
    }
}

/// Whether this is a test's second run, with a device.
pub fn is_plugged_in() -> bool {
    std::env::var_os(SOCKET).is_some()
}

/// Runs `body` in a process of its own with a device of this kind plugged in. `test` is the name of
/// the calling test, by which this program finds it again.
pub fn plugged_in(kind: &str, test: &str, body: impl FnOnce(Hand)) {
    if is_plugged_in() {
        let socket = std::env::var_os(SOCKET).unwrap();
        let line = BufReader::new(UnixStream::connect(socket).unwrap());
        return body(Hand { line });
    }
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("device");
    let output = Command::new("timeout")
        .args(["--kill-after=5", "60", "umockdev-wrapper"])
        .arg(emulator())
        .arg(kind)
        .arg(&socket)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(SOCKET, &socket)
        .output()
        .expect("timeout and umockdev-wrapper: run `make setup`");
    let said =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success() && said.contains("1 passed"), "{kind}, {}:\n{said}", output.status);
}

/// The emulator, built once for each test program.
fn emulator() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../link/tests/usb/device.c");
        let program =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("usb-device-{}", std::process::id()));
        let flags = Command::new("pkg-config").args(["--cflags", "--libs", "umockdev-1.0"]).output().unwrap();
        assert!(flags.status.success(), "libumockdev-dev is missing: run `make setup`");
        let flags = String::from_utf8(flags.stdout).unwrap();
        let built = Command::new("cc")
            .args(["-std=gnu17", "-O1", "-Wall", "-Wextra", "-o"])
            .args([program.as_path(), Path::new(source)])
            .args(flags.split_whitespace())
            .arg("-lpthread")
            .output()
            .unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        program
    })
}
