//! Which option takes which value: what back ends call sources and modes, and how large a page is.

use sane_helper::{Constraint, Kind, OptionInfo, Unit, Value};

use crate::error::Fault;
use crate::input_caps::{Resolutions, StepRange};
use crate::sane::profile::SaneProfile;
use crate::settings::{Color, Size, Source};

/// A4 in millimetres; elsewhere lengths are in 1/300 inch.
const A4: (f64, f64) = (210.0, 297.0);

const MM_PER_INCH: f64 = 25.4;
const UNITS_PER_INCH: f64 = 300.0;

/// One in SANE_Fixed.
const FIXED_ONE: f64 = 65_536.0;

/// Names of the feeder, the likeliest first, in lower case.
const FEEDER: &[&str] =
    &["adf front", "adf simplex", "adf", "automatic document feeder", "document feeder", "feeder"];
/// Names of the feeder when it scans both sides.
const DUPLEX: &[&str] = &["adf duplex", "automatic document feeder duplex", "duplex"];
/// Names of the glass.
const FLATBED: &[&str] = &["flatbed", "normal", "fb", "document table", "platen"];
/// Names of colour.
const COLOR: &[&str] = &["color", "colour", "24bit color", "24 bit color", "true color", "rgb"];
/// Names of grey.
const GREY: &[&str] = &["gray", "grey", "grayscale", "greyscale", "true gray", "8-bit gray", "256 grayscale"];

/// What stands in names of sources that scan both sides, or only the back.
const NOT_SIMPLEX: &[&str] = &["duplex", "both", "back"];

/// An option and what to set it to; `None`: there is nothing to set.
pub(crate) type Choice = Option<(String, Value)>;

/// The options of a device at a moment; setting one may change others.
pub(crate) struct Options(pub(crate) Vec<OptionInfo>);

impl Options {
    /// The option of this name, if it can be set now.
    pub(crate) fn settable(&self, name: &str) -> Option<&OptionInfo> {
        self.0.iter().find(|option| option.settable && option.name == name)
    }

    /// Whether there is an option of this name that can be read now.
    pub(crate) fn readable(&self, name: &str) -> bool {
        self.0.iter().any(|option| option.readable && option.name == name)
    }

    /// The name of `source` with this scanner; `Ok(None)` when there is only one and this is it.
    pub(crate) fn source(&self, source: Source, profile: &SaneProfile) -> Result<Choice, Fault> {
        let (named, usual, part, what, alone) = match source {
            Source::Feeder => {
                (&profile.feeder_source, FEEDER, "feeder", "a document feeder", profile.only_feeder)
            }
            Source::FeederDuplex => {
                (&profile.duplex_source, DUPLEX, "duplex", "both sides of a sheet", false)
            }
            Source::Flatbed => {
                (&profile.flatbed_source, FLATBED, "flatbed", "a flatbed", !profile.only_feeder)
            }
        };
        let found = self.settable(&profile.source_option).map(|option| {
            text(option, named.as_deref(), usual, part).map(|value| (option.name.clone(), value))
        });
        match found {
            Some(Some(choice)) => Ok(Some(choice)),
            None if alone => Ok(None),
            // Some have one feeder, and an option of its own for the sides.
            _ if source == Source::FeederDuplex && self.has_sides() => self.source(Source::Feeder, profile),
            Some(None) | None => Err(Fault::Unsupported { what: what.into() }),
        }
    }

    /// One side or both, where that is an option of its own; for after the source is set.
    pub(crate) fn sides(&self, source: Source) -> Choice {
        let both = match source {
            Source::Feeder => false,
            Source::FeederDuplex => true,
            Source::Flatbed => return None,
        };
        if let Some(option) = self.settable("duplex").filter(|option| option.kind == Kind::Bool) {
            return Some((option.name.clone(), Value::Bool(both)));
        }
        let option = self.settable("adf-mode")?;
        let value = text(option, None, if both { &["duplex"] } else { &["simplex"] }, "-")?;
        Some((option.name.clone(), value))
    }

    /// Whether there is an option for the sides, even if it cannot be set before the source is.
    fn has_sides(&self) -> bool {
        self.0
            .iter()
            .any(|option| option.name == "adf-mode" || option.name == "duplex" && option.kind == Kind::Bool)
    }

    /// The name of a colour mode; `Ok(None)` when there is nothing to choose.
    pub(crate) fn mode(&self, color: Color, profile: &SaneProfile) -> Result<Choice, Fault> {
        let (named, usual, part, what) = match color {
            Color::Rgb24 => (&profile.color_mode, COLOR, "color", "colour"),
            Color::Grayscale8 => (&profile.grey_mode, GREY, "gray", "grey"),
        };
        let Some(option) = self.settable(&profile.mode_option) else { return Ok(None) };
        let value = text(option, named.as_deref(), usual, part);
        let value = value.ok_or_else(|| Fault::Unsupported { what: what.into() })?;
        Ok(Some((option.name.clone(), value)))
    }

    /// Eight bits a sample, where that is a choice.
    pub(crate) fn depth(&self) -> Choice {
        let option = self.settable("depth")?;
        let eight = raw(option, 8.0)?;
        takes(option, eight).then(|| (option.name.clone(), number(option, eight)))
    }

    /// The resolution nearest to `dpi`; `Ok(None)` when there is nothing to choose.
    pub(crate) fn resolution(&self, dpi: u32, profile: &SaneProfile) -> Result<Choice, Fault> {
        let Some(option) = self.settable(&profile.resolution_option) else { return Ok(None) };
        let offered = self.resolutions(profile);
        let dpi = if offered.is_unlisted() { Some(dpi) } else { offered.nearest(dpi, u32::MAX) };
        match dpi.and_then(|dpi| raw(option, dpi.into())).filter(|raw| *raw > 0) {
            Some(raw) => Ok(Some((option.name.clone(), number(option, nearest(option, raw))))),
            None => Err(Fault::Unsupported { what: "a resolution in dots per inch".into() }),
        }
    }

    /// The region: the size asked for, or as much of it as there is.
    pub(crate) fn region(&self, size: Size, dpi: u32) -> Vec<(String, Value)> {
        let mm = |units: u32| f64::from(units) / UNITS_PER_INCH * MM_PER_INCH;
        // More than any scanner takes; its constraint makes it what there is.
        let (width, height) = match (size, size.region()) {
            (Size::A4, _) => A4,
            (Size::Card | Size::Full, Some((width, height))) => (mm(width), mm(height)),
            (Size::Card | Size::Full, None) => (10_000.0, 10_000.0),
        };
        // The size of the sheet comes first: with some back ends the region must lie within.
        let wanted = [
            ("page-width", width),
            ("page-height", height),
            ("tl-x", 0.0),
            ("tl-y", 0.0),
            ("br-x", width),
            ("br-y", height),
        ];
        let set = |(name, mm): (&str, f64)| {
            let option = self.settable(name)?;
            let amount = match option.unit {
                Unit::Mm => mm,
                Unit::Pixel => mm / MM_PER_INCH * f64::from(dpi),
                Unit::None | Unit::Bit | Unit::Dpi | Unit::Percent | Unit::Microsecond => return None,
            };
            Some((option.name.clone(), number(option, nearest(option, raw(option, amount)?))))
        };
        wanted.into_iter().filter_map(set).collect()
    }

    /// What the device made of an edge of the region, in 1/300 inch.
    pub(crate) fn edge(&self, name: &str, value: &Value, dpi: u32) -> Option<u32> {
        let option = self.0.iter().find(|option| option.name == name)?;
        let amount = match value {
            Value::Int(raw) => f64::from(*raw),
            Value::Fixed(raw) => f64::from(*raw) / FIXED_ONE,
            Value::Bool(_) | Value::Text(_) => return None,
        };
        let inches = match option.unit {
            Unit::Mm => amount / MM_PER_INCH,
            Unit::Pixel => amount / f64::from(dpi.max(1)),
            Unit::None | Unit::Bit | Unit::Dpi | Unit::Percent | Unit::Microsecond => return None,
        };
        // The cast saturates.
        Some((inches * UNITS_PER_INCH).round() as u32)
    }

    /// The resolutions on offer.
    pub(crate) fn resolutions(&self, profile: &SaneProfile) -> Resolutions {
        let mut found = Resolutions::default();
        let Some(option) = self.settable(&profile.resolution_option) else { return found };
        let whole =
            |raw: i32| u32::try_from(if option.kind == Kind::Fixed { raw >> 16 } else { raw }).unwrap_or(0);
        match &option.constraint {
            Constraint::Numbers(numbers) => found.discrete = numbers.iter().map(|&n| whole(n)).collect(),
            Constraint::Range { min, max, step } => {
                found.range =
                    Some(StepRange { min: whole(*min), max: whole(*max), step: whole(*step).max(1) });
            }
            Constraint::None | Constraint::Texts(_) => {}
        }
        found
    }
}

/// The value among an option's texts that is named, or else has a usual name, or else contains `part`.
fn text(option: &OptionInfo, named: Option<&str>, usual: &[&str], part: &str) -> Option<Value> {
    let Constraint::Texts(offered) = &option.constraint else { return None };
    let found = match named {
        Some(named) => offered.iter().find(|offer| *offer == named),
        None => {
            let same = |name: &&str| offered.iter().find(|offer| offer.eq_ignore_ascii_case(name));
            usual.iter().find_map(same).or_else(|| {
                offered.iter().find(|offer| {
                    let offer = offer.to_ascii_lowercase();
                    let feeds = part == "feeder" && offer.starts_with("adf");
                    let other_sides = part != "duplex" && NOT_SIMPLEX.iter().any(|word| offer.contains(word));
                    (feeds || offer.contains(part)) && !other_sides
                })
            })
        }
    };
    found.map(|text| Value::Text(text.clone()))
}

/// An amount in the option's own kind of number.
fn raw(option: &OptionInfo, amount: f64) -> Option<i32> {
    match option.kind {
        // The cast saturates; the constraint decides then.
        Kind::Int => Some(amount.round() as i32),
        Kind::Fixed => Some((amount * FIXED_ONE).round() as i32),
        Kind::Bool | Kind::Text => None,
    }
}

fn number(option: &OptionInfo, raw: i32) -> Value {
    if option.kind == Kind::Fixed { Value::Fixed(raw) } else { Value::Int(raw) }
}

/// Whether the option takes exactly this number.
fn takes(option: &OptionInfo, raw: i32) -> bool {
    match &option.constraint {
        Constraint::None => true,
        Constraint::Range { .. } => nearest(option, raw) == raw,
        Constraint::Numbers(numbers) => numbers.contains(&raw),
        Constraint::Texts(_) => false,
    }
}

/// The largest number that the option takes and that is not above `raw`, as far as there is one.
fn nearest(option: &OptionInfo, raw: i32) -> i32 {
    match &option.constraint {
        Constraint::Range { min, max, step } => {
            let within = raw.min(*max).max(*min);
            let over = i64::from(within) - i64::from(*min);
            // A step of zero or less is no step.
            let back = if *step > 0 { over % i64::from(*step) } else { 0 };
            (i64::from(within) - back) as i32
        }
        Constraint::Numbers(numbers) => {
            let below = numbers.iter().filter(|&&n| n <= raw).max();
            below.or(numbers.iter().min()).copied().unwrap_or(raw)
        }
        Constraint::None | Constraint::Texts(_) => raw,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn option(name: &str, kind: Kind, unit: Unit, constraint: Constraint) -> OptionInfo {
        OptionInfo { name: name.into(), kind, unit, settable: true, readable: true, constraint }
    }

    fn texts(name: &str, offered: &[&str]) -> Options {
        let offered = offered.iter().map(ToString::to_string).collect();
        Options(vec![option(name, Kind::Text, Unit::None, Constraint::Texts(offered))])
    }

    #[test]
    fn sources_by_the_names_that_back_ends_use() {
        let cases: [(&[&str], Option<&str>, Option<&str>); 7] = [
            (&["Flatbed", "Automatic Document Feeder"], Some("Automatic Document Feeder"), Some("Flatbed")),
            (&["Normal", "ADF Back", "ADF Front", "ADF Duplex"], Some("ADF Front"), Some("Normal")),
            (&["ADF Duplex", "ADF Back"], None, None),
            (
                &["Automatic Document Feeder(left aligned)"],
                Some("Automatic Document Feeder(left aligned)"),
                None,
            ),
            (&["ADF Duplex", "ADF - one side", "FLATBED A4"], Some("ADF - one side"), Some("FLATBED A4")),
            (&["FB", "adf"], Some("adf"), Some("FB")),
            (&[], None, None),
        ];
        let profile = SaneProfile::default();
        for (offered, feeder, flatbed) in cases {
            let options = texts("source", offered);
            for (source, expected) in [(Source::Feeder, feeder), (Source::Flatbed, flatbed)] {
                let found = options.source(source, &profile).ok().flatten();
                let expected = expected.map(|name| ("source".to_owned(), Value::Text(name.into())));
                assert_eq!(found, expected, "{offered:?}");
            }
        }
    }

    #[test]
    fn a_scanner_without_a_choice_has_one_source() {
        let none = Options(vec![]);
        let profile = SaneProfile::default();
        assert_eq!(none.source(Source::Flatbed, &profile), Ok(None));
        assert!(none.source(Source::Feeder, &profile).is_err());
        let fed = SaneProfile { only_feeder: true, ..profile };
        assert_eq!(none.source(Source::Feeder, &fed), Ok(None));
        assert!(none.source(Source::Flatbed, &fed).is_err());
    }

    #[test]
    fn a_profile_names_what_is_unusual() {
        let profile = SaneProfile {
            feeder_source: Some("Tray 1".into()),
            mode_option: "scan-mode".into(),
            grey_mode: Some("G8".into()),
            ..SaneProfile::default()
        };
        let source = texts("source", &["ADF", "Tray 1"]).source(Source::Feeder, &profile);
        assert_eq!(source, Ok(Some(("source".into(), Value::Text("Tray 1".into())))));
        let modes = texts("scan-mode", &["Gray", "G8"]);
        let grey = modes.mode(Color::Grayscale8, &profile);
        assert_eq!(grey, Ok(Some(("scan-mode".into(), Value::Text("G8".into())))));
        assert_eq!(modes.mode(Color::Rgb24, &profile), Err(Fault::Unsupported { what: "colour".into() }));
    }

    #[test]
    fn the_nearest_resolution_is_taken_and_eight_bits_where_offered() {
        let profile = SaneProfile::default();
        let range = Constraint::Range { min: 75 << 16, max: 600 << 16, step: 25 << 16 };
        for (kind, constraint, dpi, value) in [
            (Kind::Int, Constraint::Numbers(vec![200, 300]), 300, Some(Value::Int(300))),
            (Kind::Int, Constraint::Numbers(vec![200, 600]), 300, Some(Value::Int(200))),
            (Kind::Int, Constraint::Numbers(vec![0, -5]), 300, None),
            (Kind::Fixed, range.clone(), 300, Some(Value::Fixed(300 << 16))),
            (Kind::Fixed, range.clone(), 310, Some(Value::Fixed(300 << 16))),
            (Kind::Fixed, range, 1200, Some(Value::Fixed(600 << 16))),
            (Kind::Int, Constraint::None, 300, Some(Value::Int(300))),
            (Kind::Text, Constraint::None, 300, None),
        ] {
            let options = Options(vec![option("resolution", kind, Unit::Dpi, constraint)]);
            let found = options.resolution(dpi, &profile).ok().flatten().map(|(_, value)| value);
            assert_eq!(found, value, "{dpi}");
        }
        let depths = |list| Options(vec![option("depth", Kind::Int, Unit::Bit, Constraint::Numbers(list))]);
        assert!(depths(vec![1, 8, 16]).depth().is_some() && depths(vec![1, 16]).depth().is_none());
    }

    #[test]
    fn the_region_is_a4_as_far_as_it_goes() {
        let range = |max| Constraint::Range { min: 0, max, step: 0 };
        let options = Options(vec![
            option("br-x", Kind::Fixed, Unit::Mm, range(300 << 16)),
            option("br-y", Kind::Fixed, Unit::Mm, range(200 << 16)),
            option("tl-x", Kind::Int, Unit::Pixel, range(5000)),
            option("page-width", Kind::Int, Unit::Pixel, range(5000)),
            option("tl-y", Kind::Int, Unit::Percent, range(100)),
        ]);
        let expected = [
            ("page-width", Value::Int(2480)),
            ("tl-x", Value::Int(0)),
            ("br-x", Value::Fixed(210 << 16)),
            ("br-y", Value::Fixed(200 << 16)),
        ];
        assert_eq!(options.region(Size::A4, 300), expected.map(|(name, value)| (name.to_owned(), value)));
    }

    #[test]
    fn cards_and_whole_sources() {
        let range = Constraint::Range { min: 0, max: 216 << 16, step: 0 };
        let options = Options(vec![option("br-x", Kind::Fixed, Unit::Mm, range)]);
        for (size, settled) in [(Size::Card, 1012), (Size::A4, 2480), (Size::Full, 2551)] {
            let (name, value) = options.region(size, 300).pop().unwrap();
            assert_eq!(options.edge(&name, &value, 300), Some(settled), "{size:?}");
        }
    }

    #[test]
    fn both_sides_by_a_source_or_by_an_option_of_their_own() {
        let profile = SaneProfile::default();
        let named = texts("source", &["Flatbed", "ADF Front", "ADF Duplex"]);
        let duplex = named.source(Source::FeederDuplex, &profile);
        assert_eq!(duplex, Ok(Some(("source".into(), Value::Text("ADF Duplex".into())))));
        assert_eq!(named.sides(Source::FeederDuplex), None);

        let lacking = texts("source", &["Flatbed", "ADF"]).source(Source::FeederDuplex, &profile);
        assert_eq!(lacking, Err(Fault::Unsupported { what: "both sides of a sheet".into() }));

        let Options(mut options) = texts("source", &["Flatbed", "ADF"]);
        options.push(option("duplex", Kind::Bool, Unit::None, Constraint::None));
        let apart = Options(options);
        let feeder = apart.source(Source::FeederDuplex, &profile);
        assert_eq!(feeder, Ok(Some(("source".into(), Value::Text("ADF".into())))));
        assert_eq!(apart.sides(Source::FeederDuplex), Some(("duplex".into(), Value::Bool(true))));
        assert_eq!(apart.sides(Source::Feeder), Some(("duplex".into(), Value::Bool(false))));
        let mode = texts("adf-mode", &["Simplex", "Duplex"]);
        assert_eq!(mode.sides(Source::Feeder), Some(("adf-mode".into(), Value::Text("Simplex".into()))));
    }

    proptest! {
        #[test]
        fn any_constraint_gives_a_number_within_it(
            (min, max, step, wanted) in any::<(i32, i32, i32, i32)>(), numbers: Vec<i32>
        ) {
            let range = option("x", Kind::Int, Unit::Mm, Constraint::Range { min, max, step });
            let near = nearest(&range, wanted);
            prop_assert!(near >= min && (near <= max || min > max));
            let list = option("x", Kind::Int, Unit::Mm, Constraint::Numbers(numbers.clone()));
            prop_assert!(numbers.is_empty() || numbers.contains(&nearest(&list, wanted)));
        }
    }
}
