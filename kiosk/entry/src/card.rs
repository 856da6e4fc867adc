//! The challenge that a technician's card signs.

use std::time::Duration;

use crate::{Attempts, KioskName, Pass, Refusal, Technician, TooSoon, Who};

/// How long a card's signature is waited for: the PIN is typed meanwhile.
pub const CARD_CHALLENGE_LASTS: Duration = Duration::from_secs(120);

/// What the message begins with, so that a card is never led to sign something else with it.
const PURPOSE: &[u8] = b"onedoor/entry/card/1\0";

/// A challenge for a card. It is used up by the first signature, so that none serves twice.
pub struct CardChallenge {
    message: Vec<u8>,
    until: Duration,
}

impl CardChallenge {
    /// A challenge of this kiosk, with 32 random bytes.
    ///
    /// # Errors
    /// [`TooSoon`] while failures before slow the next attempt.
    pub fn new(
        kiosk: &KioskName,
        chance: [u8; 32],
        attempts: &Attempts,
        now: Duration,
    ) -> Result<Self, TooSoon> {
        attempts.allowed(now)?;
        let message = [PURPOSE, &chance, kiosk.as_str().as_bytes()].concat();
        Ok(Self { message, until: now.saturating_add(CARD_CHALLENGE_LASTS) })
    }

    /// What the card is to sign, with SHA-256.
    #[must_use]
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// Lets the technician in whose card signed the message. What happened changes `attempts`, which are
    /// to be written down before it is shown.
    ///
    /// # Errors
    /// [`Refusal::TooLate`] and [`Refusal::WrongSignature`].
    pub fn signed(
        self,
        technician: Technician,
        signature: &[u8],
        attempts: &mut Attempts,
        now: Duration,
    ) -> Result<Pass, Refusal> {
        if now >= self.until {
            return Err(Refusal::TooLate);
        }
        if let Err(refusal) = technician.verify(&self.message, signature) {
            attempts.failed(now);
            return Err(refusal);
        }
        attempts.succeeded();
        let (name, serial) = technician.into_parts();
        Ok(Pass::of(Who::Technician { name, serial }))
    }
}
