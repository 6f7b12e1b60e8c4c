//! The linter: rules, what they are told, and what becomes of what they find.
//!
//! No IO. [`lint`] reads a script against what is known to exist; [`fix`] makes the edits that its findings carry.
//!
//! ```text
//!  text ──▶ parse ──▶ Walk: for each statement  At (catalog, effects, session) ──▶ rules ──▶ findings
//!                                                                                               │
//!  comments ──▶ suppressions ◀── locks, work, severity by size, fingerprints ◀──────────────────┘
//! ```
//!
//! Invariant: equal texts, catalogs and settings give equal reports, in the order of positions; no text panics.

pub mod context;
pub mod directives;
pub mod duration;
mod explain;
mod finding;
pub mod fingerprint;
mod fix;
mod impact;
mod places;
mod rule;
mod rules;
mod session;
mod settings;
mod severity;
mod steps;
mod suppressions;
mod walk;
mod written;

pub use context::{At, Whole};
pub use explain::page;
pub use finding::{Edit, Finding, Fix, Help, Work, WorkKind};
pub use fix::{Fixed, fix};
pub use rule::{Aliases, Check, Default as OnByDefault, Group, Rule};
pub use rules::{ALL as RULES, LEFT_OUT, LeftOut, closest, left_out, named};
pub use session::{Session, Timeout, milliseconds};
pub use settings::{DEFAULT_VERSION, Settings};
pub use severity::{Level, Severity};

use self::fingerprint::Fingerprints;
use self::suppressions::Suppressions;
use crate::ast::Script;
use crate::catalog::Catalog;
use crate::text::Span;

/// What was found in one text.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// In order of position.
    pub findings: Vec<Finding>,
    /// How many statements were looked at, those in `DO` bodies among them.
    pub statements: usize,
    /// How many findings comments have silenced.
    pub suppressed: usize,
    /// What exists after the script, for one that builds on it.
    pub catalog: Catalog,
}

/// Looks at a script; `known` is what exists before it.
#[must_use]
pub fn lint(text: &str, known: &Catalog, settings: &Settings) -> Report {
    follow(text, known.clone(), settings)
}

/// As [`lint`], for one script of many, each on the catalog that the one before has left.
#[must_use]
pub fn follow(text: &str, known: Catalog, settings: &Settings) -> Report {
    let script = crate::parse(text);
    let mut suppressions = Suppressions::new(text, &script);
    let assumed = settings.assume_in_transaction && !suppressions.no_transaction();
    let walked = walk::walk(text, &script, known, settings, assumed);
    let mut findings = walked.findings;
    let before = findings.len();
    findings.retain(|it| !suppressions.silences(it));
    let mut complaints = suppressions.complaints(|rule| settings.runs(rule));
    complaints.retain(|it| settings.runs(it.rule) && !suppressions.silences_complaint(it));
    for complaint in &mut complaints {
        if let Level::Fixed(severity) = settings.level(complaint.rule) {
            complaint.severity = severity;
        }
    }
    let suppressed = before - findings.len();
    findings.append(&mut complaints);
    findings.sort_by(|a, b| order(a).cmp(&order(b)));
    name(text, &script, &mut findings);
    Report {
        findings,
        statements: walked.statements,
        suppressed,
        catalog: walked.catalog,
    }
}

fn order(finding: &Finding) -> (u32, &'static str, u32, &str) {
    let Finding {
        span,
        rule,
        message,
        ..
    } = finding;
    (span.start, rule.name, span.end, message)
}

/// Gives each finding its fingerprint.
fn name(text: &str, script: &Script, findings: &mut [Finding]) {
    let mut fingerprints = Fingerprints::default();
    for finding in findings {
        let statement = statement_of(script, finding.span);
        let first = script
            .comments
            .partition_point(|it| it.span.end <= statement.start);
        let comments = script.comments.get(first..).unwrap_or_default();
        let comments = || {
            let within = comments.iter().map(|it| it.span);
            within.take_while(|it| it.start < statement.end)
        };
        let words = fingerprint::words(text, statement, comments());
        let place = fingerprint::words(text, finding.span, comments());
        finding.fingerprint = fingerprints.next(finding.rule.name, &words, &place);
    }
}

/// The statement that a place is in, or the place itself.
fn statement_of(script: &Script, span: Span) -> Span {
    let after = script
        .statements
        .partition_point(|it| it.span.start <= span.start);
    let before = after
        .checked_sub(1)
        .and_then(|it| script.statements.get(it));
    match before {
        Some(statement) if span.start <= statement.span.end => statement.span,
        _ => span,
    }
}

#[cfg(test)]
mod tests;
