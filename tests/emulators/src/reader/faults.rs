//! What can be made to go wrong with the reader's replies.

use std::collections::HashMap;

use zeroize::Zeroize;

use super::Command;

/// A fault to be injected. Each applies to replies that follow, not to one under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The next reply's checksum is wrong.
    Garble,
    /// Every reply's checksum is wrong, until cleared.
    Babble,
    /// The next reply ends after so many bytes (and always short of its last).
    Truncate(usize),
    /// So many replies do not come at all; `u32::MAX` silences the reader until cleared.
    Silence(u32),
    /// So many replies to one command carry this SW3 and no data, whatever lies on the reader;
    /// `u32::MAX` until cleared.
    Status {
        /// The command.
        command: Command,
        /// The SW3 value (protocols.md §1.5).
        sw3: u8,
        /// How many times.
        times: u32,
    },
}

/// The faults still to come.
#[derive(Debug, Default)]
pub(super) struct Faults {
    garble: bool,
    babble: bool,
    truncate: Option<usize>,
    silence: u32,
    status: HashMap<Command, (u8, u32)>,
}

impl Faults {
    pub(super) fn inject(&mut self, fault: Fault) {
        match fault {
            Fault::Garble => self.garble = true,
            Fault::Babble => self.babble = true,
            Fault::Truncate(bytes) => self.truncate = Some(bytes),
            Fault::Silence(replies) => self.silence = replies,
            Fault::Status { command, sw3, times } => {
                self.status.insert(command, (sw3, times));
            }
        }
    }

    pub(super) fn is_any(&self) -> bool {
        self.garble || self.babble || self.truncate.is_some() || self.silence > 0 || !self.status.is_empty()
    }

    /// The SW3 to answer `command` with instead of the truth; counted down.
    pub(super) fn status_of(&mut self, command: Command) -> Option<u8> {
        let (sw3, times) = self.status.get_mut(&command)?;
        let sw3 = *sw3;
        if *times == 0 {
            self.status.remove(&command);
            return None;
        }
        count_down(times);
        if *times == 0 {
            self.status.remove(&command);
        }
        Some(sw3)
    }

    /// The frame as it goes on the line, or `None` for silence.
    pub(super) fn spoil(&mut self, mut frame: Vec<u8>) -> Option<Vec<u8>> {
        if self.silence > 0 {
            count_down(&mut self.silence);
            frame.zeroize();
            return None;
        }
        if (std::mem::take(&mut self.garble) || self.babble)
            && let Some(checksum) = frame.last_mut()
        {
            *checksum ^= 0xFF;
        }
        if let Some(bytes) = self.truncate.take() {
            frame.truncate(bytes.min(frame.len().saturating_sub(1)));
        }
        Some(frame)
    }
}

fn count_down(times: &mut u32) {
    if *times != u32::MAX {
        *times -= 1;
    }
}
