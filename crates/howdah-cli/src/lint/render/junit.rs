//! JUnit's XML: a suite for each file, a failed case for each finding, one that passed for a clean file.
//!
//! IO: writes to what it is handed. Invariant: a case fails where the exit code would tell of its finding.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::{FileReport, Renderer, Totals, github};

/// Writes suites as they come.
#[derive(Default)]
pub(super) struct Junit {
    begun: bool,
}

impl Junit {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        writeln!(out, "<testsuites name=\"howdah lint\">")
    }
}

impl Renderer for Junit {
    fn file(&mut self, report: &FileReport, out: &mut dyn Write) -> io::Result<()> {
        self.begin(out)?;
        let path = escaped(&report.path);
        let mut cases = String::new();
        let mut failures = 0;
        for located in &report.findings {
            let finding = &located.finding;
            let name = escaped(&format!("{}:{}", finding.rule.name, located.start.line));
            let text = escaped(&github::text(located));
            let _ = write!(cases, "    <testcase classname=\"{path}\" name=\"{name}\"");
            if report.threshold.is_none_or(|it| finding.severity < it) {
                let _ = writeln!(cases, "><system-out>{text}</system-out></testcase>");
                continue;
            }
            failures += 1;
            let (message, severity) = (escaped(&finding.message), finding.severity);
            let _ = writeln!(
                cases,
                "><failure type=\"{severity}\" message=\"{message}\">{text}</failure></testcase>"
            );
        }
        if report.findings.is_empty() {
            let _ = writeln!(cases, "    <testcase classname=\"{path}\" name=\"clean\"/>");
        }
        let tests = report.findings.len().max(1);
        writeln!(
            out,
            "  <testsuite name=\"{path}\" tests=\"{tests}\" failures=\"{failures}\">\n{cases}  </testsuite>"
        )
    }

    fn end(&mut self, _totals: &Totals, out: &mut dyn Write) -> io::Result<()> {
        self.begin(out)?;
        writeln!(out, "</testsuites>")
    }
}

/// XML 1.0 has no way to write most control characters.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push('\t'),
            character if character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}') => {
                out.push('\u{fffd}');
            }
            character => out.push(character),
        }
    }
    out
}
