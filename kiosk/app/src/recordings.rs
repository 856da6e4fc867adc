//! What crossed a device's link before a fault began, kept for whoever comes to mend it.
//!
//! A recording holds nothing of a person: its driver has redacted it before it was remembered at all.
//! `kiosk replay FILE` performs it again.

use crate::bus::{Bus, Health};
use link::record::Recorder;
use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use visit::fault::{Device, Fault};

/// How many recordings are kept; the oldest go first.
const KEPT: usize = 40;
/// A fault that comes and goes is not recorded again before this.
const PAUSE: Duration = Duration::from_secs(600);

/// The folder of recordings; cheap to clone.
#[derive(Clone, Debug)]
pub struct Recordings(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    last: Mutex<BTreeMap<Fault, Instant>>,
    health: Mutex<Health>,
}

impl Recordings {
    /// Recordings below `folder`, which is made when the first is written.
    pub fn new(folder: PathBuf, bus: Bus) -> Self {
        let health = Mutex::new(Health::new(Device::Kiosk, bus));
        Self(Arc::new(Inner { folder, last: Mutex::default(), health }))
    }

    /// Writes out what crossed the link until now. A recording that cannot be written is a fault of the
    /// kiosk's own and never keeps a device from its work.
    pub fn keep(&self, recorder: &Recorder, fault: Fault) {
        let last = || self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last().get(&fault).is_some_and(|at| at.elapsed() < PAUSE) {
            return;
        }
        let written = self.write(recorder, fault);
        match &written {
            Ok(path) => {
                last().insert(fault, Instant::now());
                tracing::info!(code = fault.code(), path = %path.display(), "recording kept");
            }
            Err(error) => tracing::error!(code = fault.code(), %error, "a recording could not be kept"),
        }
        let faults = if written.is_ok() { vec![] } else { vec![Fault::RecorderFailed] };
        self.0.health.lock().unwrap_or_else(PoisonError::into_inner).offer(faults);
    }

    fn write(&self, recorder: &Recorder, fault: Fault) -> std::io::Result<PathBuf> {
        let folder = &self.0.folder;
        std::fs::create_dir_all(folder)?;
        let at = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S%.3fZ");
        let path = folder.join(format!("{}-{at}.rec", fault.code()));
        let text = recorder.snapshot(fault.code()).to_string();
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(text.as_bytes())?;
        thin_out(folder)?;
        Ok(path)
    }
}

/// Removes the oldest recordings beyond [`KEPT`]. Their names end in their time.
fn thin_out(folder: &Path) -> std::io::Result<()> {
    let mut recordings: Vec<(String, PathBuf)> = std::fs::read_dir(folder)?
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let (_, at) = name.strip_suffix(".rec")?.split_once('-')?;
            Some((at.to_owned(), entry.path()))
        })
        .collect();
    recordings.sort();
    let surplus = recordings.len().saturating_sub(KEPT);
    for (_, path) in recordings.into_iter().take(surplus) {
        std::fs::remove_file(path)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::bus;
    use link::record::Plain;
    use visit::event::Event;

    fn recorder() -> Recorder {
        Recorder::new("id-reader", "generic", Plain)
    }

    #[test]
    fn a_recording_is_for_its_owner_alone_and_not_repeated_at_once() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let recordings = Recordings::new(folder.path().join("recordings"), bus().0);
        for fault in [Fault::ReaderGarbled, Fault::ReaderGarbled, Fault::ReaderSilent] {
            recordings.keep(&recorder(), fault);
        }
        let mut names: Vec<_> = std::fs::read_dir(folder.path().join("recordings"))
            .expect("a folder")
            .flatten()
            .map(|entry| {
                let mode = entry.metadata().expect("its mode").permissions().mode();
                assert_eq!(mode & 0o777, 0o600);
                entry.file_name().into_string().expect("a name")
            })
            .collect();
        names.sort();
        assert_eq!(names.len(), 2);
        assert!(names[0].starts_with("R02-") && names[1].starts_with("R03-"), "{names:?}");
    }

    #[test]
    fn the_oldest_go_first() {
        let folder = tempfile::tempdir().expect("a folder");
        for n in 0..KEPT + 5 {
            std::fs::write(folder.path().join(format!("R03-2026{n:04}.rec")), "").expect("a file");
        }
        thin_out(folder.path()).expect("thinned out");
        let left = std::fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(left, KEPT);
        assert!(!folder.path().join("R03-20260004.rec").exists());
        assert!(folder.path().join("R03-20260005.rec").exists());
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_said() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let (bus, mut heard) = bus();
        let recordings = Recordings::new(file.path().join("below-a-file"), bus);
        recordings.keep(&recorder(), Fault::ReaderGarbled);
        let told = heard.try_recv();
        let Ok(Event::Status(Device::Kiosk, status)) = told else { panic!("{told:?}") };
        assert!(status.has(Fault::RecorderFailed));
    }
}
