//! The brightness of a scan at an eighth of its size: the means of its blocks, and nothing else decoded.
//!
//! At this size libjpeg uses one coefficient of each block, too (`jpeg_idct_1x1`), but spends nearly all of its time
//! on reading the others, to find where the next block begins. Here these are got over, several at a time, in less
//! than half of that. What comes out is libjpeg's picture, sample by sample, or none at all: whatever is not quite as
//! scanners write it is left to libjpeg, which has the last word on what can be used.

mod bits;
mod head;
mod huffman;

#[cfg(test)]
mod tests;

use crate::decode::Pixels;
use crate::jpeg_header::{Components, Header};
use bits::Bits;
use head::{Component, Head};
use huffman::{Means, Rests};

/// Samples of a block's side.
const SIDE: usize = 8;

/// The picture, if the image is such a one; `header` is what is known of it already.
pub(crate) fn grey(jpeg: &[u8], header: &Header) -> Option<Pixels> {
    // Of red, green and blue none is the brightness.
    if header.components == Components::Rgb {
        return None;
    }
    let head = Head::read(jpeg)?;
    if (head.width, head.height) != (header.width as usize, header.height as usize) {
        return None;
    }
    Blocks::of(&head)?.picture()
}

/// The blocks of an image on the way through them.
struct Blocks<'a> {
    head: &'a Head<'a>,
    /// The first is the brightness.
    coded: Vec<Coded<'a>>,
    /// Minimum coded units across and down.
    across: usize,
    down: usize,
    bits: Bits<'a>,
    /// The mean of the brightness' last block, in its quanta.
    mean: i32,
    /// Minimum coded units until a restart marker, and which that is.
    left: usize,
    restarts: u8,
}

/// How the blocks of one component are coded.
struct Coded<'a> {
    of: &'a Component,
    means: &'a Means,
    rests: &'a Rests,
}

impl<'a> Blocks<'a> {
    fn of(head: &'a Head<'a>) -> Option<Self> {
        let coded = |of: &'a Component| {
            let means = head.means.get(of.of_means)?.as_ref()?;
            let rests = head.rests.get(of.of_rests)?.as_ref()?;
            Some(Coded { of, means, rests })
        };
        let brightness = head.components.first()?;
        // Where brightness is the coarser one, it would have to be enlarged.
        let finest = |of: &Component| of.across <= brightness.across && of.down <= brightness.down;
        if !head.components.iter().all(finest) {
            return None;
        }
        Some(Self {
            head,
            coded: head.components.iter().map(coded).collect::<Option<_>>()?,
            across: head.width.div_ceil(brightness.across * SIDE),
            down: head.height.div_ceil(brightness.down * SIDE),
            bits: Bits::new(head.data),
            mean: 0,
            left: head.restart,
            restarts: 0,
        })
    }

    fn picture(mut self) -> Option<Pixels> {
        let (width, height) = (self.head.width.div_ceil(SIDE), self.head.height.div_ceil(SIDE));
        let mut bytes = vec![0; width * height];
        for row in 0..self.down {
            for unit in 0..self.across {
                self.restart()?;
                self.unit((unit, row), (width, height), &mut bytes)?;
            }
            if self.bits.is_over() {
                return None;
            }
        }
        // The image's end, and nothing before it.
        self.bits.end()?.starts_with(&[0xFF, 0xD9]).then_some(Pixels { width, height, bytes })
    }

    /// The blocks of one minimum coded unit (A.2.3).
    #[inline(always)]
    fn unit(
        &mut self,
        (unit, row): (usize, usize),
        (width, height): (usize, usize),
        to: &mut [u8],
    ) -> Option<()> {
        let mut bits = self.bits;
        let (brightness, colours) = self.coded.split_first()?;
        let Component { across, down, quantum, .. } = *brightness.of;
        for y in row * down..(row + 1) * down {
            for x in unit * across..(unit + 1) * across {
                self.mean += brightness.means.difference(&mut bits)?;
                brightness.rests.skip(&mut bits)?;
                // Blocks may reach beyond the image.
                if x < width
                    && y < height
                    && let Some(sample) = to.get_mut(y * width + x)
                {
                    *sample = sample_of(self.mean, quantum)?;
                }
            }
        }
        for colour in colours {
            for _ in 0..colour.of.across * colour.of.down {
                colour.means.difference(&mut bits)?;
                colour.rests.skip(&mut bits)?;
            }
        }
        self.bits = bits;
        Some(())
    }

    /// Before a minimum coded unit: over a restart marker, if one is due (E.2.4).
    #[inline(always)]
    fn restart(&mut self) -> Option<()> {
        if self.head.restart == 0 {
            return Some(());
        }
        if self.left == 0 {
            let marker = [0xFF, 0xD0 + self.restarts];
            let bits = std::mem::replace(&mut self.bits, Bits::new(&[]));
            self.bits = Bits::new(bits.end()?.strip_prefix(&marker)?);
            self.restarts = (self.restarts + 1) % 8;
            self.left = self.head.restart;
            self.mean = 0;
        }
        self.left -= 1;
        Some(())
    }
}

/// The sample that a block becomes, as libjpeg rounds it; `None` for what lies so far out that libjpeg would take it
/// for something else.
fn sample_of(mean: i32, quantum: i32) -> Option<u8> {
    let from_middle = (mean.checked_mul(quantum)? + 4) >> 3;
    (-512..512).contains(&from_middle).then(|| (from_middle + 128).clamp(0, 255) as u8)
}
