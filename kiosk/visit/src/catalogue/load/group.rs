//! Groups of people, and references to what visitors pick.

use super::code::Declared;
use super::field::label;
use super::matter::KnownItems;
use super::report::quoted;
use super::table::{Table, Value};
use crate::catalogue::{Group, GroupCode, Matter, PackageCode};
use std::collections::HashSet;

/// The most groups of a hall.
const MAX_GROUPS: usize = 60;
/// The most matters of one group.
const MAX_MATTERS: usize = 200;

/// What visitors can pick, for lists of matters to refer to.
pub(super) struct Offered<'a> {
    /// items
    pub(super) items: &'a KnownItems<'a>,
    /// packages
    pub(super) packages: &'a Declared<PackageCode>,
}

impl Offered<'_> {
    /// Reads references, each of which may stand there once.
    pub(super) fn refer_all(&self, values: &[Value<'_>]) -> Vec<Matter> {
        let mut seen = HashSet::new();
        let mut matters = Vec::new();
        for value in values {
            let Some(matter) = self.refer(value) else { continue };
            if seen.insert(matter.clone()) {
                matters.push(matter);
            } else {
                value.wrong("this matter stands in the list already; name it once");
            }
        }
        matters
    }

    fn refer(&self, value: &Value<'_>) -> Option<Matter> {
        let text = value.text()?;
        let Some(matter) = Matter::parse(text) else {
            value.wrong(format!(
                "{} is no matter; write \"package.CODE\" for a package, \"matter.CODE\" for an item",
                quoted(text)
            ));
            return None;
        };
        let (there, section) = match &matter {
            Matter::Package(code) => (self.packages.has(code), "packages"),
            Matter::Item(code) => (self.items.has(code), "items"),
        };
        if !there {
            value.wrong(format!("there is no {}; correct it, or add it to [[{section}]]", quoted(text)));
            return None;
        }
        if let Matter::Item(code) = &matter
            && self.items.is_part(code)
        {
            value.wrong(format!("{code} is not alone and cannot be picked; name a package that has it"));
            return None;
        }
        Some(matter)
    }
}

/// `[[groups]]`.
pub(super) fn groups(root: &mut Table<'_>, offered: &Offered<'_>) -> Vec<Group> {
    let mut codes: Declared<GroupCode> = Declared::new();
    let mut groups = Vec::new();
    for mut table in root.tables("groups", MAX_GROUPS) {
        let code = codes.declare(&mut table, ());
        let name = label(&mut table, "name", "name_en");
        let matters = table
            .required("matters")
            .map_or_else(Vec::new, |list| offered.refer_all(&list.filled_list(MAX_MATTERS)));
        table.done();
        if let (Some(code), Some(name)) = (code, name) {
            groups.push(Group { code, name, matters });
        }
    }
    groups
}
