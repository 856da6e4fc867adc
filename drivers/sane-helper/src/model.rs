//! What SANE knows, as values: statuses, devices, options (SANE Standard 1.06, sections 4.2.7 to 4.2.9).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::frame::ProtocolError;

/// Longest text, in bytes.
pub const MAX_TEXT: usize = 512;
/// Most values in the constraint of an option.
pub const MAX_LIST: usize = 256;

/// SANE_Status (section 4.2.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// 0: everything is well.
    Good,
    /// 1: the operation is not supported.
    Unsupported,
    /// 2: the operation was cancelled, perhaps with a button of the device.
    Cancelled,
    /// 3: the device is busy.
    DeviceBusy,
    /// 4: an argument is invalid; on opening, there is no such device.
    Inval,
    /// 5: no more data.
    Eof,
    /// 6: the feeder is jammed.
    Jammed,
    /// 7: the feeder is out of documents.
    NoDocs,
    /// 8: the cover is open.
    CoverOpen,
    /// 9: communication with the device failed.
    IoError,
    /// 10: out of memory.
    NoMem,
    /// 11: access denied.
    AccessDenied,
    /// A number that the standard does not know.
    Other(i32),
}

/// A device that is there (SANE_Device).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// The name to open it by.
    pub name: String,
    /// Its maker.
    pub vendor: String,
    /// Its model.
    pub model: String,
    /// What it is, such as `flatbed scanner`.
    pub kind: String,
}

/// An option of a device (SANE_Option_Descriptor).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionInfo {
    /// Its name, such as `resolution`.
    pub name: String,
    /// What kind of value it has.
    pub kind: Kind,
    /// In what it is measured.
    pub unit: Unit,
    /// Whether it can be set now.
    pub settable: bool,
    /// Whether it can be read now.
    pub readable: bool,
    /// Which values it takes.
    pub constraint: Constraint,
}

/// SANE_Value_Type, of the options that have one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// SANE_TYPE_BOOL.
    Bool,
    /// SANE_TYPE_INT.
    Int,
    /// SANE_TYPE_FIXED: 1/65536.
    Fixed,
    /// SANE_TYPE_STRING.
    Text,
}

/// SANE_Unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// No unit, or one that the standard does not know.
    None,
    /// Pixels.
    Pixel,
    /// Bits.
    Bit,
    /// Millimetres.
    Mm,
    /// Dots per inch.
    Dpi,
    /// Per cent.
    Percent,
    /// Microseconds.
    Microsecond,
}

/// SANE_Constraint_Type with its values; numbers are in the option's own kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Constraint {
    /// Any value.
    None,
    /// `min`, `min + step` … up to `max`; any value between when `step` is 0.
    Range {
        /// Smallest value.
        min: i32,
        /// Largest value.
        max: i32,
        /// Distance of the values.
        step: i32,
    },
    /// One of these numbers.
    Numbers(Vec<i32>),
    /// One of these texts.
    Texts(Vec<String>),
}

/// The value of an option.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i32),
    /// A number in 1/65536.
    Fixed(i32),
    /// A text.
    Text(String),
}

impl Status {
    /// The status with this number.
    pub fn from_code(code: i32) -> Self {
        match code {
            0 => Self::Good,
            1 => Self::Unsupported,
            2 => Self::Cancelled,
            3 => Self::DeviceBusy,
            4 => Self::Inval,
            5 => Self::Eof,
            6 => Self::Jammed,
            7 => Self::NoDocs,
            8 => Self::CoverOpen,
            9 => Self::IoError,
            10 => Self::NoMem,
            11 => Self::AccessDenied,
            other => Self::Other(other),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Good => "GOOD",
            Self::Unsupported => "UNSUPPORTED",
            Self::Cancelled => "CANCELLED",
            Self::DeviceBusy => "DEVICE_BUSY",
            Self::Inval => "INVAL",
            Self::Eof => "EOF",
            Self::Jammed => "JAMMED",
            Self::NoDocs => "NO_DOCS",
            Self::CoverOpen => "COVER_OPEN",
            Self::IoError => "IO_ERROR",
            Self::NoMem => "NO_MEM",
            Self::AccessDenied => "ACCESS_DENIED",
            Self::Other(code) => return write!(f, "status {code}"),
        })
    }
}

impl Device {
    pub(crate) fn check(&self) -> Result<(), ProtocolError> {
        [&self.name, &self.vendor, &self.model, &self.kind].into_iter().try_for_each(|t| text(t))
    }
}

impl OptionInfo {
    pub(crate) fn check(&self) -> Result<(), ProtocolError> {
        text(&self.name)?;
        match &self.constraint {
            Constraint::None | Constraint::Range { .. } => Ok(()),
            Constraint::Numbers(numbers) => bounded("a list", numbers.len(), MAX_LIST),
            Constraint::Texts(texts) => {
                bounded("a list", texts.len(), MAX_LIST)?;
                texts.iter().try_for_each(|t| text(t))
            }
        }
    }
}

impl Value {
    pub(crate) fn check(&self) -> Result<(), ProtocolError> {
        match self {
            Self::Text(t) => text(t),
            Self::Bool(_) | Self::Int(_) | Self::Fixed(_) => Ok(()),
        }
    }
}

/// Texts cross into C, where a NUL would end them.
pub(crate) fn text(text: &str) -> Result<(), ProtocolError> {
    bounded("a text", text.len(), MAX_TEXT)?;
    if text.contains('\0') { Err(ProtocolError::Bounds("a text")) } else { Ok(()) }
}

pub(crate) fn bounded(what: &'static str, length: usize, most: usize) -> Result<(), ProtocolError> {
    if length <= most { Ok(()) } else { Err(ProtocolError::Bounds(what)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_its_number_and_its_name() {
        let names = [
            "GOOD",
            "UNSUPPORTED",
            "CANCELLED",
            "DEVICE_BUSY",
            "INVAL",
            "EOF",
            "JAMMED",
            "NO_DOCS",
            "COVER_OPEN",
            "IO_ERROR",
            "NO_MEM",
            "ACCESS_DENIED",
            "status 12",
        ];
        for (code, name) in (0..).zip(names) {
            assert_eq!(Status::from_code(code).to_string(), name);
        }
    }
}
