//! What happens inside a key: digests and signatures (GB/T 32918.2, GB/T 32905).

use sm2::SecretKey;
use sm2::dsa::signature::hazmat::PrehashSigner;
use sm2::dsa::{Signature, SigningKey};
use sm2::elliptic_curve::sec1::ToSec1Point;
use sm2::pkcs8::DecodePrivateKey;
use sm3::{Digest, Sm3};

use crate::control::Company;

/// The curve's a, b and base point (GB/T 32918.5, annex A).
const CURVE: [&str; 4] = [
    "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC",
    "28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93",
    "32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7",
    "BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0",
];

/// A digest under way.
#[derive(Clone)]
pub(crate) struct Hash(Sm3);

impl Hash {
    /// SM3 alone.
    pub(crate) fn plain() -> Self {
        Self(Sm3::new())
    }

    /// SM3 that begins with Z, the digest of the signer's id, the curve and the public key
    /// (GB/T 32918.2, 5.5).
    pub(crate) fn with_signer(id: &[u8], x: &[u8], y: &[u8]) -> Self {
        let bits = u16::try_from(id.len() * 8).unwrap_or(u16::MAX);
        let mut z = Sm3::new();
        z.update(bits.to_be_bytes());
        z.update(id);
        for number in CURVE {
            z.update(unhex(number));
        }
        z.update(x);
        z.update(y);
        Self(Sm3::new().chain_update(z.finalize()))
    }

    pub(crate) fn digest(self, data: &[u8]) -> [u8; 32] {
        let mut digest = [0; 32];
        digest.copy_from_slice(&self.0.chain_update(data).finalize());
        digest
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |d: u8| (d as char).to_digit(16).unwrap_or(0) as u8;
    text.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

fn secret(company: Company) -> Option<SecretKey> {
    SecretKey::from_pkcs8_der(company.private_key()).ok()
}

/// The public key: x and y.
pub(crate) fn public(company: Company) -> Option<([u8; 32], [u8; 32])> {
    let point = secret(company)?.public_key().to_sec1_point(false);
    let (mut x, mut y) = ([0; 32], [0; 32]);
    x.copy_from_slice(point.x()?);
    y.copy_from_slice(point.y()?);
    Some((x, y))
}

/// Signs a digest: r and s.
pub(crate) fn sign(company: Company, digest: &[u8; 32]) -> Option<([u8; 32], [u8; 32])> {
    let key = SigningKey::new("1234567812345678", &secret(company)?).ok()?;
    let signature: Signature = key.sign_prehash(digest).ok()?;
    let (mut r, mut s) = ([0; 32], [0; 32]);
    r.copy_from_slice(&signature.r_bytes());
    s.copy_from_slice(&signature.s_bytes());
    Some((r, s))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_that_of_the_standard() {
        // GB/T 32905, annex A.1.
        assert_eq!(
            Hash::plain().digest(b"abc").to_vec(),
            unhex("66C7F0F462EEEDD9D1F2D46BDC10E4E24167C4875CF2F7A2297DA02B8F4BA8E0")
        );
        // GB/T 32918.5, annex A.2: Z of the signer and the digest of "message digest" behind it.
        let x = unhex("09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020");
        let y = unhex("CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13");
        assert_eq!(
            Hash::with_signer(b"1234567812345678", &x, &y).digest(b"message digest").to_vec(),
            unhex("F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640")
        );
    }

    #[test]
    fn both_companies_keys_are_whole() {
        for company in [Company::Agency, Company::Shop] {
            let (x, y) = public(company).expect("a public key");
            let bits = [&[4][..], &x, &y].concat();
            assert!(company.certificate().windows(65).any(|part| part == bits), "key and certificate belong");
            assert!(sign(company, &[7; 32]).is_some());
        }
    }
}
