//! What the system image says of its site: where the hall's office is, and whom to believe.

use crate::bundle::{HostName, Time};
use crate::places::{Places, read, read_text};
use crate::sealed::SealingKey;
use crate::signature::SigningKeys;
use rustls_pki_types::CertificateDer;
use serde::Deserialize;
use std::io;
use std::net::IpAddr;
use std::path::Path;

/// Files of keys and certificates are at most this long, in bytes.
const LONGEST_PEM: u64 = 64 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    office: Option<String>,
    updates: Option<String>,
    #[serde(default)]
    addresses: Vec<IpAddr>,
    #[serde(default)]
    time: Vec<Time>,
}

/// A server of the office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// its name or address
    pub host: String,
    /// where it listens
    pub port: u16,
}

/// The site.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Site {
    /// who takes requests, and gives certificates and bundles
    pub office: Option<Server>,
    /// who gives updates; the office unless it is said
    pub updates: Option<Server>,
    /// where they lie, without a slash at its end: `/updates` at the office unless it is said; empty without an office
    pub updates_from: String,
    /// where both are; without any, a bundle has to say so
    pub addresses: Vec<IpAddr>,
    /// time servers until there is a bundle
    pub time: Vec<Time>,
}

/// `https://host` or `https://host:port`, with `path` whatever lies behind.
fn server(url: &str, path: fn(&str) -> bool) -> Option<Server> {
    let uri: http::Uri = url.parse().ok()?;
    let authority = uri.authority().filter(|_| uri.scheme_str() == Some("https"))?;
    let port = match authority.as_str().strip_prefix(authority.host())? {
        "" => 443,
        _ => authority.port_u16().filter(|port| *port > 0)?,
    };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    let known = host.parse::<IpAddr>().is_ok() || host.parse::<HostName>().is_ok() || host == "localhost";
    (known && path(uri.path()) && uri.query().is_none()).then_some(Server { host, port })
}

impl Site {
    /// Reads `site.toml`. Without the file there is no office.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn load(places: &Places) -> io::Result<Self> {
        let path = places.site().join("site.toml");
        match read_text(&path) {
            Ok(text) => {
                Self::parse(&text).map_err(|what| io::Error::other(format!("{}: {what}", path.display())))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let Written { office, updates, addresses, time } =
            toml::from_str(text).map_err(|error| error.to_string())?;
        let url = |field: &str, url: Option<String>, path| match url.map(|url| server(&url, path)) {
            None => Ok(None),
            Some(Some(server)) => Ok(Some(server)),
            Some(None) => Err(format!("{field}: must be https://host or https://host:port")),
        };
        // What lies where among the office's files is agreed; updates are fetched by another program, from any folder.
        let at_office = office.as_ref().map(|office| format!("{}/updates", office.trim_end_matches('/')));
        let updates_from = updates.clone().or(at_office).unwrap_or_default().trim_end_matches('/').to_owned();
        let office = url("office", office, |path| matches!(path, "" | "/"))?;
        let updates = url("updates", updates, |_| true)?.or_else(|| office.clone());
        if addresses.len() > 8 || time.len() > 8 {
            return Err("addresses, time: at most 8 of each".to_owned());
        }
        Ok(Self { office, updates, updates_from, addresses, time })
    }

    /// Who the office has to be (`update-ca.pem`).
    ///
    /// # Errors
    /// The file is not there, or holds no certificates.
    pub fn authorities(places: &Places) -> io::Result<Vec<CertificateDer<'static>>> {
        certificates(&places.site().join("update-ca.pem"))
    }

    /// Who may sign bundles (`bundle.pub`).
    ///
    /// # Errors
    /// The file is not there, or holds no keys.
    pub fn signing_keys(places: &Places) -> io::Result<SigningKeys> {
        let path = places.site().join("bundle.pub");
        SigningKeys::from_pem(&read(&path, LONGEST_PEM)?)
            .map_err(|error| io::Error::other(format!("{}: {error}", path.display())))
    }

    /// To whom disks' keys are sealed (`escrow.pub`).
    ///
    /// # Errors
    /// The file is not there, or holds no key.
    pub fn escrow(places: &Places) -> io::Result<SealingKey> {
        let path = places.site().join("escrow.pub");
        let what = || io::Error::other(format!("{}: is no X25519 public key in PEM", path.display()));
        SealingKey::from_pem(&read(&path, LONGEST_PEM)?).ok_or_else(what)
    }
}

pub(crate) fn certificates(path: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let what = || io::Error::other(format!("{}: holds no certificates in PEM", path.display()));
    crate::pem::certificates(&read(path, LONGEST_PEM)?).ok_or_else(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_office_is_where_it_is_said_to_be() {
        let site =
            Site::parse("office = \"https://Office.hall.example:8443\"\naddresses = [\"10.0.0.2\"]").unwrap();
        assert_eq!(site.office, Some(Server { host: "office.hall.example".into(), port: 8443 }));
        assert_eq!(site.updates, site.office);
        assert_eq!(site.updates_from, "https://Office.hall.example:8443/updates");
        let text = "office = \"https://10.0.2.100\"\nupdates = \"https://10.0.2.100/updates\"";
        let here = Some(Server { host: "10.0.2.100".into(), port: 443 });
        let site = Site::parse(text).unwrap();
        assert_eq!(site.updates_from, "https://10.0.2.100/updates");
        assert_eq!((site.office, site.updates), (here.clone(), here));
        assert_eq!(Site::parse("").unwrap(), Site::default());
        for wrong in ["http://a.b", "https://a.b/c", "https://a@b.c", "https://a.b:0", "a", ""] {
            let error = Site::parse(&format!("office = \"{wrong}\"")).expect_err(wrong);
            assert!(error.starts_with("office: "), "{error}");
        }
        assert!(Site::parse("off = 1").is_err());
    }
}
