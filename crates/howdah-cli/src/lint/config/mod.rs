//! What a project says about linting: `howdah.toml`, `pyproject.toml`, or Squawk's `.squawk.toml`.
//!
//! IO: reads those files. The nearest folder with one of them, upwards from the file that is linted, decides alone;
//! within it `howdah.toml` comes first. Invariant: a file is read once in a run, and what it says wrong is an error,
//! never a default.

mod howdah;
mod reader;
mod squawk;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use howdah_sql::lint::{Level, Rule};

pub(crate) use reader::closest;

use super::arguments::FailOn;
use super::glob::Glob;
use super::history::When;

/// The files that may hold a configuration, best first, with what reads them.
const FILES: [(&str, Reader); 3] = [
    ("howdah.toml", howdah::own),
    ("pyproject.toml", howdah::pyproject),
    (".squawk.toml", squawk::read),
];

/// Reads a configuration from a text; `None` where the file says nothing about linting.
type Reader = fn(&Path, &str) -> anyhow::Result<Option<Config>>;

/// What one file says.
#[derive(Debug, Clone, Default)]
pub(super) struct Config {
    /// Which file says it; none where there is no such file.
    pub(crate) path: Option<PathBuf>,
    /// What it says about all files.
    pub(crate) settings: Settings,
    /// What it says about some, in order: later ones win.
    pub(crate) overrides: Vec<(Vec<Glob>, Settings)>,
    /// Files that are left out.
    pub(crate) exclude: Vec<Glob>,
    /// Where findings are listed that are known already.
    pub(crate) baseline: Option<PathBuf>,
    /// A snapshot of the schema that is there before the files run.
    pub(crate) schema: Option<PathBuf>,
    /// The gravity from which the exit code says so.
    pub(crate) fail_on: Option<FailOn>,
    /// Whether the files of a folder form a history.
    pub(crate) history: Option<When>,
}

/// What can be said of all files, and otherwise of some.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Settings {
    pub(crate) pg_version: Option<u32>,
    pub(crate) assume_in_transaction: Option<bool>,
    pub(crate) rules: BTreeMap<&'static str, Level>,
    /// Parameters that whatever runs the files has set: by its role, by a hook.
    pub(crate) session: BTreeMap<String, String>,
}

impl Settings {
    /// With what another says in addition, or otherwise.
    fn with(mut self, other: &Self) -> Self {
        self.pg_version = other.pg_version.or(self.pg_version);
        self.assume_in_transaction = other.assume_in_transaction.or(self.assume_in_transaction);
        self.rules.extend(&other.rules);
        self.session.extend(other.session.clone());
        self
    }

    /// Adds a level for every rule of that name; whether there is any.
    pub(crate) fn set(&mut self, name: &str, level: Level) -> bool {
        let rules = howdah_sql::lint::named(name);
        for rule in &rules {
            self.rules.insert(rule.name, level);
        }
        !rules.is_empty()
    }
}

impl Config {
    /// The folder that its patterns and paths are relative to.
    pub(crate) fn root(&self) -> &Path {
        let parent = self.path.as_deref().and_then(Path::parent);
        parent.unwrap_or(Path::new(""))
    }

    /// What it says about a file.
    pub(crate) fn of(&self, path: &Path) -> Settings {
        let path = self.relative(path);
        let fitting = self
            .overrides
            .iter()
            .filter(|(globs, _)| globs.iter().any(|it| it.holds(path)));
        fitting.fold(self.settings.clone(), |settings, (_, other)| {
            settings.with(other)
        })
    }

    /// Whether it leaves a file out.
    pub(crate) fn excludes(&self, path: &Path) -> bool {
        let path = self.relative(path);
        self.exclude.iter().any(|it| it.holds(path))
    }

    fn relative<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(self.root()).unwrap_or(path)
    }
}

/// The configurations of a run, by folder.
#[derive(Debug, Default)]
pub(super) struct Configs {
    /// The one that `--config` names.
    only: Option<Arc<Config>>,
    /// Those that were found.
    folders: Mutex<HashMap<PathBuf, Arc<Config>>>,
}

impl Configs {
    /// All files follow one configuration; `None`: each the one above it.
    pub(crate) fn new(only: Option<&Path>) -> anyhow::Result<Self> {
        let read_only = |path: &Path| {
            let path = std::path::absolute(path)?;
            let config = read(&path)?;
            Ok::<_, anyhow::Error>(Arc::new(config.unwrap_or_else(|| Config {
                path: Some(path),
                ..Config::default()
            })))
        };
        Ok(Self {
            only: only.map(read_only).transpose()?,
            folders: Mutex::default(),
        })
    }

    /// No configuration at all.
    pub(crate) fn isolated() -> Self {
        Self {
            only: Some(Arc::default()),
            folders: Mutex::default(),
        }
    }

    /// What holds for files of an absolute folder.
    pub(crate) fn of_folder(&self, folder: &Path) -> anyhow::Result<Arc<Config>> {
        if let Some(only) = &self.only {
            return Ok(Arc::clone(only));
        }
        if let Some(known) = self.lock().get(folder) {
            return Ok(Arc::clone(known));
        }
        let found = match (here(folder)?, folder.parent()) {
            (Some(config), _) => Arc::new(config),
            (None, Some(parent)) => self.of_folder(parent)?,
            (None, None) => Arc::default(),
        };
        self.lock().insert(folder.to_owned(), Arc::clone(&found));
        Ok(found)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, Arc<Config>>> {
        // a panic elsewhere leaves the map as good as it was
        self.folders
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The configuration that stands in the folder itself.
fn here(folder: &Path) -> anyhow::Result<Option<Config>> {
    for (name, _) in FILES {
        let path = folder.join(name);
        if path.is_file()
            && let Some(config) = read(&path)?
        {
            return Ok(Some(config));
        }
    }
    Ok(None)
}

fn read(path: &Path) -> anyhow::Result<Option<Config>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("`{}` cannot be read", path.display()))?;
    let name = path.file_name().unwrap_or_default();
    let reader = FILES
        .iter()
        .find(|(known, _)| name == *known)
        .map_or(howdah::own as Reader, |(_, reader)| *reader);
    let config = reader(path, &text)?;
    Ok(config.map(|config| Config {
        path: Some(path.to_owned()),
        ..config
    }))
}

/// What is said about a name that no rule has.
fn unknown_rule(name: &str) -> (String, String) {
    if let Some(theirs) = howdah_sql::lint::left_out(name) {
        return (
            format!("`{name}` of {} has no rule here", theirs.tool),
            format!("{}; it can be left out", theirs.why),
        );
    }
    let hint = match howdah_sql::lint::closest(name) {
        Some(close) => format!("`{close}` is meant?"),
        None => "`howdah lint --list` lists the rules".to_owned(),
    };
    (format!("there is no rule `{name}`"), hint)
}

/// The rules of a name, or what to say.
pub(crate) fn rules_named(name: &str) -> anyhow::Result<Vec<&'static Rule>> {
    let rules = howdah_sql::lint::named(name);
    if rules.is_empty() {
        let (message, hint) = unknown_rule(name);
        return Err(crate::failure::Hinted::new(anyhow::anyhow!(message), hint).into());
    }
    Ok(rules)
}

/// PostgreSQL's major versions that can be asked for.
const VERSIONS: std::ops::RangeInclusive<u32> = 9..=19;

/// A version as people write it: `15`, `15.2`, `9.6`.
pub(crate) fn version(text: &str) -> Option<u32> {
    let major = text.split('.').next()?.parse().ok()?;
    VERSIONS.contains(&major).then_some(major)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn read_text(name: &str, text: &str) -> anyhow::Result<Option<Config>> {
        let reader = FILES.iter().find(|(known, _)| *known == name).unwrap().1;
        reader(Path::new(name), text)
    }

    #[test]
    fn the_nearest_folder_decides() {
        let root = std::env::temp_dir().join(format!("howdah-config-{}", std::process::id()));
        let inner = root.join("app/migrations");
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::write(root.join(".squawk.toml"), "pg_version = '13'").unwrap();
        std::fs::write(
            root.join("pyproject.toml"),
            "[tool.howdah.lint]\npg-version = 14",
        )
        .unwrap();
        std::fs::write(root.join("app/pyproject.toml"), "[tool.ruff]").unwrap();
        let configs = Configs::default();
        let found = configs.of_folder(&inner).unwrap();
        assert_eq!(found.settings.pg_version, Some(14));
        std::fs::write(inner.join("howdah.toml"), "[lint]\npg-version = '16.2'").unwrap();
        let nearer = Configs::default().of_folder(&inner).unwrap();
        assert_eq!(nearer.settings.pg_version, Some(16));
        assert_eq!(nearer.root(), inner);
        std::fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn later_overrides_win() {
        let text = "[lint]\npg-version = 14\n\
            [[lint.overrides]]\nfiles = ['old']\npg-version = 12\nassume-in-transaction = true\n\
            [[lint.overrides]]\nfiles = ['old/new.sql']\npg-version = 18\n";
        let config = read_text("howdah.toml", text).unwrap().unwrap();
        let of = |path: &str| config.of(Path::new(path));
        assert_eq!(of("a.sql").pg_version, Some(14));
        assert_eq!(of("old/a.sql").pg_version, Some(12));
        assert_eq!(of("old/new.sql").pg_version, Some(18));
        assert_eq!(of("old/new.sql").assume_in_transaction, Some(true));
    }

    #[test]
    fn versions_are_majors() {
        assert_eq!(version("15.4"), Some(15));
        assert_eq!(version("9.6"), Some(9));
        assert_eq!(version("8"), None);
        assert_eq!(version("latest"), None);
    }
}
