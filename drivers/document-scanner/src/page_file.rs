//! One page on its way to disk: written as `page-NNN.jpg.part`, renamed when it is whole.
//!
//! The file appears under its own name only after its bytes are known to be a whole JPEG stream and
//! have reached the disk. Dropped before that, it leaves nothing behind. Of a page, no more than the
//! piece that has just come is in memory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tokio::fs::File;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};

use crate::error::Fault;
use crate::events::StoredPage;
use crate::jpeg::Look;

/// How far a page has come.
#[derive(Clone, Copy)]
enum Stage {
    /// Under the name of a part.
    Part,
    /// Under its own name, which a power failure may still undo.
    Named,
    /// Safe.
    Kept,
}

/// A page that is being received.
pub(crate) struct PageFile {
    page: u32,
    limit: u64,
    path: PathBuf,
    part: PathBuf,
    file: File,
    bytes: u64,
    look: Look,
    stage: Stage,
}

impl PageFile {
    /// Starts page `page` of at most `limit` bytes in `dir`, in place of an earlier attempt.
    pub(crate) fn create(dir: &Path, page: u32, limit: u64) -> Result<Self, Fault> {
        let path = dir.join(format!("page-{page:03}.jpg"));
        let part = dir.join(format!("page-{page:03}.jpg.part"));
        // Opening and renaming are done at once, not on a helper thread: there, a scan cancelled at the
        // wrong moment would leave a file behind that nobody knows of.
        match fs::remove_file(&part) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(Fault::storage(page, &e)),
            _ => {}
        }
        let file = fs::OpenOptions::new().write(true).create_new(true).open(&part);
        let file = file.map_err(|e| Fault::storage(page, &e))?;
        Ok(Self::over(File::from_std(file), path, part, page, limit))
    }

    fn over(file: File, path: PathBuf, part: PathBuf, page: u32, limit: u64) -> Self {
        Self { page, limit, path, part, file, bytes: 0, look: Look::default(), stage: Stage::Part }
    }

    /// Bytes received so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Adds the next piece.
    pub(crate) async fn write(&mut self, piece: &[u8]) -> Result<(), Fault> {
        self.bytes = self.bytes.saturating_add(piece.len() as u64);
        if self.bytes > self.limit {
            return Err(Fault::TooLarge { page: self.page, limit: self.limit });
        }
        self.look.over(piece).map_err(|why| self.damaged(why))?;
        let written = self.file.write_all(piece).await;
        written.map_err(|e| Fault::storage(self.page, &e))
    }

    /// Writes the image's height into its header at `at`: some scanners know it only at the end.
    pub(crate) async fn set_height(&mut self, at: u64, lines: u16) -> Result<(), Fault> {
        let bytes = lines.to_be_bytes();
        // The ends of the stream have been looked at already.
        const MARKER: u64 = 2;
        let end = at.saturating_add(bytes.len() as u64 + MARKER);
        if at < MARKER || end > self.bytes {
            return Err(self.damaged("its height stands outside of it"));
        }
        self.look.set_height(lines);
        let amended = async {
            self.file.seek(io::SeekFrom::Start(at)).await?;
            self.file.write_all(&bytes).await?;
            self.file.seek(io::SeekFrom::End(0)).await
        };
        amended.await.map_err(|e| Fault::storage(self.page, &e)).map(|_| ())
    }

    /// Makes the page permanent under its own name, without what follows the end of the image.
    pub(crate) async fn keep(mut self) -> Result<StoredPage, Fault> {
        let (image, trailer) = self.look.end().map_err(|why| self.damaged(why))?;
        let bytes = self.bytes.saturating_sub(trailer);
        self.make_durable(bytes, trailer > 0).await.map_err(|e| Fault::storage(self.page, &e))?;
        self.stage = Stage::Kept;
        Ok(StoredPage { page: self.page, path: self.path.clone(), bytes, image, blank: None })
    }

    async fn make_durable(&mut self, bytes: u64, cut: bool) -> io::Result<()> {
        self.file.flush().await?;
        if cut {
            self.file.set_len(bytes).await?;
        }
        self.file.sync_all().await?;
        fs::rename(&self.part, &self.path)?;
        self.stage = Stage::Named;
        // A rename lives in the folder; without this it may be forgotten when the power fails.
        let dir = self.path.parent().filter(|dir| !dir.as_os_str().is_empty());
        let dir = dir.unwrap_or(Path::new(".")).to_owned();
        File::open(dir).await?.sync_all().await
    }

    fn damaged(&self, why: &'static str) -> Fault {
        Fault::PageDamaged { page: self.page, why }
    }
}

impl Drop for PageFile {
    fn drop(&mut self) {
        // A page that is not reported must not lie there; a file already gone is just as well.
        let _ = match self.stage {
            Stage::Part => fs::remove_file(&self.part),
            Stage::Named => fs::remove_file(&self.path),
            Stage::Kept => Ok(()),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jpeg::tests::jpeg;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    async fn store(dir: &Path, pieces: &[&[u8]]) -> Result<StoredPage, Fault> {
        let mut file = PageFile::create(dir, 7, 1000)?;
        for piece in pieces {
            file.write(piece).await?;
        }
        file.keep().await
    }

    #[tokio::test]
    async fn whole_pages_are_kept_and_trimmed() {
        let page = jpeg(2480, 3508, 300, 300);
        let cases: [&[&[u8]]; 4] = [
            &[&page],
            &[&page[..1], &page[1..299], &page[299..]],
            &[&page, &[0; 64]],
            &[&page[..150], &page[150..], b"\r\n"],
        ];
        for pieces in cases {
            let dir = tempfile::tempdir().unwrap();
            let stored = store(dir.path(), pieces).await.unwrap();
            assert_eq!((stored.page, stored.bytes), (7, 300));
            assert_eq!((stored.image.width, stored.image.height), (2480, Some(3508)));
            assert_eq!(names(dir.path()), ["page-007.jpg"]);
            assert_eq!(fs::read(&stored.path).unwrap(), page);
        }
    }

    #[tokio::test]
    async fn damaged_pages_leave_nothing() {
        let page = jpeg(2480, 3508, 300, 300);
        let cases: [&[&[u8]]; 6] =
            [&[], &[b"<html>"], &[b"\xFF"], &[&page[..200]], &[&page, &[0; 65]], &[&jpeg(1, 1, 300, 2000)]];
        for pieces in cases {
            let dir = tempfile::tempdir().unwrap();
            let fault = store(dir.path(), pieces).await.unwrap_err();
            assert!(matches!(fault, Fault::PageDamaged { .. } | Fault::TooLarge { .. }), "{fault}");
            assert!(names(dir.path()).is_empty());
        }
    }

    #[tokio::test]
    async fn the_height_is_set_inside_the_stream_alone() {
        let stream = jpeg(640, 0, 300, 300);
        // Where a frame header has it: after the JFIF header, a marker, a length and the precision.
        let height_at = 2 + 18 + 5;
        for (at, fine) in [(height_at, true), (296, true), (297, false), (1, false), (u64::MAX, false)] {
            let dir = tempfile::tempdir().unwrap();
            let mut file = PageFile::create(dir.path(), 7, 1000).unwrap();
            file.write(&stream).await.unwrap();
            assert_eq!(file.set_height(at, 876).await.is_ok(), fine, "{at}");
            if at == height_at {
                let stored = file.keep().await.unwrap();
                assert_eq!(stored.image.height, Some(876));
                assert_eq!(fs::read(stored.path).unwrap(), jpeg(640, 876, 300, 300));
            }
        }
    }

    #[tokio::test]
    async fn an_earlier_attempt_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("page-007.jpg.part"), [1; 5000]).unwrap();
        store(dir.path(), &[&jpeg(1, 1, 300, 100)]).await.unwrap();
        assert_eq!(names(dir.path()), ["page-007.jpg"]);
    }

    #[tokio::test]
    async fn a_full_disk_and_a_missing_folder_are_told_apart() {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let dir = tempfile::tempdir().unwrap();
        let part = dir.path().join("p.part");
        let mut page = PageFile::over(File::from_std(full), dir.path().join("p"), part, 1, 1000);
        let written = page.write(&jpeg(1, 1, 300, 100)).await;
        let fault = match written {
            Ok(()) => page.keep().await.unwrap_err(),
            Err(fault) => fault,
        };
        assert_eq!(fault, Fault::DiskFull);

        let missing = store(&dir.path().join("gone"), &[]).await.unwrap_err();
        assert!(matches!(missing, Fault::Storage { page: 7, .. }), "{missing}");
    }
}
