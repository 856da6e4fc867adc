//! The running screen, on its own thread.

use crate::handle::{Painted, Shared};
use crate::headless::Canvas;
use crate::stage::Stage;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

/// A component with its canvas, if it is painted into memory, and whoever talks to it.
pub(crate) struct Live {
    pub(crate) stage: Stage,
    pub(crate) canvas: Option<Rc<Canvas>>,
    shared: Arc<Shared>,
    /// the view that was put onto the component and not yet reported as painted
    unpainted: Cell<Option<u64>>,
}

thread_local! {
    static LIVE: RefCell<Option<Rc<Live>>> = const { RefCell::new(None) };
}

/// Does something with the screen of this thread; `None` if there is none.
pub(crate) fn here<T>(act: impl FnOnce(&Live) -> T) -> Option<T> {
    let live = LIVE.with(|live| live.borrow().clone())?;
    Some(act(&live))
}

/// While it lives, the screen can be reached on its thread.
pub(crate) struct Presence(Rc<Live>);

impl Drop for Presence {
    fn drop(&mut self) {
        LIVE.with(|live| live.borrow_mut().take());
    }
}

impl std::ops::Deref for Presence {
    type Target = Live;

    fn deref(&self) -> &Live {
        &self.0
    }
}

impl Live {
    pub(crate) fn enter(stage: Stage, canvas: Option<Rc<Canvas>>, shared: Arc<Shared>) -> Presence {
        let live = Rc::new(Self { stage, canvas, shared, unpainted: Cell::new(None) });
        LIVE.with(|here| here.replace(Some(Rc::clone(&live))));
        Presence(live)
    }

    /// Whether this is the screen behind a handle.
    #[cfg(feature = "inspect")]
    pub(crate) fn is_behind(&self, shared: &Arc<Shared>) -> bool {
        Arc::ptr_eq(&self.shared, shared)
    }

    /// Puts the latest view onto the component.
    pub(crate) fn apply(&self) {
        let Some((seq, view)) = self.shared.take() else { return };
        self.stage.show(&view);
        self.unpainted.set(Some(seq));
        if self.canvas.is_none() {
            // The toolkit paints by itself and does not say when.
            self.painted();
        }
    }

    /// Paints what has changed, if it is this side that paints.
    #[cfg(feature = "inspect")]
    pub(crate) fn paint(&self) {
        if let Some(canvas) = &self.canvas {
            canvas.paint();
            self.painted();
        }
    }

    /// A frame is finished, or nothing had to be painted: what was put onto the component is shown.
    pub(crate) fn painted(&self) {
        if let Some(seq) = self.unpainted.take() {
            self.shared.tell(Painted { seq, screen_name: self.stage.name(), at: Instant::now() });
        }
    }
}
