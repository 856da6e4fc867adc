//! The store, while nobody speaks to it: whoever comes to hand in papers is not to be the first who learns that it
//! is away.

use super::Technician;
use crate::bus::Health;
use crate::faults::store::store_fault;
use log_book::Event as Happened;
use std::sync::Arc;
use std::time::Duration;
use visit::fault::Device;

/// After the start others speak to it first.
const FIRST: Duration = Duration::from_secs(30);
/// How often it is greeted.
const GREET_EVERY: Duration = Duration::from_secs(60);
/// How often one that was away is looked for; who speaks to it meanwhile says so at once.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// Clocks that differ by more than this, in seconds, are noted in the log.
const APART: i64 = 5;

impl Technician {
    /// Greets the store now and then, tells how it is, and by how much its clock differs.
    pub(super) async fn watch_store(self: Arc<Self>) {
        let mut health = Health::new(Device::Store, self.bus.clone());
        let mut noted = false;
        tokio::time::sleep(FIRST).await;
        loop {
            let pause = match self.store.greet().await {
                Ok(apart) => {
                    health.tell(vec![]).await;
                    if let Some(apart) = apart {
                        self.apart(apart, &mut noted);
                    }
                    GREET_EVERY
                }
                Err(fault) => {
                    let fault = store_fault(&fault);
                    tracing::debug!(code = fault.code(), "the store was greeted");
                    health.tell(vec![fault]).await;
                    LOOK_EVERY
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.look.notified() => {}
            }
        }
    }

    /// The store's clock is ahead by so many seconds.
    fn apart(&self, seconds: i64, noted: &mut bool) {
        let differs = seconds.abs() > APART;
        if differs && !*noted {
            let seconds = i32::try_from(seconds).unwrap_or(i32::MAX);
            self.bus.log(Happened::ClockDiffers { seconds });
        }
        *noted = differs;
        // Seconds between two clocks are far fewer than a float can hold.
        #[expect(clippy::cast_precision_loss)]
        let ahead = -(seconds as f64);
        self.found.send_modify(|found| found.clock_skew_seconds = Some(ahead));
    }
}
