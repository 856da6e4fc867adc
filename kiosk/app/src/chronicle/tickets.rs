//! What became of each ticket and of each receipt.

use super::{code, number};
use log_book::Event as Happened;
use log_book::field::{FaultCode, Job, Millis, Session};
use std::collections::BTreeMap;
use std::time::Duration;
use visit::event::{PrintJob, SessionId};
use visit::fault::Fault;
use visit::number::TicketNumber;
use visit::screen::TicketState;
use visit::ticket::TicketContents;

/// So many tickets are remembered; of one before them nothing more comes.
const MOST: usize = 32;

/// Tickets of which more may be heard.
#[derive(Debug, Default)]
pub struct Tickets {
    printing: BTreeMap<PrintJob, Printing>,
    /// when the receipt was asked for
    receipt: Duration,
}

#[derive(Debug)]
struct Printing {
    number: TicketNumber,
    reprint: bool,
    since: Duration,
    told: Told,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Nothing,
    Unknown,
    Settled,
}

/// Counts what became of a ticket.
type Count = fn(&mut metrics_page::Tickets);

impl Tickets {
    /// It goes to the printer.
    pub fn begun(&mut self, job: PrintJob, contents: &TicketContents, now: Duration) {
        let (number, reprint) = (contents.number, contents.reprint);
        self.printing.insert(job, Printing { number, reprint, since: now, told: Told::Nothing });
        while self.printing.len() > MOST {
            self.printing.pop_first();
        }
    }

    /// News of it: what that means for the log and for what is counted, if anything.
    pub fn news(&mut self, of: PrintJob, state: TicketState, now: Duration) -> Option<(Happened, Count)> {
        let ticket = self.printing.get_mut(&of)?;
        let (number, job) = (number(ticket.number), Job::of(of.0));
        let took = Millis::from(now.saturating_sub(ticket.since));
        let before = ticket.told;
        let (told, happened, count): (Told, Happened, Count) = match state {
            TicketState::Printing => return None,
            TicketState::Printed if before == Told::Unknown => {
                (Told::Settled, Happened::TicketProved { number, job }, |all| {
                    all.unknown = all.unknown.saturating_sub(1);
                    all.printed = all.printed.saturating_add(1);
                })
            }
            TicketState::Printed => {
                let printed = if ticket.reprint {
                    Happened::TicketReprinted { number, job, took }
                } else {
                    Happened::TicketPrinted { number, job, took }
                };
                (Told::Settled, printed, |all| all.printed = all.printed.saturating_add(1))
            }
            // A printer that cannot prove it says no more of it.
            TicketState::Sent => (
                Told::Unknown,
                Happened::TicketUnknown { number, job, fault: code(Fault::PrinterUnproven) },
                |all| all.unknown = all.unknown.saturating_add(1),
            ),
            TicketState::Unknown(fault) => {
                (Told::Unknown, Happened::TicketUnknown { number, job, fault: or_none(fault) }, |all| {
                    all.unknown = all.unknown.saturating_add(1);
                })
            }
            TicketState::NotPrinted(fault) => {
                (Told::Settled, Happened::TicketNotPrinted { number, job, fault: or_none(fault) }, |all| {
                    all.failed = all.failed.saturating_add(1);
                })
            }
        };
        if before == Told::Settled || before == told {
            return None;
        }
        ticket.told = told;
        Some((happened, count))
    }

    /// A receipt goes to the printer.
    pub fn receipt_begun(&mut self, now: Duration) {
        self.receipt = now;
    }

    /// News of it.
    pub fn receipt(&self, session: SessionId, state: TicketState, now: Duration) -> Option<Happened> {
        let session = Session::of(session.0);
        match state {
            TicketState::Printing => None,
            TicketState::Printed | TicketState::Sent => {
                let took = Millis::from(now.saturating_sub(self.receipt));
                Some(Happened::ReceiptPrinted { session, took })
            }
            TicketState::Unknown(fault) | TicketState::NotPrinted(fault) => {
                Some(Happened::ReceiptNotPrinted { session, fault: or_none(fault) })
            }
        }
    }
}

/// A code that no fault has stands for none.
fn or_none(fault: Option<Fault>) -> FaultCode {
    fault.map_or(FaultCode::of(""), code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use visit::catalogue::Label;
    use visit::number::Letter;
    use visit::screen::Language;

    fn ticket(reprint: bool) -> TicketContents {
        let label = Label { zh: "厅".into(), en: "Hall".into() };
        TicketContents {
            language: Language::Zh,
            hall: label,
            number: TicketNumber { letter: Letter::new('A').expect("a letter"), count: 7 },
            reprint,
            windows: vec![],
            matters: vec![],
            ahead: None,
            called: false,
            missing: vec![],
            issued_at: jiff::civil::date(2026, 11, 26).at(9, 0, 0, 0),
            qr: String::new(),
        }
    }

    #[test]
    fn each_ticket_is_counted_once_whatever_is_told_of_it() {
        let mut tickets = Tickets::default();
        let mut counted = metrics_page::Tickets::default();
        for (job, reprint) in [(1, false), (2, true), (3, false), (4, false)] {
            tickets.begun(PrintJob(job), &ticket(reprint), Duration::ZERO);
        }
        let mut names = Vec::new();
        for (job, state) in [
            (1, TicketState::Printing),
            (1, TicketState::Printed),
            (1, TicketState::Printed),
            (2, TicketState::Printed),
            (3, TicketState::Unknown(None)),
            (3, TicketState::Printed),
            (4, TicketState::NotPrinted(Some(Fault::PaperOut))),
            (9, TicketState::Printed),
        ] {
            if let Some((happened, count)) = tickets.news(PrintJob(job), state, Duration::from_secs(1)) {
                count(&mut counted);
                names.push(happened.entry().name);
            }
        }
        assert_eq!(
            names,
            ["TicketPrinted", "TicketReprinted", "TicketUnknown", "TicketProved", "TicketNotPrinted"]
        );
        assert_eq!(counted, metrics_page::Tickets { printed: 3, unknown: 0, failed: 1 });
    }
}
