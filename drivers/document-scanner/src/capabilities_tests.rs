//! Capabilities as scanners write them.

use proptest::prelude::*;

use super::*;
use crate::input_caps::{ColorMode, Intent, StepRange};

/// A scanner with glass and a feeder, as scanners write it.
pub(crate) const SAMPLE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<scan:ScannerCapabilities xmlns:scan="http://schemas.hp.com/imaging/escl/2011/05/03" xmlns:pwg="http://www.pwg.org/schemas/2010/12/sm">
 <pwg:Version>2.63</pwg:Version><pwg:MakeAndModel>Lobby A4</pwg:MakeAndModel>
 <pwg:SerialNumber>SN1</pwg:SerialNumber><scan:UUID>u-1</scan:UUID><vendor:Odd xmlns:vendor="v"><a/></vendor:Odd>
 <scan:Platen><scan:PlatenInputCaps><scan:MinWidth>16</scan:MinWidth><scan:MaxWidth>2550</scan:MaxWidth>
  <scan:MinHeight>16</scan:MinHeight><scan:MaxHeight>3300</scan:MaxHeight><scan:SettingProfiles><scan:SettingProfile>
  <scan:ColorModes><scan:ColorMode>RGB24</scan:ColorMode></scan:ColorModes><scan:DocumentFormats>
  <pwg:DocumentFormat>image/jpeg</pwg:DocumentFormat></scan:DocumentFormats><scan:SupportedResolutions>
  <scan:ResolutionRange><scan:XResolutionRange><scan:Min>75</scan:Min><scan:Max>600</scan:Max><scan:Step>75</scan:Step>
  </scan:XResolutionRange></scan:ResolutionRange></scan:SupportedResolutions></scan:SettingProfile></scan:SettingProfiles>
 </scan:PlatenInputCaps></scan:Platen>
 <scan:Adf><scan:AdfSimplexInputCaps><scan:MaxWidth>2550</scan:MaxWidth><scan:MaxHeight>4200</scan:MaxHeight>
  <scan:SettingProfiles><scan:SettingProfile><scan:ColorModes><scan:ColorMode>Grayscale8</scan:ColorMode>
  <scan:ColorMode>RGB24</scan:ColorMode></scan:ColorModes><scan:DocumentFormats><pwg:DocumentFormat>application/pdf</pwg:DocumentFormat>
  <scan:DocumentFormatExt>image/jpeg</scan:DocumentFormatExt></scan:DocumentFormats><scan:SupportedResolutions>
  <scan:DiscreteResolutions><scan:DiscreteResolution><scan:XResolution>200</scan:XResolution><scan:YResolution>200</scan:YResolution>
  </scan:DiscreteResolution><scan:DiscreteResolution><scan:XResolution>300</scan:XResolution><scan:YResolution>300</scan:YResolution>
  </scan:DiscreteResolution><scan:DiscreteResolution><scan:XResolution>300</scan:XResolution><scan:YResolution>600</scan:YResolution>
  </scan:DiscreteResolution></scan:DiscreteResolutions></scan:SupportedResolutions></scan:SettingProfile></scan:SettingProfiles>
  <scan:SupportedIntents><scan:Intent>Document</scan:Intent></scan:SupportedIntents></scan:AdfSimplexInputCaps>
  <scan:FeederCapacity>50</scan:FeederCapacity><scan:AdfOptions><scan:AdfOption>DetectPaperLoaded</scan:AdfOption></scan:AdfOptions>
 </scan:Adf></scan:ScannerCapabilities>"#;

/// A scanner that says all there is to say, and whose feeder points to shared profiles.
const WHOLE: &str = r#"<scan:ScannerCapabilities xmlns:scan="s" xmlns:pwg="p"><pwg:Version>2.97</pwg:Version>
 <pwg:MakeAndModel>Hall Duplex 50</pwg:MakeAndModel><scan:Manufacturer>Hall</scan:Manufacturer>
 <pwg:SerialNumber>HD-1</pwg:SerialNumber><scan:UUID>u-2</scan:UUID><scan:AdminURI>http://h/admin</scan:AdminURI>
 <scan:IconURI>http://h/icon.png</scan:IconURI>
 <scan:SettingProfiles><scan:SettingProfile name="grey"><scan:ColorModes><scan:ColorMode>Grayscale8</scan:ColorMode>
  <scan:ColorMode>BlackAndWhite1</scan:ColorMode></scan:ColorModes><scan:DocumentFormats>
  <pwg:DocumentFormat>image/jpeg</pwg:DocumentFormat></scan:DocumentFormats><scan:SupportedResolutions>
  <scan:ResolutionRange><scan:XResolutionRange><scan:Min>100</scan:Min><scan:Max>600</scan:Max><scan:Step>50</scan:Step>
  </scan:XResolutionRange><scan:YResolutionRange><scan:Min>50</scan:Min><scan:Max>400</scan:Max><scan:Step>50</scan:Step>
  </scan:YResolutionRange></scan:ResolutionRange></scan:SupportedResolutions></scan:SettingProfile></scan:SettingProfiles>
 <scan:Camera><scan:CameraInputCaps><scan:MaxWidth>3000</scan:MaxWidth></scan:CameraInputCaps></scan:Camera>
 <scan:Adf><scan:AdfSimplexInputCaps><scan:MinWidth>600</scan:MinWidth><scan:MinHeight>900</scan:MinHeight>
  <scan:MaxScanRegions>1</scan:MaxScanRegions><scan:MaxOpticalXResolution>600</scan:MaxOpticalXResolution>
  <scan:MaxOpticalYResolution>300</scan:MaxOpticalYResolution><scan:SettingProfiles><scan:SettingProfile ref="grey"/>
  <scan:SettingProfile ref="lost"><scan:ColorModes><scan:ColorMode>RGB48</scan:ColorMode><scan:ColorMode>CMYK32</scan:ColorMode>
  </scan:ColorModes></scan:SettingProfile></scan:SettingProfiles><scan:EdgeAutoDetection><scan:SupportedEdge>BottomEdge</scan:SupportedEdge>
  </scan:EdgeAutoDetection><scan:FeedDirections><scan:FeedDirection>LongEdgeFeed</scan:FeedDirection></scan:FeedDirections>
  <scan:SupportedIntents><scan:SupportedIntent>TextAndGraphic</scan:SupportedIntent><scan:Intent>Poem</scan:Intent></scan:SupportedIntents>
  </scan:AdfSimplexInputCaps><scan:AdfDuplexInputCaps><scan:MaxHeight>3508</scan:MaxHeight></scan:AdfDuplexInputCaps>
  <scan:AdfOptions><scan:AdfOption>Duplex</scan:AdfOption><scan:AdfOption>SelectSinglePage</scan:AdfOption>
  <scan:AdfOption>Stapler</scan:AdfOption></scan:AdfOptions><scan:Justification><pwg:XImagePosition>Center</pwg:XImagePosition>
  <pwg:YImagePosition>Top</pwg:YImagePosition></scan:Justification></scan:Adf>
 <scan:BrightnessSupport><scan:Min>0</scan:Min><scan:Max>100</scan:Max><scan:Normal>50</scan:Normal><scan:Step>5</scan:Step></scan:BrightnessSupport>
 <scan:SharpenSupport><scan:Min>9</scan:Min><scan:Max>1</scan:Max></scan:SharpenSupport>
 <scan:BlankPageDetection>true</scan:BlankPageDetection><scan:BlankPageDetectionAndRemoval>true</scan:BlankPageDetectionAndRemoval>
</scan:ScannerCapabilities>"#;

#[test]
fn a_scanner_with_glass_and_feeder() {
    let caps = Capabilities::parse(SAMPLE.as_bytes()).unwrap();
    assert_eq!(caps.version.to_string(), "2.63");
    assert_eq!(caps.make_and_model.as_deref(), Some("Lobby A4"));
    let platen = caps.platen.unwrap();
    assert_eq!((platen.max_width, platen.max_height), (Some(2550), Some(3300)));
    let range = &platen.profiles[0].resolutions;
    assert!(range.offers(300) && !range.offers(301) && !range.offers(675) && !range.offers(50));
    let feeder = caps.feeder.unwrap();
    assert_eq!(feeder.simplex.profiles[0].resolutions.discrete, [200, 300]);
    assert_eq!(feeder.simplex.profiles[0].color_modes, [ColorMode::Grayscale8, ColorMode::Rgb24]);
    assert!(feeder.simplex.offers_format("image/jpeg") && !feeder.simplex.offers_format("image/png"));
    assert_eq!((feeder.capacity_sheets, feeder.detects_paper()), (Some(50), true));
    assert!(feeder.duplex.is_none() && !caps.removes_blank_pages && caps.camera.is_none());
}

#[test]
fn a_scanner_that_says_everything() {
    let caps = Capabilities::parse(WHOLE.as_bytes()).unwrap();
    let texts = [&caps.manufacturer, &caps.serial_number, &caps.uuid, &caps.admin_uri, &caps.icon_uri];
    let texts = texts.map(|text| text.as_deref().unwrap_or_default());
    assert_eq!(texts, ["Hall", "HD-1", "u-2", "http://h/admin", "http://h/icon.png"]);
    assert!(caps.platen.is_none() && caps.detects_blank_pages && caps.removes_blank_pages);
    assert_eq!(caps.camera.unwrap().max_width, Some(3000));
    let brightness = SupportRange { min: 0, max: 100, normal: Some(50), step: Some(5) };
    assert_eq!(caps.treatments, Treatments { brightness: Some(brightness), ..Treatments::default() });

    let feeder = caps.feeder.unwrap();
    assert_eq!(feeder.options.len(), 3);
    assert!(feeder.options.contains(&AdfOption::Unknown(Word::new("Stapler"))) && !feeder.detects_paper());
    let center = Justification { x: Some(Word::new("Center")), y: Some(Word::new("Top")) };
    assert_eq!(feeder.justification, Some(center));
    assert_eq!(feeder.duplex.unwrap().max_height, Some(3508));

    let simplex = feeder.simplex;
    assert_eq!(
        (simplex.min_width, simplex.min_height, simplex.max_scan_regions),
        (Some(600), Some(900), Some(1))
    );
    assert_eq!((simplex.max_optical_x_dpi, simplex.max_optical_y_dpi), (Some(600), Some(300)));
    assert_eq!(simplex.intents, [Intent::Unknown(Word::new("Poem")), Intent::TextAndGraphic]);
    assert_eq!(
        (simplex.edges, simplex.feed_directions),
        (vec![Word::new("BottomEdge")], vec![Word::new("LongEdgeFeed")])
    );
    let [grey, deep] = simplex.profiles.as_slice() else { panic!("two profiles") };
    assert_eq!(grey.color_modes, [ColorMode::Grayscale8, ColorMode::BlackAndWhite1], "by name");
    assert_eq!(
        grey.resolutions.range,
        Some(StepRange { min: 100, max: 400, step: 50 }),
        "what both axes offer"
    );
    assert_eq!(deep.color_modes, [ColorMode::Rgb48, ColorMode::Unknown(Word::new("CMYK32"))]);
}

#[test]
fn versions() {
    for (text, at_least_2_1) in [("2.0", false), ("2.1", true), ("2.63", true), ("3.0", true), ("1.9", false)]
    {
        assert_eq!(Version::from_text(text).unwrap().is_at_least(2, 1), at_least_2_1, "{text}");
    }
    for text in ["", "2", "2.", ".1", "2.1.0", "2.x", "99999.1", "2.<b/>"] {
        assert!(Version::from_text(text).is_none(), "{text}");
    }
    let none = Capabilities::parse(b"<ScannerCapabilities/>");
    assert_eq!(none, Err(XmlError::Missing("Version")));
}

proptest! {
    #[test]
    fn damage_never_panics(at in 0..SAMPLE.len(), byte: u8, cut in 0..SAMPLE.len()) {
        let mut xml = SAMPLE.as_bytes().to_vec();
        xml[at] = byte;
        let _ = Capabilities::parse(&xml);
        xml.truncate(cut);
        let _ = Capabilities::parse(&xml);
    }
}
