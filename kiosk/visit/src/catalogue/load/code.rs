//! Codes: declared once, referred to often.

use super::report::quoted;
use super::table::{Table, Value};
use crate::catalogue::{DepartmentCode, GroupCode, ItemCode, MaterialCode, PackageCode, WindowCode};
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

/// A kind of code, and what it stands for.
pub(super) trait Code: Sized + Clone + Eq + Hash {
    /// what has such a code, as a word
    const KIND: &'static str;
    /// the section of the file that declares it
    const SECTION: &'static str;
    /// Takes a text of the right form.
    fn of(text: &str) -> Option<Self>;
}

macro_rules! kinds {
    ($($code:ident is $kind:literal in $section:literal;)*) => {$(
        impl Code for $code {
            const KIND: &'static str = $kind;
            const SECTION: &'static str = $section;
            fn of(text: &str) -> Option<Self> {
                Self::new(text)
            }
        }
    )*};
}

kinds! {
    DepartmentCode is "department" in "departments";
    WindowCode is "window" in "windows";
    MaterialCode is "material" in "materials";
    ItemCode is "item" in "items";
    PackageCode is "package" in "packages";
    GroupCode is "group" in "groups";
}

/// The codes of one kind that the file declares, each with its line and what else others ask of it.
///
/// A code is known as soon as it is well formed, however wrong the rest of its table: references
/// to it are then right, and the author is not sent after errors that are none.
pub(super) struct Declared<C, T = ()>(HashMap<C, (usize, T)>);

impl<C: Code, T> Declared<C, T> {
    /// None so far.
    pub(super) fn new() -> Self {
        Self(HashMap::new())
    }

    /// Reads the field `code` of a table, and keeps it with `more`.
    pub(super) fn declare(&mut self, table: &mut Table<'_>, more: T) -> Option<C> {
        let value = table.required("code")?;
        let code = well_formed::<C>(&value)?;
        if let Some((line, _)) = self.0.get(&code) {
            value.wrong(format!("the {} in line {line} has this code already; codes must differ", C::KIND));
            return None;
        }
        self.0.insert(code.clone(), (value.line(), more));
        Some(code)
    }

    /// Reads a reference.
    pub(super) fn refer(&self, value: &Value<'_>) -> Option<C> {
        let code = well_formed::<C>(value)?;
        if self.has(&code) {
            return Some(code);
        }
        let text = value.text().map(quoted).unwrap_or_default();
        value.wrong(format!(
            "no {} has the code {text}; correct it, or add it to [[{}]]",
            C::KIND,
            C::SECTION
        ));
        None
    }

    /// Reads references, each of which may stand there once.
    pub(super) fn refer_all(&self, values: &[Value<'_>]) -> Vec<C> {
        let mut seen = HashSet::new();
        let mut codes = Vec::new();
        for value in values {
            let Some(code) = self.refer(value) else { continue };
            if seen.insert(code.clone()) {
                codes.push(code);
            } else {
                value.wrong(format!("this {} stands in the list already; name it once", C::KIND));
            }
        }
        codes
    }

    /// Whether the file declares a code.
    pub(super) fn has(&self, code: &C) -> bool {
        self.0.contains_key(code)
    }

    /// What was kept with a code.
    pub(super) fn get(&self, code: &C) -> Option<&T> {
        self.0.get(code).map(|(_, more)| more)
    }
}

fn well_formed<C: Code>(value: &Value<'_>) -> Option<C> {
    let text = value.text()?;
    let code = C::of(text);
    if code.is_none() {
        let kind = C::KIND;
        value.wrong(format!("{} is no {kind} code; write 1 to 40 of a-z, 0-9 and -", quoted(text)));
    }
    code
}
