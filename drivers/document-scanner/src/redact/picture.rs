//! A page's picture: its form stays, what it shows goes.
//!
//! Of its segments the codes and lengths stay and what the driver reads of them, nothing else: a header
//! may hold a thumbnail, and among damaged bytes of a picture anything looks like a segment.

use super::keep::Keep;
use crate::jpeg::{Look, Part};

/// A JPEG image on its way.
#[derive(Default)]
pub(crate) struct Picture {
    look: Look,
    /// FF that may be a marker's.
    maybe: usize,
    /// It is none.
    broken: bool,
}

impl Picture {
    /// The next bytes of it.
    pub(crate) fn crossed(&mut self, bytes: &[u8], kept: &mut Keep) {
        let mut rest = bytes;
        while !rest.is_empty() && !self.broken {
            let Ok((part, after)) = self.look.stretch(rest) else {
                self.broken = true;
                break;
            };
            let own = rest.get(..rest.len() - after.len()).unwrap_or_default();
            rest = after;
            let maybe = std::mem::take(&mut self.maybe);
            match part {
                Part::MaybeMarker => self.maybe = maybe + own.len(),
                Part::Structure => {
                    kept.bytes(&[0xFF_u8].repeat(maybe));
                    kept.bytes(own);
                }
                Part::Entropy | Part::Remark => kept.zeros(maybe + own.len()),
            }
        }
        if self.broken {
            self.ended(kept);
            kept.zeros(rest.len());
        }
    }

    /// Something else comes between the bytes of it: what is held back stands before that. FF alone
    /// shows nothing, and whatever it is, it stays that with what follows.
    pub(crate) fn interrupted(&mut self, kept: &mut Keep) {
        kept.bytes(&[0xFF_u8].repeat(std::mem::take(&mut self.maybe)));
    }

    /// No more is to come: what is held back is made safe.
    pub(crate) fn ended(&mut self, kept: &mut Keep) {
        kept.zeros(std::mem::take(&mut self.maybe));
    }
}
