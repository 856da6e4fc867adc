//! Gives a kiosk what is its hall's. Runs as root, started by the system's units.
//!
//! Standard output has one word a line, some with a value behind it. Whoever runs it looks for two: `restart-kiosk`, and
//! `reload-network`, which means network, firewall, hosts, time servers and rules for input devices. What is wrong is
//! said in words on standard error. It ends with 1 when something is wrong and nothing has to be followed.

use clap::{Parser, Subcommand};
use jiff::Timestamp;
use provision::apply::{self, Taken};
use provision::bundle::LONGEST_BUNDLE;
use provision::office::{self, Outcome};
use provision::status::Enrolment;
use provision::system::{Change, Changes};
use provision::{Disk, Lock, Places, USER, boot, escrow, keys, read, site, status};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use zeroize::Zeroizing;

/// Memory is wiped as it is given back: keys of the kiosk and of its disk are nowhere once they are dropped.
#[global_allocator]
static WIPING: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

/// Settings, certificate and escrow of a kiosk.
#[derive(Parser)]
#[command(name = "onedoor-provision", version)]
struct Arguments {
    /// Everything lies below this folder
    #[arg(long, global = true, default_value = "/")]
    root: PathBuf,
    /// The kiosk's user
    #[arg(long, global = true, default_value = USER)]
    user: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes folders and keys, settles what a power cut interrupted, writes what the system reads
    Boot,
    /// Asks the hall's office for a certificate and the bundle
    Office,
    /// Takes a bundle from a file
    Take {
        /// the bundle
        file: PathBuf,
    },
    /// Goes back to the bundle before; once more returns
    Back {
        /// a file with the serial that it has to have; it is taken away first
        #[arg(long, value_name = "FILE")]
        wanted: Option<PathBuf>,
    },
    /// Writes the request for a certificate, for an office that no wire reaches, and tells the fingerprint
    Request {
        /// where to, such as a USB stick; without it the fingerprint alone is told
        folder: Option<PathBuf>,
    },
    /// Seals the disk's recovery key for the office: beside the boot loader, and for the next `office`
    Escrow {
        /// the file with the key; `-` is standard input
        #[arg(long, value_name = "FILE")]
        key_from: PathBuf,
        /// UUID of the LUKS volume that it opens
        #[arg(long)]
        uuid: String,
        /// where it is kept besides; by default /efi/onedoor
        #[arg(long)]
        folder: Option<PathBuf>,
    },
    /// Says how far the kiosk is, in JSON as the screen gets it
    Status,
}

fn main() -> ExitCode {
    let Arguments { root, user, command } = Arguments::parse();
    let places = Places::new(root, &user);
    match run(&places, command) {
        Ok(Done { told, changes, fine }) => {
            for (word, value) in told {
                println!("{word} {value}");
            }
            for change in &changes {
                println!("{}", change.word());
            }
            // What did change has to be followed, whatever went wrong behind it.
            if fine || !changes.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("onedoor-provision: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What came of it.
struct Done {
    told: Vec<(&'static str, String)>,
    changes: Changes,
    fine: bool,
}

fn done(changes: Changes) -> Done {
    Done { told: Vec::new(), changes, fine: true }
}

impl Done {
    fn tell(mut self, word: &'static str, value: impl ToString) -> Self {
        self.told.push((word, value.to_string()));
        self
    }
}

fn run(places: &Places, command: Command) -> io::Result<Done> {
    let disk = Disk::new();
    match command {
        Command::Boot => {
            let _lock = Lock::take(places)?;
            let (keys, changes) = boot::boot(places, &disk)?;
            let done = done(changes).tell("fingerprint", keys.fingerprint);
            Ok(apply::current(places).into_iter().fold(done, |done, serial| done.tell("serial", serial)))
        }
        Command::Office => ask(places, &disk),
        Command::Take { file } => {
            let bytes = read(&file, LONGEST_BUNDLE as u64);
            let (_lock, keys) = begin(places, &disk)?;
            let taken =
                bytes.and_then(|bytes| office::take(places, &disk, &keys, &bytes).map_err(io::Error::other));
            let why_not = taken.as_ref().err().map(ToString::to_string);
            status::by_hand(places, &disk, why_not.as_deref())?;
            let (taken, changes) = taken?;
            status::renew(places, &disk, &keys)?;
            let (Taken::New(serial) | Taken::Same(serial)) = taken;
            Ok(done(changes).tell("serial", serial))
        }
        Command::Back { wanted } => {
            let wanted = wanted.map(|file| said(&file)).transpose();
            let (_lock, keys) = begin(places, &disk)?;
            let (before, gone) = (apply::current(places), wanted.and_then(|w| apply::back(places, &disk, w)));
            let why_not = gone.as_ref().err().map(ToString::to_string);
            status::by_hand(places, &disk, why_not.as_deref())?;
            let serial = gone?;
            let mut changes = boot::write(places, &disk)?;
            if before != Some(serial) {
                changes.insert(Change::RestartKiosk);
            }
            status::renew(places, &disk, &keys)?;
            Ok(done(changes).tell("serial", serial))
        }
        Command::Request { folder } => {
            let (_lock, keys) = begin(places, &disk)?;
            let done = done(Changes::new()).tell("fingerprint", keys.fingerprint);
            let Some(folder) = folder else { return Ok(done) };
            let file = request(places, &disk, &keys, &folder)?;
            Ok(done.tell("file", file.display()))
        }
        Command::Escrow { key_from, uuid, folder } => {
            // Before the others have to wait: whoever writes it may take his time.
            let key = recovery_key(&key_from)?;
            let (_lock, keys) = begin(places, &disk)?;
            let to = site::Site::escrow(places)?;
            let sealed = escrow::seal(&key, &uuid, keys.fingerprint, to).map_err(io::Error::other)?;
            let folder = folder.unwrap_or_else(|| places.efi());
            escrow::keep(places, &disk, &folder, &sealed)?;
            Ok(done(Changes::new()).tell("file", folder.join(escrow::SEALED).display()))
        }
        Command::Status => {
            let said =
                Enrolment::read(places).ok_or_else(|| io::Error::other("nothing has been asked yet"))?;
            println!("{}", serde_json::to_string_pretty(&said).map_err(io::Error::other)?);
            Ok(done(Changes::new()))
        }
    }
}

/// Has this program alone change things, and makes sure of the keys.
fn begin(places: &Places, disk: &Disk<'_>) -> io::Result<(Lock, keys::Keys)> {
    let lock = Lock::take(places)?;
    Ok((lock, keys::ensure(places, disk)?))
}

fn ask(places: &Places, disk: &Disk<'_>) -> io::Result<Done> {
    let (_lock, keys) = begin(places, disk)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let deadline = Duration::from_secs(20);
    let Outcome { changes, enrolment } =
        runtime.block_on(office::run(places, disk, &keys, Timestamp::now(), deadline))?;
    if let Some(said) = &enrolment.said {
        eprintln!("onedoor-provision: {said}");
    }
    // A kiosk that waits for somebody's approval is as it should be; one that is not reached is told by its state.
    let fine = enrolment.trouble.is_none();
    let done = Done { told: Vec::new(), changes, fine }.tell("state", enrolment.state);
    Ok(enrolment.serial.into_iter().fold(done, |done, serial| done.tell("serial", serial)))
}

fn request(places: &Places, disk: &Disk<'_>, keys: &keys::Keys, folder: &Path) -> io::Result<PathBuf> {
    let missing = || io::Error::other("there is no key; `onedoor-provision boot` makes one");
    let own = keys::current(places)?.ok_or_else(missing)?;
    let made = office::make_request(places, disk, keys, &own, None, Timestamp::now())?;
    let path = folder.join(format!("{}.request", keys.fingerprint));
    // Sticks are FAT: no owners, no links.
    let mut file = std::fs::File::create(&path)?;
    io::Write::write_all(&mut file, &made)?;
    file.sync_all()?;
    Ok(path)
}

/// A number that somebody left in a file, which is gone afterwards: what cannot be done is not tried without end.
fn said(file: &Path) -> io::Result<u64> {
    let text = read(file, 20);
    let gone = if file.is_dir() { std::fs::remove_dir_all(file) } else { std::fs::remove_file(file) };
    gone?;
    let number = String::from_utf8(text?).ok().and_then(|text| text.trim().parse().ok());
    number.ok_or_else(|| io::Error::other(format!("{}: no number stands in it", file.display())))
}

fn recovery_key(from: &Path) -> io::Result<Zeroizing<String>> {
    let longest = escrow::LONGEST_KEY as u64;
    if from != Path::new("-") {
        let bytes = Zeroizing::new(read(from, longest)?);
        let text = std::str::from_utf8(&bytes).map_err(io::Error::other)?;
        return Ok(Zeroizing::new(text.to_owned()));
    }
    let mut text = Zeroizing::new(String::with_capacity(escrow::LONGEST_KEY));
    io::stdin().take(longest).read_to_string(&mut text)?;
    Ok(text)
}
