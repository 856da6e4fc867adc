//! A printer at the other end of a link, for tests: it reads what is sent and answers as told.

use std::collections::VecDeque;
use std::time::Instant;

use link::{Link, LinkError};

use crate::decoder::{Decoder, Op};

/// What happens to the printer when it is asked how it is; the count starts at 1.
type OnStatus = Box<dyn FnMut(usize, &mut Printing) + Send>;

/// Recognises something the printer does.
type IsIt = fn(&Op) -> bool;

/// How it behaves.
pub(crate) struct Printing {
    /// The answers to DLE EOT 1 to 4.
    pub(crate) status: [u8; 4],
    /// Whether it processes what is queued; what comes meanwhile waits.
    pub(crate) runs: bool,
    /// Whether it answers GS ( H.
    pub(crate) answers_ids: bool,
    /// Whether it forgets an identifier when a newer one comes.
    pub(crate) newest_id_only: bool,
    /// Whether it answers GS r.
    pub(crate) answers_queued: bool,
    /// What it answers to DLE EOT 14h, if it knows it.
    pub(crate) full: Option<[u8; 4]>,
    /// What it answers to DLE DC4 8.
    pub(crate) cleared: &'static [u8],
    /// What it answers to GS I 66 and 67.
    pub(crate) identity: [&'static [u8]; 2],
    /// Whether it answers nothing at all.
    pub(crate) mute: bool,
    /// What it stops behind, and its status then.
    pub(crate) fault_behind: Option<(IsIt, [u8; 4])>,
    /// Bytes it still takes before it stalls.
    pub(crate) takes: usize,
    /// Whether it is unplugged once it has said all there was to say.
    pub(crate) hangs_up: bool,
    /// Whether it says something meaningless whenever it is listened to.
    pub(crate) babbles: bool,
    /// What it has done, in order.
    pub(crate) done: Vec<Op>,
    /// What it says next.
    pub(crate) says: VecDeque<u8>,
    queue: VecDeque<Op>,
}

/// The printer, and the link to it.
pub(crate) struct Scripted {
    pub(crate) printing: Printing,
    /// What it says once the next bytes have reached it.
    pub(crate) when_sent: Option<Vec<u8>>,
    /// Everything written, write by write.
    pub(crate) writes: Vec<Vec<u8>>,
    on_status: OnStatus,
    asked: usize,
    /// The question asked last.
    last: u8,
    decoder: Decoder,
}

impl Scripted {
    /// A printer that is well and answers everything.
    pub(crate) fn well() -> Self {
        Scripted {
            printing: Printing {
                status: [0x12; 4],
                runs: true,
                answers_ids: true,
                newest_id_only: false,
                answers_queued: true,
                full: None,
                cleared: &[0x37, 0x25, 0x00],
                identity: [b"\x5FEPSON\0", b"\x5FTM-T88VI\0"],
                mute: false,
                fault_behind: None,
                takes: usize::MAX,
                hangs_up: false,
                babbles: false,
                done: Vec::new(),
                says: VecDeque::new(),
                queue: VecDeque::new(),
            },
            when_sent: None,
            writes: Vec::new(),
            on_status: Box::new(|_, _| {}),
            asked: 0,
            last: 0,
            decoder: Decoder::default(),
        }
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Printing)) -> Self {
        change(&mut self.printing);
        self
    }

    pub(crate) fn on_status(mut self, f: impl FnMut(usize, &mut Printing) + Send + 'static) -> Self {
        self.on_status = Box::new(f);
        self
    }

    /// Says something nobody asked for.
    pub(crate) fn saying(self, bytes: &[u8]) -> Self {
        self.with(|p| p.says.extend(bytes))
    }

    fn take(&mut self, op: Op) {
        if let Op::RealTime(n) = op {
            // The first question of a round, in either order of the first two.
            if (n == 1 && self.last != 2) || (n == 2 && self.last != 1) {
                self.asked += 1;
                (self.on_status)(self.asked, &mut self.printing);
            }
            self.last = n;
            let answer = self.printing.status.get(usize::from(n).wrapping_sub(1)).copied();
            self.printing.say(answer.as_slice());
            if let (0x14, Some([p, u, r, x])) = (n, self.printing.full) {
                self.printing.say(&[0x10, 0x0F, p, u, r, x]);
            }
        } else if op == Op::Clear {
            self.printing.queue.clear();
            self.printing.done.push(op);
            self.printing.say(self.printing.cleared);
        } else {
            self.printing.queue.push_back(op);
        }
        self.printing.run();
    }
}

impl Printing {
    fn say(&mut self, bytes: &[u8]) {
        if !self.mute {
            self.says.extend(bytes);
        }
    }

    fn run(&mut self) {
        while self.runs {
            let Some(op) = self.queue.pop_front() else { return };
            self.done.push(op.clone());
            let newer = self.newest_id_only && self.queue.iter().any(|op| matches!(op, Op::ProcessId(_)));
            match op {
                Op::ProcessId([a, b, c, d]) if self.answers_ids && !newer => {
                    self.say(&[0x37, 0x22, a, b, c, d, 0]);
                }
                Op::Identify(n) => {
                    let said = self.identity.get(usize::from(n).wrapping_sub(0x42)).copied();
                    self.say(said.unwrap_or_default());
                }
                Op::QueuedStatus if self.answers_queued => self.say(&[0]),
                Op::AutoStatus(_) => self.say(&[0x10, 0, 0, 0]),
                _ => {}
            }
            if let Some((is_it, status)) = self.fault_behind
                && self.done.last().is_some_and(is_it)
            {
                self.status = status;
                self.runs = false;
            }
        }
    }
}

impl Link for Scripted {
    fn read(&mut self, buf: &mut [u8], deadline: Instant) -> Result<usize, LinkError> {
        if self.printing.babbles {
            self.printing.says.push_back(0x91);
        }
        if self.printing.says.is_empty() {
            if self.printing.hangs_up {
                return Err(LinkError::HungUp);
            }
            // Nothing can come before the next write: the wait is the whole deadline.
            std::thread::sleep(deadline.saturating_duration_since(Instant::now()));
            return Err(LinkError::Timeout { taken: 0 });
        }
        let n = buf.len().min(self.printing.says.len());
        for (slot, byte) in buf.iter_mut().zip(self.printing.says.drain(..n)) {
            *slot = byte;
        }
        Ok(n)
    }

    fn write_all(&mut self, bytes: &[u8], _: Instant) -> Result<(), LinkError> {
        let taken = bytes.len().min(self.printing.takes);
        self.printing.takes -= taken;
        let taken_bytes = bytes.get(..taken).unwrap_or_default();
        self.writes.push(taken_bytes.to_vec());
        for op in self.decoder.push(taken_bytes) {
            self.take(op);
        }
        self.printing.says.extend(self.when_sent.take().unwrap_or_default());
        if taken < bytes.len() { Err(LinkError::Timeout { taken }) } else { Ok(()) }
    }

    fn name(&self) -> &str {
        "serial scripted"
    }
}
