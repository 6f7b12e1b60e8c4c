//! Functions and procedures. No IO.

use serde::{Deserialize, Serialize};

use crate::value::{Grants, Name, is_default};

/// A function or procedure.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option that PostgreSQL has"
)]
pub struct Routine {
    /// Its name.
    pub name: Name,
    /// What it is.
    #[serde(skip_serializing_if = "is_default")]
    pub kind: RoutineKind,
    /// The arguments as SQL writes them, with names and defaults.
    #[serde(skip_serializing_if = "is_default")]
    pub arguments: String,
    /// The types of the arguments, which tell it from others of the same name; absent where it is the only one.
    #[serde(skip_serializing_if = "is_default")]
    pub signature: Option<String>,
    /// What a function returns: a type, `setof …` or `TABLE(…)`.
    #[serde(skip_serializing_if = "is_default")]
    pub returns: Option<String>,
    /// The language.
    pub language: String,
    /// The body: text for the language, or SQL that was read when it was made.
    pub body: String,
    /// The body is SQL that was read when it was made: `return …` or `begin atomic …`.
    #[serde(skip_serializing_if = "is_default")]
    pub atomic: bool,
    /// How much its result depends on.
    #[serde(skip_serializing_if = "is_default")]
    pub volatility: Volatility,
    /// Null for any argument gives null.
    #[serde(skip_serializing_if = "is_default")]
    pub strict: bool,
    /// It has its owner's rights.
    #[serde(skip_serializing_if = "is_default")]
    pub security_definer: bool,
    /// It tells nothing of its arguments but the result.
    #[serde(skip_serializing_if = "is_default")]
    pub leakproof: bool,
    /// It is a window function.
    #[serde(skip_serializing_if = "is_default")]
    pub window: bool,
    /// Whether it may run in parallel workers.
    #[serde(skip_serializing_if = "is_default")]
    pub parallel: Parallel,
    /// What a call costs, where it is not the language's default.
    #[serde(skip_serializing_if = "is_default")]
    pub cost: Option<String>,
    /// How many rows are expected, where it is not 1,000.
    #[serde(skip_serializing_if = "is_default")]
    pub rows: Option<String>,
    /// The library that has the function, for language `c`; the body is then its name there.
    #[serde(skip_serializing_if = "is_default")]
    pub library: Option<String>,
    /// The function that tells the planner about it.
    #[serde(skip_serializing_if = "is_default")]
    pub support: Option<Name>,
    /// The types that are transformed for its language.
    #[serde(skip_serializing_if = "is_default")]
    pub transforms: Vec<String>,
    /// Settings while it runs: `name` and value, as `set` takes it.
    #[serde(skip_serializing_if = "is_default")]
    pub settings: Vec<(String, String)>,
    /// What `comment on` said.
    #[serde(skip_serializing_if = "is_default")]
    pub comment: Option<String>,
    /// Who may call it.
    #[serde(skip_serializing_if = "is_default")]
    pub grants: Grants,
    /// Whose it is; absent where owners were not asked for.
    #[serde(skip_serializing_if = "is_default")]
    pub owner: Option<String>,
}

/// What a routine is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoutineKind {
    /// A function.
    #[default]
    Function,
    /// A procedure.
    Procedure,
}

impl RoutineKind {
    /// As SQL writes it.
    #[must_use]
    pub fn sql(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Procedure => "procedure",
        }
    }
}

/// How much a function's result depends on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Volatility {
    /// Anything.
    #[default]
    Volatile,
    /// The arguments and the tables, within a statement.
    Stable,
    /// The arguments.
    Immutable,
}

/// Whether a function may run in parallel workers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parallel {
    /// The whole query must not.
    #[default]
    Unsafe,
    /// In the leader only.
    Restricted,
    /// Anywhere.
    Safe,
}
