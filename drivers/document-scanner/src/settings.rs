//! `ScanSettings`: what a job asks for (Mopria eSCL, ScanSettings).

use std::path::PathBuf;

use crate::capabilities::{Capabilities, ColorMode, InputCaps};
use crate::error::Fault;

/// A4 in 1/300 inch, the unit of scan regions: 210 × 297 mm.
const A4: (u32, u32) = (2480, 3508);

/// The only format asked for: every eSCL scanner must offer it.
const JPEG: &str = "image/jpeg";

/// What to scan and where to put it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Where the paper is.
    pub source: Source,
    /// Resolution in dots per inch.
    pub dpi: u32,
    /// Colour or grey.
    pub color: Color,
    /// An existing folder; pages become `page-NNN.jpg` in it.
    pub dir: PathBuf,
    /// The number of the first page, at least 1, so that a later scan carries on where one stopped.
    pub first_page: u32,
}

impl Request {
    /// Pages in colour at 300 dots per inch, numbered from 1.
    pub fn new(source: Source, dir: impl Into<PathBuf>) -> Self {
        Self { source, dpi: 300, color: Color::Rgb24, dir: dir.into(), first_page: 1 }
    }
}

/// Where the paper is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// In the document feeder, any number of sheets, one side each.
    Feeder,
    /// On the glass, one page.
    Flatbed,
}

/// Colour mode of a scan; the two that fit into JPEG.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// 8 bits of each colour.
    Rgb24,
    /// 8 bits of grey.
    Grayscale8,
}

/// The `ScanSettings` document for a request to a scanner with these capabilities.
///
/// The region is A4, or as much of it as the source can take.
///
/// # Errors
/// [`Fault::Unsupported`] when the scanner does not offer what is asked.
pub(crate) fn scan_settings(request: &Request, caps: &Capabilities) -> Result<String, Fault> {
    let input = input_caps(request.source, caps)?;
    check(request, input)?;
    let width = input.max_width.map_or(A4.0, |max| A4.0.min(max));
    let height = input.max_height.map_or(A4.1, |max| A4.1.min(max));
    let version = &caps.version;
    let intent = if input.intents.iter().any(|i| i == "Document") {
        "<scan:Intent>Document</scan:Intent>"
    } else {
        ""
    };
    let source = match request.source {
        Source::Feeder => "Feeder",
        Source::Flatbed => "Platen",
    };
    let mode = match request.color {
        Color::Rgb24 => "RGB24",
        Color::Grayscale8 => "Grayscale8",
    };
    let format_ext = if version.is_at_least(2, 1) {
        format!("<scan:DocumentFormatExt>{JPEG}</scan:DocumentFormatExt>")
    } else {
        String::new()
    };
    let duplex = match request.source {
        Source::Feeder => "<scan:Duplex>false</scan:Duplex>",
        Source::Flatbed => "",
    };
    let dpi = request.dpi;
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <scan:ScanSettings xmlns:scan=\"http://schemas.hp.com/imaging/escl/2011/05/03\" \
         xmlns:pwg=\"http://www.pwg.org/schemas/2010/12/sm\">\
         <pwg:Version>{version}</pwg:Version>{intent}\
         <pwg:ScanRegions><pwg:ScanRegion>\
         <pwg:ContentRegionUnits>escl:ThreeHundredthsOfInches</pwg:ContentRegionUnits>\
         <pwg:XOffset>0</pwg:XOffset><pwg:YOffset>0</pwg:YOffset>\
         <pwg:Width>{width}</pwg:Width><pwg:Height>{height}</pwg:Height>\
         </pwg:ScanRegion></pwg:ScanRegions>\
         <pwg:InputSource>{source}</pwg:InputSource>\
         <scan:ColorMode>{mode}</scan:ColorMode>\
         <pwg:DocumentFormat>{JPEG}</pwg:DocumentFormat>{format_ext}\
         <scan:XResolution>{dpi}</scan:XResolution><scan:YResolution>{dpi}</scan:YResolution>\
         {duplex}</scan:ScanSettings>"
    ))
}

fn input_caps(source: Source, caps: &Capabilities) -> Result<&InputCaps, Fault> {
    let (input, what) = match source {
        Source::Feeder => (caps.feeder.as_ref().map(|f| &f.simplex), "a document feeder"),
        Source::Flatbed => (caps.platen.as_ref(), "a flatbed"),
    };
    input.ok_or_else(|| Fault::Unsupported { what: what.into() })
}

fn check(request: &Request, input: &InputCaps) -> Result<(), Fault> {
    let unsupported = |what: String| Err(Fault::Unsupported { what });
    let mode = match request.color {
        Color::Rgb24 => ColorMode::Rgb24,
        Color::Grayscale8 => ColorMode::Grayscale8,
    };
    if !input.resolutions.offers(request.dpi) {
        return unsupported(format!("{} dots per inch", request.dpi));
    }
    if !input.offers_mode(mode) {
        return unsupported(format!("the colour mode {mode:?}"));
    }
    if !input.offers_format(JPEG) {
        return unsupported("JPEG documents".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capabilities::tests::SAMPLE;
    use crate::xml::Element;

    fn caps(version: &str) -> Capabilities {
        Capabilities::parse(SAMPLE.replace("2.63", version).as_bytes()).unwrap()
    }

    #[test]
    fn the_default_is_a4_in_colour_at_300() {
        let xml = scan_settings(&Request::new(Source::Feeder, "/x"), &caps("2.63")).unwrap();
        let root = Element::document(xml.as_bytes(), "ScanSettings").unwrap();
        let region = root.at(&["ScanRegions", "ScanRegion"]).unwrap();
        assert_eq!((region.number("Width"), region.number("Height")), (Some(2480), Some(3508)));
        for (name, text) in [
            ("Version", "2.63"),
            ("Intent", "Document"),
            ("InputSource", "Feeder"),
            ("ColorMode", "RGB24"),
            ("DocumentFormat", "image/jpeg"),
            ("DocumentFormatExt", "image/jpeg"),
            ("XResolution", "300"),
            ("YResolution", "300"),
            ("Duplex", "false"),
        ] {
            assert_eq!(root.words(name).as_deref(), Some(text), "{name}");
        }
    }

    #[test]
    fn the_glass_is_shorter_than_a4_and_old_versions_lack_the_extension() {
        let xml = scan_settings(&Request::new(Source::Flatbed, "/x"), &caps("2.0")).unwrap();
        let root = Element::document(xml.as_bytes(), "ScanSettings").unwrap();
        let region = root.at(&["ScanRegions", "ScanRegion"]).unwrap();
        assert_eq!(region.number("Height"), Some(3300));
        assert_eq!(root.words("InputSource").as_deref(), Some("Platen"));
        assert!(root.child("DocumentFormatExt").is_none() && root.child("Duplex").is_none());
    }

    #[test]
    fn what_the_scanner_lacks_is_named() {
        let feeder = Request::new(Source::Feeder, "/x");
        let flatbed = Request::new(Source::Flatbed, "/x");
        for (request, caps, what) in [
            (Request { dpi: 600, ..feeder.clone() }, caps("2.63"), "600 dots per inch"),
            (
                Request { color: Color::Grayscale8, ..flatbed.clone() },
                caps("2.63"),
                "the colour mode Grayscale8",
            ),
            (feeder, Capabilities { feeder: None, ..caps("2.63") }, "a document feeder"),
            (flatbed, Capabilities { platen: None, ..caps("2.63") }, "a flatbed"),
        ] {
            let fault = scan_settings(&request, &caps).unwrap_err();
            assert_eq!(fault, Fault::Unsupported { what: what.into() });
        }
    }
}
