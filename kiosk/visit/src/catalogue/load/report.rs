//! What is wrong, gathered while the file is read.

use super::{CatalogueError, CatalogueErrors, MAX_ERRORS};
use std::cell::RefCell;

/// The errors so far, and where the lines of the file begin.
pub(super) struct Report {
    /// byte offsets at which lines begin; the first is 0
    starts: Vec<usize>,
    errors: RefCell<Vec<CatalogueError>>,
}

impl Report {
    /// Nothing wrong so far.
    pub(super) fn new(text: &str) -> Self {
        let mut starts = vec![0];
        // A line break at the very end begins no line: what is missing there is missing in the
        // last line that the author sees.
        starts.extend(text.match_indices('\n').map(|(at, _)| at + 1).filter(|start| *start < text.len()));
        Self { starts, errors: RefCell::default() }
    }

    /// The line, from 1, of a byte offset.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).max(1)
    }

    /// Takes an error; beyond [`MAX_ERRORS`] they are not kept.
    pub(super) fn add(&self, line: usize, field: &str, what: impl Into<String>) {
        let mut errors = self.errors.borrow_mut();
        if errors.len() < MAX_ERRORS {
            errors.push(CatalogueError { line, field: field.to_owned(), what: what.into() });
        }
    }

    /// Whether nothing is wrong.
    pub(super) fn is_empty(&self) -> bool {
        self.errors.borrow().is_empty()
    }

    /// The errors in the order of the file.
    pub(super) fn into_errors(self) -> CatalogueErrors {
        let mut errors = self.errors.into_inner();
        errors.sort_by_key(|error| error.line);
        CatalogueErrors(errors)
    }
}

/// A text from the file as an error shows it: in quotes, on one line, and not without end.
pub(super) fn quoted(text: &str) -> String {
    const SHOWN: usize = 40;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{:?}…", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_offsets() {
        let report = Report::new("ab\n\nc\n");
        let lines: Vec<_> = (0..8).map(|offset| report.line(offset)).collect();
        assert_eq!(lines, [1, 1, 1, 2, 3, 3, 3, 3]);
        assert_eq!(Report::new("").line(0), 1);
    }

    #[test]
    fn quotes_are_short_and_on_one_line() {
        assert_eq!(quoted("开饭店"), "\"开饭店\"");
        assert_eq!(quoted("a\nb"), r#""a\nb""#);
        assert_eq!(quoted(&"店".repeat(41)), format!("\"{}\"…", "店".repeat(40)));
    }

    #[test]
    fn errors_have_an_end() {
        let report = Report::new("");
        (0..2 * MAX_ERRORS).for_each(|_| report.add(1, "file", "wrong"));
        let errors = report.into_errors();
        assert_eq!(errors.0.len(), MAX_ERRORS);
        assert!(errors.to_string().starts_with("the catalogue has 1000 errors or more"));
    }
}
