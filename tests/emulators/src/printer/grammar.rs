//! How long each command is and what its bytes mean.

use super::command::{Align, Command, Graphic, RasterFrame, Size};

/// Bytes before the first row of GS v 0.
pub(super) const RASTER_HEADER: usize = 8;

/// The longest command kept whole; a longer one (only GS 8 L can be) is passed over.
const LONGEST: u64 = 128 * 1024;

const DLE: u8 = 0x10;
const ESC: u8 = 0x1B;
const FS: u8 = 0x1C;
const GS: u8 = 0x1D;

/// What the bytes so far amount to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A command that needs further bytes.
    More,
    /// A whole command.
    Done(Command),
    /// The header of a raster picture, whose rows follow.
    Raster(RasterFrame),
    /// A first byte of a pair followed by something that is no second byte.
    LoneLead,
    /// A command too long to keep, with so many bytes still to come.
    Skip(u64),
}

/// Looks at the bytes since the last whole command; at least one.
pub(super) fn step(raw: &[u8], han: bool) -> Step {
    match raw {
        [] | [DLE | ESC | FS | GS] => Step::More,
        [DLE, rest @ ..] => real_time(rest),
        [ESC, code, args @ ..] => esc(*code, args),
        [FS, code, args @ ..] => fs(*code, args),
        [GS, code, args @ ..] => gs(*code, args),
        [0x09] => Step::Done(Command::Tab),
        [0x0A] => Step::Done(Command::LineFeed),
        [0x00..=0x1F | 0x7F] => Step::Done(Command::Nothing),
        [0x81..=0xFE] if han => Step::More,
        [byte] => Step::Done(Command::Char(*byte)),
        [lead, trail @ (0x40..=0x7E | 0x80..=0xFE)] => Step::Done(Command::Han([*lead, *trail])),
        _ => Step::LoneLead,
    }
}

/// Real-time commands met again in the buffer: done with on arrival, passed over here.
fn real_time(rest: &[u8]) -> Step {
    let wanted = match rest {
        [0x04 | 0x05] | [0x14] => return Step::More,
        [0x04, 0x07 | 0x08 | 0x12, ..] => 3,
        [0x04 | 0x05, ..] => 2,
        [0x14, 0x08, ..] => 9,
        [0x14, ..] => 4,
        _ => return unknown(DLE, rest.first().copied().unwrap_or_default()),
    };
    after(rest, wanted, Command::RealTime)
}

fn esc(code: u8, args: &[u8]) -> Step {
    let first = args.first().copied();
    let with_one = |make: fn(u8) -> Command| first.map_or(Step::More, |n| Step::Done(make(n)));
    match code {
        b'@' => Step::Done(Command::Initialise),
        b'2' => Step::Done(Command::LineSpacing(None)),
        b'3' => with_one(|n| Command::LineSpacing(Some(n))),
        b'!' => with_one(Command::Mode),
        b'-' => with_one(|n| Command::Underline(digit(n).min(2))),
        b'E' | b'G' => with_one(|n| Command::Bold(n & 1 == 1)),
        b'J' => with_one(Command::FeedDots),
        b'd' => with_one(Command::FeedLines),
        b'a' => with_one(|n| match digit(n) {
            0 => Command::Align(Align::Left),
            1 => Command::Align(Align::Centre),
            2 => Command::Align(Align::Right),
            _ => Command::Nothing,
        }),
        b'$' | b'\\' => match args {
            [low, high, ..] => Step::Done(Command::Position {
                dots: i16::from_le_bytes([*low, *high]),
                relative: code == b'\\',
            }),
            _ => Step::More,
        },
        // Old cut commands that most printers still know.
        b'i' | b'm' => Step::Done(Command::Cut { feed: None }),
        b'L' | b'S' | b'<' | 0x0C => Step::Done(Command::Nothing),
        b' ' | b'%' | b'=' | b'?' | b'M' | b'R' | b'T' | b'U' | b'V' | b'r' | b't' | b'{' => {
            with_one(|_| Command::Nothing)
        }
        b'c' => after(args, 2, Command::Nothing),
        b'p' => after(args, 3, Command::Nothing),
        b'W' => after(args, 8, Command::Nothing),
        b'D' => until_zero(args, 33),
        b'*' => match args {
            [m, low, high, ..] => {
                let columns = usize::from(u16::from_le_bytes([*low, *high]));
                let deep = if *m >= 32 { 3 } else { 1 };
                after(args, 3 + columns * deep, Command::Unknown(vec![ESC, code]))
            }
            _ => Step::More,
        },
        _ => unknown(ESC, code),
    }
}

fn fs(code: u8, args: &[u8]) -> Step {
    let first = args.first().copied();
    let with_one = |make: fn(u8) -> Command| first.map_or(Step::More, |n| Step::Done(make(n)));
    match code {
        b'&' => Step::Done(Command::HanOn),
        b'.' => Step::Done(Command::HanOff),
        b'!' => with_one(Command::HanMode),
        b'W' => with_one(|n| Command::HanQuadruple(n & 1 == 1)),
        b'-' | b'C' => with_one(|_| Command::Nothing),
        b'S' | b'?' | b'p' => after(args, 2, Command::Nothing),
        b'2' => after(args, 74, Command::Nothing),
        b'(' => with_length(FS, args),
        _ => unknown(FS, code),
    }
}

fn gs(code: u8, args: &[u8]) -> Step {
    let first = args.first().copied();
    let with_one = |make: fn(u8) -> Command| first.map_or(Step::More, |n| Step::Done(make(n)));
    match code {
        b'!' => with_one(|n| Command::Size(Size::from_nibbles(n))),
        b'B' => with_one(|n| Command::Reverse(n & 1 == 1)),
        b'I' => with_one(Command::PrinterId),
        b'a' => with_one(Command::AutomaticStatus),
        b'r' => with_one(|n| Command::PaperStatus(digit(n))),
        b'V' => match args {
            [] => Step::More,
            [0 | 1 | b'0' | b'1', ..] => Step::Done(Command::Cut { feed: None }),
            [65 | 66 | 97 | 98 | 103 | 104] => Step::More,
            [65 | 66 | 97 | 98 | 103 | 104, n, ..] => Step::Done(Command::Cut { feed: Some(*n) }),
            _ => unknown(GS, code),
        },
        b'v' => raster(args),
        b'(' => with_length(GS, args),
        b'8' => long_graphics(args),
        b'/' | b'b' | b'H' | b'f' | b'h' | b'w' | b'T' => with_one(|_| Command::Nothing),
        b'L' | b'W' | b'P' | b'$' | b'\\' => after(args, 2, Command::Nothing),
        b'^' => after(args, 3, Command::Nothing),
        b':' => Step::Done(Command::Nothing),
        b'k' => barcode(args),
        b'*' => match args {
            [x, y, ..] => {
                after(args, 2 + usize::from(*x) * usize::from(*y) * 8, Command::Unknown(vec![GS, code]))
            }
            _ => Step::More,
        },
        _ => unknown(GS, code),
    }
}

/// GS v 0 m xL xH yL yH.
fn raster(args: &[u8]) -> Step {
    match args {
        [b'0', m, xl, xh, yl, yh] => {
            let m = digit(*m);
            Step::Raster(RasterFrame {
                row_bytes: usize::from(u16::from_le_bytes([*xl, *xh])),
                rows: usize::from(u16::from_le_bytes([*yl, *yh])),
                scale: Size::doubled(m & 1 == 1, m & 2 == 2),
            })
        }
        [] | [b'0', ..] => Step::More,
        _ => unknown(GS, b'v'),
    }
}

/// The family GS ( x and FS ( x: a length, then a function.
fn with_length(prefix: u8, args: &[u8]) -> Step {
    let [kind, low, high, payload @ ..] = args else {
        return Step::More;
    };
    let length = usize::from(u16::from_le_bytes([*low, *high]));
    if payload.len() < length {
        return Step::More;
    }
    let command = match (prefix, kind, payload) {
        (GS, b'L', _) => graphics(payload),
        (GS, b'k', [0x31, function, parameters @ ..]) => qr(*function, parameters),
        (GS, b'H', [0x30, 0x30, a, b, c, d]) => Some(Command::ProcessId([*a, *b, *c, *d])),
        (GS, b'H', [0x31, 0x30, n]) => Some(Command::OfflineResponse(digit(*n))),
        _ => None,
    };
    Step::Done(command.unwrap_or_else(|| Command::Unknown(vec![prefix, b'(', *kind])))
}

/// GS 8 L p1 p2 p3 p4: graphics with a four-byte length.
fn long_graphics(args: &[u8]) -> Step {
    match args {
        [b'L', a, b, c, d, payload @ ..] => {
            let length = u64::from(u32::from_le_bytes([*a, *b, *c, *d]));
            if length > LONGEST {
                Step::Skip(length)
            } else if (payload.len() as u64) < length {
                Step::More
            } else {
                Step::Done(graphics(payload).unwrap_or_else(|| Command::Unknown(vec![GS, b'8', b'L'])))
            }
        }
        [] | [b'L', ..] => Step::More,
        _ => unknown(GS, b'8'),
    }
}

fn graphics(payload: &[u8]) -> Option<Command> {
    match payload {
        [0x30, 0x02 | 0x32] => Some(Command::GraphicPrint),
        [0x30, 0x70, 0x30, bx @ (1 | 2), by @ (1 | 2), 0x31, xl, xh, yl, yh, data @ ..] => {
            let width = usize::from(u16::from_le_bytes([*xl, *xh]));
            let height = usize::from(u16::from_le_bytes([*yl, *yh]));
            let fits = width > 0 && data.len() == width.div_ceil(8) * height;
            fits.then(|| {
                Command::GraphicStore(Graphic {
                    width,
                    rows: data.to_vec(),
                    scale: Size { wide: *bx, high: *by },
                })
            })
        }
        _ => None,
    }
}

fn qr(function: u8, parameters: &[u8]) -> Option<Command> {
    match (function, parameters) {
        (0x41, [_, _]) => Some(Command::Nothing),
        (0x43, [dots @ 1..=16]) => Some(Command::QrModule(*dots)),
        (0x45, [level @ 0x30..=0x33]) => Some(Command::QrLevel(*level)),
        (0x50, [0x30, data @ ..]) if (1..=7089).contains(&data.len()) => {
            Some(Command::QrStore(data.to_vec()))
        }
        (0x51, [0x30]) => Some(Command::QrPrint),
        _ => None,
    }
}

/// GS k in both its forms; bar codes are not drawn.
fn barcode(args: &[u8]) -> Step {
    match args {
        [] => Step::More,
        [0..=6, data @ ..] => match data.last() {
            Some(0) => Step::Done(Command::Unknown(vec![GS, b'k'])),
            _ if data.len() >= 256 => Step::Done(Command::Unknown(vec![GS, b'k'])),
            _ => Step::More,
        },
        [_] => Step::More,
        [_, length, ..] => after(args, 2 + usize::from(*length), Command::Unknown(vec![GS, b'k'])),
    }
}

fn until_zero(args: &[u8], longest: usize) -> Step {
    match args.last() {
        Some(0) => Step::Done(Command::Nothing),
        _ if args.len() >= longest => Step::Done(Command::Nothing),
        _ => Step::More,
    }
}

fn after(args: &[u8], wanted: usize, command: Command) -> Step {
    if args.len() < wanted { Step::More } else { Step::Done(command) }
}

fn unknown(prefix: u8, code: u8) -> Step {
    Step::Done(Command::Unknown(vec![prefix, code]))
}

/// Parameters that may be given as a number or as its ASCII digit.
fn digit(n: u8) -> u8 {
    if n.is_ascii_digit() { n - b'0' } else { n }
}
