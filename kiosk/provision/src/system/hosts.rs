//! Hosts by name: the only place where names are looked up.

use super::Facts;
use crate::bundle::{HostName, Network};
use crate::site::Site;
use std::fmt::Write;
use std::net::IpAddr;

/// Where a host of the bundle or the office is; the bundle, being newer than the image, goes first.
pub(crate) fn addresses(network: &Network, site: &Site, host: &str) -> Vec<IpAddr> {
    if let Ok(address) = host.parse() {
        return vec![address];
    }
    let by_bundle = host.parse::<HostName>().ok();
    if let Some(found) = by_bundle.and_then(|name| network.addresses(&name)) {
        return found.to_vec();
    }
    let of_site = site.office.iter().chain(&site.updates).any(|server| server.host == host);
    if of_site { site.addresses.clone() } else { Vec::new() }
}

pub(super) fn text(facts: &Facts<'_>) -> String {
    let mut text = String::from(
        "# Written by onedoor-provision.\n127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n",
    );
    let mut names: Vec<String> = facts.network.host.iter().map(|host| host.name.to_string()).collect();
    let site = facts.site.office.iter().chain(&facts.site.updates).map(|server| server.host.clone());
    names.extend(site.filter(|host| host.parse::<IpAddr>().is_err() && host != "localhost"));
    names.sort();
    names.dedup();
    for name in names {
        for address in addresses(facts.network, facts.site, &name) {
            _ = writeln!(text, "{address} {name}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::Server;

    #[test]
    fn an_office_that_has_moved_is_where_the_bundle_says() {
        let office = Server { host: "office.hall.example".to_owned(), port: 443 };
        let site =
            Site { office: Some(office), addresses: vec!["10.0.0.98".parse().unwrap()], ..Site::default() };
        let moved = "[[host]]\nname = \"office.hall.example\"\naddresses = [\"10.0.0.5\"]\n";
        for (network, host, found) in [
            ("", "office.hall.example", Some("10.0.0.98")),
            (moved, "office.hall.example", Some("10.0.0.5")),
            (moved, "10.0.0.7", Some("10.0.0.7")),
            (moved, "other.hall.example", None),
        ] {
            let network = Network::parse(network.as_bytes()).unwrap();
            let found: Vec<IpAddr> = found.into_iter().map(|address| address.parse().unwrap()).collect();
            assert_eq!(addresses(&network, &site, host), found, "{host}");
        }
    }
}
