use std::net::SocketAddr;
use std::time::Instant;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;
use crate::Distrust;
use crate::testing::{Act, Ca, Kiosk, TestStore, serve_raw, within};
use crate::window::{StaffCall, WindowEventKind, call_staff, window_events};

const MINUTE: Duration = Duration::from_secs(60);

async fn get(client: &Client) -> Result<Value, StoreFault> {
    within(client.get_json("/v1/materials/m-1", MINUTE)).await
}

fn unreachable(link: LinkFault) -> Result<Value, StoreFault> {
    Err(StoreFault::Unreachable(link))
}

#[test]
fn a_base_url_is_a_scheme_and_a_host() {
    let kiosk = Kiosk::new();
    let client = |url| Client::new(url, &kiosk.tls, Deadlines::default());
    for good in ["https://store.hall.example", "https://store:8443/", "https://10.0.0.1", "https://[::1]:1"] {
        assert!(client(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "store",
        "http://store",
        "https://",
        "https:///files",
        "https://store/files",
        "https://store/?x",
        "https://user@store",
        "https://store:99999",
        "https://a b",
        "https://-",
    ] {
        assert!(client(bad).is_err(), "{bad}");
    }
}

#[tokio::test]
async fn a_connection_is_kept_and_replaced_when_it_broke() {
    let kiosk = Kiosk::new();
    let store = kiosk
        .store(|request| match request.nth {
            2 => Act::Lose,
            _ => Act::Answer(200, vec![], "{\"a\":1}"),
        })
        .await;
    let client = kiosk.client(store.address.port());
    for _ in 0..4 {
        assert_eq!(get(&client).await.expect("JSON")["a"], 1);
    }
    // The third request was cut on a kept connection and repeated on a new one.
    assert_eq!(store.count("GET"), 5);
}

#[tokio::test]
async fn only_the_halls_own_ca_and_the_right_name_are_trusted() {
    let kiosk = Kiosk::new();
    let other = Ca::new("hall");
    for (identity, why) in [
        (other.issue("127.0.0.1", 2090), Distrust::UnknownIssuer),
        (kiosk.ca.issue("127.0.0.2", 2090), Distrust::WrongName),
        (kiosk.ca.issue("store.hall.example", 2090), Distrust::WrongName),
        (kiosk.ca.issue("127.0.0.1", 2021), Distrust::Expired),
    ] {
        let store = TestStore::start(kiosk.ca.server(&identity), |_| Act::Serve).await;
        let client = kiosk.client(store.address.port());
        assert_eq!(get(&client).await, Err(StoreFault::Untrusted(why)));
        assert_eq!(store.count("GET"), 0, "nothing is sent to a stranger");
    }
}

#[tokio::test]
async fn a_store_that_refuses_our_certificate_says_so() {
    let kiosk = Kiosk::new();
    let server = kiosk.ca.issue("127.0.0.1", 2090);
    let stranger = Ca::new("another hall").issue("kiosk-1", 2090);
    let expired = kiosk.ca.issue("kiosk-1", 2021);
    for identity in [stranger, expired] {
        let store = TestStore::start(kiosk.ca.server(&server), |_| Act::Serve).await;
        let dir = tempfile::tempdir().expect("a folder");
        let tls = identity.load(&kiosk.ca, dir.path()).expect("PEM files");
        let url = format!("https://127.0.0.1:{}", store.address.port());
        let client = Client::new(&url, &tls, Deadlines::default()).expect("a URL");
        // Whether the alert or the broken pipe comes first is the network's choice, so often.
        for _ in 0..20 {
            let fault = get(&client).await.expect_err("refused");
            assert!(matches!(fault, StoreFault::ClientCertificateRefused(_)), "{fault:?}");
        }
        // And once with the alert there before the request.
        let link = Link::open(&client.server, MINUTE).await.expect("a handshake");
        within(async {
            while link.usable() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        let request = Request::new(Method::GET, "/");
        let fault = client.exchange(link, &request, client.deadlines).await.expect_err("refused");
        assert!(matches!(fault, StoreFault::ClientCertificateRefused(_)), "{fault:?}");
    }
}

/// Answers each ClientHello with `answer`, after checking what it offers.
async fn old_server(answer: &'static [u8]) -> (SocketAddr, JoinHandle<Vec<u16>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let task = tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.expect("a connection");
        let mut head = [0; 5];
        tcp.read_exact(&mut head).await.expect("a record");
        let mut hello = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
        tcp.read_exact(&mut hello).await.expect("a ClientHello");
        tcp.write_all(answer).await.expect("answered");
        // Until the client hangs up.
        let _ = tcp.read_to_end(&mut Vec::new()).await;
        offered_versions(&hello)
    });
    (address, task)
}

/// The content of supported_versions in a ClientHello (RFC 8446 sections 4.1.2 and 4.2.1).
fn offered_versions(hello: &[u8]) -> Vec<u16> {
    let long = |at: usize| usize::from(u16::from_be_bytes([hello[at], hello[at + 1]]));
    let mut at = 4 + 2 + 32;
    at += 1 + usize::from(hello[at]);
    at += 2 + long(at);
    at += 1 + usize::from(hello[at]);
    at += 2;
    while at < hello.len() {
        let (kind, length) = (long(at), long(at + 2));
        if kind == 43 {
            let versions = &hello[at + 5..at + 4 + length];
            return versions.chunks(2).map(|v| u16::from_be_bytes([v[0], v[1]])).collect();
        }
        at += 4 + length;
    }
    Vec::new()
}

#[tokio::test]
async fn tls_1_2_is_neither_offered_nor_accepted() {
    // The alert protocol_version, as a server sends it that knows no TLS 1.3.
    const ALERT: &[u8] = &[0x15, 3, 3, 0, 2, 2, 70];
    // A ServerHello that chooses TLS 1.2 with ECDHE_RSA_WITH_AES_128_GCM_SHA256.
    const HELLO: &[u8] = &[
        0x16, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
        19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 0, 0xc0, 0x2f, 0,
    ];
    let kiosk = Kiosk::new();
    for answer in [ALERT, HELLO] {
        let (address, server) = old_server(answer).await;
        let client = kiosk.client(address.port());
        assert_eq!(get(&client).await, Err(StoreFault::NoTls13));
        drop(client);
        assert_eq!(within(server).await.expect("a ClientHello"), [0x0304]);
    }
}

#[tokio::test]
async fn nonsense_and_endless_answers_end() {
    let kiosk = Kiosk::new();
    let tls = kiosk.ca.server(&kiosk.ca.issue("127.0.0.1", 2090));
    let garbage = |what| Err(StoreFault::Garbage(what));
    let ok = "HTTP/1.1 200 OK\r\n";
    let cases: Vec<(String, &str, Result<Value, StoreFault>)> = vec![
        ("\0\u{1}\u{2}\u{3}SSH-2.0\r\n\r\n".into(), "", garbage("HTTP")),
        ("HTTP/1.1 abc\r\n\r\n".into(), "", garbage("HTTP")),
        (format!("{ok}Content-Length: x\r\n\r\n"), "", garbage("HTTP")),
        (ok.into(), "X-More: and more and more\r\n", garbage("HTTP")),
        (format!("{ok}X: "), "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", garbage("HTTP")),
        (format!("{ok}\r\n"), "for ever and ever ", garbage("more than 64 KiB of body")),
        (
            format!("{ok}Transfer-Encoding: chunked\r\n\r\n"),
            "5\r\nfor e\r\n",
            garbage("more than 64 KiB of body"),
        ),
        (format!("{ok}Content-Length: 65537\r\n\r\n"), "x", garbage("more than 64 KiB of body")),
        (format!("{ok}Transfer-Encoding: chunked\r\n\r\nzz\r\n"), "", garbage("HTTP")),
        (format!("{ok}Content-Length: 2\r\n\r\nno"), "", garbage("JSON")),
        (format!("{ok}Content-Length: 9\r\n\r\n{{"), "", unreachable(LinkFault::NoAnswer)),
        (ok.into(), "", unreachable(LinkFault::NoAnswer)),
        (
            "HTTP/1.1 302 Found\r\nLocation: https://evil.example/\r\nContent-Length: 0\r\n\r\n".into(),
            "",
            Err(StoreFault::Rejected(302)),
        ),
    ];
    for (start, more, expected) in cases {
        // A short wait only where silence is the answer.
        let silent = expected == unreachable(LinkFault::NoAnswer);
        let head = if silent { Duration::from_millis(200) } else { MINUTE };
        let (start, more) = (start.into_bytes(), more.repeat(200).into_bytes());
        let (address, server) = serve_raw(Arc::clone(&tls), start.clone(), more.clone()).await;
        let client = kiosk.client(address.port());
        let got = within(client.get_json::<Value>("/x", head)).await;
        assert_eq!(got, expected, "{:?}", String::from_utf8_lossy(&start));
        server.abort();
    }
}

#[tokio::test]
async fn endless_interim_answers_end_at_the_deadline() {
    let kiosk = Kiosk::new();
    let tls = kiosk.ca.server(&kiosk.ca.issue("127.0.0.1", 2090));
    let interim = b"HTTP/1.1 102 Processing\r\n\r\n".to_vec();
    let (address, server) = serve_raw(tls, Vec::new(), interim).await;
    let client = kiosk.client(address.port());
    let begun = Instant::now();
    let got = client.get_json::<Value>("/x", Duration::from_millis(300)).await;
    assert!(got.is_err());
    assert!(begun.elapsed() < MINUTE);
    server.abort();
}

#[tokio::test]
async fn a_server_that_accepts_and_says_nothing_is_given_up() {
    let kiosk = Kiosk::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let limits = Deadlines { connect: Duration::from_millis(200), ..Deadlines::default() };
    let client = kiosk.client_within(port, limits);
    assert_eq!(get(&client).await, unreachable(LinkFault::ConnectTimeout));
    drop(listener);
    assert_eq!(get(&client).await, unreachable(LinkFault::ConnectionRefused));
}

#[tokio::test]
async fn plain_http_in_the_servers_place_is_no_tls() {
    let kiosk = Kiosk::new();
    let (address, server) = old_server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let client = kiosk.client(address.port());
    assert_eq!(get(&client).await, unreachable(LinkFault::Tls));
    server.abort();
}

#[tokio::test]
async fn staff_are_called_when_the_hall_says_so_and_not_before() {
    let kiosk = Kiosk::new();
    let hall = kiosk
        .store(|request| match request.nth {
            0 => Act::Answer(204, vec![], ""),
            1 => Act::Answer(503, vec![], ""),
            _ => Act::Answer(404, vec![], ""),
        })
        .await;
    let client = kiosk.client(hall.address.port());
    let call = StaffCall { kiosk: "K1".into(), screen: "choose".into() };
    assert_eq!(within(call_staff(&client, &call)).await, Ok(()));
    assert_eq!(within(call_staff(&client, &call)).await, Err(StoreFault::ServerError(503)));
    assert_eq!(within(call_staff(&client, &call)).await, Err(StoreFault::Rejected(404)));
}

#[tokio::test]
async fn the_window_feed_is_a_long_poll_of_its_own_length() {
    let kiosk = Kiosk::new();
    const FEED: &str =
        r#"{"last":8,"events":[{"seq":8,"number":"A017","event":"called","at":"2026-11-23T01:02:03Z"}]}"#;
    let store = kiosk
        .store(|request| match request.nth {
            0 => Act::Answer(200, vec![], FEED),
            1 => Act::Answer(503, vec![], ""),
            _ => Act::Answer(200, vec![], r#"{"last":3,"events":[]}"#),
        })
        .await;
    let client = kiosk.client(store.address.port());
    let feed = within(window_events(&client, 7, Duration::from_secs(20))).await.expect("a feed");
    assert_eq!((feed.last, feed.events[0].event), (8, WindowEventKind::Called));
    let failed = within(window_events(&client, 8, MINUTE * 9)).await;
    assert_eq!(failed, Err(StoreFault::ServerError(503)));
    let fell = within(window_events(&client, 8, Duration::ZERO)).await;
    assert_eq!(fell, Err(StoreFault::Garbage("window events")));
}
