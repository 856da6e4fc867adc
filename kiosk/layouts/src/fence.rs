//! What scripts from a file may do, and for how long.

use crate::Fault;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The longest text, blob or row while the fence stands, in bytes. A kiosk's are some hundred KiB at most.
const LONGEST: i32 = 16 << 20;

/// How many steps of SQLite's machine lie between two looks at the clock: well below a millisecond.
const STEPS: i32 = 4096;

/// Functions that a way back may call: each is pure, and none makes much of little. ALTER TABLE calls those
/// with a prefix of `sqlite_` itself; nobody else can.
const FUNCTIONS: &[&str] = &[
    "abs",
    "coalesce",
    "count",
    "glob",
    "hex",
    "ifnull",
    "iif",
    "instr",
    "json_array",
    "json_extract",
    "json_group_array",
    "json_object",
    "length",
    "like",
    "lower",
    "ltrim",
    "max",
    "min",
    "nullif",
    "raise",
    "replace",
    "round",
    "rtrim",
    "substr",
    "substring",
    "sum",
    "total",
    "trim",
    "typeof",
    "unicode",
    "upper",
];

/// Whether a script's statements are being prepared now.
#[derive(Clone, Default)]
pub(crate) struct Fence(Arc<AtomicBool>);

impl Fence {
    /// Runs a script that comes from a file.
    pub(crate) fn run(&self, db: &Connection, script: &str) -> rusqlite::Result<()> {
        self.0.store(true, Ordering::SeqCst);
        let done = db.execute_batch(script);
        self.0.store(false, Ordering::SeqCst);
        done
    }
}

/// Does `work` behind the fence: it is interrupted after `time`, and scripts within it are restricted.
pub(crate) fn fenced<T>(
    db: &mut Connection,
    time: Duration,
    work: impl FnOnce(&mut Connection, &Fence) -> Result<T, Fault>,
) -> Result<T, Fault> {
    without_foreign_keys(db, |db| {
        let fence = Fence::default();
        let closed = fence.0.clone();
        let began = Instant::now();
        let longest = db.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST)?;
        let defensive = db.db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE)?;
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        db.progress_handler(STEPS, Some(move || began.elapsed() > time))?;
        db.authorizer(Some(move |asked: AuthContext<'_>| {
            let fine = !closed.load(Ordering::SeqCst) || is_harmless(&asked);
            if fine { Authorization::Allow } else { Authorization::Deny }
        }))?;
        let done = work(db, &fence);
        db.authorizer(None::<fn(AuthContext<'_>) -> Authorization>)?;
        db.progress_handler(0, None::<fn() -> bool>)?;
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, defensive)?;
        db.set_limit(Limit::SQLITE_LIMIT_LENGTH, longest)?;
        done
    })
}

/// Does `work` while foreign keys are not enforced: dropping a table to build it anew would otherwise
/// delete what refers to it (sqlite.org/lang_altertable.html, 7). To be set outside of transactions alone.
pub(crate) fn without_foreign_keys<T>(
    db: &mut Connection,
    work: impl FnOnce(&mut Connection) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let enforced = db.db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)?;
    let done = work(db);
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, enforced)?;
    done
}

/// Work on the database's own tables, rows, indexes and triggers; nothing that reaches further.
fn is_harmless(asked: &AuthContext<'_>) -> bool {
    use AuthAction::*;
    match asked.action {
        Select | Recursive | Read { .. } | Insert { .. } | Update { .. } | Delete { .. } => true,
        CreateTable { .. } | CreateIndex { .. } | CreateTrigger { .. } => true,
        DropTable { .. } | DropIndex { .. } | DropTrigger { .. } => true,
        AlterTable { database_name, .. } => database_name == "main",
        Reindex { .. } => true,
        Function { function_name: name } => {
            let name = name.to_ascii_lowercase();
            FUNCTIONS.contains(&name.as_str()) || name.starts_with("sqlite_")
        }
        // the transaction is ours; files, settings, modules and temporary things are nobody's business
        _ => false,
    }
}
