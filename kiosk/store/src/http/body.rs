//! Request bodies: bytes at hand, or a piece of a document decrypted as it is sent.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::task::JoinHandle;

use crate::DiskFault;
use crate::outbox::Sealed;

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
    Piece {
        document: Arc<Sealed>,
        offset: u64,
        left: u64,
        reading: Option<JoinHandle<Result<Bytes, DiskFault>>>,
    },
}

impl Outgoing {
    pub(super) fn bytes(bytes: Bytes) -> (Self, Arc<Sending>) {
        Self::new(Source::Bytes(bytes))
    }

    pub(super) fn piece(document: Arc<Sealed>, offset: u64, length: u64) -> (Self, Arc<Sending>) {
        Self::new(Source::Piece { document, offset, left: length, reading: None })
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
            Source::Piece { left, .. } => *left,
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
            Source::Piece { document, offset, left, reading } => {
                let read = reading.get_or_insert_with(|| read(document, *offset, *left));
                let outcome = ready!(Pin::new(read).poll(cx));
                *reading = None;
                let bytes = match outcome {
                    Ok(Ok(bytes)) if bytes.is_empty() => {
                        // More was asked for than the document has.
                        return Poll::Ready(Some(Err(DiskFault::Damaged)));
                    }
                    Ok(Ok(bytes)) => bytes,
                    Ok(Err(fault)) => return Poll::Ready(Some(Err(fault))),
                    Err(_) => return Poll::Ready(Some(Err(DiskFault::Read))),
                };
                let taken = bytes.len() as u64;
                *offset = offset.saturating_add(taken);
                *left = left.saturating_sub(taken);
                bytes
            }
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
    use crate::testing::{Kiosk, document};

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
            let (mut body, sending) = Outgoing::piece(Arc::clone(&sealed), offset, length);
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
    async fn a_file_that_shrank_is_damage() {
        let kiosk = Kiosk::new();
        let sealed = sealed(&kiosk, b"short");
        let (body, sending) = Outgoing::piece(Arc::clone(&sealed), 0, 6);
        assert_eq!(body.collect().await.err(), Some(DiskFault::Damaged), "more than there is");
        assert!(!sending.finished());
        let file = std::fs::OpenOptions::new().write(true).open(kiosk.kept("m-1")).expect("open");
        file.set_len(90).expect("cut short");
        let (body, sending) = Outgoing::piece(sealed, 0, 5);
        assert_eq!(body.collect().await.err(), Some(DiskFault::Damaged));
        assert!(!sending.finished());
    }
}
