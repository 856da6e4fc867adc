use super::*;

fn wrapped(inner: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><s:ScanSettings xmlns:s="{SCAN}" xmlns:p="{PWG}"><p:Version>2.63</p:Version>{inner}</s:ScanSettings>"#
    )
}

const EVERYTHING: &str = "<s:Intent>Document</s:Intent><p:ScanRegions><p:ScanRegion>\
    <p:ContentRegionUnits>escl:ThreeHundredthsOfInches</p:ContentRegionUnits><p:XOffset>10</p:XOffset>\
    <p:YOffset> 20 </p:YOffset><p:Width>1000</p:Width><p:Height>600</p:Height></p:ScanRegion></p:ScanRegions>\
    <p:InputSource>Feeder</p:InputSource><s:ColorMode>Grayscale8</s:ColorMode>\
    <p:DocumentFormat>application/octet-stream</p:DocumentFormat><s:DocumentFormatExt>image/jpeg</s:DocumentFormatExt>\
    <s:XResolution>150</s:XResolution><s:YResolution>150</s:YResolution><s:Duplex>true</s:Duplex>\
    <s:CompressionFactor>25</s:CompressionFactor>";

#[test]
fn every_element_is_read() {
    let settings = parse(wrapped(EVERYTHING).as_bytes()).expect("possible settings");
    assert_eq!(
        settings,
        Settings {
            source: Some(Source::Feeder { duplex: true }),
            look: Look {
                dpi: 150,
                colour: Colour::Grey,
                region: Region { x: 10, y: 20, width: 1000, height: 600 },
            },
        }
    );
}

#[test]
fn what_is_not_said_has_a_default() {
    let settings = parse(wrapped("").as_bytes()).expect("possible settings");
    assert_eq!(settings.source, None);
    assert_eq!(settings.look.region, Region::WHOLE);
    assert_eq!((settings.look.dpi, settings.look.colour), (300, Colour::Rgb));
}

#[test]
fn impossible_settings_are_told_from_bad_ones() {
    let impossible = [
        "<s:XResolution>200</s:XResolution>",
        "<s:XResolution>150</s:XResolution><s:YResolution>300</s:YResolution>",
        "<s:ColorMode>BlackAndWhite1</s:ColorMode>",
        "<p:DocumentFormat>application/pdf</p:DocumentFormat>",
        "<p:InputSource>Camera</p:InputSource>",
        "<p:InputSource>Platen</p:InputSource><s:Duplex>true</s:Duplex>",
        "<p:ScanRegions><p:ScanRegion><p:Width>2481</p:Width></p:ScanRegion></p:ScanRegions>",
        "<p:ScanRegions><p:ScanRegion><p:Width>4294967295</p:Width><p:XOffset>2</p:XOffset></p:ScanRegion></p:ScanRegions>",
        "<p:ScanRegions><p:ScanRegion><p:Height>0</p:Height></p:ScanRegion></p:ScanRegions>",
        "<p:ScanRegions><p:ScanRegion/><p:ScanRegion></p:ScanRegion><p:ScanRegion></p:ScanRegion></p:ScanRegions>",
        "<p:ScanRegions><p:ScanRegion><p:ContentRegionUnits>mm</p:ContentRegionUnits></p:ScanRegion></p:ScanRegions>",
    ];
    for inner in impossible {
        let refused = parse(wrapped(inner).as_bytes());
        assert!(matches!(refused, Err(Refused::Impossible(_))), "{inner}: {refused:?}");
    }
    let bad = [
        String::new(),
        "scan please".to_owned(),
        "<ScanSettings/>".to_owned(),
        format!(r#"<s:ScanSettings xmlns:s="{SCAN}"></s:ScanSettings>"#),
        format!(r#"<s:ScanSettings xmlns:s="{SCAN}" xmlns:p="{PWG}"><p:Version>2.63</p:Version>"#),
        wrapped("<s:XResolution>many</s:XResolution>"),
        wrapped("<s:Duplex>perhaps</s:Duplex>"),
        wrapped("<q:Intent>Document</q:Intent>"),
        wrapped("<s:Intent>&document;</s:Intent>"),
        wrapped(&"<s:a>".repeat(40)),
        wrapped(&"<s:a/>".repeat(5000)),
        format!("<!DOCTYPE x>{}", wrapped("")),
    ];
    for text in bad {
        let refused = parse(text.as_bytes());
        assert!(matches!(refused, Err(Refused::Bad(_))), "{text}: {refused:?}");
    }
    assert!(parse(&[0xFF, 0xFE, 0x3C]).is_err());
    assert!(parse(&vec![b' '; MOST_XML + 1]).is_err());
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_judged_without_harm(bytes: Vec<u8>, inner in "[<>/a-zA-Z0-9&;: =\"]{0,200}") {
        let _ = parse(&bytes);
        let _ = parse(wrapped(&inner).as_bytes());
    }

    #[test]
    fn what_is_accepted_lies_inside_a4(x: u32, y: u32, width in 0_u32..6000, height in 0_u32..6000) {
        let inner = format!(
            "<p:ScanRegions><p:ScanRegion><p:XOffset>{x}</p:XOffset><p:YOffset>{y}</p:YOffset>\
             <p:Width>{width}</p:Width><p:Height>{height}</p:Height></p:ScanRegion></p:ScanRegions>"
        );
        if let Ok(settings) = parse(wrapped(&inner).as_bytes()) {
            let region = settings.look.region;
            proptest::prop_assert!(region.x + region.width <= A4.0 && region.y + region.height <= A4.1);
        }
    }
}
