//! What was delivered, held against what was asked for.

use crate::events::{Deviation, StoredPage};
use crate::jpeg::PageImage;
use crate::settings::{Color, Request, Settled};

/// Resolutions that scanners have, in dots per inch.
const USUAL: [u32; 10] = [75, 100, 150, 200, 240, 300, 400, 600, 1200, 2400];

/// Pixels in thousandths by which a side may differ from what the resolution makes of the region:
/// scanners round to whole blocks.
const LENIENCY: u64 = 20;

/// Where the settings, and then a page, are not what was asked for.
pub(crate) fn settled_deviations(request: &Request, settled: &Settled) -> Vec<Deviation> {
    let mut found = Vec::new();
    if settled.dpi != request.dpi {
        found.push(Deviation::Resolution { wanted: request.dpi, settled: settled.dpi });
    }
    if let (Some(wanted), Some(width), Some(height)) = (request.size.region(), settled.width, settled.height)
        && wanted != (width, height)
    {
        found.push(Deviation::Region { wanted, settled: (width, height) });
    }
    found
}

/// Where a page is not what the scanner was asked for.
pub(crate) fn page_deviations(page: &StoredPage, settled: &Settled) -> impl Iterator<Item = Deviation> {
    let delivered = delivered_dpi(&page.image, settled).filter(|dpi| *dpi != settled.dpi);
    let grey = settled.color == Color::Grayscale8;
    let (page, other_color) = (page.page, page.image.grey != grey);
    let resolution =
        delivered.map(|delivered| Deviation::Delivered { page, settled: settled.dpi, delivered });
    resolution.into_iter().chain(other_color.then_some(Deviation::Color { page }))
}

/// The resolution of a page; `None` when neither its size nor its header tells.
///
/// Its size is asked first: a scanner that announces more than it does may well write what it announced
/// into the header. A page smaller than the region is only believed to be coarser when both sides
/// shrank alike; otherwise it is cropped.
fn delivered_dpi(image: &PageImage, settled: &Settled) -> Option<u32> {
    let fits = |dpi: u32| {
        let side = |pixels: u32, region: u32| {
            let expected = u64::from(region) * u64::from(dpi) / 300;
            u64::from(pixels).abs_diff(expected) * 1000 <= expected * LENIENCY
        };
        let across = settled.width.map(|width| side(image.width, width));
        let along = settled.height.zip(image.height).map(|(height, pixels)| side(pixels, height));
        across == Some(true) && along != Some(false)
    };
    let believed = [settled.dpi].into_iter().chain(image.stated_dpi).chain(USUAL);
    believed.into_iter().find(|dpi| fits(*dpi)).or(image.stated_dpi)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Size, Source};

    fn settled(dpi: u32) -> Settled {
        let (width, height) = (Some(2480), Some(3508));
        Settled { source: Source::Feeder, dpi, color: Color::Rgb24, width, height }
    }

    #[test]
    fn the_resolution_is_told_from_size_and_header() {
        for (asked, width, height, stated, delivered) in [
            (300, 2480, Some(3508), Some(300), Some(300)),
            (300, 2496, Some(3504), None, Some(300)),
            // Announced 600, delivered 300, whatever the header says.
            (600, 2480, Some(3508), Some(600), Some(300)),
            (600, 2480, Some(3508), Some(300), Some(300)),
            (600, 2480, None, None, Some(300)),
            (200, 1653, Some(2339), Some(72), Some(200)),
            // Cropped to the paper: only the header can tell.
            (300, 1012, Some(638), Some(300), Some(300)),
            (300, 1012, Some(638), None, None),
            (600, 2480, Some(9000), None, None),
        ] {
            let image = PageImage { width, height, grey: false, stated_dpi: stated };
            assert_eq!(delivered_dpi(&image, &settled(asked)), delivered, "{asked} {image:?}");
        }
        let anywhere = Settled { width: None, height: None, ..settled(300) };
        let image = PageImage { width: 10, height: None, grey: false, stated_dpi: Some(150) };
        assert_eq!(delivered_dpi(&image, &anywhere), Some(150));
    }

    #[test]
    fn deviations_are_said() {
        let request = Request { dpi: 320, size: Size::Card, ..Request::new(Source::Feeder, "/x") };
        let taken = Settled { width: Some(1200), height: Some(900), ..settled(300) };
        let said: Vec<_> = settled_deviations(&request, &taken).iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "300 dots per inch were asked for, the nearest to 320",
                "1200 × 900 was asked for instead of 1012 × 638 (1/300 inch)"
            ]
        );
        let image = PageImage { width: 1240, height: Some(1754), grey: true, stated_dpi: None };
        let page = StoredPage { page: 3, path: "p".into(), bytes: 1, image, blank: None };
        let said: Vec<_> = page_deviations(&page, &settled(300)).collect();
        assert_eq!(
            said,
            [Deviation::Delivered { page: 3, settled: 300, delivered: 150 }, Deviation::Color { page: 3 }]
        );
    }
}
