//! Sequences. No IO.

use super::{Alteration, Aspect};
use crate::diff::column;
use crate::value::Sequence;

pub(super) fn alter(from: &Sequence, to: &Sequence) -> Vec<Alteration> {
    let alter = format!("alter sequence {}", to.name);
    let mut statements = Vec::new();
    // with a new type in the same statement, `no maxvalue` would not mind the direction
    if from.type_name != to.type_name {
        let type_name = to.type_name.as_deref().unwrap_or("bigint");
        statements.push(format!("{alter} as {type_name}"));
    }
    let words = column::sequence_changes(&from.options, &to.options);
    if !words.is_empty() {
        statements.push(format!("{alter} {}", words.join(" ")));
    }
    if statements.is_empty() {
        return Vec::new();
    }
    vec![Alteration {
        aspect: Aspect::Options,
        statements,
        loses: None,
    }]
}
