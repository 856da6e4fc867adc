//! Figures of the image under test: its size, its memory, and how its start goes, beside the start of a bare Slint
//! screen (`ui/examples/bare.rs`) that the same kernel has as its first process, in turns with it.
//!
//! All times are the guest's own, from its kernel's start: unpacking the kernel, which takes long without KVM, is in
//! none of them.

use image_tests::built::Built;
use image_tests::lobby::Lobby;
use image_tests::running::{HEIGHT, MACHINE, Running, WIDTH};
use image_tests::tools::{built_beside, run};
use image_tests::words;
use machine::held::{self, Held};
use machine::lines::Lines;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// How often each is started.
const ROUNDS: usize = 3;
/// How much longer than a bare screen's the kiosk's first frame may take.
const RATIO: f64 = 5.0;
/// How long the packed root may be, in bytes.
const ROOT: u64 = 180_000_000;
/// How long it may take until the last of all has started.
const STARTED: Duration = Duration::from_secs(600);
/// How long a bare screen may take.
const BARE: Duration = Duration::from_secs(120);

fn main() {
    let Some(built) = Built::find() else { std::process::exit(2) };
    sizes(&built);
    let folder = tempfile::tempdir().expect("a folder");
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join("bare");
    let program = built_beside("examples/bare", "ONEDOOR_BARE");
    run(&packed.display().to_string(), words![&program, built.folder(), folder.path()]);

    let (lobby, running) = Lobby::settled(&built);
    running.cut();
    let (mut bare, mut own) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        bare.push(bare_screen(folder.path(), round));
        let mut running = lobby.switch_on();
        own.push(first_frame(&mut running));
        let up = running.told("cut -d ' ' -f 1 /proc/uptime").trim().parse::<f64>().expect("seconds");
        let before = running.begun().elapsed().as_secs_f64() - up;
        println!("firmware, boot loader, and unpacking the kernel: {before:.1} s");
        if round == ROUNDS {
            println!("{}", analyzed(&mut running));
            memory(&mut running);
        }
    }
    println!("kernel's start to the first frame, bare:  {bare:.2?} s");
    println!("kernel's start to the first frame, kiosk: {own:.2?} s");
    let ratio = median(own) / median(bare);
    println!("ratio of the medians: {ratio:.2} ({RATIO} allowed)");
    assert!(ratio <= RATIO, "the first frame comes too late");
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

fn sizes(built: &Built) {
    let mebibytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let mut whole = 0;
    for entry in std::fs::read_dir(built.update()).expect("the update").flatten() {
        let length = entry.metadata().expect("a file").len();
        whole += length;
        let name = entry.file_name().to_string_lossy().into_owned();
        println!("{:>9.1} MiB  {name}", mebibytes(length));
        assert!(
            !name.ends_with(".root.raw.xz") || length <= ROOT,
            "the root is too large: {ROOT} bytes are allowed"
        );
    }
    println!("{:>9.1} MiB  the update in all", mebibytes(whole));
}

/// Seconds until a bare screen has painted.
fn bare_screen(folder: &Path, round: usize) -> f64 {
    let mut command = held::command("qemu-system-x86_64");
    command.args(MACHINE).args(["-M", "q35", "-display", "none", "-no-reboot", "-serial", "stdio"]);
    command.args(["-device", &format!("virtio-vga,xres={WIDTH},yres={HEIGHT}")]);
    command.arg("-kernel").arg(folder.join("kernel")).arg("-initrd").arg(folder.join("initrd"));
    command.args(["-append", "console=ttyS0 quiet loglevel=3 vt.global_cursor_default=0 panic=-1"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut qemu = Held::start(&mut command).expect("QEMU");
    let stdout = qemu.stdout.take().expect("the console");
    let log = folder.join(format!("bare-{round}.log"));
    let console = Lines::listen(stdout, &log, Instant::now()).expect("the console");
    let line = console.wait(0, Instant::now() + BARE, |line| line.contains("first frame after"));
    let text = line.unwrap_or_else(|| panic!("no bare screen: {:#?}", console.all())).text;
    let seconds = text.split("after ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok());
    seconds.unwrap_or_else(|| panic!("{text}"))
}

/// Seconds until the kiosk had painted: what it told the service manager then.
fn first_frame(running: &mut Running) -> f64 {
    let begun = running.told("systemctl show -P NRestarts kiosk.service");
    assert_eq!(begun.trim(), "0", "an earlier kiosk has painted before");
    let said = running.told("systemctl show -P ActiveEnterTimestampMonotonic kiosk.service");
    said.trim().parse::<f64>().expect("microseconds") / 1e6
}

/// How systemd splits the start once all has started, and what the screen waited for.
fn analyzed(running: &mut Running) -> String {
    let time = "systemd-analyze time --no-pager";
    let time = running.wait_told("the end of the start", Instant::now() + STARTED, time);
    let chain = running.told("systemd-analyze critical-chain --no-pager kiosk.service");
    format!("{time}\n{chain}")
}

fn memory(running: &mut Running) {
    print!("{}", running.told("grep -E '^(MemTotal|MemAvailable):' /proc/meminfo"));
    let kiosk = running.told("systemctl show -P MemoryCurrent kiosk.service");
    println!("the kiosk: {:.0} MiB", kiosk.trim().parse::<f64>().unwrap_or(f64::NAN) / f64::from(1 << 20));
    print!("{}", running.told("df -h / /data | cat"));
}
