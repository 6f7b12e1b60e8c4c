//! Questions to the catalog. Of what is not known the answer is no.

use crate::ast::{
    AlterTable, ConstraintKind, ForeignKey, Kind, Name, Node, ObjectKind, ObjectName,
    PartitionBound, Query, RelationKind, Statement,
};
use crate::catalog::{Age, Catalog, Index, Relation, Trigger};
use crate::lint::context::At;

/// Whether others may use it: neither a relation nor a type nor a function that the script has made.
pub(in crate::lint::rules) fn is_shared(at: &At<'_>, name: &ObjectName) -> bool {
    is_shared_as(at, ObjectKind::Type, name) && is_shared_as(at, ObjectKind::Function, name)
}

/// The same of a name that says what it names: a table that the script made is no database of that name. What the catalog
/// does not follow was there before.
pub(in crate::lint::rules) fn is_shared_as(
    at: &At<'_>,
    kind: ObjectKind,
    name: &ObjectName,
) -> bool {
    let is_new = |made| at.catalog.age(made) != Age::Before;
    match kind {
        ObjectKind::Table
        | ObjectKind::ForeignTable
        | ObjectKind::View
        | ObjectKind::MaterializedView
        | ObjectKind::Sequence
        | ObjectKind::Index
        | ObjectKind::Column
        | ObjectKind::Constraint
        | ObjectKind::Policy
        | ObjectKind::Rule
        | ObjectKind::Trigger => at.is_shared(name),
        ObjectKind::Type | ObjectKind::Domain => {
            let known = at.catalog.type_named(name);
            !known.is_some_and(|it| is_new(it.made)) && at.is_shared(name)
        }
        ObjectKind::Aggregate
        | ObjectKind::Function
        | ObjectKind::Procedure
        | ObjectKind::Routine => {
            let functions = at.catalog.functions(name);
            functions.is_empty() || functions.iter().any(|it| !is_new(it.made))
        }
        _ => true,
    }
}

/// Whether it is a partitioned table, or an index of one.
pub(in crate::lint::rules) fn is_partitioned(catalog: &Catalog, name: &ObjectName) -> bool {
    let is = |name: &ObjectName| catalog.relation(name).is_some_and(Relation::is_partitioned);
    is(name) || catalog.index(name).is_some_and(|it| is(&it.table))
}

/// Whether `ONLY` leaves out all that holds rows: a partitioned table itself has none.
pub(in crate::lint::rules) fn is_only_of_partitions(catalog: &Catalog, table: &AlterTable) -> bool {
    table.only && is_partitioned(catalog, &table.name)
}

/// The partitions right below a table, each with whether it holds rows itself.
pub(in crate::lint::rules) fn children(
    catalog: &Catalog,
    table: &ObjectName,
) -> Vec<(ObjectName, bool)> {
    catalog
        .children(table)
        .map(|it| (spoken(catalog, &it.name), !it.is_partitioned()))
        .collect()
}

/// The partitions of a table that hold rows.
pub(in crate::lint::rules) fn partitions(catalog: &Catalog, table: &ObjectName) -> Vec<ObjectName> {
    let leaves = catalog
        .descendants(table)
        .into_iter()
        .filter(|it| !it.is_partitioned());
    leaves.map(|it| spoken(catalog, &it.name)).collect()
}

/// The default partition of a table.
pub(in crate::lint::rules) fn default_partition(
    catalog: &Catalog,
    table: &ObjectName,
) -> Option<ObjectName> {
    catalog
        .default_partition(table)
        .map(|it| spoken(catalog, &it.name))
}

/// Whether it takes what no other partition takes.
pub(in crate::lint::rules) fn is_default_partition(catalog: &Catalog, table: &ObjectName) -> bool {
    catalog
        .relation(table)
        .is_some_and(|it| it.bound == Some(PartitionBound::Default))
}

/// Whether every partition has passed a foreign key of its own that its parent's would be, so that this tests nothing.
pub(in crate::lint::rules) fn is_tested_in_partitions(
    catalog: &Catalog,
    table: &ObjectName,
    key: &ForeignKey,
) -> bool {
    let names = |names: &[Name]| names.iter().map(|it| it.text.clone()).collect::<Vec<_>>();
    let target = |key: &ForeignKey| catalog.resolve(&key.references);
    let same = |other: &ForeignKey| {
        names(&other.columns) == names(&key.columns)
            && target(other) == target(key)
            && other.match_full == key.match_full
            && other.on_delete == key.on_delete
            && other.on_update == key.on_update
    };
    let is_tested = |it: &Relation| {
        it.constraints.iter().any(|it| {
            it.valid && matches!(&it.kind, ConstraintKind::ForeignKey(other) if same(other))
        })
    };
    let leaves = partitions(catalog, table);
    !leaves.is_empty()
        && leaves
            .iter()
            .all(|it| catalog.relation(it).is_some_and(is_tested))
}

/// The columns that a table is partitioned by; none where there are expressions among them.
pub(in crate::lint::rules) fn partition_key(catalog: &Catalog, table: &ObjectName) -> Vec<Name> {
    let by = catalog
        .relation(table)
        .and_then(|it| it.partition_by.as_ref());
    let columns = by.map(|it| it.elements.iter().map(|it| it.column.clone()).collect());
    columns.unwrap_or(Some(Vec::new())).unwrap_or_default()
}

/// The tables that it is a partition or heir of, and theirs.
pub(in crate::lint::rules) fn ancestors(catalog: &Catalog, table: &ObjectName) -> Vec<ObjectName> {
    let mut found: Vec<ObjectName> = Vec::new();
    let mut pending = vec![table.clone()];
    while let Some(name) = pending.pop() {
        for parent in catalog.relation(&name).iter().flat_map(|it| &it.parents) {
            let parent = spoken(catalog, parent);
            if !found.contains(&parent) {
                pending.push(parent.clone());
                found.push(parent);
            }
        }
    }
    found
}

/// An index of a table by its name alone, as `USING INDEX` gives it.
fn index_of<'a>(catalog: &'a Catalog, table: &ObjectName, index: &Name) -> Option<&'a Index> {
    catalog.indexes(table).find(|it| it.name.name == index.text)
}

/// The key columns of an index.
pub(in crate::lint::rules) fn index_columns(
    catalog: &Catalog,
    table: &ObjectName,
    index: &Name,
) -> Vec<String> {
    let elements = index_of(catalog, table, index)
        .into_iter()
        .flat_map(|it| &it.elements);
    elements
        .filter_map(|it| it.column.as_ref().map(|name| name.text.clone()))
        .collect()
}

/// Whether a column is not known to be `NOT NULL`.
pub(in crate::lint::rules) fn may_be_null(
    catalog: &Catalog,
    table: &ObjectName,
    column: &str,
) -> bool {
    let column = catalog.relation(table).and_then(|it| it.column(column));
    column.is_none_or(|it| !it.not_null)
}

/// Whether rows can be told apart by an index, as `REFRESH … CONCURRENTLY` needs it.
pub(in crate::lint::rules) fn has_unique_index(catalog: &Catalog, table: &ObjectName) -> bool {
    let serves =
        |it: &Index| it.unique && it.valid && it.predicate.is_none() && !it.has_expressions();
    catalog.indexes(table).any(serves)
}

/// Whether a failed build has left that index.
pub(in crate::lint::rules) fn is_invalid_index(
    catalog: &Catalog,
    table: &ObjectName,
    index: &Name,
) -> bool {
    index_of(catalog, table, index).is_some_and(|it| !it.valid)
}

/// Whether the table is known with its columns, and no index begins with these, in any order of them.
pub(in crate::lint::rules) fn lacks_index(
    catalog: &Catalog,
    table: &ObjectName,
    columns: &[Name],
) -> bool {
    let is_known = catalog.relation(table).is_some_and(Relation::knows_columns);
    is_known && !has_index(catalog, table, columns)
}

/// Whether an index begins with these columns, in any order of them.
pub(in crate::lint::rules) fn has_index(
    catalog: &Catalog,
    table: &ObjectName,
    columns: &[Name],
) -> bool {
    catalog.indexes(table).any(|it| begins_with(it, columns))
}

fn begins_with(index: &Index, columns: &[Name]) -> bool {
    let first: Vec<&Name> = index
        .elements
        .iter()
        .take(columns.len())
        .filter_map(|it| it.column.as_ref())
        .collect();
    let is_whole = match index.predicate.as_ref().map(|it| &it.node) {
        None => true,
        // rows with `NULL` refer to nothing
        Some(Node::IsNull {
            operand,
            negated: true,
        }) => columns.iter().any(|it| operand.is_column(it)),
        Some(_) => false,
    };
    is_whole && columns.iter().all(|it| first.contains(&it))
}

/// Whether it is known to be a table, or a materialized view.
pub(in crate::lint::rules) fn is_table(catalog: &Catalog, relation: &ObjectName) -> bool {
    catalog
        .relation(relation)
        .is_some_and(|it| holds_rows(it.kind))
}

/// Whether it is known to be a view, a sequence or an index.
pub(in crate::lint::rules) fn is_other_than_table(catalog: &Catalog, name: &ObjectName) -> bool {
    match catalog.relation(name) {
        Some(relation) => !holds_rows(relation.kind),
        None => catalog.index(name).is_some(),
    }
}

fn holds_rows(kind: RelationKind) -> bool {
    matches!(
        kind,
        RelationKind::Table | RelationKind::ForeignTable | RelationKind::MaterializedView
    )
}

/// A column's type, as SQL writes it.
pub(in crate::lint::rules) fn column_type(
    catalog: &Catalog,
    table: &ObjectName,
    column: &Name,
) -> Option<String> {
    let column = catalog.relation(table)?.column(column)?;
    column.type_name.as_ref().map(ToString::to_string)
}

/// Whether a check asks for nothing but what its columns refuse themselves: that they are not null.
pub(in crate::lint::rules) fn is_said_by_columns(
    catalog: &Catalog,
    table: &ObjectName,
    constraint: &Name,
) -> bool {
    let Some(relation) = catalog.relation(table) else {
        return false;
    };
    let is_said = |node: &Node| {
        matches!(node, Node::IsNull { operand, negated: true }
            if relation.columns.iter().any(|it| it.not_null && operand.is_column(&it.name)))
    };
    match relation.constraint(constraint).map(|it| &it.kind) {
        Some(ConstraintKind::Check(expr)) => match &expr.node {
            Node::And(parts) => parts.iter().all(is_said),
            node => is_said(node),
        },
        _ => false,
    }
}

/// How many rows it has.
pub(in crate::lint::rules) fn rows(catalog: &Catalog, table: &ObjectName) -> Option<u64> {
    catalog.size(table).map(|it| it.rows)
}

/// Whether it is built, dropped or detached `CONCURRENTLY`.
pub(in crate::lint::rules) fn is_concurrent(statement: &Statement) -> bool {
    match &statement.kind {
        Kind::CreateIndex(it) => it.concurrently.is_some(),
        Kind::Drop(it) => it.concurrently,
        Kind::Reindex(it) => it.concurrently,
        _ => false,
    }
}

/// The name without its schema, where the search path finds it.
pub(in crate::lint::rules) fn spoken(catalog: &Catalog, name: &ObjectName) -> ObjectName {
    let short = ObjectName::new(name.name.clone());
    if catalog.resolve(&short) == *name {
        short
    } else {
        name.clone()
    }
}

/// The triggers that a statement fires for each row of a table.
pub(in crate::lint::rules) fn row_triggers(
    catalog: &Catalog,
    table: &ObjectName,
    event: &str,
) -> Vec<String> {
    let triggers = catalog
        .relation(table)
        .into_iter()
        .flat_map(|it| &it.triggers);
    let fires = |it: &&Trigger| {
        it.enabled && it.for_each_row && it.events.iter().any(|given| given == event)
    };
    triggers.filter(fires).map(|it| it.name.clone()).collect()
}

/// What goes with a column, unnamed: indexes and constraints over it and others, as a sentence names them.
pub(in crate::lint::rules) fn goes_with_column(
    catalog: &Catalog,
    table: &ObjectName,
    column: &str,
) -> Vec<String> {
    let indexes = catalog.indexes(table).filter(|it| it.constraint.is_none());
    let mut gone: Vec<String> = indexes
        .filter(|it| it.columns().contains(&column))
        .map(|it| format!("index `{}`", it.name.name))
        .collect();
    let constraints = catalog
        .relation(table)
        .into_iter()
        .flat_map(|it| &it.constraints);
    let over = constraints.filter(|it| !matches!(it.kind, ConstraintKind::NotNull(_)));
    for constraint in over.filter(|it| it.columns().contains(&column)) {
        gone.push(format!("constraint `{}`", constraint.name));
    }
    gone
}

/// The views that read a table, as far as they are known.
pub(in crate::lint::rules) fn views(catalog: &Catalog, table: &ObjectName) -> Vec<ObjectName> {
    catalog
        .views_of(table)
        .map(|it| spoken(catalog, &it.name))
        .collect()
}

/// A view that mentions a column of a table.
pub(in crate::lint::rules) fn view_with_column(
    catalog: &Catalog,
    table: &ObjectName,
    column: &str,
) -> Option<ObjectName> {
    let uses = |query: &Query| {
        let mut found = false;
        let targets = query.targets.iter().map(|it| &it.expr.node);
        for expression in query.expressions.iter().chain(targets) {
            expression.walk(&mut |node| found |= node.is_column(column) || *node == Node::Star);
        }
        found
    };
    let mut views = catalog.views_of(table);
    let view = views.find(|it| it.query.as_ref().is_some_and(uses))?;
    Some(spoken(catalog, &view.name))
}
