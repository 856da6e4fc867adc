//! What the system reads, as it is written; and what nft and chronyd say of it.

use super::*;
use crate::bundle::SAMPLE;
use std::path::Path;
use std::process::{Command, Stdio};

const SITE: &str = "office = \"https://office.hall.example\"\naddresses = [\"10.0.0.99\"]\n\
                    [[time]]\nserver = \"10.0.0.98\"\nplain = true\n";

/// The texts for this network; without one, before there is a bundle.
fn texts(network: Option<&str>) -> [(&'static str, String); 6] {
    let folder = tempfile::tempdir().unwrap();
    let places = Places::new(folder.path(), "root");
    std::fs::create_dir_all(places.site()).unwrap();
    std::fs::write(places.site().join("site.toml"), SITE).unwrap();
    let site = Site::load(&places).unwrap();
    let read = Network::parse(network.unwrap_or_default().as_bytes()).unwrap();
    let settings = Settings::parse("lobby-1", SAMPLE.as_bytes()).unwrap();
    let facts = Facts {
        site: &site,
        name: if network.is_some() { "lobby-1" } else { "" },
        network: &read,
        settings: network.is_some().then_some(&settings),
        time_ca: network.is_some().then(|| PathBuf::from("/data/hall/current/trust/time-ca.pem")),
        drift: PathBuf::from("/data/time"),
    };
    [
        ("wire", wire::text(&facts)),
        ("hosts", hosts::text(&facts)),
        ("firewall", firewall::text(&facts)),
        ("chrony", time::text(&facts)),
        ("pad", pad::text(&read)),
        ("env", env::text(&read)),
    ]
}

fn fixed() -> String {
    let wired = "[wired]\ninterface = \"enp1s0\"\ngateway = \"10.0.0.1\"\n\
                 addresses = { lobby-1 = \"10.0.0.7/24\", lobby-2 = \"10.0.0.8/24\" }\n";
    format!("{}{wired}", crate::sample::NETWORK)
}

/// `ONEDOOR_GOLDEN=1 cargo test -p provision` writes them anew.
#[test]
fn the_texts_are_those_that_were_looked_at() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/system/golden");
    let anew = std::env::var_os("ONEDOOR_GOLDEN").is_some();
    let fixed = fixed();
    for (case, network) in
        [("none", None), ("dhcp", Some(crate::sample::NETWORK)), ("fixed", Some(fixed.as_str()))]
    {
        for (name, text) in texts(network) {
            let path = folder.join(format!("{case}.{name}"));
            if anew {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(&path, &text).unwrap();
            }
            let golden = std::fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(text, golden, "{case}.{name}");
        }
    }
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

#[test]
fn nft_takes_the_firewall() {
    assert!(is_there("/usr/sbin/nft"), "nft is missing; run `make setup`");
    let fixed = format!("{}\n[[host]]\nname = \"a.b\"\naddresses = [\"fd00::9\"]\n", fixed());
    for network in [None, Some(crate::sample::NETWORK), Some(fixed.as_str())] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("firewall.nft");
        let (_, text) = texts(network).into_iter().find(|(name, _)| *name == "firewall").unwrap();
        std::fs::write(&path, &text).unwrap();
        let check = |path: &Path| {
            // In a network of its own: nft asks the kernel even when it only checks.
            let args = ["--user", "--map-root-user", "--net", "/usr/sbin/nft", "-c", "-f"];
            Command::new("unshare").args(args).arg(path).output().unwrap()
        };
        let said = check(&path);
        let words = String::from_utf8_lossy(&said.stderr).into_owned();
        if words.contains("Operation not permitted") || words.contains("not supported") {
            eprintln!("not checked: this machine lets nobody ask for a firewall ({words})");
            return;
        }
        assert!(said.status.success(), "{words}\n{text}");
        std::fs::write(&path, text.replace("policy drop", "policy perhaps")).unwrap();
        assert!(!check(&path).status.success(), "nft takes anything");
    }
}

#[test]
fn chronyd_takes_the_configuration() {
    assert!(is_there("/usr/sbin/chronyd"), "chronyd is missing; run `make setup`");
    for network in [None, Some(crate::sample::NETWORK)] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chrony.conf");
        let (_, text) = texts(network).into_iter().find(|(name, _)| *name == "chrony").unwrap();
        let check = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let said = Command::new("/usr/sbin/chronyd").args(["-p", "-f"]).arg(&path).output().unwrap();
            (said.status.success(), String::from_utf8_lossy(&said.stderr).into_owned())
        };
        let (fine, said) = check(&text);
        assert!(fine, "{said}\n{text}");
        assert!(!check(&format!("{text}nonsense\n")).0, "chronyd takes anything");
    }
}

#[test]
fn nobody_is_reached_who_was_not_named() {
    let firewall = |network| texts(network).into_iter().find(|(name, _)| *name == "firewall").unwrap().1;
    let reached = |text: &str| {
        let lines = text.lines().filter(|line| line.contains("daddr"));
        lines.map(|line| line.split_whitespace().skip(2).take(4).collect::<Vec<_>>().join(" ")).collect()
    };
    let without: Vec<String> = reached(&firewall(None));
    assert_eq!(without, ["10.0.0.98 udp dport 123", "10.0.0.99 tcp dport 443", "10.0.0.99 tcp dport 443"]);
    let with: Vec<String> = reached(&firewall(Some(crate::sample::NETWORK)));
    for wanted in [
        "10.0.0.2 tcp dport 443",
        "10.0.0.3 tcp dport 8443",
        "fd00::3 tcp dport 8443",
        "10.0.0.4 udp dport 123",
        "10.0.0.4 tcp dport 4460",
        "10.0.0.5 tcp dport 443",
        "10.0.0.9 tcp dport 9100",
        "10.0.8.0/24 udp dport 161",
    ] {
        assert!(with.iter().any(|way| way == wanted), "{wanted}: {with:#?}");
    }
    assert!(!with.iter().any(|way| way.contains("127.0.0.1") || way.contains("10.0.0.99")), "{with:#?}");
    assert_eq!(with.len(), 10, "{with:#?}");
}
