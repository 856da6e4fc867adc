//! A stand for scans: SANE's own virtual scanners in a folder of configuration of the test's own.

#![allow(dead_code, reason = "each test program uses a part")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use document_scanner::sane::{self, HelperProgram, SaneProfile, SaneScanner};
use document_scanner::{Fault, Request, ScanError, ScanEvent, Scanned, Source, StoredPage};
use link::record::Recorder;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Longer than anything here takes.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Folders for configuration and pages.
pub struct Stand {
    pub dir: TempDir,
    pub program: HelperProgram,
}

impl Stand {
    /// A stand with the back ends `test` and `pnm`.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("sane.d");
        fs::create_dir(&config).unwrap();
        fs::create_dir(dir.path().join("pages")).unwrap();
        fs::write(config.join("dll.conf"), "test\npnm\n").unwrap();
        fs::write(config.join("test.conf"), test_configuration()).unwrap();
        let mut program = HelperProgram::new(env!("CARGO_BIN_EXE_onedoor-sane-helper"));
        program.config_dir = Some(config);
        Self { dir, program }
    }

    /// A scanner with this profile.
    pub fn scanner(&self, profile: &str) -> SaneScanner {
        let profile = SaneProfile::from_toml(profile).unwrap();
        SaneScanner::new(self.program.clone(), profile)
    }

    /// SANE's virtual scanner as its profile treats it, but with this much patience, and a recorder
    /// beside the pipes to its helpers.
    pub fn recorded(&self, piece_ms: u32) -> (SaneScanner, Recorder) {
        let profile = SaneProfile { piece_ms, ..SaneProfile::named("test").with_device("test:0").unwrap() };
        let recorder = sane::recorder(&profile);
        (SaneScanner::recorded(self.program.clone(), profile, recorder.clone()), recorder)
    }

    pub fn pages(&self) -> PathBuf {
        self.dir.path().join("pages")
    }

    /// A request for small pages.
    pub fn request(&self, source: Source) -> Request {
        Request { dpi: 75, ..Request::new(source, self.pages()) }
    }

    /// The names of the files in the folder of pages, in order.
    pub fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.pages()).unwrap();
        let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Puts a misbehaving library before the real one; returns the path of its trigger, which is armed.
    pub fn misbehave(&mut self, how: &str) -> PathBuf {
        let trigger = self.dir.path().join("trigger");
        let library = self.dir.path().join("libsane-odd.so");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/odd/libsane.c");
        let built = Command::new("cc")
            .args(["-Wall", "-Werror", "-shared", "-fPIC", &format!("-D{how}")])
            .arg(format!("-DTRIGGER=\"{}\"", trigger.display()))
            .arg(source)
            .arg("-o")
            .arg(&library)
            // Not only when needed: the functions that are missing here are looked up there.
            .args(["-Wl,--no-as-needed", "-l:libsane.so.1"])
            .status();
        assert!(built.expect("cc; run `make setup`").success(), "run `make setup`");
        self.program.library = Some(library);
        self.arm(&trigger);
        trigger
    }

    pub fn arm(&self, trigger: &Path) {
        fs::write(trigger, "").unwrap();
    }

    /// Puts the library before the real one that misbehaves for as long as a file says how; returns that
    /// file's path. Until it is written all is well.
    pub fn misbehave_while_told(&mut self) -> PathBuf {
        let told = self.misbehave("OPEN");
        fs::remove_file(&told).unwrap();
        told
    }
}

/// `test.conf` for A4 with a small default.
fn test_configuration() -> String {
    "number_of_devices 2\nmode Gray\ndepth 8\nresolution_min 1.0\nresolution_max 1200.0\nresolution_quant 1.0\n\
     resolution 50.0\ngeometry_min 0.0\ngeometry_max 300.0\ngeometry_quant 1.0\nbr_x 210.0\nbr_y 297.0\n"
        .into()
}

/// The result of a scan and the events it told.
pub struct Told {
    pub result: Result<Scanned, ScanError>,
    pub events: Vec<ScanEvent>,
}

impl Told {
    /// The fault and the numbers of the pages that are safe.
    pub fn failed(self) -> (Fault, Vec<u32>) {
        let error = self.result.unwrap_err();
        (error.fault, error.pages_stored.iter().map(|p| p.page).collect())
    }

    /// The pages of a scan that ended well.
    pub fn pages(&self) -> &[StoredPage] {
        &self.result.as_ref().unwrap().pages
    }

    /// The numbers of the pages.
    pub fn numbers(&self) -> Vec<u32> {
        self.pages().iter().map(|p| p.page).collect()
    }
}

/// Scans, with patience.
pub async fn scan(scanner: &SaneScanner, request: &Request) -> Told {
    let (events, mut news) = mpsc::channel(1000);
    let scanned = scanner.scan(request, events, CancellationToken::new());
    let result = tokio::time::timeout(PATIENCE, scanned).await.expect("a scan ends");
    let mut events = vec![];
    while let Ok(event) = news.try_recv() {
        events.push(event);
    }
    Told { result, events }
}

/// The image in a page file: width, height, pixels.
pub fn image(page: &StoredPage, format: turbojpeg::PixelFormat) -> turbojpeg::Image<Vec<u8>> {
    let file = fs::read(&page.path).unwrap();
    assert_eq!(file.len() as u64, page.bytes);
    let image = turbojpeg::decompress(&file, format).unwrap();
    let (width, height) = (image.width as u32, image.height as u32);
    assert_eq!((page.image.width, page.image.height), (width, Some(height)));
    image
}

/// Installed back ends, checked once so that a missing one is not taken for a fault of the driver.
pub static BACK_ENDS: LazyLock<()> = LazyLock::new(|| {
    for folder in ["/usr/lib/x86_64-linux-gnu/sane", "/usr/lib/aarch64-linux-gnu/sane", "/usr/lib/sane"] {
        if Path::new(folder).join("libsane-test.so.1").exists() {
            return;
        }
    }
    panic!("no SANE back ends; run `make setup`");
});
