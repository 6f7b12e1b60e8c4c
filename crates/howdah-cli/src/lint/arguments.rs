//! The arguments of `howdah lint`.
//!
//! No IO. Invariant: `docs/cli.md` and `docs/lint.md` describe every one.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use howdah_sql::lint::{Level, Severity};

use super::config;
use super::history::When;
use super::render::Form;

/// Arguments of `howdah lint`.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)] // each is a flag of the command line
#[command(
    after_help = "Exit codes: 0 clean, 5 something was found, 1 it failed, 2 the arguments are wrong."
)]
pub(crate) struct Arguments {
    /// Files, folders, patterns such as `migrations/**/*.sql`, or `-` for standard input; with `--django`, the
    /// applications [default: the current folder]
    #[arg(value_name = "FILES")]
    pub(super) files: Vec<PathBuf>,
    /// The name of what comes through standard input: for its configuration, and in what is printed
    #[arg(long, value_name = "NAME")]
    pub(super) stdin_filename: Option<PathBuf>,
    /// Leave out files and folders of this pattern; may be repeated
    #[arg(long, value_name = "PATTERN")]
    pub(super) exclude: Vec<String>,

    /// Major version of the server [default: that of `--db`, else 15]
    #[arg(long, value_name = "N", value_parser = version, help_heading = "What is known")]
    pub(super) pg_version: Option<u32>,
    /// Whatever runs the files begins a transaction around each
    #[arg(long, help_heading = "What is known")]
    pub(super) assume_in_transaction: bool,
    /// Whether the files of a folder are read each on what those before it have made
    #[arg(long, value_enum, value_name = "WHEN", help_heading = "What is known")]
    pub(super) history: Option<When>,
    /// A database, as a URL or connection string: its version, tables, sizes, constraints
    #[arg(
        long,
        value_name = "URL",
        help_heading = "What is known",
        conflicts_with = "schema"
    )]
    pub(super) db: Option<String>,
    /// A snapshot of a schema, `.json` or `.sql`, in place of a database
    #[arg(long, value_name = "FILE", help_heading = "What is known")]
    pub(super) schema: Option<PathBuf>,
    /// The migrations of a Django project: its `manage.py`
    #[arg(long, value_name = "MANAGE", help_heading = "What is known", conflicts_with_all = ["alembic", "stdin_filename", "fix"])]
    pub(super) django: Option<PathBuf>,
    /// The migrations of an Alembic project: its `alembic.ini`
    #[arg(long, value_name = "INI", help_heading = "What is known", conflicts_with_all = ["files", "stdin_filename", "fix"])]
    pub(super) alembic: Option<PathBuf>,

    /// Run the files on a scratch server as well, with the schema of `--schema` or `--db`, and print what they really lock
    #[arg(long, help_heading = "What is known", conflicts_with_all = ["django", "alembic", "fix", "stdin_filename", "write_baseline"])]
    pub(super) trace: bool,

    /// What a rule counts for: off, on, note, warning, error; may be repeated
    #[arg(long, value_name = "NAME=LEVEL", value_parser = rule, help_heading = "Rules")]
    pub(super) rule: Vec<(String, Level)>,
    /// Only this rule; may be repeated
    #[arg(long, value_name = "NAME", help_heading = "Rules")]
    pub(super) only: Vec<String>,
    /// This configuration, whatever lies beside the files
    #[arg(
        long,
        value_name = "FILE",
        help_heading = "Rules",
        conflicts_with = "no_config"
    )]
    pub(super) config: Option<PathBuf>,
    /// No configuration
    #[arg(long, help_heading = "Rules")]
    pub(super) no_config: bool,
    /// Print what a rule is about
    #[arg(long, value_name = "RULE", help_heading = "Rules")]
    pub(super) explain: Option<String>,
    /// List the rules
    #[arg(long, help_heading = "Rules")]
    pub(super) list: bool,

    /// How findings are printed
    #[arg(long, value_enum, value_name = "FORM", help_heading = "Output")]
    format: Option<Form>,
    /// Write another form to a file meanwhile; may be repeated
    #[arg(long, value_name = "FORM=FILE", value_parser = report, help_heading = "Output")]
    pub(super) report: Vec<(Form, PathBuf)>,
    /// Colours
    #[arg(
        long,
        value_enum,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Output"
    )]
    pub(super) color: Color,
    /// The gravity from which the exit code is 5 [default: error]
    #[arg(long, value_enum, value_name = "SEVERITY", help_heading = "Output")]
    pub(super) fail_on: Option<FailOn>,
    /// Leave out what this file lists as known
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(super) baseline: Option<PathBuf>,
    /// List everything that is found as known
    #[arg(long, value_name = "FILE", help_heading = "Output", conflicts_with_all = ["baseline", "fix"])]
    pub(super) write_baseline: Option<PathBuf>,
    /// With `--fix`, make edits as well that a program may notice, such as other types for new columns
    #[arg(long, help_heading = "Output", requires = "fix")]
    pub(super) unsafe_fixes: bool,
    /// Make the edits that are safe; what comes through standard input goes to stdout
    #[arg(long, help_heading = "Output")]
    pub(super) fix: bool,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On terminals, unless NO_COLOR is set
    Auto,
    /// Everywhere
    Always,
    /// Nowhere
    Never,
}

/// From which gravity on a run has found something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// From notes on
    Note,
    /// From warnings on
    Warning,
    /// Errors only
    Error,
    /// Never
    Never,
}

impl FailOn {
    /// The gravity; none: never.
    pub(super) fn severity(self) -> Option<Severity> {
        match self {
            Self::Note => Some(Severity::Note),
            Self::Warning => Some(Severity::Warning),
            Self::Error => Some(Severity::Error),
            Self::Never => None,
        }
    }
}

/// A project whose tool writes the SQL.
#[derive(Debug)]
pub(crate) enum Project {
    Django { manage: PathBuf, apps: Vec<String> },
    Alembic { ini: PathBuf },
}

impl Arguments {
    pub(super) fn form(&self) -> Form {
        self.format.unwrap_or(Form::Text)
    }

    pub(super) fn project(&self) -> Option<Project> {
        let apps = self
            .files
            .iter()
            .map(|it| it.to_string_lossy().into_owned());
        match (&self.django, &self.alembic) {
            (Some(manage), _) => Some(Project::Django {
                manage: manage.clone(),
                apps: apps.collect(),
            }),
            (None, Some(ini)) => Some(Project::Alembic { ini: ini.clone() }),
            (None, None) => None,
        }
    }
}

fn version(text: &str) -> Result<u32, String> {
    config::version(text).ok_or_else(|| "expected a major version such as `15`".to_owned())
}

fn rule(text: &str) -> Result<(String, Level), String> {
    let (name, level) = text
        .split_once('=')
        .ok_or("expected a rule and its level, such as `blocking-check=warning`")?;
    let level = Level::from_name(level).ok_or_else(|| {
        let names: Vec<_> = Level::NAMES.iter().map(|it| format!("`{it}`")).collect();
        format!("expected one of {}, found `{level}`", names.join(", "))
    })?;
    Ok((name.to_owned(), level))
}

fn report(text: &str) -> Result<(Form, PathBuf), String> {
    let (form, file) = text
        .split_once('=')
        .ok_or("expected a form and a file, such as `sarif=lint.sarif`")?;
    Ok((Form::from_str(form, false)?, PathBuf::from(file)))
}
