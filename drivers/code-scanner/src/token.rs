//! A scanned code.

use zeroize::Zeroizing;

/// A code as it was scanned: opaque, short-lived, wiped when dropped.
///
/// 1 or more characters of text without control characters, at most [`longest`](crate::Profile::longest)
/// bytes in UTF-8.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// The text of a finished line, if it is text. The copy made here is the only one.
    pub(crate) fn from_line(line: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(line).ok()?;
        let fine = !text.is_empty() && !text.chars().any(char::is_control);
        fine.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The code itself, for the one caller that sends it to the back end over TLS.
    ///
    /// Nobody else has a use for it: it is not to be shown, stored or logged, and neither is what
    /// its first characters suggest.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_text_without_control_characters() {
        for good in ["1", "https://ssm.sh.gov.cn/c?t=Ab9_-~", "预约 2026-0007", "𠮷"] {
            assert_eq!(Token::from_line(good.as_bytes()).as_ref().map(Token::reveal), Some(good));
        }
        for bad in [&b""[..], b"\xFF", b"\xE9\xA2", b"a\tb", b"a\x7F", "a\u{85}".as_bytes(), b"\xED\xA0\x80"]
        {
            assert!(Token::from_line(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn debug_shows_nothing() {
        let token = Token::from_line(b"SECRET-CODE").unwrap();
        assert_eq!(format!("{token:?}"), "Token(redacted)");
    }
}
