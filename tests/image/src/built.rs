//! Images that `image/build` made: the one under test, and a later one to update to.

use crate::tools::run;
use crate::words;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Where systemd's package has its empty add-on.
const ADDON_STUB: &str = "./usr/lib/systemd/boot/efi/addonx64.efi.stub";

/// A folder that `image/build` filled.
///
/// `disk.img` (GPT, one version installed), `update/` (three files and their signed list), `keys/` (as `image/keys`
/// makes them for a trial: `db.key`, `db.crt` for Secure Boot, the GnuPG home `update`, and what the hall's office
/// holds in `office`: what `onedoor-hall new-keys` makes, `tls.key`, `tls.crt`). Of a later version `update/` is
/// enough; its keys are those of the image under test.
#[derive(Clone, Debug)]
pub struct Built {
    folder: PathBuf,
    keys: PathBuf,
    version: u32,
}

/// The folder that a variable names.
fn named(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

/// Past the test's own output, which is kept back while it passes.
fn skipped(what: &str, why: &str) {
    let _ =
        writeln!(std::io::stderr(), "SKIPPED: no {what}: {why}; `make test-image` builds one and sets it");
}

impl Built {
    /// The image under test, which `ONEDOOR_IMAGE` names; `None`, said aloud, where none is.
    #[must_use]
    pub fn find() -> Option<Self> {
        let Some(folder) = named("ONEDOOR_IMAGE") else {
            skipped("system image", "ONEDOOR_IMAGE names none");
            return None;
        };
        Some(Self::open(&folder))
    }

    /// A later version of it that is good: in the folder that `ONEDOOR_IMAGE_NEXT` names, else in `next` beside its
    /// disk; `None`, said aloud, where none is.
    #[must_use]
    pub fn next(&self) -> Option<Self> {
        self.later("ONEDOOR_IMAGE_NEXT", "next")
    }

    /// A later version of it that never becomes good (`image/build --spoil`): in the folder that
    /// `ONEDOOR_IMAGE_SPOILED` names, else in `spoiled` beside its disk; `None`, said aloud, where none is.
    #[must_use]
    pub fn spoiled(&self) -> Option<Self> {
        self.later("ONEDOOR_IMAGE_SPOILED", "spoiled")
    }

    fn later(&self, variable: &str, name: &str) -> Option<Self> {
        let folder = named(variable).unwrap_or_else(|| self.folder.join(name));
        if !folder.is_dir() {
            skipped(
                "later version",
                &format!("{} is not there, nor does {variable} name one", folder.display()),
            );
            return None;
        }
        let later = Self { keys: self.keys.clone(), ..Self::open(&folder) };
        let (mine, theirs) = (self.version, later.version);
        assert!(theirs > mine, "{}: version {theirs} is no later than {mine}", folder.display());
        Some(later)
    }

    /// The image in `folder`.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn open(folder: &Path) -> Self {
        let folder = folder.canonicalize().unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        let mut this = Self { keys: folder.join("keys"), folder, version: 0 };
        let names = std::fs::read_dir(this.update()).unwrap_or_else(|e| panic!("{:?}: {e}", this.update()));
        let version = names.flatten().filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            name.strip_prefix("onedoor_")?.strip_suffix(".efi")?.parse().ok()
        });
        this.version =
            version.max().unwrap_or_else(|| panic!("{:?} has no onedoor_VERSION.efi", this.update()));
        this
    }

    /// Everything of it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The disk with one version on it.
    #[must_use]
    pub fn disk(&self) -> PathBuf {
        self.folder.join("disk.img")
    }

    /// What the update host serves of it.
    #[must_use]
    pub fn update(&self) -> PathBuf {
        self.folder.join("update")
    }

    /// A key or certificate of the tests.
    ///
    /// # Panics
    /// When it is not there.
    #[must_use]
    pub fn key(&self, name: &str) -> PathBuf {
        let key = self.keys.join(name);
        assert!(key.exists(), "{} is missing: image/build leaves it there for tests", key.display());
        key
    }

    /// The kernel on the EFI system partition of `disk.img`, and in `update`.
    #[must_use]
    pub fn kernel(&self) -> String {
        format!("onedoor_{}.efi", self.version)
    }

    /// systemd's empty add-on, which lies among the tools that the image was built with; put into `folder`.
    ///
    /// # Panics
    /// When it is not there.
    #[must_use]
    pub fn addon_stub(&self, folder: &Path) -> PathBuf {
        let cache = std::env::var_os("XDG_CACHE_HOME").filter(|cache| !cache.is_empty()).map(PathBuf::from);
        let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache"));
        let cache = cache.or_else(home).unwrap_or_default().join("onedoor");
        let tools = std::fs::read_dir(&cache).into_iter().flatten().flatten().map(|entry| entry.path()).find(
            |path| {
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                name.starts_with("tools-") && name.ends_with(".tar")
            },
        );
        let tools =
            tools.unwrap_or_else(|| panic!("{} has no tools-*.tar: image/build makes it", cache.display()));
        run("tar", words!["-x", "-f", &tools, "-C", folder, "--strip-components=6", ADDON_STUB]);
        folder.join("addonx64.efi.stub")
    }
}
