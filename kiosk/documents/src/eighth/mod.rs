//! The brightness of a scan at an eighth of its size: the means of its blocks and, where lines of text may have to be
//! looked for, how these slope, and nothing else decoded.
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

/// What is wanted of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Means,
    /// The slopes as well, which takes a third longer, if the scan begins with what may be a white lid: lines of text
    /// are looked for where no edge of the paper is seen.
    SlopesOnWhite,
    Slopes,
}

/// The picture, and how much brighter than that the upper half of each block is, and darker the lower one.
pub(crate) struct Eighth {
    pub(crate) picture: Pixels,
    /// None, or as many as there are pixels.
    slopes: Vec<i8>,
}

impl From<Pixels> for Eighth {
    fn from(picture: Pixels) -> Self {
        Self { picture, slopes: vec![] }
    }
}

impl Eighth {
    /// The picture at twice its height, if slopes were read. The finest of what is in a block is missing.
    pub(crate) fn halves(&self) -> Option<Pixels> {
        let Pixels { width, height, ref bytes } = self.picture;
        if self.slopes.len() < bytes.len() || width == 0 {
            return None;
        }
        let mut halves = Vec::with_capacity(2 * bytes.len());
        for (means, slopes) in bytes.chunks_exact(width).zip(self.slopes.chunks_exact(width)) {
            let blocks = means.iter().zip(slopes);
            halves.extend(blocks.clone().map(|(mean, slope)| mean.saturating_add_signed(*slope)));
            halves.extend(blocks.map(|(mean, slope)| mean.saturating_sub_signed(*slope)));
        }
        Some(Pixels { width, height: 2 * height, bytes: halves })
    }
}

/// The picture, if the image is such a one; `header` is what is known of it already.
pub(crate) fn read(jpeg: &[u8], header: &Header, wanted: Wanted) -> Option<Eighth> {
    // Of red, green and blue none is the brightness.
    if header.components == Components::Rgb {
        return None;
    }
    let head = Head::read(jpeg)?;
    if (head.width, head.height) != (header.width as usize, header.height as usize) {
        return None;
    }
    Blocks::of(&head)?.read(wanted)
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

    fn read(mut self, wanted: Wanted) -> Option<Eighth> {
        /// Rows of units at the scan's upper end that may lie in shadow.
        const SHADOW: usize = 4;
        let (width, height) = (self.head.width.div_ceil(SIDE), self.head.height.div_ceil(SIDE));
        let mut eighth = Eighth::from(Pixels { width, height, bytes: vec![0; width * height] });
        let mut slopes = wanted == Wanted::Slopes;
        for row in 0..self.down {
            slopes |= wanted == Wanted::SlopesOnWhite && row == SHADOW && self.is_white(row, &eighth.picture);
            if slopes {
                eighth.slopes.resize(width * height, 0);
            }
            for unit in 0..self.across {
                self.restart()?;
                if slopes {
                    self.unit::<true>((unit, row), &mut eighth)?;
                } else {
                    self.unit::<false>((unit, row), &mut eighth)?;
                }
            }
            if self.bits.is_over() {
                return None;
            }
        }
        // The image's end, and nothing before it.
        self.bits.end()?.starts_with(&[0xFF, 0xD9]).then_some(eighth)
    }

    /// Whether most of what is just above a row of units is as light as white lids are.
    fn is_white(&self, row: usize, picture: &Pixels) -> bool {
        const LIGHT: u8 = 200;
        let down = self.coded.first().map_or(1, |brightness| brightness.of.down);
        let above = picture.bytes.chunks_exact(picture.width.max(1)).take(row * down).next_back();
        let above = above.unwrap_or_default();
        above.iter().filter(|&&grey| grey >= LIGHT).count() * 2 > above.len()
    }

    /// The blocks of one minimum coded unit (A.2.3).
    #[inline(always)]
    fn unit<const SLOPES: bool>(&mut self, (unit, row): (usize, usize), to: &mut Eighth) -> Option<()> {
        let mut bits = self.bits;
        let (brightness, colours) = self.coded.split_first()?;
        let Component { across, down, quanta: [of_means, of_slopes], .. } = *brightness.of;
        let Pixels { width, height, ref mut bytes } = to.picture;
        for y in row * down..(row + 1) * down {
            for x in unit * across..(unit + 1) * across {
                self.mean += brightness.means.difference(&mut bits)?;
                let slope = if SLOPES {
                    brightness.rests.slope(&mut bits)?
                } else {
                    brightness.rests.skip(&mut bits)?;
                    0
                };
                // Blocks may reach beyond the image.
                if x < width
                    && y < height
                    && let Some(sample) = bytes.get_mut(y * width + x)
                {
                    *sample = sample_of(self.mean, of_means)?;
                    if SLOPES && let Some(to) = to.slopes.get_mut(y * width + x) {
                        *to = slope_of(slope, of_slopes);
                    }
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

/// By how much a slope parts the halves of a block from its mean: a half cosine over eight samples has a mean of 0.64 in
/// its first four (A.3.3).
fn slope_of(slope: i32, quantum: i32) -> i8 {
    const OF_512: i32 = 58;
    let difference = (slope * quantum * OF_512 + 256) >> 9;
    difference.clamp(i8::MIN.into(), i8::MAX.into()) as i8
}
