//! The technician's room and its door.

use super::{Sample, sample};
use jiff::civil::{DateTime, date};
use std::time::Duration;
use visit::fault::{Device, Fault};
use visit::screen::{
    ColoursShown, Counters, DeviceShown, Door, DoorRefusal, DoorWay, FaultShown, KioskShown, OutboxShown,
    PadShown, Repair, ReportShown, ReportTaken, Room, Screen, SettingsShown, StepState, TestState, Tests,
    TouchShown, Typed,
};
use visit::technician::{
    Cell, Cells, Colour, Failure, Finding, Grade, Keys, Looped, Measure, Missed, Outcome, PadKey, Test,
    Verdict, When,
};

const MORNING: DateTime = date(2026, 11, 26).at(8, 5, 0, 0);

pub(super) fn samples() -> Vec<Sample> {
    let room = |name, room| sample(name, Screen::Room(room));
    let mut all = door();
    all.extend([
        room("overview", Room::Overview(devices(&[]), Some(kiosk()))),
        room(
            "overview-faults",
            Room::Overview(
                devices(&[
                    Fault::PaperOut,
                    Fault::CoverOpen,
                    Fault::ReaderAuthentication,
                    Fault::StoreClockDisagrees,
                    Fault::LedgerFailed,
                ]),
                None,
            ),
        )
        .ending_in(12),
        room(
            "device",
            Room::Device(
                device(Device::Printer, &[Fault::PaperOut]),
                vec![
                    shown(Fault::PaperOut, true),
                    shown(Fault::CutterJammed, false),
                    shown(Fault::PrinterWaitsForButton, false),
                ],
            ),
        ),
        room("device-good", Room::Device(device(Device::Kiosk, &[]), vec![])),
        room(
            "outbox",
            Room::Outbox(Some(OutboxShown {
                waiting: 12,
                oldest: Some(MORNING),
                why: Some(Fault::StoreUnreachable),
                refused: 2,
            })),
        ),
        room("outbox-empty", Room::Outbox(Some(OutboxShown::default()))),
        room(
            "counters",
            Room::Counters(Some(Counters {
                tickets: 1234,
                cuts: 1240,
                paper_mm: 61_400,
                all_cuts: 20_310,
                all_paper_mm: 1_011_900,
                pages: Some(8_421),
                faults: Some(2),
                tickets_left: Some(310),
                days_left: Some(3),
            })),
        ),
        room("settings", Room::Settings(Some(settings(&[], false)))),
        room("settings-going-back", Room::Settings(Some(settings(&[], true)))),
        room(
            "settings-later",
            Room::Settings(Some(SettingsShown { next: Some(6), before: Some(7), ..settings(&[], false) })),
        ),
        room(
            "settings-forth",
            Room::Settings(Some(SettingsShown { before: Some(8), ..settings(&[], false) })),
        ),
        room("settings-refused", Room::Settings(Some(settings(&REFUSED, false)))),
        room("settings-first", Room::Settings(Some(SettingsShown { serial: Some(1), ..Default::default() }))),
        room("settings-looking", Room::Settings(None)),
        room(
            "overview-settings-refused",
            Room::Overview(
                devices(&[]),
                Some(KioskShown { settings: Some(settings(&REFUSED, false)), ..kiosk() }),
            ),
        ),
        room("report-making", Room::Report(None)),
        room("report-ready", Room::Report(Some(report(Some(true), 0, None)))),
        room(
            "report-not-ready",
            Room::Report(Some(report(Some(false), 3, Some(ReportTaken::StickNotAllowed)))),
        ),
        room("report-failed", Room::Report(Some(report(None, 0, None)))),
        room("remote", Room::Remote),
        room("looped", Room::Looped(Some(looped()))),
        room("looped-none", Room::Looped(None)),
        room("counters-looking", Room::Counters(None)),
        room("counters-unknown", Room::Counters(Some(Counters::default()))),
    ]);
    all.extend(repair());
    all.extend(tests());
    all.extend(by_hand());
    all
}

fn report(ready: Option<bool>, hindrances: u32, taken: Option<ReportTaken>) -> ReportShown {
    let code = ready.map(|_| "eyJhbGciOiJFUzI1NiJ9.".repeat(30)).unwrap_or_default();
    ReportShown { ready, hindrances, remarks: 0, made: MORNING, code, taken }
}

fn kiosk() -> KioskShown {
    KioskShown {
        certificate_days: 212,
        clock_ahead: Some(0),
        free: Some(23_410),
        self_test: Some((MORNING, 8, 1)),
        settings: Some(settings(&[], false)),
    }
}

const REFUSED: [&str; 2] = [
    "kiosks/lobby-1.toml: kiosk.letter: must be one capital letter, different from its neighbours'",
    "logo.png: is no PNG that can be shown",
];

fn settings(refused: &[&str], going_back: bool) -> SettingsShown {
    let refused = refused.iter().map(ToString::to_string).collect();
    SettingsShown { serial: Some(7), next: None, before: Some(6), refused, going_back }
}

fn looped() -> Looped {
    let findings = Finding::ALL.iter().map(|finding| (Grade::Watch, *finding));
    let (scanner, printer) = findings.partition(|(_, finding)| finding.key().starts_with("scanner"));
    Looped {
        printer: Verdict { grade: Grade::Bad, findings: printer },
        scanner: Verdict { grade: Grade::Watch, findings: scanner },
        head: When::InDays(21),
        density: When::InDays(1),
    }
}

fn door() -> Vec<Sample> {
    let door = |name, way, typed, refused, wait| {
        sample(
            name,
            Screen::Room(Room::Door(Door { way, cards: name != "door-code-mistyped", typed, refused, wait })),
        )
    };
    let code = || DoorWay::Code("4821 0937 5510 8842".to_owned());
    vec![
        door("door", DoorWay::Card, Typed::Hidden(0), None, 0),
        door("door-pin", DoorWay::Pin, Typed::Hidden(4), None, 0),
        door("door-wrong-pin", DoorWay::Pin, Typed::Hidden(0), Some(DoorRefusal::WrongPin(2)), 0),
        door("door-wait", DoorWay::Pin, Typed::Hidden(8), Some(DoorRefusal::WrongPin(1)), 14),
        door("door-code", code(), Typed::Shown("073 155 921 8".to_owned()), None, 0),
        door("door-code-mistyped", code(), Typed::Shown(String::new()), Some(DoorRefusal::Mistyped), 0),
        door("door-checking", DoorWay::Checking, Typed::Hidden(0), None, 0),
        door("door-blocked", DoorWay::Card, Typed::Hidden(0), Some(DoorRefusal::Blocked), 0),
    ]
}

fn repair() -> Vec<Sample> {
    use StepState::{Awaited, Open, Seen, Ticked};
    let repair = |name, fault: Fault, still, steps: [StepState; 3], outcome| {
        let steps = steps.into_iter().chain([Open; 2]).collect();
        sample(name, Screen::Room(Room::Repair(Repair { fault, still, steps, test: fault.proof(), outcome })))
    };
    let took = Duration::from_millis(2400);
    let fault = |fault| TestState::Done(Outcome::Failed(Failure::Fault(fault)), took);
    vec![
        repair("repair", Fault::PaperOut, true, [Ticked, Awaited, Awaited], TestState::Untried),
        repair("repair-gone", Fault::PaperOut, false, [Ticked, Seen, Seen], TestState::Running),
        repair(
            "repair-mended",
            Fault::CutterJammed,
            false,
            [Ticked, Seen, Seen],
            TestState::Done(Outcome::Passed(None), took),
        ),
        repair(
            "repair-still",
            Fault::StoreClockDisagrees,
            true,
            [Open, Open, Open],
            fault(Fault::StoreClockDisagrees),
        ),
    ]
}

fn tests() -> Vec<Sample> {
    let took = Duration::from_millis(1230);
    let passed = |measure| TestState::Done(Outcome::Passed(measure), took);
    let failed = |why| TestState::Done(Outcome::Failed(why), took);
    let state = |test: &Test| match test {
        Test::Read | Test::Storage => passed(None),
        Test::Print => failed(Failure::Fault(Fault::PaperOut)),
        Test::Scan => failed(Failure::Nothing),
        Test::Trust => passed(Some(Measure::Days(42))),
        Test::RoundTrip => passed(Some(Measure::Seconds(1))),
        Test::Upload => passed(Some(Measure::Rate(1840))),
        Test::Memory => failed(Failure::TooLittle(Measure::Mebibytes(18))),
        _ => TestState::Untried,
    };
    let busy = |test: &Test| match test {
        Test::Read => TestState::Running,
        Test::Slot => TestState::Waiting,
        _ => TestState::Untried,
    };
    let asking = |test: &Test| if *test == Test::Sound { TestState::Asking } else { TestState::Untried };
    let tests = |name, busy, state: &dyn Fn(&Test) -> TestState| {
        let tests = Test::ALL.iter().map(|test| (*test, state(test))).collect();
        sample(name, Screen::Room(Room::Tests(Tests { tests, busy })))
    };
    vec![
        tests("tests", false, &state),
        tests("tests-busy", true, &busy),
        tests("tests-asking", true, &asking),
    ]
}

/// What hands and eyes try.
fn by_hand() -> Vec<Sample> {
    let took = Duration::from_millis(21_400);
    let ended = |outcome| TestState::Done(outcome, took);
    let touch = |name, done, state| sample(name, Screen::Room(Room::Touch(TouchShown { done, state })));
    let colours =
        |name, colour, state| sample(name, Screen::Room(Room::Colours(ColoursShown { colour, state })));
    let pad = |name, pressed, state| sample(name, Screen::Room(Room::Pad(PadShown { pressed, state })));
    let running = TestState::Running;
    let half = Cell::all().filter(|cell| cell.row() < 4 || cell.column() == 1).collect();
    let strip = Cell::all().filter(|cell| cell.column() == 3);
    let spots = [(0, 0), (0, 5), (5, 1), (6, 1), (7, 1), (8, 1), (9, 1)];
    let missed: Cells =
        strip.chain(spots.into_iter().filter_map(|(row, column)| Cell::at(row, column))).collect();
    let pressed: Keys = [PadKey::Up, PadKey::Down, PadKey::Select].into_iter().collect();
    let failed = |missed| ended(Outcome::Failed(Failure::Missed(missed)));
    vec![
        touch("touch", half, running),
        touch("touch-result", missed.others(), failed(Missed::Cells(missed))),
        touch("touch-passed", Cells::ALL, ended(Outcome::Passed(None))),
        touch("touch-dead", Cells::default(), failed(Missed::Cells(Cells::ALL))),
        colours("colours", None, running),
        colours("colour-red", Some(Colour::Red), running),
        colours("colour-ramp", Some(Colour::Ramp), running),
        colours("colour-checker", Some(Colour::Checker), running),
        colours("colours-asked", None, TestState::Asking),
        colours("colours-failed", None, ended(Outcome::Failed(Failure::Denied))),
        pad("pad", pressed, running),
        pad("pad-missed", pressed, failed(Missed::Keys(pressed.others()))),
    ]
}

fn devices(faults: &[Fault]) -> Vec<DeviceShown> {
    Device::ALL.iter().map(|of| device(*of, faults)).collect()
}

fn device(device: Device, faults: &[Fault]) -> DeviceShown {
    let faults: Vec<Fault> = faults.iter().copied().filter(|fault| fault.device() == device).collect();
    let times = u32::try_from(faults.len()).unwrap_or(0);
    DeviceShown {
        device,
        fitted: device != Device::CompanyKey,
        since: (times > 0).then_some(MORNING),
        faults,
        times,
    }
}

fn shown(fault: Fault, now: bool) -> FaultShown {
    FaultShown { fault, now, since: MORNING, times: 3 }
}
