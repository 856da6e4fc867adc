//! Request bodies: bytes at hand, or a piece of a document decrypted and paced as it is sent.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::task::JoinHandle;
use tokio::time::{Sleep, sleep};

use crate::DiskFault;
use crate::outbox::Sealed;
use crate::pace::Pacer;
use crate::tus::Piece;

/// Tells whether a body has been handed over to the connection in full.
#[derive(Debug, Default)]
pub(super) struct Sending {
    finished: AtomicBool,
}

impl Sending {
    pub(super) fn finished(&self) -> bool {
        self.finished.load(Ordering::Acquire)
    }

    fn finish(&self) {
        self.finished.store(true, Ordering::Release);
    }
}

/// The body of a request.
pub(super) struct Outgoing {
    source: Source,
    sending: Arc<Sending>,
}

enum Source {
    Bytes(Bytes),
    Piece(Flow),
}

/// A piece on its way.
struct Flow {
    document: Arc<Sealed>,
    /// Where the next byte to hand over is in the document.
    offset: u64,
    /// Bytes to hand over.
    left: u64,
    reading: Option<JoinHandle<Result<Bytes, DiskFault>>>,
    /// Read, and not yet handed over.
    part: Bytes,
    pacer: Arc<Pacer>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Outgoing {
    pub(super) fn bytes(bytes: Bytes) -> (Self, Arc<Sending>) {
        Self::new(Source::Bytes(bytes))
    }

    pub(super) fn piece(piece: &Piece) -> (Self, Arc<Sending>) {
        Self::new(Source::Piece(Flow {
            document: Arc::clone(&piece.document),
            offset: piece.offset,
            left: piece.length,
            reading: None,
            part: Bytes::new(),
            pacer: Arc::clone(&piece.pacer),
            pause: None,
        }))
    }

    fn new(source: Source) -> (Self, Arc<Sending>) {
        let sending = Arc::new(Sending::default());
        let body = Self { source, sending: Arc::clone(&sending) };
        if body.is_end_stream() {
            sending.finish();
        }
        (body, sending)
    }

    fn left(&self) -> u64 {
        match &self.source {
            Source::Bytes(bytes) => bytes.len() as u64,
            Source::Piece(flow) => flow.left,
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = DiskFault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, DiskFault>>> {
        if self.left() == 0 {
            return Poll::Ready(None);
        }
        let bytes = match &mut self.source {
            Source::Bytes(bytes) => std::mem::take(bytes),
            Source::Piece(flow) => match ready!(flow.poll_next(cx)) {
                Ok(bytes) => bytes,
                Err(fault) => return Poll::Ready(Some(Err(fault))),
            },
        };
        if self.left() == 0 {
            self.sending.finish();
        }
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.left() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left())
    }
}

impl Flow {
    /// The next bytes, at least one, as soon as they are read and may go.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, DiskFault>> {
        if self.part.is_empty() {
            let (document, offset, left) = (&self.document, self.offset, self.left);
            let read = self.reading.get_or_insert_with(|| read(document, offset, left));
            let outcome = ready!(Pin::new(read).poll(cx));
            self.reading = None;
            self.part = match outcome {
                // More was asked for than the document has.
                Ok(Ok(bytes)) if bytes.is_empty() => return Poll::Ready(Err(DiskFault::Damaged)),
                Ok(Ok(bytes)) => bytes,
                Ok(Err(fault)) => return Poll::Ready(Err(fault)),
                Err(_) => return Poll::Ready(Err(DiskFault::Read)),
            };
        }
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            match self.pacer.take(self.part.len()) {
                Ok(taken) => {
                    let bytes = self.part.split_to(taken.min(self.part.len()));
                    let taken = bytes.len() as u64;
                    self.offset = self.offset.saturating_add(taken);
                    self.left = self.left.saturating_sub(taken);
                    return Poll::Ready(Ok(bytes));
                }
                Err(wait) => self.pause = Some(Box::pin(sleep(wait))),
            }
        }
    }
}

/// Reads what one chunk has of the next `left` bytes, off the event loop.
fn read(document: &Arc<Sealed>, offset: u64, left: u64) -> JoinHandle<Result<Bytes, DiskFault>> {
    let document = Arc::clone(document);
    tokio::task::spawn_blocking(move || document.read(offset, left))
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;
    use crate::outbox::CHUNK;
    use crate::pace::{Pace, Window};
    use crate::testing::{Kiosk, document};

    fn piece(document: &Arc<Sealed>, offset: u64, length: u64, pace: Pace) -> (Outgoing, Arc<Sending>) {
        let pacer = Arc::new(Pacer::new(pace));
        Outgoing::piece(&Piece { document: Arc::clone(document), offset, length, checksum: None, pacer })
    }

    fn sealed(kiosk: &Kiosk, bytes: &[u8]) -> Arc<Sealed> {
        let outbox = kiosk.outbox();
        let scan = kiosk.scan("m-1", bytes);
        outbox.add(scan.clone()).expect("added");
        Arc::new(outbox.sealed(&scan.material_id, scan.bytes).expect("readable"))
    }

    #[tokio::test]
    async fn a_piece_is_read_in_small_parts_and_exactly() {
        let (kiosk, bytes) = (Kiosk::new(), document(200_000));
        let sealed = sealed(&kiosk, &bytes);
        for (offset, length) in [(0, 200_000), (1, 1), (65_535, 65_537), (131_071, 2), (199_999, 1)] {
            let (mut body, sending) = piece(&sealed, offset, length, Pace::default());
            assert_eq!(body.size_hint().exact(), Some(length));
            let mut got = Vec::new();
            while let Some(frame) = body.frame().await {
                let data = frame.expect("readable").into_data().expect("data");
                assert!(data.len() as u64 <= CHUNK);
                got.extend_from_slice(&data);
            }
            assert!(sending.finished());
            let (from, to) = (offset as usize, (offset + length) as usize);
            assert!(got == bytes[from..to]);
        }
    }

    #[tokio::test]
    async fn a_piece_under_a_cap_goes_in_small_parts_and_takes_its_time() {
        let (kiosk, bytes) = (Kiosk::new(), document(100_000));
        let sealed = sealed(&kiosk, &bytes);
        let midnight = jiff::civil::Time::midnight();
        let all_day = Window { from: midnight, to: midnight, bytes_per_second: 1_000_000 };
        let begun = tokio::time::Instant::now();
        let (mut body, sending) = piece(&sealed, 0, 100_000, Pace::new(vec![all_day], 0).expect("a pace"));
        let mut got = Vec::new();
        while let Some(frame) = body.frame().await {
            got.extend_from_slice(&frame.expect("readable").into_data().expect("data"));
        }
        assert!(got == bytes && sending.finished());
        assert!(begun.elapsed() >= std::time::Duration::from_millis(99), "a lower bound, whatever the load");
    }

    #[tokio::test]
    async fn a_file_that_shrank_is_damage() {
        let kiosk = Kiosk::new();
        let sealed = sealed(&kiosk, b"short");
        let (body, sending) = piece(&sealed, 0, 6, Pace::default());
        assert_eq!(body.collect().await.err(), Some(DiskFault::Damaged), "more than there is");
        assert!(!sending.finished());
        let file = std::fs::OpenOptions::new().write(true).open(kiosk.kept("m-1")).expect("open");
        file.set_len(90).expect("cut short");
        let (body, sending) = piece(&sealed, 0, 5, Pace::default());
        assert_eq!(body.collect().await.err(), Some(DiskFault::Damaged));
        assert!(!sending.finished());
    }
}
