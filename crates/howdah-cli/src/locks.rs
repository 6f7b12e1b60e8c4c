//! `howdah locks`: what each statement of a script does to other sessions.
//!
//! IO: reads files or standard input, and the schema of a database if it is asked for one; writes to stdout.
//! Invariant: nothing is run.

mod render;

use std::path::PathBuf;

use clap::Args;
use howdah_sql::ast::Script;
use howdah_sql::catalog::Catalog;
use howdah_sql::lint::DEFAULT_VERSION;
use howdah_sql::locks::{self, Effects};
use howdah_sql::text::Lines;

use crate::exit;
use crate::files::{self, Input};
use crate::format::{self, Format};
use crate::known::Known;

/// Arguments of `howdah locks`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Files, folders, patterns such as `migrations/**/*.sql`, or `-` for standard input
    #[arg(value_name = "FILES", required_unless_present = "table")]
    files: Vec<PathBuf>,
    /// Major version of the server, from 10 [default: that of `--db`, else 15]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(10..100))]
    pg_version: Option<u32>,
    /// A database, as a URL or connection string: its version, tables, indexes, constraints
    #[arg(long, value_name = "URL", conflicts_with = "schema")]
    db: Option<String>,
    /// A snapshot of a schema, `.json` or `.sql`, in place of a database
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    /// Print the table of all forms of statements, as Markdown
    #[arg(long, conflicts_with_all = ["files", "db", "schema", "pg_version"])]
    table: bool,
    /// How it is printed
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// One statement and what it does.
pub(super) struct Told {
    /// The file, as the user names it.
    file: String,
    line: u32,
    column: u32,
    text: String,
    effects: Effects,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<i32> {
    if arguments.table {
        print!("{}", locks::document());
        return Ok(exit::OK);
    }
    let known = Known::new(arguments.db.as_deref(), arguments.schema.as_deref())?.of(None)?;
    let version = arguments
        .pg_version
        .or(known.version)
        .unwrap_or(DEFAULT_VERSION);
    let inputs = files::find(&arguments.files, &mut |_| Ok(false))?;
    let mut told = Vec::new();
    let mut failed = false;
    for input in &inputs {
        let text = input.read()?;
        failed |= tell(input, &text, &known.catalog, version, &mut told);
    }
    let with_file = inputs.len() > 1;
    format::print(
        arguments.format,
        render::text(&told, version).trim_end(),
        &render::json(&told, with_file),
    )?;
    if arguments.format == Format::Json {
        render::remarks(&told).for_each(|remark| talk!("{remark}"));
    }
    Ok(if failed { exit::FAILURE } else { exit::OK })
}

/// Goes through one text; whether some of it cannot be understood.
fn tell(
    input: &Input,
    text: &str,
    known: &Catalog,
    version: u32,
    told: &mut Vec<Told>,
) -> bool {
    let file = input.path().display().to_string();
    let script: Script = howdah_sql::parse(text);
    let lines = Lines::new(text);
    for error in &script.errors {
        let at = lines.position(error.span.start);
        talk!("error: {file}:{}:{}: {}", at.line, at.column, error.message);
    }
    let mut catalog = known.clone();
    for statement in &script.statements {
        let at = lines.position(statement.span.start);
        told.push(Told {
            file: file.clone(),
            line: at.line,
            column: at.column,
            text: statement.span.of(text).to_owned(),
            effects: locks::effects(statement, &catalog, version),
        });
        catalog.apply(statement);
    }
    !script.errors.is_empty()
}
