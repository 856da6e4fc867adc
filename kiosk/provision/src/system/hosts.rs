//! Hosts by name: the only place where names are looked up.

use super::Facts;
use crate::bundle::HostName;
use std::fmt::Write;
use std::net::IpAddr;

/// Where a host of the bundle or the office is; the bundle, being newer than the image, goes first.
pub(super) fn addresses(facts: &Facts<'_>, host: &str) -> Vec<IpAddr> {
    if let Ok(address) = host.parse() {
        return vec![address];
    }
    let by_bundle = host.parse::<HostName>().ok();
    if let Some(found) = by_bundle.and_then(|name| facts.network.addresses(&name)) {
        return found.to_vec();
    }
    let site = facts.site;
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
        for address in addresses(facts, &name) {
            _ = writeln!(text, "{address} {name}");
        }
    }
    text
}
