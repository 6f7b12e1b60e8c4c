//! Constraints come and go, with their indexes.

use std::sync::Arc;

use super::super::store::beside;
use super::super::{Catalog, Index, TableConstraint, choose};
use crate::ast::{
    Constraint, ConstraintKind, Exclusion, IndexElement, KeyConstraint, Name, Node, ObjectName,
};

impl Catalog {
    /// Adds a constraint to a table; what is a column's property is not one. With `only`, a partitioned table's key waits
    /// for those of its partitions.
    pub(super) fn add_constraint(
        &mut self,
        table: &ObjectName,
        constraint: &Constraint,
        only: bool,
    ) {
        let Some(table) = self.key(table) else {
            return;
        };
        let table = &*table;
        if self.relation(table).is_none() {
            return;
        }
        match &constraint.kind {
            ConstraintKind::Unique(key) | ConstraintKind::PrimaryKey(key) => {
                self.add_key(table, constraint, key, only);
            }
            ConstraintKind::Exclude(exclusion) => self.add_exclusion(table, constraint, exclusion),
            ConstraintKind::NotNull(Some(column)) => {
                self.set_not_null(
                    table,
                    column,
                    constraint.name.as_ref(),
                    !constraint.not_valid,
                );
            }
            ConstraintKind::ForeignKey(key) => {
                let mut key = key.clone();
                key.references = self.resolve(&key.references);
                if key.referenced_columns.is_empty() {
                    key.referenced_columns = self.primary_key(&key.references);
                }
                self.put_constraint(table, constraint, ConstraintKind::ForeignKey(key), None);
            }
            ConstraintKind::Check(_) => {
                self.put_constraint(table, constraint, constraint.kind.clone(), None);
            }
            _ => {}
        }
        let inherited =
            matches!(constraint.kind, ConstraintKind::Check(_)) && !constraint.no_inherit;
        if inherited {
            self.pass_on(table);
        }
    }

    fn put_constraint(
        &mut self,
        table: &ObjectName,
        constraint: &Constraint,
        kind: ConstraintKind,
        index: Option<ObjectName>,
    ) {
        let name = match (&constraint.name, &index) {
            (Some(name), _) => name.text.clone(),
            (None, Some(index)) => index.name.clone(),
            (None, None) => self.constraint_name(table, &kind),
        };
        let made = TableConstraint {
            name,
            kind,
            valid: !constraint.not_valid && !constraint.not_enforced,
            enforced: !constraint.not_enforced,
            no_inherit: constraint.no_inherit,
            inherited: false,
            deferrable: constraint.deferrable,
            index,
        };
        self.objects().add_constraint(table, made);
    }

    fn add_key(
        &mut self,
        table: &ObjectName,
        constraint: &Constraint,
        key: &KeyConstraint,
        only: bool,
    ) {
        let primary = matches!(constraint.kind, ConstraintKind::PrimaryKey(_));
        if let Some(index) = &key.using_index {
            return self.adopt_index(table, constraint, index);
        }
        let elements: Vec<IndexElement> = key.columns.iter().map(column_element).collect();
        let columns = choose::joined(
            key.columns
                .iter()
                .chain(&key.include)
                .map(|column| &**column),
        );
        let name = match &constraint.name {
            Some(name) => name.text.clone(),
            None if primary => self.index_name(table, "", "pkey"),
            None => self.index_name(table, &columns, "key"),
        };
        let index = Index {
            name: beside(table, &name),
            table: table.clone(),
            method: "btree".to_owned(),
            elements,
            include: key
                .include
                .iter()
                .map(|column| column.text.clone())
                .collect(),
            predicate: None,
            unique: true,
            options: key.options.clone(),
            tablespace: key.tablespace.as_ref().map(|it| it.text.clone()),
            parent: None,
            valid: !only || self.child_names(table).is_empty(),
            constraint: Some(name),
            made: self.now(),
        };
        let index_name = index.name.clone();
        if only {
            self.objects().put_index(Arc::new(index));
        } else {
            self.put_with_partitions(index);
        }
        if primary {
            for column in &key.columns {
                self.set_not_null(table, column, None, true);
            }
        }
        self.put_constraint(table, constraint, constraint.kind.clone(), Some(index_name));
    }

    /// `USING INDEX`: the index gets the constraint's name.
    fn adopt_index(&mut self, table: &ObjectName, constraint: &Constraint, index: &Name) {
        let old = beside(table, index);
        let Some(known) = self.objects.index(&old).cloned() else {
            return;
        };
        let name = constraint.name.as_ref().unwrap_or(index);
        let columns: Vec<Name> = known
            .elements
            .iter()
            .filter_map(|it| it.column.clone())
            .collect();
        let key = KeyConstraint {
            columns: columns.clone(),
            include: known.include.iter().map(Name::new).collect(),
            ..KeyConstraint::default()
        };
        let primary = matches!(constraint.kind, ConstraintKind::PrimaryKey(_));
        if primary {
            for column in &columns {
                self.set_not_null(table, column, None, true);
            }
        }
        let kind = if primary {
            ConstraintKind::PrimaryKey(key)
        } else {
            ConstraintKind::Unique(key)
        };
        self.objects().take_index(&old);
        let new = beside(table, name);
        self.objects().put_index(Arc::new(Index {
            name: new.clone(),
            constraint: Some(name.text.clone()),
            ..known
        }));
        self.put_constraint(table, constraint, kind, Some(new));
    }

    fn add_exclusion(
        &mut self,
        table: &ObjectName,
        constraint: &Constraint,
        exclusion: &Exclusion,
    ) {
        let elements: Vec<IndexElement> = exclusion
            .elements
            .iter()
            .map(|(it, _)| it.clone())
            .collect();
        let columns =
            choose::joined_columns(&elements, exclusion.include.iter().map(|name| &**name));
        let name = match &constraint.name {
            Some(name) => name.text.clone(),
            None => self.index_name(table, &columns, "excl"),
        };
        let index = beside(table, &name);
        let method = exclusion.method.as_ref().map_or("btree", |method| method);
        self.put_with_partitions(Index {
            name: index.clone(),
            table: table.clone(),
            method: method.to_owned(),
            elements,
            include: exclusion
                .include
                .iter()
                .map(|column| column.text.clone())
                .collect(),
            predicate: exclusion.predicate.clone(),
            unique: false,
            options: Vec::new(),
            tablespace: None,
            parent: None,
            valid: true,
            constraint: Some(name),
            made: self.now(),
        });
        self.put_constraint(table, constraint, constraint.kind.clone(), Some(index));
    }

    /// A column's `NOT NULL`, with the constraint that it is since 18; for heirs, too.
    pub(super) fn set_not_null(
        &mut self,
        table: &ObjectName,
        column: &str,
        name: Option<&Name>,
        valid: bool,
    ) {
        let known = self.relation(table);
        let position = known.and_then(|relation| {
            let mut constraints = relation.constraints.iter();
            constraints
                .position(|it| matches!(&it.kind, ConstraintKind::NotNull(Some(c)) if *c == column))
        });
        let kind = ConstraintKind::NotNull(Some(Name::new(column)));
        let name = match (position, name) {
            (Some(_), _) => String::new(),
            (None, Some(name)) => name.text.clone(),
            (None, None) => self.constraint_name(table, &kind),
        };
        self.change(table, |relation| {
            if let Some(column) = relation
                .columns
                .iter_mut()
                .find(|known| known.name == column)
            {
                column.not_null = true;
            }
            if let Some(known) = position.and_then(|at| relation.constraints.get_mut(at)) {
                known.valid |= valid;
            }
        });
        if position.is_none()
            && let Some(table) = self.key(table)
        {
            let constraint = TableConstraint {
                name,
                kind,
                valid,
                enforced: true,
                no_inherit: false,
                inherited: false,
                deferrable: false,
                index: None,
            };
            self.objects().add_constraint(&table, constraint);
        }
        for child in self.child_names(table) {
            self.set_not_null(&child, column, None, valid);
        }
    }

    pub(super) fn drop_not_null(&mut self, table: &ObjectName, column: &str) {
        self.relink(table, |relation| {
            if let Some(column) = relation
                .columns
                .iter_mut()
                .find(|known| known.name == column)
            {
                column.not_null = false;
            }
            relation
                .constraints
                .retain(|it| !matches!(&it.kind, ConstraintKind::NotNull(Some(c)) if *c == column));
        });
        for child in self.child_names(table) {
            self.drop_not_null(&child, column);
        }
    }

    /// Removes a constraint and its index, from heirs too.
    pub(super) fn drop_constraint(&mut self, table: &ObjectName, name: &str) {
        let Some(constraint) = self
            .relation(table)
            .and_then(|it| it.constraint(name))
            .cloned()
        else {
            return;
        };
        if let ConstraintKind::NotNull(Some(column)) = &constraint.kind {
            return self.drop_not_null(table, column);
        }
        if let Some(index) = &constraint.index {
            self.drop_index(index);
        }
        self.relink(table, |relation| {
            relation.constraints.retain(|it| it.name != name);
        });
        for child in self.child_names(table) {
            let inherits = |it: &TableConstraint| it.name == name && it.inherited;
            let has = self
                .relation(&child)
                .is_some_and(|it| it.constraints.iter().any(inherits));
            if has {
                self.drop_constraint(&child, name);
            }
        }
    }

    pub(super) fn validate(&mut self, table: &ObjectName, name: &str) {
        self.change(table, |relation| {
            for constraint in &mut relation.constraints {
                constraint.valid |= constraint.name == name;
            }
        });
        for child in self.child_names(table) {
            self.validate(&child, name);
        }
    }

    /// The columns of a table's primary key.
    fn primary_key(&self, table: &ObjectName) -> Vec<Name> {
        let constraints = self.relation(table).map(|it| it.constraints.as_slice());
        let key = constraints
            .unwrap_or_default()
            .iter()
            .find_map(|it| match &it.kind {
                ConstraintKind::PrimaryKey(key) => Some(key.columns.clone()),
                _ => None,
            });
        key.unwrap_or_default()
    }

    pub(super) fn child_names(&self, table: &ObjectName) -> Vec<ObjectName> {
        self.children(table)
            .map(|child| child.name.clone())
            .collect()
    }
}

/// A column as an element of an index.
fn column_element(column: &Name) -> IndexElement {
    IndexElement {
        span: column.span,
        column: Some(column.clone()),
        expr: crate::ast::Expr {
            span: column.span,
            text: column.to_string(),
            node: Node::Column(vec![column.text.clone()]),
        },
        collation: None,
        operator_class: None,
        descending: false,
        nulls_first: None,
    }
}
