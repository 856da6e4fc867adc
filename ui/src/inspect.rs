//! What the virtual hall sees and does: which things can be touched, touching them, pictures.
//!
//! Only with the feature `inspect`, which no production build has. Every call is carried out on the
//! screen's thread, after the views shown before it, and waits for the answer.

use crate::error::UiError;
use crate::handle::Handle;
use crate::live::{self, Live};
use crate::picture::Picture;
use crate::reader::Key;
use i_slint_backend_testing::{AccessibleRole, ElementHandle, ElementQuery};
use slint::platform::{PointerEventButton, WindowEvent};
use slint::{ComponentHandle, LogicalPosition, SharedString};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

/// How long the screen's thread may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Outside the screen.
const OFF: LogicalPosition = LogicalPosition::new(-1., -1.);

/// One thing that can be touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// its stable id, an intent
    pub id: String,
    /// what it is called in the language shown
    pub label: String,
    /// left edge, in pixels from the left of the screen
    pub x: i32,
    /// upper edge, in pixels from the top of the screen
    pub y: i32,
    /// in pixels
    pub w: i32,
    /// in pixels
    pub h: i32,
    /// whether it takes a touch
    pub enabled: bool,
}

/// A screen and what can be touched on it, of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// the screen, as `Screen::name` calls it
    pub screen: &'static str,
    /// from back to front
    pub elements: Vec<Element>,
    /// every text in sight, from back to front
    pub texts: Vec<String>,
}

impl Handle {
    /// The screen and everything on it that can be touched and is wholly in sight.
    ///
    /// # Errors
    /// [`UiError::NotRunning`], [`UiError::Late`].
    pub fn inspect(&self) -> Result<Inspection, UiError> {
        self.ask(|live| Inspection {
            screen: live.stage.name(),
            elements: elements(live),
            texts: texts(live),
        })
    }

    /// What can be touched; see [`Handle::inspect`].
    ///
    /// # Errors
    /// As [`Handle::inspect`].
    pub fn elements(&self) -> Result<Vec<Element>, UiError> {
        Ok(self.inspect()?.elements)
    }

    /// The name of the screen.
    ///
    /// # Errors
    /// As [`Handle::inspect`].
    pub fn screen_name(&self) -> Result<&'static str, UiError> {
        self.ask(|live| live.stage.name())
    }

    /// Presses and releases a thing at its centre, as a finger would.
    ///
    /// # Errors
    /// [`UiError::NotOnScreen`], [`UiError::Disabled`], and as [`Handle::inspect`].
    pub fn touch(&self, id: &str) -> Result<(), UiError> {
        let id = id.to_owned();
        self.ask(move |live| {
            let element = elements(live).into_iter().find(|e| e.id == id);
            let Some(element) = element else { return Err(UiError::NotOnScreen(id)) };
            if !element.enabled {
                return Err(UiError::Disabled(id));
            }
            tap(live, element.x + element.w / 2, element.y + element.h / 2);
            Ok(())
        })?
    }

    /// Presses and releases whatever is at a place, in pixels from the upper left corner.
    ///
    /// # Errors
    /// As [`Handle::inspect`].
    pub fn touch_at(&self, x: i32, y: i32) -> Result<(), UiError> {
        self.ask(move |live| tap(live, x, y))
    }

    /// A finger comes down at a place and stays there, in pixels from the upper left corner.
    ///
    /// # Errors
    /// As [`Handle::inspect`].
    pub fn finger_down(&self, x: i32, y: i32) -> Result<(), UiError> {
        self.ask(move |live| {
            let (window, position) = (live.stage.kiosk().window(), place(live, x, y));
            window.dispatch_event(WindowEvent::PointerPressed { position, button: PointerEventButton::Left });
        })
    }

    /// It leaves again.
    ///
    /// # Errors
    /// As [`Handle::inspect`].
    pub fn finger_up(&self, x: i32, y: i32) -> Result<(), UiError> {
        self.ask(move |live| {
            let (window, position) = (live.stage.kiosk().window(), place(live, x, y));
            window
                .dispatch_event(WindowEvent::PointerReleased { position, button: PointerEventButton::Left });
            window.dispatch_event(WindowEvent::PointerExited);
        })
    }

    /// A finger comes down at the first of these places, slides to each of the others, and leaves; in pixels from
    /// the upper left corner.
    ///
    /// # Errors
    /// As [`Handle::inspect`].
    pub fn drag(&self, along: &[(i32, i32)]) -> Result<(), UiError> {
        let along = along.to_vec();
        self.ask(move |live| drag(live, &along))
    }

    /// Presses and releases a key of the tactile pad.
    ///
    /// # Errors
    /// As [`Handle::inspect`].
    pub fn press(&self, key: Key) -> Result<(), UiError> {
        self.ask(move |live| press(live, &key.text()))
    }

    /// How long it takes from a finger's coming down on a thing to its changed pixels, in memory. The finger
    /// is drawn off it again: nothing is touched.
    ///
    /// # Errors
    /// [`UiError::NotOnScreen`], and as [`Handle::inspect`].
    pub fn time_press(&self, id: &str) -> Result<Duration, UiError> {
        let id = id.to_owned();
        self.ask(move |live| {
            let element = elements(live).into_iter().find(|e| e.id == id);
            let Some(element) = element else { return Err(UiError::NotOnScreen(id)) };
            let window = live.stage.kiosk().window();
            let scale = window.scale_factor();
            let (x, y) = (element.x + element.w / 2, element.y + element.h / 2);
            let position = LogicalPosition::new(x as f32 / scale, y as f32 / scale);
            let button = PointerEventButton::Left;
            let down = Instant::now();
            window.dispatch_event(WindowEvent::PointerPressed { position, button });
            live.paint();
            let time = down.elapsed();
            window.dispatch_event(WindowEvent::PointerExited);
            window.dispatch_event(WindowEvent::PointerReleased { position: OFF, button });
            live.paint();
            Ok(time)
        })?
    }

    /// How long it takes to paint all of the screen anew, in memory.
    ///
    /// # Errors
    /// As [`Handle::inspect`].
    pub fn time_repaint(&self) -> Result<Duration, UiError> {
        self.ask(|live| {
            if let Some(canvas) = &live.canvas {
                canvas.renew();
            }
            let begun = Instant::now();
            live.paint();
            begun.elapsed()
        })
    }

    /// A picture of the screen.
    ///
    /// # Errors
    /// As [`Handle::inspect`], and what the toolkit says of its window.
    pub fn snapshot(&self) -> Result<Picture, UiError> {
        self.ask(|live| match &live.canvas {
            Some(canvas) => Ok(canvas.picture()),
            None => {
                let shot = live.stage.kiosk().window().take_snapshot()?;
                let rgb = shot.as_slice().iter().flat_map(|p| [p.r, p.g, p.b]).collect();
                Ok(Picture { width: shot.width(), height: shot.height(), rgb })
            }
        })?
    }

    /// Has `question` answered on the screen's thread, once everything shown before is painted.
    fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Live) -> T + Send + 'static,
    ) -> Result<T, UiError> {
        let question = |live: &Live| {
            live.apply();
            live.paint();
            question(live)
        };
        if live::here(|live| live.is_behind(&self.shared)) == Some(true) {
            return live::here(question).ok_or(UiError::NotRunning);
        }
        let (answer, answered) = sync_channel(1);
        let task = move || {
            if let Some(found) = live::here(question) {
                // Fails only if whoever asked has stopped waiting.
                let _ = answer.send(found);
            }
        };
        if !self.shared.post(Box::new(task)) {
            return Err(UiError::NotRunning);
        }
        answered.recv_timeout(PATIENCE).map_err(|why| match why {
            std::sync::mpsc::RecvTimeoutError::Timeout => UiError::Late(PATIENCE.as_secs()),
            std::sync::mpsc::RecvTimeoutError::Disconnected => UiError::NotRunning,
        })
    }
}

/// A rectangle in logical pixels: left, top, right, bottom.
struct Bounds(f32, f32, f32, f32);

impl Bounds {
    fn of(element: &ElementHandle) -> Self {
        let (at, size) = (element.absolute_position(), element.size());
        Self(at.x, at.y, at.x + size.width, at.y + size.height)
    }

    /// Whether it lies within `outer`, give or take a rounding.
    fn within(&self, outer: &Self) -> bool {
        self.0 >= outer.0 - 1. && self.1 >= outer.1 - 1. && self.2 <= outer.2 + 1. && self.3 <= outer.3 + 1.
    }
}

pub(crate) fn elements(live: &Live) -> Vec<Element> {
    let kiosk = live.stage.kiosk();
    let scale = kiosk.window().scale_factor();
    let size = kiosk.window().size().to_logical(scale);
    let window = Bounds(0., 0., size.width, size.height);
    // The one thing that scrolls. Rows half in sight cannot be relied on, so they are left out.
    let list = ElementHandle::find_by_element_id(kiosk, "Page::list").next();
    let rows: Vec<_> = list.iter().flat_map(|list| touchable(list.query_descendants())).collect();
    let rows: Vec<_> = rows.iter().filter_map(ElementHandle::accessible_id).collect();
    let mut list = list.as_ref().map(Bounds::of);
    // The countdown lies over the upper end of the page.
    let stay = touchable(ElementQuery::from_root(kiosk)).into_iter();
    let stay = stay.filter(|e| e.accessible_id().is_some_and(|id| id == "stay")).map(|e| Bounds::of(&e));
    if let (Some(list), Some(stay)) = (&mut list, stay.last()) {
        list.1 = list.1.max(stay.3);
    }
    let in_sight = |element: &ElementHandle| {
        let bounds = Bounds::of(element);
        let in_list = element.accessible_id().is_some_and(|id| rows.contains(&id));
        bounds.within(&window) && (!in_list || list.as_ref().is_some_and(|list| bounds.within(list)))
    };
    touchable(ElementQuery::from_root(kiosk))
        .iter()
        .filter(|e| in_sight(e))
        .map(|e| element(e, scale))
        .collect()
}

fn touchable(query: ElementQuery) -> Vec<ElementHandle> {
    let mut found = query.match_accessible_role(AccessibleRole::Button).find_all();
    found.retain(|e| e.accessible_id().is_some_and(|id| !id.is_empty()));
    found
}

fn texts(live: &Live) -> Vec<String> {
    let texts = ElementQuery::from_root(live.stage.kiosk()).match_accessible_role(AccessibleRole::Text);
    let label = |e: ElementHandle| e.accessible_label().map(String::from);
    texts.find_all().into_iter().filter_map(label).filter(|text| !text.is_empty()).collect()
}

fn element(found: &ElementHandle, scale: f32) -> Element {
    let (at, size) = (found.absolute_position(), found.size());
    let pixels = |logical: f32| (logical * scale).round() as i32;
    Element {
        id: found.accessible_id().unwrap_or_default().into(),
        label: found.accessible_label().unwrap_or_default().into(),
        x: pixels(at.x),
        y: pixels(at.y),
        w: pixels(size.width),
        h: pixels(size.height),
        enabled: found.accessible_enabled().unwrap_or(true),
    }
}

pub(crate) fn tap(live: &Live, x: i32, y: i32) {
    let (window, position) = (live.stage.kiosk().window(), place(live, x, y));
    let button = PointerEventButton::Left;
    window.dispatch_event(WindowEvent::PointerPressed { position, button });
    window.dispatch_event(WindowEvent::PointerReleased { position, button });
    // A finger that has left hovers over nothing.
    window.dispatch_event(WindowEvent::PointerExited);
}

/// A finger is seen at most so far from where it was seen before.
const STRIDE: i32 = 40;

pub(crate) fn drag(live: &Live, along: &[(i32, i32)]) {
    let window = live.stage.kiosk().window();
    let button = PointerEventButton::Left;
    let Some(((x, y), rest)) = along.split_first() else { return };
    let mut at = (*x, *y);
    window.dispatch_event(WindowEvent::PointerPressed { position: place(live, at.0, at.1), button });
    for to in rest {
        let (from, way) = (at, (to.0 - at.0, to.1 - at.1));
        let steps = way.0.abs().max(way.1.abs()) / STRIDE + 1;
        for step in 1..=steps {
            at = (from.0 + way.0 * step / steps, from.1 + way.1 * step / steps);
            window.dispatch_event(WindowEvent::PointerMoved { position: place(live, at.0, at.1) });
        }
    }
    window.dispatch_event(WindowEvent::PointerReleased { position: place(live, at.0, at.1), button });
    window.dispatch_event(WindowEvent::PointerExited);
}

fn place(live: &Live, x: i32, y: i32) -> LogicalPosition {
    let scale = live.stage.kiosk().window().scale_factor();
    LogicalPosition::new(x as f32 / scale, y as f32 / scale)
}

/// A key goes down and up.
pub(crate) fn press(live: &Live, text: &SharedString) {
    let window = live.stage.kiosk().window();
    window.dispatch_event(WindowEvent::KeyPressed { text: text.clone() });
    window.dispatch_event(WindowEvent::KeyReleased { text: text.clone() });
}
