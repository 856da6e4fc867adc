//! One page on its way to disk: written as `page-NNN.jpg.part`, renamed when it is whole.
//!
//! The file appears under its own name only after its bytes are known to be a whole JPEG stream
//! (ISO/IEC 10918-1: start of image FF D8, end of image FF D9) and have reached the disk. Dropped
//! before that, it leaves nothing behind.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use crate::error::Fault;
use crate::events::StoredPage;

/// Bytes after the end of the image that a page may have; some scanners pad to a block.
const MAX_TRAILER: usize = 64;

const START_OF_IMAGE: [u8; 2] = [0xFF, 0xD8];
const END_OF_IMAGE: [u8; 2] = [0xFF, 0xD9];

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
    head: Vec<u8>,
    tail: Vec<u8>,
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
        Self { page, limit, path, part, file, bytes: 0, head: vec![], tail: vec![], stage: Stage::Part }
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
        let missing = START_OF_IMAGE.len() - self.head.len();
        self.head.extend(piece.iter().take(missing));
        if !START_OF_IMAGE.starts_with(&self.head) {
            return Err(self.damaged("it does not begin like a JPEG image"));
        }
        self.remember_tail(piece);
        let written = self.file.write_all(piece).await;
        written.map_err(|e| Fault::storage(self.page, &e))
    }

    /// Makes the page permanent under its own name, without what follows the end of the image.
    pub(crate) async fn keep(mut self) -> Result<StoredPage, Fault> {
        let trailer = self.trailer().ok_or_else(|| self.damaged("it ends before the end of the image"))?;
        let bytes = self.bytes.saturating_sub(trailer as u64);
        self.make_durable(bytes, trailer > 0).await.map_err(|e| Fault::storage(self.page, &e))?;
        self.stage = Stage::Kept;
        Ok(StoredPage { page: self.page, path: self.path.clone(), bytes })
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

    fn remember_tail(&mut self, piece: &[u8]) {
        let room = MAX_TRAILER + END_OF_IMAGE.len();
        let fresh = piece.get(piece.len().saturating_sub(room)..).unwrap_or_default();
        let surplus = (self.tail.len() + fresh.len()).saturating_sub(room);
        self.tail.drain(..surplus.min(self.tail.len()));
        self.tail.extend_from_slice(fresh);
    }

    /// How many bytes follow the last end-of-image marker; `None` when it is not near the end.
    fn trailer(&self) -> Option<usize> {
        let at = self.tail.windows(2).rposition(|pair| pair == END_OF_IMAGE)?;
        Some(self.tail.len() - at - END_OF_IMAGE.len())
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
        let zeros = [0; 64];
        let cases: [(&[&[u8]], u64); 4] = [
            (&[b"\xFF\xD8body\xFF\xD9"], 8),
            (&[b"\xFF", b"\xD8body\xFF", b"\xD9"], 8),
            (&[b"\xFF\xD8body\xFF\xD9", &zeros], 8),
            (&[&[0xFF, 0xD8], &[1; 500], b"\xFF\xD9\r\n"], 504),
        ];
        for (pieces, size) in cases {
            let dir = tempfile::tempdir().unwrap();
            let page = store(dir.path(), pieces).await.unwrap();
            assert_eq!((page.page, page.bytes), (7, size));
            assert_eq!(names(dir.path()), ["page-007.jpg"]);
            let file = fs::read(&page.path).unwrap();
            assert_eq!(file.len() as u64, size);
            assert!(file.ends_with(&END_OF_IMAGE));
        }
    }

    #[tokio::test]
    async fn damaged_pages_leave_nothing() {
        let cases: [&[&[u8]]; 6] = [
            &[],
            &[b"<html>"],
            &[b"\xFF"],
            &[b"\xFF\xD8 cut"],
            &[b"\xFF\xD8\xFF\xD9", &[0; 65]],
            &[b"\xFF\xD8", &[0; 2000], b"\xFF\xD9"],
        ];
        for pieces in cases {
            let dir = tempfile::tempdir().unwrap();
            let fault = store(dir.path(), pieces).await.unwrap_err();
            assert!(matches!(fault, Fault::PageDamaged { .. } | Fault::TooLarge { .. }), "{fault}");
            assert!(names(dir.path()).is_empty());
        }
    }

    #[tokio::test]
    async fn an_earlier_attempt_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("page-007.jpg.part"), [1; 5000]).unwrap();
        store(dir.path(), &[b"\xFF\xD8\xFF\xD9"]).await.unwrap();
        assert_eq!(names(dir.path()), ["page-007.jpg"]);
    }

    #[tokio::test]
    async fn a_full_disk_and_a_missing_folder_are_told_apart() {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let dir = tempfile::tempdir().unwrap();
        let part = dir.path().join("p.part");
        let mut page = PageFile::over(File::from_std(full), dir.path().join("p"), part, 1, 1000);
        let written = page.write(b"\xFF\xD8\xFF\xD9").await;
        let fault = match written {
            Ok(()) => page.keep().await.unwrap_err(),
            Err(fault) => fault,
        };
        assert_eq!(fault, Fault::DiskFull);

        let missing = store(&dir.path().join("gone"), &[]).await.unwrap_err();
        assert!(matches!(missing, Fault::Storage { page: 7, .. }), "{missing}");
    }
}
