//! The kiosk's process is killed, again and again, while it gives numbers.

mod common;

use common::*;
use queue::sqlite::{Durability, Options};
use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const DIRECTORY: &str = "LEDGER_DIRECTORY";
const KIND: &str = "LEDGER_KIND";
const FROM: &str = "LEDGER_FROM";

fn options(kind: &str) -> Options {
    match kind {
        "forgetful" => forgetful('A'),
        "careless" => Options { durability: Durability::OffForTests, ..forgetful('A') },
        _ => Options::new(letter('A')),
    }
}

/// Not a test by itself: the process that is killed. It takes numbers until then, and reports each.
#[test]
fn child() {
    let (Some(dir), Ok(kind), Ok(from)) =
        (std::env::var_os(DIRECTORY), std::env::var(KIND), std::env::var(FROM))
    else {
        return;
    };
    let ledger = open(dir.as_ref(), options(&kind));
    for n in from.parse::<u32>().unwrap().. {
        let taken = must_take(&ledger, take(n));
        // in one piece: a blow in the middle of a line would leave half a report
        let line = format!("durable {n} {}\n", shown(&taken.visit));
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
}

/// Runs the child, kills it some time after it has reported `reports` numbers, and answers all reports.
fn reported(dir: &Path, kind: &str, from: u32, reports: usize) -> BTreeMap<u32, String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .envs([(DIRECTORY, dir.as_os_str()), (KIND, kind.as_ref()), (FROM, from.to_string().as_ref())])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let mut said: Vec<String> = lines.by_ref().take(reports).collect();
    // any moment will do: this is no waiting for something, it is the chance of the blow
    std::thread::sleep(Duration::from_micros(chance() % 3000));
    child.kill().unwrap();
    child.wait().unwrap();
    said.extend(lines);
    let numbers = said.iter().filter_map(|line| {
        let (n, number) = line.strip_prefix("durable ")?.split_once(' ')?;
        Some((n.parse().ok()?, number.to_owned()))
    });
    let numbers: BTreeMap<u32, String> = numbers.collect();
    assert_eq!(numbers.len(), said.len(), "the child failed: {said:?}");
    numbers
}

fn chance() -> u64 {
    RandomState::new().hash_one(0)
}

#[test]
fn what_was_reported_as_durable_is_there() {
    for kind in ["plain", "forgetful"] {
        let dir = tempfile::tempdir().unwrap();
        let mut promised = BTreeMap::new();
        let mut from = 0;
        for round in 0..12 {
            let reports = if round == 0 { 0 } else { (chance() % 25) as usize };
            promised.extend(reported(dir.path(), kind, from, reports));
            let ledger = open(dir.path(), options("plain"));
            for (n, number) in &promised {
                let kept = wait(queue::ledger::Ledger::visit_of(&ledger, &person(*n), DAY)).unwrap();
                assert_eq!(kept.map(|visit| shown(&visit)).as_deref(), Some(number.as_str()), "{kind} {n}");
            }
            drop(ledger);
            if dir.path().join("ledger.db").exists() {
                audit(dir.path());
            }
            // the next child begins with someone whose number may have been given but not reported
            from = promised.keys().last().map_or(0, |n| n + 1);
        }
        assert!(promised.len() > 20, "{kind}: too few numbers to mean anything");
    }
}

#[test]
fn without_syncs_reported_numbers_are_lost() {
    let dir = tempfile::tempdir().unwrap();
    let promised = reported(dir.path(), "careless", 0, 10);
    assert!(promised.len() >= 10);
    let ledger = open(dir.path(), options("plain"));
    let kept = |n: &u32| wait(queue::ledger::Ledger::visit_of(&ledger, &person(*n), DAY)).unwrap().is_some();
    assert!(!promised.keys().any(kept), "so the test above can fail");
}
