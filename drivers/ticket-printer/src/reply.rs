//! One input stream, many kinds of answers: told apart by their fixed bits.
//!
//! | byte | is |
//! |---|---|
//! | 11h, 13h | XON, XOFF |
//! | b & 93h = 12h | answer to DLE EOT |
//! | b & 93h = 10h | first of four bytes of automatic status |
//! | b & 90h = 00h | later byte of automatic status, else answer to GS r |
//! | 35h 37h 3Bh 3Dh 5Fh | opens a block that 00h ends |

use std::fmt;

/// The longest block in bytes, without its opening and ending byte. GS I answers at most 80.
const LONGEST_BLOCK: usize = 80;

/// One thing the printer said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It takes data again (11h).
    Xon,
    /// It wants no more data for now (13h).
    Xoff,
    /// The answer to one DLE EOT.
    RealTime(u8),
    /// Automatic status, four bytes.
    AutoStatus([u8; 4]),
    /// The answer to GS r.
    Queued(u8),
    /// GS ( H: everything before this identifier has been printed.
    ProcessId([u8; 4]),
    /// Another block.
    Block(Block),
    /// A byte that belongs to nothing.
    Noise(u8),
}

/// A block of the kinds that begin with their own byte and end with 00h.
#[derive(Clone, PartialEq, Eq)]
pub struct Block {
    /// What opened it.
    pub kind: BlockKind,
    /// The bytes between, printable ASCII, at most 80.
    pub data: Vec<u8>,
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Block({:?}, {} bytes)", self.kind, self.data.len())
    }
}

/// The byte a block opens with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// 35h
    Head35,
    /// 37h: process identifiers and cleared buffers
    Head37,
    /// 3Bh: off-line reports
    Head3B,
    /// 3Dh
    Head3D,
    /// 5Fh: printer identification (GS I)
    Head5F,
}

impl BlockKind {
    const fn opened_by(byte: u8) -> Option<Self> {
        match byte {
            0x35 => Some(BlockKind::Head35),
            0x37 => Some(BlockKind::Head37),
            0x3B => Some(BlockKind::Head3B),
            0x3D => Some(BlockKind::Head3D),
            0x5F => Some(BlockKind::Head5F),
            _ => None,
        }
    }
}

/// Tells answers apart, byte by byte. Holds at most one unfinished block.
#[derive(Clone, Debug, Default)]
pub struct Classifier {
    state: State,
}

#[derive(Clone, Debug, Default)]
enum State {
    #[default]
    Between,
    Auto {
        bytes: [u8; 4],
        have: usize,
    },
    InBlock(Block),
}

impl Classifier {
    /// A classifier at a boundary between answers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets an unfinished answer, after a silence in which it would have ended.
    pub fn reset(&mut self) {
        self.state = State::Between;
    }

    /// Takes the next byte; gives what it completes.
    ///
    /// A byte that cannot stand where it comes breaks off what was unfinished and is looked at
    /// afresh, so that a disturbed line costs one answer and not all that follow.
    pub fn push(&mut self, byte: u8) -> Option<Reply> {
        // Flow control may come at any time, even inside another answer.
        match byte {
            0x11 => return Some(Reply::Xon),
            0x13 => return Some(Reply::Xoff),
            _ => {}
        }
        match std::mem::take(&mut self.state) {
            State::Between => self.first(byte),
            State::Auto { mut bytes, have } => {
                let (Some(slot), 0) = (bytes.get_mut(have), byte & 0x90) else {
                    return self.first(byte);
                };
                *slot = byte;
                if have == 3 {
                    Some(Reply::AutoStatus(bytes))
                } else {
                    self.state = State::Auto { bytes, have: have + 1 };
                    None
                }
            }
            State::InBlock(mut block) => match byte {
                0x00 => Some(finished(block)),
                0x20..=0x7E if block.data.len() < LONGEST_BLOCK => {
                    block.data.push(byte);
                    self.state = State::InBlock(block);
                    None
                }
                _ => self.first(byte),
            },
        }
    }

    fn first(&mut self, byte: u8) -> Option<Reply> {
        if let Some(kind) = BlockKind::opened_by(byte) {
            self.state = State::InBlock(Block { kind, data: Vec::new() });
            return None;
        }
        if byte & 0x90 == 0 {
            return Some(Reply::Queued(byte));
        }
        match byte & 0x93 {
            0x12 => Some(Reply::RealTime(byte)),
            0x10 => {
                self.state = State::Auto { bytes: [byte, 0, 0, 0], have: 1 };
                None
            }
            _ => Some(Reply::Noise(byte)),
        }
    }
}

fn finished(block: Block) -> Reply {
    match (block.kind, block.data.as_slice()) {
        (BlockKind::Head37, [0x22, a, b, c, d]) => Reply::ProcessId([*a, *b, *c, *d]),
        _ => Reply::Block(block),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(bytes: &[u8]) -> Vec<Reply> {
        let mut classifier = Classifier::new();
        bytes.iter().filter_map(|b| classifier.push(*b)).collect()
    }

    #[test]
    fn answers_are_told_apart() {
        let block = |kind, data: &[u8]| Reply::Block(Block { kind, data: data.to_vec() });
        let table: [(&[u8], Vec<Reply>); 11] = [
            (&[0x11, 0x13], vec![Reply::Xon, Reply::Xoff]),
            (&[0x12, 0x1A, 0x7E], [0x12, 0x1A, 0x7E].map(Reply::RealTime).to_vec()),
            (&[0x10, 0, 3, 0], vec![Reply::AutoStatus([0x10, 0, 3, 0])]),
            (&[0x38, 0, 0, 0, 0], vec![Reply::AutoStatus([0x38, 0, 0, 0]), Reply::Queued(0)]),
            (&[0x0C], vec![Reply::Queued(0x0C)]),
            (b"\x37\x220001\0", vec![Reply::ProcessId(*b"0001")]),
            (b"\x37\x25\0", vec![block(BlockKind::Head37, b"\x25")]),
            (b"\x5fTM-T88V\0", vec![block(BlockKind::Head5F, b"TM-T88V")]),
            // flow control in the midst of others
            (b"\x37\x220\x13001\0", vec![Reply::Xoff, Reply::ProcessId(*b"0001")]),
            (&[0x10, 0x11, 0, 3, 0], vec![Reply::Xon, Reply::AutoStatus([0x10, 0, 3, 0])]),
            // broken off, then afresh
            (&[0x10, 0, 0x12, 0x37, 0x12], vec![Reply::RealTime(0x12); 2]),
        ];
        for (bytes, expected) in table {
            assert_eq!(all(bytes), expected, "{bytes:02X?}");
        }
        assert_eq!(all(&[0x91, 0xFF]), vec![Reply::Noise(0x91), Reply::Noise(0xFF)]);
    }

    #[test]
    fn every_real_time_pattern_is_one() {
        // b7 = 0, b4 = 1, b1 = 1, b0 = 0; but 3Bh and the like have b0 = 1 and never collide.
        for byte in (0..=255u8).filter(|b| b & 0x93 == 0x12) {
            assert_eq!(all(&[byte]), vec![Reply::RealTime(byte)]);
        }
    }

    #[test]
    fn a_block_without_end_is_bounded() {
        let mut classifier = Classifier::new();
        let mut noise = vec![0x5F];
        noise.extend([b'A'; 10_000]);
        for byte in noise {
            classifier.push(byte);
            if let State::InBlock(block) = &classifier.state {
                assert!(block.data.len() <= LONGEST_BLOCK);
            }
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_stays_bounded(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let replies = all(&bytes);
            prop_assert!(replies.len() <= bytes.len());
            for reply in replies {
                if let Reply::Block(block) = reply {
                    prop_assert!(block.data.len() <= LONGEST_BLOCK);
                }
            }
        }

        #[test]
        fn a_process_id_comes_through_after_noise_and_silence(
            noise in proptest::collection::vec(any::<u8>(), 0..40),
            id in proptest::array::uniform4(0x20u8..=0x7E),
        ) {
            let mut classifier = Classifier::new();
            for byte in noise { classifier.push(byte); }
            classifier.reset();
            let [a, b, c, d] = id;
            let last = [0x37, 0x22, a, b, c, d, 0].into_iter().filter_map(|b| classifier.push(b)).last();
            prop_assert_eq!(last, Some(Reply::ProcessId(id)));
        }
    }
}
