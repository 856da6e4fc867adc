//! The store against `kiosk/store/openapi.yaml`: that it has the same routes, and what schemathesis,
//! which no one here wrote, says of its answers.

use super::*;
use crate::cards::sample;
use crate::windows::{WindowEvent, Windows};
use std::path::PathBuf;
use tokio::process::Command;
use tokio::time::timeout;

/// What the window system answers, under a URL of its own.
const WINDOWS: [&str; 3] = ["/v1/window-events", "/v1/staff-call", "/v1/kiosk-facts"];

/// The paths and methods of the contract's `paths`, but for those of another service.
fn in_contract() -> Vec<(String, Vec<String>)> {
    let paths = CONTRACT.split_once("\npaths:\n").expect("paths").1;
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    let lines = paths.lines().take_while(|line| line.is_empty() || line.starts_with([' ', '#']));
    for line in lines {
        let name = line.trim().strip_suffix(':').unwrap_or_default();
        match line.len() - line.trim_start().len() {
            2 if name.starts_with('/') => found.push((name.to_owned(), Vec::new())),
            4 if ["get", "put", "post", "head", "patch", "delete", "options"].contains(&name) => {
                found.last_mut().expect("a path").1.push(name.to_uppercase());
            }
            _ => {}
        }
    }
    found.retain(|(path, _)| !WINDOWS.contains(&path.as_str()));
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_answers_what_the_contract_names_and_nothing_else() {
    let hall = Hall::open().await;
    let contract = in_contract();
    let mut served: Vec<_> = routes().into_iter().map(|(path, _)| path.to_owned()).collect();
    served.retain(|path| path != "/openapi.yaml");
    let mut named: Vec<_> = contract.iter().map(|(path, _)| path.clone()).collect();
    served.sort();
    named.sort();
    assert_eq!(served, named);
    for (path, methods) in &contract {
        let url = format!("{}{}", hall.store.url(), path.replace(['{', '}'], ""));
        for method in ["GET", "PUT", "POST", "HEAD", "PATCH", "DELETE", "OPTIONS"] {
            let answer = hall.tus(method, &url, &[], b"").await;
            // Who answers GET answers HEAD (RFC 9110, section 9.1).
            let named = methods.iter().any(|named| named == method || (method == "HEAD" && named == "GET"));
            assert_eq!(answer.status != 405, named, "{method} {path}: {answer:?}");
        }
    }
    let served = hall.curl.get(&format!("{}/openapi.yaml", hall.store.url())).await;
    assert_eq!((served.status, served.header("content-type")), (200, "application/yaml"));
    assert_eq!(served.body, CONTRACT);
    hall.store.stop().await;
}

/// Where tests/peers/setup-schemathesis puts it.
fn schemathesis() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache");
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(home, PathBuf::from);
    cache.join("onedoor/schemathesis-4.32.5/bin/schemathesis")
}

impl Hall {
    /// Lets schemathesis make up requests of the contract, right and wrong ones, the same in every run,
    /// and judge the answers by it.
    async fn try_against_contract(&self, url: &str, which: &[&str]) {
        let dir = self.dir.path();
        let pki = Pki::open(&dir.join("pki")).expect("the certificates");
        let mut command = Command::new(schemathesis());
        command.arg("--config-file").arg(dir.join("schemathesis.toml")).arg("run");
        command.arg(dir.join("openapi.yaml")).args(["--url", url]);
        command.arg("--tls-verify").arg(pki.ca(Authority::Hall));
        command.arg("--request-cert").arg(pki.client_certificate(Authority::Hall));
        command.arg("--request-cert-key").arg(pki.client_key(Authority::Hall));
        command.arg("--generation-deterministic");
        command.args(["--max-examples", "25", "--workers", "1", "--request-timeout", "10", "--no-color"]);
        command.args(which).current_dir(dir).kill_on_drop(true);
        let said = timeout(Duration::from_secs(300), command.output()).await.expect("it ends");
        let said = said.unwrap_or_else(|error| panic!("schemathesis: {error}; run `make setup`"));
        let text = String::from_utf8_lossy(&said.stdout);
        assert!(said.status.success(), "{text}{}", String::from_utf8_lossy(&said.stderr));
        println!("{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_nothing_in_the_answers_that_the_contract_does_not_say() {
    let hall = Hall::open().await;
    let windows = Windows::start(hall.dir.path()).await.expect("the windows");
    // What is asked for exists, so that answers with contents are judged, too.
    let url = hall.create(1_000_000).await;
    let upload = url.rsplit_once('/').expect("an upload").1;
    let whole = hall.create(3).await;
    hall.patch(&whole, 0, &[], b"abc").await;
    assert_eq!(hall.put("m-1", &request(&whole, b"abc")).await.0, 200);
    let returned = Review::Returned { reason: Reason::OutOfDate, text: Some("已过期".to_owned()) };
    for review in [Review::Accepted, returned] {
        hall.store.review("m-1", review).expect("a review");
    }
    for event in [WindowEvent::Called, WindowEvent::NoShow] {
        windows.post("A001", event).expect("an event");
    }
    let code = hall.store.issue_code(sample("man").expect("a sample"), Duration::from_secs(3600));
    let code = code.as_str();
    let hooks = concat!(env!("CARGO_MANIFEST_DIR"), "/../peers/schemathesis_hooks.py");
    let settings = format!(
        r#"
        hooks = "{hooks}"

        # The words of tus for a header that is missing, a body that is too long and for bytes that are others.
        [checks.missing_required_header]
        expected-statuses = [400, 412]

        [checks.positive_data_acceptance]
        expected-statuses = ["2xx", 404, 409, 413, 460]

        [checks.negative_data_rejection]
        expected-statuses = [400, 404, 405, 409, 410, 412, 413, 415, 422, 460]

        # An unknown header violates no contract.
        [generation]
        allow-extra-parameters = false

        # A pattern cannot say that no key of the metadata comes twice, or that Base64 is of whole bytes.
        [[operations]]
        include-name = "POST /files/"
        checks.positive_data_acceptance.expected-statuses = [201, 400, 413]

        # schemathesis now and then fills the optional Upload-Checksum with "0", against its pattern.
        [[operations]]
        include-name = "PATCH /files/{{upload}}"
        parameters = {{ "path.upload" = "{upload}" }}
        checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 404, 409, 413, 460]

        [[operations]]
        include-name = "HEAD /files/{{upload}}"
        parameters = {{ "path.upload" = "{upload}" }}

        [[operations]]
        include-name = "GET /v1/materials/{{material_id}}"
        parameters = {{ "path.material_id" = "m-1" }}

        [[operations]]
        include-name = "PUT /v1/materials/{{material_id}}/service"
        parameters = {{ "path.material_id" = "m-1" }}

        [[operations]]
        include-name = "POST /v1/identities"
        parameters = {{ "body.code" = "{code}" }}

        # Nobody waits a minute for each of many answers.
        [[operations]]
        include-name = "GET /v1/review-events"
        parameters = {{ "query.wait" = 0, "query.kiosk" = "kiosk-1" }}

        [[operations]]
        include-name = "GET /v1/window-events"
        parameters = {{ "query.wait" = 0 }}
        "#
    );
    std::fs::write(hall.dir.path().join("schemathesis.toml"), settings).expect("the settings");
    std::fs::write(hall.dir.path().join("openapi.yaml"), CONTRACT).expect("the contract");
    let url = hall.store.url();
    hall.try_against_contract(&url, &WINDOWS.map(|path| ["--exclude-path", path]).concat()).await;
    let url = windows.url();
    let (url, _) = url.rsplit_once("/v1/").expect("a URL");
    let which = WINDOWS.map(|path| ["--include-path", path]).concat();
    hall.try_against_contract(url, &which).await;
    windows.stop().await;
    hall.store.stop().await;
}
