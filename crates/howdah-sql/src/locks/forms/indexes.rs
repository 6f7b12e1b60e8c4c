//! Indexes: `CREATE`, `ALTER`, `REINDEX`.

use super::{Form, Found, Roles};
use crate::ast::{
    Action, AlterTable, ColumnChange, CreateIndex, Expr, ObjectName, Reindex, ReindexTarget,
    RelationKind, StorageOption,
};
use crate::locks::known::Relation;
use crate::locks::table::Role;
use crate::locks::volatility::volatility;

/// The options of an index that need `ACCESS EXCLUSIVE`, as `reloptions.c` lists them.
const EXCLUSIVE_OPTIONS: &[&str] = &[
    "autosummarize",
    "buffering",
    "fastupdate",
    "gin_pending_list_limit",
    "pages_per_range",
];

pub(super) fn create(statement: &CreateIndex, found: &mut Found<'_>) {
    let table = found.known.named(&statement.table);
    let is_there = statement.if_not_exists
        && statement
            .name
            .as_ref()
            .is_some_and(|name| found.known.exists_beside(&table, name));
    let concurrently = statement.concurrently.is_some();
    let partitioned = found.known.is_partitioned(&table);
    if concurrently && partitioned {
        found.refuse_because("a partitioned table's index cannot be built concurrently");
    }
    if !is_there && let Some(expression) = volatile_expression(statement, found) {
        found.refuse_because(format!("`{expression}` of an index is volatile"));
    }
    let form = match (concurrently, is_there) {
        (true, true) => Form::CreateIndexConcurrentlyThere,
        (true, false) => Form::CreateIndexConcurrently,
        (false, true) => Form::CreateIndexThere,
        (false, false) if statement.only && partitioned => Form::CreateIndexOnly,
        (false, false) => Form::CreateIndex,
    };
    let roles = Roles::of(&table, statement.only)
        .with(Role::Index, found.known.indexes_of_statement(statement));
    found.add(form, &roles);
}

/// What an index cannot be on, as long as every function of it is known.
fn volatile_expression<'a>(statement: &'a CreateIndex, found: &Found<'_>) -> Option<&'a str> {
    let keys = statement.elements.iter().filter(|it| it.column.is_none());
    let keys = keys.map(|it| &it.expr);
    let mut expressions = keys.chain(&statement.predicate);
    let is_volatile = |expr: &&Expr| {
        let volatility = volatility(&expr.node, &found.known);
        volatility.volatile && volatility.unknown.is_empty()
    };
    expressions.find(is_volatile).map(|expr| expr.text.as_str())
}

pub(super) fn alter(statement: &AlterTable, found: &mut Found<'_>) {
    let index = found.known.named(&statement.name);
    let roles = Roles::none().with(Role::Index, [index.clone()]);
    for action in &statement.actions {
        let form = match &action.kind {
            Action::Rename(_) if statement.kind == RelationKind::Table => Form::RenameIndexAsTable,
            Action::Rename(_) => Form::RenameIndex,
            Action::SetOptions(options) | Action::ResetOptions(options) => form_of(options),
            Action::AlterColumn {
                change: ColumnChange::SetStatistics(_),
                ..
            } => Form::SetIndexStatistics,
            Action::SetTablespace(space) if found.known.is_in_tablespace(&index, space) => {
                Form::IndexOther
            }
            Action::SetTablespace(_) => Form::SetIndexTablespace,
            Action::AttachPartition { partition, .. } => {
                attach(&index, partition, found);
                continue;
            }
            _ => Form::IndexOther,
        };
        found.add(form, &roles);
    }
}

fn form_of(options: &[StorageOption]) -> Form {
    let is_exclusive = |it: &StorageOption| EXCLUSIVE_OPTIONS.contains(&it.name.as_str());
    if options.iter().any(is_exclusive) {
        Form::SetIndexOptionsExclusive
    } else {
        Form::SetIndexOptions
    }
}

fn attach(index: &ObjectName, partition: &ObjectName, found: &mut Found<'_>) {
    let partition = found.known.named(partition);
    let roles = Roles::none()
        .with(Role::ParentIndexes, [index.clone()])
        .with(Role::Parent, found.known.table_of_index(index))
        .with(Role::Child, found.known.table_of_index(&partition))
        .with(Role::Index, [partition]);
    found.add(Form::AttachIndex, &roles);
}

pub(super) fn reindex(statement: &Reindex, found: &mut Found<'_>) {
    match (statement.target, &statement.name) {
        (ReindexTarget::Index, Some(name)) => {
            let index = found.known.named(name);
            let table = found.known.table_of_index(&index);
            if table.is_none() {
                found.unknown_because("of which table the index is");
            }
            reindex_some(table.as_ref(), vec![index], statement, found);
        }
        (ReindexTarget::Table, Some(name)) => {
            let table = found.known.named(name);
            let indexes = found.known.index_names(&table);
            reindex_some(Some(&table), indexes, statement, found);
        }
        (ReindexTarget::Schema, Some(name)) => {
            let tables = found.known.tables_in_schema(&name.name);
            reindex_many(tables, statement, found);
        }
        _ => {
            if found.known.may_have_more_tables() {
                found
                    .unknown_because("which tables there are: each is locked, one after the other");
            }
            let tables = found.known.tables();
            reindex_many(tables, statement, found);
        }
    }
}

fn reindex_some(
    table: Option<&ObjectName>,
    indexes: Vec<ObjectName>,
    statement: &Reindex,
    found: &mut Found<'_>,
) {
    let known = &found.known;
    let partitioned = table.is_some_and(|it| known.is_partitioned(it));
    let roles = match table {
        Some(table) => Roles::of(table, false),
        None => Roles::none(),
    };
    if partitioned {
        let all: Vec<ObjectName> = indexes
            .iter()
            .flat_map(|index| known.index_and_partitions(index))
            .collect();
        let is_kept = |it: &ObjectName| known.has_storage(it);
        let roles = roles.with(
            Role::Index,
            all.into_iter().filter(is_kept).collect::<Vec<_>>(),
        );
        let form = if statement.concurrently {
            Form::ReindexPartitionedConcurrently
        } else {
            Form::ReindexPartitioned
        };
        let (leaves, between): (Vec<ObjectName>, Vec<ObjectName>) = table
            .iter()
            .flat_map(|it| known.descendants(it))
            .partition(|it| known.has_storage(it));
        if known.version < 14 && statement.target == ReindexTarget::Index {
            found.refuse_because("a partitioned index cannot be built again before 14");
        }
        found.add(
            form,
            &roles
                .with(Role::Affected, leaves.clone())
                .with(Role::Descendants, between)
                .with(Role::Partitions, leaves),
        );
        return;
    }
    let form = match (statement.concurrently, statement.target) {
        (true, _) => Form::ReindexConcurrently,
        (false, ReindexTarget::Index) => Form::ReindexIndex,
        (false, _) => Form::ReindexTable,
    };
    found.add(form, &roles.with(Role::Index, indexes));
}

fn reindex_many(tables: Vec<ObjectName>, statement: &Reindex, found: &mut Found<'_>) {
    let is_kept = |it: &ObjectName| {
        found.known.has_storage(it)
            && matches!(
                found.known.kind(it),
                Some(Relation::Table | Relation::MaterializedView)
            )
    };
    let affected: Vec<_> = tables.into_iter().filter(is_kept).collect();
    let form = if statement.concurrently {
        Form::ReindexManyConcurrently
    } else {
        Form::ReindexMany
    };
    let mut indexed = affected.clone();
    indexed.retain(|it| !found.known.index_names(it).is_empty());
    let roles = Roles::none()
        .with(Role::Affected, affected)
        .with(Role::Indexed, indexed);
    found.add(form, &roles);
}
