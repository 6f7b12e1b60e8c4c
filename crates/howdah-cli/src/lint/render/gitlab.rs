//! GitLab's code quality report: one JSON array.
//!
//! IO: writes to what it is handed. Invariant: a fingerprint is unique in the report and survives moving lines, so that
//! GitLab shows as new what is new.

use std::io::{self, Write};

use howdah_sql::lint::Severity;
use serde_json::json;

use super::{FileReport, Renderer, Totals, github};

#[derive(Default)]
pub(super) struct Gitlab {
    begun: bool,
}

impl Renderer for Gitlab {
    fn file(&mut self, report: &FileReport, out: &mut dyn Write) -> io::Result<()> {
        for located in &report.findings {
            let finding = &located.finding;
            let severity = match finding.severity {
                Severity::Error => "critical",
                Severity::Warning => "major",
                Severity::Note => "info",
            };
            let separator = if std::mem::replace(&mut self.begun, true) {
                ","
            } else {
                "["
            };
            let value = json!({
                "description": finding.message,
                "check_name": finding.rule.name,
                "fingerprint": format!("{}:{}", report.path, finding.fingerprint),
                "severity": severity,
                "content": {"body": github::text(located)},
                "location": {
                    "path": report.path,
                    "lines": {"begin": located.start.line, "end": located.end.line},
                },
            });
            write!(out, "{separator}\n  {value}")?;
        }
        Ok(())
    }

    fn end(&mut self, _totals: &Totals, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", if self.begun { "\n]" } else { "[]" })
    }
}
