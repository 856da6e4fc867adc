//! One pseudo-terminal pair and the stable name under which the kiosk finds it.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{
    OptionalActions, QueueSelector, ioctl_tiocexcl, ioctl_tiocnxcl, tcflush, tcgetattr, tcsetattr,
};

use super::{Access, PortError};

/// The device's end of a pseudo-terminal; closing it is what pulling the plug is to the kiosk.
#[derive(Debug)]
pub(super) struct Pair {
    /// The master side, non-blocking.
    pub(super) master: OwnedFd,
    /// The slave's path, `/dev/pts/N`.
    pub(super) slave: PathBuf,
    /// The other program that holds the slave, if there is one.
    _holder: Option<OwnedFd>,
}

impl Pair {
    /// Opens a new pair in raw mode, with nobody on the slave side yet.
    pub(super) fn open(device: &str, access: Access) -> Result<Self, PortError> {
        let failed = |source: Errno| PortError::Open { device: device.to_owned(), source: source.into() };
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let master = openpt(flags).map_err(failed)?;
        grantpt(&master).map_err(failed)?;
        unlockpt(&master).map_err(failed)?;
        let name = ptsname(&master, Vec::new()).map_err(failed)?;
        let slave = PathBuf::from(name.to_string_lossy().into_owned());
        // A terminal's settings belong to the slave but may be made from either side.
        let mut settings = tcgetattr(&master).map_err(failed)?;
        settings.make_raw();
        tcsetattr(&master, OptionalActions::Now, &settings).map_err(failed)?;
        rustix::io::ioctl_fionbio(&master, true).map_err(failed)?;
        let mut pair = Self { master, slave, _holder: None };
        // Opened and closed once: from now on the kernel reports "nobody there" as a hang-up, where a
        // slave that never was opened would look like a quiet host.
        let _ = pair.settle().map_err(failed)?;
        match access {
            Access::Free => {}
            Access::Forbidden => rustix::fs::chmod(&pair.slave, Mode::empty()).map_err(failed)?,
            Access::Taken => pair._holder = Some(hold(&pair.slave).map_err(failed)?),
        }
        Ok(pair)
    }

    /// Throws away what the last host left unread, as a port does that nobody holds open.
    ///
    /// `Ok(false)` when the slave can no longer be opened because the last host took it exclusively
    /// (TIOCEXCL) and died without giving it back: only a new pair helps then.
    pub(super) fn settle(&self) -> Result<bool, Errno> {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        match rustix::fs::open(&self.slave, flags, Mode::empty()) {
            Ok(slave) => {
                tcflush(&slave, QueueSelector::IFlush)?;
                // A real port forgets who held it when its last holder has gone; this one, whose other
                // side stays open, must be told.
                ioctl_tiocnxcl(&slave)?;
                Ok(true)
            }
            Err(Errno::BUSY) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Takes the slave as another program would that wants it for itself.
fn hold(slave: &Path) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let held = rustix::fs::open(slave, flags, Mode::empty())?;
    rustix::fs::flock(&held, FlockOperation::NonBlockingLockExclusive)?;
    ioctl_tiocexcl(&held)?;
    Ok(held)
}

/// Points `link` at `slave` in one step, replacing whatever was there.
pub(super) fn point(link: &Path, slave: &Path) -> Result<(), PortError> {
    let failed = |source| PortError::Link { path: link.to_owned(), source };
    if let Some(folder) = link.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let fresh = link.with_extension("new");
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    symlink(slave, &fresh).map_err(failed)?;
    fs::rename(&fresh, link).map_err(failed)
}

/// Removes `link` if it still points at `slave`; a newer emulator's link stays.
pub(super) fn unpoint(link: &Path, slave: &Path) {
    if fs::read_link(link).is_ok_and(|target| target == slave) {
        // Nothing is left to tell the failure to: a link that cannot be removed dangles once the
        // pair is closed, which the kiosk sees as the same missing device.
        let _ = fs::remove_file(link);
    }
}
