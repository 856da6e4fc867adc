use super::*;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;

use rustix::fs::OFlags;

/// Sends everything back, and `big` bytes for each '!'.
struct Echo {
    big: usize,
    taken: usize,
    limit: usize,
}

impl Device for Echo {
    fn receive(&mut self, bytes: &[u8], _now: Instant, out: &mut Output) {
        self.taken += bytes.len();
        for &byte in bytes {
            match byte {
                b'!' => out.send(vec![b'.'; self.big]),
                b'#' => {}
                other => out.send(vec![other]),
            }
        }
    }

    fn room(&self) -> usize {
        self.limit.saturating_sub(self.taken)
    }
}

fn echo(dir: &Path, baud: u32, big: usize) -> Port<Echo> {
    let device = Echo { big, taken: 0, limit: usize::MAX };
    Port::open(dir, "echo", baud, device).expect("a port opens")
}

fn host(port: &Port<Echo>) -> fs::File {
    fs::OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(OFlags::NOCTTY.bits().cast_signed())
        .open(port.path())
        .expect("the host opens the link")
}

#[test]
fn a_reply_of_1295_bytes_takes_the_time_of_the_wire() {
    let dir = tempfile::tempdir().expect("a folder");
    let port = echo(dir.path(), 115_200, 1295);
    let mut file = host(&port);
    // Another test on a busy machine may take the processor at the wrong moment: the pace itself
    // must be met at least once in three, and never be beaten.
    let mut took = Duration::MAX;
    for _ in 0..3 {
        let start = Instant::now();
        file.write_all(b"!").expect("a request is written");
        let mut reply = [0; 1295];
        file.read_exact(&mut reply).expect("the reply comes");
        let whole = start.elapsed();
        assert!(whole >= wire_time(1296, 115_200), "faster than the wire: {whole:?}");
        took = took.min(whole);
    }
    assert!(took <= Duration::from_millis(125), "slower than the wire: {took:?}");
}

#[test]
fn bytes_from_the_host_take_the_time_of_the_wire() {
    let dir = tempfile::tempdir().expect("a folder");
    let port = echo(dir.path(), 115_200, 0);
    let mut file = host(&port);
    let mut took = Duration::MAX;
    for _ in 0..3 {
        let mut ticket = [b'#'; 264];
        ticket[263] = b'x';
        // On a busy machine the line may learn late that it was quiet, and let bytes cross in that time.
        let quiet_since = port.last_in();
        let start = Instant::now();
        file.write_all(&ticket).expect("a ticket is written");
        let mut reply = [0; 1];
        file.read_exact(&mut reply).expect("the echo comes");
        let last = port.last_in().expect("bytes have come in");
        let least = last.duration_since(quiet_since.unwrap_or(start));
        assert!(least >= wire_time(264, 115_200), "faster than the wire: {least:?}");
        took = took.min(last.duration_since(start));
    }
    assert!(took <= Duration::from_millis(30), "slower than the wire: {took:?}");
    // When a byte went out is noted once it has: whoever read it may look before that.
    let until = Instant::now() + Duration::from_secs(5);
    while port.last_out() < port.last_in() {
        assert!(Instant::now() < until, "what went out is never noted");
        std::thread::yield_now();
    }
}

#[test]
fn unplugging_hangs_up_and_hides_the_device_and_plugging_brings_it_back() {
    let dir = tempfile::tempdir().expect("a folder");
    let port = echo(dir.path(), 115_200, 1);
    let mut file = host(&port);
    file.write_all(b"!").expect("written");
    let mut reply = [0; 1];
    file.read_exact(&mut reply).expect("answered");
    assert!(port.has_host());
    port.unplug();
    assert!(!port.is_plugged() && !port.has_host());
    assert!(!matches!(file.read(&mut reply), Ok(1..)), "a hang-up gives no bytes");
    assert!(file.write(b"!").is_err(), "nothing can be written after a hang-up");
    let missing = fs::File::open(port.path()).expect_err("the link is gone");
    assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    port.plug().expect("plugged in again");
    let mut file = host(&port);
    file.write_all(b"a").expect("written");
    file.read_exact(&mut reply).expect("answered again");
    assert_eq!(reply, *b"a");
    let path = port.path().to_owned();
    drop(port);
    assert!(!path.exists() && fs::read_link(&path).is_err());
}

#[test]
fn a_full_device_stops_taking_bytes_and_goes_on_when_there_is_room() {
    let dir = tempfile::tempdir().expect("a folder");
    let port = echo(dir.path(), 1_000_000, 1);
    port.with(|device, _| device.limit = 100);
    let mut file = host(&port);
    let mut bytes = [b'#'; 201];
    bytes[99] = b'a';
    bytes[200] = b'b';
    file.write_all(&bytes).expect("the system keeps what the device does not take");
    let mut reply = [0; 1];
    file.read_exact(&mut reply).expect("the first hundred are taken");
    assert_eq!((reply[0], port.with(|device, _| device.taken)), (b'a', 100));
    port.with(|device, _| device.limit = usize::MAX);
    file.read_exact(&mut reply).expect("the rest is taken");
    assert_eq!((reply[0], port.with(|device, _| device.taken)), (b'b', 201));
}

#[test]
fn a_new_host_does_not_get_what_the_last_one_left() {
    let dir = tempfile::tempdir().expect("a folder");
    let port = echo(dir.path(), 1_000_000, 10);
    let mut file = host(&port);
    file.write_all(b"!").expect("written");
    let mut reply = [0; 1];
    file.read_exact(&mut reply).expect("the reply has crossed");
    assert_eq!(reply, *b".");
    drop(file);
    while port.has_host() {
        std::thread::yield_now();
    }
    let mut file = host(&port);
    file.write_all(b"z").expect("written");
    file.read_exact(&mut reply).expect("answered");
    assert_eq!(reply, *b"z");
}

#[test]
fn a_taken_port_is_busy_and_a_free_one_is_not() {
    let dir = tempfile::tempdir().expect("a folder");
    let port = echo(dir.path(), 115_200, 1);
    let locked = |port: &Port<Echo>| {
        let file = fs::OpenOptions::new()
            .read(true)
            .custom_flags((OFlags::NOCTTY | OFlags::NONBLOCK).bits().cast_signed())
            .open(port.path());
        // Whoever may override TIOCEXCL still meets the lock.
        file.and_then(|file| {
            Ok(rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive)?)
        })
    };
    locked(&port).expect("a free port");
    port.unplug();
    port.plug_for(Access::Taken).expect("plugged");
    locked(&port).expect_err("a port that another holds");
    port.unplug();
    port.plug().expect("plugged");
    locked(&port).expect("free again");
}

#[test]
fn a_forbidden_port_has_no_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a folder");
    let port = echo(dir.path(), 115_200, 1);
    port.unplug();
    port.plug_for(Access::Forbidden).expect("plugged");
    let mode = fs::metadata(port.path()).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0);
}
