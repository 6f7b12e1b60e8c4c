//! Migrations of Django and Alembic: Python writes their SQL, the findings go to the Python lines.
//!
//! IO: the host's, which runs the project's own tool. Invariant: a finding stands at the line of the operation whose SQL
//! it is about, in the file that the developer edits.

use std::path::{Path, PathBuf};

use howdah_sql::lint::directives::{Action, parse};
use howdah_sql::lint::{Finding, Report, named};
use howdah_sql::text::{Position, Span};
use serde::Deserialize;
use serde_json::json;

use super::arguments::Project;
use super::files::shown;
use super::render::{Excerpt, FileReport, Located};
use crate::Context;

/// A migration with its SQL.
#[derive(Debug, Deserialize)]
pub(crate) struct Migration {
    /// Its Python file.
    pub(crate) path: PathBuf,
    /// Whether its tool runs it in one transaction.
    pub(crate) atomic: bool,
    /// Its SQL, operation by operation.
    chunks: Vec<Chunk>,
    /// Nobody asked about it: it counts for what exists.
    pub(crate) quiet: bool,
    /// Why some of its SQL is missing.
    pub(crate) error: Option<String>,
}

/// The SQL of an operation.
#[derive(Debug, Deserialize)]
struct Chunk {
    /// Where the operation begins in the Python file.
    line: u32,
    sql: String,
    /// Comments for the linter that stand at the operation, or anywhere for the file.
    comments: Vec<String>,
    /// The tool sends it, not the migration: it ends its transaction, and begins it again.
    of_tool: bool,
}

/// The migrations of a project, in the order in which they run.
pub(crate) fn migrations(project: &Project, context: &Context) -> anyhow::Result<Vec<Migration>> {
    let Some(host) = &context.host else {
        anyhow::bail!("this needs the command of the Python package");
    };
    let asked = match project {
        Project::Django { manage, apps } => {
            json!({"tool": "django", "path": existing(manage)?, "apps": apps})
        }
        Project::Alembic { ini } => json!({"tool": "alembic", "path": existing(ini)?}),
    };
    let answer = host.rendered(&asked.to_string())?;
    let mut migrations: Vec<Migration> = serde_json::from_str(&answer)?;
    let here = std::env::current_dir()?;
    for migration in &mut migrations {
        if let Ok(relative) = migration.path.strip_prefix(&here) {
            migration.path = relative.to_owned();
        }
    }
    Ok(migrations)
}

fn existing(path: &Path) -> anyhow::Result<PathBuf> {
    anyhow::ensure!(path.is_file(), "there is no file `{}`", path.display());
    Ok(std::path::absolute(path)?)
}

impl Migration {
    /// All of its SQL.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for chunk in &self.chunks {
            text.push_str(&chunk.sql);
            text.push('\n');
        }
        text
    }

    /// Where its text has statements of the tool's own.
    pub(super) fn of_tool(&self) -> Vec<Span> {
        let mut end = 0;
        let mut spans = Vec::new();
        for chunk in &self.chunks {
            let start = end;
            end += chunk.sql.len() as u32 + 1;
            if chunk.of_tool {
                let length = chunk.sql.trim_end_matches(';').len() as u32;
                spans.push(Span {
                    start,
                    end: start + length,
                });
            }
        }
        spans
    }

    /// Where in its [text](Self::text) that of an operation begins, and the operation's line.
    pub(crate) fn places(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let mut end = 0;
        self.chunks.iter().map(move |chunk| {
            let begin = end;
            end += chunk.sql.len() + 1;
            (u32::try_from(begin).unwrap_or(u32::MAX), chunk.line)
        })
    }

    /// The findings in its SQL, at the lines of the Python file.
    pub(super) fn place(&self, text: &str, report: Report) -> FileReport {
        let mut placed = FileReport {
            path: shown(&self.path),
            statements: report.statements,
            suppressed: report.suppressed,
            ..FileReport::default()
        };
        for mut finding in report.findings {
            // its places are those of the SQL, not of the Python file
            finding.fix = None;
            let chunk = self.chunk(finding.span.start);
            if self.is_silenced(chunk, &finding) {
                placed.suppressed += 1;
                continue;
            }
            let at = Position {
                line: chunk.map_or(1, |it| it.line),
                column: 1,
            };
            placed.findings.push(Located {
                start: at,
                end: at,
                excerpt: Excerpt::unnumbered(text, &finding.span.range()),
                finding,
            });
        }
        placed.findings.sort_by_key(|it| it.start);
        placed
    }

    fn chunk(&self, offset: u32) -> Option<&Chunk> {
        let mut end = 0;
        self.chunks.iter().find(|it| {
            end += it.sql.len() + 1;
            (offset as usize) < end
        })
    }

    fn is_silenced(&self, chunk: Option<&Chunk>, finding: &Finding) -> bool {
        let all = self.chunks.iter().flat_map(|it| &it.comments);
        let here = chunk.into_iter().flat_map(|it| &it.comments);
        let silences = |comment: &String, action: Action| {
            let directive = parse(comment, 0).filter(|it| it.action == action);
            directive.is_some_and(|it| {
                let mut names = it.names.iter();
                let is_all = it.names.is_empty() && action == Action::IgnoreFile;
                is_all || names.any(|(name, _)| is_named(name, finding))
            })
        };
        all.into_iter().any(|it| silences(it, Action::IgnoreFile))
            || here.into_iter().any(|it| silences(it, Action::Ignore))
    }
}

fn is_named(name: &str, finding: &Finding) -> bool {
    named(name).iter().any(|it| it.name == finding.rule.name)
}
