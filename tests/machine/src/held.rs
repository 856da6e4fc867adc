//! A program that ends with the test that started it, whatever becomes of that test.

use std::ffi::OsStr;
use std::io;
use std::ops::{Deref, DerefMut};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command};

/// A command that the kernel ends together with the thread that starts it: also when the test itself is
/// killed. So a process that outlives its thread has to be started elsewhere.
#[must_use]
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

/// A running program, ended with this value.
#[derive(Debug)]
pub struct Held(Child);

impl Held {
    /// Starts it.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        command.spawn().map(Self)
    }

    /// Ends it here and now, without a chance to put anything in order.
    pub fn end(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    /// Whether it still runs, and if not, how it ended.
    ///
    /// # Errors
    /// When the system does not know.
    pub fn ended(&mut self) -> io::Result<Option<String>> {
        Ok(self.0.try_wait()?.map(|status| match status.signal() {
            Some(signal) => format!("ended by signal {signal}"),
            None => format!("ended with {}", status.code().unwrap_or_default()),
        }))
    }
}

impl Deref for Held {
    type Target = Child;

    fn deref(&self) -> &Child {
        &self.0
    }
}

impl DerefMut for Held {
    fn deref_mut(&mut self) -> &mut Child {
        &mut self.0
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn a_program_ends_with_its_value() {
        let held = Held::start(command("sleep").arg("1000")).expect("a program");
        let process = PathBuf::from(format!("/proc/{}", held.id()));
        assert!(process.exists());
        drop(held);
        assert!(!process.exists());
    }

    #[test]
    fn how_it_ended_is_told() {
        let mut held = Held::start(command("sleep").arg("1000")).expect("a program");
        assert_eq!(held.ended().expect("its state"), None);
        held.end();
        assert_eq!(held.ended().expect("its state"), Some("ended by signal 9".to_owned()));
    }
}
