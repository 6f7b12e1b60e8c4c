//! Questions to the lock model's answer.

use crate::ast::{Action, AlterAction, AlterTable, ColumnChange, ColumnDef, Kind, Name};
use crate::lint::context::At;
use crate::locks::table::{Form, Row};
use crate::locks::{Effects, Held, LockTaken};

/// The line of the model's table that applies, if it is about one of these forms.
pub(in crate::lint::rules) fn row(effects: &Effects, forms: &[Form]) -> Option<&'static Row> {
    let mut rows = effects.rows.iter().copied();
    rows.find(|row| forms.contains(&row.form))
}

/// Whether rows are read, written anew or sorted for an index.
pub(in crate::lint::rules) fn works(effects: &Effects) -> bool {
    !(effects.rewrites.is_empty() && effects.scans.is_empty() && effects.builds.is_empty())
}

/// The actions of an `ALTER TABLE` of a table that others use.
pub(in crate::lint::rules) fn actions<'a>(
    at: &At<'a>,
) -> impl Iterator<Item = (&'a AlterTable, &'a AlterAction)> + use<'a> {
    let table = at.alters_existing_table();
    table
        .into_iter()
        .flat_map(|table| table.actions.iter().map(move |action| (table, action)))
}

/// Its new columns.
pub(in crate::lint::rules) fn new_columns<'a>(
    at: &At<'a>,
) -> impl Iterator<Item = (&'a AlterTable, &'a AlterAction, &'a ColumnDef)> + use<'a> {
    actions(at).filter_map(|(table, action)| match &action.kind {
        Action::AddColumn { column, .. } => Some((table, action, column)),
        _ => None,
    })
}

/// Its changes to columns.
pub(in crate::lint::rules) fn column_changes<'a>(
    at: &At<'a>,
) -> impl Iterator<Item = (&'a AlterTable, &'a AlterAction, &'a Name, &'a ColumnChange)> + use<'a> {
    actions(at).filter_map(|(table, action)| match &action.kind {
        Action::AlterColumn { column, change } => Some((table, action, column, change)),
        _ => None,
    })
}

/// The strongest lock on something that others use, if it keeps out writers or readers, and is held until the
/// transaction ends.
pub(in crate::lint::rules) fn blocking<'a>(at: &At<'a>) -> Option<&'a LockTaken> {
    // what a `DO` locks, the statements in it tell
    let tells = !matches!(at.statement.kind, Kind::Do(_));
    let blocks = |it: &&LockTaken| {
        it.mode.blocks_writes() && it.held == Held::Transaction && at.is_shared(&it.relation)
    };
    let locks = || at.effects.locks.iter().filter(|_| tells).filter(blocks);
    // an index is locked along with its table, which people know by name
    let strongest = locks().next()?;
    let mut alike = locks().take_while(|it| it.mode == strongest.mode);
    let table = alike.find(|it| at.catalog.index(&it.relation).is_none());
    Some(table.unwrap_or(strongest))
}
