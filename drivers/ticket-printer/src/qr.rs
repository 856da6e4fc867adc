//! How large a QR code becomes, so that none is wider than the paper; and its dots, for printers that
//! draw none.

use qrcode::bits::Bits;
use qrcode::{Color, EcLevel, QrCode, Version};

use crate::raster::Bitmap;
use crate::ticket::{Level, ModuleDots, QrText};

/// The largest module up to `wanted` with which the code fits into `width` dots.
///
/// A printer silently prints nothing when a code is too wide. The printer chooses the version
/// itself; at worst it stores plain bytes.
pub(crate) fn module_that_fits(data: &QrText, level: Level, wanted: ModuleDots, width: u16) -> u8 {
    let modules = modules(data.as_str().as_bytes(), level);
    let most = u8::try_from(usize::from(width) / modules).unwrap_or(u8::MAX);
    wanted.dots().min(most.max(1))
}

/// Draws the code in dots, `dots` of them a module; `None` when it cannot be made, which no
/// [`QrText`] brings about.
pub(crate) fn draw(data: &QrText, level: Level, dots: u8) -> Option<Bitmap> {
    let code = QrCode::with_error_correction_level(data.as_str().as_bytes(), correction(level)).ok()?;
    let (modules, dots) = (code.width(), usize::from(dots.max(1)));
    let mut picture = Bitmap::blank(modules * dots, modules * dots);
    for (at, _) in code.to_colors().into_iter().enumerate().filter(|(_, c)| *c == Color::Dark) {
        let (x, y) = (at % modules * dots, at / modules * dots);
        for dot in 0..dots * dots {
            picture.blacken(x + dot % dots, y + dot / dots);
        }
    }
    Some(picture)
}

fn correction(level: Level) -> EcLevel {
    match level {
        Level::L => EcLevel::L,
        Level::M => EcLevel::M,
        Level::Q => EcLevel::Q,
        Level::H => EcLevel::H,
    }
}

/// Dots a side of the code that a printer draws with modules of `module` dots.
pub(crate) fn side(data: &QrText, level: Level, module: u8) -> u32 {
    u32::try_from(modules(data.as_str().as_bytes(), level)).unwrap_or(0) * u32::from(module)
}

/// Modules a side of the smallest code that holds `data` as bytes.
fn modules(data: &[u8], level: Level) -> usize {
    let level = correction(level);
    let fits = |version: &i16| {
        // Mode and length take 12 bits up to version 9, 20 above.
        let head = if *version < 10 { 12 } else { 20 };
        Bits::new(Version::Normal(*version)).max_len(level).is_ok_and(|bits| head + data.len() * 8 <= bits)
    };
    let version = (1i16..=40).find(fits).unwrap_or(40);
    17 + 4 * usize::try_from(version).unwrap_or(40)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(modules(&vec![b'a'; bytes], level), expected, "{bytes} at {level:?}");
        }
    }

    #[test]
    fn a_code_never_leaves_the_paper() {
        let data = QrText::new("x".repeat(1000)).expect("within limits");
        let sixteen = ModuleDots::new(16).expect("within limits");
        assert_eq!(module_that_fits(&data, Level::H, sixteen, 576), 3);
        assert_eq!(module_that_fits(&data, Level::H, sixteen, 384), 2);
        let short = QrText::new("x".repeat(43)).expect("within limits");
        assert_eq!(module_that_fits(&short, Level::M, ModuleDots::FOUR, 384), 4);
    }
}
