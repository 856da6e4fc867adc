//! Huffman codes of blocks (ISO/IEC 10918-1, annexes C and F): what is wanted of a block, and how to get over the
//! rest of it.

use super::bits::{Bits, FILLED};

/// Bits that tables are looked up with.
const LOOK: u32 = 12;

const ENTRIES: usize = 1 << LOOK;

/// A code as an image defines it: how many words there are of each length from 1, and what they stand for.
#[derive(Clone, Copy)]
pub(super) struct Defined<'a> {
    pub(super) counts: &'a [u8; 16],
    pub(super) symbols: &'a [u8],
}

/// A code, ready to be read.
pub(super) struct Code {
    /// Length and symbol of the word that bits begin with; length 0 if it is longer than [`LOOK`], or none.
    short: Vec<(u8, u8)>,
    /// By length, from 1: what lies above all words of this length, in 16 bits, and what has to be added to a word
    /// to get the place of its symbol.
    lengths: [(u32, i32); 16],
    symbols: Vec<u8>,
}

impl Code {
    /// `None` if there is no such code.
    pub(super) fn new(defined: Defined<'_>) -> Option<Self> {
        let mut short = vec![(0, 0); ENTRIES];
        let mut lengths = [(0, 0); 16];
        let (mut word, mut place) = (0_u32, 0_usize);
        for ((length, &count), lengths) in (1..).zip(defined.counts).zip(&mut lengths) {
            let to_place = place as i32 - word as i32;
            for &symbol in defined.symbols.get(place..place + usize::from(count))? {
                if length <= LOOK {
                    let from = (word << (LOOK - length)) as usize;
                    short.get_mut(from..from + (1 << (LOOK - length)))?.fill((length as u8, symbol));
                }
                word += 1;
            }
            // No word is all ones.
            if word >= 1 << length {
                return None;
            }
            place += usize::from(count);
            *lengths = (word << (16 - length), to_place);
            word <<= 1;
        }
        Some(Self { short, lengths, symbols: defined.symbols.to_vec() })
    }

    /// Takes one word and returns what it stands for; `None` if no word begins so.
    fn symbol(&self, bits: &mut Bits<'_>) -> Option<u8> {
        if let Some(&(length @ 1.., symbol)) = self.short.get(bits.peek(LOOK)) {
            bits.skip(length.into());
            return Some(symbol);
        }
        let begin = bits.peek(16) as u32;
        let (length, &(_, to_place)) = (1..).zip(&self.lengths).find(|(_, (above, _))| begin < *above)?;
        bits.skip(length);
        let place = (begin >> (16 - length)) as i32 + to_place;
        self.symbols.get(usize::try_from(place).ok()?).copied()
    }
}

/// The code of means.
pub(super) struct Means(Code);

impl Means {
    /// `None` where a word stands for what no difference of means is.
    pub(super) fn new(code: Code) -> Option<Self> {
        /// Bits of the longest, with 8 bits a sample (table F.1).
        const LONGEST: u8 = 11;
        code.symbols.iter().all(|length| *length <= LONGEST).then_some(Self(code))
    }

    /// Takes the difference between a block's mean and that of the block before it (F.2.2.1).
    #[inline(always)]
    pub(super) fn difference(&self, bits: &mut Bits<'_>) -> Option<i32> {
        bits.fill();
        let length = self.0.symbol(bits)?.into();
        Some(value(bits, length))
    }
}

/// Takes a value of so many bits (F.2.2.1).
#[inline(always)]
fn value(bits: &mut Bits<'_>, length: u32) -> i32 {
    let value = bits.peek(length) as i32;
    bits.skip(length);
    // The lower half of what so many bits can say stands for what is below zero.
    let below = length > 0 && value < 1 << (length - 1);
    if below { value + 1 - (1 << length) } else { value }
}

/// The code of all other coefficients of a block, several words at a time.
pub(super) struct Rests {
    steps: Vec<Step>,
    code: Code,
}

/// Words that bits begin with, as many as are known.
#[derive(Clone, Copy, Default)]
struct Step {
    /// Bits of the words and of the coefficients that they announce.
    bits: u8,
    /// How many coefficients they get over, and one for the end of the block.
    weight: u8,
    /// Whether the last of them ends the block.
    end: bool,
}

/// Coefficients of a block.
const BLOCK: u32 = 64;

/// The place of the slope among them (figure A.6).
const SLOPE: u32 = 2;

/// Steps for which there are bits enough once they are filled: of each, the last word may announce 15 more.
const STEPS: u32 = FILLED / (LOOK + 15);

impl Rests {
    pub(super) fn new(code: Code) -> Self {
        let step = |begin| Step::new(begin, &code.short);
        Self { steps: (0..ENTRIES).map(step).collect(), code }
    }

    /// Takes a block's slope, the lowest of its frequencies down, and gets over the other coefficients.
    #[inline(always)]
    pub(super) fn slope(&self, bits: &mut Bits<'_>) -> Option<i32> {
        let (mut at, mut slope) = (1, 0);
        while at <= SLOPE {
            bits.fill();
            let symbol = self.code.symbol(bits)?;
            if is_end(symbol) {
                return Some(slope);
            }
            at += gone_over(symbol);
            let value = value(bits, (symbol & 15).into());
            if at == SLOPE + 1 {
                slope = value;
            }
        }
        self.skip_from(at, bits)?;
        Some(slope)
    }

    /// Gets over a block's other coefficients; `None` where they are more than a block has.
    #[inline(always)]
    pub(super) fn skip(&self, bits: &mut Bits<'_>) -> Option<()> {
        self.skip_from(1, bits)
    }

    #[inline(always)]
    fn skip_from(&self, mut at: u32, bits: &mut Bits<'_>) -> Option<()> {
        loop {
            bits.fill();
            for _ in 0..STEPS {
                let step = self.steps.get(bits.peek(LOOK)).copied().unwrap_or_default();
                // A block that is full has no word for its end: what looks like one belongs to the next block.
                let known = step.bits > 0 && at + u32::from(step.weight) <= BLOCK;
                if known {
                    bits.skip(step.bits.into());
                    at += u32::from(step.weight);
                } else {
                    (*bits, at) = self.word(*bits, at)?;
                }
                if at == BLOCK || known && step.end {
                    return Some(());
                }
                // For another step there may be too few bits now.
                if !known {
                    break;
                }
            }
        }
    }

    /// Gets over one word, and returns how far that is; the end of the block is where it would be full.
    #[cold]
    fn word<'a>(&self, mut bits: Bits<'a>, at: u32) -> Option<(Bits<'a>, u32)> {
        bits.fill();
        let symbol = self.code.symbol(&mut bits)?;
        bits.skip((symbol & 15).into());
        let at = if is_end(symbol) { BLOCK } else { at + gone_over(symbol) };
        (at <= BLOCK).then_some((bits, at))
    }
}

impl Step {
    /// The words that these bits begin with.
    fn new(begin: usize, short: &[(u8, u8)]) -> Self {
        let mut step = Self::default();
        while u32::from(step.bits) < LOOK {
            let rest = (begin << step.bits) & (ENTRIES - 1);
            let (length, symbol) = short.get(rest).copied().unwrap_or_default();
            // What is shifted in is not known.
            if length == 0 || u32::from(step.bits + length) > LOOK {
                break;
            }
            step.bits += length;
            if is_end(symbol) {
                return Self { weight: step.weight + 1, end: true, ..step };
            }
            step.bits += symbol & 15;
            step.weight += gone_over(symbol) as u8;
        }
        step
    }
}

/// Zeros to the end of the block (F.1.2.2.1), also as libjpeg takes it.
fn is_end(symbol: u8) -> bool {
    symbol & 15 == 0 && symbol != 0xF0
}

/// So many zeros and a coefficient, or 16 zeros.
fn gone_over(symbol: u8) -> u32 {
    u32::from(symbol >> 4) + 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::eighth::bits::tests::stuffed;

    fn code(counts: [u8; 16], symbols: &[u8]) -> Option<Code> {
        Code::new(Defined { counts: &counts, symbols })
    }

    fn counts(of: &[(usize, u8)]) -> [u8; 16] {
        let mut counts = [0; 16];
        of.iter().for_each(|(length, count)| counts[length - 1] = *count);
        counts
    }

    #[test]
    fn words_of_every_length() {
        // 0, 10, 110, … and two of 16 bits.
        let mut all = [1; 16];
        all[15] = 2;
        let symbols: Vec<u8> = (100..117).collect();
        assert!(code(all, &symbols).is_none(), "one is all ones");
        let of = code([1; 16], &symbols[..16]).unwrap();
        for ones in 0..16_usize {
            let bytes = stuffed(&(!(u32::MAX >> ones)).to_be_bytes());
            let mut bits = Bits::new(&bytes);
            bits.fill();
            assert_eq!(of.symbol(&mut bits), Some(100 + ones as u8));
        }
        let mut bits = Bits::new(&[0xFF, 0, 0xFF, 0]);
        bits.fill();
        assert_eq!(of.symbol(&mut bits), None, "all ones");
    }

    #[test]
    fn what_is_no_code() {
        for (of, symbols) in [
            (counts(&[(1, 2)]), vec![1, 2]),
            (counts(&[(1, 1), (2, 2)]), vec![1, 2, 3]),
            (counts(&[(8, 255)]), vec![1; 254]),
            ([255; 16], vec![1; 4080]),
        ] {
            assert!(code(of, &symbols).is_none(), "{of:?}");
        }
        assert!(code([0; 16], &[]).is_some(), "nobody uses it");
    }

    #[test]
    fn differences() {
        // Lengths 0 to 2 as 00, 01, 10, and 11 as 110.
        let of = |longest| Means::new(code(counts(&[(2, 3), (3, 1)]), &[0, 1, 2, longest]).unwrap());
        assert!(of(12).is_none(), "too long");
        let of = of(11).unwrap();
        for (bits, difference) in [
            (0b0000_0000, Some(0)),
            (0b0100_0000, Some(-1)),
            (0b0110_0000, Some(1)),
            (0b1000_0000, Some(-3)),
            (0b1001_0000, Some(-2)),
            (0b1010_0000, Some(2)),
            (0b1011_0000, Some(3)),
            (0b1110_0000, None),
        ] {
            assert_eq!(of.difference(&mut Bits::new(&[bits])), difference, "{bits:08b}");
        }
        assert_eq!(of.difference(&mut Bits::new(&[0b1100_0000, 0b0000_0100])), Some(-2046));
        assert_eq!(of.difference(&mut Bits::new(&[0b1101_1111, 0b1111_1100])), Some(2047));
    }

    /// 0: the end; 10: a coefficient of 1 bit; 110: 15 zeros and one of 15 bits; 1110: 16 zeros.
    #[test]
    fn blocks_end_where_they_are_full_or_say_so() {
        let of =
            Rests::new(code([1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], &[0, 1, 0xFF, 0xF0]).unwrap());
        let long = format!("110{}", "0".repeat(15));
        for (words, left) in [
            ("0|1111".to_owned(), Some("1111")),
            ("100 100 101 0|1010".to_owned(), Some("1010")),
            // Full: what follows belongs to the next block.
            (format!("{}|0", "100 ".repeat(63)), Some("0")),
            (format!("{long} {long} {long} {}|011", "101 ".repeat(15)), Some("011")),
            (format!("{long} 1110 1110 {} 0|11", "101 ".repeat(14)), Some("11")),
            ("1110 1110 1110 1110".to_owned(), None),
            (format!("{} {long}", "100 ".repeat(50)), None),
        ] {
            let (block, rest) = words.split_once('|').unwrap_or((&words, ""));
            let mut all: String = block.replace(' ', "") + rest;
            let length = all.len() - rest.len();
            all.push_str(&"0".repeat(64));
            let bytes = all.as_bytes().chunks_exact(8);
            let bytes = bytes.map(|byte| byte.iter().fold(0, |all, bit| all << 1 | (bit - b'0')));
            let bytes = stuffed(&bytes.collect::<Vec<u8>>());
            let mut bits = Bits::new(&bytes);
            let done = of.skip(&mut bits);
            assert_eq!(done.is_some(), left.is_some(), "{words}");
            if let Some(left) = left {
                bits.fill();
                let seen = bits.peek(left.len() as u32);
                assert_eq!(format!("{seen:0width$b}", width = left.len()), left, "{words}, {length} bits");
            }
        }
    }

    /// As above; the slope is the second coefficient.
    #[test]
    fn the_slope_of_a_block() {
        let symbols = [0, 2, 0x12, 0xF0];
        let of = Rests::new(code([1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], &symbols).unwrap());
        for (words, slope) in [
            ("0", 0),
            ("1011 0", 0),
            ("1011 1010 0", 2),
            ("1011 1000 1011 0", -3),
            ("11001 1011 0", -2),
            ("1110 1011 0", 0),
            ("1011 1110 1011 0", 0),
        ] {
            let words = words.replace(' ', "");
            let mut bits = usize::from_str_radix(&words, 2).unwrap() << (32 - words.len());
            bits |= (1 << (32 - words.len())) - 1;
            let bytes = stuffed(&(bits as u32).to_be_bytes());
            let mut bits = Bits::new(&bytes);
            assert_eq!(of.slope(&mut bits), Some(slope), "{words}");
            assert!(bits.peek(16) == 0xFFFF, "{words}: what follows");
        }
    }

    /// A block's end, found one bit after the other; `None` where there is none, `Some(None)` where data end before.
    fn by_bits(words: &[(u32, u32, u8)], data: &[bool]) -> Option<Option<usize>> {
        let (mut at, mut next) = (1, 0);
        while at < BLOCK {
            let (mut word, mut length) = (0, 0);
            let symbol = loop {
                let Some(&bit) = data.get(next) else { return Some(None) };
                (word, length, next) = (word << 1 | u32::from(bit), length + 1, next + 1);
                if let Some((_, _, symbol)) = words.iter().find(|(w, l, _)| (*w, *l) == (word, length)) {
                    break *symbol;
                }
                if length == 16 {
                    return None;
                }
            };
            if symbol & 15 == 0 && symbol >> 4 != 15 {
                break;
            }
            next += usize::from(symbol & 15);
            at += u32::from(symbol >> 4) + 1;
        }
        if at > BLOCK { None } else { Some((next <= data.len()).then_some(next)) }
    }

    proptest! {
        /// Any code, with words of all lengths as often as each other, and blocks of any of them: each ends where it
        /// does, and so does what is none.
        #[test]
        fn blocks_end_where_they_do_bit_by_bit(
            wanted in proptest::array::uniform16(0_u8..4),
            symbols in proptest::collection::vec((0_u8..5, 0_u8..16).prop_map(|(run, bits)| match run {
                4 => 0xF0,
                3 => bits << 4 | 15,
                run => run << 4 | bits,
            }), 64),
            picks in proptest::collection::vec(any::<u32>(), 400),
        ) {
            // As many words of each length as there is room for, and never all of it.
            let (mut counts, mut words, mut word) = ([0; 16], vec![], 0_u32);
            for ((length, wanted), count) in (1..).zip(wanted).zip(&mut counts) {
                while *count < wanted && word + 1 < 1 << length {
                    words.push((word, length, symbols[words.len()]));
                    *count += 1;
                    word += 1;
                }
                word <<= 1;
            }
            let (mut data, mut at) = (vec![], 1);
            for pick in picks {
                let Some(&(word, length, symbol)) = words.get(pick as usize % words.len().max(1)) else { break };
                let over = if is_end(symbol) { 0 } else { gone_over(symbol) };
                // One that is too far now and then: there all ends.
                if at + over > BLOCK && pick >> 24 > 0 {
                    continue;
                }
                data.extend((0..length).rev().map(|i| word >> i & 1 == 1));
                data.extend((0..u32::from(symbol & 15)).map(|i| pick >> (8 + i) & 1 == 1));
                at = if over == 0 || at + over == BLOCK { 1 } else { at + over };
            }
            let bytes = data.chunks(8).map(|byte| {
                byte.iter().enumerate().fold(0_u8, |all, (i, &bit)| all | u8::from(bit) << (7 - i))
            });
            let data: Vec<u8> = bytes.collect();
            let defined = Defined { counts: &counts, symbols: &symbols[..words.len()] };
            let of = Rests::new(Code::new(defined).expect("a code"));
            let stuffed = stuffed(&data);
            let mut ours = Bits::new(&stuffed);
            let bits: Vec<bool> = data.iter().flat_map(|b| (0..8).rev().map(move |i| b >> i & 1 == 1)).collect();
            let mut from = 0;
            // Block after block, until one is none, or the data end.
            loop {
                let theirs = by_bits(&words, &bits[from..]);
                let mut with_slopes = ours;
                let done = of.skip(&mut ours);
                prop_assert_eq!(of.slope(&mut with_slopes).is_some(), done.is_some(), "at {}", from);
                let Some(Some(length)) = theirs else {
                    prop_assert!(done.is_none() || theirs == Some(None) && ours.is_over(), "{:?} at {}", theirs, from);
                    break;
                };
                prop_assert!(done.is_some() && !ours.is_over(), "{} at {}", length, from);
                from += length;
                ours.fill();
                let next = (from..from + 40).fold(0, |all, i| all << 1 | usize::from(bits.get(i).copied().unwrap_or(false)));
                prop_assert_eq!(ours.peek(40), next, "at {}", from);
                with_slopes.fill();
                prop_assert_eq!(with_slopes.peek(40), next, "with slopes at {}", from);
            }
        }
    }
}
