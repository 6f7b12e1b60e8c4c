//! What is traced: scripts, and the migrations of Django's and Alembic's projects; and the schema that is there before.
//!
//! IO: reads files, stdin, a database whose schema is copied; the host runs the tool of a project.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use howdah_driver::Connection;
use howdah_schema::{Schema, Snapshot, ddl, read};
use howdah_trace::{Recorded, Source};

use crate::Context;
use crate::failure::Hinted;
use crate::lint::{Migration, Project, migrations};
use crate::schema;

/// Scripts, and migrations in Python, in the order of the arguments; `is_taken_back` says that nothing of them may stay.
pub(super) fn scripts(
    files: &[PathBuf],
    one_transaction: bool,
    is_taken_back: bool,
) -> anyhow::Result<Vec<Source>> {
    let source = |file: &PathBuf| {
        let text = text(file)?;
        let is_program = file.extension().is_some_and(|it| it == "py");
        if is_program && !text.contains("DataMigration") {
            let error = anyhow::anyhow!("`{}` is Python, and SQL is traced", file.display());
            let hint = "for a project of Django: `--django manage.py FILE`, of Alembic: `--alembic alembic.ini FILE`";
            return Err(Hinted::new(error, hint).into());
        }
        if is_program && is_taken_back {
            return Err(would_stay(file));
        }
        anyhow::Ok(Source {
            text,
            name: file.display().to_string(),
            one_transaction,
            is_program,
            ..Source::default()
        })
    };
    files.iter().map(source).collect()
}

fn would_stay(file: &Path) -> anyhow::Error {
    let error = anyhow::anyhow!(
        "`{}` is Python and commits as it goes: on the database of `--db` it would stay",
        file.display()
    );
    let hint = "without `--db` it runs on a scratch copy, with what `--schema` says in it; on a copy of yours, \
        `--commit` runs everything for good";
    Hinted::new(error, hint).into()
}

/// The migrations of a project in the order in which they run. Those that are not among `files` are there before, or are
/// left out if the schema `exists` that they make.
pub(super) fn of_project(
    project: &Project,
    files: &[PathBuf],
    exists: bool,
    context: &Context,
) -> anyhow::Result<Vec<Source>> {
    if exists && files.is_empty() {
        let error =
            anyhow::anyhow!("the schema is there, and which migrations are new is not said");
        return Err(Hinted::new(error, "name their files").into());
    }
    let mut named = absolute(files)?;
    let mut sources = Vec::new();
    for migration in migrations(project, context)? {
        let path = std::path::absolute(&migration.path)?;
        let is_named = named.contains(&path);
        named.retain(|it| *it != path);
        let is_before = !is_named && (migration.quiet || !files.is_empty());
        if is_before && exists {
            continue;
        }
        if let Some(error) = &migration.error {
            let path = migration.path.display();
            anyhow::ensure!(!is_named, "`{path}`: {error}");
            talk!("note: `{path}`: {error}");
        }
        sources.push(source(&migration, is_before));
    }
    if let Some(unknown) = named.first() {
        let error = anyhow::anyhow!("`{}` is no migration of the project", unknown.display());
        return Err(error);
    }
    Ok(sources)
}

fn absolute(files: &[PathBuf]) -> std::io::Result<Vec<PathBuf>> {
    files.iter().map(std::path::absolute).collect()
}

fn source(migration: &Migration, is_before: bool) -> Source {
    // the tool begins and ends the transaction, and a migration may do so in between, as `autocommit_block()` does
    let (begin, end) = if migration.atomic {
        ("begin;\n", "commit;\n")
    } else {
        ("", "")
    };
    let shifted = |(offset, line)| (offset + u32::try_from(begin.len()).unwrap_or(0), line);
    Source {
        name: migration.path.display().to_string(),
        text: format!("{begin}{}{end}", migration.text()),
        is_before,
        places: migration.places().map(shifted).collect(),
        ..Source::default()
    }
}

/// The statements that make a schema: those of a script, which may be a dump with data, or what makes that of a snapshot, a
/// database or models.
pub(super) fn schema(named: &str, context: &Context) -> anyhow::Result<String> {
    let schema = match schema::Source::named(named) {
        Some(schema::Source::Database(url)) => {
            let mut connection = Connection::connect(&url, "howdah trace")?;
            read::snapshot(&mut connection, &read::Options::default())?.schema
        }
        Some(schema::Source::Snapshot(path)) => {
            let snapshot = Snapshot::parse(&text(&path)?);
            let why = || format!("`{named}` is no snapshot of `howdah schema dump`");
            snapshot.with_context(why)?.schema
        }
        Some(schema::Source::Models(modules)) => schema::declared(&modules, context)?,
        Some(schema::Source::Script(_)) | None => return text(Path::new(named)),
    };
    Ok(statements(&schema))
}

fn statements(schema: &Schema) -> String {
    ddl::create(schema).join(";\n") + ";\n"
}

/// The application's statements.
pub(super) fn workload(file: &Path) -> anyhow::Result<Vec<Recorded>> {
    howdah_trace::read_workload(&text(file)?).with_context(|| format!("`{}`", file.display()))
}

fn text(file: &Path) -> anyhow::Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .context("stdin cannot be read")?;
        return Ok(text);
    }
    std::fs::read_to_string(file).with_context(|| format!("`{}` cannot be read", file.display()))
}
