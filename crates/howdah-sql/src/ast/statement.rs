//! A script, its statements, and what else stands in it.

#[allow(clippy::wildcard_imports)] // one variant for each kind of statement
use super::*;
use crate::text::Span;

/// What [`crate::parse`] makes of a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script {
    /// In order, those with errors too (as [`Kind::Other`]).
    pub statements: Vec<Statement>,
    /// In order of position.
    pub errors: Vec<SyntaxError>,
    /// Every `--` and `/* */`, in order, those in `DO` bodies not among them.
    pub comments: Vec<SourceComment>,
    /// `\commands` of psql, which were skipped, in order.
    pub psql_commands: Vec<Span>,
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// Without the comments before it and the `;` behind it.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
}

/// What the grammar refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where: at least the place, at best what is wrong.
    pub span: Span,
    /// In lower case, without a final period.
    pub message: String,
}

/// A comment in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceComment {
    /// With its marks, without the end of its line.
    pub span: Span,
    /// `/* … */`.
    pub block: bool,
}

/// What a statement is.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // each holds the type that says it, or is the word of the statement
#[non_exhaustive]
pub enum Kind {
    AlterDefaultPrivileges(DefaultPrivileges),
    AlterDomain(AlterDomain),
    AlterFunction(AlterFunction),
    AlterObject(AlterObject),
    AlterPolicy(Policy),
    AlterRole(Role),
    AlterSystem(AlterSystem),
    AlterTable(AlterTable),
    AlterType(AlterType),
    Call(CallProcedure),
    Checkpoint,
    Cluster(Cluster),
    Comment(Comment),
    Copy(Copy),
    CreateAggregate(CreateAggregate),
    CreateDomain(CreateDomain),
    CreateEventTrigger(CreateEventTrigger),
    CreateExtension(CreateExtension),
    CreateFunction(CreateFunction),
    CreateIndex(CreateIndex),
    CreateMaterializedView(CreateMaterializedView),
    CreateObject(CreateObject),
    CreatePolicy(Policy),
    CreateRole(Role),
    CreateRule(CreateRule),
    CreateSchema(CreateSchema),
    CreateSequence(CreateSequence),
    CreateStatistics(CreateStatistics),
    CreateTable(CreateTable),
    CreateTableAs(CreateTableAs),
    CreateTrigger(CreateTrigger),
    CreateType(CreateType),
    CreateView(CreateView),
    Declare(Prepared),
    Delete(Delete),
    Discard,
    Do(Do),
    Drop(Drop),
    DropOwned(Owned),
    /// `EXECUTE` of a prepared statement.
    Execute(Name),
    Explain(Explain),
    Grant(Grant),
    ImportForeignSchema(ImportForeignSchema),
    Insert(Insert),
    Lock(Lock),
    Merge(Merge),
    MoveTablespace(MoveTablespace),
    Prepare(Prepared),
    Publication(Publication),
    ReassignOwned(Owned),
    Refresh(Refresh),
    Reindex(Reindex),
    SecurityLabel(Comment),
    /// `SELECT`, `VALUES`, `TABLE`.
    Select(Select),
    Set(Set),
    SetConstraints(SetConstraints),
    Subscription(Subscription),
    Transaction(Transaction),
    Truncate(Truncate),
    Update(Update),
    /// `VACUUM`, `ANALYZE`.
    Vacuum(Vacuum),
    /// What has no effect that is looked at (`LISTEN`, `FETCH`, `SHOW`, `LOAD`), and what could not
    /// be understood: its first words, in lower case.
    Other(String),
}

impl Statement {
    /// The statements that change rows: itself, and those in its `WITH` or in the parentheses of its `COPY`.
    pub fn changes(&self) -> impl Iterator<Item = &Self> {
        let is_change = matches!(
            self.kind,
            Kind::Insert(_) | Kind::Update(_) | Kind::Delete(_) | Kind::Merge(_)
        );
        is_change.then_some(self).into_iter().chain(self.within())
    }

    /// Those in its `WITH` or in the parentheses of its `COPY` alone.
    #[must_use]
    pub fn within(&self) -> &[Self] {
        self.kind.query().map_or(&[], |it| &it.within)
    }
}

impl Kind {
    /// What a query, or a statement that has one or changes rows, reads and computes; none of other statements.
    #[must_use]
    pub fn query(&self) -> Option<&Query> {
        match self {
            Self::Copy(it) => it.query.as_ref(),
            Self::CreateTableAs(it) => it.query.as_ref(),
            Self::Select(it) => Some(&it.query),
            Self::Insert(it) => Some(&it.query),
            Self::Update(it) => Some(&it.query),
            Self::Delete(it) => Some(&it.query),
            Self::Merge(it) => Some(&it.query),
            _ => None,
        }
    }

    /// The relations whose rows a statement changes, those within `WITH` too.
    #[must_use]
    pub fn written(&self) -> Vec<&ObjectName> {
        let target = match self {
            Self::Insert(it) => Some(&it.table),
            Self::Update(it) => Some(&it.table),
            Self::Delete(it) => Some(&it.table),
            Self::Merge(it) => Some(&it.table),
            _ => None,
        };
        let within = self.query().into_iter().flat_map(|it| &it.writes);
        target.into_iter().chain(within).collect()
    }
}
