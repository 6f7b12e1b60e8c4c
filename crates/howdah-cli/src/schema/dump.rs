//! `howdah schema dump`: a schema as SQL, or as a snapshot file.
//!
//! IO: reads a source, writes stdout or a file. Invariants: the SQL, run in an empty database, makes a schema that reads
//! back as the same; what it cannot make, it names.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use howdah_schema::identifiers::quoted;
use howdah_schema::{Snapshot, ddl};

use super::{Reading, Source};
use crate::{Context, exit};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A database as a URL or connection string, a `.json` or `.sql` file, or `models:package.module`; PG* variables
    /// where absent
    #[arg(value_name = "SOURCE", default_value = "", hide_default_value = true)]
    source: Source,
    /// What is written
    #[arg(long, value_enum, default_value_t = Format::Sql)]
    format: Format,
    /// Write to this file instead of stdout, and replace it if it is there
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    reading: Reading,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Statements that make the schema
    Sql,
    /// A snapshot: the schema with sizes and row counts, for `howdah lint --schema` and `howdah schema diff`
    Json,
}

pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<i32> {
    let mut scratch = arguments.reading.scratch(context);
    let options = arguments.reading.options();
    let snapshot = arguments.source.load(&options, &mut scratch, context)?;
    let text = match arguments.format {
        Format::Sql => script(&snapshot, &options.base),
        Format::Json => snapshot.text()?,
    };
    match &arguments.output {
        Some(file) => replace(file, &text)?,
        None => {
            let mut stdout = std::io::stdout().lock();
            stdout.write_all(text.as_bytes())?;
            stdout.flush()?;
        }
    }
    for unknown in &snapshot.schema.unknown {
        talk!("not understood: {} ({})", unknown.name, unknown.kind);
    }
    Ok(exit::OK)
}

/// The statements, and as comments what none of them makes.
fn script(snapshot: &Snapshot, base: &str) -> String {
    let schema = &snapshot.schema;
    let unknown = schema
        .unknown
        .iter()
        .map(|it| ddl::note(&format!("not understood: {} ({})", it.name, it.kind)));
    let whole = schema.tables.iter().filter(|it| it.partition_by.is_none());
    let invalid = whole.flat_map(|table| {
        let indexes = table.indexes.iter().filter(|it| it.invalid);
        indexes.map(|it| {
            let name = table.name.sibling(it.name.as_deref().unwrap_or_default());
            ddl::note(&format!("not valid: index {name} on {}", table.name))
        })
    });
    let notes: String = unknown.chain(invalid).collect();
    // no transaction: one would lock every relation, of which a server allows some thousand
    let mut statements = vec![
        format!("set search_path to {}", quoted(base)),
        "set check_function_bodies to off".to_owned(),
    ];
    if base != "public" {
        let create = format!("create schema if not exists {}", quoted(base));
        statements.insert(0, create);
    }
    let made = ddl::create(schema).into_iter();
    statements.extend(made.filter(|it| it != ddl::UNCHECKED_BODIES));
    notes + &ddl::script(&statements)
}

/// The file has the old text or the new one, whatever happens meanwhile.
fn replace(file: &Path, text: &str) -> anyhow::Result<()> {
    let name = file.display();
    let mut beside = file.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = PathBuf::from(beside);
    std::fs::write(&beside, text)
        .and_then(|()| std::fs::rename(&beside, file))
        .inspect_err(|_| {
            let _ = std::fs::remove_file(&beside);
        })
        .with_context(|| format!("`{name}` cannot be written"))
}
