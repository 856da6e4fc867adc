//! What a server can do beyond the core protocol, and the checksum of what is sent to it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderValue, Method};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::{FILES, VERSION};
use crate::StoreFault;
use crate::fault::Setback;
use crate::http::{Client, Request};

/// What a server says that it can do. The default is the core protocol and creation alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Abilities {
    /// How a piece may be checked as it arrives.
    pub checksum: Option<Algorithm>,
    /// Bytes of an upload, at most.
    pub max_size: Option<u64>,
}

/// A checksum that the kiosk can make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// ISO/IEC 8802-3's, four bytes, the highest first. Finds accidents, and nothing more is asked of a piece's
    /// checksum: TLS sees to the rest, and the registration carries the document's SHA-256.
    Crc32,
    /// FIPS 180-4; what every tus server with checksums has (protocol, "Checksum"). A quarter of all the work of an
    /// upload.
    Sha1,
    /// FIPS 180-4.
    Sha256,
}

/// Asks what the server can do (tus "OPTIONS"); `None` when it did not say, and is to be asked again.
pub(crate) async fn discover(client: &Client) -> Result<Option<Abilities>, Setback> {
    let answer = client.send(Request::new(Method::OPTIONS, FILES)).await?;
    match answer.status {
        _ if answer.is_about_the_certificate() => Err(answer.setback()),
        200 | 204 => Ok(Some(Abilities::read(|name| answer.header(name))?)),
        // It does not know the question.
        404 | 405 | 501 => Ok(Some(Abilities::default())),
        // A proxy says 502 and 504 for a server that is away: that says nothing of what it can do.
        429 | 502..=504 => Err(answer.setback()),
        _ => Ok(None),
    }
}

impl Abilities {
    /// Reads the fields of an answer. One without the protocol's versions says nothing useful.
    ///
    /// # Errors
    /// [`StoreFault::Rejected`] (412) when the server speaks other versions alone.
    pub(crate) fn read<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Result<Self, StoreFault> {
        let lists = |name: &str, wanted: &str| {
            field(name).is_some_and(|list| list.split(',').any(|one| one.trim().eq_ignore_ascii_case(wanted)))
        };
        match field("tus-version") {
            None => return Ok(Self::default()),
            Some(_) if lists("tus-version", VERSION) => {}
            Some(_) => return Err(StoreFault::Rejected(412)),
        }
        let algorithm = [Algorithm::Crc32, Algorithm::Sha1, Algorithm::Sha256]
            .into_iter()
            .find(|algorithm| lists("tus-checksum-algorithm", algorithm.name()));
        Ok(Self {
            checksum: algorithm.filter(|_| lists("tus-extension", "checksum")),
            // 0 would be a server that takes nothing; some say so for one that takes anything.
            max_size: field("tus-max-size").and_then(super::parse_number).filter(|size| *size > 0),
        })
    }
}

impl Algorithm {
    fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "crc32",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
        }
    }

    /// `Upload-Checksum` for a piece of a document.
    pub(crate) fn of(self, piece: &[u8]) -> Option<HeaderValue> {
        let digest = match self {
            Self::Crc32 => BASE64_STANDARD.encode(crc32fast::hash(piece).to_be_bytes()),
            Self::Sha1 => BASE64_STANDARD.encode(Sha1::digest(piece)),
            Self::Sha256 => BASE64_STANDARD.encode(Sha256::digest(piece)),
        };
        let field = format!("{} {digest}", self.name());
        // A name and Base64 are ASCII: there is one.
        HeaderValue::from_str(&field).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_offers_is_read_and_nothing_is_taken_for_granted() {
        type Fields = [Option<&'static str>; 4];
        let read = |[version, extension, algorithms, size]: Fields| {
            Abilities::read(|name| match name {
                "tus-version" => version,
                "tus-extension" => extension,
                "tus-checksum-algorithm" => algorithms,
                "tus-max-size" => size,
                other => panic!("{other}"),
            })
        };
        let (plain, version) = (Abilities::default(), Some("1.0.0"));
        let sha256 = Abilities { checksum: Some(Algorithm::Sha256), ..plain };
        let sha1 = Abilities { checksum: Some(Algorithm::Sha1), ..plain };
        let crc32 = Abilities { checksum: Some(Algorithm::Crc32), ..plain };
        let cases: [(Fields, Result<Abilities, StoreFault>); 14] = [
            ([None, None, None, None], Ok(plain)),
            ([None, Some("checksum"), Some("sha1"), Some("5")], Ok(plain)),
            ([Some("0.2.2, 1.0.0"), None, None, None], Ok(plain)),
            ([Some("2.0.0"), None, None, None], Err(StoreFault::Rejected(412))),
            ([version, Some("creation, checksum"), Some("md5,sha256, sha1"), None], Ok(sha1)),
            ([version, Some("checksum"), Some("sha256,adler32"), None], Ok(sha256)),
            ([version, Some("checksum"), Some("md5,sha1,crc32"), None], Ok(crc32)),
            ([version, Some("checksum"), Some("md5"), None], Ok(plain)),
            ([version, Some("checksum"), None, None], Ok(plain)),
            ([version, Some("creation"), Some("sha1"), None], Ok(plain)),
            ([version, None, None, Some("1073741824")], Ok(Abilities { max_size: Some(1 << 30), ..plain })),
            ([version, None, None, Some("0")], Ok(plain)),
            ([version, None, None, Some("-1")], Ok(plain)),
            ([version, None, None, Some("99999999999999999999")], Ok(plain)),
        ];
        for (fields, expected) in cases {
            assert_eq!(read(fields), expected, "{fields:?}");
        }
    }

    /// The check value of the catalogue of CRCs, and the message of FIPS 180-4's examples.
    #[test]
    fn a_checksum_is_what_others_make_of_the_same_bytes() {
        let crc32 = Algorithm::Crc32.of(b"123456789").expect("a field");
        assert_eq!(crc32, "crc32 y/Q5Jg==");
        let sha1 = Algorithm::Sha1.of(b"abc").expect("a field");
        assert_eq!(sha1, "sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=");
        let sha256 = Algorithm::Sha256.of(b"abc").expect("a field");
        assert_eq!(sha256, "sha256 ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    }
}
