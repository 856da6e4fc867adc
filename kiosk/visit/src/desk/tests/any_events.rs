//! Events in any order.

use super::*;
use crate::number::WindowEvent;
use proptest::prelude::*;

/// Any events in any order: never a panic, and never two prints for one answer.
#[test]
fn nothing_upsets_the_desk() {
    let ids = [
        "home.number",
        "home.scan",
        "package.shop",
        "matter.licence",
        "option.shop.seal",
        "confirm",
        "back",
        "finish",
        "for.company",
        "for.relative",
        "for.oneself",
        "company.take",
        "service",
        "search",
        "key.9",
        "key.l",
        "key.space",
        "key.delete",
        "visit.cancel",
        "visit.cancel.yes",
        "reprint",
        "material.lease",
        "material.photo",
        "scan.start",
        "scan.stop",
        "scan.accept",
        "scan.again",
        "scan.add",
        "preview.next",
        "preview.previous",
        "page.next",
        "page.previous",
        "tab.personal",
        "tab.packages",
        "tab.popular",
        "tab.groups",
        "tab.departments",
        "group.old",
        "group.none",
        "department.market",
        "about.package.shop",
        "about.matter.card",
        "about.matter.seal",
        "language",
        "stay",
        "source.flatbed",
        "licences.yes",
        "licences.ask",
        "not-applicable",
        "receipt",
        "receipt.print",
        "page.again",
        "page.rotate",
        "page.remove",
        "page.earlier",
        "page.later",
        "answer.yes",
        "answer.no",
        "source.feeder",
        "matter.card",
        "material.id-card",
        "speech.on",
        "speech.off",
        "speech.louder",
    ];
    proptest!(|(steps in prop::collection::vec((0usize..ids.len() + 29, 0u64..40), 1..120))| {
        let mut hall = Lobby::open();
        for (what, seconds) in steps {
            let session = hall.desk.session.as_ref().map_or(SessionId(0), |s| s.id);
            let visit = OpenVisit { number: Some(a(1)), ..opened("v") };
            let lease = MaterialCode::new("lease").unwrap();
            match what.checked_sub(ids.len()) {
                None => { hall.touch(ids[what]); }
                Some(0) => { hall.lay(ZHANG); }
                Some(1) => { hall.lay(LI); }
                Some(2) => { hall.hear(Event::Ledger(session, LedgerReply::Found(None))); }
                Some(3) => { hall.hear(Event::Ledger(session, LedgerReply::Found(Some(visit)))); }
                Some(4) => { hall.hear(Event::Ledger(session, LedgerReply::Taken(taken(true, 1)))); }
                Some(5) => { hall.hear(Event::Ledger(session, LedgerReply::Entered(visit))); }
                Some(6) => { hall.hear(Event::Ledger(session, LedgerReply::Refused(Refusal::Ledger))); }
                Some(7) => { hall.hear(Event::Ledger(session, LedgerReply::Cancelled)); }
                Some(8) => { hall.hear(Event::Ticket(PrintJob(1), TicketState::Unknown(None))); }
                Some(9) => {
                    let preview = Arc::new(Preview { width: 1, height: 1, rgb: vec![0; 3] });
                    hall.hear(Event::Scan(session, ScanEvent::Stored { page: PageId(1), preview, warnings: vec![PageWarning::Blank], turn: Turn::None }));
                }
                Some(10) => { hall.hear(Event::Scan(session, ScanEvent::Ended(Some(ScanProblem::FeederEmpty)))); }
                Some(11) => { hall.hear(Event::Document(DocumentEvent::Stored(session, lease, DocumentId("d".into()), Some(code())))); }
                Some(12) => { hall.hear(Event::Document(DocumentEvent::Failed(session, lease, Fault::DiskFull))); }
                Some(13) => { hall.status(&[Fault::ReaderAbsent, Fault::PaperLow]); }
                Some(14) => { hall.status(&[]); }
                Some(15) => { hall.hear(Event::CompanyKey(Some(offer()))); }
                Some(16) => { hall.hear(Event::TicketsLeft(Some(9))); }
                Some(17) => { hall.hear(Event::Licences(session, LicencesFound { licences: vec![], look: 1, complete: false })); }
                Some(18) => { hall.hear(Event::Receipt(session, TicketState::Unknown(None))); }
                Some(19) => {
                    let returned = MaterialState::Returned(ReturnReason::Illegible);
                    hall.hear(Event::Document(DocumentEvent::Reviewed(DocumentId("d".into()), returned, None)));
                }
                Some(20) => { hall.hear(Event::Feeder(Feeder::Loaded)); }
                Some(21) => { hall.hear(Event::Feeder(Feeder::Empty)); }
                Some(22) => { hall.hear(Event::Feeder(Feeder::Unknown)); }
                Some(23) => { hall.hear(Event::Popular(hall.now.wall.date(), vec![matter("matter.card"), matter("matter.gone")])); }
                Some(24) => { hall.hear(Event::Waiting(Some(Waiting { count: 3, minutes: Some(10) }))); }
                Some(25) => { hall.hear(Event::Headphones(true)); }
                Some(26) => { hall.hear(Event::Headphones(false)); }
                Some(27) => { hall.hear(Event::Window(a(1), hall.now.wall.date(), WindowEvent::Called)); }
                Some(_) => { hall.hear(Event::Ledger(session, LedgerReply::PrintAgain(PrintJob(1)))); }
            }
            let prints = hall.last.iter().filter(|a| matches!(a, Action::Print(..))).count();
            prop_assert!(prints <= 1);
            hall.pass(seconds);
            let view = hall.desk.view(hall.now);
            if view.screen.name() == "goodbye" || view.screen.name() == "home" {
                let shown = format!("{view:?}");
                prop_assert!(!shown.contains('张'));
            }
        }
        // Left alone, it always comes home, unless it waits for an answer that bounds itself.
        for _ in 0..6 {
            let session = hall.desk.session.as_ref().map_or(SessionId(0), |s| s.id);
            let lease = MaterialCode::new("lease").unwrap();
            hall.hear(Event::Ledger(session, LedgerReply::Refused(Refusal::Ledger)));
            hall.hear(Event::Ticket(PrintJob(1), TicketState::Printed));
            hall.hear(Event::Scan(session, ScanEvent::Ended(None)));
            hall.hear(Event::Document(DocumentEvent::Failed(session, lease, Fault::DiskFull)));
            // Whoever listens has twice as long.
            hall.pass(400);
        }
        prop_assert_eq!(hall.screen().name(), "home");
        prop_assert!(hall.desk.session.is_none());
    });
}
