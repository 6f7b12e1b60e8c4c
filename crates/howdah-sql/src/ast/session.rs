//! Settings of a session.

use super::Name;

/// `SET`, and `RESET`, which is `SET … TO DEFAULT`.
#[derive(Clone, Debug, PartialEq)]
pub struct Set {
    /// The parameter in lower case; `all` of `RESET ALL`; `timezone`, `role`,
    /// `session_authorization`, `search_path` (of `SET SCHEMA`) where SQL has words of its own.
    pub name: String,
    /// The values, unquoted and as written; empty is `DEFAULT`.
    pub values: Vec<String>,
    /// `LOCAL`.
    pub local: bool,
    /// `RESET`.
    pub reset: bool,
}

/// `SET CONSTRAINTS`.
#[derive(Clone, Debug, PartialEq)]
pub struct SetConstraints {
    /// Which; empty is `ALL`.
    pub names: Vec<Name>,
    /// `DEFERRED`.
    pub deferred: bool,
}

/// `ALTER SYSTEM`.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterSystem {
    /// The parameter, in lower case; `all` of `RESET ALL`.
    pub name: String,
    /// The value as in [`Set`].
    pub values: Vec<String>,
}
