//! The font that the screens are written in; the program brings it along (`build/font.rs`).

use crate::error::UiError;
use slint::fontique_011::fontique::{Blob, Collection, CollectionOptions};
use slint::fontique_011::shared_collection;
use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, PoisonError};

/// The family that `screens/kiosk.slint` names: the Simplified Chinese forms of Noto Sans CJK.
#[cfg(test)]
pub(crate) const FAMILY: &str = "Noto Sans CJK SC";

/// Two weights, plain and bold.
pub(crate) const FILES: [&[u8]; 2] = [
    include_bytes!(concat!(env!("OUT_DIR"), "/onedoor-regular.otf")),
    include_bytes!(concat!(env!("OUT_DIR"), "/onedoor-bold.otf")),
];

/// Runs what makes the toolkit's platform. On a machine without a single font its font library panics there,
/// although we bring our own; this becomes an error that names the cause.
pub(crate) fn guarded<T>(make: impl FnOnce() -> Result<T, UiError>) -> Result<T, UiError> {
    // Once a process it is known that there are fonts. The lock: two threads must not change the hook at once.
    static FOUND: Mutex<bool> = Mutex::new(false);
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    if *found {
        drop(found);
        return make();
    }
    // The library's panic would be printed before our error.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let made = panic::catch_unwind(AssertUnwindSafe(make));
    *found = made.is_ok();
    let made = made.unwrap_or_else(|why| Err(if has_fonts() { panicked(&*why) } else { UiError::Font }));
    panic::set_hook(hook);
    made
}

/// Whether the font library starts. It takes as long as the platform's own start: only for who has failed.
fn has_fonts() -> bool {
    let start = || Collection::new(CollectionOptions { shared: false, system_fonts: true });
    panic::catch_unwind(start).is_ok()
}

fn panicked(why: &(dyn Any + Send)) -> UiError {
    let text = why.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| why.downcast_ref::<&str>().copied());
    UiError::Platform(text.unwrap_or("the toolkit does not start").to_owned())
}

/// Gives our font to the toolkit, before whatever the machine has under the same name; once a thread, as
/// the toolkit has its fonts. To be called when it has its platform.
pub(crate) fn bring() {
    thread_local! {
        static BROUGHT: Cell<bool> = const { Cell::new(false) };
    }
    if BROUGHT.replace(true) {
        return;
    }
    let mut fonts = shared_collection();
    for file in FILES {
        fonts.register_fonts(Blob::new(Arc::new(file)), None);
    }
}
