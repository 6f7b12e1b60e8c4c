//! Which statements of a script share a transaction, and which of one of howdah's migrations are run. No IO.

use howdah_sql::ast::{Kind, Script, Statement};
use howdah_sql::text::sections;

/// Which statements of a script share a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grouping {
    /// Those between its `BEGIN` and `COMMIT`.
    Written,
    /// All.
    Whole,
    /// Those of a step of one of howdah's own migrations.
    Steps,
}

impl Grouping {
    pub(crate) fn of(script: &Script, text: &str, one_transaction: bool) -> Self {
        let asked = sections(text).iter().any(|it| it.transaction == Some(true));
        let is_transaction = |statement: &Statement| matches!(statement.kind, Kind::Transaction(_));
        if is_migration(script, text) {
            Self::Steps
        } else if (one_transaction || asked) && !script.statements.iter().any(is_transaction) {
            Self::Whole
        } else {
            Self::Written
        }
    }
}

/// Whether it is one of howdah's own migrations, which say so before anything else.
fn is_migration(script: &Script, text: &str) -> bool {
    let first = script.comments.first();
    first.is_some_and(|comment| directive(comment.span.of(text)) == Some("migration"))
}

/// `step expand` of `-- howdah: step expand`.
fn directive(comment: &str) -> Option<&str> {
    let words = comment.strip_prefix("--")?.trim();
    words.strip_prefix("howdah:").map(str::trim)
}

/// Where the statements end that a migration applies: before the part that undoes them.
pub(crate) fn end_of_up(text: &str) -> u32 {
    let down = sections(text).into_iter().find(|it| !it.up);
    down.map_or(u32::MAX, |it| it.span.start)
}

/// Whether a migration begins a step between these places.
pub(crate) fn step_begins(script: &Script, text: &str, from: u32, to: u32) -> bool {
    script.comments.iter().any(|comment| {
        let says_step =
            || directive(comment.span.of(text)).is_some_and(|it| it.starts_with("step"));
        (from..to).contains(&comment.span.start) && says_step()
    })
}
