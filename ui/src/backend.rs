//! Running the screen: in memory, in a window, on a bare display.

use crate::error::UiError;
use crate::fonts;
use crate::handle::{Handle, Poster, Shared};
use crate::headless::{Canvas, DRAWN_FOR, mailbox};
use crate::live::Live;
use crate::picture::Picture;
use crate::speech::Voice;
use crate::stage::Stage;
use slint::ComponentHandle;
use std::cell::RefCell;
use std::rc::Rc;
use visit::intent::Intent;
use visit::screen::View;

/// Where the screen is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// In memory, with no display at all.
    Headless {
        /// in pixels
        width: u32,
        /// in pixels
        height: u32,
    },
    /// A window on a desktop; needs the feature `desktop`.
    Window,
    /// The bare display of a kiosk (DRM/KMS, touch through libinput); needs the feature `kms`.
    Kms,
}

/// How to run the screen.
pub struct Options {
    /// where
    pub backend: Backend,
    /// who is told what the visitor wants; called on the screen's thread and must be quick
    pub on_intent: Box<dyn Fn(Intent) + Send>,
    /// who speaks for the screen; without one it is silent
    pub voice: Option<Box<dyn Voice + Send>>,
}

/// Runs the screen on this thread until [`Handle::quit`], or until its window is closed.
///
/// `on_ready` is called on this thread as soon as the screen can be reached. A view that it shows is
/// the first thing that is painted.
///
/// # Errors
/// [`UiError`]: no font, no display, or a kind of screen that this program was built without.
pub fn run(options: Options, on_ready: impl FnOnce(Handle)) -> Result<(), UiError> {
    let Options { backend, on_intent, voice } = options;
    let stage =
        move || Stage::new(on_intent, voice.map(|voice| -> Box<dyn Voice> { voice })).map(Stage::live);
    match backend {
        Backend::Headless { width, height } => in_memory(width, height, stage, on_ready),
        Backend::Window if cfg!(feature = "desktop") => on_display("winit", stage, on_ready),
        Backend::Window => Err(UiError::NotBuilt("desktop")),
        Backend::Kms if cfg!(feature = "kms") => on_display("linuxkms", stage, on_ready),
        Backend::Kms => Err(UiError::NotBuilt("kms")),
    }
}

fn in_memory(
    width: u32,
    height: u32,
    stage: impl FnOnce() -> Result<Stage, UiError>,
    on_ready: impl FnOnce(Handle),
) -> Result<(), UiError> {
    let canvas = fonts::guarded(|| Canvas::of_this_thread(width, height))?;
    let stage = stage()?;
    stage.kiosk().show()?;
    canvas.renew();
    let mailbox = mailbox();
    let shared = Shared::new(Poster::Memory(mailbox.clone()));
    let live = Live::enter(stage, Some(Rc::clone(&canvas)), shared.clone());
    on_ready(Handle { shared });
    live.apply();
    canvas.run(&mailbox, || live.painted());
    mailbox.close();
    Ok(live.stage.kiosk().hide()?)
}

fn on_display(
    backend: &str,
    stage: impl FnOnce() -> Result<Stage, UiError>,
    on_ready: impl FnOnce(Handle),
) -> Result<(), UiError> {
    let selector = slint::BackendSelector::new();
    // On a desktop the keys that leave an application are the desktop's.
    #[cfg(feature = "kms")]
    let selector = match backend {
        "linuxkms" => selector.with_libinput_event_hook(crate::keyboard::is_dead),
        _ => selector,
    };
    let selector = selector.backend_name(backend.into()).renderer_name("software".into());
    fonts::guarded(|| Ok(selector.select()?))?;
    let stage = stage()?;
    stage.kiosk().show()?;
    let shared = Shared::new(Poster::Display);
    let live = Live::enter(stage, None, shared.clone());
    on_ready(Handle { shared });
    live.apply();
    Ok(slint::run_event_loop()?)
}

thread_local! {
    static STUDIO: RefCell<Option<(Rc<Canvas>, Stage)>> = const { RefCell::new(None) };
}

/// Paints one view, in memory and at once; for galleries and tests. Not for a thread that runs a
/// screen.
///
/// # Errors
/// [`UiError`]: no font, or this thread already has a screen of another kind.
pub fn render(view: &View) -> Result<Picture, UiError> {
    STUDIO.with_borrow_mut(|studio| {
        if studio.is_none() {
            let canvas = fonts::guarded(|| Canvas::of_this_thread(DRAWN_FOR.0, DRAWN_FOR.1))?;
            let stage = Stage::new(drop, None)?;
            stage.kiosk().show()?;
            canvas.renew();
            *studio = Some((canvas, stage));
        }
        let Some((canvas, stage)) = studio else { return Err(UiError::NotRunning) };
        stage.show(view);
        canvas.paint();
        Ok(canvas.picture())
    })
}
