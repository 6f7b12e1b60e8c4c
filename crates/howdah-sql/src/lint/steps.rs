//! How howdah's runner takes a migration of its own: steps, each a transaction, in the phases of a deploy.
//!
//! No IO. Read from the comments of a part of such a file (docs/migrations.md); `python/howdah/migrations/_files.py` reads the
//! same for the runner, which refuses what is wrong in them. Invariant: a comment that is not understood says nothing here.

use super::rule::Rule;
use super::rules;
use crate::ast::Script;
use crate::text::{Span, is_howdahs};

/// The `lock_timeout` of a transaction, where nobody configures another.
pub(super) const LOCK_TIMEOUT: &str = "500ms";
/// That of a statement without a transaction, which waits by design.
pub(super) const CONCURRENT_LOCK_TIMEOUT: &str = "600s";

/// What a `-- howdah: step` says of the statements behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    /// Where it begins.
    begins: u32,
    /// When in a deploy it runs.
    pub(super) phase: Phase,
    /// Whether its statements are one transaction, those aside that PostgreSQL refuses in one.
    pub(super) transaction: bool,
    /// Whether it runs for one range of keys after the other.
    pub(super) in_batches: bool,
}

/// A phase of a deploy, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Expand,
    Migrate,
    Contract,
}

/// The steps of a script, in order; none where it is no migration of howdah's.
pub(super) fn steps(text: &str, script: &Script) -> Option<Vec<Step>> {
    if !is_howdahs(text) {
        return None;
    }
    let mut found = vec![Step::at(0)];
    for comment in &script.comments {
        let words = comment.span.of(text).trim_start_matches('-').trim();
        let words = words.to_ascii_lowercase();
        let Some(rest) = words.strip_prefix("howdah:") else {
            continue;
        };
        match rest.trim().split_once(' ').unwrap_or((rest.trim(), "")) {
            ("step", options) => found.push(Step::new(comment.span.start, options)),
            ("undo", rest) => {
                let options = rest.split_once(',').map_or("", |(_, options)| options);
                found.push(Step::new(comment.span.start, options));
            }
            _ => {}
        }
    }
    Some(found)
}

/// The step that a statement belongs to.
pub(super) fn step_of(steps: &[Step], statement: Span) -> Option<&Step> {
    let behind = steps.partition_point(|it| it.begins <= statement.start);
    steps.get(behind.checked_sub(1)?)
}

impl Step {
    fn at(begins: u32) -> Self {
        Self {
            begins,
            phase: Phase::Expand,
            transaction: true,
            in_batches: false,
        }
    }

    fn new(begins: u32, options: &str) -> Self {
        let mut step = Self::at(begins);
        for option in options.split(',').map(str::trim) {
            match option {
                "migrate" => step.phase = Phase::Migrate,
                "contract" => step.phase = Phase::Contract,
                "no transaction" => step.transaction = false,
                _ if option.starts_with("batches of") => step.in_batches = true,
                _ => {}
            }
        }
        step
    }

    /// Whether a rule has nothing to say of its statements.
    pub(super) fn settles(self, rule: &Rule) -> bool {
        (self.phase == Phase::Contract && rules::is_about_programs(rule))
            || (self.in_batches && rules::is_about_batches(rule))
            // with the runner's limit, and for what the step changes anyway
            || (self.transaction && rule.name == rules::explicit_lock::RULE.name)
    }
}
