//! Who may do what: grants, policies, roles.

use super::{Expr, Name, ObjectKind, ObjectName, ObjectRef};

/// `GRANT` and `REVOKE` on objects, and of roles.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    /// `REVOKE`.
    pub revoke: bool,
    /// Privileges in lower case, `all` among them; of roles, their names.
    pub privileges: Vec<String>,
    /// Columns, where privileges name them.
    pub columns: Vec<Name>,
    /// On what kind of objects; none grants roles.
    pub kind: Option<ObjectKind>,
    /// On which objects; schemas with `all_in_schema`.
    pub objects: Vec<ObjectRef>,
    /// `ALL TABLES IN SCHEMA` and its kin.
    pub all_in_schema: bool,
    /// To or from whom.
    pub roles: Vec<Name>,
    /// `CASCADE`.
    pub cascade: bool,
}

/// `ALTER DEFAULT PRIVILEGES`.
#[derive(Clone, Debug, PartialEq)]
pub struct DefaultPrivileges {
    /// `REVOKE`.
    pub revoke: bool,
    /// `IN SCHEMA`.
    pub schemas: Vec<Name>,
}

/// `CREATE POLICY` and `ALTER POLICY`; what is not said is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Its name.
    pub name: Name,
    /// The table.
    pub table: ObjectName,
    /// `RESTRICTIVE`.
    pub restrictive: bool,
    /// `all`, `select`, `insert`, `update` or `delete`.
    pub command: Option<String>,
    /// `TO`.
    pub roles: Vec<Name>,
    /// `USING`.
    pub using: Option<Expr>,
    /// `WITH CHECK`.
    pub with_check: Option<Expr>,
}

/// `CREATE`, `ALTER` of `ROLE`, `USER` and `GROUP`.
#[derive(Clone, Debug, PartialEq)]
pub struct Role {
    /// Its name.
    pub name: Name,
    /// The options' words, in lower case, never a password.
    pub options: Vec<String>,
}

/// `DROP OWNED BY`, `REASSIGN OWNED BY`.
#[derive(Clone, Debug, PartialEq)]
pub struct Owned {
    /// Whose.
    pub roles: Vec<Name>,
    /// The new owner, of `REASSIGN`.
    pub to: Option<Name>,
    /// `CASCADE`.
    pub cascade: bool,
}
