//! The bits of coded blocks (ISO/IEC 10918-1, F.2.2.5), between two markers.

/// Bits that are still to be taken. Behind their end there are zeros; whether any of these were taken tells
/// [`Bits::is_over`]. A value, so that it stays in the processor's registers.
#[derive(Clone, Copy)]
pub(super) struct Bits<'a> {
    data: &'a [u8],
    /// The next bits, from the highest. Below those that are held there may be some of the next byte's already.
    ahead: u64,
    held: u32,
    /// How many of those that were ever held stand for nothing.
    made_up: u32,
}

/// So many bits are held after [`Bits::fill`], or a few more.
pub(super) const FILLED: u32 = 56;

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { data, ahead: 0, held: 0, made_up: 0 }
    }

    /// Holds [`FILLED`] bits or more, and fewer than 64.
    #[inline(always)]
    pub(super) fn fill(&mut self) {
        match self.data.first_chunk().map(|eight| u64::from_be_bytes(*eight)) {
            Some(eight) if !has_marker(eight) => {
                self.ahead |= eight >> (self.held & 63);
                // As many whole bytes as there is room for.
                let taken = (63 - self.held) / 8;
                self.data = self.data.get(taken as usize..).unwrap_or_default();
                self.held += taken * 8;
            }
            _ => *self = self.filled_by_bytes(),
        }
    }

    #[cold]
    fn filled_by_bytes(mut self) -> Self {
        while self.held < FILLED {
            let byte = match *self.data {
                // A zero behind it says that it is no marker.
                [0xFF, 0, ref rest @ ..] => {
                    self.data = rest;
                    0xFF
                }
                [0xFF, ..] | [] => {
                    self.made_up += 8;
                    0
                }
                [byte, ref rest @ ..] => {
                    self.data = rest;
                    byte
                }
            };
            self.ahead |= u64::from(byte) << (56 - self.held);
            self.held += 8;
        }
        self
    }

    /// So many of the next bits, 63 at most.
    #[inline(always)]
    pub(super) fn peek(&self, count: u32) -> usize {
        // Twice, for a count of 0.
        (self.ahead >> 1 >> (63 - count)) as usize
    }

    /// Takes so many bits, no more than are held.
    #[inline(always)]
    pub(super) fn skip(&mut self, count: u32) {
        debug_assert!(count <= self.held, "{count} of {} bits", self.held);
        self.ahead <<= count;
        self.held = self.held.wrapping_sub(count);
    }

    /// Whether bits were taken that are not there.
    pub(super) fn is_over(&self) -> bool {
        self.made_up > self.held
    }

    /// Ends where only the rest of a byte is left before a marker, and returns that marker and what follows.
    pub(super) fn end(self) -> Option<&'a [u8]> {
        let filled = self.filled_by_bytes();
        let left = filled.held.checked_sub(filled.made_up)?;
        (left < 8).then_some(filled.data)
    }
}

/// Whether one of eight bytes is 0xFF.
#[inline(always)]
fn has_marker(eight: u64) -> bool {
    const ONES: u64 = u64::MAX / 0xFF;
    let zeros = !eight;
    zeros.wrapping_sub(ONES) & !zeros & (ONES << 7) != 0
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Bytes as they stand between markers (F.1.2.3).
    pub(in crate::eighth) fn stuffed(bytes: &[u8]) -> Vec<u8> {
        bytes.iter().flat_map(|&byte| if byte == 0xFF { vec![byte, 0] } else { vec![byte] }).collect()
    }

    #[test]
    fn bits_come_in_their_order_without_what_was_stuffed() {
        let bytes: Vec<u8> =
            (0..200_u32).map(|i| if i % 11 == 3 { 0xFF } else { (i * 37) as u8 & 0x7F }).collect();
        let stuffed = [stuffed(&bytes), vec![0xFF, 0xD9, 7]].concat();
        let mut bits = Bits::new(&stuffed);
        let (mut at, mut count) = (0, 0);
        while at < bytes.len() * 8 {
            count = (count + 5) % 32;
            let wanted =
                (at..at + count).map(|i| bytes.get(i / 8).map_or(0, |b| usize::from(b >> (7 - i % 8) & 1)));
            bits.fill();
            assert_eq!(bits.peek(count as u32), wanted.fold(0, |all, bit| all << 1 | bit), "{count} at {at}");
            assert!(!bits.is_over());
            count = count.min(bytes.len() * 8 - at);
            bits.skip(count as u32);
            at += count;
        }
        assert_eq!(bits.end(), Some(&[0xFF, 0xD9, 7][..]));
    }

    #[test]
    fn the_end_is_where_the_marker_is() {
        for (taken, ends) in [(16, false), (17, true), (24, true), (25, false)] {
            let mut bits = Bits::new(&[1, 2, 3, 0xFF, 0xD9]);
            bits.fill();
            bits.skip(taken);
            assert_eq!(bits.is_over(), taken > 24, "{taken}");
            assert_eq!(bits.end().is_some(), ends, "{taken}");
        }
        assert_eq!(Bits::new(&[]).end(), Some(&[][..]));
    }

    #[test]
    fn a_marker_is_found_among_eight_bytes() {
        for eight in
            [0, 0xFE01_80FE_017F_0100, 0x7F7F_7F7F_7F7F_7F7F, 0xFEFE_FEFE_FEFE_FEFE, 0x8080_8080_8080_8080]
        {
            assert!(!has_marker(eight), "{eight:x}");
            for place in 0..8 {
                assert!(has_marker(eight | 0xFF << (8 * place)), "{eight:x}, {place}");
            }
        }
    }
}
