//! Entries for fuzzing: each takes arbitrary bytes as the file of a page.

use std::fs;
use std::path::{Path, PathBuf};

use turbojpeg::{PixelFormat, ScalingFactor};

use crate::decode;
use crate::eighth::{self, Wanted};
use crate::finish::finish_keeping;
use crate::{
    Compression, Created, Finished, Format, Meta, PageRef, Quarter, assemble, finish_as, inspect, picture,
    preview,
};

/// Larger scans than this only take longer.
const MOST_PIXELS: u64 = 1 << 20;

/// A scan: whatever is said of it, and a finished page of it in each way, bound in each form.
pub fn scan(data: &[u8]) {
    let Some(desk) = Desk::new(data) else { return };
    match inspect(&desk.page) {
        Ok(info) if u64::from(info.width) * u64::from(info.height) <= MOST_PIXELS => {}
        Ok(_) | Err(_) => return,
    }
    // The means of the blocks are what libjpeg makes of them.
    if let Ok(file) = decode::load(&desk.page)
        && let Ok(jpeg) = file.jpeg()
        && let Some(ours) = eighth::read(&jpeg, &file.header, Wanted::Means)
    {
        let ours = ours.picture;
        let with_slopes = eighth::read(&jpeg, &file.header, Wanted::Slopes);
        assert!(with_slopes.is_some_and(|with| with.picture.bytes == ours.bytes));
        let theirs = file.decode(ScalingFactor::ONE_EIGHTH, PixelFormat::GRAY);
        let theirs = theirs.unwrap_or_else(|error| panic!("libjpeg finds it wrong: {error}"));
        assert!((ours.width, ours.height, ours.bytes) == (theirs.width, theirs.height, theirs.bytes));
    }
    if let Ok(small) = preview(&desk.page, 64, Quarter::Right) {
        assert!(small.width <= 64, "{}", small.width);
    }
    let mut said = vec![];
    for compression in [Compression::Faithful, Compression::Compact] {
        let out = desk.file("finished");
        let once = finish_as(&desk.page, &out, compression);
        // Scans as small as these are decoded once, others twice.
        let twice = finish_keeping(0, &desk.page, compression, vec![], &out);
        assert_eq!(once.is_ok(), twice.is_ok(), "{:?}, {:?}", once.err(), twice.map(|_| ()).err());
        let Ok(finished) = once else { continue };
        assert!(finished.angle.is_finite() && finished.width > 0 && finished.height > 0, "{finished:?}");
        for format in [Format::Pdf, Format::Ofd, Format::Jpeg] {
            let bound = desk.bind(&out, finished.turn, format);
            let bindable = (format, compression) != (Format::Jpeg, Compression::Compact);
            assert_eq!(bound, bindable && is_paper(&finished), "{format:?} of {finished:?}");
        }
        said.push(finished);
    }
    assert!(said.windows(2).all(|pair| pair[0] == pair[1]), "{said:?}");
}

/// Whether there is paper of this size, bound as 300 dots per inch: an edge of 3 points at least (ISO 19005-2,
/// 6.1.13).
fn is_paper(finished: &Finished) -> bool {
    finished.width.min(finished.height) * 72 >= 3 * 300
}

/// A page as it waits on the disk to be bound; or a picture of the hall's office.
pub fn page(data: &[u8]) {
    let Some(desk) = Desk::new(data) else { return };
    for format in [Format::Pdf, Format::Ofd, Format::Jpeg] {
        desk.bind(&desk.page, Quarter::Left, format);
    }
    let _ = preview(&desk.page, 64, Quarter::None);
    if let Ok(small) = picture(&desk.page, (64, 48)) {
        assert!(small.width <= 64 && small.height <= 48, "{}×{}", small.width, small.height);
    }
}

/// A folder with the page in it.
struct Desk {
    folder: tempfile::TempDir,
    page: PathBuf,
}

impl Desk {
    fn new(data: &[u8]) -> Option<Self> {
        let folder = tempfile::tempdir().ok()?;
        let page = folder.path().join("page");
        fs::write(&page, data).ok()?;
        Some(Self { folder, page })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Whether a document could be made of a page; if not, nothing may be left of it.
    fn bind(&self, page: &Path, turn: Quarter, format: Format) -> bool {
        let described = Created::new((2026, 11, 26), (8, 30, 0), 480)
            .and_then(|created| Meta::new("营业执照", created, "0.1.0", "m-1"));
        let Ok(meta) = described else { return false };
        let out = self.file("document");
        let pages = [PageRef { path: page.to_owned(), dpi: 300, turn }];
        match assemble(&pages, &out, &meta, format) {
            Ok(built) => {
                assert_eq!(fs::metadata(&out).map(|file| file.len()).ok(), Some(built.bytes));
                let _ = fs::remove_file(&out);
                true
            }
            Err(error) => {
                let left = fs::read_dir(self.folder.path()).map_or(0, |files| {
                    let document = |name: &str| name.starts_with("document");
                    files.flatten().filter(|file| file.file_name().to_str().is_some_and(document)).count()
                });
                assert_eq!(left, 0, "{error}");
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sample_images::{Kind, Picture, encode};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn entries_take_anything(data: Vec<u8>, at in 0usize..3_000, damage: u8) {
            scan(&data);
            page(&data);
            for kind in [Kind::Color, Kind::Grey, Kind::Progressive, Kind::Cmyk] {
                let mut image = encode(Picture::Text, 120, 90, kind);
                let at = at % image.len();
                image[at] = damage;
                scan(&image);
                image.truncate(at);
                scan(&image);
                page(&image);
            }
        }
    }
}
