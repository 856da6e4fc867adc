//! Client of the hall's central e-licence store, and the durable outbox in front of it.
//!
//! A document that a visitor scans is first made durable on this kiosk, encrypted ([`Outbox::add`]),
//! then sent in small resumable pieces (tus 1.0.0), then handed over as a material. Only the store's
//! own word that it holds the same digest and length deletes the kiosk's copy. The contract is
//! `openapi.yaml` in this folder. The store also knows whose a code on a telephone is
//! ([`Client::identify`]), which licences somebody has ([`Client::licences`]), and what the back office
//! found of a document ([`reviews`]).
//!
//! * [`tls`]: TLS 1.3 with mutual authentication inside the hall's own CA.
//! * [`http`]: one bounded HTTP/1.1 client; also carries the window feed ([`window`]).
//! * [`outbox`]: documents waiting, on disk.
//! * [`worker`]: the loop that empties the outbox.
//! * [`probe`]: the way to the store, layer by layer.
//! * [`custody`]: what the store countersigned, and checking it later.
//! * [`StoreFault`]: everything that can stand in the way.

mod applicant;
mod backoff;
pub mod custody;
mod delivery;
mod fault;
#[doc(hidden)]
pub mod fuzz;
pub mod http;
mod identity;
pub mod licences;
mod material;
pub mod outbox;
pub mod pace;
mod private;
pub mod probe;
pub mod reviews;
#[cfg(test)]
mod testing;
pub mod tls;
mod tus;
pub mod window;
pub mod worker;

pub use applicant::Applicant;
pub use backoff::Backoff;
pub use custody::{CustodyCode, CustodyKey, CustodyKeyError};
pub use fault::{DiskFault, Distrust, LinkFault, StoreFault};
pub use http::{Client, Deadlines};
pub use identity::{Identified, IdentifiedKind, IdentifyFault};
pub use licences::{CertIdentifier, CertStatus, HolderKind, Licence, LicenceFault, LicenceQuery};
pub use material::{Countersignature, Digest, MaterialId, Receipt, ReceivedAt, ServedItem, ValueError};
pub use outbox::{
    DocId, DocState, DocumentOfVisit, Outbox, OutboxConfig, OutboxError, OutboxKey, OutboxKeyError,
    Submission,
};
pub use reviews::{Reason, ReviewResult};
pub use tls::{KeyStore, Tls, TlsFiles, TlsSetupError};
pub use worker::{StoreEvent, WorkerConfig, run};
