//! A screen without a display: the software renderer paints into memory.
//!
//! The loop sleeps until something is to be done (a posted task, a timer of the toolkit), paints
//! what changed, and sleeps again: an idle screen costs nothing. Each thread may have one such
//! screen; screens of different threads know nothing of each other.

use crate::error::UiError;
use crate::picture::Picture;
use rgb::FromSlice;
use slint::platform::software_renderer::{MinimalSoftwareWindow, RepaintBufferType};
use slint::platform::{Platform, WindowAdapter, WindowEvent};
use slint::{PhysicalSize, PlatformError};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Something to be done on the thread of the screen.
pub(crate) type Task = Box<dyn FnOnce() + Send>;

/// The size the screens are drawn for, in pixels; another size shows them larger or smaller.
pub(crate) const DRAWN_FOR: (u32, u32) = (1080, 1920);
/// The largest edge, in pixels.
const LARGEST: u32 = 8192;

/// The memory that is painted into.
pub(crate) struct Canvas {
    window: Rc<MinimalSoftwareWindow>,
    // Not the toolkit's own buffer: filling that takes longer than painting into it.
    bytes: RefCell<Vec<u8>>,
    size: Cell<PhysicalSize>,
    /// nothing in the memory can be relied on: paint it all
    blank: Cell<bool>,
}

thread_local! {
    static CANVAS: OnceCell<Rc<Canvas>> = const { OnceCell::new() };
}

impl Canvas {
    /// This thread's canvas; the first call makes it the toolkit's platform here.
    ///
    /// # Errors
    /// When the toolkit already has another platform on this thread, or at an impossible size.
    pub(crate) fn of_this_thread(width: u32, height: u32) -> Result<Rc<Self>, UiError> {
        if !(1..=LARGEST).contains(&width) || !(1..=LARGEST).contains(&height) {
            return Err(UiError::Size { width, height });
        }
        let canvas = CANVAS.with(|cell| match cell.get() {
            Some(canvas) => Ok(Rc::clone(canvas)),
            None => Self::install().map(|canvas| Rc::clone(cell.get_or_init(|| canvas))),
        })?;
        canvas.resize(PhysicalSize::new(width, height));
        Ok(canvas)
    }

    fn install() -> Result<Rc<Self>, UiError> {
        let window = MinimalSoftwareWindow::new(RepaintBufferType::ReusedBuffer);
        let platform = HeadlessPlatform { window: Rc::clone(&window), started: Instant::now() };
        slint::platform::set_platform(Box::new(platform)).map_err(|e| UiError::Platform(e.to_string()))?;
        Ok(Rc::new(Self { window, bytes: RefCell::default(), size: Cell::default(), blank: Cell::new(true) }))
    }

    fn resize(&self, size: PhysicalSize) {
        let (width, height) = (size.width as f32, size.height as f32);
        let scale_factor = (width / DRAWN_FOR.0 as f32).min(height / DRAWN_FOR.1 as f32);
        self.window.dispatch_event(WindowEvent::ScaleFactorChanged { scale_factor });
        self.window.set_size(size);
        *self.bytes.borrow_mut() = vec![0; size.width as usize * size.height as usize * 3];
        self.size.set(size);
        self.blank.set(true);
    }

    /// Paints what has changed; whether anything had.
    pub(crate) fn paint(&self) -> bool {
        slint::platform::update_timers_and_animations();
        self.window.draw_if_needed(|renderer| {
            let whole = self.blank.take();
            if whole {
                renderer.set_repaint_buffer_type(RepaintBufferType::NewBuffer);
            }
            painter::paint(renderer, self.bytes.borrow_mut().as_rgb_mut(), self.size.get().width as usize);
            if whole {
                renderer.set_repaint_buffer_type(RepaintBufferType::ReusedBuffer);
            }
        })
    }

    /// Forgets what was painted: another component is shown on this canvas from now on.
    pub(crate) fn renew(&self) {
        self.blank.set(true);
        self.window.request_redraw();
    }

    /// What is in the memory now.
    pub(crate) fn picture(&self) -> Picture {
        let rgb = self.bytes.borrow().clone();
        Picture { width: self.size.get().width, height: self.size.get().height, rgb }
    }

    /// Does what is posted and paints, until [`Mailbox::quit`]; `after` is called after each turn.
    pub(crate) fn run(&self, mailbox: &Mailbox, after: impl Fn()) {
        loop {
            self.paint();
            after();
            let timeout = if self.window.has_active_animations() {
                Some(Duration::from_millis(16))
            } else {
                slint::platform::duration_until_next_timer_update()
            };
            match mailbox.next(timeout) {
                Some(tasks) => tasks.into_iter().for_each(|task| task()),
                None => return,
            }
        }
    }
}

#[derive(Default)]
struct Inbox {
    tasks: VecDeque<Task>,
    quit: bool,
    closed: bool,
}

/// Wakes the loop of a canvas and tells it what to do.
#[derive(Default)]
pub(crate) struct Mailbox {
    inbox: Mutex<Inbox>,
    arrived: Condvar,
}

impl Mailbox {
    fn lock(&self) -> MutexGuard<'_, Inbox> {
        // A task that panicked has left the queue itself whole.
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has `task` done on the thread of the screen; false if the loop has ended.
    pub(crate) fn post(&self, task: Task) -> bool {
        let mut inbox = self.lock();
        if inbox.closed {
            return false;
        }
        inbox.tasks.push_back(task);
        drop(inbox);
        self.arrived.notify_one();
        true
    }

    /// Ends the loop.
    pub(crate) fn quit(&self) {
        self.lock().quit = true;
        self.arrived.notify_one();
    }

    /// Takes nothing any more and drops what was not done.
    pub(crate) fn close(&self) {
        let undone = {
            let mut inbox = self.lock();
            inbox.closed = true;
            std::mem::take(&mut inbox.tasks)
        };
        drop(undone);
    }

    /// Waits for a task or for `timeout`; `None` means the loop shall end.
    fn next(&self, timeout: Option<Duration>) -> Option<VecDeque<Task>> {
        let mut inbox = self.lock();
        let until = timeout.and_then(|t| Instant::now().checked_add(t));
        while inbox.tasks.is_empty() && !inbox.quit {
            inbox = match until.map(|u| u.saturating_duration_since(Instant::now())) {
                Some(left) if left.is_zero() => break,
                Some(left) => {
                    self.arrived.wait_timeout(inbox, left).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.arrived.wait(inbox).unwrap_or_else(PoisonError::into_inner),
            };
        }
        if inbox.quit { None } else { Some(std::mem::take(&mut inbox.tasks)) }
    }
}

struct HeadlessPlatform {
    window: Rc<MinimalSoftwareWindow>,
    started: Instant,
}

impl Platform for HeadlessPlatform {
    fn create_window_adapter(&self) -> Result<Rc<dyn WindowAdapter>, PlatformError> {
        Ok(self.window.clone())
    }

    fn duration_since_start(&self) -> Duration {
        self.started.elapsed()
    }
}

/// The mailbox of a new loop.
pub(crate) fn mailbox() -> Arc<Mailbox> {
    Arc::default()
}
