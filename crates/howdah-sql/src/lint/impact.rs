//! What a finding costs: locks and work by the lock model, time by the size of tables, severity by the time.
//!
//! No IO. Called by the engine with what the rules found in one statement. Invariant: without a known size the rule's own
//! severity stays; with one, severity is a function of the estimated time alone.

use std::borrow::Cow;

use super::context::At;
use super::duration;
use super::finding::{Finding, Work, WorkKind};
use super::rule::Group;
use super::severity::Severity;
use crate::ast::{Kind, ObjectName};
use crate::locks::{Effects, LockTaken, Mode};

/// Up to here, whoever waits does not notice.
const NOTE_SECONDS: f64 = 0.1;
/// Up to here, it is noticed and forgotten.
const WARNING_SECONDS: f64 = 1.0;

/// Adds locks, work and times to findings about locks, and lets the size of tables decide how grave they are.
pub(super) fn complete(at: &At<'_>, findings: &mut [Finding]) {
    for finding in findings {
        if !finding.locks.is_empty() {
            continue;
        }
        let alone = of_action(at, finding);
        let effects = alone.as_deref().unwrap_or(at.effects);
        match finding.rule.group {
            Group::Locks => {
                describe(at, finding, effects);
                warn_of_autovacuum(at, finding);
                weigh(finding);
            }
            // what is dropped or changed is locked meanwhile, and so may be what it does not name
            Group::Compatibility | Group::Data => finding.locks = blocking(effects),
            Group::Failure | Group::Design | Group::Script => {}
        }
    }
}

fn blocking(effects: &Effects) -> Vec<LockTaken> {
    let blocks = |it: &&LockTaken| it.mode.blocks_writes() || it.mode.blocks_reads();
    effects.locks.iter().filter(blocks).cloned().collect()
}

/// The effects of the one action that the finding is about, where a statement has several.
fn of_action<'a>(at: &At<'a>, finding: &Finding) -> Option<Cow<'a, Effects>> {
    let Kind::AlterTable(table) = &at.statement.kind else {
        return None;
    };
    if table.actions.len() < 2 {
        return None;
    }
    let start = finding.span.start;
    let behind = table.actions.partition_point(|it| it.span.start <= start);
    let action = table.actions.get(behind.checked_sub(1)?)?;
    if !action.span.contains(finding.span) {
        return None;
    }
    Some(at.effects_of(table, action))
}

fn describe(at: &At<'_>, finding: &mut Finding, effects: &Effects) {
    finding.locks = blocking(effects);
    if finding.locks.is_empty() {
        finding.locks = effects.strongest().cloned().into_iter().collect();
    }
    let mut work = |relation: &ObjectName, kind: WorkKind| {
        // whoever writes a relation anew, or builds an index over it, has read it, too
        if finding.work.iter().any(|it| it.relation == *relation) {
            return;
        }
        let size = at.catalog.size(relation);
        finding.work.reserve_exact(1);
        finding.work.push(Work {
            relation: relation.clone(),
            kind,
            rows: size.map(|it| it.rows),
            seconds: size.map(|it| duration::seconds(kind, &it)),
        });
    };
    for relation in &effects.rewrites {
        work(relation, WorkKind::Rewrite);
    }
    let builds = !effects.builds.is_empty() && effects.rewrites.is_empty();
    for relation in &effects.scans {
        work(
            relation,
            if builds {
                WorkKind::Build
            } else {
                WorkKind::Scan
            },
        );
    }
}

/// Says what is in the way right now, where a database has told it.
fn warn_of_autovacuum(at: &At<'_>, finding: &mut Finding) {
    for lock in &finding.locks {
        let is_busy = at
            .catalog
            .relation(&lock.relation)
            .is_some_and(|it| it.autovacuum);
        if is_busy && lock.mode.conflicts(Mode::ShareUpdateExclusive) {
            finding.notes.push(format!(
                "autovacuum is at work on `{}` now: this waits until it gives way, or for all of it where it prevents \
                 wraparound",
                lock.relation
            ));
        }
    }
}

fn weigh(finding: &mut Finding) {
    let mut longest: Option<f64> = None;
    for work in &finding.work {
        let Some(seconds) = work.seconds else {
            return;
        };
        longest = Some(longest.map_or(seconds, |it| it.max(seconds)));
    }
    finding.severity = match longest {
        None => return,
        Some(seconds) if seconds < NOTE_SECONDS => Severity::Note,
        Some(seconds) if seconds < WARNING_SECONDS => Severity::Warning,
        Some(_) => Severity::Error,
    };
}
