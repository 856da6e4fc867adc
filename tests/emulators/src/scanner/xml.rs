//! What the scanner says about itself, in XML (eSCL 2.63; protocols.md, section 4.1).

use super::image;
use super::machine::{ImageInfo, Job, JobState, Machine};
use super::settings::{A4, Colour, Look, PWG, RESOLUTIONS, SCAN, SMALLEST};
use std::fmt::Write;

pub(super) const VERSION: &str = "2.63";
const SERIAL: &str = "ED63-000417";
const UUID: &str = "5f1c2d6e-0417-4a63-8e02-0a1b2c3d4e5f";
/// Sheets the feeder holds.
pub(super) const FEEDER_CAPACITY: usize = 50;

fn document(root: &str, inner: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><scan:{root} xmlns:scan="{SCAN}" xmlns:pwg="{PWG}"><pwg:Version>{VERSION}</pwg:Version>{inner}</scan:{root}>"#
    )
}

fn input_caps(name: &str) -> String {
    let resolutions: String = RESOLUTIONS
        .iter()
        .map(|dpi| {
            format!(
                "<scan:DiscreteResolution><scan:XResolution>{dpi}</scan:XResolution>\
                 <scan:YResolution>{dpi}</scan:YResolution></scan:DiscreteResolution>"
            )
        })
        .collect();
    let (width, height) = A4;
    format!(
        "<scan:{name}><scan:MinWidth>{SMALLEST}</scan:MinWidth><scan:MaxWidth>{width}</scan:MaxWidth>\
         <scan:MinHeight>{SMALLEST}</scan:MinHeight><scan:MaxHeight>{height}</scan:MaxHeight>\
         <scan:MaxScanRegions>1</scan:MaxScanRegions><scan:SettingProfiles><scan:SettingProfile>\
         <scan:ColorModes><scan:ColorMode>Grayscale8</scan:ColorMode><scan:ColorMode>RGB24</scan:ColorMode>\
         </scan:ColorModes><scan:DocumentFormats><pwg:DocumentFormat>image/jpeg</pwg:DocumentFormat>\
         <scan:DocumentFormatExt>image/jpeg</scan:DocumentFormatExt></scan:DocumentFormats>\
         <scan:SupportedResolutions><scan:DiscreteResolutions>{resolutions}</scan:DiscreteResolutions>\
         </scan:SupportedResolutions></scan:SettingProfile></scan:SettingProfiles>\
         <scan:SupportedIntents><scan:Intent>Document</scan:Intent>\
         <scan:Intent>TextAndGraphic</scan:Intent><scan:Intent>Photo</scan:Intent></scan:SupportedIntents>\
         <scan:MaxOpticalXResolution>600</scan:MaxOpticalXResolution>\
         <scan:MaxOpticalYResolution>600</scan:MaxOpticalYResolution></scan:{name}>"
    )
}

/// The answer to `GET /eSCL/ScannerCapabilities`; `make_and_model` instead of the scanner's own name.
pub(super) fn capabilities(make_and_model: Option<&str>) -> String {
    let name = make_and_model.unwrap_or("Hall Emulated A4 Duplex");
    document(
        "ScannerCapabilities",
        &format!(
            "<pwg:MakeAndModel>{name}</pwg:MakeAndModel>\
             <pwg:SerialNumber>{SERIAL}</pwg:SerialNumber><scan:UUID>{UUID}</scan:UUID>\
             <scan:Platen>{}</scan:Platen><scan:Adf>{}{}\
             <scan:FeederCapacity>{FEEDER_CAPACITY}</scan:FeederCapacity>\
             <scan:AdfOptions><scan:AdfOption>DetectPaperLoaded</scan:AdfOption>\
             <scan:AdfOption>Duplex</scan:AdfOption></scan:AdfOptions>\
             <scan:Justification><pwg:XImagePosition>Center</pwg:XImagePosition>\
             <pwg:YImagePosition>Top</pwg:YImagePosition></scan:Justification></scan:Adf>\
             <scan:BlankPageDetection>true</scan:BlankPageDetection>",
            input_caps("PlatenInputCaps"),
            input_caps("AdfSimplexInputCaps"),
            input_caps("AdfDuplexInputCaps"),
        ),
    )
}

/// The path of a job, which is also its name towards clients.
pub(super) fn job_path(id: &str) -> String {
    format!("/eSCL/ScanJobs/{id}")
}

/// The answer to `GET /eSCL/ScannerStatus`.
pub(super) fn status(machine: &Machine) -> String {
    let mut inner = format!(
        "<pwg:State>{}</pwg:State><scan:AdfState>{}</scan:AdfState><scan:Jobs>",
        machine.state(),
        machine.adf_state()
    );
    for job in &machine.jobs {
        inner.push_str(&job_info(job, machine.quirks.miscount));
    }
    inner.push_str("</scan:Jobs>");
    document("ScannerStatus", &inner)
}

fn job_info(job: &Job, miscount: i32) -> String {
    let state = match job.state {
        JobState::Processing => "Processing",
        JobState::Completed => "Completed",
        JobState::Canceled => "Canceled",
        JobState::Aborted => "Aborted",
    };
    let mut info = String::new();
    // Writing to a String cannot fail.
    let _ = write!(
        info,
        "<scan:JobInfo><pwg:JobUri>{}</pwg:JobUri><pwg:JobUuid>{}</pwg:JobUuid>\
         <scan:Age>{}</scan:Age><pwg:ImagesCompleted>{}</pwg:ImagesCompleted>\
         <pwg:ImagesToTransfer>{}</pwg:ImagesToTransfer>\
         <scan:TransferRetryCount>0</scan:TransferRetryCount>\
         <pwg:JobState>{state}</pwg:JobState><pwg:JobStateReasons>\
         <pwg:JobStateReason>{}</pwg:JobStateReason></pwg:JobStateReasons></scan:JobInfo>",
        job_path(&job.id),
        job.id,
        job.began.elapsed().as_secs(),
        job.completed.saturating_add_signed(miscount),
        u8::from(job.transferring),
        job.reason,
    );
    info
}

/// The answer to `GET {job}/ScanImageInfo`.
pub(super) fn image_info(id: &str, image: ImageInfo) -> String {
    document(
        "ScanImageInfo",
        &format!(
            "<pwg:JobUri>{}</pwg:JobUri><pwg:JobUuid>{id}</pwg:JobUuid>\
             <scan:ActualWidth>{}</scan:ActualWidth><scan:ActualHeight>{}</scan:ActualHeight>\
             <scan:ActualBytesPerLine>{}</scan:ActualBytesPerLine>\
             <scan:BlankPageDetected>{}</scan:BlankPageDetected>",
            job_path(id),
            image.width,
            image.height,
            image.bytes_per_line,
            image.blank
        ),
    )
}

/// The answer to `PUT /eSCL/ScanBufferInfo`: what an image of that look would be like.
pub(super) fn buffer_info(look: Look) -> String {
    let (width, height) = image::size(look);
    let channels = match look.colour {
        Colour::Grey => 1,
        Colour::Rgb => 3,
    };
    document(
        "ScanBufferInfo",
        &format!(
            "<scan:ImageWidth>{width}</scan:ImageWidth><scan:ImageHeight>{height}</scan:ImageHeight>\
             <scan:BytesPerLine>{}</scan:BytesPerLine>",
            width * channels
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use quick_xml::events::Event;
    use quick_xml::reader::Reader;
    use std::time::Duration;

    /// Names of all elements, in order; fails when the text is not well-formed.
    fn elements(text: &str) -> Vec<String> {
        let mut reader = Reader::from_str(text);
        let mut names = Vec::new();
        loop {
            match reader.read_event().expect("well-formed XML") {
                Event::Start(element) => names.push(element.name().as_ref().to_owned()),
                Event::Eof => return names,
                _ => {}
            }
        }
    }

    #[test]
    fn capabilities_offer_glass_and_both_feeder_modes() {
        let text = capabilities(None);
        let names = elements(&text);
        for name in ["scan:PlatenInputCaps", "scan:AdfSimplexInputCaps", "scan:AdfDuplexInputCaps"] {
            assert_eq!(names.iter().filter(|found| *found == name).count(), 1, "{name}");
        }
        assert!(text.contains("<scan:XResolution>600</scan:XResolution>"));
    }

    #[test]
    fn status_and_image_info_are_well_formed() {
        let mut machine = Machine::new(Duration::from_secs(60));
        machine.load(vec!["page.png".into()]);
        let settings = crate::scanner::settings::Settings {
            source: None,
            look: crate::scanner::settings::Look {
                dpi: 300,
                colour: crate::scanner::settings::Colour::Rgb,
                region: crate::scanner::settings::Region::WHOLE,
            },
        };
        let id = machine.begin(settings).expect("a job");
        let text = status(&machine);
        assert!(elements(&text).contains(&"scan:JobInfo".to_owned()));
        assert!(text.contains("<pwg:JobState>Processing</pwg:JobState>"));
        assert!(text.contains("<scan:AdfState>ScannerAdfProcessing</scan:AdfState>"));
        let image = ImageInfo { width: 2480, height: 3508, bytes_per_line: 7440, blank: false };
        assert!(elements(&image_info(&id, image)).contains(&"scan:ActualWidth".to_owned()));
    }
}
