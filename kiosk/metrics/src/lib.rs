//! How the kiosk is, in figures, for whoever looks after many of them.
//!
//! [`Facts`] is all that is told: a plain value of numbers and of words that stand in the program itself. It is
//! put as a page for Prometheus ([`Facts::open_metrics`]) or as one small JSON to be sent to a hall that cannot
//! reach in ([`Facts::json`]). [`Server`] shows the page, over TLS 1.3, to those alone who have a certificate of
//! the hall's CA. `alerts.yml` in this folder has the rules by which Prometheus calls somebody.

mod facts;
mod page;
mod server;
mod tls;

pub use facts::{Device, Facts, Fault, SelfTest, Tickets};
pub use server::{Bounds, Server};
pub use tls::{Tls, TlsError, TlsFiles};
