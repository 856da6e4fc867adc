//! To journald, in its native protocol (systemd, "Native Journal Protocol"): one datagram an event.
//!
//! The crates that speak it know one socket alone, and carry `memfd` for messages of any length. Ours are short
//! lines of ASCII without a newline, for which the protocol is `NAME=value` and an end of line for each field.

use std::fmt::Write;
use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use crate::book::Written;
use crate::event::Event;

/// Where journald listens.
pub const JOURNAL: &str = "/run/systemd/journal/socket";

/// The way to a journal.
#[derive(Debug)]
pub struct Journal {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Journal {
    /// To the journal that listens at this path; `None` if nothing is there.
    ///
    /// # Errors
    /// When no socket can be had.
    pub fn find(path: &Path) -> io::Result<Option<Self>> {
        if !path.exists() {
            return Ok(None);
        }
        let socket = UnixDatagram::unbound()?;
        // A journal that does not read in time misses an event; the file has it.
        socket.set_nonblocking(true)?;
        Ok(Some(Self { socket, path: path.to_owned() }))
    }

    /// Sends an event, and where in the chain it stands if it does. Never waits.
    ///
    /// # Errors
    /// When the journal does not take it.
    pub fn send(&self, event: &Event, written: Option<&Written>) -> io::Result<()> {
        self.socket.send_to(message(event, written).as_bytes(), &self.path).map(drop)
    }
}

fn message(event: &Event, written: Option<&Written>) -> String {
    let entry = event.entry();
    let fields = event.fields();
    let said: Vec<String> = fields.iter().map(|(name, value)| format!(" {name}={value}")).collect();
    let mut message = format!(
        "MESSAGE={} {}{}\nPRIORITY={}\nSYSLOG_IDENTIFIER=onedoor\nONEDOOR_ID={}\nONEDOOR_EVENT={}\n",
        entry.id,
        entry.meaning.trim(),
        said.concat(),
        entry.grade as u8,
        entry.id,
        entry.name,
    );
    // Writing into a String cannot fail.
    if let Some(Written { seq, mac }) = written {
        let _ = write!(message, "ONEDOOR_SEQ={seq}\nONEDOOR_MAC={}\n", hex::encode(mac.0));
    }
    for (name, value) in fields {
        let _ = writeln!(message, "ONEDOOR_{}={value}", name.to_ascii_uppercase());
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{Hash, Letter, Word};

    #[test]
    fn an_event_arrives_with_its_fields() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        assert!(Journal::find(&path).expect("no socket").is_none());
        let listener = UnixDatagram::bind(&path).expect("a socket");
        let journal = Journal::find(&path).expect("a socket").expect("a journal");
        let event = Event::RemedyTried { device: Letter::of('P'), remedy: Word::of("reopen"), helped: true };
        journal.send(&event, Some(&Written { seq: 7, mac: Hash([0xab; 32]) })).expect("it listens");
        let mut bytes = [0; 4096];
        let length = listener.recv(&mut bytes).expect("a datagram");
        let text = std::str::from_utf8(&bytes[..length]).expect("text");
        assert_eq!(
            text,
            format!(
                "MESSAGE=L1405 A remedy was tried on a device. device=P remedy=reopen helped=yes\nPRIORITY=6\n\
                 SYSLOG_IDENTIFIER=onedoor\nONEDOOR_ID=L1405\nONEDOOR_EVENT=RemedyTried\nONEDOOR_SEQ=7\n\
                 ONEDOOR_MAC={}\nONEDOOR_DEVICE=P\nONEDOOR_REMEDY=reopen\nONEDOOR_HELPED=yes\n",
                "ab".repeat(32)
            )
        );
    }

    #[test]
    fn a_journal_that_does_not_read_holds_nobody_up() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        let listener = UnixDatagram::bind(&path).expect("a socket");
        let journal = Journal::find(&path).expect("a socket").expect("a journal");
        let full = (0..100_000).find_map(|_| journal.send(&Event::LogClosed {}, None).err());
        assert_eq!(full.expect("no room").kind(), io::ErrorKind::WouldBlock);
        drop(listener);
        assert!(journal.send(&Event::LogClosed {}, None).is_err());
    }

    /// Each field is one line: no value can begin another.
    #[test]
    fn every_event_is_lines_of_names_and_values() {
        for event in Event::longest() {
            let text = message(&event, None);
            assert_eq!(text.lines().count(), 5 + event.fields().len(), "{text}");
            for line in text.lines() {
                let (name, _) = line.split_once('=').expect("a name");
                let good = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
                assert!(name.len() <= 64 && name.bytes().all(good), "{line}");
            }
        }
    }
}
