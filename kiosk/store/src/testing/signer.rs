//! A store's key for countersignatures.

use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, SigningKey};

use crate::CustodyKey;
use crate::custody::Signature;

/// The two kinds of the contract.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SignerKind {
    Ed25519,
    EcdsaP256,
}

/// A key pair.
pub(crate) struct Signer(KeyPair);

impl Signer {
    pub(crate) fn new(kind: SignerKind) -> Self {
        let algorithm = match kind {
            SignerKind::Ed25519 => &PKCS_ED25519,
            SignerKind::EcdsaP256 => &PKCS_ECDSA_P256_SHA256,
        };
        Self(KeyPair::generate_for(algorithm).expect("a key"))
    }

    /// The public half as the hall gives it to its kiosks.
    pub(crate) fn public_pem(&self) -> String {
        self.0.public_key_pem()
    }

    pub(crate) fn key(&self) -> CustodyKey {
        CustodyKey::from_pem(self.public_pem().as_bytes()).expect("a key")
    }

    pub(crate) fn sign(&self, lines: &str) -> Signature {
        use base64::Engine;
        let signature = self.0.sign(lines.as_bytes()).expect("signed");
        Signature::from_base64(&base64::prelude::BASE64_STANDARD.encode(signature)).expect("Base64")
    }
}
