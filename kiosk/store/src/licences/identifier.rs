//! The identifier of an electronic licence (电子证照标识, GB/T 36904), and its check character.

use std::fmt;

use thiserror::Error;
use zeroize::Zeroizing;

/// The root of all identifiers, in the tree of object identifiers.
const ROOT: &str = "1.2.156.3005.2.";
/// Characters of an identifier, at most (openapi.yaml).
const LONGEST: usize = 96;
const TYPE: usize = 21;
/// A unified social credit code; shorter ones are in use.
const LONGEST_ISSUER: usize = 18;
const LONGEST_SERIAL: usize = 32;

/// Why a text is no identifier. Says nothing of what stands in it, since a serial may be somebody's
/// number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum IdentifierError {
    /// It does not have the parts or characters of one.
    #[error("its identifier does not have the shape of GB/T 36904 ({0})")]
    Shape(&'static str),
    /// Its check character is another.
    #[error("the check character of its identifier (ISO/IEC 7064, MOD 37,36) does not hold")]
    Check,
}

/// An identifier whose check character holds. Its `Debug` leaves out the serial.
#[derive(Clone, PartialEq, Eq)]
pub struct CertIdentifier {
    licence_type: String,
    issuer: String,
    serial: Zeroizing<String>,
    version: u16,
    check: char,
}

impl CertIdentifier {
    /// Reads an identifier: the root `1.2.156.3005.2`, licence type (21 characters), issuer (1 to 18),
    /// serial (1 to 32), version (3 digits) and check character, with full stops between them.
    ///
    /// # Errors
    /// [`IdentifierError`].
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        if text.len() > LONGEST {
            return Err(IdentifierError::Shape("length"));
        }
        let rest = text.strip_prefix(ROOT).ok_or(IdentifierError::Shape("root"))?;
        let mut parts = rest.split('.');
        let mut part = |what| parts.next().ok_or(IdentifierError::Shape(what));
        let (kind, issuer, serial) = (part("licence type")?, part("issuer")?, part("serial")?);
        let (version, check) = (part("version")?, part("check character")?);
        if parts.next().is_some() {
            return Err(IdentifierError::Shape("parts"));
        }
        for (part, shortest, longest, what) in [
            (kind, TYPE, TYPE, "licence type"),
            (issuer, 1, LONGEST_ISSUER, "issuer"),
            (serial, 1, LONGEST_SERIAL, "serial"),
            (version, 3, 3, "version"),
            (check, 1, 1, "check character"),
        ] {
            if !(shortest..=longest).contains(&part.len()) || value_of_all(part).is_none() {
                return Err(IdentifierError::Shape(what));
            }
        }
        let number = version.parse().map_err(|_| IdentifierError::Shape("version"))?;
        let expected = check_value([kind, issuer, serial, version].iter().flat_map(|part| part.bytes()));
        let given = check.bytes().next().and_then(value);
        if given.is_none() || given != expected {
            return Err(IdentifierError::Check);
        }
        Ok(Self {
            licence_type: kind.to_owned(),
            issuer: issuer.to_owned(),
            serial: Zeroizing::new(serial.to_owned()),
            version: number,
            check: check.chars().next().unwrap_or_default(),
        })
    }

    /// The licence type: who defines it (18 characters) and three more.
    #[must_use]
    pub fn licence_type(&self) -> &str {
        &self.licence_type
    }

    /// The issuer's unified social credit code, or a shorter one.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The issuer's serial of this licence. May be somebody's number.
    #[must_use]
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// The version, 0 to 999: it rises when a licence is renewed or changed.
    #[must_use]
    pub fn version(&self) -> u16 {
        self.version
    }

    /// Whether two identifiers are of the same licence, in whatever version.
    #[must_use]
    pub fn same_licence(&self, other: &Self) -> bool {
        (&self.licence_type, &self.issuer, &*self.serial)
            == (&other.licence_type, &other.issuer, &*other.serial)
    }

    /// The identifier as text; wiped when dropped, like the serial.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let Self { licence_type, issuer, serial, version, check } = self;
        Zeroizing::new(format!("{ROOT}{licence_type}.{issuer}.{}.{version:03}.{check}", &**serial))
    }
}

impl fmt::Debug for CertIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { licence_type, issuer, version, .. } = self;
        write!(f, "CertIdentifier({licence_type}.{issuer}.masked.{version:03})")
    }
}

/// The value of a character in ISO/IEC 7064: 0 to 9, then A to Z.
fn value(byte: u8) -> Option<u32> {
    match byte {
        b'0'..=b'9' => Some(u32::from(byte - b'0')),
        b'A'..=b'Z' => Some(u32::from(byte - b'A') + 10),
        _ => None,
    }
}

fn value_of_all(part: &str) -> Option<()> {
    part.bytes().try_for_each(|byte| value(byte).map(drop))
}

/// The check character's value: ISO/IEC 7064, hybrid system MOD 37,36.
fn check_value(bytes: impl Iterator<Item = u8>) -> Option<u32> {
    let mut product = 36;
    for byte in bytes {
        let sum = match (product + value(byte)?) % 36 {
            0 => 36,
            sum => sum,
        };
        product = 2 * sum % 37;
    }
    Some((37 - product) % 36)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Identifiers of licences that were really issued.
    const REAL: [&str; 3] = [
        "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
        "1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.0",
        "1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9",
    ];

    #[test]
    fn real_identifiers_hold() {
        for (text, version) in REAL.into_iter().zip([1, 2, 1]) {
            let identifier = CertIdentifier::parse(text).expect("an identifier");
            assert_eq!(identifier.version(), version);
            assert_eq!(*identifier.to_text(), text);
            assert!(!format!("{identifier:?}").contains(identifier.serial()));
        }
        let short = CertIdentifier::parse(REAL[2]).expect("an identifier");
        assert_eq!((short.licence_type(), short.issuer()), ("11100000MB03271699022", "340100"));
    }

    #[test]
    fn what_is_no_identifier_is_told_apart() {
        let good = REAL[2];
        let change = |from: &str, to: &str| good.replacen(from, to, 1);
        for (bad, error) in [
            (change(".9", ".8"), IdentifierError::Check),
            (change("340100", "340010"), IdentifierError::Check),
            (change(".001.", ".002."), IdentifierError::Check),
            (change("1.2.156.3005.2", "1.2.156.3005.3"), IdentifierError::Shape("root")),
            (change("MB0327", "MB327"), IdentifierError::Shape("licence type")),
            (change("MB0327", "mb0327"), IdentifierError::Shape("licence type")),
            (change(".340100.", ".."), IdentifierError::Shape("issuer")),
            (change(".340100.", ".3401000000000000000."), IdentifierError::Shape("issuer")),
            (change("000000016", &"1".repeat(33)), IdentifierError::Shape("serial")),
            (change("000000016", "照"), IdentifierError::Shape("serial")),
            (change(".001.", ".01."), IdentifierError::Shape("version")),
            (change(".001.", ".00A."), IdentifierError::Shape("version")),
            (change(".9", ""), IdentifierError::Shape("check character")),
            (change(".9", ".99"), IdentifierError::Shape("check character")),
            (change(".9", ".9.9"), IdentifierError::Shape("parts")),
            ("1".repeat(97), IdentifierError::Shape("length")),
        ] {
            assert_eq!(CertIdentifier::parse(&bad), Err(error), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_part_holds_with_its_check_character_and_no_single_error_passes(
            kind in "[0-9A-Z]{21}", issuer in "[0-9A-Z]{1,18}", serial in "[0-9A-Z]{1,32}",
            version in "[0-9]{3}", place in any::<prop::sample::Index>(), by in 1u32..36,
        ) {
            let symbol = |value: u32| char::from_digit(value, 36).map(|c| c.to_ascii_uppercase());
            let digits = format!("{kind}{issuer}{serial}{version}");
            let check = check_value(digits.bytes()).and_then(symbol).expect("a check character");
            let text = |kind: &str| format!("{ROOT}{kind}.{issuer}.{serial}.{version}.{check}");
            prop_assert!(CertIdentifier::parse(&text(&kind)).is_ok());
            let at = place.index(kind.len());
            let other = symbol((value(kind.as_bytes()[at]).expect("a value") + by) % 36).expect("a symbol");
            let mut wrong = kind.clone();
            wrong.replace_range(at..=at, &other.to_string());
            prop_assert_eq!(CertIdentifier::parse(&text(&wrong)), Err(IdentifierError::Check));
        }

        #[test]
        fn any_text_is_an_identifier_or_none(text in "\\PC{0,120}|1.2.156.3005.2.[0-9A-Z.]{0,90}") {
            if let Ok(identifier) = CertIdentifier::parse(&text) {
                prop_assert_eq!(&*identifier.to_text(), &text);
            }
        }
    }
}
