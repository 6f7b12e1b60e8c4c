//! Reading a schema from a catalog.
//!
//! IO: queries on the connection that is given. One query for each kind of object, whatever the number of objects
//! ([`queries`]); they give JSON in the shape of the value, and [`assembly`] puts the kinds together. All of it
//! happens in one snapshot.
//!
//! Invariant: the result does not depend on the order of the catalog's rows, on settings of the session, or on
//! object identifiers.

mod assembly;
mod queries;

use howdah_driver::{Connection, Rows};

use crate::identifiers::{literal, quoted};
use crate::value::{Schema, Unknown};
use assembly::{Assembly, Found};

pub use queries::REFRESH_ORDER;

/// What is read.
#[derive(Debug, Clone)]
pub struct Options {
    /// The schema to which names are relative.
    pub base: String,
    /// The schemas; all but the server's own where absent.
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
pub fn read(connection: &mut Connection, options: &Options) -> Result<Schema, Error> {
    connection.execute(&format!(
        "begin isolation level repeatable read, read only; set local search_path to {}; \
         set local quote_all_identifiers to off; set local jit to off; \
         set local datestyle to iso; set local intervalstyle to postgres; set local timezone to utc; \
         set local bytea_output to hex; set local extra_float_digits to 1",
        quoted(&options.base)
    ))?;
    let schema = read_all(connection, options);
    // the connection may be gone, of which `schema` tells
    let _ = connection.execute("rollback");
    schema
}

fn read_all(connection: &mut Connection, options: &Options) -> Result<Schema, Error> {
    let version = version(connection);
    let schemas = schemas(connection, options)?;
    let names: Vec<String> = schemas.iter().map(|found| literal(&found.name)).collect();
    let names = format!("array[{}]::pg_catalog.name[]", names.join(", "));
    let base = format!("{}::pg_catalog.name", literal(&options.base));
    let mut ask = |sql: &str| -> Result<Rows, Error> {
        let sql = queries::for_version(sql, version);
        Ok(connection.query(&queries::filled(&sql, &base, &names))?)
    };
    let mut assembly = Assembly::new(&ask(queries::MEMBERS)?);
    assembly.comments(&ask(queries::COMMENTS)?);
    assembly.grants(&ask(queries::GRANTS)?)?;
    assembly.namespaces(&schemas, &options.base);
    if options.base == "public" {
        assembly.public(&ask(queries::PUBLIC)?, version)?;
    }
    assembly.standalone(&mut ask)?;
    if options.schemas.is_none() {
        assembly.of_the_database(&mut ask)?;
    }
    assembly.tables(&ask(queries::TABLES)?)?;
    assembly.views(&ask(queries::VIEWS)?)?;
    assembly.sequences(&ask(queries::SEQUENCES)?)?;
    assembly.columns(&ask(queries::COLUMNS)?)?;
    assembly.inherited(&ask(queries::INHERITED)?)?;
    assembly.indexes(&ask(queries::INDEXES)?)?;
    assembly.constraints(&ask(queries::CONSTRAINTS)?)?;
    assembly.triggers(&ask(queries::TRIGGERS)?)?;
    assembly.policies(&ask(queries::POLICIES)?)?;
    assembly.rules(&ask(queries::RULES)?)?;
    if options.schemas.is_none() {
        left_over(connection, &mut assembly)?;
    }
    let mut schema = assembly.finish();
    if !options.owners {
        schema.forget_owners();
    }
    Ok(schema)
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

/// As `server_version_num` has it.
fn version(connection: &mut Connection) -> u32 {
    let setting = connection.query("show server_version_num");
    let number = setting.ok().and_then(|rows| rows.value()?.parse().ok());
    number.unwrap_or(u32::MAX)
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
    }
    Ok(found)
}
