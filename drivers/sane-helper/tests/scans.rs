//! Whole scans with SANE's own virtual scanners, `test` and `pnm`.

mod stand;

use std::fs;
use std::time::Duration;

use document_scanner::{AdfState, Color, Deviation, Fault, Request, ScanEvent, Size, Source, State};
use stand::{BACK_ENDS, PATIENCE, Stand, image, scan};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use turbojpeg::PixelFormat;

const TEST: &str = "device = 'test:0'\n";

fn stand() -> Stand {
    *BACK_ENDS;
    Stand::new()
}

#[tokio::test]
async fn the_glass_gives_an_a4_page_with_its_resolution() {
    let stand = stand();
    let scanner =
        stand.scanner(&format!("{TEST} options = [{{ name = 'test-picture', value = 'Color pattern' }}]"));
    let request = Request::new(Source::Flatbed, stand.pages());
    let scanned = scan(&scanner, &request).await;
    let pages = scanned.pages();
    assert_eq!(scanned.numbers(), [1]);
    assert_eq!(stand.files(), ["page-001.jpg"]);
    let page = image(&pages[0], PixelFormat::RGB);
    assert_eq!((page.width, page.height), (2480, 3507));
    assert_eq!(fs::read(&pages[0].path).unwrap()[13..18], [1, 300_u16.to_be_bytes()[0], 44, 1, 44]);
    assert!(page.pixels.chunks(3).any(|p| p[0].abs_diff(p[1]) > 100), "there is colour");
    let result = scanned.result.as_ref().unwrap();
    let settled = result.settled;
    assert_eq!((settled.dpi, settled.width, settled.height), (300, Some(2480), Some(3508)));
    assert_eq!((result.deviations.as_slice(), result.tally.mismatch), (&[][..], None));
    assert_eq!(scanned.events.first(), Some(&ScanEvent::Started(settled)));
    assert_eq!(scanned.events.last(), Some(&ScanEvent::Finished { pages: 1 }));
    assert!(scanned.events.iter().any(|e| matches!(e, ScanEvent::PageArriving { page: 1, bytes: 1.. })));
    assert!(scanned.events.contains(&ScanEvent::PageStored(pages[0].clone())));
}

#[tokio::test]
async fn the_feeder_is_emptied_and_counting_goes_on() {
    let stand = stand();
    let scanner = stand.scanner(TEST);
    let request = Request { color: Color::Grayscale8, ..stand.request(Source::Feeder) };
    let scanned = scan(&scanner, &request).await;
    // Its feeder holds ten sheets.
    assert_eq!(scanned.numbers(), (1..=10).collect::<Vec<_>>());
    let page = image(&scanned.pages()[9], PixelFormat::GRAY);
    assert_eq!((page.width, page.height), (620, 876));

    let tally = scanned.result.unwrap().tally;
    assert_eq!((tally.sheets, tally.pages_stored, tally.mismatch), (Some(10), 10, None));

    let more = scan(&scanner, &Request { first_page: 11, ..request.clone() }).await;
    assert_eq!(more.numbers(), (11..=20).collect::<Vec<_>>());
    assert_eq!(stand.files().len(), 20);

    // One page, and the other sheets stay.
    let one = scan(&scanner, &Request { first_page: 21, one_page: true, ..request }).await;
    assert_eq!((one.numbers(), stand.files().len()), (vec![21], 21));
}

#[tokio::test]
async fn every_status_of_a_read_is_its_own_fault() {
    for (status, source, fault) in [
        ("UNSUPPORTED", Source::Flatbed, Fault::Unsupported { what: "a scan with these settings".into() }),
        ("CANCELLED", Source::Flatbed, Fault::Cancelled),
        ("DEVICE_BUSY", Source::Flatbed, Fault::Busy),
        ("INVAL", Source::Flatbed, Fault::Refused),
        ("EOF", Source::Flatbed, Fault::PageDamaged { page: 5, why: "the scanner sent it incomplete" }),
        ("JAMMED", Source::Feeder, Fault::Jam { after_page: 4 }),
        ("NO_DOCS", Source::Feeder, Fault::FeederEmpty),
        ("COVER_OPEN", Source::Feeder, Fault::HatchOpen),
        ("IO_ERROR", Source::Flatbed, Fault::Interrupted { page: 5 }),
        ("NO_MEM", Source::Flatbed, Fault::OutOfMemory),
        ("ACCESS_DENIED", Source::Flatbed, Fault::NotPermitted),
    ] {
        let stand = stand();
        let option = format!("{{ name = 'read-return-value', value = 'SANE_STATUS_{status}' }}");
        let scanner = stand.scanner(&format!("{TEST} options = [{option}]"));
        let request = Request { first_page: 5, ..stand.request(source) };
        assert_eq!(scan(&scanner, &request).await.failed(), (fault, vec![]), "{status}");
        assert!(stand.files().is_empty(), "{status}");
    }
}

#[tokio::test]
async fn odd_images_become_ordinary_pages() {
    let option = |name: &str, value: &str| format!("{{ name = '{name}', value = {value} }}");
    for (what, options) in [
        ("unknown height", vec![option("hand-scanner", "true")]),
        ("padded lines", vec![option("ppl-loss", "7")]),
        ("one byte at a time", vec![option("read-limit", "true"), option("read-limit-size", "101")]),
    ] {
        let stand = stand();
        let mut options = options;
        options.push(option("test-picture", "'Grid'"));
        let scanner = stand.scanner(&format!("{TEST} options = [{}]", options.join(", ")));
        let request = Request { color: Color::Grayscale8, ..stand.request(Source::Flatbed) };
        let result = scan(&scanner, &request).await.result.unwrap_or_else(|e| panic!("{what}: {e}"));
        let page = image(&result.pages[0], PixelFormat::GRAY);
        assert!(page.width > 100 && page.height > 100, "{what}: {} × {}", page.width, page.height);
        // A grid is black and white in equal parts.
        let dark = page.pixels.iter().filter(|&&p| p < 128).count();
        let share = dark as f64 / page.pixels.len() as f64;
        assert!((0.4..0.6).contains(&share), "{what}: {share}");
    }
}

#[tokio::test]
async fn what_cannot_become_a_page_is_said() {
    let stand = stand();
    let scanner = stand.scanner(&format!("{TEST} options = [{{ name = 'three-pass', value = true }}]"));
    // Three passes can be asked for only in colour, which is set after the profile's options.
    let missing = Fault::Unsupported { what: "the option three-pass".into() };
    assert_eq!(scan(&scanner, &stand.request(Source::Flatbed)).await.failed(), (missing, vec![]));
    let both = Fault::Unsupported { what: "both sides of a sheet".into() };
    let scanner = stand.scanner(TEST);
    assert_eq!(scan(&scanner, &stand.request(Source::FeederDuplex)).await.failed(), (both, vec![]));
}

#[tokio::test]
async fn the_nearest_resolution_and_region_are_taken_and_said() {
    let stand = stand();
    let request = Request { dpi: 310, size: Size::Full, ..stand.request(Source::Flatbed) };
    let file = stand.dir.path().join("own.pgm");
    fs::write(&file, [b"P5\n40 30\n255\n".as_slice(), &[99; 1200]].concat()).unwrap();
    let options =
        format!("device = 'pnm:0'\noptions = [{{ name = 'filename', value = '{}' }}]", file.display());
    let result = scan(&stand.scanner(&options), &request).await.result.unwrap();
    assert_eq!(result.settled.dpi, 300);
    assert!(result.deviations.contains(&Deviation::Resolution { wanted: 310, settled: 300 }));
    // It has no mode to choose, and its image is grey.
    assert!(result.deviations.contains(&Deviation::Color { page: 1 }), "{:?}", result.deviations);
}

#[tokio::test]
async fn our_own_image_comes_back_from_the_pnm_scanner() {
    let stand = stand();
    let (width, height) = (301, 203);
    let sample = |x: usize, y: usize, c: usize| ((x * 255 / width + y * c * 40 / height) % 256) as u8;
    let file = stand.dir.path().join("own.ppm");
    let mut ppm = format!("P6\n{width} {height}\n255\n").into_bytes();
    ppm.extend((0..width * height * 3).map(|i| sample(i / 3 % width, i / 3 / width, i % 3)));
    fs::write(&file, &ppm).unwrap();
    let profile =
        format!("device = 'pnm:0'\noptions = [{{ name = 'filename', value = '{}' }}]", file.display());
    let scanned = scan(&stand.scanner(&profile), &stand.request(Source::Flatbed)).await;
    let page = image(&scanned.pages()[0], PixelFormat::RGB);
    assert_eq!((page.width, page.height), (width, height));
    let raw = &ppm[ppm.len() - width * height * 3..];
    let off: u64 = page.pixels.iter().zip(raw).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    assert!(off / (raw.len() as u64) < 6, "mean distance {}", off / raw.len() as u64);
}

#[tokio::test]
async fn capabilities_status_and_devices() {
    let stand = stand();
    let scanner = stand.scanner("device = 'test:*'");
    let mut names: Vec<_> = scanner.devices().await.unwrap().into_iter().map(|d| d.name).collect();
    names.sort();
    assert_eq!(names, ["pnm:0", "pnm:1", "test:0", "test:1"]);
    let can = scanner.capabilities().await.unwrap();
    assert_eq!(can.device, "test:0");
    assert!(can.feeder && can.flatbed && can.color && can.grey && !can.duplex);
    assert!(can.resolutions.offers(300) && !can.resolutions.offers(1201));
    let status = scanner.status().await.unwrap();
    assert_eq!((status.state, status.adf_state), (State::Idle, None::<AdfState>));

    let absent = stand.scanner("device = 'avision:libusb:*'").status().await.unwrap_err();
    assert_eq!(absent.fault, Fault::Unreachable { why: "SANE finds no such device".into() });
    let absent = stand.scanner("device = 'test:7'").status().await.unwrap_err();
    assert_eq!(absent.fault, Fault::Unreachable { why: "there is no such device".into() });
}

#[tokio::test]
async fn a_scan_is_cancelled_between_two_pieces() {
    let stand = stand();
    let slow =
        "options = [{ name = 'read-delay', value = true }, { name = 'read-delay-duration', value = 20000 }]";
    let scanner = stand.scanner(&format!("{TEST} {slow}"));
    let (events, mut news) = mpsc::channel(100);
    let cancel = CancellationToken::new();
    let request = Request { dpi: 300, ..stand.request(Source::Feeder) };
    let (scanned, ()) = tokio::join!(scanner.scan(&request, events, cancel.clone()), async {
        loop {
            let event = tokio::time::timeout(PATIENCE, news.recv()).await.expect("events come");
            if matches!(event, Some(ScanEvent::PageArriving { .. })) {
                // Others see a scan that goes on, and wait for nothing.
                assert_eq!(scanner.status().await.unwrap().state, State::Processing);
                assert_eq!(scanner.capabilities().await.unwrap_err().fault, Fault::Busy);
                return cancel.cancel();
            }
        }
    });
    assert_eq!(scanned.unwrap_err().fault, Fault::Cancelled);
    assert!(stand.files().is_empty());
    // The helper was told to go, and the device is free again.
    let freed = tokio::time::timeout(Duration::from_secs(30), scanner.status()).await.unwrap();
    assert_eq!(freed.unwrap().state, State::Idle);
}
