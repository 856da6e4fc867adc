//! `onedoor-key-helper LIBRARY`: loads a vendor's SKF library, alone, and does for the kiosk what
//! [`company_key::protocol`] says, over standard input and output.
//!
//! The library may print, crash or hang: its prints go to standard error, and the kiosk notices the
//! rest. The helper ends with its standard input.

mod key;
mod skf;

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use company_key::protocol::{self, Answer, Request, Unloaded};
use rustix::process::{Resource, Rlimit, Signal};
use zeroize::{Zeroize, Zeroizing};

use skf::Library;

/// How often the library is asked for its keys while one waits for a change.
const LOOK: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: onedoor-key-helper LIBRARY; to be started by the kiosk");
        return ExitCode::from(2);
    };
    match serve(Path::new(&path)) {
        // Not by returning: the library's own exit handlers may hang or crash.
        Ok(()) => leave(),
        Err(error) => {
            eprintln!("onedoor-key-helper: {error}; it is to be started by the kiosk");
            ExitCode::FAILURE
        }
    }
}

fn serve(path: &Path) -> io::Result<()> {
    // A crash in here must not leave a file with a PIN in it, and a kiosk that died no helper.
    rustix::process::setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // What the library prints must not get among the answers.
    let mut output = std::fs::File::from(rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3)?);
    rustix::stdio::dup2_stdout(rustix::stdio::stderr())?;
    let mut input = io::stdin().lock();

    let library = match load(path) {
        Ok(library) => library,
        Err((reason, detail)) => {
            return output.write_all(&Answer::NotLoaded(reason, detail).frame());
        }
    };
    output.write_all(&Answer::Ready.frame())?;

    let mut keys = Keys { library: &library, told: Vec::new() };
    let mut buffer = Zeroizing::new(vec![0; protocol::LONGEST]);
    loop {
        let mut head = [0; 4];
        match input.read_exact(&mut head) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            read => read?,
        }
        let length = protocol::length(head).map_err(io::Error::other)?;
        let content = buffer.get_mut(..length).unwrap_or_default();
        input.read_exact(content)?;
        let answer = Request::parse(content).map_or(Answer::BadRequest, |request| keys.answer(&request));
        content.zeroize();
        output.write_all(&answer.frame())?;
        if answer == Answer::Closed {
            return Ok(());
        }
    }
}

fn leave() -> ! {
    // Cannot fail: it is this very process.
    let _ = rustix::process::kill_process(rustix::process::getpid(), Signal::KILL);
    std::process::abort()
}

/// Loads the library, after a look at the file: the loader's own words differ from system to system.
fn load(path: &Path) -> Result<Library, (Unloaded, String)> {
    let mut head = [0; 20];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut head));
    match read {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err((Unloaded::Missing, String::new()));
        }
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return Err((Unloaded::WrongKind, String::new()));
        }
        Err(error) => return Err((Unloaded::Refused, error.to_string())),
        Ok(()) => {}
    }
    if own_kind() != Some(kind(&head)) {
        return Err((Unloaded::WrongKind, String::new()));
    }
    Library::load(path)
}

/// Magic, class and byte order, and machine of an ELF file (System V ABI, "ELF Header").
fn kind(head: &[u8; 20]) -> ([u8; 6], [u8; 2]) {
    let [m0, m1, m2, m3, class, order, .., machine0, machine1] = *head;
    ([m0, m1, m2, m3, class, order], [machine0, machine1])
}

/// The same of this very program.
fn own_kind() -> Option<([u8; 6], [u8; 2])> {
    let mut head = [0; 20];
    std::fs::File::open("/proc/self/exe").and_then(|mut file| file.read_exact(&mut head)).ok()?;
    Some(kind(&head))
}

/// The library, and which keys the kiosk was told of last.
struct Keys<'a> {
    library: &'a Library,
    told: Vec<Vec<u8>>,
}

impl Keys<'_> {
    fn answer(&mut self, request: &Request<'_>) -> Answer {
        match request {
            Request::Devices => self.tell(|_| true),
            Request::Wait { ms } => {
                let end = Instant::now() + Duration::from_millis(u64::from(*ms));
                self.tell(|changed| changed || Instant::now() >= end)
            }
            Request::Read { device } => key::read(self.library, device),
            Request::Prove { device, certificate, pin, challenge } => {
                key::prove(self.library, device, certificate, pin.0, challenge)
            }
            Request::Close => Answer::Closed,
        }
    }

    /// Lists the keys until `enough`, which hears whether the list has changed.
    fn tell(&mut self, mut enough: impl FnMut(bool) -> bool) -> Answer {
        loop {
            match self.library.devices() {
                Ok(names) if enough(names != self.told) => {
                    self.told.clone_from(&names);
                    return Answer::Devices(names);
                }
                Ok(_) => thread::sleep(LOOK),
                Err(failed) => return failed.into(),
            }
        }
    }
}
