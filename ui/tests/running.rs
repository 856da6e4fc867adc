//! The running screen as other threads see it.
#![cfg(feature = "inspect")]

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{JoinHandle, spawn};
use std::time::{Duration, Instant};
use ui::samples::samples;
use ui::{Backend, Handle, Options, Painted, UiError, render, run};
use visit::intent::Intent;
use visit::screen::{Language, View};

const PATIENCE: Duration = Duration::from_secs(20);
const SIZE: Backend = Backend::Headless { width: 1080, height: 1920 };

struct Running {
    handle: Handle,
    heard: Receiver<Intent>,
    painted: Receiver<Painted>,
    thread: JoinHandle<Result<(), UiError>>,
}

fn start(backend: Backend) -> Running {
    let (tell, heard) = channel();
    let (ready, started) = channel();
    let thread = spawn(move || {
        let on_intent = Box::new(move |intent| drop(Sender::send(&tell, intent)));
        run(Options { backend, on_intent, voice: None }, |handle| ready.send(handle).unwrap())
    });
    let handle = started.recv_timeout(PATIENCE).expect("the screen starts");
    let (tell, painted) = channel();
    handle.set_observer(Box::new(move |news| _ = tell.send(news)));
    Running { handle, heard, painted, thread }
}

impl Running {
    fn show(&self, view: View) -> Painted {
        let seq = self.handle.show(view);
        loop {
            let news = self.painted.recv_timeout(PATIENCE).expect("the view is painted");
            if news.seq == seq {
                return news;
            }
        }
    }

    fn stop(self) {
        self.handle.quit();
        self.thread.join().expect("no panic").expect("no error");
        assert!(matches!(self.handle.inspect(), Err(UiError::NotRunning)));
        self.handle.show(sample("home"));
    }
}

fn sample(name: &str) -> View {
    samples(Language::Zh).into_iter().find(|s| s.name == name).expect("a sample").view
}

#[test]
fn shows_tells_and_listens() {
    let screen = start(SIZE);
    assert_eq!(screen.show(sample("home")).screen_name, "home");
    let found = screen.handle.inspect().unwrap();
    assert_eq!(found.screen, "home");
    assert!(found.elements.iter().any(|e| e.id == "home.number" && e.label == "取号" && e.enabled));
    screen.handle.touch("home.number").unwrap();
    assert_eq!(screen.heard.recv_timeout(PATIENCE).unwrap(), Intent::HomeNumber);
    let door = found.elements.iter().find(|e| e.id == "home.scan").unwrap();
    screen.handle.touch_at(door.x + 5, door.y + door.h - 5).unwrap();
    assert_eq!(screen.heard.recv_timeout(PATIENCE).unwrap(), Intent::HomeScan);
    assert!(matches!(screen.handle.touch("finish"), Err(UiError::NotOnScreen(_))));
    screen.show(sample("home-lunch"));
    assert!(matches!(screen.handle.touch("home.number"), Err(UiError::Disabled(_))));
    screen.stop();
}

#[test]
fn the_latest_view_wins_and_a_question_sees_it() {
    let screen = start(SIZE);
    let last = samples(Language::En).into_iter().map(|s| screen.handle.show(s.view)).last().unwrap();
    let latest = samples(Language::En).pop().expect("a sample").view.screen.name();
    assert_eq!(screen.handle.screen_name().unwrap(), latest);
    let seen: Vec<u64> = screen.painted.try_iter().map(|p| p.seq).collect();
    assert_eq!(seen.last(), Some(&last), "{seen:?}");
    assert!(seen.is_sorted() && seen.len() <= samples(Language::En).len(), "{seen:?}");
    screen.stop();
}

#[test]
fn a_view_shown_twice_is_told_of_twice() {
    let screen = start(SIZE);
    let first = screen.show(sample("number"));
    let second = screen.show(sample("number"));
    assert!(second.seq > first.seq && second.at >= first.at);
    screen.stop();
}

#[test]
fn screens_of_several_threads_do_not_meet() {
    let (a, b) = (start(SIZE), start(Backend::Headless { width: 540, height: 960 }));
    a.show(sample("home"));
    b.show(sample("scan"));
    assert_eq!(a.handle.screen_name().unwrap(), "home");
    assert_eq!(b.handle.screen_name().unwrap(), "scan");
    let small = b.handle.inspect().unwrap();
    let start = small.elements.iter().find(|e| e.id == "scan.start").unwrap();
    assert!(start.x > 200 && start.y > 860 && start.y + start.h <= 960, "half the size: {start:?}");
    b.handle.touch("scan.start").unwrap();
    assert_eq!(b.heard.recv_timeout(PATIENCE).unwrap(), Intent::ScanStart);
    assert!(a.heard.try_recv().is_err());
    let picture = b.handle.snapshot().unwrap();
    assert_eq!((picture.width, picture.height, picture.rgb.len()), (540, 960, 540 * 960 * 3));
    a.stop();
    b.stop();
}

#[test]
fn what_is_rendered_is_what_runs() {
    let screen = start(SIZE);
    for name in ["home", "choose-picked", "home", "number-not-printed", "review"] {
        screen.show(sample(name));
        // The idle screen takes a small step every two seconds, and a picture of it stands still.
        let end = Instant::now() + PATIENCE;
        while screen.handle.snapshot().unwrap() != render(&sample(name)).unwrap() {
            assert!(name == "home" && Instant::now() < end, "{name}");
        }
    }
    let png = render(&sample("home")).unwrap().png().unwrap();
    assert!(png.starts_with(b"\x89PNG"));
    screen.stop();
}

#[test]
fn impossible_screens_are_errors() {
    for (width, height) in [(0, 1920), (1080, 0), (100_000, 1920)] {
        let options =
            Options { backend: Backend::Headless { width, height }, on_intent: Box::new(drop), voice: None };
        assert!(matches!(run(options, |_| ()), Err(UiError::Size { .. })));
    }
    let options = Options { backend: Backend::Kms, on_intent: Box::new(drop), voice: None };
    if cfg!(not(feature = "kms")) {
        assert!(matches!(run(options, |_| ()), Err(UiError::NotBuilt("kms"))));
    }
}

#[test]
fn a_machine_without_fonts_is_told_so() {
    // Which fonts there are is decided once a process, so another process looks at the bare machine.
    let bare = tempfile::tempdir().unwrap();
    let set_up = bare.path().join("fonts.conf");
    let folder = bare.path().display();
    std::fs::write(
        &set_up,
        format!("<fontconfig><dir>{folder}</dir><cachedir>{folder}</cachedir></fontconfig>"),
    )
    .unwrap();
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "on_a_machine_without_fonts", "--ignored", "--nocapture"])
        .env("FONTCONFIG_FILE", set_up)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(
        child.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&child.stderr)
    );
    assert!(!String::from_utf8_lossy(&child.stderr).contains("panicked"));
}

#[test]
#[ignore = "run by a_machine_without_fonts_is_told_so, on a machine made bare"]
fn on_a_machine_without_fonts() {
    assert!(matches!(render(&sample("home")), Err(UiError::Font)));
    let options = Options { backend: SIZE, on_intent: Box::new(drop), voice: None };
    assert!(matches!(run(options, |_| ()), Err(UiError::Font)));
}
