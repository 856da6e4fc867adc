//! Secrets for one holder of a key alone: HPKE (RFC 9180) in its base mode, with DHKEM(X25519, HKDF-SHA256),
//! HKDF-SHA256 and ChaCha20-Poly1305.

use crate::pem;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::{Kem, X25519HkdfSha256};
use hpke::{Deserializable, OpModeR, OpModeS, Serializable};
use std::fmt;
use zeroize::{Zeroize, Zeroizing};

type X25519 = X25519HkdfSha256;
type PrivateKey = <X25519 as Kem>::PrivateKey;
type Encapped = <X25519 as Kem>::EncappedKey;

/// Bytes that sealing adds: the encapsulated key, and the tag.
pub const OVERHEAD: usize = 32 + 16;

/// What a sealed message is for: one of these is never taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// a hall's secrets, for a kiosk
    HallSecrets,
    /// the key to a kiosk's disk, for the hall's office
    Recovery,
}

impl Purpose {
    fn info(self) -> &'static [u8] {
        match self {
            Self::HallSecrets => b"onedoor hall secrets 1",
            Self::Recovery => b"onedoor disk recovery 1",
        }
    }
}

/// Why a sealed message does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it was sealed for another key or another purpose, or is damaged")]
pub struct NotOpened;

/// The public half of a key that secrets are sealed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealingKey([u8; 32]);

impl SealingKey {
    /// From the 32 bytes of RFC 7748.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// From PEM (RFC 8410).
    #[must_use]
    pub fn from_pem(pem: &[u8]) -> Option<Self> {
        pem::x25519_public(pem).map(Self)
    }

    /// As PEM (RFC 8410).
    #[must_use]
    pub fn pem(&self) -> String {
        pem::x25519_public_pem(&self.0)
    }

    /// Its 32 bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Seals a message; `bound` has to be the same at opening.
    ///
    /// # Errors
    /// The key is none that can be sealed to.
    pub fn seal(&self, purpose: Purpose, bound: &[u8], message: &[u8]) -> Result<Vec<u8>, NotOpened> {
        let key = <X25519 as Kem>::PublicKey::from_bytes(&self.0).map_err(|_| NotOpened)?;
        let (encapped, sealed) = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, X25519>(
            &OpModeS::Base,
            &key,
            purpose.info(),
            message,
            bound,
        )
        .map_err(|_| NotOpened)?;
        Ok([&encapped.to_bytes()[..], &sealed].concat())
    }
}

/// The private half.
pub struct OpeningKey(Zeroizing<[u8; 32]>);

impl fmt::Debug for OpeningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpeningKey")
    }
}

impl OpeningKey {
    /// A new one.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn make() -> Result<Self, getrandom::Error> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed)?;
        let (key, _) = X25519::derive_keypair(&*seed);
        let mut bytes = key.to_bytes();
        let mut this = Zeroizing::new([0; 32]);
        this.copy_from_slice(&bytes);
        bytes.zeroize();
        Ok(Self(this))
    }

    /// From PEM (PKCS #8, RFC 8410).
    #[must_use]
    pub fn from_pem(pem: &[u8]) -> Option<Self> {
        pem::x25519_private(pem).map(Self)
    }

    /// As PEM (PKCS #8, RFC 8410).
    #[must_use]
    pub fn pem(&self) -> Zeroizing<String> {
        pem::x25519_private_pem(&self.0)
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> SealingKey {
        // 32 bytes are always a key of this kind.
        let bytes = self.key().map(|key| X25519::sk_to_pk(&key).to_bytes());
        let mut public = [0; 32];
        if let Ok(bytes) = bytes {
            public.copy_from_slice(&bytes);
        }
        SealingKey(public)
    }

    /// Opens a message.
    ///
    /// # Errors
    /// [`NotOpened`].
    pub fn open(
        &self,
        purpose: Purpose,
        bound: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
        let (encapped, sealed) = sealed.split_at_checked(32).ok_or(NotOpened)?;
        let encapped = Encapped::from_bytes(encapped).map_err(|_| NotOpened)?;
        hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519>(
            &OpModeR::Base,
            &self.key()?,
            &encapped,
            purpose.info(),
            sealed,
            bound,
        )
        .map(Zeroizing::new)
        .map_err(|_| NotOpened)
    }

    fn key(&self) -> Result<PrivateKey, NotOpened> {
        PrivateKey::from_bytes(&*self.0).map_err(|_| NotOpened)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_secret_opens_for_its_key_purpose_and_bond_alone() {
        let (key, other) = (OpeningKey::make().unwrap(), OpeningKey::make().unwrap());
        let sealed = key.public().seal(Purpose::Recovery, b"bond", b"secret").unwrap();
        assert_eq!(sealed.len(), 6 + OVERHEAD);
        assert_eq!(&**key.open(Purpose::Recovery, b"bond", &sealed).unwrap(), b"secret");
        for (key, purpose, bond) in [
            (&other, Purpose::Recovery, &b"bond"[..]),
            (&key, Purpose::HallSecrets, b"bond"),
            (&key, Purpose::Recovery, b"band"),
        ] {
            assert_eq!(key.open(purpose, bond, &sealed), Err(NotOpened));
        }
        let again = OpeningKey::from_pem(key.pem().as_bytes()).unwrap();
        assert_eq!(again.public(), key.public());
        assert_eq!(SealingKey::from_pem(key.public().pem().as_bytes()), Some(key.public()));
    }

    /// RFC 9180, A.2.1: this suite's own test vector, base mode, first message.
    #[test]
    fn the_vector_of_the_rfc_opens() {
        let bytes = |hex: &str| hex::decode(hex).unwrap();
        let key: [u8; 32] =
            bytes("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb").try_into().unwrap();
        let public = bytes("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a");
        assert_eq!(OpeningKey(Zeroizing::new(key)).public().bytes(), &public[..]);
        let encapped = bytes("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a");
        let sealed = bytes(
            "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28",
        );
        let plain = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519>(
            &OpModeR::Base,
            &PrivateKey::from_bytes(&key).unwrap(),
            &Encapped::from_bytes(&encapped).unwrap(),
            &bytes("4f6465206f6e2061204772656369616e2055726e"),
            &sealed,
            &bytes("436f756e742d30"),
        )
        .unwrap();
        assert_eq!(plain, b"Beauty is truth, truth beauty");
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            prop_assert!(OpeningKey::make().unwrap().open(Purpose::Recovery, b"", &bytes).is_err());
            prop_assert!(SealingKey::from_pem(&bytes).is_none());
        }
    }
}
