//! What events and actions are called where they are remembered: by the program's own words, and never by
//! what is in them.

use super::{
    Action, CardEvent, DocumentEvent, DoorNews, Event, LedgerDo, LedgerReply, ReaderDo, RoomDo, ScanEvent,
};

impl Event {
    /// The stable name of an event, for logs and for what is kept of a fault. It says nothing of anybody: of
    /// a touch not even what was touched, for codes are typed.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Touched(_) => "touched",
            Self::Card(_, event) => event.name(),
            Self::Ledger(_, reply) => reply.name(),
            Self::Ticket(..) => "ticket",
            Self::Scan(_, event) => event.name(),
            Self::Document(event) => event.name(),
            Self::Licences(..) => "licences",
            Self::Receipt(..) => "receipt",
            Self::Status(..) => "status",
            Self::Feeder(_) => "feeder",
            Self::CompanyKey(Some(_)) => "key-plugged-in",
            Self::CompanyKey(None) => "key-drawn-out",
            Self::TicketsLeft(_) => "tickets-left",
            Self::Window(..) => "window",
            Self::Waiting(_) => "waiting",
            Self::Popular(..) => "popular",
            Self::Example(..) => "example",
            Self::Logo(_) => "logo",
            Self::Door(_, news) => news.name(),
            Self::Tried(..) => "tried",
            Self::LoopPrinted(_) => "loop-printed",
            Self::Looped(..) => "looped",
            Self::Kiosk(..) => "kiosk",
            Self::Report(..) => "report",
            Self::ReportTaken(..) => "report-taken",
            Self::Command(_) => "command",
            Self::Outbox(..) => "outbox",
            Self::Counters(..) => "counters",
            Self::StaffCalled(..) => "staff-called",
            Self::Headphones(_) => "headphones",
            Self::Tick => "tick",
        }
    }
}

impl CardEvent {
    fn name(&self) -> &'static str {
        match self {
            Self::Found => "card-found",
            Self::Read(_) => "card-read",
            Self::Problem(_) => "card-problem",
            Self::Presence(_) => "card-presence",
        }
    }
}

impl LedgerReply {
    fn name(&self) -> &'static str {
        match self {
            Self::Found(Some(_)) => "ledger-found",
            Self::Found(None) => "ledger-found-none",
            Self::Taken(_) => "ledger-taken",
            Self::Entered(_) => "ledger-entered",
            Self::PrintAgain(_) => "ledger-print-again",
            Self::Cancelled => "ledger-cancelled",
            Self::Full(_) => "ledger-full",
            Self::Refused(_) => "ledger-refused",
        }
    }
}

impl ScanEvent {
    fn name(&self) -> &'static str {
        match self {
            Self::Arriving(_) => "scan-arriving",
            Self::Stored { .. } => "scan-stored",
            Self::Ended(None) => "scan-ended",
            Self::Ended(Some(_)) => "scan-ended-early",
        }
    }
}

impl DocumentEvent {
    fn name(&self) -> &'static str {
        match self {
            Self::Stored(..) => "document-stored",
            Self::Failed(..) => "document-failed",
            Self::State(..) => "document-state",
            Self::Reviewed(..) => "document-reviewed",
        }
    }
}

impl DoorNews {
    fn name(&self) -> &'static str {
        match self {
            Self::Card(_) => "door-card",
            Self::Question(_) => "door-question",
            Self::Refused(..) => "door-refused",
            Self::Opened => "door-opened",
        }
    }
}

impl Action {
    /// The stable name of what is asked for, as [`Event::name`].
    pub fn name(&self) -> &'static str {
        match self {
            Self::Reader(ReaderDo::Watch(_)) => "readers-watch",
            Self::Reader(ReaderDo::Presence(_)) => "readers-presence",
            Self::Reader(ReaderDo::Rest) => "readers-rest",
            Self::Ledger(_, LedgerDo::Look(..)) => "ledger-look",
            Self::Ledger(_, LedgerDo::Take(_)) => "ledger-take",
            Self::Ledger(_, LedgerDo::Enter(_)) => "ledger-enter",
            Self::Ledger(_, LedgerDo::PrintAgain(_)) => "ledger-print-again",
            Self::Ledger(_, LedgerDo::Cancel(_)) => "ledger-cancel",
            Self::PreparePrinter => "printer-prepare",
            Self::Print(..) => "print",
            Self::Scan(..) => "scan",
            Self::Example(_) => "example",
            Self::StopScan(_) => "scan-stop",
            Self::DropPages(..) => "drop-pages",
            Self::Submit(_) => "submit",
            Self::Licences(..) => "licences",
            Self::CallStaff(..) => "call-staff",
            Self::PrintReceipt(..) => "print-receipt",
            Self::Room(what) => what.name(),
            Self::Watch(..) => "way-watch",
            Self::Remind => "remind",
            Self::Note(_) => "note",
            Self::Commanded(_) => "commanded",
            Self::Forget(_) => "forget",
        }
    }
}

impl RoomDo {
    fn name(&self) -> &'static str {
        match self {
            Self::Knock(_) => "room-knock",
            Self::Pin(..) => "room-pin",
            Self::NewCode(_) => "room-new-code",
            Self::Code(..) => "room-code",
            Self::Leave => "room-leave",
            Self::Try(..) => "room-try",
            Self::ReadLoop(..) => "room-read-loop",
            Self::LookKiosk(_) => "room-look-kiosk",
            Self::MakeReport(..) => "room-make-report",
            Self::PrintReport(_) => "room-print-report",
            Self::ExportReport(_) => "room-export-report",
            Self::LookOutbox(_) => "room-look-outbox",
            Self::SendNow(_) => "room-send-now",
            Self::LookCounters(_) => "room-look-counters",
            Self::RollChanged(_) => "room-roll-changed",
            Self::SettingsBack(_) => "room-settings-back",
        }
    }
}
