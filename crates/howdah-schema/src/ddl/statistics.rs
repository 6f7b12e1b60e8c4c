//! `create statistics`. No IO.

use super::push_some;
use crate::value::Statistics;

/// The statement that makes it, and one for its target.
pub(crate) fn create(it: &Statistics) -> Vec<String> {
    let mut text = format!("create statistics {}", it.name);
    let kinds = (!it.kinds.is_empty()).then(|| it.kinds.join(", ") + ")");
    push_some(&mut text, " (", kinds);
    push_some(&mut text, " on ", Some(&it.elements));
    push_some(&mut text, " from ", Some(&it.table));
    let target = it.target.map(|target| target_of(it, target));
    std::iter::once(text).chain(target).collect()
}

pub(crate) fn target_of(it: &Statistics, target: i32) -> String {
    format!("alter statistics {} set statistics {target}", it.name)
}
