//! The drivers against the real USB stack, in one booted guest.
//!
//! `tests/boot.rs` starts Debian's kernel in QEMU with the host's own files, read-only ([`machine`]).
//! Inside, the program `guest-suite` (`src/suite`) plugs emulated devices into the kernel's gadget
//! stack, works on them with the drivers, and tells case by case how it went ([`report`]). Serial
//! converters are QEMU's; what hangs on them, and their plugs, are in the hands of the host.

pub mod hands;
pub mod machine;
pub mod report;
