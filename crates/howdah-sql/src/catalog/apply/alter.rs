//! `ALTER TABLE` and its kin.

use super::super::{Catalog, Column, Generated};
use super::create::owner;
use crate::ast::{
    Action, AlterTable, ColumnChange, ConstraintKind, Firing, ObjectName, Persistence,
    RelationKind, RowSecurity, StorageOption, TriggerTarget,
};

impl Catalog {
    pub(super) fn alter_table(&mut self, alter: &AlterTable) {
        let mut name = self.resolve(&alter.name);
        for action in &alter.actions {
            match &action.kind {
                Action::Rename(new) => {
                    self.rename(&name, new);
                    name.name.clone_from(&new.text);
                }
                Action::SetSchema(schema) => {
                    self.set_schema(&name, schema);
                    name.schema = Some(schema.text.clone());
                }
                Action::AttachPartition {
                    partition,
                    bound: None,
                } => {
                    self.attach_index(&name, partition);
                }
                action if alter.kind == RelationKind::Index => self.alter_index(&name, action),
                action => self.act(&name, action, alter.only),
            }
        }
    }

    fn alter_index(&mut self, name: &ObjectName, action: &Action) {
        self.change_index(name, |index| match action {
            Action::SetOptions(options) => set_options(&mut index.options, options),
            Action::ResetOptions(options) => reset_options(&mut index.options, options),
            Action::SetTablespace(tablespace) => index.tablespace = Some(tablespace.text.clone()),
            _ => {}
        });
    }

    fn act(&mut self, table: &ObjectName, action: &Action, only: bool) {
        match action {
            Action::AddColumn { column, .. } => {
                let known = |it: &super::super::Relation| it.column(&column.name).is_some();
                if !self.relation(table).is_some_and(known) {
                    self.add_column(table, column);
                    self.column_for_children(table, &column.name, only);
                }
            }
            Action::DropColumn { name, .. } => self.drop_column(table, name),
            Action::AlterColumn { column, change } => {
                self.alter_column(table, column, change, only);
            }
            Action::AddConstraint(constraint) => self.add_constraint(table, constraint, only),
            Action::AlterConstraint {
                name,
                deferrable,
                enforced,
                ..
            } => {
                self.change(table, |relation| {
                    for it in relation
                        .constraints
                        .iter_mut()
                        .filter(|it| *name == it.name.as_str())
                    {
                        it.deferrable = deferrable.unwrap_or(it.deferrable);
                        it.enforced = enforced.unwrap_or(it.enforced);
                        it.valid = enforced.unwrap_or(it.valid);
                    }
                });
            }
            Action::ValidateConstraint(name) => self.validate(table, name),
            Action::DropConstraint { name, .. } => self.drop_constraint(table, name),
            Action::RenameColumn { from, to } => self.rename_column(table, from, to),
            Action::RenameConstraint { from, to } => self.rename_constraint(table, from, to),
            Action::AttachPartition {
                partition,
                bound: Some(bound),
            } => {
                self.attach_partition(table, partition, bound);
            }
            Action::DetachPartition { partition, .. } => self.detach_partition(partition),
            Action::Inherit(parent) => self.inherit(table, parent),
            Action::NoInherit(parent) => self.no_inherit(table, parent),
            Action::Sequence(options) => {
                if let Some((owner, column)) = owner(options) {
                    let owner = self.resolve(owner);
                    self.relink(table, |sequence| sequence.owned_by = Some((owner, column)));
                }
            }
            other => self.set_property(table, other),
        }
    }

    fn set_property(&mut self, table: &ObjectName, action: &Action) {
        let of_type = match action {
            Action::OfType(name) => Some(self.resolve_type(name)),
            _ => None,
        };
        self.change(table, |relation| match action {
            Action::Trigger { firing, target } => {
                for trigger in &mut relation.triggers {
                    let meant = match target {
                        TriggerTarget::Named(name) => *name == trigger.name.as_str(),
                        TriggerTarget::All | TriggerTarget::User => true,
                    };
                    if meant {
                        trigger.enabled = *firing != Firing::Never;
                    }
                }
            }
            Action::RowSecurity(RowSecurity::Enable) => relation.row_security = true,
            Action::RowSecurity(RowSecurity::Disable) => relation.row_security = false,
            Action::ClusterOn(index) => relation.clustered_on = Some(index.text.clone()),
            Action::SetWithoutCluster => relation.clustered_on = None,
            Action::SetLogged => relation.persistence = Persistence::Permanent,
            Action::SetUnlogged => relation.persistence = Persistence::Unlogged,
            Action::SetTablespace(name) => relation.tablespace = Some(name.text.clone()),
            Action::SetAccessMethod(name) => {
                relation.method = name.as_ref().map(|name| name.text.clone());
            }
            Action::SetOptions(options) => set_options(&mut relation.options, options),
            Action::ResetOptions(options) => reset_options(&mut relation.options, options),
            Action::OfType(_) => relation.of_type = of_type,
            Action::NotOf => relation.of_type = None,
            _ => {}
        });
    }

    /// A new column is passed on; partitions have it in any case.
    fn column_for_children(&mut self, table: &ObjectName, column: &str, only: bool) {
        if only {
            return;
        }
        let Some(added) = self
            .relation(table)
            .and_then(|it| it.column(column))
            .cloned()
        else {
            return;
        };
        for child in self.child_names(table) {
            let inherited = Column {
                inherited: true,
                sequence: None,
                ..added.clone()
            };
            self.change(&child, |relation| {
                if relation.column(column).is_none() {
                    relation.columns.push(inherited);
                }
            });
            self.inherit_constraints(&child, table);
            self.column_for_children(&child, column, false);
        }
    }

    fn drop_column(&mut self, table: &ObjectName, column: &str) {
        let Some(relation) = self.relation(table) else {
            return;
        };
        let gone = relation
            .constraints
            .iter()
            .filter(|it| it.columns().contains(&column));
        let gone: Vec<String> = gone.map(|it| it.name.clone()).collect();
        let indexes = self.names_of_indexes_with(table, column);
        let referring = self.keys_on(table, |columns| columns.contains(&column));
        let sequence = relation.column(column).and_then(|it| it.sequence.clone());
        for index in indexes {
            self.drop_index(&index);
        }
        for (table, name) in referring {
            self.drop_constraint(&table, &name);
        }
        if let Some(sequence) = sequence {
            self.objects().take_relation(&sequence);
        }
        self.relink(table, |relation| {
            relation.constraints.retain(|it| !gone.contains(&it.name));
            relation.columns.retain(|it| it.name != column);
        });
        for child in self.child_names(table) {
            let inherited =
                |it: &super::super::Relation| it.column(column).is_some_and(|c| c.inherited);
            if self.relation(&child).is_some_and(inherited) {
                self.drop_column(&child, column);
            }
        }
    }

    /// Foreign keys that refer to columns of a table, with their tables.
    pub(super) fn keys_on(
        &self,
        table: &ObjectName,
        meant: impl Fn(&[&str]) -> bool,
    ) -> Vec<(ObjectName, String)> {
        let keys = self.references_to(table).filter(|(_, it)| match &it.kind {
            ConstraintKind::ForeignKey(key) => {
                let columns: Vec<&str> = key.referenced_columns.iter().map(|it| &**it).collect();
                meant(&columns)
            }
            _ => false,
        });
        keys.map(|(owner, it)| (owner.name.clone(), it.name.clone()))
            .collect()
    }

    fn alter_column(
        &mut self,
        table: &ObjectName,
        column: &str,
        change: &ColumnChange,
        only: bool,
    ) {
        match change {
            ColumnChange::SetNotNull => self.set_not_null(table, column, None, true),
            ColumnChange::DropNotNull => self.drop_not_null(table, column),
            ColumnChange::AddIdentity { always, options } => {
                let table = self.resolve(table);
                let sequence = self.owned_sequence(&table, column, options);
                self.change_column(&table, column, |it| {
                    it.identity = Some(*always);
                    it.sequence = Some(sequence);
                });
            }
            ColumnChange::Type { to, collation, .. } => {
                let to = self.known_type(to);
                self.change_column(table, column, |it| {
                    it.type_name = Some(to);
                    it.collation.clone_from(collation);
                });
            }
            _ => self.change_column(table, column, |it| it.alter(change)),
        }
        if !only
            && matches!(
                change,
                ColumnChange::Type { .. } | ColumnChange::SetDefault(_) | ColumnChange::DropDefault
            )
        {
            for child in self.child_names(table) {
                self.alter_column(&child, column, change, false);
            }
        }
    }

    fn change_column(
        &mut self,
        table: &ObjectName,
        column: &str,
        change: impl FnOnce(&mut Column),
    ) {
        self.change(table, |relation| {
            if let Some(column) = relation.columns.iter_mut().find(|it| it.name == column) {
                change(column);
            }
        });
    }
}

impl Column {
    fn alter(&mut self, change: &ColumnChange) {
        match change {
            ColumnChange::SetDefault(expr) => self.default = Some(expr.clone()),
            ColumnChange::DropDefault => self.default = None,
            ColumnChange::SetExpression(expr) => {
                let stored = self.generated.as_ref().is_none_or(|it| it.stored);
                self.generated = Some(Box::new(Generated {
                    expr: expr.clone(),
                    stored,
                }));
            }
            ColumnChange::DropExpression { .. } => self.generated = None,
            ColumnChange::SetIdentity {
                always: Some(always),
                ..
            } => self.identity = Some(*always),
            ColumnChange::DropIdentity { .. } => {
                self.identity = None;
                self.sequence = None;
            }
            _ => {}
        }
    }
}

fn set_options(known: &mut Vec<StorageOption>, options: &[StorageOption]) {
    reset_options(known, options);
    known.extend_from_slice(options);
}

fn reset_options(known: &mut Vec<StorageOption>, options: &[StorageOption]) {
    known.retain(|it| options.iter().all(|option| option.name != it.name));
}
