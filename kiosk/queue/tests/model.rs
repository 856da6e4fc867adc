//! Random days against a simple model: the same person the same number, never two open visits, numbers
//! gap-free and never given twice in a day, whatever is closed, reopened or cut off in between.

mod common;

use common::*;
use forgetful_vfs::{Loss, cut_power};
use jiff::civil::{Date, DateTime};
use proptest::prelude::*;
use queue::ledger::*;
use queue::sqlite::SqliteLedger;
use std::collections::{BTreeMap, BTreeSet};
use visit::number::NumberLife::*;
use visit::number::{NumberLife, WindowEvent};

const MATTERS: [&str; 3] = ["a", "b", "c"];
/// Of matter `a` a day.
const CAP: usize = 3;

#[derive(Clone, Debug)]
enum Op {
    Take(u32, Vec<&'static str>),
    Enter(u32, Vec<&'static str>),
    Cancel(u32),
    Window(u32, WindowEvent),
    HeardBefore,
    Print(usize, PrintState),
    PrintAgain(u32),
    NextDay,
    CloseDay,
    PurgeEarlierDays,
    Reopen,
    PowerCut(u64),
}

fn op() -> impl Strategy<Value = Op> {
    let matters = || proptest::sample::subsequence(MATTERS.to_vec(), 0..=3);
    let event = proptest::sample::select(vec![WindowEvent::Called, WindowEvent::Served, WindowEvent::NoShow]);
    prop_oneof![
        8 => (0..5u32, matters()).prop_map(|(n, m)| Op::Take(n, m)),
        2 => (0..5u32, matters()).prop_map(|(n, m)| Op::Enter(n, m)),
        2 => (0..5u32).prop_map(Op::Cancel),
        4 => (1..9u32, event).prop_map(|(n, e)| Op::Window(n, e)),
        1 => Just(Op::HeardBefore),
        4 => (0..30usize, proptest::sample::select(PrintState::ALL.to_vec()))
            .prop_map(|(job, state)| Op::Print(job, state)),
        1 => (0..5u32).prop_map(Op::PrintAgain),
        1 => Just(Op::NextDay),
        1 => Just(Op::CloseDay),
        1 => Just(Op::PurgeEarlierDays),
        1 => Just(Op::Reopen),
        2 => any::<u64>().prop_map(Op::PowerCut),
    ]
}

#[derive(Clone, Debug)]
struct Visit {
    person: u32,
    day: Date,
    id: VisitId,
    dossier: VisitId,
    number: Option<u32>,
    turn: usize,
    life: NumberLife,
    matters: Vec<&'static str>,
    counted: BTreeSet<&'static str>,
    jobs: Vec<PrintJobId>,
}

/// What a ledger should be, without a disk.
#[derive(Default)]
struct Model {
    day: Date,
    now: i64,
    visits: Vec<Visit>,
    given: BTreeMap<Date, u32>,
    turns: usize,
    jobs: BTreeMap<PrintJobId, PrintState>,
    seq: u64,
    reported: BTreeSet<Date>,
}

impl Model {
    fn at(&mut self) -> DateTime {
        self.now += 1;
        self.day.at(9, 0, 0, 0) + jiff::SignedDuration::from_secs(self.now)
    }

    fn open(&mut self, person: u32) -> Option<&mut Visit> {
        let day = self.day;
        self.visits.iter_mut().find(|v| v.person == person && v.day == day && v.life.is_open())
    }

    fn expire(&mut self, gone: impl Fn(&Visit) -> bool) -> u32 {
        let mut expired = 0;
        for visit in self.visits.iter_mut().filter(|v| v.life.is_open() && gone(v)) {
            visit.life = Expired;
            expired += 1;
        }
        expired
    }

    /// Whether `a` is full for someone who asks for it anew.
    fn full(&mut self, person: u32, matters: &[&str]) -> bool {
        let day = self.day;
        let known = self.open(person).is_some_and(|v| v.counted.contains("a"));
        let counted = |v: &&Visit| v.day == day && v.life != Cancelled && v.counted.contains("a");
        matters.contains(&"a") && !known && self.visits.iter().filter(counted).count() >= CAP
    }

    fn visit(&mut self, record: &VisitRecord, person: u32, matters: &[&'static str]) -> &mut Visit {
        let day = self.day;
        self.expire(|v| v.person == person && v.day < day);
        if self.open(person).is_none() {
            let (id, life) = (record.id, Waiting);
            let (counted, jobs, matters) = Default::default();
            let number = None;
            let before = self.visits.iter().rfind(|v| v.person == person && v.day == day);
            let dossier = before.filter(|v| v.life != Served).map_or(id, |v| v.dossier);
            let visit = Visit { person, day, id, dossier, number, turn: 0, life, matters, counted, jobs };
            self.visits.push(visit);
        }
        let visit = self.open(person).unwrap();
        assert_eq!(record.dossier, visit.dossier);
        visit.matters = matters.to_vec();
        visit.counted.retain(|m| matters.contains(m));
        visit
    }
}

/// Does `op` to both, and compares what they say.
fn step(model: &mut Model, ledger: &SqliteLedger, op: &Op) {
    let at = model.at();
    match op {
        Op::Enter(n, matters) => {
            let record = wait(ledger.enter(enter_at(*n, at, matters))).unwrap();
            model.visit(&record, *n, matters);
        }
        Op::Take(n, matters) => {
            let mut take = take_at(*n, at, matters);
            take.caps = vec![cap("a", 0, 23, CAP as u32)];
            let full = model.full(*n, matters);
            let answer = wait(ledger.take_number(take)).unwrap();
            let TakeAnswer::Taken(taken) = answer else {
                assert!(full, "{n} was refused {matters:?}");
                return;
            };
            assert!(!full, "{n} got {matters:?} beyond the cap");
            let fresh = model.open(*n).is_none_or(|v| v.number.is_none());
            assert_eq!(taken.fresh, fresh);
            let (turn, given) = (model.turns + 1, model.given.entry(model.day).or_default());
            if fresh {
                *given += 1;
            }
            let next = *given;
            let visit = model.visit(&taken.visit, *n, matters);
            visit.counted.extend(matters);
            if fresh {
                (visit.number, visit.turn) = (Some(next), turn);
            }
            let earlier: Vec<_> = taken.earlier_prints.jobs.iter().map(|j| j.job).collect();
            assert_eq!(earlier, visit.jobs);
            visit.jobs.push(taken.job);
            model.turns = turn;
            assert_eq!(model.jobs.insert(taken.job, PrintState::Intended), None, "a job's id came back");
        }
        Op::Cancel(n) => {
            let Some(visit) = model.open(*n) else { return };
            visit.life = Cancelled;
            assert_eq!(wait(ledger.cancel(visit.id)).unwrap().life, Cancelled);
        }
        Op::Window(count, event) => {
            model.seq += 1;
            model.reported.insert(model.day);
            let day = model.day;
            let visit = model.visits.iter_mut().find(|v| v.day == day && v.number == Some(*count));
            let want = visit.map_or(Heard::Aside, |visit| {
                let next = match (visit.life, event) {
                    (Waiting, WindowEvent::Called) => Called,
                    (Waiting | Called | NoShow, WindowEvent::Served) => Served,
                    (Waiting | Called, WindowEvent::NoShow) => NoShow,
                    _ => return Heard::TooLate,
                };
                visit.life = next;
                Heard::Applied
            });
            let number = number(&format!("A{count:03}"));
            assert_eq!(wait(ledger.window_event(model.seq, number, *event, day, at)), Ok(want));
        }
        Op::HeardBefore => {
            if model.seq > 0 {
                let again =
                    ledger.window_event(model.seq, number("A001"), WindowEvent::Served, model.day, at);
                assert_eq!(wait(again), Ok(Heard::Again));
            }
        }
        Op::Print(nth, to) => {
            let Some((job, from)) = model.jobs.iter_mut().nth(*nth) else { return };
            let done = wait(ledger.print_state(*job, *to, "", at));
            if *from == *to || from.may_become(*to) {
                assert_eq!(done, Ok(()));
                *from = *to;
            } else {
                assert_eq!(done, Err(LedgerError::PrintOrder { from: *from, to: *to }));
            }
        }
        Op::PrintAgain(n) => {
            let Some(visit) = model.open(*n).filter(|v| v.number.is_some()) else { return };
            let (job, history) = wait(ledger.print_again(visit.id, at)).unwrap();
            assert_eq!(history.jobs.len(), visit.jobs.len());
            visit.jobs.push(job);
            assert_eq!(model.jobs.insert(job, PrintState::Intended), None, "a job's id came back");
        }
        Op::NextDay => model.day = model.day.tomorrow().unwrap(),
        Op::CloseDay => {
            let day = model.day;
            let expired = model.expire(|v| v.day <= day);
            assert_eq!(wait(ledger.close_day(day)), Ok(expired));
        }
        Op::PurgeEarlierDays => {
            let day = model.day;
            let (old, kept): (Vec<_>, _) = model.visits.drain(..).partition(|v| v.day < day);
            model.visits = kept;
            model.reported.retain(|d| *d >= day);
            old.iter().flat_map(|v| &v.jobs).for_each(|job| {
                model.jobs.remove(job);
            });
            assert_eq!(wait(ledger.purge(day)).unwrap().visits as usize, old.len());
        }
        Op::Reopen | Op::PowerCut(_) => {
            let day = model.day;
            let expired = model.expire(|v| v.day < day);
            let mut unknown = Vec::new();
            for (job, state) in &mut model.jobs {
                if matches!(state, PrintState::Intended | PrintState::Sent) {
                    *state = PrintState::Unknown;
                    unknown.push(*job);
                }
            }
            let reconciled = wait(ledger.reconcile(at)).unwrap();
            assert_eq!(reconciled.unknown.iter().map(|(job, _)| *job).collect::<Vec<_>>(), unknown);
            assert_eq!(reconciled.expired, expired);
        }
    }
}

/// Everything that can be asked is answered as the model would.
fn compare(model: &mut Model, ledger: &SqliteLedger) {
    let day = model.day;
    for n in 0..5 {
        let found = wait(ledger.visit_of(&person(n), day)).unwrap();
        let want = model.open(n).map(|v| (v.id, v.number));
        assert_eq!(found.map(|v| (v.id, v.number.map(|(number, _)| number.count))), want, "person {n}");
    }
    let waits = |v: &&Visit| v.day == day && v.life == Waiting && v.number.is_some();
    let reported = model.reported.contains(&day);
    let waiting = reported.then(|| model.visits.iter().filter(waits).count() as u32);
    assert_eq!(wait(ledger.waiting(day)), Ok(waiting));
    for visit in &model.visits {
        let record = wait(ledger.visit(visit.id)).unwrap().expect("a visit");
        assert_eq!((record.life, record.choice), (visit.life, choice(&visit.matters)));
        if visit.day == day {
            let beside = |v: &&Visit| v.matters.iter().any(|code| visit.matters.contains(code));
            let earlier = model.visits.iter().filter(waits).filter(|v| v.turn < visit.turn);
            let ahead = earlier.filter(beside).count() as u32;
            let ahead = if visit.life == Waiting { ahead } else { 0 };
            let want = (reported && visit.number.is_some()).then_some(ahead);
            assert_eq!(wait(ledger.ahead(visit.id, choice(&visit.matters).matters)), Ok(want));
        }
    }
    assert_eq!(wait(ledger.last_seq()), Ok((model.seq > 0).then_some(model.seq)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_days_in_any_order(ops in proptest::collection::vec(op(), 1..60)) {
        let dir = tempfile::tempdir().unwrap();
        let mut model = Model { day: DAY, ..Model::default() };
        let mut ledger = open(dir.path(), forgetful('A'));
        for op in &ops {
            if let Op::PowerCut(seed) = op {
                let loss = if seed % 4 == 0 { Loss::All } else { Loss::Torn(*seed) };
                cut_power(dir.path(), loss).unwrap();
            }
            if let Op::PowerCut(_) | Op::Reopen = op {
                drop(ledger);
                ledger = open(dir.path(), forgetful('A'));
            }
            step(&mut model, &ledger, op);
            compare(&mut model, &ledger);
        }
        drop(ledger);
        let purged = ops.iter().any(|op| matches!(op, Op::PurgeEarlierDays));
        if !purged {
            audit(dir.path());
        }
        // numbers that were purged are not given again
        let ledger = open(dir.path(), forgetful('A'));
        for (day, given) in &model.given {
            let block = wait(ledger.lease(*day, letter('A'), 1)).unwrap();
            prop_assert!(block.first > *given);
        }
    }
}
