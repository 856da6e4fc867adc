//! The code over a document, its pages and what came before.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use crate::{Digest, ValueError};

/// Pages of a document, at most (`Custody.pages` in openapi.yaml).
pub const MOST_PAGES: usize = 999;

/// Crockford's Base32: no letter that is taken for a digit, and none that makes words.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 16;

/// A document's custody code: 80 bits of a SHA-256 (`CustodyCode` in openapi.yaml).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CustodyCode([u8; LENGTH]);

impl CustodyCode {
    /// Reads a code as it is in JSON and on receipts: 16 of `0-9 A-Z` without I, L, O, U.
    ///
    /// # Errors
    /// [`ValueError`] for anything else.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let code: [u8; LENGTH] = text.as_bytes().try_into().map_err(|_| ValueError("custody code"))?;
        if code.iter().all(|symbol| ALPHABET.contains(symbol)) {
            Ok(Self(code))
        } else {
            Err(ValueError("custody code"))
        }
    }

    /// Reads a code as somebody typed it off a receipt: in lower case, in groups, with the letters
    /// that Crockford takes for digits.
    ///
    /// # Errors
    /// [`ValueError`] when it is none even so.
    pub fn typed(text: &str) -> Result<Self, ValueError> {
        let symbols =
            text.chars().filter(|c| !matches!(c, ' ' | '-')).map(|c| match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            });
        Self::parse(&symbols.take(LENGTH + 1).collect::<String>())
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Every symbol is ASCII; kept total all the same.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The first 80 bits of a digest.
    fn of(digest: &[u8; 32]) -> Self {
        let bits = digest.iter().take(10).fold(0_u128, |bits, byte| (bits << 8) | u128::from(*byte));
        Self(std::array::from_fn(|place| {
            let symbol = (bits >> (75 - 5 * place)) & 31;
            ALPHABET.get(symbol as usize).copied().unwrap_or_default()
        }))
    }
}

impl fmt::Display for CustodyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CustodyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CustodyCode({self})")
    }
}

impl Serialize for CustodyCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for CustodyCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// The code of a document: over the code of the visit's document before, if any, the digest of each
/// page in order, and the digest of the document.
pub(crate) fn code(previous: Option<&CustodyCode>, pages: &[Digest], document: &Digest) -> CustodyCode {
    let mut lines = Lines(Sha256::new());
    // Writing into a hash has no way to fail.
    let _ = writeln!(lines, "onedoor-list-1");
    let _ = writeln!(lines, "previous {}", previous.map_or("-", CustodyCode::as_str));
    for page in pages {
        let _ = writeln!(lines, "page {page}");
    }
    let _ = writeln!(lines, "document {document}");
    CustodyCode::of(&lines.0.finalize().into())
}

struct Lines(Sha256);

impl fmt::Write for Lines {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_are_those_of_the_contract() {
        // python3: sha256(lines).digest()[:10], its bits in fives through the alphabet
        let page = |byte: u8| Digest([byte; 32]);
        let first = code(None, &[page(1), page(2)], &page(3));
        assert_eq!(first.as_str(), "GN6Z3GFYCWR7CC77");
        let second = code(Some(&first), &[page(4)], &page(4));
        assert_eq!(second.as_str(), "2DK773VVDRDZCPA8");
        assert_ne!(code(None, &[page(2), page(1)], &page(3)), first, "pages have an order");
    }

    #[test]
    fn what_is_typed_is_read_with_patience_and_nothing_else() {
        let code = CustodyCode::parse("0123456789ABCDEF").expect("a code");
        for typed in ["0123-4567-89ab-cdef", "o I23 4567 89AB CDEF", "oL23456789abcdef"] {
            assert_eq!(CustodyCode::typed(typed), Ok(code), "{typed}");
        }
        for bad in ["", "0123456789ABCDE", "0123456789ABCDEF0", "0123456789ABCDEU", "0123456789abcde\u{e9}"] {
            assert!(CustodyCode::typed(bad).is_err(), "{bad}");
            assert!(CustodyCode::parse(bad).is_err(), "{bad}");
        }
        for loose in ["0123456789abcdef", "O123456789ABCDEF", "0123-4567-89AB-CDEF"] {
            assert!(CustodyCode::parse(loose).is_err(), "{loose}");
        }
    }

    proptest! {
        #[test]
        fn any_digest_gives_a_code_that_is_read_back(digest in any::<[u8; 32]>()) {
            let code = CustodyCode::of(&digest);
            prop_assert_eq!(CustodyCode::parse(code.as_str()), Ok(code));
            let mut other = digest;
            other[9] ^= 1;
            prop_assert_ne!(CustodyCode::of(&other), code);
            let mut beyond = digest;
            beyond[10] ^= 0xff;
            prop_assert_eq!(CustodyCode::of(&beyond), code);
        }
    }
}
