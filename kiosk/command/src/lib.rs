//! What the program `kiosk` is told, and the commands that need no kiosk.
//!
//! `page`, `verify`, `verify-log` and `verify-report` are for scripts and for anyone's desk as much as for a hall: they
//! need files alone. So they live in a program without screen and devices, which is small, begins at once, and can be given
//! to others. Whatever needs the kiosk, it hands on to the appliance beside it.

mod verify_report;

use std::ffi::OsString;
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

/// One door, one number, one window, one thing done.
#[derive(Debug, Parser)]
#[command(name = "kiosk", version)]
pub struct Arguments {
    /// the configuration file
    #[arg(long, default_value = "/etc/onedoor/kiosk.toml")]
    pub config: PathBuf,
    /// the system of the image is around the kiosk, and lays its configuration out: begin before that is there
    #[arg(long)]
    pub system: bool,
    /// What to do instead of running the kiosk.
    #[command(subcommand)]
    pub instead: Option<Instead>,
}

/// Where the system around the kiosk is stuck.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Stuck {
    /// something of it does not start
    Somewhere,
    /// the data of this machine cannot be opened
    Sealed,
    /// Secure Boot is off, so that there is no place for data
    Insecure,
}

/// What to do instead of running the kiosk.
#[derive(Debug, Subcommand)]
pub enum Instead {
    /// What needs files alone.
    #[command(flatten)]
    Files(Files),
    /// What needs the kiosk's devices, data or drivers.
    #[command(flatten)]
    Kiosk(OfKiosk),
}

/// Commands that need files alone.
#[derive(Debug, Subcommand)]
pub enum Files {
    /// Make scans into clean pages, and those into a PDF/A-2b or an OFD, by the name of the document
    Page {
        /// scans (JPEG), and last the document to write: .pdf, .ofd, or for the pages themselves .jpg or .zip
        #[arg(required = true, num_args = 2.., value_names = ["IN.jpg", "OUT.pdf|OUT.ofd"])]
        files: Vec<PathBuf>,
        /// keep print as bitmaps and all else as small pictures: a twelfth of the size
        #[arg(long)]
        compact: bool,
        /// say what was found on each page as a JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Check that files are what a receipt says was received
    Verify {
        /// the file that `receipt` wrote
        receipt: PathBuf,
        /// documents and pages
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// the store's public key (PEM), to check that it countersigned
        #[arg(long)]
        key: Option<PathBuf>,
    },
    /// Check that a log is whole: every line there, unchanged, and in its place
    VerifyLog {
        /// the folder of the log
        folder: PathBuf,
        /// the key that the kiosk writes it under: a file of 32 bytes
        #[arg(long)]
        key: PathBuf,
    },
    /// Check that a kiosk of the hall signed a readiness report, and say when, and how the kiosk was
    VerifyReport {
        /// the report as JSON or PDF; its signature lies beside it, under the same name with .jws behind
        #[arg(value_name = "REPORT.json|REPORT.pdf")]
        report: PathBuf,
        /// the authority that signs the hall's kiosks (PEM)
        #[arg(long)]
        ca: PathBuf,
        /// fail, too, when the kiosk was not ready
        #[arg(long)]
        ready: bool,
    },
}

/// Commands that need the kiosk's devices, data or drivers.
#[derive(Debug, Subcommand)]
pub enum OfKiosk {
    /// List the devices that are there, and those that are there but not permitted
    Devices,
    /// Perform a fault capsule or a recording again, with the drivers that made it
    Replay {
        /// a file of `kiosk.data/capsules`
        file: PathBuf,
    },
    /// Say how the kiosk is
    Status {
        /// as one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Try what can be tried, by the running kiosk or without one; done well only if everything has passed
    Diagnose {
        /// one device: reader, printer, scanner, slot, code-scanner, company-key, store or kiosk
        device: Option<String>,
        /// as one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Say whether nobody is at the kiosk; done well only then
    Idle,
    /// Say whether this version is good: screen up, every device heard of, databases fit for the version before
    Good {
        /// ask again for so many seconds
        #[arg(long, value_name = "SECONDS", default_value_t = 0)]
        within: u64,
    },
    /// Show that nobody is served here, and why; for the system around the kiosk, when it has no more than a screen
    Closed {
        /// where it is stuck
        stuck: Stuck,
        /// as the system says it
        why: String,
    },
    /// Make a readiness report, signed with the kiosk's key: how it is, and what came of every test that needs nobody
    ExportReport {
        /// the folder that its four files are written to
        folder: PathBuf,
    },
    /// Write down what was received of a visit, as a file that `verify` reads
    Receipt {
        /// the visit, or the code on its printed receipt
        #[arg(value_name = "VISIT|CODE")]
        visit: String,
    },
}

/// What ends a command with a message.
pub type Fatal = Box<dyn std::error::Error>;

impl Files {
    /// Does what is asked.
    ///
    /// # Errors
    /// With a message that names the file, or says that files and receipt do not agree, that a log is not
    /// whole, or that a report is not what a kiosk signed.
    pub fn perform(&self) -> Result<(), Fatal> {
        match self {
            Self::Page { files, compact, json } => page(files, *compact, *json),
            Self::Verify { receipt, files, key } => verify(receipt, files, key.as_deref()),
            Self::VerifyLog { folder, key } => verify_log(folder, key),
            Self::VerifyReport { report, ca, ready } => verify_report::verify_report(report, ca, *ready),
        }
    }
}

/// The same scans give the same bytes, so the document tells of no time: the beginning of 1970 stands
/// for none.
fn page(files: &[PathBuf], compact: bool, json: bool) -> Result<(), Fatal> {
    let Some((out, scans)) = files.split_last() else { return Err("name scans and a document".into()) };
    let title = out.file_stem().and_then(|name| name.to_str()).unwrap_or("document");
    let created = documents::Created::new((1970, 1, 1), (0, 0, 0), 0)?;
    let meta = documents::Meta::new(title, created, env!("CARGO_PKG_VERSION"), title)?;
    let compression =
        if compact { documents::Compression::Compact } else { documents::Compression::Faithful };
    let form = if json { documents::Form::Json } else { documents::Form::Text };
    print([documents::page_command(scans, out, &meta, compression, form)?])
}

fn verify(receipt: &Path, files: &[PathBuf], key: Option<&Path>) -> Result<(), Fatal> {
    let key = key.map(store::CustodyKey::load).transpose()?;
    let report = store::custody::verify_command(receipt, files, key.as_ref())?;
    print([report.to_string()])?;
    if report.holds() { Ok(()) } else { Err("the files and the receipt do not agree".into()) }
}

fn verify_log(folder: &Path, key: &Path) -> Result<(), Fatal> {
    let report = log_book::verify(folder, &log_book::LogKey::load(key, folder)?)?;
    print([report.to_string()])?;
    if report.is_whole() { Ok(()) } else { Err("the log is not whole".into()) }
}

/// Writes to standard output. Whoever has read enough, such as `head`, closes it, and that is no error.
///
/// # Errors
/// When it cannot be written to.
pub fn print(lines: impl IntoIterator<Item = String>) -> Result<(), Fatal> {
    let mut out = std::io::stdout().lock();
    for line in lines {
        match out.write_all(line.as_bytes()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => break,
            written => written?,
        }
    }
    Ok(())
}

/// What a command comes to: its error is said on standard error.
pub fn exit(done: Result<(), Fatal>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kiosk: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The log of a program, on standard error: what is at least as grave as `least`, unless `RUST_LOG` says
/// otherwise.
pub fn log(least: tracing::Level) {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::builder().with_default_directive(least.into()).from_env_lossy(),
        )
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}

/// The program that is the kiosk, beside this one.
pub const APPLIANCE: &str = "kiosk-appliance";

/// Becomes the appliance, told the same; returns only if that cannot be.
pub fn become_appliance(arguments: impl IntoIterator<Item = OsString>) -> Fatal {
    use std::os::unix::process::CommandExt;
    let program = match std::env::current_exe() {
        Ok(own) => own.with_file_name(APPLIANCE),
        Err(error) => return format!("where this program lies cannot be told: {error}").into(),
    };
    let error = std::process::Command::new(&program).args(arguments).exec();
    format!(
        "{} cannot be started ({error}); without it there are the commands `page`, `verify`, `verify-log` and \
         `verify-report` alone",
        program.display()
    )
    .into()
}
