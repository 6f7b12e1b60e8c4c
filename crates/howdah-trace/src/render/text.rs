//! The report as plain text. No IO.

use std::fmt::Write;

use super::{LEFT_OPEN, brief, facts, introduction, strongest, time, until};
use crate::observe::Observation;
use crate::report::{Report, Step};

const WIDTH: usize = 100;

/// The report for a terminal or a log.
#[must_use]
pub fn text(report: &Report) -> String {
    let mut out = introduction(report) + "\n";
    for ignored in &report.ignored {
        let _ = writeln!(out, "\n{ignored}\n  not run: a command of psql");
    }
    for unusable in &report.unusable {
        let site = unusable.site.as_deref().unwrap_or("workload");
        let _ = writeln!(out, "\n{site}: {}", brief(&unusable.sql, WIDTH));
        let _ = writeln!(out, "  left out: {}", unusable.error);
    }
    for place in &report.left_open {
        let _ = writeln!(out, "\n{place}: {LEFT_OPEN}");
    }
    for step in &report.steps {
        out.push('\n');
        add(&mut out, step);
    }
    out
}

fn add(out: &mut String, step: &Step) {
    let _ = writeln!(
        out,
        "{}:{}: {}",
        step.file,
        step.line,
        brief(&step.sql, WIDTH)
    );
    if let Some(why) = &step.skipped {
        let _ = writeln!(out, "  not run: {why}");
    }
    if let Some(seen) = &step.seen {
        add_seen(out, step, seen);
    }
    add_waiting(out, step);
    for difference in &step.differences {
        let _ = writeln!(
            out,
            "  the lock model is wrong here, please report it: {difference}"
        );
    }
}

fn add_seen(out: &mut String, step: &Step, seen: &Observation) {
    for (relation, mode) in strongest(&seen.locks) {
        let blocks = mode.blocks().words();
        let until = until(step);
        let _ = writeln!(
            out,
            "  {:<13}{relation}: {mode}, blocks {blocks}; {until}",
            "locks"
        );
    }
    for (relation, mode) in strongest(&seen.held) {
        let _ = writeln!(out, "  {:<13}{relation}: {mode}", "still holds");
    }
    for (word, text) in facts(seen, step.runs) {
        let _ = writeln!(out, "  {word:<13}{text}");
    }
    if let Some(error) = &seen.error {
        let _ = match error.sqlstate.as_str() {
            "" => writeln!(out, "  failed: {}", error.message),
            state => writeln!(out, "  failed: {} ({state})", error.message),
        };
        if let Some(hint) = &error.hint {
            let _ = writeln!(out, "  hint: {hint}");
        }
    }
}

fn add_waiting(out: &mut String, step: &Step) {
    for one in &step.would_wait {
        let site = one.site.as_deref().unwrap_or("workload");
        let (relation, wants, held) = (&one.relation, one.wants, one.held);
        let _ = writeln!(out, "  would wait   {site}: {}", brief(&one.sql, WIDTH));
        let _ = writeln!(
            out,
            "               for {wants} on {relation}, against {held}, up to {}",
            time(step.held_for)
        );
    }
}
