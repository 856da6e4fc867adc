//! What the tests of this room share: a hall's CA, a store that misbehaves as told, a kiosk.

mod kiosk;
mod pki;
mod server;

pub(crate) use self::kiosk::{Kiosk, Running, document, quick, within};
pub(crate) use self::pki::Ca;
pub(crate) use self::server::{Act, TestStore, serve_raw};
