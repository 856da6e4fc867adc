//! What every case needs.

use image_tests::built::Built;
use image_tests::running::Running;
use sha2::{Digest, Sha256};
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

/// How many power cuts: `COUNT`, or what is usual.
pub fn count(usual: u32) -> u32 {
    let said = std::env::var("COUNT").ok().filter(|count| !count.is_empty());
    said.map_or(usual, |count| count.parse().unwrap_or_else(|e| panic!("COUNT={count}: {e}")))
}

/// Moments that look random, and are the same for the same `SEED`.
pub struct Moments {
    seed: String,
    drawn: u64,
}

impl Moments {
    /// From `SEED`, or from this second; it is said which.
    pub fn new() -> Self {
        let now = || {
            let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
            since.as_secs().to_string()
        };
        let seed = std::env::var("SEED").ok().filter(|seed| !seed.is_empty()).unwrap_or_else(now);
        told(&format!("SEED={seed}"));
        Self { seed, drawn: 0 }
    }

    /// One between now and so far from now.
    pub fn within(&mut self, length: Duration) -> Duration {
        self.drawn += 1;
        let digest = Sha256::digest(format!("{} {}", self.seed, self.drawn));
        let first = digest.first_chunk().copied().map_or(0, u32::from_be_bytes);
        length.mul_f64(f64::from(first) / f64::from(u32::MAX))
    }
}

/// Waits until the update that was begun has ended without a restart, and says how it ended (`Result=` of systemd).
pub fn update_ended(running: &mut Running, deadline: Instant) -> String {
    // Its job is there from the moment that it is asked for.
    let ended = "! systemctl list-jobs --no-legend | grep -q onedoor-update.service";
    running.wait_told("the update to end", deadline, ended);
    running.told("systemctl show -P Result onedoor-update.service").trim().to_owned()
}

/// Has the kiosk look for an update, as it does by itself at night.
pub fn look_for_update(running: &mut Running) {
    running.told(
        "systemctl reset-failed onedoor-update.service; systemctl start --no-block onedoor-update.service",
    );
}
