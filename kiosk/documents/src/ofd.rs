//! Pages into one OFD of images (GB/T 33190-2016): a ZIP archive of five kinds of small XML files and
//! the images as they are.
//!
//! Lengths are in millimetres, from the upper left corner to the right and down. An image fills a square
//! of one unit that lies the same way, and a matrix lays that square onto the page.

mod compact_page;

use std::fmt::{self, Display, Formatter};
use std::fs::File;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::archive::Archive;
use crate::assemble::{Built, PageRef};
use crate::compact;
use crate::error::PageError;
use crate::meta::Meta;
use crate::page::{Page, Paper};
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
    let mut id = 1;
    for (number, page) in pages.iter().enumerate() {
        let mut each = |piece: &[u8]| identifier.update(piece);
        let leaf = if compact::is_compact(&page.path)? {
            compact_page::add((number, id), page, &mut archive, &mut each)?
        } else {
            let page = Page::open(page)?;
            let leaf = Leaf::of((number, id), page.paper, page.turn, [(Format::Jpeg, WHOLE)]);
            archive.add_page(&leaf.file(0), page, each)?;
            leaf
        };
        id = leaf.end();
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
    /// Its images, from the lowest.
    images: Vec<Image>,
    /// Width and height of the page as it is shown.
    size: (Length, Length),
}

/// An image on a page.
struct Image {
    format: Format,
    /// Where it lies, from the resources' folder.
    name: String,
    /// What lays it onto the page: where its upper side leads, where its left side leads, and where its
    /// corner lies, each to the right and down.
    matrix: [Length; 6],
}

/// How an image is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Jpeg,
    Png,
}

/// A part of a page: what of its width and height lies before it, and what of them it takes.
type Part = [f64; 4];

const WHOLE: Part = [0.0, 0.0, 1.0, 1.0];

impl Leaf {
    /// Page `number`, whose identifiers begin with `id`.
    fn of(
        (number, id): (usize, usize),
        paper: Paper,
        turn: Quarter,
        images: impl IntoIterator<Item = (Format, Part)>,
    ) -> Self {
        let (w, h) = paper.micrometres();
        let size = turn.swapped((w, h));
        let image = |(place, (format, part)): (usize, (Format, Part))| {
            let ending = match format {
                Format::Jpeg => "jpg",
                Format::Png => "png",
            };
            // A page's first image is called by the page alone.
            let more = if place == 0 { String::new() } else { format!("-{place}") };
            let name = format!("page-{:03}{more}.{ending}", number + 1);
            Image { format, name, matrix: matrix((w, h), turn, part).map(Length) }
        };
        Self {
            id,
            content: format!("Pages/Page_{number}/Content.xml"),
            images: images.into_iter().enumerate().map(image).collect(),
            size: (Length(size.0), Length(size.1)),
        }
    }

    /// The identifiers of an image's object on the page and of the image. Before them come the page's own
    /// and that of its layer.
    fn ids(&self, image: usize) -> (usize, usize) {
        let object = self.id + 2 + 2 * image;
        (object, object + 1)
    }

    /// The first identifier that is not this page's.
    fn end(&self) -> usize {
        self.ids(self.images.len()).0
    }

    /// Where in the archive an image lies.
    fn file(&self, image: usize) -> String {
        format!("Doc_0/Res/{}", self.images.get(image).map_or("", |image| &image.name))
    }

    fn content_xml(&self) -> String {
        let Self { id, size: (width, height), images, .. } = self;
        let layer = id + 1;
        let object = |(place, image): (usize, &Image)| {
            let [a, b, c, d, e, f] = image.matrix;
            let (object, resource) = self.ids(place);
            format!(
                "<ofd:ImageObject ID=\"{object}\" Boundary=\"0 0 {width} {height}\" \
                 CTM=\"{a} {b} {c} {d} {e} {f}\" ResourceID=\"{resource}\"/>"
            )
        };
        let objects: String = images.iter().enumerate().map(object).collect();
        format!(
            "{DECLARATION}<ofd:Page {NAMESPACE}>\
             <ofd:Area><ofd:PhysicalBox>0 0 {width} {height}</ofd:PhysicalBox></ofd:Area>\
             <ofd:Content><ofd:Layer ID=\"{layer}\">{objects}</ofd:Layer></ofd:Content></ofd:Page>\n"
        )
    }

    fn resources(&self) -> String {
        let resource = |(place, Image { format, name, .. }): (usize, &Image)| {
            let id = self.ids(place).1;
            let format = match format {
                Format::Jpeg => "JPEG",
                Format::Png => "PNG",
            };
            format!(
                "<ofd:MultiMedia ID=\"{id}\" Type=\"Image\" Format=\"{format}\">\
                 <ofd:MediaFile>{name}</ofd:MediaFile></ofd:MultiMedia>"
            )
        };
        self.images.iter().enumerate().map(resource).collect()
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
    let last = leaves.last().map_or(0, |leaf| leaf.end() - 1);
    let entries: String = leaves.iter().map(Leaf::entry).collect();
    format!(
        "{DECLARATION}<ofd:Document {NAMESPACE}><ofd:CommonData><ofd:MaxUnitID>{last}</ofd:MaxUnitID>\
         <ofd:PageArea><ofd:PhysicalBox>0 0 {width} {height}</ofd:PhysicalBox></ofd:PageArea>\
         <ofd:DocumentRes>DocumentRes.xml</ofd:DocumentRes></ofd:CommonData>\
         <ofd:Pages>{entries}</ofd:Pages></ofd:Document>\n"
    )
}

/// DocumentRes.xml: the images, if there are any: a list of none is not one.
fn resources(leaves: &[Leaf]) -> String {
    let images: String = leaves.iter().map(Leaf::resources).collect();
    let list = match images.as_str() {
        "" => String::new(),
        _ => format!("<ofd:MultiMedias>{images}</ofd:MultiMedias>"),
    };
    format!("{DECLARATION}<ofd:Res {NAMESPACE} BaseLoc=\"Res\">{list}</ofd:Res>\n")
}

/// What lays an image onto its part of a page of so many micrometres, which is turned then.
fn matrix((w, h): (i64, i64), turn: Quarter, [x, y, across, down]: Part) -> [i64; 6] {
    let of = |all: i64, part: f64| (all as f64 * part).round() as i64;
    // Where the image begins and what it takes: both ends are rounded, so that neighbours meet.
    let (x, right, y, bottom) = (of(w, x), of(w, x + across), of(h, y), of(h, y + down));
    let (across, down) = (right - x, bottom - y);
    match turn {
        Quarter::None => [across, 0, 0, down, x, y],
        Quarter::Right => [0, across, -down, 0, h - y, x],
        Quarter::Half => [-across, 0, 0, -down, w - x, h - y],
        Quarter::Left => [0, -across, down, 0, y, w - x],
    }
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
