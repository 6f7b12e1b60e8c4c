//! What `howdah locks` prints. No IO.

use std::fmt::Write as _;

use howdah_sql::ast::ObjectName;
use howdah_sql::locks::{Effects, Held, InTransaction, LockTaken, Mode};

use super::Told;

/// How much of a statement is shown.
const SHOWN_LINES: usize = 6;

/// All statements for people.
pub(super) fn text(told: &[Told]) -> String {
    let mut text = String::new();
    for it in told {
        let _ = one(it, &mut text);
    }
    text
}

fn one(told: &Told, out: &mut String) -> std::fmt::Result {
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
    for (word, text) in facts(effects, told.version) {
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
    facts.extend(work(effects));
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

/// What one should know of a statement before it runs, in a few lines: what it blocks, and for how long that may be.
pub(super) fn short(effects: &Effects) -> Vec<String> {
    let mut lines = Vec::new();
    let blocking = effects
        .locks
        .iter()
        .filter(|lock| lock.mode >= Mode::ShareUpdateExclusive);
    let blocking: Vec<LockTaken> = blocking.cloned().collect();
    for group in blocking.chunk_by(|a, b| a.mode == b.mode) {
        let relations: Vec<ObjectName> = group.iter().map(|lock| lock.relation.clone()).collect();
        if let Some(first) = group.first() {
            let blocks = first.mode.blocks().words();
            lines.push(format!(
                "{} on {}: blocks {blocks}",
                first.mode,
                join(&relations)
            ));
        }
    }
    lines.extend(work(effects).map(|(word, names)| format!("{word} {names}")));
    let beside = effects.waits_for.iter();
    lines.extend(beside.map(|wait| format!("waits for {wait}")));
    lines.extend(
        caveats(effects)
            .into_iter()
            .map(|(word, text)| format!("{word}: {text}")),
    );
    lines
}

/// What it goes through or makes, a word and the names for each kind of work.
fn work(effects: &Effects) -> impl Iterator<Item = (&'static str, String)> + use<'_> {
    let lists = [
        ("rewrites", &effects.rewrites),
        ("empties", &effects.empties),
        ("scans", &effects.scans),
        ("builds", &effects.builds),
    ];
    let lists = lists.into_iter().filter(|(_, list)| !list.is_empty());
    lists.map(|(word, list)| (word, join(list)))
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
