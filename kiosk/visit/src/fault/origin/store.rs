//! Answers of the store, and what can happen on the way to it.

use super::Mapping::{Fault as Is, Normal};
use super::Origin::{Tls, Tus};
use super::{Mapping, Origin};
use crate::fault::Fault;

/// tus 1.0.0 and tusd; 429 is RFC 6585's, the rest of 5xx RFC 9110's.
pub(super) const TUS: &[(Origin, Mapping)] = &[
    (Tus(200), Normal("done")),
    (Tus(201), Normal("the upload was created")),
    (Tus(204), Normal("done")),
    (Tus(400), Is(Fault::StoreProtocol)),
    (Tus(403), Is(Fault::StoreUploadGone)),
    (Tus(404), Is(Fault::StoreUploadGone)),
    (Tus(409), Is(Fault::StoreOffsetConflict)),
    (Tus(410), Is(Fault::StoreUploadGone)),
    (Tus(412), Is(Fault::StoreVersion)),
    (Tus(413), Is(Fault::StoreTooLarge)),
    (Tus(415), Is(Fault::StoreProtocol)),
    (Tus(423), Is(Fault::StoreBusy)),
    (Tus(429), Is(Fault::StoreBusy)),
    (Tus(460), Is(Fault::StoreChecksum)),
    (Tus(500), Is(Fault::StoreError)),
    (Tus(502), Is(Fault::StoreError)),
    (Tus(503), Is(Fault::StoreError)),
    (Tus(504), Is(Fault::StoreError)),
];

/// The way there, the kiosk's own verdict on the store, and the alerts that the store can send
/// (RFC 8446, section 6).
pub(super) const TLS: &[(Origin, Mapping)] = &[
    (Tls("the name has no address"), Is(Fault::StoreNameUnknown)),
    (Tls("connection refused"), Is(Fault::StoreUnreachable)),
    (Tls("no route"), Is(Fault::StoreUnreachable)),
    (Tls("time-out"), Is(Fault::StoreUnreachable)),
    (Tls("connection reset"), Is(Fault::StoreUnreachable)),
    (Tls("issuer not the hall's"), Is(Fault::StoreUntrusted)),
    (Tls("certificate for another name"), Is(Fault::StoreUntrusted)),
    (Tls("certificate not usable"), Is(Fault::StoreUntrusted)),
    (Tls("certificate expired"), Is(Fault::StoreCertificateEnded)),
    (Tls("certificate not valid yet"), Is(Fault::StoreClockDisagrees)),
    (Tls("no TLS 1.3"), Is(Fault::StoreNoTls13)),
    (Tls("close_notify"), Normal("the connection is over")),
    (Tls("user_canceled"), Is(Fault::StoreUnreachable)),
    (Tls("unexpected_message"), Is(Fault::StoreProtocol)),
    (Tls("bad_record_mac"), Is(Fault::StoreUnreachable)),
    (Tls("record_overflow"), Is(Fault::StoreProtocol)),
    (Tls("handshake_failure"), Is(Fault::StoreNoTls13)),
    (Tls("bad_certificate"), Is(Fault::StoreRefusesKiosk)),
    (Tls("unsupported_certificate"), Is(Fault::StoreRefusesKiosk)),
    (Tls("certificate_revoked"), Is(Fault::StoreRefusesKiosk)),
    (Tls("certificate_expired"), Is(Fault::StoreRefusesKiosk)),
    (Tls("certificate_unknown"), Is(Fault::StoreRefusesKiosk)),
    (Tls("illegal_parameter"), Is(Fault::StoreProtocol)),
    (Tls("unknown_ca"), Is(Fault::StoreRefusesKiosk)),
    (Tls("access_denied"), Is(Fault::StoreRefusesKiosk)),
    (Tls("decode_error"), Is(Fault::StoreProtocol)),
    (Tls("decrypt_error"), Is(Fault::StoreProtocol)),
    (Tls("protocol_version"), Is(Fault::StoreNoTls13)),
    (Tls("insufficient_security"), Is(Fault::StoreNoTls13)),
    (Tls("internal_error"), Is(Fault::StoreError)),
    (Tls("inappropriate_fallback"), Is(Fault::StoreNoTls13)),
    (Tls("missing_extension"), Is(Fault::StoreProtocol)),
    (Tls("unsupported_extension"), Is(Fault::StoreProtocol)),
    (Tls("unrecognized_name"), Is(Fault::StoreUntrusted)),
    (Tls("bad_certificate_status_response"), Is(Fault::StoreRefusesKiosk)),
    (Tls("unknown_psk_identity"), Is(Fault::StoreProtocol)),
    (Tls("certificate_required"), Is(Fault::StoreRefusesKiosk)),
    (Tls("no_application_protocol"), Is(Fault::StoreProtocol)),
];
