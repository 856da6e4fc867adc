//! What one source of images offers: sizes, resolutions, colours, formats (Mopria eSCL, InputCaps).

use crate::word::Word;
use crate::xml::Element;

/// Most entries kept of any list in the capabilities.
const MAX_LIST: usize = 256;

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
    /// Dots per inch of the sensor, across the paper.
    pub max_optical_x_dpi: Option<u32>,
    /// Dots per inch of the sensor, along the paper.
    pub max_optical_y_dpi: Option<u32>,
    /// How many regions one job may have.
    pub max_scan_regions: Option<u32>,
    /// What goes together: colour modes, formats and resolutions.
    pub profiles: Vec<SettingProfile>,
    /// What the scanner can be told of the purpose.
    pub intents: Vec<Intent>,
    /// Edges of the paper that the scanner finds by itself, such as `BottomEdge`.
    pub edges: Vec<Word>,
    /// Which edge may go in first, such as `LongEdgeFeed`.
    pub feed_directions: Vec<Word>,
}

/// One set of settings that go together; an empty list means that the scanner lists nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SettingProfile {
    /// Colour modes.
    pub color_modes: Vec<ColorMode>,
    /// MIME types in `pwg:DocumentFormat`, in lower case.
    pub formats: Vec<String>,
    /// MIME types in `scan:DocumentFormatExt`, in lower case.
    pub formats_ext: Vec<String>,
    /// Resolutions.
    pub resolutions: Resolutions,
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
    /// Largest value, at least `min`.
    pub max: u32,
    /// Distance of the values, at least 1.
    pub step: u32,
}

/// `scan:ColorMode`.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    Unknown(Word),
}

/// `scan:Intent`: what a scan is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// Text.
    Document,
    /// Text with pictures.
    TextAndGraphic,
    /// A photograph.
    Photo,
    /// A quick look.
    Preview,
    /// A thing on the glass.
    Object,
    /// A business card.
    BusinessCard,
    /// A value that the specification does not know.
    Unknown(Word),
}

impl InputCaps {
    /// Reads one source; `shared` are the profiles at the root of the document, to which a source
    /// may point by name.
    pub(crate) fn from_element(caps: &Element, shared: Option<&Element>) -> Self {
        let list = |name, item| {
            let mut words = Vec::new();
            for element in caps.child(name).into_iter().flat_map(|list: &Element| list.all(item)) {
                add(&mut words, Word::new(element.text()));
            }
            words
        };
        let mut found = Self {
            min_width: caps.number("MinWidth"),
            max_width: caps.number("MaxWidth"),
            min_height: caps.number("MinHeight"),
            max_height: caps.number("MaxHeight"),
            max_optical_x_dpi: caps.number("MaxOpticalXResolution"),
            max_optical_y_dpi: caps.number("MaxOpticalYResolution"),
            max_scan_regions: caps.number("MaxScanRegions"),
            edges: list("EdgeAutoDetection", "SupportedEdge"),
            feed_directions: list("FeedDirections", "FeedDirection"),
            ..Self::default()
        };
        // Two spellings are in use.
        for edge in list("SupportedEdges", "SupportedEdge") {
            add(&mut found.edges, edge);
        }
        for profile in caps.child("SettingProfiles").into_iter().flat_map(|list| list.all("SettingProfile")) {
            add(&mut found.profiles, SettingProfile::from_element(resolved(profile, shared)));
        }
        // "SupportedIntent" in the schema, "Intent" on many scanners.
        if let Some(intents) = caps.child("SupportedIntents") {
            for intent in intents.all("Intent").chain(intents.all("SupportedIntent")) {
                add(&mut found.intents, Intent::from_text(intent.text()));
            }
        }
        found
    }

    /// The profiles that offer this colour mode and format; one that lists none is believed to. `None`
    /// when the source has profiles, but none such.
    pub(crate) fn offering(&self, mode: &ColorMode, mime: &str) -> Option<Vec<&SettingProfile>> {
        let offers = |profile: &&SettingProfile| profile.offers_mode(mode) && profile.offers_format(mime);
        let found: Vec<_> = self.profiles.iter().filter(offers).collect();
        (!found.is_empty() || self.profiles.is_empty()).then_some(found)
    }

    /// Whether any profile offers that colour mode.
    pub fn offers_mode(&self, mode: &ColorMode) -> bool {
        self.profiles.is_empty() || self.profiles.iter().any(|profile| profile.offers_mode(mode))
    }

    /// Whether any profile offers documents of that MIME type.
    pub fn offers_format(&self, mime: &str) -> bool {
        self.profiles.is_empty() || self.profiles.iter().any(|profile| profile.offers_format(mime))
    }
}

/// The profile that `profile` names with `ref`, or itself.
fn resolved<'a>(profile: &'a Element, shared: Option<&'a Element>) -> &'a Element {
    let named = |name| shared?.all("SettingProfile").find(|p| p.label("name") == Some(name));
    profile.label("ref").and_then(named).unwrap_or(profile)
}

impl SettingProfile {
    fn from_element(profile: &Element) -> Self {
        let mut found = Self::default();
        for mode in profile.child("ColorModes").into_iter().flat_map(|list| list.all("ColorMode")) {
            add(&mut found.color_modes, ColorMode::from_text(mode.text()));
        }
        if let Some(formats) = profile.child("DocumentFormats") {
            for format in formats.all("DocumentFormat") {
                add(&mut found.formats, format.text().to_ascii_lowercase());
            }
            for format in formats.all("DocumentFormatExt") {
                add(&mut found.formats_ext, format.text().to_ascii_lowercase());
            }
        }
        if let Some(resolutions) = profile.child("SupportedResolutions") {
            found.resolutions.add(resolutions);
        }
        found
    }

    /// Whether the profile offers documents of that MIME type; one that lists none is believed to.
    pub fn offers_format(&self, mime: &str) -> bool {
        let mut listed = self.formats.iter().chain(&self.formats_ext).peekable();
        listed.peek().is_none() || listed.any(|format| format == mime)
    }

    /// Whether the profile offers that colour mode; one that lists none is believed to.
    pub fn offers_mode(&self, mode: &ColorMode) -> bool {
        self.color_modes.is_empty() || self.color_modes.contains(mode)
    }
}

impl Resolutions {
    fn add(&mut self, supported: &Element) {
        for list in supported.all("DiscreteResolutions") {
            for pair in list.all("DiscreteResolution") {
                // Pairs such as 300 × 600 are for fax and would distort a page.
                match (pair.number("XResolution"), pair.number("YResolution")) {
                    (Some(x), Some(y)) if x == y && x > 0 => add(&mut self.discrete, x),
                    _ => {}
                }
            }
        }
        let range = |name| {
            let range = supported.at(&["ResolutionRange", name])?;
            let (min, max) = (range.number("Min")?.max(1), range.number("Max")?);
            (min <= max).then(|| StepRange { min, max, step: range.number("Step").unwrap_or(1).max(1) })
        };
        self.range = match (range("XResolutionRange"), range("YResolutionRange")) {
            (Some(x), Some(y)) => x.shared_with(y),
            (x, y) => x.or(y),
        };
    }

    /// Whether nothing is listed; such a scanner is believed to offer what is asked.
    pub fn is_unlisted(&self) -> bool {
        self.discrete.is_empty() && self.range.is_none()
    }

    /// Whether `dpi` is offered; a scanner that lists no resolution is believed to offer it.
    pub fn offers(&self, dpi: u32) -> bool {
        self.is_unlisted() || self.nearest(dpi, u32::MAX) == Some(dpi)
    }

    /// The resolution nearest to `dpi` and at most `limit`; of two as near, the finer one. `None` when
    /// nothing is listed, or nothing so coarse.
    pub fn nearest(&self, dpi: u32, limit: u32) -> Option<u32> {
        let in_range = self.range.and_then(|range| range.nearest(dpi.min(limit), limit));
        let offered = self.discrete.iter().copied().chain(in_range).filter(|offered| *offered <= limit);
        offered.min_by_key(|offered| (offered.abs_diff(dpi), u32::MAX - offered))
    }
}

impl StepRange {
    /// What both ranges offer. Steps that do not fit each other are left to the coarser of the two.
    fn shared_with(self, other: Self) -> Option<Self> {
        let (min, max) = (self.min.max(other.min), self.max.min(other.max));
        let step = self.step.max(other.step);
        (min <= max).then_some(Self { min, max, step })
    }

    /// The value nearest to `wanted`, of two as near the larger, and at most `limit`.
    fn nearest(self, wanted: u32, limit: u32) -> Option<u32> {
        let most = self.max.min(limit).checked_sub(self.min)? / self.step;
        let steps = wanted.saturating_sub(self.min);
        let (whole, rest) = (steps / self.step, steps % self.step);
        let near = if rest >= self.step - rest { whole + 1 } else { whole };
        Some(self.min + near.min(most) * self.step)
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
            _ => Self::Unknown(Word::new(text)),
        }
    }
}

impl Intent {
    fn from_text(text: &str) -> Self {
        match text {
            "Document" => Self::Document,
            "TextAndGraphic" => Self::TextAndGraphic,
            "Photo" => Self::Photo,
            "Preview" => Self::Preview,
            "Object" => Self::Object,
            "BusinessCard" => Self::BusinessCard,
            _ => Self::Unknown(Word::new(text)),
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn resolutions(discrete: &[u32], range: Option<(u32, u32, u32)>) -> Resolutions {
        let range = range.map(|(min, max, step)| StepRange { min, max, step });
        Resolutions { discrete: discrete.to_vec(), range }
    }

    #[test]
    fn the_nearest_resolution_is_the_finer_of_two() {
        for (offered, asked, limit, nearest) in [
            (resolutions(&[75, 150, 300, 600], None), 300, u32::MAX, Some(300)),
            (resolutions(&[200, 400], None), 300, u32::MAX, Some(400)),
            (resolutions(&[200, 400], None), 300, 300, Some(200)),
            (resolutions(&[600], None), 300, 300, None),
            (resolutions(&[], None), 300, u32::MAX, None),
            (resolutions(&[], Some((75, 600, 75))), 300, u32::MAX, Some(300)),
            (resolutions(&[], Some((75, 600, 75))), 290, u32::MAX, Some(300)),
            (resolutions(&[], Some((75, 600, 75))), 9_999, 500, Some(450)),
            (resolutions(&[], Some((75, 600, 75))), 0, u32::MAX, Some(75)),
            (resolutions(&[200], Some((75, 600, 10))), 201, u32::MAX, Some(200)),
        ] {
            assert_eq!(offered.nearest(asked, limit), nearest, "{offered:?} {asked} {limit}");
        }
        assert!(resolutions(&[], None).offers(300), "a scanner that lists nothing is believed");
    }

    proptest! {
        #[test]
        fn the_nearest_is_offered_and_nothing_is_nearer(
            min in 1u32..1_000, span in 0u32..1_000, step in 1u32..200, dpi in 0u32..2_500, limit in 0u32..2_500,
        ) {
            let range = StepRange { min, max: min + span, step };
            let offered: Vec<u32> = (min..=min + span).step_by(step as usize).filter(|v| *v <= limit).collect();
            match range.nearest(dpi.min(limit), limit) {
                None => prop_assert!(offered.is_empty()),
                Some(found) => {
                    prop_assert!(offered.contains(&found));
                    let best = offered.iter().map(|v| v.abs_diff(dpi)).min();
                    prop_assert_eq!(Some(found.abs_diff(dpi)), best);
                }
            }
        }
    }
}
