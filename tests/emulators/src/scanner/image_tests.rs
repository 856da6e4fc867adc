use super::super::settings::Region;
use super::*;
use std::fs;

fn look(dpi: u32, colour: Colour) -> Look {
    Look { dpi, colour, region: Region::WHOLE }
}

fn png(path: &Path, width: u32, height: u32, colour: png::ColorType, pixels: &[u8]) {
    let file = fs::File::create(path).expect("a file");
    let mut encoder = png::Encoder::new(file, width, height);
    encoder.set_color(colour);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(pixels).expect("the pixels");
}

fn decoded(image: &PageImage) -> Image<Vec<u8>> {
    turbojpeg::decompress(&image.jpeg, PixelFormat::RGB).expect("a JPEG")
}

fn at(image: &Image<Vec<u8>>, x: usize, y: usize) -> [u8; 3] {
    let begin = y * image.pitch + x * 3;
    [0, 1, 2].map(|channel| image.pixels[begin + channel])
}

fn near(found: [u8; 3], expected: [u8; 3]) -> bool {
    found.iter().zip(expected).all(|(found, expected)| found.abs_diff(expected) < 24)
}

#[test]
fn white_paper_has_the_asked_size_and_is_nearly_white() {
    for (dpi, colour, size) in
        [(75, Colour::Grey, (620, 877)), (150, Colour::Rgb, (1240, 1754)), (300, Colour::Grey, (2480, 3508))]
    {
        let image = scan(None, look(dpi, colour)).expect("an image");
        assert_eq!((image.info.width, image.info.height), size);
        let pixels = decoded(&image);
        assert_eq!((pixels.width, pixels.height), (size.0 as usize, size.1 as usize));
        assert!(pixels.pixels.iter().all(|value| *value > 235));
        assert_eq!(image.jpeg.get(13..15), Some([1, (dpi >> 8) as u8].as_slice()));
    }
}

#[test]
fn a_png_is_laid_on_the_glass_and_cut_to_the_region() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("page.png");
    // Left half red, right half transparent blue, in the shape of A4.
    let pixels: Vec<u8> = (0..877)
        .flat_map(|_| (0..620).flat_map(|x| if x < 310 { [200, 0, 0, 255] } else { [0, 0, 200, 0] }))
        .collect();
    png(&path, 620, 877, png::ColorType::Rgba, &pixels);
    for dpi in [75, 150] {
        let image = scan(Some(&path), look(dpi, Colour::Rgb)).expect("an image");
        let pixels = decoded(&image);
        assert_eq!(image.info.width, 2480 * dpi / 300);
        assert!(near(at(&pixels, 10, 10), [200, 0, 0]));
        assert!(near(at(&pixels, pixels.width - 10, 10), [255, 255, 255]));
    }
    let region = Region { x: 1400, y: 100, width: 600, height: 300 };
    let asked = Look { region, ..look(300, Colour::Grey) };
    let image = scan(Some(&path), asked).expect("an image");
    assert_eq!((image.info.width, image.info.height, image.info.bytes_per_line), (600, 300, 600));
    assert!(near(at(&decoded(&image), 300, 150), [255, 255, 255]));
}

#[test]
fn other_shapes_leave_the_rest_of_the_glass_white() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("wide.png");
    png(&path, 200, 20, png::ColorType::Grayscale, &[90; 4000]);
    let image = scan(Some(&path), look(75, Colour::Rgb)).expect("an image");
    let pixels = decoded(&image);
    assert!(near(at(&pixels, 300, 20), [90, 90, 90]));
    assert!(near(at(&pixels, 300, 600), [255, 255, 255]));
}

#[test]
fn a_jpeg_passes_as_it_is_unless_grey_is_asked() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("page.jpg");
    let red: Vec<u8> = [200, 10, 10].repeat(64 * 48);
    let source = compress(&path, Pixels { width: 64, height: 48, channels: 3, bytes: red }, None);
    let source = source.expect("a JPEG").jpeg;
    fs::write(&path, &source).expect("the file");
    check(&path).expect("a usable paper");
    let passed = scan(Some(&path), look(300, Colour::Rgb)).expect("an image");
    assert_eq!(passed.jpeg, source);
    assert_eq!((passed.info.width, passed.info.bytes_per_line), (64, 192));
    let grey = scan(Some(&path), look(300, Colour::Grey)).expect("an image");
    assert_eq!(grey.info.bytes_per_line, 64);
    let header = turbojpeg::read_header(&grey.jpeg).expect("a JPEG");
    assert_eq!(header.colorspace, turbojpeg::Colorspace::Gray);
    fs::write(&path, &grey.jpeg).expect("the file");
    let again = scan(Some(&path), look(300, Colour::Grey)).expect("an image");
    assert_eq!(again.jpeg, grey.jpeg, "grey stays grey");
}

#[test]
fn unusable_papers_are_reported() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let cases: [(&str, &[u8]); 4] = [
        ("text", b"a letter"),
        ("empty", b""),
        ("half.jpg", &[0xFF, 0xD8, 0xFF, 0xE0, 0, 16]),
        ("half.png", b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"),
    ];
    for (name, bytes) in cases {
        let path = dir.path().join(name);
        fs::write(&path, bytes).expect("the file");
        assert!(check(&path).is_err(), "{name}");
        assert!(scan(Some(&path), look(75, Colour::Rgb)).is_err(), "{name}");
    }
    assert!(check(&dir.path().join("missing")).is_err());
}

proptest::proptest! {
    #[test]
    fn any_bytes_behind_a_signature_are_judged_without_harm(rest: Vec<u8>, jpeg: bool) {
        let signature: &[u8] = if jpeg { &[0xFF, 0xD8, 0xFF] } else { b"\x89PNG\r\n\x1a\n" };
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("paper");
        fs::write(&path, [signature, &rest].concat()).expect("the file");
        let _ = check(&path);
        let _ = scan(Some(&path), look(75, Colour::Grey));
    }
}
