use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::Facts;

/// Reads a page as strictly as the standard (OpenMetrics 1.0, "Text format") is written, for what we use of it.
fn read(page: &str) -> Vec<(String, f64)> {
    let body = page.strip_suffix("# EOF\n").expect("its end");
    assert!(body.is_empty() || body.ends_with('\n'));
    let (mut family, mut kind, mut families, mut samples) = (String::new(), "", BTreeSet::new(), Vec::new());
    for line in body.lines() {
        if let Some(about) = line.strip_prefix("# ") {
            let mut words = about.splitn(3, ' ');
            let (what, name, text) = (
                words.next().expect("a keyword"),
                words.next().expect("a name"),
                words.next().expect("a text"),
            );
            match what {
                "HELP" => {
                    assert!(families.insert(name.to_owned()), "{name} twice");
                    assert!(name.starts_with("onedoor_") && text.ends_with('.') && text.is_ascii(), "{line}");
                    (family, kind) = (name.to_owned(), "");
                }
                "TYPE" => {
                    assert_eq!(name, family);
                    assert!(["gauge", "counter", "info"].contains(&text) && kind.is_empty(), "{line}");
                    kind = text;
                }
                "UNIT" => assert!(name == family && name.ends_with(&format!("_{text}")), "{line}"),
                _ => panic!("{line}"),
            }
            continue;
        }
        let (series, value) = line.rsplit_once(' ').expect("a value");
        let name = series.split('{').next().expect("a name");
        let suffix = name.strip_prefix(&family).expect("of its family");
        assert_eq!(
            suffix,
            match kind {
                "counter" => "_total",
                "info" => "_info",
                _ => "",
            }
        );
        assert_eq!(series.contains('{'), series.ends_with("\"}"), "{line}");
        assert!(!samples.iter().any(|(known, _)| known == series), "{series} twice");
        let value: f64 = value.parse().expect("a number");
        samples.push((series.to_owned(), value));
    }
    samples
}

#[test]
fn the_page_tells_all_facts() {
    let page = Facts::example().open_metrics();
    let told = [
        ("onedoor_build_info{version=\"0.1.0\"}", 1.0),
        ("onedoor_system_info{version=\"7\"}", 1.0),
        ("onedoor_system_left{version=\"8\"}", 1.0),
        ("onedoor_uptime_seconds", 86_400.0),
        ("onedoor_device_ready{device=\"reader\"}", 1.0),
        ("onedoor_device_ready{device=\"printer\"}", 0.0),
        ("onedoor_fault{device=\"printer\",code=\"P03\"}", 1.0),
        ("onedoor_fault{device=\"printer\",code=\"P05\"}", 1.0),
        ("onedoor_fault_since_timestamp_seconds{device=\"printer\",code=\"P03\"}", 1_795_680_000.0),
        ("onedoor_fault_since_timestamp_seconds{device=\"printer\",code=\"P05\"}", 1_795_680_001.0),
        ("onedoor_faults_total{device=\"reader\"}", 3.0),
        ("onedoor_faults_total{device=\"printer\"}", 7.0),
        ("onedoor_tickets_total{outcome=\"printed\"}", 1_234.0),
        ("onedoor_tickets_total{outcome=\"unknown\"}", 2.0),
        ("onedoor_tickets_total{outcome=\"failed\"}", 1.0),
        ("onedoor_cuts_total", 1_236.0),
        ("onedoor_paper_used_meters_total", 185.25),
        ("onedoor_paper_left_meters", 12.5),
        ("onedoor_paper_lasts_seconds", 90_000.0),
        ("onedoor_pages_total", 4_321.0),
        ("onedoor_documents_received_total", 999.0),
        ("onedoor_outbox_documents", 4.0),
        ("onedoor_outbox_oldest_seconds", 61.0),
        ("onedoor_certificate_left_days", -1.0),
        ("onedoor_self_test_passed", 11.0),
        ("onedoor_self_test_failed", 1.0),
        ("onedoor_self_test_timestamp_seconds", 1_795_600_000.0),
        ("onedoor_clock_skew_seconds", -0.25),
        ("onedoor_log_writes", 1.0),
        ("onedoor_log_lost_total", 0.0),
    ];
    assert_eq!(read(&page), told.map(|(series, value)| (series.to_owned(), value)), "{page}");
    assert!(page.contains(
        "# HELP onedoor_paper_left_meters How much paper is left, about.\n\
         # TYPE onedoor_paper_left_meters gauge\n# UNIT onedoor_paper_left_meters meters\n"
    ));
}

#[test]
fn what_nobody_knows_is_not_told() {
    let page = Facts::default().open_metrics();
    let told: Vec<_> = read(&page).into_iter().map(|(series, _)| series).collect();
    for unknown in ["paper_left", "paper_lasts", "certificate", "self_test", "clock_skew", "fault_since"] {
        assert!(!page.contains(unknown), "{unknown}");
    }
    assert!(told.contains(&"onedoor_uptime_seconds".to_owned()));
}

proptest! {
    #[test]
    fn any_facts_are_a_page(
        uptime_seconds: u64,
        used in any::<f64>(),
        left: Option<f64>,
        days: Option<i64>,
        printed: u64,
        log_writes: bool,
    ) {
        let mut facts = Facts::example();
        facts.tickets.printed = printed;
        let facts = Facts {
            uptime_seconds,
            paper_used_metres: used,
            paper_left_metres: left,
            certificate_days: days,
            log_writes,
            ..facts
        };
        let page = facts.open_metrics();
        let samples = read(&page);
        let value = |name: &str| samples.iter().find(|(series, _)| series == name).map(|(_, value)| *value);
        prop_assert_eq!(value("onedoor_uptime_seconds"), Some(uptime_seconds as f64));
        prop_assert_eq!(value("onedoor_certificate_left_days"), days.map(|days| days as f64));
        prop_assert_eq!(value("onedoor_paper_left_meters"), left);
        prop_assert!(page.len() < 16 * 1024);
    }
}
