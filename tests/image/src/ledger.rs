//! What lies on a kiosk's `/data`: its ledger and the index of its outbox, taken out of the running machine and read
//! here, by a reader that trusts nobody.

use crate::running::Running;
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Both databases with what SQLite has not yet moved into them, while the kiosk holds still.
const TAKE: &str = "systemctl freeze kiosk.service >/dev/null 2>&1
cd /data/onedoor && tar -cf - queue/numbers.db* outbox/outbox.sqlite* 2>/dev/null; status=$?
systemctl thaw kiosk.service >/dev/null 2>&1
exit $status";

/// What the kiosk remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Every number that was given.
    pub numbers: BTreeSet<String>,
    /// Documents that are still owed to the store.
    pub owed: u64,
}

impl Ledger {
    /// Takes it out of a running kiosk.
    ///
    /// # Panics
    /// When a database is not whole, a number is there twice, or somebody has two.
    #[must_use]
    pub fn take(running: &mut Running) -> Self {
        let said = running.ask(TAKE);
        assert_eq!(said.status, 0, "the kiosk's databases could not be taken: {} bytes", said.output.len());
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("data.tar"), said.output).expect("room");
        crate::tools::run(
            "tar",
            crate::words!["-x", "-f", &folder.path().join("data.tar"), "-C", folder.path()],
        );
        Self::read(folder.path())
    }

    /// Reads it from a folder that holds `queue/numbers.db` and `outbox/outbox.sqlite`.
    fn read(folder: &Path) -> Self {
        let queue = open(&folder.join("queue/numbers.db"));
        let all = texts(&queue, "SELECT format('%s%03d', letter, count) FROM visit WHERE count IS NOT NULL");
        let numbers: BTreeSet<_> = all.iter().cloned().collect();
        assert_eq!(all.len(), numbers.len(), "a number was given twice: {all:?}");
        let twice =
            "SELECT hex(person) FROM visit WHERE count IS NOT NULL GROUP BY person, day HAVING count(*) > 1";
        assert!(texts(&queue, twice).is_empty(), "somebody has two numbers of {numbers:?}");
        let outbox = open(&folder.join("outbox/outbox.sqlite"));
        let owed = texts(&outbox, "SELECT CAST(id AS TEXT) FROM document WHERE state <> 'deleted'").len();
        Self { numbers, owed: owed as u64 }
    }

    /// Whether everything that was given before still stands.
    ///
    /// # Panics
    /// When a number is gone.
    pub fn holds(&self, before: &Self) {
        let lost: Vec<_> = before.numbers.difference(&self.numbers).collect();
        assert!(lost.is_empty(), "numbers are lost: {lost:?} of {:?}", before.numbers);
    }
}

/// A database that SQLite finds whole.
fn open(file: &Path) -> Connection {
    assert!(file.is_file(), "{} is missing", file.display());
    let database = Connection::open(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    assert_eq!(texts(&database, "PRAGMA integrity_check"), ["ok"], "{}", file.display());
    let dangling = texts(&database, "SELECT \"table\" FROM pragma_foreign_key_check");
    assert!(dangling.is_empty(), "{}: rows of {dangling:?} belong to nobody", file.display());
    database
}

fn texts(database: &Connection, sql: &str) -> Vec<String> {
    let mut rows = database.prepare(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
    let found = rows.query_map([], |row| row.get(0)).and_then(Iterator::collect);
    found.unwrap_or_else(|e| panic!("{sql}: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::catch_unwind;

    const VISITS: &str = "CREATE TABLE visit (person BLOB, day TEXT, letter TEXT, count INTEGER);
        INSERT INTO visit VALUES (x'01', '2026-01-01', 'A', 1), (x'02', '2026-01-01', 'A', 2),
            (x'03', '2026-01-01', NULL, NULL);";
    const OUTBOX: &str = "CREATE TABLE document (id INTEGER PRIMARY KEY, state TEXT);
        INSERT INTO document (state) VALUES ('deleted'), ('waiting'), ('confirmed');";

    /// What is read from these databases, after `more` befell the ledger.
    fn read(more: &str) -> Ledger {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, sql) in [("queue/numbers.db", VISITS), ("outbox/outbox.sqlite", OUTBOX)] {
            let file = folder.path().join(name);
            fs::create_dir(file.parent().expect("a folder")).expect("a folder");
            Connection::open(file).and_then(|database| database.execute_batch(sql)).expect("a database");
        }
        let ledger = Connection::open(folder.path().join("queue/numbers.db")).expect("the ledger");
        ledger.execute_batch(more).expect("more");
        Ledger::read(folder.path())
    }

    #[test]
    fn numbers_and_debts_are_counted() {
        let wanted = Ledger { numbers: BTreeSet::from(["A001".to_owned(), "A002".to_owned()]), owed: 2 };
        assert_eq!(read(""), wanted);
    }

    #[test]
    fn what_is_doubled_or_lost_is_seen() {
        for more in [
            "INSERT INTO visit VALUES (x'04', '2026-01-01', 'A', 2)",
            "INSERT INTO visit VALUES (x'01', '2026-01-01', 'A', 3)",
        ] {
            assert!(catch_unwind(|| read(more)).is_err(), "{more}");
        }
        let (before, after) = (read(""), read("DELETE FROM visit WHERE count = 2"));
        before.holds(&after);
        assert!(catch_unwind(|| after.holds(&before)).is_err());
    }
}
