//! What visitors pick: items and packages.

use super::code::Declared;
use super::field::{caps, credit_code_fault, label, online, theme, truth};
use super::report::quoted;
use super::table::{Table, Value};
use super::{MAX_ITEMS, MAX_PACKAGES};
use crate::catalogue::{
    Days, DepartmentCode, Item, ItemCode, MaterialCode, Package, PackageCode, WindowCode,
};
use crate::identity::CompanyCode;
use std::collections::HashSet;

/// The most materials of one item.
const MAX_MATERIALS: usize = 60;
/// The most items of one package, and the most options.
const MAX_PARTS: usize = 60;
/// The most working days that a matter may take.
const MAX_DAYS: u16 = 1000;

/// What items and packages refer to.
pub(super) struct Known {
    /// departments and their credit codes, where those are right
    pub(super) departments: Declared<DepartmentCode, Option<String>>,
    /// windows
    pub(super) windows: Declared<WindowCode>,
    /// materials
    pub(super) materials: Declared<MaterialCode>,
}

/// The items of a file, for packages and groups to refer to.
pub(super) struct KnownItems<'a> {
    codes: Declared<ItemCode>,
    /// those that cannot be picked by themselves, and where the file says so
    parts: Vec<(ItemCode, Value<'a>)>,
}

impl KnownItems<'_> {
    /// Whether the file declares an item.
    pub(super) fn has(&self, code: &ItemCode) -> bool {
        self.codes.has(code)
    }

    /// Whether an item cannot be picked by itself.
    pub(super) fn is_part(&self, code: &ItemCode) -> bool {
        self.parts.iter().any(|(part, _)| part == code)
    }
}

/// `[[items]]`.
pub(super) fn items<'a>(root: &mut Table<'a>, known: &Known) -> (Vec<Item>, KnownItems<'a>) {
    let mut known_items = KnownItems { codes: Declared::new(), parts: Vec::new() };
    let tables = root.some_tables("items", MAX_ITEMS);
    let items = tables.into_iter().filter_map(|table| item(table, known, &mut known_items)).collect();
    (items, known_items)
}

fn item<'a>(mut table: Table<'a>, known: &Known, known_items: &mut KnownItems<'a>) -> Option<Item> {
    let code = known_items.codes.declare(&mut table, ());
    let name = label(&mut table, "task_name", "name_en");
    let department = table.required("department").and_then(|value| known.departments.refer(&value));
    let credit_code = department.as_ref().and_then(|code| known.departments.get(code)?.as_deref());
    let task_code = table.required("task_code").and_then(|value| task_code(&value, credit_code));
    let window = table.required("window").and_then(|value| known.windows.refer(&value));
    let theme = theme(&mut table);
    let days = days(&mut table);
    let materials = table
        .optional("materials")
        .map_or_else(Vec::new, |list| known.materials.refer_all(&list.list(MAX_MATERIALS)));
    let optional = optional(&mut table, known, &materials);
    let bookable = truth(&mut table, "is_schedule", false);
    let citywide = table
        .optional("handle_area")
        .map_or(Some(false), |value| value.word(&[("district", false), ("city", true)]));
    let alone = table.optional("alone");
    let online = online(&mut table);
    let caps = caps(&mut table);
    table.done();

    let alone = match (alone, &code) {
        (None, _) => Some(true),
        (Some(value), code) => {
            let alone = value.truth();
            if let (Some(false), Some(code)) = (alone, code) {
                known_items.parts.push((code.clone(), value));
            }
            alone
        }
    };
    let (legal, promised) = days?;
    Some(Item {
        code: code?,
        task_code: task_code?,
        name: name?,
        department: department?,
        window: window?,
        theme: theme?,
        legal,
        promised,
        materials,
        optional,
        bookable: bookable?,
        citywide: citywide?,
        alone: alone?,
        online: online?,
        caps,
    })
}

/// The field `optional`: those of the item's materials that not everybody needs.
fn optional(table: &mut Table<'_>, known: &Known, materials: &[MaterialCode]) -> Vec<MaterialCode> {
    let Some(list) = table.optional("optional") else { return Vec::new() };
    let values = list.list(MAX_MATERIALS);
    for value in &values {
        let own = materials.iter().any(|material| value.text_is(material.as_str()));
        if !own && value.text().and_then(MaterialCode::new).is_some() {
            value.wrong("the item does not ask for it; name it in materials too, or take it away");
        }
    }
    let mut optional = known.materials.refer_all(&values);
    optional.retain(|code| materials.contains(code));
    optional
}

/// The fields `anticipate_day` and `promise_day`: working days by law, and promised.
fn days(table: &mut Table<'_>) -> Option<(Days, Days)> {
    let legal = table.required("anticipate_day").and_then(|value| value.whole(0..=MAX_DAYS));
    let promise = table.required("promise_day");
    let promised = promise.as_ref().and_then(|value| value.whole(0..=MAX_DAYS));
    let (legal, promised) = (legal?, promised?);
    if promised > legal {
        promise?.wrong(format!("{promised} days promised, but {legal} by law; promise {legal} or fewer"));
        return None;
    }
    Some((Days(legal), Days(promised)))
}

/// The implementation code of GB/T 39554.1: the credit code of the implementing body, the level of
/// administration from 1 (the state) to 5, and the 12 characters of the basic code.
fn task_code(value: &Value<'_>, department: Option<&str>) -> Option<String> {
    const LEVEL: usize = CompanyCode::LENGTH;
    const LENGTH: usize = LEVEL + 1 + 12;
    let text = value.text()?;
    let formed = text.len() == LENGTH && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    let (Some(body), Some(level), true) = (text.get(..LEVEL), text.as_bytes().get(LEVEL), formed) else {
        value.wrong(format!(
            "{} has {} characters; write 31 digits and capitals: credit code (18), level (1), basic code (12)",
            quoted(text),
            text.chars().count(),
        ));
        return None;
    };
    let mut good = true;
    if !(b'1'..=b'5').contains(level) {
        value.wrong(format!("the level, character 19, is {:?}; write 1 to 5", char::from(*level)));
        good = false;
    }
    if let Err(why) = CompanyCode::parse(body) {
        value.wrong(format!("its first 18, {body:?}, are no credit code: {}", credit_code_fault(why)));
        good = false;
    } else if let Some(department) = department.filter(|department| *department != body) {
        value.wrong(format!("its first 18 must be the dept_code of the item's department, {department:?}"));
        good = false;
    }
    good.then(|| text.to_owned())
}

/// `[[packages]]` and their codes, and whether they leave items that nobody can reach.
pub(super) fn packages(
    root: &mut Table<'_>,
    known: &Known,
    items: &KnownItems<'_>,
) -> (Vec<Package>, Declared<PackageCode>) {
    let mut codes = Declared::new();
    let mut offered = HashSet::new();
    let tables = root.tables("packages", MAX_PACKAGES);
    let packages =
        tables.into_iter().filter_map(|t| package(t, known, items, &mut codes, &mut offered)).collect();
    for (code, alone) in &items.parts {
        if !offered.contains(code) {
            alone.wrong(format!(
                "nobody can reach the item {code}: not alone, and in no package; add it to one, or write true"
            ));
        }
    }
    (packages, codes)
}

fn package(
    mut table: Table<'_>,
    known: &Known,
    known_items: &KnownItems<'_>,
    codes: &mut Declared<PackageCode>,
    offered: &mut HashSet<ItemCode>,
) -> Option<Package> {
    let code = codes.declare(&mut table, ());
    let name = label(&mut table, "name", "name_en");
    let window = table.required("window").and_then(|value| known.windows.refer(&value));
    let theme = theme(&mut table);
    let online = online(&mut table);
    let caps = caps(&mut table);
    let items = table
        .required("items")
        .map_or_else(Vec::new, |list| known_items.codes.refer_all(&list.filled_list(MAX_PARTS)));
    let options = table.optional("options").map_or_else(Vec::new, |list| list.list(MAX_PARTS));
    table.done();
    for option in &options {
        if let Some(twice) = items.iter().find(|item| option.text_is(item.as_str())) {
            option.wrong(format!("{twice} is always done, as it stands in items; take it from one of them"));
        }
    }
    let options = known_items.codes.refer_all(&options);
    offered.extend(items.iter().chain(&options).cloned());
    Some(Package {
        code: code?,
        name: name?,
        items,
        options,
        window: window?,
        theme: theme?,
        online: online?,
        caps,
    })
}
