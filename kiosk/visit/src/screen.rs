//! What the visitor sees, as a value.
//!
//! A [`View`] can be drawn without a device, a network or a clock. It holds what is shown and no
//! more: names masked, numbers cut to their tail, reasons as closed enums. The words for it are the
//! screen's business.

mod about;
mod goodbye;
mod papers;
mod technician;

pub use about::*;
pub use goodbye::*;
pub use papers::*;
pub use technician::*;

use crate::catalogue::{Days, ItemCode, Label, Matter, PackageCode};
use crate::fault::Fault;
use crate::hours::Span;
use crate::identity::{CompanyOffer, Ways};
use crate::intent::Tab;
use crate::look::Look;
use crate::number::TicketNumber;
use crate::speech::Speech;
use crate::waiting::{Place, Waiting};
use jiff::civil::{DateTime, Time};
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
    /// how it looks
    pub look: Look,
    /// the hall's name
    pub hall: Label,
    /// the hall's logo, beside its name
    pub logo: Option<Arc<Preview>>,
    /// the hall's clock, to the minute
    pub clock: Time,
    /// which screen
    pub screen: Screen,
    /// what is wrong, worst first; the screen tells what concerns a visitor here
    pub faults: Vec<Fault>,
    /// seconds until the session ends by itself, shown when few are left
    pub ending_in: Option<u32>,
    /// what has happened to the visitor's own while he stands here, on whatever screen he is
    pub news: Option<News>,
    /// the screen has just come: what is touched now may be meant for the one before
    pub just_come: bool,
    /// whether and how it is spoken
    pub speech: Speech,
}

/// What a visitor is told wherever he is.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// his number was called
    Called(TicketNumber),
    /// it was called, he did not come, and its life is over
    Missed(TicketNumber),
    /// this material is wanted once more, and he has not seen yet why
    SentBack(Label),
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
    /// type a part of a matter's name
    Search(Search),
    /// what a matter needs, and how long it takes
    About(About),
    /// type the company's code
    Company(CompanyEntry),
    /// a moment, please
    Wait(Wait),
    /// the number
    Number(NumberShown),
    /// really give the number back?
    CancelAsk {
        /// which
        number: TicketNumber,
        /// papers were handed in for it
        papers: bool,
    },
    /// may the licence stores be asked?
    Licences(LicencesAsk),
    /// the checklist
    Materials(Materials),
    /// hand it in although it need not be?
    HandInAsk(HandInAsk),
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
    /// nobody is served here, and why
    Closed(Closed),
    /// the technician's room, and its door
    Room(Room),
    /// how the screen shall look
    Look,
    /// what to do here, and a call for somebody of the hall
    Help(Help),
}

impl Screen {
    /// The stable name of a screen, for tests and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Home(_) => "home",
            Self::Identify(_) => "identify",
            Self::Choose(_) => "choose",
            Self::Search(_) => "search",
            Self::About(_) => "about",
            Self::Company(_) => "company",
            Self::Wait(_) => "wait",
            Self::Number(_) => "number",
            Self::CancelAsk { .. } => "cancel",
            Self::Licences(_) => "licences",
            Self::Materials(_) => "materials",
            Self::HandInAsk(_) => "hand-in",
            Self::Scan(_) => "scan",
            Self::Scanning(_) => "scanning",
            Self::Review(_) => "review",
            Self::Receipt(_) => "receipt",
            Self::Goodbye(_) => "goodbye",
            Self::Service(_) => "service",
            Self::Closed(_) => "closed",
            Self::Room(room) => room.name(),
            Self::Look => "look",
            Self::Help(_) => "help",
        }
    }
}

/// Why nobody is served at this kiosk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// it is starting
    Starting,
    /// its hall has not set it up yet
    NotSetUp {
        /// what the office recognises it by, in groups that are read out; empty until there is one
        fingerprint: Vec<String>,
        /// the office was reached and has the kiosk's request
        asked: bool,
        /// what went wrong last, in lines as the system says it
        trouble: Vec<String>,
    },
    /// what it stands on cannot be opened; for whoever mends it
    Broken {
        /// each in a line of its own, as the program says it
        why: Vec<String>,
    },
    /// the machine cannot start the system around it
    Stuck {
        /// each in a line of its own, as the system says it
        why: Vec<String>,
    },
    /// Secure Boot is off, so that nothing may be kept here
    Insecure,
    /// the machine's security chip does not give its data out
    Sealed {
        /// each in a line of its own, as the system says it
        why: Vec<String>,
    },
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
    /// paper lies in the scanner's feeder
    pub feeder: bool,
    /// when numbers are given today; empty when not at all
    pub hours: Vec<Span>,
    /// how many wait, and about how long; `None` without a window feed
    pub waiting: Option<Waiting>,
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
    /// nothing is wrong: today the visitor acts for a relative, whose card is wanted first
    OfRelative,
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
    /// it goes without any of them, too
    pub without: bool,
    /// a card is there and is being read
    pub reading: bool,
    /// what went wrong last
    pub problem: Option<CardProblem>,
}

/// Who is served, masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// 张*; empty for somebody who showed no document
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

/// A group of people or a department: what opens the list of its matters.
#[derive(Clone, Debug, PartialEq)]
pub struct Folder {
    /// the list that it opens
    pub tab: Tab,
    /// its name
    pub name: Label,
    /// how many matters there are in it
    pub count: usize,
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
    /// the lists that this hall has
    pub tabs: Vec<Tab>,
    /// which of them is shown, or which list inside one of them
    pub tab: Tab,
    /// whose list it is, of a group's or a department's
    pub whose: Option<Label>,
    /// this page of it, of a list of groups or departments
    pub folders: Vec<Folder>,
    /// this page of it, of a list of matters
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

/// Matters found by a part of their names, one page of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// what has been typed
    pub typed: String,
    /// more can be typed
    pub room: bool,
    /// a word can end here
    pub space: bool,
    /// how many matters are found
    pub found: usize,
    /// this page of them, those that fit best first
    pub matters: Vec<MatterShown>,
    /// page shown, from 1
    pub page: usize,
    /// pages in all, at least 1
    pub pages: usize,
    /// number or papers
    pub purpose: Purpose,
    /// the number this person already has today
    pub open_number: Option<TicketNumber>,
    /// what is picked so far, on whatever list
    pub picked: Vec<Label>,
    /// something is picked, so that `confirm` does something
    pub can_confirm: bool,
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

impl TicketState {
    /// What it means after an attempt that may still come out: that nothing came of this one does not say that nothing
    /// comes.
    #[must_use]
    pub fn after(self, doubtful: bool) -> Self {
        match self {
            Self::NotPrinted(why) if doubtful => Self::Unknown(why),
            state => state,
        }
    }
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
    /// people ahead, and about how long they take, or that it was called; `None` without a window feed
    pub place: Option<Place>,
    /// what to prepare
    pub missing: Vec<Label>,
    /// the paper
    pub ticket: TicketState,
    /// the code on the ticket, shown as QR when there is no paper
    pub qr: String,
    /// the card still lies there, or nobody knows
    pub card: CardReminder,
}

impl NumberShown {
    /// Whether a ticket came out, or is about to, as far as anyone knows.
    pub fn is_on_paper(&self) -> bool {
        match self.ticket {
            TicketState::Printing | TicketState::Printed | TicketState::Sent => true,
            TicketState::Unknown(_) | TicketState::NotPrinted(_) => false,
        }
    }
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

/// Help on a screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Help {
    /// the screen below, as [`Screen::name`] calls it
    pub on: &'static str,
    /// somebody of the hall can be called from here
    pub staff: bool,
    /// how a call stands
    pub calling: Calling,
}

/// A call for somebody of the hall.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Calling {
    /// nobody was called
    #[default]
    No,
    /// the hall is being told
    Calling,
    /// the hall said that it knows
    Heard,
    /// the hall could not be told
    Unheard,
}
