//! The one thread that writes the log, and the handle that all others have.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use crate::book::{Book, Limits};
use crate::chain::Stamp;
use crate::event::Event;
use crate::journal::Journal;
use crate::key::LogKey;

/// Where and how a log is kept.
#[derive(Debug)]
pub struct Settings {
    /// the folder of its files; nothing else should be in it
    pub folder: PathBuf,
    /// the key, which lies elsewhere
    pub key: LogKey,
    /// how much is kept
    pub limits: Limits,
    /// how many events may wait to be written
    pub room: usize,
    /// how long what is not of note may wait to be synced
    pub soon: Duration,
    /// how long after a failed write the log is opened anew
    pub again: Duration,
    /// the journal's socket; see [`crate::JOURNAL`]
    pub journal: Option<PathBuf>,
}

impl Settings {
    /// As a kiosk wants it.
    pub fn new(folder: &Path, key: LogKey) -> Self {
        Self {
            folder: folder.to_owned(),
            key,
            limits: Limits::default(),
            room: 1024,
            soon: Duration::from_secs(5),
            again: Duration::from_secs(10),
            journal: Some(PathBuf::from(crate::JOURNAL)),
        }
    }
}

/// What the kiosk is told of its log, from the log's own thread; a fault or its end.
#[derive(Debug)]
pub enum Trouble {
    /// It cannot be written; events go to the journal alone, if there is one.
    Failed(io::Error),
    /// It is written again.
    Over,
}

/// How a log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// whether it can be written
    pub writes: bool,
    /// how many events found no room since the kiosk started
    pub left_out: u32,
    /// how many could not be written since the kiosk started
    pub lost: u32,
}

#[derive(Debug, Default)]
struct Shared {
    fails: AtomicBool,
    /// nothing is taken any more
    closed: AtomicBool,
    left_out: AtomicU32,
    lost: AtomicU32,
}

enum Message {
    Event(Event, Stamp),
    /// Tells when all before it is on the disk; whether it is.
    Flush(SyncSender<bool>),
    /// The same, and it is the last.
    Close(SyncSender<bool>),
}

/// What all tasks write to; cheap to clone. Nobody ever waits for the disk.
#[derive(Clone, Debug)]
pub struct Log {
    sender: SyncSender<Message>,
    shared: Arc<Shared>,
}

impl Log {
    /// Starts the log's thread. A log that cannot be opened is a trouble that is told of, not an end: it is tried
    /// again and again. `tell` is called on that thread, and holds up the log but nobody else.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn start(settings: Settings, tell: impl FnMut(Trouble) + Send + 'static) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(settings.room);
        let shared = Arc::<Shared>::default();
        // A kiosk without a journal has its files all the same.
        let journal = settings.journal.as_deref().and_then(|path| Journal::find(path).ok().flatten());
        let owner = Owner {
            settings,
            journal,
            tell: Box::new(tell),
            shared: Arc::clone(&shared),
            book: None,
            opened_before: false,
            retry_at: Instant::now(),
            dirty_since: None,
            left_out_told: 0,
            lost_told: 0,
        };
        std::thread::Builder::new().name("log".to_owned()).spawn(move || owner.run(&receiver))?;
        Ok(Self { sender, shared })
    }

    /// Hands an event over to be written, with the time that it is now. Never waits: what finds no room is
    /// counted, and the count is logged.
    pub fn record(&self, event: Event) {
        let closed = self.shared.closed.load(Ordering::Acquire);
        if closed || self.sender.try_send(Message::Event(event, Stamp::now())).is_err() {
            count(&self.shared.left_out, 1);
        }
    }

    /// Waits until all that was recorded before is on the disk; `false` if it is not, or not in time.
    pub fn flush(&self, within: Duration) -> bool {
        self.ask(Message::Flush, within)
    }

    /// Closes the log in order, as the last thing; what is recorded afterwards is left out. `false` if that
    /// could not be, or not in time.
    pub fn close(&self, within: Duration) -> bool {
        let closed = self.ask(Message::Close, within);
        // The owner may still be on its way out: nothing that comes now is written.
        self.shared.closed.fetch_or(closed, Ordering::Release);
        closed
    }

    fn ask(&self, message: impl FnOnce(SyncSender<bool>) -> Message, within: Duration) -> bool {
        let (done, wait) = sync_channel(1);
        let until = Instant::now() + within;
        let mut message = message(done);
        // Waits for room in the queue, which has no wait of its own with an end; it is made within milliseconds, or
        // not at all.
        loop {
            match self.sender.try_send(message) {
                Ok(()) => break,
                Err(TrySendError::Full(back)) if Instant::now() < until => message = back,
                Err(_) => return false,
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        wait.recv_timeout(until.saturating_duration_since(Instant::now())).unwrap_or(false)
    }

    /// How the log is.
    pub fn health(&self) -> Health {
        Health {
            writes: !self.shared.fails.load(Ordering::Relaxed),
            left_out: self.shared.left_out.load(Ordering::Relaxed),
            lost: self.shared.lost.load(Ordering::Relaxed),
        }
    }
}

fn count(counter: &AtomicU32, more: u32) {
    let _ = counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| Some(n.saturating_add(more)));
}

/// What the thread owns.
struct Owner {
    settings: Settings,
    journal: Option<Journal>,
    tell: Box<dyn FnMut(Trouble) + Send>,
    shared: Arc<Shared>,
    /// `None` while it cannot be written
    book: Option<Book>,
    opened_before: bool,
    retry_at: Instant,
    /// since when something waits to be synced
    dirty_since: Option<Instant>,
    /// of what was left out and lost, how much the log itself says
    left_out_told: u32,
    lost_told: u32,
}

impl Owner {
    fn run(mut self, receiver: &Receiver<Message>) {
        self.open();
        loop {
            let message = match receiver.recv_timeout(self.patience()) {
                Ok(message) => Some(message),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => {
                    self.close();
                    return;
                }
            };
            if self.book.is_none() && Instant::now() >= self.retry_at {
                self.open();
            }
            let Some(message) = message else {
                self.sync();
                continue;
            };
            let asked = match message {
                Message::Event(event, stamp) => self.write_all(&event, &stamp, receiver),
                asked => Some(asked),
            };
            if asked.is_some_and(|asked| self.answer(asked)) {
                return;
            }
        }
    }

    /// Writes an event and what else has come already, with one sync for all of it; what is asked behind them is
    /// returned.
    fn write_all(&mut self, event: &Event, stamp: &Stamp, receiver: &Receiver<Message>) -> Option<Message> {
        let mut at_once = self.write(event, stamp);
        let mut asked = None;
        for next in receiver.try_iter().take(self.settings.room) {
            let Message::Event(event, stamp) = next else {
                asked = Some(next);
                break;
            };
            at_once |= self.write(&event, &stamp);
        }
        if at_once || asked.is_some() || self.is_due() {
            self.sync();
        }
        asked
    }

    /// How long there is nothing to do by itself.
    fn patience(&self) -> Duration {
        let now = Instant::now();
        if self.book.is_none() {
            return self.retry_at.saturating_duration_since(now);
        }
        self.dirty_since.map_or(Duration::from_secs(3600), |since| {
            (since + self.settings.soon).saturating_duration_since(now)
        })
    }

    fn is_due(&self) -> bool {
        self.dirty_since.is_some_and(|since| since.elapsed() >= self.settings.soon)
    }

    /// Answers who waits; whether that was the last.
    fn answer(&mut self, message: Message) -> bool {
        match message {
            Message::Event(..) => false,
            Message::Flush(done) => {
                self.sync();
                let _ = done.try_send(self.book.is_some());
                false
            }
            Message::Close(done) => {
                self.close();
                let _ = done.try_send(self.book.take().is_some());
                true
            }
        }
    }

    fn close(&mut self) {
        self.write(&Event::LogClosed {}, &Stamp::now());
        self.sync();
    }

    fn open(&mut self) {
        let now = Stamp::now();
        match Book::open(&self.settings.folder, self.settings.key.clone(), self.settings.limits, &now) {
            Ok(book) => {
                let uncleanly = !self.opened_before && !book.in_order();
                self.book = Some(book);
                self.opened_before = true;
                if self.shared.fails.swap(false, Ordering::Relaxed) {
                    (self.tell)(Trouble::Over);
                }
                if uncleanly {
                    self.write(&Event::EndedUncleanly {}, &now);
                }
                self.say_what_is_missing();
                self.sync();
            }
            Err(error) => self.fail(error),
        }
    }

    fn fail(&mut self, error: io::Error) {
        tracing::error!(%error, "the log cannot be written");
        // To open it anew heals what half a write left.
        self.book = None;
        self.dirty_since = None;
        self.retry_at = Instant::now() + self.settings.again;
        if !self.shared.fails.swap(true, Ordering::Relaxed) {
            (self.tell)(Trouble::Failed(error));
        }
    }

    /// Writes an event to file and journal; whether it has to be synced at once.
    fn write(&mut self, event: &Event, stamp: &Stamp) -> bool {
        self.say_what_is_missing();
        self.append(event, stamp);
        event.entry().at_once
    }

    fn append(&mut self, event: &Event, stamp: &Stamp) {
        let written = self.book.as_mut().map(|book| book.append(event, stamp));
        let written = match written {
            Some(Ok(written)) => {
                self.dirty_since.get_or_insert_with(Instant::now);
                Some(written)
            }
            Some(Err(error)) => {
                self.fail(error);
                None
            }
            None => None,
        };
        if written.is_none() {
            count(&self.shared.lost, 1);
        }
        if let Some(journal) = &self.journal
            && let Err(error) = journal.send(event, written.as_ref())
        {
            tracing::debug!(%error, "the journal did not take an event");
        }
    }

    /// What was left out or lost since the log last said so.
    fn say_what_is_missing(&mut self) {
        if self.book.is_none() {
            return;
        }
        let lost = self.shared.lost.load(Ordering::Relaxed);
        if lost > self.lost_told {
            let events = lost - self.lost_told;
            self.lost_told = lost;
            self.append(&Event::EventsLost { events }, &Stamp::now());
        }
        let left_out = self.shared.left_out.load(Ordering::Relaxed);
        if left_out > self.left_out_told {
            let events = left_out - self.left_out_told;
            self.left_out_told = left_out;
            self.append(&Event::EventsLeftOut { events }, &Stamp::now());
        }
    }

    fn sync(&mut self) {
        self.say_what_is_missing();
        let synced = self.book.as_mut().map(Book::sync);
        self.dirty_since = None;
        if let Some(Err(error)) = synced {
            self.fail(error);
        }
    }
}

#[cfg(test)]
mod tests;
