//! Whether a living database would survive going back and coming again, tried on a copy.

use crate::form::{self, Form};
use crate::rows::{self, Print};
use crate::{Fault, Layout, bring_up, found, go_back, known, oldest};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The copy's name, in the folder that the caller gives. One that a power cut left is removed by the next.
const COPY: &str = "both-ways.proof";

/// Pages that are copied at a time; between two times the database is free.
const PAGES: i32 = 256;

/// How long to wait for somebody who holds the database.
const PAUSE: Duration = Duration::from_millis(10);

/// How much a proof may cost.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// the largest database that is copied
    pub bytes: u64,
    /// how long it may take
    pub time: Duration,
}

/// What was proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proven {
    /// the layout that this program gives a database
    pub layout: i64,
    /// the oldest layout to which the copy went back; the same as `layout` where no way leads further
    pub oldest: i64,
    /// rows that were there before and after
    pub rows: u64,
    /// the copy's size
    pub bytes: u64,
}

/// Why nothing was proven. The database itself was only read.
#[derive(Debug, thiserror::Error)]
pub enum Unproven {
    /// The database or its copy could not be opened, read or written.
    #[error("the database or its copy could not be read or written: {0}")]
    Disk(String),
    /// It has a layout that this program does not know.
    #[error("the database has layout {0}, which is not known here")]
    Newer(i64),
    /// It is larger than is copied.
    #[error("the database has {0} bytes, more than are copied")]
    TooLarge(u64),
    /// It took longer than allowed.
    #[error("the copy was not made and tried in time")]
    TooSlow,
    /// The copy does not get this program's layout.
    #[error("the copy cannot be brought up to layout {layout}: {fault}")]
    Up {
        /// which
        layout: i64,
        /// what is in the way
        fault: Fault,
    },
    /// The copy does not go back to an older layout.
    #[error("the copy does not go back to layout {layout}: {fault}")]
    Back {
        /// which
        layout: i64,
        /// what is in the way
        fault: Fault,
    },
    /// A table has other rows than before.
    #[error("after going back and coming again the rows of {0} are not the same")]
    Rows(String),
    /// A table or index is not as this program makes it.
    #[error("{0} is not as this program makes it")]
    Form(String),
}

impl From<rusqlite::Error> for Unproven {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::OperationInterrupted) => Self::TooSlow,
            _ => Self::Disk(error.to_string()),
        }
    }
}

impl From<io::Error> for Unproven {
    fn from(error: io::Error) -> Self {
        Self::Disk(error.to_string())
    }
}

impl From<Fault> for Unproven {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Sql(error) => error.into(),
            Fault::Damaged(why) => Self::Disk(why),
            Fault::NoWayBack { found, .. } => Self::Newer(found),
        }
    }
}

/// Copies the database `live`, which may be in use, into `folder`; takes the copy back layout by layout as
/// far as ways lead, up again, and compares every row in all that the oldest of these layouts holds. The
/// copy is private to its owner (mode 0600) and gone afterwards; `folder` has to be private, too.
///
/// # Errors
/// [`Unproven`].
pub fn prove(live: &Path, folder: &Path, layouts: &[Layout], bounds: Bounds) -> Result<Proven, Unproven> {
    let until = Instant::now() + bounds.time;
    let copy = Copy::make(folder.join(COPY))?;
    let bytes = fetch(live, &copy.0, bounds.bytes, until)?;
    let mut db = open(&copy.0, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    db.execute_batch(
        "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY;
         PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;",
    )?;
    let (layout, oldest) = (known(layouts), oldest(layouts));
    match found(&db)? {
        newer if newer > layout => return Err(Unproven::Newer(newer)),
        _ => up(&mut db, until, layouts)?,
    }
    let model = form::model(layouts)?;
    as_made(&db, &model)?;
    let steps = || (oldest..layout).rev().map(|to| &layouts[..usize::try_from(to).unwrap_or(0)]);
    let oldest_model = form::model(steps().next_back().unwrap_or(layouts))?;
    let before = everything(&mut db, until, &oldest_model, &model)?;
    for older in steps() {
        in_time(until)?;
        go_back(&mut db, older).map_err(|fault| Unproven::Back { layout: known(older), fault })?;
    }
    up(&mut db, until, layouts)?;
    as_made(&db, &model)?;
    let after = everything(&mut db, until, &oldest_model, &model)?;
    if let Some(table) = before.iter().find(|(table, found)| after.get(*table) != Some(found)) {
        return Err(Unproven::Rows(table.0.clone()));
    }
    Ok(Proven { layout, oldest, rows: before.values().map(|found| found.print.rows).sum(), bytes })
}

/// Brings the copy up; from here on SQLite stops when the time is over.
fn up(db: &mut Connection, until: Instant, layouts: &[Layout]) -> Result<(), Unproven> {
    watch(db, until)?;
    bring_up(db, layouts).map_err(|fault| Unproven::Up { layout: known(layouts), fault })
}

fn watch(db: &mut Connection, until: Instant) -> rusqlite::Result<()> {
    db.progress_handler(4096, Some(move || Instant::now() > until))
}

fn as_made(db: &Connection, model: &Connection) -> Result<(), Unproven> {
    match Form::of(model)?.difference(&Form::of(db)?) {
        Some(name) => Err(Unproven::Form(name.to_owned())),
        None => Ok(()),
    }
}

fn in_time(until: Instant) -> Result<(), Unproven> {
    if Instant::now() < until { Ok(()) } else { Err(Unproven::TooSlow) }
}

/// A table's rows, and how far it has counted.
#[derive(PartialEq, Eq)]
struct Found {
    print: Print,
    counted: Option<i64>,
}

/// All rows in the columns that the oldest layout has as well, table by table.
fn everything(
    db: &mut Connection,
    until: Instant,
    oldest: &Connection,
    newest: &Connection,
) -> Result<BTreeMap<String, Found>, Unproven> {
    watch(db, until)?;
    let form = Form::of(oldest)?;
    let mut counters = rows::counters(db)?;
    let mut tables = BTreeMap::new();
    for table in form.tables() {
        let now = rows::columns(newest, table)?;
        let mut both = rows::columns(oldest, table)?;
        both.retain(|(column, _)| now.iter().any(|(name, _)| name == column));
        if both.is_empty() {
            continue;
        }
        let key = rows::key(&both);
        let names: Vec<String> = both.into_iter().map(|(name, _)| name).collect();
        let print = rows::print(db, table, &names, &key)?;
        tables.insert(table.to_owned(), Found { print, counted: counters.remove(table) });
    }
    Ok(tables)
}

/// The private file of a copy, removed with the value.
struct Copy(PathBuf);

impl Copy {
    fn make(path: PathBuf) -> io::Result<Self> {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0) {
            tracing::warn!(%error, "the copy of a database could not be removed; the next proof removes it");
        }
    }
}

fn open(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

/// Copies a database that others work with, a few pages at a time; answers the copy's size.
fn fetch(live: &Path, copy: &Path, most: u64, until: Instant) -> Result<u64, Unproven> {
    let from = open(live, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut to = open(copy, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    to.execute_batch("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;")?;
    let page: u32 = from.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    let size = |pages: i32| u64::try_from(pages).unwrap_or(0).saturating_mul(page.into());
    let backup = Backup::new(&from, &mut to)?;
    loop {
        in_time(until)?;
        let step = backup.step(PAGES)?;
        let bytes = size(backup.progress().pagecount);
        if bytes > most {
            return Err(Unproven::TooLarge(bytes));
        }
        match step {
            StepResult::Done => return Ok(bytes),
            StepResult::More => {}
            _ => std::thread::sleep(PAUSE),
        }
    }
}
