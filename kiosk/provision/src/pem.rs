//! PEM (RFC 7468) and the two forms of X25519 keys (RFC 8410).

use ::pem::{EncodeConfig, LineEnding, Pem};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer};
use zeroize::Zeroizing;

/// Certificates in one file, at most.
pub const MOST_CERTIFICATES: usize = 16;

// What stands before the 32 bytes of a key.
const X25519_PUBLIC: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x03, 0x21, 0x00];
const X25519_PRIVATE: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x04, 0x22, 0x04, 0x20];

/// A PEM text of this.
#[must_use]
pub fn encode(label: &str, der: &[u8]) -> Zeroizing<String> {
    let lines = EncodeConfig::new().set_line_ending(LineEnding::LF);
    Zeroizing::new(::pem::encode_config(&Pem::new(label, der), lines))
}

/// 1 to [`MOST_CERTIFICATES`] certificates; `None` when there is anything else.
#[must_use]
pub fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().ok()?;
    (1..=MOST_CERTIFICATES).contains(&found.len()).then_some(found)
}

/// The public keys in it, as SubjectPublicKeyInfo (DER); 1 to 8.
#[must_use]
pub fn public_keys(pem: &[u8]) -> Option<Vec<Vec<u8>>> {
    let found: Vec<_> = SubjectPublicKeyInfoDer::pem_slice_iter(pem).collect::<Result<_, _>>().ok()?;
    (1..=8).contains(&found.len()).then(|| found.iter().map(|key| key.to_vec()).collect())
}

/// A private key as PKCS #8 (DER).
#[must_use]
pub fn private_key(pem: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let key = PrivatePkcs8KeyDer::from_pem_slice(pem).ok()?;
    Some(Zeroizing::new(key.secret_pkcs8_der().to_vec()))
}

/// The bytes of an X25519 public key.
pub(crate) fn x25519_public(pem: &[u8]) -> Option<[u8; 32]> {
    let der = SubjectPublicKeyInfoDer::from_pem_slice(pem).ok()?;
    der.strip_prefix(&X25519_PUBLIC)?.try_into().ok()
}

/// PEM of an X25519 public key.
pub(crate) fn x25519_public_pem(key: &[u8; 32]) -> String {
    encode("PUBLIC KEY", &[&X25519_PUBLIC[..], key].concat()).to_string()
}

/// The bytes of an X25519 private key.
pub(crate) fn x25519_private(pem: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let der = private_key(pem)?;
    Some(Zeroizing::new(der.strip_prefix(&X25519_PRIVATE)?.try_into().ok()?))
}

/// PEM of an X25519 private key.
pub(crate) fn x25519_private_pem(key: &[u8; 32]) -> Zeroizing<String> {
    encode("PRIVATE KEY", &Zeroizing::new([&X25519_PRIVATE[..], key].concat()))
}
