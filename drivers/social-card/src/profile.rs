//! What differs from one PC/SC reader to the next, as data.

use std::time::Duration;

use serde::Deserialize;

/// The profiles that come with the kiosk, the generic one first.
const SHIPPED: [&str; 2] =
    [include_str!("../profiles/generic.toml"), include_str!("../profiles/virtual.toml")];

/// How one model of PC/SC reader is to be used.
///
/// In TOML (every key required, unknown keys refused):
/// ```
/// let profile = social_card::Profile::from_toml(r#"
///     model = "example"
///     reader = "ACS ACR39U" # part of the reader's name, in any case; "" takes the first
///     share = "exclusive"   # or "shared": other programs use the same reader
///     read_ms = 10000       # 500 to 60000
/// "#);
/// assert!(profile.is_ok());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Profile {
    /// The model's name; log lines and errors use it.
    pub model: String,
    /// Part of the reader's PC/SC name, compared without regard to case. Empty: the first reader that
    /// is not a virtual one, and the first at all if there is no other.
    pub reader: String,
    /// Whether other programs may use the card while it is read.
    pub share: Share,
    /// How long reading a card may take; most take about a second.
    pub read: Duration,
}

/// Whether other programs may use the card while it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Share {
    /// They may not: their attempts fail, and ours does while one of them has the card.
    Exclusive,
    /// They may, between two readings; a reading is one transaction.
    Shared,
}

/// A profile that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// A key is wrong, missing, unknown or out of its range.
    #[error("profile of the card slot: {0}")]
    Syntax(#[from] toml::de::Error),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    model: String,
    reader: String,
    share: Share,
    read_ms: u64,
}

impl TryFrom<Raw> for Profile {
    type Error = &'static str;

    fn try_from(raw: Raw) -> Result<Self, Self::Error> {
        if raw.model.is_empty() {
            return Err("model must not be empty");
        }
        if !(500..=60_000).contains(&raw.read_ms) {
            return Err("read_ms must be between 500 and 60000");
        }
        let read = Duration::from_millis(raw.read_ms);
        Ok(Self { model: raw.model, reader: raw.reader, share: raw.share, read })
    }
}

impl Profile {
    /// The shipped profile of `model`; of an unknown model the generic one.
    #[must_use]
    pub fn for_model(model: &str) -> Self {
        Self::shipped().find(|profile| profile.model == model).unwrap_or_else(|| {
            tracing::info!(model, "no profile for this card slot: the generic one is used");
            Self::generic()
        })
    }

    /// The profile that suits every reader.
    #[must_use]
    pub fn generic() -> Self {
        Self {
            model: "generic".to_owned(),
            reader: String::new(),
            share: Share::Exclusive,
            read: Duration::from_secs(10),
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

    /// Which of the readers with these names is meant.
    pub(crate) fn choose<'a>(&self, names: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
        let part = self.reader.to_lowercase();
        if !part.is_empty() {
            return names.into_iter().find(|name| name.to_lowercase().contains(&part));
        }
        let real = names.clone().find(|name| !name.to_lowercase().contains("virtual"));
        real.or_else(|| names.into_iter().next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_profile_is_right_and_the_first_is_the_generic_one() {
        assert_eq!(Profile::shipped().count(), SHIPPED.len());
        assert_eq!(Profile::shipped().next(), Some(Profile::generic()));
        assert_eq!(Profile::for_model("virtual").reader, "Virtual PCD 00 00");
        assert_eq!(Profile::for_model("never heard of"), Profile::generic());
    }

    #[test]
    fn wrong_profiles_are_refused() {
        let right = "model = 'm'\nreader = ''\nshare = 'shared'\nread_ms = 500\n";
        assert_eq!(Profile::from_toml(right).unwrap().share, Share::Shared);
        for (from, to) in
            [("'m'", "''"), ("500", "499"), ("500", "60001"), ("shared", "direct"), ("reader", "raeder")]
        {
            let wrong = right.replace(from, to);
            assert!(Profile::from_toml(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_reader_is_chosen_by_part_of_its_name_or_the_first_real_one() {
        let names = ["Virtual PCD 00 00", "ACS ACR39U ICC Reader 00 00", "Virtual PCD 00 01"];
        for (pattern, of, chosen) in [
            ("", &names[..], Some(names[1])),
            ("", &names[..1], Some(names[0])),
            ("", &[], None),
            ("acr39u", &names, Some(names[1])),
            ("PCD 00 01", &names, Some(names[2])),
            ("Feitian", &names, None),
        ] {
            let profile = Profile { reader: pattern.to_owned(), ..Profile::generic() };
            assert_eq!(profile.choose(of.iter().copied()), chosen, "{pattern}");
        }
    }
}
