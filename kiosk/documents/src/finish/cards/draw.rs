//! Draws cards on their page, band by band. Each has its own way down the scan, from when the page
//! reaches it until the page has passed it, so that their order on the page is free.

use crate::decode::{Loaded, Pixels};
use crate::error::PageError;
use crate::inspect::{Warning, is_dark, is_dim};
use crate::look::Look;

use super::Card;
use super::layout::{self, Arrangement};
use crate::finish::encoder::Encoder;
use crate::finish::paper::REDUCTION;
use crate::finish::planes::{Colour, Flaw, Layout, Samples};
use crate::finish::warp::{self, Gain, Mapping, OVERRUN, Row, Turn};
use crate::finish::window::Window;
use crate::finish::{self, scan, whiten};

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
        let size = (picture.width as f64 * REDUCTION, picture.height as f64 * REDUCTION);
        let told = [
            (self.found.iter().all(dark), Warning::TooDark),
            (self.found.iter().any(|card| card.is_cut_off(size)), Warning::CutOff),
        ];
        told.into_iter().filter(|(holds, _)| *holds).map(|(_, warning)| warning).collect()
    }

    /// Reads the cards' planes from the scan and writes those of the page; `look` sees each row of its
    /// brightness.
    pub(in crate::finish) fn draw(
        &self,
        scan: &Loaded<'_>,
        compression: finish::Compression,
        look: &mut Look,
        mut write: impl FnMut(&[u8]) -> Result<(), PageError>,
    ) -> Result<(), PageError> {
        let flaw = |Flaw(why): Flaw| scan.flaw_said(&why);
        let from = scan::reader(scan)?.layout();
        let ratio = from.subsampling().ok_or_else(|| scan.unsupported("JPEG with unusual sampling"))?;
        let colour = if from.colour == Colour::Grey { Colour::Grey } else { Colour::YCbCr };
        let (width, height) = self.size();
        let to = Layout::new(width, height, colour, ratio);
        let mut encoder = Encoder::start(compression, to, Some(self.dpi)).map_err(flaw)?;
        let mut planes: Vec<_> = (0..to.planes()).map(|plane| Plane::new(&to, plane)).collect();
        let spots = self.arrangement.spots.iter().zip(&self.cards);
        let mut laid: Vec<_> = spots.map(|(&spot, card)| Laid::new(card, spot, self.dpi, ratio)).collect();
        let rows = to.band_rows(0);
        for band in 0..height.div_ceil(rows) {
            planes.iter_mut().for_each(Plane::clear);
            for card in &mut laid {
                card.draw(scan, band * rows..(band + 1) * rows, &mut planes)?;
            }
            let left = height - band * rows;
            planes.first().into_iter().flat_map(|luma| luma.rows().take(left)).for_each(|row| look.row(row));
            let mut samples: Vec<_> = planes.iter().map(Plane::samples).collect();
            write(encoder.band(&mut samples).map_err(flaw)?)?;
        }
        write(&encoder.finish().map_err(flaw)?)
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
struct Laid<'a> {
    turn: Turn,
    spot: (usize, usize),
    /// Whole samples of every plane.
    size: (usize, usize),
    /// Of its corners, in pixels.
    radius: f64,
    ratio: (usize, usize),
    way: Option<Window<'a>>,
}

impl<'a> Laid<'a> {
    fn new(card: &Card, spot: (usize, usize), dpi: u32, ratio: (usize, usize)) -> Self {
        /// Radius of the corners of an ID-1 card (ISO/IEC 7810), in millimetres; other papers have none.
        const RADIUS: f64 = 3.18;
        let pixels = |mm: f64| mm * f64::from(dpi) / 25.4;
        let (sin, cos) = card.angle.sin_cos();
        let (longer, shorter) = (card.size.0.max(card.size.1), card.size.0.min(card.size.1));
        let is_id1 =
            (longer - pixels(85.0)).abs() < pixels(1.5) && (shorter - pixels(53.4)).abs() < pixels(1.5);
        let whole = |side: f64, ratio: usize| side.max(0.0) as usize / ratio * ratio;
        Self {
            turn: Turn { corner: card.corner(), sin, cos },
            spot,
            size: (whole(card.size.0, ratio.0), whole(card.size.1, ratio.1)),
            radius: if is_id1 { pixels(RADIUS) } else { 0.0 },
            ratio,
            way: None,
        }
    }

    /// Draws what of the card lies in these rows of the page.
    fn draw(
        &mut self,
        scan: &'a Loaded<'_>,
        rows: std::ops::Range<usize>,
        planes: &mut [Plane],
    ) -> Result<(), PageError> {
        let flaw = |Flaw(why): Flaw| scan.flaw_said(&why);
        let end = self.spot.1 + self.size.1;
        if rows.end <= self.spot.1 || rows.start >= end {
            self.way = None;
            return Ok(());
        }
        let mut way = match self.way.take() {
            Some(way) => way,
            None => {
                let reader = scan::reader(scan)?;
                let touched = (self.size.0 as f64 * self.turn.sin.abs()).ceil() as usize + rows.len() + 10;
                Window::new(reader, touched)
                    .map_err(|error| scan.no_room(&error))?
                    .ok_or_else(|| scan.unsupported("JPEG as wide as this"))?
            }
        };
        let luma = Mapping::new(self.turn, (1, 1));
        let drawn = rows.start.saturating_sub(self.spot.1)..rows.end.min(end) - self.spot.1;
        way.reach(luma.touched(drawn, self.size.0).end + 2 * self.ratio.1 - 1).map_err(flaw)?;
        for (number, plane) in planes.iter_mut().enumerate() {
            let ratio = if number == 0 { (1, 1) } else { self.ratio };
            self.draw_plane(&way, (number, ratio), rows.start / ratio.1, plane);
        }
        self.way = Some(way);
        Ok(())
    }

    fn draw_plane(
        &self,
        way: &Window<'_>,
        (number, ratio): (usize, (usize, usize)),
        first_row: usize,
        plane: &mut Plane,
    ) {
        let mapping = Mapping::new(self.turn, ratio);
        let spot = (self.spot.0 / ratio.0, self.spot.1 / ratio.1);
        let size = (self.size.0 / ratio.0, self.size.1 / ratio.1);
        let last = (first_row + plane.rows().count()).saturating_sub(spot.1).min(size.1);
        let touched = mapping.touched(first_row.saturating_sub(spot.1)..last, size.0);
        let source = way.source(number, touched);
        let mut drawn = vec![0; size.0 + OVERRUN];
        for (y, out) in plane.samples.chunks_exact_mut(plane.stride).enumerate() {
            let Some(v) = (first_row + y).checked_sub(spot.1).filter(|&v| v < size.1) else { continue };
            let row = Row::new((v, size.0), &mapping, &source);
            warp::draw(&mut drawn, 0..size.0, &row, &mapping, &source, Gain::NONE, plane.paper);
            let inset = self.inset(v * ratio.1 + ratio.1 / 2) / ratio.0;
            let columns = inset..size.0.saturating_sub(inset);
            let target = out.get_mut(spot.0 + columns.start..spot.0 + columns.end);
            if let (Some(target), Some(drawn)) = (target, drawn.get(columns)) {
                target.copy_from_slice(drawn);
            }
        }
    }

    /// How far a rounded corner reaches into a row of the card, in pixels.
    fn inset(&self, row: usize) -> usize {
        let to_end = row.min(self.size.1.saturating_sub(row)) as f64;
        let up = (self.radius - to_end).max(0.0);
        (self.radius - (self.radius * self.radius - up * up).max(0.0).sqrt()).ceil() as usize
    }
}
