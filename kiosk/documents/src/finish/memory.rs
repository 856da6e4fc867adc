//! Memory for the planes of a scan, which no image of a crash holds, and which is wiped when it is given back.

use memmap2::{Advice, MmapMut};
use std::io;
use std::ops::{Deref, DerefMut};
use zeroize::Zeroize;

/// Zeros, as long as nothing is written to them.
pub(super) struct Memory(MmapMut);

impl Memory {
    /// So many bytes.
    ///
    /// # Errors
    /// When the system has no more.
    pub(super) fn new(bytes: usize) -> io::Result<Self> {
        let memory = MmapMut::map_anon(bytes.max(1))?;
        // A system that cannot leave it out is set to make no such images at all.
        let _ = memory.advise(Advice::DontDump);
        Ok(Self(memory))
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // The system wipes it only when it hands it out again.
        self.0.zeroize();
    }
}

impl Deref for Memory {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Memory {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What /proc/self/smaps says of the mapping that holds an address: its flags, named as in proc(5).
    fn flags(memory: &Memory) -> String {
        let address = memory.as_ptr() as usize;
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut within = false;
        for line in maps.lines() {
            let range = line.split_once(' ').and_then(|(range, _)| range.split_once('-'));
            let hex = |digits| usize::from_str_radix(digits, 16).ok();
            if let Some((from, to)) = range.and_then(|(from, to)| Some((hex(from)?, hex(to)?))) {
                within = (from..to).contains(&address);
            } else if let Some(flags) = line.strip_prefix("VmFlags:").filter(|_| within) {
                return format!("{flags} ");
            }
        }
        panic!("no mapping holds {address:x}");
    }

    #[test]
    fn it_is_zero_and_large_enough() {
        for bytes in [0, 1, 4096, 4097, 3_333_333] {
            let memory = Memory::new(bytes).unwrap();
            assert!(memory.len() >= bytes);
            assert!(memory.iter().all(|byte| *byte == 0));
        }
    }

    #[test]
    fn no_image_of_a_crash_holds_it() {
        let flags = flags(&Memory::new(70_000).unwrap());
        assert!(flags.contains(" dd "), "{flags}");
    }
}
