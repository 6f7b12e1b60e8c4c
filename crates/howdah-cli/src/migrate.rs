//! `howdah migrate`: arguments of the commands, which but for `trace` Python runs (`howdah.migrations`).
//!
//! IO: the host's. Invariant: every argument, its default and its help are here; what crosses to Python is JSON of the
//! structures below, the name of the command under `command`.

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;

use crate::format::Format;
use crate::{Context, trace};

/// Arguments of `howdah migrate`.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand, Serialize)]
#[serde(tag = "command", rename_all = "lowercase")]
enum Command {
    /// Write a migration: what the models have and the migrations do not make
    Make(Make),
    /// Say what `up` would run, and what it would lock
    Plan(Plan),
    /// Apply migrations
    Up(Up),
    /// Undo migrations
    Down(Down),
    /// Say what has been applied, by whom and when
    Status(Status),
    /// Compare models, migrations and the database; prove that `down` undoes `up`
    Check(Check),
    /// Put one migration in the place of many
    Squash(Squash),
    /// Run scripts on a scratch copy, and say what each statement locks, rewrites and waits for
    #[serde(skip)]
    Trace(trace::Arguments),
}

/// Where everything is.
#[derive(Debug, Args, Serialize)]
struct Project {
    /// The database, as a URL or connection string [default: `url` of the configuration, else PG* variables]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The folder of the migrations [default: `folder` of the configuration, else `migrations`]
    #[arg(long, value_name = "DIR")]
    folder: Option<String>,
    /// The configuration [default: the nearest `howdah.toml`, or `pyproject.toml` with `[tool.howdah]`]
    #[arg(long, value_name = "FILE")]
    config: Option<String>,
    /// The server on which scratch databases are made [default: that of the database, else one of its own]
    #[arg(long, value_name = "URL")]
    scratch: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Phase {
    /// Before the new code: what the old code does not notice
    Expand,
    /// With the new code: backfills
    Migrate,
    /// When no old code runs any more
    Contract,
}

#[derive(Debug, Args, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
struct Make {
    /// What it does, for the name of the file [default: made of its statements]
    #[arg(value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    #[serde(flatten)]
    project: Project,
    /// A module of models, instead of those of the configuration; may be repeated
    #[arg(long, value_name = "MODULE")]
    models: Vec<String>,
    /// Join the branches into one, with a migration that does nothing else
    #[arg(long, conflicts_with_all = ["empty", "python"])]
    merge: bool,
    /// Write an empty migration, to be filled by hand
    #[arg(long)]
    empty: bool,
    /// Write an empty migration in Python, for data
    #[arg(long)]
    python: bool,
    /// Drop columns and tables that the models no longer have, without asking
    #[arg(long)]
    allow_drop: bool,
    /// The answer to a question, as `drop column book.isbn=drop`; may be repeated
    #[arg(long, value_name = "QUESTION=ANSWER")]
    answer: Vec<String>,
    /// The major version in production [default: that of the server on which scratch databases are made]
    #[arg(long, value_name = "N")]
    pg_version: Option<u32>,
    /// Print the migration instead of writing it
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args, Serialize)]
struct Plan {
    /// Up to this migration, named by its first letters [default: all]
    #[arg(value_name = "TARGET")]
    target: Option<String>,
    #[command(flatten)]
    #[serde(flatten)]
    project: Project,
    /// Only steps up to this phase of a deploy
    #[arg(long, value_enum)]
    phase: Option<Phase>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How long anything may wait.
#[derive(Debug, Args, Serialize)]
struct Waiting {
    /// Seconds that a statement may wait for a lock, and others behind it, before it makes way [default: 0.5]
    #[arg(long, value_name = "SECONDS")]
    lock_timeout: Option<f64>,
    /// Seconds within which a statement is tried again and again [default: 600]
    #[arg(long, value_name = "SECONDS")]
    patience: Option<f64>,
    /// Seconds to wait for another `howdah migrate` on the same database [default: 600]
    #[arg(long, value_name = "SECONDS")]
    wait: Option<f64>,
}

#[derive(Debug, Args, Serialize)]
struct Up {
    /// Up to this migration, named by its first letters [default: all]
    #[arg(value_name = "TARGET")]
    target: Option<String>,
    #[command(flatten)]
    #[serde(flatten)]
    project: Project,
    #[command(flatten)]
    #[serde(flatten)]
    waiting: Waiting,
    /// Only steps up to this phase of a deploy
    #[arg(long, value_enum)]
    phase: Option<Phase>,
    /// Print the SQL instead of running it; without a database, of all migrations
    #[arg(long)]
    sql: bool,
    /// Print the steps, their statements, how long each waits for locks and what it locks, and run nothing
    #[arg(long, conflicts_with_all = ["sql", "record", "interrupted"])]
    dry_run: bool,
    /// How to print it, with `--dry-run`
    #[arg(long, value_enum, default_value_t = Format::Text, requires = "dry_run")]
    format: Format,
    /// Record them as applied without running anything: the database has it all already
    #[arg(long, conflicts_with = "sql")]
    record: bool,
    /// What an interrupted statement did, where the catalog does not tell
    #[arg(long, value_enum, value_name = "WHAT")]
    interrupted: Option<Interrupted>,
}

#[derive(Debug, Clone, Copy, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Interrupted {
    /// It took effect: go on after it
    Done,
    /// It did not: run it again
    Again,
}

#[derive(Debug, Args, Serialize)]
struct Down {
    /// How many migrations, or the one to go back to, which stays; `base` undoes all
    #[arg(value_name = "N|TARGET", default_value = "1")]
    target: String,
    #[command(flatten)]
    #[serde(flatten)]
    project: Project,
    #[command(flatten)]
    #[serde(flatten)]
    waiting: Waiting,
    /// Print the SQL instead of running it
    #[arg(long)]
    sql: bool,
    /// Drop tables and columns that hold rows, without asking
    #[arg(long)]
    allow_drop: bool,
}

#[derive(Debug, Args, Serialize)]
struct Status {
    #[command(flatten)]
    #[serde(flatten)]
    project: Project,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Args, Serialize)]
struct Check {
    #[command(flatten)]
    #[serde(flatten)]
    project: Project,
    /// A module of models, instead of those of the configuration; may be repeated
    #[arg(long, value_name = "MODULE")]
    models: Vec<String>,
    /// Run `up` and `down` of every migration on a scratch database, and compare catalogs
    #[arg(long)]
    down: bool,
    /// Statements of the release that runs now, as JSON lines: name those that break on the migrated schema
    #[arg(long, value_name = "FILE")]
    workload: Option<String>,
    /// Leave the database alone: compare models and migrations only
    #[arg(long)]
    offline: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Args, Serialize)]
struct Squash {
    /// The last migration that it replaces, named by its first letters [default: the last of all]
    #[arg(value_name = "TARGET")]
    target: Option<String>,
    #[command(flatten)]
    #[serde(flatten)]
    project: Project,
    /// What it is called
    #[arg(long, value_name = "NAME", default_value = "squashed")]
    name: String,
    /// Keep every statement as it is, those for data too, instead of one for each object
    #[arg(long)]
    keep_statements: bool,
}

pub(crate) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<i32> {
    if let Command::Trace(arguments) = &arguments.command {
        return trace::run(arguments, context);
    }
    let Some(host) = &context.host else {
        anyhow::bail!(
            "`howdah migrate` needs Python\n\nhint: run the command of the Python package"
        );
    };
    host.migrate(&serde_json::to_string(&arguments.command)?)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    #[test]
    fn arguments_cross_by_their_names() {
        let line = [
            "migrate",
            "up",
            "0003",
            "--phase",
            "expand",
            "--url",
            "dbname=shop",
        ];
        let parsed = Line::try_parse_from(line).expect("they are right");
        let json = serde_json::to_value(&parsed.arguments.command).expect("plain structures");
        assert_eq!(json["command"], "up");
        assert_eq!(json["target"], "0003");
        assert_eq!(json["phase"], "expand");
        assert_eq!(json["url"], "dbname=shop");
        assert_eq!(json["folder"], serde_json::Value::Null);
    }
}
