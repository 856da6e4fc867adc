//! `ScanSettings`: what a job asks for (Mopria eSCL, ScanSettings).

use std::fmt;
use std::path::PathBuf;

use crate::capabilities::Capabilities;
use crate::error::Fault;
use crate::input_caps::{ColorMode, InputCaps, Intent};
use crate::profile::Profile;

/// The only format asked for: every eSCL scanner must offer it.
const JPEG: &str = "image/jpeg";

/// What to scan and where to put it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Where the paper is.
    pub source: Source,
    /// Resolution in dots per inch; the nearest that is offered is taken and said.
    pub dpi: u32,
    /// Colour or grey.
    pub color: Color,
    /// How large the paper is.
    pub size: Size,
    /// An existing folder; pages become `page-NNN.jpg` in it.
    pub dir: PathBuf,
    /// The number of the first page, at least 1, so that a later scan carries on where one stopped.
    pub first_page: u32,
    /// Stop after one page, and leave the other sheets in the feeder as far as the scanner lets them lie.
    pub one_page: bool,
}

impl Request {
    /// A4 pages in colour at 300 dots per inch, numbered from 1.
    pub fn new(source: Source, dir: impl Into<PathBuf>) -> Self {
        let dir = dir.into();
        Self { source, dpi: 300, color: Color::Rgb24, size: Size::A4, dir, first_page: 1, one_page: false }
    }
}

/// Where the paper is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// In the document feeder, any number of sheets, one side each.
    Feeder,
    /// In the document feeder, any number of sheets, front and back of each.
    FeederDuplex,
    /// On the glass, one page.
    Flatbed,
}

impl Source {
    /// Whether the paper is in the feeder.
    pub fn is_feeder(self) -> bool {
        match self {
            Self::Feeder | Self::FeederDuplex => true,
            Self::Flatbed => false,
        }
    }
}

/// Colour mode of a scan; the two that fit into JPEG.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// 8 bits of each colour.
    Rgb24,
    /// 8 bits of grey.
    Grayscale8,
}

/// How large the paper is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 210 × 297 mm.
    A4,
    /// As much as the source can take.
    Full,
    /// An identity or bank card: 85.60 × 53.98 mm (ISO/IEC 7810, ID-1).
    Card,
}

impl Size {
    /// Width and height in 1/300 inch, rounded up but for A4, which scanners know as 2480 × 3508.
    pub(crate) fn region(self) -> Option<(u32, u32)> {
        match self {
            Self::A4 => Some((2480, 3508)),
            Self::Full => None,
            Self::Card => Some((1012, 638)),
        }
    }
}

/// What a job asks of the scanner, after the request was held against its capabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// Where the paper is.
    pub source: Source,
    /// Resolution in dots per inch.
    pub dpi: u32,
    /// Colour mode.
    pub color: Color,
    /// Width of the region in 1/300 inch; `None` when the scanner names no largest one, and then the
    /// scanner decides.
    pub width: Option<u32>,
    /// Height of the region in 1/300 inch; `None` as for the width.
    pub height: Option<u32>,
}

impl fmt::Display for Settled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match self.source {
            Source::Feeder => "feeder",
            Source::FeederDuplex => "feeder, both sides",
            Source::Flatbed => "glass",
        };
        let color = match self.color {
            Color::Rgb24 => "colour",
            Color::Grayscale8 => "grey",
        };
        write!(f, "{source}, {color}, {} dots per inch", self.dpi)
    }
}

/// Settles a request with a scanner of these capabilities.
///
/// # Errors
/// [`Fault::Unsupported`] when the scanner does not offer what is asked.
pub(crate) fn settle(request: &Request, caps: &Capabilities, profile: &Profile) -> Result<Settled, Fault> {
    let input = input_caps(request.source, caps)?;
    let mode = mode(request.color);
    let unsupported = |what: String| Err(Fault::Unsupported { what });
    if !input.offers_mode(&mode) {
        return unsupported(format!("the colour mode {mode:?}"));
    }
    if !input.offers_format(JPEG) {
        return unsupported("JPEG documents".into());
    }
    let Some(offering) = input.offering(&mode, JPEG) else {
        return unsupported(format!("JPEG documents in the colour mode {mode:?}"));
    };
    // A scanner that lists no resolution is believed to offer what is asked.
    let limit = profile.max_dpi.unwrap_or(u32::MAX);
    let dpi = if offering.iter().all(|offer| offer.resolutions.is_unlisted()) {
        request.dpi.min(limit)
    } else {
        let nearest = offering.iter().filter_map(|offer| offer.resolutions.nearest(request.dpi, limit));
        match nearest.min_by_key(|dpi| (dpi.abs_diff(request.dpi), u32::MAX - dpi)) {
            Some(dpi) => dpi,
            None => return unsupported(format!("a resolution of at most {limit} dots per inch")),
        }
    };
    if dpi == 0 {
        return unsupported("a resolution of 0 dots per inch".into());
    }
    let (width, height) = match request.size.region() {
        None => (input.max_width, input.max_height),
        Some((width, height)) => (
            Some(within(width, input.min_width, input.max_width)),
            Some(within(height, input.min_height, input.max_height)),
        ),
    };
    Ok(Settled { source: request.source, dpi, color: request.color, width, height })
}

/// The length nearest to `wanted` that the scanner can take.
fn within(wanted: u32, min: Option<u32>, max: Option<u32>) -> u32 {
    wanted.max(min.unwrap_or(0)).min(max.unwrap_or(u32::MAX))
}

/// The `ScanSettings` document for what was settled with a scanner of these capabilities.
pub(crate) fn scan_settings(settled: &Settled, caps: &Capabilities) -> Result<String, Fault> {
    let input = input_caps(settled.source, caps)?;
    let version = &caps.version;
    let (source, duplex) = match settled.source {
        Source::Feeder => ("Feeder", "<scan:Duplex>false</scan:Duplex>"),
        Source::FeederDuplex => ("Feeder", "<scan:Duplex>true</scan:Duplex>"),
        Source::Flatbed => ("Platen", ""),
    };
    let mode = match settled.color {
        Color::Rgb24 => "RGB24",
        Color::Grayscale8 => "Grayscale8",
    };
    let region = match (settled.width, settled.height) {
        (Some(width), Some(height)) => format!(
            "<pwg:ScanRegions><pwg:ScanRegion>\
             <pwg:ContentRegionUnits>escl:ThreeHundredthsOfInches</pwg:ContentRegionUnits>\
             <pwg:XOffset>0</pwg:XOffset><pwg:YOffset>0</pwg:YOffset>\
             <pwg:Width>{width}</pwg:Width><pwg:Height>{height}</pwg:Height>\
             </pwg:ScanRegion></pwg:ScanRegions>"
        ),
        _ => String::new(),
    };
    let when = |wanted: bool, element: &'static str| if wanted { element } else { "" };
    let intent = when(input.intents.contains(&Intent::Document), "<scan:Intent>Document</scan:Intent>");
    let format_ext =
        when(version.is_at_least(2, 1), "<scan:DocumentFormatExt>image/jpeg</scan:DocumentFormatExt>");
    // Every side is kept, so that sides can be counted; which of them is blank is only asked.
    let detection = when(caps.detects_blank_pages, "<scan:BlankPageDetection>true</scan:BlankPageDetection>");
    let removal = when(
        caps.removes_blank_pages,
        "<scan:BlankPageDetectionAndRemoval>false</scan:BlankPageDetectionAndRemoval>",
    );
    let dpi = settled.dpi;
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <scan:ScanSettings xmlns:scan=\"http://schemas.hp.com/imaging/escl/2011/05/03\" \
         xmlns:pwg=\"http://www.pwg.org/schemas/2010/12/sm\">\
         <pwg:Version>{version}</pwg:Version>{intent}{region}\
         <pwg:InputSource>{source}</pwg:InputSource>\
         <scan:ColorMode>{mode}</scan:ColorMode>\
         <pwg:DocumentFormat>{JPEG}</pwg:DocumentFormat>{format_ext}\
         <scan:XResolution>{dpi}</scan:XResolution><scan:YResolution>{dpi}</scan:YResolution>\
         {duplex}{detection}{removal}</scan:ScanSettings>"
    ))
}

fn mode(color: Color) -> ColorMode {
    match color {
        Color::Rgb24 => ColorMode::Rgb24,
        Color::Grayscale8 => ColorMode::Grayscale8,
    }
}

fn input_caps(source: Source, caps: &Capabilities) -> Result<&InputCaps, Fault> {
    let (input, what) = match source {
        Source::Feeder => (caps.feeder.as_ref().map(|f| &f.simplex), "a document feeder"),
        Source::FeederDuplex => (
            caps.feeder.as_ref().and_then(|f| f.duplex.as_ref()),
            if caps.feeder.is_some() { "both sides of a sheet" } else { "a document feeder" },
        ),
        Source::Flatbed => (caps.platen.as_ref(), "a flatbed"),
    };
    input.ok_or_else(|| Fault::Unsupported { what: what.into() })
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
