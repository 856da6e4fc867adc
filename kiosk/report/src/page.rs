//! The report as one page for people: A4, as PDF/A-3a (ISO 19005-3), which carries the JSON that it was made
//! from, and PDF/UA-1 (ISO 14289-1), so that it can also be heard. The library that writes it checks what
//! both ask for, and refuses to write what they forbid.

mod fonts;
mod foot;
mod head;
mod pen;
mod plan;
mod tables;
mod words;

use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::embed::{AssociationKind, EmbeddedFile, MimeType};
use krilla::geom::Point;
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::{Document, SerializeSettings};

use self::pen::Pen;
use self::plan::Plan;
use crate::moment::Moment;
use crate::qr::Code;
use crate::report::Report;

pub use self::fonts::Fonts;

/// A4 in points.
const PAPER: (f32, f32) = (595.28, 841.89);
const LEFT: f32 = 42.0;
const RIGHT: f32 = PAPER.0 - LEFT;
const WIDTH: f32 = RIGHT - LEFT;

/// The name that the report has inside the page.
pub const ATTACHED: &str = "report.json";

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// A font cannot be read.
    #[error("the font cannot be read; give an OpenType font or collection, such as NotoSansCJK-Regular.ttc")]
    Font,
    /// It has no Chinese.
    #[error("the font lacks letters of the page; give one with Chinese, such as NotoSansCJK-Regular.ttc")]
    Letters,
    /// The short form is too long for a QR code.
    #[error("the short form is too long for a QR code")]
    Code,
    /// The library does not write it, as it would be no PDF/A, or not at all.
    #[error("the page cannot be written as PDF/A ({0})")]
    Library(String),
}

/// The report as a page, with its [short form](crate::Sealed::short) as a QR code. The same report, short form
/// and fonts give the same bytes.
///
/// It is always one page: where there are more devices, faults or tests than fit, the worst are named and the
/// others counted.
///
/// # Errors
/// [`PdfError`].
pub fn pdf(report: &Report, short: &str, fonts: &Fonts) -> Result<Vec<u8>, PdfError> {
    let code = Code::new(short).ok_or(PdfError::Code)?;
    let (regular, bold) = (fonts.regular.letters()?, fonts.bold.letters()?);
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A3_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|error| PdfError::Library(format!("{error:?}")))?;
    let mut document =
        Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let settings = PageSettings::from_wh(PAPER.0, PAPER.1).ok_or(PdfError::Library("no paper".to_owned()))?;
    let mut page = document.start_page_with(settings);
    let mut pen = Pen::new(page.surface(), &regular, &bold);
    let outline = draw(&mut pen, report, &code);
    let tree = pen.finish();
    page.finish();
    document.set_tag_tree(tree);
    document.set_outline(outline);
    document.set_metadata(metadata(report));
    let attached = EmbeddedFile {
        path: ATTACHED.to_owned(),
        mime_type: MimeType::new("application/json"),
        description: Some(words::DATA.to_owned()),
        association_kind: AssociationKind::Source,
        data: report.to_json().into(),
        modification_date: Some(date(report.made)),
        compress: Some(true),
        location: None,
    };
    document.embed_file(attached).ok_or(PdfError::Library("no attachment".to_owned()))?;
    document.finish().map_err(|error| PdfError::Library(error.to_string()))
}

/// Draws everything, and returns the sections with their places.
fn draw(pen: &mut Pen<'_, '_>, report: &Report, code: &Code) -> Outline {
    let plan = Plan::of(report);
    head::head(pen, report, code);
    head::verdict(pen, report);
    let devices = head::VERDICT.0 + head::VERDICT.1 + 8.0;
    let room = foot::TOP - 12.0 - devices - 2.0 * (tables::TITLE + tables::HEAD) - 8.0;
    let rows = u16::try_from(plan.rows.max(1)).unwrap_or(u16::MAX);
    let row = (room / f32::from(rows)).clamp(10.0, 16.5);
    let tests = tables::devices(pen, &plan, devices, row) + 8.0;
    tables::tests(pen, &plan, tests, row);
    foot::foot(pen, report);

    let mut outline = Outline::new();
    for ((zh, en), y) in [
        (words::TITLE, 0.0),
        (if report.ready() { words::READY } else { words::NOT_READY }, head::VERDICT.0),
        (words::DEVICES, devices),
        (words::TESTS, tests),
        (words::TICKET_LOOP, foot::TOP),
        (words::COUNTERS, foot::TOP),
        (words::OUTBOX, foot::TOP),
    ] {
        let place = XyzDestination::new(0, Point::from_xy(LEFT, y));
        outline.push_child(OutlineNode::new(format!("{zh} {en}"), place));
    }
    outline
}

fn metadata(report: &Report) -> Metadata {
    Metadata::new()
        .title(format!("{} {} · {} · {}", words::TITLE.0, words::TITLE.1, report.kiosk, report.made.spaced()))
        .authors(vec![report.hall.zh.to_string()])
        .creator(format!("onedoor {}", report.software.running))
        .language("zh-CN".to_owned())
        .creation_date(date(report.made))
}

fn date(moment: Moment) -> DateTime {
    let civil = moment.civil();
    let part = |number: i8| u8::try_from(number).unwrap_or_default();
    let minutes = moment.offset_minutes();
    DateTime::new(u16::try_from(civil.year()).unwrap_or_default())
        .month(part(civil.month()))
        .day(part(civil.day()))
        .hour(part(civil.hour()))
        .minute(part(civil.minute()))
        .second(part(civil.second()))
        .utc_offset_hour(i8::try_from(minutes / 60).unwrap_or_default())
        .utc_offset_minute(u8::try_from(minutes.abs() % 60).unwrap_or_default())
}

#[cfg(test)]
mod tests;
