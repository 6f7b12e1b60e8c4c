//! A summary for a pull request.
//!
//! IO: writes to what it is handed. Invariant: no longer than a comment on GitHub may be, however much was found; what
//! is left out is said.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::{FileReport, Located, Renderer, Totals, facts, plural};

/// GitHub refuses comments above 65,536 characters.
const LIMIT: usize = 60_000;

/// Collects, because the summary comes first.
#[derive(Default)]
pub(super) struct Markdown {
    body: String,
    left_out: usize,
    trace: String,
}

impl Renderer for Markdown {
    fn file(&mut self, report: &FileReport, _out: &mut dyn Write) -> io::Result<()> {
        let mut titled = false;
        for located in &report.findings {
            let mut text = String::new();
            if !titled {
                let path = escaped(&report.path);
                let _ = write!(text, "\n### <code>{path}</code>\n\n");
            }
            finding(&mut text, &report.path, located);
            if self.body.len() + text.len() > LIMIT {
                self.left_out += 1;
                continue;
            }
            titled = true;
            self.body.push_str(&text);
        }
        Ok(())
    }

    fn traced(&mut self, report: &howdah_trace::Report) -> io::Result<bool> {
        self.trace = howdah_trace::markdown(report);
        Ok(true)
    }

    fn end(&mut self, totals: &Totals, out: &mut dyn Write) -> io::Result<()> {
        let files = plural(totals.files, "file");
        match totals.words() {
            words if words.is_empty() => writeln!(out, "## howdah lint: nothing found in {files}")?,
            words => writeln!(out, "## howdah lint: {words} in {files}")?,
        }
        write!(out, "{}", self.body)?;
        if self.left_out > 0 {
            writeln!(out, "\n{} left out here.", plural(self.left_out, "finding"))?;
        }
        if self.body.len() + self.trace.len() > LIMIT {
            writeln!(out, "\nThe trace is left out here.")?;
        } else if !self.trace.is_empty() {
            write!(out, "\n{}", self.trace)?;
        }
        Ok(())
    }
}

fn finding(text: &mut String, path: &str, located: &Located) {
    let finding = &located.finding;
    let (severity, rule) = (finding.severity, finding.rule.name);
    let _ = writeln!(
        text,
        "<details><summary><b>{severity}</b> <code>{path}:{}</code> {} <code>{rule}</code></summary>\n",
        located.start.line,
        inline(&finding.message),
        path = escaped(path),
    );
    let lines = located.excerpt.lines.iter().map(|it| it.text.as_str());
    block(text, "", &lines.collect::<Vec<_>>().join("\n"));
    for (word, fact) in facts(finding) {
        let _ = writeln!(text, "- {word}: {fact}");
    }
    for note in &finding.notes {
        let _ = writeln!(text, "- {note}");
    }
    for help in &finding.help {
        let _ = writeln!(text, "\n{}", help.text);
        if !help.statements.is_empty() {
            block(text, "\n", &super::statements(help));
        }
    }
    text.push_str("\n</details>\n\n");
}

/// A block of SQL, fenced by more backticks than it holds.
fn block(text: &mut String, before: &str, sql: &str) {
    let mut fence = "```".to_owned();
    while sql.contains(&fence) {
        fence.push('`');
    }
    let _ = writeln!(text, "{before}{fence}sql\n{sql}\n{fence}\n");
}

/// A message within HTML: what stands in backticks becomes code.
fn inline(message: &str) -> String {
    let mut text = String::new();
    let mut rest = message;
    while let Some((before, code)) = rest.split_once('`') {
        text.push_str(&escaped(before));
        let (code, behind) = code.split_at(end_of_code(code));
        let _ = write!(text, "<code>{}</code>", escaped(code));
        rest = behind.strip_prefix('`').unwrap_or(behind);
    }
    text.push_str(&escaped(rest));
    text.replace('\n', " ")
}

/// Where the mark stands that ends it: a quoted name may hold the mark itself.
fn end_of_code(code: &str) -> usize {
    let mut quoted = false;
    let end = code.find(|it| {
        quoted ^= it == '"';
        it == '`' && !quoted
    });
    end.or_else(|| code.find('`')).unwrap_or(code.len())
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
