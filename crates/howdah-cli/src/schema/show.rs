//! `howdah schema show`: what a database has, for people, or as JSON.
//!
//! IO: reads a source, writes stdout.

use clap::Args;
use howdah_schema::Snapshot;
use howdah_schema::show::{self, Patterns};

use super::{Reading, Source};
use crate::format::{self, Format};
use crate::{Context, exit};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// First, where it is not what the PG* variables say: a database as a URL or connection string, a `.json` or `.sql`
    /// file, or `models:package.module`. Then what is shown: names such as `author`, `app.book`, `app.*`, or kinds such
    /// as `tables`, `types`, `functions`; all in short where absent
    #[arg(value_name = "SOURCE|WHAT")]
    what: Vec<String>,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    reading: Reading,
}

pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<i32> {
    let mut what = arguments.what.as_slice();
    let mut source = Source::Database(String::new());
    if let Some((first, others)) = what.split_first()
        && let Some(named) = Source::named(first)
    {
        (source, what) = (named, others);
    }
    let mut scratch = arguments.reading.scratch(context);
    let whole = source.load(&arguments.reading.options(), &mut scratch, context)?;
    if what.is_empty() {
        format::print(arguments.format, &show::overview(&whole), &whole)?;
        return Ok(exit::OK);
    }
    let base = &arguments.reading.base;
    let selected = Patterns::new(what, base).select(&whole.schema);
    for missing in &selected.missing {
        talk!("there is no `{missing}`");
    }
    let text = show::details(&whole, &selected.schema);
    let answer = Snapshot {
        schema: selected.schema,
        facts: None,
    };
    format::print(arguments.format, text.trim_end(), &answer.schema)?;
    Ok(if selected.missing.is_empty() {
        exit::OK
    } else {
        exit::FAILURE
    })
}
