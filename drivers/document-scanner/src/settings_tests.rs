use super::*;
use crate::capabilities::tests::SAMPLE;
use crate::xml::Element;

fn caps(version: &str) -> Capabilities {
    Capabilities::parse(SAMPLE.replace("2.63", version).as_bytes()).unwrap()
}

/// The sample with a feeder for both sides.
fn duplex() -> Capabilities {
    let mut caps = caps("2.63");
    let feeder = caps.feeder.as_mut().unwrap();
    feeder.duplex = Some(feeder.simplex.clone());
    caps
}

fn settled(request: &Request, caps: &Capabilities) -> Settled {
    settle(request, caps, &Profile::default()).unwrap()
}

fn document(request: &Request, caps: &Capabilities) -> Element {
    let xml = scan_settings(&settled(request, caps), caps).unwrap();
    Element::document(xml.as_bytes(), "ScanSettings").unwrap()
}

fn region(root: &Element) -> Option<(u32, u32)> {
    let region = root.at(&["ScanRegions", "ScanRegion"])?;
    Some((region.number("Width")?, region.number("Height")?))
}

#[test]
fn the_default_is_a4_in_colour_at_300() {
    let root = document(&Request::new(Source::Feeder, "/x"), &caps("2.63"));
    assert_eq!(region(&root), Some((2480, 3508)));
    for (name, text) in [
        ("Version", "2.63"),
        ("Intent", "Document"),
        ("InputSource", "Feeder"),
        ("ColorMode", "RGB24"),
        ("DocumentFormat", "image/jpeg"),
        ("DocumentFormatExt", "image/jpeg"),
        ("XResolution", "300"),
        ("YResolution", "300"),
        ("Duplex", "false"),
    ] {
        assert_eq!(root.words(name).as_deref(), Some(text), "{name}");
    }
    assert!(
        root.child("BlankPageDetection").is_none() && root.child("BlankPageDetectionAndRemoval").is_none()
    );
}

#[test]
fn both_sides_and_no_blank_side_left_out() {
    let caps = Capabilities { removes_blank_pages: true, detects_blank_pages: true, ..duplex() };
    let root = document(&Request::new(Source::FeederDuplex, "/x"), &caps);
    assert_eq!(root.words("InputSource").as_deref(), Some("Feeder"));
    assert_eq!(root.flag("Duplex"), Some(true));
    assert_eq!(root.flag("BlankPageDetection"), Some(true));
    assert_eq!(root.flag("BlankPageDetectionAndRemoval"), Some(false));
}

#[test]
fn the_glass_is_shorter_than_a4_and_old_versions_lack_the_extension() {
    let root = document(&Request::new(Source::Flatbed, "/x"), &caps("2.0"));
    assert_eq!(region(&root), Some((2480, 3300)));
    assert_eq!(root.words("InputSource").as_deref(), Some("Platen"));
    assert!(root.child("DocumentFormatExt").is_none() && root.child("Duplex").is_none());
}

#[test]
fn sizes_stay_within_what_the_source_takes() {
    let with = |min: Option<u32>, max: Option<u32>| {
        let mut caps = caps("2.63");
        let platen = caps.platen.as_mut().unwrap();
        (platen.min_width, platen.min_height, platen.max_width, platen.max_height) = (min, min, max, max);
        caps
    };
    for (size, min, max, expected) in [
        (Size::Card, None, Some(3000), Some((1012, 638))),
        (Size::Card, Some(900), Some(3000), Some((1012, 900))),
        (Size::A4, None, None, Some((2480, 3508))),
        (Size::A4, None, Some(2000), Some((2000, 2000))),
        (Size::Full, Some(16), Some(2550), Some((2550, 2550))),
        (Size::Full, None, None, None),
    ] {
        let request = Request { size, ..Request::new(Source::Flatbed, "/x") };
        assert_eq!(region(&document(&request, &with(min, max))), expected, "{size:?}");
    }
}

#[test]
fn the_nearest_resolution_offered_in_that_colour_is_taken() {
    // The sample's feeder offers 200 and 300, its glass every 75 up to 600.
    for (source, asked, limit, taken) in [
        (Source::Feeder, 600, None, 300),
        (Source::Feeder, 240, None, 200),
        (Source::Feeder, 250, None, 300),
        (Source::Flatbed, 310, None, 300),
        (Source::Flatbed, 600, Some(300), 300),
        (Source::Flatbed, 1, None, 75),
    ] {
        let request = Request { dpi: asked, ..Request::new(source, "/x") };
        let profile = Profile { max_dpi: limit, ..Profile::default() };
        assert_eq!(settle(&request, &caps("2.63"), &profile).unwrap().dpi, taken, "{asked}");
    }
    let mut unlisted = caps("2.63");
    unlisted.platen.as_mut().unwrap().profiles.clear();
    let request = Request { dpi: 1234, ..Request::new(Source::Flatbed, "/x") };
    assert_eq!(settled(&request, &unlisted).dpi, 1234);
}

#[test]
fn what_the_scanner_lacks_is_named() {
    let feeder = Request::new(Source::Feeder, "/x");
    let both = Request::new(Source::FeederDuplex, "/x");
    let flatbed = Request::new(Source::Flatbed, "/x");
    let mut pdf_only = caps("2.63");
    for profile in &mut pdf_only.platen.as_mut().unwrap().profiles {
        profile.formats = vec!["application/pdf".into()];
    }
    let mut apart = caps("2.63");
    let profiles = &mut apart.platen.as_mut().unwrap().profiles;
    profiles[0].color_modes = vec![ColorMode::Grayscale8];
    profiles.push(profiles[0].clone());
    profiles[1].color_modes = vec![ColorMode::Rgb24];
    profiles[1].formats = vec!["application/pdf".into()];
    for (request, caps, what) in [
        (Request { color: Color::Grayscale8, ..flatbed.clone() }, caps("2.63"), "the colour mode Grayscale8"),
        (flatbed.clone(), pdf_only, "JPEG documents"),
        (flatbed.clone(), apart, "JPEG documents in the colour mode Rgb24"),
        (feeder.clone(), Capabilities { feeder: None, ..caps("2.63") }, "a document feeder"),
        (both.clone(), Capabilities { feeder: None, ..caps("2.63") }, "a document feeder"),
        (both, caps("2.63"), "both sides of a sheet"),
        (flatbed, Capabilities { platen: None, ..caps("2.63") }, "a flatbed"),
    ] {
        let fault = settle(&request, &caps, &Profile::default()).unwrap_err();
        assert_eq!(fault, Fault::Unsupported { what: what.into() });
    }
    let coarse = Profile { max_dpi: Some(100), ..Profile::default() };
    let fault = settle(&feeder, &caps("2.63"), &coarse).unwrap_err();
    assert_eq!(fault, Fault::Unsupported { what: "a resolution of at most 100 dots per inch".into() });
}
