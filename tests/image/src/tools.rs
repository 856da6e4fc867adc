//! Programs that do one thing and end.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Runs a program to its end and returns what it said; `None` when it failed.
///
/// # Panics
/// When it cannot be started.
#[must_use]
pub fn attempt(program: &str, arguments: &[&OsStr]) -> Option<String> {
    let mut command = Command::new(program);
    // Debian keeps sfdisk and mkfs where only root looks.
    let path = std::env::var("PATH").unwrap_or_default();
    command.args(arguments).env("PATH", format!("{path}:/usr/sbin:/sbin")).stdin(Stdio::null());
    let done = command.output().unwrap_or_else(|e| panic!("{program}: {e}; `tools/setup image` installs it"));
    if !done.status.success() {
        eprintln!("{program}: {}", String::from_utf8_lossy(&done.stderr));
        return None;
    }
    Some(String::from_utf8_lossy(&done.stdout).into_owned())
}

/// Runs a program to its end and returns what it said.
///
/// # Panics
/// When it cannot be started or fails.
pub fn run(program: &str, arguments: &[&OsStr]) -> String {
    attempt(program, arguments).unwrap_or_else(|| panic!("{program} {arguments:?} failed"))
}

/// `run("cp", words!["-a", path])`: texts and paths as a program's arguments.
#[macro_export]
macro_rules! words {
    ($($word:expr),* $(,)?) => { &[$(std::ffi::OsStr::new($word)),*] };
}

/// A copy that leaves empty what is empty.
///
/// # Panics
/// When there is no room.
pub fn copy_sparse(from: &Path, to: &Path) {
    run("cp", words!["--sparse=always", "--reflink=auto", "--no-preserve=mode", from, to]);
}

/// A program of the workspace: the one that `variable` names, else the one that cargo built beside this test.
///
/// # Panics
/// When it was not built.
#[must_use]
pub fn built_beside(program: &str, variable: &str) -> PathBuf {
    if let Some(named) = std::env::var_os(variable) {
        return named.into();
    }
    let this = std::env::current_exe().expect("this program");
    let found = this.ancestors().skip(1).map(|folder| folder.join(program)).find(|file| file.is_file());
    found.unwrap_or_else(|| {
        panic!("{program} is not built: `cargo build --workspace --bins`, or set {variable}")
    })
}

/// Waits for what no event tells of: a socket that a program just started makes.
///
/// # Panics
/// When it does not come in time; `dead` may say earlier that it never will.
pub fn until<T>(
    what: &str,
    mut look: impl FnMut() -> Option<T>,
    mut dead: impl FnMut() -> Option<String>,
) -> T {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        if let Some(found) = look() {
            return found;
        }
        if let Some(why) = dead() {
            panic!("{what}: {why}");
        }
        assert!(std::time::Instant::now() < end, "waited in vain for {what}");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
