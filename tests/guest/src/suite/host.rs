//! The guest's line to the host.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use guest::report::{Answer, Ask, FromGuest};
use rustix::fs::OFlags;
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// The second serial port, on which the host listens.
pub struct Host {
    to: File,
    from: BufReader<File>,
}

impl Host {
    /// Opens the line at `path`.
    ///
    /// # Errors
    /// When there is no such port.
    pub fn open(path: &Path) -> io::Result<Self> {
        let noctty = OFlags::NOCTTY.bits().cast_signed();
        let to = OpenOptions::new().read(true).write(true).custom_flags(noctty).open(path)?;
        // No echo: the host would hear itself.
        let mut settings = tcgetattr(&to)?;
        settings.make_raw();
        tcsetattr(&to, OptionalActions::Now, &settings)?;
        let from = BufReader::new(to.try_clone()?);
        Ok(Self { to, from })
    }

    /// Tells the host something.
    ///
    /// # Errors
    /// What the port says.
    pub fn tell(&mut self, what: &FromGuest) -> io::Result<()> {
        let mut line = serde_json::to_vec(what)?;
        line.push(b'\n');
        self.to.write_all(&line)
    }

    /// Has the host do something.
    ///
    /// # Errors
    /// When the host could not, in its words.
    pub fn ask(&mut self, what: Ask) -> Result<Answer, String> {
        self.tell(&FromGuest::Ask(what)).map_err(|e| e.to_string())?;
        let mut line = String::new();
        self.from.read_line(&mut line).map_err(|e| e.to_string())?;
        match serde_json::from_str(&line).map_err(|e| format!("{line:?} from the host: {e}"))? {
            Answer::Failed(why) => Err(format!("the host could not: {why}")),
            answer => Ok(answer),
        }
    }
}
