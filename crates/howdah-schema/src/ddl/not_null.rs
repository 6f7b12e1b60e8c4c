//! Names for constraints that refuse null, where PostgreSQL would choose others than its usual ones.
//!
//! No IO. Since 18 these constraints have names; a table that was made `like` another, or inherits, has those of the
//! other, and PostgreSQL numbers what would be the second of a name in a schema. Invariant: what `create` makes has
//! the usual name wherever the value tells none.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::naming;
use crate::value::{Name, NotNull, Schema};

/// The schema with the usual names told where they are taken by others.
pub(crate) fn told(schema: &Schema) -> Cow<'_, Schema> {
    let taken = taken(schema);
    if taken.is_empty() {
        return Cow::Borrowed(schema);
    }
    let mut schema = schema.clone();
    for table in &mut schema.tables {
        let own = table.columns.iter_mut();
        let own = own.map(|it| (&it.name, it.not_null, &mut it.not_null_constraint));
        let inherited = table.inherited.iter_mut();
        let inherited = inherited.map(|it| (&it.name, it.not_null, &mut it.not_null_constraint));
        for (column, not_null, constraint) in own.chain(inherited) {
            if not_null && !constraint.as_ref().is_some_and(|it| it.inherited) {
                tell(&table.name, column, constraint, &taken);
            }
        }
    }
    Cow::Owned(schema)
}

type Taken = HashSet<(Option<String>, String)>;

/// The names that are told.
fn taken(schema: &Schema) -> Taken {
    let mut taken = HashSet::new();
    for table in &schema.tables {
        let own = table.columns.iter().map(|it| &it.not_null_constraint);
        let inherited = table.inherited.iter().map(|it| &it.not_null_constraint);
        let names = own.chain(inherited).flatten();
        let names = names.filter_map(|it| it.name.clone());
        taken.extend(names.map(|name| (table.name.schema.clone(), name)));
    }
    taken
}

fn tell(table: &Name, column: &str, constraint: &mut Option<NotNull>, taken: &Taken) {
    let usual = naming::object_name(&table.name, column, "not_null");
    if taken.contains(&(table.schema.clone(), usual.clone())) {
        let constraint = constraint.get_or_insert_default();
        constraint.name.get_or_insert(usual);
    }
}
