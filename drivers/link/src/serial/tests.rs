//! Against real pseudo-terminals: the test holds the device's side, the link opens the other.

use std::fs::File;
use std::io::{Read, Write};
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::*;

/// More than a deadline may be overstayed by on a busy machine, less than a forgotten time-out.
const SLACK: Duration = Duration::from_millis(400);

struct Device {
    side: File,
    path: String,
}

fn device() -> Device {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let path = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    Device { side: File::from(master), path }
}

fn within(ms: u64) -> Instant {
    Instant::now() + Duration::from_millis(ms)
}

#[test]
fn carries_every_byte_value_both_ways() {
    let all: Vec<u8> = (0..=255).collect();
    for baud in [9_600, 19_200, 115_200, 1_500_000] {
        let mut device = device();
        let mut link = SerialLink::open(&device.path, baud).unwrap();
        assert_eq!(link.name(), format!("serial {}", device.path));

        link.write_all(&all, within(2_000)).unwrap();
        let mut got = vec![0; 256];
        device.side.read_exact(&mut got).unwrap();
        assert_eq!(got, all, "to the device at {baud}");

        device.side.write_all(&all).unwrap();
        got.fill(0);
        link.read_exact(&mut got, within(2_000)).unwrap();
        assert_eq!(got, all, "from the device at {baud}");
    }
}

#[test]
fn a_silent_device_costs_the_deadline_and_no_more() {
    let device = device();
    let mut link = SerialLink::open(&device.path, 115_200).unwrap();
    let begun = Instant::now();
    let deadline = begun + Duration::from_millis(150);
    let mut buf = [0x5A; 4];
    let silent = link.read(&mut buf, deadline);
    assert!(matches!(silent, Err(LinkError::Timeout { taken: 0 })), "{silent:?}");
    assert!(Instant::now() >= deadline);
    assert!(begun.elapsed() < Duration::from_millis(150) + SLACK);
    assert_eq!(buf, [0x5A; 4], "the buffer stays untouched");
}

#[test]
fn what_has_arrived_is_read_even_after_the_deadline() {
    let mut device = device();
    let mut link = SerialLink::open(&device.path, 115_200).unwrap();
    device.side.write_all(b"ready").unwrap();
    let mut buf = [0; 16];
    // The bytes pass through a kernel worker: wait for the first one.
    link.read_exact(&mut buf[..1], within(2_000)).unwrap();
    assert_eq!(link.read(&mut buf[1..], Instant::now()).unwrap(), 4);
    assert_eq!(&buf[..5], b"ready");
    assert_eq!(link.read(&mut [], Instant::now()).unwrap(), 0);
}

#[test]
fn a_stalled_device_costs_the_deadline_and_tells_what_it_took() {
    let mut device = device();
    let mut link = SerialLink::open(&device.path, 115_200).unwrap();
    let bytes: Vec<u8> = (0..=255).cycle().take(1 << 20).collect();
    let begun = Instant::now();
    let deadline = begun + Duration::from_millis(150);
    let Err(LinkError::Timeout { taken }) = link.write_all(&bytes, deadline) else {
        panic!("a device that does not read took a mebibyte");
    };
    assert!(Instant::now() >= deadline);
    assert!(begun.elapsed() < Duration::from_millis(150) + SLACK);
    assert!(taken > 0 && taken < bytes.len());

    // Every byte counted as taken is there for the device to read, and the next ones follow.
    let mut got = vec![0; taken];
    device.side.read_exact(&mut got).unwrap();
    assert_eq!(got, bytes[..taken]);
    link.write_all(b"more", within(2_000)).unwrap();
    device.side.read_exact(&mut got[..4]).unwrap();
    assert_eq!(&got[..4], b"more");
}

#[test]
fn a_device_pulled_while_a_read_waits_is_a_hang_up() {
    let device = device();
    let mut link = SerialLink::open(&device.path, 115_200).unwrap();
    let begun = Instant::now();
    let (waiting, starts) = std::sync::mpsc::channel();
    let pull = std::thread::spawn(move || {
        starts.recv().unwrap();
        drop(device);
    });
    waiting.send(()).unwrap();
    let read = link.read(&mut [0; 8], begun + Duration::from_secs(20));
    pull.join().unwrap();
    assert!(matches!(read, Err(LinkError::HungUp)), "{read:?}");
    assert!(begun.elapsed() < Duration::from_secs(10), "noticed at once, not at the deadline");
    // It stays so: the link is to be opened anew.
    assert!(matches!(link.read(&mut [0; 8], within(2_000)), Err(LinkError::HungUp)));
    assert!(matches!(link.write_all(b"x", within(2_000)), Err(LinkError::HungUp)));
}

#[test]
fn a_device_plugged_in_again_is_opened_by_the_same_path() {
    let dir = tempfile::tempdir().unwrap();
    let by_path = dir.path().join("port");
    let path = by_path.to_str().unwrap();

    let first = device();
    std::os::unix::fs::symlink(&first.path, &by_path).unwrap();
    let mut link = SerialLink::open(path, 115_200).unwrap();
    // As udev does it: the device goes, and its link by path goes too.
    drop(first);
    std::fs::remove_file(&by_path).unwrap();
    assert!(matches!(link.read(&mut [0; 8], within(2_000)), Err(LinkError::HungUp)));
    drop(link);
    let absent = SerialLink::open(path, 115_200);
    assert!(matches!(&absent, Err(LinkError::NotFound(name)) if name.contains(path)), "{absent:?}");

    let mut second = device();
    std::os::unix::fs::symlink(&second.path, &by_path).unwrap();
    let mut link = SerialLink::open(path, 115_200).unwrap();
    second.side.write_all(b"back").unwrap();
    let mut got = [0; 4];
    link.read_exact(&mut got, within(2_000)).unwrap();
    assert_eq!(&got, b"back");
}

#[test]
fn a_second_open_is_refused_until_the_first_is_closed() {
    let device = device();
    let link = SerialLink::open(&device.path, 115_200).unwrap();
    let second = SerialLink::open(&device.path, 115_200);
    assert!(matches!(&second, Err(LinkError::Busy(name)) if name.contains(&device.path)));
    drop(link);
    SerialLink::open(&device.path, 115_200).unwrap();
}

#[test]
fn a_path_that_is_no_serial_port_is_told_by_name() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let Err(LinkError::Io(e)) = SerialLink::open(path, 115_200) else {
        panic!("a plain file was opened as a serial port");
    };
    assert!(e.to_string().contains(path), "{e}");
}

#[test]
fn open_errors_are_told_apart() {
    use serialport::{Error, ErrorKind};
    use std::io::ErrorKind as Io;
    let told = |kind| from_open(Error::new(kind, "said"), "serial x");
    assert!(matches!(told(ErrorKind::NoDevice), LinkError::Busy(_)));
    assert!(matches!(told(ErrorKind::Io(Io::NotFound)), LinkError::NotFound(_)));
    assert!(matches!(told(ErrorKind::Io(Io::PermissionDenied)), LinkError::NotPermitted(_)));
    assert!(matches!(told(ErrorKind::Io(Io::Other)), LinkError::Io(_)));
    assert!(matches!(told(ErrorKind::InvalidInput), LinkError::Io(_)));
    assert!(matches!(told(ErrorKind::Unknown), LinkError::Io(_)));
}
