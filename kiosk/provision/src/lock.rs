//! One at a time: boot, the office, a stick and somebody's hand never change things together.

use crate::places::Places;
use rustix::fs::{FlockOperation, flock};
use std::fs::File;
use std::io;

/// Held until it is dropped.
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for whoever is at it; each of them has deadlines.
    ///
    /// # Errors
    /// The disk failed.
    pub fn take(places: &Places) -> io::Result<Self> {
        std::fs::create_dir_all(places.run())?;
        let file = File::create(places.run().join("provision.lock"))?;
        flock(&file, FlockOperation::LockExclusive)?;
        Ok(Self { _file: file })
    }
}
