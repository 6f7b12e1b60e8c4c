//! `howdah schema`: schemas as values, of databases, files and models.
//!
//! IO: that of [`source`]; writes stdout. Invariant: nothing is changed but scratch databases.

mod diff;
mod dump;
mod scratch;
mod show;
mod source;

use clap::{Args, Subcommand};
use howdah_schema::read::Options;

use crate::Context;

pub(crate) use scratch::Scratch;
pub(crate) use source::{Source, declared};

/// Arguments of `howdah schema`.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show what a database has: everything in short, or what is named with all that belongs to it
    Show(show::Arguments),
    /// Write a schema as SQL that makes it, or as a snapshot file
    Dump(dump::Arguments),
    /// Tell what makes one schema of another
    Diff(diff::Arguments),
}

/// What is read of a schema: arguments of every command that reads one.
#[derive(Debug, Args)]
pub(crate) struct Reading {
    /// Only this schema; may be repeated [default: all but the server's own]
    #[arg(long, value_name = "NAME")]
    schema: Vec<String>,
    /// The schema to which names are relative
    #[arg(long, value_name = "NAME", default_value = "public")]
    base: String,
    /// Whose the objects are, too
    #[arg(long)]
    owners: bool,
    /// Server for scratch databases, in which `.sql` files and models are made [default: a temporary server]
    #[arg(
        long,
        value_name = "URL",
        env = "HOWDAH_SCRATCH",
        hide_env_values = true
    )]
    scratch: Option<String>,
}

impl Reading {
    pub(crate) fn options(&self) -> Options {
        Options {
            base: self.base.clone(),
            schemas: (!self.schema.is_empty()).then(|| self.schema.clone()),
            owners: self.owners,
        }
    }

    pub(crate) fn scratch(&self, context: &Context) -> Scratch {
        Scratch::new(self.scratch.as_deref(), context)
    }
}

pub(crate) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<i32> {
    match &arguments.command {
        Command::Show(arguments) => show::run(arguments, context),
        Command::Dump(arguments) => dump::run(arguments, context),
        Command::Diff(arguments) => diff::run(arguments, context),
    }
}
