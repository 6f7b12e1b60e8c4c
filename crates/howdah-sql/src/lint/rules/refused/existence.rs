//! What a statement makes is there already; what it changes is not there.
//!
//! No IO. Asked by `refused-statement`. That something is missing is said only where all of a database is known.

use super::Refusal;
use crate::ast::{
    Action, AlterAction, AlterTable, Constraint, ConstraintKind, CreateIndex, CreateTable, Drop,
    ForeignKey, Kind, Name, ObjectKind, ObjectName, Persistence, RelationKind,
};
use crate::catalog::Catalog;
use crate::lint::context::At;

/// The first reason of that kind.
pub(in crate::lint::rules) fn refusal(at: &At<'_>) -> Option<Refusal> {
    // a block asks first whether it is there
    if at.in_do {
        return None;
    }
    match &at.statement.kind {
        Kind::CreateTable(it) => of_new_table(at.catalog, it),
        Kind::CreateIndex(it) => of_new_index(at.catalog, it),
        Kind::AlterTable(it) => of_alter(at.catalog, it),
        Kind::Drop(it) => of_drop(at.catalog, it),
        _ => None,
    }
}

fn of_new_table(catalog: &Catalog, table: &CreateTable) -> Option<Refusal> {
    if table.persistence == Persistence::Temporary {
        return None;
    }
    if !table.if_not_exists
        && let Some(found) = there(catalog, &table.name)
    {
        return Some(found);
    }
    let parent = table.partition_of.iter().map(|it| &it.parent);
    let mut sources = parent
        .chain(&table.inherits)
        .chain(table.likes.iter().map(|it| &it.source));
    sources
        .find_map(|it| missing_table(catalog, it, "table"))
        .or_else(|| {
            let of_columns = table.columns.iter().flat_map(|it| &it.constraints);
            let mut keys = of_columns.chain(&table.constraints);
            keys.find_map(|it| match &it.kind {
                ConstraintKind::ForeignKey(key) if !is_itself(catalog, &table.name, key) => {
                    of_foreign_key(catalog, key)
                }
                _ => None,
            })
        })
}

fn is_itself(catalog: &Catalog, table: &ObjectName, key: &ForeignKey) -> bool {
    catalog.qualified(table) == catalog.resolve(&key.references) || *table == key.references
}

fn of_new_index(catalog: &Catalog, index: &CreateIndex) -> Option<Refusal> {
    if let Some(missing) = missing_table(catalog, &index.table, "table") {
        return Some(missing);
    }
    let table = catalog.resolve(&index.table);
    if let Some(name) = &index.name
        && !index.if_not_exists
    {
        let full = ObjectName {
            schema: table.schema.clone(),
            ..ObjectName::new(name.text.clone())
        };
        if catalog.exists(&full) {
            return Some((name.span, format!("`{name}` exists already")));
        }
    }
    let columns = index.elements.iter().filter_map(|it| it.column.as_ref());
    columns
        .chain(&index.include)
        .find_map(|it| missing_column(catalog, &index.table, it))
}

fn of_alter(catalog: &Catalog, table: &AlterTable) -> Option<Refusal> {
    let is_table = table.kind == RelationKind::Table;
    if is_table && let Some(missing) = missing_table(catalog, &table.name, "table") {
        return (!table.if_exists).then_some(missing);
    }
    let within = Within {
        catalog,
        table: &table.name,
        actions: &table.actions,
    };
    table.actions.iter().find_map(|it| within.of(&it.kind))
}

/// An `ALTER TABLE`: what one action drops another one may add, whatever their order.
struct Within<'a> {
    catalog: &'a Catalog,
    table: &'a ObjectName,
    actions: &'a [AlterAction],
}

impl Within<'_> {
    fn of(&self, action: &Action) -> Option<Refusal> {
        match action {
            Action::AddColumn {
                column,
                if_not_exists: false,
            } => self.there(&column.name),
            Action::DropColumn {
                name: column,
                if_exists: false,
                ..
            }
            | Action::AlterColumn { column, .. } => self.missing(column),
            Action::RenameColumn { from, to } => self.missing(from).or_else(|| self.there(to)),
            Action::AddConstraint(constraint) => self.of_constraint(constraint),
            Action::DropConstraint {
                name,
                if_exists: false,
                ..
            }
            | Action::ValidateConstraint(name) => self.missing_constraint(name),
            Action::AttachPartition { partition, .. } => {
                missing_table(self.catalog, partition, "table")
            }
            _ => None,
        }
    }

    fn of_constraint(&self, constraint: &Constraint) -> Option<Refusal> {
        let relation = self.catalog.relation(self.table);
        if let Some(name) = &constraint.name
            && relation.is_some_and(|it| it.constraint(name).is_some())
            && !self.drops(name)
        {
            let why = format!("`{}` has a constraint `{name}` already", self.table);
            return Some((name.span, why));
        }
        match &constraint.kind {
            ConstraintKind::ForeignKey(key) => {
                let own = key.columns.iter().find_map(|it| self.missing(it));
                let is_own =
                    self.catalog.resolve(self.table) == self.catalog.resolve(&key.references);
                own.or_else(|| of_foreign_key(self.catalog, key).filter(|_| !is_own))
            }
            ConstraintKind::Unique(key) | ConstraintKind::PrimaryKey(key) => {
                key.columns.iter().find_map(|it| self.missing(it))
            }
            _ => None,
        }
    }

    fn missing(&self, column: &Name) -> Option<Refusal> {
        let is_made = self.actions.iter().any(
            |it| matches!(&it.kind, Action::AddColumn { column: made, .. } if made.name == *column),
        );
        let missing = missing_column(self.catalog, self.table, column);
        missing.filter(|_| !is_made)
    }

    fn there(&self, column: &Name) -> Option<Refusal> {
        self.catalog.relation(self.table)?.column(column)?;
        let why = format!("`{}` has a column `{column}` already", self.table);
        (!self.drops(column)).then_some((column.span, why))
    }

    fn missing_constraint(&self, name: &Name) -> Option<Refusal> {
        let catalog = self.catalog;
        let relation = catalog
            .relation(self.table)
            .filter(|_| catalog.is_complete())?;
        let is_made = self.actions.iter().any(
            |it| matches!(&it.kind, Action::AddConstraint(made) if made.name.as_ref() == Some(name)),
        );
        let is_there = is_made || relation.constraint(name).is_some();
        (!is_there).then(|| {
            (
                name.span,
                format!("`{}` has no constraint `{name}`", self.table),
            )
        })
    }

    /// Whether a column or constraint goes in the same statement.
    fn drops(&self, given: &Name) -> bool {
        self.actions.iter().any(|it| match &it.kind {
            Action::DropColumn { name, .. } | Action::DropConstraint { name, .. } => name == given,
            _ => false,
        })
    }
}

fn of_drop(catalog: &Catalog, drop: &Drop) -> Option<Refusal> {
    let what = match drop.kind {
        ObjectKind::Table => "table",
        ObjectKind::View => "view",
        ObjectKind::MaterializedView => "materialized view",
        ObjectKind::Index => "index",
        _ => return None,
    };
    if drop.if_exists {
        return None;
    }
    let mut names = drop.objects.iter().map(|it| &it.name);
    names.find_map(|it| missing_table(catalog, it, what))
}

fn of_foreign_key(catalog: &Catalog, key: &ForeignKey) -> Option<Refusal> {
    missing_table(catalog, &key.references, "table").or_else(|| {
        let mut columns = key.referenced_columns.iter();
        columns.find_map(|it| missing_column(catalog, &key.references, it))
    })
}

fn there(catalog: &Catalog, name: &ObjectName) -> Option<Refusal> {
    catalog
        .exists(&catalog.qualified(name))
        .then(|| (name.span, format!("`{name}` exists already")))
}

fn missing_table(catalog: &Catalog, name: &ObjectName, what: &str) -> Option<Refusal> {
    let schema = name.schema.as_deref().unwrap_or_default();
    // what is not read: the server's own, and howdah's
    let is_read = !schema.starts_with("pg_") && !matches!(schema, "information_schema" | "howdah");
    (is_read && catalog.is_missing(name))
        .then(|| (name.span, format!("there is no {what} `{name}`")))
}

fn missing_column(catalog: &Catalog, table: &ObjectName, column: &Name) -> Option<Refusal> {
    let relation = catalog.relation(table).filter(|_| catalog.is_complete())?;
    let is_system = ["ctid", "tableoid", "xmin", "xmax", "cmin", "cmax"].contains(&&**column);
    // an index's column is a number
    let is_known = relation.columns.is_empty() || is_system || relation.column(column).is_some();
    (!is_known).then(|| (column.span, format!("`{table}` has no column `{column}`")))
}
