//! A script from its first statement to its last, and every rule asked about each.
//!
//! No IO. Called by the engine. Follows the catalog, the session and the locks of the open transaction, looks into `DO`
//! bodies, takes howdah's own migrations step by step. Invariant: rules are asked before the statement has changed anything.

use super::context::{At, Whole};
use super::finding::Finding;
use super::impact;
use super::places::Places;
use super::rule::{Check, Rule};
use super::rules;
use super::rules::{refused_statement, syntax_error, unseen_statement};
use super::session::{Session, Timeout};
use super::settings::Settings;
use super::severity::Level;
use super::steps::{self, Step};
use super::written;
use crate::ast::{Action, Do, Kind, ObjectName, Script, Statement, Transaction};
use crate::catalog::Catalog;
use crate::locks::{self, Held, InTransaction, LockTaken};

/// What came of it.
pub(super) struct Walked {
    pub(super) findings: Vec<Finding>,
    pub(super) statements: usize,
    pub(super) catalog: Catalog,
}

/// Bodies within bodies that are looked into.
const DEPTH: usize = 4;

/// Walks through a script; `assumed`: a transaction surrounds it.
pub(super) fn walk(
    text: &str,
    script: &Script,
    known: Catalog,
    settings: &Settings,
    assumed: bool,
) -> Walked {
    let runs = |rule: &&&'static Rule| settings.runs(rule);
    let mut walk = Walk {
        text,
        settings,
        rules: rules::ALL.iter().filter(runs).copied().collect(),
        catalog: known,
        session: Session::new(assumed, settings.session.clone()),
        findings: Vec::new(),
        statements: 0,
        depth: 0,
        variables: Vec::new(),
        steps: steps::steps(text, script),
        step: None,
    };
    walk.script(script);
    if walk.step.is_some() {
        walk.session.end_block();
    }
    walk.end(script);
    Walked {
        findings: walk.findings,
        statements: walk.statements,
        catalog: walk.catalog,
    }
}

struct Walk<'a> {
    text: &'a str,
    settings: &'a Settings,
    rules: Vec<&'static Rule>,
    catalog: Catalog,
    session: Session,
    findings: Vec<Finding>,
    statements: usize,
    depth: usize,
    /// The names that stand for variables of psql and of other tools, with how these are written.
    variables: Vec<(String, String)>,
    /// Those of a migration of howdah's.
    steps: Option<Vec<Step>>,
    /// The one that the statement before belongs to.
    step: Option<Step>,
}

/// How Alembic marks where a revision begins in what `alembic upgrade --sql` writes.
const REVISION: &str = "-- Running upgrade ";

impl Walk<'_> {
    fn script(&mut self, script: &Script) {
        self.errors(script);
        for index in 0..script.statements.len() {
            self.statement(self.text, script, index);
            if self.ends_revision(script, index) {
                // what one release made, the next one finds in use
                self.catalog = std::mem::take(&mut self.catalog).settled();
            }
        }
    }

    /// Whether a transaction of Alembic's ends here, and another revision follows.
    fn ends_revision(&self, script: &Script, index: usize) -> bool {
        let Some(statement) = script.statements.get(index) else {
            return false;
        };
        let is_commit = matches!(
            statement.kind,
            Kind::Transaction(Transaction::Commit { .. })
        );
        let behind = script
            .comments
            .partition_point(|it| it.span.start < statement.span.end);
        let mut comments = script.comments.get(behind..).unwrap_or_default().iter();
        is_commit && comments.any(|it| it.span.of(self.text).starts_with(REVISION))
    }

    fn errors(&mut self, script: &Script) {
        if !self.settings.runs(&syntax_error::RULE) {
            return;
        }
        for error in &script.errors {
            let mut finding = syntax_error::finding(error, self.text);
            self.settle(&mut finding);
            self.findings.push(finding);
        }
    }

    fn statement(&mut self, text: &str, script: &Script, index: usize) {
        let Some(statement) = script.statements.get(index) else {
            return;
        };
        if self.settings.of_tool.contains(&statement.span) {
            self.session.apply_of_tool(statement);
            return;
        }
        self.statements += 1;
        written::variables(statement.span.of(text), &mut self.variables);
        let next = self.next_step(statement);
        let effects = locks::effects(statement, &self.catalog, self.settings.version);
        if let Some(step) = next {
            self.enter(step, effects.in_transaction);
        }
        let at = At {
            text,
            script,
            index,
            statement,
            catalog: &self.catalog,
            effects: &effects,
            session: &self.session,
            settings: self.settings,
            in_do: self.depth > 0,
        };
        let found = self.look(&at);
        for mut finding in found {
            self.settle(&mut finding);
            self.findings.push(finding);
        }
        if let Kind::Do(body) = &statement.kind {
            self.body(text, statement, body);
        }
        if discards_all(statement, text) {
            self.session.reset();
        }
        let limit = self.session.timeout("lock_timeout");
        let unlimited = !matches!(limit, Timeout::Milliseconds(_));
        if self.depth == 0 {
            self.session.apply(statement);
        }
        self.session.hold(&effects, statement.span.of(text));
        self.rename(&statement.kind);
        let mut locks = effects.locks.iter();
        let blocks = |it: &LockTaken| it.mode.blocks_writes() && it.held == Held::Transaction;
        if locks.any(|it| blocks(it) && !self.catalog.is_free(&it.relation)) {
            self.session.has_blocked = unlimited;
        }
        self.catalog.apply(statement);
    }

    /// What the rules find in a statement.
    fn look(&self, at: &At<'_>) -> Vec<Finding> {
        let mut found = Vec::new();
        for rule in &self.rules {
            if let Check::Statement(check) = rule.check
                && !self.is_settled(rule)
            {
                check(at, &mut found);
            }
        }
        if found.iter().any(|it| it.alone) {
            found.retain(|it| it.alone);
        }
        impact::complete(at, &mut found);
        for finding in &mut found {
            written::restore(finding, &self.variables);
        }
        found
    }

    /// The step of howdah's runner that a statement of the script itself belongs to.
    fn next_step(&mut self, statement: &Statement) -> Option<Step> {
        if self.depth > 0 {
            return None;
        }
        let step = *steps::step_of(self.steps.as_deref()?, statement.span)?;
        if self.step.is_some_and(|it| it.phase != step.phase) {
            // between the phases of a deploy programs use what is new
            self.catalog = std::mem::take(&mut self.catalog).settled();
        }
        Some(step)
    }

    /// Begins and ends transactions as the runner does, with its limits for locks.
    fn enter(&mut self, step: Step, in_transaction: InTransaction) {
        let is_alone =
            !step.transaction || step.in_batches || in_transaction == InTransaction::Forbidden;
        if is_alone {
            self.session.end_block();
            self.session.limit_locks(steps::CONCURRENT_LOCK_TIMEOUT);
        } else if self.step != Some(step) || !self.session.in_transaction() {
            self.session.end_block();
            self.session.begin_block();
            self.session.limit_locks(steps::LOCK_TIMEOUT);
        }
        self.step = Some(step);
    }

    /// Whether a rule has nothing to say here, whatever the statement does.
    fn is_settled(&self, rule: &Rule) -> bool {
        // a way down runs behind as much of the way up as has run, which nobody knows here
        let undoes = self.settings.undoes;
        (undoes && rules::is_about_programs(rule))
            || (undoes && self.step.is_some() && rule.name == refused_statement::RULE.name)
            || self.step.is_some_and(|it| it.settles(rule))
    }

    /// A table that is renamed keeps its locks under the new name.
    fn rename(&mut self, kind: &Kind) {
        let Kind::AlterTable(table) = kind else {
            return;
        };
        for action in &table.actions {
            if let Action::Rename(to) = &action.kind {
                let from = self.catalog.shortest(&table.name);
                let renamed = ObjectName {
                    schema: from.schema.clone(),
                    ..ObjectName::new(to.text.clone())
                };
                self.session.rename(&from, &renamed);
            }
        }
    }

    /// What a `DO` runs, as far as it is SQL that stands there.
    fn body(&mut self, text: &str, statement: &Statement, body: &Do) {
        if self.depth >= DEPTH {
            return;
        }
        let inner = crate::parse_do(body);
        let within = inner.text.as_deref().unwrap_or(text);
        let begins = self.session.begin_block();
        let first = self.findings.len();
        self.depth += 1;
        for index in 0..inner.script.statements.len() {
            self.statement(within, &inner.script, index);
        }
        for place in &inner.unseen {
            self.leave(unseen_statement::of_execute(*place));
        }
        self.depth -= 1;
        if begins {
            self.session.end_block();
        }
        let places = Places::new(text, body, &inner);
        for finding in self.findings.get_mut(first..).unwrap_or_default() {
            places.bring_back(finding);
        }
        if body.language != "plpgsql" {
            self.leave(unseen_statement::of_language(
                statement.span,
                &body.language,
            ));
        }
    }

    /// Says what is not looked at.
    fn leave(&mut self, mut finding: Finding) {
        if self.settings.runs(finding.rule) {
            self.settle(&mut finding);
            self.findings.push(finding);
        }
    }

    fn end(&mut self, script: &Script) {
        let whole = Whole {
            text: self.text,
            script,
            catalog: &self.catalog,
            session: &self.session,
            settings: self.settings,
        };
        let mut found = Vec::new();
        for rule in &self.rules {
            if let Check::Script(check) = rule.check {
                check(&whole, &mut found);
            }
        }
        for mut finding in found {
            self.settle(&mut finding);
            self.findings.push(finding);
        }
        for finding in unseen_statement::of_commands(self.text) {
            self.leave(finding);
        }
    }

    /// What configuration and place make of a finding.
    fn settle(&self, finding: &mut Finding) {
        if let Level::Fixed(severity) = self.settings.level(finding.rule) {
            finding.severity = severity;
        }
    }
}

fn discards_all(statement: &Statement, text: &str) -> bool {
    matches!(statement.kind, Kind::Discard)
        && statement
            .span
            .of(text)
            .to_ascii_lowercase()
            .ends_with("all")
}
