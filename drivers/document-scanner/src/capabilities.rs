//! `ScannerCapabilities`: what a scanner can do (Mopria eSCL, ScannerCapabilities).

use std::fmt;

use crate::xml::{Element, XmlError};

/// Most entries kept of any list in the capabilities.
const MAX_LIST: usize = 256;

/// What a scanner says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// The version of eSCL that the scanner speaks.
    pub version: Version,
    /// Maker and model.
    pub make_and_model: Option<String>,
    /// Serial number.
    pub serial_number: Option<String>,
    /// The scanner's identifier on the network.
    pub uuid: Option<String>,
    /// The glass; `None` when there is none.
    pub platen: Option<InputCaps>,
    /// The document feeder; `None` when there is none.
    pub feeder: Option<Feeder>,
}

/// A version of eSCL, such as 2.63; kept in the scanner's spelling, which requests must repeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    text: String,
    major: u16,
    minor: u16,
}

/// A document feeder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feeder {
    /// One side of each sheet.
    pub simplex: InputCaps,
    /// Both sides of each sheet; `None` when the feeder cannot.
    pub duplex: Option<InputCaps>,
    /// How many sheets it holds.
    pub capacity_sheets: Option<u32>,
    /// Whether it senses that paper is in.
    pub detects_paper: bool,
}

/// What one source of images offers. Widths and heights are in 1/300 inch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InputCaps {
    /// Narrowest region.
    pub min_width: Option<u32>,
    /// Widest region.
    pub max_width: Option<u32>,
    /// Shortest region.
    pub min_height: Option<u32>,
    /// Longest region.
    pub max_height: Option<u32>,
    /// Resolutions, of all profiles together.
    pub resolutions: Resolutions,
    /// Colour modes, of all profiles together.
    pub color_modes: Vec<ColorMode>,
    /// MIME types of documents, of all profiles together.
    pub formats: Vec<String>,
    /// Intents, such as `Document`.
    pub intents: Vec<String>,
}

/// Resolutions in dots per inch, equal in both directions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resolutions {
    /// Single values.
    pub discrete: Vec<u32>,
    /// A range, on scanners that offer one.
    pub range: Option<StepRange>,
}

/// `min`, `min + step` … up to `max`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepRange {
    /// Smallest value.
    pub min: u32,
    /// Largest value.
    pub max: u32,
    /// Distance of the values, at least 1.
    pub step: u32,
}

/// `scan:ColorMode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColorMode {
    /// One bit.
    BlackAndWhite1,
    /// 8 bits of grey.
    Grayscale8,
    /// 16 bits of grey.
    Grayscale16,
    /// 8 bits of each colour.
    Rgb24,
    /// 16 bits of each colour.
    Rgb48,
    /// A value that the specification does not know.
    Unknown,
}

impl Capabilities {
    /// Reads a `ScannerCapabilities` document of at most [`crate::MAX_XML_BYTES`].
    ///
    /// # Errors
    /// [`XmlError`] when the bytes are no such document or name no version.
    pub fn parse(xml: &[u8]) -> Result<Self, XmlError> {
        let root = Element::document(xml, "ScannerCapabilities")?;
        let version = root
            .child("Version")
            .and_then(|e| Version::from_text(e.text()))
            .ok_or(XmlError::Missing("Version"))?;
        Ok(Self {
            version,
            make_and_model: root.words("MakeAndModel"),
            serial_number: root.words("SerialNumber"),
            uuid: root.words("UUID"),
            platen: root.at(&["Platen", "PlatenInputCaps"]).map(InputCaps::from_element),
            feeder: root.child("Adf").and_then(Feeder::from_element),
        })
    }
}

impl Version {
    fn from_text(text: &str) -> Option<Self> {
        let (major, minor) = text.split_once('.')?;
        let digits = |part: &str| (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(major) || !digits(minor) {
            return None;
        }
        let (major, minor) = (major.parse().ok()?, minor.parse().ok()?);
        Some(Self { text: text.to_owned(), major, minor })
    }

    /// Whether the version is `major.minor` or later.
    pub fn is_at_least(&self, major: u16, minor: u16) -> bool {
        (self.major, self.minor) >= (major, minor)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Feeder {
    fn from_element(adf: &Element) -> Option<Self> {
        let simplex = adf.child("AdfSimplexInputCaps").map(InputCaps::from_element);
        let duplex = adf.child("AdfDuplexInputCaps").map(InputCaps::from_element);
        let detects_paper = adf
            .child("AdfOptions")
            .is_some_and(|list| list.all("AdfOption").any(|o| o.text() == "DetectPaperLoaded"));
        Some(Self {
            // A feeder that always scans both sides names only those; one side is then asked of it.
            simplex: simplex.or_else(|| duplex.clone())?,
            duplex,
            capacity_sheets: adf.number("FeederCapacity"),
            detects_paper,
        })
    }
}

impl InputCaps {
    fn from_element(caps: &Element) -> Self {
        let mut found = Self {
            min_width: caps.number("MinWidth"),
            max_width: caps.number("MaxWidth"),
            min_height: caps.number("MinHeight"),
            max_height: caps.number("MaxHeight"),
            ..Self::default()
        };
        if let Some(profiles) = caps.child("SettingProfiles") {
            for profile in profiles.all("SettingProfile") {
                found.add_profile(profile);
            }
        }
        // "SupportedIntent" in the schema, "Intent" on many scanners.
        if let Some(intents) = caps.child("SupportedIntents") {
            for intent in intents.all("Intent").chain(intents.all("SupportedIntent")) {
                add(&mut found.intents, intent.text().to_owned());
            }
        }
        found
    }

    fn add_profile(&mut self, profile: &Element) {
        if let Some(modes) = profile.child("ColorModes") {
            for mode in modes.all("ColorMode") {
                add(&mut self.color_modes, ColorMode::from_text(mode.text()));
            }
        }
        if let Some(formats) = profile.child("DocumentFormats") {
            for format in formats.all("DocumentFormat").chain(formats.all("DocumentFormatExt")) {
                add(&mut self.formats, format.text().to_ascii_lowercase());
            }
        }
        if let Some(resolutions) = profile.child("SupportedResolutions") {
            self.resolutions.add(resolutions);
        }
    }

    /// Whether the source offers documents of that MIME type; one that lists none is believed to.
    pub(crate) fn offers_format(&self, mime: &str) -> bool {
        self.formats.is_empty() || self.formats.iter().any(|f| f == mime)
    }

    /// Whether the source offers that colour mode; one that lists none is believed to.
    pub(crate) fn offers_mode(&self, mode: ColorMode) -> bool {
        self.color_modes.is_empty() || self.color_modes.contains(&mode)
    }
}

impl Resolutions {
    fn add(&mut self, supported: &Element) {
        if let Some(list) = supported.child("DiscreteResolutions") {
            for pair in list.all("DiscreteResolution") {
                // Pairs such as 300 × 600 are for fax and would distort a page.
                match (pair.number("XResolution"), pair.number("YResolution")) {
                    (Some(x), Some(y)) if x == y && x > 0 => add(&mut self.discrete, x),
                    _ => {}
                }
            }
        }
        let range = supported.at(&["ResolutionRange", "XResolutionRange"]);
        if let Some((x, min, max)) = range.and_then(|x| Some((x, x.number("Min")?, x.number("Max")?))) {
            let step = x.number("Step").unwrap_or(1).max(1);
            self.range = Some(StepRange { min, max, step });
        }
    }

    /// Whether `dpi` is offered; a scanner that lists no resolution is believed to offer it.
    pub fn offers(&self, dpi: u32) -> bool {
        let in_range = self.range.is_some_and(|r| {
            (r.min..=r.max).contains(&dpi) && dpi.checked_sub(r.min).is_some_and(|d| d % r.step == 0)
        });
        let none_listed = self.discrete.is_empty() && self.range.is_none();
        none_listed || in_range || self.discrete.contains(&dpi)
    }
}

impl ColorMode {
    fn from_text(text: &str) -> Self {
        match text {
            "BlackAndWhite1" => Self::BlackAndWhite1,
            "Grayscale8" => Self::Grayscale8,
            "Grayscale16" => Self::Grayscale16,
            "RGB24" => Self::Rgb24,
            "RGB48" => Self::Rgb48,
            _ => Self::Unknown,
        }
    }
}

/// Adds a value once, as long as there is room.
fn add<T: PartialEq>(list: &mut Vec<T>, value: T) {
    if list.len() < MAX_LIST && !list.contains(&value) {
        list.push(value);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A scanner with glass and a feeder, as scanners write it.
    pub(crate) const SAMPLE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<scan:ScannerCapabilities xmlns:scan="http://schemas.hp.com/imaging/escl/2011/05/03" xmlns:pwg="http://www.pwg.org/schemas/2010/12/sm">
 <pwg:Version>2.63</pwg:Version><pwg:MakeAndModel>Lobby A4</pwg:MakeAndModel>
 <pwg:SerialNumber>SN1</pwg:SerialNumber><scan:UUID>u-1</scan:UUID><vendor:Odd xmlns:vendor="v"><a/></vendor:Odd>
 <scan:Platen><scan:PlatenInputCaps><scan:MinWidth>16</scan:MinWidth><scan:MaxWidth>2550</scan:MaxWidth>
  <scan:MinHeight>16</scan:MinHeight><scan:MaxHeight>3300</scan:MaxHeight><scan:SettingProfiles><scan:SettingProfile>
  <scan:ColorModes><scan:ColorMode>RGB24</scan:ColorMode></scan:ColorModes><scan:DocumentFormats>
  <pwg:DocumentFormat>image/jpeg</pwg:DocumentFormat></scan:DocumentFormats><scan:SupportedResolutions>
  <scan:ResolutionRange><scan:XResolutionRange><scan:Min>75</scan:Min><scan:Max>600</scan:Max><scan:Step>75</scan:Step>
  </scan:XResolutionRange></scan:ResolutionRange></scan:SupportedResolutions></scan:SettingProfile></scan:SettingProfiles>
 </scan:PlatenInputCaps></scan:Platen>
 <scan:Adf><scan:AdfSimplexInputCaps><scan:MaxWidth>2550</scan:MaxWidth><scan:MaxHeight>4200</scan:MaxHeight>
  <scan:SettingProfiles><scan:SettingProfile><scan:ColorModes><scan:ColorMode>Grayscale8</scan:ColorMode>
  <scan:ColorMode>RGB24</scan:ColorMode></scan:ColorModes><scan:DocumentFormats><pwg:DocumentFormat>application/pdf</pwg:DocumentFormat>
  <scan:DocumentFormatExt>image/jpeg</scan:DocumentFormatExt></scan:DocumentFormats><scan:SupportedResolutions>
  <scan:DiscreteResolutions><scan:DiscreteResolution><scan:XResolution>200</scan:XResolution><scan:YResolution>200</scan:YResolution>
  </scan:DiscreteResolution><scan:DiscreteResolution><scan:XResolution>300</scan:XResolution><scan:YResolution>300</scan:YResolution>
  </scan:DiscreteResolution><scan:DiscreteResolution><scan:XResolution>300</scan:XResolution><scan:YResolution>600</scan:YResolution>
  </scan:DiscreteResolution></scan:DiscreteResolutions></scan:SupportedResolutions></scan:SettingProfile></scan:SettingProfiles>
  <scan:SupportedIntents><scan:Intent>Document</scan:Intent></scan:SupportedIntents></scan:AdfSimplexInputCaps>
  <scan:FeederCapacity>50</scan:FeederCapacity><scan:AdfOptions><scan:AdfOption>DetectPaperLoaded</scan:AdfOption></scan:AdfOptions>
 </scan:Adf></scan:ScannerCapabilities>"#;

    #[test]
    fn a_scanner_with_glass_and_feeder() {
        let caps = Capabilities::parse(SAMPLE.as_bytes()).unwrap();
        assert_eq!(caps.version.to_string(), "2.63");
        assert_eq!(caps.make_and_model.as_deref(), Some("Lobby A4"));
        let platen = caps.platen.unwrap();
        assert_eq!((platen.max_width, platen.max_height), (Some(2550), Some(3300)));
        assert!(platen.resolutions.offers(300) && !platen.resolutions.offers(301));
        assert!(!platen.resolutions.offers(675) && !platen.resolutions.offers(50));
        let feeder = caps.feeder.unwrap();
        assert_eq!(feeder.simplex.resolutions.discrete, [200, 300]);
        assert_eq!(feeder.simplex.color_modes, [ColorMode::Grayscale8, ColorMode::Rgb24]);
        assert!(feeder.simplex.offers_format("image/jpeg") && !feeder.simplex.offers_format("image/png"));
        assert_eq!((feeder.capacity_sheets, feeder.detects_paper), (Some(50), true));
        assert!(feeder.duplex.is_none());
    }

    #[test]
    fn versions() {
        for (text, at_least_2_1) in
            [("2.0", false), ("2.1", true), ("2.63", true), ("3.0", true), ("1.9", false)]
        {
            assert_eq!(Version::from_text(text).unwrap().is_at_least(2, 1), at_least_2_1, "{text}");
        }
        for text in ["", "2", "2.", ".1", "2.1.0", "2.x", "99999.1", "2.<b/>"] {
            assert!(Version::from_text(text).is_none(), "{text}");
        }
        let none = Capabilities::parse(b"<ScannerCapabilities/>");
        assert_eq!(none, Err(XmlError::Missing("Version")));
    }

    proptest! {
        #[test]
        fn damage_never_panics(at in 0..SAMPLE.len(), byte: u8, cut in 0..SAMPLE.len()) {
            let mut xml = SAMPLE.as_bytes().to_vec();
            xml[at] = byte;
            let _ = Capabilities::parse(&xml);
            xml.truncate(cut);
            let _ = Capabilities::parse(&xml);
        }
    }
}
