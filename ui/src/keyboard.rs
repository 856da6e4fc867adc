//! The keyboard of the bare display: the five keys of the tactile pad, and no other.
//!
//! The toolkit ends its loop on Ctrl+Alt+Backspace and Ctrl+Alt+Delete. It never sees them here, nor any
//! modifier: what is not of the pad is dropped before the toolkit knows of it.

/// Whether a key is one of the pad's, by its code (linux/input-event-codes.h).
pub(crate) fn is_of_the_pad(code: u32) -> bool {
    const ESC: u32 = 1;
    const TAB: u32 = 15;
    const ENTER: u32 = 28;
    const KEYPAD_ENTER: u32 = 96;
    const UP: u32 = 103;
    const LEFT: u32 = 105;
    const RIGHT: u32 = 106;
    const DOWN: u32 = 108;
    matches!(code, ESC | TAB | ENTER | KEYPAD_ENTER | UP | LEFT | RIGHT | DOWN)
}

/// Whether the toolkit must not see an event.
#[cfg(feature = "kms")]
pub(crate) fn is_dead(event: &input::Event) -> bool {
    use input::event::keyboard::{KeyboardEvent, KeyboardEventTrait};
    match event {
        input::Event::Keyboard(KeyboardEvent::Key(key)) => !is_of_the_pad(key.key()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_leaves_the_application_gets_through() {
        // Backspace, Ctrl, Alt, F1 to F12, SysRq, Delete, Meta, Power, and the letters' first.
        let dead = [14, 29, 97, 56, 100, 87, 88, 99, 111, 125, 126, 116, 16];
        for code in dead.into_iter().chain(59..=68) {
            assert!(!is_of_the_pad(code), "{code}");
        }
        assert_eq!((0..768).filter(|code| is_of_the_pad(*code)).count(), 8);
    }
}
