//! The form of a database: its tables, indexes and triggers, word by word.

use crate::{Fault, Layout, back};
use rusqlite::Connection;
use std::collections::BTreeMap;

/// More things than this no layout has.
const MOST: usize = 1000;

/// Each thing's kind and name, with the words that made it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Form(BTreeMap<(String, String), Vec<String>>);

impl Form {
    /// Of a database, without SQLite's own things and the ways back.
    pub(crate) fn of(db: &Connection) -> Result<Self, Fault> {
        let mut asked = db.prepare(
            "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite@_%' ESCAPE '@'
             AND name <> ?1 LIMIT ?2",
        )?;
        let mut rows = asked.query((back::TABLE, i64::try_from(MOST + 1).unwrap_or(i64::MAX)))?;
        let mut form = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let sql: Option<String> = row.get(2)?;
            form.insert((row.get(0)?, row.get(1)?), words(&sql.unwrap_or_default()));
        }
        if form.len() > MOST {
            return Err(Fault::Damaged(format!("it has more than {MOST} tables and indexes")));
        }
        Ok(Self(form))
    }

    /// The names of its tables.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &str> {
        self.0.keys().filter(|(kind, _)| kind == "table").map(|(_, name)| name.as_str())
    }

    /// The first thing that is not the same in `other`.
    pub(crate) fn difference<'a>(&'a self, other: &'a Self) -> Option<&'a str> {
        let missing = self.0.iter().find(|(thing, made)| other.0.get(thing) != Some(made));
        let more = other.0.iter().find(|(thing, _)| !self.0.contains_key(thing));
        missing.or(more).map(|((_, name), _)| name.as_str())
    }
}

/// An empty database of the last of `layouts`, in memory.
pub(crate) fn model(layouts: &[Layout]) -> Result<Connection, Fault> {
    let db = Connection::open_in_memory()?;
    for layout in layouts {
        db.execute_batch(layout.up)?;
        if let Some(fill) = layout.fill {
            fill(&db)?;
        }
    }
    Ok(db)
}

/// The words of an SQL text: without spaces and comments, and names without needless quotes, which SQLite
/// puts in when a table is renamed.
pub(crate) fn words(sql: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            _ if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            _ if rest.starts_with("/*") => rest[2..].find("*/").map_or(rest.len(), |end| end + 4),
            '\'' | '"' | '`' => quoted(rest, first),
            '[' => rest.find(']').map_or(rest.len(), |end| end + 1),
            _ if of_a_word(first) => rest.find(|c| !of_a_word(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (word, after) = rest.split_at(length);
        rest = after;
        if !first.is_whitespace() && !word.starts_with("--") && !word.starts_with("/*") {
            words.push(unquoted(word).unwrap_or(word).to_owned());
        }
    }
    words
}

fn of_a_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of what stands in quotes at the beginning; doubled quotes belong to it.
fn quoted(text: &str, quote: char) -> usize {
    let mut inside = false;
    for (at, c) in text.char_indices() {
        if c == quote {
            inside = !inside;
        } else if !inside {
            return at;
        }
    }
    text.len()
}

/// A name in quotes that needs none.
fn unquoted(word: &str) -> Option<&str> {
    let name = word.strip_prefix(['"', '`', '['])?.strip_suffix(['"', '`', ']'])?;
    (!name.is_empty() && name.chars().all(of_a_word)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_are_the_same_form() {
        let table = [
            ("CREATE TABLE a (b TEXT)", "CREATE  TABLE \"a\"\n(b -- why\n TEXT)", true),
            ("CREATE TABLE a (b TEXT)", "CREATE TABLE [a](`b` /* ' */ TEXT)", true),
            ("CHECK (a IN ('x'))", "CHECK (a IN ('x '))", false),
            ("CHECK (a IN ('x'))", "CHECK (a IN (\"x y\"))", false),
            ("a '--' b", "a", false),
            ("'it''s'", "'it' 's'", false),
            ("a b", "ab", false),
            ("'unended", "'unended", true),
            ("", "  /* unended", true),
            // No comment is as short as that: it goes on (SQLite's tokenizer).
            ("a TEXT", "a TEXT /*/ CHECK (x) */", true),
            ("a TEXT", "a TEXT /*/", true),
        ];
        for (one, other, same) in table {
            assert_eq!(words(one) == words(other), same, "{one} {other}");
        }
    }
}
