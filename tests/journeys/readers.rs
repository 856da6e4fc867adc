//! The ticket before readers that know nothing of this product: emupos 0.4 (PyPI), a printer that
//! interprets ESC/POS and draws what it prints, and ZBar, which reads QR codes.

use crate::hall::{Hall, Opening, says};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const RESTAURANT: &str = "package.open-restaurant";
/// How long another program may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(40);

/// What ZBar reads in a picture.
fn qr_of(picture: &Path) -> String {
    let read = Command::new("zbarimg")
        .args(["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable"])
        .arg(picture)
        .output()
        .expect("zbarimg of zbar-tools");
    String::from_utf8(read.stdout).expect("text").trim().to_owned()
}

/// What the printer's own reading of the bytes says is in the code.
fn told_in(text: &str) -> String {
    let line = text.lines().find_map(|line| line.trim().strip_prefix("[QR "));
    line.and_then(|rest| rest.strip_suffix(']')).expect("a QR code").to_owned()
}

/// The name of the last visit in the ledger, as lower-case hexadecimal digits.
fn visit(hall: &Hall) -> String {
    let db = rusqlite::Connection::open(hall.folder().join("kiosk/queue/numbers.db")).expect("the ledger");
    let sql = "SELECT lower(hex(token)) FROM visit ORDER BY id DESC LIMIT 1";
    db.query_row(sql, [], |row| row.get(0)).expect("a visit")
}

/// "Its QR decoded by an independent reader": from the picture of the paper; it holds the visit's
/// name and nothing else, and the one on the screen, when there is no paper, is the same.
#[test]
fn the_qr_code_is_read_by_another_program() {
    let hall = Hall::open();
    let folder = tempfile::tempdir().expect("a folder");
    hall.take_number("man", RESTAURANT);
    let picture = folder.path().join("ticket.png");
    std::fs::write(&picture, hall.get("/api/tickets/1.png")).expect("a picture");
    let read = qr_of(&picture);
    assert_eq!(read, told_in(&hall.ticket_text(1)));
    assert_eq!(read.replace('-', "").to_lowercase(), visit(&hall), "the visit's name in the ledger");

    hall.post("/api/printer", serde_json::json!({"paper": "out"}));
    hall.identify("home.number", "man");
    hall.touch("confirm");
    hall.wait_word("number.qr");
    let screen = folder.path().join("screen.png");
    std::fs::write(&screen, hall.get("/api/screen.png")).expect("a picture");
    assert_eq!(qr_of(&screen), read, "the code on the screen");
}

/// An emupos of this journey's own; its printers hang on ptys in `folder`.
struct Emupos {
    process: Child,
    folder: tempfile::TempDir,
}

impl Emupos {
    /// `None` where it is not installed.
    fn start(devices: &[&str]) -> Option<Self> {
        let program = home()?.join("bin/emupos");
        let folder = tempfile::tempdir().expect("a folder");
        // Its control interface wants a port; nobody uses it.
        let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port");
        let mut config = format!("schema: 1\napi: {{ port: {} }}\ndevices:\n", free.port());
        for id in devices {
            config.push_str(&format!(
                "  - {{ id: {id}, type: printer, profile: epson-tm-t20iii, receipts_dir: ./{id}, \
                 connections: [{{ serial: {{ pty: true, link: {id} }} }}] }}\n"
            ));
        }
        let file = folder.path().join("emupos.yaml");
        std::fs::write(&file, config).expect("a configuration");
        let said = File::create(folder.path().join("said")).expect("a file");
        let process = Command::new(program)
            .args(["run", "--config"])
            .arg(&file)
            .env("TMPDIR", folder.path())
            .env("COLUMNS", "4000")
            .stdin(Stdio::null())
            .stderr(said.try_clone().expect("a file"))
            .stdout(said)
            .spawn()
            .expect("emupos");
        let emupos = Self { process, folder };
        for id in devices {
            emupos.wait("its printers", || emupos.port(id).exists() && answers(&emupos.port(id)));
        }
        Some(emupos)
    }

    fn port(&self, id: &str) -> PathBuf {
        self.folder.path().join("emupos").join(id)
    }

    fn said(&self) -> String {
        let bytes = std::fs::read(self.folder.path().join("said")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn wait(&self, what: &str, wanted: impl Fn() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !wanted() {
            assert!(Instant::now() < end, "waited in vain for {what}; emupos said\n{}", self.said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for a printer's first receipt, whole: its picture, and its text put back into Chinese.
    fn receipt(&self, id: &str) -> (PathBuf, String) {
        let of = |ending: &str| {
            let files = std::fs::read_dir(self.folder.path().join(id)).ok()?.flatten();
            files.map(|file| file.path()).find(|path| path.extension().is_some_and(|e| e == ending))
        };
        // The description is written last.
        self.wait("a receipt", || of("json").is_some());
        let text = of("txt").expect("a text");
        // It knows no Chinese and shows each byte in code page 437; from there it comes back whole.
        let script = "import sys; t = open(sys.argv[1], encoding='utf-8').read(); \
                      sys.stdout.buffer.write(t.encode('cp437', 'replace').decode('gbk', 'replace').encode())";
        let python = home().expect("it").join("bin/python");
        let back = Command::new(python).args(["-c", script]).arg(text).output().expect("python");
        assert!(back.status.success(), "{}", String::from_utf8_lossy(&back.stderr));
        (of("png").expect("a picture"), String::from_utf8(back.stdout).expect("text"))
    }
}

impl Drop for Emupos {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Whether a printer on this line says how it is. Its line is there before it listens, and a kiosk that
/// gets no answer takes it for broken and sends thousands of bytes, which keep a slow program busy.
fn answers(port: &Path) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let asked = || -> std::io::Result<bool> {
        let mut line = File::options().read(true).write(true).open(port)?;
        let mut raw = rustix::termios::tcgetattr(&line)?;
        raw.make_raw();
        rustix::termios::tcsetattr(&line, rustix::termios::OptionalActions::Now, &raw)?;
        line.write_all(&[0x10, 0x04, 0x01])?;
        let second = Timespec { tv_sec: 1, tv_nsec: 0 };
        Ok(poll(&mut [PollFd::new(&line, PollFlags::IN)], Some(&second))? == 1)
    };
    asked().unwrap_or(false)
}

/// Where tests/peers/setup-emupos puts it.
fn home() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").filter(|c| !c.is_empty()).map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
    let home = cache.join("onedoor/emupos-0.4.0");
    home.join("bin/emupos").exists().then_some(home)
}

/// "The ticket accepted by an independent ESC/POS emulator": the kiosk prints to emupos itself, over a
/// serial line, and asks it how it is; and the bytes that the hall's own printer received mean the
/// same to it.
#[test]
fn another_printer_prints_the_same_ticket() {
    let Some(emupos) = Emupos::start(&["live", "again"]) else {
        println!("SKIPPED: emupos 0.4.0 is not installed (it needs Python 3.13 or newer)");
        return;
    };
    let settings =
        format!("[printer]\nprofile = \"generic\"\nport = \"serial:{}\"\n", emupos.port("live").display());
    let hall = Opening::default().settings(&settings).open();
    // Nothing is said of a printer that has not been asked yet; this program is slow to start.
    hall.wait("the printer well", |_| hall.log().contains("ticket printer: ready"));
    hall.identify("home.number", "man");
    hall.touch(RESTAURANT);
    hall.touch("confirm");
    let state = hall.wait_word("number.sent.title");
    assert!(says(&state, "A001"));
    check(&emupos, "live", &visit(&hall));
    drop(hall);

    let hall = Hall::open();
    hall.take_number("man", RESTAURANT);
    std::fs::write(emupos.port("again"), hall.get("/api/tickets/1.bin")).expect("its line");
    check(&emupos, "again", &visit(&hall));

    // The one thing that it does not know is the command by which a ticket is proven, GS ( H.
    let said = emupos.said();
    let unknown: Vec<&str> = said.lines().filter(|line| line.contains("unknown")).collect();
    let strange: Vec<_> = unknown.iter().filter(|line| !line.contains("1d 28 48")).collect();
    assert!(strange.is_empty(), "{strange:#?}");
}

fn check(emupos: &Emupos, id: &str, visit: &str) {
    let (picture, text) = emupos.receipt(id);
    for wanted in ["嘉定区政务服务中心", "A001", "开饭店", "请准备好", "窗口"] {
        assert!(text.contains(wanted), "{wanted} is missing:\n{text}");
    }
    assert_eq!(qr_of(&picture).replace('-', "").to_lowercase(), visit, "the code that it drew");
}
