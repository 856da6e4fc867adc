//! The connection to pcscd, and why there is none.

use std::io::ErrorKind;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use pcsc::{Context, Error, Scope};

use crate::SlotFault;

/// Where pcscd listens unless the environment says otherwise.
const SOCKET: &str = "/run/pcscd/pcscd.comm";

/// The environment's word on it, which libpcsclite takes once a process.
const VARIABLE: &str = "PCSCLITE_CSOCK_NAME";

/// Connects to pcscd.
///
/// A pcscd that polkit tells to turn us away takes the connection and hangs up, which libpcsclite calls
/// no service, or an error of communication, as it comes; one that is just ending looks the same. So
/// one that still listens, and fails twice, refuses.
pub(super) fn connect() -> Result<Context, SlotFault> {
    establish().or_else(|fault| match (&fault, door()) {
        (SlotFault::NoService, Door::Open) => establish().map_err(|again| match (&again, door()) {
            (SlotFault::NoService, Door::Open) => SlotFault::NotPermitted,
            _ => again,
        }),
        (SlotFault::NoService, Door::Locked) => Err(SlotFault::NotPermitted),
        _ => Err(fault),
    })
}

fn establish() -> Result<Context, SlotFault> {
    Context::establish(Scope::System).map_err(|error| match error {
        Error::NoService | Error::ServiceStopped | Error::CommError => SlotFault::NoService,
        other => SlotFault::of(other),
    })
}

/// What becomes of an attempt to reach pcscd's socket.
enum Door {
    /// Somebody listens.
    Open,
    /// We may not.
    Locked,
    /// Nobody listens.
    Gone,
}

fn door() -> Door {
    let socket = std::env::var_os(VARIABLE).map_or_else(|| PathBuf::from(SOCKET), PathBuf::from);
    match UnixStream::connect(socket) {
        Ok(_) => Door::Open,
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Door::Locked,
        Err(_) => Door::Gone,
    }
}
