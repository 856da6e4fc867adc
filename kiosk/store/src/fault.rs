//! What can stand between a document and the store.

use thiserror::Error;

/// Why a request to the store, or the way there, failed.
///
/// Each text says what happened, to the store or the kiosk's own disk, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StoreFault {
    /// No connection, or it broke.
    #[error(
        "the e-licence store cannot be reached: {0}; documents stay on this kiosk and are sent later; \
         check the network cable, the store's address and whether the store runs"
    )]
    Unreachable(LinkFault),
    /// The server's certificate is not one this kiosk may trust.
    #[error(
        "the server answering for the e-licence store is not trusted: {0}; nothing was sent; \
         have the hall's administrator check the store's certificate and this kiosk's CA file"
    )]
    Untrusted(Distrust),
    /// The store refused this kiosk's own certificate.
    #[error(
        "the e-licence store refused this kiosk's certificate ({0}); documents stay on this kiosk; \
         have the hall's administrator renew or register the kiosk's certificate"
    )]
    ClientCertificateRefused(&'static str),
    /// The server cannot speak TLS 1.3 with this kiosk.
    #[error(
        "the e-licence store's server offers no TLS 1.3 that this kiosk shares; nothing was sent; \
         have TLS 1.3 switched on at the store or at the proxy in front of it"
    )]
    NoTls13,
    /// 423 (another request holds the upload) or 429 (too many requests).
    #[error("the e-licence store is busy (HTTP {0}); the kiosk tries again by itself")]
    Busy(u16),
    /// The material id belongs to a document with another digest.
    #[error(
        "the e-licence store already holds another document under this material id; \
         the document stays on this kiosk; have the store's administrator compare the two"
    )]
    Conflict,
    /// 413, or known beforehand from what the store says that it takes.
    #[error(
        "the e-licence store takes no document of this size; it stays on this kiosk; \
         scan it again in fewer pages or have the store's limit raised"
    )]
    TooLarge,
    /// Another 3xx or 4xx answer, by status.
    #[error(
        "the e-licence store rejected the request (HTTP {0}); the document stays on this kiosk; \
         have the store's administrator look up this status in the store's log"
    )]
    Rejected(u16),
    /// A 5xx answer, by status.
    #[error(
        "the e-licence store failed (HTTP {0}); the kiosk tries again by itself; look at the store's log"
    )]
    ServerError(u16),
    /// An answer outside the contract; the text names the part.
    #[error(
        "the e-licence store's answer makes no sense ({0}); the kiosk tries again by itself; \
         check that a proxy does not answer in the store's place"
    )]
    Garbage(&'static str),
    /// The store holds other bytes than this kiosk sent.
    #[error(
        "the e-licence store holds the document with another digest or length; it stays on this kiosk; \
         send it again, and have the network and the store's disk checked if it happens again"
    )]
    DigestMismatch,
    /// The store's receipt is not countersigned, or not by the store, or for something else.
    #[error(
        "the e-licence store's receipt carries no valid countersignature; the document stays on this \
         kiosk, which asks again by itself; have the store's administrator compare the store's key with \
         the one that this kiosk was given"
    )]
    Countersignature,
    /// This kiosk's own disk.
    #[error("{0}")]
    Disk(DiskFault),
}

/// How the way to the store failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LinkFault {
    /// The name has no address.
    #[error("its name could not be resolved")]
    Name,
    /// Nothing listens there.
    #[error("it refused the connection")]
    ConnectionRefused,
    /// No route, or the interface is down.
    #[error("there is no network path to it")]
    NoRoute,
    /// Connecting or the TLS handshake took too long.
    #[error("connecting took too long")]
    ConnectTimeout,
    /// The connection was closed or reset.
    #[error("the connection broke")]
    Broken,
    /// A body being sent made no progress.
    #[error("sending came to a standstill")]
    Stalled,
    /// No answer, or not all of it, in time.
    #[error("it did not answer in time")]
    NoAnswer,
    /// The TLS layer failed in another way.
    #[error("the TLS connection failed")]
    Tls,
}

/// Why a server certificate was not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Distrust {
    /// Not issued by the hall's CA.
    #[error("its certificate was not issued by the hall's CA")]
    UnknownIssuer,
    /// Issued for another name.
    #[error("its certificate is for another name")]
    WrongName,
    /// Past its last day.
    #[error("its certificate has expired (or this kiosk's clock is wrong)")]
    Expired,
    /// Before its first day.
    #[error("its certificate is not valid yet (or this kiosk's clock is wrong)")]
    NotYetValid,
    /// Anything else: revoked, unreadable, wrong purpose, no proof of the key.
    #[error("its certificate is not usable for a server")]
    Unusable,
}

/// What went wrong on this kiosk's own disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DiskFault {
    /// The document's file is gone.
    #[error("the document's file is missing on this kiosk's disk; ask the visitor to scan it again")]
    Missing,
    /// The document's file is not what was written when it was added.
    #[error("the document's file on this kiosk's disk is damaged; ask the visitor to scan it again")]
    Damaged,
    /// The document's file was encrypted under another key.
    #[error(
        "the document's file on this kiosk's disk was encrypted under another key; it stays there; \
         put the outbox's former key file back in its place and start the kiosk again"
    )]
    WrongKey,
    /// The file could not be read.
    #[error("this kiosk's disk could not be read; have the disk checked")]
    Read,
    /// The outbox's database failed.
    #[error("the outbox on this kiosk's disk failed; have free space and the disk checked")]
    Outbox,
}

/// What a fault means for what the worker does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recovery {
    /// The way to the store is down for every document: wait.
    Link,
    /// This document waits; others may pass.
    Later,
    /// Trying again cannot help: the document is put aside for staff.
    Never,
}

impl StoreFault {
    /// What the worker does about this fault.
    pub(crate) fn recovery(&self) -> Recovery {
        match self {
            Self::Unreachable(_) | Self::Untrusted(_) | Self::ClientCertificateRefused(_) | Self::NoTls13 => {
                Recovery::Link
            }
            Self::Busy(_) | Self::ServerError(_) | Self::Garbage(_) | Self::Countersignature => {
                Recovery::Later
            }
            Self::Disk(DiskFault::Read | DiskFault::Outbox) => Recovery::Later,
            Self::Rejected(status) if !about_the_document(*status) => Recovery::Later,
            Self::Conflict
            | Self::TooLarge
            | Self::Rejected(_)
            | Self::DigestMismatch
            | Self::Disk(DiskFault::Missing | DiskFault::Damaged | DiskFault::WrongKey) => Recovery::Never,
        }
    }

    /// The fault that an answer outside 2xx stands for (RFC 9110 section 15, RFC 6585 section 4,
    /// tus 1.0.0 "Checksum" for 460).
    pub(crate) fn from_status(status: u16) -> Self {
        match status {
            413 => Self::TooLarge,
            423 | 429 => Self::Busy(status),
            300..=499 => Self::Rejected(status),
            500..=599 => Self::ServerError(status),
            _ => Self::Garbage("status"),
        }
    }

    /// A short stable name for the database; see [`Self::from_code`].
    pub(crate) fn code(&self) -> String {
        match self {
            Self::TooLarge => "too_large".into(),
            Self::Conflict => "conflict".into(),
            Self::DigestMismatch => "digest".into(),
            Self::Disk(DiskFault::Missing) => "missing".into(),
            Self::Disk(DiskFault::WrongKey) => "wrong_key".into(),
            Self::Disk(_) => "damaged".into(),
            Self::Rejected(status) => format!("rejected {status}"),
            // The rest never ends a document's journey; kept total so that no fault can be lost.
            _ => "other".into(),
        }
    }

    /// Reads what [`Self::code`] wrote; anything else is a damaged outbox.
    pub(crate) fn from_code(code: &str) -> Self {
        match code {
            "too_large" => Self::TooLarge,
            "conflict" => Self::Conflict,
            "digest" => Self::DigestMismatch,
            "missing" => Self::Disk(DiskFault::Missing),
            "damaged" => Self::Disk(DiskFault::Damaged),
            "wrong_key" => Self::Disk(DiskFault::WrongKey),
            other => other
                .strip_prefix("rejected ")
                .and_then(|status| status.parse().ok())
                .map_or(Self::Disk(DiskFault::Outbox), Self::Rejected),
        }
    }
}

/// Whether a rejection is about the document itself: its kind, or what was said of it. Any other is put
/// right without touching the document: this kiosk's rights, the store's address, its version of tus, a
/// piece spoilt on its way, the moment. Of 400 nobody knows what it is about: a proxy gives it for a
/// certificate that it does not take (nginx), a server for an upload that broke off (tusd).
fn about_the_document(status: u16) -> bool {
    matches!(status, 406 | 411 | 414 | 415 | 416 | 422 | 431 | 451)
}

/// A fault together with the time the store asked to be left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setback {
    /// What happened.
    pub fault: StoreFault,
    /// `Retry-After`, bounded.
    pub retry_after: Option<std::time::Duration>,
}

impl From<StoreFault> for Setback {
    fn from(fault: StoreFault) -> Self {
        Self { fault, retry_after: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_survives_the_database() {
        for fault in [
            StoreFault::TooLarge,
            StoreFault::Conflict,
            StoreFault::DigestMismatch,
            StoreFault::Rejected(415),
            StoreFault::Disk(DiskFault::Missing),
            StoreFault::Disk(DiskFault::Damaged),
            StoreFault::Disk(DiskFault::WrongKey),
        ] {
            assert_eq!(fault.recovery(), Recovery::Never, "{fault:?}");
            assert_eq!(StoreFault::from_code(&fault.code()), fault);
        }
        for junk in ["", "rejected", "rejected x", "rejected 99999", "other"] {
            assert_eq!(StoreFault::from_code(junk), StoreFault::Disk(DiskFault::Outbox));
        }
    }

    #[test]
    fn statuses_mean_what_the_standards_say() {
        for (status, fault, recovery) in [
            (413, StoreFault::TooLarge, Recovery::Never),
            (412, StoreFault::Rejected(412), Recovery::Later),
            (415, StoreFault::Rejected(415), Recovery::Never),
            (460, StoreFault::Rejected(460), Recovery::Later),
            (400, StoreFault::Rejected(400), Recovery::Later),
            (410, StoreFault::Rejected(410), Recovery::Later),
            (422, StoreFault::Rejected(422), Recovery::Never),
            (403, StoreFault::Rejected(403), Recovery::Later),
            (302, StoreFault::Rejected(302), Recovery::Later),
            (423, StoreFault::Busy(423), Recovery::Later),
            (429, StoreFault::Busy(429), Recovery::Later),
            (500, StoreFault::ServerError(500), Recovery::Later),
            (503, StoreFault::ServerError(503), Recovery::Later),
            (206, StoreFault::Garbage("status"), Recovery::Later),
            (999, StoreFault::Garbage("status"), Recovery::Later),
        ] {
            assert_eq!(StoreFault::from_status(status), fault);
            assert_eq!(fault.recovery(), recovery, "{status}");
        }
    }
}
