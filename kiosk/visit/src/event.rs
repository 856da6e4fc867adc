//! What the desk hears and what it asks for.
//!
//! Every answer carries the [`SessionId`] it belongs to: an answer to a visitor who has left is
//! dropped, whatever it says; what is durable is durable all the same.

use crate::catalogue::{DocumentFormat, Label, LicenceType, MaterialCode, Matter};
use crate::checklist::Choice;
use crate::fault::{Device, DeviceStatus, Fault};
use crate::hours::Cap;
use crate::identity::{Applicant, CompanyCode, CompanyOffer, Person};
use crate::intent::{Intent, Source};
use crate::number::{TicketNumber, WindowEvent};
use crate::screen::{
    CardProblem, CardReminder, Counters, DoorRefusal, KioskShown, MaterialState, OutboxShown, PageWarning,
    Preview, Refusal, ReportShown, ReportTaken, ScanProblem, TicketState,
};
use crate::technician::{Looped, Outcome, Test, Tried};
use crate::ticket::{ReceiptContents, TicketContents};
use crate::turn::Turn;
use crate::waiting::{Place, Waiting};
use jiff::civil::{Date, DateTime};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

mod name;

/// The time, passed in: this room has no clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// since the kiosk started; never goes back
    pub tick: Duration,
    /// what the hall's clock shows
    pub wall: DateTime,
}

/// One visitor at the kiosk, from the first touch to goodbye.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

/// A visit's opaque name in the ledger and at the store; says nothing about the person.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VisitId(pub String);

/// One attempt to print, as the ledger journalled it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PrintJob(pub i64);

/// A document's opaque name in the outbox and at the store.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DocumentId(pub String);

/// One scanned page of a session, counted from 1 in the order of scanning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PageId(pub u32);

/// Everything the desk can hear.
#[derive(Clone, Debug)]
pub enum Event {
    /// the visitor touched something
    Touched(Intent),
    /// from the reader, the slot or the code scanner, for the session that asked
    Card(SessionId, CardEvent),
    /// an answer from the ledger
    Ledger(SessionId, LedgerReply),
    /// news of a ticket
    Ticket(PrintJob, TicketState),
    /// from the scanner
    Scan(SessionId, ScanEvent),
    /// news of a document
    Document(DocumentEvent),
    /// from the licence stores, to the session that asked
    Licences(SessionId, LicencesFound),
    /// news of a receipt that is being printed
    Receipt(SessionId, TicketState),
    /// how a device is now
    Status(Device, DeviceStatus),
    /// whether paper lies in the scanner's feeder
    Feeder(Feeder),
    /// a company's key was plugged in, or drawn out
    CompanyKey(Option<CompanyOffer>),
    /// about how many tickets the printer's roll still has room for; `None` while nobody can tell
    TicketsLeft(Option<u16>),
    /// the windows called a number of that day, or are done with it
    Window(TicketNumber, Date, WindowEvent),
    /// how many numbers wait, and about how long; `None` without a window feed
    Waiting(Option<Waiting>),
    /// the matters that most numbers of a day stand for, first the one that most do
    Popular(Date, Vec<Matter>),
    /// what a material looks like, to [`Action::Example`]
    Example(MaterialCode, Arc<Preview>),
    /// the hall's logo has been read
    Logo(Arc<Preview>),
    /// what whoever checks says of somebody before the technician's door
    Door(SessionId, DoorNews),
    /// a test that the technician wanted has ended
    Tried(SessionId, Test, Outcome),
    /// the test ticket that is to be read back is on paper
    LoopPrinted(SessionId),
    /// what came of it, before the test's end is told
    Looped(SessionId, Box<Looped>),
    /// how the kiosk itself is, for the technician
    Kiosk(SessionId, KioskShown),
    /// a readiness report was made, for the technician
    Report(SessionId, Box<ReportShown>),
    /// what became of it
    ReportTaken(SessionId, ReportTaken),
    /// a command wants these tried, while nobody is here
    Command(Vec<Test>),
    /// how what waits to be sent stands, for the technician
    Outbox(SessionId, OutboxShown),
    /// what was used up: for the technician who asked, or told by itself
    Counters(Option<SessionId>, Counters),
    /// whether the hall heard this call for somebody
    StaffCalled(u64, bool),
    /// headphones were plugged in, or drawn out
    Headphones(bool),
    /// time has passed
    Tick,
}

/// From the reader, the slot or the code scanner.
#[derive(Clone, Debug)]
pub enum CardEvent {
    /// a card was found and is being read, or a code and is being looked up
    Found,
    /// whose it is
    Read(Person),
    /// it was not
    Problem(CardProblem),
    /// whether the card that was read is still there; of a code: [`CardReminder::Taken`]
    Presence(CardReminder),
}

/// An open visit, as the ledger knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenVisit {
    /// its name
    pub visit: VisitId,
    /// the visit that its papers are kept under: itself, or an earlier one of the same day whose number was given
    /// back or missed
    pub dossier: VisitId,
    /// its number, if one was taken
    pub number: Option<TicketNumber>,
    /// that number was called
    pub called: bool,
    /// for whom, where the ledger can tell: of a relative it keeps a hash alone
    pub applicant: Option<Applicant>,
    /// what was picked
    pub choice: Choice,
    /// papers already handed in for him, oldest first
    pub papers: Vec<PaperKnown>,
    /// the custody code that stands for all papers of the visit
    pub custody: Option<CustodyCode>,
}

/// A paper that was handed in before.
#[derive(Clone, Debug, PartialEq)]
pub struct PaperKnown {
    /// which material it is
    pub material: MaterialCode,
    /// its document
    pub document: DocumentId,
    /// how many pages that has
    pub pages: usize,
    /// where it is
    pub state: MaterialState,
    /// what the reviewer wrote to the visitor
    pub note: Option<String>,
}

/// The short code that stands for every page and document of a visit (openapi.yaml, "Custody"):
/// 16 characters of Crockford's Base32.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustodyCode(pub String);

impl fmt::Display for CustodyCode {
    /// In groups of four, as people read it out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, c) in self.0.chars().enumerate() {
            if at > 0 && at % 4 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{c}")?;
        }
        Ok(())
    }
}

/// A number, durable.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    /// the visit
    pub visit: VisitId,
    /// the visit that its papers are kept under, as in [`OpenVisit`]
    pub dossier: VisitId,
    /// its number
    pub number: TicketNumber,
    /// given by this very request; `false` if the person had it already
    pub fresh: bool,
    /// when it was first given
    pub issued_at: DateTime,
    /// people ahead, and about how long they take, or that it was called; `None` without a window feed
    pub place: Option<Place>,
    /// the journalled intention to print it
    pub job: PrintJob,
    /// papers handed in already for whom it was taken, oldest first; none where nobody can tell
    pub papers: Vec<PaperKnown>,
}

/// Answers of the ledger.
#[derive(Clone, Debug)]
pub enum LedgerReply {
    /// to [`LedgerDo::Look`]
    Found(Option<OpenVisit>),
    /// to [`LedgerDo::Take`]
    Taken(Taken),
    /// to [`LedgerDo::Enter`]
    Entered(OpenVisit),
    /// to [`LedgerDo::PrintAgain`]
    PrintAgain(PrintJob),
    /// to [`LedgerDo::Cancel`]
    Cancelled,
    /// nothing was written: this matter has no numbers left in this time window
    Full(Matter),
    /// nothing was written
    Refused(Refusal),
}

/// Whether paper lies in the scanner's feeder. Of its glass no scanner tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Feeder {
    /// the scanner does not say, or cannot be asked now
    #[default]
    Unknown,
    /// no paper
    Empty,
    /// paper lies in it
    Loaded,
}

/// From the scanner.
#[derive(Clone, Debug)]
pub enum ScanEvent {
    /// so many bytes of the next page have come
    Arriving(u64),
    /// a page is whole and on disk
    Stored {
        /// which
        page: PageId,
        /// a small picture of it
        preview: Arc<Preview>,
        /// what is doubtful about it
        warnings: Vec<PageWarning>,
        /// by how much it has to be turned to be upright; the picture is turned already
        turn: Turn,
    },
    /// no more pages; why, if early
    Ended(Option<ScanProblem>),
}

/// News of a document.
#[derive(Clone, Debug)]
pub enum DocumentEvent {
    /// durable in the outbox, and the code that now stands for all documents of the
    /// visit, if it could be read
    Stored(SessionId, MaterialCode, DocumentId, Option<CustodyCode>),
    /// could not be made or stored; the pages are still there
    Failed(SessionId, MaterialCode, Fault),
    /// where it is now
    State(DocumentId, MaterialState),
    /// what the back office found, and what it wrote to the visitor
    Reviewed(DocumentId, MaterialState, Option<String>),
}

/// Whose licences are looked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Holder {
    /// a person
    Person(Person),
    /// a company
    Company(CompanyCode),
}

/// A look into the licence stores, which the visitor agreed to.
#[derive(Clone, Debug, PartialEq)]
pub struct LicencesWanted {
    /// whose licences
    pub holder: Holder,
    /// for which visit's papers
    pub dossier: VisitId,
    /// which look of the session it is
    pub look: u32,
    /// why (`useCause`, at most 200 characters); the store keeps it
    pub cause: String,
}

/// What the licence stores know.
#[derive(Clone, Debug, PartialEq)]
pub struct LicencesFound {
    /// the licences, of every standing
    pub licences: Vec<Licence>,
    /// which look of the session it answers
    pub look: u32,
    /// every store that should have been asked has answered; otherwise what is not found is unknown
    pub complete: bool,
}

/// A licence in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Licence {
    /// of which kind
    pub licence_type: LicenceType,
    /// its name
    pub name: String,
    /// its number, masked by [`crate::identity::masked_number`]
    pub number: String,
    /// its last day; `None` for one without an end
    pub valid_until: Option<Date>,
    /// whether it counts
    pub standing: Standing,
}

/// Whether a licence counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// valid today
    Valid,
    /// past its last day
    Expired,
    /// suspended, revoked, cancelled, withdrawn: not now, or not any more
    Void,
}

/// A cap of a picked matter, for the ledger to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapRule {
    /// which
    pub matter: Matter,
    /// how many, when
    pub cap: Cap,
}

/// What the ledger needs to know of a visit.
#[derive(Clone, Debug)]
pub struct VisitRequest {
    /// who; the ledger keeps only a keyed hash
    pub person: Person,
    /// for whom
    pub applicant: Applicant,
    /// what for
    pub choice: Choice,
    /// the service day
    pub day: Date,
    /// the hall's clock
    pub at: DateTime,
    /// what may not be exceeded
    pub caps: Vec<CapRule>,
    /// all matters of the windows that he is sent to: whoever waits for one of them waits in the same queue
    pub beside: Vec<Matter>,
}

/// Asked of the ledger.
#[derive(Clone, Debug)]
pub enum LedgerDo {
    /// has this person an open visit today?
    Look(Person, Date),
    /// give a number, the same one if there is one, and journal that it will be printed
    Take(VisitRequest),
    /// open the visit without a number, or change its choice
    Enter(VisitRequest),
    /// journal that the number will be printed once more
    PrintAgain(VisitId),
    /// give the number back
    Cancel(VisitId),
}

/// Asked of whatever tells who somebody is: the reader, the slot and the code scanner alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReaderDo {
    /// look for a card or a code and read it
    Watch(SessionId),
    /// look no further; whoever read the last card tells whether it is still there
    Presence(SessionId),
    /// nothing
    Rest,
}

/// One way to tell who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// an ID card on the reader
    Reader,
    /// a social-security card in the slot
    Slot,
    /// a code before the code scanner
    Code,
}

/// How much a scan takes from the feeder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheets {
    /// all that lie in it
    All,
    /// the first alone, in place of a page
    One,
}

/// Whether a page is kept as it came from the scanner, beside the finished one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// the finished page alone
    Finished,
    /// the scan as well: a compact document is made of it
    Scan,
}

/// What somebody types to get in. It is wiped when it is dropped, and nobody sees it in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin(Zeroizing<String>);

impl Default for Pin {
    /// With room for the longest code: a string that grows leaves what it was behind.
    fn default() -> Self {
        Self(Zeroizing::new(String::with_capacity(32)))
    }
}

impl Pin {
    /// How many digits.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Nothing typed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One digit more.
    pub fn push(&mut self, digit: char) {
        self.0.push(digit);
    }

    /// One digit less.
    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// The digits, for who checks them.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// In groups of three, as the office reads its answer out.
    pub fn grouped(&self) -> String {
        let digits: Vec<char> = self.0.chars().collect();
        let groups: Vec<String> = digits.chunks(3).map(|group| group.iter().collect()).collect();
        groups.join(" ")
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pin({} digits)", self.len())
    }
}

/// For the technician's room; what comes back carries the same name of the stay.
#[derive(Clone, Debug)]
pub enum RoomDo {
    /// somebody is before the door: look for a technician's card
    Knock(SessionId),
    /// this PIN was typed for the card that lies there
    Pin(SessionId, Pin),
    /// ask a question that the office can answer
    NewCode(SessionId),
    /// this answer was typed
    Code(SessionId, Pin),
    /// nobody is there any more
    Leave,
    /// try this, by itself
    Try(SessionId, Test),
    /// judge the test ticket that was scanned for this test
    ReadLoop(SessionId, PageId),
    /// tell how what waits to be sent stands
    LookOutbox(SessionId),
    /// send it now
    SendNow(SessionId),
    /// tell how the kiosk itself is
    LookKiosk(SessionId),
    /// tell what was used up
    LookCounters(SessionId),
    /// make a report, with what was tried in this stay, and what a test ticket said in it
    MakeReport(SessionId, Vec<Tried>, Option<Looped>),
    /// print the short form of the report that was made last
    PrintReport(SessionId),
    /// write it to a USB stick
    ExportReport(SessionId),
    /// a new roll is in the printer
    RollChanged(SessionId),
    /// have the system go back to the settings before, which have this number
    SettingsBack(u64),
}

/// What whoever checks says of somebody before the technician's door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DoorNews {
    /// a technician's card lies there, or does not any more
    Card(bool),
    /// what the office is to be told
    Question(String),
    /// stays out, and no attempt before so long
    Refused(DoorRefusal, Duration),
    /// may go in
    Opened,
}

/// What the desk asks for; executed by the appliance in this order.
#[derive(Clone, Debug)]
pub enum Action {
    /// the tasks of reader, slot and code scanner, all of them
    Reader(ReaderDo),
    /// the ledger's task
    Ledger(SessionId, LedgerDo),
    /// a ticket is coming: ask the printer how it is while the ledger writes
    PreparePrinter,
    /// print
    Print(PrintJob, Box<TicketContents>),
    /// scan into this session, and keep each page as it came too where it is to be made compact
    Scan(SessionId, Source, Sheets, Keep),
    /// read the picture of what this material looks like
    Example(MaterialCode),
    /// stop scanning
    StopScan(SessionId),
    /// throw scanned pages away
    DropPages(SessionId, Vec<PageId>),
    /// make one document of these pages and send it
    Submit(Box<Submission>),
    /// look into the licence stores
    Licences(SessionId, Box<LicencesWanted>),
    /// tell the hall that somebody is wanted: which call it is, and on which screen
    /// ([`crate::screen::Screen::name`])
    CallStaff(u64, &'static str),
    /// print a receipt
    PrintReceipt(SessionId, Box<ReceiptContents>),
    /// for the technician's room
    Room(RoomDo),
    /// one way alone: look for a card or a code and read it
    Watch(Way, SessionId),
    /// something of the visitor's still lies on the kiosk: a sound, for who has turned away already
    Remind,
    /// what came of something, for the log
    Note(Note),
    /// what came of the tests that a command wanted; `None` when somebody is here
    Commanded(Option<Vec<Tried>>),
    /// the session is over: wipe all that is its own
    Forget(SessionId),
}

/// What the desk concludes by itself, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// a test has ended, after so long
    Tested(Test, Outcome, Duration),
    /// a repair came to the test that ends it: the fault is gone and the test passed
    Repaired(Fault, bool),
}

/// One material, scanned and accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct Submission {
    /// whose pages
    pub session: SessionId,
    /// the visit that they are kept under
    pub dossier: VisitId,
    /// for whom
    pub applicant: Applicant,
    /// the number if it has one
    pub number: Option<TicketNumber>,
    /// which material
    pub material: MaterialCode,
    /// its name
    pub name: Label,
    /// the items it serves
    pub items: Vec<crate::catalogue::ItemCode>,
    /// its pages in order, and how each is to be turned
    pub pages: Vec<(PageId, Turn)>,
    /// what they are put into
    pub document: DocumentFormat,
    /// whether text is kept apart from its ground
    pub compact: bool,
}
