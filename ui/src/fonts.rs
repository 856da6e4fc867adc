//! The font that the screens are written in.

use crate::error::UiError;
use slint::fontique_011::shared_collection;

/// The family that `screens/kiosk.slint` names: the Simplified Chinese forms of Noto Sans CJK.
pub(crate) const FAMILY: &str = "Noto Sans CJK SC";

/// Says so if the family is missing, before the toolkit draws a first line of text without it.
///
/// To be called when the toolkit has its platform.
pub(crate) fn check() -> Result<(), UiError> {
    match shared_collection().family_id(FAMILY) {
        Some(_) => Ok(()),
        None => Err(UiError::Font(FAMILY)),
    }
}
