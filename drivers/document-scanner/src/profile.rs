//! Bounds and peculiarities of a scanner model, read from TOML.
//!
//! The profiles that come with the kiosk lie in `profiles/`. The departures known so far were found by
//! the users of sane-airscan.

use std::time::Duration;

use serde::Deserialize;

/// The profiles that come with the kiosk, the generic one first.
const SHIPPED: [&str; 9] = [
    include_str!("../profiles/generic.toml"),
    include_str!("../profiles/standard.toml"),
    include_str!("../profiles/xerox-wc3345.toml"),
    include_str!("../profiles/xerox-b205.toml"),
    include_str!("../profiles/kyocera.toml"),
    include_str!("../profiles/brother-ads.toml"),
    include_str!("../profiles/hp-usb.toml"),
    include_str!("../profiles/epson.toml"),
    include_str!("../profiles/canon.toml"),
];

/// The name with which a configuration leaves the choice to what the scanner says of itself.
const AUTO: &str = "auto";

/// How to treat one model of scanner: its waits, its limits and where it departs from the rules.
///
/// [`Profile::default`] is the generic profile, the safest; a profile file names only what differs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Profile {
    /// What messages call this scanner, such as its model.
    pub name: String,
    /// Beginnings of words in `MakeAndModel` by which a scanner of this kind is known, in any case.
    pub models: Vec<String>,
    /// The profile suits the model only over USB, that is on a loopback address behind `ipp-usb`.
    pub usb_only: bool,
    /// The profile is to be exchanged for the one that suits what the scanner says of itself.
    #[serde(skip)]
    pub by_model: bool,
    /// What the `Host` header says.
    pub host_header: HostHeader,
    /// Longest wait for the TCP connection, in milliseconds.
    pub connect_ms: u32,
    /// Longest wait for the head of a response, in milliseconds.
    pub response_ms: u32,
    /// Longest wait for the head of a page's response, in milliseconds: many scanners answer only
    /// once the sheet has gone through.
    pub page_response_ms: u32,
    /// Longest silence between two pieces of a body, in milliseconds.
    pub chunk_ms: u32,
    /// Longest time for the body of one page, in milliseconds, however steadily it trickles.
    pub page_ms: u32,
    /// Pause before asking again after "not ready" (503), in milliseconds.
    pub retry_wait_ms: u32,
    /// Times a job is offered to a scanner that answers 503.
    pub post_tries: u32,
    /// Times the first page of a job is asked for.
    pub first_page_tries: u32,
    /// Times every later page is asked for.
    pub later_page_tries: u32,
    /// Statuses of `NextDocument` that mean "ask again": 503, for Xerox B205 and B215 also 404, 410.
    pub retry_statuses: Vec<u16>,
    /// Pause before the next page: half the time the last one took, at most this many milliseconds.
    /// Brother wants 1000.
    pub page_pause_max_ms: u32,
    /// The scanner reports a jam when its feeder is only empty (Xerox WorkCentre 3345).
    pub jam_means_empty: bool,
    /// The scanner reports "processing" when its feeder is empty (Kyocera).
    pub processing_means_empty: bool,
    /// The finest resolution to ask for, in dots per inch, of a model that announces more than it
    /// delivers (Canon).
    pub max_dpi: Option<u32>,
    /// Largest page accepted, in bytes.
    pub max_page_bytes: u64,
    /// Most pages accepted in one job.
    pub max_pages: u32,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            name: "generic".into(),
            models: vec![],
            usb_only: false,
            by_model: false,
            host_header: HostHeader::HostAndPort,
            connect_ms: 3_000,
            response_ms: 15_000,
            page_response_ms: 60_000,
            chunk_ms: 20_000,
            page_ms: 180_000,
            retry_wait_ms: 1_000,
            post_tries: 5,
            first_page_tries: 30,
            later_page_tries: 10,
            retry_statuses: vec![503],
            page_pause_max_ms: 1_000,
            jam_means_empty: false,
            processing_means_empty: false,
            max_dpi: None,
            max_page_bytes: 64 << 20,
            max_pages: 200,
        }
    }
}

impl Profile {
    /// The profile of that name, for a configuration.
    ///
    /// `auto` chooses by what the scanner says of itself, as [`Profile::for_model`] does, each time its
    /// capabilities are read. A name that is not known gives the generic profile under that name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        if name == AUTO {
            return Self { by_model: true, name: "document scanner".into(), ..Self::default() };
        }
        Self::shipped().find(|profile| profile.name == name).unwrap_or_else(|| {
            tracing::info!(name, "no profile for this document scanner: the generic one is used");
            Self { name: name.chars().filter(|c| !c.is_control()).take(64).collect(), ..Self::default() }
        })
    }

    /// The profile for a scanner that calls itself `make_and_model`; `usb` says that it is reached
    /// over USB. The generic profile when nothing is known of the model.
    #[must_use]
    pub fn for_model(make_and_model: &str, usb: bool) -> Self {
        let said = format!(" {}", make_and_model.to_lowercase());
        let known_by = |model: &String| said.contains(&format!(" {}", model.to_lowercase()));
        let suits = |profile: &Self| (usb || !profile.usb_only) && profile.models.iter().any(known_by);
        Self::shipped().find(suits).unwrap_or_default()
    }

    /// Every profile that comes with the kiosk.
    pub fn shipped() -> impl Iterator<Item = Self> {
        // They are part of the program and its tests parse each: none is skipped here.
        SHIPPED.into_iter().filter_map(|text| Self::from_toml(text).ok())
    }

    /// Reads a profile; what the text leaves out is as in [`Profile::default`].
    ///
    /// # Errors
    /// [`ProfileError`] for text that is no TOML, for unknown keys and for values out of bounds.
    pub fn from_toml(text: &str) -> Result<Self, ProfileError> {
        let profile: Self =
            toml::from_str(text).map_err(|e| ProfileError::Unreadable(e.message().to_owned()))?;
        profile.checked()
    }

    fn checked(self) -> Result<Self, ProfileError> {
        /// No single wait may outlast the patience of the person at the kiosk by far.
        const LONGEST_WAIT_MS: u32 = 600_000;
        let waits = [
            ("connect_ms", self.connect_ms),
            ("response_ms", self.response_ms),
            ("page_response_ms", self.page_response_ms),
            ("chunk_ms", self.chunk_ms),
            ("page_ms", self.page_ms),
            ("retry_wait_ms", self.retry_wait_ms),
        ];
        for (key, ms) in waits {
            bounded(key, ms.into(), 1, LONGEST_WAIT_MS.into())?;
        }
        bounded("page_pause_max_ms", self.page_pause_max_ms.into(), 0, 10_000)?;
        bounded("post_tries", self.post_tries.into(), 1, 100)?;
        bounded("first_page_tries", self.first_page_tries.into(), 1, 100)?;
        bounded("later_page_tries", self.later_page_tries.into(), 1, 100)?;
        bounded("max_page_bytes", self.max_page_bytes, 1024, 1 << 30)?;
        if let Some(dpi) = self.max_dpi {
            bounded("max_dpi", dpi.into(), 50, 9_600)?;
        }
        bounded("max_pages", self.max_pages.into(), 1, 999)?;
        for status in &self.retry_statuses {
            bounded("retry_statuses", (*status).into(), 400, 599)?;
        }
        Ok(self)
    }

    /// The name with which [`Profile::named`] gives this profile again.
    pub(crate) fn configured_name(&self) -> &str {
        if self.by_model { AUTO } else { &self.name }
    }

    /// Whether the profile says anything of the model.
    pub(crate) fn is_of_a_model(&self) -> bool {
        self.name != "generic" && self.name != "standard"
    }

    pub(crate) fn retries(&self, status: u16) -> bool {
        self.retry_statuses.contains(&status)
    }

    pub(crate) fn retry_wait(&self) -> Duration {
        Duration::from_millis(self.retry_wait_ms.into())
    }

    /// The pause that this model wants after a page that took `page_time`.
    pub(crate) fn page_pause(&self, page_time: Duration) -> Duration {
        (page_time / 2).min(Duration::from_millis(self.page_pause_max_ms.into()))
    }
}

fn bounded(key: &'static str, value: u64, min: u64, max: u64) -> Result<(), ProfileError> {
    if (min..=max).contains(&value) {
        Ok(())
    } else {
        Err(ProfileError::OutOfBounds { key, value, min, max })
    }
}

/// What the `Host` header of a request says; some scanners answer only to one form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostHeader {
    /// Host and port, always both: Epson refuses a bare host.
    HostAndPort,
    /// The host alone.
    Host,
    /// `localhost`, which HP wants over USB.
    Localhost,
}

/// A scanner profile that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ProfileError {
    /// The text is no TOML or holds an unknown key.
    #[error("scanner profile: {0}; correct the profile file")]
    Unreadable(String),
    /// A value lies outside its bounds.
    #[error("scanner profile: {key} is {value}, allowed are {min} to {max}; correct the profile file")]
    OutOfBounds {
        /// The key in the file.
        key: &'static str,
        /// The value found.
        value: u64,
        /// Smallest value allowed.
        min: u64,
        /// Largest value allowed.
        max: u64,
    },
    /// No device can have this name, and it is no pattern for one.
    #[error("a name of a SANE device has 1 to {} bytes and at most one *", sane_helper::MAX_TEXT)]
    Device,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_profile_is_whole() {
        let shipped: Vec<Profile> = SHIPPED.iter().map(|text| Profile::from_toml(text).unwrap()).collect();
        assert_eq!(shipped[0], Profile::default(), "the file and the built-in one agree");
        for (at, profile) in shipped.iter().enumerate() {
            assert!(!shipped[..at].iter().any(|other| other.name == profile.name), "{}", profile.name);
            assert_eq!(Profile::named(&profile.name), *profile);
        }
    }

    #[test]
    fn a_name_that_is_not_known_gets_the_safest() {
        let unknown = Profile::named("Foo\u{7} 3000");
        assert_eq!(unknown, Profile { name: "Foo 3000".into(), ..Profile::default() });
        let auto = Profile::named("auto");
        assert!(auto.by_model && auto.name == "document scanner");
        assert_eq!(Profile { by_model: false, name: "generic".into(), ..auto }, Profile::default());
    }

    #[test]
    fn a_scanner_is_known_by_what_it_calls_itself() {
        for (said, usb, name) in [
            ("Xerox WorkCentre 3345", false, "xerox-wc3345"),
            ("Xerox B205 MFP", false, "xerox-b205"),
            ("XEROX B215", false, "xerox-b205"),
            ("Xerox B605", false, "generic"),
            ("KYOCERA ECOSYS M2040dn", false, "kyocera"),
            ("Brother ADS-2700W", false, "brother-ads"),
            ("HP OfficeJet Pro 8730", true, "hp-usb"),
            ("HP OfficeJet Pro 8730", false, "generic"),
            ("EPSON WF-4720 Series", false, "epson"),
            ("Canon MF741C/743C", false, "canon"),
            ("Anticanon 1", false, "generic"),
            ("", true, "generic"),
        ] {
            assert_eq!(Profile::for_model(said, usb).name, name, "{said}");
        }
    }

    #[test]
    fn each_quirk_stands_in_its_profile() {
        assert!(Profile::named("xerox-wc3345").jam_means_empty);
        assert!(Profile::named("kyocera").processing_means_empty);
        assert!(Profile::named("xerox-b205").retries(410) && Profile::named("xerox-b205").retries(404));
        assert_eq!(Profile::named("hp-usb").host_header, HostHeader::Localhost);
        assert_eq!(Profile::named("epson").host_header, HostHeader::HostAndPort);
        assert_eq!(Profile::named("canon").max_dpi, Some(300));
        let brother = Profile::named("brother-ads");
        assert_eq!(brother.page_pause(Duration::from_millis(900)), Duration::from_millis(450));
        assert_eq!(brother.page_pause(Duration::from_secs(9)), Duration::from_secs(1));
        let generic = Profile::default();
        assert!(!generic.jam_means_empty && !generic.processing_means_empty && !generic.retries(404));
        assert_eq!(Profile::named("standard").page_pause(Duration::from_secs(9)), Duration::ZERO);
    }

    #[test]
    fn mistakes_are_named() {
        assert!(matches!(Profile::from_toml("retry_wiat_ms = 5"), Err(ProfileError::Unreadable(_))));
        assert!(matches!(Profile::from_toml("= ="), Err(ProfileError::Unreadable(_))));
        assert!(matches!(Profile::from_toml("by_model = true"), Err(ProfileError::Unreadable(_))));
        assert_eq!(Profile::from_toml("").unwrap(), Profile::default());
        for text in [
            "chunk_ms = 0",
            "max_pages = 0",
            "retry_statuses = [200]",
            "max_page_bytes = 9999999999",
            "max_dpi = 1",
        ] {
            assert!(matches!(Profile::from_toml(text), Err(ProfileError::OutOfBounds { .. })), "{text}");
        }
    }
}
