//! What is said of a statement, for programs. No IO.

use howdah_sql::ast::ObjectName;
use howdah_sql::locks::{Blocks, Effects};
use serde::Serialize;

use super::Told;

/// One statement of a file.
#[derive(Debug, Serialize)]
pub(super) struct Record<'a> {
    file: &'a str,
    statement: &'a str,
    line: u32,
    #[serde(flatten)]
    effects: EffectsRecord,
}

/// What a statement does.
#[derive(Debug, Serialize)]
pub(super) struct EffectsRecord {
    locks: Vec<LockRecord>,
    /// What others cannot do meanwhile, of the strongest lock.
    blocks: &'static str,
    rewrites: Vec<String>,
    empties: Vec<String>,
    scans: Vec<String>,
    builds: Vec<String>,
    in_transaction: &'static str,
    waits_for: Vec<WaitRecord>,
    notes: Vec<&'static str>,
    refused: Option<String>,
    unknown: Option<String>,
    assumed: Vec<String>,
}

#[derive(Debug, Serialize)]
struct LockRecord {
    relation: String,
    mode: &'static str,
    held: &'static str,
}

#[derive(Debug, Serialize)]
struct WaitRecord {
    whom: &'static str,
    relation: Option<String>,
}

/// All statements.
pub(super) fn records(told: &[Told]) -> Vec<Record<'_>> {
    told.iter().map(Record::of).collect()
}

impl<'a> Record<'a> {
    fn of(told: &'a Told) -> Self {
        Self {
            file: &told.file,
            statement: &told.text,
            line: told.line,
            effects: EffectsRecord::of(&told.effects),
        }
    }
}

impl EffectsRecord {
    pub(super) fn of(effects: &Effects) -> Self {
        let locks = effects.locks.iter().map(|lock| LockRecord {
            relation: lock.relation.to_string(),
            mode: lock.mode.name(),
            held: lock.held.word(),
        });
        let waits = effects.waits().into_iter().map(|wait| WaitRecord {
            whom: wait.whom.word(),
            relation: wait.relation.as_ref().map(ObjectName::to_string),
        });
        let notes = effects.rows.iter().map(|row| row.note);
        Self {
            locks: locks.collect(),
            blocks: blocks(effects),
            rewrites: names(&effects.rewrites),
            empties: names(&effects.empties),
            scans: names(&effects.scans),
            builds: names(&effects.builds),
            in_transaction: effects.in_transaction.word(),
            waits_for: waits.collect(),
            notes: notes.filter(|it| !it.is_empty()).collect(),
            refused: effects.refused.clone(),
            unknown: effects.unknown.clone(),
            assumed: effects.assumed.iter().map(ToString::to_string).collect(),
        }
    }
}

fn names(list: &[ObjectName]) -> Vec<String> {
    list.iter().map(ObjectName::to_string).collect()
}

fn blocks(effects: &Effects) -> &'static str {
    match effects.strongest().map(|lock| lock.mode.blocks()) {
        None | Some(Blocks::Nothing) => "nothing",
        Some(Blocks::SchemaChanges) => "schema_changes",
        Some(Blocks::Writes) => "writes",
        Some(Blocks::WritesAndRowLocks) => "writes_and_row_locks",
        Some(Blocks::ReadsAndWrites) => "reads_and_writes",
    }
}
