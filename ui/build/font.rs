//! The product's font: Debian's Noto Sans CJK SC in two weights, cut down by HarfBuzz's `hb-subset` to what
//! a hall writes. The same package gives the same bytes.

use std::ffi::OsString;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Debian's package fonts-noto-cjk puts its files; `NOTO_SANS_CJK` names another folder.
const FOLDER: &str = "/usr/share/fonts/opentype/noto";
/// Which of a file's fonts has the forms of the mainland (the others: JP, KR, TC, HK).
const FACE_SC: &str = "--face-index=2";

/// Every character of a name: GB 18030 beyond its two-byte part, as far as the family has it. Radicals and
/// strokes, extension A, the unified ideographs, compatibility, and extensions B to H.
const HAN: [(u32, u32); 6] = [
    (0x2e80, 0x303f),
    (0x3400, 0x4dbf),
    (0x4e00, 0x9fff),
    (0xf900, 0xfaff),
    (0x2_0000, 0x2_fa1f),
    (0x3_0000, 0x3_23af),
];
/// Latin letters with marks, general punctuation, currencies.
const WESTERN: [(u32, u32); 3] = [(0x20, 0x17f), (0x2000, 0x206f), (0x20a0, 0x20bf)];

/// Leaves `onedoor-regular.otf` and `onedoor-bold.otf` in the build's folder.
pub fn make() -> Result<(), String> {
    println!("cargo::rerun-if-env-changed=NOTO_SANS_CJK");
    let from = PathBuf::from(std::env::var_os("NOTO_SANS_CJK").unwrap_or_else(|| FOLDER.into()));
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("no OUT_DIR")?);
    let letters = out.join("letters");
    std::fs::write(&letters, letters_wanted()).map_err(|error| format!("{}: {error}", letters.display()))?;
    for (file, name) in [("Regular", "onedoor-regular.otf"), ("Bold", "onedoor-bold.otf")] {
        cut(&from.join(format!("NotoSansCJK-{file}.ttc")), &letters, &out.join(name))?;
    }
    Ok(())
}

fn cut(font: &Path, letters: &Path, into: &Path) -> Result<(), String> {
    println!("cargo::rerun-if-changed={}", font.display());
    if !font.is_file() {
        return Err(format!(
            "no font at {}: install the package fonts-noto-cjk (tools/setup)",
            font.display()
        ));
    }
    let option = |name: &str, path: &Path| {
        let mut option = OsString::from(name);
        option.push(path);
        option
    };
    let cut = Command::new("hb-subset")
        .args([FACE_SC, "--no-hinting"])
        .arg(option("--unicodes-file=", letters))
        .arg(option("--output-file=", into))
        .arg(font)
        .output()
        .map_err(|error| format!("hb-subset: {error}: install the package libharfbuzz-bin (tools/setup)"))?;
    if !cut.status.success() {
        return Err(format!("hb-subset {}: {}", font.display(), String::from_utf8_lossy(&cut.stderr)));
    }
    Ok(())
}

/// Hexadecimal code points, as `--unicodes-file` reads them.
fn letters_wanted() -> String {
    let listed = HAN.into_iter().chain(WESTERN).flat_map(|(from, to)| from..=to);
    let two_byte = two_byte_part().filter(|letter| !('\u{e000}'..='\u{f8ff}').contains(letter));
    let mut wanted: Vec<u32> = listed.chain(two_byte.map(u32::from)).collect();
    wanted.sort_unstable();
    wanted.dedup();
    wanted.into_iter().fold(String::new(), |mut list, letter| {
        let _ = write!(list, "{letter:X} ");
        list
    })
}

/// GB 18030-2022, 4.2: two bytes, 0x81 to 0xFE and 0x40 to 0xFE without 0x7F.
fn two_byte_part() -> impl Iterator<Item = char> {
    let pairs = (0x81..=0xfe_u8).flat_map(|first| (0x40..=0xfe_u8).map(move |second| [first, second]));
    pairs.filter_map(|pair| {
        let (text, _) = encoding_rs::GB18030.decode_without_bom_handling(&pair);
        let mut letters = text.chars();
        letters.next().filter(|letter| letters.next().is_none() && *letter != char::REPLACEMENT_CHARACTER)
    })
}
