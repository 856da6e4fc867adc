//! What matters are made of: the materials.

use super::code::Declared;
use super::field::{label, truth};
use super::report::quoted;
use super::table::{Table, Value};
use crate::catalogue::{DocumentFormat, LicenceType, Material, MaterialCode, MaterialForm};

/// The most materials of a catalogue.
const MAX_MATERIALS: usize = 2000;
/// The most pages of one material.
const MAX_PAGES: u16 = 500;
/// The most kinds of licence that stand for one material.
const MAX_LICENCE_TYPES: usize = 20;

const FORMS: [(&str, MaterialForm); 2] = [("original", MaterialForm::Original), ("copy", MaterialForm::Copy)];
const DOCUMENTS: [(&str, DocumentFormat); 3] =
    [("pdf", DocumentFormat::Pdf), ("ofd", DocumentFormat::Ofd), ("jpeg", DocumentFormat::Jpeg)];

/// `[[materials]]`.
pub(super) fn materials(root: &mut Table<'_>) -> (Vec<Material>, Declared<MaterialCode>) {
    let mut known = Declared::new();
    let tables = root.tables("materials", MAX_MATERIALS);
    let materials = tables.into_iter().filter_map(|table| material(table, &mut known)).collect();
    (materials, known)
}

fn material(mut table: Table<'_>, known: &mut Declared<MaterialCode>) -> Option<Material> {
    let code = known.declare(&mut table, ());
    let name = label(&mut table, "material_name", "name_en");
    let form = table.required("material_type").and_then(|value| value.word(&FORMS));
    let pages = table.optional("page_num").map_or(Some(1), |value| value.whole(1..=MAX_PAGES));
    let scannable = truth(&mut table, "scannable", true);
    let glass = truth(&mut table, "glass", false);
    let types = table.optional("licence_types");
    let licence_types = types
        .map_or_else(Vec::new, |list| list.list(MAX_LICENCE_TYPES).iter().filter_map(licence_type).collect());
    let document = table.optional("document").map_or(Some(DocumentFormat::Pdf), |v| v.word(&DOCUMENTS));
    let compact = compact(&mut table, document);
    let example = table.optional("example").map_or(Some(None), |value| file_name(&value).map(Some));
    table.done();
    Some(Material {
        code: code?,
        name: name?,
        form: form?,
        pages: pages?,
        scannable: scannable?,
        licence_types,
        document: document?,
        glass: glass?,
        compact: compact?,
        example: example?,
    })
}

/// The field `compact`, which pages that stay JPEG pages cannot have.
fn compact(table: &mut Table<'_>, document: Option<DocumentFormat>) -> Option<bool> {
    let Some(value) = table.optional("compact") else { return Some(false) };
    let compact = value.truth()?;
    if compact && document == Some(DocumentFormat::Jpeg) {
        value
            .wrong("JPEG pages cannot be compact; write document = \"pdf\" or \"ofd\", or take compact away");
        return None;
    }
    Some(compact)
}

/// A kind of licence.
fn licence_type(value: &Value<'_>) -> Option<LicenceType> {
    let text = value.text()?;
    let read = LicenceType::new(text);
    if read.is_none() {
        value.wrong(format!(
            "{} is no licence type; write 21 digits and capitals: credit code (18) and number (3)",
            quoted(text)
        ));
    }
    read
}

/// The name of a file that lies beside the catalogue: no way out of its folder.
fn file_name(value: &Value<'_>) -> Option<String> {
    let text = value.text()?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./".contains(&b);
    let good = (1..=100).contains(&text.len())
        && text.bytes().all(plain)
        && text.split('/').all(|part| !part.is_empty() && !part.starts_with('.'));
    if !good {
        value.wrong(format!(
            "{} is no picture's file; write its path below the catalogue's folder, such as \"examples/lease.png\"",
            quoted(text)
        ));
    }
    good.then(|| text.to_owned())
}
