//! The wired interface, for systemd-networkd.

use super::Facts;
use std::fmt::Write;

pub(super) fn text(facts: &Facts<'_>) -> String {
    let wired = &facts.network.wired;
    let mut text = String::from("# Written by onedoor-provision.\n[Match]\n");
    // Whichever wire there is, but nothing virtual.
    match &wired.interface {
        Some(name) => _ = writeln!(text, "Name={name}"),
        None => text.push_str("Type=ether\nKind=!*\n"),
    }
    // Nothing is announced and nobody is asked for names.
    text.push_str("\n[Network]\nLinkLocalAddressing=no\nLLMNR=no\nMulticastDNS=no\nIPv6AcceptRA=no\n");
    match wired.addresses.get(facts.name) {
        Some(net) => {
            // Two texts of the same form: an address with its prefix.
            _ = writeln!(text, "DHCP=no\nAddress={}/{}", net.address, net.prefix);
            if let Some(gateway) = wired.gateway {
                _ = writeln!(text, "Gateway={gateway}");
            }
        }
        None => text.push_str(
            "DHCP=ipv4\n\n[DHCPv4]\nUseDNS=no\nUseNTP=no\nUseHostname=no\nUseDomains=no\nSendHostname=no\n",
        ),
    }
    text
}

/// Whether addresses come by DHCP.
pub(super) fn is_dhcp(facts: &Facts<'_>) -> bool {
    !facts.network.wired.addresses.contains_key(facts.name)
}
