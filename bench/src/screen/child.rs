//! What is measured in a process of its own: the whole kiosk, and the screen under a finger, on one processor.

use super::procs;
use crate::hall::{self, Emulated};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Once;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use visit::look::{Contrast, Look};
use visit::screen::Language;

type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// The first arguments that make such a process of this program.
const KIOSK: &str = "screen-kiosk";
const HAND: &str = "screen-hand";
const SEARCH: &str = "screen-search";
/// Until a kiosk that has just started has found and greeted its devices: what it does then is no idling.
const SETTLING: Duration = Duration::from_secs(5);
/// Measures of each kind.
const TIMES: usize = 600;
/// What is typed, key by key, again and again.
const TYPED: [&str; 6] = ["kfd", "canyin", "xbg", "restaurant", "zxdj", "yjs"];

/// What this program is to do in such a process; nothing when it is to measure.
pub fn wanted() -> Option<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [KIOSK, config] => kiosk(Path::new(config)),
        [HAND] => hand(),
        [SEARCH] => keys(),
        _ => return None,
    };
    Some(match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    })
}

/// The whole kiosk, until standard input ends; says when its first frame is painted.
fn kiosk(config: &Path) -> Result<(), Fatal> {
    let config = kiosk::Config::load(config)?;
    let stop = CancellationToken::new();
    let end = stop.clone();
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        end.cancel();
    });
    let ready = |screen: ui::Handle| {
        // Of several views that wait only the latest is painted: the first frame need not show the first.
        let first = Once::new();
        screen.set_observer(Box::new(move |painted| {
            first.call_once(|| {
                println!("{}", painted.screen_name);
                let _ = std::io::stdout().flush();
            });
        }));
    };
    let screen = ui::Backend::Headless { width: 1080, height: 1920 };
    Ok(kiosk::run(|| Ok(config), kiosk::Options::default(), screen, stop, ready)?)
}

/// The kiosk in a process of its own; ends when dropped.
pub struct Kiosk {
    /// from its start to its first frame
    pub first_frame: Duration,
    child: Child,
}

/// What an idle kiosk takes.
pub struct Idle {
    /// of the screen's thread, a second
    pub wakeups: f64,
    /// of all threads, in per cent of one processor
    pub cpu: f64,
}

impl Kiosk {
    /// Starts it and waits for its first frame.
    pub fn start(hall: &Emulated, fonts: &Path) -> Result<Self, Fatal> {
        let started = Instant::now();
        let mut child = Command::new(std::env::current_exe()?)
            .arg(KIOSK)
            .arg(hall.config())
            .env("FONTCONFIG_FILE", fonts)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut painted = String::new();
        if let Some(told) = child.stdout.take() {
            BufReader::new(told).read_line(&mut painted)?;
        }
        let first_frame = started.elapsed();
        let kiosk = Self { first_frame, child };
        if painted.trim() == "home" {
            Ok(kiosk)
        } else {
            Err("the kiosk did not show its idle screen".into())
        }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Watches it while nothing happens.
    pub fn idle(&self, time: Duration) -> Result<Idle, Fatal> {
        std::thread::sleep(SETTLING);
        let (cpu, sleeps) = (procs::cpu(&[self.pid()])?, procs::sleeps(self.pid())?);
        // This is the time over which it is measured.
        std::thread::sleep(time);
        let cpu = procs::cpu(&[self.pid()])?.saturating_sub(cpu);
        let sleeps = procs::sleeps(self.pid())? - sleeps;
        Ok(Idle {
            wakeups: sleeps as f64 / time.as_secs_f64(),
            cpu: cpu.as_secs_f64() / time.as_secs_f64() * 100.0,
        })
    }
}

impl Drop for Kiosk {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// How quickly the screen follows, in milliseconds: of a hundred times the second slowest.
pub struct Hand {
    /// a finger comes down: its changed pixels
    pub press: f64,
    /// another screen
    pub change: f64,
    /// everything anew
    pub repaint: f64,
}

impl Hand {
    /// Measures it on one processor.
    pub fn measure() -> Result<Self, Fatal> {
        let told = on_one_processor(HAND)?;
        let numbers = told.split_whitespace().map(str::parse).collect::<Result<Vec<f64>, _>>()?;
        let [press, change, repaint] = numbers[..] else { return Err(format!("no measures: {told}").into()) };
        Ok(Self { press, change, repaint })
    }
}

/// A key of the search, from the touch to what is found on the screen, in milliseconds.
pub fn search() -> Result<f64, Fatal> {
    Ok(on_one_processor(SEARCH)?.trim().parse()?)
}

fn on_one_processor(what: &str) -> Result<String, Fatal> {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", "0"]).arg(std::env::current_exe()?).arg(what);
    Ok(String::from_utf8(crate::process::said(&mut command)?.stdout)?)
}

fn hand() -> Result<(), Fatal> {
    let (done, result) = channel();
    let ready = move |screen: ui::Handle| {
        std::thread::spawn(move || {
            let _ = done.send(fingers(&screen));
            screen.quit();
        });
    };
    let backend = ui::Backend::Headless { width: 1080, height: 1920 };
    ui::run(ui::Options { backend, on_intent: Box::new(|_| {}), voice: None }, ready)?;
    let [press, change, repaint] = result.recv()??;
    println!("{press} {change} {repaint}");
    Ok(())
}

fn fingers(screen: &ui::Handle) -> Result<[f64; 3], Fatal> {
    let (tell, painted) = channel();
    screen.set_observer(Box::new(move |frame: ui::Painted| {
        // Nobody listens any more once all is measured.
        let _ = tell.send(frame);
    }));
    let (mut presses, mut changes, mut repaints) = (Vec::new(), Vec::new(), Vec::new());
    let samples: Vec<_> = [Language::Zh, Language::En].into_iter().flat_map(ui::samples::samples).collect();
    let mut before = "";
    for (at, sample) in samples.iter().cycle().enumerate() {
        let mut view = sample.view.clone();
        view.look =
            Look { contrast: Contrast::ALL[at / samples.len() % Contrast::ALL.len()], ..Look::default() };
        let name = view.screen.name();
        let shown = Instant::now();
        let seq = screen.show(view);
        let frame = painted.iter().find(|frame| frame.seq == seq).ok_or("a screen was not painted")?;
        // The first time around its code and its letters come into memory.
        if at >= samples.len() && name != before {
            changes.push(frame.at.duration_since(shown));
        }
        before = name;
        repaints.push(screen.time_repaint()?);
        for element in screen.elements()?.iter().filter(|e| e.enabled) {
            presses.push(screen.time_press(&element.id)?);
        }
        if changes.len() >= TIMES {
            break;
        }
    }
    Ok([presses, changes, repaints].map(ninety_nine))
}

/// Of a hundred times the second slowest, in milliseconds.
fn ninety_nine(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() * 99 / 100).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
}

fn keys() -> Result<(), Fatal> {
    let found = hall::with_kiosk_in(&super::large::catalogue(), |bench| {
        bench.painted("home")?;
        bench.screen.touch("home.number")?;
        bench.painted("identify")?;
        let mut cards = emulators::cards::samples().into_iter();
        let man = cards.find_map(|(name, card)| (name == "man").then_some(card)).ok_or("no card")?;
        bench.reader.place(Some(man));
        bench.painted("choose")?;
        bench.screen.touch("search")?;
        bench.painted("search")?;
        // The keys stand still: looking for one would be measured with it.
        let keys = bench.screen.elements()?;
        let mut times = Vec::new();
        for typed in TYPED.iter().cycle() {
            for letter in typed.chars() {
                times.push(key(bench, &keys, &format!("key.{letter}"))?);
            }
            for _ in typed.chars() {
                times.push(key(bench, &keys, "key.delete")?);
            }
            if times.len() >= TIMES {
                break;
            }
        }
        Ok(ninety_nine(times))
    })?;
    println!("{found}");
    Ok(())
}

fn key(bench: &hall::Bench, keys: &[ui::Element], id: &str) -> Result<Duration, Fatal> {
    let key = keys.iter().find(|key| key.id == id).ok_or_else(|| format!("no {id}"))?;
    let touched = Instant::now();
    bench.screen.touch_at(key.x + key.w / 2, key.y + key.h / 2)?;
    Ok(bench.painted("search")?.duration_since(touched))
}
