//! The report as Markdown, for a comment on a pull request. No IO.

use std::fmt::Write;

use super::{LEFT_OPEN, brief, facts, introduction, strongest, time, until};
use crate::observe::Observation;
use crate::report::{Report, Step};

const WIDTH: usize = 100;

/// The report as Markdown: a section for each statement.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let mut out = format!("### Trace\n\n{}.\n", introduction(report));
    for step in &report.steps {
        add(&mut out, step);
    }
    for ignored in &report.ignored {
        let _ = writeln!(out, "\nNot run, as a command of psql: `{ignored}`");
    }
    for place in &report.left_open {
        let _ = writeln!(out, "\n`{place}`: **{LEFT_OPEN}**");
    }
    for unusable in &report.unusable {
        let site = unusable.site.as_deref().unwrap_or("workload");
        let _ = writeln!(
            out,
            "\nLeft out of the workload: {site}: {}",
            unusable.error
        );
    }
    out
}

fn add(out: &mut String, step: &Step) {
    let _ = writeln!(
        out,
        "\n#### `{}:{}`\n\n```sql\n{}\n```\n",
        step.file, step.line, step.sql
    );
    if let Some(why) = &step.skipped {
        let _ = writeln!(out, "Not run: {why}.");
    }
    if let Some(seen) = &step.seen {
        add_seen(out, step, seen);
    }
    add_waiting(out, step);
    for difference in &step.differences {
        let _ = writeln!(
            out,
            "- **The lock model is wrong here, please report it:** {difference}"
        );
    }
}

fn add_seen(out: &mut String, step: &Step, seen: &Observation) {
    let locks = strongest(&seen.locks);
    if !locks.is_empty() {
        out.push_str("| relation | lock | blocks | |\n|---|---|---|---|\n");
        for (relation, mode) in locks {
            let (blocks, until) = (mode.blocks().words(), until(step));
            let _ = writeln!(out, "| `{relation}` | {mode} | {blocks} | {until} |");
        }
        out.push('\n');
    }
    for (word, text) in facts(seen, step.runs) {
        let _ = writeln!(out, "- {word}: {text}");
    }
    if let Some(error) = &seen.error {
        let _ = match error.sqlstate.as_str() {
            "" => writeln!(out, "- **failed**: {}", error.message),
            state => writeln!(out, "- **failed** ({state}): {}", error.message),
        };
    }
}

fn add_waiting(out: &mut String, step: &Step) {
    if step.would_wait.is_empty() {
        return;
    }
    out.push_str("\n| would wait | for | against | up to |\n|---|---|---|---|\n");
    for one in &step.would_wait {
        let site = one.site.as_deref().unwrap_or("workload");
        let sql = brief(&one.sql, WIDTH).replace('|', "\\|");
        let (wants, relation, held) = (one.wants, &one.relation, one.held);
        let _ = writeln!(
            out,
            "| {site}: `{sql}` | {wants} on `{relation}` | {held} | {} |",
            time(step.held_for)
        );
    }
}
