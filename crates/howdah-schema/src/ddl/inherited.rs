//! What a table says of columns that a parent brings. No IO.

use super::{foreign, push_some, with};
use crate::identifiers::quoted;
use crate::value::{InheritedColumn, Table};

/// The statements for all columns of a table.
pub(crate) fn alter(table: &Table, it: &InheritedColumn) -> Vec<String> {
    let mut out = settings(table, it);
    out.extend(it.not_null.then(|| refuse_null(table, it)));
    out
}

/// The statements for everything but null.
pub(crate) fn settings(table: &Table, it: &InheritedColumn) -> Vec<String> {
    let (name, column) = (&table.name, quoted(&it.name));
    let mut out = Vec::new();
    let mut say = |text: String| {
        out.push(format!(
            "alter table only {name} alter column {column} {text}"
        ));
    };
    if let Some(default) = &it.default {
        say(format!("set default {default}"));
    }
    if it.no_default {
        say("drop default".to_owned());
    }
    if let Some(compression) = &it.compression {
        say(format!("set compression {compression}"));
    }
    if let Some(target) = it.statistics {
        say(format!("set statistics {target}"));
    }
    if !it.options.is_empty() {
        say(format!("set{}", parameters(&with(&it.options))));
    }
    if !it.foreign_options.is_empty() {
        say(foreign::options(&it.foreign_options)
            .trim_start()
            .to_owned());
    }
    if let Some(storage) = &it.storage {
        // also for the children, which have it of this table
        out.push(format!(
            "alter table {name} alter column {column} set storage {storage}"
        ));
    }
    out
}

/// Null is refused by this table alone.
pub(crate) fn refuse_null(table: &Table, it: &InheritedColumn) -> String {
    let (name, column) = (&table.name, quoted(&it.name));
    let Some(constraint) = &it.not_null_constraint else {
        return format!("alter table {name} alter column {column} set not null");
    };
    let mut text = format!("alter table {name} add");
    push_some(
        &mut text,
        " constraint ",
        constraint.name.as_deref().map(quoted),
    );
    push_some(&mut text, " not null ", Some(column));
    text.push_str(if constraint.no_inherit {
        " no inherit"
    } else {
        ""
    });
    text.push_str(if constraint.not_valid {
        " not valid"
    } else {
        ""
    });
    text
}

/// The parentheses of ` with (…)`.
pub(crate) fn parameters(with: &str) -> &str {
    with.strip_prefix(" with").unwrap_or(with)
}
