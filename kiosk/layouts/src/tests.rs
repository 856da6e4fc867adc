use crate::*;
use rusqlite::params;
use std::path::{Path, PathBuf};
use std::time::Duration;

const NEVER: Back = Back::Never("for a reason");

const ONE: Layout = Layout {
    up: "CREATE TABLE visit (id INTEGER PRIMARY KEY, number TEXT UNIQUE) STRICT;
         CREATE TABLE job (id INTEGER PRIMARY KEY AUTOINCREMENT, visit INTEGER NOT NULL REFERENCES visit
             ON DELETE CASCADE, state TEXT NOT NULL CHECK (state IN ('sent', 'out'))) STRICT;
         CREATE INDEX job_visit ON job (visit);
         CREATE TRIGGER kept BEFORE UPDATE OF number ON visit BEGIN SELECT raise(ABORT, 'kept'); END;",
    fill: None,
    back: NEVER,
};

/// Adds a column and a table.
const TWO: Layout = Layout {
    up: "ALTER TABLE visit ADD COLUMN note TEXT;
         CREATE TABLE seen (visit INTEGER NOT NULL REFERENCES visit, at TEXT) STRICT;",
    fill: None,
    back: Back::Script("DROP TABLE seen; ALTER TABLE visit DROP COLUMN note;"),
};

/// Builds a table anew, since a check knows one word more.
const THREE: Layout = Layout {
    up: "CREATE TABLE new (id INTEGER PRIMARY KEY AUTOINCREMENT, visit INTEGER NOT NULL REFERENCES visit
             ON DELETE CASCADE, state TEXT NOT NULL CHECK (state IN ('sent', 'out', 'torn'))) STRICT;
         INSERT INTO new SELECT * FROM job;
         UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'job')
             WHERE name = 'new';
         DROP TABLE job; ALTER TABLE new RENAME TO job; CREATE INDEX job_visit ON job (visit);",
    fill: None,
    back: Back::Script(
        "CREATE TABLE old (id INTEGER PRIMARY KEY AUTOINCREMENT, visit INTEGER NOT NULL REFERENCES visit
             ON DELETE CASCADE, state TEXT NOT NULL CHECK (state IN ('sent', 'out'))) STRICT;
         INSERT INTO old SELECT id, visit, CASE state WHEN 'torn' THEN 'out' ELSE state END FROM job;
         UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'job')
             WHERE name = 'old';
         DROP TABLE job; ALTER TABLE old RENAME TO job; CREATE INDEX job_visit ON job (visit);",
    ),
};

const ALL: [Layout; 3] = [ONE, TWO, THREE];

fn open(path: &Path) -> Connection {
    let db = Connection::open(path).unwrap();
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA trusted_schema = OFF")
        .unwrap();
    db
}

/// A database of some layouts, with rows; the last job of all was deleted.
fn filled(dir: &Path, layouts: &[Layout]) -> (PathBuf, Connection) {
    let path = dir.join("some.db");
    let mut db = open(&path);
    settle(&mut db, layouts).unwrap();
    for n in 1..=20 {
        db.execute("INSERT INTO visit (id, number) VALUES (?1, ?2)", params![n, format!("A{n:03}")]).unwrap();
        let state = if n % 2 == 0 { "sent" } else { "out" };
        db.execute("INSERT INTO job (visit, state) VALUES (?1, ?2)", params![n, state]).unwrap();
    }
    db.execute("DELETE FROM job WHERE id = 20", []).unwrap();
    (path, db)
}

fn rows(db: &Connection) -> Vec<(i64, String, Option<i64>, Option<String>)> {
    let sql =
        "SELECT visit.id, number, job.id, state FROM visit LEFT JOIN job ON visit = visit.id ORDER BY 1";
    let mut asked = db.prepare(sql).unwrap();
    let read = asked.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?))).unwrap();
    read.map(Result::unwrap).collect()
}

fn next_job(db: &Connection) -> i64 {
    db.query_row("INSERT INTO job (visit, state) VALUES (1, 'sent') RETURNING id", [], |r| r.get(0)).unwrap()
}

const BOUNDS: Bounds = Bounds { bytes: 1 << 20, time: Duration::from_secs(60) };

#[test]
fn every_layout_is_reached_from_every_other() {
    for from in 1..=ALL.len() {
        for to in 1..=ALL.len() {
            let dir = tempfile::tempdir().unwrap();
            let (_, mut db) = filled(dir.path(), &ALL[..from]);
            let before = rows(&db);
            settle(&mut db, &ALL[..to]).unwrap();
            assert_eq!(found(&db).unwrap(), known(&ALL[..to]), "{from} {to}");
            let model = form::model(&ALL[..to]).unwrap();
            let (own, made) = (form::Form::of(&model).unwrap(), form::Form::of(&db).unwrap());
            assert_eq!(own.difference(&made), None, "{from} {to}");
            assert!(back::are_written(&db, &ALL[..to]).unwrap());
            assert_eq!(rows(&db), before);
            let keys: bool = db.query_row("PRAGMA foreign_keys", [], |r| r.get(0)).unwrap();
            assert!(keys, "foreign keys are enforced again");
            assert_eq!(next_job(&db), 21, "no number of a job is given twice");
            settle(&mut db, &ALL).unwrap();
            assert_eq!(rows(&db).len(), before.len() + 1);
        }
    }
}

#[test]
fn a_database_gets_the_ways_back_that_it_lacks() {
    let dir = tempfile::tempdir().unwrap();
    let (_, mut db) = filled(dir.path(), &ALL);
    for lost in ["DROP TABLE way_back", "DELETE FROM way_back", "UPDATE way_back SET script = 'x'"] {
        db.execute_batch(lost).unwrap();
        settle(&mut db, &ALL).unwrap();
        assert!(back::are_written(&db, &ALL).unwrap(), "{lost}");
    }
    settle(&mut db, &ALL[..1]).unwrap();
}

#[test]
fn no_way_leads_over_a_layout_that_has_none() {
    let dir = tempfile::tempdir().unwrap();
    let closed = [ONE, Layout { back: NEVER, ..TWO }, THREE];
    let (_, mut db) = filled(dir.path(), &closed);
    assert_eq!((oldest(&ALL), oldest(&closed), oldest(&closed[..2])), (1, 2, 2));
    let refused = settle(&mut db, &closed[..1]).unwrap_err();
    assert!(refused.to_string().ends_with("none leads from layout 2 to the one before it"), "{refused}");
    assert_eq!(found(&db).unwrap(), 3);
    settle(&mut db, &closed[..2]).unwrap();
}

/// Whoever goes back from layout 2 with this script gets the words, and the file stays as it is, byte by byte.
fn refuses(script: &str, because: &str) {
    let dir = tempfile::tempdir().unwrap();
    let (path, db) = filled(dir.path(), &[ONE, TWO]);
    let secret = dir.path().join("other.db");
    let script = script.replace("OTHER", secret.to_str().unwrap());
    let other = Layout { back: Back::Script(Box::leak(script.clone().into_boxed_str())), ..TWO };
    back::write(&db, &[ONE, other]).unwrap();
    db.close().unwrap();
    let before = std::fs::read(&path).unwrap();

    let mut db = open(&path);
    let found = rows(&db);
    let refused = settle(&mut db, &[ONE]).unwrap_err();
    assert!(matches!(refused, Fault::NoWayBack { found: 2, known: 1, .. }), "{script}: {refused}");
    assert!(refused.to_string().contains(because), "{script}: {refused}");
    assert_eq!(rows(&db), found);
    // its settings are as before
    db.execute_batch("ATTACH ':memory:' AS fine; DETACH fine;").unwrap();
    db.close().unwrap();
    assert!(std::fs::read(&path).unwrap() == before, "{script}: the file is another");
    assert!(!secret.exists(), "{script}");
}

#[test]
fn what_a_hostile_script_does_is_refused_and_undone() {
    let beyond = "reaches beyond";
    let good = "DROP TABLE seen; ALTER TABLE visit DROP COLUMN note;";
    let table = [
        ("ATTACH 'OTHER' AS other;", beyond),
        ("VACUUM INTO 'OTHER';", "within a transaction"),
        ("COMMIT; DROP TABLE visit;", beyond),
        ("ROLLBACK;", beyond),
        ("SAVEPOINT mine;", beyond),
        ("PRAGMA writable_schema = ON;", beyond),
        ("PRAGMA user_version = 1;", beyond),
        ("PRAGMA foreign_keys = ON;", beyond),
        ("SELECT load_extension('OTHER');", "not authorized to use function: load_extension"),
        ("SELECT zeroblob(1000000000);", "not authorized"),
        ("CREATE TEMP TABLE visit (id);", beyond),
        ("CREATE VIRTUAL TABLE v USING fts5(a);", beyond),
        ("CREATE VIEW v AS SELECT 1;", beyond),
        ("ANALYZE;", beyond),
        ("UPDATE sqlite_schema SET sql = '';", "may not be modified"),
        ("SELECT sqlite_rename_table('main', 'a', 'b', 'c', 'd', 'e', 0);", ""),
        ("not SQL", "syntax error"),
        ("", "another visit"),
        ("DROP TABLE seen;", "another visit"),
        ("DROP TABLE visit;", "another"),
        ("DELETE FROM job; DROP TABLE seen; ALTER TABLE visit DROP COLUMN note;", "loses rows of job"),
        (
            "INSERT INTO visit (id) VALUES (99); DROP TABLE seen; ALTER TABLE visit DROP COLUMN note;",
            "rows of visit",
        ),
        ("DELETE FROM sqlite_sequence; DROP TABLE seen; ALTER TABLE visit DROP COLUMN note;", "rows of job"),
        ("UPDATE job SET visit = 999; DROP TABLE seen; ALTER TABLE visit DROP COLUMN note;", "not there"),
        (
            "CREATE TRIGGER later AFTER INSERT ON visit BEGIN DELETE FROM job; END; DROP TABLE seen;
          ALTER TABLE visit DROP COLUMN note;",
            "another later",
        ),
        (
            "CREATE TRIGGER later AFTER DELETE ON way_back BEGIN DELETE FROM job; END; DROP TABLE seen;
          ALTER TABLE visit DROP COLUMN note;",
            "another later",
        ),
        ("DROP TABLE way_back;", "another"),
    ];
    for (script, because) in table {
        refuses(script, because);
    }
    let all_of_ours = "DROP TABLE visit; DROP TABLE seen; CREATE TABLE visit
        (id INTEGER PRIMARY KEY, number TEXT UNIQUE) STRICT;
        CREATE TRIGGER kept BEFORE UPDATE OF number ON visit BEGIN SELECT raise(ABORT, 'kept'); END;";
    refuses(all_of_ours, "loses rows of visit");
    refuses(&format!("DROP TABLE way_back; CREATE TABLE way_back (version); {good}"), "not the one");
    refuses(&format!("{good} -- {}", "x".repeat(64 << 10)), "none leads");
}

#[test]
fn what_does_not_end_is_interrupted() {
    for endless in [
        "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x FROM n) SELECT count(*) FROM n;",
        "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x FROM n) DELETE FROM job WHERE id IN n;",
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (_, mut db) = filled(dir.path(), &[ONE]);
        let before = rows(&db);
        let stopped =
            fence::fenced(&mut db, Duration::from_millis(50), |db, fence| Ok(fence.run(db, endless)?));
        let Err(Fault::Sql(error)) = stopped else { panic!("{stopped:?}") };
        assert_eq!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::OperationInterrupted));
        assert_eq!(rows(&db), before);
        let slow = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100000)
                    SELECT count(*) FROM n";
        assert_eq!(
            db.query_row(slow, [], |r| r.get::<_, i64>(0)),
            Ok(100_000),
            "nobody is hurried afterwards"
        );
    }
}

#[test]
fn damaged_ways_are_not_gone() {
    let two = [ONE, TWO];
    let table = [
        ("UPDATE way_back SET script = script || ' '", "damaged"),
        ("UPDATE way_back SET checksum = zeroblob(32)", "damaged"),
        ("DELETE FROM way_back", "none leads"),
        ("DROP TABLE way_back", "left none"),
        ("DROP TABLE way_back; CREATE TABLE way_back (version, script, checksum)", "not the one"),
        (
            "DROP TABLE way_back; CREATE VIEW way_back AS SELECT 2 AS version, '' AS script, '' AS checksum",
            "not the one",
        ),
        ("CREATE TRIGGER t AFTER DELETE ON way_back BEGIN DELETE FROM job; END", "not the one"),
        ("PRAGMA user_version = 99", "more than 32"),
        ("PRAGMA user_version = 2000000000", "more than 32"),
        ("DROP INDEX job_visit", "another job_visit"),
    ];
    for (damage, because) in table {
        let dir = tempfile::tempdir().unwrap();
        let (_, mut db) = filled(dir.path(), &two);
        db.execute_batch(damage).unwrap();
        let before = (found(&db).unwrap(), rows(&db));
        let refused = settle(&mut db, &[ONE]).unwrap_err();
        assert!(refused.to_string().contains(because), "{damage}: {refused}");
        assert_eq!((found(&db).unwrap(), rows(&db)), before, "{damage}");
    }
    let dir = tempfile::tempdir().unwrap();
    let (_, mut db) = filled(dir.path(), &two);
    db.pragma_update(None, "user_version", -1).unwrap();
    assert!(matches!(settle(&mut db, &[ONE]), Err(Fault::Damaged(_))));
}

#[test]
fn a_proof_leaves_the_living_database_alone_and_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    // what a power cut left, readable by all
    std::fs::write(folder.path().join("both-ways.proof"), "left over").unwrap();
    let (path, mut db) = filled(dir.path(), &ALL);
    // in use: what is not committed is not in the copy, and the writer does not wait
    let writing = db.transaction().unwrap();
    writing.execute("INSERT INTO visit (id) VALUES (77)", []).unwrap();
    let proven = prove(&path, folder.path(), &ALL, BOUNDS).unwrap();
    assert_eq!((proven.layout, proven.oldest, proven.rows), (3, 1, 20 + 19));
    writing.commit().unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    assert_eq!(prove(&path, folder.path(), &ALL, BOUNDS).unwrap().rows, 21 + 19);
    // of an older version: the copy alone is brought up
    settle(&mut db, &ALL[..2]).unwrap();
    assert_eq!(prove(&path, folder.path(), &ALL, BOUNDS).unwrap().layout, 3);
    assert_eq!(found(&db).unwrap(), 2);
}

#[test]
fn what_does_not_hold_is_not_proven() {
    let back = |script| Layout { back: Back::Script(script), ..TWO };
    let forgets = "DROP TABLE seen; ALTER TABLE visit DROP COLUMN note; UPDATE job SET state = 'out';";
    let dir = tempfile::tempdir().unwrap();
    let (path, db) = filled(dir.path(), &[ONE, TWO]);
    let try_with = |layout: Layout, bounds| prove(&path, dir.path(), &[ONE, layout], bounds).map(drop);
    assert!(try_with(TWO, BOUNDS).is_ok());
    assert!(matches!(try_with(back(forgets), BOUNDS), Err(Unproven::Rows(table)) if table == "job"));
    assert!(matches!(try_with(back("DROP TABLE seen"), BOUNDS), Err(Unproven::Back { layout: 1, .. })));
    assert!(matches!(try_with(TWO, Bounds { bytes: 4096, ..BOUNDS }), Err(Unproven::TooLarge(_))));
    assert!(matches!(try_with(TWO, Bounds { time: Duration::ZERO, ..BOUNDS }), Err(Unproven::TooSlow)));
    assert!(matches!(prove(&path, dir.path(), &[ONE], BOUNDS), Err(Unproven::Newer(2))));
    assert!(matches!(prove(&dir.path().join("none"), dir.path(), &ALL, BOUNDS), Err(Unproven::Disk(_))));
    let worse = Layout { up: "CREATE TABLE seen (a)", ..THREE };
    let up = prove(&path, dir.path(), &[ONE, TWO, worse], BOUNDS);
    assert!(matches!(up, Err(Unproven::Up { layout: 3, .. })), "{up:?}");
    db.execute_batch("DROP INDEX job_visit").unwrap();
    assert!(matches!(try_with(TWO, BOUNDS), Err(Unproven::Form(name)) if name == "job_visit"));
    assert_eq!(rows(&db).len(), 20);
}
