//! An emulated card of the staff: a PIV card (NIST SP 800-73-4) with a key for authentication, a PIN and
//! a certificate, to be put into a slot of vpcd ([`crate::slot`]); and the authority that certifies it.
//!
//! Written from the standard alone. Of the card's applications and keys there are those that signing in
//! takes: PIV with its PIN, key 9A, and the certificate of 9A. The keys are real ones.

mod authority;
mod key;
mod piv;
mod tlv;

pub use authority::{Authority, Dates, TECHNICIAN, Usage, Wanted};
pub use key::{Key, KeyKind};
pub use piv::{PivCard, Quirk, Tries};

#[cfg(test)]
mod tests;
