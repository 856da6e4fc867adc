//! What a visit's documents serve: said at first with the registration, and anew where it changes later.

use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::row::{self, DocId};
use super::submission::{check_items, check_number};
use super::{Outbox, OutboxError};
use crate::{Applicant, MaterialId, ServedItem};

/// What a document serves (`Service` in openapi.yaml).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Service {
    /// The items that it is handed in for.
    pub items: Vec<ServedItem>,
    /// Queue number, if the visit has one.
    pub number: Option<String>,
}

impl Service {
    pub(super) fn to_json(&self) -> String {
        // Serialising plain structs to memory has no way to fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What is kept of a service that the store knows: enough to tell another one from it.
    pub(super) fn trace(&self) -> [u8; 32] {
        Sha256::digest(self.to_json()).into()
    }
}

/// What the store is still to be told of a document that it holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Note {
    pub id: DocId,
    pub material_id: MaterialId,
    pub service: Service,
}

impl Outbox {
    /// Says what the documents of a visit serve from now on: the visit's number, if it has one, and
    /// for the code of a material the items that ask for it, 64 at most. What was handed in for
    /// another applicant serves what it did; as long as it is under way it gets the number, too.
    /// Documents under way are registered with it; of those that the store holds already, the worker
    /// tells it what is other than it was told. Returns how many documents this changed: notify the worker then.
    ///
    /// # Errors
    /// [`OutboxError::Invalid`] for a number or items outside the contract; nothing is changed then.
    /// [`OutboxError::Database`].
    pub fn serve(
        &self,
        visit: &str,
        applicant: &Applicant,
        number: Option<&str>,
        serves: impl Fn(&str) -> Vec<ServedItem>,
    ) -> Result<usize, OutboxError> {
        number.map_or(Ok(()), check_number)?;
        self.written(|database| {
            let change = database.transaction()?;
            type Known = (DocId, String, bool, Option<[u8; 32]>, bool);
            let documents: Vec<Known> = change
                .prepare_cached(
                    "SELECT id, material, state = 'deleted', told, ifnull(applicant = ?2, 1) FROM document
                     WHERE visit = ?1 AND material IS NOT NULL AND (state = 'deleted' OR name IS NOT NULL)
                     ORDER BY id LIMIT 1000",
                )?
                .query_map([visit, &applicant.to_text()], |row| {
                    Ok((DocId(row.get(0)?), row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
                })?
                .collect::<Result<_, _>>()?;
            let mut changed = 0;
            for (id, material, held, told, theirs) in documents {
                if !theirs {
                    changed += change.execute(
                        "UPDATE document SET number = ?2 WHERE id = ?1 AND state <> 'deleted' AND number IS NOT ?2",
                        params![id.0, number],
                    )?;
                    continue;
                }
                let service = Service { items: serves(&material), number: number.map(str::to_owned) };
                check_items(&service.items)?;
                changed += if held {
                    let owed = (told != Some(service.trace())).then(|| service.to_json());
                    change.execute(
                        "UPDATE document SET owed = ?2 WHERE id = ?1 AND owed IS NOT ?2",
                        params![id.0, owed],
                    )?
                } else {
                    change.execute(
                        "UPDATE document SET items = ?2, number = ?3
                         WHERE id = ?1 AND (items IS NOT ?2 OR number IS NOT ?3)",
                        params![id.0, row::items_json(&service.items)?, number],
                    )?
                };
            }
            change.commit()?;
            Ok(changed)
        })
    }

    /// What is owed to the store about a document, if anything is.
    pub(crate) fn note(&self, id: DocId) -> Result<Option<Note>, OutboxError> {
        let database = self.database();
        let note = database
            .query_row(
                "SELECT material_id, owed FROM document
                 WHERE id = ?1 AND state = 'deleted' AND owed IS NOT NULL",
                [id.0],
                |row| {
                    let owed: String = row.get(1)?;
                    let service = serde_json::from_str(&owed).map_err(|_| row::damaged(1))?;
                    Ok(Note { id, material_id: row::material_id(row, 0)?, service })
                },
            )
            .optional()?;
        Ok(note)
    }

    /// The store is about to be told. What it knows from here on is uncertain until it has answered: should
    /// what it was told before hold again meanwhile, that is owed to it.
    pub(crate) fn set_telling(&self, note: &Note) -> Result<(), OutboxError> {
        self.written(|database| {
            database
                .execute("UPDATE document SET told = NULL WHERE id = ?1 AND told IS NOT NULL", [note.id.0])?;
            Ok(())
        })
    }

    /// The store was told, or will not hear it: what it was told is not owed any more. Something newer
    /// still is.
    pub(crate) fn set_told(&self, note: &Note) -> Result<(), OutboxError> {
        self.written(|database| {
            database.execute(
                "UPDATE document SET told = ?2, owed = nullif(owed, ?3) WHERE id = ?1",
                params![note.id.0, note.service.trace(), note.service.to_json()],
            )?;
            self.settle(database);
            Ok(())
        })
    }
}
