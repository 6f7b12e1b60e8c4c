//! `howdah models`: models of Python for a database.
//!
//! IO: reads the catalog of a server, writes stdout or a file. Invariant: a file that is there is not replaced unless
//! `--force` says so.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use howdah_driver::Connection;
use howdah_schema::{Schema, models, read};

use crate::exit;

/// Arguments of `howdah models`.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write models for a database that exists: tables, views, types, functions …
    FromDb(FromDb),
}

#[derive(Debug, Args)]
struct FromDb {
    /// The database, as a URL or connection string; PG* variables where absent
    #[arg(value_name = "URL", default_value = "")]
    url: String,
    /// Only this schema; may be repeated [default: all but the server's own]
    #[arg(long, value_name = "NAME")]
    schema: Vec<String>,
    /// The schema that needs no mention, because the program's `search_path` begins with it
    #[arg(long, value_name = "NAME", default_value = "public")]
    base: String,
    /// Write to this file instead of stdout
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long)]
    force: bool,
    /// Print the schema as JSON instead of models
    #[arg(long, conflicts_with = "output")]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<i32> {
    match &arguments.command {
        Command::FromDb(arguments) => from_db(arguments),
    }
}

fn from_db(arguments: &FromDb) -> anyhow::Result<i32> {
    let mut connection = Connection::connect(&arguments.url, "howdah models")?;
    let options = read::Options {
        base: arguments.base.clone(),
        schemas: (!arguments.schema.is_empty()).then(|| arguments.schema.clone()),
        owners: false,
    };
    let schema = howdah_schema::read(&mut connection, &options)?;
    let database = connection.query("select pg_catalog.current_database()")?;
    let title = format!(
        "Models of the database `{}`.",
        database.value().unwrap_or_default()
    );
    let text = if arguments.json {
        serde_json::to_string_pretty(&schema)? + "\n"
    } else {
        models::module(&schema, &title)
    };
    match &arguments.output {
        Some(file) => write(file, &text, arguments.force)?,
        None => {
            let mut stdout = std::io::stdout().lock();
            stdout.write_all(text.as_bytes())?;
            stdout.flush()?;
        }
    }
    talk!("{}", summary(&schema));
    if !arguments.json {
        for what in models::left_out(&schema) {
            talk!("not in the models: {what}");
        }
    }
    Ok(exit::OK)
}

fn write(file: &Path, text: &str, force: bool) -> anyhow::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true);
    if force {
        options.truncate(true);
    } else {
        options.create_new(true);
    }
    let opened = options.open(file).map_err(|error| {
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            anyhow::anyhow!(
                "`{}` is there already\n\nhint: `--force` replaces it",
                file.display()
            )
        } else {
            anyhow::Error::new(error).context(format!("`{}` cannot be written", file.display()))
        }
    });
    opened?
        .write_all(text.as_bytes())
        .with_context(|| format!("`{}` cannot be written", file.display()))
}

fn summary(schema: &Schema) -> String {
    let count = |number: usize, one: &str| match number {
        1 => format!("1 {one}"),
        number => format!("{number} {one}s"),
    };
    let types =
        schema.enums.len() + schema.domains.len() + schema.composites.len() + schema.ranges.len();
    [
        count(schema.tables.len(), "table"),
        count(schema.views.len(), "view"),
        count(types, "type"),
        count(schema.routines.len(), "function"),
    ]
    .join(", ")
}
