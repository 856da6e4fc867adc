//! Reading a catalogue file.
//!
//! The file is TOML. It is read whole: a hall that has written three things wrong hears of all three
//! at once, each with its line, its field and what would be right. What leaves this module is a
//! [`Catalogue`] in which every code refers to something; nothing behind it has to check again.

mod code;
mod field;
mod group;
mod hall;
mod material;
mod matter;
mod report;
mod table;

use super::Catalogue;
use report::Report;
use std::fmt;
use table::Table;
use toml::de::DeTable;

/// The largest file that is read, in bytes.
const MAX_BYTES: usize = 2 * 1024 * 1024;
/// The most errors that are told; a file with more is no catalogue.
const MAX_ERRORS: usize = 1000;
/// The most items of a catalogue.
const MAX_ITEMS: usize = 2000;
/// The most packages of a catalogue.
const MAX_PACKAGES: usize = 500;
/// The most characters of a name.
const MAX_NAME: usize = 60;

/// One thing that is wrong in a catalogue.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {field}: {what}")]
pub struct CatalogueError {
    /// line in the file, from 1
    pub line: usize,
    /// path of the field, such as `items[3].window`; tables of a kind are counted from 0. `file`
    /// where no field can be named
    pub field: String,
    /// what is wrong with it, and what would be right
    pub what: String,
}

/// Everything that is wrong in a catalogue, in the order of the file; never empty, and at most
/// 1000: a file with more is no catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueErrors(pub Vec<CatalogueError>);

impl fmt::Display for CatalogueErrors {
    /// A head line that says how many, then one line each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => f.write_str("the catalogue has 1 error; correct it and load the file again")?,
            n if n >= MAX_ERRORS => {
                write!(f, "the catalogue has {n} errors or more; is this file a catalogue at all?")?;
            }
            n => write!(f, "the catalogue has {n} errors; correct them and load the file again")?,
        }
        self.0.iter().try_for_each(|error| write!(f, "\n{error}"))
    }
}

impl std::error::Error for CatalogueErrors {}

impl Catalogue {
    /// Reads a catalogue from TOML of at most 2 MiB.
    ///
    /// Fields are named after GB/T 39554.2 where it has them; a field nobody knows is an error, as
    /// it is most often a known one misspelt.
    ///
    /// # Errors
    /// Every line and field that is wrong. Text that is not TOML is one error, where the reading
    /// stopped.
    pub fn parse(text: &str) -> Result<Self, CatalogueErrors> {
        let report = Report::new(text);
        match read(text, &report) {
            Some(catalogue) if report.is_empty() => Ok(catalogue),
            _ => Err(report.into_errors()),
        }
    }
}

/// Reads everything that can be read, and reports the rest; `None` only after a report.
fn read(text: &str, report: &Report) -> Option<Catalogue> {
    if text.len() > MAX_BYTES {
        report.add(1, "file", format!("{} bytes; a catalogue has at most {MAX_BYTES}", text.len()));
        return None;
    }
    let root = match DeTable::parse(text) {
        Ok(root) => root,
        Err(error) => {
            let line = report.line(error.span().map_or(text.len(), |span| span.start));
            report.add(line, "file", format!("not TOML: {}", error.message()));
            return None;
        }
    };
    let mut root = Table::root(root.get_ref(), report);
    let (hall, popular) = hall::hall(&mut root);
    let (departments, known_departments) = hall::departments(&mut root);
    let (windows, known_windows) = hall::windows(&mut root);
    let (materials, known_materials) = material::materials(&mut root);
    let known =
        matter::Known { departments: known_departments, windows: known_windows, materials: known_materials };
    let (items, known_items) = matter::items(&mut root, &known);
    let (packages, known_packages) = matter::packages(&mut root, &known, &known_items);
    let offered = group::Offered { items: &known_items, packages: &known_packages };
    let groups = group::groups(&mut root, &offered);
    let popular = offered.refer_all(&popular);
    root.done();
    let hall = super::Hall { popular, ..hall? };
    Some(Catalogue { hall, departments, windows, materials, items, packages, groups })
}
