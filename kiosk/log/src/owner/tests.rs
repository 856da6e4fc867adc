use std::os::unix::net::UnixDatagram;
use std::sync::mpsc::channel;

use super::*;
use crate::testing::{event, ids, key, report, small};

const SOON: Duration = Duration::from_secs(60);

fn settings(folder: &Path) -> Settings {
    Settings { journal: None, again: Duration::ZERO, ..Settings::new(&folder.join("log"), key()) }
}

#[test]
fn what_is_recorded_is_on_the_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    for start in 1..=3 {
        let log = Log::start(settings(folder.path()), |trouble| panic!("{trouble:?}")).expect("a thread");
        let writers: Vec<_> = (0..4)
            .map(|_| {
                let log = log.clone();
                std::thread::spawn(move || (0..50).for_each(|n| log.record(event(n))))
            })
            .collect();
        writers.into_iter().for_each(|writer| writer.join().expect("a writer"));
        assert!(log.flush(SOON));
        assert_eq!(log.health(), Health { writes: true, left_out: 0, lost: 0 });
        let flushed = report(&folder.path().join("log"));
        assert!(flushed.is_whole(), "{flushed}");
        // the first line, and 200 and the closing one of each run
        assert_eq!(flushed.lines, 1 + start * 201 - 1);
        assert!(log.close(SOON));
        assert_eq!(report(&folder.path().join("log")).lines, 1 + start * 201);
        assert!(!ids(&folder.path().join("log")).contains(&"L1103".to_owned()));
        log.record(event(0));
        assert_eq!(log.health().left_out, 1, "nothing comes after the close");
        assert!(!log.flush(SOON));
    }
}

/// A program that ends without closing its log, as when it is killed.
#[test]
fn an_end_that_is_not_in_order_is_told_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let stamp = Stamp::now();
    let path = folder.path().join("log");
    let mut book = Book::open(&path, key(), Limits::default(), &stamp).expect("a log");
    book.append(&Event::Stopping {}, &stamp).expect("a line");
    drop(book);
    let log = Log::start(settings(folder.path()), |trouble| panic!("{trouble:?}")).expect("a thread");
    assert!(log.close(SOON));
    assert_eq!(ids(&path), ["L1001", "L1102", "L1103", "L1006"]);
}

/// When the last handle goes, the log is closed in order.
#[test]
fn a_log_that_nobody_has_any_more_is_closed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (tell, told) = channel();
    let log = Log::start(settings(folder.path()), move |trouble| tell.send(trouble).expect("a test"))
        .expect("a thread");
    log.record(event(0));
    drop(log);
    // The thread drops its end when it is done.
    assert!(told.recv_timeout(SOON).is_err());
    assert_eq!(ids(&folder.path().join("log")), ["L1001", "L1201", "L1006"]);
}

#[test]
fn a_log_that_cannot_be_written_is_a_trouble_and_comes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    std::fs::write(&path, "in the way").expect("a file");
    let (tell, told) = channel();
    let log = Log::start(settings(folder.path()), move |trouble| tell.send(trouble).expect("a test"))
        .expect("a thread");
    assert!(matches!(told.recv_timeout(SOON), Ok(Trouble::Failed(_))));
    log.record(event(0));
    assert!(!log.flush(SOON));
    assert_eq!(log.health(), Health { writes: false, left_out: 0, lost: 1 });
    std::fs::remove_file(&path).expect("out of the way");
    assert!(matches!(told.recv_timeout(SOON), Ok(Trouble::Over)));

    // And while it runs: the head cannot be replaced.
    assert!(log.flush(SOON));
    std::fs::create_dir(path.join("head.new")).expect("in the way");
    log.record(Event::NewsLeftOut {});
    assert!(!log.flush(SOON));
    assert!(matches!(told.recv_timeout(SOON), Ok(Trouble::Failed(_))));
    assert!(!log.health().writes);
    std::fs::remove_dir(path.join("head.new")).expect("out of the way");
    assert!(matches!(told.recv_timeout(SOON), Ok(Trouble::Over)));
    log.record(event(0));
    assert!(log.close(SOON));
    let report = report(&path);
    assert!(report.is_whole(), "{report}");
    let ids = ids(&path);
    assert_eq!(ids[..2], ["L1001", "L1005"], "one was lost, and that is told of: {ids:?}");
    assert!(ids.contains(&"L1113".to_owned()), "written, though it could not be synced: {ids:?}");
}

/// A disk that hangs, as far as the log's callers can tell: its thread does nothing for now.
#[test]
fn nobody_waits_and_what_finds_no_room_is_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    std::fs::write(&path, "in the way").expect("a file");
    let (tell, told) = channel();
    let (go_on, wait) = channel::<()>();
    let settings = Settings { room: 10, ..settings(folder.path()) };
    let log = Log::start(settings, move |trouble| {
        tell.send(trouble).expect("a test");
        let _ = wait.recv();
    })
    .expect("a thread");
    assert!(matches!(told.recv_timeout(SOON), Ok(Trouble::Failed(_))));
    (0..35).for_each(|n| log.record(event(n)));
    assert_eq!(log.health().left_out, 25);
    assert!(!log.flush(Duration::ZERO));
    std::fs::remove_file(&path).expect("out of the way");
    drop(go_on);
    assert!(matches!(told.recv_timeout(SOON), Ok(Trouble::Over)));
    assert!(log.close(SOON));
    let text = std::fs::read_to_string(path.join("00000001.log")).expect("text");
    assert!(text.contains("\"id\":\"L1004\"") && text.contains("{\"events\":25}"), "{text}");
    assert_eq!(log.health(), Health { writes: true, left_out: 25, lost: 0 });
    assert!(report(&path).is_whole());
}

#[test]
fn the_journal_hears_of_everything_and_where_it_stands() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("journal");
    let listener = UnixDatagram::bind(&socket).expect("a socket");
    listener.set_read_timeout(Some(SOON)).expect("a timeout");
    let settings = Settings { journal: Some(socket), limits: small(2), ..settings(folder.path()) };
    let log = Log::start(settings, |trouble| panic!("{trouble:?}")).expect("a thread");
    log.record(event(0));
    assert!(log.close(SOON));
    let mut heard = Vec::new();
    for _ in 0..2 {
        let mut bytes = [0; 4096];
        let length = listener.recv(&mut bytes).expect("a datagram");
        heard.push(String::from_utf8(bytes[..length].to_vec()).expect("text"));
    }
    assert!(heard[0].contains("\nONEDOOR_ID=L1201\n") && heard[0].contains("\nONEDOOR_SEQ=2\n"), "{heard:?}");
    let last = report(&folder.path().join("log")).last.expect("a line");
    assert!(heard[1].contains(&format!("\nONEDOOR_SEQ={}\nONEDOOR_MAC={}\n", last.0, last.2)), "{heard:?}");
}
