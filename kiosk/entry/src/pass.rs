//! What the technician's room opens for.

/// That somebody may enter, made by a right answer or a right signature and by nothing else.
///
/// It is neither copied nor kept: whoever opens the room takes it and writes down whose it was.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub struct Pass(Who);

/// Who came in, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A technician with a card.
    Technician {
        /// Name or staff number: the common name of the card's certificate.
        name: String,
        /// The certificate's serial number, in hexadecimal.
        serial: String,
    },
    /// Somebody for whom the hall's office named the code.
    Office {
        /// The counter of the challenge that was answered; the office's tool says the same one.
        counter: u64,
    },
}

impl Pass {
    pub(crate) fn of(who: Who) -> Self {
        Self(who)
    }

    /// Whose it was.
    pub fn who(self) -> Who {
        self.0
    }
}
