//! Draws cards on their page, band by band. They lie in another order in the scan: as many of them as take
//! little memory are cut out on one way down the scan, when the page reaches the first of them, and wait until
//! the page has passed them. So one decoder is at work at a time, which of a progressive image holds it all.

use std::ops::Range;

use crate::decode::Pixels;
use crate::error::PageError;
use crate::inspect::{Warning, is_dark, is_dim};
use crate::look::Look;

use super::Card;
use super::layout::{self, Arrangement};
use crate::finish::KEPT_WHOLE;
use crate::finish::encoder::Encoder;
use crate::finish::paper::REDUCTION;
use crate::finish::planes::{Colour, Flaw, Layout, Samples};
use crate::finish::scan::Scan;
use crate::finish::warp::{self, Gain, Mapping, OVERRUN, Row, Turn};
use crate::finish::window::{HIGHEST_BAND, MAX_SAMPLES, Window};
use crate::finish::{self, whiten};
use crate::memory::Memory;

/// A page of A4 on which cards are to be drawn.
pub(in crate::finish) struct Page {
    arrangement: Arrangement,
    /// As they lay in the scan, and without their edges.
    found: Vec<Card>,
    cards: Vec<Card>,
    dpi: u32,
}

impl Page {
    /// Lays the cards out; `None` when they have no room.
    pub(in crate::finish) fn new(cards: Vec<Card>, dpi: u32) -> Option<Self> {
        // An edge itself is half shadow: a third of a millimetre goes with it.
        let rim = f64::from(dpi) / 25.4 / 3.0;
        let trim = |card: &Card| Card { size: (card.size.0 - 2.0 * rim, card.size.1 - 2.0 * rim), ..*card };
        let trimmed: Vec<Card> = cards.iter().map(trim).collect();
        Some(Self { arrangement: layout::lay(&trimmed, dpi)?, found: cards, cards: trimmed, dpi })
    }

    pub(in crate::finish) fn dpi(&self) -> u32 {
        self.dpi
    }

    /// Whether the rows that have to be in memory find room, with three planes of full size in bands that are
    /// rounded up.
    pub(in crate::finish) fn is_light(&self, picture: &Pixels) -> bool {
        let width = picture.width * REDUCTION as usize + 32;
        3 * (self.rows_at_once() + 2 * HIGHEST_BAND) * width <= MAX_SAMPLES
    }

    /// Width and height, in pixels.
    pub(in crate::finish) fn size(&self) -> (usize, usize) {
        self.arrangement.size
    }

    /// The cards as they lay in the scan.
    pub(in crate::finish) fn found(&self) -> Vec<finish::Card> {
        let found = |card: &Card| {
            let ((x, y), (width, height)) = (card.corner(), card.size);
            finish::Card { angle: card.angle.to_degrees(), paper: finish::Paper { x, y, width, height } }
        };
        self.found.iter().map(found).collect()
    }

    /// What a person should look at, as far as the small picture of the scan shows it. A card may be dark by
    /// itself: only where all are, the lamp was weak.
    pub(in crate::finish) fn warnings(&self, picture: &Pixels) -> Vec<Warning> {
        let dark = |card: &Card| {
            let (sin, cos) = card.angle.sin_cos();
            let histogram = whiten::histogram(picture, Turn { corner: card.corner(), sin, cos }, card.size);
            is_dark(&histogram) || is_dim(&histogram)
        };
        let told = [
            (self.found.iter().all(dark), Warning::TooDark),
            (self.found.iter().any(|card| card.is_cut_off(self.dpi)), Warning::CutOff),
        ];
        told.into_iter().filter(|(holds, _)| *holds).map(|(_, warning)| warning).collect()
    }

    /// Reads the cards' planes from the scan and writes those of the page; `look` sees each row of its
    /// brightness.
    pub(in crate::finish) fn draw(
        &self,
        scan: Scan<'_>,
        compression: finish::Compression,
        look: &mut Look,
        mut write: impl FnMut(&[u8]) -> Result<(), PageError>,
    ) -> Result<(), PageError> {
        let file = scan.file;
        let flaw = |Flaw(why): Flaw| file.flaw_said(&why);
        let room = self.rows_at_once();
        let first = scan.window(room)?;
        let from = first.layout();
        let mut way = Some(first);
        let ratio = from.subsampling().ok_or_else(|| file.unsupported("JPEG with unusual sampling"))?;
        let colour = if from.colour == Colour::Grey { Colour::Grey } else { Colour::YCbCr };
        let (width, height) = self.size();
        let to = Layout::new(width, height, colour, ratio);
        let mut encoder = Encoder::start(compression, to, Some(self.dpi)).map_err(flaw)?;
        let mut planes: Vec<_> = (0..to.planes()).map(|plane| Plane::new(&to, plane)).collect();
        let mut waiting = self.on_one_way(&to).into_iter().peekable();
        let mut cut: Vec<Cut> = vec![];
        let rows = to.band_rows(0);
        for band in 0..height.div_ceil(rows) {
            let rows = band * rows..(band + 1) * rows;
            cut.retain(|card| card.end() > rows.start);
            while let Some(cards) = waiting.next_if(|cards| cards.iter().any(|card| card.spot.1 < rows.end)) {
                let mut way = match way.take() {
                    Some(way) => way,
                    None => Scan::open(file, 0)?.window(room)?,
                };
                cut.extend(cut_out(cards, &mut way, &to).map_err(|error| match error {
                    Ended::Flaw(why) => flaw(why),
                    Ended::NoRoom(error) => file.no_room(&error),
                })?);
            }
            for (number, plane) in planes.iter_mut().enumerate() {
                plane.clear();
                cut.iter().for_each(|card| card.draw(number, &rows, plane));
            }
            let left = height - rows.start;
            planes.first().into_iter().flat_map(|luma| luma.rows().take(left)).for_each(|row| look.row(row));
            let mut samples: Vec<_> = planes.iter().map(Plane::samples).collect();
            write(encoder.band(&mut samples).map_err(flaw)?)?;
        }
        write(&encoder.finish().map_err(flaw)?)
    }

    /// Rows of the scan that have to be in memory while cards are cut out of it.
    fn rows_at_once(&self) -> usize {
        let tilts = self.cards.iter().map(|card| (card.size.0 * card.angle.sin().abs()).ceil() as usize);
        tilts.max().unwrap_or(0) + 2 * HIGHEST_BAND
    }

    /// The cards in the order of the page, as many together as are cut out on one way down the scan: at least
    /// those that stand beside each other.
    fn on_one_way(&self, to: &Layout) -> Vec<Vec<Laid>> {
        let spots = self.arrangement.spots.iter().zip(&self.cards);
        let laid = spots.map(|(&spot, card)| Laid::new(card, spot, self.dpi, to));
        let mut ways: Vec<Vec<Laid>> = vec![];
        for card in laid {
            let samples = |cards: &[Laid]| cards.iter().map(|card| card.samples(to)).sum::<usize>();
            match ways.last_mut() {
                Some(way)
                    if way.iter().any(|other| card.spot.1 < other.spot.1 + other.size.1)
                        || samples(way) + card.samples(to) <= KEPT_WHOLE =>
                {
                    way.push(card);
                }
                _ => ways.push(vec![card]),
            }
        }
        ways
    }
}

/// One plane's share of a band of the page.
struct Plane {
    samples: Vec<u8>,
    stride: usize,
    /// White, without colour.
    paper: u8,
}

impl Plane {
    fn new(to: &Layout, plane: usize) -> Self {
        let stride = to.row_samples(plane);
        Self {
            samples: vec![0; stride * to.band_rows(plane)],
            stride,
            paper: if plane == 0 { 255 } else { 128 },
        }
    }

    fn clear(&mut self) {
        self.samples.fill(self.paper);
    }

    fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.samples.chunks_exact(self.stride)
    }

    fn samples(&self) -> Samples<&[u8]> {
        Samples { samples: &self.samples, stride: self.stride }
    }
}

/// A card that has its spot on the page.
struct Laid {
    mapping: Vec<Mapping>,
    spot: (usize, usize),
    /// Whole samples of every plane.
    size: (usize, usize),
    /// Of its corners, in pixels.
    radius: f64,
    ratio: (usize, usize),
}

impl Laid {
    fn new(card: &Card, spot: (usize, usize), dpi: u32, to: &Layout) -> Self {
        /// Radius of the corners of an ID-1 card (ISO/IEC 7810), in millimetres; other papers have none.
        const RADIUS: f64 = 3.18;
        let pixels = |mm: f64| mm * f64::from(dpi) / 25.4;
        let (sin, cos) = card.angle.sin_cos();
        let (longer, shorter) = (card.size.0.max(card.size.1), card.size.0.min(card.size.1));
        let is_id1 =
            (longer - pixels(85.0)).abs() < pixels(1.5) && (shorter - pixels(53.4)).abs() < pixels(1.5);
        let whole = |side: f64, ratio: usize| side.max(0.0) as usize / ratio * ratio;
        let ratio = to.subsampling().unwrap_or((1, 1));
        let turn = Turn { corner: card.corner(), sin, cos };
        let ratio_of = |plane: usize| if plane == 0 { (1, 1) } else { ratio };
        Self {
            mapping: (0..to.planes()).map(|plane| Mapping::new(turn, ratio_of(plane))).collect(),
            spot,
            size: (whole(card.size.0, ratio.0), whole(card.size.1, ratio.1)),
            radius: if is_id1 { pixels(RADIUS) } else { 0.0 },
            ratio,
        }
    }

    fn ratio(&self, plane: usize) -> (usize, usize) {
        if plane == 0 { (1, 1) } else { self.ratio }
    }

    /// Width and height of a plane.
    fn plane_size(&self, plane: usize) -> (usize, usize) {
        let ratio = self.ratio(plane);
        (self.size.0 / ratio.0, self.size.1 / ratio.1)
    }

    /// Of all planes together.
    fn samples(&self, to: &Layout) -> usize {
        let samples = |plane: usize| {
            let (width, height) = self.plane_size(plane);
            width * height
        };
        (0..to.planes()).map(samples).sum()
    }

    /// How far a rounded corner reaches into a row of the card, in pixels.
    fn inset(&self, row: usize) -> usize {
        let to_end = row.min(self.size.1.saturating_sub(row)) as f64;
        let up = (self.radius - to_end).max(0.0);
        (self.radius - (self.radius * self.radius - up * up).max(0.0).sqrt()).ceil() as usize
    }
}

/// Why no cards were cut out.
enum Ended {
    Flaw(Flaw),
    NoRoom(std::io::Error),
}

/// Cuts cards out of the scan, each a few rows at a time, whichever reaches down the least.
fn cut_out(cards: Vec<Laid>, way: &mut Window<'_>, to: &Layout) -> Result<Vec<Cut>, Ended> {
    let mut cut = cards
        .into_iter()
        .map(|laid| Cut::new(laid, to))
        .collect::<std::io::Result<Vec<_>>>()
        .map_err(Ended::NoRoom)?;
    while let Some((end, card)) =
        cut.iter_mut().filter_map(|card| Some((card.reaches()?, card))).min_by_key(|(end, _)| *end)
    {
        way.reach(end).map_err(Ended::Flaw)?;
        card.cut_rows(way);
    }
    Ok(cut)
}

/// A card out of the scan, straight.
struct Cut {
    laid: Laid,
    /// Of each plane, and the samples in a row of it.
    planes: Vec<(Memory, usize)>,
    /// Rows of full size that are there.
    rows: usize,
}

impl Cut {
    fn new(laid: Laid, to: &Layout) -> std::io::Result<Self> {
        let plane = |plane: usize| {
            let (width, height) = laid.plane_size(plane);
            let stride = width + OVERRUN;
            Ok((Memory::new(stride * height)?, stride))
        };
        let planes = (0..to.planes()).map(plane).collect::<std::io::Result<_>>()?;
        Ok(Self { laid, planes, rows: 0 })
    }

    /// The next rows that are to be cut out.
    fn next(&self) -> Range<usize> {
        self.rows..(self.rows + HIGHEST_BAND).min(self.laid.size.1)
    }

    /// The row of the scan up to which the next rows reach; `None` when all are there.
    fn reaches(&self) -> Option<usize> {
        let next = self.next();
        let luma = self.laid.mapping.first()?;
        (!next.is_empty()).then(|| luma.touched(next, self.laid.size.0).end + 2 * self.laid.ratio.1 - 1)
    }

    fn cut_rows(&mut self, way: &Window<'_>) {
        let next = self.next();
        self.rows = next.end;
        for (number, ((plane, stride), mapping)) in self.planes.iter_mut().zip(&self.laid.mapping).enumerate()
        {
            let (ratio, (width, _)) = (self.laid.ratio(number), self.laid.plane_size(number));
            let rows = next.start / ratio.1..next.end / ratio.1;
            let source = way.source(number, mapping.touched(rows.clone(), width));
            let beyond = if number == 0 { 255 } else { 128 };
            for (v, out) in rows.clone().zip(plane.chunks_exact_mut(*stride).skip(rows.start)) {
                let row = Row::new((v, width), mapping, &source);
                warp::draw(out, 0..width, &row, mapping, &source, Gain::NONE, beyond);
            }
        }
    }

    /// Where on the page it ends.
    fn end(&self) -> usize {
        self.laid.spot.1 + self.laid.size.1
    }

    /// Draws what of the card lies in these rows of the page, given in full size.
    fn draw(&self, number: usize, rows: &Range<usize>, plane: &mut Plane) {
        let (laid, ratio) = (&self.laid, self.laid.ratio(number));
        let (width, height) = laid.plane_size(number);
        let spot = (laid.spot.0 / ratio.0, laid.spot.1 / ratio.1);
        let first_row = rows.start / ratio.1;
        let Some((samples, stride)) = self.planes.get(number) else { return };
        for (y, out) in plane.samples.chunks_exact_mut(plane.stride).enumerate() {
            let Some(v) = (first_row + y).checked_sub(spot.1).filter(|&v| v < height) else { continue };
            let inset = laid.inset(v * ratio.1 + ratio.1 / 2) / ratio.0;
            let columns = inset..width.saturating_sub(inset);
            let target = out.get_mut(spot.0 + columns.start..spot.0 + columns.end);
            let row = samples.get(v * stride..(v + 1) * stride);
            if let (Some(target), Some(drawn)) = (target, row.and_then(|row| row.get(columns))) {
                target.copy_from_slice(drawn);
            }
        }
    }
}
