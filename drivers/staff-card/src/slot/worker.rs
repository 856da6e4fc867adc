//! A thread that makes the calls which may hang, and is left behind when one does.

use std::sync::Arc;
use std::sync::mpsc::{self, Sender, SyncSender};
use std::time::Duration;

/// How many threads may be left behind before no more are made.
const LEFT_BEHIND: usize = 3;

type Job<S> = Box<dyn FnOnce(&mut S) + Send>;

/// Runs jobs on a thread that owns an `S`, one at a time.
pub(super) struct Worker<S> {
    jobs: Option<Sender<Job<S>>>,
    /// One more is held by each thread that lives.
    alive: Arc<()>,
}

impl<S: 'static> Worker<S> {
    pub(super) fn new() -> Self {
        Self { jobs: None, alive: Arc::new(()) }
    }

    /// Runs `job` and waits for its result, for `bound` at most.
    ///
    /// `None` when it did not come back, or panicked: its thread is then left behind, with the `S` it
    /// owns, and ends when the job does. The next job gets a new thread and a new `S` from `begin`;
    /// `None` at once when too many threads are left behind.
    pub(super) fn run<T: Send + 'static>(
        &mut self,
        bound: Duration,
        begin: impl FnOnce() -> S + Send + 'static,
        job: impl FnOnce(&mut S) -> T + Send + 'static,
    ) -> Option<T> {
        if self.jobs.is_none() {
            self.jobs = Some(self.start(begin)?);
        }
        // A result that nobody waits for any more is dropped, and so wiped, on the other side.
        let (done, result): (SyncSender<T>, _) = mpsc::sync_channel(1);
        let job: Job<S> = Box::new(move |owned| {
            let _ = done.send(job(owned));
        });
        let sent = self.jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok());
        let outcome = if sent { result.recv_timeout(bound).ok() } else { None };
        if outcome.is_none() {
            self.jobs = None;
        }
        outcome
    }

    /// Whether a thread was left behind that has not come back yet.
    pub(super) fn has_left_behind(&self) -> bool {
        Arc::strong_count(&self.alive) > 1 + usize::from(self.jobs.is_some())
    }

    fn start(&self, begin: impl FnOnce() -> S + Send + 'static) -> Option<Sender<Job<S>>> {
        if Arc::strong_count(&self.alive) > LEFT_BEHIND {
            return None;
        }
        let (sender, jobs) = mpsc::channel::<Job<S>>();
        let alive = Arc::clone(&self.alive);
        let thread = std::thread::Builder::new().name("staff-slot".to_owned()).spawn(move || {
            let mut owned = begin();
            for job in jobs {
                job(&mut owned);
            }
            drop(owned);
            drop(alive);
        });
        thread.ok().map(|_| sender)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(20);
    const AT_ONCE: Duration = Duration::from_millis(10);

    #[test]
    fn jobs_share_what_their_thread_owns() {
        let mut worker = Worker::new();
        for expected in 1..=3 {
            let sum = worker.run(
                SOON,
                || 0,
                |n: &mut i32| {
                    *n += 1;
                    *n
                },
            );
            assert_eq!(sum, Some(expected));
        }
    }

    #[test]
    fn a_job_that_hangs_is_left_behind_and_so_many_at_most() {
        let mut worker = Worker::new();
        let (free, gate) = mpsc::channel::<()>();
        let gate = Arc::new(std::sync::Mutex::new(gate));
        for _ in 0..LEFT_BEHIND {
            let gate = Arc::clone(&gate);
            let hung =
                worker.run(AT_ONCE, || (), move |()| gate.lock().map(|gate| gate.recv().is_ok()).is_ok());
            assert_eq!(hung, None);
            assert!(worker.has_left_behind());
        }
        assert_eq!(worker.run(SOON, || (), |()| 1), None);
        drop(free);
        // The threads end one after the other; a new one is made as soon as the first has.
        while Arc::strong_count(&worker.alive) > LEFT_BEHIND {
            std::thread::yield_now();
        }
        assert_eq!(worker.run(SOON, || (), |()| 1), Some(1));
        while worker.has_left_behind() {
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_job_that_panics_takes_only_its_own_thread_along() {
        let mut worker = Worker::new();
        let quiet: Option<()> = worker.run(SOON, || 7, |_: &mut i32| std::panic::resume_unwind(Box::new(())));
        assert_eq!(quiet, None);
        assert_eq!(worker.run(SOON, || 7, |n: &mut i32| *n), Some(7));
    }
}
