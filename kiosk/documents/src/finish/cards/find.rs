//! Finds cards in a picture of an eighth of the scan's size.
//!
//! Whatever differs from the lid is gathered into things. They are cards if each of them is a rectangle
//! of a card's size, filled to all four sides, and if there is nothing else on the glass.

use crate::decode::Pixels;

use super::Card;
use crate::finish::paper::{self, REDUCTION, Side};

/// Sizes of cards and of small licences, in millimetres: from ID-1 (ISO/IEC 7810, 85.6 × 54) to a
/// driving licence in its cover.
const LONGER: std::ops::Range<f64> = 78.0..100.0;
const SHORTER: std::ops::Range<f64> = 48.0..72.0;

/// The outermost pixels of the picture are not looked at: they are often in shadow.
const UNSEEN: usize = 2;

/// Most cards that are laid on one page.
const MOST: usize = 8;

/// Cards in the order in which they are read: one at least.
pub(super) struct Found {
    pub(super) cards: Vec<Card>,
    pub(super) white_lid: bool,
    /// Something lies beside them that is small, but no dust: print, perhaps.
    pub(super) others: bool,
}

/// The cards in a picture of a scan; `None` unless there is nothing else.
pub(super) fn find(picture: &Pixels, dpi: u32) -> Option<Found> {
    let scale = f64::from(dpi) / 25.4 / REDUCTION;
    let lid = Lid::of(picture)?;
    let mut cards: Vec<Card> = vec![];
    let mut others = false;
    let mut covered = Covered::new(picture, lid);
    while let Some(thing) = covered.next_thing(scale)? {
        // Light parts of a dark photograph lie on a card that has been found before them.
        if cards.iter().any(|card| thing.lies_on(card)) {
            continue;
        }
        if thing.is_nothing(picture, scale) {
            others |= !thing.is_dust(picture, lid, scale);
            continue;
        }
        cards.push(thing.card(picture, lid, scale)?);
        if cards.len() > MOST {
            return None;
        }
    }
    (!cards.is_empty()).then(|| Found { cards: in_order(cards), white_lid: lid.white, others })
}

/// Row by row: whatever begins above the middle of the topmost stands in its row.
fn in_order(mut cards: Vec<Card>) -> Vec<Card> {
    cards.sort_by(|a, b| a.middle.1.total_cmp(&b.middle.1));
    let mut ordered = vec![];
    while let Some(first) = cards.first().copied() {
        let (mut row, rest): (Vec<_>, Vec<_>) =
            cards.into_iter().partition(|card| card.middle.1 - first.middle.1 < first.size.1 / 2.0);
        row.sort_by(|a, b| a.middle.0.total_cmp(&b.middle.0));
        ordered.extend(row);
        cards = rest;
    }
    ordered
}

/// What lies behind the cards.
#[derive(Debug, Clone, Copy)]
struct Lid {
    grey: u8,
    /// As white as paper: cards are darker then, if only by their tint, and not lighter.
    white: bool,
}

impl Lid {
    /// The lid, if it is seen along nearly the whole border.
    fn of(picture: &Pixels) -> Option<Self> {
        const EVEN: u8 = 16;
        const WHITE: u8 = 190;
        let mut sides = [0; 4];
        for (grey, side) in sides.iter_mut().zip(Side::ALL) {
            *grey = paper::lid(picture, side)?;
        }
        let (darkest, lightest) = (sides.iter().min()?, sides.iter().max()?);
        let grey = darkest + (lightest - darkest) / 2;
        (lightest - darkest <= EVEN).then_some(Self { grey, white: grey >= WHITE })
    }

    fn is_covered(self, grey: u8) -> bool {
        const TINT: u8 = 8;
        const CONTRAST: u8 = 30;
        if self.white {
            grey < self.grey.saturating_sub(TINT)
        } else {
            grey > self.grey.saturating_add(CONTRAST)
        }
    }
}

/// The pixels that differ from the lid, as far as they have not been gathered.
struct Covered {
    pixels: Vec<bool>,
    width: usize,
    height: usize,
    /// Before this one, all are gathered.
    from: usize,
}

/// Pixels that differ from the lid and lie close together.
struct Thing {
    pixels: Vec<(usize, usize)>,
}

impl Covered {
    fn new(picture: &Pixels, lid: Lid) -> Self {
        let (width, height) = (picture.width, picture.height);
        let inside = |at: usize, side: usize| at >= UNSEEN && at + UNSEEN < side;
        let covered = |(at, &grey): (usize, &u8)| {
            lid.is_covered(grey) && inside(at % width.max(1), width) && inside(at / width.max(1), height)
        };
        let pixels = picture.bytes.iter().enumerate().map(covered).collect();
        Self { pixels, width, height, from: 0 }
    }

    /// Gathers the next thing; `Some(None)` after the last, `None` as soon as one is too large for a card,
    /// as most pages are.
    fn next_thing(&mut self, scale: f64) -> Option<Option<Thing>> {
        /// Nearer than this belongs together: print on a card, and what separates two cards. Millimetres.
        const NEAR: f64 = 1.4;
        let near = (NEAR * scale).round().max(1.0) as usize;
        let largest = (LONGER.end * 1.2 * scale) as usize;
        let unseen = self.pixels.get(self.from..).unwrap_or_default();
        let Some(start) = unseen.iter().position(|&covered| covered).map(|at| at + self.from) else {
            return Some(None);
        };
        self.from = start;
        self.take(start);
        let first = (start % self.width, start / self.width);
        let mut pixels = vec![];
        let mut waiting = vec![first];
        while let Some((x, y)) = waiting.pop() {
            pixels.push((x, y));
            if x.abs_diff(first.0) > largest || y.abs_diff(first.1) > largest {
                return None;
            }
            for near_y in y.saturating_sub(near)..=(y + near).min(self.height - 1) {
                for near_x in x.saturating_sub(near)..=(x + near).min(self.width - 1) {
                    if self.take(near_y * self.width + near_x) {
                        waiting.push((near_x, near_y));
                    }
                }
            }
        }
        Some(Some(Thing { pixels }))
    }

    /// Gathers a pixel, if it is covered and has not been gathered: none waits twice.
    fn take(&mut self, at: usize) -> bool {
        self.pixels.get_mut(at).is_some_and(std::mem::take)
    }
}

impl Thing {
    /// The box that lies at `degrees`, without its outermost pixels: left, top, right, bottom, in the
    /// directions of the box.
    fn bounds(&self, degrees: f64) -> [f64; 4] {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let mut bounds = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];
        for &(x, y) in &self.pixels {
            let (x, y) = (x as f64 + 0.5, y as f64 + 0.5);
            let (across, down) = (x * cos + y * sin, y * cos - x * sin);
            let [left, top, right, bottom] = bounds;
            bounds = [left.min(across), top.min(down), right.max(across), bottom.max(down)];
        }
        let [left, top, right, bottom] = bounds;
        [left - 0.5, top - 0.5, right + 0.5, bottom + 0.5]
    }

    /// Too small for a card, or a shadow along the border of the scan.
    fn is_nothing(&self, picture: &Pixels, scale: f64) -> bool {
        /// In millimetres.
        const SMALL: f64 = 4.0;
        const SHADOW: f64 = 3.0;
        let [left, top, right, bottom] = self.bounds(0.0).map(|side| side / scale);
        let (w, h) = (picture.width as f64 / scale, picture.height as f64 / scale);
        (right - left < SMALL && bottom - top < SMALL)
            || right < SHADOW
            || bottom < SHADOW
            || left > w - SHADOW
            || top > h - SHADOW
    }

    /// Whether it is dust or a pale shadow along the border under a white lid, for certain, and no print.
    fn is_dust(&self, picture: &Pixels, lid: Lid, scale: f64) -> bool {
        /// In millimetres, or so many pixels where they are large.
        const LARGEST: f64 = 1.0;
        const LARGEST_PIXELS: f64 = 2.0;
        /// What would be as much black, in square millimetres: less than there is in a digit.
        const INK: f64 = 0.25;
        /// A shadow is longer than this, in millimetres, and not darker than this.
        const LONG: f64 = 10.0;
        const DARK: u8 = 48;
        let [left, top, right, bottom] = self.bounds(0.0);
        let longer = (right - left).max(bottom - top);
        let darker = |&(x, y): &(usize, usize)| {
            picture.bytes.get(y * picture.width + x).map_or(0, |&grey| lid.grey.saturating_sub(grey))
        };
        if longer > LONG * scale && self.reaches_out(picture, lid).contains(&true) {
            return self.pixels.iter().all(|pixel| darker(pixel) < DARK);
        }
        let ink: f64 = self.pixels.iter().map(|pixel| f64::from(darker(pixel)) / f64::from(lid.grey)).sum();
        longer <= (LARGEST * scale).max(LARGEST_PIXELS) && ink <= INK * scale * scale
    }

    /// Whether it goes on into what is not looked at, at each border: left, top, right, bottom.
    fn reaches_out(&self, picture: &Pixels, lid: Lid) -> [bool; 4] {
        let (width, height) = (picture.width, picture.height);
        let goes_on =
            |x: usize, y: usize| picture.bytes.get(y * width + x).is_some_and(|&grey| lid.is_covered(grey));
        let (mut left, mut top, mut right, mut bottom) = (false, false, false, false);
        for &(x, y) in &self.pixels {
            left |= x == UNSEEN && goes_on(x - 1, y);
            top |= y == UNSEEN && goes_on(x, y - 1);
            right |= x + UNSEEN + 1 == width && goes_on(x + 1, y);
            bottom |= y + UNSEEN + 1 == height && goes_on(x, y + 1);
        }
        [left, top, right, bottom]
    }

    fn lies_on(&self, card: &Card) -> bool {
        let (sin, cos) = card.angle.sin_cos();
        self.pixels.iter().all(|&(x, y)| {
            let right = (x as f64 + 0.5) * REDUCTION - card.middle.0;
            let below = (y as f64 + 0.5) * REDUCTION - card.middle.1;
            let (across, down) = (right * cos + below * sin, below * cos - right * sin);
            across.abs() < card.size.0 / 2.0 && down.abs() < card.size.1 / 2.0
        })
    }

    /// This thing as a card, if it is one.
    fn card(&self, picture: &Pixels, lid: Lid, scale: f64) -> Option<Card> {
        let degrees = self.direction()?;
        let open = self.reaches_out(picture, lid);
        let rough = self.card_within(degrees, open, 0.0);
        let (width, height) = rough.size;
        let (longer, shorter) = (width.max(height) / scale, width.min(height) / scale);
        if !LONGER.contains(&longer) || !SHORTER.contains(&shorter) || !self.is_filled(degrees) {
            return None;
        }
        // Beside a lid that is darker the edges are exact; where they are not, the outermost pixels are
        // card in part only.
        let card = match refined(picture, &rough, scale) {
            Some(exact) if !lid.white => exact,
            None if !lid.white => self.card_within(degrees, open, 1.0),
            _ => self.card_within(degrees, open, 0.5),
        };
        let full = |(a, b): (f64, f64)| (a * REDUCTION, b * REDUCTION);
        Some(Card { middle: full(card.middle), size: full(card.size), ..card })
    }

    /// It as a card so many pixels within its bounds, but up to the border where it reaches that.
    fn card_within(&self, degrees: f64, open: [bool; 4], by: f64) -> Card {
        let [left, top, right, bottom] = self.bounds(degrees);
        let [from_left, from_top, from_right, from_bottom] =
            open.map(|open| if open { -(UNSEEN as f64) } else { by });
        let (left, right) = (left + from_left, right - from_right);
        let (top, bottom) = (top + from_top, bottom - from_bottom);
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (across, down) = ((left + right) / 2.0, (top + bottom) / 2.0);
        let middle = (across * cos - down * sin, across * sin + down * cos);
        Card { angle: degrees.to_radians(), middle, size: (right - left, bottom - top), open }
    }

    /// The angle at which the box is smallest, in degrees.
    fn direction(&self) -> Option<f64> {
        /// More is no card that somebody laid straight.
        const MOST: f64 = 25.0;
        let area = |degrees: f64| {
            let [left, top, right, bottom] = self.bounds(degrees);
            (right - left) * (bottom - top)
        };
        let smallest = |angles: &mut dyn Iterator<Item = f64>| {
            angles.map(|degrees| (degrees, area(degrees))).min_by(|a, b| a.1.total_cmp(&b.1))
        };
        let steps =
            |from: f64, step: f64, count: i32| (-count..=count).map(move |i| from + f64::from(i) * step);
        let (coarse, _) = smallest(&mut steps(0.0, 1.0, MOST as i32))?;
        let (fine, _) = smallest(&mut steps(coarse, 0.1, 10))?;
        (fine.abs() < MOST).then_some(fine)
    }

    /// Whether it is a rectangle: each of its four sides is covered nearly from corner to corner. Print
    /// alone is not, for its lines have gaps between them.
    fn is_filled(&self, degrees: f64) -> bool {
        /// Of each side, in hundredths; corners are round.
        const COVERED: usize = 85;
        let [left, top, right, bottom] = self.bounds(degrees);
        let (width, height) = ((right - left).ceil() as usize, (bottom - top).ceil() as usize);
        let (sin, cos) = degrees.to_radians().sin_cos();
        // Within so many pixels of the side; slanted sides have steps.
        const DEEP: f64 = 2.5;
        let mut sides = [vec![false; height], vec![false; width], vec![false; height], vec![false; width]];
        for &(x, y) in &self.pixels {
            let (x, y) = (x as f64 + 0.5, y as f64 + 0.5);
            let (across, down) = (x * cos + y * sin, y * cos - x * sin);
            let near = [across - left, down - top, right - across, bottom - down];
            let along = [down - top, across - left, down - top, across - left];
            for ((side, near), along) in sides.iter_mut().zip(near).zip(along) {
                if near < DEEP
                    && let Some(slot) = side.get_mut(along as usize)
                {
                    *slot = true;
                }
            }
        }
        sides.iter().all(|side| side.iter().filter(|&&covered| covered).count() * 100 >= side.len() * COVERED)
    }
}

/// The card's place by its edges, found in a picture of it that is nearly straight.
fn refined(picture: &Pixels, rough: &Card, scale: f64) -> Option<Card> {
    /// Of lid around the card, in millimetres.
    const AROUND: f64 = 3.0;
    /// Pixels that it takes to tell an edge.
    const LEAST: f64 = 5.0;
    let around = (AROUND * scale).max(LEAST);
    let (sin, cos) = rough.angle.sin_cos();
    let (width, height) = (rough.size.0 + 2.0 * around, rough.size.1 + 2.0 * around);
    let cut = Pixels { width: width as usize, height: height as usize, bytes: vec![] };
    let scan = |across: f64, down: f64| {
        (rough.middle.0 + across * cos - down * sin, rough.middle.1 + across * sin + down * cos)
    };
    let (half_w, half_h) = (cut.width as f64 / 2.0, cut.height as f64 / 2.0);
    let places = (0..cut.height).flat_map(|y| (0..cut.width).map(move |x| (x, y)));
    let bytes = places.map(|(x, y)| {
        let (x, y) = scan(x as f64 + 0.5 - half_w, y as f64 + 0.5 - half_h);
        between(picture, x - 0.5, y - 0.5)
    });
    let edges = paper::find(&Pixels { bytes: bytes.collect(), ..cut })?;
    let (left, top, right, bottom) = (edges.left?, edges.top?, edges.right?, edges.bottom?);
    // What was found is in pixels of a scan, from the cut's corner, in the direction of the edges.
    let (turn_sin, turn_cos) = edges.angle.sin_cos();
    let (across, down) = ((left + right) / 2.0 / REDUCTION, (top + bottom) / 2.0 / REDUCTION);
    let (x, y) = (across * turn_cos - down * turn_sin, across * turn_sin + down * turn_cos);
    Some(Card {
        angle: rough.angle + edges.angle,
        middle: scan(x - half_w, y - half_h),
        size: ((right - left) / REDUCTION, (bottom - top) / REDUCTION),
        open: [false; 4],
    })
}

/// The grey between four pixels; beyond the border it goes on as it is there.
fn between(picture: &Pixels, x: f64, y: f64) -> u8 {
    let at = |x: f64, y: f64| {
        let inside = |at: f64, size: usize| at.clamp(0.0, size.saturating_sub(1) as f64) as usize;
        let place = inside(y, picture.height) * picture.width + inside(x, picture.width);
        picture.bytes.get(place).copied().map_or(0.0, f64::from)
    };
    let (left, top) = (x.floor(), y.floor());
    let mix = |a: f64, b: f64, share: f64| a + (b - a) * share;
    let upper = mix(at(left, top), at(left + 1.0, top), x - left);
    let lower = mix(at(left, top + 1.0), at(left + 1.0, top + 1.0), x - left);
    mix(upper, lower, y - top).round() as u8
}
