//! What the tests of the ledger share.
#![allow(dead_code, reason = "each test uses its part")]

use jiff::civil::{Date, DateTime, date, time};
use queue::key::PersonKey;
use queue::ledger::*;
use queue::sqlite::{Durability, Options, SqliteLedger};
use std::path::Path;
use std::sync::Arc;
use visit::catalogue::Matter;
use visit::checklist::Choice;
use visit::hours::Span;
use visit::number::{Letter, TicketNumber};

pub const DAY: Date = date(2026, 11, 23);

pub fn person(n: u32) -> PersonKey {
    let mut bytes = [0x5a; 32];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    PersonKey::from_bytes(bytes)
}

pub fn letter(c: char) -> Letter {
    Letter::new(c).unwrap()
}

pub fn number(text: &str) -> TicketNumber {
    TicketNumber::parse(text).unwrap()
}

pub fn matter(code: &str) -> Matter {
    Matter::parse(&format!("matter.{code}")).unwrap()
}

pub fn choice(codes: &[&str]) -> Choice {
    Choice { matters: codes.iter().map(|code| matter(code)).collect(), ..Choice::default() }
}

pub fn enter_at(n: u32, at: DateTime, codes: &[&str]) -> Enter {
    let applicant = ApplicantRef::Oneself;
    Enter { person: person(n), day: at.date(), at, choice: choice(codes), applicant }
}

pub fn take_at(n: u32, at: DateTime, codes: &[&str]) -> Take {
    Take { enter: enter_at(n, at, codes), caps: vec![], ticket: TicketIntent::default() }
}

/// On [`DAY`] at ten.
pub fn take(n: u32) -> Take {
    take_at(n, ten(), &["a"])
}

pub fn ten() -> DateTime {
    DAY.at(10, 0, 0, 0)
}

pub fn cap(code: &str, from: i8, to: i8, numbers: u32) -> CapRule {
    CapRule { matter: matter(code), span: Span { from: time(from, 0, 0, 0), to: time(to, 0, 0, 0) }, numbers }
}

/// A ledger on the default VFS that syncs nothing: what is tested with it is not durability.
pub fn quick(c: char) -> Options {
    Options { durability: Durability::OffForTests, ..Options::new(letter(c)) }
}

pub fn forgetful(c: char) -> Options {
    forgetful_vfs::register().unwrap();
    Options { vfs: Some(forgetful_vfs::NAME.to_owned()), ..Options::new(letter(c)) }
}

pub fn observed(options: Options, step: impl Fn(&'static str) + Send + Sync + 'static) -> Options {
    Options { step: Arc::new(step), ..options }
}

pub fn open(dir: &Path, options: Options) -> SqliteLedger {
    SqliteLedger::open(&dir.join("ledger.db"), options).unwrap()
}

pub fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(future)
}

pub fn try_take(ledger: &dyn Ledger, take: Take) -> Result<Taken, LedgerError> {
    match wait(ledger.take_number(take))? {
        TakeAnswer::Taken(taken) => Ok(*taken),
        TakeAnswer::Full(matter) => panic!("{matter} is full"),
    }
}

pub fn must_take(ledger: &dyn Ledger, take: Take) -> Taken {
    try_take(ledger, take).unwrap()
}

pub fn shown(visit: &VisitRecord) -> String {
    visit.number.map(|(number, _)| number.to_string()).unwrap_or_default()
}

/// What must hold of the file whatever happened: it is sound, numbers have no gaps, nobody has two
/// open visits, no number two.
pub fn audit(dir: &Path) {
    let db = rusqlite::Connection::open(dir.join("ledger.db")).unwrap();
    let sound: String = db.query_row("PRAGMA integrity_check", [], |r| r.get(0)).unwrap();
    assert_eq!(sound, "ok");
    for none in [
        "SELECT * FROM (SELECT max(count) AS top, count(*) AS n FROM visit WHERE count IS NOT NULL GROUP BY day, letter)
         WHERE top <> n",
        "SELECT person FROM visit WHERE life IN ('waiting', 'called') GROUP BY person HAVING count(*) > 1",
        "SELECT day FROM visit WHERE count IS NOT NULL GROUP BY day, letter, count HAVING count(*) > 1",
        "SELECT day FROM series AS s WHERE given <>
            (SELECT count(*) FROM visit AS v WHERE v.day = s.day AND v.letter = s.letter)",
    ] {
        assert!(!db.prepare(none).unwrap().exists([]).unwrap(), "{none}");
    }
}
