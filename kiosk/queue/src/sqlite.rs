//! A ledger in a file of its own: SQLite, write-ahead log, every commit synced.
//!
//! One thread owns the connection and answers one question after another. The schema itself forbids
//! a second number: one open visit a person, one visit a number, and a number once given stays. Several
//! ledgers may share one file.

#[cfg(test)]
mod both_ways;
mod prints;
mod rows;
mod schema;
mod upkeep;
mod visits;
mod windows;

use crate::key::PersonKey;
use crate::ledger::{
    Answer, Block, Enter, Heard, Ledger, LedgerError, PrintHistory, PrintJobId, PrintState, Purged,
    Reconciled, Take, TakeAnswer, VisitId, VisitRecord,
};
use jiff::civil::{Date, DateTime};
use layouts::{Bounds, Layout};
pub use layouts::{Proven, Unproven};
use rows::Halt;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::fmt;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use visit::catalogue::Matter;
use visit::number::{Letter, TicketNumber, WindowEvent};
use visit::waiting::Pace;

/// How many questions may wait for the owner thread.
const WAITING_QUESTIONS: usize = 64;

/// How long a question waits for its answer, its time in the queue included.
const PATIENCE: Duration = Duration::from_secs(30);

/// How durable a commit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// a commit is synced before it is answered
    Full,
    /// never synced: a power cut loses numbers. Only for tests
    OffForTests,
}

/// Told of each journalled step, on the owner thread; the ledger waits until it returns.
///
/// `number.before-commit`, `number.committed`, `print.intended`, `print.sent`, `print.confirmed`,
/// `print.unknown`, `print.failed-before-sending`, `visit.cancelled`.
pub type StepObserver = Arc<dyn Fn(&'static str) + Send + Sync>;

/// How a ledger is opened.
#[derive(Clone)]
pub struct Options {
    /// the kiosk's letter
    pub letter: Letter,
    /// how many numbers are leased at a time
    pub block_size: NonZeroU32,
    /// a registered SQLite VFS other than the default
    pub vfs: Option<String>,
    /// how durable a commit is
    pub durability: Durability,
    /// told of each journalled step
    pub step: StepObserver,
}

impl Options {
    /// Full durability, the default VFS, nobody told of steps.
    pub fn new(letter: Letter) -> Self {
        const BLOCK: NonZeroU32 = NonZeroU32::new(50).unwrap();
        let durability = Durability::Full;
        Self { letter, block_size: BLOCK, vfs: None, durability, step: Arc::new(|_| {}) }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("letter", &self.letter)
            .field("block_size", &self.block_size)
            .field("vfs", &self.vfs)
            .field("durability", &self.durability)
            .finish_non_exhaustive()
    }
}

/// What a proof copies at most; a ledger has some MiB.
const PROOF: Bounds = Bounds { bytes: 256 << 20, time: Duration::from_secs(60) };

/// Proves that an older kiosk can take over the ledger `live`, and this one again after it: a copy of it is
/// taken back as far as it goes and up again, and has to be the same. The ledger may be in use, and is only
/// read; the copy lies in `folder` meanwhile, which has to be private. Blocks, for about a
/// minute, and 20 s more for each way back.
///
/// # Errors
/// [`Unproven`].
pub fn prove_both_ways(live: &Path, folder: &Path) -> Result<Proven, Unproven> {
    layouts::prove(live, folder, schema::LAYOUTS, PROOF)
}

type Question = Box<dyn FnOnce(&mut Books) + Send>;

/// The ledger of one kiosk in a file of its own. Its answers need a tokio runtime with a timer.
///
/// Dropping it answers what was asked before, checkpoints and closes the file.
pub struct SqliteLedger {
    questions: Option<mpsc::Sender<Question>>,
    owner: Option<JoinHandle<Result<(), LedgerError>>>,
}

impl SqliteLedger {
    /// Opens the ledger at `path`, or makes a new one (mode 0600). Reads the whole file once, to see
    /// that it is sound; this blocks.
    ///
    /// # Errors
    /// [`LedgerError`]: `Disk`, `Damaged`, `Newer` (of a newer kiosk, and without a way back to this one's
    /// layout), `NotALedger`, `Busy`. The file is left as it is.
    pub fn open(path: &Path, options: Options) -> Result<Self, LedgerError> {
        Self::open_as(path, options, schema::LAYOUTS)
    }

    /// As a kiosk would open it whose layouts these are.
    fn open_as(path: &Path, options: Options, layouts: &[Layout]) -> Result<Self, LedgerError> {
        let file = std::path::absolute(path)
            .map_err(|e| LedgerError::Disk { file: path.to_owned(), detail: e.to_string() })?;
        let connection = schema::open(&file, &options, layouts)?;
        let (questions, mut asked) = mpsc::channel::<Question>(WAITING_QUESTIONS);
        let mut books = Books { connection, file: file.clone(), options };
        let owner = std::thread::Builder::new().name("ledger".into()).spawn(move || {
            while let Some(question) = asked.blocking_recv() {
                question(&mut books);
            }
            books.shut()
        });
        match owner {
            Ok(owner) => Ok(Self { questions: Some(questions), owner: Some(owner) }),
            Err(e) => Err(LedgerError::Disk { file, detail: format!("no thread for it: {e}") }),
        }
    }

    /// Answers what was asked before, checkpoints and closes the file. Blocks until then.
    ///
    /// # Errors
    /// [`LedgerError`] if the last checkpoint failed; the next opening makes up for it.
    pub fn close(mut self) -> Result<(), LedgerError> {
        self.shut()
    }

    fn shut(&mut self) -> Result<(), LedgerError> {
        self.questions = None;
        match self.owner.take() {
            // an observer that drops the ledger it observes must not wait for itself
            Some(owner) if owner.thread().id() != std::thread::current().id() => {
                owner.join().unwrap_or(Err(LedgerError::Stopped))
            }
            _ => Ok(()),
        }
    }

    fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Books) -> Result<T, Halt> + Send + 'static,
    ) -> Answer<'_, T> {
        Box::pin(async move {
            let (answer, answered) = oneshot::channel();
            let question: Question = Box::new(move |books| {
                // nobody waits any more: whoever asked has gone, and may ask again
                if !answer.is_closed() {
                    let _ = answer.send(work(books).map_err(|halt| books.explain(halt)));
                }
            });
            let asking = async {
                let questions = self.questions.as_ref().ok_or(LedgerError::Stopped)?;
                questions.send(question).await.map_err(|_| LedgerError::Stopped)?;
                answered.await.unwrap_or(Err(LedgerError::Stopped))
            };
            tokio::time::timeout(PATIENCE, asking).await.unwrap_or(Err(LedgerError::Slow))
        })
    }
}

impl Drop for SqliteLedger {
    fn drop(&mut self) {
        if let Err(error) = self.shut() {
            tracing::warn!(%error, "the ledger was not closed cleanly");
        }
    }
}

/// What the owner thread owns.
struct Books {
    connection: Connection,
    file: PathBuf,
    options: Options,
}

impl Books {
    /// Runs `work` in a transaction that excludes every other writer from its first read on.
    fn write<T>(&mut self, work: impl FnOnce(&Transaction) -> Result<T, Halt>) -> Result<T, Halt> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }

    /// Runs `work` on one state of the file.
    fn read<T>(&mut self, work: impl FnOnce(&Transaction) -> Result<T, Halt>) -> Result<T, Halt> {
        work(&self.connection.transaction()?)
    }

    fn step(&self, name: &'static str) {
        (self.options.step)(name);
    }

    fn explain(&self, halt: Halt) -> LedgerError {
        let error = halt.explain(&self.file);
        match &error {
            LedgerError::Disk { .. }
            | LedgerError::Damaged { .. }
            | LedgerError::Busy { .. }
            | LedgerError::Refused { .. } => tracing::error!(%error, "the ledger failed"),
            _ => {}
        }
        error
    }

    fn shut(self) -> Result<(), LedgerError> {
        let Self { connection, file, .. } = self;
        // where others use the file too, it is enough that they go on; the log stays
        let checkpoint = schema::empty_log(&connection).map(drop);
        let closed = connection.close().map_err(|(_, error)| Halt::from(error));
        checkpoint.and(closed).map_err(|halt| halt.explain(&file))
    }
}

impl Ledger for SqliteLedger {
    fn lease(&self, day: Date, letter: Letter, want: u32) -> Answer<'_, Block> {
        self.ask(move |books| books.write(|tx| visits::lease(tx, day, letter, want)))
    }

    fn visit_of(&self, person: &PersonKey, day: Date) -> Answer<'_, Option<VisitRecord>> {
        let person = *person;
        self.ask(move |books| books.read(|tx| Ok(rows::open_visit(tx, &person, day)?.map(|row| row.visit))))
    }

    fn visit(&self, visit: VisitId) -> Answer<'_, Option<VisitRecord>> {
        self.ask(move |books| books.read(|tx| Ok(rows::visit(tx, visit)?.map(|row| row.visit))))
    }

    fn enter(&self, enter: Enter) -> Answer<'_, VisitRecord> {
        self.ask(move |books| books.write(|tx| visits::enter(tx, &enter)))
    }

    fn take_number(&self, take: Take) -> Answer<'_, TakeAnswer> {
        self.ask(move |books| visits::take_number(books, &take))
    }

    fn print_state(
        &self,
        job: PrintJobId,
        state: PrintState,
        evidence: &str,
        at: DateTime,
    ) -> Answer<'_, ()> {
        let evidence = prints::trim(evidence);
        self.ask(move |books| prints::reach(books, job, state, &evidence, at))
    }

    fn print_again(&self, visit: VisitId, at: DateTime) -> Answer<'_, (PrintJobId, PrintHistory)> {
        self.ask(move |books| prints::again(books, visit, at))
    }

    fn prints(&self, visit: VisitId) -> Answer<'_, PrintHistory> {
        self.ask(move |books| {
            books.read(|tx| {
                let row = rows::visit(tx, visit)?.ok_or(LedgerError::NoSuchVisit)?;
                prints::history(tx, row.id)
            })
        })
    }

    fn cancel(&self, visit: VisitId) -> Answer<'_, VisitRecord> {
        self.ask(move |books| visits::cancel(books, visit))
    }

    fn window_event(
        &self,
        seq: u64,
        number: TicketNumber,
        event: WindowEvent,
        day: Date,
        at: DateTime,
    ) -> Answer<'_, Heard> {
        self.ask(move |books| books.write(|tx| windows::hear(tx, seq, number, event, day, at)))
    }

    fn last_seq(&self) -> Answer<'_, Option<u64>> {
        self.ask(|books| books.read(|tx| windows::last_seq(tx)))
    }

    fn ahead(&self, visit: VisitId, beside: Vec<Matter>) -> Answer<'_, Option<u32>> {
        self.ask(move |books| books.read(|tx| windows::ahead(tx, visit, &beside)))
    }

    fn waiting(&self, day: Date) -> Answer<'_, Option<u32>> {
        self.ask(move |books| books.read(|tx| windows::waiting(tx, day)))
    }

    fn pace(&self, day: Date, beside: Option<Vec<Matter>>) -> Answer<'_, Option<Pace>> {
        self.ask(move |books| books.read(|tx| windows::pace(tx, day, beside.as_deref())))
    }

    fn popular(&self, day: Date, most: u32) -> Answer<'_, Vec<Matter>> {
        self.ask(move |books| books.read(|tx| visits::popular(tx, day, most)))
    }

    fn reconcile(&self, at: DateTime) -> Answer<'_, Reconciled> {
        self.ask(move |books| upkeep::reconcile(books, at))
    }

    fn close_day(&self, day: Date) -> Answer<'_, u32> {
        self.ask(move |books| books.write(|tx| upkeep::expire(tx, day, upkeep::Until::AndThatDay)))
    }

    fn purge(&self, before_day: Date) -> Answer<'_, Purged> {
        self.ask(move |books| upkeep::purge(books, before_day))
    }
}
