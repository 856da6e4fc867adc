use super::*;
use crate::bus::bus;
use crate::clock::Clock;
use jiff::SignedDuration;
use queue::key::PersonKey;
use queue::ledger::{ApplicantRef, Enter, Ledger, Take, TakeAnswer, TicketIntent};
use queue::sqlite::{Durability, Options, SqliteLedger};
use std::sync::Arc;
use visit::catalogue::Matter;
use visit::checklist::Choice;
use visit::number::Letter;

/// A panic of the owner loses no ticket: whoever comes after says what is known of it.
#[test]
fn a_ticket_whose_owner_panicked_is_not_forgotten() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    for (begun, state, told) in [
        (false, PrintState::FailedBeforeSending, TicketState::NotPrinted(None)),
        (true, PrintState::Unknown, TicketState::Unknown(None)),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let options = Options {
            durability: Durability::OffForTests,
            ..Options::new(Letter::new('A').expect("a letter"))
        };
        let _within = runtime.enter();
        let ledger = SqliteLedger::open(&folder.path().join("numbers.db"), options).expect("a ledger");
        let clock = Clock::new(480, SignedDuration::ZERO);
        let at = clock.now().wall;
        let choice =
            Choice { matters: vec![Matter::parse("matter.a").expect("a matter")], ..Choice::default() };
        let enter = Enter {
            person: PersonKey::from_bytes([7; 32]),
            day: at.date(),
            at,
            choice,
            applicant: ApplicantRef::Oneself,
        };
        let take = Take { enter, caps: vec![], ticket: TicketIntent::default() };
        let TakeAnswer::Taken(taken) = runtime.block_on(ledger.take_number(take)).expect("an answer") else {
            panic!("there is room")
        };
        let (bus, mut heard) = bus();
        let around = Surroundings {
            kiosk: "lobby-1".to_owned(),
            ledger: Arc::new(ledger),
            bus: bus.clone(),
            gauge: folder.path().join("paper.json"),
            receipt_mark: folder.path().join("receipt"),
            clock,
            runtime: runtime.handle().clone(),
            cut_off: true,
        };
        let config = PrinterConfig {
            port: "/dev/serial/by-path/nothing-here".parse().expect("an address"),
            baud: 115_200,
            profile: "generic".to_owned(),
            font: "/nowhere".into(),
        };
        let (asks, asked) = std::sync::mpsc::channel();
        // Nobody asks anything more: the owner does what is left over, and ends.
        drop(asks);
        let mut left = Some(UnderWay { work: Work::Ticket(PrintJob(taken.job.0)), begun });
        let owner = std::thread::spawn(move || {
            let mut health = Health::new(visit::fault::Device::Printer, bus);
            run(&config, &asked, &mut left, &around, &mut health);
            (left, around)
        });
        let (left, around) = owner.join().expect("it does not panic");
        assert_eq!(left, None);
        let events: Vec<Event> = std::iter::from_fn(|| heard.try_recv().ok()).collect();
        let is_outcome =
            |event: &Event| matches!(event, Event::Ticket(job, how) if job.0 == taken.job.0 && *how == told);
        assert!(events.iter().any(is_outcome), "{events:?}");
        let prints = runtime.block_on(around.ledger.prints(taken.visit.id)).expect("an answer");
        assert_eq!(prints.last().map(|job| job.state), Some(state));
    }
}
