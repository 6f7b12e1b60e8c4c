//! One text looked at, and what was found in it given its place.
//!
//! IO: reads the text; with `--fix` writes the file anew, beside it first, so that it is never half written. Called from
//! several threads. Invariant: positions are those of the text before it was edited if nothing was edited, else after.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use howdah_sql::catalog::Catalog;
use howdah_sql::lint::{self, DEFAULT_VERSION, Finding, Report, Settings};
use howdah_sql::text::Lines;

use super::arguments::Arguments;
use super::config::{Config, Configs, rules_named};
use super::files::{Input, shown};
use super::parts;
use super::render::{Excerpt, FileReport, Located};
use super::rendered::Migration;
use crate::known::Known;

/// What came of one file.
pub(super) struct Checked {
    pub(super) report: FileReport,
    /// What its folder says.
    pub(super) config: Arc<Config>,
    /// How many findings were edited away.
    pub(super) fixed: usize,
    /// The edited text of standard input.
    pub(super) stdin: Option<String>,
}

/// What all files have in common.
pub(super) struct Checker<'a> {
    arguments: &'a Arguments,
    configs: &'a Configs,
    known: &'a Known,
    /// What the command line says about rules; wins over configurations.
    levels: Vec<(&'static str, lint::Level)>,
    only: Vec<&'static str>,
}

impl<'a> Checker<'a> {
    pub(super) fn new(
        arguments: &'a Arguments,
        configs: &'a Configs,
        known: &'a Known,
    ) -> anyhow::Result<Self> {
        let mut levels = Vec::new();
        for (name, level) in &arguments.rule {
            levels.extend(rules_named(name)?.into_iter().map(|it| (it.name, *level)));
        }
        let mut only = Vec::new();
        for name in &arguments.only {
            only.extend(rules_named(name)?.into_iter().map(|it| it.name));
        }
        Ok(Self {
            arguments,
            configs,
            known,
            levels,
            only,
        })
    }

    /// Looks at one file.
    pub(super) fn check(&self, input: &Input) -> anyhow::Result<Checked> {
        let text = input.read()?;
        let (config, path) = self.config(input.path())?;
        let known = self.known.of(config.schema.as_deref())?;
        let mut settings = self.settings(&config, &path, known.version);
        let parts = parts::parts(&text);
        if !parts.is_empty() {
            // howdah's runner decides about transactions statement by statement
            settings.assume_in_transaction = false;
            if self.arguments.fix {
                let name = shown(input.path());
                talk!(
                    "note: `{name}` is left as it is: a migration that was applied must not change"
                );
            }
            return Ok(checked_parts(
                input,
                &text,
                &parts,
                config,
                &known.catalog,
                &settings,
            ));
        }
        if self.arguments.fix {
            return fix(input, &text, config, &known.catalog, &settings);
        }
        let report = lint::lint(&text, &known.catalog, &settings);
        Ok(Checked {
            report: file_report(input.path(), &text, report),
            config,
            fixed: 0,
            stdin: None,
        })
    }

    /// Migrations in their order, each on what those before it have made.
    pub(super) fn sequence(
        &self,
        migrations: &[Migration],
        take: &mut dyn FnMut(anyhow::Result<Checked>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut catalog: Option<Catalog> = None;
        for migration in migrations {
            let (config, path) = self.config(&migration.path)?;
            let known = self.known.of(config.schema.as_deref())?;
            let mut settings = self.settings(&config, &path, known.version);
            settings.assume_in_transaction = migration.atomic;
            let text = migration.text();
            // with a database or snapshot its state is known better than migrations tell it
            let before = catalog.take().unwrap_or_else(|| known.catalog.clone());
            let report = lint::lint(&text, &before, &settings);
            catalog = Some(report.catalog.clone().settled());
            if migration.quiet || config.excludes(&path) {
                continue;
            }
            if let Some(error) = &migration.error {
                take(Err(anyhow::anyhow!("{}: {error}", shown(&migration.path))))?;
            }
            take(Ok(Checked {
                report: migration.place(&text, report),
                config,
                fixed: 0,
                stdin: None,
            }))?;
        }
        Ok(())
    }

    fn config(&self, path: &Path) -> anyhow::Result<(Arc<Config>, PathBuf)> {
        let path = std::path::absolute(path)?;
        let folder = path.parent().unwrap_or(Path::new("/"));
        Ok((self.configs.of_folder(folder)?, path))
    }

    fn settings(&self, config: &Config, path: &Path, known: Option<u32>) -> Settings {
        let configured = config.of(path);
        let version = self
            .arguments
            .pg_version
            .or(known)
            .or(configured.pg_version);
        let assumed = configured.assume_in_transaction.unwrap_or(false);
        let mut levels: std::collections::HashMap<_, _> = configured.rules.into_iter().collect();
        levels.extend(self.levels.iter().copied());
        Settings {
            version: version.unwrap_or(DEFAULT_VERSION),
            assume_in_transaction: self.arguments.assume_in_transaction || assumed,
            levels,
            only: self.only.clone(),
            session: configured.session.into_iter().collect(),
        }
    }
}

/// The parts of one of howdah's migrations, each on what those before it have made.
fn checked_parts(
    input: &Input,
    text: &str,
    parts: &[String],
    config: Arc<Config>,
    known: &Catalog,
    settings: &Settings,
) -> Checked {
    let mut catalog = known.clone();
    let mut whole = Report::default();
    for part in parts {
        let mut report = lint::lint(part, &catalog, settings);
        for finding in &mut report.findings {
            // whoever applied the file knows it by its checksum
            finding.fix = None;
        }
        catalog = std::mem::take(&mut report.catalog).settled();
        whole.findings.append(&mut report.findings);
        whole.statements += report.statements;
        whole.suppressed += report.suppressed;
    }
    Checked {
        report: file_report(input.path(), text, whole),
        config,
        fixed: 0,
        stdin: None,
    }
}

/// One text with its edits made.
fn fix(
    input: &Input,
    text: &str,
    config: Arc<Config>,
    known: &Catalog,
    settings: &Settings,
) -> anyhow::Result<Checked> {
    let fixed = lint::fix(text, known, settings);
    let mut stdin = None;
    match input {
        Input::Stdin(_) => stdin = Some(fixed.text.clone()),
        Input::File(path) if fixed.text != text => replace(path, &fixed.text)?,
        Input::File(_) => {}
    }
    Ok(Checked {
        report: file_report(input.path(), &fixed.text, fixed.report),
        config,
        fixed: fixed.fixed,
        stdin,
    })
}

/// Findings with their places in the file.
fn file_report(path: &Path, text: &str, report: Report) -> FileReport {
    let lines = Lines::new(text);
    let locate = |finding: Finding| {
        let start = lines.position(finding.span.start);
        Located {
            start,
            end: lines.position(finding.span.end),
            excerpt: Excerpt::new(text, &finding.span.range(), start.line as usize),
            finding,
        }
    };
    FileReport {
        path: shown(path),
        findings: report.findings.into_iter().map(locate).collect(),
        statements: report.statements,
        suppressed: report.suppressed,
        baselined: 0,
    }
}

/// Puts a text in place of a file, which is whole at every moment.
fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let error = || format!("`{}` cannot be written", path.display());
    // what a link leads to is replaced, not the link
    let path = std::fs::canonicalize(path).with_context(error)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.howdah", std::process::id()));
    let beside = path.with_file_name(name);
    let written = std::fs::write(&beside, text)
        .and_then(|()| std::fs::set_permissions(&beside, std::fs::metadata(&path)?.permissions()))
        .and_then(|()| std::fs::rename(&beside, &path));
    if written.is_err() {
        // what is left beside the file helps nobody
        let _ = std::fs::remove_file(&beside);
    }
    written.with_context(error)
}
