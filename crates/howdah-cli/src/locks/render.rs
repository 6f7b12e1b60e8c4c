//! What `howdah locks` prints. No IO.

use std::fmt::Write as _;

use howdah_sql::ast::ObjectName;
use howdah_sql::locks::{Effects, Held, InTransaction, LockTaken, Mode};
use serde::Serialize;

use super::Told;

/// How much of a statement is shown.
const SHOWN_LINES: usize = 6;

/// One statement for programs: these keys and no others, but for `file` where there are several.
#[derive(Serialize)]
pub(super) struct Record<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    statement: &'a str,
    line: u32,
    locks: Vec<LockRecord>,
    rewrites: Vec<String>,
    scans: Vec<String>,
    builds: Vec<String>,
    in_transaction: &'static str,
    waits_for: Vec<WaitRecord>,
}

#[derive(Serialize)]
struct LockRecord {
    relation: String,
    mode: &'static str,
    held: &'static str,
}

#[derive(Serialize)]
struct WaitRecord {
    whom: &'static str,
    relation: Option<String>,
}

/// All statements for programs.
pub(super) fn json(told: &[Told], with_file: bool) -> Vec<Record<'_>> {
    told.iter().map(|it| record(it, with_file)).collect()
}

fn record(told: &Told, with_file: bool) -> Record<'_> {
    let effects = &told.effects;
    let names = |list: &[ObjectName]| list.iter().map(ObjectName::to_string).collect();
    Record {
        file: with_file.then_some(told.file.as_str()),
        statement: &told.text,
        line: told.line,
        locks: effects
            .locks
            .iter()
            .map(|lock| LockRecord {
                relation: lock.relation.to_string(),
                mode: lock.mode.name(),
                held: lock.held.word(),
            })
            .collect(),
        rewrites: names(&effects.rewrites),
        scans: names(&effects.scans),
        builds: names(&effects.builds),
        in_transaction: effects.in_transaction.word(),
        waits_for: effects
            .waits()
            .into_iter()
            .map(|wait| WaitRecord {
                whom: wait.whom.word(),
                relation: wait.relation.as_ref().map(ObjectName::to_string),
            })
            .collect(),
    }
}

/// What has no place among the keys, for stderr.
pub(super) fn remarks(told: &[Told]) -> impl Iterator<Item = String> {
    told.iter().flat_map(|it| {
        let at = format!("{}:{}", it.file, it.line);
        caveats(&it.effects)
            .into_iter()
            .map(move |(word, text)| format!("{at}: {word}: {text}"))
    })
}

/// All statements for people.
pub(super) fn text(told: &[Told], version: u32) -> String {
    let mut text = String::new();
    for it in told {
        let _ = one(it, version, &mut text);
    }
    text
}

fn one(told: &Told, version: u32, out: &mut String) -> std::fmt::Result {
    let effects = &told.effects;
    let shown: Vec<&str> = told.text.lines().take(SHOWN_LINES).collect();
    let last = told.line as usize + shown.len() - usize::from(!shown.is_empty());
    let width = last.to_string().len();
    writeln!(
        out,
        "{:width$}--> {}:{}:{}",
        "", told.file, told.line, told.column
    )?;
    writeln!(out, "{:width$} |", "")?;
    for (number, line) in (told.line..).zip(&shown) {
        writeln!(out, "{number:width$} | {line}")?;
    }
    if told.text.lines().count() > shown.len() {
        writeln!(out, "{:width$} | …", "")?;
    }
    writeln!(out, "{:width$} |", "")?;
    let mut say = |word: &str, text: &str| writeln!(out, "{:width$} = {word}: {text}", "");
    for (word, text) in facts(effects, version) {
        say(word, &text)?;
    }
    for (word, text) in caveats(effects) {
        say(word, &text)?;
    }
    writeln!(out)
}

/// What it does, a line for each kind of fact.
fn facts(effects: &Effects, version: u32) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    for group in effects
        .locks
        .chunk_by(|a, b| (a.mode, a.held) == (b.mode, b.held))
    {
        facts.push(("lock", lock(group)));
    }
    if effects.locks.is_empty() && effects.unknown.is_none() {
        facts.push(("lock", "none that others could wait for".to_owned()));
    }
    for (word, list) in [
        ("rewrites", &effects.rewrites),
        ("empties", &effects.empties),
        ("scans", &effects.scans),
        ("builds", &effects.builds),
    ] {
        if !list.is_empty() {
            facts.push((word, join(list)));
        }
    }
    for wait in effects.waits() {
        facts.push(("waits for", wait.to_string()));
    }
    if effects.in_transaction == InTransaction::Forbidden {
        facts.push((
            "transaction",
            "cannot run inside a transaction block".to_owned(),
        ));
    }
    for row in effects.rows.iter().filter(|row| !row.note.is_empty()) {
        let since = if row.since > 10 || row.until < 18 {
            format!(" (PostgreSQL {version})")
        } else {
            String::new()
        };
        facts.push(("note", format!("{}{since}", row.note)));
    }
    facts
}

fn lock(group: &[LockTaken]) -> String {
    let relations: Vec<ObjectName> = group.iter().map(|lock| lock.relation.clone()).collect();
    let Some(first) = group.first() else {
        return String::new();
    };
    let held = match first.held {
        Held::Transaction => "until the transaction ends",
        Held::Statement => "until the statement ends",
        Held::Phases => "given back and taken again",
    };
    let blocks = if first.mode >= Mode::ShareUpdateExclusive {
        format!("; blocks {}", first.mode.blocks().words())
    } else {
        String::new()
    };
    format!("{} on {}, {held}{blocks}", first.mode, join(&relations))
}

/// What may make the answer wrong.
fn caveats(effects: &Effects) -> Vec<(&'static str, String)> {
    let refused = effects.refused.iter().map(|it| ("refused", it.clone()));
    let unknown = effects.unknown.iter().map(|it| ("unknown", it.clone()));
    let assumed = effects.assumed.iter().map(|it| ("assumed", it.to_string()));
    refused.chain(unknown).chain(assumed).collect()
}

fn join(names: &[ObjectName]) -> String {
    let names: Vec<String> = names.iter().map(ObjectName::to_string).collect();
    names.join(", ")
}
