//! What the visitor sees, as a value.
//!
//! A [`View`] can be drawn without a device, a network or a clock. It holds what is shown and no
//! more: names masked, numbers cut to their tail, reasons as closed enums. The words for it are the
//! screen's business.

use crate::catalogue::{Days, ItemCode, Label, MaterialCode, Matter, PackageCode};
use crate::event::{CustodyCode, Standing};
use crate::fault::{Device, Fault};
use crate::identity::{CompanyOffer, Ways};
use crate::intent::{Source, Tab};
use crate::number::TicketNumber;
use jiff::civil::{Date, DateTime, Time};
use std::sync::Arc;

/// The language of the screen and of the ticket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// Simplified Chinese
    #[default]
    Zh,
    /// English
    En,
}

impl Label {
    /// The text in a language.
    pub fn of(&self, language: Language) -> &str {
        match language {
            Language::Zh => &self.zh,
            Language::En => &self.en,
        }
    }
}

/// One moment of the kiosk's screen.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// in which language
    pub language: Language,
    /// the hall's name
    pub hall: Label,
    /// the hall's clock, to the minute
    pub clock: Time,
    /// which screen
    pub screen: Screen,
    /// what is wrong, worst first; the screen tells what concerns a visitor here
    pub faults: Vec<Fault>,
    /// seconds until the session ends by itself, shown when few are left
    pub ending_in: Option<u32>,
}

/// Every screen there is.
#[derive(Clone, Debug, PartialEq)]
pub enum Screen {
    /// two doors
    Home(Home),
    /// lay the card on the reader
    Identify(Identify),
    /// what for?
    Choose(Choose),
    /// type the company's code
    Company(CompanyEntry),
    /// a moment, please
    Wait(Wait),
    /// the number
    Number(NumberShown),
    /// really give the number back?
    CancelAsk(TicketNumber),
    /// may the licence stores be asked?
    Licences(LicencesAsk),
    /// the checklist
    Materials(Materials),
    /// lay the paper in
    Scan(ScanReady),
    /// pages are coming
    Scanning(Scanning),
    /// are the pages good?
    Review(Review),
    /// what was handed in, with the code that proves it
    Receipt(Receipt),
    /// goodbye
    Goodbye(Goodbye),
    /// what is wrong, for whoever mends it
    Service(Service),
}

impl Screen {
    /// The stable name of a screen, for tests and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Home(_) => "home",
            Self::Identify(_) => "identify",
            Self::Choose(_) => "choose",
            Self::Company(_) => "company",
            Self::Wait(_) => "wait",
            Self::Number(_) => "number",
            Self::CancelAsk(_) => "cancel",
            Self::Licences(_) => "licences",
            Self::Materials(_) => "materials",
            Self::Scan(_) => "scan",
            Self::Scanning(_) => "scanning",
            Self::Review(_) => "review",
            Self::Receipt(_) => "receipt",
            Self::Goodbye(_) => "goodbye",
            Self::Service(_) => "service",
        }
    }
}

/// Why no number is given now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoNumbers {
    /// lunch until then
    Lunch(Time),
    /// closed, and when it opens if that is known
    Closed(Option<DateTime>),
    /// no way to tell who somebody is works
    NoWay,
    /// the ledger cannot be written
    NoLedger,
}

/// The idle screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Home {
    /// `None`: the number door is open
    pub no_numbers: Option<NoNumbers>,
    /// whether anybody can be told who he is, without which no papers can be handed in
    pub papers: bool,
    /// whether the scanner works
    pub scanner: bool,
    /// whether a ticket will be printed; otherwise the number is shown only
    pub tickets: bool,
    /// how many wait; `None` without a window feed
    pub waiting: Option<u32>,
    /// about how many tickets are left, while the roll is low and that is known
    pub tickets_left: Option<u16>,
}

/// For what the card is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// to take a number
    Number,
    /// to hand in papers
    Papers,
    /// to name the relative whom the visitor acts for
    Relative,
}

/// What went wrong with the last card; the next one may do better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardProblem {
    /// keep it still and lay it again
    Unreadable,
    /// not a card that the reader knows
    UnknownKind,
    /// the number's check digit is wrong
    CheckDigit,
    /// card and reader do not accept each other
    Authentication,
    /// the reader does not answer
    Reader,
    /// the visitor's own card where a relative's is wanted
    SamePerson,
    /// a card that was read before still lies there: lift it and lay it again
    LiftFirst,
    /// the code that was shown is not known, or not any more
    CodeUnknown,
    /// nobody can be asked now whose code it is
    CodeUnreachable,
    /// the card in the slot was not read, or was drawn out too early
    SocialUnreadable,
    /// no chip in the slot answers: the card was put in the wrong way round
    WrongSide,
}

/// Say who you are: lay the card on the reader, put it into the slot, show the code.
#[derive(Clone, Debug, PartialEq)]
pub struct Identify {
    /// for what
    pub purpose: Purpose,
    /// the ways that work now
    pub ways: Ways,
    /// a card is there and is being read
    pub reading: bool,
    /// what went wrong last
    pub problem: Option<CardProblem>,
}

/// Who is served, masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// 张*
    pub name: String,
    /// last four of the document number
    pub tail: String,
    /// for whom
    pub applicant: ApplicantShown,
}

/// For whom, masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApplicantShown {
    /// the visitor
    Oneself,
    /// a company, its code whole (public)
    Company(String),
    /// a relative, name masked
    Relative(String),
}

/// Why a matter cannot be picked now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatterFull {
    /// its numbers for this time window are used up; more from this time on, today
    Until(Option<Time>),
}

/// One matter to pick.
#[derive(Clone, Debug, PartialEq)]
pub struct MatterShown {
    /// which
    pub matter: Matter,
    /// its name
    pub name: Label,
    /// its department or, for a package, how many items
    pub by: MatterBy,
    /// picked
    pub picked: bool,
    /// whether its numbers are used up
    pub full: Option<MatterFull>,
    /// options to tick, once the package is picked
    pub options: Vec<OptionShown>,
}

/// Who handles a matter.
#[derive(Clone, Debug, PartialEq)]
pub enum MatterBy {
    /// a department; days by law and promised
    Department(Label, Days, Days),
    /// several items in one go: how many
    Items(usize),
}

/// One option of a package.
#[derive(Clone, Debug, PartialEq)]
pub struct OptionShown {
    /// of which package
    pub package: PackageCode,
    /// which item
    pub item: ItemCode,
    /// its name
    pub name: Label,
    /// ticked
    pub ticked: bool,
}

/// What for? The list, one page of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Choose {
    /// who
    pub who: Who,
    /// number or papers
    pub purpose: Purpose,
    /// the number this person already has today
    pub open_number: Option<TicketNumber>,
    /// which list
    pub tab: Tab,
    /// this page of it
    pub matters: Vec<MatterShown>,
    /// page shown, from 1
    pub page: usize,
    /// pages in all, at least 1
    pub pages: usize,
    /// what is picked so far, on whatever list
    pub picked: Vec<Label>,
    /// something is picked, so that `confirm` does something
    pub can_confirm: bool,
    /// why the last confirm was refused
    pub refused: Option<Refusal>,
}

/// Why no number was given although the visitor confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// closed or lunch meanwhile
    Closed(NoNumbers),
    /// a picked matter has no numbers left for now
    Full,
    /// the ledger cannot be written
    Ledger,
}

/// What is wrong with a typed company code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeProblem {
    /// not 18 characters yet, or a character that no code has
    Form,
    /// the check character is wrong: mistyped
    CheckCharacter,
}

/// Type the company's code.
#[derive(Clone, Debug, PartialEq)]
pub struct CompanyEntry {
    /// what has been typed
    pub typed: String,
    /// what was wrong with it at the last confirm
    pub problem: Option<CodeProblem>,
    /// the company that the plugged-in key names
    pub offer: Option<CompanyOffer>,
    /// a company's key can be plugged in and would be read
    pub key: bool,
}

/// What takes a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// the number is being written down
    Number,
    /// the visit is being opened
    Visit,
    /// the number is being given back
    Cancelling,
    /// the pages are being put together
    Document,
}

/// What is known of the paper ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketState {
    /// on its way
    Printing,
    /// the printer said that it printed and cut
    Printed,
    /// all bytes were taken by a printer that cannot prove more
    Sent,
    /// nobody knows whether a ticket came out
    Unknown(Option<Fault>),
    /// certainly no ticket came out
    NotPrinted(Option<Fault>),
}

/// The number.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberShown {
    /// the number
    pub number: TicketNumber,
    /// the person had it already
    pub again: bool,
    /// where to go: windows and waiting area
    pub windows: Vec<(Label, String)>,
    /// people ahead; `None` without a window feed
    pub ahead: Option<u32>,
    /// what to prepare
    pub missing: Vec<Label>,
    /// the paper
    pub ticket: TicketState,
    /// the code on the ticket, shown as QR when there is no paper
    pub qr: String,
    /// the card still lies there, or nobody knows
    pub card: CardReminder,
}

/// Whether to remind of the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardReminder {
    /// it has been taken
    Taken,
    /// it lies there
    Present,
    /// nobody knows: remind
    Unknown,
}

/// Where a material is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaterialState {
    /// still to be handed in
    Missing,
    /// to be shown at the window; the kiosk does not scan it
    AtWindow,
    /// stored in this kiosk, will be sent
    Stored,
    /// on its way, per cent sent
    Sending(u8),
    /// the store confirmed it
    Received,
    /// the store refused it
    Refused(Fault),
    /// the back office has looked at it and takes it
    Accepted,
    /// the back office sends it back: it is wanted once more
    Returned(ReturnReason),
    /// a licence in the store stands for it: it need not be handed in
    InStore,
    /// the licence stores are being asked
    Checking,
    /// the licence stores could not be asked: nobody knows whether it is there
    Unknown,
    /// the visitor said that it does not concern him
    NotApplicable,
}

impl MaterialState {
    /// Whether there is still something to do about it.
    pub fn is_open(self) -> bool {
        match self {
            Self::Missing | Self::AtWindow | Self::Refused(_) | Self::Checking | Self::Unknown => true,
            Self::Returned(reason) => reason != ReturnReason::NotNeeded,
            Self::Stored
            | Self::Sending(_)
            | Self::Received
            | Self::Accepted
            | Self::InStore
            | Self::NotApplicable => false,
        }
    }

    /// Whether it was handed in and is wanted once more.
    pub fn is_wanted_again(self) -> bool {
        matches!(self, Self::Refused(_) | Self::Returned(_)) && self.is_open()
    }

    /// Whether it can be scanned now.
    pub fn may_scan(self) -> bool {
        self.is_open() && self != Self::AtWindow || self == Self::NotApplicable
    }
}

/// Why the back office sends a paper back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReturnReason {
    /// it cannot be read
    Illegible,
    /// pages or parts are missing
    Incomplete,
    /// it is not the paper that was asked for
    WrongDocument,
    /// it is past its time
    OutOfDate,
    /// nobody needs it
    NotNeeded,
    /// what the reviewer wrote
    Other,
}

impl ReturnReason {
    /// Every reason.
    pub const ALL: &'static [Self] = &[
        Self::Illegible,
        Self::Incomplete,
        Self::WrongDocument,
        Self::OutOfDate,
        Self::NotNeeded,
        Self::Other,
    ];
}

/// One line of the checklist.
#[derive(Clone, Debug, PartialEq)]
pub struct MaterialShown {
    /// which
    pub code: MaterialCode,
    /// its name
    pub name: Label,
    /// original wanted at the window as well
    pub original: bool,
    /// pages expected
    pub pages: u16,
    /// the items that need it
    pub items: Vec<Label>,
    /// where it is
    pub state: MaterialState,
    /// the licence in the store that stands for it, or that would if it still counted
    pub licence: Option<LicenceShown>,
    /// what the reviewer wrote
    pub note: Option<String>,
}

/// A licence in the store, as a bystander may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenceShown {
    /// its name
    pub name: String,
    /// its number, masked
    pub number: String,
    /// its last day; `None` for one without an end
    pub valid_until: Option<Date>,
    /// whether it counts
    pub standing: Standing,
}

/// May the licence stores be asked?
#[derive(Clone, Debug, PartialEq)]
pub struct LicencesAsk {
    /// who
    pub who: Who,
    /// which materials may be there
    pub materials: Vec<Label>,
    /// which matters they are for: the reason that the store keeps
    pub matters: Vec<Label>,
}

/// How a look into the licence stores stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LicencesTold {
    /// no material can be there
    NotNeeded,
    /// not asked, or the visitor said no
    NotAsked,
    /// being asked
    Asking,
    /// not every store answered
    Incomplete,
    /// all answered
    Complete,
}

/// The checklist.
#[derive(Clone, Debug, PartialEq)]
pub struct Materials {
    /// who
    pub who: Who,
    /// the visit's number if it has one
    pub number: Option<TicketNumber>,
    /// every material of the matters, each once
    pub materials: Vec<MaterialShown>,
    /// how the look into the licence stores stands
    pub licences: LicencesTold,
    /// something was handed in, for which there is a receipt
    pub receipt: bool,
    /// page shown, from 1
    pub page: usize,
    /// pages in all, at least 1
    pub page_count: usize,
}

/// Why a scan ended early, and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanProblem {
    /// no paper in the feeder
    FeederEmpty,
    /// a device fault; pages before it are kept
    Fault(Fault),
    /// a page could not be used: damaged, empty or of a kind that is not taken
    BadPage,
    /// as many pages as one document may have
    TooManyPages,
    /// sheets and pages are not as many ([`Fault::PagesMissing`])
    PagesMissing {
        /// sides of paper that the scanner says it took in
        fed: u32,
        /// pages that came and were stored
        stored: u32,
    },
    /// a fault of the scanner's that has gone since
    Over,
}

impl ScanProblem {
    /// Whether scanning may go on after the last page that is safe. Where a page is missing somewhere in
    /// the middle there is no such page.
    pub fn may_go_on(self) -> bool {
        match self {
            Self::FeederEmpty | Self::BadPage | Self::Over => true,
            Self::Fault(fault) => fault.device() == Device::Scanner,
            Self::TooManyPages | Self::PagesMissing { .. } => false,
        }
    }
}

/// Lay the paper in.
#[derive(Clone, Debug, PartialEq)]
pub struct ScanReady {
    /// for which material
    pub material: Label,
    /// pages expected
    pub expected: u16,
    /// where the paper lies
    pub source: Source,
    /// pages already there
    pub have: usize,
    /// whether the scanner works
    pub scanner: bool,
    /// the page, from 1, in whose place the next one comes
    pub again: Option<usize>,
    /// the visitor may say that this does not concern him
    pub optional: bool,
    /// what such a paper looks like
    pub example: Option<Arc<Preview>>,
    /// what went wrong last
    pub problem: Option<ScanProblem>,
}

/// Pages are coming.
#[derive(Clone, Debug, PartialEq)]
pub struct Scanning {
    /// for which material
    pub material: Label,
    /// pages stored so far
    pub stored: usize,
    /// bytes of the page that is coming
    pub arriving: u64,
    /// the last page stored
    pub last: Option<Arc<Preview>>,
}

/// A small picture of a page.
#[derive(PartialEq, Eq)]
pub struct Preview {
    /// in pixels
    pub width: u32,
    /// in pixels
    pub height: u32,
    /// `3 × width × height` bytes, red, green, blue, row by row from the top
    pub rgb: Vec<u8>,
}

impl std::fmt::Debug for Preview {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Preview({}×{})", self.width, self.height)
    }
}

/// What is doubtful about a page; it can be accepted all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PageWarning {
    /// nothing on it
    Blank,
    /// hard to read
    TooDark,
    /// out of focus, or moved while it was scanned
    Blurred,
    /// something runs over the edge of the scan
    CutOff,
    /// a corner or an edge is folded over
    Folded,
}

/// What the screen asks before it goes on with pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewAsk {
    /// this page is blank: leave it in?
    Blank,
    /// really take this page out?
    Remove,
    /// really throw all pages away and scan again?
    AllAgain,
    /// really leave, and throw the pages away?
    Leave,
}

/// Are the pages good?
#[derive(Clone, Debug, PartialEq)]
pub struct Review {
    /// for which material
    pub material: Label,
    /// pages expected
    pub expected: u16,
    /// pages there
    pub pages: usize,
    /// which is shown, from 1
    pub page: usize,
    /// the page
    pub preview: Arc<Preview>,
    /// what is doubtful about it
    pub warnings: Vec<PageWarning>,
    /// which pages are doubtful, from 1
    pub doubtful: Vec<usize>,
    /// what has to be answered first
    pub asking: Option<ReviewAsk>,
    /// why the scan ended early
    pub problem: Option<ScanProblem>,
}

/// What was handed in, with the code that proves it.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    /// the number, if the visit has one
    pub number: Option<TicketNumber>,
    /// what was handed in, and where it is now
    pub papers: Vec<(Label, MaterialState)>,
    /// stands for every page and document of the visit
    pub code: CustodyCode,
    /// what is known of the printed receipt; `None`: nobody has asked for it
    pub paper: Option<TicketState>,
    /// whether the printer works
    pub printer: bool,
}

/// What became of the papers, at goodbye.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PapersTold {
    /// documents the store confirmed
    pub received: usize,
    /// documents stored in this kiosk, to be sent
    pub stored: usize,
    /// documents that are wanted once more: refused, or sent back
    pub returned: usize,
}

/// Goodbye.
#[derive(Clone, Debug, PartialEq)]
pub struct Goodbye {
    /// the number, if one was given
    pub number: Option<TicketNumber>,
    /// the number was given back
    pub cancelled: bool,
    /// what became of the papers
    pub papers: Option<PapersTold>,
    /// pages were scanned and not accepted: they are thrown away
    pub dropped: bool,
    /// whether to remind of the card
    pub card: CardReminder,
}

/// What is wrong, one fault at a time, for whoever mends it. It holds nothing of any visitor.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// the fault shown; `None` once nothing is wrong any more
    pub fault: Option<Fault>,
    /// which of them, from 1
    pub at: usize,
    /// how many there are
    pub count: usize,
    /// about how many tickets are left, while the roll is low and that is known
    pub tickets_left: Option<u16>,
}
