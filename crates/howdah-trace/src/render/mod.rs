//! A report for people: plain text, or Markdown for a pull request. No IO.

mod markdown;
mod text;

use std::time::Duration;

pub use markdown::markdown;
pub use text::text;

use crate::observe::{Lock, Mode, Observation, Read, Relation, Wait, WaitFor};
use crate::report::{Block, Place, Report, Step};

/// Of a transaction that nothing ends.
const LEFT_OPEN: &str = "a transaction begins here that nothing ends: it was rolled back";

/// What a reader has to know about the whole.
fn introduction(report: &Report) -> String {
    let version = &report.server_version;
    match report.place {
        Place::Scratch => format!(
            "traced on a scratch copy with PostgreSQL {version}; times are those of its data, not of yours"
        ),
        Place::RolledBack => {
            format!("traced with PostgreSQL {version} in one transaction, which was rolled back")
        }
        Place::Committed => format!("traced with PostgreSQL {version}; everything was committed"),
    }
}

/// The strongest mode on each relation that people know by name, strongest first.
fn strongest(locks: &[Lock]) -> Vec<(&Relation, Mode)> {
    let mut strongest: Vec<(&Relation, Mode)> = Vec::new();
    // they are in order of relation, then mode
    for lock in locks.iter().filter(|lock| !lock.relation.is_toast()) {
        match strongest
            .last_mut()
            .filter(|(relation, _)| *relation == &lock.relation)
        {
            Some((_, mode)) => *mode = lock.mode,
            None => strongest.push((&lock.relation, lock.mode)),
        }
    }
    strongest.sort_by(|one, two| two.1.cmp(&one.1).then_with(|| one.0.cmp(two.0)));
    strongest
}

/// Until when a lock is held.
fn until(step: &Step) -> String {
    let held = time(step.held_for);
    match step.block {
        Block::Own => format!("held {held}, to its commit"),
        Block::Shared => format!("held {held}, to the end of the block"),
        Block::None => format!("in steps, within {held}"),
    }
}

fn names(relations: &[Relation]) -> String {
    let names: Vec<String> = relations.iter().map(ToString::to_string).collect();
    names.join(", ")
}

fn read(read: &Read) -> String {
    let rows = match read.rows {
        1 => "1 row".to_owned(),
        rows => format!("{rows} rows"),
    };
    match read.scans {
        1 => format!("{} ({rows})", read.relation),
        scans => format!("{} ({rows} in {scans} passes)", read.relation),
    }
}

fn wait(wait: &Wait) -> String {
    let of = wait
        .relation
        .as_ref()
        .map(|relation| format!(" of {relation}"));
    let of = of.unwrap_or_default();
    match wait.for_whom {
        WaitFor::Readers => format!("the transactions of all readers{of}"),
        WaitFor::Writers => format!("the transactions of all writers{of}"),
        WaitFor::Snapshots => "every transaction of the database with an older snapshot".to_owned(),
    }
}

/// What was measured beside locks, as pairs of a word and what it says.
fn facts(seen: &Observation, runs: u64) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let mut add = |word, text: String| {
        if !text.is_empty() {
            facts.push((word, text));
        }
    };
    add("rewrites", names(&seen.rewrites));
    add("builds", names(&seen.builds));
    let reads = seen
        .reads
        .iter()
        .flatten()
        .filter(|read| !read.relation.is_index());
    add("reads", reads.map(read).collect::<Vec<_>>().join(", "));
    add(
        "waits for",
        seen.waits.iter().map(wait).collect::<Vec<_>>().join(", "),
    );
    add("left invalid", names(&seen.invalid));
    let wal = size(seen.wal_bytes);
    let took = format!("{}, {wal} of write-ahead log", time(seen.duration));
    add(
        "took",
        match runs {
            1 => took,
            runs => format!("{took}, in {runs} runs"),
        },
    );
    facts
}

fn time(duration: Duration) -> String {
    let milliseconds = duration.as_secs_f64() * 1e3;
    if milliseconds < 1000.0 {
        format!("{milliseconds:.1} ms")
    } else {
        format!("{:.1} s", milliseconds / 1e3)
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} bytes"),
        1_024..1_048_576 => format!("{} kB", bytes / 1_024),
        _ => format!("{} MB", bytes / 1_048_576),
    }
}

/// On one line, at most `most` letters.
fn brief(sql: &str, most: usize) -> String {
    let words: Vec<&str> = sql.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().count() <= most {
        return line;
    }
    let start: String = line.chars().take(most.saturating_sub(1)).collect();
    start + "…"
}
