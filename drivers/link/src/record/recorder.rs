//! The ring in memory that holds only redacted bytes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use zeroize::{Zeroize, Zeroizing};

use super::{Direction, Event, Mark, Recording, Redactor, What, text};

/// How much is held back in each direction for a redactor that needs more before it can judge.
/// The longest frame of any driver fits several times; a longer piece is kept as several.
const HELD_BACK: usize = 16 * 1024;

/// How many events may wait for an earlier one whose bytes are not final yet: as many as there are
/// bytes held back, for a slow line gives them one by one.
const MOST_WAITING: usize = HELD_BACK;

/// What an event costs besides its bytes, so that empty ones cannot fill the memory either.
const EVENT_COST: usize = 64;

/// Remembers what crossed a link: a cheap handle, to be cloned.
///
/// Bytes that the redactor has not judged yet wait in buffers of a fixed size that are wiped; the
/// ring gets nothing but what is final. Events fall out of it whole, the oldest first.
#[derive(Clone)]
pub struct Recorder {
    ring: Arc<Mutex<Ring>>,
}

/// Shows how much is kept, and nothing of it.
impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ring = self.ring();
        f.debug_struct("Recorder")
            .field("driver", &ring.driver)
            .field("events", &ring.kept.len())
            .field("bytes", &ring.cost)
            .finish_non_exhaustive()
    }
}

impl Recorder {
    /// What is kept unless somebody wants it otherwise, in bytes.
    pub const CAPACITY: usize = 256 * 1024;

    /// The most that can be kept, in bytes.
    pub const MOST: usize = 1024 * 1024;

    /// A recorder for `driver`, which was given `profile`, and whose bytes `redactor` understands.
    #[must_use]
    pub fn new(driver: &str, profile: &str, redactor: impl Redactor + 'static) -> Self {
        Self::with_capacity(driver, profile, redactor, Self::CAPACITY)
    }

    /// A recorder that keeps `capacity` bytes, at most [`MOST`](Self::MOST); each event counts for
    /// its bytes and 64 more.
    #[must_use]
    pub fn with_capacity(
        driver: &str,
        profile: &str,
        redactor: impl Redactor + 'static,
        capacity: usize,
    ) -> Self {
        let ring = Ring {
            driver: text::one_line(driver),
            profile: text::one_line(profile),
            link: text::one_line(""),
            redactor: Box::new(redactor),
            to_device: Pending::new(),
            from_device: Pending::new(),
            waiting: VecDeque::new(),
            kept: VecDeque::new(),
            cost: 0,
            capacity: capacity.min(Self::MOST),
        };
        Self { ring: Arc::new(Mutex::new(ring)) }
    }

    /// Says what the link calls itself.
    pub fn name_link(&self, name: &str) {
        self.ring().link = text::one_line(name);
    }

    /// The driver notes something that is not personal: `call NAME`, or `= OUTCOME`.
    pub fn note(&self, note: &str) {
        self.ring().happened(What::Note(text::one_line(note)));
    }

    /// Bytes crossed the link, in one piece.
    pub fn crossed(&self, direction: Direction, bytes: &[u8]) {
        self.ring().crossed(direction, bytes);
    }

    /// The link was opened, for the first time or again. What was held back belongs to what went
    /// before.
    pub fn opened(&self) {
        self.ring().ended(Mark::Opened);
    }

    /// A call ended at its deadline. The bytes that crossed until then were told before.
    pub fn timed_out(&self, direction: Direction) {
        let mark = match direction {
            Direction::ToDevice => Mark::Stalled,
            Direction::FromDevice => Mark::TimedOut,
        };
        self.ring().happened(What::Mark(mark));
    }

    /// A deadline was found to have passed.
    pub fn late(&self) {
        self.ring().happened(What::Mark(Mark::Late));
    }

    /// The device refused a transfer.
    pub fn halted(&self) {
        self.ring().happened(What::Mark(Mark::Halted));
    }

    /// The device sent more than was asked of it.
    pub fn overrun(&self) {
        self.ring().happened(What::Mark(Mark::Overrun));
    }

    /// The device has gone.
    pub fn hung_up(&self) {
        self.ring().ended(Mark::HungUp);
    }

    /// The system said something else.
    pub fn failed(&self) {
        self.ring().happened(What::Mark(Mark::Failed));
    }

    /// Everything that is kept, as a recording for `fault`, which is the fault's code.
    ///
    /// What was held back is made safe first: a frame under way is cut here.
    #[must_use]
    pub fn snapshot(&self, fault: &str) -> Recording {
        let mut ring = self.ring();
        ring.settle_all();
        ring.so_far(fault).0
    }

    /// Makes safe what is held back, and lets it go: for whoever knows that no frame is under way, such as
    /// the driver's owner between two calls.
    pub fn settle(&self) {
        self.ring().settle_all();
    }

    /// What is final until now, as a recording for `fault`, and when its first event was. Nothing is
    /// disturbed: a frame under way is left out here, and stands whole in what is written out later.
    #[must_use]
    pub fn so_far(&self, fault: &str) -> (Recording, Option<Instant>) {
        self.ring().so_far(fault)
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        // A redactor that panicked has let nothing through: what is kept is still good.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Ring {
    driver: String,
    profile: String,
    link: String,
    redactor: Box<dyn Redactor>,
    to_device: Pending,
    from_device: Pending,
    /// Events in their order, as long as one before them is not final.
    waiting: VecDeque<Waiting>,
    kept: VecDeque<(Instant, What)>,
    cost: usize,
    capacity: usize,
}

struct Waiting {
    at: Instant,
    /// Of bytes that crossed, those that are final.
    what: What,
    /// How many of them are not.
    missing: usize,
}

impl Ring {
    fn crossed(&mut self, direction: Direction, bytes: &[u8]) {
        let at = Instant::now();
        for piece in bytes.chunks(HELD_BACK) {
            let what = What::Crossed(direction, Vec::with_capacity(piece.len()));
            self.waiting.push_back(Waiting { at, what, missing: piece.len() });
            let mut rest = piece;
            while !rest.is_empty() {
                rest = self.pending(direction).take(rest);
                self.settle(direction, false);
                if self.pending(direction).is_full() {
                    self.settle(direction, true);
                }
            }
        }
        self.bound_waiting();
    }

    fn happened(&mut self, what: What) {
        self.waiting.push_back(Waiting { at: Instant::now(), what, missing: 0 });
        self.release();
        self.bound_waiting();
    }

    fn ended(&mut self, mark: Mark) {
        self.settle_all();
        self.happened(What::Mark(mark));
    }

    /// One direction may be held back for as long as it likes while the other flows: not for ever.
    fn bound_waiting(&mut self) {
        let bytes: usize = self.waiting.iter().map(|w| w.what.len()).sum();
        if self.waiting.len() > MOST_WAITING || bytes > 2 * HELD_BACK {
            self.settle_all();
        }
    }

    fn settle_all(&mut self) {
        self.settle(Direction::ToDevice, true);
        self.settle(Direction::FromDevice, true);
    }

    /// Lets the redactor judge what is held back, and lets go what is final.
    fn settle(&mut self, direction: Direction, ended: bool) {
        let pending = match direction {
            Direction::ToDevice => &mut self.to_device,
            Direction::FromDevice => &mut self.from_device,
        };
        if pending.filled > 0 {
            let held = pending.held();
            let judged = self.redactor.redact(direction, held, ended).min(held.len());
            let last = if ended {
                held.get_mut(judged..).unwrap_or_default().fill(0);
                held.len()
            } else {
                judged
            };
            let mut rest = held.get(..last).unwrap_or_default();
            for waiting in &mut self.waiting {
                rest = waiting.fill(direction, rest);
            }
            pending.let_go(last);
        }
        self.release();
    }

    /// Moves what is final, up to the first event that is not, into the ring.
    fn release(&mut self) {
        while self.waiting.front().is_some_and(|w| w.missing == 0)
            && let Some(next) = self.waiting.pop_front()
        {
            self.cost += next.what.len() + EVENT_COST;
            self.kept.push_back((next.at, next.what));
        }
        while self.cost > self.capacity
            && let Some((_, oldest)) = self.kept.pop_front()
        {
            self.cost -= oldest.len() + EVENT_COST;
        }
    }

    fn so_far(&self, fault: &str) -> (Recording, Option<Instant>) {
        let first = self.kept.front().map(|(at, _)| *at);
        let since = |at: &Instant| first.map_or(Duration::ZERO, |f| at.saturating_duration_since(f));
        let events = self.kept.iter().map(|(at, what)| Event {
            at: Duration::from_micros(u64::try_from(since(at).as_micros()).unwrap_or(u64::MAX)),
            what: what.clone(),
        });
        let recording = Recording {
            driver: self.driver.clone(),
            profile: self.profile.clone(),
            link: self.link.clone(),
            fault: text::one_line(fault),
            events: events.collect(),
        };
        (recording, first)
    }

    fn pending(&mut self, direction: Direction) -> &mut Pending {
        match direction {
            Direction::ToDevice => &mut self.to_device,
            Direction::FromDevice => &mut self.from_device,
        }
    }
}

impl Waiting {
    /// Takes the bytes that belong here, and returns the others.
    fn fill<'a>(&mut self, from: Direction, bytes: &'a [u8]) -> &'a [u8] {
        match &mut self.what {
            What::Crossed(direction, mine) if *direction == from => {
                let (now, later) = bytes.split_at(self.missing.min(bytes.len()));
                mine.extend_from_slice(now);
                self.missing -= now.len();
                later
            }
            What::Crossed(..) | What::Note(_) | What::Mark(_) => bytes,
        }
    }
}

impl What {
    fn len(&self) -> usize {
        match self {
            Self::Crossed(_, bytes) => bytes.len(),
            Self::Note(note) => note.len(),
            Self::Mark(_) => 0,
        }
    }
}

/// Bytes of one direction that are not final: never moved in memory, and wiped.
struct Pending {
    bytes: Zeroizing<Box<[u8]>>,
    filled: usize,
}

impl Pending {
    fn new() -> Self {
        Self { bytes: Zeroizing::new(vec![0; HELD_BACK].into_boxed_slice()), filled: 0 }
    }

    /// Takes what there is room for, and returns the rest.
    fn take<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let room = self.bytes.get_mut(self.filled..).unwrap_or_default();
        let (now, later) = bytes.split_at(room.len().min(bytes.len()));
        for (to, from) in room.iter_mut().zip(now) {
            *to = *from;
        }
        self.filled += now.len();
        later
    }

    fn is_full(&self) -> bool {
        self.filled >= self.bytes.len()
    }

    fn held(&mut self) -> &mut [u8] {
        self.bytes.get_mut(..self.filled).unwrap_or_default()
    }

    fn let_go(&mut self, count: usize) {
        let before = self.filled;
        self.bytes.copy_within(count..before, 0);
        self.filled = before - count;
        self.bytes.get_mut(self.filled..before).unwrap_or_default().zeroize();
    }
}

#[cfg(test)]
impl Recorder {
    /// Bytes that wait for the redactor, in both directions.
    pub(super) fn held_back(&self) -> usize {
        let ring = self.ring();
        ring.to_device.filled + ring.from_device.filled
    }

    /// Whether every byte that is not held back is wiped.
    pub(super) fn is_clean(&self) -> bool {
        let ring = self.ring();
        [&ring.to_device, &ring.from_device].iter().all(|p| p.bytes[p.filled..].iter().all(|b| *b == 0))
    }
}
