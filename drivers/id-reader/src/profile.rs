//! What differs from one make of reader to the next, as data.

use std::time::Duration;

use serde::Deserialize;

use crate::Baud;

/// The profiles that come with the kiosk, the generic one first.
const SHIPPED: [&str; 2] =
    [include_str!("../profiles/generic.toml"), include_str!("../profiles/sam-v-cmn.toml")];

/// How one model of reader is to be spoken to.
///
/// In TOML (every key required, unknown keys refused):
/// ```
/// let profile = id_reader::Profile::from_toml(r#"
///     model = "example"
///     baud = 115200
///     presence_probe = "none" # or "reselect-and-read", "card-management-number"
///     poll_interval_ms = 250  # 50 to 5000
///     [timeouts]              # 50 to 30000 each
///     find_ms = 2000
///     read_ms = 5000
///     reply_ms = 5000
/// "#);
/// assert!(profile.is_ok());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Profile {
    /// The model's name; log lines and errors use it.
    pub model: String,
    /// Speed of the serial line.
    pub baud: Baud,
    /// How to ask whether a card that was read still lies on the reader.
    pub presence_probe: PresenceProbe,
    /// How long the owner waits between two polls.
    pub poll_interval: Duration,
    /// How long to wait for replies.
    pub timeouts: Timeouts,
}

/// How to ask whether a card that was read still lies on the reader.
///
/// Finding does not tell: a card that was read answers like no card until it is lifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PresenceProbe {
    /// Not at all: what this model answers is not known.
    None,
    /// Select (20 02) without finding: 90 when the card is there, 81 when not.
    ReselectAndRead,
    /// Read the card management number (30 05): 90 or 91 when the card is there, 41 when not.
    CardManagementNumber,
}

/// How long to wait for replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the first byte of a reply to everything but a read.
    pub find: Duration,
    /// Until the first byte of a reply to a read.
    pub read: Duration,
    /// From the first byte of a reply to its last.
    pub reply: Duration,
}

/// Why something is no profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Not the TOML that a profile is.
    #[error("reader profile: {0}")]
    Syntax(#[from] toml::de::Error),
}

impl Profile {
    /// The profile of `model`; the generic one if none is known by that name.
    #[must_use]
    pub fn for_model(model: &str) -> Self {
        Self::named(model).unwrap_or_else(|| {
            tracing::info!(model, "no profile for this ID-card reader: the generic one is used");
            Self::generic()
        })
    }

    /// The profile of exactly this name, if it comes with the kiosk.
    #[must_use]
    pub fn named(model: &str) -> Option<Self> {
        Self::shipped().find(|profile| profile.model == model)
    }

    /// The profile that suits every reader: nothing beyond the standard is asked.
    #[must_use]
    pub fn generic() -> Self {
        Self {
            model: "generic".to_owned(),
            baud: Baud::B115200,
            presence_probe: PresenceProbe::None,
            poll_interval: Duration::from_millis(250),
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

/// 2 s to find, 5 s to read, 5 s for the rest of a reply: what readers in the field were seen to
/// need at most.
impl Default for Timeouts {
    fn default() -> Self {
        Self { find: Duration::from_secs(2), read: Duration::from_secs(5), reply: Duration::from_secs(5) }
    }
}

/// A profile as written, its numbers not yet checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    model: String,
    baud: u32,
    presence_probe: PresenceProbe,
    poll_interval_ms: u64,
    timeouts: RawTimeouts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTimeouts {
    find_ms: u64,
    read_ms: u64,
    reply_ms: u64,
}

impl TryFrom<Raw> for Profile {
    type Error = String;

    fn try_from(raw: Raw) -> Result<Self, String> {
        if raw.model.is_empty() || raw.model.len() > 64 {
            return Err("model: 1 to 64 bytes".to_owned());
        }
        let baud = Baud::from_rate(raw.baud).ok_or("baud: 115200, 57600, 38400, 19200 or 9600".to_owned())?;
        Ok(Self {
            model: raw.model,
            baud,
            presence_probe: raw.presence_probe,
            poll_interval: millis("poll_interval_ms", raw.poll_interval_ms, 50, 5_000)?,
            timeouts: Timeouts {
                find: millis("find_ms", raw.timeouts.find_ms, 50, 30_000)?,
                read: millis("read_ms", raw.timeouts.read_ms, 50, 30_000)?,
                reply: millis("reply_ms", raw.timeouts.reply_ms, 50, 30_000)?,
            },
        })
    }
}

fn millis(key: &str, value: u64, least: u64, most: u64) -> Result<Duration, String> {
    if (least..=most).contains(&value) {
        Ok(Duration::from_millis(value))
    } else {
        Err(format!("{key}: {value} is not between {least} and {most}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_profile_is_whole() {
        let shipped: Vec<Profile> = SHIPPED.iter().map(|text| Profile::from_toml(text).unwrap()).collect();
        assert_eq!(shipped[0], Profile::generic(), "the file and the built-in one agree");
        assert_eq!(shipped[1].model, "sam-v-cmn");
        assert_eq!(shipped[1].presence_probe, PresenceProbe::CardManagementNumber);
        assert_eq!(Profile::shipped().count(), SHIPPED.len());
    }

    #[test]
    fn an_unknown_model_gets_the_generic_profile() {
        assert_eq!(Profile::for_model("sam-v-cmn").model, "sam-v-cmn");
        assert_eq!(Profile::for_model("CVR-100"), Profile::generic());
        assert_eq!(Profile::for_model(""), Profile::generic());
        assert_eq!(Profile::named("generic"), Some(Profile::generic()));
        assert_eq!(Profile::named("CVR-100"), None);
    }

    #[test]
    fn a_wrong_profile_says_what_is_wrong() {
        let good = SHIPPED[0];
        for (from, to, said) in [
            ("115200", "14400", "baud"),
            ("poll_interval_ms = 250", "poll_interval_ms = 0", "poll_interval_ms"),
            ("find_ms = 2000", "find_ms = 99999999", "find_ms"),
            ("read_ms = 5000", "", "read_ms"),
            ("\"none\"", "\"always\"", "always"),
            ("model = \"generic\"", "model = \"generic\"\ncolour = 1", "colour"),
            ("\"generic\"", "\"\"", "model"),
        ] {
            let error = Profile::from_toml(&good.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
