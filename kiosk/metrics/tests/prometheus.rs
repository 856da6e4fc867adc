//! A real Prometheus (Debian's) scrapes the page over mutual TLS, and its alerts fire and clear.

mod common;

use std::future::Future;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use common::{Ca, Kiosk};
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use metrics_page::{Bounds, Facts, Fault, SelfTest, TlsFiles};
use serde_json::Value;

/// All that is waited for comes within seconds; this is for a machine that does much else.
const LONG: Duration = Duration::from_secs(90);

const ALERTS: &str = include_str!("../alerts.yml");

#[test]
fn the_rules_are_good_and_fire_and_clear() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("alerts.yml"), ALERTS).expect("a file");
    std::fs::write(folder.path().join("alerts_test.yml"), include_str!("alerts_test.yml")).expect("a file");
    for arguments in [["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]] {
        let said = Command::new("promtool").args(arguments).current_dir(folder.path()).output();
        let said = said.expect("promtool; run `make setup`");
        assert!(said.status.success(), "{said:?}");
    }
    // Each of them is tested, and says what to do.
    let names = ALERTS.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    let tests = include_str!("alerts_test.yml");
    for name in names {
        let tested = tests.matches(&format!("alertname: {name}")).count();
        assert!(tested >= 3, "{name} is tested {tested} times");
    }
    let (alerts, actions) = (ALERTS.matches("- alert:").count(), ALERTS.matches("action:").count());
    assert!(alerts == actions && alerts == ALERTS.matches("summary:").count());
}

/// A running Prometheus; ends when dropped.
struct Prometheus {
    process: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port()
}

impl Prometheus {
    /// Scrapes every second, once as the hall and once as somebody without a certificate.
    fn start(kiosk: &Kiosk, own: &TlsFiles) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // The same rules in a shorter time.
        let mut quick = String::new();
        for line in ALERTS.lines().filter(|line| !line.trim().starts_with("for:")) {
            quick.push_str(&line.replace("[1h]", "[6s]"));
            quick.push('\n');
        }
        std::fs::write(folder.path().join("alerts.yml"), quick).expect("a file");
        let (ca, certificate, key) = (own.ca.display(), own.certificate.display(), own.key.display());
        let config = format!(
            r#"
global: {{ scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }}
rule_files: [alerts.yml]
scrape_configs:
  - job_name: onedoor
    scheme: https
    tls_config: {{ ca_file: "{ca}", cert_file: "{certificate}", key_file: "{key}", min_version: TLS13 }}
    static_configs: [{{ targets: ["{at}"] }}]
  - job_name: stranger
    scheme: https
    tls_config: {{ ca_file: "{ca}" }}
    static_configs: [{{ targets: ["{at}"] }}]
"#,
            at = kiosk.address,
        );
        std::fs::write(folder.path().join("prometheus.yml"), config).expect("a file");
        let port = free_port();
        let data = folder.path().join("data");
        let process = Command::new("prometheus")
            .arg(format!("--config.file={}", Path::new(folder.path()).join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", data.display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--log.level=error")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("prometheus; run `make setup`");
        Self { process, port, _folder: folder }
    }

    /// What its HTTP API says; `None` while it does not yet.
    async fn get(&self, path: &str) -> Option<Value> {
        let client = Client::builder(TokioExecutor::new()).build_http::<Empty<bytes::Bytes>>();
        let url = format!("http://127.0.0.1:{}/api/v1/{path}", self.port).parse().expect("a URL");
        let answer = client.get(url).await.ok()?;
        let body = answer.into_body().collect().await.ok()?.to_bytes();
        serde_json::from_slice::<Value>(&body).ok().map(|said| said["data"].clone())
    }

    /// The value of a query with one answer.
    async fn value(&self, query: &str) -> Option<f64> {
        let said = self.get(&format!("query?query={query}")).await?;
        said["result"][0]["value"][1].as_str()?.parse().ok()
    }

    /// The names of the alerts that fire, in their order.
    async fn alerts(&self) -> Option<Vec<String>> {
        let said = self.get("alerts").await?;
        let firing = said["alerts"].as_array()?.iter().filter(|alert| alert["state"] == "firing");
        let mut names: Vec<String> =
            firing.filter_map(|alert| Some(alert["labels"]["alertname"].as_str()?.to_owned())).collect();
        names.sort();
        Some(names)
    }
}

/// Asks again until the answer is the wanted one: Prometheus tells nobody when it has scraped or judged a rule.
async fn until<T: PartialEq + std::fmt::Debug, F: Future<Output = T>>(wanted: T, mut ask: impl FnMut() -> F) {
    let deadline = Instant::now() + LONG;
    loop {
        let said = ask().await;
        if said == wanted {
            return;
        }
        assert!(Instant::now() < deadline, "it says {said:?} and not {wanted:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_scrapes_and_its_alerts_fire_and_clear() {
    let ca = Ca::new();
    let own = ca.issue("kiosk");
    let kiosk = Kiosk::start(&own, "127.0.0.1:0", Bounds::default()).await;
    let address = kiosk.address.to_string();
    let prometheus = Prometheus::start(&kiosk, &ca.issue("prometheus"));
    let up = |job: &str| format!("up%7Bjob%3D%22{job}%22%7D");

    let (hall, stranger) = (up("onedoor"), up("stranger"));
    until(Some(1.0), || prometheus.value(&hall)).await;
    until(Some(0.0), || prometheus.value(&stranger)).await;
    until(Some(365.0), || prometheus.value("onedoor_certificate_left_days")).await;
    // Nothing of the page ever came to whoever has no certificate.
    let of_stranger = "count(%7Bjob%3D%22stranger%22%2C__name__%3D~%22onedoor_.*%22%7D)";
    assert_eq!(prometheus.value(of_stranger).await, None);
    assert!(kiosk.refused.load(Ordering::Relaxed) > 0);
    until(Some(vec![]), || prometheus.alerts()).await;

    type Harm = fn(&mut Facts);
    let harms: [(&str, Harm); 9] = [
        ("KioskPaperLow", |facts| facts.devices[0].faults = vec![Fault { code: "P04", since: 0 }]),
        ("KioskPaperLow", |facts| facts.paper_left_seconds = Some(3_600.0)),
        ("KioskDeviceDown", |facts| facts.devices[0].ready = false),
        ("KioskCertificateEnding", |facts| facts.certificate_days = Some(29)),
        ("KioskOutboxOld", |facts| facts.outbox_oldest_seconds = 3_601),
        ("KioskErrorRate", |facts| facts.devices[0].faults_total += 100),
        ("KioskSelfTestFailed", |facts| {
            let at = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time");
            let at = i64::try_from(at.as_secs()).expect("a time");
            facts.self_test = Some(SelfTest { at, passed: 10, failed: 1 });
        }),
        ("KioskClockWrong", |facts| facts.clock_skew_seconds = Some(-61.0)),
        ("KioskLogFails", |facts| facts.log_writes = false),
    ];
    for (alert, harm) in harms {
        let before = kiosk.facts.borrow().clone();
        kiosk.facts.send_modify(harm);
        until(Some(vec![alert.to_owned()]), || prometheus.alerts()).await;
        // All is well again, but for what only ever goes up.
        let total = kiosk.facts.borrow().devices[0].faults_total;
        kiosk.facts.send_modify(|facts| {
            *facts = before;
            facts.devices[0].faults_total = total;
        });
        until(Some(vec![]), || prometheus.alerts()).await;
    }

    kiosk.end().await;
    until(Some(0.0), || prometheus.value(&hall)).await;
    until(Some(vec!["KioskOffline".to_owned()]), || prometheus.alerts()).await;
    let kiosk = Kiosk::start(&own, &address, Bounds::default()).await;
    until(Some(1.0), || prometheus.value(&hall)).await;
    until(Some(vec![]), || prometheus.alerts()).await;
    kiosk.end().await;
}
