//! Helpers for this crate's own tests: temporary folders, waiting for changes, and curl as a client
//! that was written by others.

use crate::pki::{Authority, Pki};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::sync::watch;
use tokio::time::timeout;

/// A folder that goes with the test.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

/// Waits for a condition, looking again after every change; fails after ten seconds.
pub(crate) async fn until(mut changes: watch::Receiver<u64>, condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            changes.changed().await.expect("the emulator lives");
        }
    };
    timeout(Duration::from_secs(10), waiting).await.expect("the condition comes true");
}

/// Whether openssl, given the public key alone, finds a signature (Base64) good for these lines.
pub(crate) fn openssl_verifies(public: &Path, lines: &str, signature: &str) -> bool {
    let dir = folder();
    let place = |name: &str| dir.path().join(name);
    std::fs::write(place("lines"), lines).expect("writing");
    std::fs::write(place("signature"), BASE64.decode(signature).expect("Base64")).expect("writing");
    let said = std::process::Command::new("openssl")
        .args(["pkeyutl", "-verify", "-pubin", "-rawin", "-inkey"])
        .arg(public)
        .arg("-in")
        .arg(place("lines"))
        .arg("-sigfile")
        .arg(place("signature"))
        .output();
    said.expect("openssl is installed").status.success()
}

/// What curl says about an answer.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// 0 when there was no answer.
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: HashMap<String, String>,
    /// The body as text; `bytes` is the same, exactly.
    pub(crate) body: String,
    pub(crate) bytes: Vec<u8>,
    /// curl's exit code; 0 is a whole answer.
    pub(crate) exit: i32,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// curl with the hall's certificates.
#[derive(Debug, Clone)]
pub(crate) struct Curl {
    options: Vec<String>,
}

impl Curl {
    /// Trusts the hall and shows the kiosk's certificate.
    pub(crate) fn new(dir: &Path) -> Self {
        Self::showing(dir, Some(Authority::Hall))
    }

    /// Trusts the hall and shows another certificate, or none.
    pub(crate) fn showing(dir: &Path, shown: Option<Authority>) -> Self {
        let pki = Pki::open(&dir.join("pki")).expect("the certificates");
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let mut options = vec!["--cacert".to_owned(), text(pki.ca(Authority::Hall))];
        if let Some(authority) = shown {
            options.extend([
                "--cert".to_owned(),
                text(pki.client_certificate(authority)),
                "--key".to_owned(),
                text(pki.client_key(authority)),
            ]);
        }
        Self { options }
    }

    /// Without any certificate, for plain HTTP.
    pub(crate) fn plain() -> Self {
        Self { options: Vec::new() }
    }

    pub(crate) async fn get(&self, url: &str) -> Answer {
        self.call(url, &[], b"").await
    }

    /// Runs curl with these options and this standard input; waits at most 20 seconds.
    pub(crate) async fn call(&self, url: &str, options: &[&str], input: &[u8]) -> Answer {
        let mut child = Command::new("curl")
            .args(["--silent", "--include", "--noproxy", "*", "--max-time", "15"])
            .args(&self.options)
            .args(options)
            .arg(url)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("curl is installed");
        let mut stdin = child.stdin.take().expect("a pipe");
        let input = input.to_vec();
        let feeding = tokio::spawn(async move {
            // curl may close its input early, when the server has answered already.
            let _ = stdin.write_all(&input).await;
        });
        let output = timeout(Duration::from_secs(20), child.wait_with_output())
            .await
            .expect("curl ends")
            .expect("curl ran");
        feeding.abort();
        let mut answer = parse(&output.stdout);
        answer.exit = output.status.code().unwrap_or(-1);
        answer
    }
}

/// Takes apart what `curl --include` prints, leaving out interim answers.
fn parse(output: &[u8]) -> Answer {
    let mut rest = output;
    loop {
        let end = rest.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(rest.len());
        let (head, body) = rest.split_at(end);
        let body = body.get(4..).unwrap_or_default();
        let head = String::from_utf8_lossy(head).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1))
            .and_then(|code| code.parse().ok())
            .unwrap_or(0);
        if status / 100 == 1 {
            rest = body;
            continue;
        }
        return Answer {
            status,
            headers: lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect(),
            body: String::from_utf8_lossy(body).into_owned(),
            bytes: body.to_vec(),
            exit: 0,
        };
    }
}
