//! What is known about a printer model, as data.

use std::time::Duration;

use serde::Deserialize;

/// What is known about a printer model.
///
/// The shipped profiles lie in `profiles/` beside this crate; a hall may bring its own file with
/// the same keys. An unknown model is printed to with [`Profile::generic`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "ProfileFile")]
pub struct Profile {
    /// What the model is called in configuration.
    pub model: String,
    /// Speed of the serial line in bits a second, 8N1: ten bits a byte.
    pub baud: u32,
    /// The Chinese characters in the printer's own font.
    pub font: BuiltInFont,
    /// Printable width in dots, 96 to 832: 576 on 80 mm paper, 384 on 58 mm, at 203 dpi.
    pub width_dots: u16,
    /// Half-width characters of normal size in a printed line, 8 to 69.
    pub columns: u8,
    /// Whether it answers GS ( H with the process identifier once all before it is printed.
    pub has_process_id: bool,
    /// Whether it cuts the paper by itself.
    pub has_cutter: bool,
    /// Whether it reports changes of its state unasked (GS a).
    pub has_asb: bool,
    /// Whether its sensor for little paper is fitted; without it the bits mean nothing.
    pub near_end_sensor: bool,
    /// How long it may be silent while it prints before its answer is given up.
    pub reply_timeout: Duration,
}

/// The Chinese characters a printer can print as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BuiltInFont {
    /// The 7445 characters of GB/T 2312-1980.
    Gb2312,
    /// The 21 886 characters of GBK 1.0.
    Gbk,
    /// ASCII alone.
    None,
}

impl Profile {
    /// The profile that asks of a printer only what every ESC/POS printer for China does.
    pub fn generic() -> Self {
        Profile {
            model: String::from("generic"),
            baud: 115_200,
            font: BuiltInFont::Gb2312,
            width_dots: 576,
            columns: 48,
            has_process_id: false,
            has_cutter: true,
            has_asb: false,
            near_end_sensor: true,
            reply_timeout: Duration::from_secs(10),
        }
    }

    /// The shipped profile of `model`, or the generic one when there is none.
    pub fn named(model: &str) -> Self {
        SHIPPED
            .iter()
            .filter_map(|file| Profile::from_toml(file).ok())
            .find(|profile| profile.model == model)
            .unwrap_or_else(|| {
                tracing::warn!(model, "ticket printer: unknown model, using the generic profile");
                Profile::generic()
            })
    }

    /// Reads a profile file.
    ///
    /// # Errors
    /// When it is not TOML, a key is missing or unknown, or a value is out of its range.
    pub fn from_toml(file: &str) -> Result<Self, ProfileError> {
        toml::from_str(file).map_err(|e| ProfileError(e.message().to_owned()))
    }

    /// How long `bytes` take on the line: ten bits a byte.
    pub fn wire_time(&self, bytes: usize) -> Duration {
        let bits = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_mul(10);
        Duration::from_nanos(bits.saturating_mul(1_000_000_000) / u64::from(self.baud.max(1)))
    }

    /// Printable width in whole bytes of eight dots.
    pub(crate) fn width_bytes(&self) -> usize {
        usize::from(self.width_dots / 8)
    }
}

/// A profile file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ticket printer profile: {0}; correct the file or use the profile `generic`")]
pub struct ProfileError(String);

const SHIPPED: [&str; 3] = [
    include_str!("../profiles/generic.toml"),
    include_str!("../profiles/generic-58.toml"),
    include_str!("../profiles/epson-tm-compatible.toml"),
];

/// The keys as they stand in a file, not yet checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileFile {
    model: String,
    baud: u32,
    font: BuiltInFont,
    width_dots: u16,
    columns: u8,
    has_process_id: bool,
    has_cutter: bool,
    has_asb: bool,
    near_end_sensor: bool,
    reply_timeout_ms: u32,
}

impl TryFrom<ProfileFile> for Profile {
    type Error = String;

    fn try_from(file: ProfileFile) -> Result<Self, String> {
        let within = |key: &str, value: u32, least: u32, most: u32| {
            if (least..=most).contains(&value) {
                Ok(())
            } else {
                Err(format!("{key} = {value} is not within {least} to {most}"))
            }
        };
        within("baud", file.baud, 1200, 4_000_000)?;
        within("width_dots", file.width_dots.into(), 96, 832)?;
        // A half-width character is 12 dots wide: more columns would not fit on the paper.
        within("columns", file.columns.into(), 8, u32::from(file.width_dots) / 12)?;
        within("reply_timeout_ms", file.reply_timeout_ms, 50, 60_000)?;
        Ok(Profile {
            model: file.model,
            baud: file.baud,
            font: file.font,
            width_dots: file.width_dots,
            columns: file.columns,
            has_process_id: file.has_process_id,
            has_cutter: file.has_cutter,
            has_asb: file.has_asb,
            near_end_sensor: file.near_end_sensor,
            reply_timeout: Duration::from_millis(file.reply_timeout_ms.into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_profile_is_read() {
        for file in SHIPPED {
            let profile = Profile::from_toml(file).expect("a shipped profile");
            assert_eq!(Profile::named(&profile.model), profile);
        }
        assert_eq!(Profile::from_toml(SHIPPED[0]), Ok(Profile::generic()));
    }

    #[test]
    fn an_unknown_model_is_generic() {
        assert_eq!(Profile::named("XP-S260M"), Profile::generic());
    }

    #[test]
    fn values_out_of_range_are_refused() {
        for (from, to) in [
            ("baud = 115200", "baud = 0"),
            ("width_dots = 576", "width_dots = 9000"),
            ("columns = 48", "columns = 200"),
            ("font = \"gb2312\"", "font = \"big5\""),
            ("reply_timeout_ms = 10000", "reply_timeout_ms = 0"),
            ("has_asb = false", "has_asb = false\nunknown = 1"),
            ("has_asb = false", ""),
        ] {
            let file = SHIPPED[0].replace(from, to);
            assert!(Profile::from_toml(&file).is_err(), "{to} was taken");
        }
    }

    #[test]
    fn a_kilobyte_takes_ninety_milliseconds() {
        let time = Profile::generic().wire_time(1024);
        assert_eq!(time.as_millis(), 88);
    }
}
