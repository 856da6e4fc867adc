//! From the byte stream to printer commands (protocols.md §3.1, §3.3, §3.4).

use super::grammar::{self, Step};

/// Where a line or picture stands on the paper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Align {
    #[default]
    Left,
    Centre,
    Right,
}

/// Magnification of type, 1 to 8 in each direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) wide: u8,
    pub(super) high: u8,
}

impl Size {
    pub(super) const NORMAL: Self = Self { wide: 1, high: 1 };

    /// From the two nibbles of GS !; out of range is as large as goes.
    pub(super) fn from_nibbles(n: u8) -> Self {
        Self { wide: (n >> 4).min(7) + 1, high: (n & 0x0F).min(7) + 1 }
    }

    pub(super) fn doubled(wide: bool, high: bool) -> Self {
        Self { wide: 1 + u8::from(wide), high: 1 + u8::from(high) }
    }
}

/// The frame of a raster picture (GS v 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RasterFrame {
    pub(super) row_bytes: usize,
    pub(super) rows: usize,
    /// Dots printed for each dot given, across and down.
    pub(super) scale: Size,
}

/// A one-bit picture kept in the printer's memory (GS ( L).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Graphic {
    pub(super) width: usize,
    pub(super) rows: Vec<u8>,
    pub(super) scale: Size,
}

/// What the printer is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// One single-byte character.
    Char(u8),
    /// One two-byte character in Chinese mode.
    Han([u8; 2]),
    /// The first byte of a pair in Chinese mode whose second byte cannot be one.
    LoneLead(u8),
    Tab,
    LineFeed,
    FeedLines(u8),
    FeedDots(u8),
    LineSpacing(Option<u8>),
    Initialise,
    Align(Align),
    Size(Size),
    /// ESC !: size, emphasis and underline of single-byte characters.
    Mode(u8),
    Bold(bool),
    Underline(u8),
    Reverse(bool),
    HanOn,
    HanOff,
    /// FS !: size and underline of Chinese characters.
    HanMode(u8),
    HanQuadruple(bool),
    /// Dots from the left, or from here.
    Position {
        dots: i16,
        relative: bool,
    },
    /// One row of a raster picture; `first` opens a new picture.
    RasterRow {
        frame: RasterFrame,
        first: bool,
        row: Vec<u8>,
    },
    GraphicStore(Graphic),
    GraphicPrint,
    QrModule(u8),
    QrLevel(u8),
    QrStore(Vec<u8>),
    QrPrint,
    /// Cut, after feeding so many dots past the cutter where given.
    Cut {
        feed: Option<u8>,
    },
    ProcessId([u8; 4]),
    OfflineResponse(u8),
    PaperStatus(u8),
    AutomaticStatus(u8),
    PrinterId(u8),
    /// A real-time command met again in the buffer; it was carried out on arrival.
    RealTime,
    /// Understood, without effect on the paper or on what the printer sends.
    Nothing,
    /// Not understood; the bytes by which it was told.
    Unknown(Vec<u8>),
}

/// Cuts the byte stream into commands. Long raster pictures come out row by row, so that a picture
/// can stop in the middle as it does on paper.
#[derive(Debug)]
pub(super) struct Decoder {
    han: bool,
    raw: Vec<u8>,
    raster: Option<(RasterFrame, usize)>,
    /// Bytes of a command too long to keep that are still to be passed over.
    skip: u64,
}

/// A command with the bytes that made it.
pub(super) type Decoded = (Command, Vec<u8>);

impl Decoder {
    pub(super) fn new() -> Self {
        Self { han: true, raw: Vec::new(), raster: None, skip: 0 }
    }

    /// Takes one byte and adds the commands it completes.
    pub(super) fn push(&mut self, byte: u8, done: &mut Vec<Decoded>) {
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        self.raw.push(byte);
        if self.raster.is_some() {
            self.raster_row(done);
            return;
        }
        match grammar::step(&self.raw, self.han) {
            Step::More => {}
            Step::Done(command) => {
                self.note_mode(&command);
                done.push((command, std::mem::take(&mut self.raw)));
            }
            Step::Raster(frame) if frame.row_bytes == 0 || frame.rows == 0 => {
                done.push((Command::Nothing, std::mem::take(&mut self.raw)));
            }
            Step::Raster(frame) => self.raster = Some((frame, 0)),
            Step::LoneLead => {
                let rest = self.raw.split_off(1);
                let lead = std::mem::take(&mut self.raw);
                done.push((Command::LoneLead(lead.first().copied().unwrap_or_default()), lead));
                for byte in rest {
                    self.push(byte, done);
                }
            }
            Step::Skip(bytes) => {
                self.skip = bytes;
                let raw = std::mem::take(&mut self.raw);
                done.push((Command::Unknown(raw), Vec::new()));
            }
        }
    }

    /// Whether the next byte begins a command.
    pub(super) fn is_idle(&self) -> bool {
        self.raw.is_empty() && self.raster.is_none() && self.skip == 0
    }

    /// Forgets a command that was begun; how many rows of a picture had come, if it was one, with
    /// the picture's frame.
    pub(super) fn abandon(&mut self) -> Option<(RasterFrame, usize)> {
        self.raw.clear();
        self.skip = 0;
        self.raster.take().filter(|(_, rows)| *rows > 0)
    }

    fn raster_row(&mut self, done: &mut Vec<Decoded>) {
        let Some((frame, rows)) = self.raster else { return };
        let header = if rows == 0 { grammar::RASTER_HEADER } else { 0 };
        if self.raw.len() < header + frame.row_bytes {
            return;
        }
        let raw = std::mem::take(&mut self.raw);
        let row = raw.get(header..).unwrap_or_default().to_vec();
        done.push((Command::RasterRow { frame, first: rows == 0, row }, raw));
        self.raster = (rows + 1 < frame.rows).then_some((frame, rows + 1));
    }

    fn note_mode(&mut self, command: &Command) {
        match command {
            Command::HanOn | Command::Initialise => self.han = true,
            Command::HanOff => self.han = false,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8]) -> Vec<Command> {
        let mut decoder = Decoder::new();
        let mut done = Vec::new();
        for &byte in bytes {
            decoder.push(byte, &mut done);
        }
        done.into_iter().map(|(command, _)| command).collect()
    }

    #[test]
    fn commands_of_the_reference_are_understood() {
        let cases: &[(&[u8], Command)] = &[
            (&[0x1B, 0x40], Command::Initialise),
            (&[0x1B, 0x61, 0x01], Command::Align(Align::Centre)),
            (&[0x1B, 0x61, 0x32], Command::Align(Align::Right)),
            (&[0x1D, 0x21, 0x11], Command::Size(Size { wide: 2, high: 2 })),
            (&[0x1D, 0x21, 0x73], Command::Size(Size { wide: 8, high: 4 })),
            (&[0x1B, 0x45, 0x01], Command::Bold(true)),
            (&[0x1B, 0x45, 0x02], Command::Bold(false)),
            (&[0x1B, 0x2D, 0x32], Command::Underline(2)),
            (&[0x0A], Command::LineFeed),
            (&[0x1B, 0x64, 0x05], Command::FeedLines(5)),
            (&[0x1C, 0x26], Command::HanOn),
            (&[0x1C, 0x2E], Command::HanOff),
            (&[0x1C, 0x21, 0x0C], Command::HanMode(0x0C)),
            (&[0x1C, 0x57, 0x01], Command::HanQuadruple(true)),
            (&[0x1B, 0x74, 0x00], Command::Nothing),
            (&[0x1D, 0x28, 0x4C, 0x02, 0x00, 0x30, 0x32], Command::GraphicPrint),
            (&[0x1D, 0x28, 0x6B, 0x04, 0x00, 0x31, 0x41, 0x32, 0x00], Command::Nothing),
            (&[0x1D, 0x28, 0x6B, 0x03, 0x00, 0x31, 0x43, 0x06], Command::QrModule(6)),
            (&[0x1D, 0x28, 0x6B, 0x03, 0x00, 0x31, 0x45, 0x31], Command::QrLevel(0x31)),
            (&[0x1D, 0x28, 0x6B, 0x05, 0x00, 0x31, 0x50, 0x30, b'h', b'i'], Command::QrStore(b"hi".to_vec())),
            (&[0x1D, 0x28, 0x6B, 0x03, 0x00, 0x31, 0x51, 0x30], Command::QrPrint),
            (&[0x1D, 0x56, 0x00], Command::Cut { feed: None }),
            (&[0x1D, 0x56, 0x31], Command::Cut { feed: None }),
            (&[0x1D, 0x56, 0x42, 0x10], Command::Cut { feed: Some(16) }),
            (&[0x1D, 0x72, 0x01], Command::PaperStatus(1)),
            (&[0x1D, 0x61, 0x0F], Command::AutomaticStatus(0x0F)),
            (&[0x1D, 0x49, 0x43], Command::PrinterId(0x43)),
            (
                &[0x1D, 0x28, 0x48, 0x06, 0x00, 0x30, 0x30, b'A', b'0', b'0', b'1'],
                Command::ProcessId(*b"A001"),
            ),
            (&[0x1D, 0x28, 0x48, 0x03, 0x00, 0x31, 0x30, 0x02], Command::OfflineResponse(2)),
            (&[0x10, 0x04, 0x01], Command::RealTime),
            (&[0x10, 0x05, 0x02], Command::RealTime),
            (&[0x10, 0x14, 0x08, 0x01, 0x03, 0x14, 0x01, 0x06, 0x02, 0x08], Command::RealTime),
            (&[0xD6, 0xD0], Command::Han([0xD6, 0xD0])),
            (&[0x1B, 0x99], Command::Unknown(vec![0x1B, 0x99])),
            (&[0x1D, 0x28, 0x7A, 0x02, 0x00, 1, 2], Command::Unknown(vec![0x1D, 0x28, 0x7A])),
        ];
        for (bytes, expected) in cases {
            // A letter after each shows that not one byte too many or too few was taken.
            let with_letter = [bytes, &b"Z"[..]].concat();
            assert_eq!(decode(&with_letter), [expected.clone(), Command::Char(b'Z')], "{bytes:02X?}");
        }
    }

    #[test]
    fn pictures_come_row_by_row_and_graphics_whole() {
        let rows = decode(&[0x1D, 0x76, 0x30, 0x03, 0x02, 0x00, 0x02, 0x00, 1, 2, 3, 4, b'Z']);
        let frame = RasterFrame { row_bytes: 2, rows: 2, scale: Size { wide: 2, high: 2 } };
        let row = |first, row: &[u8]| Command::RasterRow { frame, first, row: row.to_vec() };
        assert_eq!(rows, [row(true, &[1, 2]), row(false, &[3, 4]), Command::Char(b'Z')]);
        let store =
            [0x1D, 0x28, 0x4C, 14, 0, 0x30, 0x70, 0x30, 1, 2, 0x31, 9, 0, 2, 0, 0xFF, 0x80, 0x01, 0x00, b'Z'];
        let graphic =
            Graphic { width: 9, rows: vec![0xFF, 0x80, 0x01, 0x00], scale: Size { wide: 1, high: 2 } };
        assert_eq!(decode(&store), [Command::GraphicStore(graphic), Command::Char(b'Z')]);
    }

    #[test]
    fn chinese_mode_decides_about_pairs() {
        assert_eq!(
            decode(&[0x1C, 0x2E, 0xD6, 0xD0, 0x1C, 0x26, 0xD6, 0xD0]),
            [
                Command::HanOff,
                Command::Char(0xD6),
                Command::Char(0xD0),
                Command::HanOn,
                Command::Han([0xD6, 0xD0])
            ]
        );
        assert_eq!(
            decode(&[0xD6, 0x0A, 0x81, 0x30]),
            [Command::LoneLead(0xD6), Command::LineFeed, Command::LoneLead(0x81), Command::Char(b'0')]
        );
    }

    proptest::proptest! {
        #[test]
        fn zeros_end_any_short_command(noise in proptest::collection::vec(proptest::num::u8::ANY, 0..12)) {
            let mut decoder = Decoder::new();
            let mut done = Vec::new();
            // Only a command that carries more data than zeros are sent outlives them.
            let endless = noise
                .windows(2)
                .any(|two| matches!(two, [0x1D, 0x76 | 0x28 | 0x38 | 0x2A] | [0x1C, 0x28] | [0x1B, 0x2A]));
            for byte in noise.iter().copied().chain(std::iter::repeat_n(0, 8192)).chain(*b"\x1B@Z") {
                decoder.push(byte, &mut done);
            }
            if !endless {
                let tail: Vec<_> = done.iter().rev().take(2).map(|(command, _)| command.clone()).collect();
                proptest::prop_assert_eq!(tail, vec![Command::Char(b'Z'), Command::Initialise]);
            }
        }

        #[test]
        fn every_byte_is_accounted_for(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
            let mut decoder = Decoder::new();
            let mut done = Vec::new();
            for &byte in &bytes {
                decoder.push(byte, &mut done);
            }
            let given: Vec<u8> = done.iter().flat_map(|(_, raw)| raw.clone()).collect();
            proptest::prop_assert!(bytes.starts_with(&given) || decoder.skip > 0 || !done.is_empty());
        }
    }
}
