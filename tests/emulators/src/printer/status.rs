//! The printer's condition and the status bytes that tell of it (protocols.md §3.2, §3.3; values of
//! the common cases as seen on an independent printer, testing-hardware.md).

use serde::{Deserialize, Serialize};

/// The paper roll.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Paper {
    /// Enough.
    #[default]
    Ok,
    /// The near-end sensor sees the end coming; printing goes on.
    Low,
    /// None left; printing stops.
    Out,
}

/// The cover over the paper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cover {
    /// Closed.
    #[default]
    Closed,
    /// Open; printing stops.
    Open,
}

/// The cutter's blade.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cutter {
    /// Free to move.
    #[default]
    Ok,
    /// Stuck: the next cut fails, and the printer stops until the blade is freed and it is told to
    /// recover (DLE ENQ).
    Jammed,
}

/// What moves the paper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mechanism {
    /// It moves.
    #[default]
    Ok,
    /// Paper is jammed: printing stops until it is removed and the printer is told to recover
    /// (DLE ENQ).
    Jammed,
    /// Broken: printing stops until it is repaired and the printer was switched off.
    Broken,
}

/// The print head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Heat {
    /// As it should be.
    #[default]
    Ok,
    /// Too hot: printing stops until it has cooled down.
    Hot,
}

/// The button on its front.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Button {
    /// Nobody touches it.
    #[default]
    Released,
    /// Pressed, without effect on printing.
    Pressed,
    /// Held: paper is fed, nothing is printed.
    Feeding,
    /// It was used to take the printer off line.
    OffLine,
    /// The printer waits for it, to come back on line.
    Awaited,
}

/// What it is fed with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Supply {
    /// As it should be.
    #[default]
    Ok,
    /// Out of range: printing stops until it is as it should be.
    OutOfRange,
}

/// How the printer answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speech {
    /// As its command reference says.
    #[default]
    Clear,
    /// Not at all; it prints all the same.
    Silent,
    /// In bytes that mean nothing: the highest bit of each is set.
    Garbled,
}

/// Everything that status bytes are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) paper: Paper,
    pub(super) cover: Cover,
    pub(super) cutter: Cutter,
    /// A cut failed and the printer waits for DLE ENQ.
    pub(super) cutter_error: bool,
    pub(super) mechanism: Mechanism,
    /// Paper was jammed and the printer waits for DLE ENQ.
    pub(super) mechanism_error: bool,
    /// Something broke and the printer has not been switched off since.
    pub(super) broken: bool,
    pub(super) heat: Heat,
    pub(super) button: Button,
    pub(super) supply: Supply,
    /// An error that no bit names.
    pub(super) unnamed_error: bool,
}

impl Condition {
    pub(super) fn is_online(&self) -> bool {
        let by_hand = matches!(self.button, Button::Feeding | Button::OffLine | Button::Awaited);
        self.paper != Paper::Out && self.cover == Cover::Closed && !self.has_error() && !by_hand
    }

    /// Whether some error has occurred.
    fn has_error(&self) -> bool {
        self.cutter_error
            || self.mechanism_error
            || self.broken
            || self.heat == Heat::Hot
            || self.supply == Supply::OutOfRange
            || self.unnamed_error
    }

    /// Whether there is an error that DLE ENQ ends: its cause has been removed.
    pub(super) fn is_mended(&self) -> bool {
        (self.cutter_error || self.mechanism_error)
            && !(self.cutter_error && self.cutter == Cutter::Jammed)
            && self.mechanism != Mechanism::Jammed
    }

    /// Leaves the errors that DLE ENQ ends.
    pub(super) fn recover(&mut self) {
        self.cutter_error = false;
        self.mechanism_error = false;
    }

    /// What moves the paper is now so; a jam and a break show at once.
    pub(super) fn set_mechanism(&mut self, mechanism: Mechanism) {
        self.mechanism = mechanism;
        self.mechanism_error |= mechanism == Mechanism::Jammed;
        self.broken |= mechanism == Mechanism::Broken;
    }

    /// Switched off: an error whose cause was removed is forgotten.
    pub(super) fn power_off(&mut self) {
        self.cutter_error = false;
        self.mechanism_error = self.mechanism == Mechanism::Jammed;
        self.broken = self.mechanism == Mechanism::Broken;
        if self.button == Button::Awaited || self.button == Button::OffLine {
            self.button = Button::Released;
        }
    }

    /// The answer to DLE EOT `n`.
    pub(super) fn real_time(&self, n: u8) -> u8 {
        let bits = match n {
            1 => {
                bit(!self.is_online(), 0x08)
                    | bit(self.button == Button::Awaited, 0x20)
                    | bit(matches!(self.button, Button::Pressed | Button::Feeding), 0x40)
            }
            2 => {
                bit(self.cover == Cover::Open, 0x04)
                    | bit(self.button == Button::Feeding, 0x08)
                    | bit(self.paper == Paper::Out, 0x20)
                    | bit(self.has_error(), 0x40)
            }
            3 => self.error_bits(),
            _ => bit(self.paper != Paper::Ok, 0x0C) | bit(self.paper == Paper::Out, 0x60),
        };
        0x12 | bits
    }

    /// The six bytes by which a KPM150 answers DLE EOT 14h: paper, user, errors that end, errors that do
    /// not.
    pub(super) fn full(&self) -> [u8; 6] {
        let paper = bit(self.paper == Paper::Out, 0x01) | bit(self.paper != Paper::Ok, 0x04);
        let user = bit(self.cover == Cover::Open, 0x02)
            | bit(matches!(self.button, Button::Pressed | Button::Feeding), 0x20);
        let ends = bit(self.heat == Heat::Hot, 0x01) | bit(self.supply == Supply::OutOfRange, 0x08);
        let stays = bit(self.cutter_error, 0x01) | bit(self.broken, 0x02);
        [0x10, 0x0F, paper, user, ends, stays]
    }

    /// The four bytes of automatic status back.
    pub(super) fn automatic(&self) -> [u8; 4] {
        [
            0x10 | bit(!self.is_online(), 0x08)
                | bit(self.cover == Cover::Open, 0x20)
                | bit(self.button == Button::Feeding, 0x40),
            bit(self.button == Button::Awaited, 0x01)
                | bit(matches!(self.button, Button::Pressed | Button::Feeding), 0x02)
                | self.error_bits(),
            self.paper_bits(),
            0,
        ]
    }

    /// The causes of errors, the same in DLE EOT 3 and in the second byte of automatic status.
    fn error_bits(&self) -> u8 {
        bit(self.mechanism_error, 0x04)
            | bit(self.cutter_error, 0x08)
            | bit(self.broken, 0x20)
            | bit(self.heat == Heat::Hot, 0x40)
    }

    /// The answer to GS r 1.
    pub(super) fn paper_bits(&self) -> u8 {
        bit(self.paper != Paper::Ok, 0x03) | bit(self.paper == Paper::Out, 0x0C)
    }

    /// The answer sent on going off-line when asked for by GS ( H 49: `37 23 … 00`, with the causes
    /// in between if `with_cause`. The bits of the cause byte differ between models; these follow
    /// DLE EOT 2 within the permitted range 40 to 7F.
    pub(super) fn offline_response(&self, with_cause: bool) -> Vec<u8> {
        let mut response = vec![0x37, 0x23];
        if with_cause {
            let causes = bit(self.cover == Cover::Open, 0x04)
                | bit(self.paper == Paper::Out, 0x20)
                | bit(self.cutter_error, 0x08);
            response.push(0x40 | causes);
        }
        response.push(0);
        response
    }
}

/// The part of an automatic status that the setting `enabled` of GS a watches.
pub(super) fn watched(status: [u8; 4], enabled: u8) -> [u8; 4] {
    [
        status[0]
            & (bit(enabled & 0x02 != 0, 0x28)
                | bit(enabled & 0x40 != 0, 0x40)
                | bit(enabled & 0x01 != 0, 0x04)),
        status[1]
            & (bit(enabled & 0x04 != 0, 0x6C)
                | bit(enabled & 0x02 != 0, 0x01)
                | bit(enabled & 0x40 != 0, 0x02)),
        status[2] & bit(enabled & 0x08 != 0, 0x0F),
        0,
    ]
}

fn bit(set: bool, bits: u8) -> u8 {
    if set { bits } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_bytes_are_those_of_the_table() {
        let idle = Condition::default();
        let low = Condition { paper: Paper::Low, ..idle };
        let out = Condition { paper: Paper::Out, ..idle };
        let open = Condition { cover: Cover::Open, ..idle };
        let jam = Condition { cutter: Cutter::Jammed, ..idle };
        let failed = Condition { cutter_error: true, ..jam };
        let both = Condition { cover: Cover::Open, ..out };
        let mut paper_jam = idle;
        paper_jam.set_mechanism(Mechanism::Jammed);
        let mut broken = idle;
        broken.set_mechanism(Mechanism::Broken);
        let hot = Condition { heat: Heat::Hot, ..idle };
        let unnamed = Condition { unnamed_error: true, ..idle };
        let starved = Condition { supply: Supply::OutOfRange, ..idle };
        let button = |button| Condition { button, ..idle };
        for (name, condition, eot, asb) in [
            ("idle", idle, [0x12, 0x12, 0x12, 0x12], [0x10, 0x00, 0x00, 0x00]),
            ("near end", low, [0x12, 0x12, 0x12, 0x1E], [0x10, 0x00, 0x03, 0x00]),
            ("paper out", out, [0x1A, 0x32, 0x12, 0x7E], [0x18, 0x00, 0x0F, 0x00]),
            ("cover open", open, [0x1A, 0x16, 0x12, 0x12], [0x38, 0x00, 0x00, 0x00]),
            ("jammed, not yet cut", jam, [0x12, 0x12, 0x12, 0x12], [0x10, 0x00, 0x00, 0x00]),
            ("cut failed", failed, [0x1A, 0x52, 0x1A, 0x12], [0x18, 0x08, 0x00, 0x00]),
            ("paper jam", paper_jam, [0x1A, 0x52, 0x16, 0x12], [0x18, 0x04, 0x00, 0x00]),
            ("broken", broken, [0x1A, 0x52, 0x32, 0x12], [0x18, 0x20, 0x00, 0x00]),
            ("hot", hot, [0x1A, 0x52, 0x52, 0x12], [0x18, 0x40, 0x00, 0x00]),
            ("an error without a name", unnamed, [0x1A, 0x52, 0x12, 0x12], [0x18, 0x00, 0x00, 0x00]),
            ("supply out of range", starved, [0x1A, 0x52, 0x12, 0x12], [0x18, 0x00, 0x00, 0x00]),
            ("off line", button(Button::OffLine), [0x1A, 0x12, 0x12, 0x12], [0x18, 0x00, 0x00, 0x00]),
            ("waits", button(Button::Awaited), [0x3A, 0x12, 0x12, 0x12], [0x18, 0x01, 0x00, 0x00]),
            ("feeds", button(Button::Feeding), [0x5A, 0x1A, 0x12, 0x12], [0x58, 0x02, 0x00, 0x00]),
            ("pressed", button(Button::Pressed), [0x52, 0x12, 0x12, 0x12], [0x10, 0x02, 0x00, 0x00]),
            ("out and open", both, [0x1A, 0x36, 0x12, 0x7E], [0x38, 0x00, 0x0F, 0x00]),
        ] {
            let seen = [1, 2, 3, 4].map(|n| condition.real_time(n));
            assert_eq!((seen, condition.automatic()), (eot, asb), "{name}");
            for byte in seen {
                assert_eq!(byte & 0x93, 0x12, "{name}: fixed bits of DLE EOT");
            }
            assert_eq!(asb[0] & 0x93, 0x10, "{name}: fixed bits of the first ASB byte");
        }
        for (name, condition, full) in [
            ("idle", idle, [0, 0, 0, 0]),
            ("near end", low, [0x04, 0, 0, 0]),
            ("paper out", out, [0x05, 0, 0, 0]),
            ("cover open", open, [0, 0x02, 0, 0]),
            ("hot", hot, [0, 0, 0x01, 0]),
            ("supply out of range", starved, [0, 0, 0x08, 0]),
            ("broken", broken, [0, 0, 0, 0x02]),
        ] {
            let [a, b, c, d] = full;
            assert_eq!(condition.full(), [0x10, 0x0F, a, b, c, d], "{name}");
        }
        assert_eq!(out.offline_response(false), [0x37, 0x23, 0x00]);
        assert_eq!(out.offline_response(true), [0x37, 0x23, 0x60, 0x00]);
    }

    #[test]
    fn only_watched_bits_count() {
        assert_eq!(watched([0x38, 0x08, 0x0F, 0], 0x08), [0, 0, 0x0F, 0]);
        assert_eq!(watched([0x38, 0x08, 0x0F, 0], 0x02), [0x28, 0, 0, 0]);
        assert_eq!(watched([0x38, 0x08, 0x0F, 0], 0x04), [0, 0x08, 0, 0]);
    }
}
