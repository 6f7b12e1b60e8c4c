//! What is found while a statement is gone through: lines of the table, and who plays their roles.
//!
//! No IO. Invariant: a lock comes from a line of the table, never from anywhere else.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::ast::ObjectName;
use crate::locks::effects::{Effects, Held, InTransaction, LockTaken, Wait};
use crate::locks::known::Known;
use crate::locks::mode::Mode;
use crate::locks::table::{self, Form, Role};

/// The effects of a statement, as far as they are found.
pub(super) struct Found<'a> {
    pub(super) known: Known<'a>,
    /// How many bodies of `DO` the statement is within.
    pub(super) depth: u32,
    effects: Effects,
    locks: BTreeMap<ObjectName, (Mode, Held)>,
}

/// Who plays which role in a form.
#[derive(Clone, Debug, Default)]
pub(super) struct Roles {
    table: Option<ObjectName>,
    only: bool,
    others: Vec<(Role, Vec<ObjectName>)>,
}

impl Roles {
    /// A form that is about no table.
    pub(super) fn none() -> Self {
        Self::default()
    }

    /// A form about a table and, unless `only`, what belongs to it.
    pub(super) fn of(table: &ObjectName, only: bool) -> Self {
        Self {
            table: Some(table.clone()),
            only,
            others: Vec::new(),
        }
    }

    /// Says who plays a role; before that it is what the catalog says of the table.
    pub(super) fn with(
        mut self,
        role: Role,
        relations: impl IntoIterator<Item = ObjectName>,
    ) -> Self {
        self.others.push((role, relations.into_iter().collect()));
        self
    }

    /// The relations of a role.
    fn relations(&self, role: Role, known: &Known<'_>) -> Cow<'_, [ObjectName]> {
        if let Some((_, relations)) = self.others.iter().find(|(other, _)| *other == role) {
            return Cow::Borrowed(relations);
        }
        match &self.table {
            Some(table) if role == Role::Table => Cow::Borrowed(std::slice::from_ref(table)),
            _ => Cow::Owned(self.known_relations(role, known)),
        }
    }

    /// Those that the catalog knows.
    fn known_relations(&self, role: Role, known: &Known<'_>) -> Vec<ObjectName> {
        if role == Role::AffectedIndexes {
            let affected = self.relations(Role::Affected, known);
            let affected = affected.iter().filter(|it| known.has_storage(it));
            return affected.flat_map(|it| known.index_names(it)).collect();
        }
        let Some(table) = &self.table else {
            return Vec::new();
        };
        match role {
            Role::Descendants if !self.only => known.descendants(table),
            Role::Partitions if !self.only && known.is_partitioned(table) => {
                known.descendants(table)
            }
            Role::Indexes => known.index_names(table),
            Role::AllIndexes => {
                let below = self.relations(Role::Descendants, known);
                let tables = std::iter::once(table).chain(below.iter());
                let stored = tables.filter(|it| known.has_storage(it));
                stored.flat_map(|it| known.index_names(it)).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl<'a> Found<'a> {
    pub(super) fn new(known: Known<'a>) -> Self {
        Self {
            known,
            depth: 0,
            effects: Effects::default(),
            locks: BTreeMap::new(),
        }
    }

    /// Adds a line of the table. Where the version has none, the statement is refused.
    pub(super) fn add(&mut self, form: Form, roles: &Roles) {
        let Some(row) = table::row(form, self.known.version) else {
            self.refuse(form);
            return;
        };
        for (role, mode) in row.locks {
            for relation in roles.relations(*role, &self.known).iter() {
                self.lock(relation, *mode, row.held);
            }
        }
        for (listed, target) in [
            (row.rewrites, &mut self.effects.rewrites),
            (row.empties, &mut self.effects.empties),
            (row.scans, &mut self.effects.scans),
            (row.builds, &mut self.effects.builds),
        ] {
            for role in listed {
                let relations = roles.relations(*role, &self.known);
                let stored = relations.iter().filter(|it| self.known.has_storage(it));
                target.extend(stored.cloned());
            }
        }
        if row.in_transaction == InTransaction::Forbidden {
            self.effects.in_transaction = InTransaction::Forbidden;
        }
        for (whom, role) in row.waits {
            let mut relations = roles.relations(*role, &self.known).into_owned();
            relations.retain(|_| whom.is_of_a_relation());
            let waits = if relations.is_empty() {
                vec![Wait {
                    whom: *whom,
                    relation: None,
                }]
            } else {
                let wait = |relation| Wait {
                    whom: *whom,
                    relation: Some(relation),
                };
                relations.into_iter().map(wait).collect()
            };
            add_each(&mut self.effects.waits_for, waits);
        }
        add_each(&mut self.effects.rows, [row]);
    }

    /// A lock in a mode that the statement itself names: `LOCK TABLE`.
    pub(super) fn lock_as_told(&mut self, relation: &ObjectName, mode: Mode) {
        self.lock(relation, mode, Held::Transaction);
    }

    fn lock(&mut self, relation: &ObjectName, mode: Mode, held: Held) {
        if self.known.is_new(relation) {
            return; // nobody else sees it
        }
        match self.locks.get_mut(relation) {
            Some(entry) => *entry = (*entry).max((mode, held)),
            None => drop(self.locks.insert(relation.clone(), (mode, held))),
        }
    }

    fn refuse(&mut self, form: Form) {
        if let Some((version, sql)) = table::first_version(form) {
            self.refuse_because(format!("`{sql}` exists since PostgreSQL {version}"));
        }
    }

    /// PostgreSQL will refuse the statement.
    pub(super) fn refuse_because(&mut self, why: impl Into<String>) {
        self.effects.refused.get_or_insert(why.into());
    }

    /// Part of it cannot be told.
    pub(super) fn unknown_because(&mut self, why: impl Into<String>) {
        self.effects.unknown.get_or_insert(why.into());
    }

    /// The answer depends on something that is not known.
    pub(super) fn assume(&mut self, what: impl Into<Cow<'static, str>>) {
        let what = what.into();
        if !self.effects.assumed.contains(&what) {
            self.effects.assumed.push(what);
        }
    }

    /// All that was found, in order.
    pub(super) fn finish(mut self) -> Effects {
        self.leave_out_unnamed();
        let mut locks: Vec<LockTaken> = self
            .locks
            .into_iter()
            .map(|(relation, (mode, held))| LockTaken {
                relation,
                mode,
                held,
            })
            .collect();
        locks.sort_by(|a, b| (b.mode, &a.relation).cmp(&(a.mode, &b.relation)));
        self.effects.locks = locks;
        for list in [
            &mut self.effects.rewrites,
            &mut self.effects.empties,
            &mut self.effects.scans,
            &mut self.effects.builds,
        ] {
            list.sort();
            list.dedup();
        }
        self.effects
    }
}

impl Found<'_> {
    /// Names that `format` fills in are read as lines of `_`: which relation it is nobody knows.
    fn leave_out_unnamed(&mut self) {
        let is_named = |it: &ObjectName| !it.name.bytes().all(|it| it == b'_');
        let before = self.locks.len();
        self.locks.retain(|relation, _| is_named(relation));
        if self.locks.len() < before {
            self.effects.unknown = Some("which relations EXECUTE means".to_owned());
        }
        for list in [
            &mut self.effects.rewrites,
            &mut self.effects.empties,
            &mut self.effects.scans,
            &mut self.effects.builds,
        ] {
            list.retain(is_named);
        }
        let is_known = |it: &Wait| it.relation.as_ref().is_none_or(is_named);
        self.effects.waits_for.retain(is_known);
    }
}

fn add_each<T: PartialEq>(list: &mut Vec<T>, items: impl IntoIterator<Item = T>) {
    for item in items {
        if !list.contains(&item) {
            list.push(item);
        }
    }
}
