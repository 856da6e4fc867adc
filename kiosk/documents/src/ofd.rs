//! Pages into one OFD of images (GB/T 33190-2016): a ZIP archive of five kinds of small XML files and
//! the images as they are.
//!
//! Lengths are in millimetres, from the upper left corner to the right and down. An image fills a square
//! of one unit that lies the same way, and a matrix lays that square onto the page.

use std::fmt::{self, Display, Formatter};
use std::fs::File;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::archive::Archive;
use crate::assemble::{Built, PageRef};
use crate::error::PageError;
use crate::meta::Meta;
use crate::page::Page;
use crate::quarter::Quarter;
use crate::xml::escaped;

/// Writes the document to `file` and returns it with what was written; `out` names it in errors.
pub(crate) fn write(
    pages: &[PageRef],
    file: File,
    out: &Path,
    meta: &Meta,
) -> Result<(File, Built), PageError> {
    let mut archive = Archive::new(file, out, meta.created());
    let mut identifier = Sha256::new();
    identifier.update(meta.id_seed());
    let mut leaves = vec![];
    for (number, page) in pages.iter().enumerate() {
        let page = Page::open(page)?;
        let leaf = Leaf::of(number, &page);
        archive.add_page(&format!("Doc_0/Res/{}", leaf.image), page, |piece| identifier.update(piece))?;
        archive.add(&format!("Doc_0/{}", leaf.content), leaf.content_xml().as_bytes())?;
        leaves.push(leaf);
    }
    archive.add("Doc_0/DocumentRes.xml", resources(&leaves).as_bytes())?;
    archive.add("Doc_0/Document.xml", document(&leaves).as_bytes())?;
    // Last, for only now it is known what identifies the document.
    let identifier: String =
        identifier.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    archive.add("OFD.xml", entrance(&identifier, meta).as_bytes())?;
    archive.finish(pages.len())
}

/// A page as the XML files tell of it.
struct Leaf {
    /// The first of this page's identifiers, which no two things of a document share.
    id: usize,
    /// Where its content lies, from the document's folder.
    content: String,
    /// Where its image lies, from the resources' folder.
    image: String,
    /// Width and height of the page as it is shown.
    size: (Length, Length),
    /// What lays the image onto the page: where its upper side leads, where its left side leads, and
    /// where its corner lies, each to the right and down.
    matrix: [Length; 6],
}

/// Identifiers of a page: its own and those of its layer, its image on the page and its image.
const IDS: usize = 4;

impl Leaf {
    fn of(number: usize, page: &Page) -> Self {
        let (w, h) = page.paper.micrometres();
        let (size, matrix) = match page.of.turn {
            Quarter::None => ((w, h), [w, 0, 0, h, 0, 0]),
            Quarter::Right => ((h, w), [0, w, -h, 0, h, 0]),
            Quarter::Half => ((w, h), [-w, 0, 0, -h, w, h]),
            Quarter::Left => ((h, w), [0, -w, h, 0, 0, w]),
        };
        Self {
            id: 1 + number * IDS,
            content: format!("Pages/Page_{number}/Content.xml"),
            image: format!("page-{:03}.jpg", number + 1),
            size: (Length(size.0), Length(size.1)),
            matrix: matrix.map(Length),
        }
    }

    fn content_xml(&self) -> String {
        let Self { id, size: (width, height), matrix: [a, b, c, d, e, f], .. } = self;
        let (layer, object, image) = (id + 1, id + 2, id + 3);
        format!(
            "{DECLARATION}<ofd:Page {NAMESPACE}>\
             <ofd:Area><ofd:PhysicalBox>0 0 {width} {height}</ofd:PhysicalBox></ofd:Area>\
             <ofd:Content><ofd:Layer ID=\"{layer}\">\
             <ofd:ImageObject ID=\"{object}\" Boundary=\"0 0 {width} {height}\" \
             CTM=\"{a} {b} {c} {d} {e} {f}\" ResourceID=\"{image}\"/>\
             </ofd:Layer></ofd:Content></ofd:Page>\n"
        )
    }

    fn resource(&self) -> String {
        let Self { id, image, .. } = self;
        let id = id + 3;
        format!(
            "<ofd:MultiMedia ID=\"{id}\" Type=\"Image\" Format=\"JPEG\">\
             <ofd:MediaFile>{image}</ofd:MediaFile></ofd:MultiMedia>"
        )
    }

    fn entry(&self) -> String {
        let Self { id, content, .. } = self;
        format!("<ofd:Page ID=\"{id}\" BaseLoc=\"{content}\"/>")
    }
}

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const NAMESPACE: &str = "xmlns:ofd=\"http://www.ofdspec.org/2016\"";

/// OFD.xml: what the document is and where it begins.
fn entrance(identifier: &str, meta: &Meta) -> String {
    let title = escaped(meta.title());
    let producer = escaped(meta.producer());
    let day = meta.created().day();
    format!(
        "{DECLARATION}<ofd:OFD {NAMESPACE} Version=\"1.0\" DocType=\"OFD\"><ofd:DocBody>\
         <ofd:DocInfo><ofd:DocID>{identifier}</ofd:DocID><ofd:Title>{title}</ofd:Title>\
         <ofd:CreationDate>{day}</ofd:CreationDate><ofd:Creator>{producer}</ofd:Creator></ofd:DocInfo>\
         <ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>\n"
    )
}

/// Document.xml: the pages in their order. Each states its own size; the first one's stands for all
/// where a reader looks no further.
fn document(leaves: &[Leaf]) -> String {
    let (width, height) = leaves.first().map_or((Length(0), Length(0)), |leaf| leaf.size);
    let last = leaves.len() * IDS;
    let entries: String = leaves.iter().map(Leaf::entry).collect();
    format!(
        "{DECLARATION}<ofd:Document {NAMESPACE}><ofd:CommonData><ofd:MaxUnitID>{last}</ofd:MaxUnitID>\
         <ofd:PageArea><ofd:PhysicalBox>0 0 {width} {height}</ofd:PhysicalBox></ofd:PageArea>\
         <ofd:DocumentRes>DocumentRes.xml</ofd:DocumentRes></ofd:CommonData>\
         <ofd:Pages>{entries}</ofd:Pages></ofd:Document>\n"
    )
}

/// DocumentRes.xml: the images.
fn resources(leaves: &[Leaf]) -> String {
    let images: String = leaves.iter().map(Leaf::resource).collect();
    format!(
        "{DECLARATION}<ofd:Res {NAMESPACE} BaseLoc=\"Res\">\
         <ofd:MultiMedias>{images}</ofd:MultiMedias></ofd:Res>\n"
    )
}

/// Thousandths of a millimetre, written in millimetres without needless zeros.
#[derive(Debug, Clone, Copy)]
struct Length(i64);

impl Display for Length {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (self.0.unsigned_abs() / 1000, self.0.unsigned_abs() % 1000);
        let rest = format!("{rest:03}");
        match rest.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            rest => write!(f, "{sign}{whole}.{rest}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_in_millimetres() {
        for (length, text) in [
            (0, "0"),
            (210_000, "210"),
            (-296_926, "-296.926"),
            (1_500, "1.5"),
            (-20, "-0.02"),
            (1_000_001, "1000.001"),
        ] {
            assert_eq!(Length(length).to_string(), text);
        }
    }
}
