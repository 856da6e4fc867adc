//! What differs from one make of scanner to the next, as data.

use std::time::Duration;

use serde::Deserialize;

/// The profiles that come with the kiosk, the generic one first.
const SHIPPED: [&str; 3] = [
    include_str!("../profiles/generic.toml"),
    include_str!("../profiles/usb-cdc.toml"),
    include_str!("../profiles/strict-crlf.toml"),
];

/// How one model of scanner is to be listened to.
///
/// In TOML (every key required, unknown keys refused):
/// ```
/// let profile = code_scanner::Profile::from_toml(r#"
///     model = "example"
///     baud = 9600             # 1200 to 921600
///     terminator = "any"      # or "cr", "lf", "cr-lf"
///     longest = 512           # bytes of a code, 16 to 4096
///     repeat_window_ms = 3000 # 0 to 60000
/// "#);
/// assert!(profile.is_ok());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Profile {
    /// The model's name; log lines and errors use it.
    pub model: String,
    /// Speed of the serial line, bits a second.
    pub baud: u32,
    /// How the scanner ends a code.
    pub terminator: Terminator,
    /// Bytes of a code, at most.
    pub longest: usize,
    /// The same code within this time after it was last seen is the same scan.
    pub repeat_window: Duration,
}

/// How a scanner ends a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Terminator {
    /// CR or LF, each or both: suits every scanner.
    Any,
    /// CR alone.
    Cr,
    /// LF alone.
    Lf,
    /// CR followed by LF.
    CrLf,
}

/// Why something is no profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Not the TOML that a profile is.
    #[error("code scanner profile: {0}")]
    Syntax(#[from] toml::de::Error),
}

impl Profile {
    /// The shipped profile of this name; the generic one when none is known by that name.
    #[must_use]
    pub fn for_model(model: &str) -> Self {
        Self::shipped().find(|profile| profile.model == model).unwrap_or_else(|| {
            tracing::info!(model, "no profile for this code scanner: the generic one is used");
            Self::generic()
        })
    }

    /// The profile that suits every scanner on a serial line at its usual speed.
    #[must_use]
    pub fn generic() -> Self {
        Self {
            model: "generic".to_owned(),
            baud: 9600,
            terminator: Terminator::Any,
            longest: 512,
            repeat_window: Duration::from_secs(3),
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

/// A profile as written, its numbers not yet checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    model: String,
    baud: u32,
    terminator: Terminator,
    longest: usize,
    repeat_window_ms: u64,
}

impl TryFrom<Raw> for Profile {
    type Error = String;

    fn try_from(raw: Raw) -> Result<Self, String> {
        if raw.model.is_empty() || raw.model.len() > 64 {
            return Err("model: 1 to 64 bytes".to_owned());
        }
        if !(1_200..=921_600).contains(&raw.baud) {
            return Err("baud: 1200 to 921600".to_owned());
        }
        if !(16..=4096).contains(&raw.longest) {
            return Err("longest: 16 to 4096 bytes".to_owned());
        }
        if raw.repeat_window_ms > 60_000 {
            return Err("repeat_window_ms: 0 to 60000".to_owned());
        }
        Ok(Self {
            model: raw.model,
            baud: raw.baud,
            terminator: raw.terminator,
            longest: raw.longest,
            repeat_window: Duration::from_millis(raw.repeat_window_ms),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_profile_is_whole() {
        let shipped: Vec<Profile> = SHIPPED.iter().map(|text| Profile::from_toml(text).unwrap()).collect();
        assert_eq!(shipped[0], Profile::generic(), "the file and the built-in one agree");
        assert_eq!(shipped[2].terminator, Terminator::CrLf);
        assert_eq!(Profile::shipped().count(), SHIPPED.len());
    }

    #[test]
    fn an_unknown_model_gets_the_generic_profile() {
        assert_eq!(Profile::for_model("usb-cdc").baud, 115_200);
        assert_eq!(Profile::for_model("no such"), Profile::generic());
    }

    #[test]
    fn a_wrong_profile_says_what_is_wrong() {
        let good = SHIPPED[0];
        for (from, to, said) in [
            ("9600", "300", "baud"),
            ("longest = 512", "longest = 8", "longest"),
            ("longest = 512", "longest = 100000", "longest"),
            ("longest = 512", "", "longest"),
            ("3000", "70000", "repeat_window_ms"),
            ("\"any\"", "\"none\"", "none"),
            ("model = \"generic\"", "model = \"generic\"\ncolour = 1", "colour"),
            ("\"generic\"", "\"\"", "model"),
        ] {
            let error = Profile::from_toml(&good.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
