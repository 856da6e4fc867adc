//! The MQ coder: adaptive binary arithmetic coding (ISO/IEC 14492, annex E), the encoder's half.

/// A row of table E.1.
#[derive(Clone, Copy)]
struct State {
    /// The probability of the less probable symbol.
    qe: u16,
    after_more: u8,
    after_less: u8,
    /// Whether the less probable symbol becomes the more probable one.
    swaps: bool,
}

const fn state(qe: u16, after_more: u8, after_less: u8, swaps: u8) -> State {
    State { qe, after_more, after_less, swaps: swaps == 1 }
}

const STATES: [State; 47] = [
    state(0x5601, 1, 1, 1),
    state(0x3401, 2, 6, 0),
    state(0x1801, 3, 9, 0),
    state(0x0AC1, 4, 12, 0),
    state(0x0521, 5, 29, 0),
    state(0x0221, 38, 33, 0),
    state(0x5601, 7, 6, 1),
    state(0x5401, 8, 14, 0),
    state(0x4801, 9, 14, 0),
    state(0x3801, 10, 14, 0),
    state(0x3001, 11, 17, 0),
    state(0x2401, 12, 18, 0),
    state(0x1C01, 13, 20, 0),
    state(0x1601, 29, 21, 0),
    state(0x5601, 15, 14, 1),
    state(0x5401, 16, 14, 0),
    state(0x5101, 17, 15, 0),
    state(0x4801, 18, 16, 0),
    state(0x3801, 19, 17, 0),
    state(0x3401, 20, 18, 0),
    state(0x3001, 21, 19, 0),
    state(0x2801, 22, 19, 0),
    state(0x2401, 23, 20, 0),
    state(0x2201, 24, 21, 0),
    state(0x1C01, 25, 22, 0),
    state(0x1801, 26, 23, 0),
    state(0x1601, 27, 24, 0),
    state(0x1401, 28, 25, 0),
    state(0x1201, 29, 26, 0),
    state(0x1101, 30, 27, 0),
    state(0x0AC1, 31, 28, 0),
    state(0x09C1, 32, 29, 0),
    state(0x08A1, 33, 30, 0),
    state(0x0521, 34, 31, 0),
    state(0x0441, 35, 32, 0),
    state(0x02A1, 36, 33, 0),
    state(0x0221, 37, 34, 0),
    state(0x0141, 38, 35, 0),
    state(0x0111, 39, 36, 0),
    state(0x0085, 40, 37, 0),
    state(0x0049, 41, 38, 0),
    state(0x0025, 42, 39, 0),
    state(0x0015, 43, 40, 0),
    state(0x0009, 44, 41, 0),
    state(0x0005, 45, 42, 0),
    state(0x0001, 45, 43, 0),
    state(0x5601, 46, 46, 0),
];

/// A state together with the more probable symbol, which is the lowest bit of its number: what is done there
/// without asking for the symbol.
#[derive(Clone, Copy)]
struct Step {
    qe: u16,
    after_more: u8,
    after_less: u8,
}

/// As many as a number of seven bits can tell apart; those beyond the last state are never come to.
const STEPS: [Step; 128] = {
    let mut steps = [Step { qe: SMALLEST as u16, after_more: 0, after_less: 0 }; 128];
    let mut at = 0;
    while at < 2 * STATES.len() {
        let State { qe, after_more, after_less, swaps } = STATES[at / 2];
        let more = at as u8 & 1;
        let less = if swaps { 1 - more } else { more };
        steps[at] = Step { qe, after_more: after_more << 1 | more, after_less: after_less << 1 | less };
        at += 1;
    }
    steps
};

/// What is known of the symbols that followed one neighbourhood so far: the state, and in the lowest
/// bit the more probable symbol.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Statistics(u8);

impl Statistics {
    #[inline]
    fn step(self) -> Step {
        STEPS[usize::from(self.0 & 0x7F)]
    }

    #[inline]
    fn expects(self, bit: bool) -> bool {
        bit == (self.0 & 1 == 1)
    }
}

/// The encoder, and the bytes so far. Its registers have the standard's names (E.2.1).
pub(super) struct Encoder {
    a: u32,
    c: u32,
    /// Shifts until the next byte is complete.
    ct: u32,
    /// The byte that a carry may still change.
    b: u8,
    /// Whether `b` is one: there is none before the first.
    begun: bool,
    bytes: Vec<u8>,
}

/// The smallest interval; below it everything is doubled until it is large enough again.
const SMALLEST: u32 = 0x8000;

impl Encoder {
    pub(super) fn new() -> Self {
        Self { a: SMALLEST, c: 0, ct: 12, b: 0, begun: false, bytes: vec![] }
    }

    /// Encodes one symbol.
    #[inline]
    pub(super) fn encode(&mut self, bit: bool, seen: &mut Statistics) {
        let step = seen.step();
        let qe = u32::from(step.qe);
        self.a -= qe;
        if seen.expects(bit) {
            if self.a >= SMALLEST {
                self.c += qe;
                return;
            }
            // The larger part of the interval always stands for the more probable symbol.
            if self.a < qe {
                self.a = qe;
            } else {
                self.c += qe;
            }
            seen.0 = step.after_more;
        } else {
            if self.a < qe {
                self.c += qe;
            } else {
                self.a = qe;
            }
            seen.0 = step.after_less;
        }
        self.grow();
    }

    /// Encodes the same symbol `count` times, many of them in one step where that is the expected one.
    pub(super) fn encode_run(&mut self, bit: bool, mut count: u32, seen: &mut Statistics) {
        while count > 0 {
            if seen.expects(bit) {
                let qe = u32::from(seen.step().qe);
                let plain = ((self.a - SMALLEST) / qe).min(count);
                self.a -= plain * qe;
                self.c += plain * qe;
                count -= plain;
                if count == 0 {
                    return;
                }
            }
            self.encode(bit, seen);
            count -= 1;
        }
    }

    fn grow(&mut self) {
        while self.a < SMALLEST {
            let shifts = (self.a.leading_zeros() - 16).min(self.ct);
            self.a <<= shifts;
            self.c <<= shifts;
            self.ct -= shifts;
            if self.ct == 0 {
                self.byte_out();
            }
        }
    }

    fn byte_out(&mut self) {
        if self.b != 0xFF && self.c >= 0x800_0000 {
            self.b += 1;
            self.c &= 0x7FF_FFFF;
        }
        if self.begun {
            self.bytes.push(self.b);
        }
        self.begun = true;
        // After 0xFF one bit stays free for a carry.
        let stuffed = self.b == 0xFF;
        let kept = if stuffed { 20 } else { 19 };
        self.b = (self.c >> kept) as u8;
        self.c &= (1 << kept) - 1;
        self.ct = if stuffed { 7 } else { 8 };
    }

    /// Ends the code with the marker that stands after it (E.2.9), and returns all bytes.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let end = self.c + self.a;
        self.c |= 0xFFFF;
        if self.c >= end {
            self.c -= SMALLEST;
        }
        for _ in 0..2 {
            self.c <<= self.ct;
            self.byte_out();
        }
        if self.b != 0xFF {
            self.bytes.push(self.b);
        }
        self.bytes.extend([0xFF, 0xAC]);
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test sequence of ISO/IEC 14492, H.2.
    #[test]
    fn the_standard_s_own_sequence() {
        let data = hex("00020051000000C0035287 2AAAAAAAAA 82C02000FCD79EF6BF7FED90 4F46A3BF");
        let expected =
            hex("84C73B FC E1 A1 43 04 02 20 00 00 41 0D BB 86 F4 31 7F FF 88 FF 37 47 1A DB 6A DF FF AC");
        let mut encoder = Encoder::new();
        let mut seen = Statistics::default();
        for byte in data {
            for shift in (0..8).rev() {
                encoder.encode(byte >> shift & 1 == 1, &mut seen);
            }
        }
        assert_eq!(encoder.finish(), expected);
    }

    #[test]
    fn a_run_is_the_same_as_its_symbols() {
        let runs =
            [(false, 1), (false, 700), (true, 3), (false, 100_000), (true, 90), (true, 5), (false, 17)];
        let (mut one, mut other) = (Encoder::new(), Encoder::new());
        let (mut seen, mut too) = (Statistics::default(), Statistics::default());
        for (bit, count) in runs {
            one.encode_run(bit, count, &mut seen);
            (0..count).for_each(|_| other.encode(bit, &mut too));
        }
        assert_eq!(one.finish(), other.finish());
    }

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<_> = text.chars().filter_map(|c| c.to_digit(16)).collect();
        digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
    }
}
