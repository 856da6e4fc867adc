//! Bytes of a company, rewritten into bytes of none: same lengths, same classes.

use x509_parser::asn1_rs::FromDer;
use x509_parser::certificate::X509Certificate;
use zeroize::Zeroizing;

use crate::{Uscc, UsccFault};

/// A code of no company, but for its check character.
const NOBODY: &[u8; 17] = b"91310000MA1FAKE00";

/// What stands for bytes that are no text.
const BLANK: u8 = 0x11;

/// Rewrites a key's name.
pub(crate) fn name(bytes: &mut [u8]) {
    text(bytes);
}

/// Rewrites a certificate in place, so that it parses as it did before; anything else becomes zeros.
pub(crate) fn certificate(der: &mut [u8]) {
    match places(der) {
        None => der.fill(0),
        Some(places) => {
            for (at, length, rewrite) in places {
                rewrite(der.get_mut(at..at + length).unwrap_or_default());
            }
        }
    }
}

type Place = (usize, usize, fn(&mut [u8]));

/// What must be rewritten in a certificate: offset, length and how.
fn places(der: &[u8]) -> Option<Vec<Place>> {
    let (rest, certificate) = X509Certificate::from_der(der).ok()?;
    if !rest.is_empty() {
        return None;
    }
    let blank = |bytes: &mut [u8]| bytes.fill(BLANK);
    let mut places: Vec<Place> = Vec::new();
    let mut note = |part: &[u8], rewrite: fn(&mut [u8])| {
        // Every part is a piece of `der` itself.
        let at = part.as_ptr().addr().checked_sub(der.as_ptr().addr());
        let at = at.filter(|at| at + part.len() <= der.len());
        at.map(|at| places.push((at, part.len(), rewrite)))
    };
    for attribute in certificate.subject().iter_attributes() {
        let value = attribute.attr_value();
        note(value.as_bytes(), if value.tag().0 == 30 { wide } else { text })?;
    }
    for extension in certificate.extensions() {
        note(extension.value, value)?;
    }
    note(certificate.raw_serial(), blank)?;
    note(&certificate.signature_value.data, blank)?;
    note(&certificate.public_key().subject_public_key.data, blank)?;
    Some(places)
}

/// Rewrites an extension's value: the text in it where it is one, everything otherwise.
fn value(bytes: &mut [u8]) {
    match bytes {
        // A string of DER with a length of one byte: nothing longer holds a code.
        [0x0C | 0x13 | 0x14 | 0x16 | 0x12 | 0x1A | 0x04, length, content @ ..]
            if usize::from(*length) == content.len() && *length < 0x80 =>
        {
            text(content);
        }
        [0x1E, length, content @ ..] if usize::from(*length) == content.len() && *length < 0x80 => {
            wide(content);
        }
        bytes if std::str::from_utf8(bytes).is_ok() => text(bytes),
        bytes => bytes.fill(BLANK),
    }
}

/// Rewrites text that ends in a unified social credit code, or in none.
fn text(bytes: &mut [u8]) {
    let end = std::str::from_utf8(bytes).map_or(bytes.len(), |text| text.trim_end().len());
    let (bytes, _) = bytes.split_at_mut(end);
    let (prefix, code) = bytes.split_at_mut(end.saturating_sub(NOBODY.len() + 1));
    let wrong = match std::str::from_utf8(code).map(Uscc::parse) {
        Ok(Ok(_)) => false,
        Ok(Err(UsccFault::CheckCharacter)) => true,
        Ok(Err(UsccFault::Form)) | Err(_) => return classes(bytes),
    };
    for (to, from) in code.iter_mut().zip(NOBODY) {
        *to = *from;
    }
    for character in *b"0123456789ABCDEFGHJKLMNPQRTUWXY" {
        if let Some(last) = code.last_mut() {
            *last = character;
        }
        let right = std::str::from_utf8(code).is_ok_and(|code| Uscc::parse(code).is_ok());
        if right != wrong {
            break;
        }
    }
    // A short mark such as `USCC-` names a kind of number; anything longer may be more.
    if prefix.len() > 8 || prefix.iter().any(u8::is_ascii_digit) {
        classes(prefix);
    }
}

/// Rewrites UTF-16BE.
fn wide(bytes: &mut [u8]) {
    if bytes.chunks_exact(2).all(|pair| pair[0] == 0) {
        // It may be a code: rewritten as such, one byte a character.
        let mut narrow: Zeroizing<Vec<u8>> =
            Zeroizing::new(bytes.chunks_exact(2).map(|pair| pair[1]).collect());
        text(&mut narrow);
        for (pair, low) in bytes.chunks_exact_mut(2).zip(narrow.iter()) {
            pair[1] = *low;
        }
        return;
    }
    for pair in bytes.chunks_exact_mut(2) {
        let unit = match u16::from_be_bytes([pair[0], pair[1]]) {
            // Spaces and control characters say nothing of anybody; surrogates keep their pairs.
            0..=0x20 | 0xD800..=0xDFFF => continue,
            0x30..=0x39 => u16::from(b'0'),
            0x21..=0x7E => u16::from(b'A'),
            _ => 0x793A,
        };
        pair.copy_from_slice(&unit.to_be_bytes());
    }
}

/// Rewrites each character into one of its class and length. Letters that no code is made of become
/// one that no code is made of.
fn classes(bytes: &mut [u8]) {
    let valid = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    let (text, broken) = bytes.split_at_mut(valid);
    broken.fill(0xFF);
    let mut at = 0;
    while let Some(first) =
        std::str::from_utf8(text.get(at..).unwrap_or_default()).unwrap_or_default().chars().next()
    {
        let harmless: &[u8] = match first {
            '0'..='9' => b"0",
            'I' | 'O' | 'S' | 'V' | 'Z' => b"O",
            'A'..='Z' => b"A",
            'a'..='z' => b"a",
            // Punctuation, spaces and control characters say nothing of anybody.
            '\0'..='\u{9F}' => &[],
            '\u{A0}'..='\u{7FF}' => "é".as_bytes(),
            '\u{800}'..='\u{FFFF}' => "示".as_bytes(),
            _ => "𠀀".as_bytes(),
        };
        for (to, from) in text.iter_mut().skip(at).zip(harmless) {
            *to = *from;
        }
        at += first.len_utf8();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use skf_vendor::Company;

    use super::*;
    use crate::{CompanyCertificate, Profile};

    fn rewritten(bytes: &[u8], rewrite: fn(&mut [u8])) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        rewrite(&mut bytes);
        bytes
    }

    #[test]
    fn a_certificate_names_a_company_that_is_none() {
        for company in [Company::Agency, Company::Shop] {
            let der = rewritten(company.certificate(), certificate);
            assert_eq!(der.len(), company.certificate().len());
            let before = CompanyCertificate::from_der(company.certificate(), &Profile::generic()).unwrap();
            let after = CompanyCertificate::from_der(&der, &Profile::generic()).unwrap();
            assert!(after.uscc().as_str().starts_with("91310000MA1FAKE00"));
            assert_eq!(after.organisation(), "示".repeat(before.organisation().chars().count()));
            assert_eq!((after.valid_from(), after.issuer()), (before.valid_from(), before.issuer()));
            assert_eq!(after.serial(), "11".repeat(12));
            // Nothing of the key is left either.
            let (_, certificate) = X509Certificate::from_der(company.certificate()).unwrap();
            for part in certificate.public_key().subject_public_key.data[1..].chunks(8) {
                assert!(!der.windows(8).any(|window| window == part));
            }
        }
        assert_eq!(rewritten(b"no certificate", certificate), [0; 14]);
    }

    #[test]
    fn texts_keep_their_class_and_whether_they_are_codes() {
        for (from, to) in [
            ("YZT-SHOP-0002", "AOA-OAOA-0000"),
            ("嘉定 样板é𠮷x", "示示 示示é𠀀a"),
            ("91310114MA1GAMP1XO", "00000000AA0AAAA0AO"),
        ] {
            assert_eq!(rewritten(from.as_bytes(), text), to.as_bytes(), "{from}");
        }
        let code = |from: &str| String::from_utf8(rewritten(from.as_bytes(), text)).unwrap();
        let right = code("91310114MA1GAMP1XF");
        assert!(right.starts_with("91310000MA1FAKE00") && Uscc::parse(&right).is_ok());
        let wrong = code("91310114MA1GAMP1XG");
        assert_eq!(Uscc::parse(&wrong), Err(UsccFault::CheckCharacter));
        assert_eq!(code("USCC-92310114MA1DEMQ2LE"), format!("USCC-{right}"));
        assert_eq!(code("张三310114 92310114MA1DEMQ2LE"), format!("示示000000 {right}"));
        assert_eq!(rewritten(b"\x56\x09\0A\x00\x37", wide), b"\x79\x3A\0A\0\x30");
        assert_eq!(rewritten(b"ab\xFF", text), b"aa\xFF");
        assert_eq!(code("91310114MA1GAMP1XF "), format!("{right} "));
        let spread = |text: &str| text.bytes().flat_map(|byte| [0, byte]).collect::<Vec<_>>();
        assert_eq!(rewritten(&spread("91310114MA1GAMP1XF"), wide), spread(&right));
    }

    proptest! {
        #[test]
        fn what_parses_parses_again_and_what_does_not_becomes_zeros(at in 0_usize..588, with in any::<u8>()) {
            let mut der = Company::Agency.certificate().to_vec();
            der[at] = with;
            let parses = |der: &[u8]| X509Certificate::from_der(der).is_ok_and(|(rest, _)| rest.is_empty());
            let after = rewritten(&der, certificate);
            prop_assert_eq!(after.len(), der.len());
            let fine = if parses(&der) { parses(&after) } else { after.iter().all(|byte| *byte == 0) };
            prop_assert!(fine);
        }
    }
}
