//! An ESC/POS printer's view of the bytes, for tests: what would stand on the paper.

use encoding_rs::GBK;

/// One thing a printer does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Init,
    Chinese,
    AutoStatus(u8),
    Line { text: String, align: u8, size: u8, bold: bool },
    Raster { align: u8, scale: u8, width: usize, rows: usize, data: Vec<u8> },
    Qr { align: u8, model: u8, module: u8, level: u8, data: Vec<u8> },
    Feed(u8),
    FeedUnits(u8),
    Cut,
    Identify(u8),
    Enquiry(u8),
    Clear,
    QueuedStatus,
    ProcessId([u8; 4]),
    RealTime(u8),
}

/// A printer that reads commands; `run` stops at an unfinished one.
#[derive(Default)]
pub(crate) struct Decoder {
    buffer: Vec<u8>,
    at: usize,
    line: Vec<u8>,
    align: u8,
    size: u8,
    bold: bool,
    qr: (u8, u8, u8, Vec<u8>),
}

impl Decoder {
    /// Everything the bytes make a printer do; panics on a byte that is no command.
    pub(crate) fn all(bytes: &[u8]) -> Vec<Op> {
        let mut decoder = Decoder::default();
        let ops = decoder.push(bytes);
        assert_eq!(decoder.at, decoder.buffer.len(), "an unfinished command");
        ops
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<Op> {
        self.buffer.extend_from_slice(bytes);
        let mut ops = Vec::new();
        loop {
            let start = self.at;
            match self.step() {
                Some(Some(op)) => ops.push(op),
                Some(None) => {}
                None => {
                    self.at = start;
                    return ops;
                }
            }
        }
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.buffer.get(self.at).copied();
        self.at += usize::from(byte.is_some());
        byte
    }

    fn many(&mut self, n: usize) -> Option<Vec<u8>> {
        let slice = self.buffer.get(self.at..self.at + n)?.to_vec();
        self.at += n;
        Some(slice)
    }

    /// One command; outer `None` when it is not whole.
    fn step(&mut self) -> Option<Option<Op>> {
        let byte = self.next()?;
        Some(match byte {
            0x00 => None,
            0x0A => {
                let text = GBK.decode(&std::mem::take(&mut self.line)).0.into_owned();
                Some(Op::Line { text, align: self.align, size: self.size, bold: self.bold })
            }
            0x10 => match self.next()? {
                0x04 => Some(Op::RealTime(self.next()?)),
                0x05 => Some(Op::Enquiry(self.next()?)),
                0x14 => {
                    assert_eq!(self.many(8)?, [0x08, 0x01, 0x03, 0x14, 0x01, 0x06, 0x02, 0x08]);
                    Some(Op::Clear)
                }
                other => panic!("DLE {other:02X}"),
            },
            0x1B => match self.next()? {
                0x40 => {
                    let (buffer, at) = (std::mem::take(&mut self.buffer), self.at);
                    *self = Decoder { buffer, at, ..Decoder::default() };
                    Some(Op::Init)
                }
                0x45 => {
                    self.bold = self.next()? & 1 == 1;
                    None
                }
                0x61 => {
                    assert!(self.line.is_empty(), "ESC a within a line");
                    self.align = self.next()?;
                    None
                }
                0x64 => Some(Op::Feed(self.next()?)),
                0x4A => Some(Op::FeedUnits(self.next()?)),
                other => panic!("ESC {other:02X}"),
            },
            0x1C => {
                assert_eq!(self.next()?, 0x26);
                Some(Op::Chinese)
            }
            0x1D => self.group()?,
            0x20..=0x7E => {
                self.line.push(byte);
                None
            }
            0x81..=0xFE => {
                let trail = self.next()?;
                assert!((0x40..=0xFE).contains(&trail), "trail byte {trail:02X}");
                self.line.extend([byte, trail]);
                None
            }
            other => panic!("byte {other:02X}"),
        })
    }

    fn group(&mut self) -> Option<Option<Op>> {
        Some(match self.next()? {
            0x21 => {
                self.size = self.next()?;
                None
            }
            0x49 => Some(Op::Identify(self.next()?)),
            0x56 => {
                assert_eq!(self.many(2)?, [0x42, 0]);
                Some(Op::Cut)
            }
            0x61 => Some(Op::AutoStatus(self.next()?)),
            0x72 => {
                assert_eq!(self.next()?, 1);
                Some(Op::QueuedStatus)
            }
            0x76 => {
                let head = self.many(6)?;
                let width = usize::from(head[2]) + 256 * usize::from(head[3]);
                let rows = usize::from(head[4]) + 256 * usize::from(head[5]);
                let data = self.many(width * rows)?;
                Some(Op::Raster { align: self.align, scale: head[1], width, rows, data })
            }
            0x28 => {
                let family = self.next()?;
                let length = self.many(2)?;
                let p = self.many(usize::from(length[0]) + 256 * usize::from(length[1]))?;
                match (family, p.as_slice()) {
                    (0x48, [0x30, 0x30, a, b, c, d]) => Some(Op::ProcessId([*a, *b, *c, *d])),
                    (0x6B, [0x31, 0x41, n, 0]) => {
                        self.qr.0 = *n;
                        None
                    }
                    (0x6B, [0x31, 0x43, n]) => {
                        self.qr.1 = *n;
                        None
                    }
                    (0x6B, [0x31, 0x45, n]) => {
                        self.qr.2 = *n;
                        None
                    }
                    (0x6B, [0x31, 0x50, 0x30, data @ ..]) => {
                        self.qr.3 = data.to_vec();
                        None
                    }
                    (0x6B, [0x31, 0x51, 0x30]) => {
                        let (model, module, level, data) = self.qr.clone();
                        Some(Op::Qr { align: self.align, model, module, level, data })
                    }
                    other => panic!("GS ( {other:02X?}"),
                }
            }
            other => panic!("GS {other:02X}"),
        })
    }
}
