//! An emulated vendor's SKF library (GM/T 0016), as the shared object that a vendor would ship, with
//! keys that exist in a file only.
//!
//! The shared object `libskf_vendor.so` exports the functions that a host uses ([`skf`]). Which keys
//! are plugged in, and what goes wrong, stands in one file named by the environment variable
//! [`VARIABLE`] of the process that loads it; [`Desk`] writes that file from outside, and the library
//! writes back what a real key would remember: the tries left of its PIN.
//!
//! Written from the standard's C interface; shares no code with the driver that loads it.

mod control;
mod key;
mod skf;

pub use control::{Company, Desk, Trouble, VARIABLE};

/// Return codes (GM/T 0016, annex A) that this library gives.
pub mod sar {
    /// Success.
    pub const OK: u32 = 0;
    /// Unspecified failure.
    pub const FAIL: u32 = 0x0A00_0001;
    /// A handle that was never given or was closed.
    pub const INVALID_HANDLE: u32 = 0x0A00_0005;
    /// A parameter outside its range.
    pub const INVALID_PARAM: u32 = 0x0A00_0006;
    /// Input of a wrong length.
    pub const IN_DATA_LEN: u32 = 0x0A00_0010;
    /// No certificate in this container.
    pub const CERT_NOT_FOUND: u32 = 0x0A00_001C;
    /// The caller's buffer is too small.
    pub const BUFFER_TOO_SMALL: u32 = 0x0A00_0020;
    /// The key was pulled.
    pub const DEVICE_REMOVED: u32 = 0x0A00_0023;
    /// A wrong PIN.
    pub const PIN_INCORRECT: u32 = 0x0A00_0024;
    /// The PIN is locked.
    pub const PIN_LOCKED: u32 = 0x0A00_0025;
    /// A PIN of a wrong length.
    pub const PIN_LEN_RANGE: u32 = 0x0A00_0027;
    /// Nobody has logged in.
    pub const USER_NOT_LOGGED_IN: u32 = 0x0A00_002D;
    /// No such application.
    pub const APPLICATION_NOT_EXISTS: u32 = 0x0A00_002E;
}
