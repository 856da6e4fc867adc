//! Where a scanner is: host, port and the root path of its eSCL service.

use std::fmt;
use std::net::IpAddr;

use http::Uri;

/// Longest path accepted, in bytes; the paths in use are well under a hundred.
const MAX_PATH_BYTES: usize = 1024;

/// The address of one scanner's eSCL service, such as `http://192.168.1.20:8080/eSCL`.
///
/// The root path is `/eSCL` unless the scanner announces another with the `rs` key of its DNS-SD
/// record (Mopria eSCL, section on discovery).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    host: String,
    port: u16,
    root: String,
}

impl Endpoint {
    /// Reads a base address: `http`, a host, an optional port (80) and an optional path (`/eSCL`).
    ///
    /// # Errors
    /// [`EndpointError`] for another scheme, a missing host or an unusable path.
    pub fn parse(base_url: &str) -> Result<Self, EndpointError> {
        let fail = |why| EndpointError { url: base_url.chars().take(200).collect(), why };
        let uri: Uri = base_url.parse().map_err(|_| fail("it is not an address"))?;
        if uri.scheme_str() != Some("http") {
            return Err(fail("only plain http is spoken"));
        }
        if uri.query().is_some() {
            return Err(fail("a query makes no sense in a base address"));
        }
        let host = uri.host().filter(|h| !h.is_empty()).ok_or_else(|| fail("the host is missing"))?;
        let root = match uri.path().trim_end_matches('/') {
            "" => "/eSCL",
            path => path,
        };
        let root = safe_path(root).ok_or_else(|| fail("the path is unusable"))?;
        Ok(Self { host: host.to_owned(), port: uri.port_u16().unwrap_or(80), root })
    }

    /// This machine, for want of anything better.
    pub(crate) fn local() -> Self {
        Self { host: "localhost".to_owned(), port: 80, root: "/eSCL".to_owned() }
    }

    /// Host name or address as it stands in a URL: IPv6 addresses keep their brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// TCP port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether the scanner is reached through this machine itself, as behind `ipp-usb`.
    pub(crate) fn is_loopback(&self) -> bool {
        let address = self.connect_host().parse::<IpAddr>();
        address.is_ok_and(|address| address.is_loopback()) || self.host.eq_ignore_ascii_case("localhost")
    }

    /// Host name or address as the resolver wants it: without brackets.
    pub(crate) fn connect_host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// The path of a resource directly under the root.
    pub(crate) fn path(&self, resource: &str) -> String {
        format!("{}/{resource}", self.root)
    }

    /// The path of the job that a `Location` header names.
    ///
    /// Only the path is used: scanners behind ipp-usb or with several addresses put hosts there that
    /// cannot be reached. A relative `Location` is taken from the root, as RFC 3986 section 5 asks.
    /// `None` when the value is no usable path or would name the service itself instead of a job.
    pub(crate) fn job_path(&self, location: &str) -> Option<String> {
        let after_host = match location.split_once("://") {
            Some((_, rest)) => rest.find('/').and_then(|slash| rest.get(slash..))?,
            None => location,
        };
        let path = after_host.split(['?', '#']).next()?.trim_end_matches('/');
        if path.is_empty() {
            return None;
        }
        let path = if path.starts_with('/') { path.to_owned() } else { self.path(path) };
        let path = safe_path(&path)?;
        let is_service = path == self.root || path == self.path("ScanJobs");
        (!is_service).then_some(path)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}:{}{}", self.host, self.port, self.root)
    }
}

/// An absolute path that can stand in a request line and cannot climb out of its folder.
fn safe_path(path: &str) -> Option<String> {
    let plain = path.len() <= MAX_PATH_BYTES
        && path.len() > 1
        && path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|b| b.is_ascii_graphic())
        && path.split('/').all(|part| part != ".." && part != ".");
    (plain && path.parse::<Uri>().is_ok()).then(|| path.to_owned())
}

/// A base address that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("document scanner address {url:?}: {why}; write it as http://HOST:PORT/eSCL")]
pub struct EndpointError {
    url: String,
    why: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_addresses() {
        for (text, shown) in [
            ("http://192.168.1.20", "http://192.168.1.20:80/eSCL"),
            ("http://192.168.1.20:8080/", "http://192.168.1.20:8080/eSCL"),
            ("http://scanner.local/eSCL/", "http://scanner.local:80/eSCL"),
            ("http://[fe80::1]:60000/eSCL2", "http://[fe80::1]:60000/eSCL2"),
        ] {
            assert_eq!(Endpoint::parse(text).unwrap().to_string(), shown, "{text}");
        }
        for text in
            ["", "192.168.1.20", "https://h/eSCL", "http:///eSCL", "http://h/a/../b", "http://h/e?x=1"]
        {
            assert!(Endpoint::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn this_machine_itself() {
        for (host, loopback) in [
            ("127.0.0.1", true),
            ("127.9.9.9", true),
            ("[::1]", true),
            ("LocalHost", true),
            ("10.0.0.9", false),
        ] {
            let endpoint = Endpoint::parse(&format!("http://{host}:60000")).unwrap();
            assert_eq!(endpoint.is_loopback(), loopback, "{host}");
        }
    }

    #[test]
    fn only_the_path_of_a_location_counts() {
        let endpoint = Endpoint::parse("http://127.0.0.1:60000/eSCL").unwrap();
        for (location, path) in [
            ("http://10.0.0.9:80/eSCL/ScanJobs/7", Some("/eSCL/ScanJobs/7")),
            ("http://localhost/eSCL/ScanJobs/7/?a=1", Some("/eSCL/ScanJobs/7")),
            ("/eSCL/ScanJobs/abc-1#x", Some("/eSCL/ScanJobs/abc-1")),
            ("ScanJobs/9", Some("/eSCL/ScanJobs/9")),
            ("http://h", None),
            ("http://h/", None),
            ("", None),
            ("/eSCL", None),
            ("/eSCL/ScanJobs/", None),
            ("/eSCL/ScanJobs/../../admin", None),
            ("//evil/x", None),
            ("/eSCL/ScanJobs/a b", None),
        ] {
            assert_eq!(endpoint.job_path(location).as_deref(), path, "{location}");
        }
        assert_eq!(endpoint.job_path(&format!("/{}", "a".repeat(2000))), None);
    }
}
