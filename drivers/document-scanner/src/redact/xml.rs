//! XML documents.

use super::head::address;

/// Elements whose text the driver reads, or that say what a scanner can do; none of them names the
/// device itself.
const KEPT: &[&str] = &[
    "Version",
    "MakeAndModel",
    "Manufacturer",
    "State",
    "AdfState",
    "Age",
    "ImagesCompleted",
    "ImagesToTransfer",
    "TransferRetryCount",
    "JobState",
    "JobStateReason",
    "JobUuid",
    "MinWidth",
    "MaxWidth",
    "MinHeight",
    "MaxHeight",
    "MaxOpticalXResolution",
    "MaxOpticalYResolution",
    "MaxScanRegions",
    "ColorMode",
    "DocumentFormat",
    "DocumentFormatExt",
    "XResolution",
    "YResolution",
    "Min",
    "Max",
    "Normal",
    "Step",
    "Intent",
    "SupportedIntent",
    "SupportedEdge",
    "FeedDirection",
    "FeederCapacity",
    "AdfOption",
    "XImagePosition",
    "YImagePosition",
    "BlankPageDetection",
    "BlankPageDetectionAndRemoval",
    "ActualWidth",
    "ActualHeight",
    "ActualBytesPerLine",
    "BlankPageDetected",
    "ImageWidth",
    "ImageHeight",
    "BytesPerLine",
    "ContentRegionUnits",
    "XOffset",
    "YOffset",
    "Width",
    "Height",
    "InputSource",
    "Duplex",
];

/// Elements that hold an address; only its host is made synthetic.
const ADDRESSES: &[&str] = &["JobUri", "AdminURI", "IconURI"];

/// Makes a document safe: text of elements that the driver does not read becomes synthetic, letter for
/// letter and digit for digit.
pub(crate) fn redact(text: &mut [u8]) {
    let mut at = 0;
    let mut element = String::new();
    while at < text.len() {
        let rest = text.get(at..).unwrap_or_default();
        let (length, kind) = if rest.starts_with(b"<!--") {
            (through(rest, b"-->"), Kind::Comment)
        } else if rest.starts_with(b"<![CDATA[") {
            (through(rest, b"]]>"), Kind::CData)
        } else if rest.starts_with(b"<?") {
            (through(rest, b"?>"), Kind::Tag)
        } else if rest.starts_with(b"<") {
            (through(rest, b">"), Kind::Tag)
        } else {
            (rest.iter().position(|byte| *byte == b'<').unwrap_or(rest.len()), Kind::Text)
        };
        let piece = text.get_mut(at..at + length).unwrap_or_default();
        match kind {
            Kind::Comment => synthetic(inner(piece, 4, 3)),
            Kind::CData => content(&element, inner(piece, 9, 3)),
            Kind::Text => content(&element, piece),
            Kind::Tag => {
                element = local_name(piece);
                attributes(piece);
            }
        }
        at += length.max(1);
    }
}

enum Kind {
    Comment,
    CData,
    Tag,
    Text,
}

fn content(element: &str, text: &mut [u8]) {
    if ADDRESSES.contains(&element) {
        address(text);
    } else if !KEPT.contains(&element) {
        synthetic(text);
    }
}

/// The length through the first `end`, or all.
fn through(text: &[u8], end: &[u8]) -> usize {
    text.windows(end.len()).position(|window| window == end).map_or(text.len(), |at| at + end.len())
}

fn inner(piece: &mut [u8], before: usize, after: usize) -> &mut [u8] {
    let end = piece.len().saturating_sub(after);
    piece.get_mut(before..end).unwrap_or_default()
}

fn local_name(tag: &[u8]) -> String {
    let name = tag.get(1..).unwrap_or_default();
    let end = name.iter().position(|b| b.is_ascii_whitespace() || b"/>".contains(b)).unwrap_or(name.len());
    let name = String::from_utf8_lossy(name.get(..end).unwrap_or_default());
    name.rsplit(':').next().unwrap_or_default().to_owned()
}

/// Blanks the values of attributes, but for those of namespaces, names and versions.
fn attributes(tag: &mut [u8]) {
    let mut quote = None;
    let mut name: Vec<u8> = Vec::new();
    for byte in tag {
        match quote {
            Some(end) if *byte == end => {
                quote = None;
                name.clear();
            }
            Some(_) => {
                let kept = name.starts_with(b"xmlns")
                    || [&b"name"[..], b"ref", b"version", b"encoding"].contains(&&name[..]);
                if !kept && byte.is_ascii_alphanumeric() {
                    *byte = b'x';
                }
            }
            None if *byte == b'"' || *byte == b'\'' => quote = Some(*byte),
            None if byte.is_ascii_whitespace() => name.clear(),
            None if *byte != b'=' && name.len() < 32 => name.push(*byte),
            None => {}
        }
    }
}

fn synthetic(text: &mut [u8]) {
    let mut entity = false;
    for byte in text {
        entity = *byte == b'&' || entity && *byte != b';';
        match *byte {
            _ if entity => {}
            b'0'..=b'9' => *byte = b'0',
            b'a'..=b'z' => *byte = b'x',
            b'A'..=b'Z' => *byte = b'X',
            0x80.. => *byte = b'x',
            _ => {}
        }
    }
}
