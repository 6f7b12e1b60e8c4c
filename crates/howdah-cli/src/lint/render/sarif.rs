//! SARIF 2.1.0, which code scanning of several forges reads.
//!
//! IO: writes to what it is handed, at the end: a run lists its rules. Invariant: a rule's index is that of its place in
//! the list, and fingerprints survive moving lines.

use std::fmt::Write as _;
use std::io::{self, Write};

use howdah_sql::lint::{Fix, Rule, Severity};
use serde_json::{Value, json};

use super::{FileReport, Located, Renderer, Totals, github};

#[derive(Default)]
pub(super) struct Sarif {
    rules: Vec<&'static Rule>,
    results: Vec<Value>,
}

impl Renderer for Sarif {
    fn file(&mut self, report: &FileReport, _out: &mut dyn Write) -> io::Result<()> {
        for located in &report.findings {
            let rule = located.finding.rule;
            let known = self.rules.iter().position(|it| it.name == rule.name);
            let index = known.unwrap_or_else(|| {
                self.rules.push(rule);
                self.rules.len() - 1
            });
            self.results.push(result(&report.path, located, index));
        }
        Ok(())
    }

    fn end(&mut self, _totals: &Totals, out: &mut dyn Write) -> io::Result<()> {
        let log = json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": {"driver": {
                    "name": "howdah lint",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": self.rules.iter().map(|it| descriptor(it)).collect::<Vec<_>>(),
                }},
                "columnKind": "unicodeCodePoints",
                "results": self.results,
            }],
        });
        serde_json::to_writer_pretty(&mut *out, &log)?;
        writeln!(out)
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn descriptor(rule: &Rule) -> Value {
    json!({
        "id": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.summary},
        "help": {"text": rule.page.trim(), "markdown": rule.page.trim()},
        "defaultConfiguration": {"level": level(rule.severity)},
        "properties": {"tags": [rule.group.name()]},
    })
}

fn result(path: &str, located: &Located, index: usize) -> Value {
    let finding = &located.finding;
    let mut result = json!({
        "ruleId": finding.rule.name,
        "ruleIndex": index,
        "level": level(finding.severity),
        "message": {"text": github::text(located)},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": uri(path)},
            "region": {
                "startLine": located.start.line,
                "startColumn": located.start.column,
                "endLine": located.end.line,
                "endColumn": located.end.column,
            },
        }}],
        "partialFingerprints": {
            "howdahStatement/v1": finding.fingerprint,
            // the one that code scanning looks at
            "primaryLocationLineHash": format!("{}:1", finding.fingerprint),
        },
    });
    if let (Some(fix), Some(object)) = (&finding.fix, result.as_object_mut()) {
        object.insert("fixes".to_owned(), json!([change(path, fix)]));
    }
    result
}

fn change(path: &str, fix: &Fix) -> Value {
    let replacements = fix.edits.iter().map(|edit| {
        json!({
            "deletedRegion": {"byteOffset": edit.span.start, "byteLength": edit.span.end - edit.span.start},
            "insertedContent": {"text": edit.text},
        })
    });
    json!({
        "description": {"text": fix.title},
        "artifactChanges": [{
            "artifactLocation": {"uri": uri(path)},
            "replacements": replacements.collect::<Vec<_>>(),
        }],
    })
}

/// A path as a relative reference of RFC 3986.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                uri.push(char::from(byte));
            }
            byte => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}
