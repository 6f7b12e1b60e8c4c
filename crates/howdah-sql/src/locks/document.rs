//! The table as a page of the documentation: `docs/lock-model.md`.
//!
//! No IO. Printed by `howdah locks --table`; a test compares the page with it.

use std::fmt::Write as _;

use super::effects::{Held, InTransaction, Whom};
use super::mode::Mode;
use super::table::{self, Role, Row, SECTIONS, Section, VERSIONS};

const HEAD: &str = "\
# The lock model

What each statement locks, rewrites, scans and builds, and what it blocks meanwhile. `howdah locks` says it of
your statements, with the names of your tables; this is the table that it looks into. A test runs every form of it
on PostgreSQL 18 and 15, and on 12, 13, 14, 16 and 17 where they are installed, and compares locks, files and rows
read with what is written here.

This page is what `howdah locks --table` prints.

**Locks** are those on relations that existed before the transaction: on tables, views and sequences every mode, on
indexes from `SHARE UPDATE EXCLUSIVE` on. Each is the strongest of its relation, and held until the transaction
ends unless the line says otherwise. `t` is the table that the statement names, `p` the other one.

**Blocks** is what an application cannot do while the statement runs and until its transaction ends. Whoever has to
wait for a lock also blocks those who come after it: set `lock_timeout`.

| mode | blocks |
|---|---|
";

/// The page, with a line for each line of the table.
#[must_use]
pub fn document() -> String {
    let mut page = HEAD.to_owned();
    for mode in Mode::ALL {
        let _ = writeln!(page, "| `{mode}` | {} |", mode.blocks().words());
    }
    page += "\n## Contents\n\n";
    for section in SECTIONS {
        let (title, anchor) = (section.title, anchor(section.title));
        let _ = writeln!(page, "- [{title}](#{anchor}): {}", verbs(section));
    }
    page += "- [What changed from version to version](#what-changed-from-version-to-version)\n";
    for section in SECTIONS {
        let _ = write!(
            page,
            "\n## {}\n\n| statement | locks | work | blocks | versions |\n|---|---|---|---|---|\n",
            section.title
        );
        for row in section.rows {
            let _ = writeln!(
                page,
                "| {} | {} | {} | {} | {} |",
                statement(row),
                locks(row),
                work(row),
                blocks(row),
                versions(row)
            );
        }
    }
    changes(&mut page);
    page
}

/// As GitHub and MkDocs make it of a heading.
fn anchor(title: &str) -> String {
    let kept = title
        .chars()
        .filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// The first words of a section's statements, each once.
fn verbs(section: &Section) -> String {
    let mut verbs: Vec<String> = Vec::new();
    for row in section.rows {
        let first = row.sql.split("; ").next().unwrap_or_default();
        let is_word = |it: &&str| it.chars().all(|it| it.is_ascii_uppercase());
        let words = first.split(' ').take_while(is_word);
        let words: Vec<&str> = words
            .filter(|it| !["OR", "REPLACE", "FOREIGN"].contains(it))
            .take(2)
            .collect();
        let verb = format!("`{}`", words.join(" "));
        if !words.is_empty() && !verbs.contains(&verb) {
            verbs.push(verb);
        }
    }
    verbs.join(", ")
}

/// The lines that begin with a version, newest first, beside those that they came after.
fn changes(page: &mut String) {
    *page += "\n## What changed from version to version\n\n\
              Each line says what the version does, and the one below it what the version before did.\n";
    for version in VERSIONS.rev() {
        let begins: Vec<&Row> = table::rows().filter(|it| it.since == version).collect();
        if begins.is_empty() || version == *VERSIONS.start() {
            continue;
        }
        let _ = write!(
            page,
            "\n### PostgreSQL {version}\n\n| statement | locks | work |\n|---|---|---|\n"
        );
        for row in begins {
            let before = table::row(row.form, version - 1);
            let _ = writeln!(
                page,
                "| {} | {} | {} |",
                statement(row),
                locks(row),
                work(row)
            );
            let before = before.map_or_else(
                || "*before: not there* | |".to_owned(),
                |it| format!("*before* | {} | {}", locks(it), work(it)),
            );
            let _ = writeln!(page, "| {before} |");
        }
    }
}

fn statement(row: &Row) -> String {
    let alternatives: Vec<String> = row.sql.split("; ").map(|sql| format!("`{sql}`")).collect();
    let mut text = alternatives.join(", ");
    if !row.when.is_empty() {
        let _ = write!(text, "<br>{}", row.when);
    }
    text
}

fn locks(row: &Row) -> String {
    if row.locks.is_empty() {
        return "none".to_owned();
    }
    let mut modes: Vec<Mode> = row.locks.iter().map(|(_, mode)| *mode).collect();
    modes.sort_unstable();
    modes.dedup();
    let of_mode = |mode: &Mode| {
        let with = |(role, other): &(Role, Mode)| (other == mode).then(|| role.words());
        let roles: Vec<&str> = row.locks.iter().filter_map(with).collect();
        format!("`{mode}`: {}", roles.join(", "))
    };
    let mut parts: Vec<String> = modes.iter().rev().map(of_mode).collect();
    match row.held {
        Held::Transaction => {}
        Held::Statement => parts.push("until it ends".to_owned()),
        Held::Phases => parts.push("given back in between".to_owned()),
    }
    parts.join("<br>")
}

fn work(row: &Row) -> String {
    let mut parts = Vec::new();
    for (verb, roles) in [
        ("rewrites", row.rewrites),
        ("empties", row.empties),
        ("scans", row.scans),
        ("builds", row.builds),
    ] {
        if !roles.is_empty() {
            let roles: Vec<&str> = roles.iter().map(|role| role.words()).collect();
            parts.push(format!("**{verb}** {}", roles.join(", ")));
        }
    }
    if row.in_transaction == InTransaction::Forbidden {
        parts.push("not in a transaction block".to_owned());
    }
    for (whom, role) in row.waits {
        parts.push(match whom {
            Whom::Maintenance => format!("waits for VACUUM and schema changes of {}", role.words()),
            Whom::Writers => format!(
                "waits for every transaction that has written {}",
                role.words()
            ),
            Whom::Users => format!("waits for every transaction that has used {}", role.words()),
            Whom::OlderSnapshots => "waits for every older snapshot of the database".to_owned(),
            Whom::Sessions => "waits for every session of the database to leave".to_owned(),
        });
    }
    if !row.note.is_empty() {
        parts.push(row.note.to_owned());
    }
    if parts.is_empty() {
        return "catalog only".to_owned();
    }
    parts.join("<br>")
}

fn blocks(row: &Row) -> &'static str {
    row.locks
        .iter()
        .map(|(_, mode)| mode.blocks())
        .max()
        .map_or("nothing", super::mode::Blocks::words)
}

fn versions(row: &Row) -> String {
    let (oldest, newest) = (*VERSIONS.start(), *VERSIONS.end());
    match (row.since == oldest, row.until == newest) {
        (true, true) => "all".to_owned(),
        (false, true) => format!("{} and later", row.since),
        (true, false) => format!("up to {}", row.until),
        (false, false) if row.since == row.until => row.since.to_string(),
        (false, false) => format!("{} to {}", row.since, row.until),
    }
}
