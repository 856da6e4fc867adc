//! `hall --replay CAPSULE`: a fault on a desk, without the devices that it came from.
//!
//! The hall tells the story; the recordings are performed by the kiosk, as `kiosk replay` does.

use crate::Fatal;
use capsule::Capsule;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Prints what was around the fault, and what came of performing it again.
///
/// # Errors
/// When the file cannot be read, and when anything is not the same again.
pub(crate) fn run(path: &Path) -> Result<(), Fatal> {
    let capsule = Capsule::read(path)?;
    let performed = kiosk::replay::replay(path)?;
    let mut text = format!("{}\n", capsule.story());
    for one in &performed {
        text.push_str(&format!("{one}\n"));
    }
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        // Whoever has read enough closes it.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        written => written?,
    }
    let differ = performed.iter().filter(|one| one.outcome.is_err()).count();
    if differ == 0 {
        Ok(())
    } else {
        Err(format!("{differ} of {} not the same again", performed.len()).into())
    }
}
