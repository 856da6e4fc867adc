//! Values of options between C's memory and ours.

use sane_helper::{Kind, MAX_TEXT, Value};

/// Largest value of an option, in bytes.
pub(crate) const MAX_VALUE: usize = 64 * 1024;

const WORD: usize = size_of::<i32>();

/// A zeroed buffer for a value of `size` bytes, aligned for words, with a word to spare for a final NUL.
pub(crate) fn buffer_for(size: i32) -> Vec<i32> {
    vec![0; usize::try_from(size).unwrap_or(0).min(MAX_VALUE).div_ceil(WORD) + 1]
}

/// Puts a value into the buffer; false when the option takes another kind, or the text is too long.
pub(crate) fn fill(buffer: &mut [i32], kind: Kind, value: &Value, size: i32) -> bool {
    match (kind, value) {
        (Kind::Bool, Value::Bool(yes)) => buffer[0] = (*yes).into(),
        (Kind::Int, Value::Int(number)) | (Kind::Fixed, Value::Fixed(number)) => buffer[0] = *number,
        (Kind::Text, Value::Text(text)) if text.len() < usize::try_from(size).unwrap_or(0) => {
            for (word, part) in buffer.iter_mut().zip(text.as_bytes().chunks(WORD)) {
                let mut whole = [0; WORD];
                whole[..part.len()].copy_from_slice(part);
                *word = i32::from_ne_bytes(whole);
            }
        }
        _ => return false,
    }
    true
}

/// The value in a buffer.
pub(crate) fn value(kind: Kind, buffer: &[i32]) -> Value {
    let first = buffer.first().copied().unwrap_or(0);
    match kind {
        Kind::Bool => Value::Bool(first != 0),
        Kind::Int => Value::Int(first),
        Kind::Fixed => Value::Fixed(first),
        Kind::Text => {
            let bytes: Vec<u8> = buffer.iter().flat_map(|word| word.to_ne_bytes()).collect();
            let text = bytes.split(|&b| b == 0).next().unwrap_or_default();
            Value::Text(clipped(text))
        }
    }
}

/// A text of at most [`MAX_TEXT`] bytes; not everything that SANE calls a text is UTF-8.
pub(crate) fn clipped(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text[..text.floor_char_boundary(MAX_TEXT)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_into_memory_and_come_back() {
        for (kind, wanted, size) in [
            (Kind::Bool, Value::Bool(true), 4),
            (Kind::Int, Value::Int(-300), 4),
            (Kind::Fixed, Value::Fixed(210 << 16), 4),
            (Kind::Text, Value::Text("Color".into()), 6),
            (Kind::Text, Value::Text("自动进纸器".into()), 16),
            (Kind::Text, Value::Text(String::new()), 1),
        ] {
            let mut buffer = buffer_for(size);
            assert!(fill(&mut buffer, kind, &wanted, size), "{wanted:?}");
            assert_eq!(value(kind, &buffer), wanted);
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (kind, wanted, size) in [
            (Kind::Text, Value::Text("Color".into()), 5),
            (Kind::Text, Value::Text(String::new()), 0),
            (Kind::Int, Value::Fixed(1), 4),
            (Kind::Bool, Value::Int(1), 4),
        ] {
            assert!(!fill(&mut buffer_for(size), kind, &wanted, size), "{wanted:?}");
        }
        assert_eq!(buffer_for(i32::MAX).len(), MAX_VALUE / WORD + 1);
        assert_eq!(buffer_for(-1).len(), 1);
    }

    #[test]
    fn texts_are_clipped_between_characters() {
        assert_eq!(clipped("纸".repeat(400).as_bytes()).len(), MAX_TEXT / 3 * 3);
        assert_eq!(clipped(b"a\xFFb"), "a\u{FFFD}b");
        let unended = vec![i32::from_ne_bytes(*b"aaaa"); 3];
        assert_eq!(value(Kind::Text, &unended), Value::Text("a".repeat(12)));
    }
}
