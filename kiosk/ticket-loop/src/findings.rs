//! What was measured on one scan of a test ticket: plain numbers, without a verdict.

use crate::label::Label;

/// Everything that one scan says.
#[derive(Clone, Debug, PartialEq)]
pub struct Findings {
    /// What the QR code says; `None` when it cannot be read.
    pub label: Option<Label>,
    /// The number as it is printed in characters; `?` stands for one that cannot be read.
    pub number: String,
    /// Dead dots of the head, counted from 0 at the left as the ticket is read, in order, without touching
    /// ranges.
    pub dead_dots: Vec<DotRange>,
    /// Dots that could not be judged, as a scanner's stripe lies on both places where they stand alone.
    pub unjudged_dots: usize,
    /// Optical density of the bars above the paper's own (log₁₀, taking the scan's gamma as 2.2) in
    /// [`Findings::BINS`] equal parts across the head, left first; dead dots are left out, and a part of which
    /// nothing can be seen has the value of its neighbour.
    pub density: Vec<f64>,
    /// By which part the density falls from one end of the head to the other, along a robust line; positive
    /// when the right end is paler.
    pub fading: f64,
    /// Places where lines were not printed, by the first row, with how many are missing.
    pub missing_lines: Vec<(usize, usize)>,
    /// How much longer than drawn the ticket is along the feed, in per cent, as the scanner shows it.
    pub feed_percent: f64,
    /// Largest distance of a rung of the rails from an even feed, in rows.
    pub feed_unevenness: f64,
    /// Angle of the upper and of the lower edge of the paper to the printed lines, in degrees, positive when
    /// it falls to the right; `None` where no edge can be seen.
    pub cut_degrees: [Option<f64>; 2],
    /// Stripes of the scanner, left first.
    pub stripes: Vec<Stripe>,
    /// Spots on the scanner's glass or lid, outside the paper.
    pub dirt: Dirt,
    /// How the scan shows the head's row of dots.
    pub geometry: Geometry,
}

impl Findings {
    /// Parts of [`Findings::density`].
    pub const BINS: usize = 32;

    /// Dead dots in all.
    pub fn dead_dot_count(&self) -> usize {
        self.dead_dots.iter().map(|range| range.last - range.first + 1).sum()
    }

    /// The density in the middle of all parts; 0 without any.
    pub fn middle_density(&self) -> f64 {
        crate::line::median(&mut self.density.clone()).unwrap_or_default()
    }
}

/// Dots beside each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DotRange {
    /// The first one
    pub first: usize,
    /// The last one, which may be the first
    pub last: usize,
}

/// A line that runs down the whole scan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stripe {
    /// Its left edge, from the left edge of the scan
    pub at_mm: f64,
    /// How wide it is
    pub width_mm: f64,
    /// By which part it is brighter than what lies around, negative when darker
    pub contrast: f64,
}

/// Spots that are neither paper nor lid.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Dirt {
    /// How many
    pub spots: usize,
    /// Their area together
    pub area_mm2: f64,
}

/// How the ticket lies, and in which proportions the scan shows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geometry {
    /// Which of its sides is up
    pub turn: Turn,
    /// Degrees from there, clockwise, from -45 to 45
    pub degrees: f64,
    /// Length along the head, as a part of the true one
    pub across: f64,
    /// Length along the feed, as a part of what was sent to the printer
    pub along: f64,
    /// By how many degrees the angle between head and feed differs from a right one
    pub shear_degrees: f64,
}

/// Where the upper end of the ticket points to in the scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Up: it can be read.
    Upright,
    /// To the right: a quarter clockwise.
    Right,
    /// Down.
    UpsideDown,
    /// To the left.
    Left,
}

impl Turn {
    /// Whether head and scan line run the same way.
    pub fn is_lengthwise(self) -> bool {
        matches!(self, Turn::Upright | Turn::UpsideDown)
    }
}

/// What two scans of one ticket tell apart, the second turned by a quarter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Separate {
    /// How much longer than drawn the ticket is on paper, in per cent
    pub feed_percent: f64,
    /// Length along the scanner's line, as a part of the true one
    pub scanner_x: f64,
    /// Length along its motor's way, as a part of the true one
    pub scanner_y: f64,
}

/// Tells the printer's feed from the scanner's motor: the head is as long whichever way it is scanned.
/// `None` unless one ticket was scanned both ways.
pub fn separate(one: &Findings, other: &Findings) -> Option<Separate> {
    let lengthwise = |f: &Findings| f.geometry.turn.is_lengthwise();
    let (upright, turned) = match (lengthwise(one), lengthwise(other)) {
        (true, false) => (one, other),
        (false, true) => (other, one),
        _ => return None,
    };
    if upright.label.is_none() || upright.label != turned.label {
        return None;
    }
    let (scanner_x, scanner_y) = (upright.geometry.across, turned.geometry.across);
    // Both scans show the feed, each through another of the scanner's lengths.
    let feed = (upright.geometry.along / scanner_y + turned.geometry.along / scanner_x) / 2.0;
    Some(Separate { feed_percent: (feed - 1.0) * 100.0, scanner_x, scanner_y })
}
