//! Custody: what the store says of a document, in a form that anyone can check later.
//!
//! Each document of a visit has a code over its pages, itself and the code of the document before, so
//! that the last code of a visit stands for all its documents. The store countersigns the code. Lines
//! and signatures are those of openapi.yaml, "Custody".

mod code;
mod command;
mod key;
mod receipt;
mod verify;

pub(crate) use self::code::code;
pub use self::code::{CustodyCode, MOST_PAGES};
pub use self::command::{receipt_command, verify_command};
pub use self::key::{CustodyKey, CustodyKeyError, Signature};
pub use self::receipt::{ReceiptDocument, ReceiptFile, Received, Standing};
pub use self::verify::{Place, Report, Signed, VerifyError, verify};
