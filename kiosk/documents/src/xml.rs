//! What stands between tags (XML 1.0, section 2.4).

/// Text with the characters that mean something in XML written as references.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_text_is_markup() {
        for (text, safe) in
            [("", ""), ("执照", "执照"), ("a<b>&amp;", "a&lt;b&gt;&amp;amp;"), ("]]>\"'", "]]&gt;\"'")]
        {
            assert_eq!(escaped(text), safe);
        }
    }
}
