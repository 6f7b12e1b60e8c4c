//! `howdah schema diff`: what makes one schema of another.
//!
//! IO: reads two sources, writes stdout. Invariants: nothing is changed; of equal schemas nothing is printed to stdout but
//! what the format needs.

use std::io::Write;

use clap::{Args, ValueEnum};
use howdah_schema::diff::{Action, Change, Difference};
use howdah_schema::{ddl, diff};

use super::{Reading, Source};
use crate::{Context, exit};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// What there is: a database as a URL or connection string, a `.json` or `.sql` file, or `models:package.module`
    #[arg(value_name = "A")]
    from: Source,
    /// What there should be, named in the same ways
    #[arg(value_name = "B")]
    to: Source,
    /// What is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// End with 5 if there is a difference
    #[arg(long)]
    exit_code: bool,
    /// The version of the server that the statements are for, such as 15 [default: that of A's database, else the newest]
    #[arg(long, value_name = "MAJOR")]
    pg_version: Option<u32>,
    #[command(flatten)]
    reading: Reading,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line for each change
    Text,
    /// The statements that make B of A
    Sql,
    /// The changes with their statements, as one object
    Json,
}

pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<i32> {
    let mut scratch = arguments.reading.scratch(context);
    let options = arguments.reading.options();
    let from = arguments.from.load(&options, &mut scratch, context)?;
    let to = arguments.to.load(&options, &mut scratch, context)?;
    let wanted = arguments.pg_version.map(|it| it.saturating_mul(10_000));
    let version = wanted.or(from.facts.as_ref().map(|it| it.server_version));
    let options = version.map_or_else(diff::Options::default, |server_version| diff::Options {
        server_version,
    });
    let found = diff::diff(&from.schema, &to.schema, options);
    let written = match arguments.format {
        Format::Text => text(&found),
        Format::Sql => script(&found),
        Format::Json => serde_json::to_string_pretty(&found)? + "\n",
    };
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(written.as_bytes())?;
    stdout.flush()?;
    if arguments.format != Format::Json {
        found.notes.iter().for_each(|it| talk!("note: {it}"));
    }
    let differs = arguments.exit_code && !found.changes.is_empty();
    Ok(if differs { exit::FOUND } else { exit::OK })
}

/// `+` for what is made, `-` for what goes, `~` for what changes.
fn text(found: &Difference) -> String {
    let line = |change: &Change| {
        let sign = match change.action {
            Action::Create => '+',
            Action::Drop => '-',
            Action::Alter | Action::Rename => '~',
        };
        let loss = change.loses.as_ref();
        let loss = loss.map_or(String::new(), |it| format!("  (loses {it})"));
        let (kind, name) = (change.object.kind, &change.object.name);
        let statements: Vec<String> = change
            .statements
            .iter()
            .map(|it| format!("    {};\n", it.replace('\n', "\n    ")))
            .collect();
        format!("{sign} {kind} {name}{loss}\n{}", statements.concat())
    };
    found.changes.iter().map(line).collect()
}

/// The statements; what loses data says so.
fn script(found: &Difference) -> String {
    let part = |change: &Change| {
        let loss = change.loses.as_ref();
        let note = loss.map_or(String::new(), |it| ddl::note(&format!("loses {it}")));
        note + &ddl::script(&change.statements)
    };
    found.changes.iter().map(part).collect()
}
