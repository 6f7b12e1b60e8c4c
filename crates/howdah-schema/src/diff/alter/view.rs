//! Views and materialized views. No IO.

use super::parameters::parameters;
use super::{Alteration, Aspect, replace};
use crate::ddl::view;
use crate::value::View;

pub(super) fn alter(from: &View, to: &View) -> Option<Vec<Alteration>> {
    let alter = format!("alter {} {}", view::kind(to), to.name);
    if from.materialized != to.materialized {
        return None;
    }
    if from.query == to.query && from.columns == to.columns {
        let mut out = parameters(&alter, &from.options, &to.options);
        if from.without_data != to.without_data {
            let tail = if to.without_data { " with no data" } else { "" };
            let text = format!("refresh materialized view {}{tail}", to.name);
            out.push(Alteration::new(Aspect::Populate, text));
        }
        return Some(out);
    }
    let keeps_columns = !from.columns.is_empty() && to.columns.starts_with(&from.columns);
    (keeps_columns && !to.materialized).then(|| vec![replace(&view::create(to))])
}
