//! How loud the voice is and how bright the screen, as the hall's settings say.

use crate::common::{image, told, within};
use image_tests::cabinet::Inside;
use image_tests::journey::{Journey, PATIENT};
use image_tests::lobby::{Lobby, serial, wait_good};
use image_tests::office;
use image_tests::running::{Running, Wiring};
use image_tests::twin::Twin;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// No display of QEMU's has a lamp: a place of the same shape stands in for one (sysfs-class-backlight).
const LAMP: &str = "modprobe backlight; mount -t tmpfs lamp /sys/class/backlight && \
    mkdir /sys/class/backlight/lamp && echo 200 >/sys/class/backlight/lamp/max_brightness";
/// How bright it is, of 200.
const BRIGHT: &str = "cat /sys/class/backlight/lamp/brightness";
/// From here on somebody is heard: of 32768.
const HEARD: u16 = 500;

/// Sound and light follow the hall's settings, at the start and when others come, without a restart; and what the
/// kiosk reads out to whoever asks for it is heard.
#[test]
fn as_loud_and_as_bright_as_the_hall_says() {
    let Some((built, _alone)) = image() else { return };
    let twin = Twin::open(PATIENT);
    let folder = tempfile::tempdir().expect("a folder");
    let speaker = Speaker(folder.path().join("sound.wav"));
    let lobby = Lobby::open(&built, Inside::Probe);
    let wiring = Wiring { sound: Some(speaker.0.clone()), ..lobby.wiring() };
    let mut running = lobby.cabinet.switch_on(&wiring);
    running.wait_probe(within(420));
    let first = "[sound]\nvolume = 90\n[screen]\nbrightness = 60\n";
    let office = office::settle_with(&built, &lobby.hall, &lobby.host, within(420), first);
    office::hurry(&mut running);
    wait_good(&mut running);

    running.told(LAMP);
    running.told("systemctl restart onedoor-comfort.service");
    assert_eq!(running.told(BRIGHT).trim(), "120");
    let loud = speaker.hears(|| {
        running.told("espeak-ng -v cmn 一二三");
    });
    assert!(loud > HEARD, "nothing was heard: {loud}");

    let network = office.settings().join("network.toml");
    let text = fs::read_to_string(&network).expect("the hall's network");
    let text = text.replace("volume = 90", "volume = 40").replace("brightness = 60", "brightness = 30");
    fs::write(&network, text).expect("settings");
    office.bundle(2, &lobby.host.folder().join("hall.bundle"));
    office::hurry(&mut running);
    running.wait_told("the lamp to follow", within(120), &format!("[ \"$({BRIGHT})\" = 60 ]"));
    assert_eq!(serial(&mut running), "2");
    let quiet = speaker.hears(|| {
        running.told("espeak-ng -v cmn 一二三");
    });
    told(&format!("loudest of 32768: {loud} at 90 percent, {quiet} at 40"));
    assert!(quiet > 0 && quiet < loud / 2, "as loud as before: {quiet} of {loud}");

    wait_good(&mut running);
    let silent = speaker.length();
    ask_to_read(&twin, &lobby, &mut running);
    let deadline = within(120);
    // What was said before has long been heard; how loud this is at 40 percent depends on its first word.
    while speaker.loudest(silent) == 0 {
        assert!(Instant::now() < deadline, "the kiosk reads nothing out");
        // Until the file has grown: nothing tells of a sound.
        std::thread::sleep(Duration::from_millis(200));
    }
    told("the kiosk reads out what it shows");
}

/// Whoever stands there wants to hear what is on the screen.
fn ask_to_read(twin: &Twin, lobby: &Lobby, running: &mut Running) {
    let mut journey = Journey::new(twin, &lobby.hall, running);
    for id in ["look", "speech.on"] {
        journey.touch(id).expect("no cut");
    }
}

/// All that the loudspeaker has said, two bytes a sample.
struct Speaker(PathBuf);

impl Speaker {
    /// In bytes, the header among them.
    fn length(&self) -> usize {
        read(&self.0).len()
    }

    /// The loudest sample since it was so long.
    fn loudest(&self, since: usize) -> u16 {
        let all = read(&self.0);
        // The header is 44 bytes long (RIFF WAVE, PCM).
        let new = all.get(since.max(44) / 2 * 2..).unwrap_or_default();
        let (samples, _) = new.as_chunks::<2>();
        samples.iter().map(|sample| i16::from_le_bytes(*sample).unsigned_abs()).max().unwrap_or(0)
    }

    /// The loudest sample while something is done.
    fn hears(&self, done: impl FnOnce()) -> u16 {
        let before = self.length();
        done();
        self.loudest(before)
    }
}

/// QEMU makes the file with the first sound.
fn read(file: &Path) -> Vec<u8> {
    fs::read(file).unwrap_or_default()
}
