//! The tickets that came out, kept in `DIR/tickets` as bytes, text and picture.
//!
//! The bytes are written the moment their paper has moved, so that whatever ends the program, the
//! paper printed so far is known. Bytes that never reached the paper are never written.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use serde::Serialize;

use super::command::{Command, Decoder, RasterFrame};
use super::head::Head;
use super::picture;
use super::strip::Strip;
use crate::changed::Changed;
use crate::pty::lock;

/// Bytes kept that have not moved paper yet. Only a host that never prints gets there.
const PENDING_LIMIT: usize = 256 * 1024;

/// Where the number of rows stands in the header of GS v 0.
const RASTER_ROWS_AT: u64 = 6;

/// A ticket that came out of the printer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TicketSeen {
    /// Its place in the order of tickets, from 1; its files are `N.bin`, `N.txt` and `N.png`.
    pub n: u32,
    /// The queue number printed on it, if one can be read: one to three letters and three or four
    /// digits, in the largest type that shows such a thing.
    pub number: Option<String>,
    /// Whether it says 补打 (printed again).
    pub reprint: bool,
    /// Whether it was never cut: the printer lost power, or the program ended, with it in the slot.
    pub torn: bool,
}

impl TicketSeen {
    fn new(n: u32, strip: &Strip, torn: bool) -> Self {
        Self { n, number: strip.number(), reprint: strip.is_reprint(), torn }
    }
}

/// The finished tickets, to be looked at from any thread.
#[derive(Debug)]
pub(super) struct Shelf {
    folder: PathBuf,
    tickets: Mutex<Vec<TicketSeen>>,
    /// Tickets whose picture is not written yet.
    undrawn: Mutex<HashMap<u32, Arc<Strip>>>,
    changed: Arc<Changed>,
}

impl Shelf {
    pub(super) fn tickets(&self) -> Vec<TicketSeen> {
        lock(&self.tickets).clone()
    }

    pub(super) fn count(&self) -> usize {
        lock(&self.tickets).len()
    }

    /// The file of ticket `n` with this ending; `None` for a ticket that never came out.
    pub(super) fn file(&self, n: u32, ending: &str) -> Option<Vec<u8>> {
        if !lock(&self.tickets).iter().any(|ticket| ticket.n == n) {
            return None;
        }
        fs::read(path(&self.folder, n, ending)).ok()
    }

    /// The picture of ticket `n`, drawn now if its file is not there yet.
    pub(super) fn png(&self, n: u32) -> Option<Vec<u8>> {
        let undrawn = lock(&self.undrawn).get(&n).cloned();
        match undrawn {
            Some(strip) => picture::draw(&strip).to_png().ok(),
            None => self.file(n, "png"),
        }
    }
}

/// Writes the tickets' files.
pub(super) struct Archive {
    folder: PathBuf,
    next: u32,
    file: Option<File>,
    pending: Vec<Pending>,
    pending_bytes: usize,
    shelf: Arc<Shelf>,
    artist: Option<(Sender<u32>, JoinHandle<()>)>,
    failure: Option<String>,
}

struct Pending {
    raw: Vec<u8>,
    /// Characters of a line not printed yet: gone if the line is.
    text: bool,
}

impl Archive {
    /// Opens the folder and takes up the tickets in it; an uncut remainder becomes a torn ticket.
    pub(super) fn open(folder: PathBuf, changed: Arc<Changed>) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        let shelf = Arc::new(Shelf {
            folder: folder.clone(),
            tickets: Mutex::new(Vec::new()),
            undrawn: Mutex::new(HashMap::new()),
            changed,
        });
        let (sender, jobs) = channel();
        let easel = Arc::clone(&shelf);
        let artist =
            thread::Builder::new().name("tickets".to_owned()).spawn(move || draw_all(&easel, &jobs))?;
        let mut archive = Self {
            folder,
            next: 1,
            file: None,
            pending: Vec::new(),
            pending_bytes: 0,
            shelf,
            artist: Some((sender, artist)),
            failure: None,
        };
        archive.take_up()?;
        Ok(archive)
    }

    fn take_up(&mut self) -> io::Result<()> {
        let mut numbers: Vec<u32> =
            fs::read_dir(&self.folder)?.filter_map(|entry| number_of(&entry.ok()?.path())).collect();
        numbers.sort_unstable();
        for n in numbers {
            let (strip, cut) = replay(&fs::read(path(&self.folder, n, "bin"))?);
            if strip.is_blank() {
                fs::remove_file(path(&self.folder, n, "bin"))?;
                continue;
            }
            self.next = n.saturating_add(1);
            self.put_on_shelf(n, strip, !cut);
        }
        Ok(())
    }

    pub(super) fn shelf(&self) -> Arc<Shelf> {
        Arc::clone(&self.shelf)
    }

    /// The first thing that could not be written, if any.
    pub(super) fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Notes the bytes of a command that has been carried out.
    pub(super) fn note(&mut self, command: &Command, raw: Vec<u8>) {
        let idle = matches!(
            command,
            Command::ProcessId(_)
                | Command::OfflineResponse(_)
                | Command::PaperStatus(_)
                | Command::AutomaticStatus(_)
                | Command::PrinterId(_)
                | Command::Nothing
        );
        // Real-time commands belong to no place in the data, and questions asked between tickets to
        // no ticket.
        if *command == Command::RealTime {
            return;
        }
        if idle && self.file.is_none() && self.pending.is_empty() {
            return;
        }
        if self.pending_bytes + raw.len() > PENDING_LIMIT {
            self.pending.clear();
            self.pending_bytes = 0;
        }
        self.pending_bytes += raw.len();
        let text = matches!(
            command,
            Command::Char(_)
                | Command::Han(_)
                | Command::LoneLead(_)
                | Command::Tab
                | Command::Position { .. }
        );
        self.pending.push(Pending { raw, text });
    }

    /// Writes what was noted: its paper has moved.
    pub(super) fn flush(&mut self) {
        let bytes: Vec<u8> = self.pending.drain(..).flat_map(|pending| pending.raw).collect();
        self.pending_bytes = 0;
        if let Err(error) = self.write(&bytes) {
            self.fail("bin", &error);
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            empty => empty.insert(File::create(path(&self.folder, self.next, "bin"))?),
        };
        file.write_all(bytes)
    }

    /// The characters of the line under way will never be printed.
    pub(super) fn drop_line(&mut self) {
        self.pending.retain(|pending| !pending.text);
        self.pending_bytes = self.pending.iter().map(|pending| pending.raw.len()).sum();
    }

    /// A picture ends after `rows` rows and not after those its header announced; the header is set
    /// right, or what comes next would be taken for its rows when the bytes are read again.
    pub(super) fn shorten_picture(&mut self, frame: &RasterFrame, rows: usize) {
        let Some(file) = &mut self.file else { return };
        let size = super::grammar::RASTER_HEADER + frame.row_bytes * rows;
        let shortened = (|| {
            let end = file.seek(SeekFrom::End(0))?;
            file.seek(SeekFrom::Start(end.saturating_sub(size as u64) + RASTER_ROWS_AT))?;
            file.write_all(&u16::try_from(rows).unwrap_or(u16::MAX).to_le_bytes())?;
            file.seek(SeekFrom::End(0)).map(|_| ())
        })();
        if let Err(error) = shortened {
            self.fail("bin", &error);
        }
    }

    /// Forgets what was noted and has moved no paper: the power is gone.
    pub(super) fn forget(&mut self) {
        self.pending.clear();
        self.pending_bytes = 0;
    }

    /// Ends a ticket; blank paper is none.
    pub(super) fn close(&mut self, strip: Strip, torn: bool) {
        let begun = self.file.take().is_some();
        if strip.is_blank() {
            if begun {
                // A blank remainder left behind is overwritten by the next ticket.
                let _ = fs::remove_file(path(&self.folder, self.next, "bin"));
            }
            return;
        }
        let n = self.next;
        self.next = n.saturating_add(1);
        self.put_on_shelf(n, strip, torn);
    }

    fn put_on_shelf(&mut self, n: u32, strip: Strip, torn: bool) {
        let text = path(&self.folder, n, "txt");
        if !text.exists()
            && let Err(error) = fs::write(&text, strip.text())
        {
            self.fail("txt", &error);
        }
        let seen = TicketSeen::new(n, &strip, torn);
        if !path(&self.folder, n, "png").exists() {
            lock(&self.shelf.undrawn).insert(n, Arc::new(strip));
            if let Some((sender, _)) = &self.artist {
                // The thread lives as long as the sender.
                let _ = sender.send(n);
            }
        }
        lock(&self.shelf.tickets).push(seen);
        self.shelf.changed.ring();
    }

    fn fail(&mut self, ending: &str, error: &io::Error) {
        let n = self.next;
        self.failure.get_or_insert_with(|| format!("ticket {n}.{ending} could not be written: {error}"));
    }
}

impl Drop for Archive {
    /// Finishes the pictures.
    fn drop(&mut self) {
        if let Some((sender, artist)) = self.artist.take() {
            drop(sender);
            let _ = artist.join();
        }
    }
}

/// What bytes put on paper, and whether a cut followed.
pub(super) fn replay(bytes: &[u8]) -> (Strip, bool) {
    let mut decoder = Decoder::new();
    let mut head = Head::default();
    let mut done = Vec::new();
    for &byte in bytes {
        decoder.push(byte, &mut done);
        for (command, _) in done.drain(..) {
            if head.execute(&command).cut {
                return (head.take_strip(), true);
            }
        }
    }
    (head.take_strip(), false)
}

fn draw_all(shelf: &Shelf, jobs: &Receiver<u32>) {
    for n in jobs {
        let Some(strip) = lock(&shelf.undrawn).get(&n).cloned() else { continue };
        // A picture that cannot be made or written is drawn again for whoever asks for it.
        let Ok(png) = picture::draw(&strip).to_png() else { continue };
        let fresh = path(&shelf.folder, n, "png.new");
        if fs::write(&fresh, png).is_ok() && fs::rename(&fresh, path(&shelf.folder, n, "png")).is_ok() {
            lock(&shelf.undrawn).remove(&n);
            shelf.changed.ring();
        }
    }
}

fn path(folder: &Path, n: u32, ending: &str) -> PathBuf {
    folder.join(format!("{n}.{ending}"))
}

fn number_of(path: &Path) -> Option<u32> {
    let stem = path.file_name()?.to_str()?.strip_suffix(".bin")?;
    stem.parse().ok().filter(|n: &u32| n.to_string() == stem)
}
