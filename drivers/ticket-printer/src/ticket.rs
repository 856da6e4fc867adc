//! What stands on a ticket, before any printer is thought of.

use std::fmt;

use crate::raster::Bitmap;

/// One ticket, top to bottom.
///
/// Its debug output names the kinds of lines and never their text, which may concern a visitor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ticket {
    /// The lines, top first.
    pub lines: Vec<Line>,
}

/// One line, or one thing that stands between lines.
#[derive(Clone, PartialEq, Eq)]
pub enum Line {
    /// Text; longer than the paper is wide, it goes on in the next printed line.
    Text {
        /// What is printed. Control and invisible characters are dropped.
        text: String,
        /// Where it stands.
        align: Align,
        /// How large it is.
        size: Size,
        /// Whether it is emphasised.
        bold: bool,
    },
    /// A rule across the paper.
    Rule,
    /// A QR code in the middle of the paper.
    Qr {
        /// What it says.
        data: QrText,
        /// Side of one module. Made smaller where the code would be wider than the paper.
        module: ModuleDots,
        /// How much damage it survives.
        level: Level,
    },
    /// This many empty lines.
    Feed(u8),
    /// A picture in the middle of the paper; what is wider than the paper is cut off on the right.
    Image(Bitmap),
    /// What stands before carries no number and may travel while the number is being made durable;
    /// what stands after may only be sent afterwards.
    ///
    /// The first mark in a ticket counts. A ticket without one has all its lines after it.
    Commit,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Line::Text { text, align, size, bold } => f
                .debug_struct("Text")
                .field("characters", &text.chars().count())
                .field("align", align)
                .field("size", size)
                .field("bold", bold)
                .finish(),
            Line::Rule => f.write_str("Rule"),
            Line::Qr { data, module, level } => f
                .debug_struct("Qr")
                .field("data", data)
                .field("module", module)
                .field("level", level)
                .finish(),
            Line::Feed(n) => f.debug_tuple("Feed").field(n).finish(),
            Line::Image(image) => f.debug_tuple("Image").field(image).finish(),
            Line::Commit => f.write_str("Commit"),
        }
    }
}

impl Line {
    /// Text of normal size at the left.
    pub fn text(text: impl Into<String>) -> Self {
        Line::Text { text: text.into(), align: Align::Left, size: Size::NORMAL, bold: false }
    }

    /// Text of the given size in the middle.
    pub fn centred(text: impl Into<String>, size: Size) -> Self {
        Line::Text { text: text.into(), align: Align::Centre, size, bold: false }
    }
}

/// Where a line stands on the paper (ESC a).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// At the left edge.
    #[default]
    Left,
    /// In the middle.
    Centre,
    /// At the right edge.
    Right,
}

/// How many times as wide or as high as normal a character is: 1 to 8 (GS !).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scale(u8);

impl Scale {
    /// Normal.
    pub const ONE: Scale = Scale(1);
    /// Double.
    pub const TWO: Scale = Scale(2);
    /// Three times normal.
    pub const THREE: Scale = Scale(3);
    /// Four times normal.
    pub const FOUR: Scale = Scale(4);

    /// `times` normal; `None` unless it lies in 1 to 8.
    pub const fn new(times: u8) -> Option<Self> {
        match times {
            1..=8 => Some(Scale(times)),
            _ => None,
        }
    }

    /// The factor, 1 to 8.
    pub const fn times(self) -> u8 {
        self.0
    }
}

/// The size of text, in multiples of the normal character cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Factor across.
    pub width: Scale,
    /// Factor down.
    pub height: Scale,
}

impl Size {
    /// The normal character cell.
    pub const NORMAL: Size = Size::square(Scale::ONE);

    /// As many times as high as it is wide.
    pub const fn square(scale: Scale) -> Self {
        Size { width: scale, height: scale }
    }
}

impl Default for Size {
    fn default() -> Self {
        Size::NORMAL
    }
}

/// The side of a QR module: 1 to 16 dots (GS ( k function 167).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModuleDots(u8);

impl ModuleDots {
    /// Four dots, half a millimetre at 203 dpi: read by every phone at arm's length.
    pub const FOUR: ModuleDots = ModuleDots(4);

    /// `dots` a side; `None` unless it lies in 1 to 16.
    pub const fn new(dots: u8) -> Option<Self> {
        match dots {
            1..=16 => Some(ModuleDots(dots)),
            _ => None,
        }
    }

    /// The side in dots, 1 to 16.
    pub const fn dots(self) -> u8 {
        self.0
    }
}

/// How much of a QR code may be lost and still be read (GS ( k function 169).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// About 7 %.
    L,
    /// About 15 %, the usual choice on paper.
    #[default]
    M,
    /// About 25 %.
    Q,
    /// About 30 %.
    H,
}

/// What a QR code says: 1 to [`QrText::MAX_BYTES`] bytes of text without control characters.
#[derive(Clone, PartialEq, Eq)]
pub struct QrText(String);

impl QrText {
    /// The longest text in bytes. Some printers store no more than 1018, and every level of error
    /// correction still has a code for this many.
    pub const MAX_BYTES: usize = 1000;

    /// Checks `text`.
    ///
    /// # Errors
    /// When it is empty, too long, or holds a control character.
    pub fn new(text: impl Into<String>) -> Result<Self, QrTextError> {
        let text = text.into();
        match text.len() {
            0 => Err(QrTextError::Empty),
            n if n > Self::MAX_BYTES => Err(QrTextError::TooLong { bytes: n }),
            _ if text.chars().any(char::is_control) => Err(QrTextError::Control),
            _ => Ok(QrText(text)),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for QrText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QrText({} bytes)", self.0.len())
    }
}

/// Why a text cannot stand in a QR code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QrTextError {
    /// There is no text.
    #[error("ticket: the QR code would be empty; give it a text")]
    Empty,
    /// The text has more than [`QrText::MAX_BYTES`] bytes.
    #[error("ticket: {bytes} bytes do not go into a QR code for the printer; use at most 1000")]
    TooLong {
        /// length of the text in bytes
        bytes: usize,
    },
    /// The text holds a control character.
    #[error("ticket: the text of the QR code holds a control character; remove it")]
    Control,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_closed() {
        assert_eq!((0..=255).filter(|n| Scale::new(*n).is_some()).count(), 8);
        assert_eq!((0..=255).filter(|n| ModuleDots::new(*n).is_some()).count(), 16);
    }

    #[test]
    fn qr_text_is_checked() {
        assert_eq!(QrText::new(""), Err(QrTextError::Empty));
        assert_eq!(QrText::new("x".repeat(1001)), Err(QrTextError::TooLong { bytes: 1001 }));
        assert_eq!(QrText::new("a\u{10}\u{4}\u{1}"), Err(QrTextError::Control));
        assert!(QrText::new("x".repeat(1000)).is_ok());
    }

    #[test]
    fn debug_output_keeps_text_to_itself() {
        let ticket = Ticket {
            lines: vec![
                Line::text("张三"),
                Line::Qr {
                    data: QrText::new("secret").expect("short"),
                    module: ModuleDots::FOUR,
                    level: Level::M,
                },
            ],
        };
        let shown = format!("{ticket:?}");
        assert!(!shown.contains("张三") && !shown.contains("secret"), "{shown}");
    }
}
