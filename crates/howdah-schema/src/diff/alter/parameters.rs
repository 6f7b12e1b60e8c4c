//! Storage parameters. No IO.

use super::{Alteration, Aspect};
use crate::identifiers::{literal, quoted};
use crate::value::Options;

/// `set (…)` and `reset (…)` of storage parameters.
pub(super) fn parameters(alter: &str, from: &Options, to: &Options) -> Vec<Alteration> {
    let name = |name: &str| -> String {
        let parts: Vec<_> = name.split('.').map(quoted).collect();
        parts.join(".")
    };
    let mut out = Vec::new();
    let set = to
        .iter()
        .filter(|(key, value)| from.get(*key) != Some(value));
    let set: Vec<String> = set
        .map(|(key, value)| format!("{}={}", name(key), literal(value)))
        .collect();
    if !set.is_empty() {
        out.push(Alteration::new(
            Aspect::Options,
            format!("{alter} set ({})", set.join(", ")),
        ));
    }
    let gone = from.keys().filter(|key| !to.contains_key(*key));
    let gone: Vec<String> = gone.map(|key| name(key)).collect();
    if !gone.is_empty() {
        let text = format!("{alter} reset ({})", gone.join(", "));
        out.push(Alteration::new(Aspect::ResetOptions, text));
    }
    out
}
