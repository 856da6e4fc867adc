//! The machine itself: its network plug, its disk, its memory.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use visit::fault::Fault;
use visit::technician::{Failure, Measure, Outcome};

/// What is written and read back, in bytes.
const PROBE: usize = 1 << 20;
/// Less memory than this is too little for a page of a scanner, in MiB.
const MEMORY: u64 = 48;

/// Whether any line but the machine's own to itself carries (sysfs, `carrier`).
pub fn link() -> Outcome {
    let Ok(lines) = std::fs::read_dir("/sys/class/net") else { return Outcome::Failed(Failure::Silent) };
    let carries = |line: std::fs::DirEntry| {
        line.file_name() != "lo"
            && std::fs::read_to_string(line.path().join("carrier")).is_ok_and(|carrier| carrier.trim() == "1")
    };
    if lines.flatten().any(carries) {
        Outcome::Passed(None)
    } else {
        Outcome::Failed(Failure::Fault(Fault::StoreUnreachable))
    }
}

/// How much is free there, in mebibytes.
pub fn free(data: &Path) -> Option<u64> {
    let room = rustix::fs::statvfs(data).ok()?;
    Some(room.f_bavail.saturating_mul(room.f_frsize) >> 20)
}

/// Writes, syncs and reads back, and looks how much is free.
pub fn storage(data: &Path, reserve: u64) -> Outcome {
    let full = Outcome::Failed(Failure::Fault(Fault::DiskFull));
    let Ok(room) = rustix::fs::statvfs(data) else {
        return Outcome::Failed(Failure::Fault(Fault::OutboxFailed));
    };
    let free = room.f_bavail.saturating_mul(room.f_frsize);
    if free < reserve {
        return full;
    }
    match written_and_read(data) {
        Ok(true) => Outcome::Passed(Some(Measure::Mebibytes(free >> 20))),
        Err(error) if error.kind() == std::io::ErrorKind::StorageFull => full,
        Ok(false) | Err(_) => Outcome::Failed(Failure::Fault(Fault::OutboxFailed)),
    }
}

fn written_and_read(data: &Path) -> std::io::Result<bool> {
    let mut file = tempfile::tempfile_in(data)?;
    let pattern: Vec<u8> = (0..PROBE).map(|at| (at % 251) as u8).collect();
    file.write_all(&pattern)?;
    file.sync_all()?;
    file.seek(SeekFrom::Start(0))?;
    let mut read = Vec::with_capacity(PROBE);
    file.take(PROBE as u64 + 1).read_to_end(&mut read)?;
    Ok(read == pattern)
}

/// How much memory is free (proc(5), `MemAvailable`).
pub fn memory() -> Outcome {
    let told = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let available = told.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kibibytes = available.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    match kibibytes.map(|kibibytes| kibibytes / 1024) {
        Some(free) if free < MEMORY => Outcome::Failed(Failure::TooLittle(Measure::Mebibytes(free))),
        Some(free) => Outcome::Passed(Some(Measure::Mebibytes(free))),
        None => Outcome::Failed(Failure::Silent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_with_room_passes_and_one_without_does_not() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(matches!(storage(folder.path(), 0), Outcome::Passed(Some(Measure::Mebibytes(_)))));
        assert_eq!(storage(folder.path(), u64::MAX), Outcome::Failed(Failure::Fault(Fault::DiskFull)));
        let nowhere = folder.path().join("nowhere");
        assert_eq!(storage(&nowhere, 0), Outcome::Failed(Failure::Fault(Fault::OutboxFailed)));
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "nothing is left");
    }

    #[test]
    fn this_machine_has_memory() {
        assert!(matches!(memory(), Outcome::Passed(Some(Measure::Mebibytes(free))) if free >= MEMORY));
    }
}
