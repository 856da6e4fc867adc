//! `ScanImageInfo`: what the last image of a job looks like, and `ScanBufferInfo`: what an image with
//! given settings would look like (Mopria eSCL, ScanImageInfo and ScanBufferInfo).

use crate::xml::{Element, XmlError};

/// The last image of a job as the scanner made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanImageInfo {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Bytes of one line before compression.
    pub bytes_per_line: Option<u32>,
    /// Whether the scanner takes the page for blank; `None` when it does not look.
    pub blank: Option<bool>,
}

/// An image with given settings, before it is scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanBufferInfo {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Bytes of one line before compression.
    pub bytes_per_line: Option<u32>,
}

impl ScanImageInfo {
    /// Reads a `ScanImageInfo` document of at most [`crate::MAX_XML_BYTES`].
    ///
    /// # Errors
    /// [`XmlError`] when the bytes are no such document or name no size.
    pub fn parse(xml: &[u8]) -> Result<Self, XmlError> {
        let root = Element::document(xml, "ScanImageInfo")?;
        Ok(Self {
            width: root.number("ActualWidth").ok_or(XmlError::Missing("ActualWidth"))?,
            height: root.number("ActualHeight").ok_or(XmlError::Missing("ActualHeight"))?,
            bytes_per_line: root.number("ActualBytesPerLine"),
            blank: root.flag("BlankPageDetected"),
        })
    }
}

impl ScanBufferInfo {
    /// Reads a `ScanBufferInfo` document of at most [`crate::MAX_XML_BYTES`].
    ///
    /// # Errors
    /// [`XmlError`] when the bytes are no such document or name no size.
    pub fn parse(xml: &[u8]) -> Result<Self, XmlError> {
        let root = Element::document(xml, "ScanBufferInfo")?;
        Ok(Self {
            width: root.number("ImageWidth").ok_or(XmlError::Missing("ImageWidth"))?,
            height: root.number("ImageHeight").ok_or(XmlError::Missing("ImageHeight"))?,
            bytes_per_line: root.number("BytesPerLine"),
        })
    }

    /// Bytes of the image before compression; `None` when the scanner does not say.
    pub fn bytes(&self) -> Option<u64> {
        Some(u64::from(self.bytes_per_line?).saturating_mul(self.height.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_and_an_estimate() {
        let xml = "<s:ScanImageInfo xmlns:s='s'><s:ActualWidth>2480</s:ActualWidth><s:ActualHeight>3508\
            </s:ActualHeight><s:ActualBytesPerLine>7440</s:ActualBytesPerLine>\
            <s:BlankPageDetected>true</s:BlankPageDetected></s:ScanImageInfo>";
        let info = ScanImageInfo { width: 2480, height: 3508, bytes_per_line: Some(7440), blank: Some(true) };
        assert_eq!(ScanImageInfo::parse(xml.as_bytes()), Ok(info));
        let xml = "<ScanBufferInfo><ImageWidth>10</ImageWidth><ImageHeight>20</ImageHeight>\
            <BytesPerLine>30</BytesPerLine></ScanBufferInfo>";
        assert_eq!(ScanBufferInfo::parse(xml.as_bytes()).unwrap().bytes(), Some(600));
        let short = ScanImageInfo::parse(b"<ScanImageInfo><ActualWidth>-1</ActualWidth></ScanImageInfo>");
        assert_eq!(short, Err(XmlError::Missing("ActualWidth")));
        assert!(ScanBufferInfo::parse(b"<ScanImageInfo/>").is_err());
    }
}
