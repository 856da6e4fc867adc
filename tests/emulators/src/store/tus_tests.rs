use super::*;

#[test]
fn metadata_is_decoded_or_refused() {
    let entries = metadata("filename bGljZW5jZS5qcGc=,filetype aW1hZ2UvanBlZw==,urgent").expect("pairs");
    let expected = [("filename", "licence.jpg"), ("filetype", "image/jpeg"), ("urgent", "")];
    assert_eq!(entries.len(), expected.len());
    for (key, value) in expected {
        assert_eq!(entries.get(key).map(String::as_str), Some(value));
    }
    assert!(metadata("").expect("nothing").is_empty());
    for bad in ["a !!", "a YQ==,a YQ==", ", ", "a /w==", "\u{e9} YQ=="] {
        assert!(metadata(bad).is_err(), "{bad}");
    }
    assert!(metadata(&"a".repeat(MOST_METADATA + 1)).is_err());
}

#[test]
fn checksums_are_told_apart() {
    // the check value of CRC-32; SHA-1 and SHA-256 of "abc" (FIPS 180-4 examples)
    let cases = [
        ("crc32 y/Q5Jg==", "123456789", true),
        ("crc32 y/Q5Jg==", "123456798", false),
        ("sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=", "abc", true),
        ("sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=", "abd", false),
        ("sha256 ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", "abc", true),
        ("sha256 ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", "ab", false),
    ];
    for (text, bytes, expected) in cases {
        let mut checksum = Checksum::parse(text).unwrap_or_else(|_| panic!("{text}"));
        for byte in bytes.as_bytes() {
            checksum.feed(&[*byte]);
        }
        assert_eq!(checksum.holds(), expected, "{text} {bytes}");
    }
    let malformed =
        ["", "sha1", "sha1 YQ==", "crc32 YQ==", "sha256 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=", "md5 YQ==", "sha1 *"];
    for bad in malformed {
        assert!(Checksum::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn numbers_are_digits_only() {
    let number = |text: &str| {
        let mut headers = HeaderMap::new();
        headers.insert("upload-offset", HeaderValue::from_str(text).expect("a value"));
        count(&headers, "upload-offset")
    };
    assert_eq!(number("0"), Ok(Some(0)));
    assert_eq!(number("18446744073709551615"), Ok(Some(u64::MAX)));
    for bad in ["", "+1", "-1", "1.0", "18446744073709551616", "ten"] {
        assert!(number(bad).is_err(), "{bad}");
    }
    assert_eq!(count(&HeaderMap::new(), "upload-offset"), Ok(None));
}

proptest::proptest! {
    #[test]
    fn any_header_text_is_judged_without_harm(text: String) {
        let _ = metadata(&text);
        let _ = Checksum::parse(&text);
        if let Some(id) = Id::parse(&text) {
            proptest::prop_assert!(!id.as_str().contains(['/', '\\']) && !id.as_str().starts_with('.'));
        }
    }

    #[test]
    fn metadata_comes_back_as_it_was_sent(value: String) {
        let text = format!("filename {}", BASE64.encode(&value));
        if text.len() <= MOST_METADATA {
            proptest::prop_assert_eq!(metadata(&text).ok().and_then(|mut all| all.remove("filename")), Some(value));
        }
    }
}
