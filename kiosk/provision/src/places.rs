//! Where things lie on a kiosk, below a root that is `/` but in tests.

use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The kiosk's user, as the system image names it.
pub const USER: &str = "onedoor";

/// A file of this room is at most this long, but for a bundle.
const LONGEST_FILE: u64 = 256 * 1024;

/// A user by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// its number
    pub uid: u32,
    /// number of its own group
    pub gid: u32,
}

/// The places.
#[derive(Clone, Debug)]
pub struct Places {
    root: PathBuf,
    user: String,
}

impl Places {
    /// Below `root`, with things of the kiosk's own belonging to `user`.
    pub fn new(root: impl Into<PathBuf>, user: &str) -> Self {
        Self { root: root.into(), user: user.to_owned() }
    }

    /// What lasts.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// The kiosk's own keys.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.data().join("keys")
    }

    /// Applied bundles: `current`, `previous`.
    #[must_use]
    pub fn hall(&self) -> PathBuf {
        self.data().join("hall")
    }

    /// The kiosk's own data (`kiosk.data`).
    #[must_use]
    pub fn kiosk(&self) -> PathBuf {
        self.data().join("onedoor")
    }

    /// What is made anew with each boot.
    #[must_use]
    pub fn run(&self) -> PathBuf {
        self.root.join("run/onedoor")
    }

    /// Where networkd reads what is made anew with each boot.
    #[must_use]
    pub fn networkd(&self) -> PathBuf {
        self.root.join("run/systemd/network")
    }

    /// Where udev reads rules that are made anew with each boot.
    #[must_use]
    pub fn udev(&self) -> PathBuf {
        self.root.join("run/udev/rules.d")
    }

    /// What the image says of its site.
    #[must_use]
    pub fn site(&self) -> PathBuf {
        self.root.join("usr/share/onedoor/site")
    }

    /// The folder of the EFI system partition that is ours.
    #[must_use]
    pub fn efi(&self) -> PathBuf {
        self.root.join("efi/onedoor")
    }

    /// What the board's maker calls this machine; `None` where nothing can be read.
    #[must_use]
    pub fn board(&self) -> Option<String> {
        let text = read_text(&self.root.join("sys/class/dmi/id/board_serial")).ok()?;
        let text: String = text.trim().chars().filter(|c| c.is_ascii_graphic()).take(64).collect();
        (!text.is_empty()).then_some(text)
    }

    /// The system's version; this program's own where there is no image around it.
    #[must_use]
    pub fn version(&self) -> String {
        let about = read_text(&self.root.join("usr/lib/os-release")).unwrap_or_default();
        let found = about.lines().find_map(|line| line.strip_prefix("IMAGE_VERSION="));
        let found: String = found
            .unwrap_or_default()
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '.')
            .take(40)
            .collect();
        if found.is_empty() { env!("CARGO_PKG_VERSION").to_owned() } else { found }
    }

    /// Who the kiosk's user is. The image has its users in `/etc/passwd` alone.
    ///
    /// # Errors
    /// There is no such user, and who might help.
    pub fn owner(&self) -> io::Result<Owner> {
        let missing = || {
            let what = format!("there is no user {}; the system image makes it", self.user);
            io::Error::new(io::ErrorKind::NotFound, what)
        };
        user(&self.user)?.ok_or_else(missing)
    }
}

/// The user of this name, if the image has one.
pub(crate) fn user(name: &str) -> io::Result<Option<Owner>> {
    let passwd = read_text(Path::new("/etc/passwd"))?;
    let of_line = |line: &str| {
        let mut fields = line.split(':');
        if fields.next()? != name {
            return None;
        }
        // The password's place comes first.
        let mut numbers = fields.skip(1);
        let mut number = || numbers.next()?.parse().ok();
        Some(Owner { uid: number()?, gid: number()? })
    };
    Ok(passwd.lines().find_map(of_line))
}

/// Reads a file of at most `longest` bytes.
///
/// # Errors
/// It cannot be read, or is longer.
pub fn read(path: &Path, longest: u64) -> io::Result<Vec<u8>> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    // Whoever puts a pipe there in a file's place keeps nobody waiting.
    let waits_not = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let file = std::fs::OpenOptions::new().read(true).custom_flags(waits_not).open(path).map_err(named)?;
    if !file.metadata().map_err(named)?.is_file() {
        return Err(named(io::Error::other("is no file")));
    }
    file.take(longest + 1).read_to_end(&mut bytes).map_err(named)?;
    if bytes.len() as u64 > longest {
        return Err(named(io::Error::other(format!("is longer than {longest} bytes"))));
    }
    Ok(bytes)
}

/// Reads a text of at most 256 KiB.
///
/// # Errors
/// It cannot be read, is longer, or is no text.
pub fn read_text(path: &Path) -> io::Result<String> {
    String::from_utf8(read(path, LONGEST_FILE)?)
        .map_err(|_| io::Error::other(format!("{}: is no text", path.display())))
}
