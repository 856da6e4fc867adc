//! One guest: Debian's kernel under QEMU, without KVM, with the host's files read-only as its own.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use std::{env, fs, io, thread};

use ::machine::held::{self, Held};

use crate::hands::{self, Hands};
use crate::report::{Case, Converter, FromGuest};

/// The longest a guest may live.
const LIMIT: Duration = Duration::from_secs(120);

/// What a guest told before it ended.
#[derive(Debug)]
pub struct Story {
    /// Cases by name.
    pub cases: BTreeMap<String, Case>,
    /// Whether it told them all.
    pub whole: bool,
    /// The case under way when it ended, if one was.
    pub amid: Option<String>,
    /// From start to the first case, if it came to that.
    pub booted: Option<Duration>,
    /// From start to end.
    pub took: Duration,
    /// The guest's console and what QEMU said.
    pub log: String,
}

/// Why there is no story.
#[derive(Debug, thiserror::Error)]
pub enum NoStory {
    /// The set-up could not provide a guest here.
    #[error("{0}: `make setup` provides it where it can be had")]
    NoGuest(String),
    /// The guest could not be started.
    #[error("the guest could not be started: {0}")]
    NotStarted(#[from] io::Error),
}

/// Boots a guest, has `suite` run in it, and hears it to its end, two minutes at most.
///
/// # Errors
/// [`NoStory`]; a guest that hangs or dies is no error but a story that is not whole.
pub fn boot(suite: &Path) -> Result<Story, NoStory> {
    let begun = Instant::now();
    let kernel = Kernel::find()?;
    let folder = tempfile::tempdir()?;
    let monitor = folder.path().join("monitor");
    let hands = Hands::new(folder.path(), monitor.clone())?;
    let console = folder.path().join("console");
    let said = folder.path().join("said");
    let mut qemu = Held::start(&mut command(&kernel, suite, &hands, &monitor, &console, &said)?)?;
    let (Some(stdin), Some(stdout)) = (qemu.stdin.take(), qemu.stdout.take()) else {
        return Err(io::Error::other("QEMU has no pipes").into());
    };
    let lines = listen(stdout)?;
    let mut story = Story {
        cases: BTreeMap::new(),
        whole: false,
        amid: None,
        booted: None,
        took: Duration::ZERO,
        log: String::new(),
    };
    story.hear(&lines, stdin, &hands, begun);
    drop(qemu);
    story.took = begun.elapsed();
    for log in [console, said] {
        story.log.push_str(&String::from_utf8_lossy(&fs::read(log).unwrap_or_default()));
    }
    Ok(story)
}

impl Story {
    fn hear(&mut self, lines: &Receiver<String>, mut guest: ChildStdin, hands: &Hands, begun: Instant) {
        loop {
            let left = LIMIT.saturating_sub(begun.elapsed());
            let line = match lines.recv_timeout(left) {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            };
            match serde_json::from_str(&line) {
                Ok(FromGuest::Begin(name)) => {
                    self.booted.get_or_insert_with(|| begun.elapsed());
                    self.amid = Some(name);
                }
                Ok(FromGuest::Case(case)) => {
                    self.amid = None;
                    self.cases.insert(case.name.clone(), case);
                }
                Ok(FromGuest::Ask(ask)) => {
                    let answer = serde_json::to_string(&hands.answer(ask)).unwrap_or_default();
                    // A guest that has died is noticed by its silence.
                    let _ = writeln!(guest, "{answer}");
                }
                Ok(FromGuest::Done) => {
                    self.whole = true;
                    return;
                }
                Err(_) => self.log.push_str(&format!("(not understood) {line}\n")),
            }
        }
    }
}

/// Where the set-up has laid out the guest's kernel.
struct Kernel {
    folder: PathBuf,
}

impl Kernel {
    const PROGRAM: &str = "qemu-system-x86_64";

    fn find() -> Result<Self, NoStory> {
        let cache = env::var_os("XDG_CACHE_HOME").filter(|cache| !cache.is_empty()).map(PathBuf::from);
        let home = || Some(PathBuf::from(env::var_os("HOME")?).join(".cache"));
        let folder = cache
            .or_else(home)
            .and_then(|cache| fs::canonicalize(cache.join("onedoor/guest-kernel")).ok())
            .ok_or_else(|| NoStory::NoGuest("no kernel for the guest".to_owned()))?;
        let programs = env::split_paths(&env::var_os("PATH").unwrap_or_default())
            .any(|folder| folder.join(Self::PROGRAM).is_file());
        if !programs {
            return Err(NoStory::NoGuest(format!("{} is not installed", Self::PROGRAM)));
        }
        Ok(Self { folder })
    }
}

fn command(
    kernel: &Kernel,
    suite: &Path,
    hands: &Hands,
    monitor: &Path,
    console: &Path,
    said: &Path,
) -> io::Result<Command> {
    let inside = Path::new(env!("CARGO_MANIFEST_DIR")).join("inside");
    let (inside, suite, folder) = (inside.display(), suite.display(), kernel.folder.display());
    let mut command = held::command(Kernel::PROGRAM);
    command.args(["-M", "q35", "-accel", "tcg,thread=multi,tb-size=256", "-cpu", "Nehalem"]);
    command.args(["-m", "512", "-smp", "1", "-nodefaults", "-display", "none", "-no-reboot"]);
    command.arg("-kernel").arg(kernel.folder.join("vmlinux"));
    command.arg("-initrd").arg(kernel.folder.join("initramfs"));
    command.arg("-append").arg(format!(
        "console=ttyS0 quiet panic=-1 nokaslr mitigations=off tsc=reliable no_timer_check \
         random.trust_cpu=on inside={inside} suite={suite} modules={folder}"
    ));
    command.args(["-fsdev", "local,id=root,path=/,security_model=none,readonly=on,multidevs=remap"]);
    command.args(["-device", "virtio-9p-pci,fsdev=root,mount_tag=hostroot"]);
    command.arg("-serial").arg(format!("file:{}", console.display()));
    command.args(["-serial", "stdio"]);
    command.arg("-qmp").arg(format!("unix:{},server=on,wait=off", monitor.display()));
    command.args(["-device", "qemu-xhci,id=usb"]);
    for converter in Converter::ALL {
        let (name, port) = (converter.name(), hands.port(converter).display());
        command.arg("-chardev").arg(format!("serial,id={name},path={port}"));
        command.arg("-device").arg(hands::device(converter).to_string());
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(fs::File::create(said)?);
    Ok(command)
}

/// The guest's lines, as they come.
fn listen(stdout: impl io::Read + Send + 'static) -> io::Result<Receiver<String>> {
    let (sender, lines) = channel();
    thread::Builder::new().spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    })?;
    Ok(lines)
}
