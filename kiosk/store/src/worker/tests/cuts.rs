//! Links that break at every place.

use std::net::SocketAddr;
use std::sync::Mutex;

use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, JoinSet};

use super::*;

/// Sends a document while PATCH bodies break off after so many bytes, or, where the second value
/// says so, while the answer is lost; one after another.
async fn survive(kiosk: &Kiosk, id: &str, content: &[u8], cuts: Vec<(usize, bool)>) {
    let cuts = Mutex::new(cuts);
    let store = kiosk
        .store(move |request| match request.method.as_str() {
            "PATCH" => match cuts.lock().expect("cuts").pop() {
                Some((_, true)) => Act::Lose,
                Some((at, false)) => Act::Cut(at),
                None => Act::Serve,
            },
            _ => Act::Serve,
        })
        .await;
    let outbox = kiosk.outbox();
    outbox.add(kiosk.scan(id, content)).expect("added");
    let config = WorkerConfig { chunk: 100_000, smallest_chunk: 1000, ..quick() };
    let mut running = Running::start(&outbox, kiosk.client(store.address.port()), config);
    running.until_confirmed(1).await;
    assert!(store.material(id).as_deref() == Some(content), "{id}: not the same bytes");
    assert_eq!(store.count("POST"), 1, "resumed, not begun anew");
    running.stop().await;
}

#[tokio::test]
async fn a_body_cut_anywhere_resumes_at_the_stores_offset() {
    let content = document(250_000);
    let places = [0, 1, 2, 1000, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 99_999, 100_000];
    for at in places {
        survive(&Kiosk::new(), "m-1", &content, vec![(at, false)]).await;
    }
    survive(&Kiosk::new(), "m-1", &content, vec![(0, true)]).await;
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_row_of_cuts_leaves_the_same_bytes(
        bytes in 1usize..400_000,
        cuts in prop::collection::vec((0usize..120_000, any::<bool>()), 0..6),
    ) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(survive(&Kiosk::new(), "m-1", &document(bytes), cuts));
    }
}

/// Passes bytes to the store until `allowed` have gone, then cuts both ways. Connections after the
/// first pass everything.
async fn cutting_proxy(to: SocketAddr, allowed: usize) -> (u16, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let task = tokio::spawn(async move {
        let mut open = JoinSet::new();
        let mut allowed = Some(allowed);
        while let Ok((kiosk, _)) = listener.accept().await {
            open.spawn(pass(kiosk, to, allowed.take().unwrap_or(usize::MAX)));
        }
    });
    (port, task)
}

async fn pass(kiosk: TcpStream, to: SocketAddr, allowed: usize) -> std::io::Result<()> {
    let (mut from_kiosk, mut to_kiosk) = kiosk.into_split();
    let (mut from_store, mut to_store) = TcpStream::connect(to).await?.into_split();
    let forth = async {
        let mut left = allowed;
        let mut part = vec![0; 8192];
        while left > 0 {
            let most = part.len().min(left);
            match from_kiosk.read(&mut part[..most]).await? {
                0 => break,
                read => {
                    to_store.write_all(&part[..read]).await?;
                    left -= read;
                }
            }
        }
        std::io::Result::Ok(0)
    };
    tokio::select! {
        done = forth => done.map(|_| ()),
        done = tokio::io::copy(&mut from_store, &mut to_kiosk) => done.map(|_| ()),
    }
}

#[tokio::test]
async fn a_wire_cut_anywhere_in_tls_and_http_is_survived() {
    let kiosk = Kiosk::new();
    let store = kiosk.store(|_| Act::Serve).await;
    let content = document(150_000);
    let outbox = kiosk.outbox();
    // Through the handshake in small steps, then through the body in larger ones.
    let places = (0..4000).step_by(250).chain((5000..160_000).step_by(12_345));
    for (n, at) in places.enumerate() {
        let (port, proxy) = cutting_proxy(store.address, at).await;
        let id = format!("m-{n}");
        outbox.add(kiosk.scan(&id, &content)).expect("added");
        let mut running = Running::start(&outbox, kiosk.client(port), quick());
        let confirmed = |event: &StoreEvent| matches!(event, StoreEvent::Confirmed { receipt, .. } if receipt.material_id.as_str() == id);
        running.until(confirmed).await;
        assert!(store.material(&id).as_ref() == Some(&content), "cut after {at} bytes");
        running.stop().await;
        proxy.abort();
    }
}

/// Bytes that a cut may cost, on average over many.
const MOST_RESENT: u64 = 128 * 1024;
const CUTS: usize = 20;
const TWENTY_MB: usize = 20_000_000;

/// Numbers that look random, the same in every run (xorshift64, Marsaglia 2003).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).expect("small")
    }
}

/// Passes everything to the store, over however many connections, and cuts the one that is open
/// whenever so many bytes have gone in all.
async fn proxy_with_cuts(to: SocketAddr, mut places: Vec<usize>) -> (u16, JoinHandle<()>) {
    places.sort_unstable();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let task = tokio::spawn(async move {
        let (mut gone, mut places) = (0, places.into_iter());
        let mut next = places.next();
        while let Ok((kiosk, _)) = listener.accept().await {
            // The kiosk has one connection at a time.
            let allowed = next.map_or(usize::MAX, |place| place - gone);
            let _ = pass(kiosk, to, allowed).await;
            if next.is_some() {
                gone += allowed;
                next = places.next();
            }
        }
    });
    (port, task)
}

/// What pieces said to carry beyond the document, where the line is cut at these places. An upper bound of what went
/// over the wire twice, whatever lay in whose buffers.
async fn resent(offers: &[(&'static str, &str)], places: Vec<usize>) -> u64 {
    let cuts = places.len();
    let kiosk = Kiosk::new();
    let store = kiosk.store(|_| Act::Serve).await;
    store.state.lock().expect("state").offers =
        offers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let content = document(TWENTY_MB);
    let outbox = kiosk.outbox();
    outbox.add(kiosk.scan("m-1", &content)).expect("added");
    let (port, proxy) = proxy_with_cuts(store.address, places).await;
    let mut running = Running::start(&outbox, kiosk.client(port), quick());
    running.until_confirmed(1).await;
    assert!(store.material("m-1") == Some(content));
    running.stop().await;
    proxy.abort();
    let state = store.state.lock().expect("state");
    let asked = state.seen.iter().filter(|seen| seen.method == "HEAD").count();
    assert!(asked >= cuts.div_ceil(2), "there were cuts");
    let said: u64 = state.seen.iter().filter(|seen| seen.method == "PATCH").map(|seen| seen.length).sum();
    said - TWENTY_MB as u64
}

/// With a checksum the store keeps whole pieces alone, as one behind a proxy that buffers.
const WHOLE_PIECES: [(&str, &str); 2] =
    [("tus-extension", "creation,checksum"), ("tus-checksum-algorithm", "sha256")];

#[tokio::test]
async fn a_cut_costs_little_whether_the_store_keeps_parts_of_pieces_or_not() {
    for (name, offers) in [("parts", &[][..]), ("whole pieces", &WHOLE_PIECES[..])] {
        for seed in [0x9e37_79b9_7f4a_7c15, 0xd1b5_4a32_d192_ed03] {
            let mut dice = Dice(seed);
            let places = (0..CUTS).map(|_| dice.below(TWENTY_MB)).collect();
            let resent = resent(offers, places).await / CUTS as u64;
            println!("resent_per_cut: {} KiB where {name} are kept", resent / 1024);
            assert!(resent <= MOST_RESENT, "{resent} bytes a cut where {name} are kept");
        }
    }
}

/// Pieces have grown by then. The first cut costs no more than one of the largest; after it they are small, and where
/// nothing is kept of a piece that is not whole, stay so.
#[tokio::test]
async fn a_cut_after_a_long_time_costs_one_large_piece_and_the_next_a_small_one() {
    let WorkerConfig { chunk, largest_chunk, .. } = quick();
    let late = TWENTY_MB - 5_000_000;
    for (offers, places, most) in [
        (&[][..], vec![late], largest_chunk),
        (&WHOLE_PIECES[..], vec![late], largest_chunk),
        (&WHOLE_PIECES[..], vec![late, late + 2_000_000], largest_chunk + chunk),
        (&WHOLE_PIECES[..], vec![late, late + 4_000_000], largest_chunk + chunk),
    ] {
        let resent = resent(offers, places.clone()).await;
        assert!(resent <= most, "{resent} bytes, cut at {places:?}");
    }
}
