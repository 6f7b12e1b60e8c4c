//! Functions, procedures, triggers, `DO` and `CALL`.

use super::{Call, Expr, Name, ObjectName, Statement, StorageOption, TypeName};
use crate::text::Span;

/// `CREATE [OR REPLACE] FUNCTION` and `PROCEDURE`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateFunction {
    /// Its name.
    pub name: ObjectName,
    /// A procedure.
    pub procedure: bool,
    /// `OR REPLACE`.
    pub or_replace: bool,
    /// What it takes, outputs included.
    pub parameters: Vec<RoutineParameter>,
    /// What it returns; none of a procedure and where outputs say it.
    pub returns: Option<TypeName>,
    /// `RETURNS TABLE` or `SETOF`.
    pub returns_set: bool,
    /// `LANGUAGE`, in lower case; `sql` with a body in the statement.
    pub language: String,
    /// `IMMUTABLE`, `STABLE`, `VOLATILE`; volatile where it is not said.
    pub volatility: Volatility,
    /// `STRICT`.
    pub strict: bool,
    /// `SECURITY DEFINER`.
    pub security_definer: bool,
    /// `SET parameter`: such a function is never inlined.
    pub sets_configuration: bool,
    /// Names of the parameters that `SET` clauses name.
    pub configuration: Vec<String>,
    /// What it runs.
    pub body: Body,
}

/// What a routine runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// `AS '…'`: the text, its quoting undone.
    Text(Quoted),
    /// `RETURN x`.
    Return(Expr),
    /// `BEGIN ATOMIC … END`.
    Atomic(Vec<Statement>),
    /// `AS 'file', 'symbol'`.
    Library,
    /// None, which PostgreSQL refuses.
    Missing,
}

/// A string constant that holds a program.
#[derive(Clone, Debug, PartialEq)]
pub struct Quoted {
    /// The constant, quotes included.
    pub span: Span,
    /// What it holds.
    pub text: String,
    /// Where the text begins in the script when its bytes are the script's own: dollar quotes,
    /// and quotes without an escape inside.
    pub offset: Option<u32>,
}

/// How much a function's answer may change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Volatility {
    /// Never.
    Immutable,
    /// Not within one statement.
    Stable,
    /// From call to call.
    #[default]
    Volatile,
}

/// A parameter of a routine.
#[derive(Clone, Debug, PartialEq)]
pub struct RoutineParameter {
    /// Its name.
    pub name: Option<Name>,
    /// Its type.
    pub type_name: TypeName,
    /// Passed in: not `OUT`, not a column of `RETURNS TABLE`.
    pub input: bool,
    /// `VARIADIC`.
    pub variadic: bool,
    /// `DEFAULT`.
    pub default: Option<Expr>,
}

/// `ALTER FUNCTION`, `PROCEDURE`, `ROUTINE` of properties.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterFunction {
    /// Its name.
    pub name: ObjectName,
    /// Its argument types, when they are said.
    pub arguments: Option<Vec<TypeName>>,
    /// The new volatility, when it is said.
    pub volatility: Option<Volatility>,
    /// `SET`, `RESET`: names of the parameters.
    pub configuration: Vec<String>,
}

/// `CREATE [CONSTRAINT] TRIGGER`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateTrigger {
    /// Its name.
    pub name: Name,
    /// `OR REPLACE` (14).
    pub or_replace: bool,
    /// `CONSTRAINT`.
    pub constraint: bool,
    /// The table or view.
    pub table: ObjectName,
    /// `FROM`, the other table of a constraint trigger.
    pub from: Option<ObjectName>,
    /// `before`, `after` or `instead of`.
    pub timing: String,
    /// `insert`, `update`, `delete`, `truncate`.
    pub events: Vec<String>,
    /// The columns of `UPDATE OF`.
    pub update_of: Vec<Name>,
    /// `FOR EACH ROW`.
    pub for_each_row: bool,
    /// `WHEN`.
    pub when: Option<Expr>,
    /// What it runs.
    pub function: ObjectName,
}

/// `CREATE EVENT TRIGGER`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateEventTrigger {
    /// Its name.
    pub name: Name,
    /// `ddl_command_start` and so on.
    pub event: String,
    /// What it runs.
    pub function: ObjectName,
}

/// `DO`.
#[derive(Clone, Debug, PartialEq)]
pub struct Do {
    /// `LANGUAGE`, in lower case; `plpgsql` if it is not said.
    pub language: String,
    /// The program. [`crate::parse_do`] gives the statements in it.
    pub body: Quoted,
}

/// `CALL`.
#[derive(Clone, Debug, PartialEq)]
pub struct CallProcedure {
    /// The procedure and what is passed.
    pub call: Call,
}

/// `CREATE AGGREGATE`, for its volatility and functions nothing is kept but the name.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateAggregate {
    /// Its name.
    pub name: ObjectName,
    /// `OR REPLACE`.
    pub or_replace: bool,
    /// The options.
    pub options: Vec<StorageOption>,
}
