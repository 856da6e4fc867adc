//! Chromium in kiosk mode, on a display of its own, with a page that shows what the idle screen shows.

use super::procs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

type Fatal = Box<dyn std::error::Error + Send + Sync>;

const PAGE: &str = include_str!("page.html");
/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running Chromium; ends when dropped, with its display.
pub struct Browser {
    /// from its start to the frame that shows the page
    pub first_frame: Duration,
    chromium: Child,
    display: Child,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts the display, then the browser, and waits for its first frame.
    pub fn start(fonts: &Path) -> Result<Self, Fatal> {
        let (mut display, name) = display()?;
        let started = chromium(&name, fonts);
        let (first_frame, chromium, profile) = match started {
            Ok(started) => started,
            Err(error) => {
                end(&mut display);
                return Err(error);
            }
        };
        Ok(Self { first_frame, chromium, display, _profile: profile })
    }

    /// All its processes.
    pub fn processes(&self) -> Result<Vec<u32>, Fatal> {
        procs::of_group(self.chromium.id())
    }

    /// The processor time that it takes while nothing happens, in per cent of one processor.
    pub fn idle_cpu(&self, time: Duration) -> Result<f64, Fatal> {
        let before = procs::cpu(&self.processes()?)?;
        // This is the time over which it is measured.
        std::thread::sleep(time);
        let after = procs::cpu(&self.processes()?)?;
        Ok(after.saturating_sub(before).as_secs_f64() / time.as_secs_f64() * 100.0)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        end_group(&mut self.chromium);
        end(&mut self.display);
    }
}

/// With all that it has started.
fn end_group(child: &mut Child) {
    let group = rustix::process::Pid::from_child(child);
    let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    let _ = child.wait();
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// A display in memory, and its name.
fn display() -> Result<(Child, String), Fatal> {
    let mut display = Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", "1080x1920x24", "-nolisten", "tcp"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("Xvfb: {error}; run `tools/setup bench`"))?;
    let mut number = String::new();
    if let Some(told) = display.stdout.take() {
        BufReader::new(told.take(64)).read_line(&mut number)?;
    }
    if number.trim().is_empty() {
        end(&mut display);
        return Err("Xvfb has no display for us".into());
    }
    Ok((display, format!(":{}", number.trim())))
}

fn chromium(display: &str, fonts: &Path) -> Result<(Duration, Child, tempfile::TempDir), Fatal> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/", listener.local_addr()?);
    let painted = serve(listener);
    let profile = tempfile::tempdir()?;
    let started = Instant::now();
    let mut child = Command::new("chromium")
        .env("DISPLAY", display)
        .env("FONTCONFIG_FILE", fonts)
        .args([
            "--kiosk",
            "--no-sandbox",
            "--no-first-run",
            "--window-size=1080,1920",
            "--window-position=0,0",
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(url)
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("chromium: {error}; run `tools/setup bench`"))?;
    match painted.recv_timeout(PATIENCE) {
        Ok(at) => Ok((at.duration_since(started), child, profile)),
        Err(_) => {
            end_group(&mut child);
            Err("chromium showed nothing".into())
        }
    }
}

/// Answers the browser until it has said that it painted.
fn serve(listener: TcpListener) -> Receiver<Instant> {
    let (tell, painted) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if answer(stream) && tell.send(Instant::now()).is_err() {
                return;
            }
        }
    });
    painted
}

/// Whether it was word of the first frame.
fn answer(mut stream: TcpStream) -> bool {
    let at_most = Some(Duration::from_secs(5));
    let _ = stream.set_read_timeout(at_most);
    let mut asked = [0; 4096];
    let length = stream.read(&mut asked).unwrap_or(0);
    let asked = String::from_utf8_lossy(asked.get(..length).unwrap_or_default()).into_owned();
    let body = if asked.starts_with("GET / ") { PAGE } else { "" };
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n";
    let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len());
    asked.starts_with("POST /painted")
}
