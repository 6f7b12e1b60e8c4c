//! Putting together what the queries answered. No IO.
//!
//! Objects are known by their class and object identifier until everything that belongs to them has been found; the
//! value has neither. Invariant: a comment or privilege is either in the value or among [`Assembly::left_over`].

mod dependencies;
mod described;
mod relations;
mod standalone;

use std::collections::{HashMap, HashSet};

use howdah_driver::{Row, Rows};
use serde::de::DeserializeOwned;

use super::Error;
use crate::value::{
    Address, Grant, Grants, Index, Namespace, Schema, Sequence, Table, Unknown, View,
};
use described::Described;

/// An object, or with a part (from 1) one of its columns.
type Part = (String, u32, i32);

/// What has been read so far.
pub(super) struct Assembly {
    schema: Schema,
    members: HashSet<(String, u32)>,
    comments: HashMap<Part, String>,
    grants: HashMap<Part, Vec<Grant>>,
    tables: HashMap<u32, Table>,
    views: HashMap<u32, View>,
    /// The sequences of identity columns, by table and number.
    counting: HashMap<(u32, i32), Sequence>,
    /// Indexes that constraints made.
    of_constraints: HashMap<u32, Index>,
    /// What objects of the value are called, by class and number.
    addresses: HashMap<(String, u32), Address>,
}

/// The classes of objects, as `regclass` writes them.
mod class {
    pub(super) const RELATION: &str = "pg_class";
    pub(super) const TYPE: &str = "pg_type";
    pub(super) const ROUTINE: &str = "pg_proc";
    pub(super) const NAMESPACE: &str = "pg_namespace";
    pub(super) const CONSTRAINT: &str = "pg_constraint";
    pub(super) const TRIGGER: &str = "pg_trigger";
    pub(super) const POLICY: &str = "pg_policy";
    pub(super) const RULE: &str = "pg_rewrite";
    pub(super) const SERVER: &str = "pg_foreign_server";
    pub(super) const COLLATION: &str = "pg_collation";
    pub(super) const STATISTICS: &str = "pg_statistic_ext";
    pub(super) const EVENT_TRIGGER: &str = "pg_event_trigger";
    pub(super) const PUBLICATION: &str = "pg_publication";
    pub(super) const EXTENSION: &str = "pg_extension";
}

/// A schema in PostgreSQL's sense, as the catalog knows it.
pub(super) struct Found {
    pub(super) oid: u32,
    pub(super) name: String,
    pub(super) owner: Option<String>,
}

/// What everybody may do with an object by default.
#[derive(Clone, Copy)]
enum Usual {
    Nothing,
    Usage,
    Execute,
}

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
            addresses: HashMap::new(),
        }
    }

    pub(super) fn comments(&mut self, rows: &Rows) {
        for row in rows {
            if let (Some(part), Some(comment)) = (part(row), row.get(3)) {
                self.comments.insert(part, comment.to_owned());
            }
        }
    }

    pub(super) fn grants(&mut self, rows: &Rows) -> Result<(), Error> {
        for row in rows {
            let Some(part) = part(row) else {
                continue;
            };
            let list = self.grants.entry(part).or_default();
            if row.get(3).is_some() {
                list.push(value("grants", row, 3)?);
            }
        }
        Ok(())
    }

    pub(super) fn namespaces(&mut self, schemas: &[Found], base: &str) {
        for found in schemas {
            if self.is_member(class::NAMESPACE, found.oid) {
                continue;
            }
            if found.name == base {
                if base == "public" {
                    // it has a place of its own in the value
                    let mut public = Namespace::default();
                    self.describe(class::NAMESPACE, found.oid, Usual::Nothing, &mut public);
                }
                continue;
            }
            let mut namespace = Namespace {
                name: found.name.clone(),
                owner: found.owner.clone(),
                ..Namespace::default()
            };
            self.describe(class::NAMESPACE, found.oid, Usual::Nothing, &mut namespace);
            self.schema.schemas.push(namespace);
        }
    }

    /// The comments and privileges that have no place in the value: on what, and which of the two.
    pub(super) fn left_over(&self) -> Vec<(Part, &'static str)> {
        let comments = self.comments.keys().map(|it| (it, "comment"));
        let grants = self.grants.keys().map(|it| (it, "privileges"));
        let is_own = |class: &str, oid: u32| !self.members.contains(&(class.to_owned(), oid));
        comments
            .chain(grants)
            .filter(|(it, _)| is_own(&it.0, it.1))
            .map(|(it, what)| (it.clone(), what))
            .collect()
    }

    pub(super) fn unknown(&mut self, unknown: Unknown) {
        self.schema.unknown.push(unknown);
    }

    pub(super) fn finish(mut self) -> Schema {
        self.schema.tables = self.tables.into_values().collect();
        self.schema.views = self.views.into_values().collect();
        self.schema.sort();
        self.schema
    }

    /// The objects of the rows that belong to no extension, with what was said of them.
    fn own<T: DeserializeOwned + Described>(
        &mut self,
        class: &str,
        kind: &'static str,
        usual: Usual,
        rows: &Rows,
    ) -> Result<Vec<(u32, T)>, Error> {
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            if let Some(oid) = number(row, 0).filter(|oid| !self.is_member(class, *oid)) {
                let mut it: T = value(kind, row, 1)?;
                self.describe(class, oid, usual, &mut it);
                self.remember(class, oid, it.address());
                found.push((oid, it));
            }
        }
        Ok(found)
    }

    fn describe(&mut self, class: &str, oid: u32, usual: Usual, it: &mut impl Described) {
        it.comment(self.comment(class, oid, 0));
        it.grants(self.granted(class, oid, 0, usual));
    }

    fn remember(&mut self, class: &str, oid: u32, address: Option<Address>) {
        let entry = address.map(|it| ((class.to_owned(), oid), it));
        self.addresses.extend(entry);
    }

    fn is_member(&self, class: &str, oid: u32) -> bool {
        self.members.contains(&(class.to_owned(), oid))
    }

    fn comment(&mut self, class: &str, oid: u32, part: i32) -> Option<String> {
        self.comments.remove(&(class.to_owned(), oid, part))
    }

    /// What was granted, where it is not what is granted by default.
    fn granted(&mut self, class: &str, oid: u32, part: i32, usual: Usual) -> Grants {
        let list = self.grants.remove(&(class.to_owned(), oid, part))?;
        let by_default = match usual {
            Usual::Nothing => return (!list.is_empty()).then_some(list),
            Usual::Usage => "usage",
            Usual::Execute => "execute",
        };
        let usual = [Grant {
            role: None,
            privileges: vec![by_default.to_owned()],
            grantable: false,
        }];
        (list != usual).then_some(list)
    }
}

fn part(row: &Row) -> Option<Part> {
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
