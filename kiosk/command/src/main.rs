//! The program `kiosk`: commands for files are performed here, all others by the appliance.

use std::process::ExitCode;

use clap::Parser;
use command::{Arguments, Instead};

/// Memory is wiped as it is given back, here as in the kiosk: scans are as personal on a desk.
#[global_allocator]
static WIPING: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    let Some(Instead::Files(files)) = Arguments::parse().instead else {
        return command::exit(Err(command::become_appliance(std::env::args_os().skip(1))));
    };
    command::log(tracing::Level::WARN);
    command::exit(files.perform())
}
