//! `create sequence`, and what it has in common with identity columns. No IO.

use super::push_some;
use crate::identifiers::quoted;
use crate::value::{Identity, Sequence, SequenceOptions};

pub(crate) fn create(it: &Sequence) -> String {
    let unlogged = if it.unlogged { "unlogged " } else { "" };
    let mut text = format!("create {unlogged}sequence {}", it.name);
    push_some(&mut text, " as ", it.type_name.as_ref());
    let options = options(&it.options);
    push_some(&mut text, " ", (!options.is_empty()).then_some(options));
    text
}

/// ` (sequence name x start with 10)`, or nothing.
pub(crate) fn of_identity(it: &Identity) -> String {
    let mut words = Vec::new();
    let name = it.sequence.as_deref().map(quoted);
    words.extend(name.map(|name| format!("sequence name {name}")));
    words.extend(Some(options(&it.options)).filter(|it| !it.is_empty()));
    if words.is_empty() {
        return String::new();
    }
    format!(" ({})", words.join(" "))
}

/// `start with 10 increment by 5`, or nothing.
pub(crate) fn options(it: &SequenceOptions) -> String {
    let numbers = [
        ("start with", it.start),
        ("increment by", it.increment),
        ("minvalue", it.minimum),
        ("maxvalue", it.maximum),
        ("cache", it.cache),
    ];
    let given = |(keyword, number): (&str, Option<i64>)| Some(format!("{keyword} {}", number?));
    let mut words: Vec<String> = numbers.into_iter().filter_map(given).collect();
    if it.cycle {
        words.push("cycle".to_owned());
    }
    words.join(" ")
}
