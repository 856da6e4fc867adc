//! An add-on to the kernel's command line (systemd-stub(7)): a PE file with nothing in it but words, which the
//! firmware believes when it is signed with a key in `db`.

use crate::built::Built;
use crate::tools::run;
use crate::words;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::path::{Path, PathBuf};

/// Where an add-on to every kernel lies.
pub const EVERY_KERNEL: &str = "/loader/addons/probe.addon.efi";
/// What the kernel takes of a command line.
const LONGEST: usize = 2048;
/// Boundaries at which PE files are laid out in memory.
const PAGE: u64 = 4096;

/// Whose key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    /// The holder of the Secure Boot key.
    Ours,
    /// Somebody else.
    Stranger,
}

/// The words that have the kernel speak on the first serial port and a shell answer on the fourth serial port ([`crate::probe`]), from early in the boot until its
/// end, as a unit that stands in a credential (systemd-debug-generator(8)).
#[must_use]
pub fn shell() -> String {
    let unit = "[Unit]\nDefaultDependencies=no\nStartLimitIntervalSec=0\n[Service]\nRestart=always\nOOMScoreAdjust=-1000\n\
        ExecStart=sh -c 'exec <>/dev/ttyS3 >&0 2>&0;stty raw -echo clocal;echo probe;exec sh'\n";
    let wanted = "[Unit]\nWants=probe.service\n";
    let credential =
        |name: &str, text: &str| format!("systemd.set_credential_binary={name}:{}", STANDARD.encode(text));
    format!(
        "console=ttyS0 systemd.import_credentials=1 {} {}",
        credential("systemd.extra-unit.probe.service", unit),
        credential("systemd.unit-dropin.sysinit.target", wanted)
    )
}

/// Makes an add-on of these words in `folder`.
///
/// # Panics
/// When a tool is missing, or the words are too long.
#[must_use]
pub fn make(built: &Built, words: &str, signer: Signer, folder: &Path) -> PathBuf {
    let place = |name: &str| folder.join(name);
    // Another kernel's words stand before them.
    assert!(words.len() < LONGEST / 2, "{} bytes of a command line", words.len());
    std::fs::write(place("cmdline"), format!(" {words}")).expect("room for some words");
    let stub = built.addon_stub(folder);
    let (section, at) =
        (format!(".cmdline={}", place("cmdline").display()), format!(".cmdline={:#x}", free(&stub)));
    run(
        "objcopy",
        words![
            "--add-section",
            &section,
            "--change-section-vma",
            &at,
            "--set-section-flags",
            ".cmdline=alloc,load,readonly,data,contents",
            &stub,
            &place("bare.efi"),
        ],
    );
    let (key, certificate) = match signer {
        Signer::Ours => (built.key("db.key"), built.key("db.crt")),
        Signer::Stranger => stranger(folder),
    };
    let signed = place("signed.addon.efi");
    run("sbsign", words!["--key", &key, "--cert", &certificate, "--output", &signed, &place("bare.efi")]);
    signed
}

/// The first address behind everything that a PE file has.
fn free(file: &Path) -> u64 {
    let listed = run("objdump", words!["-h", file]);
    let number = |text: Option<&str>| u64::from_str_radix(text?, 16).ok();
    let ends = listed.lines().filter_map(|line| {
        let mut fields = line.split_whitespace();
        fields.next()?.parse::<u32>().ok()?;
        let (_name, length, address) = (fields.next()?, number(fields.next())?, number(fields.next())?);
        Some(address + length)
    });
    ends.max().expect("a PE file with sections").next_multiple_of(PAGE)
}

/// A key that no firmware knows, and its certificate.
fn stranger(folder: &Path) -> (PathBuf, PathBuf) {
    let (key, certificate) = (folder.join("stranger.key"), folder.join("stranger.crt"));
    // Firmware knows RSA alone.
    run(
        "openssl",
        words![
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-noenc",
            "-sha256",
            "-days",
            "3650",
            "-subj",
            "/CN=stranger",
            "-keyout",
            &key,
            "-out",
            &certificate,
        ],
    );
    (key, certificate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_leave_room_for_the_kernels_own() {
        let words = shell();
        assert!(words.len() < LONGEST / 2, "{}", words.len());
        // Blanks would end a word: the credentials have none.
        assert_eq!(words.split(' ').count(), 4);
    }
}
