use super::*;
use crate::testing::{folder, until};
use std::time::Instant;

/// A peer that accepts one connection at a time and hands each to the test.
async fn peer() -> TcpListener {
    ports::bind_free().await.expect("a free port")
}

async fn joined(network: &Network, peer: &TcpListener) -> (TcpStream, TcpStream) {
    let kiosk = TcpStream::connect(network.address()).await.expect("the line");
    let (store, _) = peer.accept().await.expect("the other end");
    (kiosk, store)
}

#[tokio::test]
async fn bytes_and_ends_pass_both_ways() {
    let dir = folder();
    let peer = peer().await;
    let network = Network::start(dir.path(), ports::address(&peer)).await.expect("a line");
    let (mut kiosk, mut store) = joined(&network, &peer).await;
    kiosk.write_all(b"question").await.expect("writing");
    kiosk.shutdown().await.expect("ending");
    let mut heard = Vec::new();
    store.read_to_end(&mut heard).await.expect("reading");
    assert_eq!(heard, b"question");
    let answer = vec![7; 300_000];
    let answering = tokio::spawn({
        let answer = answer.clone();
        async move {
            store.write_all(&answer).await.expect("writing");
        }
    });
    heard.clear();
    kiosk.read_to_end(&mut heard).await.expect("reading");
    assert_eq!(heard, answer);
    answering.await.expect("the answer");
    until(network.changes(), || network.state()["connections"] == 0).await;
    assert_eq!(network.state()["bytes_up"], 8);
    assert_eq!(network.state()["bytes_down"], 300_000);
    network.stop().await;
}

#[tokio::test]
async fn down_cuts_and_refuses_and_up_is_the_same_port() {
    let dir = folder();
    let peer = peer().await;
    let network = Network::start(dir.path(), ports::address(&peer)).await.expect("a line");
    let (mut kiosk, mut store) = joined(&network, &peer).await;
    let begun = Instant::now();
    network.down().await;
    let mut byte = [0_u8; 1];
    let error = kiosk.read(&mut byte).await.expect_err("a reset");
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    assert!(!matches!(store.read(&mut byte).await, Ok(1..)));
    assert!(TcpStream::connect(network.address()).await.is_err());
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert_eq!(network.state()["up"], false);
    network.up().await.expect("up");
    network.up().await.expect("up already");
    let _pair = joined(&network, &peer).await;
    let address = network.address();
    drop(network);
    let listener = ports::bind_again(address.port()).await;
    drop(listener.expect("the relay ends with its last handle"));
    let network = Network::start(dir.path(), ports::address(&peer)).await.expect("a line");
    assert_eq!(network.address(), address, "the port is kept");
}

#[tokio::test]
async fn the_line_breaks_once_after_exactly_so_many_bytes() {
    let dir = folder();
    let peer = peer().await;
    let network = Network::start(dir.path(), ports::address(&peer)).await.expect("a line");
    for (cut, sent) in [(1_u64, 10_usize), (70_000, 200_000), (5, 5)] {
        network.cut_after_bytes(Some(cut));
        let (mut kiosk, mut store) = joined(&network, &peer).await;
        let sending = tokio::spawn(async move {
            let _ = kiosk.write_all(&vec![1; sent]).await;
            let mut byte = [0_u8; 1];
            kiosk.read(&mut byte).await
        });
        let mut heard = Vec::new();
        store.read_to_end(&mut heard).await.expect("a proper end");
        assert_eq!(heard.len() as u64, cut);
        assert!(!matches!(sending.await.expect("the sender"), Ok(1..)));
    }
    let (mut kiosk, mut store) = joined(&network, &peer).await;
    kiosk.write_all(b"whole again").await.expect("writing");
    let mut heard = [0_u8; 11];
    store.read_exact(&mut heard).await.expect("reading");
    assert_eq!(network.state()["cuts"], 3);
    network.stop().await;
}

#[tokio::test]
async fn a_slow_line_takes_its_time_and_can_be_freed() {
    let dir = folder();
    let peer = peer().await;
    let network = Network::start(dir.path(), ports::address(&peer)).await.expect("a line");
    network.kbit_s(Some(400));
    let (mut kiosk, mut store) = joined(&network, &peer).await;
    let begun = Instant::now();
    kiosk.write_all(&[1; 10_000]).await.expect("writing");
    let mut heard = vec![0; 10_000];
    store.read_exact(&mut heard).await.expect("reading");
    // 80,000 bits at 400 kbit/s
    assert!(begun.elapsed() >= Duration::from_millis(190), "{:?}", begun.elapsed());
    assert_eq!(network.state()["kbit_s"], 400);
    network.kbit_s(None);
    kiosk.write_all(&vec![1; 1_000_000]).await.expect("writing");
    let mut heard = vec![0; 1_000_000];
    store.read_exact(&mut heard).await.expect("reading");
    network.stop().await;
}

#[tokio::test]
async fn without_a_store_the_connection_ends() {
    let dir = folder();
    let nowhere = ports::address(&peer().await);
    let network = Network::start(dir.path(), nowhere).await.expect("a line");
    let mut kiosk = TcpStream::connect(network.address()).await.expect("the line");
    let mut byte = [0_u8; 1];
    assert!(!matches!(kiosk.read(&mut byte).await, Ok(1..)));
    network.stop().await;
}
