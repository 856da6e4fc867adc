//! What differs from one authority's keys to the next, as data.

use std::time::Duration;

use serde::Deserialize;
use x509_parser::der_parser::oid::Oid;

/// The profiles that come with the kiosk, the generic one first.
const SHIPPED: [&str; 1] = [include_str!("../profiles/generic.toml")];

/// Where one authority's certificates hold what, and how long its keys take.
///
/// In TOML (every key required, unknown keys refused):
/// ```
/// let profile = company_key::Profile::from_toml(r#"
///     model = "example"
///     organisation = ["2.5.4.10"]  # subject attributes that may hold the name, first come first taken
///
///     [[uscc]]                     # where the code may stand, first come first taken
///     extension = "1.2.156.10260.4.1.4"
///     [[uscc]]
///     subject = "2.5.4.97"
///     prefix = "USCC-"             # to be stripped; "" for none
///
///     [timeouts]                   # 100 to 120000 each
///     start_ms = 5000
///     list_ms = 3000
///     read_ms = 10000
///     prove_ms = 20000
/// "#);
/// assert!(profile.is_ok());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Profile {
    /// The profile's name; log lines and errors use it.
    pub model: String,
    /// Subject attributes (OID) that may hold the organisation's name.
    pub organisation: Vec<String>,
    /// Where the unified social credit code may stand.
    pub uscc: Vec<Source>,
    /// How long each operation may take.
    pub timeouts: Timeouts,
}

/// A place in a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The text in the extension with this OID.
    Extension {
        /// dotted numbers
        oid: String,
        /// stripped from the front; a text without it is not taken
        prefix: String,
    },
    /// The subject's attribute with this OID.
    Subject {
        /// dotted numbers
        oid: String,
        /// stripped from the front; a text without it is not taken
        prefix: String,
    },
}

/// How long each operation may take, the vendor's library included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// To start the helper and load the library.
    pub start: Duration,
    /// To list the keys.
    pub list: Duration,
    /// To read a certificate.
    pub read: Duration,
    /// To check a PIN and sign.
    pub prove: Duration,
}

/// Why something is no profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Not the TOML that a profile is.
    #[error("company key profile: {0}")]
    Syntax(#[from] toml::de::Error),
}

impl Profile {
    /// The shipped profile of this name; the generic one when none is known by that name.
    #[must_use]
    pub fn for_model(model: &str) -> Self {
        Self::shipped().find(|profile| profile.model == model).unwrap_or_else(|| {
            tracing::info!(model, "no profile for this company key: the generic one is used");
            Self::generic()
        })
    }

    /// The profile that tries every place known to be used. A text is only taken for a code when its
    /// form and its check character are right, so that trying is safe.
    #[must_use]
    pub fn generic() -> Self {
        let source = |oid: &str, extension: bool, prefix: &str| match extension {
            true => Source::Extension { oid: oid.to_owned(), prefix: prefix.to_owned() },
            false => Source::Subject { oid: oid.to_owned(), prefix: prefix.to_owned() },
        };
        Self {
            model: "generic".to_owned(),
            organisation: vec!["2.5.4.10".to_owned(), "2.5.4.3".to_owned()],
            uscc: vec![
                source("1.2.156.10260.4.1.4", true, ""),
                source("1.2.156.10260.4.1.3", true, ""),
                source("1.2.156.10260.4.1.5", true, ""),
                source("2.5.4.97", false, "USCC-"),
                source("2.5.4.97", false, ""),
                source("2.5.4.5", false, ""),
                source("2.5.4.11", false, ""),
            ],
            timeouts: Timeouts::default(),
        }
    }

    /// Every profile that comes with the kiosk.
    pub fn shipped() -> impl Iterator<Item = Self> {
        // They are part of the program and its tests parse each: none is skipped here.
        SHIPPED.into_iter().filter_map(|text| Self::from_toml(text).ok())
    }

    /// Reads a profile from TOML.
    ///
    /// # Errors
    /// [`ProfileError::Syntax`], which names the key that is wrong, missing or out of its range.
    pub fn from_toml(text: &str) -> Result<Self, ProfileError> {
        Ok(toml::from_str(text)?)
    }
}

/// 5 s to start, 3 s to list, 10 s to read, 20 s to sign: a key's chip signs in well under a second,
/// but libraries wait for their devices.
impl Default for Timeouts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { start: seconds(5), list: seconds(3), read: seconds(10), prove: seconds(20) }
    }
}

/// A profile as written, its content not yet checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    model: String,
    organisation: Vec<String>,
    uscc: Vec<RawSource>,
    timeouts: RawTimeouts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSource {
    extension: Option<String>,
    subject: Option<String>,
    #[serde(default)]
    prefix: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTimeouts {
    start_ms: u64,
    list_ms: u64,
    read_ms: u64,
    prove_ms: u64,
}

impl TryFrom<Raw> for Profile {
    type Error = String;

    fn try_from(raw: Raw) -> Result<Self, String> {
        if raw.model.is_empty() || raw.model.len() > 64 {
            return Err("model: 1 to 64 bytes".to_owned());
        }
        if raw.organisation.is_empty() || raw.organisation.len() > 16 {
            return Err("organisation: 1 to 16 attributes".to_owned());
        }
        if raw.uscc.is_empty() || raw.uscc.len() > 16 {
            return Err("uscc: 1 to 16 places".to_owned());
        }
        Ok(Self {
            model: raw.model,
            organisation: raw.organisation.into_iter().map(oid).collect::<Result<_, _>>()?,
            uscc: raw.uscc.into_iter().map(source).collect::<Result<_, _>>()?,
            timeouts: Timeouts {
                start: millis("start_ms", raw.timeouts.start_ms)?,
                list: millis("list_ms", raw.timeouts.list_ms)?,
                read: millis("read_ms", raw.timeouts.read_ms)?,
                prove: millis("prove_ms", raw.timeouts.prove_ms)?,
            },
        })
    }
}

fn source(raw: RawSource) -> Result<Source, String> {
    let prefix = raw.prefix;
    match (raw.extension, raw.subject) {
        (Some(text), None) => Ok(Source::Extension { oid: oid(text)?, prefix }),
        (None, Some(text)) => Ok(Source::Subject { oid: oid(text)?, prefix }),
        _ => Err("uscc: either extension or subject".to_owned()),
    }
}

/// An OID in the one way it is written, so that texts can be compared.
fn oid(text: String) -> Result<String, String> {
    let numbers: Option<Vec<u64>> = text.split('.').map(|number| number.parse().ok()).collect();
    let known = numbers.as_deref().is_some_and(|numbers| {
        matches!(numbers, [0..=2, _, ..]) && Oid::from(numbers).is_ok_and(|oid| oid.to_id_string() == text)
    });
    if known { Ok(text) } else { Err(format!("{text:?} is no OID")) }
}

fn millis(key: &str, value: u64) -> Result<Duration, String> {
    if (100..=120_000).contains(&value) {
        Ok(Duration::from_millis(value))
    } else {
        Err(format!("{key}: {value} is not between 100 and 120000"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_profile_is_whole() {
        let shipped: Vec<Profile> = SHIPPED.iter().map(|text| Profile::from_toml(text).unwrap()).collect();
        assert_eq!(shipped[0], Profile::generic(), "the file and the built-in one agree");
        assert_eq!(Profile::for_model("no such"), Profile::generic());
        assert_eq!(Profile::shipped().count(), SHIPPED.len());
    }

    #[test]
    fn a_wrong_profile_says_what_is_wrong() {
        let good = SHIPPED[0];
        for (from, to, said) in [
            ("\"generic\"", "\"\"", "model"),
            ("\"2.5.4.10\"", "\"O\"", "\"O\" is no OID"),
            ("\"2.5.4.10\"", "\"2.5.4.010\"", "is no OID"),
            ("\"2.5.4.10\"", "\"9.5\"", "is no OID"),
            ("extension =", "subject = \"2.5.4.3\"\nextension =", "either"),
            ("list_ms = 3000", "list_ms = 0", "list_ms"),
            ("read_ms = 10000", "", "read_ms"),
            ("model = \"generic\"", "model = \"generic\"\ncolour = 1", "colour"),
        ] {
            let error = Profile::from_toml(&good.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
