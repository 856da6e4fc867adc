//! What the kiosk asks of a ledger of numbers, wherever it is kept.
//!
//! Numbers carry the kiosk's letter and are drawn from a leased [`Block`], so that a ledger shared by
//! all kiosks of a hall fits behind [`Ledger`] unchanged: it leases blocks from the hall's database
//! and finds a person's visit there, whichever kiosk opened it.

mod error;
mod print;
mod record;

pub use error::LedgerError;
pub use print::{EVIDENCE_LENGTH, PrintHistory, PrintJobId, PrintRecord, PrintState, REPRINTS, TicketIntent};
pub use record::{
    ApplicantRef, Block, CapRule, Enter, LARGEST_COUNT, MATTERS, OPTIONS, Take, TakeAnswer, Taken, VisitId,
    VisitRecord,
};

use crate::key::PersonKey;
use jiff::civil::{Date, DateTime};
use std::pin::Pin;
use visit::catalogue::Matter;
use visit::number::{Letter, TicketNumber, WindowEvent};
use visit::waiting::Pace;

/// So many numbers of a day must stand for a matter before [`Ledger::popular`] names it.
pub const POPULAR_FROM: u32 = 3;

/// What a ledger will answer. Dropping it before it is ready may or may not undo the question; asked
/// again, a ledger answers as if it had been asked once.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, LedgerError>> + Send + 'a>>;

/// The hall's numbers and visits. Times are the hall's own clock; a ledger has none.
///
/// When an answer is `Ok`, what it says is on disk, synced. When it is an error, nothing is half done; where
/// the disk failed at the very sync, a crash may still bring the whole of it to light. So on an error do
/// nothing that the question was to allow (send no byte, show no number), and ask again later.
pub trait Ledger: Send + Sync {
    /// Leases the next `want` numbers (1 or more) of a letter on a day. [`Ledger::take_number`] does
    /// this by itself whenever the kiosk's numbers run out.
    fn lease(&self, day: Date, letter: Letter, want: u32) -> Answer<'_, Block>;

    /// The person's open visit on `day`.
    ///
    /// An open visit of a *later* day is given too: then the clock has gone back, and the number that
    /// the person holds still counts.
    fn visit_of(&self, person: &PersonKey, day: Date) -> Answer<'_, Option<VisitRecord>>;

    /// The visit of an id, open or closed.
    fn visit(&self, visit: VisitId) -> Answer<'_, Option<VisitRecord>>;

    /// Opens a visit without a number, for someone who hands in papers first, or updates the person's
    /// open visit. Open visits of the person on earlier days expire.
    fn enter(&self, enter: Enter) -> Answer<'_, VisitRecord>;

    /// Gives the person's visit its number, opening the visit if need be, and journals a print job as
    /// [`PrintState::Intended`], all in one transaction with one sync. A visit that has a number keeps
    /// it. Refused with [`TakeAnswer::Full`], and then nothing is recorded, if a matter that the
    /// number does not stand for yet has reached one of the caps that hold now.
    fn take_number(&self, take: Take) -> Answer<'_, TakeAnswer>;

    /// Journals that a print job has reached `state`, and why one believes so (at most
    /// [`EVIDENCE_LENGTH`] characters are kept; nothing personal belongs there).
    fn print_state(&self, job: PrintJobId, state: PrintState, evidence: &str, at: DateTime)
    -> Answer<'_, ()>;

    /// Journals another print job for an open visit that has a number, and tells of the earlier ones.
    fn print_again(&self, visit: VisitId, at: DateTime) -> Answer<'_, (PrintJobId, PrintHistory)>;

    /// The print jobs of a visit.
    fn prints(&self, visit: VisitId) -> Answer<'_, PrintHistory>;

    /// Gives the number back, or ends a visit without one. Cancelling again changes nothing.
    fn cancel(&self, visit: VisitId) -> Answer<'_, VisitRecord>;

    /// Hears what the windows report. `seq` counts the reports of the hall's feed: one that was heard
    /// before changes nothing. A number that is not in this ledger is kept aside.
    fn window_event(
        &self,
        seq: u64,
        number: TicketNumber,
        event: WindowEvent,
        day: Date,
        at: DateTime,
    ) -> Answer<'_, Heard>;

    /// The highest `seq` heard so far, so that the feed can resume after it.
    fn last_seq(&self) -> Answer<'_, Option<u64>>;

    /// How many waiting numbers were given earlier that day than this visit's, among those that stand for one of
    /// these matters: the others wait for other windows. 0 once it is no longer waiting; `None` if it has no number,
    /// or nothing was heard of the windows on its day.
    fn ahead(&self, visit: VisitId, beside: Vec<Matter>) -> Answer<'_, Option<u32>>;

    /// How many numbers of a day are waiting; `None` if nothing was heard of the windows on that day.
    fn waiting(&self, day: Date) -> Answer<'_, Option<u32>>;

    /// How fast the numbers of a day that are in this ledger are called, by the last calls of that day; with matters,
    /// those numbers alone that stand for one of them. `None` where too few were heard of to tell.
    fn pace(&self, day: Date, beside: Option<Vec<Matter>>) -> Answer<'_, Option<Pace>>;

    /// The matters that most numbers of a day stand for, at most `most` of them and first the one that
    /// most do. Numbers that were given back do not count, nor does a matter that fewer than
    /// [`POPULAR_FROM`] numbers stand for: what a few people came for is their own affair.
    fn popular(&self, day: Date, most: u32) -> Answer<'_, Vec<Matter>>;

    /// To be called at start: every print job of this kiosk that was intended or sent becomes unknown,
    /// since its bytes may have left; open visits of days before `at` expire.
    fn reconcile(&self, at: DateTime) -> Answer<'_, Reconciled>;

    /// Ends a service day: its open visits, and those of earlier days, expire. Answers how many did.
    fn close_day(&self, day: Date) -> Answer<'_, u32>;

    /// Deletes every trace of the visits of days before `before_day`. How far each letter's numbers
    /// had got is kept: it says nothing of anybody, and a clock that goes back must not give a number
    /// twice.
    fn purge(&self, before_day: Date) -> Answer<'_, Purged>;
}

/// What became of a report of the windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// the number's life went on
    Applied,
    /// it was heard before
    Again,
    /// the number is not in this ledger
    Aside,
    /// the number's life had ended, or was there already
    TooLate,
}

/// What [`Ledger::reconcile`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// print jobs that are unknown from now on, oldest first
    pub unknown: Vec<(PrintJobId, VisitId)>,
    /// how many visits expired
    pub expired: u32,
}

/// What [`Ledger::purge`] deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// how many visits
    pub visits: u32,
    /// how many reports of the windows
    pub events: u32,
}
