//! Reports of kiosks that are well and that are not, for tests and to look at.
#![allow(dead_code, reason = "each who shares this uses a part of it")]

use readiness::{
    By, Certificate, Counters, Device, Fault, Fingerprint, Form, Grade, Identity, Key, List, Moment, Outbox,
    Outcome, Part, Report, Severity, Software, Test, Text, TicketLoop, Words,
};

pub fn moment(text: &str) -> Moment {
    text.parse().expect("a moment")
}

fn key(key: &str) -> Key {
    Key::new(key).expect("a key")
}

fn identity(maker: &str, model: &str, serial: &str, firmware: &str) -> Option<Identity> {
    let said = |text: &str| (!text.is_empty()).then(|| Text::clipped(text));
    Some(Identity { maker: said(maker), model: said(model), serial: said(serial), firmware: said(firmware) })
}

fn device(name: &str, zh: &str, en: &str, identity: Option<Identity>) -> Device {
    let (key, name) = (key(name), Words::clipped(zh, en));
    Device { key, name, fitted: true, identity, faults: List::default() }
}

fn test(name: &str, zh: &str, en: &str, by: By, took_ms: u32, measured: &str) -> Test {
    let measured = (!measured.is_empty()).then(|| Text::clipped(measured));
    let outcome = Outcome::Passed { took_ms, measured };
    Test { key: key(name), name: Words::clipped(zh, en), by, outcome }
}

/// A kiosk without a fault.
pub fn ready() -> Report {
    Report {
        form: Form,
        kiosk: key("jiading-lobby-1"),
        hall: Words::clipped("嘉定区政务服务中心", "Jiading District Government Service Center"),
        made: moment("2026-03-01T17:42:08+08:00"),
        software: Software {
            running: Text::clipped("1.4.0"),
            parts: List::new(
                [
                    ("image", "2026.02.3"),
                    ("linux", "6.12.63"),
                    ("sane-helper", "1.4.0"),
                    ("libsane", "1.2.1"),
                ]
                .map(|(name, version)| Part { name: Text::clipped(name), version: Text::clipped(version) })
                .into(),
            )
            .expect("few"),
        },
        certificate: Certificate {
            sha256: Fingerprint::of(b"a certificate"),
            ends: moment("2027-02-28T23:59:59+00:00"),
        },
        devices: List::new(vec![
            device(
                "reader",
                "身份证阅读器",
                "ID card reader",
                identity("精伦电子", "iDR210", "0301-20231107-0042", "2.1.6"),
            ),
            device(
                "printer",
                "取号机",
                "Ticket printer",
                identity("EPSON", "TM-T88VI", "X2KF004217", "30.45 ESC/POS"),
            ),
            device(
                "scanner",
                "文件扫描仪",
                "Document scanner",
                identity("EPSON", "EPSON DS-530 II", "X6JH021893", "1.13"),
            ),
            device("card-slot", "社保卡槽", "Card slot", identity("Feitian", "R502-CL", "", "1.07")),
            device(
                "code-scanner",
                "扫码器",
                "Code scanner",
                identity("Newland", "FM430", "FM430-88F20117", "1.02.18"),
            ),
            Device { fitted: false, ..device("company-key", "企业密钥口", "Company key", None) },
            device("store", "中心库", "Central store", None),
            device("kiosk", "本机", "Kiosk", identity("研华", "UNO-2271G", "KSA1230078", "BIOS 1.18")),
        ])
        .expect("few"),
        tests: List::new(vec![
            test("read", "读卡", "Read a card", By::Hand, 1_840, ""),
            test("print", "打印", "Print a ticket", By::Hand, 2_310, ""),
            test("scan", "扫描", "Scan a page", By::Hand, 6_120, "300 dpi"),
            test("slot", "插卡", "Card in the slot", By::Hand, 2_950, ""),
            test("code", "扫码", "Read a code", By::Hand, 740, ""),
            test("sound", "声音", "Sound", By::Hand, 4_400, ""),
            test("link", "网线", "Network line", By::Kiosk, 3, "1000 Mbit/s"),
            test("name", "域名", "Store's name", By::Kiosk, 12, "10.20.0.15"),
            test("connection", "连接", "Connection", By::Kiosk, 21, ""),
            test("trust", "互认", "Mutual trust", By::Kiosk, 64, "364 天 days"),
            test("round-trip", "往返", "Round trip", By::Kiosk, 38, "0.2 s"),
            test("upload", "上传", "Upload", By::Kiosk, 1_130, "907 KiB/s"),
            test("storage", "存储", "Storage", By::Kiosk, 412, "48 112 MiB"),
            test("memory", "内存", "Memory", By::Kiosk, 1, "2 704 MiB"),
        ])
        .expect("few"),
        ticket_loop: Some(TicketLoop {
            printer: Grade::Good,
            scanner: Grade::Watch,
            forecast: Words::clipped(
                "打印头约 14 个月内无需更换；扫描玻璃下缘有细条纹，请于两周内清洁。",
                "Print head good for about 14 months; a thin stripe under the rim of the glass, clean within two weeks.",
            ),
        }),
        counters: Counters {
            tickets: 48_213,
            paper_mm: 5_785_560,
            tickets_left: Some(612),
            days_left: Some(4),
        },
        outbox: Outbox { waiting: 0, oldest: None, refused: 0 },
        self_test: Some(moment("2026-03-01T04:00:12+08:00")),
    }
}

/// Why a test failed.
pub fn failure() -> Outcome {
    Outcome::Failed {
        code: key("N03"),
        words: Words::clipped("中心库没有应答", "The store does not answer"),
        took_ms: 15_000,
        measured: None,
    }
}

/// A fault that stops a printer.
pub fn out_of_paper() -> Fault {
    Fault {
        code: key("P02"),
        severity: Severity::Stops,
        words: Words::clipped("纸已用完", "Out of paper"),
        since: moment("2026-03-01T17:20:41+08:00"),
    }
}

/// A kiosk with faults of every severity, and tests that ended in every way.
pub fn broken() -> Report {
    let mut report = ready();
    let mut devices = report.devices.to_vec();
    devices[1].faults = List::new(vec![out_of_paper()]).expect("few");
    devices[2].faults = List::new(vec![Fault {
        code: key("S07"),
        severity: Severity::Degrades,
        words: Words::clipped("扫描出现条纹，请清洁玻璃", "Stripes on scans: clean the glass"),
        since: moment("2026-02-27T08:55:03+08:00"),
    }])
    .expect("few");
    report.devices = List::new(devices).expect("few");
    let mut tests = report.tests.to_vec();
    tests[1].outcome = Outcome::Failed {
        code: key("P02"),
        words: Words::clipped("纸已用完", "Out of paper"),
        took_ms: 310,
        measured: None,
    };
    tests[5].outcome = Outcome::Untried;
    tests[11].outcome = failure();
    report.tests = List::new(tests).expect("few");
    report.outbox = Outbox { waiting: 12, oldest: Some(moment("2026-03-01T16:58:30+08:00")), refused: 1 };
    report.counters.tickets_left = Some(0);
    report.counters.days_left = None;
    report
}

/// As long as a report can be, in every text and every list.
pub fn longest() -> Report {
    let wide = |length: usize| "𠮷".repeat(length);
    let mut report = ready();
    let words = || Words::clipped(&wide(200), &wide(200));
    let long = key(&"K".repeat(Key::MOST));
    report.kiosk = long.clone();
    report.hall = Words::clipped(&wide(200), &wide(200));
    let fault = Fault { code: long.clone(), words: words(), ..out_of_paper() };
    let name = || Words::clipped(&wide(200), &wide(200));
    let device = Device {
        key: long.clone(),
        name: name(),
        fitted: true,
        identity: identity(&wide(200), &wide(200), &wide(200), &wide(200)),
        faults: List::new(vec![fault; 16]).expect("few"),
    };
    report.devices = List::new(vec![device; 16]).expect("few");
    let outcome = Outcome::Failed {
        code: long.clone(),
        words: words(),
        took_ms: u32::MAX,
        measured: Some(Text::clipped(&wide(200))),
    };
    report.tests =
        List::new(vec![Test { key: long, name: name(), by: By::Kiosk, outcome }; 64]).expect("few");
    let part = Part { name: Text::clipped(&wide(200)), version: Text::clipped(&wide(200)) };
    report.software =
        Software { running: Text::clipped(&wide(200)), parts: List::new(vec![part; 16]).expect("few") };
    report.ticket_loop = Some(TicketLoop { printer: Grade::Bad, scanner: Grade::Bad, forecast: words() });
    report.counters = Counters {
        tickets: u32::MAX,
        paper_mm: u32::MAX,
        tickets_left: Some(u32::MAX),
        days_left: Some(u32::MAX),
    };
    report.outbox = Outbox { waiting: u32::MAX, oldest: Some(report.made), refused: u32::MAX };
    report
}
