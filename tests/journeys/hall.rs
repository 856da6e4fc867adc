//! A hall for one journey: a process of its own, a folder of its own, a free port.

pub use hands::{Ticket, elements, enabled, name, says, says_word, texts, tickets, word};

use hands::{GLANCE, Hands, PATIENCE};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// How long a killed kiosk may take to be gone.
const TURN: Duration = Duration::from_secs(2);
/// Where the hall's standard error goes, in the journey's own folder.
const LOG: &str = "hall.log";
/// The sample papers, drawn once for all journeys: that is most of the time a hall takes to open.
static PAPERS: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let drawn = emulators::papers::draw_all(folder.path()).expect("papers");
    let file = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        (name.to_owned(), std::fs::read(path).expect("a paper"))
    };
    drawn.iter().map(file).collect()
});

/// Before the night.
const EVENING: &str = "01:00";

/// Whether it is three at the hall, or soon will be: then the kiosk tests itself, and what it sends to the store stands
/// in the way of journeys that count bytes and calls. One journey is about that, and sets the clock itself.
fn is_night() -> bool {
    let there = jiff::tz::offset(8);
    (2..=3).contains(&there.to_datetime(jiff::Timestamp::now()).hour())
}

/// How a hall is opened.
#[derive(Default)]
pub struct Opening {
    arguments: Vec<String>,
    settings: Option<String>,
    folder: Option<PathBuf>,
    slot: bool,
}

impl Opening {
    /// With a slot for social-security cards, which takes a moment to start.
    pub fn with_slot(mut self) -> Self {
        self.slot = true;
        self
    }

    /// Another argument of the program.
    pub fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(ToString::to_string));
        self
    }

    /// Settings of the kiosk (TOML) that replace the hall's own.
    pub fn settings(mut self, toml: &str) -> Self {
        self.settings = Some(toml.to_owned());
        self
    }

    /// On the state of an earlier hall.
    pub fn on(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.to_owned());
        self
    }

    /// Opens it and waits until the kiosk shows its first screen.
    pub fn open(self) -> Hall {
        let hall = self.start();
        hall.wait("the first screen", |state| name(state) == "home");
        hall
    }

    /// Opens it and waits for the dock only.
    pub fn start(self) -> Hall {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = self.folder.unwrap_or_else(|| temporary.path().join("hall"));
        let papers = folder.join("papers");
        std::fs::create_dir_all(&papers).expect("a folder");
        for (name, jpeg) in PAPERS.iter().filter(|(name, _)| !papers.join(name).exists()) {
            std::fs::write(papers.join(name), jpeg).expect("a paper");
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_hall"));
        command.args(["--dock", "127.0.0.1:0", "--no-window", "--data"]).arg(&folder).args(&self.arguments);
        if !self.slot {
            command.arg("--no-slot");
        }
        if !self.arguments.iter().any(|argument| argument == "--clock") && is_night() {
            command.args(["--clock", EVENING]);
        }
        if let Some(settings) = &self.settings {
            let file = temporary.path().join("settings.toml");
            std::fs::write(&file, settings).expect("settings");
            command.arg("--config").arg(file);
        }
        // Shown only when the journey fails; journeys look in it for what must not be there.
        let log = std::fs::File::create(temporary.path().join(LOG)).expect("a log");
        let mut process = command.stdout(Stdio::piped()).stderr(log).spawn().expect("the hall's program");
        let mut first = String::new();
        BufReader::new(process.stdout.take().expect("its output"))
            .read_line(&mut first)
            .expect("its first line");
        let address = first.trim().rsplit('/').next().unwrap_or_default().to_owned();
        let said = std::fs::read_to_string(temporary.path().join(LOG)).unwrap_or_default();
        assert!(address.contains(':'), "the hall did not open; it said {first:?} {said}");
        Hall { process, hands: Hands::at(address), folder, _temporary: temporary }
    }
}

/// An open hall; shut and cleared away when dropped.
pub struct Hall {
    process: Child,
    hands: Hands,
    folder: PathBuf,
    _temporary: tempfile::TempDir,
}

impl Hall {
    /// The sample hall on a fresh folder.
    pub fn open() -> Self {
        Opening::default().open()
    }

    /// All the state there is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The process of the hall itself.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The process of the kiosk, the hall's only child; `None` while there is none.
    pub fn kiosk_pid(&self) -> Option<u32> {
        let processes = std::fs::read_dir("/proc").expect("/proc").flatten();
        processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()).find(|pid| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            // After the program's name, which may hold anything: state, parent.
            let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1));
            parent.is_some_and(|parent| parent == self.pid().to_string())
        })
    }

    /// What hall and kiosk have logged so far.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(self._temporary.path().join(LOG)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// As a power cut: hall and kiosk are killed; the folder stays. Returns where it is.
    pub fn kill(mut self) -> (PathBuf, tempfile::TempDir) {
        self.end();
        let folder = self.folder.clone();
        let spare = tempfile::tempdir().expect("a folder");
        (folder, std::mem::replace(&mut self._temporary, spare))
    }

    fn end(&mut self) {
        let kiosk = self.kiosk_pid();
        let _ = self.process.kill();
        let _ = self.process.wait();
        // The kiosk dies with the hall, a moment later; until then the folder is its own.
        let end = Instant::now() + TURN;
        while kiosk.is_some_and(runs) && Instant::now() < end {
            std::thread::sleep(GLANCE);
        }
    }

    /// Waits until the hall has died by itself.
    pub fn wait_dead(&mut self) {
        let end = Instant::now() + PATIENCE;
        while self.process.try_wait().expect("its state").is_none() {
            assert!(Instant::now() < end, "the hall lives on");
            std::thread::sleep(GLANCE);
        }
    }

    /// Asks the hall to end, and how long that took.
    pub fn terminate(mut self) -> Duration {
        let start = Instant::now();
        let pid = rustix::process::Pid::from_raw(self.process.id().cast_signed()).expect("a pid");
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("a signal");
        self.wait_dead();
        start.elapsed()
    }
}

impl std::ops::Deref for Hall {
    type Target = Hands;

    fn deref(&self) -> &Hands {
        &self.hands
    }
}

impl Drop for Hall {
    fn drop(&mut self) {
        self.end();
        if std::thread::panicking() {
            println!("--- what the hall logged\n{}", self.log());
        }
    }
}

/// Whether a process is there and not just waiting to be counted.
pub fn runs(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}
