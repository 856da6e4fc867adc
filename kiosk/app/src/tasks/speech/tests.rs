//! The owner with programs that take time, and espeak-ng itself.

use super::*;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use visit::screen::Language;
use visit::speech::{Rate, Volume};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A voice with a program in espeak-ng's place, and what it said: each text with whether it was cut off; `None`:
/// it is still being said.
struct Room {
    to: Sender<Ask>,
    news: Receiver<Heard>,
    said: Vec<(String, Option<bool>)>,
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
        let (tell, news) = channel();
        // Nobody listens any more once the test has ended.
        let heard: HeardObserver = Arc::new(move |what| drop(tell.send(what)));
        std::thread::spawn(move || run(&config, &Asks(asks), &heard));
        Self { to, news, said: Vec::new(), _folder: folder }
    }

    fn say(&self, text: &str, turn: Turn) {
        self.to.send(Ask::Say(utterance(text, turn))).unwrap();
    }

    /// Waits until this, and nothing else, was said.
    fn wait(&mut self, want: &[(&str, Option<bool>)]) {
        let want: Vec<_> = want.iter().map(|(text, cut)| ((*text).to_owned(), *cut)).collect();
        while self.said != want {
            let news = self.news.recv_timeout(PATIENCE);
            match news.unwrap_or_else(|_| panic!("{:?} instead of {want:?}", self.said)) {
                Heard::Begun { text, .. } => self.said.push((text, None)),
                Heard::Chime => self.said.push(("(chime)".to_owned(), None)),
                Heard::Ended { cut } => self.said.last_mut().expect("something began").1 = Some(cut),
            }
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
    let mut room = Room::with("read text; exec sleep 0.4");
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
    let mut room = Room::with(SLOW);
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
    let mut room = Room::with(SLOW);
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
fn headphones_put_in_again_are_heard_at_once() {
    let mut room = Room::with(SLOW);
    room.to.send(Ask::Unplugged).unwrap();
    room.say("short", Turn::Next);
    room.to.send(Ask::Plugged).unwrap();
    room.say("short", Turn::Next);
    room.wait(&[("short", Some(false))]);
    assert!(room.news.try_recv().is_err(), "what was asked for in between is not said");
}

#[test]
fn who_leaves_something_is_called_back_even_with_headphones_drawn_out() {
    let folder = tempfile::tempdir().unwrap();
    let (program, player) = (folder.path().join("voice"), folder.path().join("player"));
    let file = folder.path().join("sound");
    write_program(&program, SLOW);
    write_program(
        &player,
        &format!("cat > {0}.part; echo \"$@\" > {0}.args; mv {0}.part {0}", file.display()),
    );
    let config = SpeechConfig { program, player, ..SpeechConfig::default() };
    let mut room = Room::of(config, folder);
    room.to.send(Ask::Unplugged).unwrap();
    room.to.send(Ask::Chime).unwrap();
    room.wait(&[("(chime)", Some(false))]);
    assert_eq!(std::fs::read(&file).unwrap(), chime::samples());
    let arguments = std::fs::read_to_string(file.with_extension("args")).unwrap();
    assert_eq!(arguments.trim(), "-q -t raw -f S16_LE -c 1 -r 22050 -");
}

#[test]
fn the_call_comes_before_what_waits_and_no_new_screen_drops_it() {
    let folder = tempfile::tempdir().unwrap();
    let (program, player) = (folder.path().join("voice"), folder.path().join("player"));
    write_program(&program, "read text; exec sleep 0.4");
    write_program(&player, "exec cat > /dev/null");
    let mut room = Room::of(SpeechConfig { program, player, ..SpeechConfig::default() }, folder);
    room.say("a", Turn::Next);
    room.say("b", Turn::Last);
    room.to.send(Ask::Chime).unwrap();
    room.say("c", Turn::Next);
    room.wait(&[("a", Some(false)), ("(chime)", Some(false)), ("c", Some(false))]);
}

#[test]
fn without_the_program_nothing_waits() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("nothing-here");
    let mut room = Room::of(SpeechConfig { program, ..SpeechConfig::default() }, folder);
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
    let mut room = Room::of(SpeechConfig { program, ..SpeechConfig::default() }, folder);
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
                .stdin(Stdio::piped())
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
