//! New names and schemas, followed wherever the old ones stood.

use std::sync::Arc;

use super::super::store::beside;
use super::super::{Catalog, Relation, TableConstraint, TypeKind};
use crate::ast::{
    AlterObject, ConstraintKind, Expr, Name, NewType, Node, ObjectChange, ObjectKind, ObjectName,
};

impl Catalog {
    pub(super) fn rename(&mut self, old: &ObjectName, new: &str) {
        self.move_to(old, &beside(old, new));
    }

    pub(super) fn set_schema(&mut self, old: &ObjectName, schema: &str) {
        let within = |name: &ObjectName| ObjectName::qualified(schema, name.name.clone());
        let indexes: Vec<ObjectName> = self.indexes(old).map(|it| it.name.clone()).collect();
        let sequences: Vec<ObjectName> = self.sequences_of(old).map(|it| it.name.clone()).collect();
        self.move_to(old, &within(old));
        for name in indexes.into_iter().chain(sequences) {
            self.move_to(&name, &within(&name));
        }
    }

    /// Gives a relation or index another name; one that is taken stays.
    fn move_to(&mut self, old: &ObjectName, new: &ObjectName) {
        if self.objects.relation(new).is_some() || self.objects.index(new).is_some() {
            return;
        }
        if self.objects.index(old).is_some() {
            return self.move_index(old, new);
        }
        let dependents: Vec<ObjectName> = self
            .dependents(old)
            .into_iter()
            .map(|it| it.name.clone())
            .collect();
        let indexes: Vec<ObjectName> = self.indexes(old).map(|it| it.name.clone()).collect();
        let Some(mut relation) = self.objects().take_relation(old) else {
            return;
        };
        Arc::make_mut(&mut relation).name = new.clone();
        self.objects().put_relation(relation);
        for name in dependents {
            let name = if name == *old { new.clone() } else { name };
            self.objects()
                .relink_relation(&name, |it| it.follow(old, new));
        }
        for name in indexes {
            self.objects()
                .change_index(&name, |it| it.table = new.clone());
        }
        self.follow_owner(old, new);
    }

    /// A sequence's column knows its name.
    fn follow_owner(&mut self, old: &ObjectName, new: &ObjectName) {
        let owner = self.relation(new).and_then(|it| it.owned_by.clone());
        if let Some((table, _)) = owner {
            self.change(&table, |relation| {
                for column in &mut relation.columns {
                    if column.sequence.as_ref() == Some(old) {
                        column.sequence = Some(new.clone());
                    }
                }
            });
        }
        let publications = self.others().publications.values_mut();
        for table in publications.flat_map(|it| &mut it.tables) {
            if table == old {
                table.clone_from(new);
            }
        }
    }

    /// An index takes its constraint along.
    fn move_index(&mut self, old: &ObjectName, new: &ObjectName) {
        let Some(mut index) = self.objects().take_index(old) else {
            return;
        };
        let changed = Arc::make_mut(&mut index);
        changed.name = new.clone();
        let constraint = changed.constraint.replace(new.name.clone());
        if constraint.is_none() {
            changed.constraint = None;
        }
        let table = changed.table.clone();
        self.objects().put_index(index);
        self.relink(&table, |relation| {
            for it in &mut relation.constraints {
                if Some(&it.name) == constraint.as_ref() {
                    it.name.clone_from(&new.name);
                    it.index = Some(new.clone());
                }
            }
        });
        for child in self.child_names(&table) {
            let parts = self
                .indexes(&child)
                .filter(|it| it.parent.as_ref() == Some(old));
            let parts: Vec<ObjectName> = parts.map(|it| it.name.clone()).collect();
            for part in parts {
                self.objects()
                    .change_index(&part, |it| it.parent = Some(new.clone()));
            }
        }
    }

    pub(super) fn rename_constraint(&mut self, table: &ObjectName, from: &str, to: &str) {
        let index = self
            .relation(table)
            .and_then(|it| it.constraint(from)?.index.clone());
        match index {
            Some(index) => self.move_index(&index, &beside(&index, to)),
            None => self.relink(table, |relation| {
                for constraint in relation.constraints.iter_mut().filter(|it| it.name == from) {
                    to.clone_into(&mut constraint.name);
                }
            }),
        }
        for child in self.child_names(table) {
            self.rename_constraint(&child, from, to);
        }
    }

    pub(super) fn rename_column(&mut self, table: &ObjectName, from: &str, to: &str) {
        self.change(table, |relation| relation.rename_column(from, to));
        let indexes: Vec<ObjectName> = self.names_of_indexes_with(table, from);
        for index in indexes {
            self.change_index(&index, |it| {
                for element in &mut it.elements {
                    element
                        .column
                        .iter_mut()
                        .for_each(|name| rename(name, from, to));
                    rename_in(&mut element.expr, from, to);
                }
                it.predicate
                    .iter_mut()
                    .for_each(|expr| rename_in(expr, from, to));
                for name in it.include.iter_mut().filter(|name| *name == from) {
                    to.clone_into(name);
                }
            });
        }
        for (owner, constraint) in self.keys_on(table, |columns| columns.contains(&from)) {
            self.change(&owner, |relation| {
                for it in relation
                    .constraints
                    .iter_mut()
                    .filter(|it| it.name == constraint)
                {
                    if let ConstraintKind::ForeignKey(key) = &mut it.kind {
                        key.referenced_columns
                            .iter_mut()
                            .for_each(|name| rename(name, from, to));
                    }
                }
            });
        }
        for child in self.child_names(table) {
            self.rename_column(&child, from, to);
        }
    }

    pub(super) fn names_of_indexes_with(
        &self,
        table: &ObjectName,
        column: &str,
    ) -> Vec<ObjectName> {
        let indexes = self.indexes(table);
        let indexes = indexes.filter(|it| it.columns().contains(&column));
        indexes.map(|it| it.name.clone()).collect()
    }

    pub(super) fn alter_object(&mut self, alter: &AlterObject) {
        match (alter.kind, &alter.change) {
            (ObjectKind::Schema, ObjectChange::Rename(to)) => {
                self.rename_schema(&alter.object.name.name, to);
            }
            (ObjectKind::Type | ObjectKind::Domain, change) => {
                self.move_type(&alter.object.name, change);
            }
            (ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Routine, change) => {
                self.move_function(&alter.object.name, change);
            }
            (ObjectKind::Publication, ObjectChange::Rename(to)) => {
                let known = self.others().publications.remove(&alter.object.name.name);
                if let Some(publication) = known {
                    self.others()
                        .publications
                        .insert(to.text.clone(), publication);
                }
            }
            (ObjectKind::Trigger, ObjectChange::Rename(to)) => {
                let Some(table) = &alter.object.on else {
                    return;
                };
                self.change(table, |relation| {
                    for trigger in relation
                        .triggers
                        .iter_mut()
                        .filter(|it| it.name == alter.object.name.name)
                    {
                        trigger.name.clone_from(&to.text);
                    }
                });
            }
            _ => {}
        }
    }

    fn rename_schema(&mut self, from: &str, to: &str) {
        let within = |name: &ObjectName| name.schema.as_deref() == Some(from);
        let relations = self.relations().map(|it| &it.name);
        let indexes = self.all_indexes().map(|it| &it.name);
        let names: Vec<ObjectName> = relations
            .chain(indexes)
            .filter(|it| within(it))
            .cloned()
            .collect();
        for name in names {
            self.move_to(&name, &ObjectName::qualified(to, name.name.clone()));
        }
        let types: Vec<ObjectName> = self
            .types()
            .map(|it| it.name.clone())
            .filter(within)
            .collect();
        for name in types {
            self.move_type(&name, &ObjectChange::SetSchema(Name::new(to)));
        }
        self.others().schemas.remove(from);
        self.others().schemas.insert(to.to_owned());
    }

    /// The names of the relations for which that holds, in order.
    pub(super) fn names_of_relations(&self, holds: impl Fn(&Relation) -> bool) -> Vec<ObjectName> {
        let found = self.relations_that(holds).into_iter();
        found.map(|it| it.name.clone()).collect()
    }

    fn move_type(&mut self, old: &ObjectName, change: &ObjectChange) {
        let old = self.resolve_type(old);
        let Some(new) = moved(&old, change) else {
            return;
        };
        // types that nobody has made may rest on each other only by name, until one gets it
        if self.rests_on(&new, &old) || self.rests_on(&old, &new) {
            return;
        }
        let Some(mut made) = self.others().types.remove(&old) else {
            return;
        };
        Arc::make_mut(&mut made).name = new.clone();
        self.others().types.insert(Arc::new(new.clone()), made);
        let uses = |relation: &Relation| {
            let mut columns = relation.columns.iter();
            columns.any(|it| it.type_name.as_ref().is_some_and(|it| it.name == old))
        };
        let tables: Vec<ObjectName> = self.names_of_relations(uses);
        for table in tables {
            self.change(&table, |relation| {
                for it in relation
                    .columns
                    .iter_mut()
                    .filter_map(|it| it.type_name.as_mut())
                {
                    if it.name == old {
                        it.name.clone_from(&new);
                    }
                }
            });
        }
        for made in self.others().types.values_mut() {
            let based = matches!(&made.kind, TypeKind::Domain(domain) if domain.base.name == old);
            if let (true, TypeKind::Domain(domain)) = (based, &mut Arc::make_mut(made).kind) {
                domain.base.name.clone_from(&new);
            }
        }
    }

    fn move_function(&mut self, old: &ObjectName, change: &ObjectChange) {
        let old = self.resolve_function(old);
        if let Some(new) = moved(&old, change)
            && let Some(functions) = self.others().functions.remove(&old)
        {
            self.others().functions.insert(Arc::new(new), functions);
        }
    }

    /// The attributes of a composite type.
    pub(super) fn attributes(&self, name: &ObjectName) -> Option<Vec<crate::ast::ColumnDef>> {
        match &self.type_named(name)?.kind {
            TypeKind::Made(NewType::Composite(attributes)) => Some(attributes.clone()),
            _ => None,
        }
    }
}

/// Where a change of name or schema leads.
fn moved(old: &ObjectName, change: &ObjectChange) -> Option<ObjectName> {
    match change {
        ObjectChange::Rename(name) => Some(beside(old, name)),
        ObjectChange::SetSchema(schema) => {
            Some(ObjectName::qualified(schema.text.clone(), old.name.clone()))
        }
        _ => None,
    }
}

impl Relation {
    /// Replaces the name of a relation that it refers to.
    fn follow(&mut self, old: &ObjectName, new: &ObjectName) {
        let keys = self
            .constraints
            .iter_mut()
            .filter_map(|it| match &mut it.kind {
                ConstraintKind::ForeignKey(key) => Some(&mut key.references),
                _ => None,
            });
        let owner = self.owned_by.iter_mut().map(|(table, _)| table);
        let query = self.query.iter_mut().flat_map(|it| {
            let named = it.reads.iter_mut().chain(&mut it.only);
            named.chain(&mut it.row_locks)
        });
        let rules = self.rules.iter_mut();
        let rules = rules.flat_map(|it| it.reads.iter_mut().chain(&mut it.writes));
        let all = keys
            .chain(rules)
            .chain(&mut self.parents)
            .chain(&mut self.reads)
            .chain(owner)
            .chain(query);
        for name in all.filter(|name| *name == old) {
            name.clone_from(new);
        }
    }

    fn rename_column(&mut self, from: &str, to: &str) {
        for column in &mut self.columns {
            if column.name == from {
                to.clone_into(&mut column.name);
            }
            if let Some(generated) = &mut column.generated {
                rename_in(&mut generated.expr, from, to);
            }
        }
        self.constraints
            .iter_mut()
            .for_each(|it| it.rename_column(from, to));
        for element in self.partition_by.iter_mut().flat_map(|it| &mut it.elements) {
            element
                .column
                .iter_mut()
                .for_each(|name| rename(name, from, to));
            rename_in(&mut element.expr, from, to);
        }
    }
}

impl TableConstraint {
    fn rename_column(&mut self, from: &str, to: &str) {
        match &mut self.kind {
            ConstraintKind::Check(expr) => rename_in(expr, from, to),
            ConstraintKind::NotNull(column) => {
                for it in column.iter_mut() {
                    rename(it, from, to);
                }
            }
            ConstraintKind::Unique(key) | ConstraintKind::PrimaryKey(key) => {
                let all = key.columns.iter_mut().chain(&mut key.include);
                all.for_each(|it| rename(it, from, to));
            }
            ConstraintKind::ForeignKey(key) => {
                key.columns.iter_mut().for_each(|it| rename(it, from, to));
            }
            ConstraintKind::Exclude(exclusion) => {
                for (element, _) in &mut exclusion.elements {
                    element
                        .column
                        .iter_mut()
                        .for_each(|name| rename(name, from, to));
                    rename_in(&mut element.expr, from, to);
                }
            }
            _ => {}
        }
    }
}

fn rename(name: &mut Name, from: &str, to: &str) {
    if *name == from {
        to.clone_into(&mut name.text);
    }
}

/// Renames a column in an expression; its text stays as it was written.
fn rename_in(expr: &mut Expr, from: &str, to: &str) {
    expr.node.walk_mut(&mut |node| {
        if let Node::Column(path) = node
            && let Some(last) = path.last_mut().filter(|last| *last == from)
        {
            to.clone_into(last);
        }
    });
}
