//! `ScannerCapabilities`: what a scanner can do (Mopria eSCL, ScannerCapabilities).

use std::fmt;

use crate::input_caps::InputCaps;
use crate::word::Word;
use crate::xml::{Element, XmlError};

/// What a scanner says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// The version of eSCL that the scanner speaks.
    pub version: Version,
    /// Maker and model.
    pub make_and_model: Option<String>,
    /// Maker.
    pub manufacturer: Option<String>,
    /// Serial number.
    pub serial_number: Option<String>,
    /// The scanner's identifier on the network.
    pub uuid: Option<String>,
    /// The page for whoever administers the scanner.
    pub admin_uri: Option<String>,
    /// A picture of the scanner.
    pub icon_uri: Option<String>,
    /// The glass; `None` when there is none.
    pub platen: Option<InputCaps>,
    /// The document camera; `None` when there is none.
    pub camera: Option<InputCaps>,
    /// The document feeder; `None` when there is none.
    pub feeder: Option<Feeder>,
    /// Which treatments of the image can be asked for, and how far.
    pub treatments: Treatments,
    /// Whether the scanner can mark pages that are blank.
    pub detects_blank_pages: bool,
    /// Whether the scanner can leave out pages that are blank.
    pub removes_blank_pages: bool,
}

/// The ranges of the treatments that a scanner offers; `None` when it offers one not at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Treatments {
    /// Brightness.
    pub brightness: Option<SupportRange>,
    /// Compression; smaller values keep more of the image.
    pub compression_factor: Option<SupportRange>,
    /// Contrast.
    pub contrast: Option<SupportRange>,
    /// Gamma.
    pub gamma: Option<SupportRange>,
    /// White point.
    pub highlight: Option<SupportRange>,
    /// Removal of noise.
    pub noise_removal: Option<SupportRange>,
    /// Black point.
    pub shadow: Option<SupportRange>,
    /// Sharpening.
    pub sharpen: Option<SupportRange>,
    /// Threshold between black and white.
    pub threshold: Option<SupportRange>,
}

/// The range of one treatment, in the scanner's own unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SupportRange {
    /// Smallest value.
    pub min: u32,
    /// Largest value.
    pub max: u32,
    /// What the scanner uses by itself.
    pub normal: Option<u32>,
    /// Distance of the values.
    pub step: Option<u32>,
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
    /// What it can besides.
    pub options: Vec<AdfOption>,
    /// Where it holds the paper; `None` when it does not say.
    pub justification: Option<Justification>,
}

/// `scan:AdfOption`: what a feeder can besides feeding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdfOption {
    /// It senses that paper is in.
    DetectPaperLoaded,
    /// It can take one sheet and leave the rest.
    SelectSinglePage,
    /// It scans both sides.
    Duplex,
    /// A value that the specification does not know.
    Unknown(Word),
}

/// `scan:Justification`: where narrow paper lies under the sensor, such as `Center` and `Top`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Justification {
    /// Across.
    pub x: Option<Word>,
    /// Along.
    pub y: Option<Word>,
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
        let shared = root.child("SettingProfiles");
        let input = |path: &[&str]| root.at(path).map(|caps| InputCaps::from_element(caps, shared));
        Ok(Self {
            version,
            make_and_model: root.words("MakeAndModel"),
            manufacturer: root.words("Manufacturer"),
            serial_number: root.words("SerialNumber"),
            uuid: root.words("UUID"),
            admin_uri: root.words("AdminURI"),
            icon_uri: root.words("IconURI"),
            platen: input(&["Platen", "PlatenInputCaps"]),
            camera: input(&["Camera", "CameraInputCaps"]),
            feeder: root.child("Adf").and_then(|adf| Feeder::from_element(adf, shared)),
            treatments: Treatments::from_element(&root),
            detects_blank_pages: root.flag("BlankPageDetection").unwrap_or(false),
            removes_blank_pages: root.flag("BlankPageDetectionAndRemoval").unwrap_or(false),
        })
    }
}

impl Treatments {
    fn from_element(root: &Element) -> Self {
        let range = |name| {
            let range: &Element = root.child(name)?;
            let (min, max) = (range.number("Min")?, range.number("Max")?);
            let found = SupportRange { min, max, normal: range.number("Normal"), step: range.number("Step") };
            (min <= max).then_some(found)
        };
        Self {
            brightness: range("BrightnessSupport"),
            compression_factor: range("CompressionFactorSupport"),
            contrast: range("ContrastSupport"),
            gamma: range("GammaSupport"),
            highlight: range("HighlightSupport"),
            noise_removal: range("NoiseRemovalSupport"),
            shadow: range("ShadowSupport"),
            sharpen: range("SharpenSupport"),
            threshold: range("ThresholdSupport"),
        }
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
    fn from_element(adf: &Element, shared: Option<&Element>) -> Option<Self> {
        const MAX_OPTIONS: usize = 32;
        let input = |name| adf.child(name).map(|caps| InputCaps::from_element(caps, shared));
        let (simplex, duplex) = (input("AdfSimplexInputCaps"), input("AdfDuplexInputCaps"));
        let options = adf.child("AdfOptions").into_iter().flat_map(|list| list.all("AdfOption"));
        let position = |at: &Element, name| at.child(name).map(|e| Word::new(e.text()));
        Some(Self {
            // A feeder that always scans both sides names only those; one side is then asked of it.
            simplex: simplex.or_else(|| duplex.clone())?,
            duplex,
            capacity_sheets: adf.number("FeederCapacity"),
            options: options.take(MAX_OPTIONS).map(|o| AdfOption::from_text(o.text())).collect(),
            justification: adf.child("Justification").map(|at| Justification {
                x: position(at, "XImagePosition"),
                y: position(at, "YImagePosition"),
            }),
        })
    }

    /// Whether the feeder senses that paper is in.
    pub fn detects_paper(&self) -> bool {
        self.options.contains(&AdfOption::DetectPaperLoaded)
    }
}

impl AdfOption {
    fn from_text(text: &str) -> Self {
        match text {
            "DetectPaperLoaded" => Self::DetectPaperLoaded,
            "SelectSinglePage" => Self::SelectSinglePage,
            "Duplex" => Self::Duplex,
            _ => Self::Unknown(Word::new(text)),
        }
    }
}

#[cfg(test)]
#[path = "capabilities_tests.rs"]
pub(crate) mod tests;
