//! A document's file at rest: encrypted in chunks, so that any part of it is read by itself.
//!
//! ```text
//!  8  "1DOOROB1"
//!  8  the name of the key, so that a wrong key is told from damage
//! 32  salt, random for each file
//! 32  HMAC of salt, length and id of the document
//!     chunks: 64 KiB of the document (the last one less), each followed by its tag of 16 bytes
//! ```
//!
//! Chunks are AES-256-GCM in the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár, CRYPTO 2015):
//! a chunk's nonce is its number and whether it is the last, so that none can be swapped, left out or
//! cut off. Each file has a key of its own, derived from the outbox's key, the salt, and the document's
//! length and id: a nonce is never used twice under one key, and a file under another document's name
//! opens nothing.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;

use bytes::BytesMut;
use hmac::{Hmac, Mac};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::error::Unspecified;
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use super::OutboxError;
use super::key::OutboxKey;
use crate::{DiskFault, MaterialId};

/// Bytes of the document in one chunk: what reading any part of it keeps in memory.
pub(crate) const CHUNK: u64 = 64 * 1024;

const MAGIC: [u8; 8] = *b"1DOOROB1";
const HEADER: usize = 80;
const TAG: u64 = 16;

/// Which document a file must be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Identity<'a> {
    pub material: &'a MaterialId,
    /// Length of the document.
    pub bytes: u64,
}

impl Identity<'_> {
    fn mac(&self, key: &OutboxKey, purpose: &str, salt: &[u8; 32]) -> Hmac<Sha256> {
        let mut mac = key.mac(purpose);
        mac.update(salt);
        mac.update(&self.bytes.to_be_bytes());
        // The only part without a fixed length comes last.
        mac.update(self.material.as_str().as_bytes());
        mac
    }

    fn head(&self, key: &OutboxKey, salt: &[u8; 32]) -> Hmac<Sha256> {
        self.mac(key, "onedoor/outbox/head/1", salt)
    }

    /// What encrypts this file, and no other.
    fn chunk_key(&self, key: &OutboxKey, salt: &[u8; 32]) -> Result<ChunkKey, Unspecified> {
        let mut own = self.mac(key, "onedoor/outbox/file/1", salt).finalize().into_bytes();
        let made = UnboundKey::new(&AES_256_GCM, &own);
        own.as_mut_slice().zeroize();
        // On the heap, which is wiped as it is freed; ring wipes nothing of its own.
        Ok(ChunkKey(Box::new(LessSafeKey::new(made?))))
    }

    /// How many chunks there are; at least one, so that an empty document has an end, too. Nothing
    /// for a length beyond what the chunks' numbers can count.
    fn chunks(&self) -> Option<u32> {
        u32::try_from(self.bytes.div_ceil(CHUNK).max(1)).ok()
    }

    /// Length of the file.
    fn file_length(&self) -> Option<u64> {
        u64::from(self.chunks()?).checked_mul(TAG)?.checked_add(self.bytes)?.checked_add(HEADER as u64)
    }
}

/// A file's own key.
struct ChunkKey(Box<LessSafeKey>);

impl ChunkKey {
    /// The key is this file's own: nothing but the chunk's number and end need be in the nonce. It is
    /// laid out as STREAM with a big-endian 32-bit counter: prefix, number, end.
    fn nonce(number: u32, last: bool) -> Nonce {
        let [a, b, c, d] = number.to_be_bytes();
        Nonce::assume_unique_for_key([0, 0, 0, 0, 0, 0, 0, a, b, c, d, u8::from(last)])
    }

    /// Encrypts a chunk in its place and appends its tag.
    fn seal(&self, number: u32, last: bool, chunk: &mut Vec<u8>) -> Result<(), Unspecified> {
        self.0.seal_in_place_append_tag(Self::nonce(number, last), Aad::empty(), chunk)
    }

    /// Decrypts a chunk that is followed by its tag, in its place.
    fn open(&self, number: u32, last: bool, chunk: &mut [u8]) -> Result<(), Unspecified> {
        self.0.open_in_place(Self::nonce(number, last), Aad::empty(), chunk).map(|_| ())
    }
}

/// The head of a container, as it lies in the file.
struct Header {
    key_name: [u8; 8],
    salt: [u8; 32],
    tag: [u8; 32],
}

impl Header {
    /// Takes a head apart; nothing when it is none.
    fn parse(bytes: &[u8; HEADER]) -> Option<Self> {
        let rest = bytes.strip_prefix(&MAGIC)?;
        let (key_name, rest) = rest.split_first_chunk()?;
        let (salt, rest) = rest.split_first_chunk()?;
        let (tag, _) = rest.split_first_chunk()?;
        Some(Self { key_name: *key_name, salt: *salt, tag: *tag })
    }

    /// Whether it is this document's, and was written under this key.
    fn check(&self, key: &OutboxKey, identity: Identity<'_>) -> Result<(), DiskFault> {
        let sound = identity.head(key, &self.salt).verify_slice(&self.tag).is_ok();
        match (sound, self.key_name == key.name()) {
            (true, true) => Ok(()),
            (false, false) => Err(DiskFault::WrongKey),
            // The key's name is all that is damaged, or all that is not.
            (true, false) | (false, true) => Err(DiskFault::Damaged),
        }
    }
}

/// Whether bytes begin with the head of this document's file, of a length that the bytes themselves
/// tell.
pub(crate) fn head_passes(key: &OutboxKey, material: &MaterialId, bytes: &[u8]) -> bool {
    let identity = Identity { material, bytes: bytes.len() as u64 };
    let header = bytes.first_chunk().and_then(Header::parse);
    header.is_some_and(|header| header.check(key, identity).is_ok())
}

/// Whether a file begins as a container does.
pub(super) fn begins(file: &mut File) -> io::Result<bool> {
    let mut magic = [0; MAGIC.len()];
    match file.read_exact(&mut magic) {
        Ok(()) => Ok(magic == MAGIC),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// Encrypts a document from one file into another, chunk by chunk.
///
/// # Errors
/// [`OutboxError::NotTheFile`] when it has another length than said, [`OutboxError::Folder`].
pub(super) fn seal(
    key: &OutboxKey,
    identity: Identity<'_>,
    from: &mut File,
    to: &mut File,
) -> Result<(), OutboxError> {
    let chunks = identity.chunks().ok_or(OutboxError::NotTheFile)?;
    let mut salt = [0; 32];
    getrandom::fill(&mut salt).map_err(io::Error::from)?;
    let mut header = Vec::with_capacity(HEADER);
    header.extend_from_slice(&MAGIC);
    header.extend_from_slice(&key.name());
    header.extend_from_slice(&salt);
    header.extend_from_slice(&identity.head(key, &salt).finalize().into_bytes());
    to.write_all(&header)?;

    let unusable = |_| io::Error::other("a chunk cannot be encrypted");
    let chunk_key = identity.chunk_key(key, &salt).map_err(unusable)?;
    let mut part = Zeroizing::new(Vec::with_capacity((CHUNK + TAG) as usize));
    let mut left = identity.bytes;
    for number in 0..chunks {
        let length = left.min(CHUNK);
        left -= length;
        part.resize(length as usize, 0);
        from.read_exact(&mut part).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => OutboxError::NotTheFile,
            _ => OutboxError::Folder(error),
        })?;
        chunk_key.seal(number, left == 0, &mut part).map_err(unusable)?;
        to.write_all(&part)?;
    }
    // A file that grew meanwhile is not the one that was described.
    if from.read(&mut [0])? == 0 { Ok(()) } else { Err(OutboxError::NotTheFile) }
}

/// A document's file, open for reading.
pub(crate) struct Sealed {
    file: File,
    chunk_key: ChunkKey,
    bytes: u64,
}

impl Sealed {
    /// Opens a file that must be this document's: its head and its length are checked here, its
    /// chunks as they are read.
    ///
    /// # Errors
    /// [`DiskFault::Damaged`], [`DiskFault::WrongKey`] or [`DiskFault::Read`].
    pub(super) fn open(key: &OutboxKey, identity: Identity<'_>, file: File) -> Result<Self, DiskFault> {
        let mut head = [0; HEADER];
        file.read_exact_at(&mut head, 0).map_err(reading)?;
        let header = Header::parse(&head).ok_or(DiskFault::Damaged)?;
        header.check(key, identity)?;
        let length = file.metadata().map_err(|_| DiskFault::Read)?.len();
        if identity.file_length() != Some(length) {
            return Err(DiskFault::Damaged);
        }
        let chunk_key = identity.chunk_key(key, &header.salt).map_err(|_| DiskFault::Damaged)?;
        Ok(Self { chunk_key, file, bytes: identity.bytes })
    }

    /// Appends `length` bytes of the document from `offset` to `out`, of which nothing can be used after
    /// an error. Blocks for the disk's time.
    ///
    /// # Errors
    /// [`DiskFault::Damaged`] also when the document ends before; [`DiskFault::Read`].
    pub(crate) fn read(&self, mut offset: u64, length: u64, out: &mut BytesMut) -> Result<(), DiskFault> {
        let end = offset.checked_add(length).filter(|end| *end <= self.bytes).ok_or(DiskFault::Damaged)?;
        while offset < end {
            let (number, start) = (offset / CHUNK, offset / CHUNK * CHUNK);
            let whole = (self.bytes - start).min(CHUNK);
            let before = out.len();
            out.resize(before + (whole + TAG) as usize, 0);
            let chunk = out.get_mut(before..).unwrap_or_default();
            self.file.read_exact_at(chunk, HEADER as u64 + number * (CHUNK + TAG)).map_err(reading)?;
            let number = u32::try_from(number).map_err(|_| DiskFault::Damaged)?;
            let last = start + whole == self.bytes;
            self.chunk_key.open(number, last, chunk).map_err(|_| DiskFault::Damaged)?;
            let (from, to) = ((offset - start) as usize, (end - start).min(whole) as usize);
            chunk.copy_within(from..to, 0);
            out.truncate(before + to - from);
            offset = start + to as u64;
        }
        Ok(())
    }
}

/// A file that ends too early was damaged; one that cannot be read may be readable later.
fn reading(error: io::Error) -> DiskFault {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => DiskFault::Damaged,
        _ => DiskFault::Read,
    }
}

#[cfg(test)]
mod tests;
