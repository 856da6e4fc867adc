//! Which bytes of an exchange are a person's, and where.

use link::record::{Direction, Redactor};
use zeroize::Zeroizing;

use super::synthetic;
use crate::{File, Item};

/// Takes the holder out of replies: each record of an item becomes an invented one of the same kind,
/// also when it comes in pieces; everything else that a card says besides status words is blanked.
///
/// Commands hold nothing personal and stay. What was wrong with a record stays wrong in the same way.
#[derive(Debug, Default)]
pub struct CardRedactor {
    selected: Option<File>,
    asked: Asked,
    /// The replies that are held back, in order.
    replies: Vec<Reply>,
}

/// What the last command asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Asked {
    /// Nothing whose answer is needed.
    #[default]
    Other,
    /// A record, which ought to be this item's.
    Record(Option<Item>),
    /// The rest of the answer before.
    Rest,
}

#[derive(Debug)]
struct Reply {
    length: usize,
    asked: Asked,
}

impl Redactor for CardRedactor {
    fn redact(&mut self, direction: Direction, pending: &mut [u8], ended: bool) -> usize {
        match direction {
            Direction::ToDevice => self.commanded(pending),
            Direction::FromDevice => {
                let known: usize = self.replies.iter().map(|reply| reply.length).sum();
                let new = pending.len().saturating_sub(known);
                if new > 0 {
                    self.replies.push(Reply { length: new, asked: self.asked });
                }
                let goes_on = matches!(pending, [.., 0x61, _]) && self.asked != Asked::Other;
                if goes_on && !ended {
                    return 0;
                }
                self.make_safe(pending);
            }
        }
        pending.len()
    }
}

impl CardRedactor {
    fn commanded(&mut self, command: &[u8]) {
        self.asked = match *command {
            [0x00, 0xA4, 0x04, ..] => {
                self.selected = None;
                Asked::Other
            }
            [0x00, 0xA4, _, _, 0x02, high, low, ..] => {
                self.selected = File::with_id([high, low]);
                Asked::Other
            }
            [0x00, 0xB2, number, 0x04, ..] => {
                let is_meant = |item: &Item| Some(item.file()) == self.selected && item.record() == number;
                Asked::Record(Item::ALL.into_iter().find(is_meant))
            }
            [0x00, 0xB2, tag, 0x00, ..] => Asked::Record(Item::with_tag(tag)),
            [0x00, 0xC0, ..] if self.asked != Asked::Other => Asked::Rest,
            _ => Asked::Other,
        };
    }

    /// Makes all replies that are held back safe, each record as a whole.
    fn make_safe(&mut self, pending: &mut [u8]) {
        let mut rest = pending;
        let mut record: Vec<&mut [u8]> = Vec::new();
        let mut item = None;
        for reply in self.replies.drain(..) {
            let length = reply.length.min(rest.len());
            let (bytes, later) = std::mem::take(&mut rest).split_at_mut(length);
            rest = later;
            if length < 2 {
                bytes.fill(0);
                continue;
            }
            let (data, status) = bytes.split_at_mut(length - 2);
            if !matches!(status, [0x61..=0x6F | 0x90..=0x9F, _]) {
                status.fill(0); // no status words: a record that was cut off
            }
            match reply.asked {
                Asked::Other => data.fill(0),
                Asked::Rest => record.push(data),
                Asked::Record(asked) => {
                    rewrite(item, std::mem::take(&mut record));
                    item = asked;
                    record.push(data);
                }
            }
        }
        rewrite(item, record);
        // Bytes of no reply there are none; were there any, they would not stay.
        rest.fill(0);
    }
}

/// Rewrites the record of `item` that lies in these pieces.
fn rewrite(item: Option<Item>, pieces: Vec<&mut [u8]>) {
    let length = pieces.iter().map(|piece| piece.len()).sum();
    let mut whole = Zeroizing::new(Vec::with_capacity(length));
    for piece in &pieces {
        whole.extend_from_slice(piece);
    }
    synthetic::rewrite(item, &mut whole);
    let mut rest = &whole[..];
    for piece in pieces {
        let (now, later) = rest.split_at_checked(piece.len()).unwrap_or_default();
        if now.len() == piece.len() {
            piece.copy_from_slice(now);
        } else {
            piece.fill(0);
        }
        rest = later;
    }
}
