//! What is wrong with a bundle, all of it at once: whoever made it corrects it once.

use std::fmt;

/// The most problems that are told; what has more is no bundle.
const MOST: usize = 200;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {field}: {what}")]
pub struct Problem {
    /// the file in the bundle; `bundle` for the whole of it
    pub file: String,
    /// path of the field, such as `time[0].server`; `file` where none can be named
    pub field: String,
    /// what is wrong, and what to do
    pub what: String,
}

/// All that is wrong; at least one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl std::error::Error for Problems {}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.0.iter().enumerate() {
            if number > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl Problems {
    /// A single one.
    #[must_use]
    pub fn one(file: &str, field: &str, what: impl Into<String>) -> Self {
        let mut this = Self::default();
        this.add(file, field, what);
        this
    }

    /// One more.
    pub fn add(&mut self, file: &str, field: &str, what: impl Into<String>) {
        if self.0.len() < MOST {
            self.0.push(Problem { file: file.to_owned(), field: field.to_owned(), what: what.into() });
        }
    }

    /// Those of another list, too.
    pub fn extend(&mut self, other: Self) {
        let room = MOST.saturating_sub(self.0.len());
        self.0.extend(other.0.into_iter().take(room));
    }

    /// Each of them.
    #[must_use]
    pub fn list(&self) -> &[Problem] {
        &self.0
    }

    /// `value`, if nothing is wrong.
    ///
    /// # Errors
    /// All that is wrong.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }
}
