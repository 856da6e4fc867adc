//! The program as it is, by its messages.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use sane_helper::{
    Constraint, Kind, LENGTH_BYTES, PROTOCOL, Refusal, Reply, Request, Status, Unit, Value, body_length,
};
use tempfile::TempDir;

/// A helper with the back end `test`, and nobody in between.
struct Helper {
    child: Child,
    to: ChildStdin,
    from: ChildStdout,
    _config: TempDir,
}

impl Helper {
    fn start() -> Self {
        let config = tempfile::tempdir().unwrap();
        fs::write(config.path().join("dll.conf"), "test\n").unwrap();
        fs::write(config.path().join("test.conf"), "geometry_max 300\nresolution_max 1200\n").unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_onedoor-sane-helper"))
            .env("SANE_CONFIG_DIR", config.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut helper = Self { child, to, from, _config: config };
        assert!(matches!(helper.reply(), Reply::Ready { protocol: PROTOCOL, sane: (1, _, _) }));
        helper
    }

    fn reply(&mut self) -> Reply {
        let mut prefix = [0; LENGTH_BYTES];
        self.from.read_exact(&mut prefix).unwrap();
        let mut frame = vec![0; body_length(prefix).unwrap()];
        self.from.read_exact(&mut frame).unwrap();
        Reply::decode(&frame).unwrap()
    }

    fn ask(&mut self, request: &Request) -> Reply {
        self.to.write_all(&request.encode().unwrap()).unwrap();
        self.reply()
    }

    fn set(&mut self, option: &str, value: Value) -> Reply {
        self.ask(&Request::Set { option: option.into(), value })
    }

    fn open(&mut self) {
        assert_eq!(self.ask(&Request::Open { device: "test:0".into() }), Reply::Done, "run `make setup`");
    }

    /// The most memory that the program has had, in KiB.
    fn peak(&self) -> u64 {
        let path = Path::new("/proc").join(self.child.id().to_string()).join("status");
        let status = fs::read_to_string(path).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn options_are_described_set_and_read_back() {
    let mut helper = Helper::start();
    helper.open();
    let Reply::Options(options) = helper.ask(&Request::Options) else { panic!("no options") };
    let find = |name: &str| options.iter().find(|o| o.name == name).unwrap_or_else(|| panic!("no {name}"));
    let source = find("source");
    assert_eq!((source.kind, source.settable, source.readable), (Kind::Text, true, true));
    let sources = ["Flatbed", "Automatic Document Feeder"].map(String::from).to_vec();
    assert_eq!(source.constraint, Constraint::Texts(sources));
    assert_eq!(find("depth").constraint, Constraint::Numbers(vec![1, 8, 16]));
    let width = find("br-x");
    assert_eq!((width.kind, width.unit), (Kind::Fixed, Unit::Mm));
    assert_eq!(width.constraint, Constraint::Range { min: 0, max: 300 << 16, step: 1 << 16 });
    assert!(!find("three-pass").settable, "it is for colour alone");
    assert!(options.iter().all(|o| o.name != "gamma-table"), "tables are no values");

    assert_eq!(helper.set("resolution", Value::Fixed(150 << 16)), Reply::Value(Value::Fixed(150 << 16)));
    let get = Request::Get { option: "resolution".into() };
    assert_eq!(helper.ask(&get), Reply::Value(Value::Fixed(150 << 16)));
    let wrong = Refusal::WrongKind { option: "resolution".into() };
    assert_eq!(helper.set("resolution", Value::Int(150)), Reply::Refused(wrong));
    let missing = Refusal::NoSuchOption { option: "three-pass".into() };
    assert_eq!(helper.set("three-pass", Value::Bool(true)), Reply::Refused(missing));
}

#[test]
fn requests_out_of_order_and_unreadable_ones_are_refused_and_the_next_is_answered() {
    let mut helper = Helper::start();
    for request in [Request::Options, Request::Start { dpi: 300 }, Request::Read, Request::Cancel] {
        assert_eq!(helper.ask(&request), Reply::Refused(Refusal::OutOfOrder), "{request:?}");
    }
    assert_eq!(helper.ask(&Request::Open { device: "test:9".into() }), Reply::Failed(Status::Inval));
    helper.to.write_all(b"\0\0\0\x03J{}").unwrap();
    assert!(matches!(helper.reply(), Reply::Refused(Refusal::Request { .. })));
    helper.open();
    assert_eq!(helper.ask(&Request::Read), Reply::Refused(Refusal::OutOfOrder));
    assert_eq!(helper.ask(&Request::Close), Reply::Done);
    assert_eq!(helper.ask(&Request::Options), Reply::Refused(Refusal::OutOfOrder));
    // After a wrong length nothing can be told apart any more.
    helper.to.write_all(&[0xFF; 4]).unwrap();
    assert!(helper.child.wait().unwrap().success());
}

#[test]
fn three_passes_are_refused() {
    let mut helper = Helper::start();
    helper.open();
    helper.set("mode", Value::Text("Color".into()));
    assert_eq!(helper.set("three-pass", Value::Bool(true)), Reply::Value(Value::Bool(true)));
    let refused = Refusal::Image { what: "one colour after the other".into() };
    assert_eq!(helper.ask(&Request::Start { dpi: 50 }), Reply::Refused(refused));
}

#[test]
fn a_page_of_a_hundred_megabytes_takes_a_fraction_of_it() {
    let mut helper = Helper::start();
    helper.open();
    helper.set("mode", Value::Text("Color".into()));
    helper.set("test-picture", Value::Text("Color pattern".into()));
    helper.set("resolution", Value::Fixed(600 << 16));
    helper.set("br-x", Value::Fixed(210 << 16));
    helper.set("br-y", Value::Fixed(297 << 16));
    let before = helper.peak();
    let Reply::Started { width, lines: Some(lines), color: true } = helper.ask(&Request::Start { dpi: 600 })
    else {
        panic!("no page")
    };
    assert!(width * lines * 3 > 100_000_000, "{width} × {lines}");
    let mut bytes = 0;
    let came = loop {
        match helper.ask(&Request::Read) {
            Reply::Piece(piece) => bytes += piece.len(),
            Reply::PageEnd { lines, .. } => break u32::from(lines),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(came, lines);
    let grown = helper.peak() - before;
    assert!(bytes > 500_000 && grown < 12_000, "{bytes} bytes of a page cost {grown} KiB");
}
