//! What other tools report and no rule here does, with the reason.
//!
//! No IO. Called where somebody names such a check, and by what writes the pages of the rules. Invariant: every check of
//! the tools that [`Aliases`](crate::lint::Aliases) names is a rule's, or stands here; `tests/other_linters.rs` holds the
//! lists of their names.

/// A check of another tool that has no rule here.
#[derive(Debug, Clone, Copy)]
pub struct LeftOut {
    /// Whose it is.
    pub tool: &'static str,
    /// What it is called there.
    pub name: &'static str,
    /// Why there is no rule, as the end of a sentence.
    pub why: &'static str,
}

/// All of them, by tool and name.
pub static LEFT_OUT: &[LeftOut] = &[
    of_rails("add_check_constraint_mysql", "it is about another database"),
    of_rails(
        "add_column_default_null",
        "`DEFAULT NULL` touches no row in any version",
    ),
    of_rails("change_column_null_mysql", "it is about another database"),
    of_rails(
        "change_table",
        "it says that Ruby cannot be looked into, and SQL can",
    ),
    of_rails(
        "create_table",
        "`force: true` sends `DROP TABLE … CASCADE`, which `dropped-table` and `cascading-drop` find",
    ),
    of_rails(
        "execute",
        "it says that SQL cannot be looked into, and here it is",
    ),
];

const fn of_rails(name: &'static str, why: &'static str) -> LeftOut {
    LeftOut {
        tool: "strong_migrations",
        name,
        why,
    }
}

/// The check of that name.
#[must_use]
pub fn left_out(name: &str) -> Option<&'static LeftOut> {
    LEFT_OUT.iter().find(|it| it.name == name)
}
