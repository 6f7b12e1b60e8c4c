//! One JSON object: `{"findings": […], "trace": {…}, "summary": {…}}`.
//!
//! IO: writes to what it is handed. Invariant: keys are only ever added; `docs/lint.md` describes them.

use std::io::{self, Write};

use howdah_sql::lint::{Fix, Help, Work};
use howdah_sql::locks::LockTaken;
use howdah_sql::text::Position;
use serde_json::{Value, json};

use super::{FileReport, Located, Renderer, Totals};

/// Writes findings as they come.
#[derive(Default)]
pub(super) struct Json {
    begun: bool,
    trace: Option<Value>,
}

impl Json {
    fn separator(&mut self) -> &'static str {
        if std::mem::replace(&mut self.begun, true) {
            ",\n  "
        } else {
            "{\"findings\": [\n  "
        }
    }
}

impl Renderer for Json {
    fn file(&mut self, report: &FileReport, out: &mut dyn Write) -> io::Result<()> {
        for located in &report.findings {
            let separator = self.separator();
            write!(out, "{separator}{}", value(&report.path, located))?;
        }
        Ok(())
    }

    fn traced(&mut self, report: &howdah_trace::Report) -> io::Result<bool> {
        self.trace = Some(serde_json::to_value(report)?);
        Ok(true)
    }

    fn end(&mut self, totals: &Totals, out: &mut dyn Write) -> io::Result<()> {
        if !self.begun {
            write!(out, "{{\"findings\": [")?;
        }
        let summary = json!({
            "files": totals.files,
            "statements": totals.statements,
            "errors": totals.errors,
            "warnings": totals.warnings,
            "notes": totals.notes,
            "suppressed": totals.suppressed,
            "baselined": totals.baselined,
            "fixed": totals.fixed,
        });
        write!(out, "\n],\n")?;
        if let Some(trace) = &self.trace {
            writeln!(out, "\"trace\": {trace},")?;
        }
        writeln!(out, "\"summary\": {summary}}}")
    }
}

fn value(path: &str, located: &Located) -> Value {
    let finding = &located.finding;
    json!({
        "file": path,
        "rule": finding.rule.name,
        "group": finding.rule.group.name(),
        "squawk": finding.rule.aliases.squawk,
        "severity": finding.severity.name(),
        "message": finding.message,
        "start": place(located.start, finding.span.start),
        "end": place(located.end, finding.span.end),
        "locks": finding.locks.iter().map(lock).collect::<Vec<_>>(),
        "work": finding.work.iter().map(work).collect::<Vec<_>>(),
        "notes": finding.notes,
        "help": finding.help.iter().map(help).collect::<Vec<_>>(),
        "fix": finding.fix.as_ref().map(fix),
        "fingerprint": finding.fingerprint,
    })
}

fn place(place: Position, offset: u32) -> Value {
    json!({"line": place.line, "column": place.column, "offset": offset})
}

fn lock(lock: &LockTaken) -> Value {
    let mut blocks = Vec::new();
    if lock.mode.blocks_reads() {
        blocks.push("reads");
    }
    if lock.mode.blocks_writes() {
        blocks.push("writes");
    }
    json!({
        "relation": lock.relation.to_string(),
        "mode": lock.mode.words(),
        "held": lock.held.word(),
        "blocks": blocks,
    })
}

fn work(work: &Work) -> Value {
    json!({
        "relation": work.relation.to_string(),
        "kind": work.kind.words(),
        "rows": work.rows,
        "seconds": work.seconds.map(|it| (it * 1_000.0).round() / 1_000.0),
    })
}

fn help(help: &Help) -> Value {
    json!({"text": help.text, "statements": help.statements})
}

fn fix(fix: &Fix) -> Value {
    let edits = fix.edits.iter();
    let edits =
        edits.map(|it| json!({"start": it.span.start, "end": it.span.end, "text": it.text}));
    json!({"title": fix.title, "safe": fix.safe, "edits": edits.collect::<Vec<_>>()})
}
