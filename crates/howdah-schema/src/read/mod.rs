//! Reading a schema from a catalog.
//!
//! IO: queries on the connection that is given. One query for each kind of object, whatever the number of objects
//! ([`queries`]); they give JSON in the shape of the value, and [`assembly`] puts the kinds together. All of it
//! happens in one snapshot.
//!
//! Invariant: the result does not depend on the order of the catalog's rows, on settings of the session, on object
//! identifiers, or on how often an expression has been printed and read ([`settled`]).

mod assembly;
mod queries;
mod settled;

use std::borrow::Cow;

use howdah_driver::{Connection, Rows};

use crate::identifiers::{literal, quoted};
use crate::snapshot::Snapshot;
use crate::value::{Facts, RelationFacts, Schema, Unknown};
use assembly::{Assembly, Found};

pub use queries::REFRESH_ORDER;

/// The schema in which howdah keeps what it has done to a database: no part of what the database has been told to have.
const HISTORY: &str = "howdah_history";

/// What is read.
#[derive(Debug, Clone)]
pub struct Options {
    /// The schema to which names are relative.
    pub base: String,
    /// The schemas; all but the server's own and howdah's history where absent.
    pub schemas: Option<Vec<String>>,
    /// Whether owners are read, too.
    pub owners: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            base: "public".to_owned(),
            schemas: None,
            owners: false,
        }
    }
}

/// Why a schema could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server or the connection.
    #[error(transparent)]
    Driver(#[from] howdah_driver::Error),
    /// There is no schema of this name.
    #[error("there is no schema `{0}`")]
    NoSchema(String),
    /// The catalog says what no query of ours should make of it.
    #[error("the answer about {kind} cannot be understood: {error}; please report this")]
    Answer {
        /// What was asked about.
        kind: &'static str,
        /// What is wrong with the answer.
        error: serde_json::Error,
    },
}

/// Reads the schema.
///
/// # Errors
/// [`Error::NoSchema`] for a schema that was named and is not there; those of the connection.
#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the method alone is of one lifetime, the closure of any"
)]
pub fn read(connection: &mut Connection, options: &Options) -> Result<Schema, Error> {
    in_transaction(connection, options, |reader| reader.schema())
}

/// Reads the schema together with the facts about the database.
///
/// # Errors
/// As [`read`].
pub fn snapshot(connection: &mut Connection, options: &Options) -> Result<Snapshot, Error> {
    in_transaction(connection, options, |reader| {
        Ok(Snapshot {
            schema: reader.schema()?,
            facts: Some(reader.facts()?),
        })
    })
}

/// Reads in a transaction whose settings are those that the queries are written for.
fn in_transaction<T>(
    connection: &mut Connection,
    options: &Options,
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    connection.execute(&format!(
        "begin isolation level repeatable read, read only; set local search_path to {}; \
         set local quote_all_identifiers to off; set local jit to off; \
         set local datestyle to iso; set local intervalstyle to postgres; set local timezone to utc; \
         set local bytea_output to hex; set local extra_float_digits to 1",
        quoted(&options.base)
    ))?;
    let found = Reader::new(connection, options).and_then(|mut reader| read(&mut reader));
    // the connection may be gone, of which `found` tells
    let _ = connection.execute("rollback");
    found
}

/// A transaction in which a schema is read.
struct Reader<'a> {
    connection: &'a mut Connection,
    options: &'a Options,
    /// As `server_version_num` has it.
    version: u32,
    schemas: Vec<Found>,
    /// SQL for the base schema, and for the names of the schemas.
    parameters: (String, String),
}

impl<'a> Reader<'a> {
    fn new(connection: &'a mut Connection, options: &'a Options) -> Result<Self, Error> {
        let setting = connection.query("show server_version_num")?;
        let version = setting.value().and_then(|it| it.parse().ok());
        let schemas = schemas(connection, options)?;
        let names: Vec<String> = schemas.iter().map(|it| literal(&it.name)).collect();
        let base = format!("{}::pg_catalog.name", literal(&options.base));
        let names = format!("array[{}]::pg_catalog.name[]", names.join(", "));
        Ok(Self {
            connection,
            options,
            version: version.unwrap_or(u32::MAX),
            schemas,
            parameters: (base, names),
        })
    }

    fn ask(&mut self, sql: &str) -> Result<Rows, Error> {
        let sql = queries::for_version(sql, self.version);
        let (base, names) = &self.parameters;
        Ok(self.connection.query(&queries::filled(&sql, base, names))?)
    }

    fn schema(&mut self) -> Result<Schema, Error> {
        let mut assembly = Assembly::new(&self.ask(queries::MEMBERS)?);
        assembly.comments(&self.ask(queries::COMMENTS)?);
        assembly.grants(&self.ask(queries::GRANTS)?)?;
        assembly.namespaces(&self.schemas, &self.options.base);
        if self.options.base == "public" {
            assembly.public(&self.ask(queries::PUBLIC)?, self.version)?;
        }
        assembly.standalone(&mut |sql| self.ask(sql))?;
        let reads_all = self.options.schemas.is_none();
        if reads_all {
            assembly.of_the_database(&mut |sql| self.ask(sql))?;
        }
        assembly.tables(&self.ask(queries::TABLES)?)?;
        assembly.views(&self.ask(queries::VIEWS)?)?;
        assembly.sequences(&self.ask(queries::SEQUENCES)?)?;
        assembly.columns(&self.ask(queries::COLUMNS)?)?;
        assembly.inherited(&self.ask(queries::INHERITED)?)?;
        assembly.indexes(&self.ask(queries::INDEXES)?)?;
        assembly.constraints(&self.ask(queries::CONSTRAINTS)?)?;
        assembly.triggers(&self.ask(queries::TRIGGERS)?)?;
        assembly.trigger_states(&self.ask(queries::TRIGGER_STATES)?);
        assembly.policies(&self.ask(queries::POLICIES)?)?;
        assembly.rules(&self.ask(queries::RULES)?)?;
        if reads_all {
            left_over(self.connection, &mut assembly)?;
        }
        let mut schema = assembly.finish();
        schema.for_each_expression(&mut |text| {
            if let Cow::Owned(last) = settled::settled(text) {
                *text = last;
            }
        });
        if !self.options.owners {
            schema.forget_owners();
        }
        Ok(schema)
    }

    fn facts(&mut self) -> Result<Facts, Error> {
        let database = self
            .connection
            .query("select pg_catalog.current_database()")?;
        let mut facts = Facts {
            server_version: self.version,
            database: database.value().unwrap_or_default().to_owned(),
            relations: Vec::new(),
        };
        for row in &self.ask(queries::FACTS)? {
            let text = row.get(0).unwrap_or("null");
            let relation: RelationFacts =
                serde_json::from_str(text).map_err(|error| Error::Answer {
                    kind: "facts",
                    error,
                })?;
            facts.relations.push(relation);
        }
        facts.relations.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(facts)
    }
}

/// Names what was said of objects that the value does not hold.
fn left_over(connection: &mut Connection, assembly: &mut Assembly) -> Result<(), Error> {
    let found = assembly.left_over();
    if found.is_empty() {
        return Ok(());
    }
    let row = |((class, oid, part), what): &((String, u32, i32), &str)| {
        let class = literal(&format!("pg_catalog.{class}"));
        format!(
            "({class}::pg_catalog.regclass, {oid}, {part}, {})",
            literal(what)
        )
    };
    let list: Vec<String> = found.iter().map(row).collect();
    let rows = connection.query(&queries::described(&list.join(", ")))?;
    for row in &rows {
        let text = |column| row.get(column).unwrap_or_default().to_owned();
        assembly.unknown(Unknown {
            kind: text(0),
            name: text(1),
            reason: None,
        });
    }
    Ok(())
}

/// The schemas to be read.
fn schemas(connection: &mut Connection, options: &Options) -> Result<Vec<Found>, Error> {
    let rows = connection.query(queries::SCHEMAS)?;
    let mut found: Vec<Found> = rows
        .iter()
        .filter_map(|row| {
            Some(Found {
                oid: row.get(0)?.parse().ok()?,
                name: row.get(1)?.to_owned(),
                owner: row.get(2).map(str::to_owned),
            })
        })
        .collect();
    if let Some(wanted) = &options.schemas {
        let is_there = |name: &&String| found.iter().any(|it| it.name == **name);
        if let Some(missing) = wanted.iter().find(|name| !is_there(name)) {
            return Err(Error::NoSchema(missing.clone()));
        }
        found.retain(|it| wanted.contains(&it.name));
    } else {
        found.retain(|it| it.name != HISTORY);
    }
    Ok(found)
}
