//! What is known by the statements that make it. No IO.

use crate::value::{Definition, DefinitionKind};

/// As statements name it: `aggregate median(numeric)`.
pub(crate) fn designation(it: &Definition) -> String {
    format!("{} {}", it.kind.sql(), it.designation)
}

pub(crate) fn drop(it: &Definition) -> String {
    format!("drop {} if exists {}", it.kind.sql(), it.designation)
}

/// What everybody may do with it by default.
pub(crate) fn usual(it: &Definition) -> Option<&'static str> {
    match it.kind {
        DefinitionKind::Aggregate => Some("execute"),
        DefinitionKind::Language => Some("usage"),
        _ => None,
    }
}
