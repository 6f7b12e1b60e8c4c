//! `howdah lint`: what SQL would do to a database that is in use, before it does.
//!
//! IO: reads files, folders, standard input, a database or a snapshot of one; writes what was found to stdout or files,
//! and with `--fix` the files themselves. Invariant: clean, found something, and failed have exit codes of their own, and
//! what could not be read is never taken for clean.

mod arguments;
mod baseline;
mod check;
pub(crate) mod config;
mod explain;
pub(crate) mod files;
mod glob;
mod history;
mod output;
mod parallel;
pub(crate) mod parts;
mod render;
mod rendered;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arguments::FailOn;
pub(crate) use arguments::{Arguments, Project};
use baseline::Baseline;
use check::{Checked, Checker};
use config::{Config, Configs};
use files::Input;
use history::Batch;
use output::Output;
use render::Totals;
pub(crate) use rendered::{Migration, migrations};

use howdah_sql::text::is_howdahs;

use crate::known::Known;
use crate::{Context, exit};

pub(crate) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<i32> {
    if let Some(rule) = &arguments.explain {
        return explain::explain(rule);
    }
    if arguments.list {
        return explain::list(arguments.form());
    }
    let configs = if arguments.no_config {
        Configs::isolated()
    } else {
        Configs::new(arguments.config.as_deref())?
    };
    let known = Known::new(arguments.db.as_deref(), arguments.schema.as_deref())?;
    let checker = Checker::new(arguments, &configs, &known)?;
    let mut run = Run::new(arguments)?;
    if let Some(project) = arguments.project() {
        let migrations = migrations(&project, context)?;
        checker.sequence(&migrations, &mut |checked| run.take(checked))?;
    } else {
        let inputs = pending(inputs(arguments, &configs)?, &known);
        if inputs.is_empty() {
            talk!(
                "note: there is nothing to look at: no file that ends in `.sql` and is not excluded"
            );
        }
        let batches = history::batches(inputs, |folder| checker.history_of(folder));
        for batch in &batches {
            match batch {
                Batch::Alone(inputs) => {
                    let work = |input: &Input| checker.check(input);
                    parallel::in_order(inputs, work, |checked| run.take(checked))?;
                }
                Batch::History(steps) => checker.history(steps, &mut |it| run.take(it))?,
            }
        }
        if arguments.trace {
            match trace(arguments, &configs, batches, context) {
                Ok(Some(report)) => run.traced(&report)?,
                Ok(None) => {}
                // what was found is whole all the same
                Err(error) => run.fail(&error),
            }
        }
    }
    run.end()
}

/// What the files really do, on a copy of the schema that is known; nothing where there is none.
fn trace(
    arguments: &Arguments,
    configs: &Configs,
    batches: Vec<Batch>,
    context: &Context,
) -> anyhow::Result<Option<howdah_trace::Report>> {
    let mut files = Vec::new();
    for batch in batches {
        let inputs: Vec<Input> = match batch {
            Batch::Alone(inputs) => inputs,
            Batch::History(steps) => {
                let forward = steps.into_iter().filter(|it| !it.undoes);
                forward.map(|it| it.input).collect()
            }
        };
        for input in inputs {
            let Input::File(path) = input else {
                anyhow::bail!("`--trace` runs files, and standard input was read already")
            };
            files.push(path);
        }
    }
    let Some(first) = files.first() else {
        return Ok(None);
    };
    let folder = std::path::absolute(first)?;
    let config = configs.of_folder(folder.parent().unwrap_or(Path::new("/")))?;
    let snapshot = arguments.schema.as_ref().or(config.schema.as_ref());
    let snapshot = snapshot.map(|it| it.display().to_string());
    let schema = arguments.db.as_deref().or(snapshot.as_deref());
    let atomic = arguments.assume_in_transaction;
    crate::trace::beside_findings(&files, schema, atomic, context).map(Some)
}

/// What the command line means; nothing: the current folder.
fn inputs(arguments: &Arguments, configs: &Configs) -> anyhow::Result<Vec<Input>> {
    let is_stdin = |it: &PathBuf| it.as_os_str() == "-";
    if arguments.files.iter().any(is_stdin) {
        anyhow::ensure!(
            arguments.files.len() == 1,
            "`-` stands for standard input, and alone"
        );
        let name = arguments.stdin_filename.clone();
        return Ok(vec![Input::Stdin(
            name.unwrap_or_else(|| "stdin.sql".into()),
        )]);
    }
    let here = [PathBuf::from(".")];
    let named = if arguments.files.is_empty() {
        &here
    } else {
        arguments.files.as_slice()
    };
    let excludes: Vec<_> = arguments
        .exclude
        .iter()
        .map(|it| glob::Glob::new(it))
        .collect();
    let mut folders = HashMap::new();
    let inputs = files::find(named, &mut |path| {
        if excludes.iter().any(|it| it.holds(path)) {
            return Ok(true);
        }
        let path = std::path::absolute(path)?;
        let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
        let config = match folders.get(&folder) {
            Some(config) => Arc::clone(config),
            None => {
                let config: Arc<Config> = configs.of_folder(&folder)?;
                folders.insert(folder, Arc::clone(&config));
                config
            }
        };
        Ok(config.excludes(&path))
    })?;
    Ok(if named.len() > 1 {
        each_once(inputs)
    } else {
        inputs
    })
}

/// Without the migrations of howdah's that the database has had: it is their outcome.
fn pending(mut inputs: Vec<Input>, known: &Known) -> Vec<Input> {
    let count = inputs.len();
    inputs.retain(|it| {
        let name = it.path().file_stem().unwrap_or_default();
        let is_file = matches!(it, Input::File(_));
        let is_applied = is_file && known.has_applied(&name.to_string_lossy());
        !(is_applied && it.read().is_ok_and(|text| is_howdahs(&text)))
    });
    let left_out = count - inputs.len();
    if left_out > 0 {
        let (files, were) = if left_out == 1 {
            ("migration", "was")
        } else {
            ("migrations", "were")
        };
        talk!(
            "note: {left_out} {files} of howdah's {were} applied to the database before, and left out"
        );
    }
    inputs
}

/// Several names may mean one file: its first one stays.
fn each_once(mut inputs: Vec<Input>) -> Vec<Input> {
    let mut seen = HashSet::new();
    inputs.retain(|it| {
        let path = it.path();
        seen.insert(std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()))
    });
    inputs
}

/// What is collected over all files.
struct Run<'a> {
    arguments: &'a Arguments,
    output: Output,
    totals: Totals,
    baselines: HashMap<PathBuf, Baseline>,
    written: Option<Baseline>,
    /// Findings that the exit code tells of.
    grave: usize,
    failed: bool,
    /// What went wrong, each told once however many files it is about.
    told: HashSet<String>,
}

impl<'a> Run<'a> {
    fn new(arguments: &'a Arguments) -> anyhow::Result<Self> {
        let written = arguments.write_baseline.as_deref();
        Ok(Self {
            arguments,
            output: Output::new(arguments)?,
            totals: Totals::default(),
            baselines: HashMap::new(),
            written: written.map(Baseline::new).transpose()?,
            grave: 0,
            failed: false,
            told: HashSet::new(),
        })
    }

    /// The next file. One that fails is told of, and the others are looked at nevertheless.
    fn take(&mut self, checked: anyhow::Result<Checked>) -> anyhow::Result<()> {
        let mut checked = match checked {
            Ok(checked) => checked,
            Err(error) => {
                self.fail(&error);
                return Ok(());
            }
        };
        if let Some(written) = &mut self.written {
            written.add(&checked.report);
        } else if let Some(path) = self.baseline(&checked.config) {
            let known = match self.baselines.get(&path) {
                Some(known) => known,
                None => {
                    let known = Baseline::read(&path)?;
                    self.baselines.entry(path).or_insert(known)
                }
            };
            known.apply(&mut checked.report);
        }
        let fail_on = self.arguments.fail_on.or(checked.config.fail_on);
        let threshold = fail_on.unwrap_or(FailOn::Error).severity();
        checked.report.threshold = threshold;
        let mut totals = Totals::default();
        totals.add(&checked.report);
        self.grave += threshold.map_or(0, |it| totals.at_least(it));
        self.totals.add(&checked.report);
        self.totals.fixed += checked.fixed;
        if let Some(text) = &checked.stdin {
            output::fixed_stdin(text)?;
        }
        if self.written.is_none() {
            self.output.file(&checked.report)?;
        }
        Ok(())
    }

    fn fail(&mut self, error: &anyhow::Error) {
        self.failed = true;
        if self.told.insert(format!("{error:#}")) {
            crate::failure::report(error);
        }
    }

    /// What the files have done on a scratch server.
    fn traced(&mut self, report: &howdah_trace::Report) -> anyhow::Result<()> {
        self.failed |= !report.is_whole();
        self.output.traced(report)
    }

    fn baseline(&self, config: &Config) -> Option<PathBuf> {
        let named = self.arguments.baseline.clone();
        named.or_else(|| config.baseline.clone())
    }

    fn end(mut self) -> anyhow::Result<i32> {
        if let (Some(written), Some(path)) = (&self.written, &self.arguments.write_baseline) {
            written.write(path)?;
            let count = render::plural(written.len(), "finding");
            talk!("`{}` lists {count} as known", path.display());
            return Ok(if self.failed { exit::FAILURE } else { exit::OK });
        }
        self.output.end(&self.totals)?;
        Ok(if self.failed {
            exit::FAILURE
        } else if self.grave > 0 {
            exit::FOUND
        } else {
            exit::OK
        })
    }
}
