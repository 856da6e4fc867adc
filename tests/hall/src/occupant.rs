//! Another program that keeps the card in the slot for itself, in a process of its own: libpcsclite
//! learns once a process which pcscd to use.

use crate::Fatal;
use pcsc::{Context, Protocols, Scope, ShareMode};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The word that the program is told, and the one that it says.
pub(crate) const PART: &str = "occupy-slot";
const HELD: &str = "held";

/// How long the card may take to be there and free, and how often it is tried.
const PATIENCE: Duration = Duration::from_secs(5);
const AGAIN: Duration = Duration::from_millis(20);

/// Keeps the card in the first slot until standard input ends.
pub(crate) fn run() -> Result<(), Fatal> {
    let context = Context::establish(Scope::System)?;
    let readers = context.list_readers_owned()?;
    let reader = readers.first().ok_or("there is no reader")?;
    let deadline = Instant::now() + PATIENCE;
    let held = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&held);
    // A pcscd that does not answer keeps nobody waiting for this program's word.
    std::thread::spawn(move || {
        std::thread::sleep(PATIENCE * 2);
        if !seen.load(Ordering::Acquire) {
            std::process::exit(1);
        }
    });
    let _card = loop {
        match context.connect(reader, ShareMode::Exclusive, Protocols::ANY) {
            // Just put in: pcscd has not seen it yet. Or somebody is looking at it.
            Err(pcsc::Error::NoSmartcard | pcsc::Error::SharingViolation) if Instant::now() < deadline => {
                std::thread::sleep(AGAIN);
            }
            taken => break taken?,
        }
    };
    held.store(true, Ordering::Release);
    println!("{HELD}");
    io::stdout().flush()?;
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

/// The running program. Dropped, it ends, and pcscd lets go of the card for it.
pub(crate) struct Occupant(Child);

impl Occupant {
    /// Starts it and waits until it has the card.
    pub fn start(socket: &Path) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|e| e.to_string())?;
        let child = Command::new(program)
            .arg(PART)
            .env("PCSCLITE_CSOCK_NAME", socket)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| e.to_string())?;
        let mut occupant = Self(child);
        let mut said = String::new();
        if let Some(words) = occupant.0.stdout.take() {
            BufReader::new(words.take(64)).read_line(&mut said).map_err(|e| e.to_string())?;
        }
        if said.trim_end() == HELD {
            Ok(occupant)
        } else {
            Err("nobody can take the card: is one in?".into())
        }
    }
}

impl Drop for Occupant {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
