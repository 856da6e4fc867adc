//! What the kiosk says of itself while it is measured: when its desk is told of a fault.

use std::fmt::Debug;
use std::sync::mpsc::Sender;
use std::time::Instant;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// That some device's faults are others now.
#[derive(Debug)]
pub struct Told {
    /// when it was told
    pub at: Instant,
    /// of which device, and which codes
    pub what: String,
}

/// From now on passes on what this process says.
pub fn listen(to: Sender<Told>) -> Result<(), tracing_subscriber::util::TryInitError> {
    tracing_subscriber::registry().with(Listener(to)).try_init()
}

struct Listener(Sender<Told>);

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "kiosk::bus" {
            let at = Instant::now();
            let mut words = Words::default();
            event.record(&mut words);
            let _ = self.0.send(Told { at, what: words.0 });
        }
    }
}

#[derive(Default)]
struct Words(String);

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push_str(&format!("{}={value:?} ", field.name()));
    }
}
