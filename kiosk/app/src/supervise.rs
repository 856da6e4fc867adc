//! What becomes of an owner or a task that ends although it never should.

use crate::bus::{Bus, Health};
use log_book::Event as Happened;
use log_book::field::Word;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use visit::fault::{Device, Fault};

/// Pause before an owner that panicked is started again.
const RESTART: Duration = Duration::from_secs(1);

/// A task without which there is no kiosk.
pub type Essential = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs a task without which there is no kiosk. Should it end or panic, the kiosk ends in good order
/// and its service manager starts it again, on what is durable.
pub fn essential(
    runtime: &tokio::runtime::Handle,
    bus: &Bus,
    stop: &CancellationToken,
    name: &'static str,
    task: Essential,
) {
    let task = runtime.spawn(task);
    let (bus, stop) = (bus.clone(), stop.clone());
    runtime.spawn(async move {
        let ended = task.await;
        if !stop.is_cancelled() {
            tracing::error!(name, ?ended, "a task has ended; the kiosk starts again");
            bus.log(Happened::TaskEnded { task: Word::of(name) });
            stop.cancel();
        }
    });
}

/// Runs an owner on a thread of its own, and again should it panic: a defect in one driver takes
/// neither the kiosk nor the device away. That it happened is told until the kiosk starts again.
pub fn supervise(name: &'static str, bus: &Bus, mut owner: impl FnMut() + Send + 'static) {
    let mut health = Health::new(Device::Kiosk, bus.clone());
    let bus = bus.clone();
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        while catch_unwind(AssertUnwindSafe(&mut owner)).is_err() {
            tracing::error!(name, "the owner of a device panicked and is started again");
            bus.log(Happened::OwnerRestarted { owner: Word::of(name) });
            health.tell_blocking(vec![Fault::OwnerRestarted]);
            // What made it panic may last for a moment.
            std::thread::sleep(RESTART);
        }
    });
    if let Err(error) = thread {
        tracing::error!(name, %error, "no thread for the owner of a device");
    }
}
