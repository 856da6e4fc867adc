//! The buffer that receives replies; what it held is wiped.

use std::ops::Range;
use std::time::{Duration, Instant};

use link::{Link, LinkError};
use zeroize::{Zeroize, Zeroizing};

use crate::Sw3;
use crate::frame::{self, FrameFault, Scan};

/// Room for the largest frame. Allocated once and never moved, so that no copies are left behind.
const SIZE: usize = frame::HEADER + frame::MAX_LENGTH;

pub(crate) struct ReplyBuffer {
    bytes: Zeroizing<Box<[u8]>>,
    /// Bytes at the front that belong to the reply under way.
    filled: usize,
    /// Bytes at the front that may hold something of this reply or of what went before.
    used: usize,
}

/// A reply; its data stay in the buffer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: Sw3,
    pub(crate) card_words: [u8; 2],
    data: Range<usize>,
}

/// Why there is no reply.
#[derive(Debug)]
pub(crate) enum NoReply {
    /// Not a byte came.
    Silence,
    Garbled(FrameFault),
    Link(LinkError),
}

impl ReplyBuffer {
    pub(crate) fn new() -> Self {
        Self { bytes: Zeroizing::new(vec![0; SIZE].into_boxed_slice()), filled: 0, used: 0 }
    }

    /// Receives one reply, as its bytes come: the first within `first`, the last within `rest` of
    /// the first.
    pub(crate) fn receive(
        &mut self,
        link: &mut impl Link,
        first: Duration,
        rest: Duration,
    ) -> Result<Answer, NoReply> {
        self.wipe();
        let mut deadline = Instant::now() + first;
        let mut begun = false;
        let mut thrown = 0;
        loop {
            let room = self.bytes.get_mut(self.filled..).unwrap_or_default();
            match link.read(room, deadline) {
                Ok(n) => self.filled = (self.filled + n).min(SIZE),
                Err(LinkError::Timeout { .. }) if !begun => return Err(NoReply::Silence),
                Err(LinkError::Timeout { .. }) => return Err(self.broken_off(thrown)),
                Err(e) => return Err(NoReply::Link(e)),
            }
            self.used = self.used.max(self.filled);
            if !begun {
                begun = true;
                deadline = Instant::now() + rest;
            }
            match self.parse().map_err(NoReply::Garbled)? {
                Parsed::Answer(answer) => return Ok(answer),
                Parsed::Garbage(n) => {
                    self.bytes.copy_within(n..self.filled, 0);
                    self.filled -= n;
                    thrown += n;
                }
            }
            if thrown > frame::MAX_LENGTH {
                return Err(NoReply::Garbled(FrameFault::NoPreamble(thrown)));
            }
            // A link delivers what is there even after the deadline: a device that never stops
            // sending must not keep us here.
            if link.is_late(deadline) {
                return Err(self.broken_off(thrown));
            }
        }
    }

    /// The data of an answer that this buffer received last.
    pub(crate) fn data(&self, answer: &Answer) -> &[u8] {
        self.bytes.get(answer.data.clone()).unwrap_or_default()
    }

    pub(crate) fn wipe(&mut self) {
        self.bytes.get_mut(..self.used).unwrap_or_default().zeroize();
        (self.filled, self.used) = (0, 0);
    }

    fn parse(&self) -> Result<Parsed, FrameFault> {
        let bytes = self.bytes.get(..self.filled).unwrap_or_default();
        match frame::scan(bytes)? {
            Scan::Incomplete { garbage } => Ok(Parsed::Garbage(garbage)),
            Scan::Complete { reply, end } => {
                let after = bytes.get(end..).unwrap_or_default();
                // Noise behind a frame is harmless; another frame means that one of the two
                // answers an earlier request, and which is not to be known.
                match frame::scan(after) {
                    Ok(Scan::Incomplete { garbage }) if garbage == after.len() => {}
                    _ => return Err(FrameFault::Stray(after.len())),
                }
                let data = end - 1 - reply.data.len()..end - 1;
                Ok(Parsed::Answer(Answer { status: reply.status, card_words: reply.card_words, data }))
            }
        }
    }

    fn broken_off(&self, thrown: usize) -> NoReply {
        NoReply::Garbled(match self.filled {
            0 => FrameFault::NoPreamble(thrown),
            n => FrameFault::BrokenOff(n),
        })
    }
}

enum Parsed {
    Answer(Answer),
    Garbage(usize),
}

#[cfg(test)]
impl ReplyBuffer {
    pub(crate) fn is_clean(&self) -> bool {
        self.bytes.iter().all(|byte| *byte == 0)
    }
}

#[cfg(test)]
mod tests {
    use link::ScriptedLink;
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    fn receive(link: &mut ScriptedLink) -> (ReplyBuffer, Result<Answer, NoReply>) {
        let mut buffer = ReplyBuffer::new();
        let answer = buffer.receive(link, LONG, LONG);
        (buffer, answer)
    }

    #[test]
    fn a_reply_may_come_in_any_pieces_and_after_noise() {
        let data: Vec<u8> = (0..=255).collect();
        let bytes = [b"noise \xAA\xAA", &frame::reply([1, 2], 0x90, &data)[..]].concat();
        for piece in [1, 2, 3, 7, 64, 1_000] {
            let mut link = ScriptedLink::new("reader").answer_in_pieces(&bytes, piece);
            let (buffer, answer) = receive(&mut link);
            let answer = answer.unwrap();
            assert_eq!(answer.status, Sw3::Success);
            assert_eq!(answer.card_words, [1, 2]);
            assert_eq!(buffer.data(&answer), data);
        }
    }

    #[test]
    fn the_largest_reply_fits() {
        let data = vec![0x5A; frame::MAX_LENGTH - 4];
        let mut link = ScriptedLink::new("reader").answer(&frame::reply([0, 0], 0x90, &data));
        let (buffer, answer) = receive(&mut link);
        assert_eq!(buffer.data(&answer.unwrap()), data);
    }

    #[test]
    fn wiping_leaves_nothing() {
        let bytes = [b"noise", &frame::reply([0, 0], 0x90, b"secret")[..]].concat();
        let mut link = ScriptedLink::new("reader").answer_in_pieces(&bytes, 4);
        let (mut buffer, answer) = receive(&mut link);
        answer.unwrap();
        assert!(!buffer.is_clean());
        buffer.wipe();
        assert!(buffer.is_clean());
    }

    #[test]
    fn what_goes_wrong_is_told_apart() {
        let ok = frame::reply([0, 0], 0x90, &[]);
        let mut damaged = ok.clone();
        damaged[8] ^= 1;
        let twice = [&ok[..], &ok].concat();
        let noisy = [&ok[..], b"\r\n"].concat();
        let babble = vec![0x55; 5_000];
        let (told, link) = (|l: ScriptedLink| receive(&mut { l }).1, || ScriptedLink::new("reader"));
        assert!(matches!(told(link()), Err(NoReply::Silence)));
        assert!(matches!(told(link().hang_up()), Err(NoReply::Link(LinkError::HungUp))));
        assert!(matches!(told(link().answer(&ok[..9])), Err(NoReply::Garbled(FrameFault::BrokenOff(9)))));
        assert!(matches!(told(link().answer(b"zzz")), Err(NoReply::Garbled(FrameFault::NoPreamble(3)))));
        assert!(matches!(told(link().answer(&damaged)), Err(NoReply::Garbled(FrameFault::Checksum))));
        assert!(matches!(told(link().answer(&twice)), Err(NoReply::Garbled(FrameFault::Stray(11)))));
        assert!(told(link().answer(&noisy)).is_ok());
        assert!(matches!(
            told(link().answer_in_pieces(&babble, 100)),
            Err(NoReply::Garbled(FrameFault::NoPreamble(4_100)))
        ));
    }

    #[test]
    fn a_device_that_never_stops_is_left_at_the_deadline() {
        struct Babbler;
        impl Link for Babbler {
            fn read(&mut self, buf: &mut [u8], _: Instant) -> Result<usize, LinkError> {
                // One byte of a frame at a time, so that nothing is ever complete or thrown away.
                let Some(first) = buf.first_mut() else { return Ok(0) };
                *first = 0xAA;
                Ok(1)
            }
            fn write_all(&mut self, _: &[u8], _: Instant) -> Result<(), LinkError> {
                Ok(())
            }
            fn name(&self) -> &str {
                "babbler"
            }
        }
        let begun = Instant::now();
        let answer = ReplyBuffer::new().receive(&mut Babbler, LONG, Duration::from_millis(50));
        assert!(matches!(answer, Err(NoReply::Garbled(_))), "{answer:?}");
        assert!(begun.elapsed() < Duration::from_secs(10));
    }

    proptest! {
        #[test]
        fn any_stream_is_survived(bytes in vec(any::<u8>(), 0..6_000), piece in 1_usize..300) {
            let mut link = ScriptedLink::new("reader").answer_in_pieces(&bytes, piece);
            let _ = receive(&mut link);
        }

        #[test]
        fn a_reply_is_found_after_any_noise_without_preamble(
            noise in vec(0_u8..0xAA, 0..500), data in vec(any::<u8>(), 0..500), piece in 1_usize..99
        ) {
            let bytes = [&noise[..], &frame::reply([0, 0], 0x90, &data)].concat();
            let mut link = ScriptedLink::new("reader").answer_in_pieces(&bytes, piece);
            let (buffer, answer) = receive(&mut link);
            prop_assert_eq!(buffer.data(&answer.unwrap()), data);
        }
    }
}
