//! A plan: what makes one schema of the other while programs go on working.
//!
//! ```text
//!   diff ──▶ changes, in groups ── units ──▶ a form for each: index, constraint, column, table ──▶ Plan
//! ```
//!
//! No IO. Callers: the runner of migrations and `howdah migrate make`, through the native module. The planner knows of
//! a server what [`Options`] say; a table whose size it does not know is large.
//!
//! Invariants: after all steps the catalog reads as the second schema, as after the plain difference; no step drops what
//! the first schema does not have, and none drops data without an answer that allows it; a step that holds a lock which
//! readers or writers wait for reads no large table under it, but where an answer says so.

mod column;
mod constraint;
mod domain;
mod expand;
mod hazard;
mod index;
mod leftover;
mod options;
mod partition;
mod partitioned;
mod rights;
mod table;
mod undo;
mod units;
mod view;

use std::borrow::Cow;
use std::cell::OnceCell;

use howdah_sql::catalog::Catalog;
use serde::Serialize;

use crate::diff::{self, Change};
use crate::value::Schema;
use leftover::Leftovers;

pub use options::{AllowDrop, Options, carry_names};

/// What makes one schema of the other.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Plan {
    /// The steps in their order.
    pub steps: Vec<Step>,
    /// What has to be decided first; what hangs on it is not among the steps.
    pub questions: Vec<Question>,
    /// What cannot be done.
    pub refused: Vec<Refused>,
    /// What differs and is left alone.
    pub notes: Vec<String>,
}

/// One statement.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// The statement, without a semicolon.
    pub sql: String,
    /// What takes it back, as far as statements can; nothing where it goes with what another step takes back. Absent
    /// where there is no way back.
    pub undo: Option<Vec<Undo>>,
    /// Whether it may run within a transaction.
    pub transaction: bool,
    /// Neighbours of one group are committed together.
    pub group: usize,
    /// In which deploy it runs.
    pub deploy: Deploy,
    /// What it is.
    pub kind: Kind,
    /// What it is about: `index book_title_idx`.
    pub object: String,
    /// Whether waiting for its lock is given up after a time.
    pub lock_timeout: bool,
    /// The index that an interrupted run leaves invalid.
    pub builds_index: Option<String>,
    /// How it runs in batches.
    pub batches: Option<Batches>,
    /// Why it is so.
    pub reason: String,
}

/// What takes a step back, or a part of it that is committed by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Undo {
    /// The statements of one transaction.
    pub statements: Vec<String>,
    /// How the only statement runs in batches.
    pub batches: Option<Batches>,
}

/// An update that runs in batches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Batches {
    /// The table.
    pub table: String,
    /// The columns of its primary key; none where it has none.
    pub key: Vec<String>,
    /// What is set.
    pub set: String,
    /// Of which rows; it is false for those that are done.
    #[serde(rename = "where")]
    pub condition: String,
}

/// In which deploy a step runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Deploy {
    /// Before the new program: the old one works on.
    #[default]
    Expand,
    /// Between: rows are brought to their new form.
    Migrate,
    /// After the old program is gone.
    Contract,
}

/// What a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A change of the catalog.
    Ddl,
    /// An index is built beside writers.
    ConcurrentIndex,
    /// An index is dropped beside its users.
    ConcurrentDrop,
    /// Rows are updated.
    Backfill,
    /// Rows are read, to prove a constraint.
    Validate,
    /// A partition is detached beside readers and writers.
    Detach,
    /// It fails where something was left out.
    Guard,
}

/// What has to be decided.
#[derive(Debug, Clone, Serialize)]
pub struct Question {
    /// By what it is answered in [`Options::answers`].
    pub id: String,
    /// What it is about.
    pub object: String,
    /// The question.
    pub question: String,
    /// Why it is asked.
    pub reason: String,
    /// What can be said.
    pub answers: Vec<Answer>,
    /// The statements that wait for it.
    pub withheld: Vec<String>,
}

/// What can be said to a question.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// The word.
    pub answer: String,
    /// What it means.
    pub meaning: String,
}

/// What cannot be done.
#[derive(Debug, Clone, Serialize)]
pub struct Refused {
    /// What it is about.
    pub object: String,
    /// Why not.
    pub reason: String,
    /// What to do instead.
    pub hint: String,
}

/// The plan that makes `to` of `from`; names must be complete (see [`crate::naming`]).
#[must_use]
pub fn plan(from: &Schema, to: &Schema, options: &Options) -> Plan {
    let server_version = options.server_version;
    // models say themselves what was renamed
    let told = match options.declared {
        Some(_) => Cow::Borrowed(to),
        None => diff::evident::told(from, to),
    };
    let to = &*told;
    let expansion = expand::of(from, to, options);
    let mut schema = expansion.schema;
    let leftovers = leftover::taken_out(&mut schema, to);
    let schema = &schema;
    let mut difference = diff::diff(schema, to, diff::Options { server_version });
    difference.begin_with(expansion.renames);
    undo::tell(&mut difference.changes, schema, to, options);
    let situation = Situation {
        start: from,
        from: schema,
        to,
        options,
        changes: &difference.changes,
        obstacles: &expansion.obstacles,
        leftovers: &leftovers,
        catalog: OnceCell::new(),
    };
    let mut plan = units::all(situation, expansion.forms, expansion.swaps);
    rights::keep(&mut plan, from, to);
    plan.notes.extend(expansion.notes);
    plan.notes.extend(difference.notes);
    plan
}

/// What the forms decide by.
pub(crate) struct Situation<'a> {
    /// What is there before the first step.
    pub(crate) start: &'a Schema,
    /// The same, but for what is renamed and for columns that get another in their place.
    pub(crate) from: &'a Schema,
    pub(crate) to: &'a Schema,
    pub(crate) options: &'a Options,
    pub(crate) changes: &'a [Change],
    /// Why columns cannot get another in their place.
    pub(crate) obstacles: &'a expand::Obstacles,
    /// What an interrupted plan has left.
    pub(crate) leftovers: &'a Leftovers,
    /// `from`, and what was done since, for the lock model.
    pub(crate) catalog: OnceCell<Catalog>,
}

impl Step {
    /// A change of the catalog, in a transaction.
    pub(crate) fn ddl(sql: impl Into<String>, object: String, reason: &str) -> Self {
        Self {
            sql: sql.into(),
            undo: None,
            transaction: true,
            group: 0,
            deploy: Deploy::Expand,
            kind: Kind::Ddl,
            object,
            lock_timeout: true,
            builds_index: None,
            batches: None,
            reason: reason.to_owned(),
        }
    }

    pub(crate) fn undone_by(mut self, undo: impl Into<String>) -> Self {
        self.undo = Some(vec![Undo::of(vec![undo.into()])]);
        self
    }

    /// What takes other steps back takes it along.
    pub(crate) fn goes_along(mut self) -> Self {
        self.undo = Some(Vec::new());
        self
    }

    pub(crate) fn of_kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        let is_outside = matches!(
            kind,
            Kind::ConcurrentIndex | Kind::ConcurrentDrop | Kind::Detach
        );
        self.transaction = !is_outside;
        self.lock_timeout = !is_outside;
        self
    }

    pub(crate) fn deployed(mut self, deploy: Deploy) -> Self {
        self.deploy = deploy;
        self
    }
}

impl Undo {
    pub(crate) fn of(statements: Vec<String>) -> Self {
        Self {
            statements,
            batches: None,
        }
    }
}

impl Question {
    pub(crate) fn new(id: String, object: String, question: String, reason: String) -> Self {
        Self {
            id,
            object,
            question,
            reason,
            answers: Vec::new(),
            withheld: Vec::new(),
        }
    }

    pub(crate) fn answer(mut self, answer: &str, meaning: &str) -> Self {
        self.answers.push(Answer {
            answer: answer.to_owned(),
            meaning: meaning.to_owned(),
        });
        self
    }
}
