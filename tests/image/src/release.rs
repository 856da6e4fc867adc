//! What lies on the update host for systemd-sysupdate: files, their digests, and a signature over these.

use crate::built::Built;
use crate::disk;
use crate::tools::run;
use crate::words;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// Who signs a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    /// Whoever makes the image.
    Maker,
    /// Somebody whose key the image does not know.
    Stranger,
}

/// A release in the update host's folder.
pub struct Release<'a> {
    built: &'a Built,
    folder: PathBuf,
}

impl<'a> Release<'a> {
    /// Publishes an image as it was built and signed, in place of what was there.
    ///
    /// # Panics
    /// When there is no room.
    #[must_use]
    pub fn publish(built: &'a Built, www: &Path) -> Self {
        let folder = www.join("updates");
        fs::remove_dir_all(&folder).and_then(|()| fs::create_dir(&folder)).expect("a folder");
        for entry in fs::read_dir(built.update()).expect("the update's files").flatten() {
            fs::copy(entry.path(), folder.join(entry.file_name())).expect("room");
        }
        Self { built, folder }
    }

    /// A file of it.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The names of its files.
    ///
    /// # Panics
    /// When the folder is gone.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).expect("the release").flatten();
        let mut names: Vec<_> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    /// Turns one bit of a file around, in its middle.
    ///
    /// # Panics
    /// When it is not there.
    pub fn damage(&self, name: &str) {
        let length = fs::metadata(self.file(name)).expect("the file").len();
        disk::flip(&self.file(name), length / 2);
    }

    /// Replaces what an `.xz` file unpacks to.
    ///
    /// # Panics
    /// When it cannot be unpacked or packed.
    pub fn repack(&self, name: &str, change: impl FnOnce(&Path)) {
        let packed = self.file(name);
        run("xz", words!["--decompress", "--force", &packed]);
        let bare = packed.with_extension("");
        change(&bare);
        run("xz", words!["--force", "-1", "--threads=2", &bare]);
    }

    /// Writes the digests anew and signs them.
    ///
    /// # Panics
    /// When there is no key.
    pub fn sign(&self, signer: Signer) {
        let files = self.names().into_iter().filter(|name| !name.starts_with("SHA256SUMS"));
        let line = |name: String| {
            let digest = Sha256::digest(fs::read(self.file(&name)).expect("the file"));
            format!("{} *{name}\n", hex::encode(digest))
        };
        fs::write(self.file("SHA256SUMS"), files.map(line).collect::<String>()).expect("the digests");
        // A copy: gpg leaves an agent and locks in its folder.
        let home = tempfile::tempdir().expect("a folder");
        let gpg = |more: &[&std::ffi::OsStr]| {
            let mut all = words!["--homedir", home.path(), "--batch", "--yes", "--quiet"].to_vec();
            all.extend(more);
            run("gpg", &all);
        };
        match signer {
            Signer::Maker => {
                run("cp", words!["-R", "-T", &self.built.key("update"), home.path()]);
                run("chmod", words!["-R", "go=", home.path()]);
            }
            Signer::Stranger => gpg(words![
                "--passphrase",
                "",
                "--quick-generate-key",
                "stranger",
                "ed25519",
                "sign",
                "never"
            ]),
        }
        gpg(words!["--output", &self.file("SHA256SUMS.gpg"), "--detach-sign", &self.file("SHA256SUMS")]);
        run("gpgconf", words!["--homedir", home.path(), "--kill", "all"]);
    }
}
