//! The office's part of a hall's kiosks: approves them, seals for them, and makes their bundle.

use clap::{Parser, Subcommand};
use jiff::Timestamp;
use provision::bundle::{Bundle, LONGEST_BUNDLE, is_name};
use provision::hall::{self, HallError};
use provision::request::{LONGEST_REQUEST, Request};
use provision::sealed::OpeningKey;
use provision::signature::SigningKeys;
use provision::{Fingerprint, escrow, read, request};
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use zeroize::Zeroizing;

/// Memory is wiped as it is given back: the hall's keys are nowhere once they are dropped.
#[global_allocator]
static WIPING: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

/// Bundles, certificates and recovery keys of a hall's kiosks.
#[derive(Parser)]
#[command(name = "onedoor-hall", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes the office's keys in a new folder
    NewKeys {
        /// where to
        folder: PathBuf,
        /// the hall's name, 1 to 40 letters, digits or hyphens
        #[arg(long, default_value = "hall")]
        hall: String,
    },
    /// Gives a kiosk its certificate, once somebody has compared its fingerprint
    Approve {
        /// the folder with ca.pem and ca.key
        #[arg(long)]
        ca: PathBuf,
        /// the kiosk's request
        request: PathBuf,
        /// the certificate
        out: PathBuf,
        /// for how long
        #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=3650))]
        days: u16,
        /// the kiosk's name, which stands in the certificate
        #[arg(long)]
        name: Option<String>,
        /// the fingerprint as the kiosk shows it; without it, it is asked for
        #[arg(long)]
        fingerprint: Option<Fingerprint>,
    },
    /// Writes a request's PKCS #10, for an authority of another kind
    Csr {
        /// the kiosk's request
        request: PathBuf,
        /// PEM
        out: PathBuf,
    },
    /// Seals the hall's secrets for one kiosk
    Seal {
        /// the kiosk's request
        request: PathBuf,
        /// secrets/NAME.sealed
        out: PathBuf,
        /// the kiosk's name
        #[arg(long)]
        name: String,
        /// 32 bytes, the same for every kiosk of a hall
        #[arg(long)]
        hall_key: PathBuf,
        /// as `onedoor-answer kiosk-key` writes it
        #[arg(long)]
        entry_key: Option<PathBuf>,
        /// the fingerprint as the kiosk shows it; without it, it is asked for
        #[arg(long)]
        fingerprint: Option<Fingerprint>,
    },
    /// Checks the files of a folder, and makes and signs a bundle of them
    Bundle {
        /// bundle.toml (hall, [[kiosk]] with name and fingerprint), catalogue.toml, network.toml, kiosks, …
        folder: PathBuf,
        /// the bundle
        out: PathBuf,
        /// the key that signs it (bundle.key)
        #[arg(long)]
        key: PathBuf,
        /// its serial; without it, the last one's and one more
        #[arg(long)]
        serial: Option<u64>,
    },
    /// Says whether a kiosk would take a bundle, and what it is
    Check {
        /// the bundle
        bundle: PathBuf,
        /// the keys that kiosks know (bundle.pub)
        #[arg(long = "pub", value_name = "PEM")]
        public: PathBuf,
    },
    /// Tells the key to a kiosk's disk
    OpenRecovery {
        /// the office's key (escrow.key)
        #[arg(long)]
        key: PathBuf,
        /// recovery.sealed
        file: PathBuf,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("onedoor-hall: {error}");
            ExitCode::FAILURE
        }
    }
}

fn said(what: impl std::fmt::Display) -> HallError {
    HallError::Said(what.to_string())
}

fn run(command: Command) -> Result<(), HallError> {
    let now = Timestamp::now();
    match command {
        Command::NewKeys { folder, hall } => {
            named(&hall)?;
            hall::new_keys(&folder, &hall, now)
        }
        Command::Approve { ca, request, out, days, name, fingerprint } => {
            if let Some(name) = &name {
                named(name)?;
            }
            let request = seen(&request, fingerprint)?;
            let certificate = hall::approve(&ca, &request, name.as_deref(), days, now)?;
            // It takes the place of the one before: the kiosk asks for it under one name.
            Ok(hall::replace(&out, certificate.as_bytes())?)
        }
        Command::Csr { request, out } => {
            let bytes = read(&request, LONGEST_REQUEST as u64)?;
            Ok(hall::create(&out, request::csr(&bytes).map_err(said)?.as_bytes(), 0o644)?)
        }
        Command::Seal { request, out, name, hall_key, entry_key, fingerprint } => {
            named(&name)?;
            let request = seen(&request, fingerprint)?;
            Ok(hall::replace(&out, &hall::seal(&request, &name, &hall_key, entry_key.as_deref())?)?)
        }
        Command::Bundle { folder, out, key, serial } => {
            let (serial, bytes) = hall::bundle(&folder, &key, serial, now)?;
            hall::replace(&out, &bytes)?;
            hall::made(&folder, serial)?;
            println!("{}: serial {serial}", out.display());
            Ok(())
        }
        Command::Check { bundle, public } => {
            let keys = SigningKeys::from_pem(&read(&public, 64 * 1024)?).map_err(said)?;
            let bundle = Bundle::parse(&read(&bundle, LONGEST_BUNDLE as u64)?, &keys)?;
            let manifest = &bundle.manifest;
            println!("{}: serial {}, issued {}", manifest.hall, manifest.serial, manifest.issued);
            for kiosk in &manifest.kiosk {
                println!("{}  {}", kiosk.fingerprint, kiosk.name);
            }
            Ok(())
        }
        Command::OpenRecovery { key, file } => {
            let pem = Zeroizing::new(read(&key, 64 * 1024)?);
            let key = OpeningKey::from_pem(&pem).ok_or_else(|| said("the key is no X25519 key in PEM"))?;
            let sealed = read(&file, escrow::LONGEST_SEALED as u64)?;
            let recovered = escrow::open(&sealed, &key).map_err(said)?;
            eprintln!("kiosk {}, volume {}", recovered.fingerprint, recovered.volume);
            println!("{}", recovered.key.as_str());
            Ok(())
        }
    }
}

fn named(name: &str) -> Result<(), HallError> {
    if is_name(name) { Ok(()) } else { Err(said("a name has 1 to 40 letters, digits or hyphens")) }
}

/// A request whose fingerprint somebody has compared with what the kiosk shows.
fn seen(path: &Path, fingerprint: Option<Fingerprint>) -> Result<Request, HallError> {
    let request = Request::parse(&read(path, LONGEST_REQUEST as u64)?)
        .map_err(|error| said(format!("{}: {error}", path.display())))?;
    let what = if request.is_renewal() { "a new key for a kiosk" } else { "a kiosk's first request" };
    let board = request.board.as_deref().unwrap_or("unknown");
    eprintln!("{what}, version {}, board {board}, asked {}", request.version, request.asked);
    let typed = match fingerprint {
        Some(fingerprint) => fingerprint,
        None => {
            // It is not shown before it is typed: nobody types off what should be compared.
            eprintln!("type the fingerprint that the kiosk shows:");
            let mut line = String::new();
            io::Read::take(io::stdin().lock(), 200).read_line(&mut line)?;
            line.trim().parse().map_err(said)?
        }
    };
    if typed == request.fingerprint {
        Ok(request)
    } else {
        Err(said(format!("the request is of {}, which is another kiosk", request.fingerprint)))
    }
}
