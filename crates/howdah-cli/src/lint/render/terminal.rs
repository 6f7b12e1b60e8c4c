//! For people: like a compiler, or a line for each.
//!
//! IO: writes to what it is handed. Invariant: without colour nothing is missing.

use std::io::{self, Write};

use howdah_sql::lint::{Help, Severity};

use super::excerpt::{Line, printable};
use super::{FileReport, Located, Renderer, Totals, facts, plural};

const RED: &str = "\x1b[1;31m";
const YELLOW: &str = "\x1b[1;33m";
const CYAN: &str = "\x1b[1;36m";
const BLUE: &str = "\x1b[1;34m";
const BOLD: &str = "\x1b[1m";
const PLAIN: &str = "\x1b[0m";

/// The source with what is wrong beneath.
pub(super) struct Terminal {
    color: bool,
    trace: String,
}

impl Terminal {
    pub(super) fn new(color: bool) -> Self {
        Self {
            color,
            trace: String::new(),
        }
    }

    fn paint(&self, color: &str, text: &str) -> String {
        if self.color {
            format!("{color}{text}{PLAIN}")
        } else {
            text.to_owned()
        }
    }

    fn finding(&self, path: &str, located: &Located, out: &mut dyn Write) -> io::Result<()> {
        let finding = &located.finding;
        let color = color_of(finding.severity);
        let head = format!("{}[{}]", finding.severity, finding.rule.name);
        let message = self.paint(BOLD, &format!(": {}", printable(&finding.message)));
        writeln!(out, "{}{message}", self.paint(color, &head))?;
        let width = located.excerpt.width();
        let arrow = self.paint(BLUE, &format!("{:width$}-->", ""));
        let (line, column) = (located.start.line, located.start.column);
        writeln!(out, "{arrow} {path}:{line}:{column}")?;
        let bar = self.paint(BLUE, &format!("{:width$} |", ""));
        writeln!(out, "{bar}")?;
        self.source(located, width, color, out)?;
        let details = details(located);
        if !details.is_empty() {
            writeln!(out, "{bar}")?;
        }
        let equals = self.paint(BLUE, &format!("{:width$} =", ""));
        for (word, text) in details {
            let indent = " ".repeat(width + word.len() + 5);
            let text = printable(&text);
            let mut lines = text.lines();
            let first = lines.next().unwrap_or_default();
            writeln!(out, "{equals} {}: {first}", self.paint(BOLD, word))?;
            for line in lines {
                writeln!(out, "{}", format!("{indent}{line}").trim_end())?;
            }
        }
        writeln!(out)
    }

    fn source(
        &self,
        located: &Located,
        width: usize,
        color: &str,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let excerpt = &located.excerpt;
        let count = excerpt.lines.len();
        for (index, Line { text, marked }) in excerpt.lines.iter().enumerate() {
            let number = self.paint(BLUE, &format!("{:>width$} |", excerpt.number(index)));
            writeln!(out, "{}", format!("{number} {text}").trim_end())?;
            let mut marks = format!("{}{}", " ".repeat(marked.start), "^".repeat(marked.len()));
            if index + 1 == count && !located.finding.label.is_empty() {
                marks = format!("{marks} {}", printable(&located.finding.label));
            }
            let bar = self.paint(BLUE, &format!("{:width$} |", ""));
            writeln!(out, "{bar} {}", self.paint(color, &marks))?;
        }
        if excerpt.cut {
            writeln!(out, "{}", self.paint(BLUE, "..."))?;
        }
        Ok(())
    }
}

fn color_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => RED,
        Severity::Warning => YELLOW,
        Severity::Note => CYAN,
    }
}

/// What stands beneath the source: a word and its text.
fn details(located: &Located) -> Vec<(&'static str, String)> {
    let finding = &located.finding;
    let mut details = facts(finding);
    details.extend(finding.notes.iter().map(|it| ("note", it.clone())));
    details.extend(finding.help.iter().map(|it| ("help", help(it))));
    details.extend(finding.fix.iter().map(|it| {
        let how = if it.safe {
            ""
        } else {
            " (with `--unsafe-fixes`)"
        };
        ("fix", format!("{}{how}", it.title))
    }));
    details
}

fn help(help: &Help) -> String {
    if help.statements.is_empty() {
        return help.text.clone();
    }
    let statements = super::statements(help);
    let statements: Vec<_> = statements
        .lines()
        .map(|line| format!("    {line}"))
        .collect();
    format!("{}\n{}", help.text, statements.join("\n"))
}

impl Renderer for Terminal {
    fn file(&mut self, report: &FileReport, out: &mut dyn Write) -> io::Result<()> {
        for located in &report.findings {
            self.finding(&report.path, located, out)?;
        }
        Ok(())
    }

    fn traced(&mut self, report: &howdah_trace::Report) -> io::Result<bool> {
        self.trace = format!("\n{}", howdah_trace::text(report));
        Ok(true)
    }

    fn end(&mut self, totals: &Totals, out: &mut dyn Write) -> io::Result<()> {
        let scope = format!(
            "{} in {}",
            plural(totals.statements, "statement"),
            plural(totals.files, "file")
        );
        let found = match totals.words() {
            words if words.is_empty() => format!("nothing found in {scope}"),
            words => format!("{words} in {scope}"),
        };
        let extras = [
            (totals.fixed, "fixed"),
            (totals.fixable, "fixable with `--fix`"),
            (totals.suppressed, "ignored by comments"),
            (totals.baselined, "known to the baseline"),
        ];
        let extras: Vec<_> = extras
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        if extras.is_empty() {
            writeln!(out, "{found}")?;
        } else {
            writeln!(out, "{found} ({})", extras.join(", "))?;
        }
        write!(out, "{}", self.trace)
    }
}

/// `file:line:column: severity: message [rule]`.
pub(super) struct Concise;

impl Renderer for Concise {
    fn file(&mut self, report: &FileReport, out: &mut dyn Write) -> io::Result<()> {
        for Located { finding, start, .. } in &report.findings {
            writeln!(
                out,
                "{}:{}:{}: {}: {} [{}]",
                report.path,
                start.line,
                start.column,
                finding.severity,
                printable(&finding.message).replace('\n', " "),
                finding.rule.name
            )?;
        }
        Ok(())
    }

    fn end(&mut self, _totals: &Totals, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}
