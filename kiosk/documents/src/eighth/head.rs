//! What stands before the coded blocks of an image (ISO/IEC 10918-1, annex B), as far as its means need it.

use super::huffman::{Code, Defined, Means, Rests};

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
    /// What a mean is a multiple of.
    pub(super) quantum: i32,
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
    quanta: [Option<i32>; 4],
    means: [Option<Defined<'a>>; 4],
    rests: [Option<Defined<'a>>; 4],
    restart: usize,
    /// A colour profile has come.
    profile: bool,
}

impl<'a> Head<'a> {
    /// `None` for an image of any other kind, and for one that is not as it should be.
    pub(super) fn read(jpeg: &'a [u8]) -> Option<Self> {
        let mut rest = Bytes(jpeg.strip_prefix(&[0xFF, 0xD8])?);
        let mut said = Said::default();
        loop {
            let code = rest.marker()?;
            let length = usize::from(rest.word()?).checked_sub(2)?;
            let mut body = Bytes(rest.take(length)?);
            match code {
                0xC0 | 0xC1 if said.size.is_none() => said.frame(&mut body)?,
                0xC4 => said.codes(&mut body)?,
                0xDB => said.quanta(&mut body)?,
                0xDD => said.restart = body.word()?.into(),
                0xDA => return said.head(&mut body, rest.0),
                0xE0..=0xEF => said.application(code, body.0)?,
                0xFE => {}
                _ => return None,
            }
            if !body.0.is_empty() && matches!(code, 0xC0 | 0xC1 | 0xDD) {
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
    fn frame(&mut self, body: &mut Bytes<'_>) -> Option<()> {
        if body.byte()? != 8 {
            return None;
        }
        let (height, width) = (body.word()?.into(), body.word()?.into());
        self.size = Some((width, height));
        for _ in 0..body.byte()? {
            let [id, sampling, quanta] = *body.take(3)?.first_chunk()?;
            let (across, down) = (usize::from(sampling >> 4), usize::from(sampling & 15));
            if !(1..=4).contains(&across) || !(1..=4).contains(&down) {
                return None;
            }
            self.components.push(Framed { id, across, down, quanta: quanta.into() });
        }
        Some(())
    }

    /// DQT (B.2.4.1): of each table, the quantum of the mean.
    fn quanta(&mut self, body: &mut Bytes<'_>) -> Option<()> {
        while !body.0.is_empty() {
            // The upper half would say that the quanta are words.
            let table = self.quanta.get_mut(usize::from(body.byte()?))?;
            *table = body.take(64)?.first().map(|&quantum| quantum.into()).filter(|quantum| *quantum > 0);
        }
        Some(())
    }

    /// DHT (B.2.4.2).
    fn codes(&mut self, body: &mut Bytes<'a>) -> Option<()> {
        while !body.0.is_empty() {
            let kind = body.byte()?;
            let tables = match kind >> 4 {
                0 => &mut self.means,
                1 => &mut self.rests,
                _ => return None,
            };
            let counts: &[u8; 16] = body.take(16)?.first_chunk()?;
            let count = counts.iter().map(|&count| usize::from(count)).sum();
            let symbols = body.take(count).filter(|symbols| symbols.len() <= 256)?;
            *tables.get_mut(usize::from(kind & 15))? = Some(Defined { counts, symbols });
        }
        Some(())
    }

    /// SOS (B.2.3), behind which `data` follows.
    fn head(&self, body: &mut Bytes<'_>, data: &'a [u8]) -> Option<Head<'a>> {
        let (width, height) = self.size?;
        let count = usize::from(body.byte()?);
        if count != self.components.len() || !matches!(count, 1 | 3) {
            return None;
        }
        let (mut means, mut rests) = ([const { None }; 4], [const { None }; 4]);
        let mut components = vec![];
        for framed in &self.components {
            let (id, codes) = (body.byte()?, body.byte()?);
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
            let quantum = (*self.quanta.get(framed.quanta)?)?;
            components.push(Component { across, down, quantum, of_means, of_rests });
        }
        /// Most blocks of a minimum coded unit (B.2.3).
        const MOST_BLOCKS: usize = 10;
        let blocks: usize = components.iter().map(|of: &Component| of.across * of.down).sum();
        // All coefficients with all their bits.
        let all = body.0 == [0, 63, 0] && blocks <= MOST_BLOCKS;
        all.then_some(Head { width, height, components, means, rests, restart: self.restart, data })
    }
}

/// Bytes that are still to be read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn word(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(*self.take(2)?.first_chunk()?))
    }

    /// The code of a marker, before which any number of fill bytes may stand (B.1.1.2).
    fn marker(&mut self) -> Option<u8> {
        if self.byte()? != 0xFF {
            return None;
        }
        loop {
            match self.byte()? {
                0xFF => {}
                code => return Some(code),
            }
        }
    }
}
