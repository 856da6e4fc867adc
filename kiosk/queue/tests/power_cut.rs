//! The power goes, at every moment at which it makes a difference; the disk is full.

mod common;

use common::*;
use forgetful_vfs::{Loss, cut_power, cut_power_at_sync, empty, fill, syncs};
use queue::ledger::*;
use queue::sqlite::{Durability, Options};
use std::collections::BTreeMap;
use std::path::Path;
use visit::number::NumberLife;

const PEOPLE: u32 = 4;

fn losses() -> impl Iterator<Item = Loss> {
    std::iter::once(Loss::All)
        .chain((1u64..=3).map(|seed| Loss::Torn(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))))
}

/// Takes a number for everybody and prints it; what it noted before it failed was promised.
fn a_day(ledger: &dyn Ledger, promised: &mut BTreeMap<u32, Taken>) -> Result<(), LedgerError> {
    for n in 0..PEOPLE {
        let taken = try_take(ledger, take(n))?;
        promised.insert(n, taken.clone());
        wait(ledger.print_state(taken.job, PrintState::Sent, "", ten()))?;
        wait(ledger.print_state(taken.job, PrintState::Confirmed, "", ten()))?;
    }
    wait(ledger.purge(DAY)).map(drop)
}

fn numbers(dir: &Path, ledger: &dyn Ledger) -> Vec<String> {
    let visit = |n| wait(ledger.visit_of(&person(n), DAY)).unwrap().unwrap();
    let numbers = (0..PEOPLE).map(|n| shown(&visit(n))).collect();
    audit_live(dir);
    numbers
}

/// [`audit`] looks at the real file, so that what is unsynced has to be there first.
fn audit_live(dir: &Path) {
    let ledger = open(dir, forgetful('A'));
    ledger.close().unwrap();
    audit(dir);
}

#[test]
fn at_every_sync() {
    for loss in losses() {
        let mut cuts = 0;
        for nth in 1.. {
            let dir = tempfile::tempdir().unwrap();
            let mut promised = BTreeMap::new();
            cut_power_at_sync(dir.path(), nth, loss).unwrap();
            let done = queue::sqlite::SqliteLedger::open(&dir.path().join("ledger.db"), forgetful('A'))
                .and_then(|ledger| a_day(&ledger, &mut promised));
            cut_power_at_sync(dir.path(), 0, loss).unwrap();
            if let Err(error) = &done {
                assert!(matches!(error, LedgerError::Disk { .. }), "{error}");
                cuts += 1;
            }
            cut_power(dir.path(), loss).unwrap();

            let ledger = open(dir.path(), forgetful('A'));
            wait(ledger.reconcile(ten())).unwrap();
            for (n, taken) in &promised {
                let kept = wait(ledger.visit_of(&person(*n), DAY)).unwrap().expect("a promised visit");
                assert_eq!((kept.id, kept.number), (taken.visit.id, taken.visit.number), "{loss:?} {nth}");
                let prints = wait(ledger.prints(kept.id)).unwrap();
                assert!(prints.may_have_printed(), "a ticket may be out, and the journal must say so");
            }
            a_day(&ledger, &mut BTreeMap::new()).unwrap();
            assert_eq!(numbers(dir.path(), &ledger), ["A001", "A002", "A003", "A004"], "{loss:?} {nth}");
            drop(ledger);
            if done.is_ok() {
                break;
            }
        }
        assert!(cuts >= 3 * PEOPLE, "every commit syncs");
    }
}

#[test]
fn at_every_step() {
    let table = [
        ("number.before-commit", false, None),
        ("number.committed", true, Some(PrintState::Unknown)),
        ("print.intended", true, Some(PrintState::Unknown)),
        ("print.sent", true, Some(PrintState::Unknown)),
        ("print.confirmed", true, Some(PrintState::Confirmed)),
        ("visit.cancelled", false, Some(PrintState::Confirmed)),
    ];
    for loss in losses() {
        for (step, open_after, printed) in table {
            let dir = tempfile::tempdir().unwrap();
            must_take(&open(dir.path(), forgetful('A')), take(100));
            let path = dir.path().to_owned();
            let options = observed(forgetful('A'), move |now| {
                if now == step {
                    cut_power(&path, loss).unwrap();
                }
            });
            let ledger = open(dir.path(), options);
            // each of these may fail once the power is gone
            let taken = try_take(&ledger, take(1));
            if let Ok(taken) = &taken {
                let _ = wait(ledger.print_state(taken.job, PrintState::Sent, "", ten()));
                let _ = wait(ledger.print_state(taken.job, PrintState::Confirmed, "", ten()));
                let _ = wait(ledger.cancel(taken.visit.id));
            }
            drop(ledger);

            let ledger = open(dir.path(), forgetful('A'));
            wait(ledger.reconcile(ten())).unwrap();
            let found = wait(ledger.visit_of(&person(1), DAY)).unwrap();
            assert_eq!(found.is_some(), open_after, "{step} {loss:?}");
            let id = found.map(|visit| visit.id).or(taken.ok().map(|taken| taken.visit.id));
            let state = id.map(|id| wait(ledger.prints(id)).unwrap().last().unwrap().state);
            assert_eq!(state, printed, "{step} {loss:?}");
            let again = must_take(&ledger, take(1));
            let (want, fresh) = match step {
                "number.before-commit" => ("A002", true),
                "visit.cancelled" => ("A003", true),
                _ => ("A002", false),
            };
            assert_eq!((shown(&again.visit).as_str(), again.fresh), (want, fresh), "{step} {loss:?}");
        }
    }
}

#[test]
fn without_syncs_numbers_are_lost() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path(), Options { durability: Durability::OffForTests, ..forgetful('A') });
    must_take(&ledger, take(1));
    cut_power(dir.path(), Loss::All).unwrap();
    drop(ledger);
    let ledger = open(dir.path(), forgetful('A'));
    assert_eq!(wait(ledger.visit_of(&person(1), DAY)), Ok(None), "so the test above can fail");
}

#[test]
fn one_number_one_sync() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path(), forgetful('A'));
    must_take(&ledger, take(0));
    let before = syncs(dir.path()).unwrap();
    (1..=10).for_each(|n| drop(must_take(&ledger, take(n))));
    assert_eq!(syncs(dir.path()).unwrap() - before, 10);
    wait(ledger.visit_of(&person(1), DAY)).unwrap();
    assert_eq!(syncs(dir.path()).unwrap() - before, 10, "looking costs nothing");
}

#[test]
fn a_full_disk_does_nothing_by_halves() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path(), forgetful('A'));
    let first = must_take(&ledger, take(1));
    fill(dir.path()).unwrap();
    let full = try_take(&ledger, take(2)).unwrap_err();
    assert!(matches!(full, LedgerError::Disk { .. }) && full.to_string().contains("make room"), "{full}");
    assert!(wait(ledger.cancel(first.visit.id)).is_err());
    assert!(wait(ledger.print_state(first.job, PrintState::Sent, "", ten())).is_err());
    // who holds a number can still be told of it
    let kept = wait(ledger.visit_of(&person(1), DAY)).unwrap().unwrap();
    assert_eq!((kept.life, shown(&kept).as_str()), (NumberLife::Waiting, "A001"));
    empty(dir.path()).unwrap();
    assert_eq!(wait(ledger.visit_of(&person(2), DAY)), Ok(None));
    assert_eq!(shown(&must_take(&ledger, take(3)).visit), "A002", "no number was skipped");
    drop(ledger);
    audit_live(dir.path());
}
