//! Lists of a bounded length.

use serde::{Deserialize, Serialize};

/// At most `MOST` of something.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<T>", bound(deserialize = "T: Deserialize<'de>"))]
pub struct List<T, const MOST: usize>(Vec<T>);

/// There are more than a list holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a list has more than {most} entries")]
pub struct TooMany {
    /// How many it holds
    pub most: usize,
}

impl<T, const MOST: usize> List<T, MOST> {
    /// Takes the entries, in their order.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn new(entries: Vec<T>) -> Result<Self, TooMany> {
        if entries.len() > MOST { Err(TooMany { most: MOST }) } else { Ok(Self(entries)) }
    }
}

impl<T, const MOST: usize> Default for List<T, MOST> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const MOST: usize> TryFrom<Vec<T>> for List<T, MOST> {
    type Error = TooMany;

    fn try_from(entries: Vec<T>) -> Result<Self, TooMany> {
        Self::new(entries)
    }
}

impl<T, const MOST: usize> std::ops::Deref for List<T, MOST> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_holds_so_many_and_no_more() {
        assert_eq!(&*List::<_, 2>::new(vec![1, 2]).unwrap(), [1, 2]);
        assert_eq!(List::<_, 2>::new(vec![1, 2, 3]), Err(TooMany { most: 2 }));
        assert_eq!(serde_json::from_str::<List<u8, 2>>("[1,2]").unwrap().len(), 2);
        let error = serde_json::from_str::<List<u8, 2>>("[1,2,3]").unwrap_err();
        assert!(error.to_string().contains("more than 2"), "{error}");
    }
}
