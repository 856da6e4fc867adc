//! Commands that are carried out the moment they arrive, whatever waits before them
//! (protocols.md §3.2, §3.5).

use std::collections::VecDeque;

/// A real-time command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RealTime {
    /// DLE EOT n, n from 1 to 4.
    Status(u8),
    /// DLE EOT 14h: all the sensors of a KPM150.
    FullStatus,
    /// DLE ENQ 1: recover and go on from the line where the error occurred.
    Resume,
    /// DLE ENQ 2: recover after clearing both buffers.
    ClearAndRecover,
    /// DLE DC4 8: clear both buffers.
    Clear,
}

const CLEAR: [u8; 10] = [0x10, 0x14, 0x08, 0x01, 0x03, 0x14, 0x01, 0x06, 0x02, 0x08];

/// Watches the line for real-time commands, also in the midst of pictures, as real printers do.
#[derive(Debug, Default)]
pub(super) struct Watch {
    last: VecDeque<u8>,
}

impl Watch {
    /// Takes one byte; the command that ends with it, and of how many bytes it is.
    pub(super) fn push(&mut self, byte: u8) -> Option<(RealTime, usize)> {
        if self.last.len() == CLEAR.len() {
            self.last.pop_front();
        }
        self.last.push_back(byte);
        let ends_with = |wanted: &[u8]| {
            let len = self.last.len();
            len >= wanted.len() && self.last.iter().skip(len - wanted.len()).eq(wanted)
        };
        let command = match byte {
            1..=4 if ends_with(&[0x10, 0x04, byte]) => (RealTime::Status(byte), 3),
            0x14 if ends_with(&[0x10, 0x04, 0x14]) => (RealTime::FullStatus, 3),
            1 if ends_with(&[0x10, 0x05, 1]) => (RealTime::Resume, 3),
            2 if ends_with(&[0x10, 0x05, 2]) => (RealTime::ClearAndRecover, 3),
            8 if ends_with(&CLEAR) => (RealTime::Clear, CLEAR.len()),
            _ => return None,
        };
        self.last.clear();
        Some(command)
    }

    /// Forgets what has come so far.
    pub(super) fn reset(&mut self) {
        self.last.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_seen_anywhere() {
        let cases: &[(&[u8], &[RealTime])] = &[
            (&[0x10, 0x04, 0x01], &[RealTime::Status(1)]),
            (&[0x10, 0x10, 0x04, 0x04], &[RealTime::Status(4)]),
            (&[0x10, 0x04, 0x05], &[]),
            (&[0x10, 0x04, 0x14], &[RealTime::FullStatus]),
            (&[0xFF, 0x10, 0x05, 0x01, 0x10, 0x05, 0x02], &[RealTime::Resume, RealTime::ClearAndRecover]),
            (&CLEAR, &[RealTime::Clear]),
            (&[0x10, 0x14, 0x08, 0x01, 0x03, 0x14, 0x01, 0x06, 0x02, 0x09], &[]),
        ];
        for (bytes, expected) in cases {
            let mut watch = Watch::default();
            let seen: Vec<RealTime> =
                bytes.iter().filter_map(|&byte| watch.push(byte)).map(|(rt, _)| rt).collect();
            assert_eq!(&seen, expected, "{bytes:02X?}");
        }
    }
}
