//! Pictures on a screen: a scanned page, an example of one, the code of a number, of a receipt, or of an address;
//! and the pattern that a screen is tried with.

use qrcodegen::{QrCode, QrCodeEcc};
use slint::{Image, Rgb8Pixel, SharedPixelBuffer};
use std::sync::Arc;
use visit::screen::{ColoursShown, Preview, Room, Screen};
use visit::technician::Colour;

/// Edge of the square that a code may fill, in pixels; `screens/number.slint`,
/// `screens/receipt.slint` and `screens/about.slint` leave as much room.
const CODE_ROOM: u32 = 264;
/// The same for one that has the screen to itself.
const LARGE_CODE_ROOM: u32 = 700;
/// Empty modules around a QR code (ISO/IEC 18004, 6.3.8: four).
const QUIET: i32 = 4;

/// What is pictured on a screen.
#[derive(Clone, Debug, Default)]
pub(crate) enum Pictured {
    #[default]
    Nothing,
    Page(Arc<Preview>),
    Code(String),
    /// one that says much, and has the screen to itself
    LargeCode(String),
    /// point by point black and white
    Checker,
}

impl PartialEq for Pictured {
    /// Whether it is the very same picture; pages are compared by where they lie, not pixel by pixel.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nothing, Self::Nothing) | (Self::Checker, Self::Checker) => true,
            (Self::Page(a), Self::Page(b)) => Arc::ptr_eq(a, b),
            (Self::Code(a), Self::Code(b)) | (Self::LargeCode(a), Self::LargeCode(b)) => a == b,
            _ => false,
        }
    }
}

impl Pictured {
    /// The picture of a screen.
    pub(crate) fn on(screen: &Screen) -> Self {
        match screen {
            Screen::Scanning(scanning) => scanning.last.clone().map_or(Self::Nothing, Self::Page),
            Screen::Review(review) => Self::Page(Arc::clone(&review.preview)),
            Screen::Scan(scan) => scan.example.clone().map_or(Self::Nothing, Self::Page),
            Screen::Number(number) => Self::Code(number.qr.clone()),
            Screen::About(about) => match &about.online {
                Some(address) => Self::Code(address.as_str().to_owned()),
                None => Self::Nothing,
            },
            Screen::Receipt(receipt) => Self::Code(receipt.code.0.clone()),
            Screen::Room(Room::Report(Some(report))) if !report.code.is_empty() => {
                Self::LargeCode(report.code.clone())
            }
            Screen::Room(Room::Colours(ColoursShown { colour: Some(Colour::Checker), .. })) => Self::Checker,
            _ => Self::Nothing,
        }
    }

    /// As the toolkit takes it; empty if there is none or it is no picture.
    pub(crate) fn image(&self) -> Image {
        match self {
            Self::Nothing => Image::default(),
            Self::Page(preview) => page(preview),
            Self::Code(text) => code(text, QrCodeEcc::Medium, CODE_ROOM),
            Self::LargeCode(text) => code(text, QrCodeEcc::Low, LARGE_CODE_ROOM),
            Self::Checker => checker(),
        }
    }
}

fn page(preview: &Preview) -> Image {
    let pixels = u64::from(preview.width) * u64::from(preview.height);
    if pixels == 0 || u64::try_from(preview.rgb.len()).ok() != pixels.checked_mul(3) {
        return Image::default();
    }
    Image::from_rgb8(SharedPixelBuffer::clone_from_slice(&preview.rgb, preview.width, preview.height))
}

fn code(text: &str, correction: QrCodeEcc, room: u32) -> Image {
    let Ok(code) = QrCode::encode_text(text, correction) else { return Image::default() };
    let modules = (code.size() + 2 * QUIET).unsigned_abs();
    let scale = (room / modules).max(1);
    let edge = modules * scale;
    let mut buffer = SharedPixelBuffer::<Rgb8Pixel>::new(edge, edge);
    for (at, pixel) in (0..).zip(buffer.make_mut_slice()) {
        // Outside the code all is white.
        let module = |at: u32| i32::try_from(at / scale).map_or(-1, |module| module - QUIET);
        let is_dark = code.get_module(module(at % edge), module(at / edge));
        let grey = if is_dark { 0 } else { 255 };
        *pixel = Rgb8Pixel { r: grey, g: grey, b: grey };
    }
    Image::from_rgb8(buffer)
}

/// A small part of it, of which the screen lays as much as it needs.
fn checker() -> Image {
    const EDGE: u32 = 60;
    let mut buffer = SharedPixelBuffer::<Rgb8Pixel>::new(EDGE, EDGE);
    for (at, pixel) in (0..).zip(buffer.make_mut_slice()) {
        let grey = if (at % EDGE + at / EDGE).is_multiple_of(2) { 0 } else { 255 };
        *pixel = Rgb8Pixel { r: grey, g: grey, b: grey };
    }
    Image::from_rgb8(buffer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_previews_are_no_pictures() {
        for (width, height, bytes, good) in
            [(2, 2, 12, true), (2, 2, 11, false), (0, 2, 0, false), (u32::MAX, u32::MAX, 3, false)]
        {
            let image = page(&Preview { width, height, rgb: vec![7; bytes] });
            assert_eq!(image.size().width > 0, good, "{width}×{height} with {bytes} bytes");
        }
    }

    #[test]
    fn codes_fit_their_room_and_too_much_text_is_no_code() {
        let longest = format!("https://a.cn/{}", "x".repeat(187));
        for text in
            ["", "V7K3-9QXA-0042", "https://example.invalid/v/0123456789abcdef0123456789abcdef", &longest]
        {
            let size = code(text, QrCodeEcc::Medium, CODE_ROOM).size();
            assert!((100..=CODE_ROOM).contains(&size.width) && size.width == size.height, "{size:?}");
        }
        assert_eq!(code(&"x".repeat(5000), QrCodeEcc::Low, CODE_ROOM).size().width, 0);
    }
}
