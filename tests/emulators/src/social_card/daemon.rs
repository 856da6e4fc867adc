//! A pcscd of one's own: its own socket, its own reader configuration, its own vpcd ports.
//!
//! The system's pcscd, its socket and its readers are left alone, so that any number of these run side
//! by side. Clients find it through the environment variable `PCSCLITE_CSOCK_NAME`, which libpcsclite
//! reads **once a process**: a process that is to use this daemon must be started with it set, and one
//! process uses one daemon's path for all its life. (Restarting the daemon keeps its path.)
//!
//! vpcd listens for cards on every address of the machine, not on the loopback address alone.
//!
//! The one thing shared is `/run/pcscd/pcscd.pid`, a note for `pcscd --hotplug`, which any pcscd that
//! may write there does.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// vpcd's driver as the Debian package installs it.
const DRIVER: &str = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";

/// How long pcscd may take until it is ready, or to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// Slots of one vpcd reader, each on a port of its own.
const SLOTS: u16 = 2;

/// Ports are taken below those that the system hands to outgoing connections.
const PORTS: std::ops::Range<u16> = 15_000..19_000;

/// Why there is no pcscd.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// It cannot be started at all.
    #[error("pcscd cannot be started in {folder}: {error}; run `make setup`")]
    Start {
        /// where its socket and configuration were to be
        folder: PathBuf,
        /// what the system said
        error: io::Error,
    },
    /// It ended, or was not ready in time.
    #[error("pcscd did not become ready, its last words: {0}")]
    NotReady(String),
}

/// What the shell does that becomes pcscd. Beside it a watcher ends pcscd with whoever started it, who
/// may be killed without a chance to do so himself.
const LAUNCH: &str = r#"
    exec 3<&0 0</dev/null
    (while kill -0 $PPID && kill -0 $$; do sleep 1; done; kill -KILL $$) >/dev/null 2>&1 3<&- &
    export LISTEN_FDS=1 LISTEN_PID=$$
    exec pcscd --foreground --info --config "$1"
"#;

/// How long a process may take to stop.
const STOPS_IN: Duration = Duration::from_secs(10);

/// Whether every thread of a process is stopped (proc(5), the state after the program's name).
fn has_stopped(pid: Pid) -> io::Result<bool> {
    for thread in fs::read_dir(format!("/proc/{}/task", pid.as_raw_nonzero()))? {
        let stat = fs::read_to_string(thread?.path().join("stat")).unwrap_or_default();
        let state = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().next());
        // A thread that has gone meanwhile answers nobody.
        if state.is_some_and(|state| state != "T") {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A private pcscd with a vpcd reader of two slots. Ended by its process id when dropped.
pub struct PcscDaemon {
    folder: PathBuf,
    port: u16,
    running: Option<Running>,
}

struct Running {
    child: Child,
    /// Reads what pcscd says until it ends, so that it never blocks on its own log.
    listener: Option<JoinHandle<()>>,
}

impl PcscDaemon {
    /// Where the socket of a daemon in `folder` is: the value for `PCSCLITE_CSOCK_NAME`.
    #[must_use]
    pub fn socket_in(folder: &Path) -> PathBuf {
        folder.join("pcscd.comm")
    }

    /// Starts a daemon whose socket and configuration lie in `folder`, and waits until it is ready.
    ///
    /// # Errors
    /// [`DaemonError`], most often because pcscd or vpcd is not installed.
    pub fn start(folder: &Path) -> Result<Self, DaemonError> {
        let mut daemon = Self { folder: folder.to_owned(), port: 0, running: None };
        let failed = |error| DaemonError::Start { folder: folder.to_owned(), error };
        if !Path::new(DRIVER).exists() {
            return Err(failed(io::Error::new(io::ErrorKind::NotFound, format!("there is no {DRIVER}"))));
        }
        fs::create_dir_all(daemon.configuration()).map_err(failed)?;
        // Where it looks for drivers of USB readers, of which it is to take none.
        fs::create_dir_all(daemon.no_drivers()).map_err(failed)?;
        daemon.port = free_ports().map_err(failed)?;
        daemon.start_again()?;
        Ok(daemon)
    }

    /// Its socket: the value for `PCSCLITE_CSOCK_NAME`.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        Self::socket_in(&self.folder)
    }

    /// The port on which the first slot, "Virtual PCD 00 00", waits for its card.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The port on which the second slot, "Virtual PCD 00 01", waits for its card.
    #[must_use]
    pub fn second_port(&self) -> u16 {
        self.port + 1
    }

    /// Whether it runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Starts it if it does not run, on the same socket and ports, with the vpcd reader.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_again(&mut self) -> Result<(), DaemonError> {
        let reader = format!(
            "FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:0x{0:04X}\nLIBPATH {DRIVER}\nCHANNELID 0x{0:04X}\n",
            self.port
        );
        self.launch(&reader)
    }

    /// Starts it if it does not run, without any reader.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_without_reader(&mut self) -> Result<(), DaemonError> {
        self.launch("")
    }

    /// Ends it at once, as a crash does; its clients see their connections break.
    pub fn kill(&mut self) {
        self.end(Signal::KILL);
    }

    /// Stops or goes on with the process (SIGSTOP, SIGCONT): while stopped it answers nobody.
    ///
    /// # Errors
    /// That of the system; or it has not stopped within some seconds.
    pub fn freeze(&self, frozen: bool) -> io::Result<()> {
        let Some(pid) = self.pid() else { return Err(io::ErrorKind::NotFound.into()) };
        if !frozen {
            return Ok(kill_process(pid, Signal::CONT)?);
        }
        kill_process(pid, Signal::STOP)?;
        // One of its threads has to take the signal before all of them stop: on a busy machine others answer
        // meanwhile.
        let until = Instant::now() + STOPS_IN;
        while !has_stopped(pid)? {
            if Instant::now() > until {
                return Err(io::ErrorKind::TimedOut.into());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    fn configuration(&self) -> PathBuf {
        self.folder.join("reader.conf.d")
    }

    fn no_drivers(&self) -> PathBuf {
        self.folder.join("no-drivers")
    }

    fn pid(&self) -> Option<Pid> {
        Pid::from_raw(i32::try_from(self.running.as_ref()?.child.id()).ok()?)
    }

    fn launch(&mut self, readers: &str) -> Result<(), DaemonError> {
        if self.running.is_some() {
            return Ok(());
        }
        let (child, listener) =
            self.spawn(readers).map_err(|error| DaemonError::Start { folder: self.folder.clone(), error })?;
        self.running = Some(Running { child, listener: None });
        let (listener, words) = listen(listener);
        if let Some(running) = &mut self.running {
            running.listener = Some(listener);
        }
        wait_until_ready(&words).inspect_err(|_| self.kill())
    }

    /// pcscd takes over a listening socket that it is handed as descriptor 3 (systemd's protocol). It
    /// comes in as standard input, and a shell that becomes pcscd moves it and knows the process id.
    fn spawn(&self, readers: &str) -> io::Result<(Child, impl io::Read + Send + 'static)> {
        fs::write(self.configuration().join("readers"), readers)?;
        let socket = self.socket();
        match fs::remove_file(&socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listening = UnixListener::bind(&socket)?;
        let mut child = Command::new("/bin/sh")
            .arg("-c")
            .arg(LAUNCH)
            .arg("sh")
            .arg(self.configuration())
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("PCSCLITE_HP_DROPDIR", self.no_drivers())
            // Handed over whole: when pcscd ends, nobody holds the socket open any more.
            .stdin(Stdio::from(OwnedFd::from(listening)))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let words = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        Ok((child, words))
    }

    fn end(&mut self, signal: Signal) {
        if let Some(pid) = self.pid() {
            // It may have ended by itself.
            let _ = kill_process(pid, signal);
            let _ = kill_process(pid, Signal::CONT);
        }
        if let Some(mut running) = self.running.take() {
            let _ = running.child.wait();
            if let Some(listener) = running.listener.take() {
                let _ = listener.join();
            }
        }
        let _ = fs::remove_file(self.socket());
    }
}

impl Drop for PcscDaemon {
    fn drop(&mut self) {
        self.end(Signal::KILL);
    }
}

/// Two neighbouring ports that are free now.
fn free_ports() -> io::Result<u16> {
    use std::hash::{BuildHasher, RandomState};
    let room = u64::from(PORTS.end - PORTS.start - SLOTS);
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for attempt in 0..64_u64 {
        let offset = u16::try_from(RandomState::new().hash_one(attempt) % room).unwrap_or(0);
        let port = PORTS.start + offset;
        let bound: Result<Vec<_>, _> =
            (port..port + SLOTS).map(|port| TcpListener::bind((Ipv4Addr::UNSPECIFIED, port))).collect();
        match bound {
            Ok(_) => return Ok(port),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Passes on line by line what pcscd says, until it ends; once nobody listens, only reads.
fn listen(words: impl io::Read + Send + 'static) -> (JoinHandle<()>, mpsc::Receiver<String>) {
    let (sender, receiver) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        for line in BufReader::new(words).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    (thread, receiver)
}

fn wait_until_ready(words: &mpsc::Receiver<String>) -> Result<(), DaemonError> {
    let deadline = Instant::now() + PATIENCE;
    let mut last = String::new();
    loop {
        match words.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) if line.contains("daemon ready") => return Ok(()),
            Ok(line) => last = line,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                return Err(DaemonError::NotReady(last));
            }
        }
    }
}
