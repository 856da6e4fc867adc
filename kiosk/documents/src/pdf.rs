//! Pages into one PDF/A-2b file (ISO 19005-2 on ISO 32000-1), written from front to back.
//!
//! The images are not decoded: a JPEG file is the data of a DCTDecode stream as it stands
//! (ISO 32000-1, 7.4.8). Only the small objects are made in memory, one at a time, and only their
//! offsets are remembered. Of compact pages the same is true for each of their layers.

mod compact_page;

use std::io::Write;
use std::path::Path;

use pdf_writer::types::OutputIntentSubtype;
use pdf_writer::{Chunk, Content, Finish, Name, Rect, Ref, Str, TextStr};
use sha2::{Digest, Sha256};

use crate::assemble::{Built, MAX_DOCUMENT_BYTES, PageRef};
use crate::color_profile;
use crate::compact;
use crate::error::PageError;
use crate::jpeg_header::{Components, Header};
use crate::meta::Meta;
use crate::output::Output;
use crate::page::Page;
use crate::quarter::Quarter;
use crate::xmp;

/// The objects that every document has; those of the pages follow.
const CATALOG: i32 = 1;
const PAGE_TREE: i32 = 2;
const INFO: i32 = 3;
const METADATA: i32 = 4;
const PROFILE: i32 = 5;
const FIRST_PAGE: i32 = 6;

/// Writes the whole document to `to` and returns it with what was written.
pub(crate) fn write<W: Write>(
    pages: &[PageRef],
    to: W,
    out: &Path,
    meta: &Meta,
) -> Result<(W, Built), PageError> {
    let mut pdf = Pdf { output: Output::new(to), offsets: vec![], out };
    // ISO 19005-2, 6.1.2: the version, then a comment of four bytes above 127.
    pdf.write(b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n")?;
    pdf.profile()?;
    let mut tree = vec![];
    let mut number = FIRST_PAGE;
    for page in pages {
        tree.push(Ref::new(number));
        number = pdf.page(number, page)?;
    }
    pdf.page_tree(&tree)?;
    pdf.description(meta)?;
    pdf.catalog()?;
    pdf.trailer(meta)?;
    pdf.finish(pages.len())
}

struct Pdf<'a, W> {
    output: Output<W>,
    /// Number and offset of each object.
    offsets: Vec<(i32, u64)>,
    out: &'a Path,
}

impl<W: Write> Pdf<'_, W> {
    fn profile(&mut self) -> Result<(), PageError> {
        let srgb = color_profile::srgb();
        let mut chunk = Chunk::new();
        chunk.icc_profile(Ref::new(PROFILE), &srgb).n(3);
        self.object(PROFILE, &chunk)
    }

    /// One page: the page object `number`, its content `number + 1` and its images from `number + 2`.
    /// Returns the number after them.
    fn page(&mut self, number: i32, page: &PageRef) -> Result<i32, PageError> {
        if compact::is_compact(&page.path)? {
            return self.compact_page(number, page);
        }
        let page = Page::open(page)?;
        if self.output.offset().saturating_add(page.bytes()) > MAX_DOCUMENT_BYTES {
            return Err(PageError::DocumentTooLarge { path: self.out.to_owned() });
        }
        let size = page.paper.points();
        let image = number + 2;
        let mut drawing = Content::new();
        drawing.save_state();
        drawing.transform([size.0, 0.0, 0.0, size.1, 0.0, 0.0]);
        drawing.x_object(Name(b"Scan"));
        drawing.restore_state();
        self.sheet(number, page.turn, size, &[(b"Scan", image)], drawing)?;
        self.image(image, page)?;
        Ok(image + 1)
    }

    /// The page object `number` of paper of that size, and its content `number + 1`, which draws images by
    /// these names.
    fn sheet(
        &mut self,
        number: i32,
        turn: Quarter,
        (width, height): (f32, f32),
        images: &[(&[u8], i32)],
        drawing: Content,
    ) -> Result<(), PageError> {
        let content = number + 1;
        let mut chunk = Chunk::new();
        let mut object = chunk.page(Ref::new(number));
        object.parent(Ref::new(PAGE_TREE));
        object.media_box(Rect::new(0.0, 0.0, width, height));
        if turn != Quarter::None {
            object.rotate(turn.degrees().into());
        }
        object.contents(Ref::new(content));
        let images = images.iter().map(|&(name, image)| (Name(name), Ref::new(image)));
        object.resources().x_objects().pairs(images);
        object.finish();
        self.object(number, &chunk)?;

        let mut chunk = Chunk::new();
        chunk.stream(Ref::new(content), drawing.finish().as_slice());
        self.object(content, &chunk)
    }

    /// The image as it stands in its file.
    fn image(&mut self, number: i32, page: Page) -> Result<(), PageError> {
        let Header { width, height, components, .. } = page.header;
        let color = match components {
            Components::Grey => "/ColorSpace /DeviceGray",
            Components::YCbCr => "/ColorSpace /DeviceRGB",
            // Three components are taken for YCbCr unless a file or this says otherwise.
            Components::Rgb => "/ColorSpace /DeviceRGB /DecodeParms << /ColorTransform 0 >>",
        };
        let kind = format!("/BitsPerComponent 8 {color} /Filter /DCTDecode");
        self.begin_image(number, (width, height), &kind, page.bytes())?;
        let output = &mut self.output;
        page.copy(self.out, |piece| output.write(piece))?;
        self.end_image()
    }

    /// Begins an image of so many bytes, which follow. Written by hand, since a chunk would hold it whole.
    fn begin_image(
        &mut self,
        number: i32,
        (width, height): (u32, u32),
        kind: &str,
        bytes: u64,
    ) -> Result<(), PageError> {
        self.begin(number);
        self.write(
            format!(
                "{number} 0 obj\n<< /Type /XObject /Subtype /Image /Width {width} /Height {height} \
                 {kind} /Length {bytes} >>\nstream\n"
            )
            .as_bytes(),
        )
    }

    fn end_image(&mut self) -> Result<(), PageError> {
        self.write(b"\nendstream\nendobj\n")
    }

    fn page_tree(&mut self, pages: &[Ref]) -> Result<(), PageError> {
        let mut chunk = Chunk::new();
        // At most MAX_PAGES, so the number fits.
        chunk.pages(Ref::new(PAGE_TREE)).count(pages.len() as i32).kids(pages.iter().copied());
        self.object(PAGE_TREE, &chunk)
    }

    fn description(&mut self, meta: &Meta) -> Result<(), PageError> {
        let mut chunk = Chunk::new();
        let mut info = chunk.indirect(Ref::new(INFO)).dict();
        info.pair(Name(b"Title"), TextStr(meta.title()));
        info.pair(Name(b"Producer"), TextStr(meta.producer()));
        info.pair(Name(b"CreationDate"), Str(meta.created().pdf().as_bytes()));
        info.finish();
        self.object(INFO, &chunk)?;
        // ISO 19005-2, 6.6.2.1: the packet stands in clear, without a filter.
        let packet = xmp::packet(meta);
        let mut chunk = Chunk::new();
        chunk.metadata(Ref::new(METADATA), &packet);
        self.object(METADATA, &chunk)
    }

    fn catalog(&mut self) -> Result<(), PageError> {
        let mut chunk = Chunk::new();
        let mut catalog = chunk.indirect(Ref::new(CATALOG)).start::<pdf_writer::writers::Catalog>();
        catalog.pages(Ref::new(PAGE_TREE));
        catalog.metadata(Ref::new(METADATA));
        let mut intents = catalog.output_intents();
        let mut intent = intents.push();
        // The subtype of PDF/A-1 serves all parts (ISO 19005-2, 6.2.3).
        intent.subtype(OutputIntentSubtype::PDFA);
        intent.output_condition_identifier(TextStr("sRGB IEC61966-2.1"));
        intent.registry_name(TextStr("http://www.color.org"));
        intent.info(TextStr("sRGB IEC61966-2.1"));
        intent.dest_output_profile(Ref::new(PROFILE));
        intent.finish();
        intents.finish();
        catalog.finish();
        self.object(CATALOG, &chunk)
    }

    /// The cross-reference table and the trailer (ISO 32000-1, 7.5.4 and 7.5.5).
    fn trailer(&mut self, meta: &Meta) -> Result<(), PageError> {
        let table_at = self.output.offset();
        let id = self.identifier(meta);
        self.offsets.sort_unstable();
        let size = self.offsets.len() + 1;
        let mut text = format!("xref\n0 {size}\n0000000000 65535 f\r\n");
        for (_, offset) in &self.offsets {
            text.push_str(&format!("{offset:010} 00000 n\r\n"));
        }
        text.push_str(&format!(
            "trailer\n<< /Size {size} /Root {CATALOG} 0 R /Info {INFO} 0 R /ID [<{id}> <{id}>] >>\n\
             startxref\n{table_at}\n%%EOF\n"
        ));
        self.write(text.as_bytes())
    }

    /// The file identifier (ISO 32000-1, 14.4): from the seed and all that precedes the table.
    fn identifier(&self, meta: &Meta) -> String {
        let mut digest = Sha256::new();
        digest.update(self.output.digest());
        digest.update(meta.id_seed().as_bytes());
        digest.finalize().iter().take(16).map(|byte| format!("{byte:02X}")).collect()
    }

    fn finish(self, pages: usize) -> Result<(W, Built), PageError> {
        let (bytes, sha256) = (self.output.offset(), self.output.digest());
        let to = self.output.finish().map_err(|e| PageError::writing(self.out, &e))?;
        Ok((to, Built { bytes, sha256, pages }))
    }

    fn object(&mut self, number: i32, chunk: &Chunk) -> Result<(), PageError> {
        self.begin(number);
        self.write(chunk.as_bytes())
    }

    fn begin(&mut self, number: i32) {
        self.offsets.push((number, self.output.offset()));
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), PageError> {
        self.output.write(bytes).map_err(|e| PageError::writing(self.out, &e))
    }
}
