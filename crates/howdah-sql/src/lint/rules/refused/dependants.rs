//! What others depend on, and is dropped or changed without `CASCADE`.
//!
//! No IO. Asked by `refused-statement`.

use super::Refusal;
use crate::ast::{
    Action, AlterTable, ColumnChange, ConstraintKind, Drop, DropBehavior, ForeignKey, Kind, Name,
    ObjectKind, ObjectName, RelationKind, Truncate,
};
use crate::catalog::{Catalog, Relation, TableConstraint};
use crate::lint::context::At;
use crate::lint::rules::support::known;

/// The reasons of that kind.
pub(in crate::lint::rules) fn refusals(at: &At<'_>, found: &mut Vec<Refusal>) {
    match &at.statement.kind {
        Kind::Drop(it) => found.extend(of_drop(at.catalog, it)),
        Kind::Truncate(it) => found.extend(of_truncate(at.catalog, it)),
        Kind::AlterTable(it) => {
            for action in &it.actions {
                let why = of_action(at.catalog, it, &action.kind);
                found.extend(why.map(|why| (action.span, why)));
            }
        }
        _ => {}
    }
}

fn of_drop(catalog: &Catalog, drop: &Drop) -> Option<Refusal> {
    drop.objects.iter().find_map(|it| {
        let why = match drop.kind {
            ObjectKind::Index => keeps_constraint(catalog, &it.name),
            ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView
                if drop.behavior == DropBehavior::Restrict =>
            {
                used_by_others(catalog, drop, &it.name)
            }
            ObjectKind::Type | ObjectKind::Domain if drop.behavior == DropBehavior::Restrict => {
                of_type(catalog, &it.name)
            }
            _ => None,
        }?;
        Some((it.name.span, why))
    })
}

fn keeps_constraint(catalog: &Catalog, index: &ObjectName) -> Option<String> {
    let found = catalog.index(index)?;
    if let Some(parent) = &found.parent {
        let parent = known::spoken(catalog, parent);
        return Some(format!("`{index}` is part of the index `{parent}`"));
    }
    let constraint = found.constraint.as_ref()?;
    let table = known::spoken(catalog, &found.table);
    Some(format!(
        "`{index}` belongs to a constraint of `{table}`: `ALTER TABLE {table} DROP CONSTRAINT {}`",
        Name::new(constraint)
    ))
}

/// What refers to a relation and is not dropped with it.
fn used_by_others(catalog: &Catalog, drop: &Drop, name: &ObjectName) -> Option<String> {
    let own = catalog.resolve(name);
    let mut gone: Vec<ObjectName> = drop
        .objects
        .iter()
        .map(|it| catalog.resolve(&it.name))
        .collect();
    let partitions = catalog
        .descendants(name)
        .into_iter()
        .filter(|it| it.is_partition());
    gone.extend(partitions.map(|it| it.name.clone()));
    let stays = |it: &&Relation| !gone.contains(&it.name);
    let spoken = |it: &Relation| known::spoken(catalog, &it.name);
    let mut referring = catalog.references_to(name).filter(|(it, _)| stays(it));
    if let Some((other, _)) = referring.next() {
        return Some(format!(
            "a foreign key of `{}` refers to `{name}`",
            spoken(other)
        ));
    }
    if let Some(view) = catalog.views_of(name).find(stays) {
        return Some(format!("the view `{}` reads `{name}`", spoken(view)));
    }
    let mut heirs = catalog.children(name).filter(|it| !it.is_partition());
    let heir = heirs.find(|it| stays(it) && it.parents.contains(&own))?;
    Some(format!("`{}` inherits from `{name}`", spoken(heir)))
}

fn of_type(catalog: &Catalog, name: &ObjectName) -> Option<String> {
    catalog.type_named(name)?;
    let uses = |it: &Relation| {
        let mut columns = it.columns.iter();
        columns.any(|column| catalog.is_of_type(column.type_name.as_ref(), name))
    };
    let table = catalog.relations_that(uses).into_iter().next()?;
    let table = known::spoken(catalog, &table.name);
    Some(format!("`{table}` has a column of that type"))
}

fn of_truncate(catalog: &Catalog, truncate: &Truncate) -> Option<Refusal> {
    if truncate.behavior == DropBehavior::Cascade {
        return None;
    }
    let tables = || truncate.tables.iter().map(|it| &it.table);
    let emptied: Vec<ObjectName> = tables().map(|it| catalog.resolve(it)).collect();
    tables().find_map(|table| {
        let mut referring = catalog.references_to(table);
        let (other, _) = referring.find(|(other, _)| !emptied.contains(&other.name))?;
        let other = known::spoken(catalog, &other.name);
        let why = format!(
            "a foreign key of `{other}`, which is not emptied with it, refers to `{table}`"
        );
        Some((table.span, why))
    })
}

fn of_action(catalog: &Catalog, alter: &AlterTable, action: &Action) -> Option<String> {
    let table = &alter.name;
    if alter.kind != RelationKind::Table {
        return None;
    }
    match action {
        Action::DropColumn { name, behavior, .. } => of_column(catalog, table, name, *behavior),
        Action::DropConstraint { name, behavior, .. } => {
            of_constraint(catalog, table, name, *behavior)
        }
        Action::AlterColumn {
            column,
            change: ColumnChange::Type { .. },
        } => {
            if let Some(view) = known::view_with_column(catalog, table, column) {
                return Some(format!(
                    "the view `{view}` depends on the type of `{column}`"
                ));
            }
            let generated = generated_from(catalog.relation(table)?, column)?;
            Some(format!(
                "the generated column `{generated}` depends on `{column}`"
            ))
        }
        Action::AlterColumn {
            column,
            change: ColumnChange::DropNotNull,
        } => {
            let relation = catalog.relation(table)?;
            if relation.column(column)?.identity.is_some() {
                return Some(format!("`{column}` is an identity column"));
            }
            let key = primary_key(relation)?;
            key.columns()
                .contains(&&**column)
                .then(|| format!("`{column}` is part of the primary key"))
        }
        _ => None,
    }
}

/// Its primary key.
pub(super) fn primary_key(relation: &Relation) -> Option<&TableConstraint> {
    let mut constraints = relation.constraints.iter();
    constraints.find(|it| matches!(it.kind, ConstraintKind::PrimaryKey(_)))
}

fn generated_from<'a>(relation: &'a Relation, column: &str) -> Option<&'a str> {
    let uses = |it: &crate::catalog::Column| {
        let generated = it.generated.as_ref();
        generated.is_some_and(|it| it.expr.columns().contains(&column))
    };
    let found = relation.columns.iter().find(|it| uses(it))?;
    Some(&found.name)
}

fn of_column(
    catalog: &Catalog,
    table: &ObjectName,
    column: &Name,
    behavior: DropBehavior,
) -> Option<String> {
    let relation = catalog.relation(table)?;
    if relation.column(column)?.inherited {
        return Some(format!("`{column}` is inherited: the parent drops it"));
    }
    let by = relation.partition_by.iter().flat_map(|it| &it.elements);
    if by
        .flat_map(|it| it.expr.columns())
        .any(|it| it == &**column)
    {
        return Some(format!("`{table}` is partitioned by `{column}`"));
    }
    if behavior == DropBehavior::Cascade {
        return None;
    }
    if let Some(view) = known::view_with_column(catalog, table, column) {
        return Some(format!("the view `{view}` depends on `{column}`"));
    }
    if let Some(generated) = generated_from(relation, column) {
        return Some(format!(
            "the generated column `{generated}` depends on `{column}`"
        ));
    }
    let is_referred = |key: &ForeignKey| referred(relation, key).contains(&&**column);
    let other = referring(catalog, relation, is_referred)?;
    Some(format!("a foreign key of `{other}` refers to `{column}`"))
}

fn of_constraint(
    catalog: &Catalog,
    table: &ObjectName,
    name: &Name,
    behavior: DropBehavior,
) -> Option<String> {
    let relation = catalog.relation(table)?;
    let constraint = relation.constraint(name)?;
    if constraint.inherited {
        return Some(format!("`{name}` is inherited: the parent drops it"));
    }
    let (ConstraintKind::PrimaryKey(_) | ConstraintKind::Unique(_), DropBehavior::Restrict) =
        (&constraint.kind, behavior)
    else {
        return None;
    };
    let columns = constraint.columns();
    let needs = |key: &ForeignKey| {
        let referred = referred(relation, key);
        referred.len() == columns.len() && referred.iter().all(|it| columns.contains(it))
    };
    // two constraints may be over the same columns, and only one of them is the key's
    let is_alone = relation
        .constraints
        .iter()
        .filter(|it| it.index.is_some())
        .count()
        == 1;
    let other = referring(catalog, relation, needs).filter(|_| is_alone)?;
    Some(format!("a foreign key of `{other}` needs `{name}`"))
}

/// The columns that a foreign key refers to: where none are said, the primary key's.
fn referred<'a>(relation: &'a Relation, key: &'a ForeignKey) -> Vec<&'a str> {
    if key.referenced_columns.is_empty() {
        let primary = primary_key(relation);
        return primary.map(TableConstraint::columns).unwrap_or_default();
    }
    key.referenced_columns.iter().map(|it| &**it).collect()
}

/// Another table with a foreign key like that.
fn referring(
    catalog: &Catalog,
    relation: &Relation,
    holds: impl Fn(&ForeignKey) -> bool,
) -> Option<ObjectName> {
    let mut keys = catalog.references_to(&relation.name);
    let (other, _) = keys.find(|(other, constraint)| {
        let is_other = other.name != relation.name;
        is_other && matches!(&constraint.kind, ConstraintKind::ForeignKey(key) if holds(key))
    })?;
    Some(known::spoken(catalog, &other.name))
}
