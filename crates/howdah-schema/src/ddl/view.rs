//! `create view`, `create materialized view`. No IO.

use super::{push_some, with};
use crate::identifiers::quoted;
use crate::value::View;

pub(crate) fn create(it: &View) -> String {
    let mut text = format!("create {} {}", kind(it), it.name);
    let method = it.access_method.as_deref().map(quoted);
    push_some(&mut text, " using ", method);
    text.push_str(&with(&it.options));
    let tablespace = it.tablespace.as_deref().map(quoted);
    push_some(&mut text, " tablespace ", tablespace);
    push_some(&mut text, " as\n", Some(&it.query));
    if it.materialized && it.without_data {
        text.push_str("\nwith no data");
    }
    text
}

pub(crate) fn kind(it: &View) -> &'static str {
    if it.materialized {
        "materialized view"
    } else {
        "view"
    }
}
