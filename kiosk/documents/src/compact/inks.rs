//! Print, parted by the colour of its ink: black, two greys, and the three colours that pens and stamps have,
//! each of them dark and pale.

use super::bitmap::{self, Bitmap, WORD};
use super::draft::Draft;
use super::faint;
use super::file::{Area, Layer, Paint};
use super::grid::{Grid, Span};
use super::jbig2;
use super::pale;
use super::small::Small;

/// Side of the cells that have one ink, in pixels of the page in small: 1.4 mm at most.
pub(super) const CELL: usize = 8;

/// Of an ink there are at least so many cells.
pub(super) const FEWEST: usize = 8;

/// Rows above and below a cell in which its strokes may go on: of level ones it may hold the edge only.
const BESIDE: usize = 2;

/// The kinds of ink that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Black,
    Grey,
    /// Pencil, and print as light.
    Light,
    Blue,
    Red,
    Green,
    /// Of a colour that is much darker elsewhere: rules below a pen.
    PaleBlue,
    PaleRed,
    PaleGreen,
}

pub(super) const KINDS: [Kind; 9] = [
    Kind::Black,
    Kind::Grey,
    Kind::Light,
    Kind::Blue,
    Kind::Red,
    Kind::Green,
    Kind::PaleBlue,
    Kind::PaleRed,
    Kind::PaleGreen,
];

/// Those without a colour, from the darkest.
const NEUTRAL: [Kind; 3] = [Kind::Black, Kind::Grey, Kind::Light];

/// Those of them that a darker one may seem to be.
const SEEMING: [Kind; 2] = [Kind::Grey, Kind::Light];

impl Kind {
    /// The kind of an ink of that brightness, blue and red.
    pub(super) fn of([luma, blue, red]: [u8; 3]) -> Self {
        /// Print below a seal takes a little of its colour.
        const NEUTRAL: i16 = 12;
        const DARK: u8 = 95;
        const LIGHT: u8 = 150;
        let (blue, red) = (i16::from(blue) - 128, i16::from(red) - 128);
        match (blue.abs() < NEUTRAL && red.abs() < NEUTRAL, blue.max(red) > 0) {
            (true, _) if luma < DARK => Self::Black,
            (true, _) if luma < LIGHT => Self::Grey,
            (true, _) => Self::Light,
            (false, true) if blue >= red => Self::Blue,
            (false, true) => Self::Red,
            (false, false) => Self::Green,
        }
    }

    /// What there may be of the same colour that is paler.
    pub(super) fn paler(self) -> Option<Self> {
        match self {
            Self::Blue => Some(Self::PaleBlue),
            Self::Red => Some(Self::PaleRed),
            Self::Green => Some(Self::PaleGreen),
            _ => None,
        }
    }
}

/// Parts the print, and returns with its inks which pixels of the page in small it touches.
pub(super) fn separate(draft: &Draft) -> (Bitmap, Vec<Layer<Vec<u8>>>) {
    let (any, all) = reduced(&draft.ink, draft.scale);
    let (width, height) = (draft.small.width.div_ceil(CELL), draft.small.height.div_ceil(CELL));
    let cores = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let beside = if draft.scale == 1 { 0 } else { BESIDE };
    let cores: Vec<_> = cores.map(|cell| core(&all, &draft.small, cell, beside)).collect();
    let mut kinds: Vec<_> = cores.iter().map(|core| core.map(Kind::of)).collect();
    pale::part(&mut kinds, &cores);
    let found = kinds.clone();
    if draft.scale == 1 {
        darken_all(&mut kinds);
    } else {
        darken(&mut kinds, width);
    }
    let mut colours = KINDS.map(|_| Colours::default());
    for (core, (kind, found)) in cores.iter().zip(kinds.iter().zip(found)) {
        // What only seems lighter does not tell how dark its ink is.
        if let (Some(colour), Some(kind)) = (core, kind)
            && found == Some(*kind)
            && let Some(colours) = colours.get_mut(*kind as usize)
        {
            colours.0.push(*colour);
        }
    }
    let is_there = |kind: &Kind| count(&colours, *kind) >= FEWEST;
    let strays = pale::strays(draft, &cores, |colour| {
        colour.paler().filter(is_there).or(Some(colour).filter(is_there))
    });
    let kinds = settled(&kinds, width, &colours);
    let inks = KINDS.into_iter().zip(&mut colours).filter_map(|(kind, colours)| {
        let cells = Grid::of(width, height, |x, y| kinds.get(y * width + x) == Some(&kind));
        let others = Grid::of(width, height, |x, y| strays.kinds.get(y * width + x) == Some(&Some(kind)));
        let (area, bitmap) = cut(draft, &cells, (&others, &strays.places))?;
        Some(Layer { area, paint: Paint::Ink(colours.rgb()), bytes: jbig2::encode(&bitmap) })
    });
    let inks = inks.collect();
    (any, inks)
}

/// The colours of one kind's cells.
#[derive(Debug, Clone, Default)]
struct Colours(Vec<[u8; 3]>);

impl Colours {
    /// The mean colour of the darker half as red, green and blue (JFIF 1.02): the other strokes are so thin
    /// that paper shines through.
    fn rgb(&mut self) -> [u8; 3] {
        self.0.sort_unstable();
        let darker = self.0.get(..self.0.len().div_ceil(2)).unwrap_or_default();
        let mean = |part: fn(&[u8; 3]) -> u8| {
            let sum: u32 = darker.iter().map(|colour| u32::from(part(colour))).sum();
            sum as f32 / darker.len().max(1) as f32
        };
        let luma = mean(|[luma, ..]| *luma);
        let (blue, red) = match darker {
            [] => (0.0, 0.0),
            _ => (mean(|[_, blue, _]| *blue) - 128.0, mean(|[.., red]| *red) - 128.0),
        };
        [luma + 1.402 * red, luma - 0.344 * blue - 0.714 * red, luma + 1.772 * blue]
            .map(|part| part.round().clamp(0.0, 255.0) as u8)
    }
}

/// The colour of the ink in a cell and so many rows beside it: the darkest of those pixels of the page in
/// small that are ink throughout, for at the edges of strokes paper shines through. `None` when there are none.
fn core(all: &Bitmap, small: &Small, (x, y): (usize, usize), beside: usize) -> Option<[u8; 3]> {
    let mut darkest: Option<(u8, (usize, usize))> = None;
    for y in (y * CELL).saturating_sub(beside)..(y + 1) * CELL + beside {
        let word = all.row(y).get(x * CELL / WORD).copied().unwrap_or(0);
        let mut bits = (word << (x * CELL % WORD) >> (WORD - CELL)) as u8;
        while bits != 0 {
            let first = bits.leading_zeros() as usize;
            bits &= !(1 << (CELL - 1 - first));
            let at = (x * CELL + first, y);
            let luma = small.row(0, y).get(at.0).copied().unwrap_or(u8::MAX);
            if darkest.is_none_or(|(least, _)| luma < least) {
                darkest = Some((luma, at));
            }
        }
    }
    darkest.map(|(_, (x, y))| small.colour(x, y))
}

/// Thin strokes seem lighter than their ink: a cell without a colour takes the darkest kind that is not rare
/// along its line of print, nor across it. So light print stays light between lines of black. What is black
/// stays so, even a lone mark.
fn darken(cells: &mut [Option<Kind>], width: usize) {
    /// Cells on either side: 11 mm at most, two lines of print.
    const FAR: usize = 8;
    let found = cells.to_vec();
    let height = found.len().checked_div(width).unwrap_or(0);
    let near = |at: usize, size: usize| at.saturating_sub(FAR)..(at + FAR + 1).min(size);
    for (cell, kind) in cells.iter_mut().enumerate() {
        if kind.is_none_or(|kind| !SEEMING.contains(&kind)) {
            continue;
        }
        let (x, y) = (cell % width, cell / width);
        let at = |cell: usize| found.get(cell).copied().flatten();
        let along = usual(near(x, width).map(|x| at(y * width + x)));
        let across = usual(near(y, height).map(|y| at(y * width + x)));
        *kind = along.max(across);
    }
}

/// The same for coarse scans, on which strokes are so thin that no two are as dark; pale ink is none of theirs.
fn darken_all(cells: &mut [Option<Kind>]) {
    let usual = usual(cells.iter().copied());
    for kind in cells.iter_mut().filter(|kind| kind.is_some_and(|kind| SEEMING.contains(&kind))) {
        *kind = usual;
    }
}

/// The darkest of those kinds without a colour that are not rare.
fn usual(cells: impl Iterator<Item = Option<Kind>>) -> Option<Kind> {
    /// One of so many cells is not rare.
    const RARE: usize = 8;
    let mut counts = [0; NEUTRAL.len()];
    for kind in cells.flatten() {
        if let Some(count) = counts.get_mut(kind as usize) {
            *count += 1;
        }
    }
    let all: usize = counts.iter().sum();
    let mut darker = 0;
    let usual = NEUTRAL.into_iter().zip(counts).find(|(_, count)| {
        darker += count;
        darker * RARE >= all
    });
    usual.map(|(kind, _)| kind)
}

/// How many cells tell the colour of a kind.
fn count(colours: &[Colours], kind: Kind) -> usize {
    colours.get(kind as usize).map_or(0, |colours| colours.0.len())
}

/// The kind of each cell: kinds that hardly occur become the commonest, unless they are black, and cells
/// whose ink is not known take that of the cell before or above.
fn settled(cells: &[Option<Kind>], width: usize, colours: &[Colours]) -> Vec<Kind> {
    let count = |kind: Kind| count(colours, kind);
    let commonest = KINDS.into_iter().rev().max_by_key(|&kind| count(kind)).unwrap_or(Kind::Black);
    let mut settled: Vec<Kind> = Vec::with_capacity(cells.len());
    for (cell, found) in cells.iter().enumerate() {
        let at = |cell: Option<usize>| cell.and_then(|cell| cells.get(cell)).copied().flatten();
        let left = if cell % width == 0 { None } else { cell.checked_sub(1) };
        let kind = found.or(at(left)).or(at(cell.checked_sub(width))).unwrap_or(commonest);
        let rare = kind != Kind::Black && count(kind) < FEWEST;
        settled.push(if rare { commonest } else { kind });
    }
    settled
}

/// The part of the print that lies in the marked cells, and where: in columns of whole words. `None` when
/// there is none. Of the others the strays are taken, and of the marked ones all else.
fn cut(draft: &Draft, cells: &Grid, (others, strays): (&Grid, &Bitmap)) -> Option<(Area, Bitmap)> {
    let Draft { ink, scale, .. } = draft;
    let side = faint::CELL * scale;
    let band = |y: usize| {
        let bits =
            |cells: &Grid| bitmap::cells(cells.row(y * faint::CELL / CELL), CELL * scale, ink.stride());
        let mut marked = bits(cells);
        if strays.places(y).next().is_some() {
            let places: Vec<_> = (0..strays.width()).map(|x| strays.is(x, y)).collect();
            let places = bitmap::cells(&places, side, ink.stride());
            for (marked, (others, place)) in marked.iter_mut().zip(bits(others).into_iter().zip(places)) {
                *marked = *marked & !place | others & place;
            }
        }
        marked
    };
    let marked: Vec<_> = (0..ink.height().div_ceil(side)).map(band).collect();
    let rows = |y: usize| {
        let marked = marked.get(y / side).map(Vec::as_slice).unwrap_or_default();
        ink.row(y).iter().zip(marked).map(|(ink, marked)| ink & marked).enumerate()
    };
    let mut found: Option<Span> = None;
    for y in 0..ink.height() {
        for (word, _) in rows(y).filter(|(_, bits)| *bits != 0) {
            let here = Span { x: (word, word + 1), y: (y, y + 1) };
            found = Some(found.map_or(here, |found| found.with(here)));
        }
    }
    let Span { x: across, y: down } = found?;
    let left = across.0 * WORD;
    let mut part = Bitmap::new((across.1 * WORD).min(ink.width()) - left, down.1 - down.0);
    for (y, from) in (down.0..down.1).enumerate() {
        let to = part.row_mut(y).iter_mut();
        to.zip(rows(from).skip(across.0)).for_each(|(to, (_, bits))| *to = bits);
    }
    let area =
        Area { x: left as u32, y: down.0 as u32, width: part.width() as u32, height: part.height() as u32 };
    Some((area, part))
}

/// Which pixels of the page in small hold any ink, and which hold nothing else.
fn reduced(ink: &Bitmap, scale: usize) -> (Bitmap, Bitmap) {
    if scale == 1 {
        return (ink.clone(), ink.clone());
    }
    let size = (ink.width().div_ceil(scale), ink.height().div_ceil(scale));
    let (mut any, mut all) = (Bitmap::new(size.0, size.1), Bitmap::new(size.0, size.1));
    let bits = WORD / scale;
    for y in 0..size.1 {
        for word in 0..ink.stride() {
            let rows = || (0..scale).map(|row| ink.row(y * scale + row).get(word).copied().unwrap_or(0));
            let shift = WORD - bits - word * bits % WORD;
            let one = squeeze(rows().fold(0, |any, row| any | row), scale, |a, b| a | b);
            let both = squeeze(rows().fold(u64::MAX, |all, row| all & row), scale, |a, b| a & b);
            for (out, part) in [(&mut any, one), (&mut all, both)] {
                if let Some(out) = out.row_mut(y).get_mut(word * bits / WORD) {
                    *out |= part << shift;
                }
            }
        }
    }
    (any, all)
}

/// Joins each `scale` neighbouring bits to one; they come to lie lowest.
fn squeeze(mut word: u64, scale: usize, join: impl Fn(u64, u64) -> u64) -> u64 {
    for _ in 0..scale.trailing_zeros() {
        word = join(word, word >> 1) & 0x5555_5555_5555_5555;
        for (by, kept) in [
            (1, 0x3333_3333_3333_3333),
            (2, 0x0F0F_0F0F_0F0F_0F0F),
            (4, 0x00FF_00FF_00FF_00FF),
            (8, 0x0000_FFFF_0000_FFFF),
            (16, 0x0000_0000_FFFF_FFFF),
        ] {
            word = (word | word >> by) & kept;
        }
    }
    word
}
