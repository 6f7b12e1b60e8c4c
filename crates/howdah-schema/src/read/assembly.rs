//! Putting together what the queries answered. No IO.
//!
//! Objects are known by their class and object identifier until everything that belongs to them has been found; the
//! value has neither.

use std::collections::{HashMap, HashSet};

use howdah_driver::{Row, Rows};
use serde::de::DeserializeOwned;

use super::{Error, queries};
use crate::value::{
    Column, Constraint, ConstraintKind, Grant, Grants, Identity, Index, Namespace, Policy, Schema,
    Sequence, SequenceOptions, Table, Trigger, View,
};

/// An object, or with a part (from 1) one of its columns.
type Address = (String, u32, i32);

/// What has been read so far.
pub(super) struct Assembly {
    schema: Schema,
    members: HashSet<(String, u32)>,
    comments: HashMap<Address, String>,
    grants: HashMap<Address, Vec<Grant>>,
    tables: HashMap<u32, Table>,
    views: HashMap<u32, View>,
    /// How identity columns count, by table and number.
    counting: HashMap<(u32, i32), SequenceOptions>,
    /// Indexes that constraints made.
    of_constraints: HashMap<u32, Index>,
}

/// The classes of objects, as `regclass` writes them.
const RELATION: &str = "pg_class";
const TYPE: &str = "pg_type";
const ROUTINE: &str = "pg_proc";
const NAMESPACE: &str = "pg_namespace";
const CONSTRAINT: &str = "pg_constraint";
const TRIGGER: &str = "pg_trigger";
const POLICY: &str = "pg_policy";
const SERVER: &str = "pg_foreign_server";

impl Assembly {
    pub(super) fn new(members: &Rows) -> Self {
        let address = |row: &Row| Some((row.get(0)?.to_owned(), row.get(1)?.parse().ok()?));
        Self {
            schema: Schema::default(),
            members: members.iter().filter_map(address).collect(),
            comments: HashMap::new(),
            grants: HashMap::new(),
            tables: HashMap::new(),
            views: HashMap::new(),
            counting: HashMap::new(),
            of_constraints: HashMap::new(),
        }
    }

    pub(super) fn comments(&mut self, rows: &Rows) {
        for row in rows {
            if let (Some(address), Some(comment)) = (address(row), row.get(3)) {
                self.comments.insert(address, comment.to_owned());
            }
        }
    }

    pub(super) fn grants(&mut self, rows: &Rows) -> Result<(), Error> {
        for row in rows {
            let Some(address) = address(row) else {
                continue;
            };
            let list = self.grants.entry(address).or_default();
            if row.get(3).is_some() {
                list.push(value("grants", row, 3)?);
            }
        }
        Ok(())
    }

    pub(super) fn namespaces(&mut self, schemas: &[(u32, String)], base: &str) {
        for (oid, name) in schemas.iter().filter(|(_, name)| name != base) {
            if self.is_member(NAMESPACE, *oid) {
                continue;
            }
            let namespace = Namespace {
                name: name.clone(),
                comment: self.comment(NAMESPACE, *oid),
                grants: self.granted(NAMESPACE, *oid),
            };
            self.schema.schemas.push(namespace);
        }
    }

    /// What belongs to no other object.
    pub(super) fn standalone(
        &mut self,
        ask: &mut impl FnMut(&str) -> Result<Rows, Error>,
    ) -> Result<(), Error> {
        for row in &ask(queries::EXTENSIONS)? {
            self.schema.extensions.push(value("extensions", row, 1)?);
        }
        for (oid, mut it) in
            self.own::<crate::value::Server>(SERVER, "servers", &ask(queries::SERVERS)?)?
        {
            it.comment = self.comment(SERVER, oid);
            it.grants = self.granted(SERVER, oid);
            self.schema.servers.push(it);
        }
        for (oid, mut it) in self.own::<crate::value::Enum>(TYPE, "enums", &ask(queries::ENUMS)?)? {
            it.comment = self.comment(TYPE, oid);
            it.grants = self.of_everybody(TYPE, oid, "usage");
            self.schema.enums.push(it);
        }
        for (oid, mut it) in
            self.own::<crate::value::Domain>(TYPE, "domains", &ask(queries::DOMAINS)?)?
        {
            it.comment = self.comment(TYPE, oid);
            it.grants = self.of_everybody(TYPE, oid, "usage");
            self.schema.domains.push(it);
        }
        for (oid, mut it) in
            self.own::<crate::value::Composite>(TYPE, "composites", &ask(queries::COMPOSITES)?)?
        {
            it.comment = self.comment(TYPE, oid);
            it.grants = self.of_everybody(TYPE, oid, "usage");
            self.schema.composites.push(it);
        }
        for (oid, mut it) in
            self.own::<crate::value::Range>(TYPE, "ranges", &ask(queries::RANGES)?)?
        {
            it.comment = self.comment(TYPE, oid);
            it.grants = self.of_everybody(TYPE, oid, "usage");
            self.schema.ranges.push(it);
        }
        for (oid, mut it) in
            self.own::<crate::value::Routine>(ROUTINE, "routines", &ask(queries::ROUTINES)?)?
        {
            it.comment = self.comment(ROUTINE, oid);
            it.grants = self.of_everybody(ROUTINE, oid, "execute");
            self.schema.routines.push(it);
        }
        Ok(())
    }

    pub(super) fn tables(&mut self, rows: &Rows) -> Result<(), Error> {
        for (oid, mut it) in self.own::<Table>(RELATION, "tables", rows)? {
            it.comment = self.comment(RELATION, oid);
            it.grants = self.granted(RELATION, oid);
            self.tables.insert(oid, it);
        }
        Ok(())
    }

    pub(super) fn views(&mut self, rows: &Rows) -> Result<(), Error> {
        for (oid, mut it) in self.own::<View>(RELATION, "views", rows)? {
            it.comment = self.comment(RELATION, oid);
            it.grants = self.granted(RELATION, oid);
            self.views.insert(oid, it);
        }
        Ok(())
    }

    pub(super) fn sequences(&mut self, rows: &Rows) -> Result<(), Error> {
        for row in rows {
            let Some(oid) = number(row, 0).filter(|oid| !self.is_member(RELATION, *oid)) else {
                continue;
            };
            let mut sequence: Sequence = value("sequences", row, 4)?;
            if row.get(3) == Some("t") {
                let column = (number(row, 1), row.get(2).and_then(|it| it.parse().ok()));
                if let (Some(table), Some(column)) = column {
                    self.counting.insert((table, column), sequence.options);
                }
                continue;
            }
            sequence.comment = self.comment(RELATION, oid);
            sequence.grants = self.granted(RELATION, oid);
            self.schema.sequences.push(sequence);
        }
        Ok(())
    }

    pub(super) fn columns(&mut self, rows: &Rows) -> Result<(), Error> {
        for row in rows {
            let (Some(relation), Some(place)) = (number(row, 0), row.get(1)) else {
                continue;
            };
            let place: i32 = place.parse().unwrap_or_default();
            let mut column: Column = value("columns", row, 2)?;
            let address = (RELATION.to_owned(), relation, place);
            column.comment = self.comments.get(&address).cloned();
            column.grants = self
                .grants
                .get(&address)
                .filter(|it| !it.is_empty())
                .cloned();
            if let Some(identity) = &mut column.identity {
                *identity = Identity {
                    always: identity.always,
                    options: self.counting.remove(&(relation, place)).unwrap_or_default(),
                };
            }
            if let Some(table) = self.tables.get_mut(&relation) {
                table.columns.push(column);
            } else if let Some(view) = self.views.get_mut(&relation) {
                view.columns.push(column);
            }
        }
        Ok(())
    }

    pub(super) fn indexes(&mut self, rows: &Rows) -> Result<(), Error> {
        for row in rows {
            let (Some(oid), Some(relation)) = (number(row, 0), number(row, 1)) else {
                continue;
            };
            let mut index: Index = value("indexes", row, 3)?;
            for element in &mut index.elements {
                element.expression = element.expression.take().map(without_parentheses);
            }
            if row.get(2) == Some("t") {
                self.of_constraints.insert(oid, index);
                continue;
            }
            index.comment = self.comment(RELATION, oid);
            if let Some(table) = self.tables.get_mut(&relation) {
                table.indexes.push(index);
            } else if let Some(view) = self.views.get_mut(&relation) {
                view.indexes.push(index);
            }
        }
        Ok(())
    }

    pub(super) fn constraints(&mut self, rows: &Rows) -> Result<(), Error> {
        for row in rows {
            let (Some(oid), Some(relation)) = (number(row, 0), number(row, 1)) else {
                continue;
            };
            let mut constraint: Constraint = value("constraints", row, 3)?;
            constraint.comment = self.comment(CONSTRAINT, oid);
            if let Some(index) = number(row, 2).and_then(|oid| self.of_constraints.get(&oid)) {
                take_index(&mut constraint.kind, index);
            }
            if let Some(table) = self.tables.get_mut(&relation) {
                table.constraints.push(constraint);
            }
        }
        Ok(())
    }

    pub(super) fn triggers(&mut self, rows: &Rows) -> Result<(), Error> {
        for row in rows {
            let (Some(oid), Some(relation)) = (number(row, 0), number(row, 1)) else {
                continue;
            };
            let mut trigger: Trigger = value("triggers", row, 3)?;
            trigger.arguments = trigger_arguments(row.get(2).unwrap_or_default());
            trigger.comment = self.comment(TRIGGER, oid);
            if let Some(table) = self.tables.get_mut(&relation) {
                table.triggers.push(trigger);
            } else if let Some(view) = self.views.get_mut(&relation) {
                view.triggers.push(trigger);
            }
        }
        Ok(())
    }

    pub(super) fn policies(&mut self, rows: &Rows) -> Result<(), Error> {
        for row in rows {
            let (Some(oid), Some(relation)) = (number(row, 0), number(row, 1)) else {
                continue;
            };
            let mut policy: Policy = value("policies", row, 2)?;
            policy.comment = self.comment(POLICY, oid);
            if let Some(table) = self.tables.get_mut(&relation) {
                table.policies.push(policy);
            }
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Schema {
        self.schema.tables = self.tables.into_values().collect();
        self.schema.views = self.views.into_values().collect();
        self.schema.sort();
        self.schema
    }

    /// The objects of the rows that belong to no extension.
    fn own<T: DeserializeOwned>(
        &self,
        class: &str,
        kind: &'static str,
        rows: &Rows,
    ) -> Result<Vec<(u32, T)>, Error> {
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            if let Some(oid) = number(row, 0).filter(|oid| !self.is_member(class, *oid)) {
                found.push((oid, value(kind, row, 1)?));
            }
        }
        Ok(found)
    }

    fn is_member(&self, class: &str, oid: u32) -> bool {
        self.members.contains(&(class.to_owned(), oid))
    }

    fn comment(&self, class: &str, oid: u32) -> Option<String> {
        self.comments.get(&(class.to_owned(), oid, 0)).cloned()
    }

    /// What was granted on an object on which nothing is by default.
    fn granted(&self, class: &str, oid: u32) -> Grants {
        let list = self.grants.get(&(class.to_owned(), oid, 0));
        list.filter(|it| !it.is_empty()).cloned()
    }

    /// What was granted on an object on which everybody has this privilege by default.
    fn of_everybody(&self, class: &str, oid: u32, privilege: &str) -> Grants {
        let usual = [Grant {
            role: None,
            privileges: vec![privilege.to_owned()],
            grantable: false,
        }];
        let list = self.grants.get(&(class.to_owned(), oid, 0));
        list.filter(|it| ***it != usual).cloned()
    }
}

/// What only the constraint's index knows.
fn take_index(kind: &mut ConstraintKind, index: &Index) {
    match kind {
        ConstraintKind::PrimaryKey {
            include, options, ..
        } => {
            include.clone_from(&index.include);
            options.clone_from(&index.options);
        }
        ConstraintKind::Unique {
            include,
            options,
            nulls_not_distinct,
            ..
        } => {
            include.clone_from(&index.include);
            options.clone_from(&index.options);
            *nulls_not_distinct = index.nulls_not_distinct;
        }
        ConstraintKind::Exclude {
            method,
            elements,
            include,
            predicate,
            options,
            ..
        } => {
            *method = index.method.clone().unwrap_or_else(|| "btree".to_owned());
            elements.clone_from(&index.elements);
            include.clone_from(&index.include);
            predicate.clone_from(&index.predicate);
            options.clone_from(&index.options);
        }
        ConstraintKind::Check { .. } | ConstraintKind::ForeignKey { .. } => {}
    }
}

/// The arguments, each ended by a zero, of which the hexadecimal digits are given.
fn trigger_arguments(digits: &str) -> Vec<String> {
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Vec<u8> = pairs.filter_map(byte).collect();
    let mut parts: Vec<_> = bytes.split(|byte| *byte == 0).collect();
    parts.pop(); // after the last zero there is nothing
    let text = |part: &[u8]| String::from_utf8_lossy(part).into_owned();
    parts.into_iter().map(text).collect()
}

/// An expression without the parentheses around all of it.
fn without_parentheses(expression: String) -> String {
    let inner = expression
        .strip_prefix('(')
        .and_then(|it| it.strip_suffix(')'));
    let Some(inner) = inner else {
        return expression;
    };
    let mut depth = 0_i32;
    let mut quote = None;
    for letter in inner.chars() {
        match (quote, letter) {
            (Some(open), it) if it == open => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return expression;
        }
    }
    inner.to_owned()
}

fn address(row: &Row) -> Option<Address> {
    let part = row.get(2)?.parse().ok()?;
    Some((row.get(0)?.to_owned(), number(row, 1)?, part))
}

fn number(row: &Row, column: usize) -> Option<u32> {
    row.get(column)?.parse().ok()
}

fn value<T: DeserializeOwned>(kind: &'static str, row: &Row, column: usize) -> Result<T, Error> {
    let text = row.get(column).unwrap_or("null");
    serde_json::from_str(text).map_err(|error| Error::Answer { kind, error })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_parentheses_around_all_of_it_are_taken_off() {
        let cases = [
            ("(a || b)", "a || b"),
            ("(a) || (b)", "(a) || (b)"),
            ("lower(a)", "lower(a)"),
            ("(a || ')')", "a || ')'"),
        ];
        for (text, expected) in cases {
            assert_eq!(without_parentheses(text.to_owned()), expected);
        }
    }

    #[test]
    fn arguments_of_triggers_may_be_empty() {
        assert_eq!(trigger_arguments(""), Vec::<String>::new());
        assert_eq!(trigger_arguments("610000"), ["a", ""]);
    }
}
