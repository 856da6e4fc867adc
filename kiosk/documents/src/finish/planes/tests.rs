use super::*;
use crate::sample_images::{Kind, Picture, encode};

use crate::finish::scenes::file;

/// Reads all bands into buffers of the right size, and returns how many there were.
fn read(jpeg: &[u8]) -> Result<usize, Flaw> {
    let file = file(jpeg);
    let mut reader = Reader::start(&file, jpeg.len() as u64, 64)?;
    let layout = reader.layout();
    let mut planes = buffers(&layout, 0);
    for bands in 0.. {
        if !reader.band(&mut slices(&mut planes, &layout))? {
            return Ok(bands);
        }
    }
    unreachable!("bands have an end")
}

fn buffers(layout: &Layout, fewer: usize) -> Vec<Vec<u8>> {
    (0..layout.planes()).map(|p| vec![0; layout.band_rows(p) * layout.row_samples(p) - fewer]).collect()
}

fn slices<'a>(planes: &'a mut [Vec<u8>], layout: &Layout) -> Vec<Samples<&'a mut [u8]>> {
    let stride = |plane| layout.row_samples(plane);
    planes
        .iter_mut()
        .enumerate()
        .map(|(p, samples)| Samples { samples: &mut samples[..], stride: stride(p) })
        .collect()
}

fn shared<'a>(planes: &'a [Vec<u8>], layout: &Layout) -> Vec<Samples<&'a [u8]>> {
    let stride = |plane| layout.row_samples(plane);
    planes
        .iter()
        .enumerate()
        .map(|(p, samples)| Samples { samples: &samples[..], stride: stride(p) })
        .collect()
}

#[test]
fn every_band_is_read_once() {
    for (kind, bands) in [(Kind::Color, 13), (Kind::Progressive, 13), (Kind::Grey, 25), (Kind::PlainRgb, 25)]
    {
        assert_eq!(read(&encode(Picture::Text, 130, 200, kind)), Ok(bands), "{kind:?}");
    }
}

#[test]
fn damage_is_an_error_and_no_jump_out_of_here() {
    let good = encode(Picture::Text, 130, 200, Kind::Color);
    for cut in [0, 2, 100, good.len() / 2, good.len() - 2] {
        assert!(read(&good[..cut]).is_err(), "{cut}");
    }
    assert!(read(&encode(Picture::Text, 64, 64, Kind::Cmyk)).is_err());
    let Flaw(why) = read(b"no image").unwrap_err();
    assert!(why.contains("Not a JPEG file"), "{why}");
}

/// Segments before the image that are longer than what is in memory of a file, and a file that goes on.
#[test]
fn pieces_of_a_file_make_an_image_wherever_they_end() {
    let image = encode(Picture::Text, 2600, 3600, Kind::Color);
    assert!(image.len() > 300_000, "{}", image.len());
    let planes = |jpeg: &[u8], bytes: usize| {
        let file = file(jpeg);
        let mut reader = Reader::start(&file, bytes as u64, 64)?;
        let layout = reader.layout();
        let (mut all, mut band) = (vec![], buffers(&layout, 0));
        while reader.band(&mut slices(&mut band, &layout))? {
            all.extend(band.concat());
        }
        reader.finish()?;
        Ok::<_, Flaw>(all)
    };
    let expected = planes(&image, image.len()).unwrap();
    for comments in [1, 2, 3, 7] {
        let mut long = image[..2].to_vec();
        for _ in 0..comments {
            long.extend([0xFF, 0xFE, 0xFF, 0xFF]);
            long.extend([0x55; 0xFFFD]);
        }
        long.extend(&image[2..]);
        let bytes = long.len();
        assert!(planes(&long, bytes).unwrap() == expected, "{comments} comments");
        // What came after the file was looked at is not read, what went is missed.
        long.extend(&image);
        assert!(planes(&long, bytes).unwrap() == expected, "{comments} comments and more");
        let Flaw(why) = planes(&long[..bytes - 70_000], bytes).unwrap_err();
        assert!(why.contains("Premature end of JPEG file"), "{why}");
        // In the midst of what is passed over.
        assert!(planes(&long[..30_000], bytes).is_err());
    }
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let folder = File::open("/").unwrap();
    let Flaw(why) = Reader::start(&folder, 100, 64).map(|_| ()).unwrap_err();
    assert!(why.contains("read error"), "{why}");
}

#[test]
fn too_many_scans_are_refused() {
    let progressive = encode(Picture::Text, 130, 200, Kind::Progressive);
    let started = Reader::start(&file(&progressive), progressive.len() as u64, 2).map(|_| ());
    let Flaw(why) = started.unwrap_err();
    assert_eq!(why, "it has too many scans");
}

#[test]
fn buffers_that_are_too_small_are_refused() {
    let jpeg = encode(Picture::Text, 130, 200, Kind::Color);
    let file = file(&jpeg);
    let mut reader = Reader::start(&file, jpeg.len() as u64, 64).unwrap();
    let layout = reader.layout();
    let mut small = buffers(&layout, 1);
    assert!(reader.band(&mut slices(&mut small, &layout)).is_err());
    let mut whole = buffers(&layout, 0);
    let mut narrow = slices(&mut whole, &layout);
    narrow[0].stride -= 1;
    assert!(reader.band(&mut narrow).is_err());
    let mut missing = slices(&mut whole, &layout);
    missing.pop();
    assert!(reader.band(&mut missing).is_err());
    assert_eq!(reader.band(&mut slices(&mut whole, &layout)), Ok(true));
}

#[test]
fn planes_written_are_planes_read() {
    for (colour, ratio) in [(Colour::Grey, (1, 1)), (Colour::YCbCr, (2, 2)), (Colour::YCbCr, (4, 1))] {
        let layout = Layout::new(75, 41, colour, ratio);
        let mut writer = Writer::start(layout, 90, Some(300)).unwrap();
        let planes: Vec<_> = (0..layout.planes())
            .map(|p| vec![60 * (p as u8 + 1); layout.band_rows(p) * layout.row_samples(p)])
            .collect();
        let mut jpeg = vec![];
        assert_eq!(writer.finish(), Err(Flaw("bands are missing".into())));
        for _ in 0..41usize.div_ceil(layout.band_rows(0)) {
            jpeg.extend_from_slice(writer.band(&mut shared(&planes, &layout)).unwrap());
        }
        assert_eq!(writer.band(&mut shared(&planes, &layout)), Err(Flaw("a band too many".into())));
        jpeg.extend_from_slice(writer.finish().unwrap());

        let file = file(&jpeg);
        let mut reader = Reader::start(&file, jpeg.len() as u64, 64).unwrap();
        assert_eq!(reader.layout(), layout);
        let mut read = buffers(&layout, 0);
        assert_eq!(reader.band(&mut slices(&mut read, &layout)), Ok(true));
        for (written, read) in planes.iter().zip(&read) {
            assert!(written.iter().zip(read).all(|(a, b)| a.abs_diff(*b) <= 2), "{colour:?} {ratio:?}");
        }
    }
}

#[test]
fn impossible_images_are_not_begun() {
    assert!(Writer::start(Layout::new(0, 9, Colour::Grey, (1, 1)), 75, None).is_err());
    assert!(Writer::start(Layout::new(70_000, 9, Colour::Grey, (1, 1)), 75, None).is_err());
    assert!(Writer::start(Layout::new(9, 9, Colour::YCbCr, (5, 1)), 75, None).is_err());
}
