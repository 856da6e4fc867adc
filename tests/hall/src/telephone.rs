//! The hall's office: its key, and the program that answers with it, as an office runs it.

use crate::Fatal;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The office; cheap to clone.
#[derive(Clone)]
pub(crate) struct Office {
    program: PathBuf,
    key: PathBuf,
    kiosk: String,
}

impl Office {
    /// An office whose key lies in `folder`, and in `kiosk_key` what the kiosk of this name keeps; nothing if the
    /// program is not there.
    pub fn open(folder: &Path, kiosk: &str, kiosk_key: &Path) -> Result<Option<Self>, Fatal> {
        let program = std::env::current_exe()?.with_file_name("onedoor-answer");
        if !program.exists() {
            return Ok(None);
        }
        let key = folder.join("office.key");
        let office = Self { program, key, kiosk: kiosk.to_owned() };
        let path = |path: &Path| path.display().to_string();
        if !office.key.exists() {
            office.run(&["new-key", &path(&office.key)])?;
        }
        if !kiosk_key.exists() {
            office.run(&["kiosk-key", "--key", &path(&office.key), "--kiosk", kiosk, &path(kiosk_key)])?;
        }
        Ok(Some(office))
    }

    /// What the program says to this question.
    pub fn answer(&self, question: &str) -> Result<String, String> {
        let key = self.key.display().to_string();
        let told = self.run(&["--key", &key, "--kiosk", &self.kiosk, question]);
        told.map_err(|error| error.to_string())
    }

    fn run(&self, arguments: &[&str]) -> Result<String, Fatal> {
        let done = Command::new(&self.program).args(arguments).output()?;
        if done.status.success() {
            Ok(String::from_utf8_lossy(&done.stdout).into_owned())
        } else {
            Err(format!("onedoor-answer: {}", String::from_utf8_lossy(&done.stderr).trim()).into())
        }
    }
}
