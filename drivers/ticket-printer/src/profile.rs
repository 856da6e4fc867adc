//! What is known about a printer model, as data.

use std::time::Duration;

use serde::Deserialize;

use crate::reply::PrinterId;

/// What is known about a printer model.
///
/// The shipped profiles lie in `profiles/` beside this crate; a hall may bring its own file with
/// the same keys. An unknown model is printed to with [`Profile::generic`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "ProfileFile")]
pub struct Profile {
    /// What the model is called in configuration.
    pub model: String,
    /// How its maker or its model begins when it is asked for them (GS I 66, 67).
    pub identifies_as: Vec<String>,
    /// Speed of its serial line in bits a second as it leaves the factory, 8N1.
    pub baud: u32,
    /// The Chinese characters in the printer's own font.
    pub font: BuiltInFont,
    /// Printable width in dots, 96 to 832: 576 on 80 mm paper, 384 on 58 mm, at 203 dpi.
    pub width_dots: u16,
    /// Half-width characters of normal size in a printed line, 8 to 69.
    pub columns: u8,
    /// Dots from one line of normal size to the next at power-up, 24 to 60.
    pub line_dots: u8,
    /// Units of ESC J that move the paper by one dot, 1 or 2; 0 where it is not known, and white
    /// paper goes as white dots.
    pub feed_units_per_dot: u8,
    /// Whether it draws QR codes itself (GS ( k).
    pub has_qr: bool,
    /// Whether it cuts the paper by itself.
    pub has_cutter: bool,
    /// Dots fed from the head to the blade before a cut, 0 to 800.
    pub cutter_dots: u16,
    /// What its status bytes mean.
    pub status: StatusLayout,
    /// Whether it reports changes of its state unasked (GS a).
    pub has_asb: bool,
    /// Whether it answers GS ( H with the process identifier once all before it is printed.
    pub has_process_id: bool,
    /// Whether it says who made it and what it is (GS I 66, 67).
    pub has_printer_id: bool,
    /// Whether it can be told in real time to leave an error (DLE ENQ).
    pub has_enquiry: bool,
    /// Whether it can be told in real time to clear its buffers, and says when it has (DLE DC4 8).
    pub has_clear: bool,
    /// Whether its sensor for little paper is fitted; without it the bits mean nothing.
    pub near_end_sensor: bool,
    /// Paper left when that sensor first sees the end coming, in mm; 0 where it is not known.
    pub near_end_mm: u32,
    /// Paper on a new roll, in mm; 0 where it is not known.
    pub roll_mm: u32,
    /// How long it may be silent while it prints before its answer is given up.
    pub reply_timeout: Duration,
    /// How long it may go on saying that it is well, with a ticket before it and without the proof
    /// of it, before its process identifiers are no longer believed in.
    pub proof_timeout: Duration,
}

/// The Chinese characters a printer can print as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BuiltInFont {
    /// The 7445 characters of GB/T 2312-1980.
    Gb2312,
    /// The 21 886 characters of GBK 1.0.
    Gbk,
    /// Letters, digits and signs of ASCII alone.
    Ascii,
    /// None that is to be used: everything goes as dots.
    None,
}

/// What a model's real-time status bytes mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatusLayout {
    /// DLE EOT 1 to 4 as Epson defines them.
    #[default]
    Epson,
    /// The same, but in n = 4 bit 5 is the paper's end and bit 6 a ticket in the presenter.
    #[serde(rename = "ppu-231")]
    Ppu231,
    /// The same, and six bytes more for DLE EOT 14h.
    Kpm150,
}

/// How fast bytes reach the printer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineSpeed {
    /// A serial line of so many bits a second, 8N1: ten bits a byte.
    Serial(u32),
    /// USB or a network: faster than any printer prints.
    Unpaced,
}

impl LineSpeed {
    /// The slowest that a USB port or a print server is believed to be, in bytes a second.
    const UNPACED: u64 = 100_000;

    /// How long `bytes` take on the line.
    pub fn time(self, bytes: usize) -> Duration {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let (units, per_second) = match self {
            LineSpeed::Serial(baud) => (bytes.saturating_mul(10), u64::from(baud.max(1))),
            LineSpeed::Unpaced => (bytes, Self::UNPACED),
        };
        Duration::from_nanos(units.saturating_mul(1_000_000_000) / per_second)
    }
}

impl Profile {
    /// The profile that asks of a printer only what every ESC/POS printer for China does.
    pub fn generic() -> Self {
        Profile {
            model: String::from("generic"),
            identifies_as: Vec::new(),
            baud: 115_200,
            font: BuiltInFont::Gb2312,
            width_dots: 576,
            columns: 48,
            line_dots: 30,
            feed_units_per_dot: 0,
            has_qr: false,
            has_cutter: true,
            cutter_dots: 96,
            status: StatusLayout::Epson,
            has_asb: false,
            has_process_id: false,
            has_printer_id: false,
            has_enquiry: true,
            has_clear: false,
            near_end_sensor: true,
            near_end_mm: 0,
            roll_mm: 0,
            reply_timeout: Duration::from_secs(10),
            proof_timeout: Duration::from_secs(10),
        }
    }

    /// Every shipped profile.
    pub fn shipped() -> impl Iterator<Item = Profile> {
        SHIPPED.iter().filter_map(|file| Profile::from_toml(file).ok())
    }

    /// The shipped profile of `model`, or the generic one when there is none.
    pub fn named(model: &str) -> Self {
        Profile::shipped().find(|profile| profile.model == model).unwrap_or_else(|| {
            tracing::warn!(model, "ticket printer: unknown model, using the generic profile");
            Profile::generic()
        })
    }

    /// The shipped profile whose printers identify themselves so; `None` when it is no known one.
    pub fn identified(id: &PrinterId) -> Option<Self> {
        let begins = |name: &String| {
            [&id.maker, &id.model].into_iter().flatten().any(|said| said.starts_with(name.as_str()))
        };
        Profile::shipped().find(|profile| profile.identifies_as.iter().any(begins))
    }

    /// The same for a printer that has shown not to know GS ( H.
    #[must_use]
    pub fn without_process_id(self) -> Self {
        Profile { has_process_id: false, ..self }
    }

    /// Reads a profile file.
    ///
    /// # Errors
    /// When it is not TOML, a key is missing or unknown, or a value is out of its range.
    pub fn from_toml(file: &str) -> Result<Self, ProfileError> {
        toml::from_str(file).map_err(|e| ProfileError(e.message().to_owned()))
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

const SHIPPED: [&str; 6] = [
    include_str!("../profiles/generic.toml"),
    include_str!("../profiles/generic-58.toml"),
    include_str!("../profiles/epson-tm-compatible.toml"),
    include_str!("../profiles/xprinter-s260m.toml"),
    include_str!("../profiles/citizen-ppu-231.toml"),
    include_str!("../profiles/custom-kpm150.toml"),
];

/// The keys as they stand in a file, not yet checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileFile {
    model: String,
    identifies_as: Vec<String>,
    baud: u32,
    font: BuiltInFont,
    width_dots: u16,
    columns: u8,
    line_dots: u8,
    feed_units_per_dot: u8,
    has_qr: bool,
    has_cutter: bool,
    cutter_dots: u16,
    status: StatusLayout,
    has_asb: bool,
    has_process_id: bool,
    has_printer_id: bool,
    has_enquiry: bool,
    has_clear: bool,
    near_end_sensor: bool,
    near_end_mm: u32,
    roll_mm: u32,
    reply_timeout_ms: u32,
    proof_timeout_ms: u32,
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
        within("line_dots", file.line_dots.into(), 24, 60)?;
        within("feed_units_per_dot", file.feed_units_per_dot.into(), 0, 2)?;
        within("cutter_dots", file.cutter_dots.into(), 0, 800)?;
        within("near_end_mm", file.near_end_mm, 0, 100_000)?;
        within("roll_mm", file.roll_mm, 0, 1_000_000)?;
        within("reply_timeout_ms", file.reply_timeout_ms, 50, 60_000)?;
        within("proof_timeout_ms", file.proof_timeout_ms, 50, 60_000)?;
        if file.identifies_as.iter().any(|name| name.len() < 2) {
            return Err(String::from("identifies_as holds a name of less than two characters"));
        }
        if file.status == StatusLayout::Kpm150 && file.has_asb {
            return Err(String::from("has_asb cannot be told from the six bytes of status = \"kpm150\""));
        }
        Ok(Profile {
            model: file.model,
            identifies_as: file.identifies_as,
            baud: file.baud,
            font: file.font,
            width_dots: file.width_dots,
            columns: file.columns,
            line_dots: file.line_dots,
            feed_units_per_dot: file.feed_units_per_dot,
            has_qr: file.has_qr,
            has_cutter: file.has_cutter,
            cutter_dots: file.cutter_dots,
            status: file.status,
            has_asb: file.has_asb,
            has_process_id: file.has_process_id,
            has_printer_id: file.has_printer_id,
            has_enquiry: file.has_enquiry,
            has_clear: file.has_clear,
            near_end_sensor: file.near_end_sensor,
            near_end_mm: file.near_end_mm,
            roll_mm: file.roll_mm,
            reply_timeout: Duration::from_millis(file.reply_timeout_ms.into()),
            proof_timeout: Duration::from_millis(file.proof_timeout_ms.into()),
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
        assert_eq!(Profile::shipped().count(), SHIPPED.len());
    }

    #[test]
    fn an_unknown_model_is_generic_and_asks_for_nothing_uncommon() {
        assert_eq!(Profile::named("of-tomorrow"), Profile::generic());
        let safest = Profile::generic();
        assert!(!safest.has_process_id && !safest.has_asb && !safest.has_clear && !safest.has_qr);
    }

    #[test]
    fn a_printer_is_known_by_what_it_says_of_itself() {
        let said = |maker: Option<&str>, model: Option<&str>| {
            let id = PrinterId { maker: maker.map(Into::into), model: model.map(Into::into) };
            Profile::identified(&id).map(|profile| profile.model)
        };
        for (maker, model, expected) in [
            (Some("EPSON"), Some("TM-T88VI"), Some("epson-tm-compatible")),
            (None, Some("TM-T20III"), Some("epson-tm-compatible")),
            (Some("Xprinter"), None, Some("xprinter-s260m")),
            (None, Some("XP-S260M"), Some("xprinter-s260m")),
            (Some("CITIZEN"), Some("PPU-231II"), Some("citizen-ppu-231")),
            (Some("ACME"), Some("R1"), None),
            (None, None, None),
        ] {
            assert_eq!(said(maker, model).as_deref(), expected, "{maker:?} {model:?}");
        }
    }

    #[test]
    fn values_out_of_range_are_refused() {
        for (from, to) in [
            ("baud = 115200", "baud = 0"),
            ("width_dots = 576", "width_dots = 9000"),
            ("columns = 48", "columns = 200"),
            ("line_dots = 30", "line_dots = 0"),
            ("feed_units_per_dot = 0", "feed_units_per_dot = 3"),
            ("cutter_dots = 96", "cutter_dots = 5000"),
            ("roll_mm = 0", "roll_mm = 9000000"),
            ("identifies_as = []", "identifies_as = [\"\"]"),
            ("status = \"epson\"", "status = \"other\""),
            ("has_asb = false\nhas", "has_asb = true\nstatus = \"kpm150\"\nhas"),
            ("font = \"gb2312\"", "font = \"big5\""),
            ("reply_timeout_ms = 10000", "reply_timeout_ms = 0"),
            ("has_asb = false", "has_asb = false\nunknown = 1"),
            ("has_asb = false", ""),
        ] {
            let file = SHIPPED[0].replace(from, to);
            assert_ne!(file, SHIPPED[0], "{from} is not there");
            assert!(Profile::from_toml(&file).is_err(), "{to} was taken");
        }
        let both = SHIPPED[0].replace("\"epson\"", "\"kpm150\"").replace("has_asb = false", "has_asb = true");
        assert!(Profile::from_toml(&both).is_err());
    }

    #[test]
    fn a_kilobyte_takes_ninety_milliseconds_at_115200_and_ten_elsewhere() {
        assert_eq!(LineSpeed::Serial(115_200).time(1024).as_millis(), 88);
        assert_eq!(LineSpeed::Unpaced.time(1024).as_millis(), 10);
    }
}
