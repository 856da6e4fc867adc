//! Commands to the card and its replies, cut into pieces and put together again.

use zeroize::Zeroizing;

use crate::apdu::{Command, get_response};
use crate::{LONGEST_CERTIFICATE, SlotFault, StatusWord, Step};

/// The longest reply to a short APDU: 256 bytes and the status words.
pub(crate) const MAX_REPLY: usize = 258;

/// The longest answer believed, put together from its pieces: a certificate and what is around it.
const MAX_DATA: usize = LONGEST_CERTIFICATE + 256;

/// How many replies one answer may take.
const MAX_ROUNDS: usize = 600;

/// Something that carries an APDU to a card and its reply back.
pub trait Exchange {
    /// Sends a command and puts the reply, status words included, into `reply`, which is empty and has
    /// room for 258 bytes (so that it need not grow, which would leave copies behind).
    ///
    /// # Errors
    /// A fault of the slot, or [`SlotFault::CardGone`] and its like.
    fn transmit(&mut self, command: &[u8], reply: &mut Vec<u8>) -> Result<(), SlotFault>;
}

/// The data of an answer, put together from its pieces, and the last status word.
pub(crate) struct Answer {
    pub(crate) data: Zeroizing<Vec<u8>>,
    pub(crate) word: StatusWord,
}

/// Asks `command`: sends it in pieces, sends the last again with the Le that 6C xx names, and fetches
/// what 61 xx announces.
pub(crate) fn ask(exchange: &mut impl Exchange, command: &Command) -> Result<Answer, SlotFault> {
    let mut asking = Asking {
        exchange,
        step: command.step,
        data: Zeroizing::new(Vec::with_capacity(MAX_DATA)),
        rounds: 0,
    };
    let mut last = Zeroizing::new(Vec::new());
    let mut word = StatusWord(0x9000);
    for piece in command.pieces(0) {
        if !word.is_success() {
            break; // the card does not want the rest
        }
        word = asking.round(&piece)?;
        last = piece;
    }
    // A piece before the last has no Le, nor has a command without an answer.
    let had_le = command.has_le() && last.first() == Some(&0x00);
    if let Some(le) = word.right_le().filter(|_| had_le)
        && let Some(place) = last.last_mut()
    {
        *place = le;
        word = asking.round(&last)?;
    }
    while let Some(le) = word.waiting() {
        word = asking.round(&get_response(le))?;
        if let Some(le) = word.right_le() {
            word = asking.round(&get_response(le))?;
        }
    }
    Ok(Answer { data: asking.data, word })
}

struct Asking<'a, E> {
    exchange: &'a mut E,
    step: Step,
    data: Zeroizing<Vec<u8>>,
    rounds: usize,
}

impl<E: Exchange> Asking<'_, E> {
    /// One APDU and its reply; the reply's data go to the end of `data`.
    fn round(&mut self, command: &[u8]) -> Result<StatusWord, SlotFault> {
        self.rounds += 1;
        if self.rounds > MAX_ROUNDS {
            return Err(SlotFault::EndlessAnswer(self.step));
        }
        let mut reply = Zeroizing::new(Vec::with_capacity(MAX_REPLY));
        self.exchange.transmit(command, &mut reply)?;
        if reply.len() > MAX_REPLY {
            return Err(SlotFault::AnswerTooLong);
        }
        let Some((piece, &[sw1, sw2])) = reply.split_last_chunk() else {
            // What a reader gives for a card that is just being taken out.
            return Err(if reply.is_empty() { SlotFault::CardGone } else { SlotFault::HalfAnswer });
        };
        if self.data.len() + piece.len() > MAX_DATA {
            return Err(SlotFault::AnswerTooLong);
        }
        self.data.extend_from_slice(piece);
        Ok(StatusWord(u16::from_be_bytes([sw1, sw2])))
    }
}
