//! What `kiosk page` does: scans in, one document out, and a line about each page.

use std::fmt::Write;
use std::fs::{self, File};
use std::io::BufWriter;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use crate::assemble::{MAX_PAGES, PageRef, assemble_to_last};
use crate::error::PageError;
use crate::finish::{Card, Compression, Finished, Paper, Straightened, USUAL_DPI, finish_into};
use crate::format::Format;
use crate::inspect::Warning;
use crate::meta::Meta;
use crate::quarter::Quarter;

/// How the report about the pages is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A sentence a page, for people.
    Text,
    /// A JSON object (RFC 8259) a page, each on its own line, for programs.
    Json,
}

/// Finishes each of the scans `pages`, binds them into the document `out`, and returns what there is to
/// say of them: one line a page, in their order. What the name of `out` ends in is what it becomes: `.pdf`,
/// `.ofd`, or for the JPEG pages `.jpg` (one page) or `.zip` (several).
///
/// A page is in memory only while it is being finished. Finished pages wait in files beside `out` that have
/// no name, so that nothing is left of them however this ends. A scan that states no resolution is taken for
/// one of 300 dots per inch.
///
/// # Errors
/// [`PageError`] for the first page that cannot be used, and when the document cannot be written; no
/// document is left then, and an older one of the name `out` is untouched.
pub fn page_command(
    pages: &[PathBuf],
    out: &Path,
    meta: &Meta,
    compression: Compression,
    form: Form,
) -> Result<String, PageError> {
    if !(1..=MAX_PAGES).contains(&pages.len()) {
        return Err(PageError::PageCount { pages: pages.len() });
    }
    let format = Format::of_name(out).filter(|format| format.fits(out, pages.len()));
    let format = format.ok_or_else(|| PageError::Name { path: out.to_owned() })?;
    if (format, compression) == (Format::Jpeg, Compression::Compact) {
        return Err(PageError::Compact { path: out.to_owned() });
    }
    // A scan is not to be lost to its own document, nor to one whose name was left out.
    if let Ok(out) = fs::canonicalize(out)
        && let Some(scan) = pages.iter().find(|scan| fs::canonicalize(scan).is_ok_and(|scan| scan == out))
    {
        return Err(PageError::ItsOwn { path: scan.clone() });
    }
    let mut waiting = vec![];
    let mut report = String::new();
    let mut finished_pages = vec![];
    for scan in pages {
        let (file, finished) = finish_to(scan, compression, out)?;
        // Opened anew by this name for as long as the file is open here (proc(5)).
        let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        waiting.push(file);
        let dpi = finished.dpi.unwrap_or(USUAL_DPI);
        finished_pages.push(PageRef { path, dpi, turn: finished.turn });
        report.push_str(&match form {
            Form::Text => text(scan, &finished),
            Form::Json => json(scan, &finished),
        });
        report.push('\n');
    }
    let scan_of =
        |path: &Path| finished_pages.iter().position(|page| page.path == path).and_then(|at| pages.get(at));
    assemble_to_last(&finished_pages, out, meta, format).map_err(|error| match error {
        PageError::Resolution { path, dpi } => {
            PageError::Resolution { path: scan_of(&path).cloned().unwrap_or(path), dpi }
        }
        other => other,
    })?;
    Ok(report)
}

/// Several bands of a page at once.
const BUFFER: usize = 64 << 10;

/// Without a sync: only the document has to last. Errors name the document, not the waiting page.
fn finish_to(scan: &Path, compression: Compression, out: &Path) -> Result<(File, Finished), PageError> {
    let writing = |e| PageError::writing(out, &e);
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = BufWriter::with_capacity(BUFFER, tempfile::tempfile_in(folder).map_err(writing)?);
    let (file, finished) = finish_into(scan, compression, file, out)?;
    let file = file.into_inner().map_err(|e| writing(e.into_error()))?;
    Ok((file, finished))
}

fn text(scan: &Path, finished: &Finished) -> String {
    let Finished { angle, paper, width, height, .. } = finished;
    let found = match finished.straightened {
        _ if !finished.cards.is_empty() => format!("{} cards, laid on one page", finished.cards.len()),
        Straightened::Edges => format!("lay at {angle:.2}°, by its edges"),
        Straightened::Lines => format!("lay at {angle:.2}°, by its lines of text"),
        Straightened::Nothing => "left as it lay".into(),
    };
    let mut line = format!(
        "{}: {found}; paper {:.0} × {:.0} pixels at {:.0}, {:.0}; now {width} × {height}",
        scan.display(),
        paper.width,
        paper.height,
        paper.x,
        paper.y,
    );
    for warning in &finished.warnings {
        line.push_str(match warning {
            Warning::Blank => "; seems blank",
            Warning::TooDark => "; too dark to read",
            Warning::Blurred => "; too blurred to read",
            Warning::CutOff => "; cut off",
            Warning::Folded => "; folded",
        });
    }
    match finished.turn {
        Quarter::None => {}
        turn => drop(write!(line, "; upright after a turn by {}° clockwise", turn.degrees())),
    }
    line
}

fn json(scan: &Path, finished: &Finished) -> String {
    let Finished { angle, paper, width, height, .. } = finished;
    let by = match finished.straightened {
        Straightened::Edges => "edges",
        Straightened::Lines => "lines",
        Straightened::Nothing => "nothing",
    };
    let dpi = finished.dpi.map_or_else(|| "null".into(), |dpi| dpi.to_string());
    let blank = finished.warnings.contains(&Warning::Blank);
    let warnings: Vec<_> = finished
        .warnings
        .iter()
        .map(|warning| match warning {
            Warning::Blank => "\"blank\"",
            Warning::TooDark => "\"too-dark\"",
            Warning::Blurred => "\"blurred\"",
            Warning::CutOff => "\"cut-off\"",
            Warning::Folded => "\"folded\"",
        })
        .collect();
    let card =
        |card: &Card| format!("{{\"angle\":{},\"box\":{}}}", decimal(card.angle, 4), json_box(&card.paper));
    let cards: Vec<_> = finished.cards.iter().map(card).collect();
    format!(
        "{{\"page\":{},\"angle\":{},\"by\":\"{by}\",\"box\":{},\
         \"width\":{width},\"height\":{height},\"dpi\":{dpi},\"blank\":{blank},\"warnings\":[{}],\"turn\":{},\"cards\":[{}]}}",
        json_string(&scan.to_string_lossy()),
        decimal(*angle, 4),
        json_box(paper),
        warnings.join(","),
        finished.turn.degrees(),
        cards.join(","),
    )
}

fn json_box(Paper { x, y, width, height }: &Paper) -> String {
    let [x, y, width, height] = [x, y, width, height].map(|place| decimal(*place, 2));
    format!("{{\"x\":{x},\"y\":{y},\"width\":{width},\"height\":{height}}}")
}

/// A number of so many places, and no zero below zero.
fn decimal(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|b| matches!(b, b'0' | b'.')) => rest.to_owned(),
        _ => text,
    }
}

fn json_string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            // Writing to a string does not fail.
            c if c.is_control() => drop(write!(quoted, "\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests;
