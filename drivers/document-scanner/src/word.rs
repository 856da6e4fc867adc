//! A word of a device's that the specification does not know.

use std::fmt;

/// Longest word kept, in bytes; the longest value of the specification has 40.
const MAX_BYTES: usize = 64;

/// What a scanner wrote where a value of a list was expected, fit for a message: printable ASCII, at
/// most 64 bytes; every other character stands as `?`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Word(Box<str>);

impl Word {
    pub(crate) fn new(text: &str) -> Self {
        let printable = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '?' };
        Self(text.chars().take(MAX_BYTES).map(printable).collect::<String>().into())
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_short_and_printable() {
        for (text, word) in [("OnFire", "OnFire"), ("纸\n\u{7}a", "???a"), ("", "")] {
            assert_eq!(Word::new(text).as_str(), word);
        }
        assert_eq!(Word::new(&"x".repeat(5_000)).as_str().len(), MAX_BYTES);
    }
}
