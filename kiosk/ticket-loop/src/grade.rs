//! What the numbers mean: a grade for the printer, and one for the scanner, each with its causes.

use crate::findings::{DotRange, Findings};

/// How well a machine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// As new.
    Good,
    /// Works, but not as new: look again soon.
    Watch,
    /// Has to be mended.
    Bad,
}

/// What is wrong with a printer.
#[derive(Clone, Debug, PartialEq)]
pub enum PrinterCause {
    /// Dots of the head that print nothing: clean the head, or change it.
    HeadDots(Vec<DotRange>),
    /// One end of the head prints paler, by this part: pressure of the head, or a worn roller.
    Faded(f64),
    /// All is pale; optical density above the paper: paper, heat, or age of the head.
    LowDensity(f64),
    /// The print is longer than drawn, in per cent.
    FeedLong(f64),
    /// The print is shorter than drawn, in per cent.
    FeedShort(f64),
    /// The paper slipped, or stood still, for so many rows.
    FeedUneven(f64),
    /// Lines that were not printed, in all.
    LinesMissing(usize),
    /// The knife cuts at this angle, in degrees.
    CutSkewed(f64),
    /// The QR code cannot be read.
    CodeUnreadable,
    /// The number cannot be read, or is another than the QR code's.
    NumberUnreadable,
}

/// What is wrong with a scanner.
#[derive(Clone, Debug, PartialEq)]
pub enum ScannerCause {
    /// Lines down the whole scan: so many. Clean the strip under the rim of the glass.
    ScannerStripe(usize),
    /// Spots on glass or lid: so many. Clean them.
    ScannerDirt(usize),
    /// Lengths along the head are wrong, in per cent.
    ScannerScale(f64),
    /// A right angle is not one, by so many degrees.
    ScannerShear(f64),
}

/// A cause, and how bad it is by itself: [`Grade::Watch`] or [`Grade::Bad`].
#[derive(Clone, Debug, PartialEq)]
pub struct Cause<C> {
    /// How bad
    pub grade: Grade,
    /// What it is
    pub what: C,
}

/// One machine's grade: that of its worst cause.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict<C> {
    /// The worst of all causes; good without any
    pub grade: Grade,
    /// What was found
    pub causes: Vec<Cause<C>>,
}

/// Grades of both machines.
#[derive(Clone, Debug, PartialEq)]
pub struct Grades {
    /// The ticket printer
    pub printer: Verdict<PrinterCause>,
    /// The document scanner
    pub scanner: Verdict<ScannerCause>,
}

/// From which value on something is to be watched, and from which on bad.
pub(crate) struct Limits {
    pub(crate) watch: f64,
    pub(crate) bad: f64,
}

impl Limits {
    fn grade(&self, value: f64) -> Grade {
        match value {
            v if v >= self.bad => Grade::Bad,
            v if v >= self.watch => Grade::Watch,
            _ => Grade::Good,
        }
    }
}

/// Characters survive a dead dot; from eight on a digit may be misread.
pub(crate) const DEAD_DOTS: Limits = Limits { watch: 1.0, bad: 8.0 };
/// How far the density lies below 2: bars print at 1.1 to 1.4, codes fail to read below about 0.6.
pub(crate) const PALENESS: Limits = Limits { watch: 1.15, bad: 1.35 };
/// The density from which paleness is counted.
pub(crate) const FULL_DENSITY: f64 = 2.0;
const FADING: Limits = Limits { watch: 0.15, bad: 0.3 };
const FEED_PERCENT: Limits = Limits { watch: 1.0, bad: 2.5 };
const FEED_ROWS: Limits = Limits { watch: 1.5, bad: 4.0 };
const MISSING_LINES: Limits = Limits { watch: 1.0, bad: 4.0 };
const CUT_DEGREES: Limits = Limits { watch: 0.7, bad: 1.5 };
const STRIPES: Limits = Limits { watch: 1.0, bad: 3.0 };
/// By which part a single stripe darkens or brightens what is scanned.
const STRIPE_CONTRAST: Limits = Limits { watch: 0.0, bad: 0.2 };
const SPOTS: Limits = Limits { watch: 3.0, bad: 10.0 };
const SPOTS_MM2: Limits = Limits { watch: 1.5, bad: 8.0 };
const SCALE_PERCENT: Limits = Limits { watch: 0.6, bad: 1.5 };
const SHEAR_DEGREES: Limits = Limits { watch: 0.5, bad: 1.0 };

/// Grades what was measured.
///
/// Lengths along the feed are taken for the printer's; use [`separate`](crate::separate) where the scanner's
/// motor is in doubt.
pub fn grade(findings: &Findings) -> Grades {
    Grades { printer: verdict(printer(findings)), scanner: verdict(scanner(findings)) }
}

fn verdict<C>(causes: impl IntoIterator<Item = (Grade, C)>) -> Verdict<C> {
    let causes: Vec<_> = causes
        .into_iter()
        .filter(|(grade, _)| *grade > Grade::Good)
        .map(|(grade, what)| Cause { grade, what })
        .collect();
    Verdict { grade: causes.iter().map(|c| c.grade).max().unwrap_or(Grade::Good), causes }
}

fn printer(f: &Findings) -> Vec<(Grade, PrinterCause)> {
    let density = f.middle_density();
    let lines = f.missing_lines.iter().map(|(_, rows)| rows).sum::<usize>();
    let feed = if f.feed_percent > 0.0 { PrinterCause::FeedLong } else { PrinterCause::FeedShort };
    // A crooked knife cuts both edges alike; one that was torn by hand is not the knife's.
    let straighter = |a: &f64, b: &f64| a.abs().total_cmp(&b.abs());
    let cut = f.cut_degrees.iter().flatten().copied().min_by(straighter).unwrap_or_default();
    let code = if f.label.is_none() { Grade::Bad } else { Grade::Good };
    let same = f.label.as_ref().is_none_or(|label| label.number() == f.number);
    let number =
        if f.number.is_empty() || f.number.contains('?') || !same { Grade::Bad } else { Grade::Good };
    vec![
        (DEAD_DOTS.grade(f.dead_dot_count() as f64), PrinterCause::HeadDots(f.dead_dots.clone())),
        (PALENESS.grade(FULL_DENSITY - density), PrinterCause::LowDensity(density)),
        (FADING.grade(f.fading.abs()), PrinterCause::Faded(f.fading)),
        (FEED_PERCENT.grade(f.feed_percent.abs()), feed(f.feed_percent)),
        (FEED_ROWS.grade(f.feed_unevenness), PrinterCause::FeedUneven(f.feed_unevenness)),
        (MISSING_LINES.grade(lines as f64), PrinterCause::LinesMissing(lines)),
        (CUT_DEGREES.grade(cut.abs()), PrinterCause::CutSkewed(cut)),
        (code, PrinterCause::CodeUnreadable),
        (number, PrinterCause::NumberUnreadable),
    ]
}

fn scanner(f: &Findings) -> Vec<(Grade, ScannerCause)> {
    let strongest = f.stripes.iter().map(|s| s.contrast.abs()).fold(0.0, f64::max);
    let count = STRIPES.grade(f.stripes.len() as f64);
    let stripes = if count == Grade::Good { count } else { count.max(STRIPE_CONTRAST.grade(strongest)) };
    let spots = SPOTS.grade(f.dirt.spots as f64).max(SPOTS_MM2.grade(f.dirt.area_mm2));
    let scale = (f.geometry.across - 1.0) * 100.0;
    let shear = f.geometry.shear_degrees;
    vec![
        (stripes, ScannerCause::ScannerStripe(f.stripes.len())),
        (spots, ScannerCause::ScannerDirt(f.dirt.spots)),
        (SCALE_PERCENT.grade(scale.abs()), ScannerCause::ScannerScale(scale)),
        (SHEAR_DEGREES.grade(shear.abs()), ScannerCause::ScannerShear(shear)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::{Dirt, Geometry, Stripe, Turn};
    use crate::label::Label;

    fn well() -> Findings {
        Findings {
            label: Label::new("lobby", "T1", 1).ok(),
            number: "T1".to_owned(),
            dead_dots: vec![],
            unjudged_dots: 0,
            density: vec![1.2; Findings::BINS],
            fading: 0.0,
            missing_lines: vec![],
            feed_percent: 0.0,
            feed_unevenness: 0.0,
            cut_degrees: [Some(0.1), None],
            stripes: vec![],
            dirt: Dirt::default(),
            geometry: Geometry {
                turn: Turn::Upright,
                degrees: 0.0,
                across: 1.0,
                along: 1.0,
                shear_degrees: 0.0,
            },
        }
    }

    #[test]
    fn each_number_has_its_cause() {
        use Grade::{Bad, Good, Watch};
        let dots = |last: usize| vec![DotRange { first: 5, last }];
        let stripe = |contrast: f64| Stripe { at_mm: 9.0, width_mm: 0.2, contrast };
        type Change = Box<dyn Fn(&mut Findings)>;
        let table: Vec<(&str, Grade, Grade, Change)> = vec![
            ("", Good, Good, Box::new(|_| ())),
            ("HeadDots", Watch, Good, Box::new(move |f| f.dead_dots = dots(5))),
            ("HeadDots", Bad, Good, Box::new(move |f| f.dead_dots = dots(12))),
            ("LowDensity", Watch, Good, Box::new(|f| f.density = vec![0.8; 32])),
            ("LowDensity", Bad, Good, Box::new(|f| f.density = vec![0.5; 32])),
            ("Faded", Watch, Good, Box::new(|f| f.fading = -0.2)),
            ("FeedLong", Watch, Good, Box::new(|f| f.feed_percent = 1.2)),
            ("FeedShort", Bad, Good, Box::new(|f| f.feed_percent = -3.0)),
            ("FeedUneven", Watch, Good, Box::new(|f| f.feed_unevenness = 2.0)),
            ("LinesMissing", Bad, Good, Box::new(|f| f.missing_lines = vec![(9, 2), (50, 2)])),
            ("CutSkewed", Bad, Good, Box::new(|f| f.cut_degrees = [Some(-2.0), Some(-1.9)])),
            ("", Good, Good, Box::new(|f| f.cut_degrees = [Some(3.0), Some(0.1)])),
            ("", Good, Good, Box::new(|f| f.cut_degrees = [None, None])),
            ("CodeUnreadable", Bad, Good, Box::new(|f| f.label = None)),
            ("NumberUnreadable", Bad, Good, Box::new(|f| f.number = "T?".to_owned())),
            ("NumberUnreadable", Bad, Good, Box::new(|f| f.number = "T2".to_owned())),
            ("ScannerStripe", Good, Watch, Box::new(move |f| f.stripes = vec![stripe(0.1)])),
            ("ScannerStripe", Good, Bad, Box::new(move |f| f.stripes = vec![stripe(-0.4)])),
            ("ScannerDirt", Good, Watch, Box::new(|f| f.dirt = Dirt { spots: 4, area_mm2: 0.6 })),
            ("ScannerDirt", Good, Bad, Box::new(|f| f.dirt = Dirt { spots: 1, area_mm2: 9.0 })),
            ("ScannerScale", Good, Watch, Box::new(|f| f.geometry.across = 0.99)),
            ("ScannerShear", Good, Bad, Box::new(|f| f.geometry.shear_degrees = -1.2)),
        ];
        for (cause, printer, scanner, change) in table {
            let mut findings = well();
            change(&mut findings);
            let grades = grade(&findings);
            assert_eq!(
                (grades.printer.grade, grades.scanner.grade),
                (printer, scanner),
                "{cause}: {grades:?}"
            );
            let mut causes: Vec<String> =
                grades.printer.causes.iter().map(|c| format!("{:?}", c.what)).collect();
            causes.extend(grades.scanner.causes.iter().map(|c| format!("{:?}", c.what)));
            assert_eq!(causes.len(), usize::from(!cause.is_empty()), "{causes:?}");
            assert!(causes.iter().all(|c| c.starts_with(cause)), "{causes:?}");
        }
    }
}
