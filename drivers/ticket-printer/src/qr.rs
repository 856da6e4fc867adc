//! A QR code: how large it becomes, so that none is wider than the paper, and its dots, for printers that
//! draw none.

use qrcodegen::{DataTooLong, Mask, QrCode, QrCodeEcc, QrSegment, Version};

use crate::raster::Bitmap;
use crate::ticket::{Level, ModuleDots, QrText};

/// The code of some text.
pub(crate) struct Code(QrCode);

impl Code {
    /// The smallest code that holds the text as bytes. A printer that draws it itself may store it in
    /// fewer, and makes it no larger.
    ///
    /// # Errors
    /// When no code is large enough, which no [`QrText`] brings about.
    pub(crate) fn new(data: &QrText, level: Level) -> Result<Self, DataTooLong> {
        let bytes = [QrSegment::make_bytes(data.as_str().as_bytes())];
        let any_mask: Option<Mask> = None;
        QrCode::encode_segments_advanced(
            &bytes,
            correction(level),
            Version::MIN,
            Version::MAX,
            any_mask,
            // The level that was asked for, also where a higher one would fit.
            false,
        )
        .map(Self)
    }

    /// The largest module up to `wanted` with which it fits into `width` dots: a printer silently prints
    /// nothing when a code is too wide.
    pub(crate) fn module_that_fits(&self, wanted: ModuleDots, width: u16) -> u8 {
        let most = u32::from(width) / self.side(1);
        wanted.dots().min(u8::try_from(most).unwrap_or(u8::MAX).max(1))
    }

    /// Dots a side with modules of `module` dots, without the white around it.
    pub(crate) fn side(&self, module: u8) -> u32 {
        self.0.size().unsigned_abs() * u32::from(module)
    }

    /// Draws it, `dots` of them a module.
    pub(crate) fn draw(&self, dots: u8) -> Bitmap {
        let (size, dots) = (self.0.size(), usize::from(dots.max(1)));
        let side = usize::try_from(size).unwrap_or(0) * dots;
        let mut picture = Bitmap::blank(side, side);
        let modules = (0..size).flat_map(|y| (0..size).map(move |x| (x, y)));
        for (x, y) in modules.filter(|(x, y)| self.0.get_module(*x, *y)) {
            let [x, y] = [x, y].map(|at| usize::try_from(at).unwrap_or(0) * dots);
            for dot in 0..dots * dots {
                picture.blacken(x + dot % dots, y + dot / dots);
            }
        }
        picture
    }
}

fn correction(level: Level) -> QrCodeEcc {
    match level {
        Level::L => QrCodeEcc::Low,
        Level::M => QrCodeEcc::Medium,
        Level::Q => QrCodeEcc::Quartile,
        Level::H => QrCodeEcc::High,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(bytes: usize, level: Level) -> Code {
        let data = QrText::new("x".repeat(bytes)).expect("within limits");
        Code::new(&data, level).expect("a code")
    }

    /// Capacities in bytes, ISO/IEC 18004 table 7.
    #[test]
    fn versions_follow_the_standard() {
        let table = [
            (14, Level::M, 21),
            (15, Level::M, 25),
            (42, Level::M, 29),
            (43, Level::M, 33),
            (180, Level::M, 53),
            (181, Level::M, 57),
            (17, Level::L, 21),
            (7, Level::H, 21),
            (1000, Level::H, 161),
        ];
        for (bytes, level, expected) in table {
            assert_eq!(code(bytes, level).side(1), expected, "{bytes} at {level:?}");
        }
    }

    #[test]
    fn a_code_never_leaves_the_paper() {
        let long = code(1000, Level::H);
        let sixteen = ModuleDots::new(16).expect("within limits");
        assert_eq!(long.module_that_fits(sixteen, 576), 3);
        assert_eq!(long.module_that_fits(sixteen, 384), 2);
        assert_eq!(code(43, Level::M).module_that_fits(ModuleDots::FOUR, 384), 4);
    }
}
