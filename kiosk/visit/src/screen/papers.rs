//! What the visitor sees of his papers: the checklist, the scanner, the pages, the receipt.

use super::{TicketState, Who};
use crate::catalogue::{Label, MaterialCode};
use crate::event::{CustodyCode, Standing};
use crate::fault::{Device, Fault};
use crate::intent::Source;
use crate::number::TicketNumber;
use jiff::civil::Date;
use std::sync::Arc;

/// Where a material is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaterialState {
    /// still to be handed in
    Missing,
    /// to be shown at the window; the kiosk does not scan it
    AtWindow,
    /// stored in this kiosk, will be sent
    Stored,
    /// on its way, per cent sent: less than 100
    Sending(u8),
    /// all of it was sent, and the store has not said that it is there
    Sent,
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
            | Self::Sent
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

    /// Whether it can be handed in although it need not be: a licence stands for it, or it was handed in and
    /// nobody has looked at it yet. The visitor is asked first.
    pub fn may_hand_in_anew(self) -> bool {
        matches!(self, Self::InStore | Self::Stored | Self::Sending(_) | Self::Sent | Self::Received)
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
    /// the visitor can hand it in here, perhaps after a question
    pub may_hand_in: bool,
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
    /// this page of the materials of the matters, each once; those that are wanted once more come first
    pub materials: Vec<MaterialShown>,
    /// of how many nothing is left to do
    pub done: usize,
    /// how many there are, on all pages
    pub count: usize,
    /// how the look into the licence stores stands
    pub licences: LicencesTold,
    /// something was handed in, for which there is a receipt
    pub receipt: bool,
    /// page shown, from 1
    pub page: usize,
    /// pages in all, at least 1
    pub page_count: usize,
}

/// Why a material need not be handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NeedNot {
    /// a licence in the store stands for it
    InStore(LicenceShown),
    /// it was handed in: where it is
    HandedIn(MaterialState),
}

/// Hand a material in that need not be handed in?
#[derive(Clone, Debug, PartialEq)]
pub struct HandInAsk {
    /// which
    pub material: Label,
    /// why it need not be
    pub why: NeedNot,
    /// it still can be: news may have come while it was asked
    pub may_hand_in: bool,
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
    /// one page was to be scanned again, and there were more sheets than that
    OnlyOne,
    /// the visitor stopped the feeder, in which sheets may lie still
    Stopped,
    /// a page was to be scanned again and none came: it is the one from before
    NotReplaced,
}

impl ScanProblem {
    /// Whether scanning may go on after the last page that is safe. Where a page is missing somewhere in
    /// the middle there is no such page.
    pub fn may_go_on(self) -> bool {
        match self {
            Self::FeederEmpty | Self::BadPage | Self::Over => true,
            Self::OnlyOne | Self::Stopped | Self::NotReplaced => true,
            Self::Fault(fault) => fault.device() == Device::Scanner,
            Self::TooManyPages | Self::PagesMissing { .. } => false,
        }
    }
}

/// Why a material that was handed in is wanted once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentBack {
    /// refused, or returned
    pub state: MaterialState,
    /// what the reviewer wrote
    pub note: Option<String>,
}

/// What is asked about paper that has lain in the feeder since before the visitor came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeederAsk {
    /// is it the visitor's?
    Whose,
    /// it is not: he is asked to take it out, and goes on once it is gone
    TakeOut,
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
    /// why it is wanted once more
    pub sent_back: Option<SentBack>,
    /// what such a paper looks like
    pub example: Option<Arc<Preview>>,
    /// what has to be answered before anything is taken from the feeder
    pub asking: Option<FeederAsk>,
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
    pub papers: Vec<PaperTold>,
    /// stands for every page and document of the visit
    pub code: CustodyCode,
    /// what is known of the printed receipt; `None`: nobody has asked for it
    pub paper: Option<TicketState>,
    /// whether the printer works
    pub printer: bool,
}

/// A paper on a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaperTold {
    /// what it is
    pub name: Label,
    /// how many pages of it were handed in
    pub pages: usize,
    /// where it is now
    pub state: MaterialState,
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
    /// materials that were neither handed in nor need not be
    pub missing: usize,
    /// materials of which nobody knows whether the store has them
    pub unknown: usize,
}
