//! `create view`, `create materialized view`. No IO.

use super::with;
use crate::value::View;

pub(crate) fn create(it: &View) -> String {
    let tail = if it.materialized && it.without_data {
        "\nwith no data"
    } else {
        ""
    };
    let (kind, name, options) = (kind(it), &it.name, with(&it.options));
    format!("create {kind} {name}{options} as\n{}{tail}", it.query)
}

pub(crate) fn kind(it: &View) -> &'static str {
    if it.materialized {
        "materialized view"
    } else {
        "view"
    }
}
