//! What a query reads, writes and computes: enough for dependencies, volatility and locks.

use super::{Expr, Node, ObjectName, Statement};
use crate::text::Span;

/// A `SELECT`, `VALUES` or `TABLE`, with everything inside it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Where it stands.
    pub span: Span,
    /// Relations read anywhere in it, subqueries included, each once; names of `WITH` queries are
    /// not among them.
    pub reads: Vec<ObjectName>,
    /// Relations that `INSERT`, `UPDATE`, `DELETE` or `MERGE` in a `WITH` change.
    pub writes: Vec<ObjectName>,
    /// The statements that do so, as far as they stand where PostgreSQL takes them.
    pub within: Vec<Statement>,
    /// Those of `reads` and `writes` that stand behind `ONLY` wherever they are named.
    pub only: Vec<ObjectName>,
    /// `FOR UPDATE` and its kin stand somewhere in it.
    pub locks_rows: Option<RowLock>,
    /// Relations whose rows they lock: those of their select's `FROM`, or the ones named `OF`.
    pub row_locks: Vec<ObjectName>,
    /// What the outermost `FROM` lists or joins, in order, as long as it is relations and nothing
    /// merges their columns: then `*` means all of theirs. Empty otherwise.
    pub from: Vec<ObjectName>,
    /// What the outermost select returns: one for each target, `*` included.
    pub targets: Vec<Target>,
    /// The outermost select is one row made of its targets: no `FROM`, no set operation, nothing
    /// grouped, sorted or limited.
    pub is_plain_expression: bool,
    /// The outermost select has a `WHERE`.
    pub filtered: bool,
    /// The outermost select has a `LIMIT` or `FETCH FIRST`.
    pub limited: bool,
    /// All other expressions at the top of clauses, of all selects in it, but plain constants.
    pub expressions: Vec<Node>,
}

impl Query {
    /// Whether each mention of a relation stands behind `ONLY`.
    #[must_use]
    pub fn is_only(&self, relation: &ObjectName) -> bool {
        self.only.contains(relation)
    }

    /// Visits every expression in it and all below them.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Node)) {
        let targets = self.targets.iter().map(|target| &target.expr.node);
        for node in targets.chain(&self.expressions) {
            node.walk(visit);
        }
    }
}

/// How `FOR …` locks rows; stronger ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowLock {
    /// `FOR KEY SHARE`.
    KeyShare,
    /// `FOR SHARE`.
    Share,
    /// `FOR NO KEY UPDATE`.
    NoKeyUpdate,
    /// `FOR UPDATE`.
    Update,
}

/// One column of what a query returns.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The name that PostgreSQL gives it, if it can be told: `AS`, the column's or function's.
    pub name: Option<String>,
    /// What it is.
    pub expr: Expr,
}
