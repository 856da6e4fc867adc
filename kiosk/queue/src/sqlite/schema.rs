//! The file: its tables, how it is opened, and whether it is sound.

use super::rows::Halt;
use super::{Durability, Options};
use crate::ledger::LedgerError;
use layouts::{Back, Fault, Layout};
use rusqlite::{Connection, OpenFlags};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

/// How long one writer waits for another program's.
const BUSY: Duration = Duration::from_secs(5);

/// "1num": marks the file as a ledger (sqlite.org/pragma.html#pragma_application_id).
const APPLICATION_ID: i64 = 0x316e_756d;

/// The ledger's layouts; `user_version` counts those that were run.
///
/// Never change one that has been in service: add another below it, with both scripts. `up` makes the new
/// layout of the last one. `back` makes the last one of the new layout, to the word (a column that `up`
/// added is dropped, a table that it built anew is built as it was); it lies in the file from then on, so
/// that an older kiosk can open what this one has touched. It may drop what only the new layout knows, and
/// put words that the old one does not know into some that it does; but each row of a table that the old
/// one has stays, with its number, its visit's life and its print job's fate. `sqlite_sequence` goes with
/// its table: a script that builds `print_job` anew sets its counter again, too. The tests go every way
/// there and back; [`prove_both_ways`](super::prove_both_ways) does so with the living file.
pub(super) const LAYOUTS: &[Layout] = &[
    Layout { up: FIRST, fill: Some(mark), back: Back::Never("before it there was no ledger") },
    Layout { up: DOSSIER, fill: None, back: Back::Script("ALTER TABLE visit DROP COLUMN dossier;") },
];

/// Layout 2: the token of the visit that this one's papers are kept under; NULL: its own. Said once, when the visit is
/// opened: what becomes of an earlier number after that moves no papers.
const DOSSIER: &str = "
    ALTER TABLE visit ADD COLUMN dossier BLOB CHECK (length(dossier) = 16);
";

/// Layout 1.
const FIRST: &str = "
    -- how far each letter's numbers have got; says nothing of anybody and is kept for good
    CREATE TABLE series (
        day TEXT NOT NULL CHECK (length(day) = 10),
        letter TEXT NOT NULL CHECK (letter GLOB '[A-Z]'),
        leased INTEGER NOT NULL CHECK (leased BETWEEN 0 AND 999999),
        given INTEGER NOT NULL CHECK (given BETWEEN 0 AND leased),
        PRIMARY KEY (day, letter)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER series_never_goes_back BEFORE UPDATE ON series
        WHEN new.given < old.given OR new.leased < old.leased
        BEGIN SELECT raise(ABORT, 'numbers never go back'); END;

    CREATE TABLE visit (
        id INTEGER PRIMARY KEY,
        token BLOB NOT NULL UNIQUE CHECK (length(token) = 16),
        person BLOB NOT NULL CHECK (length(person) = 32),
        day TEXT NOT NULL CHECK (length(day) = 10),
        opened_at TEXT NOT NULL,
        applicant TEXT NOT NULL CHECK (applicant IN ('oneself', 'company', 'relative')),
        company TEXT CHECK ((applicant = 'company') = (company IS NOT NULL)),
        relative BLOB CHECK ((applicant = 'relative') = (relative IS NOT NULL)),
        life TEXT NOT NULL
            CHECK (life IN ('waiting', 'called', 'served', 'no-show', 'cancelled', 'expired'))
            CHECK (count IS NOT NULL OR life IN ('waiting', 'cancelled', 'expired')),
        letter TEXT CHECK ((letter IS NULL) = (count IS NULL)),
        count INTEGER CHECK (count > 0),
        given_at TEXT CHECK ((given_at IS NULL) = (count IS NULL)),
        -- the order in which numbers were given, whatever the clock said
        turn INTEGER UNIQUE CHECK ((turn IS NULL) = (count IS NULL)),
        UNIQUE (day, letter, count),
        FOREIGN KEY (day, letter) REFERENCES series (day, letter)
    ) STRICT;
    -- nobody has two visits at a time, so nobody has two numbers
    CREATE UNIQUE INDEX one_open_visit ON visit (person) WHERE life IN ('waiting', 'called');
    CREATE INDEX visit_life ON visit (day, life, turn);
    CREATE TRIGGER a_visit_keeps_its_number BEFORE UPDATE OF day, letter, count ON visit
        WHEN old.count IS NOT NULL
            AND (new.day IS NOT old.day OR new.letter IS NOT old.letter OR new.count IS NOT old.count)
        BEGIN SELECT raise(ABORT, 'a visit keeps its number'); END;
    CREATE TRIGGER closed_is_closed BEFORE UPDATE OF life ON visit
        WHEN old.life NOT IN ('waiting', 'called') AND new.life IN ('waiting', 'called')
        BEGIN SELECT raise(ABORT, 'a closed visit stays closed'); END;

    CREATE TABLE visit_matter (
        visit INTEGER NOT NULL REFERENCES visit ON DELETE CASCADE,
        place INTEGER NOT NULL,
        matter TEXT NOT NULL,
        -- when the visit's number began to stand for it; that is when caps count it
        counted_at TEXT,
        PRIMARY KEY (visit, matter)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE visit_option (
        visit INTEGER NOT NULL REFERENCES visit ON DELETE CASCADE,
        package TEXT NOT NULL,
        item TEXT NOT NULL,
        PRIMARY KEY (visit, package, item)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE print_job (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        visit INTEGER NOT NULL REFERENCES visit ON DELETE CASCADE,
        -- the kiosk that prints
        letter TEXT NOT NULL CHECK (letter GLOB '[A-Z]'),
        language TEXT NOT NULL CHECK (language IN ('zh', 'en')),
        state TEXT NOT NULL
            CHECK (state IN ('intended', 'sent', 'confirmed', 'unknown', 'failed-before-sending')),
        evidence TEXT NOT NULL,
        intended_at TEXT NOT NULL,
        changed_at TEXT NOT NULL
    ) STRICT;
    CREATE INDEX print_job_visit ON print_job (visit, id);
    CREATE INDEX print_job_open ON print_job (letter, id) WHERE state IN ('intended', 'sent');

    CREATE TABLE window_event (
        seq INTEGER PRIMARY KEY CHECK (seq >= 0),
        day TEXT NOT NULL CHECK (length(day) = 10),
        letter TEXT NOT NULL CHECK (letter GLOB '[A-Z]'),
        count INTEGER NOT NULL CHECK (count > 0),
        event TEXT NOT NULL CHECK (event IN ('called', 'served', 'no-show')),
        at TEXT NOT NULL
    ) STRICT;
    CREATE INDEX window_event_day ON window_event (day);
    -- everything up to here was heard, though the reports themselves are purged
    CREATE TABLE feed (one INTEGER PRIMARY KEY CHECK (one = 1), purged INTEGER NOT NULL) STRICT;
";

fn mark(db: &Connection) -> rusqlite::Result<()> {
    db.pragma_update(None, "application_id", APPLICATION_ID)
}

/// Opens a file, makes it a ledger if it is new, brings it up or back to the last of `layouts`, and sees
/// that it is sound.
pub(super) fn open(file: &Path, options: &Options, layouts: &[Layout]) -> Result<Connection, LedgerError> {
    create(file).map_err(|e| LedgerError::Disk { file: file.to_owned(), detail: e.to_string() })?;
    connect(file, options, layouts).map_err(|halt| halt.explain(file))
}

/// Makes an empty file that only its owner may read; SQLite gives its log the same mode.
fn create(file: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Ok(_) => File::open(file.parent().unwrap_or(Path::new("/")))?.sync_all(),
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(e),
    }
}

fn connect(file: &Path, options: &Options, layouts: &[Layout]) -> Result<Connection, Halt> {
    // neither URI (a path is a path) nor CREATE (it is there)
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = match options.vfs.as_deref() {
        Some(vfs) => Connection::open_with_flags_and_vfs(file, flags, vfs)?,
        None => Connection::open_with_flags(file, flags)?,
    };
    db.busy_timeout(BUSY)?;
    db.set_prepared_statement_cache_capacity(64);
    let fresh = identify(&db, file)?;
    db.pragma_update(None, "temp_store", "MEMORY")?;
    db.pragma_update(None, "trusted_schema", false)?;
    db.pragma_update(None, "cell_size_check", true)?;
    db.pragma_update(None, "foreign_keys", true)?;
    let _: i64 = db.query_row("PRAGMA secure_delete = ON", [], |r| r.get(0))?;
    let mode: String = db.query_row("PRAGMA journal_mode = WAL", [], |r| r.get(0))?;
    if mode != "wal" {
        return Err(Halt::Refused("this file system carries no write-ahead log".into()));
    }
    let synchronous = match options.durability {
        Durability::Full => "FULL",
        Durability::OffForTests => "OFF",
    };
    db.pragma_update(None, "synchronous", synchronous)?;
    if !fresh {
        layouts::whole(&db).map_err(|fault| halt(fault, file))?;
    }
    layouts::settle(&mut db, layouts).map_err(|fault| halt(fault, file))?;
    Ok(db)
}

/// Whether the file is new; refuses what is not a ledger.
fn identify(db: &Connection, file: &Path) -> Result<bool, Halt> {
    let number = |sql| db.query_row(sql, [], |r| r.get::<_, i64>(0));
    let id = number("PRAGMA application_id")?;
    let fresh = id == 0 && number("SELECT count(*) FROM sqlite_schema")? == 0;
    if id == APPLICATION_ID || fresh {
        Ok(fresh)
    } else {
        Err(LedgerError::NotALedger { file: file.to_owned() }.into())
    }
}

fn halt(fault: Fault, file: &Path) -> Halt {
    match fault {
        Fault::Sql(error) => Halt::Sql(error),
        Fault::Damaged(detail) => Halt::Damaged(detail),
        Fault::NoWayBack { found, known, why } => {
            tracing::error!(found, known, why, "a newer ledger cannot be taken back");
            Halt::Said(LedgerError::Newer { file: file.to_owned(), found, known })
        }
    }
}

/// Brings the log into the file and empties it; false if another program stood in the way.
pub(super) fn empty_log(db: &Connection) -> Result<bool, Halt> {
    let busy: i64 = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |r| r.get(0))?;
    Ok(busy == 0)
}
