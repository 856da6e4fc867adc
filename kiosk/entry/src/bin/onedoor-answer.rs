//! The office's tool: it names the code that answers a kiosk's challenge.
//!
//! The office keeps one file, the office's key, on the machine where this runs. Each kiosk gets a key of its
//! own from it, once, when it is set up.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use entry::{KEY_LENGTH, KioskKey, KioskName, Mistyped, OfficeKey, Question};
use zeroize::Zeroizing;

/// Names the code that lets a technician into a kiosk whose card reader is broken.
///
/// Make sure first who is calling: whoever hears the code can enter.
#[derive(Parser)]
#[command(name = "onedoor-answer", args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
struct Told {
    #[command(subcommand)]
    make: Option<Make>,
    #[command(flatten)]
    answer: Option<Answer>,
}

#[derive(Subcommand)]
enum Make {
    /// Makes the office's key, once for a hall. It never leaves the office.
    NewKey {
        /// the new file
        file: PathBuf,
    },
    /// Makes the key of one kiosk, to be put on it and nowhere else.
    KioskKey {
        /// the office's key
        #[arg(long)]
        key: PathBuf,
        /// the kiosk's name, as in its configuration
        #[arg(long)]
        kiosk: KioskName,
        /// the new file
        file: PathBuf,
    },
}

#[derive(Args)]
struct Answer {
    /// the office's key
    #[arg(long)]
    key: PathBuf,
    /// the kiosk's name, as it is on its screen
    #[arg(long)]
    kiosk: KioskName,
    /// the digits on the kiosk's screen, with or without blanks
    #[arg(required = true, num_args = 1..=16)]
    challenge: Vec<String>,
}

/// Why there is no code, or no key.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the challenge was misheard or mistyped: {0}; have it read once more")]
    Challenge(#[from] Mistyped),
    #[error("{} could not be read: {why}", path.display())]
    Read { path: PathBuf, why: io::Error },
    #[error("{} can be used by others (mode {mode:04o}); give it mode 0600 or 0400", path.display())]
    TooOpen { path: PathBuf, mode: u32 },
    #[error("{} is not the office's key: a file of exactly {KEY_LENGTH} bytes is wanted", .0.display())]
    NotAKey(PathBuf),
    #[error("no new key at {}: {why}; an existing file is never overwritten", path.display())]
    Create { path: PathBuf, why: io::Error },
}

fn main() -> ExitCode {
    match run(Told::parse()) {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("onedoor-answer: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(told: Told) -> Result<String, Failure> {
    match (told.make, told.answer) {
        (Some(Make::NewKey { file }), _) => {
            let mut bytes = Zeroizing::new([0; KEY_LENGTH]);
            getrandom::fill(bytes.as_mut_slice()).map_err(|why| Failure::Create {
                path: file.clone(),
                why: io::Error::other(why.to_string()),
            })?;
            create(&file, &bytes)?;
            Ok(format!(
                "{} is the office's key. Keep it here and a copy in the safe; then make each kiosk's own with \
                 `onedoor-answer kiosk-key`.",
                file.display()
            ))
        }
        (Some(Make::KioskKey { key, kiosk, file }), _) => {
            create(&file, office(&key)?.of_kiosk(&kiosk).as_bytes())?;
            Ok(format!("{} is the key of {kiosk}. Put it on that kiosk, and delete it here.", file.display()))
        }
        (None, Some(Answer { key, kiosk, challenge })) => {
            let question: Question = challenge.join(" ").parse()?;
            let kiosk_key: KioskKey = office(&key)?.of_kiosk(&kiosk);
            Ok(format!(
                "{}\n\nThis answers challenge {} of {kiosk}, and only that one, once. It is good for as long as \
                 the kiosk shows that challenge, ten minutes at most. Where the kiosk says that it is wrong, \
                 compare the kiosk's name.",
                kiosk_key.code(&question),
                question.counter()
            ))
        }
        // clap asks for one of the two.
        (None, None) => Ok(String::new()),
    }
}

/// Reads the office's key, which nobody but its owner may be able to read.
fn office(path: &Path) -> Result<OfficeKey, Failure> {
    let failed = |why| Failure::Read { path: path.to_owned(), why };
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        // opening a FIFO would wait for a writer
        return Err(Failure::NotAKey(path.to_owned()));
    }
    let mut file = File::open(path).map_err(failed)?;
    let about = file.metadata().map_err(failed)?;
    if about.mode() & 0o077 != 0 {
        return Err(Failure::TooOpen { path: path.to_owned(), mode: about.mode() & 0o7777 });
    }
    if about.len() != KEY_LENGTH as u64 {
        return Err(Failure::NotAKey(path.to_owned()));
    }
    let mut bytes = Zeroizing::new([0; KEY_LENGTH]);
    file.read_exact(bytes.as_mut_slice()).map_err(failed)?;
    Ok(OfficeKey::from_bytes(bytes))
}

/// Writes a new key, for its owner alone, onto the disk.
fn create(path: &Path, bytes: &[u8; KEY_LENGTH]) -> Result<(), Failure> {
    let failed = |why| Failure::Create { path: path.to_owned(), why };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    if let Err(why) = file.write_all(bytes).and_then(|()| file.sync_all()) {
        // half a key helps nobody, and would stand in the way of the next attempt
        let _ = std::fs::remove_file(path);
        return Err(failed(why));
    }
    Ok(())
}
