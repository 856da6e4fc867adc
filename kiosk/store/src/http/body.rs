//! Request bodies: bytes at hand, or a piece of a file read as it is sent.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::task::JoinHandle;

use crate::DiskFault;

/// Bytes read from a file at a time: what one request keeps in memory.
const PIECE: u64 = 64 * 1024;

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
    File { file: Arc<File>, offset: u64, left: u64, reading: Option<JoinHandle<io::Result<Bytes>>> },
}

impl Outgoing {
    pub(super) fn bytes(bytes: Bytes) -> (Self, Arc<Sending>) {
        Self::new(Source::Bytes(bytes))
    }

    pub(super) fn piece(file: Arc<File>, offset: u64, length: u64) -> (Self, Arc<Sending>) {
        Self::new(Source::File { file, offset, left: length, reading: None })
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
            Source::File { left, .. } => *left,
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
            Source::File { file, offset, left, reading } => {
                let read = reading.get_or_insert_with(|| read(file, *offset, (*left).min(PIECE)));
                let outcome = ready!(Pin::new(read).poll(cx));
                *reading = None;
                let bytes = match outcome {
                    Ok(Ok(bytes)) => bytes,
                    Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                        return Poll::Ready(Some(Err(DiskFault::Damaged)));
                    }
                    _ => return Poll::Ready(Some(Err(DiskFault::Read))),
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

/// Reads exactly `length` bytes (at most [`PIECE`]) at `offset`, off the event loop.
fn read(file: &Arc<File>, offset: u64, length: u64) -> JoinHandle<io::Result<Bytes>> {
    let file = Arc::clone(file);
    tokio::task::spawn_blocking(move || {
        let mut bytes = vec![0; length.min(PIECE) as usize];
        file.read_exact_at(&mut bytes, offset)?;
        Ok(bytes.into())
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use http_body_util::BodyExt;

    use super::*;

    fn file(bytes: &[u8]) -> Arc<File> {
        let mut file = tempfile::tempfile().expect("a temporary file");
        file.write_all(bytes).expect("written");
        Arc::new(file)
    }

    #[tokio::test]
    async fn a_piece_is_read_in_small_parts_and_exactly() {
        let bytes: Vec<u8> = (0..200_000u32).map(|n| (n % 251) as u8).collect();
        for (offset, length) in [(0, 200_000), (1, 1), (65_535, 65_537), (199_999, 1)] {
            let (mut body, sending) = Outgoing::piece(file(&bytes), offset, length);
            assert_eq!(body.size_hint().exact(), Some(length));
            let mut got = Vec::new();
            while let Some(frame) = body.frame().await {
                let data = frame.expect("readable").into_data().expect("data");
                assert!(data.len() as u64 <= PIECE);
                got.extend_from_slice(&data);
            }
            assert!(sending.finished());
            let (from, to) = (offset as usize, (offset + length) as usize);
            assert!(got == bytes[from..to]);
        }
    }

    #[tokio::test]
    async fn a_file_that_shrank_is_damage() {
        let (body, sending) = Outgoing::piece(file(b"short"), 0, 6);
        assert_eq!(body.collect().await.err(), Some(DiskFault::Damaged));
        assert!(!sending.finished());
    }
}
