//! What stands before the coded blocks of an image (ISO/IEC 10918-1, annex B), as far as its means need it.

use super::huffman::{Code, Defined, Means, Rests};
use crate::jpeg_header::{byte, next_marker, word};

/// An image whose blocks of all components come in one scan, one after the other.
pub(super) struct Head<'a> {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) components: Vec<Component>,
    /// What the components' numbers of codes stand for.
    pub(super) means: [Option<Means>; 4],
    pub(super) rests: [Option<Rests>; 4],
    /// Minimum coded units between two restart markers; 0 without such markers.
    pub(super) restart: usize,
    /// The coded blocks, and whatever follows them.
    pub(super) data: &'a [u8],
}

/// One component, in the order of its blocks.
pub(super) struct Component {
    /// Blocks across and down in a minimum coded unit.
    pub(super) across: usize,
    pub(super) down: usize,
    /// What a mean is a multiple of, and a slope.
    pub(super) quanta: [i32; 2],
    /// Which of the image's codes it has.
    pub(super) of_means: usize,
    pub(super) of_rests: usize,
}

/// What the frame header says of a component.
#[derive(Clone, Copy)]
struct Framed {
    id: u8,
    across: usize,
    down: usize,
    quanta: usize,
}

/// What the segments before the scan have said so far.
#[derive(Default)]
struct Said<'a> {
    size: Option<(usize, usize)>,
    components: Vec<Framed>,
    quanta: [Option<[i32; 2]>; 4],
    means: [Option<Defined<'a>>; 4],
    rests: [Option<Defined<'a>>; 4],
    restart: usize,
    /// A colour profile has come.
    profile: bool,
}

impl<'a> Head<'a> {
    /// `None` for an image of any other kind, and for one that is not as it should be.
    pub(super) fn read(jpeg: &'a [u8]) -> Option<Self> {
        let mut rest = jpeg.strip_prefix(&[0xFF, 0xD8])?;
        let mut said = Said::default();
        loop {
            let code = next_marker(&mut rest).ok()?;
            let length = usize::from(word(&mut rest).ok()?).checked_sub(2)?;
            let mut body = take(&mut rest, length)?;
            match code {
                0xC0 | 0xC1 if said.size.is_none() => said.frame(&mut body)?,
                0xC4 => said.codes(body)?,
                0xDB => said.quanta(body)?,
                0xDD => said.restart = word(&mut body).ok()?.into(),
                0xDA => return said.head(body, rest),
                0xE0..=0xEF => said.application(code, body)?,
                0xFE => {}
                _ => return None,
            }
            if !body.is_empty() && matches!(code, 0xC0 | 0xC1 | 0xDD) {
                return None;
            }
        }
    }
}

impl<'a> Said<'a> {
    /// APPn (B.2.4.6); `None` where libjpeg may find something wrong, or colours that are not the usual ones.
    fn application(&mut self, code: u8, body: &[u8]) -> Option<()> {
        let usual = match (code, body) {
            (0xE0, [b'J', b'F', b'I', b'F', 0, version, ..]) => *version == 1,
            // Adobe's says what colours mean: no scanner writes one.
            (0xEE, [b'A', b'd', b'o', b'b', b'e', ..]) => false,
            // A profile in one piece, not empty.
            (0xE2, [b'I', b'C', b'C', b'_', b'P', b'R', b'O', b'F', b'I', b'L', b'E', 0, rest @ ..]) => {
                !std::mem::replace(&mut self.profile, true) && matches!(rest, [1, 1, _, ..])
            }
            _ => true,
        };
        usual.then_some(())
    }

    /// SOF0 or SOF1 (B.2.2).
    fn frame(&mut self, body: &mut &[u8]) -> Option<()> {
        if byte(body).ok()? != 8 {
            return None;
        }
        let (height, width) = (word(body).ok()?.into(), word(body).ok()?.into());
        self.size = Some((width, height));
        for _ in 0..byte(body).ok()? {
            let [id, sampling, quanta] = *take(body, 3)?.first_chunk()?;
            let (across, down) = (usize::from(sampling >> 4), usize::from(sampling & 15));
            if !(1..=4).contains(&across) || !(1..=4).contains(&down) {
                return None;
            }
            self.components.push(Framed { id, across, down, quanta: quanta.into() });
        }
        Some(())
    }

    /// DQT (B.2.4.1): of each table, the quanta of the mean and of the slope.
    fn quanta(&mut self, mut body: &[u8]) -> Option<()> {
        while !body.is_empty() {
            // The upper half would say that the quanta are words.
            let table = self.quanta.get_mut(usize::from(byte(&mut body).ok()?))?;
            let [mean, _, slope] = *take(&mut body, 64)?.first_chunk()?;
            *table = (mean > 0).then(|| [mean.into(), slope.into()]);
        }
        Some(())
    }

    /// DHT (B.2.4.2).
    fn codes(&mut self, mut body: &'a [u8]) -> Option<()> {
        while !body.is_empty() {
            let kind = byte(&mut body).ok()?;
            let tables = match kind >> 4 {
                0 => &mut self.means,
                1 => &mut self.rests,
                _ => return None,
            };
            let counts: &[u8; 16] = take(&mut body, 16)?.first_chunk()?;
            let count = counts.iter().map(|&count| usize::from(count)).sum();
            let symbols = take(&mut body, count).filter(|symbols| symbols.len() <= 256)?;
            *tables.get_mut(usize::from(kind & 15))? = Some(Defined { counts, symbols });
        }
        Some(())
    }

    /// SOS (B.2.3), behind which `data` follows.
    fn head(&self, mut body: &[u8], data: &'a [u8]) -> Option<Head<'a>> {
        let (width, height) = self.size?;
        let count = usize::from(byte(&mut body).ok()?);
        if count != self.components.len() || !matches!(count, 1 | 3) {
            return None;
        }
        let (mut means, mut rests) = ([const { None }; 4], [const { None }; 4]);
        let mut components = vec![];
        for framed in &self.components {
            let (id, codes) = (byte(&mut body).ok()?, byte(&mut body).ok()?);
            let (of_means, of_rests) = (usize::from(codes >> 4), usize::from(codes & 15));
            let slot = means.get_mut(of_means)?;
            if slot.is_none() {
                *slot = Some(Means::new(Code::new((*self.means.get(of_means)?)?)?)?);
            }
            let slot = rests.get_mut(of_rests)?;
            if slot.is_none() {
                *slot = Some(Rests::new(Code::new((*self.rests.get(of_rests)?)?)?));
            }
            // Blocks of a component that is alone come row by row (A.2.2).
            let (across, down) = if count == 1 { (1, 1) } else { (framed.across, framed.down) };
            if id != framed.id {
                return None;
            }
            let quanta = (*self.quanta.get(framed.quanta)?)?;
            components.push(Component { across, down, quanta, of_means, of_rests });
        }
        /// Most blocks of a minimum coded unit (B.2.3).
        const MOST_BLOCKS: usize = 10;
        let blocks: usize = components.iter().map(|of: &Component| of.across * of.down).sum();
        // All coefficients with all their bits.
        let all = body == [0, 63, 0] && blocks <= MOST_BLOCKS;
        all.then_some(Head { width, height, components, means, rests, restart: self.restart, data })
    }
}

/// Takes so many bytes, if there are as many.
fn take<'a>(from: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = from.split_at_checked(count)?;
    *from = rest;
    Some(taken)
}
