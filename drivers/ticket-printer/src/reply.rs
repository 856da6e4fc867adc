//! One input stream, many kinds of answers: told apart by their fixed bits.
//!
//! | byte | is |
//! |---|---|
//! | 11h, 13h | XON, XOFF |
//! | b & 93h = 12h | answer to DLE EOT |
//! | b & 93h = 10h | first of four bytes of automatic status |
//! | b & 90h = 00h | later byte of automatic status, else answer to GS r |
//! | 35h 37h 3Bh 3Dh 5Fh | opens a block that 00h ends |
//! | 10h 0Fh | on a KPM150: opens the six bytes of DLE EOT 14h |

use std::fmt;

use crate::profile::StatusLayout;

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
    /// The answer to DLE EOT 14h of a KPM150, without its first two bytes.
    Full([u8; 4]),
    /// The answer to GS r.
    Queued(u8),
    /// GS ( H 48: everything before this identifier has been printed.
    ProcessId([u8; 4]),
    /// DLE DC4 8: both buffers are empty, and it takes data again.
    Cleared,
    /// GS ( H 49: it has gone off line; with the causes where it was asked for them.
    WentOffLine(Option<u8>),
    /// GS I: a maker, a model, a version or the like.
    Identity(String),
    /// Another block.
    Block(Block),
    /// A byte that belongs to nothing.
    Noise(u8),
}

/// Who made a printer and what it is, as far as it says so (GS I 66 and 67). At most 80 printable
/// ASCII characters each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrinterId {
    /// The maker, such as `EPSON`.
    pub maker: Option<String>,
    /// The model, such as `TM-T88VI`.
    pub model: Option<String>,
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
    layout: StatusLayout,
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
    Full {
        bytes: [u8; 4],
        have: usize,
    },
    InBlock(Block),
}

impl Classifier {
    /// A classifier at a boundary between the answers of a printer of this kind.
    pub fn new(layout: StatusLayout) -> Self {
        Classifier { layout, state: State::Between }
    }

    /// Forgets an unfinished answer, after a silence in which it would have ended.
    pub fn reset(&mut self) {
        self.state = State::Between;
    }

    /// How many bytes of an unfinished block have come, without the one that opened it.
    pub(crate) fn block_length(&self) -> Option<usize> {
        match &self.state {
            State::InBlock(block) => Some(block.data.len()),
            State::Between | State::Auto { .. } | State::Full { .. } => None,
        }
    }

    /// Takes the next byte; gives what it completes.
    ///
    /// A byte that cannot stand where it comes breaks off what was unfinished and is looked at
    /// afresh, so that a disturbed line costs one answer and not all that follow.
    pub fn push(&mut self, byte: u8) -> Option<Reply> {
        // Flow control may come at any time, even inside another answer; only the six bytes have no
        // values of their own to tell it by.
        match (byte, &self.state) {
            (_, State::Full { .. }) => {}
            (0x11, _) => return Some(Reply::Xon),
            (0x13, _) => return Some(Reply::Xoff),
            _ => {}
        }
        match std::mem::take(&mut self.state) {
            State::Between => self.first(byte),
            State::Auto { bytes: [0x10, ..], have: 1 }
                if self.layout == StatusLayout::Kpm150 && byte == 0x0F =>
            {
                self.state = State::Full { bytes: [0; 4], have: 0 };
                None
            }
            State::Full { mut bytes, have } => {
                if let Some(slot) = bytes.get_mut(have) {
                    *slot = byte;
                }
                if have == 3 {
                    return Some(Reply::Full(bytes));
                }
                self.state = State::Full { bytes, have: have + 1 };
                None
            }
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
        (BlockKind::Head37, [0x25]) => Reply::Cleared,
        (BlockKind::Head37, [0x23]) => Reply::WentOffLine(None),
        (BlockKind::Head37, [0x23, causes]) => Reply::WentOffLine(Some(*causes)),
        (BlockKind::Head5F, text) => Reply::Identity(text.iter().map(|b| char::from(*b)).collect()),
        _ => Reply::Block(block),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(bytes: &[u8]) -> Vec<Reply> {
        all_of(StatusLayout::Epson, bytes)
    }

    fn all_of(layout: StatusLayout, bytes: &[u8]) -> Vec<Reply> {
        let mut classifier = Classifier::new(layout);
        bytes.iter().filter_map(|b| classifier.push(*b)).collect()
    }

    #[test]
    fn answers_are_told_apart() {
        let block = |kind, data: &[u8]| Reply::Block(Block { kind, data: data.to_vec() });
        let table: [(&[u8], Vec<Reply>); 14] = [
            (&[0x11, 0x13], vec![Reply::Xon, Reply::Xoff]),
            (&[0x12, 0x1A, 0x7E], [0x12, 0x1A, 0x7E].map(Reply::RealTime).to_vec()),
            (&[0x10, 0, 3, 0], vec![Reply::AutoStatus([0x10, 0, 3, 0])]),
            (&[0x38, 0, 0, 0, 0], vec![Reply::AutoStatus([0x38, 0, 0, 0]), Reply::Queued(0)]),
            (&[0x0C], vec![Reply::Queued(0x0C)]),
            (b"\x37\x220001\0", vec![Reply::ProcessId(*b"0001")]),
            (b"\x37\x25\0", vec![Reply::Cleared]),
            (b"\x37\x23\0", vec![Reply::WentOffLine(None)]),
            (b"\x37\x23\x60\0", vec![Reply::WentOffLine(Some(0x60))]),
            (b"\x5fTM-T88V\0", vec![Reply::Identity("TM-T88V".into())]),
            (b"\x3b1\0", vec![block(BlockKind::Head3B, b"1")]),
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
    fn six_bytes_are_told_only_where_they_are_known() {
        let bytes = [0x12, 0x10, 0x0F, 0xA4, 0x13, 0x10, 0x01, 0x12];
        assert_eq!(
            all_of(StatusLayout::Kpm150, &bytes),
            [Reply::RealTime(0x12), Reply::Full([0xA4, 0x13, 0x10, 0x01]), Reply::RealTime(0x12)]
        );
        assert!(!all(&bytes).iter().any(|reply| matches!(reply, Reply::Full(_))));
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
        let mut classifier = Classifier::new(StatusLayout::Epson);
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
            for layout in [StatusLayout::Epson, StatusLayout::Ppu231, StatusLayout::Kpm150] {
                let replies = all_of(layout, &bytes);
                prop_assert!(replies.len() <= bytes.len());
                for reply in replies {
                    match reply {
                        Reply::Block(block) => prop_assert!(block.data.len() <= LONGEST_BLOCK),
                        Reply::Identity(text) => prop_assert!(text.len() <= LONGEST_BLOCK),
                        _ => {}
                    }
                }
            }
        }

        #[test]
        fn a_process_id_comes_through_after_noise_and_silence(
            noise in proptest::collection::vec(any::<u8>(), 0..40),
            id in proptest::array::uniform4(0x20u8..=0x7E),
        ) {
            let mut classifier = Classifier::new(StatusLayout::Epson);
            for byte in noise { classifier.push(byte); }
            classifier.reset();
            let [a, b, c, d] = id;
            let last = [0x37, 0x22, a, b, c, d, 0].into_iter().filter_map(|b| classifier.push(b)).last();
            prop_assert_eq!(last, Some(Reply::ProcessId(id)));
        }
    }
}
