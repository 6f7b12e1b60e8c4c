//! One text looked at, and what was found in it given its place.
//!
//! IO: reads the text; with `--fix` writes the file anew, beside it first, so that it is never half written. Called from
//! several threads. Invariant: positions are those of the text before it was edited if nothing was edited, else after.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use howdah_sql::catalog::Catalog;
use howdah_sql::lint::{self, DEFAULT_VERSION, Finding, Report, Settings, Severity};
use howdah_sql::text::{Lines, made_for};

use super::arguments::Arguments;
use super::config::{Config, Configs, rules_named};
use super::files::{Input, shown};
use super::history::{Step, When};
use super::parts::{self, Part};
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

    /// Whether the files of a folder form a history.
    pub(super) fn history_of(&self, folder: &Path) -> When {
        let config = self.config(&folder.join("any.sql")).ok();
        let config = config.map(|(config, _)| config).unwrap_or_default();
        // what is known of a database is its state behind its history
        let is_known = self.known.is_named() || config.schema.is_some();
        match self.arguments.history.or(config.history) {
            None | Some(When::Auto) if is_known => When::Never,
            when => when.unwrap_or(When::Auto),
        }
    }

    /// Looks at one file.
    pub(super) fn check(&self, input: &Input) -> anyhow::Result<Checked> {
        let text = input.read()?;
        self.check_on(input, &text, None, false)
            .map(|(checked, _)| checked)
    }

    /// Looks at files in their order, each on what those before it have made.
    pub(super) fn history(
        &self,
        steps: &[Step],
        take: &mut dyn FnMut(anyhow::Result<Checked>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut catalog: Option<Catalog> = None;
        for step in steps {
            let text = match step.input.read() {
                Ok(text) => text,
                Err(error) => {
                    take(Err(error))?;
                    continue;
                }
            };
            let before = if step.undoes {
                catalog.clone()
            } else {
                catalog.take()
            };
            let (checked, after) = self.check_on(&step.input, &text, before, step.undoes)?;
            if !step.undoes {
                catalog = Some(after.settled());
            }
            take(Ok(checked))?;
        }
        Ok(())
    }

    /// Looks at one text; `before` is what exists, where files before it have said so; `undoes`: it takes back one of them.
    fn check_on(
        &self,
        input: &Input,
        text: &str,
        before: Option<Catalog>,
        undoes: bool,
    ) -> anyhow::Result<(Checked, Catalog)> {
        let (config, path) = self.config(input.path())?;
        let known = self.known.of(config.schema.as_deref())?;
        let settings = Settings {
            undoes,
            ..self.settings(&config, &path, known.version, made_for(text))
        };
        let before = before.unwrap_or_else(|| known.catalog.clone());
        let parts = parts::parts(text);
        if !parts.is_empty() {
            if self.arguments.fix {
                let name = shown(input.path());
                talk!(
                    "note: `{name}` is left as it is: a migration that was applied must not change"
                );
            }
            return Ok(checked_parts(
                input, text, &parts, config, before, &settings,
            ));
        }
        if self.arguments.fix {
            return fix(input, text, config, &before, &settings);
        }
        let mut report = lint::follow(text, before, &settings);
        let after = std::mem::take(&mut report.catalog);
        let checked = Checked {
            report: file_report(input.path(), text, report),
            config,
            fixed: 0,
            stdin: None,
        };
        Ok((checked, after))
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
            let mut settings = self.settings(&config, &path, known.version, None);
            settings.assume_in_transaction = migration.atomic;
            settings.of_tool = migration.of_tool();
            let text = migration.text();
            // with a database or snapshot its state is known better than migrations tell it
            let before = catalog.take().unwrap_or_else(|| known.catalog.clone());
            let mut report = lint::follow(&text, before, &settings);
            catalog = Some(std::mem::take(&mut report.catalog).settled());
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

    /// What the linter is told; `known` is the server's version, `made_for` the one that the text names.
    fn settings(
        &self,
        config: &Config,
        path: &Path,
        known: Option<u32>,
        made_for: Option<u32>,
    ) -> Settings {
        let configured = config.of(path);
        let version = self
            .arguments
            .pg_version
            .or(known)
            .or(configured.pg_version)
            .or(made_for);
        let assumed = configured.assume_in_transaction.unwrap_or(false);
        let mut levels: HashMap<_, _> = configured.rules.into_iter().collect();
        levels.extend(self.levels.iter().copied());
        Settings {
            version: version.unwrap_or(DEFAULT_VERSION),
            assume_in_transaction: self.arguments.assume_in_transaction || assumed,
            levels,
            only: self.only.clone(),
            unsafe_fixes: self.arguments.unsafe_fixes,
            undoes: false,
            session: configured.session.into_iter().collect(),
            of_tool: Vec::new(),
        }
    }
}

/// The way up and the way down, each on what is before it has made; what stays is what the way up makes.
fn checked_parts(
    input: &Input,
    text: &str,
    parts: &[Part],
    config: Arc<Config>,
    known: Catalog,
    settings: &Settings,
) -> (Checked, Catalog) {
    let (mut catalog, mut after) = (known, None);
    let mut whole = Report::default();
    for part in parts {
        if !part.up && after.is_none() {
            after = Some(catalog.clone());
        }
        let assumed = part.transaction;
        let settings = Settings {
            assume_in_transaction: assumed.unwrap_or(settings.assume_in_transaction),
            undoes: !part.up,
            ..settings.clone()
        };
        let mut report = lint::follow(&part.text, catalog, &settings);
        catalog = std::mem::take(&mut report.catalog).settled();
        for finding in &mut report.findings {
            // whoever applied the file knows it by its checksum
            finding.fix = None;
        }
        whole.findings.append(&mut report.findings);
        whole.statements += report.statements;
        whole.suppressed += report.suppressed;
    }
    let checked = Checked {
        report: file_report(input.path(), text, said_once(whole, parts)),
        config,
        fixed: 0,
        stdin: None,
    };
    (checked, after.unwrap_or(catalog))
}

/// The comments before the first mark belong to every part: what is said of them counts where all parts say it.
fn said_once(mut report: Report, parts: &[Part]) -> Report {
    let mut said: HashMap<(u32, u32, &'static str), usize> = HashMap::new();
    let key = |it: &Finding| (it.span.start, it.span.end, it.rule.name);
    let is_of_script = |it: &Finding| it.rule.group == lint::Group::Script;
    for finding in report.findings.iter().filter(|it| is_of_script(it)) {
        *said.entry(key(finding)).or_default() += 1;
    }
    let head = parts.first().map_or(0, |it| it.begins);
    let mut kept = HashSet::new();
    report.findings.retain(|it| {
        let is_of_head = is_of_script(it) && it.span.start < head;
        !is_of_head || (said.get(&key(it)) == Some(&parts.len()) && kept.insert(key(it)))
    });
    report
}

/// One text with its edits made.
fn fix(
    input: &Input,
    text: &str,
    config: Arc<Config>,
    known: &Catalog,
    settings: &Settings,
) -> anyhow::Result<(Checked, Catalog)> {
    let mut fixed = lint::fix(text, known, settings);
    let mut stdin = None;
    match input {
        Input::Stdin(_) => stdin = Some(fixed.text.clone()),
        Input::File(path) if fixed.text != text => replace(path, &fixed.text)?,
        Input::File(_) => {}
    }
    let after = std::mem::take(&mut fixed.report.catalog);
    let checked = Checked {
        report: file_report(input.path(), &fixed.text, fixed.report),
        config,
        fixed: fixed.fixed,
        stdin,
    };
    Ok((checked, after))
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
        threshold: Some(Severity::Error),
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
