//! Findings that are known already: a file that a team commits when it begins to lint.
//!
//! IO: reads and writes that file. Invariant: a finding is known if its file and fingerprint are listed, so moving lines
//! changes nothing, and a second one of the same kind is new.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::render::FileReport;
use crate::failure::Hinted;

/// The version of the file's form.
const VERSION: u32 = 1;

/// What is known.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Baseline {
    version: u32,
    /// By file, relative to the baseline, then by fingerprint; what a finding says is for people.
    files: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(skip)]
    root: PathBuf,
    #[serde(skip)]
    current: PathBuf,
}

impl Baseline {
    /// An empty one, for a file that is to be written there.
    pub(super) fn new(path: &Path) -> anyhow::Result<Self> {
        let path = std::path::absolute(path)?;
        Ok(Self {
            version: VERSION,
            files: BTreeMap::new(),
            root: path.parent().map(Path::to_owned).unwrap_or_default(),
            current: std::env::current_dir()?,
        })
    }

    /// The one in that file.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| {
            Hinted::new(
                anyhow::anyhow!("the baseline `{shown}` cannot be read: {error}"),
                "`howdah lint --write-baseline` makes one",
            )
        })?;
        let read: Self = serde_json::from_str(&text)
            .with_context(|| format!("`{shown}` is no baseline of `howdah lint`"))?;
        anyhow::ensure!(
            read.version == VERSION,
            "the baseline `{shown}` has version {}, expected {VERSION}",
            read.version
        );
        let empty = Self::new(path)?;
        Ok(Self {
            files: read.files,
            ..empty
        })
    }

    /// Takes out what is known.
    pub(super) fn apply(&self, report: &mut FileReport) {
        let Some(known) = self.files.get(&self.key(&report.path)) else {
            return;
        };
        let before = report.findings.len();
        report
            .findings
            .retain(|it| !known.contains_key(&it.finding.fingerprint));
        report.baselined += before - report.findings.len();
    }

    /// Adds what was found.
    pub(super) fn add(&mut self, report: &FileReport) {
        if report.findings.is_empty() {
            return;
        }
        let entry = report.findings.iter().map(|it| {
            let finding = &it.finding;
            let text = format!("{}: {}", finding.rule.name, finding.message);
            (finding.fingerprint.clone(), text)
        });
        let key = self.key(&report.path);
        self.files.entry(key).or_default().extend(entry);
    }

    /// How many findings it lists.
    pub(super) fn len(&self) -> usize {
        self.files.values().map(BTreeMap::len).sum()
    }

    /// Writes it.
    pub(super) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        std::fs::write(path, text)
            .with_context(|| format!("`{}` cannot be written", path.display()))
    }

    /// A file as the baseline names it: relative to its own folder, wherever the command runs.
    fn key(&self, path: &str) -> String {
        let absolute = self.current.join(path);
        let relative = absolute.strip_prefix(&self.root).unwrap_or(&absolute);
        super::files::shown(relative)
    }
}
