//! Many hands at once: two kiosks, two processes' worth of connections, an impatient finger.

mod common;

use common::*;
use queue::ledger::*;
use queue::sqlite::SqliteLedger;
use std::collections::BTreeSet;
use std::sync::{Arc, Barrier};

#[test]
fn eight_threads_one_person_one_number() {
    let dir = tempfile::tempdir().unwrap();
    // two kiosks with a ledger each on one file, four threads at either
    let ledgers = ['A', 'B'].map(|c| Arc::new(open(dir.path(), quick(c))));
    for round in 0..10 {
        let start = Arc::new(Barrier::new(8));
        let hands: Vec<_> = (0..8)
            .map(|n| {
                let (ledger, start) = (ledgers[n % 2].clone(), start.clone());
                std::thread::spawn(move || {
                    start.wait();
                    must_take(ledger.as_ref(), take(round))
                })
            })
            .collect();
        let taken: Vec<Taken> = hands.into_iter().map(|hand| hand.join().unwrap()).collect();
        let numbers: BTreeSet<_> = taken.iter().map(|t| (t.visit.id, shown(&t.visit))).collect();
        assert_eq!(numbers.len(), 1, "{numbers:?}");
        assert_eq!(taken.iter().filter(|t| t.fresh).count(), 1);
        let jobs: BTreeSet<_> = taken.iter().map(|t| t.job).collect();
        assert_eq!(jobs.len(), 8, "each tap has its own print job");
        let unprinted = taken.iter().filter(|t| !t.earlier_prints.may_have_printed()).count();
        assert_eq!(unprinted, 1, "only one of them is the first");
    }
    drop(ledgers);
    audit(dir.path());
}

#[test]
fn eight_tasks_one_person_one_number() {
    let dir = tempfile::tempdir().unwrap();
    let ledger: Arc<dyn Ledger> = Arc::new(open(dir.path(), quick('A')));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_time().build().unwrap();
    let numbers = runtime.block_on(async {
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let ledger = ledger.clone();
                tokio::spawn(async move { ledger.take_number(take(1)).await.unwrap() })
            })
            .collect();
        let mut numbers = BTreeSet::new();
        for task in tasks {
            match task.await.unwrap() {
                TakeAnswer::Taken(taken) => drop(numbers.insert(shown(&taken.visit))),
                TakeAnswer::Full(matter) => panic!("{matter} is full"),
            }
        }
        numbers
    });
    assert_eq!(numbers, BTreeSet::from(["A001".to_owned()]));
}

#[test]
fn different_people_at_two_kiosks_get_different_numbers_without_gaps() {
    let dir = tempfile::tempdir().unwrap();
    let hands: Vec<_> = (0..8u32)
        .map(|n| {
            let ledger: SqliteLedger = open(dir.path(), quick(if n % 2 == 0 { 'A' } else { 'B' }));
            std::thread::spawn(move || {
                (0..15).map(|k| shown(&must_take(&ledger, take(n * 100 + k)).visit)).collect::<Vec<_>>()
            })
        })
        .collect();
    let numbers: BTreeSet<String> = hands.into_iter().flat_map(|hand| hand.join().unwrap()).collect();
    let want = (1..=60).flat_map(|n| [format!("A{n:03}"), format!("B{n:03}")]).collect();
    assert_eq!(numbers, want);
    audit(dir.path());
}

#[test]
fn an_answer_that_nobody_waits_for_makes_no_second_number() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path(), quick('A'));
    wait(async {
        for _ in 0..20 {
            // asked, polled once so that the question is on its way, and dropped
            let mut answer = ledger.take_number(take(1));
            let polled =
                std::future::poll_fn(|cx| std::task::Poll::Ready(answer.as_mut().poll(cx).is_ready()));
            polled.await;
        }
    });
    assert_eq!(shown(&must_take(&ledger, take(1)).visit), "A001");
    assert_eq!(shown(&must_take(&ledger, take(2)).visit), "A002");
}

#[test]
fn a_ledger_that_has_stopped_says_so() {
    let dir = tempfile::tempdir().unwrap();
    // an observer that fails takes the owner thread with it, before the commit
    let ledger = open(
        dir.path(),
        observed(quick('A'), |step| assert!(step != "number.before-commit", "a failing observer")),
    );
    assert_eq!(try_take(&ledger, take(1)), Err(LedgerError::Stopped));
    assert_eq!(try_take(&ledger, take(1)), Err(LedgerError::Stopped));
    assert_eq!(ledger.close(), Err(LedgerError::Stopped));
    let ledger = open(dir.path(), quick('A'));
    assert_eq!(wait(ledger.visit_of(&person(1), DAY)), Ok(None));
    assert_eq!(shown(&must_take(&ledger, take(2)).visit), "A001");
}
