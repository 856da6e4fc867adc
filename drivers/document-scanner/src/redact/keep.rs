//! What of a connection is kept: bytes, and in place of long runs of zeros their number.

/// Shortest run that is said in a word instead of in bytes.
const SHORTEST_RUN: usize = 48;

/// A part of what crossed, as it may be kept.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// These bytes.
    Bytes(Vec<u8>),
    /// So many zeros: a picture was here.
    Zeros(usize),
}

/// Follows one direction of one connection, and says what of it may be kept. Every length stays.
pub(crate) trait Follow: Send {
    /// Judges what crossed next.
    fn crossed(&mut self, bytes: &[u8]) -> Vec<Kept>;

    /// The connection is over: what is held back is made safe.
    fn ended(&mut self) -> Vec<Kept>;
}

/// Collects what may be kept.
#[derive(Default)]
pub(crate) struct Keep(Vec<Kept>);

impl Keep {
    /// What there is until now.
    pub(crate) fn take(&mut self) -> Vec<Kept> {
        std::mem::take(&mut self.0)
    }

    /// These bytes as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        match self.0.last_mut() {
            _ if bytes.is_empty() => {}
            Some(Kept::Bytes(before)) => before.extend_from_slice(bytes),
            _ => self.0.push(Kept::Bytes(bytes.to_vec())),
        }
    }

    /// So many zeros.
    pub(crate) fn zeros(&mut self, count: usize) {
        match self.0.last_mut() {
            _ if count == 0 => {}
            Some(Kept::Zeros(before)) => *before += count,
            _ if count < SHORTEST_RUN => self.bytes(&vec![0; count]),
            _ => self.0.push(Kept::Zeros(count)),
        }
    }
}
