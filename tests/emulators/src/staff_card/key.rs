//! The keys of a card: what a chip computes, without the padding and hashing that is the reader's part.

use num_bigint::BigUint;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::DecodePrivateKey;
use rcgen::KeyPair;

use super::tlv::read;

/// An RSA key of nobody: those take long to make, and rcgen does not.
const RSA: &str = include_str!("rsa.pem");

/// Bytes of an RSA-2048 block and signature.
const BLOCK: usize = 256;

/// What a key is made with (SP 800-78-4, table 6-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// ECDSA on P-256, PIV's algorithm 11
    P256,
    /// RSA of 2048 bits, PIV's algorithm 07. There is one such key, the same every time.
    Rsa2048,
}

/// A private key, and how it is certified.
pub struct Key {
    pair: KeyPair,
    private: Private,
}

enum Private {
    P256(SigningKey),
    Rsa { modulus: BigUint, exponent: BigUint },
}

impl Key {
    /// A new key.
    ///
    /// # Panics
    /// When the machine has no chance to give, or the kept key is spoilt.
    #[must_use]
    pub fn new(kind: KeyKind) -> Self {
        match kind {
            KeyKind::P256 => {
                let pair = KeyPair::generate().expect("chance");
                let signing = SigningKey::from_pkcs8_der(&pair.serialize_der()).expect("its own key");
                Self { pair, private: Private::P256(signing) }
            }
            KeyKind::Rsa2048 => {
                let pair = KeyPair::from_pem(RSA).expect("the kept key");
                let private = rsa(&pair.serialize_der()).expect("the kept key");
                Self { pair, private }
            }
        }
    }

    /// What it is made with.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        match self.private {
            Private::P256(_) => KeyKind::P256,
            Private::Rsa { .. } => KeyKind::Rsa2048,
        }
    }

    /// The pair, of which certificates need the public half.
    #[must_use]
    pub fn pair(&self) -> &KeyPair {
        &self.pair
    }

    /// Signs a hash of 32 bytes (P-256), or raises a block of 256 bytes to the private power (RSA);
    /// `None` when it is neither.
    pub(super) fn sign(&self, block: &[u8]) -> Option<Vec<u8>> {
        match &self.private {
            Private::P256(key) => {
                let hash: &[u8; 32] = block.try_into().ok()?;
                let signature: Signature = key.sign_prehash(hash).ok()?;
                Some(signature.to_der().as_bytes().to_vec())
            }
            Private::Rsa { modulus, exponent } => {
                let number = BigUint::from_bytes_be(block);
                if block.len() != BLOCK || number >= *modulus {
                    return None;
                }
                let power = number.modpow(exponent, modulus).to_bytes_be();
                Some([&vec![0; BLOCK.saturating_sub(power.len())], &power[..]].concat())
            }
        }
    }
}

/// Modulus and private exponent out of PKCS #8 (RFC 5958) around an RSAPrivateKey (RFC 8017, A.1.2).
fn rsa(pkcs8: &[u8]) -> Option<Private> {
    let (_, info, _) = read(pkcs8)?;
    let (_, _version, info) = read(info)?;
    let (_, _algorithm, info) = read(info)?;
    let (_, key, _) = read(info)?;
    let (_, numbers, _) = read(key)?;
    let (_, _version, numbers) = read(numbers)?;
    let (_, modulus, numbers) = read(numbers)?;
    let (_, _public, numbers) = read(numbers)?;
    let (_, exponent, _) = read(numbers)?;
    Some(Private::Rsa {
        modulus: BigUint::from_bytes_be(modulus),
        exponent: BigUint::from_bytes_be(exponent),
    })
}
