//! `howdah locks`: what each statement of a script does to other sessions.
//!
//! IO: reads files, folders, standard input, a database or a snapshot of one; writes to stdout. Invariant: nothing is
//! run, and a text that is only understood in part is never taken for understood.

mod planned;
mod record;
mod render;
mod told;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use howdah_sql::locks;

use crate::exit;
use crate::failure::{self, Hinted};
use crate::format::{self, Format};
use crate::known::Known;
use crate::lint::config;
use crate::lint::files::{self, Input};
use told::{Script, Told};

pub use planned::planned;

/// The server that is meant where nobody says which.
const DEFAULT_VERSION: u32 = howdah_sql::lint::DEFAULT_VERSION;

/// Arguments of `howdah locks`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 all is told, 1 something could not be read, 2 the arguments are wrong."
)]
pub(crate) struct Arguments {
    /// Files, folders, patterns such as `migrations/**/*.sql`, or `-` for standard input
    #[arg(value_name = "FILES", required_unless_present = "table")]
    files: Vec<PathBuf>,
    /// Major version of the server [default: that of `--db`, else 15]
    #[arg(long, value_name = "N", value_parser = version)]
    pg_version: Option<u32>,
    /// A database, as a URL or connection string: its version, and what exists
    #[arg(long, value_name = "URL", conflicts_with = "schema")]
    db: Option<String>,
    /// A snapshot of a schema, `.json` or `.sql`, in place of a database
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    /// Print the table of all forms of statements, as Markdown
    #[arg(long, conflicts_with_all = ["files", "db", "schema", "pg_version", "format"])]
    table: bool,
    /// How it is printed
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

fn version(text: &str) -> Result<u32, String> {
    config::version(text).ok_or_else(|| "expected a major version such as `15`".to_owned())
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<i32> {
    if arguments.table {
        std::io::stdout().write_all(locks::document().as_bytes())?;
        return Ok(exit::OK);
    }
    let inputs = inputs(&arguments.files)?;
    let known = Known::new(arguments.db.as_deref(), arguments.schema.as_deref())?.of(None)?;
    let version = arguments.pg_version.or(known.version);
    let (mut told, mut failed) = (Vec::new(), false);
    for input in &inputs {
        match Script::read(input) {
            Ok(script) => failed |= !script.tell(&known.catalog, version, &mut told),
            Err(error) => {
                failure::report(&error);
                failed = true;
            }
        }
    }
    format::print(
        arguments.format,
        render::text(&told).trim_end(),
        &record::records(&told),
    )?;
    Ok(if failed { exit::FAILURE } else { exit::OK })
}

/// What the command line means.
fn inputs(named: &[PathBuf]) -> anyhow::Result<Vec<Input>> {
    if named.iter().any(|it| it.as_os_str() == "-") {
        anyhow::ensure!(named.len() == 1, "`-` stands for standard input, and alone");
        return Ok(vec![Input::Stdin("-".into())]);
    }
    let found = files::find(named, &mut |_: &Path| Ok(false))?;
    if found.is_empty() {
        let error = anyhow::anyhow!("there is no file that ends in `.sql`");
        return Err(Hinted::new(
            error,
            "name files, folders or patterns, or `-` for standard input",
        )
        .into());
    }
    Ok(found)
}
