//! `create event trigger`. No IO.

use super::push_some;
use crate::identifiers::{literal, quoted};
use crate::value::{Enabled, EventTrigger};

/// The statement that makes it, and one for when it fires.
pub(crate) fn create(it: &EventTrigger) -> Vec<String> {
    let name = quoted(&it.name);
    let mut text = format!("create event trigger {name} on {}", it.event);
    let tags: Vec<String> = it.tags.iter().map(|tag| literal(tag)).collect();
    let tags = (!tags.is_empty()).then(|| tags.join(", ") + ")");
    push_some(&mut text, " when tag in (", tags);
    push_some(&mut text, " execute function ", Some(&it.function));
    text.push_str("()");
    let state = (it.enabled != Enabled::Origin).then(|| enabled(it));
    std::iter::once(text).chain(state).collect()
}

/// The statement for when it fires.
pub(crate) fn enabled(it: &EventTrigger) -> String {
    let state = match it.enabled {
        Enabled::Origin => "enable",
        Enabled::Disabled => "disable",
        Enabled::Replica => "enable replica",
        Enabled::Always => "enable always",
    };
    format!("alter event trigger {} {state}", quoted(&it.name))
}
