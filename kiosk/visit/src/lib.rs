//! The rules of a visit.
//!
//! This room knows nobody: it reads no file, opens no socket and has no clock. What the hall offers
//! is a [`catalogue::Catalogue`]; who stands before the kiosk is an [`identity::Person`]; what
//! happens next is [`desk::Desk::handle`], a function from an event and the time to actions. What
//! the visitor sees is a [`screen::View`], a value that anyone can draw.

pub mod catalogue;
pub mod checklist;
pub mod desk;
pub mod event;
pub mod fault;
pub mod hours;
pub mod identity;
pub mod intent;
pub mod look;
pub mod number;
pub mod screen;
pub mod search;
pub mod speech;
pub mod technician;
pub mod ticket;
pub mod turn;
pub mod waiting;
