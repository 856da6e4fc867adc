//! Words of a bounded length, without what a page or a terminal would take for a command.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A word or a sentence: 1 to `MOST` characters, without spaces at its ends, control characters, and the
/// invisible ones that turn the direction of writing or join nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text<const MOST: usize>(String);

/// What a text may not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// There is nothing in it, or a space at one of its ends.
    #[error("a text is empty, or begins or ends with a space")]
    Bare,
    /// It is too long.
    #[error("a text has more than {most} characters")]
    Long {
        /// How many it may have
        most: usize,
    },
    /// A character stands for no sign.
    #[error("a text holds a control character or an invisible one")]
    Unseen,
    /// A key or a code holds something else than its letters.
    #[error("a key must be 1 to {most} letters, digits, hyphens or dots", most = Key::MOST)]
    Key,
}

impl<const MOST: usize> Text<MOST> {
    /// Takes a text that is as it has to be.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn new(text: &str) -> Result<Self, TextError> {
        if text.is_empty() || text != text.trim() {
            return Err(TextError::Bare);
        }
        if text.chars().nth(MOST).is_some() {
            return Err(TextError::Long { most: MOST });
        }
        if text.chars().any(is_unseen) {
            return Err(TextError::Unseen);
        }
        Ok(Self(text.to_owned()))
    }

    /// Takes whatever a device says of itself: what is not seen becomes a space, what is too long ends in
    /// an ellipsis, and nothing becomes a dash. A strange name must not keep a report from being made.
    #[must_use]
    pub fn clipped(text: &str) -> Self {
        let seen: String = text.chars().map(|c| if is_unseen(c) { ' ' } else { c }).take(4 * MOST).collect();
        let mut words: String = seen.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some((cut, _)) = words.char_indices().nth(MOST) {
            words.truncate(cut);
            words.pop();
            words.truncate(words.trim_end().len());
            words.push('…');
        }
        if words.is_empty() { Self("–".to_owned()) } else { Self(words) }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Control characters, marks of direction, joiners and other characters of no width.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

impl<const MOST: usize> TryFrom<String> for Text<MOST> {
    type Error = TextError;

    fn try_from(text: String) -> Result<Self, TextError> {
        Self::new(&text)
    }
}

impl<const MOST: usize> From<Text<MOST>> for String {
    fn from(text: Text<MOST>) -> Self {
        text.0
    }
}

impl<const MOST: usize> fmt::Display for Text<MOST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The same in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words<const MOST: usize> {
    /// Chinese
    pub zh: Text<MOST>,
    /// English
    pub en: Text<MOST>,
}

impl<const MOST: usize> Words<MOST> {
    /// Both, [clipped](Text::clipped).
    #[must_use]
    pub fn clipped(zh: &str, en: &str) -> Self {
        Self { zh: Text::clipped(zh), en: Text::clipped(en) }
    }
}

/// A stable name that scripts may rely on: of a kiosk, a device, a test or a fault. 1 to [`Key::MOST`]
/// ASCII letters, digits, hyphens or dots.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Key(String);

impl Key {
    /// Characters, at most.
    pub const MOST: usize = 40;

    /// Takes a key.
    ///
    /// # Errors
    /// [`TextError::Key`].
    pub fn new(key: &str) -> Result<Self, TextError> {
        let fits = (1..=Self::MOST).contains(&key.len())
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
        if fits { Ok(Self(key.to_owned())) } else { Err(TextError::Key) }
    }

    /// The key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Key {
    type Error = TextError;

    fn try_from(key: String) -> Result<Self, TextError> {
        Self::new(&key)
    }
}

impl From<Key> for String {
    fn from(key: Key) -> Self {
        key.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_is_seen_whole() {
        assert_eq!(Text::<4>::new("可以使用").unwrap().as_str(), "可以使用");
        for (text, error) in [
            ("", TextError::Bare),
            (" a", TextError::Bare),
            ("a ", TextError::Bare),
            ("五个字符多", TextError::Long { most: 4 }),
            ("a\nb", TextError::Unseen),
            ("a\u{202e}b", TextError::Unseen),
            ("a\u{200b}b", TextError::Unseen),
            ("a\u{1b}b", TextError::Unseen),
        ] {
            assert_eq!(Text::<4>::new(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn what_a_device_says_is_made_to_fit() {
        for (said, becomes) in [
            ("TM-T88VI", "TM-T88VI"),
            ("  two\r\nlines ", "two lines"),
            ("", "–"),
            ("\0\0", "–"),
            ("a very long name", "a very l…"),
            ("12345678 longer", "12345678…"),
        ] {
            assert_eq!(Text::<9>::clipped(said).as_str(), becomes, "{said:?}");
        }
    }

    #[test]
    fn a_key_is_of_its_letters() {
        for key in ["lobby-1", "P02", "a.b", &"x".repeat(40)] {
            assert_eq!(Key::new(key).unwrap().as_str(), key);
        }
        for key in ["", "a b", "厅", "a/b", "a\n", &"x".repeat(41)] {
            assert_eq!(Key::new(key), Err(TextError::Key), "{key:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_clipped_is_a_text(said in any::<String>()) {
            let text = Text::<12>::clipped(&said);
            prop_assert_eq!(Text::new(text.as_str()), Ok(text));
        }
    }
}
