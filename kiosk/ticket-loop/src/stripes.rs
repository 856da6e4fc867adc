//! Stripes of the scanner: columns that differ from their neighbours down the whole scan.
//!
//! A speck on the calibration strip or a weak element of the line sensor makes one column brighter or
//! darker in every row. The scan is cut into bands; in each, a column is compared with the median of those
//! around it, where those are alike. What differs the same way in nearly every band that can be judged is a
//! stripe. With the ticket's place given, bands in which it lies are not asked: in there a line may be the
//! printer's.

use crate::findings::Stripe;
use crate::grey::Plane;
use crate::line::median;

const BANDS: usize = 24;
/// Least bands in which a column must be judged.
const LEAST_BANDS: usize = 3;
/// Part of them that must agree.
const AGREE: f64 = 0.8;
/// Least contrast: grey levels, and parts of the level around.
const LEAST_LEVELS: f64 = 2.2;
const LEAST_CONTRAST: f64 = 0.02;
/// Columns at each side of one that are compared with it, in millimetres.
const REACH: f64 = 1.6;

/// All stripes, left first. `ticket` says whether a rectangle of rows of a column meets the ticket.
pub(crate) fn find(plane: &Plane, ticket: &dyn Fn(usize, std::ops::Range<usize>) -> bool) -> Vec<Stripe> {
    let rows = plane.height.div_ceil(BANDS).max(1);
    let bands: Vec<Vec<f64>> = plane.data.chunks(rows * plane.width).map(|b| means(b, plane.width)).collect();
    let reach = ((REACH * plane.scale) as usize).max(4);
    let mut seen: Vec<Vec<f64>> = vec![Vec::new(); plane.width];
    for (index, band) in bands.iter().enumerate() {
        let range = index * rows..(index + 1) * rows;
        for (x, deviations) in seen.iter_mut().enumerate() {
            if let Some(deviation) = deviation(band, x, reach)
                && !ticket(x, range.clone())
            {
                deviations.push(deviation);
            }
        }
    }
    let contrasts: Vec<f64> = seen.iter_mut().map(|deviations| contrast(deviations)).collect();
    gather(&contrasts, plane.scale)
}

/// The mean of each column of a band.
fn means(band: &[u8], width: usize) -> Vec<f64> {
    let mut sums = vec![0u32; width];
    for row in band.chunks_exact(width) {
        for (sum, pixel) in sums.iter_mut().zip(row) {
            *sum += u32::from(*pixel);
        }
    }
    let rows = (band.len() / width.max(1)).max(1) as f64;
    sums.into_iter().map(|sum| f64::from(sum) / rows).collect()
}

/// By which part of the level around it a column is brighter or darker; `None` where what lies around is
/// not alike, or so dark that nothing multiplied shows.
fn deviation(band: &[f64], x: usize, reach: usize) -> Option<f64> {
    let around = band.get(x.saturating_sub(reach)..(x + reach + 1).min(band.len()))?;
    let mut sample: [f64; 13] = [0.0; 13];
    let last = around.len().saturating_sub(1);
    for (i, value) in sample.iter_mut().enumerate() {
        *value = around.get(last * i / 12).copied()?;
    }
    sample.sort_by(f64::total_cmp);
    let [_, _, low, .., high, _, _] = sample;
    let level = sample.get(6).copied()?;
    if level < 10.0 || high - low > (0.04 * level).max(2.5) {
        return None;
    }
    let difference = band.get(x)? - level;
    // Too little to be told from noise counts as none.
    Some(if difference.abs() < LEAST_LEVELS / 2.0 {
        0.0
    } else {
        difference / level * (difference.abs() / LEAST_LEVELS).min(1.0)
    })
}

/// The contrast of a column over all bands; zero when it is no stripe.
fn contrast(deviations: &mut [f64]) -> f64 {
    let all = deviations.len();
    if all < LEAST_BANDS {
        return 0.0;
    }
    let Some(middle) = median(deviations) else { return 0.0 };
    let agree = deviations.iter().filter(|d| *d * middle > 0.0 && d.abs() > middle.abs() / 4.0).count();
    if middle.abs() < LEAST_CONTRAST || (agree as f64) < AGREE * all as f64 { 0.0 } else { middle }
}

/// Columns beside each other make one stripe.
fn gather(contrasts: &[f64], scale: f64) -> Vec<Stripe> {
    let mut stripes: Vec<Stripe> = Vec::new();
    for (x, contrast) in contrasts.iter().enumerate().filter(|(_, c)| **c != 0.0) {
        let (left, right) = (x as f64 / scale, (x + 1) as f64 / scale);
        match stripes.last_mut() {
            Some(last) if left - (last.at_mm + last.width_mm) < 1.5 / scale => {
                last.width_mm = right - last.at_mm;
                if contrast.abs() > last.contrast.abs() {
                    last.contrast = *contrast;
                }
            }
            _ => stripes.push(Stripe { at_mm: left, width_mm: right - left, contrast: *contrast }),
        }
    }
    stripes
}

/// The columns of stripes, with one more at each side, as the optics smear them.
pub(crate) fn masked(stripes: &[Stripe], plane: &Plane) -> Vec<bool> {
    let mut masked = vec![false; plane.width];
    for stripe in stripes {
        let first = ((stripe.at_mm * plane.scale).round() as usize).saturating_sub(1);
        let last = ((stripe.at_mm + stripe.width_mm) * plane.scale).round() as usize;
        masked.iter_mut().take(last + 1).skip(first).for_each(|m| *m = true);
    }
    masked
}

/// The scan with masked columns drawn over from both sides.
pub(crate) fn mended(plane: &Plane, masked: &[bool]) -> Plane {
    let mut mended = plane.clone();
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (x, _) in masked.iter().enumerate().filter(|(_, m)| **m) {
        match runs.last_mut() {
            Some((_, end)) if *end == x => *end = x + 1,
            _ => runs.push((x, x + 1)),
        }
    }
    for row in mended.data.chunks_exact_mut(plane.width.max(1)) {
        for (start, end) in &runs {
            let after = row.get(*end).copied();
            let before = start.checked_sub(1).and_then(|x| row.get(x).copied());
            let (Some(before), Some(after)) = (before.or(after), after.or(before)) else { continue };
            let middle = usize::midpoint(*start, *end);
            for (x, pixel) in row.iter_mut().enumerate().take(*end).skip(*start) {
                *pixel = if x < middle { before } else { after };
            }
        }
    }
    mended
}
