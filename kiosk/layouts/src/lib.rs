//! SQLite layouts that go both ways.
//!
//! A system that updates itself as a whole goes back to its old version when the new one is not good, and
//! the old one then finds a database that the new one has touched. So whoever gives a database a new
//! layout writes the way back into it, in the same transaction; a program that meets a layout newer than it
//! knows looks there ([`settle`]), and goes the way back if it ends in exactly its own tables. Whether a
//! program's layouts hold to that is proven on a copy of the living database ([`prove`]).
//!
//! A way back may drop what only the newer layout knew, but no row of a table that the older one has.
//!
//! A database's file is data, whoever signed the program that wrote it: its scripts run behind a fence that
//! lets through nothing but work on the database's own tables, for a bounded time, and are undone unless
//! all is well at their end. A damaged or hostile file can do no more than fail.
//!
//! One program at a time: an old one that opens a database while a newer one works with it would take the
//! ground from under it.

#![forbid(unsafe_code)]

mod back;
mod fence;
mod form;
mod proof;
mod rows;
#[cfg(test)]
mod tests;

pub use proof::{Bounds, Proven, Unproven, prove};
pub use rows::whole;

use rusqlite::{Connection, TransactionBehavior};

/// One layout of a database, as a step from the one before it. What has been in service never changes.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Makes this layout of the one before it; the first one of an empty file.
    pub up: &'static str,
    /// What is filled in after `up` when no script can say it.
    pub fill: Option<fn(&Connection) -> rusqlite::Result<()>>,
    /// Makes the one before it of this layout.
    pub back: Back,
}

/// The way from a layout to the one before it.
#[derive(Clone, Copy, Debug)]
pub enum Back {
    /// Without transactions and pragmas; foreign keys are not enforced while it runs, so that it may build a
    /// table anew, and have to be whole at its end.
    Script(&'static str),
    /// There is none, and why.
    Never(&'static str),
}

/// Why a database does not get the layout that is known here. It was left as it was.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Disk, lock, or a damaged file.
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    /// A newer layout, from which no sound way leads back.
    #[error("layout {found} is newer than the {known} that is known here, and there is no way back: {why}")]
    NoWayBack {
        /// its layout
        found: i64,
        /// the newest that is known here
        known: i64,
        /// what is in the way
        why: String,
    },
    /// The ways back, or the layout's number, are not what any version wrote.
    #[error("{0}")]
    Damaged(String),
}

/// The number of a database's layout; 0 for an empty one.
///
/// # Errors
/// SQLite's.
pub fn found(db: &Connection) -> rusqlite::Result<i64> {
    db.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// The number of the last of `layouts`.
pub fn known(layouts: &[Layout]) -> i64 {
    i64::try_from(layouts.len()).unwrap_or(i64::MAX)
}

/// Gives a database the last of `layouts`, whatever it has now, and writes the ways back into it. Each
/// direction is one transaction, as durable as the connection's others; outside of it nothing changes.
///
/// # Errors
/// [`Fault`]; the database is as before.
pub fn settle(db: &mut Connection, layouts: &[Layout]) -> Result<(), Fault> {
    go_back(db, layouts)?;
    bring_up(db, layouts)
}

/// Goes back from a layout newer than the last of `layouts`; nothing to do from any other.
///
/// # Errors
/// [`Fault`]; the database is as before.
pub fn go_back(db: &mut Connection, layouts: &[Layout]) -> Result<(), Fault> {
    let (found, known) = (found(db)?, known(layouts));
    if found > known {
        back::go(db, layouts)?;
        tracing::warn!(found, known, "a database that a newer version touched was taken back");
    }
    Ok(())
}

/// Brings an older or empty database up to the last of `layouts`.
///
/// # Errors
/// [`Fault`], `NoWayBack` where [`go_back`] should have been asked first; the database is as before.
pub fn bring_up(db: &mut Connection, layouts: &[Layout]) -> Result<(), Fault> {
    fence::without_foreign_keys(db, |db| {
        let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (found, known) = (found(&change)?, known(layouts));
        let todo = usize::try_from(found)
            .map_err(|_| Fault::Damaged(format!("no version has a layout {found}")))
            .and_then(|done| {
                let why = || "it came while this one was opening".into();
                layouts.get(done..).ok_or_else(|| Fault::NoWayBack { found, known, why: why() })
            })?;
        if todo.is_empty() && back::are_written(&change, layouts)? {
            return Ok(());
        }
        for layout in todo {
            change.execute_batch(layout.up)?;
            if let Some(fill) = layout.fill {
                fill(&change)?;
            }
        }
        back::write(&change, layouts)?;
        if !todo.is_empty() {
            change.pragma_update(None, "user_version", known)?;
            rows::whole(&change)?;
        }
        Ok(change.commit()?)
    })
}

/// The oldest of `layouts` to which ways lead from the last one.
pub fn oldest(layouts: &[Layout]) -> i64 {
    let steps = layouts.iter().skip(1).rev().take_while(|layout| matches!(layout.back, Back::Script(_)));
    known(layouts).saturating_sub(i64::try_from(steps.count()).unwrap_or(i64::MAX))
}
