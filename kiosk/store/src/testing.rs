//! What the tests of this room share: a hall's CA, a store that misbehaves as told, a kiosk.

mod kiosk;
mod pki;
mod server;
mod signer;

pub(crate) use self::kiosk::{Kiosk, Running, document, quick, within};
pub(crate) use self::pki::Ca;
pub(crate) use self::server::{Act, RECEIVED_AT, Request, TestStore, serve_raw};
pub(crate) use self::signer::{Signer, SignerKind};
