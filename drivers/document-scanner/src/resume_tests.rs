//! Every way in which a scan can end early, each time gone on from.
//!
//! Three sheets lie in the feeder, each of a size of its own. Whatever happens, what was stored stays
//! whole, what broke is nowhere, the error says after which page to go on and what to do with the
//! sheets; and when that was done, a second scan brings exactly the rest.

use std::path::{Path, PathBuf};

use emulators::scanner::{Condition, Damage, NotReady, Quirks, Trouble};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::Endpoint;
use crate::error::{Fault, ScanError, SheetLength};
use crate::events::{ScanEvent, Scanned};
use crate::jpeg::tests::jpeg;
use crate::profile::Profile;
use crate::resume::Sheets;
use crate::scanner::Scanner;
use crate::settings::{Request, Source};
use crate::tally::Mismatch;
use crate::test_server::{Answer, Server, status};

type Emulator = emulators::scanner::Scanner;

fn quick() -> Profile {
    Profile {
        retry_wait_ms: 1,
        first_page_tries: 3,
        later_page_tries: 3,
        post_tries: 3,
        page_pause_max_ms: 0,
        connect_ms: 2_000,
        ..Profile::default()
    }
}

/// The sheets of a pile: what the emulated feeder passes on unchanged.
fn sheet(number: u16) -> Vec<u8> {
    jpeg(2480, 3508, 300, 400 + 10 * usize::from(number))
}

fn pile(dir: &Path) -> Vec<PathBuf> {
    let write = |number| {
        let path = dir.join(format!("sheet-{number}.jpg"));
        std::fs::write(&path, sheet(number)).unwrap();
        path
    };
    (1..=3).map(write).collect()
}

async fn scan(
    scanner: &Scanner,
    request: &Request,
    mut on_event: impl AsyncFnMut(&ScanEvent),
) -> Result<Scanned, ScanError> {
    let (sender, mut receiver) = mpsc::channel(64);
    let listening = async {
        while let Some(event) = receiver.recv().await {
            on_event(&event).await;
        }
    };
    tokio::join!(scanner.scan(request, sender, CancellationToken::new()), listening).0
}

fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

fn pages(numbers: impl IntoIterator<Item = u16>) -> Vec<(String, Vec<u8>)> {
    numbers.into_iter().map(|n| (format!("page-{n:03}.jpg"), sheet(n))).collect()
}

/// When something is done to the emulated scanner.
#[derive(Clone, Copy, PartialEq)]
enum When {
    Before,
    /// While page 2 comes in.
    InPage2,
}

/// What happens, what came of it, and the remedy.
struct Case {
    name: &'static str,
    when: When,
    happens: fn(&Emulator),
    fault: fn(&Fault) -> bool,
    after_page: u16,
    sheets: Sheets,
    mismatch: Option<Mismatch>,
    remedy: fn(&Emulator, &[PathBuf]),
}

fn cases() -> Vec<Case> {
    let trouble = |name, happens, fault, sheets, remedy| Case {
        name,
        when: When::Before,
        happens,
        fault,
        after_page: 1,
        sheets,
        mismatch: None,
        remedy,
    };
    vec![
        trouble(
            "jam",
            |e| e.trouble_at(Trouble::Jam, Some(2)),
            |f| *f == Fault::Jam { after_page: 1 },
            Sheets::FromPath,
            |e, _| e.trouble_at(Trouble::Jam, None),
        ),
        trouble(
            "mispick",
            |e| e.trouble_at(Trouble::Mispick, Some(2)),
            |f| *f == Fault::Mispick,
            Sheets::Straighten,
            |e, pile| e.load_feeder(&pile[1..]).unwrap(),
        ),
        Case {
            mismatch: Some(Mismatch::SheetsTogether),
            ..trouble(
                "multipick",
                |e| e.trouble_at(Trouble::Multipick, Some(2)),
                |f| *f == Fault::Multipick,
                Sheets::Separate,
                |e, pile| e.load_feeder(&pile[1..]).unwrap(),
            )
        },
        trouble(
            "hatch",
            |e| e.trouble_at(Trouble::HatchOpened, Some(2)),
            |f| *f == Fault::HatchOpen,
            Sheets::FromPath,
            |e, _| e.hatch(false),
        ),
        trouble(
            "door",
            |e| e.trouble_at(Trouble::DoorOpened, Some(2)),
            |f| *f == Fault::DoorOpen,
            Sheets::FromPath,
            |e, _| e.door(false),
        ),
        trouble(
            "tray broken",
            |e| e.trouble_at(Trouble::TrayFailed, Some(2)),
            |f| *f == Fault::FeederFailed,
            Sheets::Leave,
            |e, _| e.trouble_at(Trouble::TrayFailed, None),
        ),
        trouble(
            "tray too full",
            |e| e.trouble_at(Trouble::TrayOverloaded, Some(2)),
            |f| *f == Fault::FeederOverloaded,
            Sheets::Fewer,
            |e, pile| e.load_feeder(&pile[1..]).unwrap(),
        ),
        Case {
            mismatch: Some(Mismatch::PageBroken { page: 2 }),
            ..trouble(
                "connection reset in mid-page",
                |e| e.cut_at(Some(2)),
                |f| *f == Fault::Interrupted { page: 2 },
                Sheets::FromOutput,
                |e, pile| e.load_feeder(&pile[1..]).unwrap(),
            )
        },
        Case {
            mismatch: Some(Mismatch::PageBroken { page: 2 }),
            ..trouble(
                "a page cut short",
                |e| e.damage_at(Some((2, Damage::Truncated))),
                |f| matches!(f, Fault::PageDamaged { page: 2, .. }),
                Sheets::FromOutput,
                |e, pile| e.load_feeder(&pile[1..]).unwrap(),
            )
        },
        Case {
            mismatch: Some(Mismatch::PageBroken { page: 2 }),
            ..trouble(
                "a page that is garbled",
                |e| e.damage_at(Some((2, Damage::Garbled))),
                |f| matches!(f, Fault::PageDamaged { page: 2, .. }),
                Sheets::FromOutput,
                |e, pile| e.load_feeder(&pile[1..]).unwrap(),
            )
        },
        Case {
            after_page: 0,
            ..trouble(
                "never ready",
                |e| e.not_ready(u32::MAX),
                |f| *f == Fault::TimedOut { waiting_for: "the next page" },
                Sheets::Leave,
                |e, _| e.not_ready(0),
            )
        },
        Case {
            after_page: 0,
            ..trouble(
                "busy for ever",
                |e| e.busy(u32::MAX),
                |f| *f == Fault::Busy,
                Sheets::Leave,
                |e, _| e.busy(0),
            )
        },
        Case {
            after_page: 0,
            ..trouble("refused", |e| e.refuse(1), |f| *f == Fault::Refused, Sheets::Leave, |_, _| {})
        },
        Case {
            after_page: 0,
            ..trouble(
                "out of service",
                |e| e.condition(Condition::Down),
                |f| *f == Fault::OutOfService,
                Sheets::Leave,
                |e, _| e.condition(Condition::Ready),
            )
        },
        Case {
            after_page: 0,
            ..trouble(
                "testing itself",
                |e| e.condition(Condition::Testing),
                |f| *f == Fault::SelfTest,
                Sheets::Leave,
                |e, _| e.condition(Condition::Ready),
            )
        },
        Case {
            after_page: 0,
            ..trouble(
                "empty",
                |e| e.empty_feeder(),
                |f| *f == Fault::FeederEmpty,
                Sheets::Load,
                |e, pile| {
                    e.load_feeder(pile).unwrap();
                },
            )
        },
        Case {
            when: When::InPage2,
            after_page: 2,
            ..trouble(
                "stopped",
                |e| e.condition(Condition::Stopped),
                |f| *f == Fault::Stopped,
                Sheets::Leave,
                |e, _| e.condition(Condition::Ready),
            )
        },
        Case {
            when: When::InPage2,
            after_page: 2,
            ..trouble(
                "cancelled at the panel",
                Emulator::cancel_at_panel,
                |f| matches!(f, Fault::JobCanceled { .. }),
                Sheets::Leave,
                |_, _| {},
            )
        },
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_emulated_scanner_goes_on_after_every_trouble() {
    for case in cases() {
        let (sheets, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let pile = pile(sheets.path());
        let page = std::time::Duration::from_millis(if case.when == When::InPage2 { 300 } else { 4 });
        let options = emulators::scanner::ScannerOptions { page, ..Default::default() };
        let emulator = Emulator::start(options).await.unwrap();
        emulator.load_feeder(&pile).unwrap();
        let scanner = Scanner::new(Endpoint::parse(&emulator.url()).unwrap(), quick());
        if case.when == When::Before {
            (case.happens)(&emulator);
        }
        let request = Request::new(Source::Feeder, dir.path());
        let mut happened = case.when == When::Before;
        let result = scan(&scanner, &request, async |event| {
            if matches!(event, ScanEvent::PageArriving { page: 2, .. }) && !happened {
                happened = true;
                (case.happens)(&emulator);
            }
        })
        .await;
        let error = result.unwrap_err();
        assert!((case.fault)(&error.fault), "{}: {error}", case.name);
        let (resume, tally) = (error.resume.unwrap(), error.tally.unwrap());
        assert_eq!(
            (resume.after_page, resume.sheets),
            (case.after_page.into(), case.sheets),
            "{}",
            case.name
        );
        assert_eq!(
            (tally.pages_stored, tally.mismatch),
            (case.after_page.into(), case.mismatch),
            "{}",
            case.name
        );
        assert!(error.to_string().contains(&format!("go on after page {}", case.after_page)), "{error}");
        assert_eq!(files(dir.path()), pages(1..=case.after_page), "{}", case.name);

        (case.remedy)(&emulator, &pile);
        let request = Request { first_page: resume.after_page + 1, ..request };
        let scanned = scan(&scanner, &request, async |_| {}).await;
        let scanned = scanned.unwrap_or_else(|error| panic!("{}, gone on: {error}", case.name));
        assert_eq!(files(dir.path()), pages(1..=3), "{}", case.name);
        let rest = u32::from(3 - case.after_page);
        assert_eq!((scanned.tally.sheets, scanned.tally.mismatch), (Some(rest), None), "{}", case.name);
        emulator.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn power_off_in_mid_page() {
    let (sheets, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let pile = pile(sheets.path());
    let page = std::time::Duration::from_millis(500);
    let options = emulators::scanner::ScannerOptions { page, ..Default::default() };
    let emulator = Emulator::start(options.clone()).await.unwrap();
    emulator.load_feeder(&pile).unwrap();
    let scanner = Scanner::new(Endpoint::parse(&emulator.url()).unwrap(), quick());
    let request = Request::new(Source::Feeder, dir.path());
    let result = scan(&scanner, &request, async |event| {
        if matches!(event, ScanEvent::PageArriving { page: 2, .. }) {
            emulator.power(false).await.unwrap();
        }
    })
    .await;
    let error = result.unwrap_err();
    assert!(matches!(error.fault, Fault::Unreachable { .. }), "{error}");
    assert_eq!(error.resume.map(|r| (r.after_page, r.sheets)), Some((1, Sheets::FromOutput)));
    assert_eq!(files(dir.path()), pages([1]));
    emulator.power(true).await.unwrap();
    emulator.load_feeder(&pile[1..]).unwrap();
    emulator.set_options(emulators::scanner::ScannerOptions { page: std::time::Duration::ZERO, ..options });
    let request = Request { first_page: 2, ..request };
    scan(&scanner, &request, async |_| {}).await.unwrap();
    assert_eq!(files(dir.path()), pages(1..=3));
    emulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_sheet_scanned_halfway_both_sides_come_again() {
    use emulators::scanner::Sheet;
    for (trouble, length) in
        [(Trouble::SheetTooShort, SheetLength::TooShort), (Trouble::SheetTooLong, SheetLength::TooLong)]
    {
        let (sheets, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let pile = pile(sheets.path());
        let both = |front: usize| Sheet { front: pile[front].clone(), back: Some(pile[2].clone()) };
        let emulator = Emulator::start(Default::default()).await.unwrap();
        emulator.set_options(emulators::scanner::ScannerOptions {
            page: std::time::Duration::from_millis(4),
            ..Default::default()
        });
        emulator.load_feeder([both(0), both(1)]).unwrap();
        emulator.trouble_at(trouble, Some(2));
        let scanner = Scanner::new(Endpoint::parse(&emulator.url()).unwrap(), quick());
        let request = Request::new(Source::FeederDuplex, dir.path());
        let error = scan(&scanner, &request, async |_| {}).await.unwrap_err();
        assert_eq!(error.fault, Fault::SheetUnsuitable { length });
        assert_eq!(error.resume.map(|r| (r.after_page, r.sheets)), Some((2, Sheets::NextOnGlass)));
        emulator.trouble_at(trouble, None);

        // The connection breaks in the back of the second sheet: its front is stored, and replaced.
        emulator.cut_at(Some(2));
        let request = Request { first_page: 3, ..request };
        let error = scan(&scanner, &request, async |_| {}).await.unwrap_err();
        let resume = error.resume.unwrap();
        assert_eq!((error.pages_stored.len(), resume.after_page), (1, 2), "{error}");
        assert_eq!(resume.sheets, Sheets::FromOutput);
        emulator.load_feeder([both(1)]).unwrap();
        let scanned = scan(&scanner, &request, async |_| {}).await.unwrap();
        assert_eq!((scanned.tally.sheets, scanned.tally.mismatch), (Some(1), None));
        let stored: Vec<_> = files(dir.path()).into_iter().map(|(_, bytes)| bytes).collect();
        assert_eq!(stored, [sheet(1), sheet(3), sheet(2), sheet(3)]);
        emulator.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_and_models_of_the_emulated_scanner() {
    use emulators::scanner::{HostRule, Sheet};
    let (sheets, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let pile = pile(sheets.path());
    let page = std::time::Duration::from_millis(4);
    let options = emulators::scanner::ScannerOptions { page, ..Default::default() };
    let emulator = Emulator::start(options).await.unwrap();
    let endpoint = Endpoint::parse(&emulator.url()).unwrap();
    let run = async |profile: Profile, source| {
        let request = Request::new(source, dir.path());
        scan(&Scanner::new(endpoint.clone(), profile), &request, async |_| {}).await
    };
    let model = |name: &str| Quirks { make_and_model: Some(name.to_owned()), ..Quirks::default() };
    let auto = || Profile { by_model: true, ..quick() };

    // A counter that lies, either way.
    for (miscount, mismatch) in
        [(1, Mismatch::NeverTransferred { images: 1 }), (-2, Mismatch::CountedTooFew { images: 2 })]
    {
        emulator.set_quirks(Quirks { miscount, ..Quirks::default() });
        emulator.load_feeder(&pile).unwrap();
        let tally = run(quick(), Source::Feeder).await.unwrap().tally;
        assert_eq!((tally.pages_stored, tally.mismatch), (3, Some(mismatch)));
    }
    // A blank back that the scanner leaves out.
    emulator.set_quirks(Quirks { drops_blank_backs: true, ..Quirks::default() });
    emulator
        .load_feeder([Sheet { front: pile[0].clone(), back: Some(pile[1].clone()) }, Sheet::from(&pile[2])])
        .unwrap();
    let tally = run(quick(), Source::FeederDuplex).await.unwrap().tally;
    assert_eq!((tally.sheets, tally.mismatch), (Some(2), Some(Mismatch::BackMissing { sheet: 2 })));

    // Models that say something else than they mean.
    emulator.empty_feeder();
    emulator.set_quirks(Quirks { jam_when_empty: true, ..model("Xerox WorkCentre 3345") });
    assert_eq!(run(auto(), Source::Feeder).await.unwrap_err().fault, Fault::FeederEmpty);
    assert_eq!(run(quick(), Source::Feeder).await.unwrap_err().fault, Fault::Jam { after_page: 0 });
    emulator.set_quirks(Quirks { processing_when_empty: true, ..model("KYOCERA ECOSYS M2040dn") });
    assert_eq!(run(auto(), Source::Feeder).await.unwrap_err().fault, Fault::FeederEmpty);
    // Pages that are not ready yet, answered like pages that are no more.
    for not_ready in [NotReady::NotFound, NotReady::Gone] {
        emulator.set_quirks(Quirks { not_ready, ..model("Xerox B215") });
        emulator.load_feeder(&pile[..1]).unwrap();
        emulator.not_ready(2);
        let patient = Profile { retry_wait_ms: 1, ..Profile::named("xerox-b205") };
        assert_eq!(run(patient, Source::Feeder).await.unwrap().pages.len(), 1);
    }
    // Models that want their host named in their way.
    emulator.set_quirks(Quirks { host: HostRule::Localhost, ..model("HP OfficeJet") });
    emulator.load_feeder(&pile[..1]).unwrap();
    assert!(matches!(run(quick(), Source::Feeder).await.unwrap_err().fault, Fault::Protocol { .. }));
    assert!(run(Profile::named("hp-usb"), Source::Feeder).await.is_ok());
    emulator.set_quirks(Quirks { host: HostRule::WithPort, ..model("EPSON WF-4720") });
    emulator.load_feeder(&pile[..1]).unwrap();
    assert!(run(Profile::named("epson"), Source::Feeder).await.is_ok());
    // A state that nobody knows.
    emulator.set_quirks(Quirks { adf_word: Some("ScannerAdfOnFire".to_owned()), ..Quirks::default() });
    emulator.refuse(1);
    let fault = run(quick(), Source::Feeder).await.unwrap_err().fault;
    assert_eq!(fault.to_string(), "the feeder reports the unknown state \"OnFire\"");
    emulator.stop().await;
}

/// The same for a scanner that answers as a script says: every state of the feeder, and every way in
/// which scanners answer while it stands.
#[tokio::test]
async fn every_state_of_the_feeder_ends_after_page_1() {
    let unsuitable = |length| Fault::SheetUnsuitable { length };
    for (adf, fault) in [
        ("Jam", Fault::Jam { after_page: 1 }),
        ("Mispick", Fault::Mispick),
        ("MultipickDetected", Fault::Multipick),
        ("HatchOpen", Fault::HatchOpen),
        ("DoorOpen", Fault::DoorOpen),
        ("DuplexPageTooShort", unsuitable(SheetLength::TooShort)),
        ("DuplexPageTooLong", unsuitable(SheetLength::TooLong)),
        ("InputTrayFailed", Fault::FeederFailed),
        ("InputTrayOverloaded", Fault::FeederOverloaded),
    ] {
        let half = sheet(2)[..200].to_vec();
        for answer in [
            Answer::Body(404, vec![]),
            Answer::Body(409, vec![]),
            Answer::Body(410, vec![]),
            Answer::Body(500, vec![]),
            Answer::Body(503, vec![]),
            Answer::Cut(half.clone()),
            Answer::Stalls(half),
        ] {
            let server = Server::start(&[
                ("NextDocument", &[Answer::Body(200, sheet(1)), answer]),
                ("ScannerStatus", &[status("Stopped", adf)]),
            ])
            .await;
            let dir = tempfile::tempdir().unwrap();
            let profile = Profile { chunk_ms: 30, ..quick() };
            let scanner = Scanner::new(server.endpoint.clone(), profile);
            let request = Request::new(Source::Feeder, dir.path());
            let error = scan(&scanner, &request, async |_| {}).await.unwrap_err();
            assert_eq!(error.fault, fault);
            assert_eq!(error.resume.map(|resume| resume.after_page), Some(1));
            assert_eq!(files(dir.path()), pages([1]));
            assert_eq!(server.count("DELETE /eSCL/ScanJobs/7"), 1, "the job is taken back");
        }
    }
}
