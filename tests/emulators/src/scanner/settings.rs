//! `scan:ScanSettings` as a client posts it (eSCL 2.63; protocols.md, section 4.1), parsed into what
//! this scanner can do.

use quick_xml::events::Event;
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;
use thiserror::Error;

/// Namespace of the `scan:` elements.
pub(super) const SCAN: &str = "http://schemas.hp.com/imaging/escl/2011/05/03";
/// Namespace of the `pwg:` elements.
pub(super) const PWG: &str = "http://www.pwg.org/schemas/2010/12/sm";
/// A4 in units of 1/300 inch: the largest region on glass and feeder.
pub(super) const A4: (u32, u32) = (2480, 3508);
/// The smallest region, units of 1/300 inch.
pub(super) const SMALLEST: u32 = 32;
/// Resolutions the sensor is driven at, dots per inch.
pub(super) const RESOLUTIONS: [u32; 4] = [75, 150, 300, 600];

/// More XML than this in one request is refused before it is parsed.
pub(super) const MOST_XML: usize = 64 * 1024;
const DEEPEST: usize = 16;
const MOST_EVENTS: usize = 2_000;

/// Where the paper lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Platen,
    Feeder { duplex: bool },
}

/// Colour modes offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Colour {
    /// Grayscale8
    Grey,
    /// RGB24
    Rgb,
}

/// A rectangle of the A4 area, units of 1/300 inch, wholly inside [`A4`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Region {
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Region {
    /// The whole A4 area.
    #[cfg(test)]
    pub(super) const WHOLE: Self = Self { x: 0, y: 0, width: A4.0, height: A4.1 };
}

/// What the image of one page shall look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Look {
    pub(super) dpi: u32,
    pub(super) colour: Colour,
    pub(super) region: Region,
}

/// Settings this scanner can carry out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Settings {
    /// `None`: the client leaves the choice to the scanner (feeder when loaded, else glass).
    pub(super) source: Option<Source>,
    pub(super) look: Look,
}

/// Why settings are refused.
#[derive(Debug, Error, PartialEq, Eq)]
pub(super) enum Refused {
    /// Not ScanSettings at all: status 400.
    #[error("scan settings are not understood: {0}")]
    Bad(String),
    /// Understood, but not possible on this scanner: status 409.
    #[error("scan settings are not possible: {0}")]
    Impossible(&'static str),
}

#[derive(Default)]
struct Texts {
    version: Option<String>,
    regions: usize,
    units: Option<String>,
    x: Option<String>,
    y: Option<String>,
    width: Option<String>,
    height: Option<String>,
    source: Option<String>,
    colour: Option<String>,
    format: Option<String>,
    format_ext: Option<String>,
    x_dpi: Option<String>,
    y_dpi: Option<String>,
    duplex: Option<String>,
}

impl Texts {
    fn slot(&mut self, namespace: &str, name: &str) -> Option<&mut Option<String>> {
        Some(match (namespace, name) {
            (PWG, "Version") => &mut self.version,
            (PWG, "ContentRegionUnits") => &mut self.units,
            (PWG, "XOffset") => &mut self.x,
            (PWG, "YOffset") => &mut self.y,
            (PWG, "Width") => &mut self.width,
            (PWG, "Height") => &mut self.height,
            (PWG, "InputSource") => &mut self.source,
            (SCAN, "ColorMode") => &mut self.colour,
            (PWG, "DocumentFormat") => &mut self.format,
            (SCAN, "DocumentFormatExt") => &mut self.format_ext,
            (SCAN, "XResolution") => &mut self.x_dpi,
            (SCAN, "YResolution") => &mut self.y_dpi,
            (SCAN, "Duplex") => &mut self.duplex,
            _ => return None,
        })
    }
}

/// Parses a posted body.
pub(super) fn parse(body: &[u8]) -> Result<Settings, Refused> {
    if body.len() > MOST_XML {
        return Err(Refused::Bad("too long".to_owned()));
    }
    let text = std::str::from_utf8(body).map_err(|_| Refused::Bad("not UTF-8".to_owned()))?;
    judge(&collect(text)?)
}

fn collect(text: &str) -> Result<Texts, Refused> {
    let mut reader = NsReader::from_str(text);
    let mut path: Vec<(String, String)> = Vec::new();
    let mut texts = Texts::default();
    let mut seen_root = false;
    for _ in 0..MOST_EVENTS {
        let (resolved, event) =
            reader.read_resolved_event().map_err(|error| Refused::Bad(error.to_string()))?;
        let namespace = match resolved {
            ResolveResult::Bound(namespace) => namespace.0.to_owned(),
            ResolveResult::Unbound => String::new(),
            ResolveResult::Unknown(_) => {
                return Err(Refused::Bad("an undeclared namespace prefix".to_owned()));
            }
        };
        match event {
            Event::Start(element) => {
                let name = element.local_name().as_ref().to_owned();
                if path.is_empty() {
                    if seen_root || namespace != SCAN || name != "ScanSettings" {
                        return Err(Refused::Bad("the root is not ScanSettings".to_owned()));
                    }
                    seen_root = true;
                }
                if (namespace.as_str(), name.as_str()) == (PWG, "ScanRegion") {
                    texts.regions += 1;
                }
                if path.len() >= DEEPEST {
                    return Err(Refused::Bad("nested too deeply".to_owned()));
                }
                path.push((namespace, name));
            }
            Event::End(_) => {
                path.pop();
            }
            Event::Text(content) => {
                if let Some((namespace, name)) = path.last()
                    && let Some(slot) = texts.slot(namespace, name)
                {
                    slot.get_or_insert_default().push_str(content.xml10_content().trim());
                }
            }
            // No setting needs a document type or an entity: both are only ways to do harm.
            Event::DocType(_) | Event::GeneralRef(_) => {
                return Err(Refused::Bad("document types and entities are not accepted".to_owned()));
            }
            Event::Eof if seen_root && path.is_empty() => return Ok(texts),
            Event::Eof => return Err(Refused::Bad("the text ends too early".to_owned())),
            _ => {}
        }
    }
    Err(Refused::Bad("too many elements".to_owned()))
}

fn number(text: &Option<String>, otherwise: u32) -> Result<u32, Refused> {
    match text {
        None => Ok(otherwise),
        Some(text) => text.parse().map_err(|_| Refused::Bad("a number was expected".to_owned())),
    }
}

fn judge(texts: &Texts) -> Result<Settings, Refused> {
    if texts.version.as_deref().is_none_or(str::is_empty) {
        return Err(Refused::Bad("pwg:Version is missing".to_owned()));
    }
    if texts.regions > 1 {
        return Err(Refused::Impossible("more than one scan region"));
    }
    let region = Region {
        x: number(&texts.x, 0)?,
        y: number(&texts.y, 0)?,
        width: number(&texts.width, A4.0)?,
        height: number(&texts.height, A4.1)?,
    };
    let x_dpi = number(&texts.x_dpi, 300)?;
    let y_dpi = number(&texts.y_dpi, x_dpi)?;
    let duplex = match texts.duplex.as_deref() {
        None | Some("false" | "0") => false,
        Some("true" | "1") => true,
        Some(_) => return Err(Refused::Bad("scan:Duplex is neither true nor false".to_owned())),
    };
    if texts.units.as_deref().is_some_and(|units| units != "escl:ThreeHundredthsOfInches") {
        return Err(Refused::Impossible("region units other than 1/300 inch"));
    }
    let fits = |offset: u32, size: u32, most: u32| {
        size >= SMALLEST && offset.checked_add(size).is_some_and(|end| end <= most)
    };
    if !fits(region.x, region.width, A4.0) || !fits(region.y, region.height, A4.1) {
        return Err(Refused::Impossible("a region outside A4"));
    }
    if x_dpi != y_dpi || !RESOLUTIONS.contains(&x_dpi) {
        return Err(Refused::Impossible("a resolution that is not offered"));
    }
    let format = texts.format_ext.as_deref().or(texts.format.as_deref());
    if format.is_some_and(|format| format != "image/jpeg") {
        return Err(Refused::Impossible("a document format other than image/jpeg"));
    }
    let colour = match texts.colour.as_deref() {
        Some("Grayscale8") => Colour::Grey,
        None | Some("RGB24") => Colour::Rgb,
        Some(_) => return Err(Refused::Impossible("a colour mode that is not offered")),
    };
    let source = match (texts.source.as_deref(), duplex) {
        (None, false) => None,
        (Some("Platen"), false) => Some(Source::Platen),
        (Some("Feeder"), duplex) | (None, duplex) => Some(Source::Feeder { duplex }),
        (Some("Platen"), true) => return Err(Refused::Impossible("duplex on the glass")),
        (Some(_), _) => return Err(Refused::Impossible("an input source that does not exist")),
    };
    Ok(Settings { source, look: Look { dpi: x_dpi, colour, region } })
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
