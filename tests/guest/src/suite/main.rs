//! The guest's suite: devices on the kernel's own USB stack, and the drivers at work on them.
//!
//! Runs as root inside the guest that `tests/boot.rs` boots, and nowhere else.

mod cases;
mod gadget;
mod host;

use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use guest::report::{Case, FromGuest};

use cases::{CASES, Stage};
use host::Host;

fn main() -> ExitCode {
    if std::env::args().nth(1).is_some_and(|argument| argument == cases::LOOK) {
        cases::look();
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            println!("GUEST suite: {e}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    let mut stage = Stage::set(Host::open(Path::new("/dev/ttyS1"))?)?;
    for (name, case) in CASES {
        let name = (*name).to_owned();
        stage.host.tell(&FromGuest::Begin(name.clone()))?;
        println!("GUEST case {name}");
        let begun = Instant::now();
        let failure = case(&mut stage).err();
        let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        println!("GUEST case {name}: {millis} ms {}", failure.as_deref().unwrap_or("passed"));
        stage.host.tell(&FromGuest::Case(Case { name, failure, millis }))?;
    }
    stage.host.tell(&FromGuest::Done)
}
