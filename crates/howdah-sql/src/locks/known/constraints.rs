//! Checks, keys and foreign keys of a table.

use std::collections::HashSet;

use super::Known;
use crate::ast::{
    Action, ColumnDef, Constraint, ConstraintKind, Expr, ForeignKey, Kind, ObjectName,
    ReferentialAction, RelationKind,
};
use crate::catalog::{self, TableConstraint};

#[derive(Clone, Debug)]
pub(in crate::locks) struct CheckFacts<'a> {
    pub(in crate::locks) expr: &'a Expr,
    /// Every row has passed it, and the statement does not drop it.
    pub(in crate::locks) valid: bool,
}

#[derive(Clone, Debug)]
pub(in crate::locks) struct ForeignKeyFacts {
    pub(in crate::locks) table: ObjectName,
    pub(in crate::locks) columns: Vec<String>,
    pub(in crate::locks) referenced: ObjectName,
    /// None named means the primary key.
    pub(in crate::locks) referenced_columns: Vec<String>,
    pub(in crate::locks) valid: bool,
    /// A partition has it from its parent.
    pub(in crate::locks) inherited: bool,
    /// `ON DELETE CASCADE`, `SET NULL`, `SET DEFAULT`.
    pub(in crate::locks) changes_on_delete: bool,
}

/// What a constraint is.
#[derive(Clone, Debug)]
pub(in crate::locks) enum Key {
    Check,
    NotNull,
    Foreign(ForeignKeyFacts),
    /// With its index.
    Index(ObjectName),
}

#[derive(Clone, Debug)]
pub(in crate::locks) struct ConstraintFacts {
    pub(in crate::locks) key: Key,
    pub(in crate::locks) valid: bool,
}

impl ConstraintFacts {
    /// Of a constraint that the same statement adds.
    pub(in crate::locks) fn of(table: &ObjectName, constraint: &Constraint) -> Self {
        let key = match &constraint.kind {
            ConstraintKind::ForeignKey(key) => Key::Foreign(foreign_key(table, key)),
            ConstraintKind::NotNull(_) => Key::NotNull,
            _ => Key::Check,
        };
        Self {
            key,
            valid: !constraint.not_valid,
        }
    }
}

fn foreign_key(table: &ObjectName, key: &ForeignKey) -> ForeignKeyFacts {
    let texts = |names: &[crate::ast::Name]| names.iter().map(|it| it.text.clone()).collect();
    ForeignKeyFacts {
        table: table.clone(),
        columns: texts(&key.columns),
        referenced: key.references.clone(),
        referenced_columns: texts(&key.referenced_columns),
        valid: true,
        inherited: false,
        changes_on_delete: !matches!(
            key.on_delete,
            ReferentialAction::NoAction | ReferentialAction::Restrict
        ),
    }
}

impl<'a> Known<'a> {
    fn constraints(&self, table: &ObjectName) -> &'a [TableConstraint] {
        self.catalog
            .relation(table)
            .map_or(&[], |it| it.constraints.as_slice())
    }

    pub(in crate::locks) fn checks(&self, table: &ObjectName) -> Vec<CheckFacts<'a>> {
        let checks = self
            .constraints(table)
            .iter()
            .filter_map(|it| match &it.kind {
                ConstraintKind::Check(expr) => Some(CheckFacts {
                    expr,
                    valid: it.valid && it.enforced && !self.drops(&it.name),
                }),
                _ => None,
            });
        checks.collect()
    }

    /// Whether the statement itself drops a constraint, which it does before anything else.
    fn drops(&self, constraint: &str) -> bool {
        let Kind::AlterTable(alter) = &self.statement.kind else {
            return false;
        };
        alter.actions.iter().any(|action| {
            matches!(&action.kind, Action::DropConstraint { name, .. } if name.text == constraint)
        })
    }

    /// Whether a foreign key that the statement adds has NULL in every row, in a column that comes with it.
    pub(in crate::locks) fn refers_nowhere(&self, key: &ForeignKey) -> bool {
        let Kind::AlterTable(alter) = &self.statement.kind else {
            return false;
        };
        let is_new = |name: &crate::ast::Name| {
            alter.actions.iter().any(|it| match &it.kind {
                Action::AddColumn { column, .. } => column.name == *name && self.is_null(column),
                _ => false,
            })
        };
        if key.match_full {
            key.columns.iter().all(is_new)
        } else {
            key.columns.iter().any(is_new)
        }
    }

    /// Whether a new column has no value in the rows that there are.
    fn is_null(&self, column: &ColumnDef) -> bool {
        let gives_value = |it: &Constraint| {
            matches!(
                it.kind,
                ConstraintKind::Default(_)
                    | ConstraintKind::Generated { .. }
                    | ConstraintKind::Identity { .. }
            )
        };
        let of_type = column.type_name.as_ref();
        !column.constraints.iter().any(gives_value)
            && of_type.is_some_and(|it| it.serial().is_none() && self.domain_default(it).is_none())
    }

    pub(in crate::locks) fn valid_checks(&self, table: &ObjectName) -> Vec<CheckFacts<'a>> {
        let mut checks = self.checks(table);
        checks.retain(|it| it.valid);
        checks
    }

    /// Whether a column is `NOT NULL NOT VALID`.
    pub(super) fn has_unproven_not_null(&self, table: &ObjectName, column: &str) -> bool {
        self.constraints(table).iter().any(|it| {
            !it.valid
                && matches!(&it.kind, ConstraintKind::NotNull(Some(name)) if name.text == column)
        })
    }

    /// Whether a column has a `NOT NULL` that every row has passed.
    pub(super) fn has_proven_not_null(&self, table: &ObjectName, column: &str) -> bool {
        self.constraints(table).iter().any(|it| {
            it.valid
                && matches!(&it.kind, ConstraintKind::NotNull(Some(name)) if name.text == column)
        })
    }

    /// The foreign keys of a table.
    pub(in crate::locks) fn foreign_keys(&self, table: &ObjectName) -> Vec<ForeignKeyFacts> {
        let table = self.named(table);
        let keys = self.constraints(&table).iter();
        keys.filter_map(|it| self.foreign_key(&table, it)).collect()
    }

    /// Whether a table has a valid foreign key over the same columns to the same table.
    pub(in crate::locks) fn has_key_like(&self, table: &ObjectName, key: &ForeignKeyFacts) -> bool {
        self.foreign_keys(table).iter().any(|own| {
            own.valid
                && own.columns == key.columns
                && self.named(&own.referenced) == self.named(&key.referenced)
        })
    }

    /// The foreign keys that refer to a table, or to a partitioned one that it is a part of.
    pub(in crate::locks) fn keys_to(&self, table: &ObjectName) -> Vec<ForeignKeyFacts> {
        let found = self.catalog.references_to(table);
        let mut keys: Vec<_> = found
            .filter_map(|(relation, it)| self.foreign_key(&self.named(&relation.name), it))
            .collect();
        if let Some(parent) = self.partitioned_parent(table) {
            keys.extend(self.keys_to(&parent));
        }
        keys
    }

    fn foreign_key(&self, table: &ObjectName, of: &TableConstraint) -> Option<ForeignKeyFacts> {
        let ConstraintKind::ForeignKey(key) = &of.kind else {
            return None;
        };
        let mut facts = foreign_key(table, key);
        facts.referenced = self.named(&key.references);
        facts.valid = of.valid;
        facts.inherited = of.inherited;
        if facts.referenced_columns.is_empty() {
            facts.referenced_columns = self.primary_key(&facts.referenced);
        }
        Some(facts)
    }

    fn primary_key(&self, table: &ObjectName) -> Vec<String> {
        let key = self
            .constraints(table)
            .iter()
            .find_map(|it| match &it.kind {
                ConstraintKind::PrimaryKey(key) => Some(key),
                _ => None,
            });
        let names = key.into_iter().flat_map(|key| &key.columns);
        names.map(|it| it.text.clone()).collect()
    }

    /// The tables whose foreign keys need a constraint, with their partitions.
    pub(in crate::locks) fn keys_by_index(
        &self,
        table: &ObjectName,
        name: &str,
    ) -> Vec<ObjectName> {
        let key = self.constraints(table).iter().find(|it| it.name == name);
        let columns: Vec<&str> = key.map(TableConstraint::columns).unwrap_or_default();
        let needs = |key: &ForeignKeyFacts| {
            let mut referenced = key.referenced_columns.iter();
            key.referenced_columns.len() <= columns.len()
                && referenced.all(|it| columns.contains(&it.as_str()))
        };
        let keys = self.keys_to(table).into_iter().filter(needs);
        keys.flat_map(|key| self.with_partitions(&key.table))
            .collect()
    }

    pub(in crate::locks) fn constraint(
        &self,
        table: &ObjectName,
        name: &str,
    ) -> Option<ConstraintFacts> {
        let table = self.named(table);
        let constraint = self.constraints(&table).iter().find(|it| it.name == name)?;
        let key = match &constraint.kind {
            ConstraintKind::ForeignKey(_) => Key::Foreign(self.foreign_key(&table, constraint)?),
            ConstraintKind::NotNull(_) => Key::NotNull,
            ConstraintKind::Unique(_)
            | ConstraintKind::PrimaryKey(_)
            | ConstraintKind::Exclude(_) => {
                let index = constraint.index.as_ref().map(|it| self.named(it));
                Key::Index(index.unwrap_or_else(|| ObjectName::new(name)))
            }
            _ => Key::Check,
        };
        Some(ConstraintFacts {
            key,
            valid: constraint.valid,
        })
    }

    /// What keeps a column from changing its type.
    pub(in crate::locks) fn forbids_type_change(
        &self,
        table: &ObjectName,
        column: &str,
    ) -> Option<String> {
        let mut views = self.views_using(table, column);
        if let Some(view) = views.next() {
            return Some(format!("view {}", self.named(&view.name)));
        }
        let relation = self.catalog.relation(table)?;
        let computed = relation.columns.iter().find(|it| {
            let generated = it.generated.as_ref();
            generated.is_some_and(|it| it.expr.columns().contains(&column))
        });
        if let Some(computed) = computed {
            return Some(format!("generated column {}", computed.name));
        }
        let key = self.partition_key(table);
        key.iter()
            .any(|it| it == column)
            .then(|| "the partition key".to_owned())
    }

    /// Views that show or use a column.
    pub(super) fn views_using(
        &self,
        table: &ObjectName,
        column: &str,
    ) -> impl Iterator<Item = &'a catalog::Relation> {
        let column = column.to_owned();
        self.catalog.views_of(table).filter(move |view| {
            view.query.as_ref().is_some_and(|query| {
                let mut uses = false;
                query.walk(&mut |node| {
                    uses |= node.is_column(&column) || *node == crate::ast::Node::Star;
                });
                uses
            })
        })
    }

    /// What goes with a column: views that use it, and the views that use those, with indexes of the
    /// materialized ones; tables whose foreign keys refer to it.
    pub(in crate::locks) fn dependents_of_column(
        &self,
        table: &ObjectName,
        column: &str,
    ) -> Vec<ObjectName> {
        let mut found = self.with_views_above(self.views_using(table, column).collect());
        for key in self.keys_to(table) {
            if key.referenced_columns.iter().any(|it| it == column) {
                found.extend(self.with_partitions(&key.table));
            }
        }
        found
    }

    /// The views that read a relation, and those that read them, with indexes; tables of which a
    /// rule uses it.
    pub(in crate::locks) fn dependents(&self, relation: &ObjectName) -> Vec<ObjectName> {
        let mut found = self.all(self.catalog.ruled_with(relation));
        found.extend(self.with_views_above(self.catalog.views_of(relation).collect()));
        found
    }

    fn with_views_above(&self, mut views: Vec<&'a catalog::Relation>) -> Vec<ObjectName> {
        let mut seen: HashSet<&ObjectName> = views.iter().map(|it| &it.name).collect();
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(view) = views.get(at) {
            found.extend(self.all(self.catalog.ruled_with(&view.name)));
            if view.kind == RelationKind::MaterializedView {
                found.extend(self.index_names(&view.name));
            }
            found.push(self.named(&view.name));
            let above = self.catalog.views_of(&view.name);
            let above: Vec<_> = above.filter(|it| seen.insert(&it.name)).collect();
            views.extend(above);
            at += 1;
        }
        found
    }
}
