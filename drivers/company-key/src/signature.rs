//! What goes into a proof and what comes out of it.

use zeroize::{Zeroize, Zeroizing};

/// A key's PIN as its holder typed it: 1 to 32 bytes, no zero among them. Wiped when dropped.
pub struct Pin(Zeroizing<Vec<u8>>);

impl Pin {
    /// Bytes of a PIN, at most; keys of the field take 16.
    pub const LONGEST: usize = 32;

    /// Takes a PIN over; `None` when it is none. Either way the text given is wiped.
    #[must_use]
    pub fn new(mut typed: String) -> Option<Self> {
        let fits = (1..=Self::LONGEST).contains(&typed.len()) && !typed.as_bytes().contains(&0);
        let pin = fits.then(|| Self(Zeroizing::new(typed.as_bytes().to_vec())));
        typed.zeroize();
        pin
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pin(redacted)")
    }
}

/// What the back end wants to have signed: 16 to 1024 bytes of its own choosing, used once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge(Vec<u8>);

impl Challenge {
    /// `None` for less than 16 or more than 1024 bytes.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        (16..=1024).contains(&bytes.len()).then(|| Self(bytes.to_vec()))
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// An SM2 signature (GB/T 32918.2) over SM3 of the signer's Z and the challenge, the signer's id being
/// "1234567812345678".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    /// Big-endian.
    pub r: [u8; 32],
    /// Big-endian.
    pub s: [u8; 32],
}

impl Signature {
    /// `SEQUENCE { r INTEGER, s INTEGER }` in DER, as verifiers want it (GM/T 0009-2012, 7.3).
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        let body = [integer(&self.r), integer(&self.s)].concat();
        // Two integers of at most 35 bytes: a length of one byte.
        [&[0x30, body.len() as u8][..], &body].concat()
    }
}

/// A non-negative INTEGER in DER: no leading zeros but the one that keeps it non-negative.
fn integer(number: &[u8; 32]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count().min(number.len() - 1);
    let bytes = number.get(zeros..).unwrap_or_default();
    let sign = bytes.first().is_some_and(|first| *first >= 0x80);
    let length = bytes.len() + usize::from(sign);
    [&[0x02, length as u8][..], if sign { &[0] } else { &[] }, bytes].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_has_a_pins_length_and_no_debug() {
        for bad in ["", "12\x0034", &"1".repeat(33)] {
            assert!(Pin::new(bad.to_owned()).is_none(), "{bad:?}");
        }
        let pin = Pin::new("123456".to_owned()).unwrap();
        assert_eq!((pin.bytes(), format!("{pin:?}").as_str()), (&b"123456"[..], "Pin(redacted)"));
    }

    #[test]
    fn der_is_minimal_and_non_negative() {
        let mut r = [0; 32];
        r[31] = 5;
        let signature = Signature { r, s: [0x80; 32] };
        let der = signature.to_der();
        assert_eq!(der[..8], [0x30, 38, 0x02, 1, 5, 0x02, 33, 0]);
        assert_eq!(der[8..], [0x80; 32]);
        assert_eq!(Signature { r: [0; 32], s: [0; 32] }.to_der(), [0x30, 6, 2, 1, 0, 2, 1, 0]);
    }

    #[test]
    fn a_challenge_is_bounded() {
        assert!(Challenge::new(&[0; 15]).is_none() && Challenge::new(&[0; 1025]).is_none());
        assert!(Challenge::new(&[0; 16]).is_some() && Challenge::new(&[0; 1024]).is_some());
    }
}
