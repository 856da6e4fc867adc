//! What every case needs.

use image_tests::built::Built;
use image_tests::running::Running;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The machine's room: who holds it runs alone.
static ROOM: Mutex<()> = Mutex::new(());

/// The image under test and the right to run a machine; `None` where no image is built.
pub fn image() -> Option<(Built, MutexGuard<'static, ()>)> {
    let built = Built::find()?;
    Some((built, ROOM.lock().unwrap_or_else(PoisonError::into_inner)))
}

/// A deadline so many seconds from now. Nothing waits so long unless it is broken.
pub fn within(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}

/// A figure for whoever looks on, past the test's own output, which is kept back while it passes.
pub fn told(what: &str) {
    let _ = writeln!(std::io::stderr(), "image: {what}");
}

/// Waits until the system is up as far as it comes without a hall.
pub fn wait_up(running: &mut Running, deadline: Instant) {
    running.wait_probe(deadline);
    running.wait_told("the system to be up", deadline, "systemctl is-active -q sysinit.target");
}
