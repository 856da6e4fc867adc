//! A document's bytes on their way: create an upload, append to it, from wherever the store is.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::{Courier, kept};
use crate::fault::Setback;
use crate::outbox::{Document, Sealed};
use crate::tus::{self, Abilities, Appended, Created, Held, Piece, UploadPath};
use crate::{DocId, LinkFault, StoreFault, Submission};

/// How often in a row a piece may arrive as another before the document waits.
const MOST_CORRUPTED: u32 = 4;
/// A new end of an upload that differs by less is not written to disk.
const SAME_END: SignedDuration = SignedDuration::from_secs(60);

/// How many bytes one PATCH carries: ever more as long as the line holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chunk {
    now: u64,
    smallest: u64,
    /// At first, and after a break.
    usual: u64,
    largest: u64,
    /// How many of that size got through in a row, in no time.
    row: u32,
    /// The last break was in a piece larger than usual.
    large: bool,
    /// What stands before the store took none of the size before.
    refused: bool,
}

impl Chunk {
    pub(crate) fn new(smallest: u64, usual: u64, largest: u64) -> Self {
        let smallest = smallest.max(1);
        let usual = usual.max(smallest);
        Self {
            now: usual,
            smallest,
            usual,
            largest: largest.max(usual),
            row: 0,
            large: false,
            refused: false,
        }
    }

    /// The line broke: it may do so again soon, and what stands before the store may keep nothing of a piece that
    /// is not whole.
    fn broke_off(&mut self) {
        self.large = self.now > self.usual;
        self.now = self.now.min(self.usual);
        self.row = 0;
    }

    /// A PATCH got nothing through, or not as it was: a smaller one may. Where it was larger than usual, what stands
    /// before the store takes pieces whole or not at all, and no such one is tried again.
    fn halve(&mut self) {
        if std::mem::take(&mut self.large) || self.now > self.usual {
            self.largest = self.usual;
            self.now = self.usual;
            self.row = 0;
        } else {
            self.shrink();
        }
    }

    /// A piece of this size was refused for its size; should a smaller one get through, that is the largest.
    fn limit(&mut self) {
        self.shrink();
        self.refused = true;
    }

    fn shrink(&mut self) {
        self.now = (self.now / 2).max(self.smallest);
        self.row = 0;
    }

    /// Not even the smallest is taken: it is not for the size of the pieces.
    fn unlimit(&mut self) {
        self.now = self.usual.min(self.largest);
        self.refused = false;
    }

    /// A piece of so many bytes got through in so long. Where many do in no time, the line bears larger ones.
    fn got_through(&mut self, length: u64, took: Duration) {
        const MANY: u32 = 8;
        const NO_TIME: Duration = Duration::from_millis(500);
        if std::mem::take(&mut self.refused) {
            self.largest = self.now;
        }
        self.large = false;
        // What was made smaller grows again on a slow line, too.
        let fast = took < NO_TIME || self.now < self.usual;
        self.row = if fast { self.row + u32::from(length == self.now) } else { 0 };
        if self.row == MANY {
            self.now = self.now.saturating_mul(2).min(self.largest);
            self.row = 0;
        }
    }
}

/// Where an upload ended.
pub(super) enum Sent {
    Whole,
    /// The store does not know it, or no longer.
    Gone,
}

impl Courier {
    /// What the server can do: asked for until it has said so. Until then it is taken to do what every one does.
    async fn abilities(&mut self) -> Result<Abilities, Setback> {
        if let Some(known) = self.abilities {
            return Ok(known);
        }
        let discovered = tus::discover(&self.client).await;
        let said = self.heard(discovered).await?;
        self.unsure = said.is_none();
        Ok(*self.abilities.insert(said.unwrap_or_default()))
    }

    pub(super) async fn create(&mut self, doc: &Document) -> Result<UploadPath, Setback> {
        let Submission { material_id, name, media_type, bytes, .. } = &doc.submission;
        if self.abilities().await?.max_size.is_some_and(|most| *bytes > most) {
            return Err(StoreFault::TooLarge.into());
        }
        let created = tus::create(&self.client, material_id, name, media_type, *bytes).await;
        let Created { upload, expires } = self.heard(created).await?;
        kept(self.outbox.set_uploading(doc.id, &upload, expires))?;
        self.end = expires.map(|at| (doc.id, at));
        self.outbox.step("upload.created");
        Ok(upload)
    }

    /// Appends until the store holds all bytes, its own offset being the only truth.
    pub(super) async fn upload(
        &mut self,
        doc: &Document,
        upload: &UploadPath,
        known: Option<u64>,
    ) -> Result<Sent, Setback> {
        let total = doc.submission.bytes;
        let file = self.open(doc).map_err(StoreFault::Disk)?;
        let mut offset = match known {
            Some(offset) => offset,
            None => match self.ask(doc, upload).await? {
                Some(offset) => offset,
                None => return Ok(Sent::Gone),
            },
        };
        let mut farthest = offset;
        let mut corrupted = 0;
        while offset < total {
            let length = self.chunk.now.min(total - offset);
            let begun = Instant::now();
            let doubt = match self.append(upload, &file, offset, length).await {
                Ok(Appended::Whole { expires }) => {
                    self.keep_end(doc, expires)?;
                    self.chunk.got_through(length, begun.elapsed());
                    None
                }
                Ok(Appended::Gone) => return Ok(Sent::Gone),
                Ok(Appended::Elsewhere) => Some(StoreFault::Garbage("Upload-Offset").into()),
                Ok(Appended::Corrupted) => {
                    corrupted += 1;
                    tracing::warn!(document = doc.id.0, offset, length, "a piece arrived as another");
                    if corrupted == MOST_CORRUPTED {
                        return Err(StoreFault::Rejected(460).into());
                    }
                    self.chunk.halve();
                    continue;
                }
                // What stands before the store may take less in one request than the store itself.
                Err(Setback { fault: StoreFault::TooLarge, .. }) if length > self.chunk.smallest => {
                    self.chunk.limit();
                    continue;
                }
                Err(setback @ Setback { fault: StoreFault::TooLarge, .. }) => {
                    self.chunk.unlimit();
                    return Err(setback);
                }
                // Part of the body may have been taken, all of it even, with the answer lost.
                Err(setback) if broke_off(&setback.fault) => {
                    self.chunk.broke_off();
                    Some(setback)
                }
                Err(setback) => {
                    if !matches!(setback.fault, StoreFault::Busy(_)) {
                        self.failed_at = Some((doc.id, offset));
                    }
                    return Err(setback);
                }
            };
            match doubt {
                None => offset += length,
                Some(setback) => {
                    self.failed_at = Some((doc.id, offset));
                    offset = match self.ask(doc, upload).await? {
                        Some(told) if told > farthest => told,
                        Some(_) => return Err(setback),
                        None => return Ok(Sent::Gone),
                    };
                }
            }
            corrupted = 0;
            farthest = offset;
            self.progressed = true;
            self.outbox.step("upload.patched");
            self.reports.progress(doc.id, offset, total);
        }
        kept(self.outbox.set_uploaded(doc.id))?;
        self.outbox.step("upload.complete");
        Ok(Sent::Whole)
    }

    /// Sends one piece, with its checksum where the server wants one.
    async fn append(
        &mut self,
        upload: &UploadPath,
        document: &Sealed,
        offset: u64,
        length: u64,
    ) -> Result<Appended, Setback> {
        let algorithm = self.abilities().await?.checksum;
        // The piece before has left it, so that the same memory serves all of them.
        self.buffer.clear();
        document.read(offset, length, &mut self.buffer).map_err(StoreFault::Disk)?;
        let bytes = self.buffer.split().freeze();
        let checksum = algorithm.and_then(|algorithm| algorithm.of(&bytes));
        let piece = Piece { bytes, offset, checksum, pacer: Arc::clone(&self.pacer) };
        let appended = tus::append(&self.client, upload, piece).await;
        self.heard(appended).await
    }

    /// Keeps when the store will drop an upload, if that has changed.
    fn keep_end(&mut self, doc: &Document, expires: Option<Timestamp>) -> Result<(), StoreFault> {
        let Some(at) = expires else { return Ok(()) };
        let same =
            |(id, before): (DocId, Timestamp)| id == doc.id && before.duration_until(at).abs() < SAME_END;
        if self.end.is_some_and(same) {
            return Ok(());
        }
        kept(self.outbox.set_expires(doc.id, at))?;
        self.end = Some((doc.id, at));
        Ok(())
    }

    /// Asks for the store's offset, and learns from it whether the last PATCH was in vain.
    /// Nothing when the upload is gone.
    async fn ask(&mut self, doc: &Document, upload: &UploadPath) -> Result<Option<u64>, Setback> {
        let held = tus::held(&self.client, upload, doc.submission.bytes).await;
        let held = self.heard(held).await?;
        let failed = self.failed_at.take_if(|(id, _)| *id == doc.id);
        let Held::Bytes { offset, expires } = held else { return Ok(None) };
        self.keep_end(doc, expires)?;
        if let Some((_, at)) = failed {
            if offset < at {
                tracing::warn!(document = doc.id.0, at, offset, "the store's offset went down");
            }
            if offset <= at {
                self.chunk.halve();
            }
        }
        Ok(Some(offset))
    }
}

/// Whether a request may have been taken in part, or wholly with its answer lost.
fn broke_off(fault: &StoreFault) -> bool {
    matches!(fault, StoreFault::Unreachable(LinkFault::Broken | LinkFault::Stalled | LinkFault::NoAnswer))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(10);

    /// Sends pieces until one is larger than the one before, at most so many.
    fn grown(chunk: &mut Chunk, took: Duration) -> Option<u64> {
        let before = chunk.now;
        (0..100).find_map(|_| {
            chunk.got_through(chunk.now, took);
            (chunk.now > before).then_some(chunk.now)
        })
    }

    #[test]
    fn pieces_grow_while_the_line_holds_and_are_small_again_after_a_break() {
        let mut chunk = Chunk::new(10, 100, 400);
        assert_eq!(chunk.now, 100);
        assert_eq!([(); 3].map(|()| grown(&mut chunk, SOON)), [Some(200), Some(400), None]);
        chunk.broke_off();
        chunk.got_through(100, SOON);
        assert_eq!(chunk.now, 100);
        // Nothing of it got through, again and again.
        let halves = [(); 5].map(|()| {
            chunk.broke_off();
            chunk.halve();
            chunk.now
        });
        assert_eq!(halves, [50, 25, 12, 10, 10]);
        assert_eq!(grown(&mut chunk, SOON), Some(20));
    }

    #[test]
    fn on_a_slow_line_pieces_stay_as_they_are() {
        const SLOW: Duration = Duration::from_secs(2);
        let mut chunk = Chunk::new(10, 100, 400);
        assert_eq!(grown(&mut chunk, SLOW), None);
        chunk.halve();
        chunk.halve();
        assert_eq!([(); 3].map(|()| grown(&mut chunk, SLOW)), [Some(50), Some(100), None], "but no larger");
    }

    #[test]
    fn where_pieces_are_taken_whole_or_not_at_all_they_are_no_larger_than_usual() {
        let mut chunk = Chunk::new(10, 100, 400);
        grown(&mut chunk, SOON);
        // Some of a large piece got through.
        chunk.broke_off();
        chunk.got_through(100, SOON);
        assert_eq!(grown(&mut chunk, SOON), Some(200));
        // Nothing of it did.
        chunk.broke_off();
        chunk.halve();
        assert_eq!((chunk.now, grown(&mut chunk, SOON)), (100, None));
        // It arrived as another.
        let mut chunk = Chunk::new(10, 100, 400);
        grown(&mut chunk, SOON);
        chunk.halve();
        assert_eq!((chunk.now, grown(&mut chunk, SOON)), (100, None));
    }

    #[test]
    fn what_was_refused_for_its_size_is_not_tried_again() {
        let mut chunk = Chunk::new(10, 100, 400);
        grown(&mut chunk, SOON);
        chunk.limit();
        assert_eq!((chunk.now, grown(&mut chunk, SOON)), (100, None));
        // The usual size may be refused as well; a break does not bring it back.
        chunk.limit();
        chunk.got_through(50, SOON);
        chunk.broke_off();
        assert_eq!((chunk.now, grown(&mut chunk, SOON)), (50, None));
        // Not even the smallest got through: then it was not for the size.
        let mut chunk = Chunk::new(100, 100, 400);
        chunk.limit();
        chunk.unlimit();
        assert_eq!((chunk.now, grown(&mut chunk, SOON)), (100, Some(200)));
    }
}
