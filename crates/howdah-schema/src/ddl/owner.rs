//! `alter … owner to`. No IO. A sequence that belongs to a column has its table's owner.

use super::{definition, routine, table, view};
use crate::identifiers::quoted;
use crate::value::Schema;

pub(crate) fn everything(schema: &Schema, out: &mut Vec<String>) {
    let mut own = |what: String, owner: &Option<String>| out.extend(alter(&what, owner.as_deref()));
    for it in &schema.schemas {
        own(format!("schema {}", quoted(&it.name)), &it.owner);
    }
    for it in &schema.servers {
        own(format!("server {}", quoted(&it.name)), &it.owner);
    }
    for it in &schema.collations {
        own(format!("collation {}", it.name), &it.owner);
    }
    let enums = schema.enums.iter().map(|it| (&it.name, &it.owner));
    let composites = schema.composites.iter().map(|it| (&it.name, &it.owner));
    let ranges = schema.ranges.iter().map(|it| (&it.name, &it.owner));
    for (name, owner) in enums.chain(composites).chain(ranges) {
        own(format!("type {name}"), owner);
    }
    for it in &schema.domains {
        own(format!("domain {}", it.name), &it.owner);
    }
    for it in &schema.sequences {
        own(format!("sequence {}", it.name), &it.owner);
    }
    for it in &schema.routines {
        let what = format!("{} {}", it.kind.sql(), routine::designation(it));
        own(what, &it.owner);
    }
    for it in &schema.definitions {
        own(definition::designation(it), &it.owner);
    }
    for it in &schema.tables {
        own(format!("{} {}", table::kind(it), it.name), &it.owner);
    }
    for it in &schema.views {
        own(format!("{} {}", view::kind(it), it.name), &it.owner);
    }
    for it in &schema.statistics {
        own(format!("statistics {}", it.name), &it.owner);
    }
}

/// Of what is made after all the rest.
pub(crate) fn of_the_last(schema: &Schema, out: &mut Vec<String>) {
    for it in &schema.publications {
        let what = format!("publication {}", quoted(&it.name));
        out.extend(alter(&what, it.owner.as_deref()));
    }
    for it in &schema.event_triggers {
        let what = format!("event trigger {}", quoted(&it.name));
        out.extend(alter(&what, it.owner.as_deref()));
    }
}

/// Nothing where nobody says whose it is.
pub(crate) fn alter(what: &str, owner: Option<&str>) -> Option<String> {
    Some(format!("alter {what} owner to {}", quoted(owner?)))
}
