//! The firewall, for nft: nobody comes in, and only those who were named are reached.

use super::{Facts, hosts, wire};
use crate::bundle::{Net, Protocol};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Somebody on the network, and a way to him.
type Way = (Net, Protocol, u16, &'static str);

/// NTP (RFC 5905), and the key exchange of NTS (RFC 8915).
const NTP: u16 = 123;
const NTS_KE: u16 = 4460;

/// Everybody whom the kiosk may reach.
fn ways(facts: &Facts<'_>) -> BTreeSet<Way> {
    let mut ways = BTreeSet::new();
    let mut add = |host: &str, protocol, port, why| {
        let found = hosts::addresses(facts.network, facts.site, host)
            .into_iter()
            .filter(|address| !address.is_loopback());
        ways.extend(found.map(|address| (Net::only(address), protocol, port, why)));
    };
    for (server, why) in [(&facts.site.office, "office"), (&facts.site.updates, "updates")] {
        if let Some(server) = server {
            add(&server.host, Protocol::Tcp, server.port, why);
        }
    }
    for need in facts.settings.iter().flat_map(|settings| &settings.needs) {
        let why = match need.field.split('.').next() {
            Some("store") => "store",
            Some("windows") => "windows",
            Some("scanner") => "scanner",
            Some("printer") => "printer",
            _ => "device",
        };
        add(&need.host, Protocol::Tcp, need.port, why);
    }
    for time in facts.time() {
        let host = time.server.to_string();
        add(&host, Protocol::Udp, NTP, "time");
        if !time.plain {
            add(&host, Protocol::Tcp, NTS_KE, "time");
        }
    }
    for reach in &facts.network.reach {
        ways.extend(reach.ports.iter().map(|port| (reach.to, reach.protocol, *port, "hall")));
    }
    ways
}

fn family(net: Net) -> &'static str {
    if net.address.is_ipv4() { "ip" } else { "ip6" }
}

pub(super) fn text(facts: &Facts<'_>) -> String {
    let ways = ways(facts);
    let dhcp = wire::is_dhcp(facts);
    let from = &facts.network.metrics.from;
    let listen = facts.settings.and_then(|settings| settings.listen);
    let newer = facts.network.wired.addresses.values().any(|net| net.address.is_ipv6());
    // The table is made before it is deleted, so that the first time is like all others; nft does all at once.
    let mut text = String::from(
        "# Written by onedoor-provision.\ntable inet onedoor\ndelete table inet onedoor\n\n\
         table inet onedoor {\n\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n\
         \t\tiifname \"lo\" counter accept\n\
         \t\tct state established,related counter accept\n",
    );
    if dhcp {
        text.push_str("\t\tip protocol udp udp sport 67 udp dport 68 counter accept comment \"dhcp\"\n");
    }
    let neighbours = "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } counter accept\n";
    if newer {
        _ = write!(text, "\t\t{neighbours}");
    }
    if let Some(listen) = listen {
        for net in from {
            _ = writeln!(
                text,
                "\t\t{} saddr {net} tcp dport {} counter accept comment \"metrics\"",
                family(*net),
                listen.port()
            );
        }
    }
    text.push_str(
        "\t\tcounter drop\n\t}\n\n\tchain forward {\n\t\ttype filter hook forward priority filter; policy drop;\n\
         \t\tcounter drop\n\t}\n\n\tchain output {\n\t\ttype filter hook output priority filter; policy drop;\n\
         \t\toifname \"lo\" counter accept\n\
         \t\tct state established,related counter accept\n",
    );
    if dhcp {
        text.push_str("\t\tip protocol udp udp sport 68 udp dport 67 counter accept comment \"dhcp\"\n");
    }
    if newer {
        _ = write!(text, "\t\t{neighbours}");
    }
    for (net, protocol, port, why) in ways {
        let protocol = match protocol {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
        };
        _ = writeln!(
            text,
            "\t\t{} daddr {net} {protocol} dport {port} counter accept comment \"{why}\"",
            family(net)
        );
    }
    text.push_str("\t\tcounter drop\n\t}\n}\n");
    text
}
