//! A card in a slot of vpcd, the reader driver of vsmartcard, over TCP.
//!
//! A connection is a card in the slot; its end is the card's removal.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::os::linux::net::TcpStreamExt;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use zeroize::Zeroize;

use crate::changed::Changed;

/// How long vpcd may take to accept a card, or bytes for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// What vpcd asks besides command APDUs, in payloads of one byte.
const POWER_OFF: u8 = 0;
const POWER_ON: u8 = 1;
const RESET: u8 = 2;
const SEND_ATR: u8 = 4;

/// What a card does at its contacts, or over the air.
pub trait Contacts: Send {
    /// What it says when it is powered up.
    fn atr(&self) -> Vec<u8>;

    /// It was powered up, or reset.
    fn reset(&mut self);

    /// The answer to a command APDU; `None` when the card is taken out instead.
    fn answer(&mut self, command: &[u8]) -> Option<Vec<u8>>;
}

/// A card in a slot of vpcd. Dropping it takes the card out.
pub struct EmulatedCard {
    stream: TcpStream,
    seen: Arc<Mutex<Seen>>,
    changed: Arc<Changed>,
    thread: Option<JoinHandle<()>>,
}

/// What happened to the card since it was put in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Command APDUs received.
    pub commands: u64,
    /// How often the card was asked for its ATR, which is once for each power-up.
    pub power_ups: u64,
    /// The slot has let go of the card, or the card has vanished from it.
    pub gone: bool,
}

impl EmulatedCard {
    /// Puts a card into the slot of vpcd that listens on `port` of this machine.
    ///
    /// # Errors
    /// That of the connection: most often nobody listens there.
    pub fn insert(port: u16, chip: impl Contacts + 'static) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let (seen, changed) = (Arc::default(), Arc::new(Changed::default()));
        let mut side = CardSide {
            stream: stream.try_clone()?,
            chip: Box::new(chip),
            seen: Arc::clone(&seen),
            changed: Arc::clone(&changed),
        };
        let thread = std::thread::Builder::new().name("card".to_owned()).spawn(move || side.run())?;
        Ok(Self { stream, seen, changed, thread: Some(thread) })
    }

    /// What happened to the card since it was put in.
    #[must_use]
    pub fn seen(&self) -> Seen {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until [`seen`](Self::seen) is as wanted; `false` when `limit` passed first.
    pub fn wait_until(&self, limit: Duration, mut wanted: impl FnMut(&Seen) -> bool) -> bool {
        self.changed.wait_until(limit, || wanted(&self.seen()))
    }

    /// Takes the card out.
    pub fn remove(self) {
        drop(self);
    }
}

impl Drop for EmulatedCard {
    fn drop(&mut self) {
        // It may have been closed from the other side already.
        let _ = self.stream.shutdown(Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The card's end of the connection.
struct CardSide {
    stream: TcpStream,
    chip: Box<dyn Contacts>,
    seen: Arc<Mutex<Seen>>,
    changed: Arc<Changed>,
}

impl CardSide {
    fn run(&mut self) {
        // It ends when the card is taken out, vanishes by a quirk, or pcscd goes.
        let _ = self.serve();
        let _ = self.stream.shutdown(Shutdown::Both);
        self.note(|seen| seen.gone = true);
    }

    fn serve(&mut self) -> io::Result<()> {
        loop {
            let mut request = self.receive()?;
            match request[..] {
                [POWER_ON | POWER_OFF | RESET] => self.chip.reset(),
                [SEND_ATR] => {
                    self.note(|seen| seen.power_ups += 1);
                    let atr = self.chip.atr();
                    self.send(&atr)?;
                }
                [] | [_] => {}
                _ => {
                    self.note(|seen| seen.commands += 1);
                    let Some(mut reply) = self.chip.answer(&request) else { return Ok(()) };
                    let sent = self.send(&reply);
                    reply.zeroize();
                    sent?;
                }
            }
            request.zeroize();
        }
    }

    /// A payload: two bytes of length, most significant first, then so many bytes.
    fn receive(&mut self) -> io::Result<Vec<u8>> {
        let mut length = [0; 2];
        self.stream.read_exact(&mut length)?;
        // vpcd writes length and payload apart and waits for the first to be acknowledged.
        self.stream.set_quickack(true)?;
        let mut payload = vec![0; usize::from(u16::from_be_bytes(length))];
        self.stream.read_exact(&mut payload)?;
        Ok(payload)
    }

    fn send(&mut self, payload: &[u8]) -> io::Result<()> {
        let length = u16::try_from(payload.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        let mut frame = [&length.to_be_bytes()[..], payload].concat();
        let sent = self.stream.write_all(&frame);
        frame.zeroize();
        sent
    }

    fn note(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.ring();
    }
}
