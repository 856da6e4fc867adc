//! What taking a document over costs beyond waiting for the disk.

use super::{Random, content, submission};
use crate::process::median;
use crate::rows::Row;
use rustix::time::{ClockId, clock_gettime};
use std::path::Path;
use store::{Outbox, OutboxKey};

type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// Where a sync has nothing to do: a file system in memory.
const NO_DISK: &str = "/dev/shm";
/// Linux's `TMPFS_MAGIC` (statfs(2)).
const TMPFS: rustix::fs::FsWord = 0x0102_1994;
/// Bytes of a document.
const BYTES: usize = 5_000_000;
/// Documents taken over, of which the median counts.
const RUNS: usize = 21;
/// In milliseconds.
const GOAL: f64 = 5.0;

/// `outbox_overhead`: reading, encrypting and writing a document, and its row. In memory nothing is
/// waited for, so that processor time is all the time there is, and other programs' share is not in it.
pub fn overhead() -> Result<Row, Fatal> {
    let kind = rustix::fs::statfs(NO_DISK).map_err(|error| format!("{NO_DISK}: {error}"))?.f_type;
    if kind != TMPFS {
        return Err(format!("{NO_DISK} is no tmpfs: mount one there").into());
    }
    let folder = tempfile::tempdir_in(NO_DISK)?;
    let dir = folder.path().join("outbox");
    let outbox = Outbox::open(&dir, OutboxKey::create(&folder.path().join("outbox.key"))?)?;
    let content = content(BYTES);
    let mut random = Random(5);
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let id = format!("bench-{:016x}", random.next());
        times.push(add(&outbox, &id, &folder.path().join("scan.pdf"), &content)?);
    }
    Ok(Row::at_most("outbox_overhead", "ms", median(times), "bound of 5 ms for 5 MB", GOAL, 1.0))
}

/// Milliseconds of this thread, which does all of it.
fn add(outbox: &Outbox, id: &str, scan: &Path, content: &[u8]) -> Result<f64, Fatal> {
    std::fs::write(scan, content)?;
    let submission = submission(id, scan, content)?;
    let begun = clock_gettime(ClockId::ThreadCPUTime);
    outbox.add(submission)?;
    let ended = clock_gettime(ClockId::ThreadCPUTime);
    let ms = |time: rustix::time::Timespec| time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6;
    Ok(ms(ended) - ms(begun))
}
