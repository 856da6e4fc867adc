//! A page of any size passes through little memory on its way to the disk.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use document_scanner::{Endpoint, Profile, Request, Scanner, Source, recorder};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Bytes of the page.
const PAGE: usize = 60 << 20;
/// What the driver may need at most while it comes: the buffers of the connection, the disk and the
/// recorder.
const MOST: u64 = 8 << 20;

const CAPABILITIES: &str =
    "<ScannerCapabilities><Version>2.63</Version><Platen><PlatenInputCaps/></Platen></ScannerCapabilities>";
const STATUS: &str = "<ScannerStatus><State>Idle</State></ScannerStatus>";

/// The most memory that the process has held, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// Serves one request; pages are made up as they are sent.
fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? > 0 {
        head.push(byte[0]);
    }
    let request = String::from_utf8_lossy(&head).into_owned();
    let length = request.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.trim().parse().unwrap())];
    stream.read_exact(&mut body)?;
    let document = |text: &str| {
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n{text}", text.len())
    };
    if request.contains("/ScannerCapabilities ") {
        stream.write_all(document(CAPABILITIES).as_bytes())
    } else if request.contains("/ScannerStatus ") {
        stream.write_all(document(STATUS).as_bytes())
    } else if request.starts_with("POST ") {
        stream.write_all(b"HTTP/1.1 201 Created\r\nLocation: /eSCL/ScanJobs/1\r\nContent-Length: 0\r\n\r\n")
    } else if request.contains("/NextDocument ") {
        let head = [
            &[0xFF, 0xD8, 0xFF, 0xC0, 0, 11, 8, 0x0D, 0xB4, 0x09, 0xB0, 1, 1, 0x11, 0][..],
            &[0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0x3F, 0],
        ]
        .concat();
        let middle = PAGE - head.len() - 2;
        let http = format!("HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {PAGE}\r\n\r\n");
        stream.write_all(http.as_bytes())?;
        stream.write_all(&head)?;
        let block = [0x5A; 64 * 1024];
        for at in (0..middle).step_by(block.len()) {
            stream.write_all(&block[..block.len().min(middle - at)])?;
        }
        stream.write_all(&[0xFF, 0xD9])
    } else {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    }
}

#[tokio::test]
async fn a_long_page_passes_through_little_memory() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // The driver closes a connection as soon as it has what it wants.
            let _ = serve(stream.unwrap());
        }
    });
    let endpoint = Endpoint::parse(&format!("http://127.0.0.1:{port}")).unwrap();
    let profile = Profile::named("standard");
    let recorder = recorder(&profile);
    let scanner = Scanner::recorded(endpoint, profile, recorder.clone());
    let dir = tempfile::tempdir().unwrap();
    scanner.capabilities().await.unwrap();
    let before = peak();
    let (events, _) = mpsc::channel(1);
    let request = Request::new(Source::Flatbed, dir.path());
    let scanned = scanner.scan(&request, events, CancellationToken::new()).await.unwrap();
    let needed = peak() - before;
    assert_eq!(scanned.pages[0].bytes, PAGE as u64);
    assert!(needed < MOST, "{needed} bytes");
    let recorded = recorder.snapshot("none").to_string().len();
    assert!(recorded < 64 * 1024, "{recorded} bytes of text");
}
