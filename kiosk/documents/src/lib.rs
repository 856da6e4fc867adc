//! From scanned pages to one document: inspect a page image, show it, and bind pages together.
//!
//! Pages are JPEG files (ISO/IEC 10918-1) on disk. [`inspect`] decides whether a page is whole and
//! fit to keep, [`finish`] makes a clean page of a raw scan, [`preview`] makes a small picture of it for
//! the screen, and [`assemble`] writes all pages into one file, in which JPEG pages stand byte for byte
//! as they came: a PDF/A-2b (ISO 19005-2), an OFD (GB/T 33190), or the JPEG pages themselves.
//! Pages can be made compact as well, print apart from pictures. [`page_command`] does it all for the
//! command line.
//!
//! All functions work on files and block; an asynchronous caller runs them on a thread for blocking
//! work. Files are hostile until proven otherwise: sizes, dimensions and decoding effort are bounded,
//! and libjpeg-turbo sees an image only after its header has passed our own reading.

mod archive;
mod assemble;
mod color_profile;
mod compact;
mod decode;
mod eighth;
mod error;
mod exif;
mod finish;
mod format;
pub mod fuzz;
mod gather;
mod grey;
mod inspect;
mod jpeg_header;
mod jpeg_pages;
mod look;
mod memory;
mod meta;
mod ofd;
mod output;
mod page;
mod page_command;
mod pdf;
mod picture;
mod preview;
mod quarter;
mod reduce;
mod xml;
mod xmp;

#[cfg(test)]
mod sample_images;
#[cfg(test)]
mod tests;

pub use assemble::{Built, MAX_DOCUMENT_BYTES, MAX_PAGES, PageRef, assemble};
pub use error::PageError;
pub use finish::{Card, Compression, Finished, Paper, Straightened, finish, finish_as};
pub use format::Format;
pub use grey::{Grey, grey};
pub use inspect::{PageInfo, Warning, inspect};
pub use jpeg_header::{MAX_BUFFERED_PIXELS, MAX_PAGE_BYTES, MAX_PIXELS, MAX_SIDE};
pub use meta::{Created, Meta, MetaError};
pub use page_command::{Form, page_command};
pub use picture::{PictureError, picture};
pub use preview::{MAX_PREVIEW_WIDTH, Preview, preview};
pub use quarter::Quarter;
