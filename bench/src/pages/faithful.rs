//! Pages as JPEG: time, memory, angle, box and legibility.

use super::reading::error_rate;
use super::scenes::Page;
use super::{Desk, in_detail, worst};
use crate::process::{Program, Spent};
use crate::rows::Row;
use serde::Deserialize;
use std::path::Path;

type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// What `kiosk page --json` says of a page.
#[derive(Deserialize)]
struct Report {
    angle: f64,
    #[serde(rename = "box")]
    paper: Paper,
}

#[derive(Deserialize)]
struct Paper {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

/// One page's figures.
pub struct Figures {
    name: &'static str,
    ours: Spent,
    djpeg: Spent,
    imagemagick: Spent,
    leptonica: Spent,
    /// beyond the idle program, in MiB
    peak: f64,
    /// degrees
    angle_error: f64,
    /// pixels
    box_error: f64,
    /// of pages with text
    legible: Option<Legible>,
    /// length of ImageMagick's page
    pub imagemagick_bytes: u64,
}

/// Character error rates in percent.
struct Legible {
    ours: f64,
    imagemagick: f64,
    leptonica: f64,
}

impl Legible {
    fn best_peer(&self) -> f64 {
        self.imagemagick.min(self.leptonica)
    }
}

impl Figures {
    /// Character error rate of ours, in percent; of pages with text.
    pub fn error_rate(&self) -> Option<f64> {
        self.legible.as_ref().map(|cer| cer.ours)
    }
}

/// Measures all pages, ours and the peers' in turn.
pub fn measure(desk: &Desk, pages: &[Page]) -> Result<Vec<Figures>, Fatal> {
    let mut all = Vec::new();
    for page in pages {
        let figures = measure_one(desk, page)?;
        if in_detail() {
            print(&figures);
        }
        all.push(figures);
    }
    Ok(all)
}

/// Each figure on the page where it is worst.
pub fn rows(all: &[Figures]) -> Result<Vec<Row>, Fatal> {
    let mut rows = vec![
        against("page_vs_djpeg", all, "djpeg", |page| &page.djpeg, 2.5)?,
        against("page_vs_imagemagick", all, "ImageMagick", |page| &page.imagemagick, 1.0 / 30.0)?,
        against("page_vs_leptonica", all, "leptonica", |page| &page.leptonica, 1.0 / 4.0)?,
        bounded("page_peak", "MiB", all, |page| Some(page.peak), 10.0)?,
        bounded("page_angle", "deg", all, |page| Some(page.angle_error), 0.05)?,
        bounded("page_box", "px", all, |page| Some(page.box_error), 2.0)?,
    ];
    let beyond = |page: &Figures| page.legible.as_ref().map(|cer| cer.ours - cer.best_peer());
    rows.push(bounded("page_cer", "points", all, beyond, 0.5)?);
    Ok(rows)
}

/// Processor time beside a peer's.
fn against(
    name: &'static str,
    all: &[Figures],
    peer: &str,
    of: fn(&Figures) -> &Spent,
    goal: f64,
) -> Result<Row, Fatal> {
    let (page, _) = worst(all, |page| page.ours.cpu_ms / of(page).cpu_ms).ok_or("no pages")?;
    let peer = format!("{peer} ({})", page.name);
    Ok(Row::at_most(name, "ms", page.ours.cpu_ms, peer, of(page).cpu_ms, goal))
}

/// A figure that may be so large, of the pages that have it.
fn bounded(
    name: &'static str,
    unit: &'static str,
    all: &[Figures],
    figure: impl Fn(&Figures) -> Option<f64>,
    bound: f64,
) -> Result<Row, Fatal> {
    let (page, value) = worst(all, |page| figure(page).unwrap_or(f64::NEG_INFINITY)).ok_or("no pages")?;
    Ok(Row::at_most(name, unit, value, format!("bound of {bound} {unit} ({})", page.name), bound, 1.0))
}

fn measure_one(desk: &Desk, page: &Page) -> Result<Figures, Fatal> {
    let [pdf, jpeg, by_imagemagick, by_leptonica] =
        ["pdf", "page.jpg", "im.jpg", "lept.jpg"].map(|suffix| desk.made(page, suffix));
    let kiosk = desk.kiosk_page(page, &pdf);
    let djpeg = Program::new("djpeg").args(["-outfile", "/dev/null"]).arg(&page.scan);
    let imagemagick = imagemagick(page, &by_imagemagick);
    let leptonica = Program::new(&desk.leptonica).arg(&page.scan).arg(&by_leptonica);
    let [ours, djpeg, imagemagick, leptonica] =
        desk.meter.medians([&kiosk, &djpeg, &imagemagick, &leptonica])?;

    let (_, said) = desk.meter.run(&desk.kiosk_page(page, &jpeg))?;
    let report: Report = serde_json::from_slice(&said.stdout)?;
    let found = [report.paper.x, report.paper.y, report.paper.width, report.paper.height];
    let off = found.iter().zip(page.truth.paper).map(|(found, truth)| (found - truth).abs());
    let legible = page.text.as_ref().map(|text| {
        Ok::<_, Fatal>(Legible {
            ours: error_rate(&jpeg, page.dpi, text)?,
            imagemagick: error_rate(&by_imagemagick, page.dpi, text)?,
            leptonica: error_rate(&by_leptonica, page.dpi, text)?,
        })
    });
    Ok(Figures {
        name: page.name,
        ours,
        djpeg,
        imagemagick,
        leptonica,
        peak: ours.peak_mib - desk.idle.peak_mib,
        angle_error: (report.angle - page.truth.degrees).abs(),
        box_error: off.fold(0.0, f64::max),
        legible: legible.transpose()?,
        imagemagick_bytes: std::fs::metadata(&by_imagemagick)?.len(),
    })
}

/// ImageMagick is told the lid's colour, so that what turning uncovers is cut off with the lid.
fn imagemagick(page: &Page, out: &Path) -> Program {
    let lid = format!("#{0:02x}{0:02x}{0:02x}", page.lid);
    Program::new("convert")
        .arg(&page.scan)
        .args(["-background", &lid, "-deskew", "40%", "-fuzz", "20%", "-trim", "+repage", "-quality", "75"])
        .arg(out)
}

fn print(page: &Figures) {
    let Figures { name, ours, djpeg, imagemagick, leptonica, peak, angle_error, box_error, legible, .. } =
        page;
    print!(
        "{name:<12} {:>7.1} ms, djpeg {:>7.1} ({:.2}), ImageMagick {:>8.1} (1/{:.1}), leptonica {:>7.1} \
         (1/{:.1}); +{peak:.1} MiB; {angle_error:.3}°, {box_error:.2} px",
        ours.cpu_ms,
        djpeg.cpu_ms,
        ours.cpu_ms / djpeg.cpu_ms,
        imagemagick.cpu_ms,
        imagemagick.cpu_ms / ours.cpu_ms,
        leptonica.cpu_ms,
        leptonica.cpu_ms / ours.cpu_ms,
    );
    match legible {
        None => println!(),
        Some(Legible { ours, imagemagick, leptonica }) => {
            println!("; CER {ours:.2} %, ImageMagick {imagemagick:.2}, leptonica {leptonica:.2}");
        }
    }
}
