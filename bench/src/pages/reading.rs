//! How legible a page is: what tesseract reads wrong of what is known to be printed on it.

use crate::process::{require, said};
use std::path::Path;
use std::process::Command;

type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// That what reads is there.
///
/// # Errors
/// When it is not.
pub fn ready() -> Result<(), Fatal> {
    require("tesseract", "tesseract-ocr")?;
    require("pdftoppm", "poppler-utils")?;
    let languages = said(Command::new("tesseract").arg("--list-langs"))?;
    let languages = String::from_utf8_lossy(&languages.stdout).into_owned();
    if ["chi_sim", "eng"].iter().all(|wanted| languages.lines().any(|language| language == *wanted)) {
        return Ok(());
    }
    Err("tesseract knows no simplified Chinese: run `tools/setup bench`, which installs tesseract-ocr-chi-sim"
        .into())
}

/// The character error rate of a picture, in percent: how many characters must be changed, added or
/// removed in what was read, of those that are there. Spaces and line ends do not count.
///
/// Read in red light, in which seals are pale: where one is seen, tesseract leaves out whole lines, and
/// of whom is chance. Read at 300 dots per inch at most, for which tesseract is made: of pages with 600 it
/// leaves out lines as well, of one program's more and of another's less, and reads all alike when they are
/// halved.
///
/// # Errors
/// When the picture cannot be read.
pub fn error_rate(picture: &Path, dpi: u32, truth: &str) -> Result<f64, Fatal> {
    const MOST_DPI: u32 = 300;
    let (red, read_at) = (picture.with_extension("red.png"), dpi.min(MOST_DPI));
    let scale = format!("{}%", 100.0 * f64::from(read_at) / f64::from(dpi));
    let mut convert = Command::new("convert");
    convert.arg(picture).args(["-channel", "R", "-separate"]);
    if read_at < dpi {
        convert.args(["-resize", &scale]);
    }
    said(convert.arg(&red))?;
    let mut command = Command::new("tesseract");
    command.arg(&red).args(["-", "-l", "chi_sim+eng", "--psm", "4", "--dpi", &read_at.to_string()]);
    command.env("OMP_THREAD_LIMIT", "1");
    let read = said(&mut command)?;
    let (truth, read) = (letters(truth), letters(&String::from_utf8_lossy(&read.stdout)));
    Ok(100.0 * distance(&truth, &read) as f64 / truth.len() as f64)
}

/// The same of the only page of a PDF, drawn at its own resolution.
///
/// # Errors
/// When it cannot be drawn or read.
pub fn error_rate_of_pdf(pdf: &Path, dpi: u32, truth: &str) -> Result<f64, Fatal> {
    let drawn = pdf.with_extension("drawn");
    let mut command = Command::new("pdftoppm");
    command.args(["-r", &dpi.to_string(), "-png", "-singlefile"]).arg(pdf).arg(&drawn);
    said(&mut command)?;
    error_rate(&drawn.with_extension("drawn.png"), dpi, truth)
}

/// Without spaces, and the wide forms of ASCII (U+FF01 to U+FF5E) as ASCII.
fn letters(text: &str) -> Vec<char> {
    let narrow = |c: char| match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        _ => c,
    };
    text.chars().filter(|c| !c.is_whitespace()).map(narrow).collect()
}

/// Levenshtein's distance.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (above, y) in row.iter_mut().zip([None].into_iter().chain(b.iter().map(Some))) {
            let here = match y {
                None => i + 1,
                Some(y) => (diagonal + usize::from(x != y)).min(left + 1).min(*above + 1),
            };
            diagonal = std::mem::replace(above, here);
            left = here;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        let cases =
            [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("kitten", "sitting", 3)];
        for (a, b, expected) in cases {
            assert_eq!(distance(&letters(a), &letters(b)), expected, "{a} {b}");
            assert_eq!(distance(&letters(b), &letters(a)), expected, "{b} {a}");
        }
    }

    #[test]
    fn spaces_and_width_do_not_count() {
        assert_eq!(letters("（Ａ １）\n ："), letters("(A1):"));
    }
}
