//! Findings as somebody or something wants to read them.
//!
//! IO: writes to what it is handed. Called with one file after the other, in order, so that no more than a few files
//! are in memory. Invariant: lines and columns begin with 1 everywhere, columns count characters, and equal findings
//! give equal bytes.

mod excerpt;
mod github;
mod gitlab;
mod json;
mod junit;
mod markdown;
mod sarif;
mod terminal;

use std::io::{self, Write};

use clap::ValueEnum;
use howdah_sql::lint::{Finding, Help, Severity, duration};
use howdah_sql::locks::Mode;
use howdah_sql::text::Position;

pub(crate) use excerpt::Excerpt;

/// In which form findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// For people: the source, with what is wrong beneath
    Text,
    /// `file:line:column: severity: message [rule]`, a line for each
    Concise,
    /// One JSON object
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub's workflows
    Github,
    /// A summary for a pull request, in Markdown
    Markdown,
    /// GitLab's code quality report
    Gitlab,
    /// JUnit's XML
    Junit,
}

/// A finding with where it is.
#[derive(Debug, Clone)]
pub(crate) struct Located {
    pub(crate) finding: Finding,
    pub(crate) start: Position,
    pub(crate) end: Position,
    pub(crate) excerpt: Excerpt,
}

/// What was found in one file.
#[derive(Debug, Clone, Default)]
pub(crate) struct FileReport {
    /// As the user named it, with `/`.
    pub(crate) path: String,
    /// In order of position.
    pub(crate) findings: Vec<Located>,
    pub(crate) statements: usize,
    /// Silenced by comments.
    pub(crate) suppressed: usize,
    /// Known already.
    pub(crate) baselined: usize,
    /// How grave a finding has to be to count as a failure; none: nothing does.
    pub(crate) threshold: Option<Severity>,
}

/// What was found in all files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) files: usize,
    pub(crate) statements: usize,
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
    pub(crate) notes: usize,
    pub(crate) suppressed: usize,
    pub(crate) baselined: usize,
    pub(crate) fixable: usize,
    pub(crate) fixed: usize,
}

impl Totals {
    pub(crate) fn add(&mut self, report: &FileReport) {
        self.files += 1;
        self.statements += report.statements;
        self.suppressed += report.suppressed;
        self.baselined += report.baselined;
        for located in &report.findings {
            *match located.finding.severity {
                Severity::Error => &mut self.errors,
                Severity::Warning => &mut self.warnings,
                Severity::Note => &mut self.notes,
            } += 1;
            let is_safe = located.finding.fix.as_ref().is_some_and(|it| it.safe);
            self.fixable += usize::from(is_safe);
        }
    }

    /// How many are at least that grave.
    pub(crate) fn at_least(&self, severity: Severity) -> usize {
        match severity {
            Severity::Error => self.errors,
            Severity::Warning => self.errors + self.warnings,
            Severity::Note => self.errors + self.warnings + self.notes,
        }
    }

    /// `2 errors, 1 note`; empty where there is nothing.
    pub(crate) fn words(&self) -> String {
        let counts = [
            (self.errors, "error"),
            (self.warnings, "warning"),
            (self.notes, "note"),
        ];
        let found = counts.iter().filter(|(count, _)| *count > 0);
        let words: Vec<_> = found.map(|(count, what)| plural(*count, what)).collect();
        words.join(", ")
    }
}

/// `1 file`, `2 files`.
pub(crate) fn plural(count: usize, what: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {what}{ending}")
}

/// What writes one form.
pub(crate) trait Renderer {
    /// The next file.
    fn file(&mut self, report: &FileReport, out: &mut dyn Write) -> io::Result<()>;
    /// What the files have done on a scratch server, before the end. Whether the form has a place for it.
    fn traced(&mut self, _report: &howdah_trace::Report) -> io::Result<bool> {
        Ok(false)
    }
    /// After the last one.
    fn end(&mut self, totals: &Totals, out: &mut dyn Write) -> io::Result<()>;
}

/// What writes that form; `color` is about people's only.
pub(crate) fn renderer(form: Form, color: bool) -> Box<dyn Renderer> {
    match form {
        Form::Text => Box::new(terminal::Terminal::new(color)),
        Form::Concise => Box::new(terminal::Concise),
        Form::Json => Box::<json::Json>::default(),
        Form::Sarif => Box::<sarif::Sarif>::default(),
        Form::Github => Box::new(github::Github),
        Form::Markdown => Box::<markdown::Markdown>::default(),
        Form::Gitlab => Box::<gitlab::Gitlab>::default(),
        Form::Junit => Box::<junit::Junit>::default(),
    }
}

/// A number with its thousands apart: `12,000,000`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Lines of one kind beyond these are counted, for people: a table may have hundreds of partitions. JSON has all.
const MOST_FACTS: usize = 6;
/// The same of statements that are advised.
const MOST_LINES: usize = 40;

/// The statements of a help, and of very many the first ones.
pub(crate) fn statements(help: &Help) -> String {
    let lines: Vec<&str> = help.statements.lines().collect();
    match lines.get(..MOST_LINES) {
        Some(first) if lines.len() > MOST_LINES => {
            let rest = lines.len() - MOST_LINES;
            format!(
                "{}\n-- and {rest} more lines, which `--format json` has",
                first.join("\n")
            )
        }
        _ => help.statements.clone(),
    }
}

/// What is locked and done meanwhile, a line for each, to follow `lock` or `work`.
pub(crate) fn facts(finding: &Finding) -> Vec<(&'static str, String)> {
    let more = |count: usize, word: &'static str| {
        let rest = count.saturating_sub(MOST_FACTS);
        (rest > 0).then(|| (word, format!("and {rest} more")))
    };
    let locks = finding.locks.iter().take(MOST_FACTS).map(|lock| {
        let blocks = blocked(lock.mode);
        let (mode, relation) = (lock.mode, &lock.relation);
        ("lock", format!("{mode} on `{relation}`, blocks {blocks}"))
    });
    let work = finding.work.iter().take(MOST_FACTS).map(|work| {
        let rows = work
            .rows
            .map(|rows| format!(" ({} rows)", grouped(rows)))
            .unwrap_or_default();
        let time = work
            .seconds
            .map(|seconds| format!(", {}", duration::words(seconds)))
            .unwrap_or_default();
        let what = work.kind.words();
        ("work", format!("{what} of `{}`{rows}{time}", work.relation))
    });
    let locks = locks.chain(more(finding.locks.len(), "lock"));
    let work = work.chain(more(finding.work.len(), "work"));
    locks.chain(work).collect()
}

/// What a lock keeps others from, to follow "blocks".
fn blocked(mode: Mode) -> &'static str {
    match (mode.blocks_reads(), mode.blocks_writes()) {
        (true, _) => "reads and writes",
        (false, true) => "writes",
        (false, false) => "neither reads nor writes",
    }
}

#[cfg(test)]
mod tests;
