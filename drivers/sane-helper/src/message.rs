//! What the kiosk asks and what the program answers.

use serde::{Deserialize, Serialize};

use crate::frame::ProtocolError;
use crate::model::{Device, OptionInfo, Status, Value, bounded, text};

/// The version of these messages; both sides must have the same.
pub const PROTOCOL: u16 = 1;

/// Most devices in a list.
pub const MAX_DEVICES: usize = 64;
/// Most options of a device.
pub const MAX_OPTIONS: usize = 256;
/// Most bytes of a page in one piece.
pub const MAX_PIECE: usize = 64 * 1024;

/// What the kiosk asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// Which devices are there? Answered with [`Reply::Devices`]; may take as long as a search of the network.
    Devices,
    /// Open a device; one that was open is closed. Answered with [`Reply::Done`].
    Open {
        /// The device's name, such as `avision:libusb:001:004`.
        device: String,
    },
    /// Which options has the open device? Answered with [`Reply::Options`].
    Options,
    /// What is the value of an option? Answered with [`Reply::Value`].
    Get {
        /// The option's name.
        option: String,
    },
    /// Set an option. Answered with [`Reply::Value`]: what the device made of it.
    Set {
        /// The option's name.
        option: String,
        /// Its new value.
        value: Value,
    },
    /// Take the next sheet and begin its page. Answered with [`Reply::Started`].
    Start {
        /// Dots per inch that the image shall claim.
        dpi: u16,
    },
    /// The next piece of the page. Answered with [`Reply::Piece`] or [`Reply::PageEnd`].
    Read,
    /// End the scan; the device returns the sheet or parks the head. Answered with [`Reply::Done`].
    Cancel,
    /// Close the device. Answered with [`Reply::Done`].
    Close,
}

/// What the program answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Reply {
    /// libsane is loaded; said once, unasked.
    Ready {
        /// [`PROTOCOL`].
        protocol: u16,
        /// The version of libsane, such as 1.2.1.
        sane: (u8, u8, u16),
    },
    /// It is done.
    Done,
    /// The devices that are there.
    Devices(Vec<Device>),
    /// The options of the open device that have a name and a value.
    Options(Vec<OptionInfo>),
    /// The value of an option.
    Value(Value),
    /// A page begins.
    Started {
        /// Pixels in a line.
        width: u32,
        /// Lines, if the device knows already.
        lines: Option<u32>,
        /// Colour or grey.
        color: bool,
    },
    /// The next bytes of the page's JPEG stream (ISO/IEC 10918-1).
    #[serde(skip)]
    Piece(Vec<u8>),
    /// The page's stream is complete, but for its height.
    PageEnd {
        /// Where in the stream the height stands, two bytes, big-endian; until now they are 0.
        height_at: u32,
        /// The height: how many lines came.
        lines: u16,
    },
    /// SANE answered with something else than GOOD.
    Failed(Status),
    /// The program could not or would not.
    Refused(Refusal),
}

/// Why the program did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Refusal {
    /// libsane cannot be loaded; the program ends after this.
    #[error("libsane cannot be loaded: {why}")]
    LibraryMissing {
        /// What the system said.
        why: String,
    },
    /// libsane has an incompatible version; the program ends after this.
    #[error("libsane has version {major}, not 1")]
    LibraryVersion {
        /// Its major version.
        major: u8,
    },
    /// No device is open, or no page has begun.
    #[error("a request out of order")]
    OutOfOrder,
    /// The device has no such option, or not at present.
    #[error("no option {option}")]
    NoSuchOption {
        /// The option's name.
        option: String,
    },
    /// The option takes values of another kind.
    #[error("another kind of value for option {option}")]
    WrongKind {
        /// The option's name.
        option: String,
    },
    /// The device sends images that cannot be made into a page.
    #[error("images of a kind that cannot be used: {what}")]
    Image {
        /// What is special about them.
        what: String,
    },
    /// The image ended before it was whole: without a line, or because the feeder ran empty meanwhile.
    #[error("an image that came incomplete")]
    Incomplete,
    /// The request cannot be read.
    #[error("an unreadable request: {what}")]
    Request {
        /// What is wrong with it.
        what: String,
    },
}

impl Request {
    pub(crate) fn check(&self) -> Result<(), ProtocolError> {
        match self {
            Self::Open { device: name } | Self::Get { option: name } => text(name),
            Self::Set { option, value } => text(option).and_then(|()| value.check()),
            Self::Start { dpi: 0 } => Err(ProtocolError::Bounds("a resolution")),
            Self::Devices | Self::Options | Self::Start { .. } | Self::Read | Self::Cancel | Self::Close => {
                Ok(())
            }
        }
    }
}

impl Reply {
    pub(crate) fn check(&self) -> Result<(), ProtocolError> {
        match self {
            Self::Devices(devices) => {
                bounded("a list", devices.len(), MAX_DEVICES)?;
                devices.iter().try_for_each(Device::check)
            }
            Self::Options(options) => {
                bounded("a list", options.len(), MAX_OPTIONS)?;
                options.iter().try_for_each(OptionInfo::check)
            }
            Self::Value(value) => value.check(),
            Self::Piece(piece) => bounded("a piece", piece.len(), MAX_PIECE),
            Self::PageEnd { lines: 0, .. } => Err(ProtocolError::Bounds("a height")),
            Self::Refused(refusal) => refusal.check(),
            Self::Ready { .. }
            | Self::Done
            | Self::Started { .. }
            | Self::PageEnd { .. }
            | Self::Failed(_) => Ok(()),
        }
    }
}

impl Refusal {
    fn check(&self) -> Result<(), ProtocolError> {
        match self {
            Self::LibraryMissing { why: t }
            | Self::NoSuchOption { option: t }
            | Self::WrongKind { option: t }
            | Self::Image { what: t }
            | Self::Request { what: t } => text(t),
            Self::LibraryVersion { .. } | Self::OutOfOrder | Self::Incomplete => Ok(()),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Constraint, Kind, Unit};

    const TEXT: &str = "[^\0]{0,40}";

    fn any_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<bool>().prop_map(Value::Bool),
            any::<i32>().prop_map(Value::Int),
            any::<i32>().prop_map(Value::Fixed),
            TEXT.prop_map(Value::Text),
        ]
    }

    pub(crate) fn any_request() -> impl Strategy<Value = Request> {
        prop_oneof![
            Just(Request::Devices),
            TEXT.prop_map(|device| Request::Open { device }),
            TEXT.prop_map(|option| Request::Get { option }),
            (TEXT, any_value()).prop_map(|(option, value)| Request::Set { option, value }),
            (1..u16::MAX).prop_map(|dpi| Request::Start { dpi }),
            Just(Request::Read),
        ]
    }

    fn any_option() -> impl Strategy<Value = OptionInfo> {
        let constraint = prop_oneof![
            Just(Constraint::None),
            any::<(i32, i32, i32)>().prop_map(|(min, max, step)| Constraint::Range { min, max, step }),
            vec(any::<i32>(), 0..9).prop_map(Constraint::Numbers),
            vec(TEXT, 0..9).prop_map(Constraint::Texts),
        ];
        (TEXT, any::<(bool, bool)>(), constraint).prop_map(|(name, (settable, readable), constraint)| {
            OptionInfo { name, kind: Kind::Fixed, unit: Unit::Mm, settable, readable, constraint }
        })
    }

    pub(crate) fn any_reply() -> impl Strategy<Value = Reply> {
        let device = (TEXT, TEXT).prop_map(|(name, model)| Device {
            name,
            model,
            vendor: "Noname".into(),
            kind: "flatbed scanner".into(),
        });
        prop_oneof![
            any::<(u8, u8, u16)>().prop_map(|sane| Reply::Ready { protocol: PROTOCOL, sane }),
            vec(device, 0..5).prop_map(Reply::Devices),
            vec(any_option(), 0..5).prop_map(Reply::Options),
            any_value().prop_map(Reply::Value),
            any::<(u32, Option<u32>, bool)>().prop_map(|(width, lines, color)| Reply::Started {
                width,
                lines,
                color
            }),
            vec(any::<u8>(), 0..99).prop_map(Reply::Piece),
            (any::<u32>(), 1..u16::MAX).prop_map(|(height_at, lines)| Reply::PageEnd { height_at, lines }),
            (-1..20).prop_map(|code| Reply::Failed(Status::from_code(code))),
            TEXT.prop_map(|why| Reply::Refused(Refusal::LibraryMissing { why })),
        ]
    }
}
