//! Reads a test ticket back from a scan: finds it, and measures everything.

use crate::edges::Edges;
use crate::findings::{Findings, Geometry, Stripe, Turn};
use crate::grey::{Grey, Plane};
use crate::layout::{DOTS_PER_MM, Layout};
use crate::map::{Map, Point, Seen};
use crate::{code, dirt, dots, locate, register, rows, stripes};

/// Why a scan cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// There is no whole test ticket of this layout in it.
    #[error("scan: no whole test ticket in it; lay it on the glass, printed side down, away from the rim")]
    NoTicket,
}

/// Most places at which a ticket is looked for in one scan.
const MOST_PLACES: usize = 48;

/// Finds the test ticket of a layout in a scan, and measures it and the scan.
///
/// The ticket may lie anywhere and in any of four turns, up to 10° from straight, under a white or a dark
/// lid. Takes about 0.2 s for an A4 glass at 300 dpi, on one thread; finer scans are reduced to about that.
///
/// # Errors
/// When no whole ticket is found.
pub fn read(scan: &Grey, layout: Layout) -> Result<Findings, Unreadable> {
    let plane = Plane::of(scan);
    let (mut seen, map) = place(plane, layout).ok_or(Unreadable::NoTicket)?;
    let stripes = scanner_stripes(&seen.plane, &map);
    seen.masked = stripes::masked(&stripes, &seen.plane);
    let mut map = register::register(&seen, layout, &map).unwrap_or(map);
    let (feed, unevenness) = rows::feed(&seen, &map);
    map.feed = feed;
    Ok(measured(&seen, layout, &map, unevenness, stripes))
}

/// Where the ticket lies. Stripes are drawn over first, so that none ties the print to the lid; should that
/// have taken a piece of the ticket itself, it is looked for once more in the scan as it is.
fn place(plane: Plane, layout: Layout) -> Option<(Seen, Map)> {
    let stripes = stripes::find(&plane, &|_, _| false);
    let masked = stripes::masked(&stripes, &plane);
    let unmasked = vec![false; plane.width];
    let seen = Seen { masked: unmasked.clone(), plane };
    if !stripes.is_empty() {
        let mended = Seen { plane: stripes::mended(&seen.plane, &masked), masked: unmasked };
        if let Some(map) = first_that_fits(&mended, layout) {
            return Some((seen, map));
        }
    }
    let map = first_that_fits(&seen, layout)?;
    Some((seen, map))
}

fn first_that_fits(seen: &Seen, layout: Layout) -> Option<Map> {
    let mut places = locate::candidates(&seen.plane, layout).take(MOST_PLACES);
    places.find_map(|rough| register::register(seen, layout, &rough))
}

/// Stripes beside the ticket: rows in which it lies are not asked.
fn scanner_stripes(plane: &Plane, map: &Map) -> Vec<Stripe> {
    stripes::find(plane, &|x, rows| {
        // Both ends and the middle of the band: it is much lower than the ticket.
        [rows.start, usize::midpoint(rows.start, rows.end), rows.end].iter().any(|y| {
            let dots = map.back(Point { x: x as f64 + 0.5, y: *y as f64 });
            dots.is_none_or(|d| (-8.0..map.width + 8.0).contains(&d.x) && (0.0..552.0).contains(&d.y))
        })
    })
}

fn measured(seen: &Seen, layout: Layout, map: &Map, unevenness: f64, stripes: Vec<Stripe>) -> Findings {
    let alive = dots::alive(seen, layout, map);
    let density = dots::density(seen, map, &alive);
    let edges = Edges::find(seen, map);
    let geometry = geometry(seen, map);
    Findings {
        label: code::label(seen, map),
        number: code::number(seen, layout, map),
        dead_dots: dots::ranges(&alive),
        unjudged_dots: alive.iter().filter(|alive| alive.is_none()).count(),
        fading: dots::fading(&density),
        density,
        missing_lines: rows::missing(seen, layout, map),
        feed_percent: (geometry.along - 1.0) * 100.0,
        feed_unevenness: unevenness,
        cut_degrees: edges.cut_degrees(map),
        dirt: dirt::find(&seen.plane, &seen.masked, map, &edges),
        stripes,
        geometry,
    }
}

fn geometry(seen: &Seen, map: &Map) -> Geometry {
    let (across, along) = map.axes();
    let dot = seen.plane.scale / DOTS_PER_MM;
    let angle = across.y.atan2(across.x).to_degrees();
    let quarters = (angle / 90.0).round();
    let turn = match quarters as i32 {
        0 => Turn::Upright,
        1 => Turn::Right,
        -1 => Turn::Left,
        _ => Turn::UpsideDown,
    };
    let between = (across.x * along.y - across.y * along.x).atan2(across.x * along.x + across.y * along.y);
    Geometry {
        turn,
        degrees: angle - quarters * 90.0,
        across: across.length() / dot,
        along: along.length() / dot,
        shear_degrees: between.to_degrees() - 90.0,
    }
}
