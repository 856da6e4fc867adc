//! Bits out of bytes, a whole word at once. Always a part of what calls it, and so made for the same
//! processor.

/// Bits in a word.
pub(crate) const WORD: usize = 64;

/// A word whose bits are set where bytes are 1 and not where they are 0; the first is the highest.
#[inline(always)]
pub(crate) fn word(bytes: &[u8; WORD]) -> u64 {
    /// Gathers the lowest bits of eight bytes in the highest byte.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let eights = bytes.as_chunks::<8>().0.iter();
    eights.fold(0, |word, eight| word << 8 | u64::from_be_bytes(*eight).wrapping_mul(GATHER) >> 56)
}

/// So many samples of a row as fit into a word; `beyond` stands for those after its end.
#[inline(always)]
pub(crate) fn samples(part: &[u8], beyond: u8) -> [u8; WORD] {
    if let Some(whole) = part.first_chunk() {
        return *whole;
    }
    let mut samples = [beyond; WORD];
    samples.iter_mut().zip(part).for_each(|(to, &from)| *to = from);
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_becomes_the_bit_in_its_place() {
        for place in 0..WORD {
            let mut bytes = [0; WORD];
            bytes[place] = 1;
            assert_eq!(word(&bytes), 1 << (WORD - 1 - place), "{place}");
        }
        assert_eq!((word(&[1; WORD]), word(&[0; WORD])), (u64::MAX, 0));
    }

    #[test]
    fn a_row_s_end_is_filled_up() {
        let row: Vec<u8> = (0..100).collect();
        assert_eq!(samples(&row, 7)[..], row[..WORD]);
        let end = samples(&row[64..], 7);
        assert_eq!((&end[..36], &end[36..]), (&row[64..], &[7; 28][..]));
        assert_eq!(samples(&[], 7), [7; WORD]);
    }
}
