//! Request bodies: bytes at hand, handed over as fast as they may go.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use crate::pace::Pacer;

/// Bytes handed over at once, at most: what is handed over counts as being on its way.
const AT_ONCE: usize = 64 * 1024;

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
    /// What is still to be handed over.
    left: Bytes,
    /// How fast it may go; nothing for what is too small to matter.
    pacer: Option<Arc<Pacer>>,
    pause: Option<Pin<Box<Sleep>>>,
    sending: Arc<Sending>,
}

impl Outgoing {
    pub(super) fn new(bytes: Bytes, pacer: Option<Arc<Pacer>>) -> (Self, Arc<Sending>) {
        let sending = Arc::new(Sending::default());
        if bytes.is_empty() {
            sending.finish();
        }
        (Self { left: bytes, pacer, pause: None, sending: Arc::clone(&sending) }, sending)
    }

    /// How many bytes may go now, as soon as any may.
    fn poll_leave(&mut self, cx: &mut Context<'_>) -> Poll<usize> {
        let wanted = self.left.len().min(AT_ONCE);
        let Some(pacer) = &self.pacer else { return Poll::Ready(wanted) };
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            match pacer.take(wanted) {
                Ok(taken) => return Poll::Ready(taken.min(wanted)),
                Err(wait) => self.pause = Some(Box::pin(sleep(wait))),
            }
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        let taken = ready!(self.poll_leave(cx));
        let bytes = self.left.split_to(taken);
        if self.left.is_empty() {
            self.sending.finish();
        }
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use jiff::civil::Time;

    use super::*;
    use crate::pace::{Pace, Window};
    use crate::testing::document;

    fn paced(bytes: &[u8], pace: Pace) -> (Outgoing, Arc<Sending>) {
        Outgoing::new(Bytes::copy_from_slice(bytes), Some(Arc::new(Pacer::new(pace))))
    }

    async fn whole(body: &mut Outgoing) -> Vec<u8> {
        let mut got = Vec::new();
        while let Some(frame) = body.frame().await {
            let data = frame.expect("no way to fail").into_data().expect("data");
            assert!(!data.is_empty() && data.len() <= AT_ONCE);
            got.extend_from_slice(&data);
        }
        got
    }

    #[tokio::test]
    async fn all_of_a_body_is_handed_over_and_then_told() {
        for length in [0, 1, 65_536, 200_000] {
            let bytes = document(length);
            let unpaced = Outgoing::new(Bytes::copy_from_slice(&bytes), None);
            for (mut body, sending) in [paced(&bytes, Pace::default()), unpaced] {
                assert_eq!(body.size_hint().exact(), Some(length as u64));
                assert_eq!((body.is_end_stream(), sending.finished()), (length == 0, length == 0));
                assert!(whole(&mut body).await == bytes, "{length}");
                assert!(body.is_end_stream() && sending.finished(), "{length}");
            }
        }
    }

    #[tokio::test]
    async fn a_piece_under_a_cap_goes_in_small_parts_and_takes_its_time() {
        let bytes = document(100_000);
        let all_day = Window { from: Time::midnight(), to: Time::midnight(), bytes_per_second: 1_000_000 };
        let begun = tokio::time::Instant::now();
        let pace = Pace::new(vec![all_day], 0).expect("a pace");
        let (mut body, sending) = paced(&bytes, pace);
        assert!(whole(&mut body).await == bytes && sending.finished());
        assert!(begun.elapsed() >= std::time::Duration::from_millis(99), "a lower bound, whatever the load");
    }
}
