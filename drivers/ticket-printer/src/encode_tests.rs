use super::*;
use crate::command::FEED_AND_CUT;
use crate::decoder::{Decoder, Op};
use crate::font::tests::noto;
use crate::raster::Bitmap;
use crate::sample;
use crate::ticket::ModuleDots;
use proptest::prelude::*;

fn epson() -> Profile {
    Profile::named("epson-tm-compatible")
}

fn encode(profile: Profile, lines: Vec<Line>) -> Encoded {
    Encoder::new(profile, None).encode(&Ticket { lines })
}

#[test]
fn the_measured_ticket_is_as_small_as_the_smallest_known() {
    // Known are 264 bytes, without the white around the code that a reader needs: a byte above, a byte
    // below.
    let drawing_codes = Profile { has_qr: true, ..Profile::generic() };
    for (profile, most) in [(drawing_codes, 266), (epson(), 269)] {
        let encoded = Encoder::new(profile, None).encode(&sample::ticket());
        let bytes = encoded.header.len() + encoded.body.len() + FEED_AND_CUT.len();
        assert_eq!(bytes, most);
        assert_eq!(encoded.substituted, 0);
    }
}

#[test]
fn the_measured_ticket_reads_back() {
    let encoded =
        Encoder::new(Profile { has_qr: true, ..Profile::generic() }, None).encode(&sample::ticket());
    let line = |text: &str, align, size| Op::Line { text: text.into(), align, size, bold: false };
    let mut ops = Decoder::all(&[encoded.header.clone(), encoded.body].concat());
    let in_body = ops.split_off(4);
    assert_eq!(ops, [Op::Init, Op::Chinese, line("不动产登记中心", 1, 0x11), line("取号凭条", 1, 0)]);
    assert_eq!(Decoder::all(&encoded.header), ops);
    assert_eq!(
        in_body,
        [
            line("A048", 1, 0x33),
            line("业务类型：不动产转移登记", 0, 0),
            line("前方等候：12 人    办理窗口：3-8 号", 0, 0),
            line("取号时间：2026-03-18 09:41:25", 0, 0),
            line("", 0, 0),
            Op::Qr {
                align: 1,
                model: 0x32,
                module: 4,
                level: 0x31,
                data: b"https://q.example.cn/t/A048-20260318-094125".to_vec()
            },
            line("", 1, 0),
            line("请留意叫号屏幕，过号请重新取号", 1, 0),
        ]
    );
}

#[test]
fn without_a_mark_nothing_travels_early() {
    let encoded = encode(Profile::generic(), vec![Line::text("A048")]);
    assert_eq!(encoded.header, [0x1B, 0x40]);
    assert_eq!(encoded.body, b"A048\n");
    let twice = encode(
        Profile::generic(),
        vec![Line::text("a"), Line::Commit, Line::text("b"), Line::Commit, Line::text("c")],
    );
    assert_eq!(twice.header, b"\x1b@a\n");
    assert_eq!(twice.body, b"b\nc\n");
}

#[test]
fn settings_in_force_are_not_repeated() {
    let bold =
        |text: &str| Line::Text { text: text.into(), align: Align::Right, size: Size::NORMAL, bold: true };
    let encoded = encode(Profile::generic(), vec![bold("a"), bold("b"), Line::text(""), bold("c")]);
    assert_eq!(encoded.body, b"\x1ba\x02\x1bE\x01a\nb\n\nc\n");
}

#[test]
fn a_rule_takes_few_bytes_and_spans_the_paper() {
    for (profile, text, size) in [
        (Profile::generic(), "───", 0x70),
        (Profile::named("generic-58"), "──", 0x70),
        (Profile { width_dots: 512, columns: 42, ..Profile::generic() }, "───", 0x60),
        (Profile { font: BuiltInFont::Ascii, ..Profile::generic() }, "------", 0x70),
    ] {
        let encoded = encode(profile, vec![Line::Rule]);
        let rule = Op::Line { text: text.into(), align: 0, size, bold: false };
        assert!(Decoder::all(&encoded.body).contains(&rule), "{:02X?}", encoded.body);
        assert!(encoded.body.len() <= 12);
    }
}

#[test]
fn feeds() {
    let body = |n| encode(Profile::generic(), vec![Line::Feed(n)]).body;
    assert_eq!(body(0), b"");
    assert_eq!(body(2), b"\n\n");
    assert_eq!(body(3), b"\x1bd\x03");
}

#[test]
fn text_from_outside_cannot_inject_commands() {
    let encoded = encode(Profile::generic(), vec![Line::text("证\u{1b}@\u{1d}V\u{0}\u{10}\u{4}\u{1}照")]);
    assert_eq!(
        Decoder::all(&encoded.body),
        [Op::Chinese, Op::Line { text: "证@V照".into(), align: 0, size: 0, bold: false }]
    );
}

#[test]
fn without_a_font_a_mark_stands_for_the_missing_character() {
    let encoded = encode(Profile::generic(), vec![Line::text("朱镕")]);
    assert_eq!((encoded.substituted, &encoded.font_error), (1, &None));
    assert_eq!(encoded.body, [0x1C, 0x26, 0xD6, 0xEC, 0xA1, 0xFE, 0x0A]);
    let ascii =
        encode(Profile { font: BuiltInFont::Ascii, ..Profile::generic() }, vec![Line::text("朱 A048")]);
    assert_eq!(ascii.body, b"? A048\n");
}

#[test]
fn a_character_the_printer_lacks_is_drawn() {
    let Some(font) = noto() else { return };
    let encoder = Encoder::new(Profile::generic(), Some(font));
    let encoded = encoder.encode(&Ticket {
        lines: vec![Line::text("号"), Line::centred("朱镕", Size::square(Scale::TWO)), Line::text("号")],
    });
    assert_eq!(encoded.substituted, 0);
    let ops = Decoder::all(&encoded.body);
    // White above, the two characters, white below.
    let [
        _,
        Op::Line { .. },
        Op::Raster { width: 1, data: white, .. },
        Op::Raster { align: 1, scale: 3, width: 6, rows, .. },
        Op::Raster { width: 1, .. },
        Op::Line { align: 0, .. },
    ] = ops.as_slice()
    else {
        panic!("{ops:?}");
    };
    assert!((20..=30).contains(rows) && white.iter().all(|b| *b == 0), "{rows} rows");
}

#[test]
fn a_font_that_has_gone_does_not_stop_the_ticket() {
    let Some(font) = noto() else { return };
    let path = std::env::temp_dir().join(format!("ticket-font-{}.ttc", std::process::id()));
    let copied = std::fs::copy("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", &path);
    let gone = copied.ok().and_then(|_| FontFile::open(&path, 2).ok());
    let _ = std::fs::remove_file(&path);
    assert!(gone.is_some() && gone != Some(font));
    let encoded = Encoder::new(Profile::generic(), gone).encode(&Ticket { lines: vec![Line::text("镕")] });
    assert!(matches!(encoded.font_error, Some(FontError::Unreadable { .. })));
    assert_eq!(encoded.body, [0x1C, 0x26, 0xA1, 0xFE, 0x0A]);
}

fn any_line() -> impl Strategy<Value = Line> {
    let text = prop_oneof!["[a-z0-9 :-]{0,60}", "[号门诊不动产，。镕㐂]{0,40}", "\\PC{0,20}", ".{0,20}"];
    let align = prop_oneof![Just(Align::Left), Just(Align::Centre), Just(Align::Right)];
    let size = (1u8..=8, 1u8..=8).prop_map(|(w, h)| Size {
        width: Scale::new(w).expect("in range"),
        height: Scale::new(h).expect("in range"),
    });
    let level = prop_oneof![Just(Level::L), Just(Level::M), Just(Level::Q), Just(Level::H)];
    prop_oneof![
        6 => (text, align, size, any::<bool>())
            .prop_map(|(text, align, size, bold)| Line::Text { text, align, size, bold }),
        1 => Just(Line::Rule),
        1 => ("\\PC{1,300}", 1u8..=16, level).prop_filter_map("a QR text", |(data, module, level)| {
            Some(Line::Qr { data: QrText::new(data).ok()?, module: ModuleDots::new(module)?, level })
        }),
        1 => any::<u8>().prop_map(Line::Feed),
        1 => (1usize..90, 1usize..150, proptest::collection::vec(
                prop_oneof![Just(0x10u8), Just(4), Just(5), Just(0x14), any::<u8>()], 64))
            .prop_map(|(bytes, rows, seed)| {
                let data = seed.into_iter().cycle().take(bytes * rows).collect();
                Line::Image(Bitmap::new(bytes * 8, rows, data).expect("in range"))
            }),
        1 => Just(Line::Commit),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_ticket_is_whole_commands_within_the_paper(
        lines in proptest::collection::vec(any_line(), 0..8),
        units in 0u8..=2,
        has_qr in any::<bool>(),
        font in prop_oneof![Just(BuiltInFont::None), Just(BuiltInFont::Ascii), Just(BuiltInFont::Gb2312), Just(BuiltInFont::Gbk)],
        narrow in any::<bool>(),
        draw in any::<bool>(),
    ) {
        let base = if narrow { Profile::named("generic-58") } else { epson() };
        let profile = Profile { font, feed_units_per_dot: units, has_qr, ..base };
        let noto = if draw { noto() } else { None };
        let encoded = Encoder::new(profile.clone(), noto).encode(&Ticket { lines });
        // As it leaves, with its proofs.
        let mut printer = crate::Printer::new(crate::scripted::Scripted::well(), profile.clone());
        let _ = printer.begin(&encoded.header);
        let _ = printer.finish(&encoded.body, crate::JobId::new(0x1004_1005), &mut |_| {});
        let sent: Vec<u8> = printer.into_link().writes.into_iter().take(2).flatten().collect();
        prop_assert!(!sent.windows(2).any(|w| w[0] == 0x10 && matches!(w[1], 4 | 5 | 0x14)));
        let bytes = [encoded.header, encoded.body].concat();
        for op in Decoder::all(&bytes) {
            match op {
                Op::Line { text, size, .. } => {
                    let columns: usize = text.chars().map(text::columns).sum();
                    prop_assert!(columns * usize::from((size >> 4) + 1) <= usize::from(profile.columns));
                    prop_assert!(!text.contains(char::REPLACEMENT_CHARACTER));
                }
                Op::Raster { scale, width, rows, .. } => {
                    let across = if scale & 1 == 1 { 2 } else { 1 };
                    prop_assert!(width * across * 8 <= usize::from(profile.width_dots));
                    prop_assert!(width * rows + 8 <= crate::command::LONGEST_COMMAND);
                }
                Op::Init | Op::Chinese | Op::AutoStatus(_) | Op::Qr { .. } | Op::Feed(_) | Op::FeedUnits(_) => {}
                other => prop_assert!(false, "{:?} in a ticket", other),
            }
        }
    }

    #[test]
    fn every_character_of_a_text_is_printed(text in "[a-z0-9号门诊，]{1,120}", wide in 1u8..=8) {
        let size = Size { width: Scale::new(wide).expect("in range"), height: Scale::ONE };
        let encoded = encode(Profile::generic(), vec![Line::Text {
            text: text.clone(), align: Align::Left, size, bold: false,
        }]);
        let printed: String = Decoder::all(&encoded.body).into_iter().filter_map(|op| match op {
            Op::Line { text, .. } => Some(text),
            _ => None,
        }).collect();
        prop_assert_eq!(printed, text);
    }
}

/// How much paper what was decoded takes.
fn paper(ops: &[Op], profile: &Profile) -> u32 {
    let line = u32::from(profile.line_dots);
    let dots = ops.iter().map(|op| match op {
        Op::Line { size, .. } => line.max(24 * u32::from((size & 0x0F) + 1)),
        Op::Raster { scale, rows, .. } => u32::try_from(*rows).expect("few") << (scale >> 1),
        Op::Qr { module, .. } => 33 * u32::from(*module),
        Op::Feed(lines) => u32::from(*lines) * line,
        Op::FeedUnits(units) => u32::from(units / profile.feed_units_per_dot),
        _ => 0,
    });
    dots.sum()
}

#[test]
fn the_measured_ticket_in_dots_is_small_and_as_long_as_in_text() {
    let Some(font) = noto() else { return };
    let text = Encoder::new(epson(), None).encode(&sample::ticket_with_rules());
    for (units, most) in [(0, 7000), (1, 6800)] {
        let profile = Profile {
            font: BuiltInFont::None,
            has_qr: false,
            feed_units_per_dot: units,
            ..Profile::generic()
        };
        let encoded = Encoder::new(profile.clone(), Some(font.clone())).encode(&sample::ticket_with_rules());
        let bytes = [encoded.header, encoded.body].concat();
        let ops = Decoder::all(&bytes);
        let dots = |op: &Op| matches!(op, Op::Init | Op::Raster { .. } | Op::FeedUnits(_));
        assert!(ops.iter().all(dots), "all of it goes as dots");
        assert!(bytes.len() + FEED_AND_CUT.len() <= most, "{} bytes", bytes.len());
        assert_eq!(encoded.substituted, 0);
        // Only the white around the code and behind the last line differs.
        let difference = i64::from(paper(&ops, &profile)) - i64::from(text.paper_dots - 96);
        assert!((-48..=40).contains(&difference), "{difference} dots");
        assert_eq!(paper(&ops, &profile) + 96, encoded.paper_dots);
    }
}

#[test]
fn a_ticket_knows_how_much_paper_it_takes() {
    let length = |profile: Profile, lines: Vec<Line>| encode(profile, lines).paper_dots;
    let tear_bar = Profile::named("generic-58");
    assert_eq!(length(Profile::generic(), vec![]), 96);
    assert_eq!(length(tear_bar, vec![Line::text("a")]), 30 + 4 * 30);
    let double = Line::centred("a", Size::square(Scale::TWO));
    assert_eq!(length(Profile::generic(), vec![double, Line::Feed(2), Line::Rule]), 48 + 60 + 30 + 96);
    let picture = Bitmap::new(8, 50, vec![0xFF; 50]).expect("within limits");
    assert_eq!(length(Profile::generic(), vec![Line::Image(picture)]), 50 + 96);
    let code = |has_qr| {
        let data = QrText::new(sample::QR).expect("short");
        let line = Line::Qr { data, module: ModuleDots::FOUR, level: Level::M };
        length(Profile { has_qr, ..Profile::generic() }, vec![line])
    };
    // Drawn here, the white behind it is fed only if something follows.
    assert_eq!((code(true), code(false)), (30 + 132 + 30 + 96, 16 + 132 + 96));
}

#[test]
fn a_font_that_draws_all_is_read_once() {
    let Some(font) = noto() else { return };
    let encoder = Encoder::new(Profile { font: BuiltInFont::None, ..Profile::generic() }, Some(font));
    let first = encoder.encode(&sample::ticket());
    let kept = encoder.clone();
    assert!(kept.kept.get().is_some());
    assert_eq!(kept.encode(&sample::ticket()), first);
    // Where the printer has a font of its own, nothing is kept.
    let own = Encoder::new(Profile::generic(), noto());
    let _ = own.encode(&Ticket { lines: vec![Line::text("镕")] });
    assert!(own.kept.get().is_none());
}
