//! Frames between host and security module (protocols.md §1.3).

/// The first bytes of every frame in both directions.
pub(super) const PREAMBLE: [u8; 5] = [0xAA, 0xAA, 0xAA, 0x96, 0x69];

/// The longest length field the module takes; the longest command of the protocol has 4.
const LONGEST_REQUEST: usize = 64;

/// One request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) cmd: u8,
    pub(super) para: u8,
    pub(super) data: Vec<u8>,
}

/// What is wrong with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameError {
    /// The XOR over length and body is not zero.
    Checksum,
    /// No command has this length.
    Length,
}

/// Puts frames together from bytes.
#[derive(Debug, Default)]
pub(super) struct Intake {
    matched: usize,
    body: Vec<u8>,
}

impl Intake {
    /// Whether a frame has begun and is not complete.
    pub(super) fn is_partial(&self) -> bool {
        self.matched > 0
    }

    /// Forgets a frame that was begun.
    pub(super) fn reset(&mut self) {
        self.matched = 0;
        self.body.clear();
    }

    /// Takes one byte; a complete frame, right or wrong, comes out with its last byte.
    pub(super) fn push(&mut self, byte: u8) -> Option<Result<Request, FrameError>> {
        if self.matched < PREAMBLE.len() {
            self.matched = match byte {
                _ if byte == PREAMBLE[self.matched] => self.matched + 1,
                // One AA too many still ends in three of them.
                0xAA if self.matched == 3 => 3,
                0xAA => 1,
                _ => 0,
            };
            return None;
        }
        self.body.push(byte);
        let [high, low, rest @ ..] = self.body.as_slice() else {
            return None;
        };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        if !(3..=LONGEST_REQUEST).contains(&length) {
            self.reset();
            return Some(Err(FrameError::Length));
        }
        if rest.len() < length {
            return None;
        }
        let result = match rest {
            [cmd, para, data @ .., _] if xor(&self.body) == 0 => {
                Ok(Request { cmd: *cmd, para: *para, data: data.to_vec() })
            }
            _ => Err(FrameError::Checksum),
        };
        self.reset();
        Some(result)
    }
}

/// A reply frame: SW1 and SW2 are zero, for no emulated card refuses anything.
pub(super) fn reply(sw3: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + data.len()).unwrap_or(u16::MAX);
    let mut frame = Vec::with_capacity(11 + data.len());
    frame.extend_from_slice(&PREAMBLE);
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(&[0, 0, sw3]);
    frame.extend_from_slice(data);
    frame.push(xor(&frame[PREAMBLE.len()..]));
    frame
}

fn xor(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum ^ byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(intake: &mut Intake, bytes: &[u8]) -> Vec<Result<Request, FrameError>> {
        bytes.iter().filter_map(|&byte| intake.push(byte)).collect()
    }

    fn request(cmd: u8, para: u8, data: &[u8]) -> Request {
        Request { cmd, para, data: data.to_vec() }
    }

    #[test]
    fn frames_are_found_in_what_comes() {
        let find = [0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x03, 0x20, 0x01, 0x22];
        type Outcome = Vec<Result<Request, FrameError>>;
        let cases: [(&str, Vec<u8>, Outcome); 6] = [
            ("plain", find.to_vec(), vec![Ok(request(0x20, 0x01, &[]))]),
            (
                "noise before",
                [&[0x00, 0xAA, 0x96, 0xAA, 0xAA][..], &find].concat(),
                vec![Ok(request(0x20, 0x01, &[]))],
            ),
            (
                "with data",
                vec![0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x04, 0x61, 0xFF, 0x50, 0xCA],
                vec![Ok(request(0x61, 0xFF, &[0x50]))],
            ),
            (
                "wrong checksum, then right",
                [&find[..9], &[0x23], &find[..]].concat(),
                vec![Err(FrameError::Checksum), Ok(request(0x20, 0x01, &[]))],
            ),
            ("too short", vec![0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x02], vec![Err(FrameError::Length)]),
            ("too long", vec![0xAA, 0xAA, 0xAA, 0x96, 0x69, 0xFF, 0xFF], vec![Err(FrameError::Length)]),
        ];
        for (name, bytes, expected) in cases {
            assert_eq!(feed(&mut Intake::default(), &bytes), expected, "{name}");
        }
    }

    #[test]
    fn replies_have_the_checksums_of_the_reference() {
        assert_eq!(reply(0x9F, &[0; 4])[10..], [0x00, 0x00, 0x00, 0x00, 0x97]);
        assert_eq!(reply(0x90, &[0; 8]).last(), Some(&0x9C));
        for (sw3, checksum) in [(0x90, 0x94), (0x80, 0x84), (0x81, 0x85), (0x41, 0x45), (0x66, 0x62)] {
            let expected = [0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x04, 0x00, 0x00, sw3, checksum];
            assert_eq!(reply(sw3, &[]), expected, "{sw3:02X}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived_and_the_next_frame_is_found(
            noise in proptest::collection::vec(proptest::num::u8::ANY, 0..200)
        ) {
            let mut intake = Intake::default();
            feed(&mut intake, &noise);
            // Zeros end whatever the noise began.
            feed(&mut intake, &[0; LONGEST_REQUEST + 2]);
            let frame = [0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x03, 0x11, 0xFF, 0xED];
            proptest::prop_assert_eq!(feed(&mut intake, &frame), vec![Ok(request(0x11, 0xFF, &[]))]);
        }
    }
}
