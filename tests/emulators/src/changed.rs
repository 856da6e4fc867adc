//! A counter that rises with every visible change of an emulator, to be waited on.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

/// Counts the changes of one emulator and wakes everyone who waits for the next.
///
/// Threads wait with [`Changed::wait_until`], asynchronous code with [`Changed::subscribe`].
#[derive(Debug)]
pub struct Changed {
    count: Mutex<u64>,
    bell: Condvar,
    watch: watch::Sender<u64>,
}

impl Default for Changed {
    fn default() -> Self {
        Self { count: Mutex::new(0), bell: Condvar::new(), watch: watch::Sender::new(0) }
    }
}

impl Changed {
    /// Records one change and wakes the waiters.
    pub fn ring(&self) {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        *count = count.wrapping_add(1);
        self.watch.send_replace(*count);
        self.bell.notify_all();
    }

    /// A receiver that sees the number of changes so far; `changed().await` returns after the next.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.watch.subscribe()
    }

    /// Blocks until `condition` holds, looking again after every change; `false` when `limit` passed
    /// first. The condition is always looked at once, so a zero limit is a plain question.
    pub fn wait_until(&self, limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
        let end = Instant::now() + limit;
        loop {
            let seen = *self.count.lock().unwrap_or_else(PoisonError::into_inner);
            if condition() {
                return true;
            }
            let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
            while *count == seen {
                let Some(left) = end.checked_duration_since(Instant::now()) else {
                    return false;
                };
                if left.is_zero() {
                    return false;
                }
                count = self.bell.wait_timeout(count, left).unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn a_waiter_sees_the_change_or_gives_up() {
        let changed = Arc::new(Changed::default());
        assert!(!changed.wait_until(Duration::from_millis(1), || false));
        let done = Arc::new(AtomicBool::new(false));
        let (bell, flag) = (Arc::clone(&changed), Arc::clone(&done));
        let ringer = std::thread::spawn(move || {
            flag.store(true, Ordering::SeqCst);
            bell.ring();
        });
        assert!(changed.wait_until(Duration::from_secs(5), || done.load(Ordering::SeqCst)));
        ringer.join().expect("the ringer ends");
        assert_eq!(*changed.subscribe().borrow(), 1);
    }
}
