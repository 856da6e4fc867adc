//! A kiosk that is switched on: what it says, shows and does, and what hands and the power do to it.

use crate::cabinet::{Cabinet, FIRMWARE, start_tpm};
use crate::probe::{Probe, Said};
use crate::tools::{built_beside, until};
use machine::held::{self, Held};
use machine::lines::{Line, Lines};
use machine::picture::Picture;
use machine::qmp::Monitor;
use serde_json::{Value, json};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// How wide the display is, in pixels.
pub const WIDTH: u32 = 1080;
/// How high.
pub const HEIGHT: u32 = 1920;
/// What every machine here has: no KVM, which is not everywhere; two processors, 2 GiB.
pub const MACHINE: [&str; 11] = [
    "-accel",
    "tcg,thread=multi,tb-size=512",
    "-cpu",
    "max",
    "-smp",
    "2",
    "-m",
    "2048",
    "-nodefaults",
    "-rtc",
    "base=utc",
];
/// The address at which the guest finds the update host, on port 443.
pub const UPDATE_HOST: &str = "10.0.2.100";
/// The address at which the guest finds a time server's key exchange, on port 4460 (NTS-KE, RFC 8915).
pub const TIME_HOST: &str = "10.0.2.101";
/// The address at which the guest finds this machine's loopback.
pub const LOOPBACK: &str = "10.0.2.2";
/// The port of NTS key exchange (RFC 8915, section 7.1).
const NTS_KE: u16 = 4460;
/// The guest's own address, from QEMU's DHCP.
pub const GUEST: &str = "10.0.2.15";
/// The most often that the screen is looked at: each look stops the guest for a moment.
const GLANCE: Duration = Duration::from_millis(300);
/// What an absolute axis of QEMU's ends with.
const AXIS: u64 = 0x7fff;
/// How long one command inside may take.
const COMMAND: Duration = Duration::from_secs(120);

/// How long one look inside may take: a machine that starts anew in the middle of it never answers.
const LOOK: Duration = Duration::from_secs(30);

/// How long an answer is waited for where there may be nobody to give one.
const GLIMPSE: Duration = Duration::from_secs(5);

/// How the system inside is: what it waits for, what has failed, what it last warned of.
const STATE: &str = "systemctl list-jobs --no-pager; systemctl --failed --no-pager --no-legend; \
    journalctl -b --no-pager -p warning | tail -n 40";

/// What is plugged in.
#[derive(Clone, Debug, Default)]
pub struct Wiring {
    /// The hall's ticket printer, a serial port on this machine.
    pub printer: Option<PathBuf>,
    /// The hall's reader of identity cards, too.
    pub reader: Option<PathBuf>,
    /// The port of the update host on this machine's loopback.
    pub update_host: Option<u16>,
    /// A socket at which somebody else sits on the same wire ([`crate::wire`]).
    pub wire: Option<(PathBuf, PathBuf)>,
    /// Where the screen is shown besides, as QEMU's `-display` or `-vnc` wants it; nowhere for tests.
    pub shown: Option<[String; 2]>,
    /// The panel is mounted on its side: whoever stands before it sees what it shows turned to the left.
    pub on_its_side: bool,
    /// An image of a USB stick that can be plugged in ([`Running::plug_stick`]).
    pub stick: Option<PathBuf>,
    /// The port of a time server's key exchange on this machine's loopback.
    pub time_host: Option<u16>,
    /// What its clock says when it is switched on (QEMU's `-rtc base`), if it is not right.
    pub clock: Option<&'static str>,
    /// Where all that the loudspeaker says is kept (WAV).
    pub sound: Option<PathBuf>,
}

/// A machine with its power on. Dropping it is a power cut.
pub struct Running {
    qemu: Held,
    tpm: Held,
    monitor: Monitor,
    console: Lines,
    probe: Probe,
    folder: PathBuf,
    begun: Instant,
    on_its_side: bool,
}

impl Running {
    pub(crate) fn start(cabinet: &Cabinet, wiring: &Wiring) -> Self {
        let folder = cabinet.folder().to_owned();
        let place = |name: &str| folder.join(name);
        for socket in ["qmp", "probe"] {
            let _ = std::fs::remove_file(place(socket));
        }
        let tpm = start_tpm(&cabinet.tpm(), &place("tpm.socket"));
        let mut command = held::command("qemu-system-x86_64");
        command.args(arguments(cabinet, wiring));
        let said = File::create(place("qemu.log")).expect("a log");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(said);
        let begun = Instant::now();
        let mut qemu = Held::start(&mut command).expect("QEMU; `tools/setup image` installs it");
        let stdout = qemu.stdout.take().expect("the console");
        let console = Lines::listen(stdout, &place("console.log"), begun).expect("the console");
        let mut dead = || {
            let ended = qemu.ended().ok().flatten()?;
            Some(format!("QEMU {ended}: {}", std::fs::read_to_string(place("qemu.log")).unwrap_or_default()))
        };
        let monitor = until("QEMU's monitor", || Monitor::connect(&place("qmp")).ok(), &mut dead);
        let probe = until("the probe's port", || Probe::connect(&place("probe")).ok(), &mut dead);
        Self { qemu, tpm, monitor, console, probe, folder, begun, on_its_side: wiring.on_its_side }
    }

    /// When it was switched on.
    #[must_use]
    pub fn begun(&self) -> Instant {
        self.begun
    }

    /// What it says on its first serial port.
    #[must_use]
    pub fn console(&self) -> &Lines {
        &self.console
    }

    /// QEMU itself.
    pub fn monitor(&mut self) -> &mut Monitor {
        &mut self.monitor
    }

    /// The power goes, in the middle of whatever it does. What the guest had synced is on its disk.
    pub fn cut(mut self) {
        self.qemu.end();
        self.tpm.end();
    }

    /// Waits for a line of the console.
    ///
    /// # Panics
    /// When it does not come by `deadline`.
    pub fn wait_line(
        &mut self,
        what: &str,
        from: usize,
        deadline: Instant,
        wanted: impl Fn(&str) -> bool,
    ) -> Line {
        let line = self.console.wait(from, deadline, wanted);
        line.unwrap_or_else(|| self.in_vain(what))
    }

    /// Waits until the machine starts anew.
    ///
    /// # Panics
    /// When it does not by `deadline`.
    pub fn wait_reset(&mut self, what: &str, deadline: Instant) -> Value {
        self.wait_event(what, &["RESET"], deadline)
    }

    /// Waits for one of these events of QEMU's.
    ///
    /// # Panics
    /// When none comes by `deadline`.
    pub fn wait_event(&mut self, what: &str, names: &[&str], deadline: Instant) -> Value {
        match self.monitor.event(names, deadline) {
            Ok(event) => event,
            Err(_) => self.in_vain(what),
        }
    }

    /// Waits until the machine is off: switched off inside, or its window closed.
    pub fn wait_off(&mut self) {
        // Why it ended says nothing more.
        let _ = self.qemu.wait();
    }

    /// How often it has started anew since this was last asked.
    pub fn resets(&mut self) -> usize {
        self.monitor.news().iter().filter(|news| news["event"] == "RESET").count()
    }

    /// What the screen shows.
    ///
    /// # Panics
    /// When QEMU does not tell.
    pub fn screen(&mut self) -> Picture {
        self.try_screen().unwrap_or_else(|e| panic!("the screen: {e}"))
    }

    /// What the screen shows to whoever stands before it, if it can be seen just now: not while the display changes
    /// its mode.
    ///
    /// # Errors
    /// When QEMU does not tell.
    pub fn try_screen(&mut self) -> io::Result<Picture> {
        let file = self.folder.join("screen.png");
        self.monitor.command("screendump", &json!({ "filename": file, "format": "png" }))?;
        let picture = Picture::read(&file)?;
        Ok(if self.on_its_side { picture.turned_left() } else { picture })
    }

    /// Waits until the screen is as wanted, and returns it.
    ///
    /// # Panics
    /// When it is not by `deadline`.
    pub fn wait_screen(
        &mut self,
        what: &str,
        deadline: Instant,
        wanted: impl Fn(&Picture) -> bool,
    ) -> Picture {
        loop {
            let looked = Instant::now();
            // While the display changes its mode there is nothing to be seen.
            if let Some(picture) = self.try_screen().ok().filter(&wanted) {
                return picture;
            }
            if looked >= deadline {
                self.in_vain(what);
            }
            std::thread::sleep(GLANCE.saturating_sub(looked.elapsed()));
        }
    }

    /// A finger at this place of the screen, down and up again.
    ///
    /// # Panics
    /// When QEMU refuses.
    pub fn tap(&mut self, x: u32, y: u32) {
        let axis = |axis: &str, at: u32, length: u32| {
            let value = (u64::from(at) * 2 + 1) * AXIS / (u64::from(length) * 2);
            json!({ "type": "abs", "data": { "axis": axis, "value": value } })
        };
        let place = if self.on_its_side {
            [axis("x", HEIGHT - 1 - y, HEIGHT), axis("y", x, WIDTH)]
        } else {
            [axis("x", x, WIDTH), axis("y", y, HEIGHT)]
        };
        let finger = |down: bool| json!({ "type": "btn", "data": { "button": "left", "down": down } });
        let [across, along] = place;
        for events in [json!([across, along]), json!([finger(true)]), json!([finger(false)])] {
            self.command("input-send-event", &json!({ "events": events }));
        }
    }

    /// Keys pressed together (QEMU's names: `ctrl`, `alt`, `delete`, `backspace`, `f2`) and let go.
    ///
    /// # Panics
    /// When QEMU refuses.
    pub fn keys(&mut self, keys: &[&str]) {
        let keys: Vec<_> = keys.iter().map(|key| json!({ "type": "qcode", "data": key })).collect();
        self.command("send-key", &json!({ "keys": keys }));
    }

    /// Plugs a device into the USB controller.
    ///
    /// # Panics
    /// When QEMU refuses.
    pub fn plug(&mut self, driver: &str, name: &str) {
        self.command("device_add", &json!({ "driver": driver, "id": name, "bus": "usb.0" }));
    }

    /// Plugs the stick of the wiring in.
    ///
    /// # Panics
    /// When QEMU refuses.
    pub fn plug_stick(&mut self, name: &str) {
        let stick = json!({ "driver": "usb-storage", "id": name, "bus": "usb.0", "drive": "stick" });
        self.command("device_add", &stick);
    }

    /// Pulls it out again.
    ///
    /// # Panics
    /// When QEMU refuses.
    pub fn pull(&mut self, name: &str) {
        self.command("device_del", &json!({ "id": name }));
    }

    fn command(&mut self, command: &str, arguments: &Value) -> Value {
        self.monitor.command(command, arguments).unwrap_or_else(|e| panic!("{e}"))
    }

    /// Waits until the shell of the add-on answers.
    ///
    /// # Panics
    /// When it does not by `deadline`.
    pub fn wait_probe(&mut self, deadline: Instant) {
        if self.probe.wait(deadline).is_err() {
            self.in_vain("the probe's shell");
        }
    }

    /// Has a command run inside, as root.
    ///
    /// # Panics
    /// When there is no answer.
    pub fn ask(&mut self, command: &str) -> Said {
        match self.probe.ask(command, Instant::now() + COMMAND) {
            Ok(said) => said,
            Err(error) => {
                let what = format!("an answer to {command}: {error}");
                self.in_vain(&what)
            }
        }
    }

    /// Has a command run inside, if anybody is there to answer: nobody is while the machine starts anew.
    pub fn try_ask(&mut self, command: &str) -> Option<Said> {
        self.probe.ask(command, Instant::now() + GLIMPSE).ok()
    }

    /// Has a command run inside that must succeed, and returns what it said.
    ///
    /// # Panics
    /// When it fails.
    pub fn told(&mut self, command: &str) -> String {
        let said = self.ask(command);
        assert_eq!(said.status, 0, "{command}: {said}");
        said.text()
    }

    /// Waits until a command inside succeeds, and returns what it said, also if the machine starts anew meanwhile. To
    /// be used where nothing tells of it: a second lies between two looks.
    ///
    /// # Panics
    /// When it does not by `deadline`.
    pub fn wait_told(&mut self, what: &str, deadline: Instant, command: &str) -> String {
        loop {
            let looked = Instant::now();
            match self.probe.ask(command, looked + LOOK) {
                Ok(said) if said.status == 0 => return said.text(),
                _ if looked >= deadline => self.in_vain(what),
                _ => std::thread::sleep(Duration::from_secs(1).saturating_sub(looked.elapsed())),
            }
        }
    }

    /// Has a command run inside that ends when the machine does: nobody waits for its answer.
    ///
    /// # Panics
    /// When the shell's line is gone.
    pub fn begin(&mut self, command: &str) {
        // In the background, so that the shell answers whoever asks next.
        self.told(&format!("({command}) >/dev/null 2>&1 &"));
    }

    /// Says where the machine stands, and ends the test.
    pub fn in_vain(&mut self, what: &str) -> ! {
        let last: Vec<_> = self.console.all().iter().rev().take(40).map(line).collect();
        let last: Vec<_> = last.into_iter().rev().collect();
        let screen = self.folder.with_extension("png");
        let shown = match self.try_screen() {
            Ok(picture) => {
                let copied = std::fs::copy(self.folder.join("screen.png"), &screen);
                format!(
                    "{picture:?}, {}",
                    copied.map_or_else(|e| e.to_string(), |_| screen.display().to_string())
                )
            }
            Err(error) => error.to_string(),
        };
        let inside =
            self.probe.ask(STATE, Instant::now() + LOOK).map_or_else(|e| e.to_string(), |said| said.text());
        panic!(
            "waited in vain for {what}, {:.1} s after switching on; on the screen: {shown}; the console's last:\n{}\n\
             inside:\n{inside}",
            self.begun.elapsed().as_secs_f32(),
            last.join("\n")
        )
    }
}

fn line(line: &Line) -> String {
    format!("{:9.3} {}", line.at.as_secs_f64(), line.text)
}

/// How QEMU builds the machine: a PC as kiosks have one. No KVM: it is not everywhere.
fn arguments(cabinet: &Cabinet, wiring: &Wiring) -> Vec<String> {
    let place = |name: &str| cabinet.folder().join(name);
    let shown = |path: &Path| path.display().to_string();
    let mut all: Vec<String> = Vec::new();
    let mut add = |words: &[&str]| all.extend(words.iter().map(ToString::to_string));
    add(&MACHINE);
    add(&["-M", "q35,smm=on"]);
    match &wiring.shown {
        Some([how, at]) => add(&[how, at]),
        None => add(&["-display", "none"]),
    }
    add(&["-action", "watchdog=reset", "-device", "i6300esb"]);

    add(&["-global", "driver=cfi.pflash01,property=secure,value=on"]);
    add(&["-drive", &format!("if=pflash,unit=0,format=raw,readonly=on,file={FIRMWARE}")]);
    add(&["-drive", &format!("if=pflash,unit=1,format=raw,file={}", shown(&cabinet.variables()))]);
    add(&["-chardev", &format!("socket,id=tpm,path={}", shown(&place("tpm.socket")))]);
    add(&["-tpmdev", "emulator,id=tpm,chardev=tpm", "-device", "tpm-crb,tpmdev=tpm"]);

    // The guest's syncs reach the file; what it did not sync may be QEMU's alone and goes with it.
    let disk =
        format!("if=none,id=disk,format=qcow2,cache=writeback,discard=unmap,file={}", shown(&cabinet.disk()));
    add(&["-drive", &disk, "-device", "virtio-blk-pci,drive=disk,bootindex=0"]);

    // A touch panel is a USB device, as it is in a real one.
    let (across, down) = if wiring.on_its_side { (HEIGHT, WIDTH) } else { (WIDTH, HEIGHT) };
    add(&["-device", &format!("virtio-vga,xres={across},yres={down}"), "-device", "virtio-rng-pci"]);
    add(&["-device", "qemu-xhci,id=usb", "-device", "usb-tablet,bus=usb.0"]);

    if let Some(stick) = &wiring.stick {
        add(&["-drive", &format!("if=none,id=stick,format=raw,file={}", shown(stick))]);
    }

    if let Some(clock) = wiring.clock {
        add(&["-rtc", &format!("base={clock}")]);
    }
    if let Some(sound) = &wiring.sound {
        add(&["-audiodev", &format!("wav,id=sound,path={}", shown(sound))]);
        add(&["-device", "intel-hda", "-device", "hda-output,audiodev=sound"]);
    }

    add(&["-serial", "stdio"]);
    for (name, port) in [("printer", &wiring.printer), ("reader", &wiring.reader)] {
        match port {
            Some(port) => {
                add(&["-chardev", &format!("serial,id={name},path={}", shown(port))]);
                add(&["-serial", &format!("chardev:{name}")]);
            }
            None => add(&["-serial", "null"]),
        }
    }
    add(&["-serial", &format!("unix:{},server=on,wait=off", shown(&place("probe")))]);
    add(&["-qmp", &format!("unix:{},server=on,wait=off", shown(&place("qmp")))]);

    let mut user = "user,id=user".to_owned();
    let hosts = [(UPDATE_HOST, 443, wiring.update_host), (TIME_HOST, NTS_KE, wiring.time_host)];
    for (host, there, port) in hosts {
        let Some(port) = port else { continue };
        let forward = built_beside("forward", "ONEDOOR_FORWARD");
        user.push_str(&format!(",guestfwd=tcp:{host}:{there}-cmd:{} {port}", shown(&forward)));
    }
    add(&["-netdev", &user]);
    // Without an option ROM: firmware that finds one looks for a server to boot from first.
    match &wiring.wire {
        None => add(&["-device", "virtio-net-pci,netdev=user,romfile="]),
        Some((local, remote)) => {
            let (local, remote) = (shown(local), shown(remote));
            add(&[
                "-netdev",
                &format!(
                    "dgram,id=wire,local.type=unix,local.path={local},remote.type=unix,remote.path={remote}"
                ),
            ]);
            add(&[
                "-netdev",
                "hubport,id=hub0,hubid=0,netdev=user",
                "-netdev",
                "hubport,id=hub1,hubid=0,netdev=wire",
            ]);
            add(&["-netdev", "hubport,id=hub2,hubid=0", "-device", "virtio-net-pci,netdev=hub2,romfile="]);
        }
    }
    all
}
