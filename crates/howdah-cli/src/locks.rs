//! `howdah locks`: what each statement of a script does to other sessions.
//!
//! IO: reads files or standard input; writes to stdout. Invariant: nothing is run.

mod render;

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use howdah_sql::catalog::Catalog;
use howdah_sql::locks::{self, Effects};
use howdah_sql::text::Lines;

use crate::exit;
use crate::format::{self, Format};

/// The server that is meant where nobody says which.
const DEFAULT_VERSION: u32 = 15;

/// Arguments of `howdah locks`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Files with SQL, or `-` for standard input
    #[arg(value_name = "FILES", required_unless_present = "table")]
    files: Vec<PathBuf>,
    /// Major version of the server, from 10
    #[arg(long, value_name = "N", default_value_t = DEFAULT_VERSION,
          value_parser = clap::value_parser!(u32).range(10..100))]
    pg_version: u32,
    /// What exists before, as SQL: the output of `howdah schema dump` or `pg_dump --schema-only`
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    /// Print the table of all forms of statements, as Markdown
    #[arg(long, conflicts_with_all = ["files", "schema"])]
    table: bool,
    /// How it is printed
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// One statement and what it does.
struct Told {
    /// The file, as the user names it.
    file: String,
    line: u32,
    column: u32,
    text: String,
    effects: Effects,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<i32> {
    if arguments.table {
        std::io::stdout().write_all(locks::document().as_bytes())?;
        return Ok(exit::OK);
    }
    let known = match &arguments.schema {
        Some(file) => before(&read(file)?),
        None => Catalog::default(),
    };
    let mut told = Vec::new();
    let mut understood = true;
    for file in &arguments.files {
        let text = read(file)?;
        understood &= tell(file, &text, &known, arguments.pg_version, &mut told);
    }
    format::print(
        arguments.format,
        render::text(&told, arguments.pg_version).trim_end(),
        &render::json(&told, arguments.files.len() > 1),
    )?;
    if arguments.format == Format::Json {
        for remark in render::remarks(&told) {
            talk!("{remark}");
        }
    }
    Ok(if understood { exit::OK } else { exit::FAILURE })
}

fn read(file: &Path) -> anyhow::Result<String> {
    let unreadable = || format!("`{}` cannot be read", file.display());
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .with_context(unreadable)?;
        return Ok(text);
    }
    std::fs::read_to_string(file).with_context(unreadable)
}

/// What a schema's script makes, taken for what was there.
fn before(schema: &str) -> Catalog {
    let mut catalog = Catalog::default();
    for statement in &howdah_sql::parse(schema).statements {
        catalog.apply(statement);
    }
    catalog.settled().completed()
}

/// Goes through one text; whether all of it is understood.
fn tell(file: &Path, text: &str, known: &Catalog, version: u32, told: &mut Vec<Told>) -> bool {
    let file = file.display().to_string();
    let script = howdah_sql::parse(text);
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
    script.errors.is_empty()
}
