//! The driver against a printer that knows nothing of it: emupos 0.4 (PyPI), on a socket as printers
//! have it on port 9100. ZBar reads the codes it prints.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use link::TcpLink;
use ticket_printer::{
    BuiltInFont, Encoder, Evidence, Fault, FontFile, JobId, LineSpeed, Outcome, Paper, PrintRefused, Printer,
    PrinterError, Profile, Proofs, Status, UnknownReason, sample,
};

/// How long another program may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const NOTO: &str = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc";

/// An emupos of one test's own.
struct Emupos {
    process: Child,
    folder: PathBuf,
    printer: SocketAddr,
    control: SocketAddr,
}

impl Emupos {
    /// `None` where it is not installed.
    fn start(test: &str) -> Option<Self> {
        let Some(home) = home() else {
            println!(
                "SKIPPED: emupos 0.4.0 is not installed (it needs Python 3.13 or newer; run `make setup`)"
            );
            return None;
        };
        let folder = std::env::temp_dir().join(format!("emupos-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let (printer, control) = (free_port(), free_port());
        let config = format!(
            "schema: 1\napi: {{ port: {} }}\ndevices:\n  - {{ id: front, type: printer, profile: epson-tm-t20iii, \
             receipts_dir: ./receipts, connections: [{{ tcp: {{ port: {} }} }}] }}\n",
            control.port(),
            printer.port()
        );
        std::fs::write(folder.join("emupos.yaml"), config).expect("a configuration");
        let said = File::create(folder.join("said")).expect("a file");
        let process = Command::new(home.join("bin/emupos"))
            .args(["run", "--config"])
            .arg(folder.join("emupos.yaml"))
            .env("TMPDIR", &folder)
            .stdin(Stdio::null())
            .stderr(said.try_clone().expect("a file"))
            .stdout(said)
            .spawn()
            .expect("emupos");
        let emupos = Self { process, folder, printer, control };
        emupos.wait("its printer", || {
            TcpStream::connect(printer).is_ok() && TcpStream::connect(control).is_ok()
        });
        Some(emupos)
    }

    fn wait(&self, what: &str, wanted: impl Fn() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !wanted() {
            let said = std::fs::read_to_string(self.folder.join("said")).unwrap_or_default();
            assert!(Instant::now() < end, "waited in vain for {what}; emupos said\n{said}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Makes or mends a fault, by its control interface.
    fn fault(&self, method: &str, fault: &str) {
        let mut control = TcpStream::connect(self.control).expect("its control interface");
        let request = format!(
            "{method} /api/v1/devices/front/faults/{fault} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\
             Connection: close\r\n\r\n"
        );
        control.write_all(request.as_bytes()).expect("asked");
        let mut answer = String::new();
        control.read_to_string(&mut answer).expect("answered");
        assert!(answer.starts_with("HTTP/1.1 204"), "{method} {fault}: {answer}");
    }

    /// The pictures of its receipts, the oldest first; it writes the description of each last.
    fn pictures(&self) -> Vec<PathBuf> {
        let files = std::fs::read_dir(self.folder.join("receipts")).into_iter().flatten().flatten();
        let described =
            files.map(|file| file.path()).filter(|path| path.extension().is_some_and(|e| e == "json"));
        let mut pictures: Vec<PathBuf> = described.map(|path| path.with_extension("png")).collect();
        pictures.sort();
        pictures
    }

    fn open(&self, profile: Profile) -> Printer<TcpLink> {
        let link = TcpLink::connect(self.printer, Instant::now() + PATIENCE).expect("its socket");
        Printer::over(link, profile, LineSpeed::Unpaced)
    }
}

impl Drop for Emupos {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Its status. It renders in the thread that answers, and a busy machine may keep it from answering in
/// time: then it is asked again.
fn asked(printer: &mut Printer<TcpLink>) -> Result<Status, PrintRefused> {
    let end = Instant::now() + PATIENCE;
    loop {
        match printer.preflight() {
            Err(PrintRefused::Printer(PrinterError::NoAnswer { .. })) if Instant::now() < end => {}
            answer => return answer,
        }
    }
}

fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port")
}

/// Where tests/peers/setup-emupos puts it.
fn home() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").filter(|c| !c.is_empty()).map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
    let home = cache.join("onedoor/emupos-0.4.0");
    home.join("bin/emupos").exists().then_some(home)
}

fn epson() -> Profile {
    Profile { reply_timeout: Duration::from_secs(20), ..Profile::named("epson-tm-compatible") }
}

#[test]
fn another_printer_says_how_it_is_and_who_it_is() {
    let Some(emupos) = Emupos::start("status") else { return };
    let mut printer = emupos.open(epson());
    printer.init().expect("sent");
    let status = asked(&mut printer).expect("well");
    assert_eq!(status.paper(), Paper::Ok);

    let id = printer.identify().expect("asked");
    let known = Profile::identified(&id).map(|profile| profile.model);
    assert_eq!(known.as_deref(), Some("epson-tm-compatible"), "{id:?}");

    emupos.fault("PUT", "paper-near-end");
    assert_eq!(asked(&mut printer).expect("prints on").paper(), Paper::Low);
    emupos.fault("DELETE", "paper-near-end");
    for (fault, said) in
        [("paper-out", Fault::PaperOut), ("cover-open", Fault::CoverOpen), ("offline", Fault::Offline)]
    {
        emupos.fault("PUT", fault);
        match asked(&mut printer) {
            Err(PrintRefused::Fault(found)) => assert_eq!(found, said),
            other => panic!("{fault}: {other:?}"),
        }
        // Found in mid-ticket it is the reason. (Off line it is waited for: somebody may let go of it.)
        if said != Fault::Offline {
            let outcome = printer.finish(b"A048\n", JobId::new(1), &mut |_| {});
            assert!(
                matches!(outcome, Outcome::FailedBeforeSending(PrintRefused::Fault(found)) if found == said)
                    || matches!(outcome, Outcome::Unknown(_, UnknownReason::Fault(found)) if found == said),
                "{fault}: {outcome:?}"
            );
        }
        emupos.fault("DELETE", fault);
        printer = emupos.open(epson());
        printer.init().expect("sent");
        assert!(asked(&mut printer).is_ok(), "{fault} was mended");
    }
}

/// It knows no GS ( H: a profile that promises it is found out, and the right one prints. What it
/// printed of the codes is read by another program, whoever drew them.
#[test]
fn another_printer_prints_what_other_programs_read() {
    let Some(emupos) = Emupos::start("print") else { return };
    let mut printer = emupos.open(Profile { proof_timeout: Duration::from_secs(2), ..epson() });
    let ticket = Encoder::new(epson(), None).encode(&sample::ticket());
    asked(&mut printer).expect("well");
    printer.begin(&ticket.header).expect("sent");
    let outcome = printer.finish(&ticket.body, JobId::new(1), &mut |_| {});
    assert!(
        matches!(
            outcome,
            Outcome::Unknown(Evidence::QueuedStatusAnswered, UnknownReason::ProofNeverComes { .. })
        ),
        "{outcome:?}"
    );
    assert_eq!(printer.proofs(), Proofs::Missing);

    printer.set_profile(epson().without_process_id());
    let font = FontFile::open(NOTO, FontFile::NOTO_SANS_CJK_SC).expect("the font; run `make setup`");
    let dots = Profile { font: BuiltInFont::None, ..Profile::generic() };
    let ticket = Encoder::new(dots, Some(font)).encode(&sample::ticket_with_rules());
    asked(&mut printer).expect("well");
    printer.begin(&ticket.header).expect("sent");
    let outcome = printer.finish(&ticket.body, JobId::new(2), &mut |_| {});
    assert!(matches!(outcome, Outcome::Sent(Evidence::QueuedStatusAnswered)), "{outcome:?}");

    emupos.wait("two receipts", || emupos.pictures().len() == 2);
    for picture in emupos.pictures() {
        let read = Command::new("zbarimg")
            .args(["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable"])
            .arg(&picture)
            .output()
            .expect("zbarimg of zbar-tools; run `make setup`");
        assert_eq!(String::from_utf8_lossy(&read.stdout).trim(), sample::QR, "{}", picture.display());
    }
}
