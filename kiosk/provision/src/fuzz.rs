//! What the fuzzer is let at.

/// A bundle from anywhere: the zip, the manifest, and all that stands behind the signature.
pub fn bundle(data: &[u8]) {
    crate::bundle::fuzz(data);
}

/// A request that somebody put before the office.
pub fn request(data: &[u8]) {
    if let Ok(request) = crate::request::Request::parse(data) {
        assert!(crate::request::csr(data).is_ok() && request.version.len() <= 100);
    }
}
