//! Memory for a whole scan, for the planes of a page and for what is looked at of it: no image of a crash holds it, and it
//! is wiped when it is given back.

use memmap2::{Advice, MmapMut, MmapOptions};
use std::io;
use std::ops::{Deref, DerefMut};
use zeroize::Zeroize;

/// Zeros, as long as nothing is written to them.
#[derive(Debug)]
pub(crate) struct Memory {
    /// As many as were asked for, or more.
    bytes: MmapMut,
    length: usize,
}

/// Bytes of a large page (x86-64, and arm64 with small pages of 4 KiB).
const LARGE_PAGE: usize = 2 << 20;

impl Memory {
    /// So many bytes.
    ///
    /// # Errors
    /// When the system has no more.
    pub(crate) fn new(bytes: usize) -> io::Result<Self> {
        // Where most of them would be used, the system is asked for large pages: handing out many small ones takes it
        // longer than it takes to turn what lies in them.
        let large = bytes.next_multiple_of(LARGE_PAGE);
        let is_large = bytes > large / 4 * 3;
        let memory = Self::of(if is_large { large } else { bytes }, bytes, &mut MmapOptions::new())?;
        if is_large {
            // A system that has none stays as slow as it is.
            let _ = memory.bytes.advise(Advice::HugePage);
        }
        Ok(memory)
    }

    /// So many bytes and no more, all of which are filled at once: the system hands them out together, which takes it
    /// less time than page by page.
    ///
    /// # Errors
    /// As [`Memory::new`].
    pub(crate) fn to_be_filled(bytes: usize) -> io::Result<Self> {
        Self::of(bytes, bytes, MmapOptions::new().populate())
    }

    fn of(bytes: usize, length: usize, options: &mut MmapOptions) -> io::Result<Self> {
        let bytes = options.len(bytes.max(1)).map_anon()?;
        // A system that cannot leave it out is set to make no such images at all.
        let _ = bytes.advise(Advice::DontDump);
        Ok(Self { bytes, length })
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // The system wipes it only when it hands it out again.
        self.deref_mut().zeroize();
    }
}

impl Deref for Memory {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl DerefMut for Memory {
    fn deref_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(..self.length).unwrap_or_default()
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
        for bytes in [0, 1, 4096, 4097, 3_333_333, LARGE_PAGE, LARGE_PAGE + 1] {
            for memory in [Memory::new(bytes).unwrap(), Memory::to_be_filled(bytes).unwrap()] {
                assert_eq!(memory.len(), bytes);
                assert!(memory.iter().all(|byte| *byte == 0));
            }
        }
    }

    #[test]
    fn no_image_of_a_crash_holds_it() {
        for bytes in [70_000, LARGE_PAGE] {
            for memory in [Memory::new(bytes).unwrap(), Memory::to_be_filled(bytes).unwrap()] {
                let flags = flags(&memory);
                assert!(flags.contains(" dd "), "{bytes}: {flags}");
            }
        }
    }

    /// No more than a third beyond what is used.
    #[test]
    fn large_pages_are_for_what_fills_them() {
        let few_in_large = 3 * LARGE_PAGE / 4;
        for (bytes, large) in [
            (1, false),
            (few_in_large, false),
            (few_in_large + 1, true),
            (LARGE_PAGE, true),
            (LARGE_PAGE + 1, false),
            (2 * few_in_large + 1, true),
        ] {
            let memory = Memory::new(bytes).unwrap();
            let flags = flags(&memory);
            // "hg" stands for MADV_HUGEPAGE, wherever the kernel was built with it.
            assert_eq!(memory.bytes.len() > bytes || bytes == LARGE_PAGE, large, "{bytes}");
            assert!(flags.contains(" hg ") <= large, "{bytes}: {flags}");
        }
    }
}
