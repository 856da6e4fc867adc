//! Machines under QEMU, as tests need them: a process that ends with its test ([`held`]), its monitor
//! ([`qmp`]), what it says line by line and when ([`lines`]), and what its screen shows ([`picture`]).
//!
//! Nothing here knows what runs inside.

pub mod held;
pub mod lines;
pub mod picture;
pub mod qmp;
