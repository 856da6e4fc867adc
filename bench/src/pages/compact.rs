//! Pages taken apart into print and pictures, beside the same pages as JPEG and by ImageMagick.

use super::reading::error_rate_of_pdf;
use super::scenes::Page;
use super::{Desk, faithful, in_detail, worst};
use crate::rows::Row;

type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// One page's figures.
struct Figures {
    name: &'static str,
    /// Processor time of ours, in milliseconds.
    compact_ms: f64,
    faithful_ms: f64,
    /// Of the documents.
    compact_bytes: f64,
    imagemagick_bytes: f64,
    /// Character error rates in percent.
    cer: Option<(f64, f64)>,
    photo: bool,
    sealed_text: bool,
}

/// Measures all pages beside what is known of them as JPEG; each figure on the page where it is worst.
pub fn rows(desk: &Desk, pages: &[Page], faithful: &[faithful::Figures]) -> Result<Vec<Row>, Fatal> {
    let mut all = Vec::new();
    for (page, faithful) in pages.iter().zip(faithful) {
        let figures = measure(desk, page, faithful)?;
        if in_detail() {
            print(&figures);
        }
        all.push(figures);
    }
    let size = |name, pages: Vec<&Figures>, goal: f64| {
        let (page, _) =
            worst(&pages, |page| page.compact_bytes / page.imagemagick_bytes).ok_or("no such pages")?;
        let peer = format!("ImageMagick ({})", page.name);
        Ok::<_, Fatal>(Row::at_most(name, "bytes", page.compact_bytes, peer, page.imagemagick_bytes, goal))
    };
    let sealed = all.iter().filter(|page| page.sealed_text).collect();
    let photos = all.iter().filter(|page| page.photo).collect();
    let beyond =
        |page: &Figures| page.cer.map_or(f64::NEG_INFINITY, |(compact, faithful)| compact - faithful);
    let (misread, points) = worst(&all, beyond).ok_or("no pages")?;
    let (slowest, _) = worst(&all, |page| page.compact_ms / page.faithful_ms).ok_or("no pages")?;
    Ok(vec![
        size("compact_bytes", sealed, 1.0 / 12.0)?,
        size("compact_photo_bytes", photos, 1.0 / 4.0)?,
        Row::at_most("compact_cer", "points", points, format!("bound of 0.5 ({})", misread.name), 0.5, 1.0),
        Row::at_most(
            "compact_cpu",
            "ms",
            slowest.compact_ms,
            format!("faithful ({})", slowest.name),
            slowest.faithful_ms,
            2.0,
        ),
    ])
}

fn measure(desk: &Desk, page: &Page, faithful: &faithful::Figures) -> Result<Figures, Fatal> {
    let [small, usual] = ["compact.pdf", "pdf"].map(|suffix| desk.made(page, suffix));
    let compact = desk.kiosk_page(page, &small).arg("--compact");
    let [ours, as_jpeg] = desk.meter.medians([&compact, &desk.kiosk_page(page, &usual)])?;
    let cer = match (&page.text, faithful.error_rate()) {
        (Some(text), Some(as_jpeg)) => Some((error_rate_of_pdf(&small, page.dpi, text)?, as_jpeg)),
        _ => None,
    };
    Ok(Figures {
        name: page.name,
        compact_ms: ours.cpu_ms,
        faithful_ms: as_jpeg.cpu_ms,
        compact_bytes: std::fs::metadata(&small)?.len() as f64,
        imagemagick_bytes: faithful.imagemagick_bytes as f64,
        cer,
        photo: page.photo,
        sealed_text: page.sealed_text,
    })
}

fn print(page: &Figures) {
    let Figures { name, compact_ms, faithful_ms, compact_bytes, imagemagick_bytes, cer, .. } = page;
    print!(
        "{name:<12} compact {compact_ms:>6.1} ms, faithful {faithful_ms:>6.1} ({:.2}); {compact_bytes:>7} bytes, \
         ImageMagick {imagemagick_bytes:>8} (1/{:.1})",
        compact_ms / faithful_ms,
        imagemagick_bytes / compact_bytes,
    );
    match cer {
        None => println!(),
        Some((compact, faithful)) => println!("; CER {compact:.2} %, faithful {faithful:.2}"),
    }
}
