use super::*;
use crate::testing::{Answer, Curl, folder, openssl_verifies, until};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest, Sha256};
use std::time::{Duration, Instant};

#[path = "contract_tests.rs"]
mod contract;
#[path = "reviews_tests.rs"]
mod reviewed;

struct Hall {
    dir: tempfile::TempDir,
    store: Store,
    curl: Curl,
}

impl Hall {
    async fn open() -> Self {
        let dir = folder();
        let store = Store::start_limited(dir.path(), small()).await.expect("a store");
        let curl = Curl::new(dir.path());
        Self { dir, store, curl }
    }

    /// Whether a receipt is countersigned by the hall for this visit.
    fn countersigned(&self, receipt: &Value, visit: &str) -> bool {
        let pki = Pki::open(&self.dir.path().join("pki")).expect("the keys");
        let custody = &receipt["custody"];
        let [code, id, at, signature] =
            [&custody["code"], &receipt["material_id"], &receipt["received_at"], &custody["signature"]]
                .map(|value| value.as_str().unwrap_or_default());
        let lines = format!("onedoor-custody-1\n{code}\n{visit}\n{id}\n{at}\n");
        openssl_verifies(&pki.custody_public(Authority::Hall), &lines, signature)
    }

    async fn tus(&self, method: &str, url: &str, headers: &[&str], body: &[u8]) -> Answer {
        let mut options = vec!["--request", method, "--header", "Tus-Resumable: 1.0.0"];
        if method == "HEAD" {
            options = vec!["--head", "--header", "Tus-Resumable: 1.0.0"];
        }
        for header in headers {
            options.extend(["--header", header]);
        }
        if !body.is_empty() {
            options.extend(["--data-binary", "@-"]);
        }
        self.curl.call(url, &options, body).await
    }

    async fn create(&self, length: usize) -> String {
        let url = format!("{}/files/", self.store.url());
        let length = format!("Upload-Length: {length}");
        let metadata = "Upload-Metadata: filename bGVhc2UuanBn,filetype aW1hZ2UvanBlZw==";
        let answer = self.tus("POST", &url, &[&length, metadata], b"").await;
        assert_eq!((answer.status, answer.header("tus-resumable")), (201, "1.0.0"));
        answer.header("location").to_owned()
    }

    async fn patch(&self, url: &str, offset: u64, more: &[&str], body: &[u8]) -> Answer {
        let offset = format!("Upload-Offset: {offset}");
        let mut headers = vec!["Content-Type: application/offset+octet-stream", &offset];
        headers.extend(more);
        self.tus("PATCH", url, &headers, body).await
    }

    async fn offset(&self, url: &str) -> String {
        let answer = self.tus("HEAD", url, &[], b"").await;
        assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"));
        answer.header("upload-offset").to_owned()
    }

    async fn put(&self, id: &str, request: &Value) -> (u16, Value) {
        let url = format!("{}/v1/materials/{id}", self.store.url());
        let options = ["--request", "PUT", "--json", "@-"];
        let answer = self.curl.call(&url, &options, request.to_string().as_bytes()).await;
        (answer.status, serde_json::from_str(&answer.body).unwrap_or(Value::Null))
    }
}

fn digest(bytes: &[u8]) -> String {
    disk::hex(&Sha256::digest(bytes))
}

fn small() -> Limits {
    Limits { max_size: 4 * 1024 * 1024, ..Limits::default() }
}

/// A registration of a document that is its own only page, the visit's first.
fn request(upload: &str, bytes: &[u8]) -> Value {
    let digest = digest(bytes);
    let code = custody::code(None, std::slice::from_ref(&digest), &digest);
    json!({
        "upload": format!("/files/{}", upload.rsplit_once('/').map_or(upload, |(_, id)| id)),
        "sha256": digest, "bytes": bytes.len(), "media_type": "image/jpeg",
        "name": "lease.jpg", "material": "lease",
        "items": [{
            "code": "food-licence", "task_code": "11310114990001079M3440131016000",
            "dept_code": "11310114990001079M",
        }],
        "visit": "v-1", "number": "A001", "kiosk": "kiosk-1",
        "custody": { "code": code, "previous": null, "pages": [digest] },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_grows_and_becomes_a_material_and_survives_a_restart() {
    let hall = Hall::open().await;
    let found = hall.tus("OPTIONS", &format!("{}/files/", hall.store.url()), &[], b"").await;
    assert_eq!((found.status, found.header("tus-version")), (204, "1.0.0"));
    assert_eq!(found.header("tus-extension"), "creation,expiration,checksum");
    assert_eq!(found.header("tus-max-size"), "4194304");
    assert_eq!(found.header("tus-checksum-algorithm"), "sha1,sha256,crc32");

    let bytes: Vec<u8> = (0..1_500_000_u32).map(|index| (index % 251) as u8).collect();
    let (first, second) = bytes.split_at(1_000_000);
    let url = hall.create(bytes.len()).await;
    assert!(url.starts_with(&hall.store.url()), "{url}");
    assert_eq!(hall.offset(&url).await, "0");
    let sum = format!("Upload-Checksum: sha256 {}", BASE64.encode(Sha256::digest(first)));
    let answer = hall.patch(&url, 0, &[&sum], first).await;
    assert_eq!((answer.status, answer.header("upload-offset")), (204, "1000000"));
    let (status, _) = hall.put("m-1", &request(&url, &bytes)).await;
    assert_eq!(status, 422, "not complete yet");

    // The store restarts between the two halves, on the same folder and port.
    let Hall { dir, store, curl } = hall;
    let address = store.address();
    store.stop().await;
    let store = Store::start(dir.path()).await.expect("the store again");
    assert_eq!(store.address(), address);
    let hall = Hall { dir, store, curl };
    assert_eq!(hall.offset(&url).await, "1000000");
    let answer = hall.patch(&url, 1_000_000, &[], second).await;
    assert_eq!((answer.status, answer.header("upload-offset")), (204, "1500000"));
    let docs = hall.store.documents();
    assert_eq!(docs.len(), 1);
    assert!(docs.iter().all(|doc| doc.complete && !doc.registered && doc.name == "lease.jpg"));

    let get = format!("{}/v1/materials/m-1", hall.store.url());
    assert_eq!(hall.curl.get(&get).await.status, 404);
    let (status, made) = hall.put("m-1", &request(&url, &bytes)).await;
    assert_eq!((status, &made["sha256"]), (200, &json!(digest(&bytes))));
    assert_eq!((&made["bytes"], &made["material_id"]), (&json!(1_500_000), &json!("m-1")));
    let received = made["received_at"].as_str().expect("a time");
    assert!(received.parse::<jiff::Timestamp>().is_ok(), "{received}");
    assert_eq!(made["custody"]["code"], request(&url, &bytes)["custody"]["code"]);
    assert!(hall.countersigned(&made, "v-1") && !hall.countersigned(&made, "v-2"), "{made}");
    hall.store.limit(Limits { upload_lives: Duration::ZERO, ..small() });
    assert_eq!(hall.tus("HEAD", &url, &[], b"").await.status, 410, "the upload goes, the material stays");
    hall.store.limit(small());
    assert_eq!(hall.put("m-1", &request(&url, &bytes)).await, (200, made.clone()), "idempotent");
    let again: Value = serde_json::from_str(&hall.curl.get(&get).await.body).expect("JSON");
    assert_eq!(again, made);
    assert_eq!(hall.store.document_bytes("m-1").as_deref(), Some(bytes.as_slice()));
    assert_eq!(hall.store.document_bytes("../pki/ca"), None);
    let docs = hall.store.documents();
    let [doc] = docs.as_slice() else { panic!("one document: {docs:?}") };
    assert_eq!(doc.registration, Some(request(&url, &bytes)));
    hall.store.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_requests_have_their_status() {
    let hall = Hall::open().await;
    let files = format!("{}/files/", hall.store.url());
    for (header, status) in [
        ("Upload-Length: 5000000", 413),
        ("Upload-Length: few", 400),
        ("Upload-Length: 0", 400),
        ("Upload-Length: 6", 400),
        ("Upload-Defer-Length: 1", 400),
        ("Upload-Metadata: name !", 400),
    ] {
        assert_eq!(hall.tus("POST", &files, &[header], b"").await.status, status, "{header}");
    }
    let old = hall.curl.call(&files, &["--request", "POST", "--header", "Tus-Resumable: 0.2.2"], b"").await;
    assert_eq!((old.status, old.header("tus-version")), (412, "1.0.0"));

    let url = hall.create(6).await;
    assert_eq!(hall.patch(&url, 3, &[], b"abc").await.status, 409);
    let plain = hall.tus("PATCH", &url, &["Upload-Offset: 0", "Content-Type: text/plain"], b"abc").await;
    assert_eq!(plain.status, 415);
    assert_eq!(hall.patch(&url, 0, &[], b"too many bytes").await.status, 413);
    let wrong = "Upload-Checksum: sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=";
    assert_eq!(hall.patch(&url, 0, &[wrong], b"abd").await.status, 460);
    assert_eq!(hall.offset(&url).await, "0", "nothing of it is kept");
    assert_eq!(
        hall.patch(&url, 0, &["Upload-Checksum: md5 kAFQmDzST7DWlj99KOF/cg=="], b"abc").await.status,
        400
    );
    assert_eq!(hall.patch(&url, 0, &[wrong], b"abc").await.status, 204);
    assert_eq!(hall.patch(&format!("{files}none"), 0, &[], b"abc").await.status, 404);
    assert_eq!(hall.patch(&url, 3, &[], b"def").await.status, 204);

    assert_eq!(hall.put("m-1", &request("/files/0a0a", b"abcdef")).await.0, 404);
    assert_eq!(hall.put("m-1", &request(&url, b"abcdeg")).await.0, 422);
    assert_eq!(hall.put("m-1", &json!({"upload": url})).await.0, 400);
    let mut other = request(&url, b"abcdef");
    other["custody"]["pages"] = json!([digest(b"another page")]);
    assert_eq!(hall.put("m-1", &other).await.0, 422, "the code is not of these pages");
    assert_eq!(hall.put("m-1", &request(&url, b"abcdef")).await.0, 200);
    assert_eq!(hall.put("m-1", &request(&url, b"others")).await.0, 409);
    hall.store.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_one_appends_another_is_locked_out_and_what_came_is_kept() {
    let hall = Hall::open().await;
    let url = hall.create(2_000_000).await;
    let half = vec![7_u8; 1_000_000];
    let slow = tokio::spawn({
        let (curl, url, half) = (hall.curl.clone(), url.clone(), half.clone());
        async move {
            // Slow on the wire, so that it is still under way when the second one comes.
            let options = [
                "--request",
                "PATCH",
                "--limit-rate",
                "200k",
                "--data-binary",
                "@-",
                "--header",
                "Tus-Resumable: 1.0.0",
                "--header",
                "Upload-Offset: 0",
                "--header",
                "Content-Type: application/offset+octet-stream",
            ];
            curl.call(&url, &options, &half).await
        }
    });
    until(hall.store.changes(), || hall.store.documents().iter().any(|doc| doc.bytes > 0)).await;
    assert_eq!(hall.patch(&url, 0, &[], b"abc").await.status, 423);
    hall.store.limit(Limits { upload_lives: Duration::ZERO, ..small() });
    assert_eq!(hall.patch(&url, 0, &[], b"abc").await.status, 423, "nothing runs out that is appended to");
    hall.store.limit(small());
    // Ending the call ends curl in mid-body.
    slow.abort();
    until(hall.store.changes(), || hall.store.state()["appending"] == 0).await;
    let offset: u64 = hall.offset(&url).await.parse().expect("a number");
    assert!((1..1_000_000).contains(&offset), "{offset}");
    assert_eq!(hall.patch(&url, offset, &[], b"abc").await.status, 204);
    hall.store.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_halls_kiosks_on_tls_1_3_are_admitted() {
    let hall = Hall::open().await;
    let url = format!("{}/v1/materials/none", hall.store.url());
    let dir = hall.dir.path();
    let port = hall.store.address().port();
    assert_eq!(hall.curl.call(&url, &["--tlsv1.3"], b"").await.status, 404);
    let numbers = format!("https://127.0.0.1:{port}/v1/materials/none");
    assert_eq!(hall.curl.get(&numbers).await.status, 404);
    let name = format!("https://store.hall.test:{port}/v1/materials/none");
    let resolve = format!("store.hall.test:{port}:127.0.0.1");
    assert_eq!(hall.curl.call(&name, &["--resolve", &resolve], b"").await.status, 404);
    assert_eq!(hall.curl.call(&url, &["--tls-max", "1.2"], b"").await.exit, 35);
    for shown in [None, Some(Authority::Wrong)] {
        let answer = Curl::showing(dir, shown).get(&url).await;
        assert_eq!(answer.status, 0, "{shown:?}");
        assert_ne!(answer.exit, 0, "{shown:?}");
    }
    for (presentation, exit) in [(Presentation::WrongAuthority, 60), (Presentation::TooOld, 35)] {
        hall.store.present(presentation);
        assert_eq!(hall.curl.get(&url).await.exit, exit, "{presentation:?}");
    }
    hall.store.behave();
    assert_eq!(hall.curl.get(&url).await.status, 404);
    hall.store.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn misbehaviour_comes_as_told() {
    let hall = Hall::open().await;
    let store = &hall.store;
    let url = hall.create(3).await;
    for status in WrongStatus::ALL {
        store.misbehave(1, At::Append, Misbehaviour::Status(status));
        let answer = hall.patch(&url, 0, &[], b"abc").await;
        assert_eq!((answer.status, answer.header("tus-resumable")), (status.code(), "1.0.0"));
    }
    store.misbehave(1, At::Append, Misbehaviour::Close);
    let answer = hall.patch(&url, 0, &[], b"abc").await;
    assert_eq!((answer.status, answer.exit != 0), (0, true));
    assert_eq!(hall.offset(&url).await, "0");
    store.misbehave(1, At::Append, Misbehaviour::CloseAfter);
    assert_eq!(hall.patch(&url, 0, &[], b"abc").await.status, 0);
    assert_eq!(hall.offset(&url).await, "3", "done, but unanswered");

    store.misbehave(1, At::Register, Misbehaviour::Garbage);
    assert_eq!(hall.put("m-1", &request(&url, b"abc")).await, (200, Value::Null));
    store.misbehave(1, At::Any, Misbehaviour::WrongDigest);
    let (status, answer) = hall.put("m-1", &request(&url, b"abc")).await;
    assert_eq!(status, 200);
    assert_ne!(answer["sha256"], json!(digest(b"abc")));
    let (_, right) = hall.put("m-1", &request(&url, b"abc")).await;
    assert_eq!(right["sha256"], json!(digest(b"abc")));
    for (what, signed, code) in [
        (Misbehaviour::WrongCountersignature, false, &right["custody"]["code"]),
        (Misbehaviour::NoCountersignature, false, &Value::Null),
    ] {
        store.misbehave(1, At::Register, what);
        let (_, wrong) = hall.put("m-1", &request(&url, b"abc")).await;
        assert_eq!(
            (hall.countersigned(&wrong, "v-1"), &wrong["custody"]["code"]),
            (signed, code),
            "{what:?}"
        );
    }
    store.misbehave(1, At::Lookup, Misbehaviour::WrongCustodyCode);
    let wrong = hall.curl.get(&format!("{}/v1/materials/m-1", store.url())).await.body;
    let wrong: Value = serde_json::from_str(&wrong).expect("JSON");
    assert_ne!(wrong["custody"]["code"], right["custody"]["code"]);
    assert!(hall.countersigned(&wrong, "v-1"), "rightly signed: {wrong}");
    assert_eq!(hall.put("m-1", &request(&url, b"abc")).await, (200, right), "all is well again");
    store.misbehave(1, At::Offset, Misbehaviour::WrongOffset);
    assert_eq!((hall.offset(&url).await, hall.offset(&url).await), ("4".to_owned(), "3".to_owned()));
    assert_eq!(store.documents().first().map(|doc| doc.registered), Some(true));

    store.misbehave(9, At::Lookup, Misbehaviour::Endless);
    let get = format!("{}/v1/materials/m-1", store.url());
    let answer = hall.curl.call(&get, &["--max-time", "1"], b"").await;
    assert_eq!(answer.exit, 28, "curl gives up");
    assert!(answer.bytes.len() > 100_000, "{}", answer.bytes.len());
    let endless = tokio::spawn({
        let (curl, get) = (hall.curl.clone(), get.clone());
        async move { curl.get(&get).await }
    });
    until(store.changes(), || store.state()["misbehaviours_left"] == 7).await;
    let begun = Instant::now();
    store.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert_ne!(endless.await.expect("curl ends").exit, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_through_a_broken_line_goes_on_where_it_broke() {
    let hall = Hall::open().await;
    let network =
        crate::network::Network::start(hall.dir.path(), hall.store.address()).await.expect("a line");
    let url = hall.create(1_000_000).await;
    let through = url.replace(&hall.store.url(), &network.url());
    let bytes = vec![9_u8; 1_000_000];
    network.cut_after_bytes(Some(400_000));
    assert_ne!(hall.patch(&through, 0, &[], &bytes).await.exit, 0);
    until(hall.store.changes(), || hall.store.state()["appending"] == 0).await;
    let offset = hall.offset(&through).await.parse::<usize>().expect("a number");
    assert!((300_000..400_000).contains(&offset), "{offset}");
    let rest = bytes.get(offset..).expect("the rest");
    assert_eq!(hall.patch(&through, offset as u64, &[], rest).await.status, 204);
    assert_eq!(hall.put("m-1", &request(&through, &bytes)).await.0, 200);
    network.down().await;
    assert_eq!(hall.tus("HEAD", &through, &[], b"").await.exit, 7);
    network.stop().await;
    hall.store.cut().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_runs_out_after_its_last_byte() {
    let hall = Hall::open().await;
    let lives = Duration::from_secs(3600);
    hall.store.limit(Limits { upload_lives: lives, ..small() });
    let url = hall.create(6).await;
    let answer = hall.patch(&url, 0, &[], b"abc").await;
    let end = answer.header("upload-expires");
    // As GNU date reads it.
    let date = std::process::Command::new("date").args(["-u", "+%s", "-d", end]).output().expect("date");
    let end: i64 = String::from_utf8_lossy(&date.stdout).trim().parse().unwrap_or_else(|_| panic!("{end}"));
    let left = end - jiff::Timestamp::now().as_second();
    assert!((3500..=3600).contains(&left), "{left}");
    assert!(!hall.tus("HEAD", &url, &[], b"").await.header("upload-expires").is_empty());
    hall.store.limit(Limits { upload_lives: Duration::ZERO, ..small() });
    assert_eq!(hall.tus("HEAD", &url, &[], b"").await.status, 410);
    hall.store.limit(small());
    assert_eq!(hall.patch(&url, 3, &[], b"def").await.status, 410, "gone for good");
    assert_eq!(hall.put("m-1", &request(&url, b"abcdef")).await.0, 404);
    assert_eq!(hall.store.documents(), []);

    let url = hall.create(3).await;
    assert_eq!(hall.patch(&url, 0, &[], b"abc").await.header("upload-expires"), "", "it is whole");
    hall.store.limit(Limits { max_body: 2, ..small() });
    let url = hall.create(3).await;
    assert_eq!(hall.patch(&url, 0, &[], b"abc").await.status, 413);
    let chunked = "Transfer-Encoding: chunked";
    assert_eq!(hall.patch(&url, 0, &[chunked], b"abc").await.status, 413);
    assert_eq!(hall.offset(&url).await, "0");
    assert_eq!(hall.patch(&url, 0, &[], b"ab").await.status, 204);
    hall.store.stop().await;
}
