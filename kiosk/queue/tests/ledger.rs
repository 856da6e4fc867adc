//! What a ledger promises, one promise a test.

mod common;

use common::*;
use jiff::civil::date;
use queue::key::HallKey;
use queue::ledger::*;
use queue::sqlite::{Options, SqliteLedger};
use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use visit::catalogue::{ItemCode, Matter, PackageCode};
use visit::identity::{CompanyCode, DocumentKind, DocumentNumber};
use visit::number::NumberLife::*;
use visit::number::WindowEvent;
use visit::screen::Language;
use visit::waiting::Waiting;

#[test]
fn the_same_person_gets_the_same_number() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path(), quick('A'));
    let first = must_take(&ledger, take(1));
    assert_eq!((shown(&first.visit).as_str(), first.fresh), ("A001", true));
    assert!(first.earlier_prints.jobs.is_empty());
    let second = must_take(&ledger, take(2));
    assert_eq!(shown(&second.visit), "A002");
    let again = must_take(&ledger, take_at(1, DAY.at(16, 0, 0, 0), &["a", "b"]));
    assert_eq!((again.visit.number, again.fresh), (first.visit.number, false));
    assert_eq!((again.visit.id, again.visit.opened_at), (first.visit.id, ten()));
    assert_eq!(again.visit.choice, choice(&["a", "b"]), "added matters are known");
    assert_eq!(
        again.earlier_prints.last().map(|p| (p.job, p.state)),
        Some((first.job, PrintState::Intended))
    );
    assert_eq!(wait(ledger.visit_of(&person(1), DAY)), Ok(Some(again.visit.clone())));
    assert_eq!(wait(ledger.visit(again.visit.id)), Ok(Some(again.visit)));
    assert_eq!(wait(ledger.visit_of(&person(3), DAY)), Ok(None));
    ledger.close().unwrap();
    audit(dir.path());
}

#[test]
fn papers_first_number_later() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path(), quick('A'));
    let mut enter = enter_at(1, ten(), &["a"]);
    let package = PackageCode::new("open-restaurant").unwrap();
    enter.choice.options = BTreeSet::from([(package, ItemCode::new("sign").unwrap())]);
    enter.applicant = ApplicantRef::Company(CompanyCode::parse("91350100M000100Y43").unwrap());
    let entered = wait(ledger.enter(enter.clone())).unwrap();
    assert_eq!((entered.number, entered.life, &entered.choice), (None, Waiting, &enter.choice));
    assert_eq!(entered.applicant, enter.applicant);
    assert_eq!(wait(ledger.print_again(entered.id, ten())), Err(LedgerError::NoNumber));
    enter.applicant = ApplicantRef::Relative(person(9));
    let taken = must_take(&ledger, Take { enter, caps: vec![], ticket: TicketIntent::default() });
    assert_eq!((taken.visit.id, taken.fresh, shown(&taken.visit)), (entered.id, true, "A001".into()));
    assert_eq!(taken.visit.applicant, ApplicantRef::Relative(person(9)));
    // coming back for papers changes nothing of the number
    let back = wait(ledger.enter(enter_at(1, ten(), &["c", "a", "c"]))).unwrap();
    assert_eq!(back.number, taken.visit.number);
    assert_eq!(back.choice, choice(&["c", "a"]));
}

#[test]
fn a_closed_visit_makes_room_for_a_new_number() {
    for (event, life) in
        [(Some(WindowEvent::Served), Served), (Some(WindowEvent::NoShow), NoShow), (None, Cancelled)]
    {
        let dir = tempfile::tempdir().unwrap();
        let ledger = open(dir.path(), quick('A'));
        let first = must_take(&ledger, take(1)).visit;
        match event {
            Some(event) => {
                assert_eq!(
                    wait(ledger.window_event(1, number("A001"), event, DAY, ten())),
                    Ok(Heard::Applied)
                );
                assert_eq!(wait(ledger.cancel(first.id)), Err(LedgerError::Closed(life)));
            }
            None => {
                assert_eq!(wait(ledger.cancel(first.id)).unwrap().life, life);
                assert_eq!(wait(ledger.cancel(first.id)).unwrap().life, life, "cancelled again");
            }
        }
        assert_eq!(wait(ledger.visit_of(&person(1), DAY)), Ok(None));
        assert_eq!(wait(ledger.print_again(first.id, ten())), Err(LedgerError::Closed(life)));
        let next = must_take(&ledger, take(1));
        assert_eq!((shown(&next.visit).as_str(), next.fresh), ("A002", true));
        assert_ne!(next.visit.id, first.id);
        drop(ledger);
        audit(dir.path());
    }
}

#[test]
fn papers_go_on_with_the_next_number_unless_the_last_one_was_served() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path(), quick('A'));
    let dossier = |n| must_take(&ledger, take(n)).visit.dossier;
    let entered = wait(ledger.enter(enter_at(1, ten(), &["a"]))).unwrap();
    assert_eq!(entered.dossier, entered.id);
    let first = must_take(&ledger, take(1)).visit;
    assert_eq!((first.id, first.dossier), (entered.id, entered.id));
    let stranger = must_take(&ledger, take(2)).visit;
    assert_eq!(stranger.dossier, stranger.id);

    wait(ledger.cancel(first.id)).unwrap();
    let second = must_take(&ledger, take(1)).visit;
    assert_ne!(second.id, first.id);
    assert_eq!((shown(&second).as_str(), second.dossier), ("A003", first.id));
    wait(ledger.window_event(1, number("A003"), WindowEvent::NoShow, DAY, ten())).unwrap();
    let third = must_take(&ledger, take(1)).visit;
    assert_eq!((shown(&third).as_str(), third.dossier), ("A004", first.id), "over two numbers");
    assert_eq!(wait(ledger.visit_of(&person(1), DAY)).unwrap().map(|visit| visit.dossier), Some(first.id));
    assert_eq!(wait(ledger.enter(enter_at(1, ten(), &["b"]))).unwrap().dossier, first.id);

    // Whoever missed his number is taken after all: the papers stay where they are.
    wait(ledger.window_event(2, number("A003"), WindowEvent::Served, DAY, ten())).unwrap();
    assert_eq!(wait(ledger.visit(second.id)).unwrap().map(|visit| visit.life), Some(Served));
    assert_eq!(wait(ledger.visit_of(&person(1), DAY)).unwrap().map(|visit| visit.dossier), Some(first.id));

    wait(ledger.window_event(3, number("A004"), WindowEvent::Served, DAY, ten())).unwrap();
    let fourth = must_take(&ledger, take(1)).visit;
    assert_eq!(fourth.dossier, fourth.id, "what was served is done with");
    wait(ledger.cancel(fourth.id)).unwrap();
    assert_eq!(dossier(1), fourth.id);
    // Another day is another matter.
    assert_eq!(wait(ledger.close_day(DAY)).unwrap(), 2);
    let tomorrow = must_take(&ledger, take_at(1, date(2026, 11, 24).at(10, 0, 0, 0), &["a"])).visit;
    assert_eq!(tomorrow.dossier, tomorrow.id);
    drop(ledger);
    audit(dir.path());
}

#[test]
fn midnight() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path(), quick('A'));
    let next_day = date(2026, 11, 24);
    let late = must_take(&ledger, take_at(1, DAY.at(23, 59, 59, 999_999_999), &[])).visit;
    let stays = must_take(&ledger, take_at(2, DAY.at(23, 59, 59, 999_999_999), &[])).visit;
    let early = must_take(&ledger, take_at(1, next_day.at(0, 0, 0, 0), &[]));
    assert_eq!((shown(&early.visit).as_str(), early.fresh), ("A001", true), "a new day, a new number");
    assert_eq!(wait(ledger.visit(late.id)).unwrap().map(|v| v.life), Some(Expired));
    assert_eq!(
        wait(ledger.visit(stays.id)).unwrap().map(|v| v.life),
        Some(Waiting),
        "until its day is closed"
    );
    // the clock is set back over midnight: what the person holds still counts
    let back = must_take(&ledger, take_at(1, DAY.at(23, 59, 59, 0), &[]));
    assert_eq!((back.visit.id, back.fresh), (early.visit.id, false));
    assert_eq!(wait(ledger.close_day(DAY)), Ok(1));
    assert_eq!(wait(ledger.visit(stays.id)).unwrap().map(|v| v.life), Some(Expired));
    assert_eq!(wait(ledger.close_day(next_day)), Ok(1));
    assert_eq!(shown(&must_take(&ledger, take_at(3, next_day.at(1, 0, 0, 0), &[])).visit), "A002");
}

#[test]
fn caps() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path(), quick('A'));
    let caps = [cap("a", 9, 12, 2), cap("a", 12, 17, 1), cap("b", 0, 23, 0)];
    let ask = |n, hour, codes: &[&str]| {
        let mut take = take_at(n, DAY.at(hour, 0, 0, 0), codes);
        take.caps = caps.to_vec();
        match wait(ledger.take_number(take)).unwrap() {
            TakeAnswer::Taken(taken) => shown(&taken.visit),
            TakeAnswer::Full(matter) => matter.to_string(),
        }
    };
    let table: &[(u32, i8, &[&str], &str)] = &[
        (1, 9, &["a"], "A001"),
        (2, 10, &["a"], "A002"),
        (3, 11, &["a"], "matter.a"),
        (3, 11, &["c", "a"], "matter.a"),
        (3, 11, &["c"], "A003"),
        (3, 11, &["c", "a"], "matter.a"),
        (1, 11, &["a"], "A001"),
        (1, 11, &["a", "b"], "matter.b"),
        (4, 12, &["a"], "A004"),
        (5, 12, &["a"], "matter.a"),
        (5, 17, &["a"], "A005"),
        (6, 8, &["a"], "A006"),
    ];
    for (n, hour, codes, want) in table {
        assert_eq!(ask(*n, *hour, codes), *want, "person {n} at {hour} for {codes:?}");
    }
    // refused: nothing of it was recorded
    assert_eq!(wait(ledger.visit_of(&person(3), DAY)).unwrap().unwrap().choice, choice(&["c"]));
    // papers handed in first do not slip past a cap
    wait(ledger.enter(enter_at(7, ten(), &["a"]))).unwrap();
    assert_eq!(ask(7, 11, &["a"]), "matter.a");
    assert_eq!(wait(ledger.visit_of(&person(7), DAY)).unwrap().unwrap().number, None);
    // a number given back makes room, and so does a matter that is dropped
    wait(ledger.cancel(wait(ledger.visit_of(&person(1), DAY)).unwrap().unwrap().id)).unwrap();
    assert_eq!(ask(7, 11, &["a"]), "A007");
    assert_eq!(ask(3, 11, &["a"]), "matter.a");
    assert_eq!(ask(2, 11, &["c"]), "A002");
    assert_eq!(ask(3, 11, &["a"]), "A003");
}

#[test]
fn print_jobs() {
    use PrintState::*;
    let dir = tempfile::tempdir().unwrap();
    let steps = Arc::new(Mutex::new(Vec::new()));
    let heard = steps.clone();
    let ledger = open(dir.path(), observed(quick('A'), move |step| heard.lock().unwrap().push(step)));
    let mut first = take(1);
    first.ticket = TicketIntent { language: Language::En };
    let first = must_take(&ledger, first);
    let (id, job) = (first.visit.id, first.job);
    let reach = |job, state| wait(ledger.print_state(job, state, "line one\nline two", ten()));
    assert_eq!(reach(job, Confirmed), Err(LedgerError::PrintOrder { from: Intended, to: Confirmed }));
    assert_eq!(reach(job, Sent), Ok(()));
    assert_eq!(reach(job, Sent), Ok(()), "once more is no step");
    assert_eq!(
        reach(job, FailedBeforeSending),
        Err(LedgerError::PrintOrder { from: Sent, to: FailedBeforeSending })
    );
    assert_eq!(reach(job, Unknown), Ok(()));
    let (second, history) = wait(ledger.print_again(id, ten())).unwrap();
    assert!(second > job && history.may_have_printed());
    assert_eq!(reach(second, FailedBeforeSending), Ok(()));
    assert_eq!(reach(second, Sent), Err(LedgerError::PrintOrder { from: FailedBeforeSending, to: Sent }));
    assert_eq!(reach(job, Confirmed), Ok(()), "proof may come late");
    assert_eq!(reach(PrintJobId(77), Sent), Err(LedgerError::NoSuchJob));
    assert_eq!(wait(ledger.print_again(VisitId([0; 16]), ten())), Err(LedgerError::NoSuchVisit));
    let jobs = wait(ledger.prints(id)).unwrap().jobs;
    assert_eq!(
        jobs.iter().map(|j| (j.job, j.state)).collect::<Vec<_>>(),
        [(job, Confirmed), (second, FailedBeforeSending)]
    );
    assert!(jobs.iter().all(|j| j.evidence == "line one line two" && j.ticket.language == Language::En));
    wait(ledger.print_state(second, FailedBeforeSending, &"长".repeat(5000), ten())).unwrap();
    wait(ledger.cancel(id)).unwrap();
    assert_eq!(
        *steps.lock().unwrap(),
        [
            "number.before-commit",
            "number.committed",
            "print.intended",
            "print.sent",
            "print.unknown",
            "print.intended",
            "print.failed-before-sending",
            "print.confirmed",
            "visit.cancelled",
        ]
    );
}

#[test]
fn reprints_are_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path(), quick('A'));
    let id = must_take(&ledger, take(1)).visit.id;
    for _ in 1..REPRINTS {
        wait(ledger.print_again(id, ten())).unwrap();
    }
    let refused = wait(ledger.print_again(id, ten()));
    assert!(matches!(refused, Err(LedgerError::OutOfBounds { .. })), "{refused:?}");
    let mut many = take(2);
    many.enter.choice.matters = (0..=MATTERS).map(|n| matter(&format!("m{n}"))).collect();
    let refused = try_take(&ledger, many);
    assert!(matches!(refused, Err(LedgerError::OutOfBounds { .. })), "{refused:?}");
    assert_eq!(wait(ledger.visit_of(&person(2), DAY)), Ok(None));
}

#[test]
fn windows_and_who_waits() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path(), quick('A'));
    let visits: Vec<_> = (1..=4).map(|n| must_take(&ledger, take(n)).visit).collect();
    let hear = |seq, text, event| wait(ledger.window_event(seq, number(text), event, DAY, ten()));
    let ahead =
        || visits.iter().map(|v| wait(ledger.ahead(v.id, vec![matter("a")])).unwrap()).collect::<Vec<_>>();
    assert_eq!((ahead(), wait(ledger.waiting(DAY))), (vec![None; 4], Ok(None)), "without a feed no count");
    assert_eq!(wait(ledger.last_seq()), Ok(None));
    // a number of another kiosk: kept aside, and the windows are known to report
    assert_eq!(hear(7, "B009", WindowEvent::Called), Ok(Heard::Aside));
    assert_eq!((ahead(), wait(ledger.waiting(DAY))), (vec![Some(0), Some(1), Some(2), Some(3)], Ok(Some(4))));
    assert_eq!(wait(ledger.waiting(date(2026, 11, 24))), Ok(None), "of another day nothing is known");
    assert_eq!(hear(8, "A001", WindowEvent::Called), Ok(Heard::Applied));
    assert_eq!(hear(8, "A002", WindowEvent::Served), Ok(Heard::Again), "one report, one effect");
    assert_eq!(hear(9, "A001", WindowEvent::Called), Ok(Heard::TooLate), "called twice");
    wait(ledger.cancel(visits[1].id)).unwrap();
    assert_eq!((ahead(), wait(ledger.waiting(DAY))), (vec![Some(0), Some(0), Some(0), Some(1)], Ok(Some(2))));
    assert_eq!(hear(10, "A002", WindowEvent::Called), Ok(Heard::TooLate));
    assert_eq!(hear(3, "A003", WindowEvent::NoShow), Ok(Heard::Applied), "late, but not heard before");
    assert_eq!(hear(11, "A003", WindowEvent::Served), Ok(Heard::Applied), "came after all");
    assert_eq!(wait(ledger.last_seq()), Ok(Some(11)));
    let far = hear(u64::MAX, "A004", WindowEvent::Called);
    assert!(matches!(far, Err(LedgerError::OutOfBounds { .. })), "{far:?}");
    wait(ledger.enter(enter_at(9, ten(), &[]))).unwrap();
    let papers = wait(ledger.visit_of(&person(9), DAY)).unwrap().unwrap();
    assert_eq!(
        (wait(ledger.ahead(papers.id, vec![matter("a")])), wait(ledger.waiting(DAY))),
        (Ok(None), Ok(Some(1)))
    );
    // the order of the queue is that of the numbers, not of the doors
    must_take(&ledger, take(5));
    must_take(&ledger, take(9));
    assert_eq!(wait(ledger.ahead(papers.id, vec![matter("a")])), Ok(Some(2)));
}

/// Who waits for other windows is not ahead of anybody, and how fast those call says nothing.
#[test]
fn only_who_waits_for_the_same_windows_is_ahead() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path(), quick('A'));
    let given = |n, codes: &[&str]| must_take(&ledger, take_at(n, ten(), codes)).visit.id;
    let ids =
        [given(1, &["a"]), given(2, &["b"]), given(3, &["b", "c"]), given(4, &["aa"]), given(5, &["c"])];
    let mut seq = 0;
    let mut call = |text: &str, minute: i64| {
        seq += 1;
        let at = DAY.at(10, 0, 0, 0) + jiff::SignedDuration::from_mins(minute);
        wait(ledger.window_event(seq, number(text), WindowEvent::Called, DAY, at)).unwrap()
    };
    assert_eq!(call("B001", 0), Heard::Aside);
    let ahead = |codes: &[&str]| {
        let beside: Vec<_> = codes.iter().map(|code| matter(code)).collect();
        ids.map(|id| wait(ledger.ahead(id, beside.clone())).unwrap().unwrap())
    };
    assert_eq!(ahead(&["a"]), [0, 1, 1, 1, 1], "of \"aa\" it is only the end");
    assert_eq!(ahead(&["b", "c"]), [0, 0, 1, 2, 2], "for two of them he waits once");
    assert_eq!(ahead(&[]), [0; 5]);
    assert_eq!(ahead(&["a", "aa", "b", "c"]), [0, 1, 2, 3, 4]);

    for n in 6..=8 {
        given(n, &["d"]);
    }
    for (n, times) in (6..=8).zip(0..) {
        assert_eq!(call(&format!("A{n:03}"), times * 6), Heard::Applied);
    }
    let minutes = |beside: Option<Vec<Matter>>| {
        wait(ledger.pace(DAY, beside)).unwrap().and_then(|pace| Waiting::of(10, Some(pace)).minutes)
    };
    assert_eq!(minutes(Some(vec![matter("d")])), Some(60));
    assert_eq!((minutes(Some(vec![matter("a")])), minutes(None)), (None, Some(60)));
}

/// The pace is that of this ledger's own numbers, at their first call, on that day.
#[test]
fn how_long_one_waits_is_seen_from_the_calls() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path(), quick('A'));
    for n in 1..=40 {
        must_take(&ledger, take(n));
    }
    let next_day = date(2026, 11, 24);
    let minutes =
        |day| wait(ledger.pace(day, None)).unwrap().and_then(|pace| Waiting::of(10, Some(pace)).minutes);
    let mut seq = 0;
    let mut call = |text: &str, minute: i64| {
        seq += 1;
        let at = DAY.at(10, 0, 0, 0) + jiff::SignedDuration::from_mins(minute);
        wait(ledger.window_event(seq, number(text), WindowEvent::Called, DAY, at)).unwrap()
    };
    assert_eq!(minutes(DAY), None, "nothing was heard");
    call("A001", 0);
    call("A002", 6);
    assert_eq!(minutes(DAY), None, "two calls tell nothing");
    // other kiosks' numbers, and the same number once more
    call("B001", 7);
    call("B002", 8);
    call("A002", 9);
    assert_eq!(minutes(DAY), None);
    call("A003", 12);
    assert_eq!(minutes(DAY), Some(60), "every six minutes");
    assert_eq!(minutes(next_day), None, "a new day begins with nothing");
    // late news of an early call is put where it belongs
    call("A004", 3);
    assert_eq!(minutes(DAY), Some(40));
    // the last twenty alone count
    for n in 5..=24 {
        call(&format!("A{n:03}"), 100 + i64::from(n));
    }
    assert_eq!(minutes(DAY), Some(10), "every minute now");
    wait(ledger.window_event(900, number("A030"), WindowEvent::Served, DAY, DAY.at(23, 0, 0, 0))).unwrap();
    assert_eq!(minutes(DAY), Some(10), "served is not called");
}

/// What is popular is counted from the numbers of the day, and says nothing of a few.
#[test]
fn what_most_numbers_of_a_day_stand_for() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path(), quick('A'));
    let popular = |day, most| wait(ledger.popular(day, most)).unwrap();
    let named = |codes: &[&str]| codes.iter().map(|code| matter(code)).collect::<Vec<_>>();
    assert_eq!(popular(DAY, 6), []);
    for n in 1..=2 {
        must_take(&ledger, take_at(n, ten(), &["a", "b"]));
    }
    assert_eq!(popular(DAY, 6), [], "two are too few to be told of");
    must_take(&ledger, take_at(3, ten(), &["b"]));
    assert_eq!(popular(DAY, 6), named(&["b"]));
    must_take(&ledger, take_at(3, ten(), &["b"]));
    must_take(&ledger, take_at(3, ten(), &["b", "b"]));
    for n in 4..=7 {
        must_take(&ledger, take_at(n, ten(), &["a"]));
    }
    assert_eq!(popular(DAY, 6), named(&["a", "b"]), "one person is one, however often he comes");
    assert_eq!(popular(DAY, 1), named(&["a"]));
    assert_eq!(popular(DAY, 0), []);
    // papers without a number are no number, and one that was given back is none any more
    for n in 11..=14 {
        wait(ledger.enter(enter_at(n, ten(), &["c"]))).unwrap();
    }
    for n in 4..=7 {
        wait(ledger.cancel(wait(ledger.visit_of(&person(n), DAY)).unwrap().unwrap().id)).unwrap();
    }
    assert_eq!(popular(DAY, 6), named(&["b"]));
    // who was served came for it all the same
    wait(ledger.window_event(1, number("A001"), WindowEvent::Served, DAY, ten())).unwrap();
    assert_eq!(popular(DAY, 6), named(&["b"]));
    assert_eq!(popular(date(2026, 11, 24), 6), [], "a new day begins with nothing");
}

#[test]
fn a_stop_is_reconciled() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path(), quick('A'));
    let yesterday = must_take(&ledger, take_at(9, date(2026, 11, 22).at(9, 0, 0, 0), &[]));
    let [intended, sent, confirmed] = [1, 2, 3].map(|n| must_take(&ledger, take(n)));
    for taken in [&sent, &confirmed, &yesterday] {
        wait(ledger.print_state(taken.job, PrintState::Sent, "", ten())).unwrap();
    }
    for taken in [&confirmed, &yesterday] {
        wait(ledger.print_state(taken.job, PrintState::Confirmed, "", ten())).unwrap();
    }
    // another kiosk that shares the file is printing meanwhile: its job is its own
    let neighbour = open(dir.path(), quick('B'));
    let theirs = must_take(&neighbour, take(4));
    drop(ledger);
    let ledger = open(dir.path(), quick('A'));
    let want = vec![(intended.job, intended.visit.id), (sent.job, sent.visit.id)];
    assert_eq!(wait(ledger.reconcile(ten())), Ok(Reconciled { unknown: want, expired: 1 }));
    assert_eq!(wait(ledger.reconcile(ten())), Ok(Reconciled::default()));
    let history = wait(ledger.prints(sent.visit.id)).unwrap();
    assert_eq!(history.last().map(|j| j.evidence.as_str()), Some("the kiosk stopped while the job was sent"));
    assert_eq!(wait(ledger.prints(theirs.visit.id)).unwrap().jobs[0].state, PrintState::Intended);
    let again = must_take(&ledger, take(2));
    assert!(!again.fresh && again.earlier_prints.may_have_printed());
}

#[test]
fn blocks() {
    let dir = tempfile::tempdir().unwrap();
    let small = Options { block_size: NonZeroU32::new(3).unwrap(), ..quick('A') };
    let ledger = open(dir.path(), small);
    let lease = |c, want| wait(ledger.lease(DAY, letter(c), want)).map(|b| (b.first, b.last));
    assert_eq!(lease('A', 2), Ok((1, 2)));
    for n in 1..=9 {
        assert_eq!(shown(&must_take(&ledger, take(n)).visit), format!("A{n:03}"), "no gap between blocks");
    }
    assert_eq!(lease('A', 5), Ok((12, 16)));
    assert_eq!(lease('B', 5), Ok((1, 5)));
    assert!(matches!(lease('B', 0), Err(LedgerError::OutOfBounds { .. })));
    assert_eq!(lease('C', LARGEST_COUNT - 1), Ok((1, LARGEST_COUNT - 1)));
    assert_eq!(lease('C', 50), Ok((LARGEST_COUNT, LARGEST_COUNT)));
    assert_eq!(lease('C', 1), Err(LedgerError::OutOfNumbers { day: DAY, letter: letter('C') }));
    let ancient = wait(ledger.lease(date(-1, 1, 1), letter('A'), 1));
    assert_eq!(ancient, Err(LedgerError::Day(date(-1, 1, 1))));
}

#[test]
fn purged_rows_leave_no_trace_and_no_number_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path(), quick('A'));
    let today = date(2026, 12, 24);
    for n in 1..=30 {
        must_take(&ledger, take(n));
    }
    wait(ledger.window_event(40, number("A001"), WindowEvent::Called, DAY, ten())).unwrap();
    let kept = must_take(&ledger, take_at(99, today.at(9, 0, 0, 0), &[])).visit;
    let holds = |person: u32| {
        let needle = common::person(person);
        ["ledger.db", "ledger.db-wal"].iter().any(|file| {
            let bytes = std::fs::read(dir.path().join(file)).unwrap_or_default();
            bytes.windows(32).any(|window| window == needle.as_bytes())
        })
    };
    assert!(holds(1) && holds(30) && holds(99));
    assert_eq!(wait(ledger.purge(today)), Ok(Purged { visits: 30, events: 1 }));
    assert!((1..=30).all(|n| !holds(n)) && holds(99));
    assert_eq!(wait(ledger.visit(kept.id)), Ok(Some(kept)));
    // what was heard stays heard, and numbers of a purged day do not begin again
    assert_eq!(wait(ledger.last_seq()), Ok(Some(40)));
    assert_eq!(
        wait(ledger.window_event(40, number("A001"), WindowEvent::Called, DAY, ten())),
        Ok(Heard::Again)
    );
    assert_eq!(shown(&must_take(&ledger, take(1)).visit), "A031");
}

#[test]
fn the_schema_itself_forbids_a_second_number() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path(), quick('A'));
    must_take(&ledger, take(1));
    must_take(&ledger, take(2));
    let cancelled = must_take(&ledger, take(3)).visit;
    wait(ledger.cancel(cancelled.id)).unwrap();
    let db = rusqlite::Connection::open(dir.path().join("ledger.db")).unwrap();
    for forbidden in [
        "INSERT INTO visit (token, person, day, opened_at, applicant, life)
            SELECT randomblob(16), person, day, opened_at, applicant, life FROM visit WHERE count = 1",
        "UPDATE visit SET count = 2, letter = 'A' WHERE count = 1",
        "UPDATE visit SET count = 9 WHERE count = 1",
        "UPDATE visit SET day = '2026-11-24' WHERE count = 1",
        "UPDATE visit SET life = 'waiting' WHERE count = 3",
        "UPDATE visit SET life = 'elsewhere' WHERE count = 3",
        "UPDATE series SET given = given - 1",
        "UPDATE series SET given = leased + 1",
        "INSERT INTO visit (token, person, day, opened_at, applicant, life, letter, count, given_at, turn)
            SELECT randomblob(16), randomblob(32), day, opened_at, applicant, life, letter, count, given_at, 99
            FROM visit WHERE count = 1",
        "DELETE FROM series",
    ] {
        assert!(db.execute(forbidden, []).is_err(), "{forbidden}");
    }
}

#[test]
fn files_that_are_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name);
    let open = |name: &str| SqliteLedger::open(&file(name), quick('A')).map(drop).unwrap_err();
    std::fs::write(file("text"), "not a database, and longer than its header would be".repeat(20)).unwrap();
    rusqlite::Connection::open(file("other")).unwrap().execute_batch("CREATE TABLE t(x)").unwrap();
    let ledger = SqliteLedger::open(&file("newer"), quick('A')).unwrap();
    drop(ledger);
    let newer = rusqlite::Connection::open(file("newer")).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    let ledger = SqliteLedger::open(&file("torn"), quick('A')).unwrap();
    (1..=40).for_each(|n| drop(must_take(&ledger, take(n))));
    drop(ledger);
    let mut torn = std::fs::read(file("torn")).unwrap();
    let half = torn.len() / 2;
    torn[half..half + 4096].fill(0xee);
    std::fs::write(file("torn"), &torn).unwrap();
    for (name, why) in [
        ("text", "damaged"),
        ("other", "no ledger"),
        ("newer", "layout 99"),
        ("torn", "damaged"),
        ("no/such/directory", "cannot be written"),
    ] {
        let before = std::fs::read(file(name)).ok();
        let said = open(name).to_string();
        assert!(said.contains(why) && said.contains(name), "{name}: {said}");
        assert_eq!(std::fs::read(file(name)).ok(), before, "{name} is untouched");
    }
}

#[test]
fn only_its_owner_reads_it() {
    use std::os::unix::fs::MetadataExt;
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path(), quick('A'));
    must_take(&ledger, take(1));
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().mode() & 0o777, 0o600, "{:?}", entry.file_name());
    }
    ledger.close().unwrap();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "closing leaves one file");
}

#[test]
fn no_document_number_is_in_the_file() {
    let (dir, keys) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let hall = HallKey::create(&keys.path().join("hall.key")).unwrap();
    let text = "11010519491231002X";
    let number = DocumentNumber::parse(DocumentKind::Resident, text).unwrap();
    let who = hall.person(DocumentKind::Resident, &number);
    let ledger = open(dir.path(), quick('A'));
    let mut one = take(1);
    one.enter.person = who;
    one.enter.applicant = ApplicantRef::Relative(who);
    let taken = must_take(&ledger, one);
    assert!(!format!("{taken:?}").contains(text));
    for file in ["ledger.db", "ledger.db-wal"] {
        let bytes = std::fs::read(dir.path().join(file)).unwrap();
        assert!(!bytes.windows(text.len()).any(|window| window == text.as_bytes()), "{file}");
    }
    assert_eq!(wait(ledger.visit_of(&who, DAY)), Ok(Some(taken.visit)));
}
