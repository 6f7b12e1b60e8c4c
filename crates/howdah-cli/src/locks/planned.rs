//! What the steps of migrations do to other sessions, before they run. Called by the package through `_native`.
//!
//! No IO. Invariant: an answer for each statement that a step has, in order, each on what those before it have made.

use anyhow::Context as _;
use howdah_schema::{Snapshot, catalog};
use howdah_sql::catalog::Catalog;
use howdah_sql::locks;
use serde::{Deserialize, Serialize};

use super::DEFAULT_VERSION;
use super::record::EffectsRecord;
use super::render;

/// What is done as one.
#[derive(Debug, Deserialize)]
struct Step {
    sql: Vec<String>,
    /// Its statements commit together.
    transaction: bool,
}

/// One statement of a step.
#[derive(Debug, Serialize)]
struct Record<'a> {
    statement: &'a str,
    #[serde(flatten)]
    effects: EffectsRecord,
    /// The same in lines for people.
    told: Vec<String>,
}

/// The effects of each statement of steps, as JSON: a list for each step. `schema` is what `howdah schema dump --format
/// json` writes, or a schema alone; nothing is known without it.
///
/// # Errors
/// The steps or the schema cannot be read.
pub fn planned(steps: &str, schema: Option<&str>, version: Option<u32>) -> anyhow::Result<String> {
    let steps: Vec<Step> = serde_json::from_str(steps).context("the steps cannot be read")?;
    let mut catalog = match schema {
        Some(text) => {
            let snapshot = Snapshot::parse(text).context("the schema cannot be read")?;
            catalog::of(&snapshot.schema)
        }
        None => Catalog::default(),
    };
    let version = version.unwrap_or(DEFAULT_VERSION);
    let records: Vec<_> = steps
        .iter()
        .map(|step| step.effects(&mut catalog, version))
        .collect();
    Ok(serde_json::to_string(&records)?)
}

impl Step {
    fn effects(&self, catalog: &mut Catalog, version: u32) -> Vec<Record<'_>> {
        if self.transaction {
            catalog::follow(catalog, "begin");
        }
        let records = self.sql.iter().flat_map(|sql| {
            let script = howdah_sql::parse(sql);
            let record = |statement: &howdah_sql::ast::Statement| {
                let effects = locks::effects(statement, catalog, version);
                catalog.apply(statement);
                Record {
                    statement: statement.span.of(sql),
                    told: render::short(&effects),
                    effects: EffectsRecord::of(&effects),
                }
            };
            script.statements.iter().map(record).collect::<Vec<_>>()
        });
        let records = records.collect();
        if self.transaction {
            catalog::follow(catalog, "commit");
        }
        records
    }
}
