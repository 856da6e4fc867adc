//! A kiosk's hardware, as far as it lasts when the power goes: disk, firmware variables, TPM.

use crate::addon::{self, EVERY_KERNEL, Signer};
use crate::built::Built;
use crate::disk::Disk;
use crate::running::{Running, Wiring};
use crate::tools::{copy_sparse, run};
use crate::words;
use machine::held;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Firmware that checks signatures, keeps its variables from the system (SMM), and measures into the TPM.
pub(crate) const FIRMWARE: &str = "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd";
/// Its variables before anyone enrolled keys.
const BLANK_VARIABLES: &str = "/usr/share/OVMF/OVMF_VARS_4M.fd";
/// How long an enrolment may take: a firmware that has never run writes its variables, byte by byte.
const ENROLMENT: Duration = Duration::from_secs(240);
/// One enrolment at a time; the others find what it left.
static ENROLLING: Mutex<()> = Mutex::new(());

/// What is on a cabinet's disk besides the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inside {
    /// Nothing: the image as it is delivered.
    AsDelivered,
    /// The add-on that lets a test look in.
    Probe,
}

/// A kiosk's hardware. Dropping it throws it away.
#[derive(Debug)]
pub struct Cabinet {
    folder: TempDir,
}

impl Cabinet {
    /// A new one with this image, on a firmware that already trusts the image's keys.
    ///
    /// # Panics
    /// When it cannot be had.
    #[must_use]
    pub fn new(built: &Built, inside: Inside) -> Self {
        Self::with(built, &staged(built, inside), &enrolled(built))
    }

    /// A new one whose disk was changed before its first start.
    ///
    /// # Panics
    /// When it cannot be had.
    #[must_use]
    pub fn changed(built: &Built, inside: Inside, change: impl FnOnce(&Disk)) -> Self {
        let this = Self::empty(&enrolled(built));
        let own = this.folder.path().join("own.img");
        copy_sparse(&staged(built, inside), &own);
        change(&Disk::new(&own));
        this.overlay(&own);
        this
    }

    /// A new one whose firmware has never run.
    ///
    /// # Panics
    /// When it cannot be had.
    #[must_use]
    pub fn blank(built: &Built, inside: Inside) -> Self {
        Self::with(built, &staged(built, inside), Path::new(BLANK_VARIABLES))
    }

    fn with(_built: &Built, disk: &Path, variables: &Path) -> Self {
        let this = Self::empty(variables);
        this.overlay(disk);
        this
    }

    fn empty(variables: &Path) -> Self {
        let folder = tempfile::Builder::new().prefix("cabinet").tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("tpm")).expect("a folder");
        let this = Self { folder };
        copy_sparse(variables, &this.variables());
        this
    }

    /// What is written goes into a file of the cabinet's own; what is below it stays as it is.
    fn overlay(&self, disk: &Path) {
        run("qemu-img", words!["create", "-q", "-f", "qcow2", "-F", "raw", "-b", disk, &self.disk()]);
    }

    /// The disk, as QEMU has it (qcow2).
    #[must_use]
    pub fn disk(&self) -> PathBuf {
        self.folder.path().join("disk.qcow2")
    }

    /// The firmware's variables.
    #[must_use]
    pub fn variables(&self) -> PathBuf {
        self.folder.path().join("variables.fd")
    }

    /// What the TPM keeps.
    #[must_use]
    pub fn tpm(&self) -> PathBuf {
        self.folder.path().join("tpm")
    }

    /// Everything.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Another one, the same in everything that lasts, while the power is off. It stands on this one's disk, so this
    /// one has to be there as long.
    ///
    /// # Panics
    /// When there is no room for it.
    #[must_use]
    pub fn copy(&self) -> Self {
        let that = Self::empty(&self.variables());
        for entry in std::fs::read_dir(self.tpm()).expect("the TPM's state").flatten() {
            std::fs::copy(entry.path(), that.tpm().join(entry.file_name())).expect("room");
        }
        copy_sparse(&self.disk(), &that.disk());
        that
    }

    /// The disk is put into another cabinet: the same disk, a new TPM.
    ///
    /// # Panics
    /// When the old one cannot be thrown away.
    pub fn new_tpm(&mut self) {
        std::fs::remove_dir_all(self.tpm()).and_then(|()| std::fs::create_dir(self.tpm())).expect("a folder");
    }

    /// Changes the disk while the power is off.
    ///
    /// # Panics
    /// When there is no room for a copy.
    pub fn change(&mut self, change: impl FnOnce(&Disk)) {
        let own = self.folder.path().join("changed.img");
        run("qemu-img", words!["convert", "-q", "-O", "raw", &self.disk(), &own]);
        change(&Disk::new(&own));
        // Its own, so that a second change finds it under another name.
        let below = self.folder.path().join("below.img");
        std::fs::remove_file(self.disk()).and_then(|()| std::fs::rename(&own, &below)).expect("the new disk");
        self.overlay(&below);
    }

    /// The disk as a file of its own, while the power is off.
    ///
    /// # Panics
    /// When there is no room for it.
    #[must_use]
    pub fn look_at_disk(&self) -> Disk {
        let copy = self.folder.path().join("look.img");
        run("qemu-img", words!["convert", "-q", "-O", "raw", &self.disk(), &copy]);
        Disk::new(&copy)
    }

    /// Switches it on.
    ///
    /// # Panics
    /// When QEMU does not start.
    #[must_use]
    pub fn switch_on(&self, wiring: &Wiring) -> Running {
        Running::start(self, wiring)
    }
}

/// Where tests leave what they make once.
fn kept() -> PathBuf {
    let program = std::env::current_exe().expect("this program");
    let target = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    let folder = target.map_or_else(std::env::temp_dir, |target| target.join("tmp")).join("image-tests");
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// A name for what was made of these files: another when they are others.
fn name_of(kind: &str, files: &[PathBuf]) -> String {
    let mut digest = Sha256::new();
    for file in files {
        let about = std::fs::metadata(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let changed = about.modified().expect("a file's age");
        digest.update(format!("{} {} {changed:?}\n", file.display(), about.len()));
    }
    format!("{kind}-{}", hex::encode(digest.finalize()).get(..16).unwrap_or_default())
}

/// The image's disk with what is to be inside.
fn staged(built: &Built, inside: Inside) -> PathBuf {
    if inside == Inside::AsDelivered {
        return built.disk();
    }
    let program = std::env::current_exe().expect("this program");
    let staged = kept().join(name_of("probe", &[built.disk(), program]));
    let _one = ENROLLING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if !staged.exists() {
        forget("probe-");
        let work = tempfile::tempdir_in(kept()).expect("a folder");
        let disk = work.path().join("disk.img");
        copy_sparse(&built.disk(), &disk);
        let addon = addon::make(built, &addon::shell(), Signer::Ours, work.path());
        Disk::new(&disk).put(&addon, EVERY_KERNEL);
        std::fs::rename(disk, &staged).expect("the staged disk");
    }
    staged
}

/// Removes what was made of an earlier image.
fn forget(start: &str) {
    for entry in std::fs::read_dir(kept()).expect("a folder").flatten() {
        if entry.file_name().to_string_lossy().starts_with(start) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Variables of a firmware that trusts the image's keys: from the first start of the image, which enrols them.
fn enrolled(built: &Built) -> PathBuf {
    let place = kept().join(name_of("variables", &[built.key("db.crt"), PathBuf::from(FIRMWARE)]));
    let _one = ENROLLING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if !place.exists() {
        let cabinet = Cabinet::with(built, &built.disk(), Path::new(BLANK_VARIABLES));
        let mut running = cabinet.switch_on(&Wiring::default());
        // systemd-boot restarts the machine once the keys are in.
        running.wait_reset("the enrolment of the keys", Instant::now() + ENROLMENT);
        running.cut();
        std::fs::rename(cabinet.variables(), place.with_extension("new"))
            .or_else(|_| std::fs::copy(cabinet.variables(), place.with_extension("new")).map(drop))
            .and_then(|()| std::fs::rename(place.with_extension("new"), &place))
            .expect("the variables");
    }
    place
}

/// A TPM 2.0 with what it keeps in `state`, behind `socket`; it ends when QEMU does.
pub(crate) fn start_tpm(state: &Path, socket: &Path) -> held::Held {
    let _ = std::fs::remove_file(socket);
    let mut command = held::command("swtpm");
    command.args(["socket", "--tpm2", "--terminate", "--tpmstate"]).arg(format!("dir={}", state.display()));
    command.arg("--ctrl").arg(format!("type=unixio,path={}", socket.display()));
    command.arg("--log").arg(format!("file={},level=1", state.with_extension("log").display()));
    let mut tpm = held::Held::start(&mut command).expect("swtpm; `tools/setup image` installs it");
    crate::tools::until("the TPM", || socket.exists().then_some(()), || tpm.ended().ok().flatten());
    tpm
}
