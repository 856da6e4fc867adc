//! Pages taken apart, and put together again by decoders that others wrote.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use turbojpeg::PixelFormat;

use super::file::Area;
use super::*;
use crate::assemble::{PageRef, assemble};
use crate::finish::{Colour, hash};
use crate::format::Format;
use crate::meta::{Created, Meta};
use crate::quarter::Quarter;

const WIDTH: usize = 1000;
const HEIGHT: usize = 1300;
/// Left, top, right, bottom.
const PHOTO: [usize; 4] = [120, 700, 620, 1150];
const SEAL: (f64, f64, f64) = (700.0, 300.0, 160.0);

pub(super) type Rgb = [f64; 3];

/// A white page with lines of print, a seal over them, blue strokes of a pen, and a photograph that is
/// bright and dark, smooth and sharp.
fn page(x: usize, y: usize) -> Rgb {
    if inside(PHOTO, x, y) {
        return photo(x, y);
    }
    let mut colour = [255.0; 3];
    let (at_x, at_y) = (x as f64, y as f64);
    let ring = ((at_x - SEAL.0).hypot(at_y - SEAL.1) - SEAL.2).abs();
    mix(&mut colour, [200.0, 30.0, 36.0], 0.85 * (8.5 - ring).clamp(0.0, 1.0));
    mix(&mut colour, [28.0, 28.0, 32.0], if is_print(x, y) { 1.0 } else { 0.0 });
    let wave = at_y - 560.0 - 30.0 * (at_x / 40.0).sin();
    if (100..900).contains(&x) {
        mix(&mut colour, [30.0, 48.0, 150.0], (3.5 - wave.abs()).clamp(0.0, 1.0));
    }
    colour
}

pub(super) fn inside([left, top, right, bottom]: [usize; 4], x: usize, y: usize) -> bool {
    (left..right).contains(&x) && (top..bottom).contains(&y)
}

/// Strokes of 4 pixels.
pub(super) fn is_print(x: usize, y: usize) -> bool {
    let (line, column) = (y / 60, x / 36);
    let (down, right) = (y % 60, x % 36);
    let word = hash(line as u32, column as u32);
    let level = if word.is_multiple_of(2) { 4..8 } else { 30..34 };
    inside([90, 60, 910, 500], x, y)
        && !word.is_multiple_of(5)
        && (4..34).contains(&down)
        && (4..28).contains(&right)
        && ((4..8).contains(&right) || (24..28).contains(&right) || level.contains(&down))
}

fn photo(x: usize, y: usize) -> Rgb {
    let (x, y) = (x as f64, y as f64);
    let cloud = |n: f64, phase: f64| 55.0 * ((x / n + phase).sin() + (y / n * 0.8 - phase).cos());
    // A black figure before it, with an edge as sharp as that of print.
    if (x - 480.0).hypot(y - 950.0) < 120.0 {
        return [18.0, 16.0, 14.0];
    }
    [cloud(60.0, 0.3), cloud(43.0, 1.1), cloud(77.0, 2.0)].map(|c| (120.0 + c).clamp(5.0, 250.0))
}

fn mix(colour: &mut Rgb, ink: Rgb, share: f64) {
    for (c, ink) in colour.iter_mut().zip(ink) {
        *c += (ink - *c) * share;
    }
}

/// Takes a page apart that is drawn by `colour`.
pub(super) fn separate(
    (width, height): (usize, usize),
    dpi: Option<u32>,
    planes: Colour,
    ratio: (usize, usize),
    colour: impl Fn(usize, usize) -> Rgb,
) -> Page<Vec<u8>> {
    let layout = Layout::new(width, height, planes, ratio);
    let ycc = |x: usize, y: usize| {
        let [r, g, b] = colour(x.min(width - 1), y.min(height - 1));
        let luma = 0.299 * r + 0.587 * g + 0.114 * b;
        [luma, 128.0 + (b - luma) / 1.772, 128.0 + (r - luma) / 1.402]
    };
    let sample = |plane: usize, x: usize, y: usize| {
        let (across, down) = if plane == 0 { (1, 1) } else { ratio };
        let places = (0..across * down).map(|i| ycc(x * across + i % across, y * down + i / across)[plane]);
        (places.sum::<f64>() / (across * down) as f64).round().clamp(0.0, 255.0) as u8
    };
    let mut separator = Separator::new(layout, dpi).unwrap();
    for band in 0..height.div_ceil(layout.band_rows(0)) {
        let drawn: Vec<_> = (0..layout.planes())
            .map(|plane| {
                let (stride, rows) = (layout.row_samples(plane) + 3, layout.band_rows(plane));
                let samples = (0..stride * rows).map(|i| sample(plane, i % stride, band * rows + i / stride));
                (stride, samples.collect::<Vec<u8>>())
            })
            .collect();
        let planes: Vec<_> = drawn
            .iter()
            .map(|(stride, samples)| Samples { samples: &samples[..], stride: *stride })
            .collect();
        separator.band(&planes);
    }
    separator.finish().unwrap()
}

fn whole() -> Page<Vec<u8>> {
    separate((WIDTH, HEIGHT), Some(300), Colour::YCbCr, (2, 2), page)
}

/// A page put together.
pub(super) struct Drawn {
    width: usize,
    pixels: Vec<[u8; 3]>,
    /// Where there is print.
    print: Vec<bool>,
}

impl Drawn {
    pub(super) fn new(page: &Page<Vec<u8>>) -> Self {
        let (width, height) = (page.width as usize, page.height as usize);
        let mut drawn =
            Self { width, pixels: vec![[255; 3]; width * height], print: vec![false; width * height] };
        for Layer { area, paint, bytes } in &page.layers {
            let Area { x, y, width: w, height: h } = *area;
            let (pixels, across) = match paint {
                Paint::Ink(colour) => {
                    let bits = jbig2::tests::decoded(bytes);
                    assert_eq!((bits.width(), bits.height()), (w as usize, h as usize));
                    let pixel = |i: usize| bits.is(i % w as usize, i / w as usize).then_some(*colour);
                    ((0..(w * h) as usize).map(pixel).collect::<Vec<_>>(), w as usize)
                }
                Paint::Grey | Paint::Colour => {
                    let image = turbojpeg::decompress(bytes, PixelFormat::RGB).unwrap();
                    let (scale_x, scale_y) = (w as usize / image.width, h as usize / image.height);
                    let pixel = |i: usize| {
                        let at = i / w as usize / scale_y * image.pitch + i % w as usize / scale_x * 3;
                        Some([image.pixels[at], image.pixels[at + 1], image.pixels[at + 2]])
                    };
                    ((0..(w * h) as usize).map(pixel).collect(), w as usize)
                }
            };
            for (i, pixel) in pixels.into_iter().enumerate() {
                let (x, y) = (x as usize + i % across, y as usize + i / across);
                if let (Some(pixel), true) = (pixel, x < width && y < height) {
                    drawn.pixels[y * width + x] = pixel;
                    drawn.print[y * width + x] = matches!(paint, Paint::Ink(_));
                }
            }
        }
        drawn
    }

    pub(super) fn at(&self, x: usize, y: usize) -> [u8; 3] {
        self.pixels[y * self.width + x]
    }

    pub(super) fn is_print(&self, x: usize, y: usize) -> bool {
        self.print[y * self.width + x]
    }

    /// How like the page this is in a part of it, in decibels.
    fn psnr(&self, [left, top, right, bottom]: [usize; 4]) -> f64 {
        let mut error = 0.0;
        for (x, y) in (top..bottom).flat_map(|y| (left..right).map(move |x| (x, y))) {
            let pairs = page(x, y).into_iter().zip(self.at(x, y));
            error += pairs.map(|(a, b)| (a - f64::from(b)).powi(2)).sum::<f64>();
        }
        let mean = error / (3 * (right - left) * (bottom - top)) as f64;
        10.0 * (255.0 * 255.0 / mean.max(1e-9)).log10()
    }
}

#[test]
fn what_is_put_together_looks_like_the_page() {
    let drawn = Drawn::new(&whole());
    let around = |by: f64| {
        let (x, y, radius) = SEAL;
        [x - radius - by, y - radius - by, x + radius + by, y + radius + by].map(|side| side as usize)
    };
    for (name, part, least) in [
        ("print", [90, 60, 500, 440], 30.0),
        ("seal over print", around(20.0), 26.0),
        ("pen", [100, 500, 900, 620], 26.0),
        ("photograph", PHOTO, 30.0),
        ("a photograph's edge", [PHOTO[0] - 8, PHOTO[1] - 8, PHOTO[2] + 8, PHOTO[1] + 8], 20.0),
        ("paper", [640, 650, 1000, 1300], 60.0),
    ] {
        let psnr = drawn.psnr(part);
        assert!(psnr > least, "{name}: {psnr} dB");
    }
}

#[test]
fn photographs_are_no_print_however_dark() {
    let drawn = Drawn::new(&whole());
    let [left, top, right, bottom] = PHOTO;
    let print = (top..bottom).flat_map(|y| (left..right).map(move |x| (x, y)));
    assert_eq!(print.filter(|&(x, y)| drawn.is_print(x, y)).count(), 0);
}

#[test]
fn print_is_print_below_a_seal_too_and_the_seal_is_not() {
    let drawn = Drawn::new(&whole());
    let ((x, y, radius), mut reds, mut seals) = (SEAL, 0, 0);
    for step in 0..2000 {
        let angle = f64::from(step) * std::f64::consts::TAU / 2000.0;
        let (x, y) = ((x + radius * angle.cos()) as usize, (y + radius * angle.sin()) as usize);
        // Nearer than that, print shows through the colour.
        let near = (y - 3..y + 4).any(|y| (x - 3..x + 4).any(|x| is_print(x, y)));
        if is_print(x, y) || near {
            continue;
        }
        seals += 1;
        assert!(!drawn.is_print(x, y), "the seal became print at {x}, {y}");
        let [r, g, b] = drawn.at(x, y);
        reds += usize::from((180..=235).contains(&r) && g < 100 && b < 105);
    }
    assert!(reds * 20 > seals * 19, "{reds} of {seals}");
    // One pixel within the strokes, for their edges are between black and white.
    let strokes = (60..500).flat_map(|y| (90..910).map(move |x| (x, y)));
    let strokes: Vec<_> =
        strokes.filter(|&(x, y)| (y - 1..y + 2).all(|y| (x - 1..x + 2).all(|x| is_print(x, y)))).collect();
    let found = strokes.iter().filter(|&&(x, y)| drawn.is_print(x, y)).count();
    assert!(found * 1000 > strokes.len() * 999, "{found} of {}", strokes.len());
}

#[test]
fn inks_have_their_colours() {
    let page = whole();
    let inks: Vec<_> = page
        .layers
        .iter()
        .filter_map(|layer| if let Paint::Ink(colour) = layer.paint { Some(colour) } else { None })
        .collect();
    let near = |a: [u8; 3], b: [u8; 3]| a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= 24);
    assert!(inks.iter().any(|&ink| near(ink, [28, 28, 32])), "{inks:?}");
    assert!(inks.iter().any(|&ink| near(ink, [30, 48, 150])), "{inks:?}");
}

#[test]
fn all_resolutions_and_samplings_are_taken_apart_alike() {
    for dpi in [Some(100), Some(200), Some(300), Some(600), None] {
        for (planes, ratio) in [
            (Colour::YCbCr, (2, 2)),
            (Colour::YCbCr, (2, 1)),
            (Colour::YCbCr, (1, 2)),
            (Colour::YCbCr, (4, 1)),
            (Colour::YCbCr, (1, 1)),
            (Colour::Grey, (1, 1)),
        ] {
            let size = (301, 203);
            let dark = |x: usize, y: usize| [if is_print(x + 90, y + 60) { 20.0 } else { 250.0 }; 3];
            let page = separate(size, dpi, planes, ratio, dark);
            assert_eq!((page.width as usize, page.height as usize), size);
            let drawn = Drawn::new(&page);
            let inner = (2..size.1 - 2).flat_map(|y| (2..size.0 - 2).map(move |x| (x, y)));
            for (x, y) in inner {
                let all =
                    |is: bool| (y - 1..y + 2).all(|y| (x - 1..x + 2).all(|x| (dark(x, y)[0] < 99.0) == is));
                let print = drawn.is_print(x, y);
                assert!(!all(true) || print, "{x}, {y} is no print: {dpi:?}, {planes:?}, {ratio:?}");
                assert!(!all(false) || !print, "{x}, {y} is print: {dpi:?}, {planes:?}, {ratio:?}");
            }
        }
    }
}

#[test]
fn faint_strokes_of_a_coarse_scan_are_print() {
    let colour = |x: usize, y: usize| {
        let stroke = inside([40, 40, 460, 360], x, y) && y % 16 < 10 && x % 8 == 2;
        let faint = (x / 8 + y / 16).is_multiple_of(7);
        [if stroke && faint {
            160.0
        } else if stroke {
            60.0
        } else {
            255.0
        }; 3]
    };
    let page = separate((500, 400), Some(150), Colour::Grey, (1, 1), colour);
    let paints: Vec<_> = page.layers.iter().map(|layer| (layer.paint, layer.area)).collect();
    assert!(matches!(paints[..], [(Paint::Ink(_), _)]), "no pictures of single strokes: {paints:?}");
}

#[test]
fn pages_without_anything_have_no_layers() {
    for colour in [[255.0; 3], [246.0, 248.0, 244.0]] {
        let page = separate((500, 300), Some(300), Colour::YCbCr, (2, 2), |_, _| colour);
        assert_eq!(page.layers, []);
    }
}

#[test]
fn pictures_reach_to_every_end_of_the_page() {
    let (width, height) = (203, 157);
    for (left, top) in [(0, 0), (width - 20, 0), (0, height - 20), (width - 20, height - 20)] {
        let seal = [left, top, left + 20, top + 20];
        let colour = |x, y| if inside(seal, x, y) { [210.0, 70.0, 75.0] } else { [255.0; 3] };
        let page = separate((width, height), Some(300), Colour::YCbCr, (2, 2), colour);
        let [r, g, b] = Drawn::new(&page).at(left + 10, top + 10);
        assert!(r > 190 && g < 100 && b < 100, "{r}, {g}, {b} at {left}, {top}");
    }
}

#[test]
fn tiny_narrow_and_black_pages_are_taken_apart() {
    for size in [(1, 1), (7, 3), (64, 64), (65, 1), (3000, 5), (9, 2000)] {
        for level in [0.0, 90.0, 180.0, 255.0] {
            for dpi in [Some(150), Some(300), Some(1200)] {
                let page = separate(size, dpi, Colour::YCbCr, (2, 2), |_, _| [level; 3]);
                let [r, g, b] = Drawn::new(&page).at(0, 0).map(f64::from);
                assert!([r, g, b].iter().all(|c| (c - level).abs() < 12.0), "{level}: {r}, {g}, {b}");
            }
        }
    }
}

#[test]
fn the_same_page_gives_the_same_layers() {
    assert!(whole() == whole());
}

#[test]
fn what_is_kept_of_a_page_is_bounded() {
    for (width, height, dpi) in [
        (2480, 3508, Some(300)),
        (4960, 7016, Some(600)),
        (9921, 7016, Some(600)),
        (10_000, 10_000, Some(72)),
        (20_000, 5_000, None),
        (5_000, 20_000, Some(300)),
    ] {
        let layout = Layout::new(width, height, Colour::YCbCr, (2, 2));
        let draft = Drafter::new(layout, dpi).unwrap().finish();
        let small: usize = (0..draft.small.planes).map(|plane| draft.small.plane(plane).len()).sum();
        let bitmap = draft.ink.stride() * draft.ink.height() * 8;
        assert!(small <= 24 << 20 && bitmap <= 13 << 20, "{width} × {height}: {small} + {bitmap}");
    }
}

/// A document of the page, turned so; the folder is to be kept.
fn document(page: &Page<Vec<u8>>, turn: Quarter, format: Format) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let (path, out) = (dir.path().join("page"), dir.path().join("out"));
    fs::write(&path, page.file()).unwrap();
    let created = Created::new((2026, 11, 23), (9, 30, 0), 480).unwrap();
    let meta = Meta::new("t", created, "0.1.0", "m").unwrap();
    assemble(&[PageRef { path, dpi: 300, turn }], &out, &meta, format).unwrap();
    (dir, out)
}

/// The program ofd-core reads the document: it is what the standard asks for, and its page looks as it was
/// made.
#[test]
fn a_reader_of_ofd_draws_the_page() {
    let page = whole();
    let drawn = Drawn::new(&page);
    for (turn, place) in [
        (Quarter::None, (|x, y| (x, y)) as fn(usize, usize) -> (usize, usize)),
        (Quarter::Right, |x, y| (HEIGHT - 1 - y, x)),
        (Quarter::Half, |x, y| (WIDTH - 1 - x, HEIGHT - 1 - y)),
        (Quarter::Left, |x, y| (y, WIDTH - 1 - x)),
    ] {
        let (_dir, out) = document(&page, turn, Format::Ofd);
        let report = ofd_core::check_path(&out);
        assert!(report.conforms(), "{:?}", report.problems);
        let mut reader = ofd_core::OfdReader::open(&out).unwrap();
        let body = reader.ofd().doc_bodies[0].clone();
        let document = reader.load_document(&body).unwrap();
        let options = ofd_core::render::RenderOptions::with_dpi(300.0);
        let shown = reader.render_page_to_image(&document, 0, &options).unwrap();
        let mut off = 0;
        for (x, y) in (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y))) {
            let (to_x, to_y) = place(x, y);
            let pixel = shown.get_pixel(to_x as u32, to_y as u32).0;
            off += drawn.at(x, y).iter().zip(pixel).map(|(a, b)| u64::from(a.abs_diff(b))).sum::<u64>();
        }
        // At the ends of strokes and pictures there is rounding.
        assert!(off < 12 * (WIDTH * HEIGHT) as u64, "{off} when turned {turn:?}");
    }
}

#[test]
fn a_page_without_anything_is_a_page_of_an_ofd_too() {
    let blank = separate((500, 300), Some(300), Colour::YCbCr, (2, 2), |_, _| [255.0; 3]);
    let (_dir, out) = document(&blank, Quarter::None, Format::Ofd);
    let report = ofd_core::check_path(&out);
    assert!(report.conforms(), "{:?}", report.problems);
    let mut reader = ofd_core::OfdReader::open(&out).unwrap();
    let resources = reader.package_mut().read("/Doc_0/DocumentRes.xml").unwrap();
    assert!(!String::from_utf8_lossy(&resources).contains("MultiMedias"), "a list of nothing");
}

/// Poppler reads the document: its bitmaps come out bit by bit, and its pages look as they were made.
#[test]
fn what_another_reads_is_what_was_written() {
    let page = whole();
    let (dir, out) = document(&page, Quarter::None, Format::Pdf);
    let run = |program: &str, args: &[&str], end: &str| {
        let stem = dir.path().join(end);
        let output = Command::new(program).args(args).arg(&out).arg(stem).output();
        let output = output.unwrap_or_else(|e| panic!("{program}: {e}; run `make setup`"));
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    };

    run("pdfimages", &[], "image");
    for (number, layer) in page.layers.iter().enumerate() {
        if !matches!(layer.paint, Paint::Ink(_)) {
            continue;
        }
        let bits = jbig2::tests::decoded(&layer.bytes);
        // Rows of whole bytes; what is painted is 0 here.
        let found = fs::read(dir.path().join(format!("image-{number:03}.pbm"))).unwrap();
        let head = format!("P4\n{} {}\n", bits.width(), bits.height());
        assert!(found.starts_with(head.as_bytes()));
        let rows: Vec<_> = found[head.len()..].chunks(bits.width().div_ceil(8)).collect();
        assert_eq!(rows.len(), bits.height());
        for (y, row) in rows.into_iter().enumerate() {
            let painted = |x: usize| row[x / 8] >> (7 - x % 8) & 1 == 0;
            assert!((0..bits.width()).all(|x| painted(x) == bits.is(x, y)), "row {y} of layer {number}");
        }
    }

    run("pdftoppm", &["-r", "300", "-singlefile"], "view");
    let view = fs::read(dir.path().join("view.ppm")).unwrap();
    let head = format!("P6\n{WIDTH} {HEIGHT}\n255\n");
    assert!(view.starts_with(head.as_bytes()));
    let drawn = Drawn::new(&page);
    let pairs = view[head.len()..].as_chunks::<3>().0.iter().zip(&drawn.pixels);
    let off =
        |(a, b): (&[u8; 3], &[u8; 3])| a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>();
    let off: Vec<_> = pairs.map(off).collect();
    // Print stands where it should, but Poppler makes all images a pixel larger than they are; pictures are
    // made larger in another way besides.
    let print: Vec<_> =
        off.iter().zip(&drawn.print).filter(|(_, print)| **print).map(|(off, _)| *off).collect();
    let wrong = print.iter().filter(|off| **off > 12).count();
    assert!(wrong * 10 < print.len(), "{wrong} of {}", print.len());
    assert!(off.iter().sum::<u64>() < 5 * off.len() as u64);
}
