//! Who may read the page, and what he may take.

mod common;

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use common::{Ca, Kiosk};
use metrics_page::{Bounds, Tls, TlsError, TlsFiles};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio_rustls::TlsConnector;

/// Nothing here takes as long; a test that waits for it has failed.
const LONG: Duration = Duration::from_secs(60);

/// Somebody who asks; `own` is his certificate, if he has one.
fn client(ca: &Ca, own: Option<&TlsFiles>) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_file(ca.folder.path().join("ca.pem")).expect("a certificate");
    roots.add(root).expect("a root");
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3")
        .with_root_certificates(roots);
    let config = match own {
        None => config.with_no_client_auth(),
        Some(files) => config
            .with_client_auth_cert(
                vec![CertificateDer::from_pem_file(&files.certificate).expect("a certificate")],
                PrivateKeyDer::from_pem_file(&files.key).expect("a key"),
            )
            .expect("a pair"),
    };
    TlsConnector::from(Arc::new(config))
}

/// All that the page's server answers to these bytes, to its end.
async fn ask(kiosk: &Kiosk, client: &TlsConnector, request: &str) -> String {
    let talk = async {
        let stream = TcpStream::connect(kiosk.address).await?;
        let name = ServerName::try_from("127.0.0.1").expect("a name");
        let mut stream = client.connect(name, stream).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        // Whoever is refused may see the end as an error; what came before it is what counts.
        let _ = stream.read_to_end(&mut answer).await;
        std::io::Result::Ok(answer)
    };
    let answer = tokio::time::timeout(LONG, talk).await.expect("an end").unwrap_or_default();
    String::from_utf8(answer).expect("text")
}

const GET: &str = "GET /metrics HTTP/1.1\r\nHost: kiosk\r\n\r\n";

#[tokio::test]
async fn a_certificate_of_the_hall_opens_and_nothing_else_does() {
    let (ca, strange) = (Ca::new(), Ca::new());
    let kiosk = Kiosk::start(&ca.issue("kiosk"), "127.0.0.1:0", Bounds::default()).await;
    let hall = ca.issue("prometheus");
    let page = ask(&kiosk, &client(&ca, Some(&hall)), GET).await;
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.ends_with("# EOF\n"), "{page}");
    assert!(
        page.contains("content-type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"),
        "{page}"
    );
    assert!(page.contains("\nonedoor_certificate_left_days 365"), "{page}");
    assert_eq!(kiosk.refused.load(Ordering::Relaxed), 0);

    let stranger = strange.issue("stranger");
    for client in [client(&ca, None), client(&ca, Some(&stranger))] {
        assert_eq!(ask(&kiosk, &client, GET).await, "");
    }
    assert_eq!(kiosk.refused.load(Ordering::Relaxed), 2);
    kiosk.end().await;
}

/// With OpenSSL, which has TLS 1.2: a good certificate does not help there.
#[tokio::test]
async fn nothing_below_tls_1_3_is_spoken() {
    let ca = Ca::new();
    let kiosk = Kiosk::start(&ca.issue("kiosk"), "127.0.0.1:0", Bounds::default()).await;
    let hall = ca.issue("prometheus");
    for (version, spoken) in [("-tls1_3", true), ("-tls1_2", false)] {
        let mut openssl = Command::new("openssl")
            .args([
                "s_client",
                "-quiet",
                "-no_ign_eof",
                version,
                "-connect",
                &kiosk.address.to_string(),
                "-CAfile",
            ])
            .arg(&hall.ca)
            .arg("-cert")
            .arg(&hall.certificate)
            .arg("-key")
            .arg(&hall.key)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("openssl; run `make setup`");
        let mut to = openssl.stdin.take().expect("its input");
        // One that was refused may have closed it.
        let _ = to.write_all(GET.as_bytes()).await;
        let mut said = String::new();
        let mut from = openssl.stdout.take().expect("its output");
        tokio::time::timeout(LONG, from.read_to_string(&mut said)).await.expect("an end").expect("text");
        drop(to);
        assert_eq!(said.contains("# EOF"), spoken, "{version}: {said}");
        assert_eq!(said.is_empty(), !spoken, "{version}: {said}");
    }
    kiosk.end().await;
}

#[tokio::test]
async fn it_shows_one_page_and_its_newest_facts() {
    let ca = Ca::new();
    let kiosk = Kiosk::start(&ca.issue("kiosk"), "127.0.0.1:0", Bounds::default()).await;
    let hall = client(&ca, Some(&ca.issue("prometheus")));
    for (request, answer) in [
        (GET.to_owned(), "HTTP/1.1 200 OK\r\n"),
        (GET.replace("/metrics", "/metrics?x=1"), "HTTP/1.1 200 OK\r\n"),
        (GET.replace("/metrics", "/"), "HTTP/1.1 404 Not Found\r\n"),
        (GET.replace("/metrics", "/metrics/../x"), "HTTP/1.1 404 Not Found\r\n"),
        (GET.replace("GET", "POST"), "HTTP/1.1 405 Method Not Allowed\r\n"),
        (GET.replace("GET", "DELETE"), "HTTP/1.1 405 Method Not Allowed\r\n"),
        ("nonsense\r\n\r\n".to_owned(), "HTTP/1.1 400 Bad Request\r\n"),
        (format!("GET /metrics HTTP/1.1\r\nHost: {}\r\n\r\n", "x".repeat(20_000)), "HTTP/1.1 431"),
        (format!("GET /metrics HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(65)), "HTTP/1.1 431"),
    ] {
        let said = ask(&kiosk, &hall, &request).await;
        assert!(said.starts_with(answer), "{request:.40}: {said}");
    }
    kiosk.facts.send_modify(|facts| facts.outbox_documents = 17);
    assert!(ask(&kiosk, &hall, GET).await.contains("\nonedoor_outbox_documents 17"));
    kiosk.end().await;
}

/// Whoever says nothing, before the handshake or after it, is soon gone, and whoever comes meanwhile and finds no
/// room is sent away at once.
#[tokio::test]
async fn nobody_stays() {
    let ca = Ca::new();
    let bounds = Bounds { connections: 2, patience: Duration::from_millis(300), ..Bounds::default() };
    let kiosk = Kiosk::start(&ca.issue("kiosk"), "127.0.0.1:0", bounds).await;
    let hall = client(&ca, Some(&ca.issue("prometheus")));

    let silent = TcpStream::connect(kiosk.address).await.expect("a connection");
    let name = ServerName::try_from("127.0.0.1").expect("a name");
    let stream = TcpStream::connect(kiosk.address).await.expect("a connection");
    let mut slow = hall.connect(name, stream).await.expect("a handshake");
    slow.write_all(b"GET /metrics HTTP/1.1\r\n").await.expect("half a request");
    let mut third = TcpStream::connect(kiosk.address).await.expect("a connection");

    async fn end(stream: &mut (impl AsyncReadExt + Unpin)) -> Vec<u8> {
        let mut read = Vec::new();
        let _ = tokio::time::timeout(LONG, stream.read_to_end(&mut read)).await.expect("an end");
        read
    }
    assert_eq!(end(&mut third).await, b"");
    let mut silent = silent;
    assert_eq!(end(&mut silent).await, b"");
    let late = String::from_utf8(end(&mut slow).await).expect("text");
    assert!(!late.contains("onedoor"), "{late}");
    // The room of both is free again, at once or a moment later.
    let mut page = String::new();
    let until = std::time::Instant::now() + LONG;
    while !page.ends_with("# EOF\n") {
        assert!(std::time::Instant::now() < until, "no room");
        page = ask(&kiosk, &hall, GET).await;
    }
    kiosk.end().await;
}

#[test]
fn files_that_are_not_what_they_should_be_are_named() {
    let ca = Ca::new();
    let good = ca.issue("kiosk");
    assert!(Tls::load(&good).is_ok());
    let bad = ca.folder.path().join("bad.pem");
    for text in
        ["", "nothing", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", &"x".repeat(70_000)]
    {
        std::fs::write(&bad, text).expect("a file");
        for files in [
            TlsFiles { ca: bad.clone(), ..good.clone() },
            TlsFiles { certificate: bad.clone(), ..good.clone() },
            TlsFiles { key: bad.clone(), ..good.clone() },
        ] {
            let said = Tls::load(&files).expect_err("unusable").to_string();
            assert!(said.contains("bad.pem"), "{said}");
        }
    }
    let mixed = TlsFiles { key: ca.issue("other").key, ..good.clone() };
    assert!(matches!(Tls::load(&mixed), Err(TlsError::Pair { .. })));
    let absent = TlsFiles { ca: ca.folder.path().join("absent"), ..good };
    assert!(matches!(Tls::load(&absent), Err(TlsError::Unreadable { .. })));
}
