//! The owner with programs that take time, and espeak-ng itself.

use super::*;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use visit::screen::Language;
use visit::speech::{Rate, Volume};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A voice with a program in espeak-ng's place, and what it said.
struct Room {
    to: Sender<Ask>,
    log: Arc<Mutex<Vec<Heard>>>,
    _folder: tempfile::TempDir,
}

impl Room {
    /// The program is a shell script.
    fn with(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("voice");
        write_program(&program, script);
        let config = SpeechConfig { program, ..SpeechConfig::default() };
        Self::of(config, folder)
    }

    fn of(config: SpeechConfig, folder: tempfile::TempDir) -> Self {
        let (to, asks) = channel();
        let log: Arc<Mutex<Vec<Heard>>> = Arc::default();
        let written = log.clone();
        let heard: HeardObserver =
            Arc::new(move |news| written.lock().unwrap_or_else(PoisonError::into_inner).push(news));
        std::thread::spawn(move || run(&config, &Asks(asks), &heard));
        Self { to, log, _folder: folder }
    }

    fn say(&self, text: &str, turn: Turn) {
        self.to.send(Ask::Say(utterance(text, turn))).unwrap();
    }

    /// What was said, each with whether it was cut off; `None`: it is still being said.
    fn said(&self) -> Vec<(String, Option<bool>)> {
        let mut said: Vec<(String, Option<bool>)> = Vec::new();
        for news in self.log.lock().unwrap().iter() {
            match news {
                Heard::Begun { text, .. } => said.push((text.clone(), None)),
                Heard::Ended { cut } => said.last_mut().expect("something began").1 = Some(*cut),
            }
        }
        said
    }

    fn wait(&self, want: &[(&str, Option<bool>)]) {
        let want: Vec<_> = want.iter().map(|(text, cut)| ((*text).to_owned(), *cut)).collect();
        let end = Instant::now() + PATIENCE;
        while self.said() != want {
            assert!(Instant::now() < end, "{:?} instead of {want:?}", self.said());
            std::thread::sleep(GLANCE);
        }
    }
}

/// By another process: a file that this one had open for writing when it forked cannot be executed.
fn write_program(path: &Path, script: &str) {
    let mut shell = Command::new("sh");
    shell.args(["-c", "cat > \"$0\" && chmod 755 \"$0\""]).arg(path).stdin(Stdio::piped());
    let mut shell = shell.spawn().unwrap();
    write!(shell.stdin.take().unwrap(), "#!/bin/sh\n{script}\n").unwrap();
    assert!(shell.wait().unwrap().success());
}

fn utterance(text: &str, turn: Turn) -> Utterance {
    let (rate, volume) = (Rate::Normal, Volume::Middle);
    Utterance { language: Language::Zh, text: text.to_owned(), rate, volume, turn }
}

/// Says "short" at once and everything else for very long.
const SLOW: &str = "read text; [ \"$text\" = short ] || exec sleep 600";

#[test]
fn a_new_screen_waits_and_drops_what_waited() {
    let room = Room::with("read text; exec sleep 0.4");
    for (text, turn) in [("a", Turn::Next), ("b", Turn::Last), ("c", Turn::Last)] {
        room.say(text, turn);
    }
    room.wait(&[("a", None)]);
    room.say("d", Turn::Next);
    room.say("e", Turn::Last);
    room.wait(&[("a", Some(false)), ("d", Some(false)), ("e", Some(false))]);
}

#[test]
fn a_touch_cuts_it_off_with_all_that_waits() {
    let room = Room::with(SLOW);
    room.say("long", Turn::Next);
    room.say("more", Turn::Last);
    room.wait(&[("long", None)]);
    room.to.send(Ask::Hush).unwrap();
    room.wait(&[("long", Some(true))]);
    room.say("short", Turn::Last);
    room.wait(&[("long", Some(true)), ("short", Some(false))]);
}

#[test]
fn headphones_drawn_out_silence_it_until_somebody_is_there_again() {
    let room = Room::with(SLOW);
    room.say("private", Turn::Next);
    room.wait(&[("private", None)]);
    room.to.send(Ask::Unplugged).unwrap();
    room.say("short", Turn::Next);
    room.wait(&[("private", Some(true))]);
    room.to.send(Ask::Hush).unwrap();
    room.say("short", Turn::Next);
    room.wait(&[("private", Some(true)), ("short", Some(false))]);
}

#[test]
fn without_the_program_nothing_waits() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("nothing-here");
    let room = Room::of(SpeechConfig { program, ..SpeechConfig::default() }, folder);
    room.say("a", Turn::Next);
    room.say("b", Turn::Last);
    room.wait(&[("a", Some(false)), ("b", Some(false))]);
}

#[test]
fn a_text_is_bounded_and_reaches_the_program_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (program, file) = (folder.path().join("voice"), folder.path().join("text"));
    write_program(
        &program,
        &format!("cat > {0}.part; echo \"$@\" > {0}.args; mv {0}.part {0}", file.display()),
    );
    let room = Room::of(SpeechConfig { program, ..SpeechConfig::default() }, folder);
    let text = "读".repeat(5000);
    room.say(&text, Turn::Next);
    room.wait(&[(text.as_str(), Some(false))]);
    let said = std::fs::read_to_string(&file).unwrap();
    assert_eq!(said.trim_end().chars().count(), 1000);
    let arguments = std::fs::read_to_string(file.with_extension("args")).unwrap();
    assert_eq!(arguments.trim(), "-v cmn -s 170 -a 100 -b 1 --stdin");
}

/// espeak-ng itself, through the same arguments, into a file instead of a loudspeaker.
#[test]
fn espeak_ng_says_it_in_both_languages() {
    let texts = [
        (Language::Zh, "您好，请选择要办的事。第 1 项，共 8 项"),
        (Language::En, "How can we help you? 1 of 8"),
    ];
    let program = Program::new(&SpeechConfig::default());
    for (language, text) in texts {
        let seconds = |rate| {
            let utterance = Utterance { language, rate, ..utterance(text, Turn::Next) };
            let mut command = program.command(&utterance);
            let mut child = command
                .arg("--stdout")
                .stdout(Stdio::piped())
                .spawn()
                .expect("espeak-ng is installed by tools/setup");
            child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
            let wave = child.wait_with_output().unwrap().stdout;
            assert!(wave.starts_with(b"RIFF"), "{language:?}");
            let (_, sound) = wave.split_at(44);
            let samples: Vec<i16> =
                sound.as_chunks::<2>().0.iter().map(|two| i16::from_le_bytes(*two)).collect();
            let loud = samples.iter().filter(|sample| sample.unsigned_abs() > 1000).count();
            assert!(loud > samples.len() / 10, "{language:?}: hardly a sound");
            samples.len() as f64 / 22050.
        };
        let (slow, normal, fast) = (seconds(Rate::Slow), seconds(Rate::Normal), seconds(Rate::Fast));
        assert!(fast > 0.5 && fast < normal && normal < slow, "{language:?}: {fast} {normal} {slow} s");
    }
}
