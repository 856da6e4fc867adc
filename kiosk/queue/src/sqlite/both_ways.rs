//! An older kiosk opens what a newer one has touched, and the other way round.

use super::schema::LAYOUTS;
use super::*;
use crate::ledger::{ApplicantRef, TicketIntent};
use forgetful_vfs::{Loss, cut_power, cut_power_at_sync};
use jiff::civil::date;
use layouts::Back;
use proptest::prelude::*;
use rusqlite::params;
use std::path::PathBuf;
use visit::checklist::Choice;

const DAY: Date = date(2026, 11, 23);

/// What a newer kiosk might have: one more column and table, then a print state that is new.
const NEXT: [Layout; 2] = [
    Layout {
        up: "ALTER TABLE visit ADD COLUMN desk TEXT DEFAULT 'none';
             CREATE TABLE desk (name TEXT PRIMARY KEY, visit INTEGER REFERENCES visit) STRICT;
             CREATE INDEX visit_desk ON visit (desk);",
        fill: None,
        back: Back::Script("DROP INDEX visit_desk; DROP TABLE desk; ALTER TABLE visit DROP COLUMN desk;"),
    },
    Layout {
        up: "CREATE TABLE job (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                visit INTEGER NOT NULL REFERENCES visit ON DELETE CASCADE,
                letter TEXT NOT NULL CHECK (letter GLOB '[A-Z]'),
                language TEXT NOT NULL CHECK (language IN ('zh', 'en')),
                state TEXT NOT NULL CHECK
                    (state IN ('intended', 'sent', 'confirmed', 'unknown', 'failed-before-sending', 'torn')),
                evidence TEXT NOT NULL,
                intended_at TEXT NOT NULL,
                changed_at TEXT NOT NULL
             ) STRICT;
             INSERT INTO job SELECT * FROM print_job;
             DELETE FROM sqlite_sequence WHERE name = 'job';
             INSERT INTO sqlite_sequence (name, seq)
                SELECT 'job', seq FROM sqlite_sequence WHERE name = 'print_job';
             DROP TABLE print_job; ALTER TABLE job RENAME TO print_job;
             CREATE INDEX print_job_visit ON print_job (visit, id);
             CREATE INDEX print_job_open ON print_job (letter, id) WHERE state IN ('intended', 'sent');",
        fill: None,
        back: Back::Script(
            "CREATE TABLE job (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                visit INTEGER NOT NULL REFERENCES visit ON DELETE CASCADE,
                letter TEXT NOT NULL CHECK (letter GLOB '[A-Z]'),
                language TEXT NOT NULL CHECK (language IN ('zh', 'en')),
                state TEXT NOT NULL
                    CHECK (state IN ('intended', 'sent', 'confirmed', 'unknown', 'failed-before-sending')),
                evidence TEXT NOT NULL,
                intended_at TEXT NOT NULL,
                changed_at TEXT NOT NULL
             ) STRICT;
             INSERT INTO job SELECT id, visit, letter, language,
                CASE state WHEN 'torn' THEN 'unknown' ELSE state END, evidence, intended_at, changed_at
                FROM print_job;
             DELETE FROM sqlite_sequence WHERE name = 'job';
             INSERT INTO sqlite_sequence (name, seq)
                SELECT 'job', seq FROM sqlite_sequence WHERE name = 'print_job';
             DROP TABLE print_job; ALTER TABLE job RENAME TO print_job;
             CREATE INDEX print_job_visit ON print_job (visit, id);
             CREATE INDEX print_job_open ON print_job (letter, id) WHERE state IN ('intended', 'sent');",
        ),
    },
];

/// The layouts of a kiosk that is so much newer than this one.
fn newer_by(steps: usize) -> Vec<Layout> {
    [LAYOUTS, &NEXT[..steps]].concat()
}

fn options() -> Options {
    Options { durability: Durability::OffForTests, ..Options::new(Letter::new('A').unwrap()) }
}

fn forgetful() -> Options {
    forgetful_vfs::register().unwrap();
    Options { vfs: Some(forgetful_vfs::NAME.to_owned()), ..Options::new(Letter::new('A').unwrap()) }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

fn person(n: u8) -> PersonKey {
    PersonKey::from_bytes([n; 32])
}

fn take(n: u8, day: Date) -> Take {
    let choice = Choice { matters: vec![Matter::parse("matter.a").unwrap()], ..Choice::default() };
    let at = day.at(10, 0, 0, 0);
    let enter = Enter { person: person(n), day, at, choice, applicant: ApplicantRef::Oneself };
    Take { enter, caps: vec![], ticket: TicketIntent::default() }
}

fn taken(ledger: &SqliteLedger, n: u8, day: Date) -> (VisitId, PrintJobId, String) {
    match wait(ledger.take_number(take(n, day))).unwrap() {
        TakeAnswer::Taken(taken) => (taken.visit.id, taken.job, taken.visit.number.unwrap().0.to_string()),
        TakeAnswer::Full(matter) => panic!("{matter} is full"),
    }
}

/// All that this kiosk's layout holds, row by row.
fn all_rows(file: &Path) -> Vec<String> {
    let model = Connection::open_in_memory().unwrap();
    model.execute_batch(LAYOUTS.iter().map(|layout| layout.up).collect::<String>().as_str()).unwrap();
    let list = |sql: &str, of: &str| -> Vec<String> {
        let mut asked = model.prepare(sql).unwrap();
        asked.query_map(params![of], |r| r.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let db = Connection::open(file).unwrap();
    let mut rows = Vec::new();
    for table in list("SELECT name FROM sqlite_schema WHERE type = ?1 ORDER BY name", "table") {
        let columns = list("SELECT 'quote(' || name || ')' FROM pragma_table_info(?1)", &table);
        let filter = if table == "sqlite_sequence" { "WHERE name = 'print_job'" } else { "" };
        let sql =
            format!("SELECT '{table} ' || {} FROM {table} {filter} ORDER BY 1", columns.join(" || ', ' || "));
        let mut asked = db.prepare(&sql).unwrap();
        rows.extend(asked.query_map([], |r| r.get::<_, String>(0)).unwrap().map(Result::unwrap));
    }
    rows
}

#[test]
fn every_layout_but_the_first_has_a_way_back() {
    for (layout, version) in LAYOUTS.iter().zip(1..) {
        assert!(version == 1 || matches!(layout.back, Back::Script(_)), "layout {version}");
    }
}

#[test]
fn an_older_kiosk_goes_on_where_a_newer_one_stopped() {
    for steps in 0..=NEXT.len() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ledger.db");
        let newer = newer_by(steps);
        let ledger = SqliteLedger::open_as(&file, options(), &newer).unwrap();
        let (first, _, _) = taken(&ledger, 1, DAY);
        wait(ledger.cancel(first)).unwrap();
        let (second, job, number) = taken(&ledger, 2, DAY);
        wait(ledger.print_state(job, PrintState::Sent, "bytes", DAY.at(10, 1, 0, 0))).unwrap();
        // who came yesterday is forgotten, the numbers of yesterday's jobs stay given
        let (_, last_job, _) = taken(&ledger, 3, DAY.yesterday().unwrap());
        wait(ledger.purge(DAY)).unwrap();
        drop(ledger);
        if steps == 2 {
            let db = Connection::open(&file).unwrap();
            db.execute("UPDATE visit SET desk = 'three'", []).unwrap();
        }
        let before = all_rows(&file);
        let proven = layouts::prove(&file, dir.path(), &newer, PROOF).unwrap();
        assert_eq!((proven.layout, proven.oldest), (layouts::known(&newer), layouts::oldest(LAYOUTS)));
        assert!(proven.rows > 0);

        let ledger = SqliteLedger::open(&file, options()).unwrap();
        assert_eq!(all_rows(&file), before, "{steps}");
        let found = wait(ledger.visit_of(&person(2), DAY)).unwrap().unwrap();
        assert_eq!((found.id, found.number.unwrap().0.to_string()), (second, number));
        assert_eq!(wait(ledger.visit_of(&person(1), DAY)), Ok(None));
        assert_eq!(wait(ledger.prints(second)).unwrap().last().unwrap().state, PrintState::Sent);
        let (_, next_job, next) = taken(&ledger, 4, DAY);
        assert_eq!((next.as_str(), next_job > last_job), ("A003", true));
        drop(ledger);
        drop(SqliteLedger::open_as(&file, options(), &newer).unwrap());
        let proven = prove_both_ways(&file, dir.path());
        assert!(
            if steps == 0 { proven.is_ok() } else { matches!(proven, Err(Unproven::Newer(_))) },
            "{steps}: {proven:?}"
        );
    }
}

#[test]
fn a_word_that_only_the_newer_kiosk_knows_becomes_one_that_both_know() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ledger.db");
    let ledger = SqliteLedger::open_as(&file, options(), &newer_by(2)).unwrap();
    let (visit, _, _) = taken(&ledger, 1, DAY);
    drop(ledger);
    Connection::open(&file).unwrap().execute("UPDATE print_job SET state = 'torn'", []).unwrap();
    let ledger = SqliteLedger::open(&file, options()).unwrap();
    assert_eq!(wait(ledger.prints(visit)).unwrap().last().unwrap().state, PrintState::Unknown);
}

#[test]
fn a_ledger_without_a_way_back_is_refused_and_left_alone() {
    let delete = "DELETE FROM print_job; DELETE FROM visit; DROP INDEX visit_desk; DROP TABLE desk;
                  ALTER TABLE visit DROP COLUMN desk;";
    for back in [Back::Never("for a test"), Back::Script("DROP TABLE visit;"), Back::Script(delete)] {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ledger.db");
        let newer = [LAYOUTS, &[Layout { back, ..NEXT[0] }]].concat();
        let ledger = SqliteLedger::open_as(&file, options(), &newer).unwrap();
        taken(&ledger, 1, DAY);
        drop(ledger);
        let before = std::fs::read(&file).unwrap();
        let refused = SqliteLedger::open(&file, options()).map(drop).unwrap_err();
        let (found, known) = (layouts::known(&newer), layouts::known(LAYOUTS));
        assert_eq!(refused, LedgerError::Newer { file: file.clone(), found, known });
        assert!(std::fs::read(&file).unwrap() == before, "the file is another: {back:?}");
        SqliteLedger::open_as(&file, options(), &newer).unwrap();
    }
}

#[test]
fn the_power_goes_on_the_way_back() {
    let losses = (1u64..=3).map(|seed| Loss::Torn(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
    for loss in std::iter::once(Loss::All).chain(losses) {
        let mut cuts = 0;
        for nth in 1.. {
            let dir = tempfile::tempdir().unwrap();
            let file: PathBuf = dir.path().join("ledger.db");
            let ledger = SqliteLedger::open_as(&file, forgetful(), &newer_by(2)).unwrap();
            let held = [1, 2, 3].map(|n| taken(&ledger, n, DAY));
            drop(ledger);

            cut_power_at_sync(dir.path(), nth, loss).unwrap();
            let opened = SqliteLedger::open(&file, forgetful()).and_then(SqliteLedger::close);
            cut_power_at_sync(dir.path(), 0, loss).unwrap();
            cut_power(dir.path(), loss).unwrap();
            cuts += u32::from(opened.is_err());

            // whichever of the two starts next
            let layouts = if nth % 2 == 0 { newer_by(2) } else { LAYOUTS.to_vec() };
            let ledger = SqliteLedger::open_as(&file, forgetful(), &layouts).unwrap();
            for (n, (visit, job, _)) in (1..).zip(&held) {
                assert_eq!(
                    wait(ledger.visit_of(&person(n), DAY)).unwrap().unwrap().id,
                    *visit,
                    "{loss:?} {nth}"
                );
                assert_eq!(wait(ledger.prints(*visit)).unwrap().last().unwrap().job, *job);
            }
            assert_eq!(taken(&ledger, 4, DAY).2, "A004", "{loss:?} {nth}");
            if opened.is_ok() {
                break;
            }
        }
        assert!(cuts > 0, "going back is synced");
    }
}

#[derive(Clone, Debug)]
enum Op {
    Take(u8),
    Cancel(u8),
    Print(u8, PrintState),
    Window(u16, WindowEvent),
    NextDay,
    CloseDay,
    Purge,
    /// another kiosk starts, so much newer
    Version(usize),
}

fn op() -> impl Strategy<Value = Op> {
    let event = proptest::sample::select(vec![WindowEvent::Called, WindowEvent::Served, WindowEvent::NoShow]);
    let state = proptest::sample::select(PrintState::ALL.to_vec());
    prop_oneof![
        6 => (1..6u8).prop_map(Op::Take),
        1 => (1..6u8).prop_map(Op::Cancel),
        4 => (1..6u8, state).prop_map(|(n, state)| Op::Print(n, state)),
        3 => (1..9u16, event).prop_map(|(n, event)| Op::Window(n, event)),
        1 => Just(Op::NextDay),
        1 => Just(Op::CloseDay),
        1 => Just(Op::Purge),
        4 => (0..=NEXT.len()).prop_map(Op::Version),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn kiosks_of_all_versions_take_turns(ops in proptest::collection::vec(op(), 1..50)) {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ledger.db");
        let (mut day, mut seq) = (DAY, 0);
        let mut ledger = SqliteLedger::open(&file, options()).unwrap();
        for op in ops.iter().chain([&Op::Version(2), &Op::Version(0)]) {
            let at = day.at(11, 0, 0, 0);
            match op {
                Op::Take(n) => drop(taken(&ledger, *n, day)),
                Op::Cancel(n) => {
                    if let Some(visit) = wait(ledger.visit_of(&person(*n), day)).unwrap() {
                        wait(ledger.cancel(visit.id)).unwrap();
                    }
                }
                Op::Print(n, state) => {
                    if let Some(visit) = wait(ledger.visit_of(&person(*n), day)).unwrap() {
                        let job = wait(ledger.prints(visit.id)).unwrap().last().unwrap().job;
                        // in an order that cannot be, too
                        let _ = wait(ledger.print_state(job, *state, "", at));
                    }
                }
                Op::Window(count, event) => {
                    seq += 1;
                    let number = TicketNumber::parse(&format!("A{count:03}")).unwrap();
                    wait(ledger.window_event(seq, number, *event, day, at)).unwrap();
                }
                Op::NextDay => day = day.tomorrow().unwrap(),
                Op::CloseDay => drop(wait(ledger.close_day(day)).unwrap()),
                Op::Purge => drop(wait(ledger.purge(day)).unwrap()),
                Op::Version(steps) => {
                    drop(ledger);
                    let before = all_rows(&file);
                    ledger = SqliteLedger::open_as(&file, options(), &newer_by(*steps)).unwrap();
                    prop_assert_eq!(all_rows(&file), before);
                }
            }
        }
        prop_assert!(prove_both_ways(&file, dir.path()).is_ok());
    }
}
