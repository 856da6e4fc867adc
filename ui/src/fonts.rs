//! The font that the screens are written in.

use crate::error::UiError;
use slint::fontique_011::fontique::{Collection, CollectionOptions};
use std::panic;
use std::sync::OnceLock;

/// The family that `screens/kiosk.slint` names: the Simplified Chinese forms of Noto Sans CJK.
pub(crate) const FAMILY: &str = "Noto Sans CJK SC";

/// Says so if the family is not installed.
///
/// To be called before the toolkit gets its platform: on a machine without a single font the
/// toolkit's font library panics right there, and this must become an error that names the cause.
pub(crate) fn check() -> Result<(), UiError> {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    if *INSTALLED.get_or_init(installed) { Ok(()) } else { Err(UiError::Font(FAMILY)) }
}

fn installed() -> bool {
    // The library's panic would be printed before our error; once a process, it is kept quiet.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let found = panic::catch_unwind(|| {
        let options = CollectionOptions { shared: false, system_fonts: true };
        Collection::new(options).family_id(FAMILY).is_some()
    });
    panic::set_hook(hook);
    found.unwrap_or(false)
}
