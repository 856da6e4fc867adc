//! The headphones' jack, as the kernel reports it: an input device with the switch SW_HEADPHONE_INSERT.
//!
//! The state at start is known only to an ioctl (EVIOCGSW); until the jack moves, nothing is plugged in.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

/// A record of a 64-bit kernel: seconds, microseconds, type, code, value.
const RECORD: usize = 24;
/// So many records are taken at once.
const RECORDS: usize = 16;
/// Switches (linux/input-event-codes.h).
const EV_SW: u16 = 5;
const SW_HEADPHONE_INSERT: u16 = 2;
/// Pause before a device that is away is opened again.
const REOPEN: Duration = Duration::from_secs(5);

/// Tells `moved` of every change, on a thread of its own, as long as the kiosk runs.
pub(super) fn listen(path: PathBuf, moved: impl Fn(bool) + Send + 'static) {
    let thread = std::thread::Builder::new().name("headphones".to_owned());
    let listening = thread.spawn(move || {
        let mut complained = false;
        loop {
            match File::open(&path).and_then(|device| follow(device, &moved)) {
                Ok(()) => {}
                Err(error) if complained => tracing::debug!(%error, "no jack"),
                Err(error) => {
                    complained = true;
                    tracing::warn!(%error, path = %path.display(), "the headphones' jack cannot be read");
                }
            }
            std::thread::sleep(REOPEN);
        }
    });
    if let Err(error) = listening {
        tracing::error!(%error, "no thread for the headphones' jack");
    }
}

/// Until the device ends. A jack that goes away has nothing plugged in.
fn follow(mut device: impl Read, moved: &impl Fn(bool)) -> std::io::Result<()> {
    // How it is before the first record nobody tells.
    let mut plugged = None;
    let mut buffer = [0; RECORD * RECORDS];
    let ended = loop {
        // The kernel gives whole records; a part of one means that this is no input device.
        let got = match device.read(&mut buffer) {
            Ok(0) => break Ok(()),
            Ok(got) => got,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => break Err(error),
        };
        let (records, rest) = buffer.get(..got).unwrap_or_default().as_chunks::<RECORD>();
        if !rest.is_empty() {
            break Err(std::io::Error::other("it is not an input device"));
        }
        for now in records.iter().filter_map(switched) {
            if plugged.replace(now) != Some(now) {
                moved(now);
            }
        }
    };
    if plugged == Some(true) {
        moved(false);
    }
    ended
}

/// Whether something is plugged in from now on, if that is what a record says.
fn switched(record: &[u8; RECORD]) -> Option<bool> {
    let [.., t0, t1, c0, c1, v0, v1, v2, v3] = *record;
    let (kind, code) = (u16::from_ne_bytes([t0, t1]), u16::from_ne_bytes([c0, c1]));
    let value = i32::from_ne_bytes([v0, v1, v2, v3]);
    (kind == EV_SW && code == SW_HEADPHONE_INSERT).then_some(value != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    fn record(kind: u16, code: u16, value: i32) -> Vec<u8> {
        [&[7; 16][..], &kind.to_ne_bytes(), &code.to_ne_bytes(), &value.to_ne_bytes()].concat()
    }

    fn told(bytes: &[u8]) -> (Vec<bool>, bool) {
        let moves = RefCell::new(Vec::new());
        let ended = follow(bytes, &|plugged| moves.borrow_mut().push(plugged));
        (moves.into_inner(), ended.is_ok())
    }

    #[test]
    fn only_the_headphones_are_told_and_only_when_they_move() {
        let (plug, pull, sync) = (record(5, 2, 1), record(5, 2, 0), record(0, 0, 0));
        let (lid, key) = (record(5, 0, 1), record(1, 2, 1));
        for (records, want) in [
            (vec![&plug, &sync, &pull, &sync], vec![true, false]),
            (vec![&plug, &plug, &lid, &key, &pull], vec![true, false]),
            // They were in before anybody looked.
            (vec![&pull, &sync], vec![false]),
            // The device went away with them.
            (vec![&plug], vec![true, false]),
        ] {
            let bytes: Vec<u8> = records.into_iter().flatten().copied().collect();
            assert_eq!(told(&bytes), (want, true));
        }
    }

    #[test]
    fn what_is_no_input_device_is_not_followed() {
        assert_eq!(told(b"not an input device"), (vec![], false));
        let cut = [record(5, 2, 1), vec![0; 5]].concat();
        assert_eq!(told(&cut), (vec![], false));
        let many: Vec<u8> = (0..100).flat_map(|at| record(5, 2, at % 2)).collect();
        // The device went away with them plugged in: one more.
        assert_eq!(told(&many).0.len(), 101, "more than are taken at once");
    }
}
