//! Defects that are known, in scans that were never made: what is found of them, and what is said of none.

mod sim;

use sim::{DEFECTS, Defect, Print, Rng, Scan};
use std::collections::BTreeMap;
use ticket_loop::{Findings, Grey, Label, Layout, PrinterCause, ScannerCause, grade, read, test_ticket};

const CLEAN: u64 = 100;
const SPOILT: u64 = 204;

/// What came of one scene.
struct Outcome {
    seed: u64,
    defects: Vec<Defect>,
    missed: Vec<Defect>,
    strange: Vec<String>,
    degrees: Option<f64>,
    /// Errors of the feed, in per cent, and of the cuts that are seen, in degrees.
    feed: f64,
    cut: f64,
    named: bool,
    story: String,
}

fn play(seed: u64, spoilt: bool) -> Outcome {
    let mut rng = Rng(seed * 7919 + u64::from(spoilt));
    let width = [576, 576, 576, 384, 640, 832][rng.below(6)];
    let layout = Layout::new(width).expect("a head");
    let label =
        Label::new("jiading-lobby-1", &format!("T{:04}", rng.below(10_000)), rng.next()).expect("a label");
    let ticket = test_ticket(layout, &label);
    let (mut print, mut scan) = sim::well(width, &mut rng);
    let mut defects = Vec::new();
    if spoilt {
        defects.push(DEFECTS[(seed as usize) % DEFECTS.len()]);
        let other = DEFECTS[rng.below(DEFECTS.len())];
        if rng.below(3) == 0 && other != defects[0] {
            defects.push(other);
        }
    }
    for defect in &defects {
        sim::spoil(*defect, width, &mut print, &mut scan, &mut rng);
    }
    let picture = sim::scan(&ticket, &print, &scan, &mut rng);
    let grey = Grey::new(picture.width, picture.height, picture.dpi, &picture.pixels).expect("a scan");
    let mut outcome = Outcome {
        seed,
        missed: defects.clone(),
        defects,
        strange: vec![],
        degrees: None,
        feed: 0.0,
        cut: 0.0,
        named: false,
        story: format!("{width} {print:?} {scan:?}"),
    };
    match read(&grey, layout) {
        Ok(findings) => judge(&mut outcome, &findings, &print, &scan, &label),
        Err(e) => outcome.strange.push(e.to_string()),
    }
    outcome
}

/// Which defects were named, and what else was.
fn judge(outcome: &mut Outcome, findings: &Findings, print: &Print, scan: &Scan, label: &Label) {
    let grades = grade(findings);
    // What each cause names, and of what else it may be a consequence.
    let mut named: Vec<(String, &[Defect], &[Defect])> = Vec::new();
    for cause in &grades.printer.causes {
        let (of, after): (&[Defect], &[Defect]) = match &cause.what {
            PrinterCause::HeadDots(_) => (&[Defect::DeadDots, Defect::DeadBlock], &[]),
            PrinterCause::Faded(_) => (&[Defect::Fading], &[]),
            // What fades is pale as a whole, too.
            PrinterCause::LowDensity(_) => (&[Defect::LowDensity], &[Defect::Fading]),
            PrinterCause::FeedLong(_) | PrinterCause::FeedShort(_) => (&[Defect::Feed], &[Defect::Slip]),
            PrinterCause::FeedUneven(_) => (&[Defect::Slip], &[]),
            PrinterCause::LinesMissing(_) => (&[Defect::Lines], &[]),
            PrinterCause::CutSkewed(_) => (&[Defect::Cut], &[]),
            // Half a character or some of the code may be covered, missing or torn apart.
            PrinterCause::CodeUnreadable | PrinterCause::NumberUnreadable => {
                (&[], &[Defect::DeadDots, Defect::DeadBlock, Defect::Lines, Defect::Slip, Defect::Dirt])
            }
        };
        named.push((format!("{:?}", cause.what), of, after));
    }
    for cause in &grades.scanner.causes {
        let (of, after): (&[Defect], &[Defect]) = match &cause.what {
            ScannerCause::ScannerStripe(_) => (&[Defect::Stripe], &[]),
            ScannerCause::ScannerDirt(_) => (&[Defect::Dirt], &[]),
            // On a ticket that lies at an angle one shows as a little of the other.
            ScannerCause::ScannerScale(_) => (&[Defect::Scale], &[Defect::Shear]),
            ScannerCause::ScannerShear(_) => (&[Defect::Shear], &[Defect::Scale]),
        };
        named.push((format!("{:?}", cause.what), of, after));
    }
    for (name, of, after) in &named {
        if !of.iter().chain(*after).any(|d| outcome.defects.contains(d)) {
            outcome.strange.push(name.clone());
        }
    }
    outcome.missed.retain(|defect| !named.iter().any(|(_, of, _)| of.contains(defect)));
    // Which dots, and not only that there are some.
    let mut dead = print.dead.clone();
    dead.sort_unstable();
    dead.dedup();
    let read: Vec<usize> = findings.dead_dots.iter().flat_map(|r| r.first..=r.last).collect();
    if dead != read {
        let of_dots =
            outcome.defects.iter().find(|d| matches!(d, Defect::DeadDots | Defect::DeadBlock)).copied();
        match of_dots {
            Some(defect) if !outcome.missed.contains(&defect) => outcome.missed.push(defect),
            _ => {}
        }
        outcome.story.push_str(&format!("\n   dots read {read:?}, unjudged {}", findings.unjudged_dots));
    }
    outcome.story.push_str(&format!("\n   {findings:?}"));
    let motor = if scan.quarter.is_multiple_of(2) { scan.scale.1 } else { scan.scale.0 };
    outcome.feed = findings.feed_percent - (print.feed * motor - 1.0) * 100.0;
    let cuts = findings.cut_degrees.iter().zip(print.cuts);
    outcome.cut = cuts.filter_map(|(read, cut)| Some((read.as_ref()? - cut).abs())).fold(0.0, f64::max);
    outcome.degrees = Some(findings.geometry.degrees - scan.degrees);
    outcome.named = findings.label.as_ref() == Some(label) && findings.number == label.number();
}

fn play_all(seeds: u64, spoilt: bool) -> Vec<Outcome> {
    let threads = std::thread::available_parallelism().map_or(2, usize::from) as u64;
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || {
                    (thread..seeds).step_by(threads as usize).map(|s| play(s, spoilt)).collect::<Vec<_>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no panic")).collect()
    })
}

#[test]
fn defects_are_found_and_none_is_invented() {
    let start = std::time::Instant::now();
    let clean = play_all(CLEAN, false);
    let spoilt = play_all(SPOILT, true);
    let mut table: BTreeMap<Defect, (usize, usize)> = BTreeMap::new();
    for outcome in &spoilt {
        for defect in &outcome.defects {
            let (all, found) = table.entry(*defect).or_default();
            *all += 1;
            *found += usize::from(!outcome.missed.contains(defect));
        }
    }
    for (defect, (all, found)) in &table {
        println!("{:12} {found:3} of {all:3} found", format!("{defect:?}"));
    }
    let (all, found) = table.values().fold((0, 0), |(a, f), (all, found)| (a + all, f + found));
    let alarms = clean.iter().filter(|o| !o.strange.is_empty()).count();
    let others = spoilt.iter().filter(|o| !o.strange.is_empty()).count();
    let named = clean.iter().chain(&spoilt).filter(|o| o.named).count();
    let worst = clean.iter().filter_map(|o| o.degrees).map(f64::abs).fold(0.0, f64::max);
    let feed = clean.iter().map(|o| o.feed.abs()).fold(0.0, f64::max);
    let cut = clean.iter().map(|o| o.cut).fold(0.0, f64::max);
    println!("on clean ones feed within {feed:.3} %, cuts within {cut:.2}°");
    let unread = spoilt.iter().filter(|o| !o.named);
    println!("not read among spoilt: {:?}", unread.map(|o| (o.seed, &o.defects)).collect::<Vec<_>>());
    for outcome in clean.iter().chain(&spoilt).filter(|o| !o.missed.is_empty() || !o.strange.is_empty()) {
        println!(
            "seed {} {:?}: missed {:?}, strange {:?}\n   {}",
            outcome.seed, outcome.defects, outcome.missed, outcome.strange, outcome.story
        );
    }
    println!("defects found: {found} of {all} in {SPOILT} scans");
    println!(
        "false alarms: {alarms} of {CLEAN} clean scans; {others} of {SPOILT} spoilt ones say something else too"
    );
    let unnamed = clean.iter().filter(|o| !o.named).count();
    println!("number and code read: {named} of {}; angle within {worst:.3}° on clean ones", CLEAN + SPOILT);
    println!("{:.1} s", start.elapsed().as_secs_f64());
    assert!(found * 100 >= all * 99, "99 % of all defects are found");
    assert!(alarms as u64 * 100 <= CLEAN, "1 % of clean scans at most raise an alarm");
    assert_eq!(unnamed, 0, "clean tickets tell their name");
    assert!(worst < 0.2, "the angle is right");
    // An edge that is white on white shows by its shadow alone.
    assert!(feed < 0.1 && cut < 0.6, "and so are feed and cuts");
    assert!(others as u64 * 100 <= SPOILT, "and of spoilt ones, about something else");
}
