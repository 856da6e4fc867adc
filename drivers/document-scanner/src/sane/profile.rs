//! Waits, limits and peculiarities of a scanner behind SANE, read from TOML.

use std::time::Duration;

use sane_helper::{Kind, MAX_TEXT, Value};
use serde::Deserialize;

use crate::profile::ProfileError;

/// The profiles that come with the kiosk, the generic one first.
const SHIPPED: [&str; 9] = [
    include_str!("../../profiles/sane/generic.toml"),
    include_str!("../../profiles/sane/avision.toml"),
    include_str!("../../profiles/sane/brother.toml"),
    include_str!("../../profiles/sane/canon-dr.toml"),
    include_str!("../../profiles/sane/epson2.toml"),
    include_str!("../../profiles/sane/epsonds.toml"),
    include_str!("../../profiles/sane/fujitsu.toml"),
    include_str!("../../profiles/sane/hpaio.toml"),
    include_str!("../../profiles/sane/test.toml"),
];

/// The name of the safest.
const GENERIC: &str = "generic";

/// How to treat one model of scanner behind SANE.
///
/// [`SaneProfile::default`] is the generic profile, the safest. It takes the first scanner there is and suits back ends that use the option
/// names of the SANE Standard (section 4.5) and the usual names of sources and modes; a profile file
/// names only what differs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SaneProfile {
    /// Says that this is a profile for SANE.
    pub backend: Backend,
    /// What messages call this scanner, such as its model.
    pub name: String,
    /// SANE's name of the device, or a pattern with one `*`, such as `avision:libusb:*`: the numbers of
    /// a USB device change with each plugging in. A name is opened at once; a pattern is searched.
    pub device: String,
    /// The option that says where the paper is.
    pub source_option: String,
    /// The option that says colour or grey.
    pub mode_option: String,
    /// The option for the resolution.
    pub resolution_option: String,
    /// The source for single-sided sheets, if its name is unusual.
    pub feeder_source: Option<String>,
    /// The source for both sides of sheets, if its name is unusual.
    pub duplex_source: Option<String>,
    /// The source for the glass, if its name is unusual.
    pub flatbed_source: Option<String>,
    /// The mode for colour, if its name is unusual.
    pub color_mode: Option<String>,
    /// The mode for grey, if its name is unusual.
    pub grey_mode: Option<String>,
    /// A scanner that offers no choice of sources has a feeder, not a glass.
    pub only_feeder: bool,
    /// Further options, set in this order after the source.
    pub options: Vec<OptionSetting>,
    /// Longest wait for what should be quick, in milliseconds.
    pub reply_ms: u32,
    /// Longest wait for a device to open or to be found, in milliseconds.
    pub open_ms: u32,
    /// Longest time for a look at how the device is, with all of opening it, in milliseconds; twice as
    /// long as the last look took, if that is more, and before the first that succeeds as long as its
    /// steps may take. A back end that hangs is known to after this; then another helper is asked.
    pub look_ms: u32,
    /// Longest wait for a sheet to be taken, in milliseconds; lamps warm up here.
    pub start_ms: u32,
    /// Longest wait for a piece of a page, in milliseconds.
    pub piece_ms: u32,
    /// Longest time for one page, in milliseconds, however steadily it trickles.
    pub page_ms: u32,
    /// Largest page accepted, in bytes.
    pub max_page_bytes: u64,
    /// Most pages accepted in one scan.
    pub max_pages: u32,
}

/// The only back end that a [`SaneProfile`] is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Backend {
    /// `backend = "sane"`.
    #[default]
    Sane,
}

/// An option to set: `{ name = "swdeskew", value = true }`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionSetting {
    /// The option's name.
    pub name: String,
    /// Its value, spelt as TOML does.
    pub value: Setting,
}

/// The value of an option in a profile.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Setting {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Number(i16),
    /// A text.
    Text(String),
}

impl Setting {
    /// The value as an option of this kind takes it; `None` when it takes another.
    pub(crate) fn value(&self, kind: Kind) -> Option<Value> {
        match (self, kind) {
            (Self::Bool(yes), Kind::Bool) => Some(Value::Bool(*yes)),
            (Self::Number(number), Kind::Int) => Some(Value::Int((*number).into())),
            (Self::Number(number), Kind::Fixed) => Some(Value::Fixed(i32::from(*number) << 16)),
            (Self::Text(text), Kind::Text) => Some(Value::Text(text.clone())),
            (Self::Bool(_) | Self::Number(_) | Self::Text(_), _) => None,
        }
    }
}

impl Default for SaneProfile {
    fn default() -> Self {
        Self {
            backend: Backend::Sane,
            name: GENERIC.into(),
            device: "*".into(),
            source_option: "source".into(),
            mode_option: "mode".into(),
            resolution_option: "resolution".into(),
            feeder_source: None,
            duplex_source: None,
            flatbed_source: None,
            color_mode: None,
            grey_mode: None,
            only_feeder: false,
            options: vec![],
            reply_ms: 15_000,
            open_ms: 60_000,
            look_ms: 15_000,
            start_ms: 60_000,
            piece_ms: 20_000,
            page_ms: 180_000,
            max_page_bytes: 64 << 20,
            max_pages: 200,
        }
    }
}

impl SaneProfile {
    /// The profile of that name, for a configuration. A name that is not known gives the generic profile
    /// under that name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self::shipped().find(|profile| profile.name == name).unwrap_or_else(|| {
            tracing::info!(name, "no profile for this scanner behind SANE: the generic one is used");
            Self { name: name.chars().filter(|c| !c.is_control()).take(64).collect(), ..Self::default() }
        })
    }

    /// Every profile that comes with the kiosk.
    pub fn shipped() -> impl Iterator<Item = Self> {
        // They are part of the program and its tests parse each: none is skipped here.
        SHIPPED.into_iter().filter_map(|text| Self::from_toml(text).ok())
    }

    /// The same for the device of this name, or of a name like this pattern.
    ///
    /// # Errors
    /// [`ProfileError::Device`] for a name that is empty or too long, and for a pattern with more than
    /// one `*`.
    pub fn with_device(self, device: &str) -> Result<Self, ProfileError> {
        if device.is_empty() || device.len() > MAX_TEXT || device.matches('*').count() > 1 {
            return Err(ProfileError::Device);
        }
        Ok(Self { device: device.into(), ..self })
    }

    /// Reads a profile; what the text leaves out is as in [`SaneProfile::default`].
    ///
    /// # Errors
    /// [`ProfileError`] for text that is no TOML, for unknown keys and for values out of bounds.
    pub fn from_toml(text: &str) -> Result<Self, ProfileError> {
        let profile: Self =
            toml::from_str(text).map_err(|e| ProfileError::Unreadable(e.message().to_owned()))?;
        profile.checked()
    }

    fn checked(self) -> Result<Self, ProfileError> {
        for (key, value, min, max) in [
            ("reply_ms", self.reply_ms.into(), 1, 600_000),
            ("open_ms", self.open_ms.into(), 1, 600_000),
            ("look_ms", self.look_ms.into(), 1, 600_000),
            ("start_ms", self.start_ms.into(), 1, 600_000),
            ("piece_ms", self.piece_ms.into(), 1, 600_000),
            ("page_ms", self.page_ms.into(), 1, 600_000),
            ("max_page_bytes", self.max_page_bytes, 1024, 1 << 30),
            ("max_pages", self.max_pages.into(), 1, 999),
            ("length of device", self.device.len() as u64, 1, MAX_TEXT as u64),
            ("number of * in device", self.device.matches('*').count() as u64, 0, 1),
            ("number of options", self.options.len() as u64, 0, 64),
        ] {
            if !(min..=max).contains(&value) {
                return Err(ProfileError::OutOfBounds { key, value, min, max });
            }
        }
        Ok(self)
    }

    /// Whether the profile says anything of the model.
    pub(crate) fn is_of_a_model(&self) -> bool {
        self.name != GENERIC
    }

    /// Whether the device's name must be searched for.
    pub(crate) fn is_pattern(&self) -> bool {
        self.device.contains('*')
    }

    /// Whether a device of this name is meant.
    pub(crate) fn matches(&self, name: &str) -> bool {
        matches(&self.device, name)
    }

    pub(crate) fn reply_wait(&self) -> Duration {
        Duration::from_millis(self.reply_ms.into())
    }

    pub(crate) fn open_wait(&self) -> Duration {
        Duration::from_millis(self.open_ms.into())
    }

    pub(crate) fn look_wait(&self) -> Duration {
        Duration::from_millis(self.look_ms.into())
    }

    pub(crate) fn start_wait(&self) -> Duration {
        Duration::from_millis(self.start_ms.into())
    }

    pub(crate) fn piece_wait(&self) -> Duration {
        Duration::from_millis(self.piece_ms.into())
    }

    pub(crate) fn page_wait(&self) -> Duration {
        Duration::from_millis(self.page_ms.into())
    }
}

/// Whether a name is this one, or like this pattern with one `*`.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        Some((before, after)) => {
            name.len() >= before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
        }
        None => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_profile_is_whole() {
        let shipped: Vec<_> = SHIPPED.iter().map(|text| SaneProfile::from_toml(text).unwrap()).collect();
        assert_eq!(shipped[0], SaneProfile::default(), "the file and the built-in one agree");
        for (at, profile) in shipped.iter().enumerate() {
            assert!(!shipped[..at].iter().any(|other| other.name == profile.name), "{}", profile.name);
            assert_eq!(SaneProfile::named(&profile.name), *profile);
        }
    }

    #[test]
    fn a_name_that_is_not_known_gets_the_safest() {
        let unknown = SaneProfile::named("Foo\u{7} 3000");
        assert_eq!(unknown, SaneProfile { name: "Foo 3000".into(), ..SaneProfile::default() });
    }

    #[test]
    fn a_device_is_named_beside_the_profile() {
        for device in ["avision:libusb:*", "test:0", "*"] {
            let profile = SaneProfile::named("avision").with_device(device).unwrap();
            assert_eq!((profile.name.as_str(), profile.device.as_str()), ("avision", device));
        }
        // Never another in its place.
        for device in ["", "a*b*", &"x".repeat(MAX_TEXT + 1)] {
            let wrong = SaneProfile::named("avision").with_device(device);
            assert!(matches!(wrong, Err(ProfileError::Device)), "{device}");
        }
    }

    #[test]
    fn a_profile_names_only_what_differs() {
        assert_eq!(SaneProfile::from_toml("backend = \"sane\"").unwrap(), SaneProfile::default());
        let text = r#"
            backend = "sane"
            device = "avision:libusb:*"
            feeder_source = "ADF Front"
            options = [{ name = "swdeskew", value = true }, { name = "depth", value = 8 }]
        "#;
        let profile = SaneProfile::from_toml(text).unwrap();
        assert_eq!(profile.feeder_source.as_deref(), Some("ADF Front"));
        assert_eq!(profile.options[1].value, Setting::Number(8));
        assert_eq!(profile.options[1].value.value(Kind::Fixed), Some(Value::Fixed(8 << 16)));
        assert_eq!(profile.options[0].value.value(Kind::Int), None);
    }

    #[test]
    fn patterns_match_whole_names() {
        for (device, name, is) in [
            ("test:0", "test:0", true),
            ("test:0", "test:01", false),
            ("*", "anything", true),
            ("avision:libusb:*", "avision:libusb:001:004", true),
            ("avision:libusb:*", "genesys:libusb:001:004", false),
            ("ab*ba", "aba", false),
        ] {
            let profile = SaneProfile { device: device.into(), ..SaneProfile::default() };
            assert_eq!(profile.matches(name), is, "{device} {name}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for text in ["backend = \"escl\"", "host_header = \"host\"", "= ="] {
            assert!(matches!(SaneProfile::from_toml(text), Err(ProfileError::Unreadable(_))), "{text}");
        }
        for text in ["page_ms = 0", "look_ms = 0", "max_pages = 0", "device = \"\"", "device = \"a*b*\""] {
            assert!(matches!(SaneProfile::from_toml(text), Err(ProfileError::OutOfBounds { .. })), "{text}");
        }
    }
}
