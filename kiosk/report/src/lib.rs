//! The technician's readiness report: how a kiosk was when a technician left it, on one page.
//!
//! A [`Report`] is filled by whoever knows the kiosk, in plain words and numbers. It becomes
//!
//! * JSON ([`Report::to_json`]), for programs,
//! * one page ([`pdf`]) for people: PDF/A, in Chinese and English, with the JSON inside,
//! * a detached signature (RFC 7515) for each of the two, with the kiosk's key and certificate, and
//! * a short form, signed as well, that fits into one QR code ([`Code`]), and as lines for the ticket printer
//!   ([`Report::short_lines`]).
//!
//! [`Sealed::new`] makes all of them; [`verify_report`] and [`verify_short`] check them, and so does anyone's
//! JOSE library or, as the tests do, `openssl`.
//!
//! This room reads no file and has no clock. Whatever comes in is bounded, and taken for hostile where it is
//! read back: JSON, signatures and certificates.

mod chain;
mod fingerprint;
mod json;
mod jws;
mod key;
mod lines;
mod list;
mod moment;
mod page;
mod qr;
mod ready;
mod report;
mod seal;
mod short;
mod signer;
mod summary;
mod text;
mod verify;

pub use chain::{LONGEST_AUTHORITIES, LONGEST_CERTIFICATE, MOST_CERTIFICATES};
pub use fingerprint::{Fingerprint, NoFingerprint};
pub use json::{LONGEST_JSON, NotAReport};
pub use jws::{Content, LONGEST_JWS};
pub use key::Algorithm;
pub use lines::{MOST_LINES, Mark, ShortLine};
pub use list::{List, TooMany};
pub use moment::{Moment, NoMoment};
pub use page::{ATTACHED, Fonts, PdfError, pdf};
pub use qr::Code;
pub use ready::{Hindrance, Remark};
pub use report::{
    By, Certificate, Counters, Device, Fault, Form, Grade, Identity, Outbox, Outcome, Part, Report, Severity,
    Software, Test, TicketLoop,
};
pub use seal::{SealError, Sealed};
pub use short::{LONGEST_SHORT, verify_short};
pub use signer::{Sign, SignError, Signer, algorithm_of};
pub use summary::{Digest, Summary};
pub use text::{Key, Text, TextError, Words};
pub use verify::{LONGEST_PDF, Signed, VerifyError, verify, verify_report};

// Samples and keys are shared with the example, which knows this room by its name.
#[cfg(test)]
extern crate self as readiness;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod testing;
