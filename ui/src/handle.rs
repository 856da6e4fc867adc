//! How other threads reach the screen.

use crate::headless::{Mailbox, Task};
use crate::live;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use visit::screen::View;

/// News of a frame: a certain view is on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Painted {
    /// which view, as [`Handle::show`] counted it
    pub seq: u64,
    /// its screen, as `Screen::name` calls it
    pub screen_name: &'static str,
    /// when the frame was finished
    pub at: Instant,
}

/// Is told of every view that got onto the screen.
pub type Observer = Box<dyn Fn(Painted) + Send>;

/// Reaches the running screen from any thread; cheap to clone.
#[derive(Clone)]
pub struct Handle {
    pub(crate) shared: Arc<Shared>,
}

/// Who wakes the screen's loop.
pub(crate) enum Poster {
    /// a canvas in memory
    Memory(Arc<Mailbox>),
    /// a display, which the toolkit's own loop drives
    #[cfg_attr(not(any(feature = "desktop", feature = "kms")), allow(dead_code))]
    Display,
}

#[derive(Default)]
struct Next {
    seq: u64,
    view: Option<View>,
    woken: bool,
}

/// What the screen and its handles have in common.
pub(crate) struct Shared {
    poster: Poster,
    next: Mutex<Next>,
    observer: Mutex<Option<Observer>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What these hold is replaced whole, so that a panic elsewhere cannot leave it half-written.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn new(poster: Poster) -> Arc<Self> {
        Arc::new(Self { poster, next: Mutex::default(), observer: Mutex::default() })
    }

    /// Has `task` done on the thread of the screen; false if the screen is gone.
    pub(crate) fn post(&self, task: Task) -> bool {
        match &self.poster {
            Poster::Memory(mailbox) => mailbox.post(task),
            Poster::Display => slint::invoke_from_event_loop(task).is_ok(),
        }
    }

    /// The latest view, unless it was taken before.
    pub(crate) fn take(&self) -> Option<(u64, View)> {
        let mut next = lock(&self.next);
        next.woken = false;
        let seq = next.seq;
        next.view.take().map(|view| (seq, view))
    }

    pub(crate) fn tell(&self, painted: Painted) {
        if let Some(observer) = &*lock(&self.observer) {
            observer(painted);
        }
    }
}

impl Handle {
    /// Shows a view, as soon as the screen's thread gets to it, and returns its count.
    ///
    /// Of several views that wait only the latest is painted. Returns at once; of a screen that is
    /// gone nobody hears.
    pub fn show(&self, view: View) -> u64 {
        let (seq, wake) = {
            let mut next = lock(&self.shared.next);
            next.seq += 1;
            next.view = Some(view);
            (next.seq, !std::mem::replace(&mut next.woken, true))
        };
        if wake {
            self.shared.post(Box::new(|| _ = live::here(live::Live::apply)));
        }
        seq
    }

    /// Has `answer` called on the screen's thread when that gets to it, which a screen that hangs never does; false
    /// if the screen is gone.
    pub fn call(&self, answer: impl FnOnce() + Send + 'static) -> bool {
        self.shared.post(Box::new(answer))
    }

    /// Ends the screen's loop; [`crate::run`] then returns.
    pub fn quit(&self) {
        match &self.shared.poster {
            Poster::Memory(mailbox) => mailbox.quit(),
            Poster::Display => {
                // Fails only if the loop has ended already.
                let _ = slint::invoke_from_event_loop(|| drop(slint::quit_event_loop()));
            }
        }
    }

    /// Has `observer` called, on the screen's thread, after each frame that first shows a view.
    ///
    /// In memory that is when its pixels are written; on a display, when the toolkit has taken it.
    /// The observer must be quick, and must not set another observer.
    pub fn set_observer(&self, observer: Observer) {
        *lock(&self.shared.observer) = Some(observer);
    }
}
