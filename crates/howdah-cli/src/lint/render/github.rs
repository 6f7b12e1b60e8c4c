//! Annotations of GitHub's workflows: a command on a line for each finding.
//!
//! IO: writes to what it is handed. Invariant: nothing of a source or message can begin a command of its own.

use std::io::{self, Write};

use howdah_sql::lint::Severity;

use super::excerpt::printable;
use super::{FileReport, Located, Renderer, Totals, facts};

pub(super) struct Github;

impl Renderer for Github {
    fn file(&mut self, report: &FileReport, out: &mut dyn Write) -> io::Result<()> {
        for located in &report.findings {
            let Located {
                finding,
                start,
                end,
                ..
            } = located;
            let command = match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "notice",
            };
            writeln!(
                out,
                "::{command} file={},line={},col={},endLine={},endColumn={},title={}::{}",
                property(&report.path),
                start.line,
                start.column,
                end.line,
                end.column,
                property(finding.rule.name),
                data(&printable(&text(located)))
            )?;
        }
        Ok(())
    }

    fn end(&mut self, _totals: &Totals, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// The message with its facts and ways out, as plain text.
pub(super) fn text(located: &Located) -> String {
    let finding = &located.finding;
    let mut lines = vec![finding.message.clone()];
    lines.extend(
        facts(finding)
            .into_iter()
            .map(|(word, text)| format!("{word}: {text}")),
    );
    lines.extend(finding.notes.iter().map(|it| format!("note: {it}")));
    for help in &finding.help {
        lines.push(format!("help: {}", help.text));
        lines.extend(help.statements.lines().map(|it| format!("    {it}")));
    }
    lines.join("\n")
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
