//! The central store, and the way to it.

use store::{DiskFault, Distrust, LinkFault, OutboxError, StoreFault};
use visit::fault::Fault;

/// What stands between a document and the store.
pub fn store_fault(fault: &StoreFault) -> Fault {
    match fault {
        StoreFault::Unreachable(why) => match why {
            LinkFault::Name => Fault::StoreNameUnknown,
            LinkFault::ConnectionRefused
            | LinkFault::NoRoute
            | LinkFault::ConnectTimeout
            | LinkFault::Broken
            | LinkFault::Stalled
            | LinkFault::NoAnswer
            | LinkFault::Tls => Fault::StoreUnreachable,
        },
        StoreFault::Untrusted(why) => match why {
            Distrust::Expired => Fault::StoreCertificateEnded,
            Distrust::NotYetValid => Fault::StoreClockDisagrees,
            Distrust::UnknownIssuer | Distrust::WrongName | Distrust::Unusable => Fault::StoreUntrusted,
        },
        StoreFault::NoTls13 => Fault::StoreNoTls13,
        StoreFault::ClientCertificateRefused(_) => Fault::StoreRefusesKiosk,
        StoreFault::Busy(_) => Fault::StoreBusy,
        StoreFault::ServerError(_) => Fault::StoreError,
        StoreFault::Garbage(_) => Fault::StoreProtocol,
        StoreFault::Countersignature => Fault::StoreCountersignature,
        StoreFault::TooLarge => Fault::StoreTooLarge,
        StoreFault::Conflict => Fault::StoreRefusedDocument,
        StoreFault::Rejected(status) => rejected(*status),
        StoreFault::DigestMismatch => Fault::StoreDigest,
        StoreFault::Disk(DiskFault::Missing | DiskFault::Damaged) => Fault::DocumentFailed,
        StoreFault::Disk(DiskFault::Read | DiskFault::Outbox | DiskFault::WrongKey) => Fault::OutboxFailed,
    }
}

/// The tus answers that have an entry of their own (tus 1.0.0, core protocol and extensions).
fn rejected(status: u16) -> Fault {
    match status {
        403 | 404 | 410 => Fault::StoreUploadGone,
        409 => Fault::StoreOffsetConflict,
        // What it does not understand waits here until somebody compares the two.
        400 | 412 => Fault::StoreVersion,
        460 => Fault::StoreChecksum,
        _ => Fault::StoreRefusedDocument,
    }
}

/// What keeps a document out of the outbox.
pub fn outbox_fault(error: &OutboxError) -> Fault {
    match error {
        OutboxError::Folder(_)
        | OutboxError::Database(_)
        | OutboxError::InUse(_)
        | OutboxError::Unusable(_) => Fault::OutboxFailed,
        OutboxError::File(damage) => store_fault(&StoreFault::Disk(*damage)),
        OutboxError::Invalid(_) | OutboxError::Taken | OutboxError::NotTheFile | OutboxError::Unknown => {
            Fault::DocumentFailed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_that_a_technician_must_tell_apart_have_entries_of_their_own() {
        for (fault, entry) in [
            (StoreFault::Unreachable(LinkFault::Name), Fault::StoreNameUnknown),
            (StoreFault::Unreachable(LinkFault::NoRoute), Fault::StoreUnreachable),
            (StoreFault::Untrusted(Distrust::Expired), Fault::StoreCertificateEnded),
            (StoreFault::Untrusted(Distrust::NotYetValid), Fault::StoreClockDisagrees),
            (StoreFault::Untrusted(Distrust::WrongName), Fault::StoreUntrusted),
            (StoreFault::Countersignature, Fault::StoreCountersignature),
            (StoreFault::Rejected(404), Fault::StoreUploadGone),
            (StoreFault::Rejected(410), Fault::StoreUploadGone),
            (StoreFault::Rejected(409), Fault::StoreOffsetConflict),
            (StoreFault::Rejected(412), Fault::StoreVersion),
            (StoreFault::Rejected(460), Fault::StoreChecksum),
            (StoreFault::Rejected(415), Fault::StoreRefusedDocument),
            (StoreFault::Disk(DiskFault::Damaged), Fault::DocumentFailed),
            (StoreFault::Disk(DiskFault::WrongKey), Fault::OutboxFailed),
        ] {
            assert_eq!(store_fault(&fault), entry, "{fault:?}");
        }
    }
}
