//! Where to go on in a log that is there, and what to say of how it was found.

use std::io;
use std::path::Path;

use crate::chain::{Line, pieces};
use crate::event::Event;
use crate::field::{Damage, Hash};
use crate::folder::{FoundHead, Head, file_path, files, read_file, read_head};
use crate::key::LogKey;

/// How a log was found.
#[derive(Debug)]
pub(super) struct Found {
    /// the line to go on after
    pub at: Head,
    /// how many bytes of its file are good, or `None` if a new file is to be begun
    pub go_on: Option<u64>,
    /// what is to be logged of it
    pub tell: Vec<Event>,
    /// whether it was closed in order
    pub in_order: bool,
}

/// How far a file can be followed from its first line.
struct Walk {
    file: u32,
    /// its last good line; before the first, the line that it follows
    seq: u64,
    last: Hash,
    /// how many bytes are good
    good: u64,
    /// how many are there
    length: u64,
    /// whether the line that the head tells of is one of the good ones, or right before them
    reaches_head: bool,
    closed: bool,
}

/// Looks at a log, and removes a file whose beginning was torn off.
pub(super) fn look(folder: &Path, key: &LogKey) -> io::Result<Found> {
    let head = read_head(folder, key)?;
    let newest = files(folder)?.last().copied();
    match (head, newest) {
        (FoundHead::None | FoundHead::Good(Head { seq: 0, .. }), None) => Ok(fresh(Vec::new())),
        (FoundHead::Good(head), None) => Ok(damaged(head, Damage::End, head.file)),
        (FoundHead::Bad, None) => Ok(damaged(Head::default(), Damage::Head, 0)),
        (FoundHead::None | FoundHead::Bad, Some(newest)) => {
            let walk = walk(folder, key, newest, None)?;
            let at = Head { seq: walk.seq, file: newest, last: walk.last };
            Ok(damaged(at, Damage::Head, newest))
        }
        (FoundHead::Good(head), Some(newest)) => go_on(folder, key, &head, newest),
    }
}

fn go_on(folder: &Path, key: &LogKey, head: &Head, newest: u32) -> io::Result<Found> {
    let mut walk = walk(folder, key, newest, Some(head))?;
    let mut tell = Vec::new();
    if walk.good == 0 && newest == head.file.saturating_add(1) {
        // The power went while the file was begun; what it follows is whole, or the head would not say so.
        let bytes = u32::try_from(walk.length).unwrap_or(u32::MAX);
        tell.push(Event::TailHealed { file: newest, bytes });
        std::fs::remove_file(file_path(folder, newest))?;
        if head.seq == 0 {
            return Ok(fresh(tell));
        }
        let known = files(folder)?.contains(&head.file);
        if !known {
            return Ok(damaged(*head, Damage::End, head.file));
        }
        walk = self::walk(folder, key, head.file, Some(head))?;
    }
    if !walk.reaches_head {
        let what = if walk.good < walk.length { Damage::Lines } else { Damage::End };
        return Ok(damaged(*head, what, walk.file));
    }
    if walk.good < walk.length {
        let bytes = u32::try_from(walk.length - walk.good).unwrap_or(u32::MAX);
        tell.push(Event::TailHealed { file: walk.file, bytes });
    }
    Ok(Found {
        at: Head { seq: walk.seq, file: walk.file, last: walk.last },
        go_on: Some(walk.good),
        tell,
        in_order: walk.closed,
    })
}

fn fresh(tell: Vec<Event>) -> Found {
    Found { at: Head::default(), go_on: None, tell, in_order: true }
}

/// What is damaged stays as it is, for whoever looks into it; the chain goes on in a new file.
fn damaged(at: Head, what: Damage, file: u32) -> Found {
    Found { at, go_on: None, tell: vec![Event::LogDamaged { what, file }], in_order: false }
}

fn walk(folder: &Path, key: &LogKey, file: u32, head: Option<&Head>) -> io::Result<Walk> {
    let bytes = read_file(folder, file)?.unwrap_or_default();
    let length = std::fs::symlink_metadata(file_path(folder, file))?.len();
    let nothing = Hash::default();
    let mut walk = Walk { file, seq: 0, last: nothing, good: 0, length, reaches_head: false, closed: false };
    let is_head = |seq, mac| head.is_some_and(|head| (head.seq, head.last) == (seq, mac));
    for (at, piece) in pieces(&bytes).0.enumerate() {
        let Some(line) = Line::parse(piece) else { break };
        if at == 0 {
            let Some((begun, after)) = line.begins_file() else { break };
            if begun.file != file || !line.follows(key, &after) {
                break;
            }
            walk.reaches_head = is_head(line.said.seq.saturating_sub(1), after);
        } else if line.said.seq != walk.seq.saturating_add(1) || !line.follows(key, &walk.last) {
            break;
        }
        walk.seq = line.said.seq;
        walk.last = line.mac;
        walk.good += piece.len() as u64 + 1;
        walk.reaches_head |= is_head(walk.seq, walk.last);
        walk.closed = line.said.id == "L1006";
    }
    Ok(walk)
}
