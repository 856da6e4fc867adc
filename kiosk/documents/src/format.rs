//! The kinds of file that pages become.

use std::path::Path;

/// What a material comes out as: always one file, so that it has one digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Format {
    /// One PDF/A-2b (ISO 19005-2).
    #[default]
    Pdf,
    /// One OFD of images (GB/T 33190).
    Ofd,
    /// The pages themselves: one as the JPEG file that it is, several in a ZIP archive.
    Jpeg,
}

impl Format {
    /// The format that the ending of a file's name tells, in letters of either case: `pdf`, `ofd`, and
    /// for JPEG pages `jpg`, `jpeg` or `zip`.
    pub fn of_name(name: &Path) -> Option<Self> {
        let ending = name.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "pdf" => Some(Self::Pdf),
            "ofd" => Some(Self::Ofd),
            "jpg" | "jpeg" | "zip" => Some(Self::Jpeg),
            _ => None,
        }
    }

    /// The media type of a document of so many pages.
    pub fn media_type(self, pages: usize) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Ofd => "application/ofd",
            Self::Jpeg if pages == 1 => "image/jpeg",
            Self::Jpeg => "application/zip",
        }
    }

    /// What the name of a document of so many pages ends in, without the dot.
    pub fn ending(self, pages: usize) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Ofd => "ofd",
            Self::Jpeg if pages == 1 => "jpg",
            Self::Jpeg => "zip",
        }
    }

    /// Whether a document of so many pages may have this name.
    pub(crate) fn fits(self, name: &Path, pages: usize) -> bool {
        let is_archive = name.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip"));
        Self::of_name(name) == Some(self) && is_archive == (self.ending(pages) == "zip")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_formats() {
        for (name, format) in [
            ("a.pdf", Some(Format::Pdf)),
            ("dir.pdf/b.OFD", Some(Format::Ofd)),
            ("c.jpeg", Some(Format::Jpeg)),
            ("d.zip", Some(Format::Jpeg)),
            ("e.png", None),
            ("pdf", None),
            (".pdf", None),
            ("", None),
        ] {
            assert_eq!(Format::of_name(Path::new(name)), format, "{name}");
        }
    }

    #[test]
    fn what_a_format_says_of_itself_agrees() {
        for format in [Format::Pdf, Format::Ofd, Format::Jpeg] {
            for pages in [1, 2, 999] {
                let name = format!("material.{}", format.ending(pages));
                assert!(format.fits(Path::new(&name), pages), "{name}");
                assert!(format.media_type(pages).ends_with(match format.ending(pages) {
                    "jpg" => "/jpeg",
                    ending => ending,
                }));
            }
        }
        assert!(!Format::Jpeg.fits(Path::new("a.jpg"), 2));
        assert!(!Format::Jpeg.fits(Path::new("a.zip"), 1));
        assert!(!Format::Pdf.fits(Path::new("a.ofd"), 1));
    }
}
