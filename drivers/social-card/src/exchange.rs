//! Commands to the card and its replies, with the two rounds more that some answers take.

use zeroize::Zeroizing;

use crate::{Command, SlotFault, StatusWord};

/// The longest reply to a short APDU: 256 bytes and the status words.
pub(crate) const MAX_REPLY: usize = 258;

/// The longest answer believed, put together from its pieces.
const MAX_DATA: usize = 512;

/// How many replies one answer may take.
const MAX_ROUNDS: usize = 64;

/// Something that carries an APDU to a card and its reply back.
pub trait Exchange {
    /// Sends a command and puts the reply, status words included, into `reply`, which is empty and has
    /// room for 258 bytes (so that it need not grow, which would leave copies behind).
    ///
    /// # Errors
    /// A fault of the slot, or [`SlotFault::CardGone`] and its like.
    fn transmit(&mut self, command: &[u8], reply: &mut Vec<u8>) -> Result<(), SlotFault>;

    /// Connects anew to a card that another program reset, after [`SlotFault::CardReset`].
    ///
    /// # Errors
    /// As [`transmit`](Self::transmit).
    fn renew(&mut self) -> Result<(), SlotFault>;
}

/// The data of an answer, put together from its pieces, and the last status word.
pub(crate) struct Answer {
    pub(crate) data: Zeroizing<Vec<u8>>,
    pub(crate) word: StatusWord,
}

/// Asks `command`: fetches what 61 xx announces and asks again with the Le that 6C xx names.
pub(crate) fn ask(exchange: &mut impl Exchange, command: Command) -> Result<Answer, SlotFault> {
    let mut data = Zeroizing::new(Vec::with_capacity(MAX_DATA));
    let mut next = command;
    for _ in 0..MAX_ROUNDS {
        let word = round(exchange, next, &mut data)?;
        next = match (word.waiting(), word.right_le()) {
            (Some(le), _) => Command::GetResponse { le },
            (None, Some(le)) => match next.with_le(le) {
                Some(again) => again,
                None => return Ok(Answer { data, word }),
            },
            (None, None) => return Ok(Answer { data, word }),
        };
    }
    Err(SlotFault::EndlessAnswer(command))
}

/// Asks without fetching what 61 xx announces, for a command whose data say nothing needed.
pub(crate) fn tell(exchange: &mut impl Exchange, command: Command) -> Result<StatusWord, SlotFault> {
    let mut data = Zeroizing::new(Vec::with_capacity(MAX_DATA));
    round(exchange, command, &mut data)
}

/// One command and its reply; the reply's data go to the end of `data`.
fn round(
    exchange: &mut impl Exchange,
    command: Command,
    data: &mut Zeroizing<Vec<u8>>,
) -> Result<StatusWord, SlotFault> {
    let mut reply = Zeroizing::new(Vec::with_capacity(MAX_REPLY));
    exchange.transmit(&command.bytes(), &mut reply)?;
    if reply.len() > MAX_REPLY {
        return Err(SlotFault::AnswerTooLong);
    }
    let Some((piece, &[sw1, sw2])) = reply.split_last_chunk() else {
        // What a reader gives for a card that is just being taken out.
        return Err(if reply.is_empty() { SlotFault::CardGone } else { SlotFault::HalfAnswer });
    };
    if data.len() + piece.len() > MAX_DATA {
        return Err(SlotFault::AnswerTooLong);
    }
    data.extend_from_slice(piece);
    Ok(StatusWord(u16::from_be_bytes([sw1, sw2])))
}
