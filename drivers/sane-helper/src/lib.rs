//! SANE in a process of its own: a vendor's back end that crashes takes nothing along.
//!
//! This library is the messages between the kiosk and the program `onedoor-sane-helper`, which alone
//! loads libsane (SANE Standard 1.06). The program speaks first and says [`Reply::Ready`]; after that
//! each [`Request`] has one [`Reply`], in order.
//!
//! A message is a frame: the length of what follows as four bytes, big-endian, from 1 to
//! [`MAX_FRAME`]; one byte that says what it is; and its content. `J` is a message as JSON, `P` a
//! piece of a page as it stands. Neither side believes the other: lengths, lists and texts are bounded
//! on both.
//!
//! A page is converted and compressed by the program, so that only a JPEG stream crosses, piece by
//! piece: [`Request::Start`], then [`Request::Read`] until [`Reply::PageEnd`].

mod frame;
mod message;
mod model;

pub use frame::{LENGTH_BYTES, MAX_FRAME, ProtocolError, body_length};
pub use message::{MAX_DEVICES, MAX_OPTIONS, MAX_PIECE, PROTOCOL, Refusal, Reply, Request};
pub use model::{Constraint, Device, Kind, MAX_LIST, MAX_TEXT, OptionInfo, Status, Unit, Value};
