//! A QR code (ISO/IEC 18004) as modules.

use qrcodegen::{QrCode, QrCodeEcc};

use crate::short::LONGEST_SHORT;

/// A QR code.
pub struct Code(QrCode);

impl Code {
    /// The code that says this, with as much correction of errors as its size has room for; `None` when it is
    /// longer than [`LONGEST_SHORT`].
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        if text.len() > LONGEST_SHORT {
            return None;
        }
        QrCode::encode_text(text, QrCodeEcc::Low).ok().map(Self)
    }

    /// Modules on a side, without the quiet zone of 4 around.
    #[must_use]
    pub fn modules(&self) -> usize {
        usize::try_from(self.0.size()).unwrap_or_default()
    }

    /// Whether a module is black, counted from the left and from the top; none outside is.
    #[must_use]
    pub fn is_black(&self, x: usize, y: usize) -> bool {
        match (i32::try_from(x), i32::try_from(y)) {
            (Ok(x), Ok(y)) => self.0.get_module(x, y),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_reads_what_the_code_says_and_a_printer_has_room_for_it() {
        for length in [1, 400, LONGEST_SHORT] {
            let text = "eyJ.".chars().cycle().take(length).collect::<String>();
            let code = Code::new(&text).unwrap();
            let grid = rqrr::SimpleGrid::from_func(code.modules(), |x, y| code.is_black(x, y));
            assert_eq!(rqrr::Grid::new(grid).decode().unwrap().1, text);
            // 576 dots on paper of 80 mm, 384 on 58 mm.
            assert!((code.modules() + 8) * 5 <= 576 && (code.modules() + 8) * 3 <= 384, "{}", code.modules());
        }
        assert!(Code::new(&"x".repeat(LONGEST_SHORT + 1)).is_none());
    }
}
