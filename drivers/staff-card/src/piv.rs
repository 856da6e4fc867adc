//! Reading the certificate and having a message signed.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::apdu::Command;
use crate::exchange::{Answer, ask};
use crate::tlv::tlv;
use crate::{Exchange, Pin, SlotFault, StatusWord, Step, object};

/// DigestInfo of a SHA-256 hash, without the hash (RFC 8017, 9.2, note 1).
const SHA256_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
    0x04, 0x20,
];

/// Bytes of an RSA-2048 block.
const BLOCK: usize = 256;

/// What the card's key is made with, as its certificate says (SP 800-78-4, table 6-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// ECDSA on P-256
    P256,
    /// RSA of 2048 bits
    Rsa2048,
}

impl KeyKind {
    pub(crate) fn algorithm(self) -> u8 {
        match self {
            Self::P256 => 0x11,
            Self::Rsa2048 => 0x07,
        }
    }

    /// What the card is to sign of a message: its SHA-256, for RSA as EMSA-PKCS1-v1_5 (RFC 8017, 9.2).
    pub(crate) fn block(self, message: &[u8]) -> Vec<u8> {
        let hash = Sha256::digest(message);
        match self {
            Self::P256 => hash.to_vec(),
            Self::Rsa2048 => {
                let padding = vec![0xFF; BLOCK - 3 - SHA256_INFO.len() - hash.len()];
                [&[0x00, 0x01][..], &padding, &[0x00], &SHA256_INFO, &hash].concat()
            }
        }
    }

    /// The template of GENERAL AUTHENTICATE: 7C { 82 (wanted), 81 block }.
    pub(crate) fn template(self, block: &[u8]) -> Vec<u8> {
        tlv(0x7C, &[tlv(0x82, &[]), tlv(0x81, block)].concat())
    }
}

/// Reads the certificate of the card's key 9A: DER, of which nothing was looked at.
///
/// # Errors
/// Those of the exchange; [`SlotFault::OtherCard`], [`SlotFault::NoCertificate`],
/// [`SlotFault::CompressedCertificate`], [`SlotFault::Malformed`] and [`SlotFault::Refused`] by what the
/// card says.
pub fn read_certificate(exchange: &mut impl Exchange) -> Result<Zeroizing<Vec<u8>>, SlotFault> {
    select(exchange)?;
    let Answer { data, word } = ask(exchange, &Command::certificate())?;
    match word {
        word if word.is_success() => object::certificate(&data),
        word if word.says_not_found() => Err(SlotFault::NoCertificate),
        word => Err(SlotFault::Refused { step: Step::Certificate, word }),
    }
}

/// Gives the PIN and has key 9A sign a message with SHA-256: ECDSA in DER (RFC 3279, 2.2.3) or PKCS #1 v1.5.
///
/// # Errors
/// Those of the exchange; [`SlotFault::WrongPin`], [`SlotFault::PinBlocked`], [`SlotFault::OtherCard`],
/// [`SlotFault::Malformed`] and [`SlotFault::Refused`] by what the card says.
pub fn sign(
    exchange: &mut impl Exchange,
    pin: &Pin,
    kind: KeyKind,
    message: &[u8],
) -> Result<Zeroizing<Vec<u8>>, SlotFault> {
    select(exchange)?;
    verify(exchange, pin)?;
    let Answer { data, word } = ask(exchange, &Command::sign(kind, &kind.block(message)))?;
    match word {
        word if word.is_success() => object::signature(&data),
        word => Err(SlotFault::Refused { step: Step::Sign, word }),
    }
}

fn select(exchange: &mut impl Exchange) -> Result<(), SlotFault> {
    match ask(exchange, &Command::select())?.word {
        word if word.is_success() => Ok(()),
        word if word.says_unknown() => Err(SlotFault::OtherCard(word)),
        word => Err(SlotFault::Refused { step: Step::Select, word }),
    }
}

fn verify(exchange: &mut impl Exchange, pin: &Pin) -> Result<(), SlotFault> {
    let word: StatusWord = ask(exchange, &Command::verify(pin))?.word;
    match (word.is_success(), word.is_blocked(), word.tries_left()) {
        (true, ..) => Ok(()),
        (_, true, _) | (.., Some(0)) => Err(SlotFault::PinBlocked),
        (.., Some(left)) => Err(SlotFault::WrongPin { left }),
        _ => Err(SlotFault::Refused { step: Step::Verify, word }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_those_of_the_standard() {
        let hash = Sha256::digest(b"abc");
        assert_eq!(KeyKind::P256.block(b"abc"), hash.to_vec());
        let block = KeyKind::Rsa2048.block(b"abc");
        assert_eq!((block.len(), &block[..3], &block[204..206]), (256, &[0, 1, 0xFF][..], &[0, 0x30][..]));
        assert_eq!(block[224..], hash[..]);
    }
}
