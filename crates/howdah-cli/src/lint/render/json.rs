//! One JSON object: `{"findings": […], "trace": {…}, "summary": {…}}`.
//!
//! IO: writes to what it is handed. Invariant: keys are only ever added; `docs/lint.md` describes them.

use std::io::{self, Write};

use howdah_sql::lint::{Fix, Help, Work};
use howdah_sql::locks::LockTaken;
use howdah_sql::text::Position;
use serde::Serialize;
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
            out.write_all(separator.as_bytes())?;
            serde_json::to_writer(&mut *out, &Written::new(&report.path, located))?;
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

/// A finding; its keys are in the order of the alphabet.
#[derive(Serialize)]
struct Written<'a> {
    end: Place,
    file: &'a str,
    fingerprint: &'a str,
    fix: Option<WrittenFix<'a>>,
    group: &'static str,
    help: Vec<WrittenHelp<'a>>,
    locks: Vec<WrittenLock>,
    message: &'a str,
    notes: &'a [String],
    rule: &'static str,
    severity: &'static str,
    squawk: &'static [&'static str],
    start: Place,
    work: Vec<WrittenWork>,
}

#[derive(Serialize)]
struct Place {
    column: u32,
    line: u32,
    offset: u32,
}

#[derive(Serialize)]
struct WrittenLock {
    blocks: Vec<&'static str>,
    held: &'static str,
    mode: &'static str,
    relation: String,
}

#[derive(Serialize)]
struct WrittenWork {
    kind: &'static str,
    relation: String,
    rows: Option<u64>,
    seconds: Option<f64>,
}

#[derive(Serialize)]
struct WrittenHelp<'a> {
    statements: &'a str,
    text: &'a str,
}

#[derive(Serialize)]
struct WrittenFix<'a> {
    edits: Vec<WrittenEdit<'a>>,
    safe: bool,
    title: &'a str,
}

#[derive(Serialize)]
struct WrittenEdit<'a> {
    end: u32,
    start: u32,
    text: &'a str,
}

impl<'a> Written<'a> {
    fn new(path: &'a str, located: &'a Located) -> Self {
        let finding = &located.finding;
        Self {
            end: Place::new(located.end, finding.span.end),
            file: path,
            fingerprint: &finding.fingerprint,
            fix: finding.fix.as_ref().map(fix),
            group: finding.rule.group.name(),
            help: finding.help.iter().map(help).collect(),
            locks: finding.locks.iter().map(lock).collect(),
            message: &finding.message,
            notes: &finding.notes,
            rule: finding.rule.name,
            severity: finding.severity.name(),
            squawk: finding.rule.aliases.squawk,
            start: Place::new(located.start, finding.span.start),
            work: finding.work.iter().map(work).collect(),
        }
    }
}

impl Place {
    fn new(place: Position, offset: u32) -> Self {
        Self {
            column: place.column,
            line: place.line,
            offset,
        }
    }
}

fn lock(lock: &LockTaken) -> WrittenLock {
    let mut blocks = Vec::new();
    if lock.mode.blocks_reads() {
        blocks.push("reads");
    }
    if lock.mode.blocks_writes() {
        blocks.push("writes");
    }
    WrittenLock {
        blocks,
        held: lock.held.word(),
        mode: lock.mode.words(),
        relation: lock.relation.to_string(),
    }
}

fn work(work: &Work) -> WrittenWork {
    WrittenWork {
        kind: work.kind.words(),
        relation: work.relation.to_string(),
        rows: work.rows,
        seconds: work.seconds.map(|it| (it * 1_000.0).round() / 1_000.0),
    }
}

fn help(help: &Help) -> WrittenHelp<'_> {
    WrittenHelp {
        statements: &help.statements,
        text: &help.text,
    }
}

fn fix(fix: &Fix) -> WrittenFix<'_> {
    let edits = fix.edits.iter().map(|it| WrittenEdit {
        end: it.span.end,
        start: it.span.start,
        text: &it.text,
    });
    WrittenFix {
        edits: edits.collect(),
        safe: fix.safe,
        title: &fix.title,
    }
}
